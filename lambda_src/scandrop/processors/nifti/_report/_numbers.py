"""Numbers as a reader wants them: four digits that count, a real minus sign, and "n/a" for what is not known."""

import math
from collections.abc import Iterable
from itertools import groupby

import numpy as np

MISSING = "n/a"

_MINUS, _TIMES, _TO = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"


def number(value: object, digits: int = 4) -> str:
    """A number, or the text of anything else; "n/a" for None, NaN and the infinities."""
    if value is None:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return minus(str(int(value)))
    if isinstance(value, float | np.floating):
        return _decimal(float(value), digits)
    return str(value)


def _decimal(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return MISSING
    if abs(value) >= 1e7 or 0 < abs(value) < 1e-4:
        figures, power = f"{value:.2e}".split("e")
        return minus(f"{figures} {_TIMES} 10^{int(power)}")
    return minus(f"{value:.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}")


def minus(text: str) -> str:
    return text.replace("-", _MINUS)


def ranges(volumes: Iterable[int]) -> str:
    """Volume numbers in a line, neighbours drawn together: "3, 17-19"."""
    runs = groupby(enumerate(sorted({int(v) for v in volumes})), lambda pair: pair[1] - pair[0])
    spans = [[volume for _, volume in run] for _, run in runs]
    return ", ".join(str(s[0]) if len(s) == 1 else f"{s[0]}{_TO}{s[-1]}" for s in spans) or "none"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ticks(low: float, high: float, wanted: int = 4) -> list[tuple[float, str]]:
    """About `wanted` round values from `low` to `high`, each with its label."""
    rough = (high - low) / wanted
    power = math.floor(math.log10(rough))
    step = next(base * 10**power for base in (1, 2, 5, 10) if base * 10**power >= 0.7 * rough)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(k * step, minus(f"{k * step + 0.0:.{digits}f}")) for k in range(first, last + 1)]
