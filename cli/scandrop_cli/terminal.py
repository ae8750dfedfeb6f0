"""The two streams of a verb: answers on standard output, progress and complaints on standard error.

Away from a terminal there is no colour, no progress and no folding at 80 columns, so that output can be searched.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime

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


def stdout() -> Console:
    return _console(Console(highlight=False))


def stderr() -> Console:
    return _console(Console(stderr=True, highlight=False))


def _console(console: Console) -> Console:
    if not console.is_terminal:
        console.width = _PIPED_COLUMNS
    return console


def plain(text: str) -> str:
    """Text from outside as it may be printed: what would steer the terminal is shown as an escape instead."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


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
    with _progress(
        BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}")
    ) as progress:
        task = progress.add_task(label, total=total, note="")
        yield lambda done, note: progress.update(task, completed=done, note=note)


def headers_progress(total: int) -> AbstractContextManager[Callable[[int, str], None]]:
    """A bar of raw headers, and a line that says why all are read."""
    stderr().print(f"The ledger does not know it, so the headers of {total:,} raw objects are read.")
    return count_progress("Reading", total)


def _progress(*columns: ProgressColumn) -> Progress:
    console = stderr()
    label = TextColumn("{task.description}")
    return Progress(label, *columns, console=console, transient=True, disable=not console.is_terminal)
