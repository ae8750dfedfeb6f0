"""Counts, spans and dollars in words."""


def counted(count: int, one: str, many: str = "") -> str:
    """A number and what it counts: ``no alarms``, ``1 alarm``, ``2 alarms``."""
    return f"{f'{count:,}' if count else 'no'} {one if count == 1 else many or f'{one}s'}"


def in_one_unit(seconds: float | None) -> str:
    """How long, in its largest whole unit."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"{seconds:.0f}s"


def took(duration_ms: int | None) -> str:
    """How long something took, in five columns."""
    if duration_ms is None:
        return ""
    if duration_ms < 1000:
        return f"{duration_ms}ms"
    return f"{duration_ms / 1000:.1f}s" if duration_ms < 10_000 else in_one_unit(duration_ms / 1000)


def usd(amount: float) -> str:
    """Dollars, with as many digits as a small object's cost takes."""
    return f"{amount:,.4f}" if amount >= 0.0001 or not amount else f"{amount:.6f}"
