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


def usd(amount: float) -> str:
    """Dollars, with as many digits as a small object's cost takes."""
    return f"{amount:,.4f}" if amount >= 0.0001 or not amount else f"{amount:.6f}"
