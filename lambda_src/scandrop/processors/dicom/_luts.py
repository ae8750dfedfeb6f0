"""How long lookup tables and palettes are, for who reads them and for who keeps them (PS3.3 C.7.6.3.1.5, C.7.9.2)."""

import struct
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from scandrop.processors.dicom._dataset import Buffer, Dataset, raw

# of red, green, blue and alpha
PALETTE_DESCRIPTORS: Final = (0x00281101, 0x00281102, 0x00281103, 0x00281104)
PALETTE_DATA: Final = (0x00281201, 0x00281202, 0x00281203, 0x00281204)
SEGMENTED_PALETTE_DATA: Final = (0x00281221, 0x00281222, 0x00281223, 0x00281224)

MOST_ENTRIES: Final = 1 << 16  # which a descriptor, of 16 bits, says as 0
DISCRETE, LINEAR, INDIRECT = 0, 1, 2
MOST_WORDS: Final = 6  # of a segment, for each entry that it gives


class Descriptor(NamedTuple):
    """entries: how many; first: the value that the first one is for, unsigned; bits: of an entry."""

    entries: int
    first: int
    bits: int


class Expanded(NamedTuple):
    """A segmented table spread out. used: how many words of it that took."""

    entries: list[int]
    used: int


def descriptor(dataset: Dataset, tag: int, *, little: bool) -> Descriptor | None:
    """None where it is not three numbers of 16 bits."""
    value = raw(dataset, tag)
    if value is None or len(value) != struct.calcsize("3H"):
        return None
    entries, first, bits = struct.unpack("<3H" if little else ">3H", value)
    return Descriptor(entries or MOST_ENTRIES, first, bits)


def table_bytes(held: int, entries: int) -> int:
    """How many of the `held` bytes are the table: two an entry where there are as many, one else; 0 for too few."""
    return next((wanted for wanted in (2 * entries, entries) if held >= wanted), 0)


def segmented_bytes(value: Buffer, said: Descriptor, *, little: bool) -> int:
    """How many bytes of a segmented table are read; 0 where it is none."""
    table = expanded(value, said, little=little)
    return table.used * said.bits // 8 if table else 0


def expanded(value: Buffer, said: Descriptor, *, little: bool) -> Expanded | None:
    """The entries of a segmented table (C.7.9.2); None where it is not one.

    An indirect segment repeats earlier ones that are not indirect. Each segment but those gives an entry at least, so
    that this ends.
    """
    if said.bits not in (8, 16) or len(value) // (said.bits // 8) > MOST_WORDS * said.entries:
        return None
    words = _words(value, said.bits, little=little)
    entries: list[int] = []
    starts = set[int]()
    todo, used = [(0, len(words))], 0  # where to read on, and how many segments at most
    while todo and len(entries) < said.entries:
        at, segments = todo.pop()
        if not segments or at + 1 >= len(words):
            continue
        code, length = words[at], words[at + 1]
        body = words[at + 2 : at + 2 + _body_words(code, length, said.bits)]
        after = at + 2 + len(body)
        todo.append((after, segments - 1))
        used = max(used, after)
        if not length or not body:
            return None
        if code == INDIRECT and len(todo) == 1 and len(body) == 32 // said.bits:
            begin = _begin(_offset(body, said.bits, little=little), said.bits, starts)
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
    return Expanded(entries, used) if len(entries) == said.entries else None


def _words(value: Buffer, bits: int, *, little: bool) -> Sequence[int]:
    if bits == 8:
        return bytes(value)
    return struct.unpack_from(f"{'<' if little else '>'}{len(value) // 2}H", value)


def _body_words(code: int, length: int, bits: int) -> int:
    return {DISCRETE: length, LINEAR: 1, INDIRECT: 32 // bits}.get(code, 0)


def _offset(body: Sequence[int], bits: int, *, little: bool) -> int:
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
