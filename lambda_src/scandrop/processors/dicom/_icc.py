"""ICC profiles without words: what turns colours into others, and nothing that says whose or when (ICC.1:2022)."""

import struct
from itertools import pairwise
from typing import Final

from scandrop.processors.dicom._dataset import Buffer

HEADER_BYTES: Final = 128
SIGNATURE: Final = b"acsp"
ENTRY: Final = struct.Struct(">4sII")  # signature, offset, bytes
MOST_TAGS: Final = 100
# version, class, colour spaces, signature, intent and illuminant: not who made it, when, or on what
HEADER_KEPT: Final = ((0, 4), (8, 24), (36, 40), (64, 80))
COLOUR_TYPES: Final = frozenset(
    (*(b"XYZ ", b"curv", b"para", b"mft1", b"mft2", b"mAB ", b"mBA "), b"sf32", b"chrm", b"meas", b"view", b"cicp")
)
EMPTY_TEXTS: Final = {  # what a text begins with that says nothing; zeros follow
    b"desc": b"desc" + bytes(4) + struct.pack(">I", 1),
    b"mluc": b"mluc" + bytes(4) + struct.pack(">II", 0, 12),
    b"text": b"text",
}

type Entry = tuple[int, int]  # where a tag's data begins and ends


def without_words(value: Buffer) -> bytes | None:
    """The profile with the tags that are tables and numbers of colour; None for what is no profile."""
    data = bytes(value)
    entries = _entries(data)
    if entries is None:
        return None
    size, table_end = int.from_bytes(data[:4], "big"), HEADER_BYTES + 4 + ENTRY.size * len(entries)
    made = bytearray(size + size % 2)
    for start, stop in (*HEADER_KEPT, (HEADER_BYTES, table_end)):
        made[start:stop] = data[start:stop]
    for start, stop in entries:
        kept = _kept(data[start:stop])
        made[start : start + len(kept)] = kept
    return bytes(made)


def _entries(data: bytes) -> list[Entry] | None:
    """The tags' data, some of them shared by several; None where any lies past the end, or within another."""
    size, count = int.from_bytes(data[:4], "big"), int.from_bytes(data[HEADER_BYTES : HEADER_BYTES + 4], "big")
    table_end = HEADER_BYTES + 4 + ENTRY.size * count
    if data[36:40] != SIGNATURE or not table_end <= size <= len(data) or not 0 < count <= MOST_TAGS:
        return None
    table = ENTRY.iter_unpack(data[HEADER_BYTES + 4 : table_end])
    entries = [(start, start + length) for _, start, length in table]
    ordered = [(0, table_end), *sorted(set(entries)), (size, size)]
    return entries if all(one[1] <= next_one[0] for one, next_one in pairwise(ordered)) else None


def _kept(tag: bytes) -> bytes:
    return tag if tag[:4] in COLOUR_TYPES else EMPTY_TEXTS.get(tag[:4], b"")[: len(tag)]
