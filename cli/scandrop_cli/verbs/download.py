"""`scandrop download`: an object's derivatives."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, Key, verb
from scandrop_cli.errors import Absent
from scandrop_cli.verbs.results import load, unknown

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment


@verb("scandrop download study1/scan.png results")
def download(
    key: Key,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put them: DIR/<key>/")],
    env: Env = "local",
    json: Json = False,
) -> None:
    """Fetch an object's derivatives and manifest.

    Each file is checked by its SHA-256; what is already there is skipped.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.download import download_files, manifest_of

    environment = load(env)
    name = environment.known_as(key)
    manifest = manifest_of(environment, name)
    if manifest is None:
        raise _absent(environment, key, name)
    total = sum(entry["bytes"] for entry in manifest["derivatives"])
    with terminal.bytes_progress("Downloading", total) as on_bytes:
        downloads = download_files(environment, name, manifest, folder, on_bytes)
    if json:
        terminal.print_json(downloads)
    elif downloads:
        terminal.stdout().print(tables.downloads_table(downloads))
    complaints = [f"{one.path}: {one.error}" for one in downloads if one.error]
    if manifest["status"] != "succeeded":
        complaints.append(f"{key} was {manifest['status']} ({manifest['error_code']}): {manifest['error']}")
    for complaint in complaints:
        terminal.stderr().print(terminal.plain(complaint), markup=False)
    if complaints:
        raise typer.Exit(BAD)


def _absent(environment: "Environment", key: str, name: str) -> Absent:
    """Why there is nothing to fetch: the ledger may know the key all the same."""
    from scandrop_cli import records
    from scandrop_cli.gallery.advice import command

    wanted = records.current(environment, name)
    item = records.version(environment, name, wanted) if wanted else None
    if item is None:
        return unknown(key, environment.name)
    sentence = f"{key!r} is {item['status']}, and no derivatives of it are there."
    return Absent(sentence, command("show", (), environment, key))
