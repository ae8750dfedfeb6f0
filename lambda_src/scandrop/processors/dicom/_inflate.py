"""The deflated transfer syntax (PS3.5 A.5): a raw deflate stream after the meta group."""

import zlib
from mmap import mmap
from pathlib import Path
from typing import Final

from scandrop.errors import Rejected

CHUNK_BYTES: Final = 1 << 20
RAW, WRAPPED = -zlib.MAX_WBITS, zlib.MAX_WBITS  # some senders wrap the stream as zlib does


def inflated(source: mmap, start: int, scratch: Path, max_bytes: int) -> Path:
    """A file in the folder `scratch` with what the stream at `start` holds, `max_bytes` at most.

    Raises Rejected: dicom_deflate, dicom_inflated_too_large.
    """
    path = scratch / "inflated.dcm"
    for window in (RAW, WRAPPED):
        try:
            if _inflate(source, start, path, max_bytes, window):
                return path
        except zlib.error:
            continue
    raise Rejected("dicom_deflate")


def _inflate(source: mmap, start: int, path: Path, max_bytes: int, window: int) -> bool:
    """Whether the stream came to its end."""
    stream, position, left = zlib.decompressobj(window), start, max_bytes
    with path.open("wb") as out:
        while not stream.eof:
            chunk = stream.unconsumed_tail
            if not chunk:
                chunk = source[position : position + CHUNK_BYTES]
                position += len(chunk)
            plain = stream.decompress(chunk, CHUNK_BYTES)
            if not chunk and not plain:
                return False
            left -= out.write(plain)
            if left < 0:
                raise Rejected("dicom_inflated_too_large", max_bytes=max_bytes)
    return True
