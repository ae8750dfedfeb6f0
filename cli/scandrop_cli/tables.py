"""The tables, as rich renderables: what they show is decided here, where it is printed is not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from scandrop_cli.download import Download
from scandrop_cli.records import Record
from scandrop_cli.terminal import plain, shortened
from scandrop_cli.upload import Upload
from scandrop_cli.wording import in_one_unit, took

if TYPE_CHECKING:
    from scandrop_cli.reidentify import Match

_COLOURS = {
    "succeeded": "green",
    "rejected": "yellow",
    "failed": "red",
    "processing": "cyan",
    "superseded": "dim",
    "deleted": "dim",
    "waiting": "cyan",
}
_WORDS = {"given_up": "given up"}
_KEY_COLUMNS = 80  # so that one long key does not push every other fact of a list out of sight


def results_table(records: Sequence[Record]) -> Table:
    """What became of files or keys that somebody waited for."""
    table = _records_table(records, "took", "derived")
    for record in records:
        table.add_row(*_who(record), took(record.duration_ms), number(record.derivatives))
    return table


def status_table(records: Sequence[Record]) -> Table:
    """The ledger's newest records."""
    table = _records_table(records, "took", "size", "derived", "age")
    now = datetime.now(UTC)
    for record in records:
        counts = took(record.duration_ms), size(record.size_bytes), number(record.derivatives)
        table.add_row(*_who(record), *counts, age(record.updated_at, now))
    return table


def _records_table(records: Sequence[Record], *numbers: str) -> Table:
    table = new_table("key", "lane", "status")
    table.columns[2].min_width = max((len(_code(record)) for record in records), default=0)  # a key folds, a code not
    add_numbers(table, *numbers)
    return table


def _who(record: Record) -> tuple[Text, str, Text]:
    status = f"{_WORDS.get(record.status, record.status)} {_code(record)}".rstrip()
    return Text(shortened(plain(record.key), _KEY_COLUMNS)), record.lane, Text(status, style=colour_of(record))


def headline(record: Record) -> Text:
    """What became of an object, and which version of it that is, before what was logged of it."""
    _, lane, status = _who(record)
    tries = f"  {record.attempts} {'try' if record.attempts == 1 else 'tries'}"
    text = Text.assemble((plain(record.key), "bold"), f"  {lane}  ", status, tries, "\n")
    text.append(f"version {plain(record.version_id)}", style="dim")
    if record.received_at:
        text.append(f", first taken {datetime.fromisoformat(record.received_at):%Y-%m-%d %H:%M:%S} UTC", style="dim")
    return text.append(f"\n{plain(record.error)}") if record.error and not record.good else text


def colour_of(record: Record) -> str:
    """The colour of a record's status."""
    return "red" if record.stalled else _COLOURS.get(record.status, "red")


def _code(record: Record) -> str:
    if record.stalled:
        return "(stalled)"
    return f"({record.error_code})" if record.error_code and not record.good else ""


def downloads_table(downloads: Iterable[Download]) -> Table:
    """What became of the derivatives of one key on this machine."""
    table = new_table("file", "status")
    add_numbers(table, "size")
    for one in downloads:
        word = {"skipped": "already there"}.get(one.status, one.status)
        table.add_row(cell(str(one.path)), Text(word, style="red" if one.error else ""), size(one.size_bytes))
    return table


def matches_table(matches: "Iterable[Match]") -> Table:
    """What pseudonyms stand for."""
    table = new_table("token", "kind", "original", "raw key")
    for column in table.columns[2:]:
        column.overflow = "fold"
    for match in matches:
        original = cell(match.original) if match.original else Text("(empty)", style="dim")
        table.add_row(cell(match.token), match.kind.replace("_", " "), original, cell(match.key))
    return table


def upload_summary(uploads: Sequence[Upload]) -> Text:
    """One line for all files, and one for each that failed."""
    counts = Counter(upload.status for upload in uploads)
    sent = sum(upload.file.size_bytes for upload in uploads if upload.status == "uploaded")
    text = Text(f"{counts['uploaded']} uploaded ({size(sent)}), {counts['skipped']} already there")
    for upload in uploads:
        if upload.error:
            text.append(
                f"\n{plain(str(upload.file.path))}: {upload.error}. It was not uploaded.", style=_COLOURS["failed"]
            )
    return text


def counts(records: Iterable[Record]) -> str:
    """How many are in which status, for the line beside a progress bar."""
    found = Counter(record.status for record in records)
    return ", ".join(f"{count} {_WORDS.get(status, status)}" for status, count in found.most_common())


def explanations(records: Iterable[Record]) -> Iterator[Text]:
    """A sentence for each record that somebody has to look at."""
    for record in records:
        if not record.good:
            yield Text.assemble((plain(record.key), "bold"), f": {_reason(record)}")


def _reason(record: Record) -> str:
    match record.status:
        case "missing":
            return "It is not in the raw bucket. Upload it."
        case "waiting":
            return (
                "No lane has claimed it yet; of a try that failed before, the logs alone tell. Wait on, or look there."
            )
        case "given_up":
            return f"It was tried {record.attempts} times and is a dead letter now. Look at the logs, then redrive it."
    return record.error or f"It is still {record.status}. Wait on, or look at the logs."


def size(size_bytes: int | None) -> str:
    """Bytes for people, in powers of a thousand as disks and S3 are billed."""
    if size_bytes is None:
        return ""
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def new_table(first: str, *columns: str) -> Table:
    """A table with columns of text, the first of which may fold."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, overflow="fold", min_width=12)
    for column in columns:
        table.add_column(column)
    return table


def add_numbers(table: Table, *columns: str) -> None:
    """Add columns that stand to the right and never fold."""
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)


def cell(text: str) -> Text:
    """Text from outside as it is: rich would take [red] and :smile: in a plain string for its own."""
    return Text(plain(text))


def number(value: int | None) -> str:
    """A count, with commas between its thousands."""
    return "" if value is None else f"{value:,}"


def age(moment: str, now: datetime) -> str:
    """How long ago a moment was, in its largest whole unit."""
    return in_one_unit(max(0, (now - datetime.fromisoformat(moment)).total_seconds()))
