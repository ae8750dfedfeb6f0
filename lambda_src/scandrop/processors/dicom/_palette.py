"""Palettes: which red, green and blue a stored value stands for (PS3.3 C.7.6.3.1.5 and C.7.9)."""

from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer, Dataset, Syntax, raw
from scandrop.processors.dicom._luts import (
    PALETTE_DATA,
    PALETTE_DESCRIPTORS,
    SEGMENTED_PALETTE_DATA,
    Descriptor,
    descriptor,
    expanded,
    table_bytes,
)

COLOURS: Final = ("Red", "Green", "Blue")


class Palette:
    """entries: (values, 3), uint8 or uint16; first: the stored value of the first entry."""

    def __init__(self, entries: NDArray[Any], first: int) -> None:
        self.entries = entries
        self.first = first

    @staticmethod
    def of(dataset: Dataset, syntax: Syntax, *, signed: bool) -> "Palette":
        """Raises `Rejected` where a table is missing, or not as long as its descriptor says."""
        colours = [_entries(dataset, syntax, index) for index in range(3)]
        if len({len(colour) for colour in colours}) != 1:
            raise Rejected("dicom_pixels_undescribed", keyword="GreenPaletteColorLookupTableDescriptor")
        entries = np.stack(colours, axis=1)
        if entries.max(initial=0) < 256:  # 8 bits in words of 16, whatever the descriptor says
            entries = entries.astype(np.uint8)
        first = _descriptor(dataset, syntax, 0).first
        return Palette(entries, first - (1 << 16) if signed and first >> 15 else first)

    @property
    def bits(self) -> int:
        return self.entries.dtype.itemsize * 8

    def rgb(self, values: NDArray[Any]) -> NDArray[Any]:
        """(rows, columns) of stored values as (rows, columns, 3); those past either end have its colour."""
        return np.take(self.entries, self._places(values), axis=0, mode="clip")

    def brightness(self, values: NDArray[Any], colour: int) -> NDArray[np.float32]:
        """Of red (0), green (1) or blue (2), in [0, 1], in the shape of `values`."""
        return np.take(self._unit[colour], self._places(values), mode="clip")

    @cached_property
    def _unit(self) -> NDArray[np.float32]:
        full = np.iinfo(self.entries.dtype).max
        unit: NDArray[np.float32] = np.divide(self.entries.T, full, dtype=np.float32, order="C")
        return unit

    def _places(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.first == 0 and values.dtype.kind == "u" and values.dtype.itemsize <= 2:
            return values
        return values.astype(np.int64) - self.first


def _descriptor(dataset: Dataset, syntax: Syntax, colour: int) -> Descriptor:
    said = descriptor(dataset, PALETTE_DESCRIPTORS[colour], little=syntax.little)
    if said is None or said.bits not in (8, 16):
        raise _unusable(colour, "Descriptor")
    return said


def _entries(dataset: Dataset, syntax: Syntax, colour: int) -> NDArray[np.uint16]:
    said = _descriptor(dataset, syntax, colour)
    plain, segmented = raw(dataset, PALETTE_DATA[colour]), raw(dataset, SEGMENTED_PALETTE_DATA[colour])
    if plain:
        return _plain(plain, said.entries, colour, little=syntax.little)
    table = expanded(segmented or b"", said, little=syntax.little)
    if table is None:
        raise _unusable(colour, "Data")
    return np.array(table.entries, np.uint16)


def _plain(value: Buffer, count: int, colour: int, *, little: bool) -> NDArray[np.uint16]:
    """Entries of two bytes where there are so many, of one byte else; they may be in words of either order."""
    length = table_bytes(len(value), count)
    if not length:
        raise _unusable(colour, "Data")
    if length > count:
        return np.frombuffer(value, "<u2" if little else ">u2", count).astype(np.uint16)
    flat = np.frombuffer(value, np.uint8)
    if not little and len(flat) % 2 == 0:
        flat = flat.view(np.uint16).byteswap().view(np.uint8)
    return flat[:count].astype(np.uint16)


def _unusable(colour: int, part: str) -> Rejected:
    return Rejected("dicom_pixels_undescribed", keyword=f"{COLOURS[colour]}PaletteColorLookupTable{part}")
