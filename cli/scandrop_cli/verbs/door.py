"""`scandrop door`: where an environment's upload door is."""

from scandrop_cli.arguments import Env, verb


@verb("scandrop door --env prod", "export SCANDROP_DOOR=$(scandrop door)    for upload --via-api, and for curl")
def door(env: Env = "local") -> None:
    """Print the address of the upload door, which takes files from whoever has no right on the bucket."""
    from scandrop_cli import terminal
    from scandrop_cli.environment import load

    terminal.stdout().print(load(env).door_url, soft_wrap=True)
