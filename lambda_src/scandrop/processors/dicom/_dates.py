"""Dates that move by whole days, and times that stay (PS3.5 section 6.2; PS3.15 section E.3.6).

A value that is not what its VR claims gives None: nothing that cannot be read is passed on.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_TIME: Final = r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?"
_DA: Final = re.compile(r"([0-9]{4})(\.?)([0-9]{2})\2([0-9]{2})")
_DT: Final = re.compile(rf"([0-9]{{4}})()([0-9]{{2}})([0-9]{{2}})({_TIME})?([+-][01][0-9][0-5][0-9])?")
_TM: Final = re.compile(
    rf"{_TIME}|(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?"
)  # or as before 3.0
_FIRST_YEAR: Final = 1980  # before it nobody had a study, but clocks and forms that were not set begin there
_NEXT_YEARS: Final = 1
_PLACEHOLDERS: Final = frozenset({date(1980, 1, 6), date(1999, 12, 31)})  # the first of clocks that were never set
_OFFSET: Final = re.compile(r"[+-](?:0[0-9]|1[0-4])[0-5][0-9]")


def shifted(value: str, vr: str, days: int) -> str | None:
    """One value of DA, DT, TM or an offset from UTC (SH), its date moved by `days`; empty ones stay empty.

    So is what may be no patient's day: moved, a placeholder such as 99991231 or 1 January gives `days` away. Of a moved
    one the offset from UTC is cut off, which tells the season and the country.
    """
    if vr in ("TM", "SH"):
        pattern = _TM if vr == "TM" else _OFFSET
        return value if not value or pattern.fullmatch(value) else None
    match = (_DA if vr == "DA" else _DT).fullmatch(value)
    if match is None:
        return None if value else value
    day = _day(match)
    if day is None:
        return None
    if days and (not _is_plausible(day) or _is_placeholder(day)):
        return ""
    moved = day + timedelta(days)
    rest = "" if vr == "DA" else (match[5] or "") + ("" if days else match[6] or "")
    return f"{moved.year:04}{moved.month:02}{moved.day:02}{rest}"


def own_day(value: str) -> date | None:
    """The day of a value of DA or DT, None where it has none or none that a patient can have been seen on."""
    match = _DA.fullmatch(value) or _DT.fullmatch(value)
    day = _day(match) if match else None
    return day if day and _is_plausible(day) else None


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def _is_plausible(day: date) -> bool:
    return _FIRST_YEAR <= day.year <= datetime.now(UTC).year + _NEXT_YEARS


def _is_placeholder(day: date) -> bool:
    return (day.month, day.day) == (1, 1) or day in _PLACEHOLDERS
