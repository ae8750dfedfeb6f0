"""A PNG writer for 16-bit samples: of those, Pillow's own writes gray without alpha only."""

import struct
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageChops

from scandrop.pictures.raster import Raster

DEFLATE_LEVEL: Final = 3
STRIP_BYTES: Final = 1 << 20
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES: Final = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}
FILTER_SUB: Final = 1


def write_png(path: Path, raster: Raster) -> None:
    """A raster of 16 bits, each byte stored less that of the pixel to its left, which deflates smaller."""
    header = struct.pack(">IIBBBBB", *raster.size, 16, COLOUR_TYPES[raster.bands], 0, 0, 0)
    deflate = zlib.compressobj(DEFLATE_LEVEL)
    with path.open("wb") as file:
        file.write(SIGNATURE)
        _write_chunk(file, b"IHDR", header)
        for rows in _filtered_rows(raster):
            _write_chunk(file, b"IDAT", deflate.compress(rows))
        _write_chunk(file, b"IDAT", deflate.flush())
        _write_chunk(file, b"IEND", b"")


def _filtered_rows(raster: Raster) -> Iterator[bytes]:
    width, height = raster.size
    pixel_bytes = 2 * len(raster.bands)
    row_bytes = width * pixel_bytes
    step = max(1, STRIP_BYTES // row_bytes)
    for top in range(0, height, step):
        rows = min(step, height - top)
        samples = array("H", raster.cropped((0, top, width, top + rows)).samples())
        samples.byteswap()
        strip = Image.frombytes("L", (row_bytes, rows), samples.tobytes())
        left = ImageChops.offset(strip, pixel_bytes, 0)
        left.paste(0, (0, 0, pixel_bytes, rows))
        filtered = Image.new("L", (1 + row_bytes, rows), FILTER_SUB)
        filtered.paste(ImageChops.subtract_modulo(strip, left), (1, 0))
        yield filtered.tobytes()


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
