"""How much memory one object takes, as Linux counts it."""

import re
from contextlib import suppress
from pathlib import Path

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def forget_peak() -> None:
    """Begin a new peak at what is resident now (proc(5), clear_refs); where that is not allowed the old one stays."""
    with suppress(OSError):
        _CLEAR_REFS.write_text("5")


def peak_mb() -> int | None:
    """The most that was resident since `forget_peak`, in MB; None off Linux.

    Not ``getrusage``, whose maximum also counts the process that this one was forked from.
    """
    if not _STATUS.exists():
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    return int(found[1]) // 1024 if found else None
