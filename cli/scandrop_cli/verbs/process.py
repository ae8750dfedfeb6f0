"""`scandrop process`: the lanes on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Json, verb
from scandrop_cli.verbs.results import load, show_results

if TYPE_CHECKING:
    from scandrop_cli.records import Record


@verb("scandrop process scan.png --out results", "scandrop process study1 --out results --env prod --json")
def process(
    paths: Annotated[list[str], typer.Argument(metavar="FILE", help="Files and folders.")],
    out: Annotated[Path, typer.Option(help="Where to put the results: DIR/<key>/", metavar="DIR")],
    env: Annotated[str | None, typer.Option(help="Take the settings of this environment.", metavar="NAME")] = None,
    json: Json = False,
) -> None:
    """Process files on this machine; only --env asks AWS, for the environment's settings.

    It is the lanes' own code, so the derivatives are the same, byte for byte. Keys are those that `scandrop upload`
    gives. Without --env the default settings hold.

    DICOM needs a key for its pseudonyms: that of SCANDROP_PSEUDONYM_KEY, or else the environment's own.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.files import collect
    from scandrop_cli.local import Rules, process_files

    files = collect(paths)
    rules = Rules.of(load(env) if env else None)
    records: list[Record] = []
    with terminal.count_progress("Processing", len(files)) as on_count:
        for record in process_files(files, out, rules):
            records.append(record)
            on_count(len(records), tables.counts(records))
    if not show_results(sorted(records, key=lambda record: record.key), json=json):
        raise typer.Exit(BAD)
