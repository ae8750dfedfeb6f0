"""What compressed data says of itself, read before a decoder sees it.

JPEG: ITU-T T.81 B; JPEG-LS: T.87 C; JPEG 2000: T.800 A; RLE: PS3.5 G.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer
from scandrop.processors.dicom._layout import Layout

START_OF_FRAME: Final = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # but tables and an extension
LOSSLESS, JPEG_LS = 0xC3, 0xF7
START_OF_SCAN: Final = 0xDA
APP0, APP14 = 0xE0, 0xEE
RGB_IDS: Final = (b"RGB", b"rgb")

SEQUENTIAL, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
JPEG_CODINGS: Final = {  # encoders of the extended process write what is baseline as such
    SEQUENTIAL: ("JPEGBaseline8Bit", "JPEGExtended12Bit"),
    EXTENDED: ("JPEGExtended12Bit",),
    PROGRESSIVE: ("JPEGFullProgressionNonHierarchical1012",),
}
LEAST_CODES: Final = {SEQUENTIAL: 2, EXTENDED: 2, PROGRESSIVE: 1}  # of a block

SIZ, COD, COC, SOT = 0xFF51, 0xFF52, 0xFF53, 0xFF90
CAP, PART_15 = 0xFF50, 1 << 17  # which says of the high-throughput block coder
RLE_FIRST: Final = (64).to_bytes(4, "little")  # where the first segment begins
START_OF_CODESTREAM: Final = b"\xff\x4f\xff\x51"
JP2_SIGNATURE: Final = b"\0\0\0\x0cjP  "
REVERSIBLE: Final = 1  # the 5-3 wavelet


@dataclass(frozen=True, slots=True)
class Codestream:
    """One frame's own header.

    precision: bits of a sample; signed: None where the format has no way to say.
    colour: RGB or YBR_FULL where the data says which, else None.
    levels: how many times JPEG 2000 can be decoded at half the size; lossy: whether values may leave their range.
    whole: False where less data is there than so many pixels can take, or a tile is missing.
    """

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool | None = None
    colour: str | None = None
    levels: int = 0
    lossy: bool = False
    whole: bool = True


def look_at_jpeg(data: Buffer, _: Layout) -> Codestream | None:
    """None where no frame header can be found."""
    colour, frame, whole = None, None, True
    for marker, body in _jpeg_segments(data):
        if marker == APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            colour = "YBR_FULL" if body[11] else "RGB"
        elif marker == APP0 and body[:4] == b"JFIF" and colour is None:
            colour = "YBR_FULL"
        elif marker in START_OF_FRAME:
            frame = _jpeg_frame(marker, body)
            whole = frame is None or 8 * len(data) >= _least_bits(marker, frame)
        elif marker == START_OF_SCAN and frame and _is_near(body):
            frame = replace(frame, lossy=True)
    return frame and replace(frame, colour=frame.colour or colour, whole=whole)


def coding_of(data: Buffer) -> tuple[str, ...]:
    """The transfer syntaxes that data which begins like this can be in, the likeliest first; else none."""
    if data[:2] == b"\xff\xd8":
        return _jpeg_coding(data)
    start = _codestream_start(data)
    if start is not None:
        return _j2k_coding(data, start)
    return ("RLELossless",) if 0 < int.from_bytes(data[:4], "little") < 16 and data[4:8] == RLE_FIRST else ()


def look_at_jpeg_2000(data: Buffer, _: Layout) -> Codestream | None:
    """None where the main header is not whole, or components differ in depth."""
    start = _codestream_start(data)
    if start is None:
        return None
    levels, lossy, size, tiles = None, False, None, 0
    for marker, body in _j2k_segments(data, start):
        if marker == SIZ:
            size, tiles = _sizes(body), _tiles(body)
        elif marker == COD and len(body) >= 10:
            levels, lossy = body[5], body[9] != REVERSIBLE
        elif marker == COC:
            levels = 0
    if size is None or levels is None:
        return None
    (rows, columns, components, precision, signed), plain = size
    whole = _tiles_held(data, start) >= tiles > 0
    return Codestream(
        rows, columns, components, precision, signed, None, levels if plain and not start else 0, lossy, whole
    )


def look_at_rle(data: Buffer, layout: Layout) -> Codestream | None:
    """None where the header's count of segments is not what the samples take (PS3.5 G.5).

    Raises `Rejected` for single bits: how they would lie in segments is not said.
    """
    if layout.allocated == 1:
        raise Rejected("dicom_single_bits_unsupported", syntax="RLELossless")
    segments = int.from_bytes(data[:4], "little")
    if len(data) < 64 or segments != layout.samples * max(layout.allocated // 8, 1):
        return None
    return as_described(data, layout)


def as_described(_: Buffer, layout: Layout) -> Codestream:
    """Of data with no header of its own."""
    return Codestream(layout.rows, layout.columns, layout.samples, layout.allocated)


def _jpeg_segments(data: Buffer) -> Iterator[tuple[int, Buffer]]:
    """The marker segments up to the first scan's header."""
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, data[at + 4 : at + 2 + length]
        if marker == START_OF_SCAN:
            return
        at += 2 + max(length, 2)


def _jpeg_frame(marker: int, body: Buffer) -> Codestream | None:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return None
    rows, columns, count = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big"), body[5]
    colour = "RGB" if bytes(body[6 : 6 + 3 * count : 3]) in RGB_IDS else None
    return Codestream(rows, columns, count, body[0], colour=colour, lossy=marker not in (LOSSLESS, JPEG_LS))


def _jpeg_coding(data: Buffer) -> tuple[str, ...]:
    coding = 0
    for marker, body in _jpeg_segments(data):
        if marker in START_OF_FRAME:
            coding = marker
        elif marker == START_OF_SCAN and coding == JPEG_LS:
            return ("JPEGLSNearLossless",) if _is_near(body) else ("JPEGLSLossless", "JPEGLSNearLossless")
        elif marker == START_OF_SCAN and coding == LOSSLESS:
            return ("JPEGLosslessSV1", "JPEGLossless") if _predictor(body) == 1 else ("JPEGLossless",)
    return JPEG_CODINGS.get(coding, ())


def _j2k_coding(data: Buffer, start: int) -> tuple[str, ...]:
    high_throughput, is_lossy = False, False
    for marker, body in _j2k_segments(data, start):
        if marker == CAP:
            high_throughput = bool(int.from_bytes(body[:4], "big") & PART_15)
        elif marker == COD and len(body) >= 10:
            is_lossy = body[9] != REVERSIBLE
    if high_throughput:
        return ("HTJ2K",) if is_lossy else ("HTJ2KLossless", "HTJ2KLosslessRPCL", "HTJ2K")
    return ("JPEG2000",) if is_lossy else ("JPEG2000Lossless", "JPEG2000")


def _least_bits(marker: int, frame: Codestream) -> int:
    """Codes take a bit at least: one for each lossless sample, or for each block of 8 x 8 and, in sequence, its end."""
    if marker == LOSSLESS:
        return frame.rows * frame.columns * frame.components
    return LEAST_CODES.get(marker, 0) * -(-frame.rows // 8) * -(-frame.columns // 8)


def _predictor(scan: Buffer) -> int:
    """Which one a lossless scan goes by; where others have the start of their spectrum, and JPEG-LS its error."""
    at = 1 + 2 * scan[0] if len(scan) else 0
    return scan[at] if at < len(scan) else 0


def _is_near(scan: Buffer) -> bool:
    """Whether the header of a JPEG-LS scan allows an error; a JPEG has the start of its spectrum there."""
    return _predictor(scan) > 0


def _j2k_segments(data: Buffer, start: int) -> Iterator[tuple[int, Buffer]]:
    """The marker segments of the main header."""
    at = start + 2
    while at + 4 <= len(data):
        marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xFF00 or marker == SOT:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _tiles(body: Buffer) -> int:
    """How many the image is made of (T.800 B.3); 0 where that makes no sense."""
    sizes: tuple[int, ...] = struct.unpack_from(">8I", bytes(body[:34]).ljust(34, b"\0"), 2)
    right, bottom, _, _, width, height, left, top = sizes
    if not width or not height:
        return 0
    return -(-(right - left) // width) * -(-(bottom - top) // height)


def _tiles_held(data: Buffer, start: int) -> int:
    """How many of them have a tile-part that lies within the data."""
    at, tiles = start + 2, set[int]()
    while at + 12 <= len(data) and (marker := int.from_bytes(data[at : at + 2], "big")) >= 0xFF00:
        length = int.from_bytes(data[at + 2 : at + 4], "big") + 2
        if marker == SOT:
            length = int.from_bytes(data[at + 6 : at + 10], "big") or len(data) - at
            tiles |= {int.from_bytes(data[at + 4 : at + 6], "big")} if at + length <= len(data) else set()
        at += max(length, 4)
    return len(tiles)


def _codestream_start(data: Buffer) -> int | None:
    """Past the boxes of a JP2 file, which DICOM does not allow and some encoders write."""
    if data[:4] == START_OF_CODESTREAM:
        return 0
    at = 0 if data[:8] == JP2_SIGNATURE else len(data)
    while at + 12 <= len(data):
        if data[at + 4 : at + 12] == b"jp2c" + START_OF_CODESTREAM:
            return at + 8
        at += max(int.from_bytes(data[at : at + 4], "big"), 8)
    return None


def _sizes(body: Buffer) -> tuple[tuple[int, int, int, int, bool], bool] | None:
    """Rows, columns, components, precision, signed; and whether all lies at the origin at full resolution."""
    components = int.from_bytes(body[34:36], "big")
    parts = bytes(body[36 : 36 + 3 * components])
    if not components or len(parts) != 3 * components or len(set(parts[::3])) != 1:
        return None
    right, bottom, left, top = (int.from_bytes(body[at : at + 4], "big") for at in (2, 6, 10, 14))
    plain = not left and not top and set(parts[1::3] + parts[2::3]) == {1}
    return (bottom - top, right - left, components, (parts[0] & 0x7F) + 1, parts[0] > 0x7F), plain
