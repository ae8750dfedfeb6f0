"""Which bytes of one compressed frame no decoder reads: comments, metadata, thumbnails, and what is left over.

JPEG: ITU-T T.81 B and T.84 F (SPIFF); JPEG-LS: T.87 C; JPEG 2000: T.800 A and I; RLE: PS3.5 G. Each walk goes from
marker to marker and gives spans in ascending order; what a decoder needs is listed, and all else is not needed.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from scandrop.processors.dicom._codestream import JP2_SIGNATURE, JPEG_LS, SOT, START_OF_FRAME, START_OF_SCAN
from scandrop.processors.dicom._dataset import Buffer
from scandrop.processors.dicom._layout import Layout
from scandrop.processors.dicom._native import Native

type Span = tuple[int, int]

MARKER: Final = re.compile(rb"\xff[^\0\xff]", re.DOTALL)
SCAN_END: Final = re.compile(rb"\xff[^\0\xd0-\xd7\xff]", re.DOTALL)  # but stuffed bytes, restarts and fill bytes
NEAR_SCAN_END: Final = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # JPEG-LS stuffs a bit, not a byte
ALONE: Final = {0x01, *range(0xD0, 0xD9)}  # markers without a length
END_OF_IMAGE: Final = 0xD9
HUFFMAN, QUANTISATION, LINES, RESTART, HIERARCHY = 0xC4, 0xDB, 0xDC, 0xDD, 0xDE
JPEG_NEEDED: Final = {0xCC, 0xDF, 0xF8}  # conditioning, expansion, the parameters of JPEG-LS
LONGEST_NUMBER: Final = 4  # of lines or of a restart interval, in JPEG-LS; in JPEG it is 2
JPEG_KEPT: Final[dict[int, dict[bytes, int]]] = {  # marker: how its content begins, how much of that says how to decode
    0xE0: {b"JFIF\0": 14},
    0xE8: {b"SPIFF\0": 30, b"\0\0\0\x01\xff\xd8": 6, b"mrfx": 5},
    0xEE: {b"Adobe": 12},
}

HELD: Final = re.compile(rb"[^\0\xff]")  # what is no padding
SOC, SOD, EOC = 0xFF4F, 0xFF93, 0xFFD9
CODESTREAM_END: Final = re.compile(rb"\xff\xd9")
J2K_NEEDED: Final = {  # sizes, coding, quantisation, order, lengths, packed headers, registration, capabilities
    *(0xFF50, 0xFF51, 0xFF52, 0xFF53, 0xFF55, 0xFF57, 0xFF58, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF61, 0xFF63)
}
TRANSFORMS: Final = {0xFF74, 0xFF75, 0xFF77, 0xFF78}  # between components, of T.801: decoders use them, DICOM does not
COMMENT: Final = 0xFF64
BOX_KEPT: Final = {b"jP  ": 4, b"ftyp": 12}
HEADER_BOX_KEPT: Final = {b"ihdr": 14, b"bpcc": 1 << 14, b"pclr": 1 << 20, b"cmap": 1 << 16, b"cdef": 1 << 18}
COLOUR: Final = b"colr"
ENUMERATED: Final = b"\x01"  # a colour space by its number; others hold an ICC profile

RLE_HEADER: Final = struct.Struct("<16I")


class DamagedError(Exception):
    """A frame whose markers cannot be followed to its end."""


def in_jpeg(data: Buffer, _: Layout) -> Iterator[Span]:
    """Of JPEG and JPEG-LS. Without an end of image, the last scan goes to the end."""
    if data[:2] != b"\xff\xd8":
        raise DamagedError
    at, scan_end = 2, SCAN_END
    while found := MARKER.search(data, at):
        yield at, found.start()
        marker, at = data[found.start() + 1], found.end()
        if marker == END_OF_IMAGE:
            break
        if marker in ALONE:
            continue
        stop = _stop(data, at, len(data))
        yield at + 2 + _kept(marker, data[at + 2 : stop]), stop
        at, scan_end = stop, NEAR_SCAN_END if marker == JPEG_LS else scan_end
        if marker == START_OF_SCAN:
            end = scan_end.search(data, at)
            if end is None:
                return
            at = end.start()
    yield at, len(data)


def in_jpeg_2000(data: Buffer, _: Layout) -> Iterator[Span]:
    """Of a codestream, also within the boxes of a JP2 file."""
    if data[:8] != JP2_SIGNATURE:
        yield from _in_codestream(data, 0)
        return
    for kind, at, stop in _boxes(data, 0, len(data)):
        if kind == b"jp2c":  # decoders go by the codestream's own end
            yield from _in_codestream(data, at)
            return
        if kind == b"jp2h":
            yield from _in_header_boxes(data, at, stop)
        else:
            yield at + BOX_KEPT.get(kind, 0), stop
    raise DamagedError


def in_rle(data: Buffer, layout: Layout) -> Iterator[Span]:
    """Of the header's unused places, and of each segment behind the run that fills its plane."""
    if len(data) < RLE_HEADER.size:
        raise DamagedError
    count, *offsets = RLE_HEADER.unpack_from(data)
    bounds = [RLE_HEADER.size, *offsets[:count], len(data)]
    if count != layout.samples * max(layout.allocated // 8, 1) or count > len(offsets) or bounds != sorted(bounds):
        raise DamagedError
    yield 4 + 4 * count, RLE_HEADER.size
    yield bounds[0], bounds[1]
    for start, stop in pairwise(bounds[1:]):
        yield start + _runs_bytes(bytes(data[start:stop]), layout.rows * layout.columns), stop


def after_samples(data: Buffer, layout: Layout) -> Iterator[Span]:
    """Of a frame that is not compressed."""
    yield _samples_bytes(data, layout), len(data)


def after_stream(data: Buffer, layout: Layout) -> Iterator[Span]:
    """Of a deflated frame: behind the stream, which must not hold more than the samples and their padding."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        held = stream.decompress(data, replace(layout, frames=1).frame_bytes + 2)
    except zlib.error as error:
        raise DamagedError from error
    wanted = _samples_bytes(held, layout)
    if len(held) > wanted + wanted % 2 or not stream.eof:
        raise DamagedError
    yield len(data) - len(stream.unused_data), len(data)


def _samples_bytes(data: Buffer, layout: Layout) -> int:
    return -(-Native(replace(layout, frames=1), data).frame_bits // 8)


def _stop(data: Buffer, at: int, end: int) -> int:
    """Where the marker segment ends whose length is at `at`."""
    stop = at + int.from_bytes(data[at : at + 2], "big")
    if not at + 2 <= stop <= end:
        raise DamagedError
    return stop


def _kept(marker: int, body: Buffer) -> int:
    """How many bytes of a JPEG's marker segment decoders go by."""
    if marker in JPEG_NEEDED:
        return len(body)
    if marker in START_OF_FRAME or marker == HIERARCHY:
        return min(6 + 3 * _number(body, 5), len(body))
    if marker == START_OF_SCAN:
        return min(4 + 2 * _number(body, 0), len(body))
    if marker in (LINES, RESTART):
        return len(body) if len(body) <= LONGEST_NUMBER else 2
    if marker in (HUFFMAN, QUANTISATION):
        return _tables_bytes(marker, body)
    known = JPEG_KEPT.get(marker, {})
    return next((kept for begins, kept in known.items() if body[: len(begins)] == begins), 0)


def _number(body: Buffer, at: int) -> int:
    return body[at] if at < len(body) else 0


def _tables_bytes(marker: int, body: Buffer) -> int:
    """All bytes. More or less than whole tables no decoder takes, and zeros in its place would be another table."""
    at = 0
    while at < len(body):
        kind, number = divmod(body[at], 16)  # AC or DC, or 16 bits or 8
        if kind > 1 or number > 3:
            raise DamagedError
        at += 17 + sum(body[at + 1 : at + 17]) if marker == HUFFMAN else 65 + 64 * kind
    if at > len(body):
        raise DamagedError
    return at


def _in_codestream(data: Buffer, start: int) -> Iterator[Span]:
    end, at, part = len(data), start + 2, start
    if data[start:at] != SOC.to_bytes(2, "big"):
        raise DamagedError
    while at + 2 <= end:
        marker, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        if marker == EOC or not HELD.search(data, at - 2, end):  # an end, or only padding where it should be
            yield at, end
            return
        if marker == SOD:
            at = _part_end(data, part, at)
            continue
        stop = _stop(data, at, end)
        if marker in TRANSFORMS:
            raise DamagedError
        if marker == SOT:
            part = at - 2
        elif marker not in J2K_NEEDED:
            if marker < 0xFF00:
                raise DamagedError
            yield at + (4 if marker == COMMENT else 2), stop  # its first number says whether it is text
        at = stop


def _part_end(data: Buffer, part: int, at: int) -> int:
    """Where a tile-part ends: by its length, which may be 0 for the last one."""
    length = int.from_bytes(data[part + 6 : part + 10], "big")
    if length:
        if part + length < at:
            raise DamagedError
        return part + length
    found = CODESTREAM_END.search(data, at)
    return found.start() if found else len(data)


def _boxes(data: Buffer, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box, and where its content begins and ends."""
    while at < end:
        length, kind, head = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        stop = at + length if length else end
        if not at + head <= stop <= end:
            raise DamagedError
        yield kind, at + head, stop
        at = stop


def _in_header_boxes(data: Buffer, start: int, end: int) -> Iterator[Span]:
    for kind, at, stop in _boxes(data, start, end):
        if kind == COLOUR:
            yield at + (7 if data[at : at + 1] == ENUMERATED else 3), stop
        else:
            yield at + HEADER_BOX_KEPT.get(kind, 0), stop


def _runs_bytes(segment: bytes, wanted: int) -> int:
    """How many bytes it takes to make `wanted` of them, or all."""
    at = made = 0
    size = len(segment)
    while made < wanted and at < size:
        head = segment[at]
        if head < 128:
            length = min(head + 1, wanted - made)
            made += length
            at += length + 1
        elif head > 128:
            made += 257 - head
            at += 2
        else:
            at += 1
    return min(at, size)
