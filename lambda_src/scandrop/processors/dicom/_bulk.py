"""Bytes that are needed to show an object's pixels or samples, and are just that: none is longer than it says."""

from typing import Final

from scandrop.processors.dicom._dataset import Dataset, Element, Encapsulated, Syntax, integers

EXTENDED_OFFSETS: Final = frozenset({0x7FE00001, 0x7FE00002})  # ExtendedOffsetTable, ExtendedOffsetTableLengths
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})  # FloatPixelData, DoubleFloatPixelData, PixelData
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
BULK: Final = frozenset(LUTS) | PIXELS | EXTENDED_OFFSETS | {WAVEFORM_DATA}

NUMBER_OF_FRAMES: Final = 0x00280008
WAVEFORM_BITS_ALLOCATED: Final = 0x54001004
NUMBER_OF_WAVEFORM_CHANNELS: Final = 0x003A0005
NUMBER_OF_WAVEFORM_SAMPLES: Final = 0x003A0010


def is_needed(element: Element, dataset: Dataset, syntax: Syntax, *, is_top: bool) -> bool:
    """Whether an element of `BULK` shows something of the object that `dataset` is, or is a part of.

    PixelData inside a sequence is an icon or another object's: not needed.
    """
    if element.tag in PIXELS:
        return is_top
    if isinstance(element.value, tuple | Encapsulated):
        return False
    length = len(element.value)
    if element.tag in EXTENDED_OFFSETS:
        frames = integers(dataset, NUMBER_OF_FRAMES, syntax)[:1] or [1]
        return is_top and length == 8 * frames[0]
    if element.tag == WAVEFORM_DATA:
        return length == _waveform_bytes(dataset, syntax)
    entries = (integers(dataset, LUTS[element.tag], syntax)[:1] or [-1])[0] or 1 << 16
    if element.tag in _SEGMENTED:
        return length <= 2 * entries
    return length in (2 * entries, entries + entries % 2)


def _waveform_bytes(item: Dataset, syntax: Syntax) -> int:
    total = 1
    for tag in (NUMBER_OF_WAVEFORM_SAMPLES, NUMBER_OF_WAVEFORM_CHANNELS, WAVEFORM_BITS_ALLOCATED):
        total *= (integers(item, tag, syntax)[:1] or [0])[0]
    return (total // 8 + 1) // 2 * 2
