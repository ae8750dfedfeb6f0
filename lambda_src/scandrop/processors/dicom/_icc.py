"""ICC profiles without words: what turns colours into others, and nothing that says whose or when (ICC.1:2022)."""

import struct
from itertools import pairwise
from typing import Final

from scandrop.processors.dicom._dataset import Buffer

HEADER_BYTES: Final = 128
TABLE: Final = HEADER_BYTES + 4
SIGNATURE: Final = b"acsp"
ENTRY: Final = struct.Struct(">4sII")  # signature, offset, bytes
MOST_TAGS: Final = 100
# version, class, colour spaces, signature, intent and illuminant: not who made it, when, or on what
HEADER_KEPT: Final = ((0, 4), (8, 24), (36, 40), (64, 80))
TAGS: Final = {
    *(b"desc", b"cprt"),  # which every profile must have
    *(b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"lumi", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"chad", b"chrm"),
    *(b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"pre0", b"pre1", b"pre2", b"gamt"),
    *(b"meas", b"view", b"cicp"),
}
LENGTHS: Final = {b"XYZ ": 20, b"sf32": 44, b"meas": 36, b"view": 36, b"cicp": 12}
PARAMETERS: Final = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # of each kind of parametric curve
EMPTY_TEXTS: Final = {  # what a text begins with that says nothing; zeros follow
    b"desc": b"desc" + bytes(4) + struct.pack(">I", 1),
    b"mluc": b"mluc" + bytes(4) + struct.pack(">II", 0, 12),
    b"text": b"text",
}

type Entry = tuple[bytes, int, int]  # a tag's signature, and where its data begins and ends


def without_words(value: Buffer) -> bytes | None:
    """The profile with the tags that are tables and numbers of colour; None for what is no profile."""
    data = bytes(value)
    entries = [entry for entry in _entries(data) if entry[0] in TAGS]
    if not entries:
        return None
    size = int.from_bytes(data[:4], "big")
    made = bytearray(size + size % 2)
    for start, stop in HEADER_KEPT:
        made[start:stop] = data[start:stop]
    struct.pack_into(">I", made, HEADER_BYTES, len(entries))
    for index, (tag, start, stop) in enumerate(entries):
        ENTRY.pack_into(made, TABLE + ENTRY.size * index, tag, start, stop - start)
        kept = _kept(data[start:stop])
        made[start : start + len(kept)] = kept
    return bytes(made)


def _entries(data: bytes) -> list[Entry]:
    """The tags and their data, which several may share; none where any lies past the end, or within another."""
    size, count = int.from_bytes(data[:4], "big"), int.from_bytes(data[HEADER_BYTES:TABLE], "big")
    table_end = TABLE + ENTRY.size * count
    if data[36:40] != SIGNATURE or not table_end <= size <= len(data) or count > MOST_TAGS:
        return []
    entries = [(tag, start, start + length) for tag, start, length in ENTRY.iter_unpack(data[TABLE:table_end])]
    ordered = [(0, table_end), *sorted({(start, stop) for _, start, stop in entries}), (size, size)]
    return entries if all(one[1] <= next_one[0] for one, next_one in pairwise(ordered)) else []


def _kept(tag: bytes) -> bytes:
    """As much as the type's own counts say, without the four bytes that are reserved."""
    kind = tag[:4]
    if kind in EMPTY_TEXTS:
        return EMPTY_TEXTS[kind][: len(tag)]
    return (kind + bytes(4) + tag[8 : _length(kind, tag)])[: len(tag)]


def _length(kind: bytes, tag: bytes) -> int:
    """How long a tag of this type is that begins like this; 0 for a type that is not of colour."""
    match kind:
        case b"curv":
            return 12 + 2 * _number(tag, 8, 4)
        case b"para":
            return 12 + 4 * PARAMETERS.get(_number(tag, 8, 2), 0)
        case b"chrm":
            return 12 + 8 * _number(tag, 8, 2)
        case b"mft1" | b"mft2":
            return _tables_length(kind, tag)
        case b"mAB " | b"mBA ":
            return len(tag)
    return LENGTHS.get(kind, 0)


def _tables_length(kind: bytes, tag: bytes) -> int:
    """Tables of each channel, a grid of so many points for each that goes in, and tables of each that comes out."""
    going_in, going_out, points = (_number(tag, at, 1) for at in (8, 9, 10))
    grid: int = points**going_in * going_out
    if kind == b"mft1":
        return 48 + 256 * (going_in + going_out) + grid
    return 52 + 2 * (_number(tag, 48, 2) * going_in + grid + _number(tag, 50, 2) * going_out)


def _number(tag: bytes, at: int, length: int) -> int:
    return int.from_bytes(tag[at : at + length], "big")
