"""Bytes that show or measure something, and are just that: none is longer than what describes it says.

Each kind of them has a function of where it stands that gives what of the value stays, None for nothing.
"""

import math
from array import array
from collections.abc import Callable
from itertools import chain
from typing import Final, NamedTuple

from scandrop.processors.dicom._dataset import Buffer, Dataset, Element, Encapsulated, Syntax, integers, items, text
from scandrop.processors.dicom._icc import without_words
from scandrop.processors.dicom._layout import FLOAT_BITS, number_of_frames, shares_colour
from scandrop.processors.dicom._luts import (
    PALETTE_DATA,
    PALETTE_DESCRIPTORS,
    SEGMENTED_PALETTE_DATA,
    descriptor,
    segmented_bytes,
    table_bytes,
)
from scandrop.processors.dicom._tags import (
    BITS_ALLOCATED,
    COLUMNS,
    DOUBLE_FLOAT_PIXEL_DATA,
    EXTENDED_OFFSET_TABLE,
    EXTENDED_OFFSET_TABLE_LENGTHS,
    FLOAT_PIXEL_DATA,
    LUT_DATA,
    LUT_DESCRIPTOR,
    MODALITY_LUT_SEQUENCE,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_DATA,
    POINT_COORDINATES_DATA,
    ROWS,
    SAMPLES_PER_PIXEL,
    VOI_LUT_SEQUENCE,
)

EXTENDED_OFFSETS: Final = (EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS)
PIXELS: Final = frozenset({FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA, PIXEL_DATA})

PALETTES: Final = dict(zip(PALETTE_DATA, PALETTE_DESCRIPTORS, strict=True))  # data: its descriptor
# data: its descriptor, and the data that counts where both are there
SEGMENTED: Final = dict(zip(SEGMENTED_PALETTE_DATA, zip(PALETTE_DESCRIPTORS, PALETTE_DATA, strict=True), strict=True))
PIXEL_PRESENTATION: Final = 0x00089205
COLOURED: Final = ("COLOR", "MIXED")
# PaletteColorLookupTableSequence, EnhancedPaletteColorLookupTableSequence, AdvancedBlendingSequence
PALETTE_SEQUENCES: Final = frozenset({0x00480120, 0x0028140B, 0x00701B01})

# the Modality, VOI, softcopy VOI and presentation LUT's, and PixelIntensityRelationshipLUTSequence
LUT_SEQUENCES: Final = frozenset({MODALITY_LUT_SEQUENCE, VOI_LUT_SEQUENCE, 0x00283110, 0x20500010, 0x00289422})

WAVEFORM_SEQUENCE, WAVEFORM_DATA = 0x54000100, 0x54001010
WAVEFORMS: Final = "1.2.840.10008.5.1.4.1.1.9."
VOICES: Final = "1.2.840.10008.5.1.4.1.1.9.4."  # voice and general audio: a voice names its speaker
# NumberOfWaveformSamples, NumberOfWaveformChannels, WaveformBitsAllocated
WAVEFORM_COUNTS: Final = (0x003A0010, 0x003A0005, 0x54001004)

SPECTROSCOPY: Final = "1.2.840.10008.5.1.4.1.1.4.2"
SPECTROSCOPY_DATA, DATA_REPRESENTATION = 0x56000020, 0x00289108
SPECTRUM_COUNTS: Final = (ROWS, COLUMNS, 0x00289001, 0x00289002)  # and DataPointRows, DataPointColumns

ICC_PROFILE, OPTICAL_PATH_SEQUENCE = 0x00282000, 0x00480105

# Surface Segmentation, Surface Scan Mesh and Surface Scan Point Cloud
SURFACES: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.{which}" for which in ("66.5", "68.1", "68.2"))
TRACTOGRAPHY: Final = "1.2.840.10008.5.1.4.1.1.66.6"
SURFACE_POINTS_SEQUENCE, SURFACE_NORMALS_SEQUENCE, TRACK_SEQUENCE = 0x00660011, 0x00660012, 0x00660102
NUMBER_OF_SURFACE_POINTS, NUMBER_OF_VECTORS, VECTOR_DIMENSIONALITY = 0x00660015, 0x0066001E, 0x0066001F
VECTOR_COORDINATE_DATA: Final = 0x00660021
POINT_INDICES: Final = {  # to the points of a surface, and their bytes: of triangles, edges, vertices and primitives
    **dict.fromkeys((0x00660023, 0x00660024, 0x00660025, 0x00660029), 2),
    **dict.fromkeys((0x00660040, 0x00660041, 0x00660042, 0x00660043), 4),
}
POINT_BYTES: Final = 12


class Place(NamedTuple):
    """Where an element stands. around: the data sets around its own, innermost first; parents: their sequences."""

    dataset: Dataset
    around: tuple[Dataset, ...]
    parents: tuple[int, ...]
    sop_class: str
    syntax: Syntax

    def first(self, tag: int, default: int = 0) -> int:
        return (integers(self.dataset, tag, self.syntax)[:1] or [default])[0]

    @property
    def parent(self) -> int:
        """The sequence that it is in; 0 at the top."""
        return self.parents[-1] if self.parents else 0


def kept(element: Element, place: Place) -> Element | None:
    """An element of `BULK` as far as it shows or measures something."""
    if element.tag == PIXEL_DATA and isinstance(element.value, Encapsulated):
        return None if place.parents else element
    if isinstance(element.value, tuple | Encapsulated):
        return None
    value = KEPT[element.tag](element.value, element.tag, place)
    if value is None or value is element.value:
        return None if value is None else element
    return element._replace(value=value)


def _pixels(value: Buffer, _: int, place: Place) -> Buffer | None:
    """Inside a sequence they are an icon's or another object's."""
    if place.parents:
        return None
    return _cut(value, _pixel_bytes(place, place.first(BITS_ALLOCATED), len(value))) or value


def _float_pixels(value: Buffer, tag: int, place: Place) -> Buffer | None:
    """Only the first kind of pixels is looked at, and there may be no other (PS3.3 C.7.6.24)."""
    if place.parents or ({PIXEL_DATA, FLOAT_PIXEL_DATA} - {tag}) & place.dataset.keys():
        return None
    return _cut(value, _pixel_bytes(place, FLOAT_BITS[tag], len(value)))


def _offsets(value: Buffer, _: int, place: Place) -> Buffer | None:
    element = place.dataset.get(PIXEL_DATA)
    is_compressed = element is not None and isinstance(element.value, Encapsulated)
    fits = len(value) == 8 * number_of_frames(place.dataset, place.syntax)
    return value if fits and is_compressed and not place.parents else None


def _palette(value: Buffer, tag: int, place: Place) -> Buffer | None:
    said = descriptor(place.dataset, PALETTES[tag], little=place.syntax.little)
    return _cut(value, table_bytes(len(value), said.entries)) if said and _uses_palettes(place) else None


def _segmented_palette(value: Buffer, tag: int, place: Place) -> Buffer | None:
    described_by, plain = SEGMENTED[tag]
    said = descriptor(place.dataset, described_by, little=place.syntax.little)
    if said is None or plain in place.dataset or not _uses_palettes(place):
        return None
    return _cut(value, segmented_bytes(value, said, little=place.syntax.little))


def _lut(value: Buffer, _: int, place: Place) -> Buffer | None:
    said = descriptor(place.dataset, LUT_DESCRIPTOR, little=place.syntax.little)
    is_used = said is not None and place.parent in LUT_SEQUENCES
    return _cut(value, table_bytes(len(value), said.entries)) if said and is_used else None


def _waveform(value: Buffer, _: int, place: Place) -> Buffer | None:
    is_one = place.sop_class.startswith(WAVEFORMS) and not place.sop_class.startswith(VOICES)
    length = _bytes_of(math.prod(place.first(tag) for tag in WAVEFORM_COUNTS))
    return _cut(value, length) if is_one and place.parent == WAVEFORM_SEQUENCE else None


def _spectrum(value: Buffer, _: int, place: Place) -> Buffer | None:
    parts = 2 if text(place.dataset, DATA_REPRESENTATION) == "COMPLEX" else 1
    count = math.prod(place.first(tag) for tag in SPECTRUM_COUNTS) * number_of_frames(place.dataset, place.syntax)
    is_one = place.sop_class == SPECTROSCOPY and not place.parents
    return _cut(value, 4 * parts * count) if is_one else None


def _icc_profile(value: Buffer, _: int, place: Place) -> Buffer | None:
    return without_words(value) if place.parent in (0, OPTICAL_PATH_SEQUENCE) else None


def _points(value: Buffer, _: int, place: Place) -> Buffer | None:
    if place.parent == TRACK_SEQUENCE:  # says nowhere how many there are
        is_track = place.sop_class == TRACTOGRAPHY and len(value) > 0 and len(value) % POINT_BYTES == 0
        return value if is_track else None
    is_surface = place.sop_class in SURFACES and place.parent == SURFACE_POINTS_SEQUENCE
    return _cut(value, POINT_BYTES * place.first(NUMBER_OF_SURFACE_POINTS)) if is_surface else None


def _vectors(value: Buffer, _: int, place: Place) -> Buffer | None:
    length = 4 * place.first(NUMBER_OF_VECTORS) * place.first(VECTOR_DIMENSIONALITY)
    is_surface = place.sop_class in SURFACES and place.parent == SURFACE_NORMALS_SEQUENCE
    return _cut(value, length) if is_surface else None


def _point_indices(value: Buffer, tag: int, place: Place) -> Buffer | None:
    """Only numbers of points that the surface has."""
    size = POINT_INDICES[tag]
    points = (items(around, SURFACE_POINTS_SEQUENCE) for around in place.around)
    first = next(chain.from_iterable(points), None)
    if place.sop_class not in SURFACES or first is None or len(value) % size:
        return None
    numbers = array("H" if size == 2 else "I", bytes(value))
    if place.syntax.little != (array("H", [1]).tobytes() == b"\1\0"):
        numbers.byteswap()
    count = place._replace(dataset=first).first(NUMBER_OF_SURFACE_POINTS)
    return value if numbers and min(numbers) > 0 and max(numbers) <= count else None


def _uses_palettes(place: Place) -> bool:
    """Whether a palette is for something: pixels, a presentation state, or itself alone (a Color Palette object)."""
    if place.parents:
        return place.parent in PALETTE_SEQUENCES
    if not PIXELS & place.dataset.keys():
        return True
    is_palette = (text(place.dataset, PHOTOMETRIC_INTERPRETATION) or "").upper() == "PALETTE COLOR"
    return is_palette or text(place.dataset, PIXEL_PRESENTATION) in COLOURED


def _pixel_bytes(place: Place, bits: int, held: int) -> int:
    counts = (place.first(ROWS), place.first(COLUMNS), number_of_frames(place.dataset, place.syntax))
    full = bits * math.prod(counts) * place.first(SAMPLES_PER_PIXEL, 1)
    photometric = (text(place.dataset, PHOTOMETRIC_INTERPRETATION) or "").upper()
    return _bytes_of(full * 2 // 3 if shares_colour(photometric, held, -(-full // 8)) else full)


def _bytes_of(bits: int) -> int:
    return -(-bits // 8)


def _cut(value: Buffer, length: int) -> Buffer | None:
    """The first bytes, and the one that pads them; None where there are not so many."""
    even = length + length % 2
    if not 0 < length <= len(value):
        return None
    return value[:even] if even < len(value) else value


KEPT: Final[dict[int, Callable[[Buffer, int, Place], Buffer | None]]] = {
    PIXEL_DATA: _pixels,
    **dict.fromkeys(FLOAT_BITS, _float_pixels),
    **dict.fromkeys(EXTENDED_OFFSETS, _offsets),
    **dict.fromkeys(PALETTES, _palette),
    **dict.fromkeys(SEGMENTED, _segmented_palette),
    LUT_DATA: _lut,
    WAVEFORM_DATA: _waveform,
    SPECTROSCOPY_DATA: _spectrum,
    ICC_PROFILE: _icc_profile,
    POINT_COORDINATES_DATA: _points,
    VECTOR_COORDINATE_DATA: _vectors,
    **dict.fromkeys(POINT_INDICES, _point_indices),
}
BULK: Final = frozenset(KEPT)
