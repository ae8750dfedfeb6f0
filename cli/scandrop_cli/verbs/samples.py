"""`scandrop samples`: files of each kind to try, teach and measure with, and the truth about them."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import Json, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from scandrop_cli.samples import Sample

KINDS = ("image", "dicom", "fmri", "records")


def _kinds(values: list[str]) -> list[str]:
    for value in values:
        if value not in KINDS:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(KINDS)}.")
    return values


@verb(
    "scandrop samples made                   some of each kind",
    "scandrop samples made --kind image --kind records",
    "scandrop samples made --kind dicom --count 60 --seed 7",
    "scandrop upload made/drop/ --wait       what becomes of them",
)
def samples(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make them in.")],
    *,
    kind: Annotated[
        list[str], typer.Option(callback=_kinds, help=f"Only this one: {', '.join(KINDS)}. Repeatable.", metavar="KIND")
    ] = [],  # noqa: B006  # typer's way to say none
    count: Annotated[
        int | None,
        typer.Option(min=1, help="How many radiographs, CT slices, fMRI subjects or records per file.", metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other samples.", metavar="S")] = 1,
    json: Json = False,
) -> None:
    """Make realistic files of each kind, of nobody, and write down what is true of them.

    DIR/drop has what to drop and DIR/truth what to hold the results against. The same seed makes the same files.
    """
    from scandrop_cli import terminal
    from scandrop_cli.samples import make

    chosen = list(dict.fromkeys(kind)) or list(KINDS)
    made = []
    with terminal.count_progress("Making") as on_count:
        on_count(0, chosen[0])
        for sample in make(folder, chosen, count, seed):
            made.append(sample)
            on_count(len(made), sample.key)
    if json:
        terminal.print_json(made)
        return
    terminal.stdout().print(_table(made))
    drop, results = (shlex.quote(path) for path in (f"{folder}/drop/", f"{folder}/results"))
    for hint in (f"upload {drop} --wait", f"process {drop} --out {results}"):
        terminal.stderr().print(f"scandrop {hint}", style="dim", soft_wrap=True, markup=False)


def _table(made: "Sequence[Sample]") -> "Table":
    from scandrop_cli import tables

    table = tables.new_table("made", "what it is")
    tables.add_numbers(table, "files", "size")
    for sample in made:
        files = tables.number(sample.files)
        table.add_row(tables.cell(f"drop/{sample.key}"), sample.about, files, tables.size(sample.size_bytes))
    return table
