"""Between which values a frame's pixels lie, found in strips: of a large frame no second copy comes into being.

What has up to 16 bits is counted value by value. Of wider values the lowest and the highest are those of all pixels;
what the eye can do without is told from a sample.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.dicom._transforms import Floats, Range, Rescale, Table

EYE_PERCENT: Final = 0.5  # of the pixels may be cut off at either end where no window is stated, for the eye only
STRIP_PIXELS: Final = 100_000
SAMPLE_PIXELS: Final = 100_000  # in which 0.5 % are 0.5 % of all within 0.02 %

type Values = NDArray[Any]


def ranges(values: Values, modality: Rescale | Table, padding: Range | None) -> tuple[Range, Range]:
    """Lowest and highest unit, of all pixels and less what the eye can do without."""
    if values.dtype.kind != "f" and values.dtype.itemsize <= 2:
        stored, counts = levels(values.dtype), np.zeros(1 << 8 * values.itemsize, np.int64)
        for strip in _strips(values):
            counts += np.bincount(strip.view(f"u{strip.itemsize}"), minlength=counts.size)
        units, counts = _in_order(stored, counts, modality, padding)
        return _spans(units, counts) if units.size else ((0, 1), (0, 1))
    found = [(units.min(), units.max()) for units in _units(values, modality, padding) if units.size]
    if not found:
        return (0, 1), (0, 1)
    whole = float(min(low for low, _ in found)), float(max(high for _, high in found))
    spread = np.linspace(0, values.size - 1, min(SAMPLE_PIXELS, values.size), dtype=np.int64)
    sample = values.reshape(-1)[spread]
    units, counts = _in_order(sample, np.ones(sample.size, np.int64), modality, padding)
    eye = _spans(units, counts)[1] if units.size else whole
    return whole, eye if eye[1] > eye[0] else whole


def is_background(values: Values, units: Floats, padding: Range | None) -> NDArray[np.bool_]:
    """Which stored values are padding, or stand for no number."""
    background = ~np.isfinite(units)
    if padding:
        background |= (values >= padding[0]) & (values <= padding[1])
    return background


def levels(dtype: np.dtype[Any]) -> Values:
    """All values of up to 16 bits in the order of their bits, so that the bits of a value are its index."""
    return np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)


def _strips(values: Values) -> Iterator[Values]:
    """All pixels, so many at a time that what is made of them takes no memory."""
    flat = values.reshape(-1)
    return (flat[start : start + STRIP_PIXELS] for start in range(0, flat.size, STRIP_PIXELS))


def _units(values: Values, modality: Rescale | Table, padding: Range | None) -> Iterator[Floats]:
    for strip in _strips(values):
        units = modality(strip.astype(np.float64))
        yield units[~is_background(strip, units, padding)]


def _in_order(
    stored: Values, counts: NDArray[np.int64], modality: Rescale | Table, padding: Range | None
) -> tuple[Floats, NDArray[np.int64]]:
    """The units of these stored values that are pixels, ascending, and how many pixels have each."""
    units = modality(stored.astype(np.float64))
    kept = np.flatnonzero((counts > 0) & ~is_background(stored, units, padding))
    order = kept[np.argsort(units[kept])]
    return units[order], counts[order]


def _spans(units: Floats, counts: NDArray[np.int64]) -> tuple[Range, Range]:
    below = np.cumsum(counts)
    edges = np.searchsorted(below, below[-1] * np.array([EYE_PERCENT, 100 - EYE_PERCENT]) / 100)
    eye = units[edges]
    whole = float(units[0]), float(units[-1])
    return whole, (float(eye[0]), float(eye[1])) if eye[1] > eye[0] else whole
