"""Bytes that are needed to show an object's pixels or samples, and are just that: none is longer than it says."""

from typing import Final

from scandrop.processors.dicom._dataset import (
    PIXEL_DATA,
    Dataset,
    Element,
    Encapsulated,
    Syntax,
    integers,
    text,
)

EXTENDED_OFFSETS: Final = frozenset({0x7FE00001, 0x7FE00002})  # ExtendedOffsetTable, ExtendedOffsetTableLengths
_FLOAT_BITS: Final = {0x7FE00008: 32, 0x7FE00009: 64}  # FloatPixelData, DoubleFloatPixelData
LUTS: Final = {  # data: its descriptor
    0x00281201: 0x00281101,
    0x00281202: 0x00281102,
    0x00281203: 0x00281103,
    0x00281204: 0x00281104,
    0x00281221: 0x00281101,  # segmented ones are shorter than the table that they stand for
    0x00281222: 0x00281102,
    0x00281223: 0x00281103,
    0x00281224: 0x00281104,
    0x00283006: 0x00283002,
}
_SEGMENTED: Final = frozenset({0x00281221, 0x00281222, 0x00281223, 0x00281224})
WAVEFORM_DATA: Final = 0x54001010
BULK: Final = frozenset(LUTS) | frozenset(_FLOAT_BITS) | EXTENDED_OFFSETS | {WAVEFORM_DATA}

SAMPLES_PER_PIXEL: Final = 0x00280002
PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
NUMBER_OF_FRAMES: Final = 0x00280008
ROWS: Final = 0x00280010
COLUMNS: Final = 0x00280011
BITS_ALLOCATED: Final = 0x00280100
WAVEFORM_BITS_ALLOCATED: Final = 0x54001004
NUMBER_OF_WAVEFORM_CHANNELS: Final = 0x003A0005
NUMBER_OF_WAVEFORM_SAMPLES: Final = 0x003A0010


def pixels_alone(element: Element, dataset: Dataset, syntax: Syntax) -> Element:
    """PixelData as it is, without the bytes behind the last of the frames that the header describes.

    Compressed fragments stay as they are, and so does what is not longer than it should be.
    """
    if isinstance(element.value, tuple | Encapsulated):
        return element
    length = _pixel_bytes(dataset, syntax, _first(dataset, BITS_ALLOCATED, syntax, 0))
    return element._replace(value=element.value[:length]) if 0 < length < len(element.value) else element


def is_needed(element: Element, dataset: Dataset, syntax: Syntax, *, is_top: bool) -> bool:
    """Whether an element of `BULK` but PixelData shows something of the object that `dataset` is, or is a part of."""
    if isinstance(element.value, tuple | Encapsulated):
        return False
    length = len(element.value)
    if element.tag in EXTENDED_OFFSETS:
        return is_top and _is_compressed(dataset) and length == 8 * _first(dataset, NUMBER_OF_FRAMES, syntax, 1)
    if element.tag in _FLOAT_BITS:
        return is_top and length == _pixel_bytes(dataset, syntax, _FLOAT_BITS[element.tag])
    if element.tag == WAVEFORM_DATA:
        return length == _waveform_bytes(dataset, syntax)
    entries = _first(dataset, LUTS[element.tag], syntax, -1) or 1 << 16
    if element.tag in _SEGMENTED:
        return length <= 2 * entries
    return length in (2 * entries, entries + entries % 2)


def _is_compressed(dataset: Dataset) -> bool:
    element = dataset.get(PIXEL_DATA)
    return element is not None and isinstance(element.value, Encapsulated)


def _waveform_bytes(item: Dataset, syntax: Syntax) -> int:
    total = 1
    for tag in (NUMBER_OF_WAVEFORM_SAMPLES, NUMBER_OF_WAVEFORM_CHANNELS, WAVEFORM_BITS_ALLOCATED):
        total *= _first(item, tag, syntax, 0)
    return _even(total)


def _pixel_bytes(dataset: Dataset, syntax: Syntax, bits: int) -> int:
    samples = _first(dataset, SAMPLES_PER_PIXEL, syntax, 1)
    if "422" in (text(dataset, PHOTOMETRIC_INTERPRETATION) or ""):
        samples = 2
    for tag in (ROWS, COLUMNS):
        bits *= _first(dataset, tag, syntax, 0)
    return _even(bits * samples * _first(dataset, NUMBER_OF_FRAMES, syntax, 1))


def _first(dataset: Dataset, tag: int, syntax: Syntax, default: int) -> int:
    return (integers(dataset, tag, syntax)[:1] or [default])[0]


def _even(bits: int) -> int:
    """Bytes, padded to an even number."""
    return (bits + 15) // 16 * 2
