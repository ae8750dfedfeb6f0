"""The tables of studies, series and instances, as rich renderables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from scandrop_cli.studies import RISKS, SHORT, Instance, Series, Study, short_names
from scandrop_cli.tables import add_numbers, age, cell, new_table, number, size

_MOST_GAPS = 6
_RISKS = ("", "text?", "text")  # as in `RISKS`


def studies_table(studies: Sequence[Study]) -> Table:
    """One row per study; its name is the end of its UID, the patient's the beginning of the pseudonym."""
    made = new_table("study", "patient", "modality")
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    add_numbers(made, "series", "instances", "size", "age")
    made.add_column("notes", overflow="fold")
    now, names = datetime.now(UTC), short_names(studies)
    for study in studies:
        counts = number(len(study.series)), number(study.count), size(study.size_bytes)
        made.add_row(
            cell(names[study.uid] or "(none)"),
            cell(study.patient[:SHORT]),
            cell(", ".join(study.modalities)),
            *counts,
            age(study.newest, now),
            _notes(study.instances, study.series),
        )
    return made


def study_heading(study: Study) -> Table:
    """What holds for all of a study."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    facts = {
        "study": study.uid or "(none)",
        "patient": study.patient,
        "instances": f"{study.count:,} in {len(study.series):,} series, {size(study.size_bytes)}",
        "processed": f"{datetime.fromisoformat(study.newest):%Y-%m-%d %H:%M} UTC",
    }
    for name, value in facts.items():
        made.add_row(name, cell(value))
    return made


def series_table(series: Sequence[Series]) -> Table:
    """One row per series, with what is missing of it."""
    made = new_table("series", "modality", "body part")
    add_numbers(made, "instances", "size")
    made.add_column("missing", overflow="fold", style="yellow")
    made.add_column("notes", overflow="fold")
    for one in series:
        made.add_row(
            _number(one.number),
            cell(one.modality),
            cell(one.body_part),
            number(one.count),
            size(one.size_bytes),
            _gaps(one.missing),
            _notes(one.instances, [one], gaps=False),
        )
    return made


def instances_table(study: Study) -> Table:
    """One row per instance, with its key."""
    made = new_table("key")
    add_numbers(made, "series", "instance", "pixels", "size")
    for series in study.series:
        for one in series.instances:
            made.add_row(cell(one.key), _number(series.number), _number(one.number), _pixels(one), size(one.size_bytes))
    return made


def _notes(instances: Sequence[Instance], series: Sequence[Series], *, gaps: bool = True) -> Text:
    """What somebody who passes the study on has to know, in a few words."""
    missing = sum(last - first + 1 for one in series for first, last in one.missing) if gaps else 0
    copies = sum(one.copies for one in series)
    notes = [
        "face" if any(one.recognisable for one in instances) else "",
        _RISKS[max(RISKS.index(one.burned_in_risk) for one in instances)],
        f"{missing:,} missing" if missing else "",
        f"{copies:,} twice" if copies else "",
    ]
    return Text(", ".join(filter(None, notes)), style="yellow")


def _gaps(gaps: Sequence[tuple[int, int]]) -> str:
    said = [str(first) if first == last else f"{first}-{last}" for first, last in gaps[:_MOST_GAPS]]
    return ", ".join([*said, "…"] if len(gaps) > _MOST_GAPS else said)


def _pixels(one: Instance) -> str:
    if not (one.columns and one.rows):
        return ""
    return f"{one.columns} x {one.rows}" + (f" x {one.frames}" if (one.frames or 1) > 1 else "")


def _number(value: int | None) -> str:
    """A number that names something: without commas between its thousands."""
    return "" if value is None else str(value)
