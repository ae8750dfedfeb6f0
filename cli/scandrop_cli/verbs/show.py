"""`scandrop show`: one object."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Env, Json, Key, verb
from scandrop_cli.verbs.results import load, unknown


@verb("scandrop show study1/scan.png", "scandrop show study1/scan.png --json | jq .record.phases_ms")
def show(
    key: Key,
    version: Annotated[str | None, typer.Option(help="Another than the current one.", metavar="ID")] = None,
    env: Env = "local",
    json: Json = False,
) -> None:
    """Show what is known of one object: what became of it, what was made of it, and what helps. --json has all."""
    from scandrop_cli import records, show_view, terminal
    from scandrop_cli.download import manifest_of

    environment = load(env)
    name = environment.known_as(key)
    wanted = version or records.current(environment, name)
    record = records.version(environment, name, wanted) if wanted else None
    if record is None:
        raise unknown(key, env)
    manifest = manifest_of(environment, name)
    if manifest and manifest["source"]["version_id"] != wanted:
        manifest = None  # it is another version's
    if json:
        terminal.print_json({"record": record, "manifest": manifest})
        return
    for part in show_view.screen(environment, record, manifest):
        terminal.stdout().print(part, crop=False)
