"""The two streams of a verb: answers on standard output, progress and complaints on standard error.

Away from a terminal there is no colour, and progress is a plain line now and then. Nothing is folded, so that output
can be searched, unless `COLUMNS` gives a width, as ``watch`` does for what it runs.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

_PIPED_COLUMNS = 1000
_PIPED_EVERY_S = 30.0


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the verb: rich would end with 1, which is an answer."""
        raise BrokenPipeError


def stdout() -> Console:
    return _console(_Console(highlight=False))


def stderr() -> Console:
    return _console(_Console(stderr=True, highlight=False))


def _console(console: Console) -> Console:
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdecimal():
        console.width = _PIPED_COLUMNS
    return console


def columns(console: Console) -> int | None:
    """How wide it is; None where nothing is folded."""
    return console.width if console.is_terminal or console.width != _PIPED_COLUMNS else None


def plain(text: str) -> str:
    """Text from outside as it may be printed: what would steer the terminal is shown as an escape instead."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def shortened(text: str, width: int) -> str:
    """A text that is too wide without its middle: a key begins with whose it is and ends with what it is."""
    if cell_len(text) <= width:
        return text
    head, tail = text[: width // 3], text[-width:]
    while cell_len(head) > width // 3:
        head = head[:-1]
    while cell_len(head) + 1 + cell_len(tail) > width:
        tail = tail[1:]
    return f"{head}…{tail}"


def print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable) + "\n")


def print_json_line(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_jsonable) + "\n")
    sys.stdout.flush()


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of bytes with their speed; yields the function that advances it."""
    with _progress(BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task(label, total=total)
        yield lambda count: progress.advance(task, count)


@contextmanager
def count_progress(label: str, total: int | None = None) -> Iterator[Callable[[int, str], None]]:
    """A bar of things done; yields the function that says how many are, and a word beside the bar."""
    if not stderr().is_terminal:
        yield _plain_progress(label, total)
        return
    done = TextColumn("{task.completed:,}") if total is None else MofNCompleteColumn()
    with _progress(BarColumn(bar_width=20), done, TimeElapsedColumn(), TextColumn("{task.fields[note]}")) as progress:
        task = progress.add_task(label, total=total, note="")
        yield lambda done, note: progress.update(task, completed=done, note=note)


@contextmanager
def days_progress(since: datetime) -> Iterator[Callable[[int], None]]:
    """A bar of the ledger's days since a moment; yields the function that says how many are read."""
    with count_progress("Reading days", (datetime.now(UTC).date() - since.date()).days + 1) as on_count:
        yield lambda days: on_count(days, "")


def _plain_progress(label: str, total: int | None) -> Callable[[int, str], None]:
    """Progress where there is no terminal: a line each half minute, so that who reads a log knows that it goes on."""
    began = said = time.monotonic()

    def tell(done: int, note: str) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _PIPED_EVERY_S:
            said = now
            counted = f" {done:,} of {total:,}" if total else f" {done:,}" if done else ""
            stderr().print(f"{label}{counted} after {now - began:.0f} s{': ' if note else ''}{note}", markup=False)

    return tell


def headers_progress(total: int) -> AbstractContextManager[Callable[[int, str], None]]:
    """A bar of raw headers, and a line that says why all are read."""
    stderr().print(f"The ledger does not know it, so the headers of {total:,} raw objects are read.")
    return count_progress("Reading", total)


def _progress(*columns: ProgressColumn) -> Progress:
    console = stderr()
    label = TextColumn("{task.description}")
    return Progress(label, *columns, console=console, transient=True, disable=not console.is_terminal)
