"""`scandrop cleanup`: an environment without its data and logs, ready to be destroyed."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Json, verb


@verb("scandrop cleanup --env dev", "scandrop cleanup --env dev --yes-i-mean dev && ./deploy.sh destroy dev")
def cleanup(
    env: Annotated[str, typer.Option("--env", help="The environment, of those in env/.", metavar="NAME")],
    yes_i_mean: Annotated[
        str | None, typer.Option("--yes-i-mean", help="The environment again; nobody is asked.", metavar="NAME")
    ] = None,
    json: Json = False,
) -> None:
    """Delete all objects with their versions, log lines and messages, after showing them and asking."""
    from scandrop_cli import terminal
    from scandrop_cli.cleanup.emptying import clean
    from scandrop_cli.cleanup.holdings import look
    from scandrop_cli.cleanup.table import ask, screen

    with terminal.count_progress("Counting") as progress:
        holdings = look(env, lambda count: progress(count, ""))
    if json:
        terminal.print_json(holdings)
    else:
        terminal.stdout().print(screen(holdings))
    ask(env, yes_i_mean, f"scandrop cleanup --env {env} --yes-i-mean {env}")
    with terminal.count_progress("Deleting", holdings.versions) as progress:
        clean(holdings, lambda count: progress(count, ""))
    terminal.stderr().print(f"{env} holds nothing any more. To take the rest down: ./deploy.sh destroy {env}")
