"""From what lies in a container of 8 to 64 bits to the stored value in it (PS3.5 8.1.1)."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STRIP_SAMPLES: Final = 250_000


def field(values: NDArray[Any], width: int, *, signed: bool, shift: int = 0) -> tuple[NDArray[Any], bool]:
    """The `width` bits above the lowest `shift` ones, and whether any other bit says more than the sign.

    values: integers of any shape; a view of them comes back where it will do.
    Bits beside the stored ones are overlays of before 2004, or rubbish.
    """
    bits = values.dtype.itemsize * 8
    kind = np.dtype(f"{'i' if signed else 'u'}{values.dtype.itemsize}")
    seen = values.view(kind)
    if shift == 0 and (width == bits or _within(seen, width, signed=signed)):
        return seen, False
    raised = np.left_shift(seen, bits - width - shift)
    kept = np.right_shift(raised, bits - width, out=raised)
    rows = max(1, STRIP_SAMPLES * len(values) // max(values.size, 1))
    strips = (values[top : top + rows].view(f"u{bits // 8}") for top in range(0, len(values), rows))
    return kept, any(_says_more(strip, width, shift, signed=signed) for strip in strips)


def held(values: NDArray[Any], width: int, *, signed: bool) -> NDArray[Any]:
    """Values that a lossy codec took past the range of `width` bits, held to it."""
    if _within(values, width, signed=signed):
        return values
    clipped: NDArray[Any] = np.clip(values, *limits(width, signed=signed))
    return clipped


def limits(width: int, *, signed: bool) -> tuple[int, int]:
    """The least and the greatest value of `width` bits."""
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def _within(values: NDArray[Any], width: int, *, signed: bool) -> bool:
    if width >= values.dtype.itemsize * 8:
        return True
    low, high = limits(width, signed=signed)
    return bool((not signed or values.min() >= low) and values.max() <= high)


def _says_more(values: NDArray[Any], width: int, shift: int, *, signed: bool) -> bool:
    """Of unsigned containers."""
    above = values >> (width + shift) if width + shift < values.dtype.itemsize * 8 else values & 0
    ones = (1 << values.dtype.itemsize * 8 - width - shift) - 1
    plain = (above == 0) | (above == ones) if signed else above == 0
    return not plain.all() or bool((values & ((1 << shift) - 1)).any())
