"""From stored values to gray in [0, 1]: Modality LUT, VOI LUT or window, polarity (PS3.3 C.11.1, C.11.2; PS3.4 N.2).

Where an object states neither a VOI LUT nor a window, 0 and 1 are its own lowest and highest value, so that a model
loses nothing; the eye is shown the same less 0.5 % of the pixels at either end. Gray of at most 8 bits is shown as it
is. Padding has no part in a range and is shown as darkest, whatever the polarity.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.dicom._dataset import Dataset, File, Syntax, items, numbers, text, uid
from scandrop.processors.dicom._frames import Frame
from scandrop.processors.dicom._groups import stated
from scandrop.processors.dicom._layout import Layout
from scandrop.processors.dicom._ranges import Values, is_background, levels, ranges
from scandrop.processors.dicom._stored import limits
from scandrop.processors.dicom._tags import (
    MODALITY_LUT_SEQUENCE,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_PADDING_RANGE_LIMIT,
    PIXEL_PADDING_VALUE,
    RESCALE_INTERCEPT,
    RESCALE_SLOPE,
    SOP_CLASS_UID,
    VOI_LUT_SEQUENCE,
    WINDOW_CENTER,
    WINDOW_WIDTH,
)
from scandrop.processors.dicom._transforms import AS_STORED, FUNCTIONS, Range, Rescale, Table, Window
from scandrop.processors.dicom._warnings import Warned

FLOAT_PADDING: Final = {np.dtype(np.float32): (0x00280122, 0x00280124), np.dtype(np.float64): (0x00280123, 0x00280125)}
PIXEL_INTENSITY_RELATIONSHIP: Final = 0x00281040
VOI_LUT_FUNCTION: Final = 0x00281056
FRAME_VOI_LUT_SEQUENCE: Final = 0x00289132
PIXEL_VALUE_TRANSFORMATION_SEQUENCE: Final = 0x00289145
PRESENTATION_LUT_SHAPE: Final = 0x20500020

ANGIOGRAPHY: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.12.{kind}" for kind in (1, 2, 3))  # and fluoroscopy
SHOWN_AS_IS_BITS: Final = 8


@dataclass(frozen=True)
class Display:
    """How the stored values of one gray frame are shown.

    modality: from stored values to units; voi: from units to [0, 1].
    inverted: whether the lowest value is white. padding: the stored values that are no pixels, lowest and highest.
    dtype: of the stored values. eye: the units that a preview shows as black and as white, where not all of `voi`.
    stated: whether `voi` is the object's own.
    """

    modality: Rescale | Table
    voi: Window | Table
    inverted: bool
    padding: Range | None
    dtype: np.dtype[Any]
    eye: Range | None = None
    stated: bool = True

    @classmethod
    def of(cls, file: File, index: int, frame: Frame, warned: Warned) -> Self:
        """Of frame number `index`, from 0. frame.values: (rows, columns)."""
        signed = frame.values.dtype.kind == "i"
        modality = _modality(file, index, warned, signed=signed)
        padding = padding_of(file, frame.values.dtype)
        negative = _lowest(modality, frame.bits, signed=signed) < 0
        voi, eye = _stated_voi(file, index, warned, negative=negative), None
        stated = voi is not None
        if voi is None:
            windowed = not _is_shown_as_is(modality, frame.bits, frame.values.dtype)
            shown, eye = ranges(frame.values, modality, padding) if windowed else ((0, (1 << frame.bits) - 1), None)
            voi = Window(sum(shown) / 2, shown[1] - shown[0], "LINEAR_EXACT")
        if eye:
            warned.add("dicom_window_from_pixels")
        return cls(modality, voi, _inverted(file.dataset, warned), padding, frame.values.dtype, eye, stated)

    @property
    def value_range(self) -> Range:
        """What 0 and 1 stand for, in the Modality LUT's units; NaN where they stand for no value."""
        low, high = self.voi.value_range if isinstance(self.voi, Window) else (np.nan, np.nan)
        return (high, low) if self.inverted else (low, high)

    @property
    def eye_window(self) -> Range:
        """The part of [0, 1] that a preview stretches over all grays."""
        if self.eye is None:
            return 0.0, 1.0
        low, high = (float(value) for value in self.voi(np.array(self.eye)))
        return (1 - high, 1 - low) if self.inverted else (low, high)

    @property
    def window(self) -> Range | None:
        """Center and width where the object states them and they are used, not those of its pixels."""
        return (self.voi.center, self.voi.width) if self.stated and isinstance(self.voi, Window) else None

    def __call__(self, values: Values) -> NDArray[np.float32]:
        """Stored values of any shape, of `dtype`, as gray in [0, 1]; of up to 16 bits by one lookup."""
        if self.dtype.kind == "f" or self.dtype.itemsize > 2:
            return self._shown(values)
        return self._table.take(values.view(f"u{self.dtype.itemsize}"), mode="clip")  # a mode without a check

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        return self._shown(levels(self.dtype))

    def _shown(self, values: Values) -> NDArray[np.float32]:
        units = self.modality(values.astype(np.float64))
        shown = self.voi(units)
        if self.inverted:
            shown = 1 - shown
        shown[is_background(values, units, self.padding)] = 0
        return shown.astype(np.float32)


def needs_each_pixel(file: File, index: int, layout: Layout) -> bool:
    """Whether the means of neighbouring stored values do not do for gray frame number `index`.

    Padding would run into the pixels beside it, and the lowest and highest mean are no range.
    """
    if layout.samples > 1 or layout.photometric == "PALETTE COLOR":
        return False
    dtype = np.dtype(layout.code.replace("u", "i") if layout.signed else layout.code)
    if _is_padded(file, dtype, layout):
        return True
    modality = _modality(file, index, Warned(), signed=layout.signed)
    if _is_shown_as_is(modality, layout.stored, dtype):
        return False
    return _stated_voi(file, index, Warned(), negative=False) is None


def _is_padded(file: File, dtype: np.dtype[Any], layout: Layout) -> bool:
    """Whether the stored bits can hold padding that the object tells of."""
    padding = padding_of(file, dtype)
    low, high = limits(layout.stored, signed=layout.signed)
    return padding is not None and padding[0] <= high and padding[1] >= low


def _is_shown_as_is(modality: Rescale | Table, bits: int, dtype: np.dtype[Any]) -> bool:
    """Without a VOI LUT or window."""
    return bits <= SHOWN_AS_IS_BITS and modality == AS_STORED and dtype.kind == "u"


def _modality(file: File, index: int, warned: Warned, *, signed: bool) -> Rescale | Table:
    """From the Modality LUT, else from slope and intercept, the frame's own first."""
    found = items(file.dataset, MODALITY_LUT_SEQUENCE)
    if found and not _is_from_intensity(file.dataset):
        if table := Table.of(found[0], file.syntax, signed=signed):
            return replace(table, full=1)  # its entries are units
        warned.add("dicom_lut_unusable", keyword="ModalityLUTSequence")
    source = stated(file.dataset, index, PIXEL_VALUE_TRANSFORMATION_SEQUENCE, RESCALE_SLOPE)
    slope = _number(source, RESCALE_SLOPE, file.syntax, 1)
    intercept = _number(source, RESCALE_INTERCEPT, file.syntax, 0)
    if slope and intercept is not None:
        return Rescale(slope, intercept)
    warned.add("dicom_rescale_unusable")
    return AS_STORED


def _is_from_intensity(dataset: Dataset) -> bool:
    """Whether the Modality LUT leads back to the intensity of X-rays, which is not for windows (PS3.3 C.8.7.1.1.2)."""
    relationship = text(dataset, PIXEL_INTENSITY_RELATIONSHIP)
    return uid(dataset, SOP_CLASS_UID) in ANGIOGRAPHY and relationship in ("DISP", "LOG")


def _number(dataset: Dataset, tag: int, syntax: Syntax, otherwise: float) -> float | None:
    """None where there is a value that is no finite number."""
    if tag not in dataset or dataset[tag].value in (b"", ()):
        return otherwise
    return next(iter(numbers(dataset, tag, syntax)), None)


def _stated_voi(file: File, index: int, warned: Warned, *, negative: bool) -> Window | Table | None:
    """The VOI LUT, else the first window; None where neither is stated or usable. negative: units can be below 0."""
    luts = stated(file.dataset, index, FRAME_VOI_LUT_SEQUENCE, VOI_LUT_SEQUENCE)
    if found := items(luts, VOI_LUT_SEQUENCE):
        if table := Table.of(found[0], file.syntax, signed=negative):
            return table
        warned.add("dicom_lut_unusable", keyword="VOILUTSequence")
    source = stated(file.dataset, index, FRAME_VOI_LUT_SEQUENCE, WINDOW_CENTER)
    if WINDOW_CENTER not in source and WINDOW_WIDTH not in source:
        return None
    centers, widths = (numbers(source, tag, file.syntax) for tag in (WINDOW_CENTER, WINDOW_WIDTH))
    if not centers or not widths or widths[0] <= 0:
        warned.add("dicom_window_unusable")
        return None
    return Window(centers[0], widths[0], _function(source, widths[0], warned))


def _function(source: Dataset, width: float, warned: Warned) -> str:
    function = (text(source, VOI_LUT_FUNCTION) or "LINEAR").upper()
    if function not in FUNCTIONS:
        warned.add("dicom_voi_function_unknown")
        function = "LINEAR"
    return "LINEAR_EXACT" if function == "LINEAR" and width < 1 else function  # for LINEAR it would have no meaning


def _inverted(dataset: Dataset, warned: Warned) -> bool:
    """Where photometric interpretation and presentation LUT shape contradict each other, the one that inverts holds."""
    photometric = text(dataset, PHOTOMETRIC_INTERPRETATION) == "MONOCHROME1"
    shape = text(dataset, PRESENTATION_LUT_SHAPE)
    if shape in ("IDENTITY", "INVERSE") and photometric != (shape == "INVERSE"):
        warned.add("dicom_polarity_contradicted")
    return photometric or shape == "INVERSE"


def padding_of(file: File, dtype: np.dtype[Any]) -> Range | None:
    """The stored values from PixelPaddingValue to its limit, either of which may be the lower (PS3.3 C.7.5.1.1.2)."""
    value, limit = FLOAT_PADDING.get(dtype, (PIXEL_PADDING_VALUE, PIXEL_PADDING_RANGE_LIMIT))
    ends = [found[0] for tag in (value, limit) if (found := numbers(file.dataset, tag, file.syntax))]
    if value not in file.dataset or not ends:
        return None
    if dtype.kind != "f":
        ends = [_as_stored(int(end), dtype) for end in ends]
    return min(ends), max(ends)


def _as_stored(value: int, dtype: np.dtype[Any]) -> int:
    """A value that may be written without the sign that the pixels have, or with one that they have not."""
    bits = 8 * dtype.itemsize
    value %= 1 << bits
    return value - (1 << bits) if dtype.kind == "i" and value >> (bits - 1) else value


def _lowest(modality: Rescale | Table, bits: int, *, signed: bool) -> float:
    half = float(1 << bits - 1)
    ends = np.array([-half, half - 1] if signed else [0, 2 * half - 1])
    return float(modality(ends).min())
