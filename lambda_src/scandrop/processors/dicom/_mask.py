"""Taking text out of the pixels of all frames: the regions of a rule, and bits beside the stored ones.

What is not compressed is filled in a copy, so that no other pixel changes. All else is decoded and written
uncompressed: a compressed frame cannot be filled without changing what lies around the region.
"""

import mmap
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._burned_in import Risk
from scandrop.processors.dicom._dataset import EXPLICIT, Element, File, Syntax, integers, text
from scandrop.processors.dicom._frames import Frame, Pixels
from scandrop.processors.dicom._layout import SUBSAMPLED, Layout
from scandrop.processors.dicom._mask_rules import Region, Rule, rule_for
from scandrop.processors.dicom._native import Native
from scandrop.processors.dicom._tags import (
    BITS_ALLOCATED,
    BITS_STORED,
    EXTENDED_OFFSET_TABLE,
    EXTENDED_OFFSET_TABLE_LENGTHS,
    HIGH_BIT,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_DATA,
    PIXEL_REPRESENTATION,
    PLANAR_CONFIGURATION,
    SAMPLES_PER_PIXEL,
)
from scandrop.processors.dicom._voi import padding_of

LOSSY_IMAGE_COMPRESSION: Final = 0x00282110
LOSSY: Final = frozenset({"JPEGBaseline8Bit", "JPEGExtended12Bit", "JPEGLSNearLossless"})  # whatever was encoded
# and EncapsulatedPixelDataValueTotalLength
OFFSET_TABLES: Final = frozenset({EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS, 0x7FE00003})
PALETTES: Final = range(0x00281100, 0x00281300)
OVERLAY_ONLY: Final = ("embedded_overlay",)

type Samples = NDArray[Any]


def masked(file: File, pixels: Pixels, risk: Risk, rules: Sequence[Rule], scratch: Path) -> File:
    """A new object with the text of `risk` taken out of its pixels, which lie in the folder `scratch`.

    A rule that suits is followed whatever the risk, for who wrote it has looked; what is at none and has no rule is
    returned as it is. Raises `Rejected` where no rule says what is to be filled, or such pixels are not filled.
    """
    rule = rule_for(file, rules)
    if rule is None and risk.level == "none":
        return file
    if rule is None and risk.reasons != OVERLAY_ONLY:
        raise Rejected("dicom_no_mask_rule", reasons=", ".join(risk.reasons), rules=len(rules))
    layout = pixels.layout
    if layout.floating or layout.allocated == 1:
        raise Rejected("dicom_mask_unsupported", bits=layout.allocated)
    regions = rule.regions if rule else ()
    path = scratch / "masked-pixels"
    if isinstance(pixels.source, Native) and _is_plain(pixels.source) and "embedded_overlay" not in risk.reasons:
        return _with_pixels(file, _filled_in_place(file, pixels, regions, path))
    return _rewritten(file, pixels, regions, path)


def _is_plain(source: Native) -> bool:
    return not source.swapped and source.layout.photometric not in SUBSAMPLED


def _filled_in_place(file: File, pixels: Pixels, regions: Sequence[Region], path: Path) -> memoryview:
    layout, value = pixels.layout, file.dataset[PIXEL_DATA].value
    size = layout.frames * layout.frame_bytes
    with path.open("w+b") as stream:
        stream.write(memoryview(value)[:size])  # type: ignore[arg-type]  # not encapsulated
        stream.write(bytes(size % 2))
        stream.flush()
        mapped = mmap.mmap(stream.fileno(), 0)
    code = np.dtype(layout.code).newbyteorder("<" if file.syntax.little else ">")
    frames = _by_pixel(np.frombuffer(mapped, code, layout.frames * layout.frame_samples), layout)
    shift = layout.high + 1 - layout.stored
    for index, samples in enumerate(frames):
        dark = (np.array(_darkest(file, pixels, index)) << shift) % (1 << layout.allocated)
        _fill(samples, regions, dark)
    return memoryview(mapped).toreadonly()


def _by_pixel(flat: Samples, layout: Layout) -> Samples:
    """(frames, rows, columns, samples), a view."""
    if layout.planar:
        return np.moveaxis(flat.reshape(layout.frames, layout.samples, layout.rows, layout.columns), 1, 3)
    return flat.reshape(layout.frames, layout.rows, layout.columns, layout.samples)


def _darkest(file: File, pixels: Pixels, index: int) -> list[int]:
    """The stored samples of what is shown darkest in a frame."""
    half = 1 << pixels.layout.stored - 1
    if pixels.palette:
        brightness = pixels.palette.entries[: 2 * half].sum(axis=1, dtype=np.int64)
        return [int(brightness.argmin()) + pixels.palette.first]
    if pixels.layout.samples == 1:
        return [_darkest_gray(file, pixels.frame(index))]
    return [0, 0, 0] if pixels.layout.photometric == "RGB" else [0, half, half]


def _darkest_gray(file: File, frame: Frame) -> int:
    """Padding where there is any; else no value that the frame has not, so that its range stays what it was."""
    if padding := padding_of(file, frame.values.dtype):
        return int(padding[0])
    inverted = text(file.dataset, PHOTOMETRIC_INTERPRETATION) == "MONOCHROME1"
    return int(frame.values.max() if inverted else frame.values.min())


def _fill(samples: Samples, regions: Sequence[Region], value: NDArray[Any] | int) -> None:
    for x, y, width, height in regions:
        samples[y : y + height, x : x + width] = value


def _rewritten(file: File, pixels: Pixels, regions: Sequence[Region], path: Path) -> File:
    """All frames as gray or RGB, uncompressed, in the byte order of the file."""
    order: Literal["<", ">"] = "<" if file.syntax.little else ">"
    with path.open("w+b") as stream:
        for frame in pixels.frames_at(range(pixels.frames)):
            values = frame.values.astype(frame.values.dtype.newbyteorder(order), order="C")
            _fill(values, regions, 0 if values.ndim == 3 else _darkest_gray(file, frame))
            stream.write(values.data)
        stream.write(bytes(stream.tell() % 2))
        stream.flush()
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    kept = {tag: element for tag, element in file.dataset.items() if tag not in OFFSET_TABLES}
    if frame.values.ndim == 3:
        kept = {tag: element for tag, element in kept.items() if tag not in PALETTES}
    described = {element.tag: element for element in _description(frame, file.syntax)}
    syntax = EXPLICIT if file.syntax.encapsulated else file.syntax
    return _with_pixels(File(syntax, file.meta, kept | described), memoryview(mapped))


def _description(frame: Frame, syntax: Syntax) -> Iterator[Element]:
    """What the header has to say of frames like this one where they are not compressed."""
    numbers = {
        BITS_ALLOCATED: 8 * frame.values.dtype.itemsize,
        BITS_STORED: frame.bits,
        HIGH_BIT: frame.bits - 1,
        PIXEL_REPRESENTATION: int(frame.values.dtype.kind == "i"),
    }
    if frame.values.ndim == 3:
        numbers |= {SAMPLES_PER_PIXEL: 3, PLANAR_CONFIGURATION: 0}
        yield Element(PHOTOMETRIC_INTERPRETATION, "CS", b"RGB ")
    for tag, number in numbers.items():
        yield Element(tag, "US", struct.pack("<H" if syntax.little else ">H", number))
    if syntax.name in LOSSY:
        yield Element(LOSSY_IMAGE_COMPRESSION, "CS", b"01")


def _with_pixels(file: File, value: memoryview) -> File:
    allocated = integers(file.dataset, BITS_ALLOCATED, file.syntax)[0]
    element = Element(PIXEL_DATA, "OB" if allocated <= 8 and file.syntax.explicit else "OW", value)
    return File(file.syntax, file.meta, dict(sorted((file.dataset | {PIXEL_DATA: element}).items())))
