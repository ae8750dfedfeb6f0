"""PNG files written directly (ISO/IEC 15948): gray, colour and palette, eight bits a sample."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

type Pixels = NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB, _PALETTE, _RGBA = 0, 2, 3, 6
_COLOUR_OF_SAMPLES = {1: _GRAY, 3: _RGB, 4: _RGBA}
_NO_FILTER, _UP = 0, 2


def png(pixels: Pixels, palette: Pixels | None = None) -> bytes:
    """One PNG image; the same bytes from the same pixels, and no text or time in it.

    pixels: uint8, (rows, columns) gray or, with a palette, its entries; (rows, columns, 3) RGB or (..., 4) RGBA.
    palette: uint8, (entries, 3) RGB or (entries, 4) RGBA, at most 256 entries.

    Raises ValueError where the pixels have no size, are not uint8 or are in another shape.
    """
    layers = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    if pixels.dtype != np.uint8 or layers.ndim != 3 or not layers.size or layers.shape[2] not in _COLOUR_OF_SAMPLES:
        raise ValueError(f"pixels must be uint8 in 2 dimensions or 3 or 4 layers, not {pixels.dtype} {pixels.shape}")
    rows, columns, samples = layers.shape
    colour = _PALETTE if palette is not None else _COLOUR_OF_SAMPLES[samples]
    header = struct.pack(">IIBBBBB", columns, rows, 8, colour, 0, 0, 0)
    scanlines = _filtered(layers.reshape(rows, columns * samples), _NO_FILTER if palette is not None else _UP)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            *(_palette_chunks(palette) if palette is not None else ()),
            _chunk(b"IDAT", zlib.compress(scanlines, 6)),
            _chunk(b"IEND", b""),
        )
    )


def _palette_chunks(palette: Pixels) -> list[bytes]:
    chunks = [_chunk(b"PLTE", palette[:, :3].tobytes())]
    if palette.shape[1] == 4:
        chunks.append(_chunk(b"tRNS", palette[:, 3].tobytes()))
    return chunks


def _filtered(lines: Pixels, kind: int) -> bytes:
    """Each line with the byte of its filter before it; "up" leaves the difference from the line above."""
    out = np.empty((lines.shape[0], lines.shape[1] + 1), np.uint8)
    out[:, 0] = kind
    out[:, 1:] = lines
    if kind == _UP:
        out[1:, 1:] -= lines[:-1]
    return out.tobytes()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
