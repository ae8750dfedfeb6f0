"""Palettes: which red, green and blue a stored value stands for (PS3.3 C.7.6.3.1.5 and C.7.9)."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer, Dataset, Syntax, raw

COLOURS: Final = ("Red", "Green", "Blue")
DESCRIPTORS: Final = (0x00281101, 0x00281102, 0x00281103)
PLAIN: Final = (0x00281201, 0x00281202, 0x00281203)
SEGMENTED: Final = (0x00281221, 0x00281222, 0x00281223)
DISCRETE, LINEAR, INDIRECT = 0, 1, 2


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
        if self.first == 0 and values.dtype.kind == "u":
            return np.take(self.entries, values, axis=0, mode="clip")
        return np.take(self.entries, values.astype(np.int64) - self.first, axis=0, mode="clip")


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
    width = bits // 8
    words = np.frombuffer(segmented or b"", f"{'<' if syntax.little else '>'}u{width}", len(segmented or b"") // width)
    table = _expanded([int(word) for word in words], count, bits, little=syntax.little)
    if table is None:
        raise _unusable(colour, "Data")
    return np.array(table, np.uint16)


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


def _expanded(words: list[int], count: int, bits: int, *, little: bool) -> list[int] | None:
    """A segmented table, of `count` entries; None where it is anything else. An indirect segment repeats plain ones."""
    table: list[int] = []
    todo = [(0, len(words))]  # where to read on, and how many segments at most
    while todo:
        at, segments = todo.pop()
        if not segments or at + 1 >= len(words):
            continue
        code, length = words[at], words[at + 1]
        body = words[at + 2 : at + 2 + _segment_words(code, length, bits)]
        after = at + 2 + len(body)
        todo.append((after, segments - 1))
        if code == INDIRECT and len(todo) == 1 and len(body) == 32 // bits:
            todo.append((_offset(body, bits, little=little), length))
        elif code == DISCRETE:
            table += body
        elif code == LINEAR and table and body:
            table += _line(table[-1], body[0], length)
        else:
            return None
        if len(table) > count:
            return None
    return table if len(table) == count else None


def _segment_words(code: int, length: int, bits: int) -> int:
    return {DISCRETE: length, LINEAR: 1, INDIRECT: 32 // bits}.get(code, 0)


def _offset(body: list[int], bits: int, *, little: bool) -> int:
    """Where an indirect segment's first one lies, in entries (C.7.9.2.3): the least significant word first."""
    if bits == 16:
        return body[0] | body[1] << 16
    low, high = ((body[0], body[1]), (body[2], body[3])) if little else ((body[1], body[0]), (body[3], body[2]))
    return low[0] | low[1] << 8 | high[0] << 16 | high[1] << 24


def _line(start: int, stop: int, length: int) -> list[int]:
    step = (stop - start) / length if length else 0
    return [round(start + step * index) for index in range(1, length + 1)]


def _unusable(colour: int, part: str) -> Rejected:
    return Rejected("dicom_pixels_undescribed", keyword=f"{COLOURS[colour]}PaletteColorLookupTable{part}")
