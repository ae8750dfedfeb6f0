"""The tables, as rich renderables: what they show is decided here, where it is printed is not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table
from rich.text import Text

from scandrop_cli.records import Record
from scandrop_cli.settling import Awaited
from scandrop_cli.terminal import plain
from scandrop_cli.upload import Upload

_COLOURS = {"succeeded": "green", "rejected": "yellow", "failed": "red", "processing": "cyan", "superseded": "dim"}


def results_table(awaited: Sequence[Awaited]) -> Table:
    """What became of keys that somebody waited for."""
    table = _table("key", "lane", "status")
    _add_numbers(table, "ms", "derivatives")
    for one in awaited:
        record = one.record
        if record is None:
            table.add_row(plain(one.key), "", _status("no record" if one.version_id else "not there"), "", "")
        else:
            table.add_row(
                plain(one.key),
                record.lane,
                _status_of(record),
                _number(record.duration_ms),
                _number(record.derivatives),
            )
    return table


def status_table(records: Iterable[Record]) -> Table:
    """The ledger's newest records."""
    table = _table("key", "lane", "status")
    _add_numbers(table, "ms", "size", "derivatives", "when")
    now = datetime.now(UTC)
    for record in records:
        table.add_row(
            plain(record.key),
            record.lane,
            _status_of(record),
            _number(record.duration_ms),
            size(record.size_bytes),
            _number(record.derivatives),
            _ago(record.updated_at, now),
        )
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


def counts(awaited: Sequence[Awaited]) -> str:
    """How many keys are in which status, for the line beside a progress bar."""
    found = Counter(one.record.status if one.record else "not taken yet" for one in awaited)
    return ", ".join(f"{count} {status}" for status, count in found.most_common())


def explanations(awaited: Sequence[Awaited], timeout_s: float) -> Iterator[Text]:
    """A sentence for each key that did not end well."""
    for one in awaited:
        if not one.good:
            yield Text.assemble((plain(one.key), "bold"), f": {_reason(one, timeout_s)}")


def _reason(one: Awaited, timeout_s: float) -> str:
    if one.version_id is None:
        return f"It did not arrive in the raw bucket within {timeout_s:g} s. Upload it."
    if one.record is None:
        return f"No lane took it within {timeout_s:g} s. Look at the logs, or wait on."
    if one.record.error:
        return one.record.error
    if one.over:
        return f"It was given up after {one.record.attempts} tries. Look at the logs, then redrive its dead letter."
    return f"It is still {one.record.status} after {timeout_s:g} s. Wait on, or look at the logs."


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


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(columns[0], overflow="fold", min_width=12)
    for column in columns[1:]:
        table.add_column(column, overflow="fold")
    return table


def _add_numbers(table: Table, *columns: str) -> None:
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)


def _status_of(record: Record) -> Text:
    status = _status(record.status)
    if record.error_code and not record.good:
        status.append(f" ({record.error_code})")
    return status


def _status(status: str) -> Text:
    return Text(status, style=_COLOURS.get(status, "red"))


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _ago(moment: str, now: datetime) -> str:
    seconds = max(0, (now - datetime.fromisoformat(moment)).total_seconds())
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit} ago"
    return f"{seconds:.0f}s ago"
