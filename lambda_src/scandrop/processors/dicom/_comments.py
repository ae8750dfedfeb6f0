"""Taking out of compressed pixels what no decoder reads, and so nobody looks at: comments, metadata, leftovers.

It is blanked where it lies, so that every offset and every pixel stays; an offset table that is none goes as a whole.
"""

import mmap
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._compressed import Compressed
from scandrop.processors.dicom._dataset import Buffer, Encapsulated, File
from scandrop.processors.dicom._decoders import (
    DEEP_JPEG,
    DEFLATE,
    JPEG,
    JPEG_2000,
    JPEG_LS,
    LOSSLESS_JPEG,
    RLE,
    UNCOMPRESSED,
    Decoder,
)
from scandrop.processors.dicom._fragments import ITEM, ITEM_BYTES, Fragment, Fragments, joined, numbers
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._layout import Layout
from scandrop.processors.dicom._tags import EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS, PIXEL_DATA
from scandrop.processors.dicom._unread import (
    HELD,
    DamagedError,
    Span,
    after_samples,
    after_stream,
    in_jpeg,
    in_jpeg_2000,
    in_rle,
)
from scandrop.processors.dicom._warnings import Warned

EXTENDED: Final = frozenset({EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS})
EMPTY_TABLE: Final = ITEM + bytes(4)

UNREAD: Final[dict[Decoder, Callable[[Buffer, Layout], Iterator[Span]]]] = {
    UNCOMPRESSED: after_samples,
    DEFLATE: after_stream,
    RLE: in_rle,
    JPEG: in_jpeg,
    DEEP_JPEG: in_jpeg,
    LOSSLESS_JPEG: in_jpeg,
    JPEG_LS: in_jpeg,
    JPEG_2000: in_jpeg_2000,
}


def without_comments(file: File, pixels: Pixels, warned: Warned, scratch: Path) -> File:
    """The object without the bytes of its compressed pixels that no decoder reads; a copy of those lies in `scratch`.

    An object that has none is given back as it is. Raises `Rejected` where a frame cannot be followed to its end.
    """
    element, source = file.dataset.get(PIXEL_DATA), pixels.source
    if element is None or not isinstance(element.value, Encapsulated) or not isinstance(source, Compressed):
        return _without_tables(file)
    value = element.value
    fragments = Fragments.of(file.dataset, value)
    blanked = _Blanked(value.raw, scratch / "blanked-pixels")
    try:
        for start, stop in _unread(source, fragments):
            blanked.blank(start, stop)
    except DamagedError:
        raise Rejected("dicom_pixels_damaged", decoder=source.decoder.name) from None
    if len(fragments.basic) and not fragments.fits(fragments.basic, 4, pixels.frames):
        blanked.empty_table(len(fragments.basic))
    if blanked.places:
        warned.add("dicom_comments_blanked", count=blanked.places)
        clean = element._replace(value=Encapsulated(blanked.raw))
        file = replace(file, dataset={**file.dataset, PIXEL_DATA: clean})
    return file if _are_true(fragments, pixels.frames) else _without_tables(file)


class _Blanked:
    """A value and, once something of it is blanked, its copy. places: how many were."""

    def __init__(self, raw: memoryview, path: Path) -> None:
        self.raw, self.places = raw, 0
        self._path = path
        self._copy: mmap.mmap | None = None

    def blank(self, start: int, stop: int) -> None:
        """Nothing where only padding is."""
        if HELD.search(self.raw, start, stop):
            self._write(start, bytes(stop - start))

    def empty_table(self, length: int) -> None:
        """Leave out the entries of the basic offset table, so that it ends where they did."""
        self._write(length, EMPTY_TABLE)
        self.raw = self.raw[length:]

    def _write(self, start: int, data: bytes) -> None:
        if self._copy is None:
            with self._path.open("w+b") as stream:
                stream.write(self.raw)
                stream.flush()
                self._copy = mmap.mmap(stream.fileno(), 0)
            self.raw = memoryview(self._copy)
        self._copy[start : start + len(data)] = data
        self.places += 1


def _unread(source: Compressed, fragments: Fragments) -> Iterator[Span]:
    """Counted from the beginning of the value. Fragments behind those of the last frame are nobody's."""
    first = ITEM_BYTES + len(fragments.basic)
    items = ((first + start + ITEM_BYTES, part) for start, part in fragments.items)
    for frame in source.frames:
        parts = list(islice(items, len(frame)))
        spans = UNREAD[source.decoder](joined(frame), source.layout)
        yield from _placed(parts, spans)
    for start, part in items:
        yield start, start + len(part)


def _placed(parts: list[Fragment], spans: Iterator[Span]) -> Iterator[Span]:
    """Spans of a frame as spans of the value: each part is where it begins there, and its bytes."""
    ends = list(accumulate(len(part) for _, part in parts))
    for start, stop in spans:
        at = start
        while at < stop:
            index = bisect_right(ends, at)
            begin, part = parts[index]
            shift, upto = begin + len(part) - ends[index], min(stop, ends[index])
            yield at + shift, upto + shift
            at = upto


def _are_true(fragments: Fragments, frames: int) -> bool:
    """Whether the extended offset table, if there is one, says where frames begin and how long they are."""
    if not len(fragments.extended) and not len(fragments.lengths):
        return True
    if len(fragments.lengths) != 8 * frames or not fragments.fits(fragments.extended, 8, frames):
        return False
    held = {start: len(part) for start, part in fragments.items}
    pairs = zip(numbers(fragments.extended, 8), numbers(fragments.lengths, 8), strict=True)
    return all(held[start] - length in (0, 1) for start, length in pairs)  # one of padding


def _without_tables(file: File) -> File:
    if not EXTENDED & file.dataset.keys():
        return file
    return replace(file, dataset={tag: found for tag, found in file.dataset.items() if tag not in EXTENDED})
