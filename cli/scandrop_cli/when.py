"""Moments and spans as people type them."""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str) -> datetime:
    """A span back from now (``90s``, ``15m``, ``2h``, ``3d``, ``1w``) or an ISO 8601 date or time, by default in UTC.

    Raises ValueError with a sentence for anything else.
    """
    try:
        if (back := _span(text)) is not None:
            return datetime.now(UTC) - back
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no span such as 15m, 2h or 3d, and no date such as 2026-11-21.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def span(text: str) -> timedelta:
    """A span (``90s``, ``15m``, ``2h``, ``3d``, ``1w``). Raises ValueError with a sentence for anything else."""
    try:
        found = _span(text)
    except OverflowError:
        found = None
    if found is None:
        raise ValueError(f"{text!r} is no span such as 15m, 2h or 3d.")
    return found


def _span(text: str) -> timedelta | None:
    parts = re.fullmatch(r"(\d+)([smhdw])", text)
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])}) if parts else None
