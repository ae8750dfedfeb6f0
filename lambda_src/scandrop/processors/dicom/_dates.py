"""Dates that move by whole days, and times that stay (PS3.5 section 6.2; PS3.15 section E.3.6).

A value that is not what its VR claims gives None: nothing that cannot be read is passed on.
"""

import re
from datetime import date, timedelta
from typing import Final

_TIME: Final = r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?"
_DA: Final = re.compile(r"([0-9]{4})(\.?)([0-9]{2})\2([0-9]{2})")
_DT: Final = re.compile(rf"([0-9]{{4}})()([0-9]{{2}})([0-9]{{2}})({_TIME})?([+-][01][0-9][0-5][0-9])?")
_TM: Final = re.compile(
    rf"{_TIME}|(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?"
)  # or as before 3.0
_OFFSET: Final = re.compile(r"[+-](?:0[0-9]|1[0-4])[0-5][0-9]")


def shifted(value: str, vr: str, days: int) -> str | None:
    """One value of DA, DT, TM or an offset from UTC (SH), its date moved by `days`; empty ones stay empty."""
    if vr in ("TM", "SH"):
        pattern = _TM if vr == "TM" else _OFFSET
        return value if not value or pattern.fullmatch(value) else None
    match = (_DA if vr == "DA" else _DT).fullmatch(value)
    if match is None:
        return None if value else value
    moved = _moved(int(match[1]), int(match[3]), int(match[4]), days)
    rest = "" if vr == "DA" else (match[5] or "") + (match[6] or "")
    return moved and f"{moved}{rest}"


def _moved(year: int, month: int, day: int, days: int) -> str | None:
    try:
        moved = date(year, month, day) + timedelta(days)
    except (ValueError, OverflowError):
        return None
    return f"{moved.year:04}{moved.month:02}{moved.day:02}"
