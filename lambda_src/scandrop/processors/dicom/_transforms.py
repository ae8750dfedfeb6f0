"""The three ways in which one gray becomes another: a rescale, a window, a lookup table (PS3.3 C.11.1, C.11.2)."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.dicom._dataset import Dataset, Syntax, raw
from scandrop.processors.dicom._luts import MOST_ENTRIES, descriptor, table_bytes
from scandrop.processors.dicom._tags import LUT_DATA, LUT_DESCRIPTOR

SIGNED_FROM: Final = 1 << 15
FUNCTIONS: Final = ("LINEAR", "LINEAR_EXACT", "SIGMOID")

type Floats = NDArray[np.float64]
type Range = tuple[float, float]


@dataclass(frozen=True)
class Rescale:
    slope: float
    intercept: float

    def __call__(self, values: Floats) -> Floats:
        return values * self.slope + self.intercept


AS_STORED: Final = Rescale(1, 0)


@dataclass(frozen=True)
class Window:
    """A VOI window in the units that the Modality LUT gives (PS3.3 C.11.2.1.2, C.11.2.1.3)."""

    center: float
    width: float
    function: str

    @property
    def value_range(self) -> Range:
        """What 0 and 1 stand for; NaN where they stand for no value, as in a sigmoid."""
        if self.function == "SIGMOID":
            return np.nan, np.nan
        shift, less = (0.5, 1) if self.function == "LINEAR" else (0, 0)  # whose pixels are 1 wide
        half = (self.width - less) / 2
        return self.center - shift - half, self.center - shift + half

    def __call__(self, values: Floats) -> Floats:
        if self.function == "SIGMOID":
            steepness = np.clip(-4 * (values - self.center) / self.width, -700, 700)  # where exp is finite
            return 1 / (1 + np.exp(steepness))
        low, high = self.value_range
        if high == low:  # a LINEAR window of width 1 is a threshold
            return (values > low).astype(np.float64)
        return np.clip((values - low) / (high - low), 0, 1)


@dataclass(frozen=True)
class Table:
    """A descriptor of three numbers and the entries (PS3.3 C.11.1.1.1).

    first: the value that the first entry stands for; full: what an entry is divided by when it is looked up.

    A value before the first entry has the first, one behind the last has the last.
    """

    first: int
    entries: Floats
    full: float

    @classmethod
    def of(cls, item: Dataset, syntax: Syntax, *, signed: bool) -> Self | None:
        """None where descriptor and entries do not agree. signed: whether what goes in can be negative.

        It gives parts of what an entry can be at most; ``replace(table, full=1)`` gives the entries.
        """
        order = "<" if syntax.little else ">"
        said, data = descriptor(item, LUT_DESCRIPTOR, little=syntax.little), raw(item, LUT_DATA)
        if said is None or data is None:
            return None
        count, first, bits = said
        signed = signed or item[LUT_DESCRIPTOR].vr == "SS"
        entries = _entries(data, count, order)
        if entries is None:
            return None
        full = max(float((1 << min(bits, 16)) - 1), float(entries.max()), 1.0)  # bits that say less than is there
        return cls(first - MOST_ENTRIES if signed and first >= SIGNED_FROM else first, entries, full)

    def __call__(self, values: Floats) -> Floats:
        at = np.clip(np.rint(np.nan_to_num(values)) - self.first, 0, len(self.entries) - 1)
        looked_up: Floats = self.entries.take(at.astype(np.intp)) / self.full
        return looked_up


def _entries(data: bytes | memoryview, count: int, order: str) -> Floats | None:
    """Of 16 bits each or, where there are only as many bytes as entries, packed two to a word."""
    length = table_bytes(len(data), count)
    words = np.frombuffer(data, f"{order}u2", len(data) // 2)
    if length == count:
        words = np.frombuffer(words.astype("<u2").tobytes(), np.uint8)
    return words[:count].astype(np.float64) if length else None
