"""Which bytes of an encapsulated value are which frame (PS3.5 A.4): by an offset table, or by what fragments hold."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer, Dataset, Encapsulated, raw
from scandrop.processors.dicom._tags import EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS
from scandrop.processors.dicom._warnings import Warned

ITEM: Final = b"\xfe\xff\x00\xe0"
ITEM_BYTES: Final = 8
MAX_FRAGMENTS: Final = 1_000_000
END_OF_IMAGE: Final = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike
END_BYTES: Final = 10  # in how many at the end it lies: encoders pad

type Fragment = tuple[int, memoryview]  # where its item begins, counted from the first fragment's item; its bytes
type Frames = list[list[memoryview]]


@dataclass(frozen=True, slots=True)
class Fragments:
    """basic: the bytes of the basic offset table; extended, lengths: of the extended one, empty where there is none."""

    items: list[Fragment]
    basic: Buffer
    extended: Buffer = b""
    lengths: Buffer = b""

    @staticmethod
    def of(dataset: Dataset, value: Encapsulated) -> "Fragments":
        """Raises `Rejected` where the items do not follow each other to the end."""
        (_, basic), *items = _items(value.raw)
        first = items[0][0] if items else 0
        tables = (raw(dataset, tag) or b"" for tag in (EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS))
        return Fragments([(start - first, part) for start, part in items], basic, *tables)

    def frames(self, count: int, warned: Warned) -> Frames:
        """The fragments of each of `count` frames. Raises `Rejected` where they cannot be told apart."""
        if count == 1 and self.items:
            return self._single(warned)
        offsets, told = self._offsets(count)
        if offsets is None and told:
            warned.add("dicom_offsets_wrong")
        return self._at(offsets) if offsets else self._by_content(count, warned)

    def _offsets(self, count: int) -> tuple[list[int] | None, bool]:
        """Where the frames begin by a table that fits the fragments, and whether there is a table at all."""
        told = False
        for table, width in ((self.extended, 8), (self.basic, 4)):
            told = told or bool(table)
            if self.fits(table, width, count):
                return numbers(table, width), told
        return None, told

    def fits(self, table: Buffer, width: int, count: int) -> bool:
        """Whether a table of numbers of `width` bytes says where fragments begin, one for each of `count` frames."""
        if len(table) != width * count:
            return False
        offsets = numbers(table, width)
        rising = all(one < next_one for one, next_one in pairwise(offsets))
        starts = {start for start, _ in self.items}
        return rising and offsets[0] == 0 and starts.issuperset(offsets)

    def _at(self, offsets: list[int]) -> Frames:
        begins, frames = set(offsets), list[list[memoryview]]()
        for start, part in self.items:
            if start in begins:
                frames.append([])
            frames[-1].append(part)
        return frames

    def _single(self, warned: Warned) -> Frames:
        """One frame of all fragments: what lies behind its end is no part of what a decoder reads."""
        if (held := len(self._told_by_ends())) > 1:
            warned.add("dicom_more_frames", held=held)
        return [[part for _, part in self.items]]

    def _told_by_ends(self) -> Frames:
        """Frames that each go on to the end of an image."""
        frames: Frames = [[]]
        for _, part in self.items:
            frames[-1].append(part)
            if END_OF_IMAGE in bytes(part[-END_BYTES:]):
                frames.append([])
        return frames if frames[-1] else frames[:-1]

    def _by_content(self, count: int, warned: Warned) -> Frames:
        if len(self.items) == count:
            return [[part] for _, part in self.items]
        frames = self._told_by_ends()
        if len(frames) < count < len(self.items):
            raise Rejected("dicom_frames_untold", fragments=len(self.items))
        if len(frames) < count:
            raise Rejected("dicom_frames_missing", held=len(frames))
        if len(frames) > count:
            warned.add("dicom_more_frames", held=len(frames))
        return frames[:count]


def numbers(table: Buffer, width: int) -> list[int]:
    """The entries of a table of offsets or lengths."""
    return [int.from_bytes(table[at : at + width], "little") for at in range(0, len(table), width)]


def joined(parts: list[memoryview]) -> Buffer:
    """The bytes of one frame, copied only where it has several fragments."""
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _items(value: memoryview) -> list[Fragment]:
    """The basic offset table first, then the fragments."""
    items: list[Fragment] = []
    start = 0
    while start < len(value):
        stop = start + ITEM_BYTES + int.from_bytes(value[start + 4 : start + ITEM_BYTES], "little")
        if bytes(value[start : start + 4]) != ITEM or stop > len(value) or len(items) > MAX_FRAGMENTS:
            raise Rejected("dicom_fragments_damaged")
        items.append((start, value[start + ITEM_BYTES : stop]))
        start = stop
    if not items:
        raise Rejected("dicom_fragments_damaged")
    return items
