"""Palettes: which red, green and blue a stored value stands for (PS3.3 C.7.6.3.1.5 and C.7.9)."""

from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer, Dataset, Syntax, raw

COLOURS: Final = ("Red", "Green", "Blue")
DESCRIPTORS: Final = (0x00281101, 0x00281102, 0x00281103)
PLAIN: Final = (0x00281201, 0x00281202, 0x00281203)
SEGMENTED: Final = (0x00281221, 0x00281222, 0x00281223)
DISCRETE, LINEAR, INDIRECT = 0, 1, 2
MOST_WORDS: Final = 6  # of a segment, for each entry that it gives


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
        return Palette(entries, _descriptor(dataset, syntax, 0, signed=signed)[1])

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


def _descriptor(dataset: Dataset, syntax: Syntax, colour: int, *, signed: bool = False) -> tuple[int, int, int]:
    """How many entries, the value of the first, bits of an entry."""
    value = raw(dataset, DESCRIPTORS[colour])
    if value is None or len(value) != 6:
        raise _unusable(colour, "Descriptor")
    words = np.frombuffer(value, "<u2" if syntax.little else ">u2")
    first = int(words[1].astype(np.int16)) if signed else int(words[1])
    return int(words[0]) or 65_536, first, int(words[2])


def _entries(dataset: Dataset, syntax: Syntax, colour: int) -> NDArray[np.uint16]:
    count, _, bits = _descriptor(dataset, syntax, colour)
    plain, segmented = raw(dataset, PLAIN[colour]), raw(dataset, SEGMENTED[colour])
    if bits not in (8, 16) or not (plain or segmented):
        raise _unusable(colour, "Data" if bits in (8, 16) else "Descriptor")
    if plain:
        return _plain(plain, count, colour, little=syntax.little)
    words = _words(segmented or b"", bits, little=syntax.little)
    table = _expanded(words, count, bits, little=syntax.little) if len(words) <= MOST_WORDS * count else None
    if table is None:
        raise _unusable(colour, "Data")
    return np.array(table, np.uint16)


def _words(value: Buffer, bits: int, *, little: bool) -> NDArray[Any]:
    return np.frombuffer(value, f"{'<' if little else '>'}u{bits // 8}", len(value) // (bits // 8))


def _plain(value: Buffer, count: int, colour: int, *, little: bool) -> NDArray[np.uint16]:
    """Entries of two bytes where there are so many, of one byte else; they may be in words of either order."""
    if len(value) >= 2 * count:
        return np.frombuffer(value, "<u2" if little else ">u2", count).astype(np.uint16)
    if len(value) < count:
        raise _unusable(colour, "Data")
    flat = np.frombuffer(value, np.uint8)
    if not little and len(flat) % 2 == 0:
        flat = flat.view(np.uint16).byteswap().view(np.uint8)
    return flat[:count].astype(np.uint16)


def _expanded(table: NDArray[Any], count: int, bits: int, *, little: bool) -> list[int] | None:
    """The `count` entries of a segmented table (C.7.9.2); None where it is not one.

    An indirect segment repeats earlier ones that are not indirect. Each segment but those gives an entry at least, so
    that this ends.
    """
    words = table.tolist()
    entries: list[int] = []
    starts = set[int]()
    todo = [(0, len(words))]  # where to read on, and how many segments at most
    while todo and len(entries) < count:
        at, segments = todo.pop()
        if not segments or at + 1 >= len(words):
            continue
        code, length = words[at], words[at + 1]
        body = words[at + 2 : at + 2 + _body_words(code, length, bits)]
        todo.append((at + 2 + len(body), segments - 1))
        if not length or not body:
            return None
        if code == INDIRECT and len(todo) == 1 and len(body) == 32 // bits:
            begin = _begin(_offset(body, bits, little=little), bits, starts)
            if begin is None:
                return None
            todo.append((begin, length))
        elif code == DISCRETE:
            entries += body
        elif code == LINEAR and entries:
            entries += _line(entries[-1], body[0], length)
        else:
            return None
        starts.add(at)
    return entries if len(entries) == count else None


def _body_words(code: int, length: int, bits: int) -> int:
    return {DISCRETE: length, LINEAR: 1, INDIRECT: 32 // bits}.get(code, 0)


def _offset(body: list[int], bits: int, *, little: bool) -> int:
    """The least significant half first, each in the file's byte order."""
    if bits == 16:
        return body[0] | body[1] << 16
    order: Literal["little", "big"] = "little" if little else "big"
    return int.from_bytes(body[:2], order) | int.from_bytes(body[2:], order) << 16


def _begin(offset: int, bits: int, starts: set[int]) -> int | None:
    """Which word an offset means: the standard counts bytes, some writers of 16-bit tables count entries."""
    meant = (offset,) if bits == 8 else (offset // 2, offset)
    return next((at for at in meant if at in starts), None)


def _line(start: int, stop: int, length: int) -> list[int]:
    return [round(start + (stop - start) * step / length) for step in range(1, length + 1)]


def _unusable(colour: int, part: str) -> Rejected:
    return Rejected("dicom_pixels_undescribed", keyword=f"{COLOURS[colour]}PaletteColorLookupTable{part}")
