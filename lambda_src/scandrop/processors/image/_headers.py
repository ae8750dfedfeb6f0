"""What a file's first bytes and its blocks say, read without decoding a pixel and without Pillow."""

import os
import re
from pathlib import Path

ACCEPTED = "BMP, GIF, JPEG, PNG, TIFF and WebP"

SIGNATURES: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # BigTIFF
    b"MM\0+": "TIFF",
}
WEBP_CHUNKS = (b"VP8 ", b"VP8L", b"VP8X")
JPEG_START, JPEG_END, JPEG_SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)  # the others stand within coded data, or pad
BMP_HEADER_BYTES = {12, 16, 40, 52, 56, 64, 108, 124}


def sniff(head: bytes) -> str | None:
    """The image format that these first bytes begin, or None."""
    for signature, name in SIGNATURES.items():
        if head.startswith(signature):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and head[12:16] in WEBP_CHUNKS:
        return "WebP"
    # "BM" alone also begins words, so the size of the header after it has to fit
    if head.startswith(b"BM") and _little(head[14:18]) in BMP_HEADER_BYTES:
        return "BMP"
    return None


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height of the canvas, because Pillow allocates it on opening."""
    match head[12:16]:
        case b"VP8X":
            return _little(head[24:27]) + 1, _little(head[27:30]) + 1
        case b"VP8L":
            bits = _little(head[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF


def webp_bytes(head: bytes) -> int:
    """How long the file says it is."""
    return 8 + _little(head[4:8])


def gif_extent(path: Path, max_frames: int) -> tuple[int, int, int]:
    """Frames, width and height over all frames, which may reach past the screen that the header tells.

    Stops counting one past `max_frames`, and where the file is cut off.
    """
    data = path.read_bytes()
    frames, width, height = 0, _little(data[6:8]), _little(data[8:10])
    position = 13 + _colour_table_bytes(data[10:11])
    while frames <= max_frames and (block := data[position : position + 1]) in (b",", b"!"):
        if block == b"!":
            position = _after_sub_blocks(data, position + 2)
            continue
        left, top, wide, high = (_little(data[position + at : position + at + 2]) for at in (1, 3, 5, 7))
        frames, width, height = frames + 1, max(width, left + wide), max(height, top + high)
        table_bytes = _colour_table_bytes(data[position + 9 : position + 10])
        position = _after_sub_blocks(data, position + 11 + table_bytes)
    return frames, width, height


def png_exif(path: Path) -> bytes:
    """The EXIF block, which may stand after the pixels, so that Pillow would decode them to find it."""
    with path.open("rb") as file:
        file.seek(8)
        while len(start := file.read(8)) == 8:
            length = int.from_bytes(start[:4])
            if start[4:] == b"eXIf":
                return file.read(length)
            file.seek(length + 4, os.SEEK_CUR)
    return b""


def jpeg_scans(path: Path) -> int:
    """How many passes over the pixels the file asks for, by the markers that libjpeg itself goes by.

    What lies inside a segment, as a thumbnail does, or behind the image, as the video of a motion photo, is no scan.
    """
    data = path.read_bytes()
    scans, position = 0, 2
    while (marker := JPEG_MARKER.search(data, position)) and not (scans and marker[0] == JPEG_END):
        scans += marker[0] == JPEG_SCAN
        position = marker.end()
        if marker[0] not in (JPEG_START, JPEG_END):  # an end before any scan ends tables, which an image may follow
            position += max(2, int.from_bytes(data[position : position + 2]))
    return scans


def _colour_table_bytes(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _after_sub_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += data[position] + 1
    return position + 1


def _little(raw: bytes) -> int:
    return int.from_bytes(raw, "little")
