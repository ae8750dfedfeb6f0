"""How far apart the pixels of a frame lie (PS3.3 10.7.1.3, C.7.6.3.1.7, C.7.6.16.2.1)."""

from typing import Final

from scandrop.processors.dicom._dataset import File, numbers
from scandrop.processors.dicom._groups import macro
from scandrop.processors.dicom._tags import (
    IMAGER_PIXEL_SPACING,
    NOMINAL_SCANNED_PIXEL_SPACING,
    PIXEL_SPACING,
    SLICE_THICKNESS,
)
from scandrop.processors.dicom._warnings import Warned

PIXEL_ASPECT_RATIO: Final = 0x00280034
PIXEL_MEASURES_SEQUENCE: Final = 0x00289110

SQUARE_WITHIN: Final = 0.01
MOST_ASPECT: Final = 20  # a slab reformatted across its slices reaches 10


def spacing_mm(file: File, index: int) -> tuple[float, float] | None:
    """From row to row and from column to column in frame number `index`: in the patient, else at the detector."""
    measures = macro(file.dataset, index, PIXEL_MEASURES_SEQUENCE)
    for dataset, tag in (
        (measures, PIXEL_SPACING),
        (file.dataset, PIXEL_SPACING),
        (file.dataset, IMAGER_PIXEL_SPACING),
        (file.dataset, NOMINAL_SCANNED_PIXEL_SPACING),
    ):
        match numbers(dataset, tag, file.syntax):
            case [row, column] if row > 0 and column > 0:
                return row, column
    return None


def slice_thickness_mm(file: File, index: int) -> float | None:
    """Of frame number `index`."""
    for dataset in (macro(file.dataset, index, PIXEL_MEASURES_SEQUENCE), file.dataset):
        match numbers(dataset, SLICE_THICKNESS, file.syntax):
            case [thickness] if thickness > 0:
                return thickness
    return None


def aspect(file: File, index: int, warned: Warned) -> float:
    """How many times as high as wide a pixel is: by its spacing, else by PixelAspectRatio; 1 within a percent."""
    sides = spacing_mm(file, index) or numbers(file.dataset, PIXEL_ASPECT_RATIO, file.syntax)
    match sides:
        case [high, wide] if high > 0 and wide > 0:
            ratio = high / wide
        case _:
            return 1.0
    if not 1 / MOST_ASPECT <= ratio <= MOST_ASPECT:
        warned.add("dicom_aspect_ignored", most=MOST_ASPECT)
        return 1.0
    return 1.0 if abs(ratio - 1) <= SQUARE_WITHIN else ratio
