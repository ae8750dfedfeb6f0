"""What compressed data says of itself, read before a decoder sees it.

JPEG: ITU-T T.81 B; JPEG-LS: T.87 C; JPEG 2000: T.800 A; RLE: PS3.5 G.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from scandrop.processors.dicom._dataset import Buffer
from scandrop.processors.dicom._layout import Layout

START_OF_FRAME: Final = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # but tables and an extension
LOSSLESS, JPEG_LS = 0xC3, 0xF7
START_OF_SCAN: Final = 0xDA
APP0, APP14 = 0xE0, 0xEE
RGB_IDS: Final = (b"RGB", b"rgb")

SIZ, COD, COC, SOT = 0xFF51, 0xFF52, 0xFF53, 0xFF90
START_OF_CODESTREAM: Final = b"\xff\x4f\xff\x51"
JP2_SIGNATURE: Final = b"\0\0\0\x0cjP  "
REVERSIBLE: Final = 1  # the 5-3 wavelet


@dataclass(frozen=True, slots=True)
class Codestream:
    """One frame's own header.

    precision: bits of a sample; signed: None where the format has no way to say.
    colour: RGB or YBR_FULL where the data says which, else None.
    levels: how many times JPEG 2000 can be decoded at half the size; lossy: whether values may leave their range.
    """

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool | None = None
    colour: str | None = None
    levels: int = 0
    lossy: bool = False


def look_at_jpeg(data: Buffer, _: Layout) -> Codestream | None:
    """None where no frame header can be found."""
    colour, frame = None, None
    for marker, body in _jpeg_segments(data):
        if marker == APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            colour = "YBR_FULL" if body[11] else "RGB"
        elif marker == APP0 and body[:4] == b"JFIF" and colour is None:
            colour = "YBR_FULL"
        elif marker in START_OF_FRAME:
            frame = _jpeg_frame(marker, body)
        elif marker == START_OF_SCAN and frame and _is_near(body):
            frame = replace(frame, lossy=True)
    return frame and replace(frame, colour=frame.colour or colour)


def look_at_jpeg_2000(data: Buffer, _: Layout) -> Codestream | None:
    """None where the main header is not whole, or components differ in depth."""
    start = _codestream_start(data)
    if start is None:
        return None
    levels, lossy, size = None, False, None
    for marker, body in _j2k_segments(data, start):
        if marker == SIZ:
            size = _sizes(body)
        elif marker == COD and len(body) >= 10:
            levels, lossy = body[5], body[9] != REVERSIBLE
        elif marker == COC:
            levels = 0
    if size is None or levels is None:
        return None
    (rows, columns, components, precision, signed), plain = size
    return Codestream(rows, columns, components, precision, signed, None, levels if plain and not start else 0, lossy)


def look_at_rle(data: Buffer, layout: Layout) -> Codestream | None:
    """None where the header's count of segments is not what the samples take (PS3.5 G.5)."""
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


def _is_near(scan: Buffer) -> bool:
    """Whether the header of a JPEG-LS scan allows an error; a JPEG has the start of its spectrum there."""
    return len(scan) > 1 and len(scan) > 1 + 2 * scan[0] and scan[1 + 2 * scan[0]] > 0


def _j2k_segments(data: Buffer, start: int) -> Iterator[tuple[int, Buffer]]:
    """The marker segments of the main header."""
    at = start + 2
    while at + 4 <= len(data):
        marker, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if marker < 0xFF00 or marker == SOT:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


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
