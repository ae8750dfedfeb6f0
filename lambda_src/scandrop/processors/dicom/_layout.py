"""What the header says of the pixels, checked and capped before anything is allocated (PS3.3 C.7.6.3, PS3.5 8)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Dataset, Syntax, integers, text
from scandrop.processors.dicom._tags import (
    BITS_ALLOCATED,
    BITS_STORED,
    COLUMNS,
    DOUBLE_FLOAT_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    HIGH_BIT,
    NUMBER_OF_FRAMES,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_REPRESENTATION,
    PLANAR_CONFIGURATION,
    ROWS,
    SAMPLES_PER_PIXEL,
)

if TYPE_CHECKING:
    from scandrop.processors.dicom import Settings

FLOAT_BITS: Final = {FLOAT_PIXEL_DATA: 32, DOUBLE_FLOAT_PIXEL_DATA: 64}
MOST_PIXEL_BYTES: Final = 8  # of a frame of `max_pixels`: decoders take up to three times as much
MODEL_SAMPLE_BYTES: Final = 4
WHOLE_BITS: Final = (1, 8, 16, 32, 64)
GRAY: Final = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
SUBSAMPLED: Final = ("YBR_FULL_422", "YBR_PARTIAL_422")
COLOUR: Final = ("RGB", "YBR_FULL", *SUBSAMPLED)
WAVELET_COLOUR: Final = ("YBR_ICT", "YBR_RCT")  # what JPEG 2000 undoes itself


@dataclass(frozen=True, slots=True)
class Layout:
    """How samples lie in the frames.

    samples: per pixel, 1 or 3; allocated, stored: bits of a sample; high: the highest stored bit, counted from 0.
    floating: FloatPixelData or DoubleFloatPixelData; planar: one plane after the other instead of pixel by pixel.
    """

    rows: int
    columns: int
    samples: int
    frames: int
    allocated: int
    stored: int
    high: int
    signed: bool
    floating: bool
    planar: bool
    photometric: str

    @property
    def code(self) -> str:
        """The numpy code of a sample in its container, without a byte order; a single bit comes out as a byte."""
        return f"{'f' if self.floating else 'u'}{max(self.allocated // 8, 1)}"

    @property
    def frame_samples(self) -> int:
        return self.rows * self.columns * self.samples

    @property
    def frame_bytes(self) -> int:
        """Of a frame once it is decoded."""
        return self.frame_samples * max(self.allocated // 8, 1)


def layout_of(dataset: Dataset, syntax: Syntax, tag: int, settings: "Settings") -> Layout:
    """The layout of the pixel element `tag`. Raises `Rejected` where it is not said, or past the lane's caps."""
    layout = _described(dataset, syntax, tag)
    _check_caps(layout, settings)
    return layout


def number_of_frames(dataset: Dataset, syntax: Syntax) -> int:
    """One where the header says nothing usable, as also of 0 and less."""
    return max(next(iter(integers(dataset, NUMBER_OF_FRAMES, syntax)), 1), 1)


def shares_colour(photometric: str, held: int, full: int) -> bool:
    """Whether two pixels share their colour in `held` bytes.

    full: how many bytes it takes if none do. Exactly as many say that none do, whatever the header says.
    """
    return photometric in SUBSAMPLED and held not in (full, full + full % 2)


def _described(dataset: Dataset, syntax: Syntax, tag: int) -> Layout:
    def number(keyword: str, of: int, allowed: range | tuple[int, ...], otherwise: int | None = None) -> int:
        found = integers(dataset, of, syntax)
        value = found[0] if found else otherwise
        if value is None or value not in allowed:
            raise Rejected("dicom_pixels_undescribed", keyword=keyword)
        return value

    floating = tag in FLOAT_BITS
    photometric = _photometric(dataset, syntax)
    samples = number("SamplesPerPixel", SAMPLES_PER_PIXEL, (1,) if photometric in GRAY else (3,))
    widths = (FLOAT_BITS[tag],) if floating else WHOLE_BITS
    allocated = number("BitsAllocated", BITS_ALLOCATED, widths)
    stored = allocated if floating else number("BitsStored", BITS_STORED, range(1, allocated + 1))
    signed = 0 if floating else number("PixelRepresentation", PIXEL_REPRESENTATION, (0, 1))
    return Layout(
        rows=number("Rows", ROWS, range(1, 65_536)),
        columns=number("Columns", COLUMNS, range(1, 65_536)),
        samples=samples,
        frames=number_of_frames(dataset, syntax),
        allocated=allocated,
        stored=stored,
        high=allocated - 1 if floating else number("HighBit", HIGH_BIT, range(stored - 1, allocated), stored - 1),
        signed=bool(signed) and samples == 1,  # colour has no sign
        floating=floating,
        planar=samples > 1 and number("PlanarConfiguration", PLANAR_CONFIGURATION, (0, 1), 0) == 1,
        photometric=photometric,
    )


def _photometric(dataset: Dataset, syntax: Syntax) -> str:
    found = (text(dataset, PHOTOMETRIC_INTERPRETATION) or "").upper()
    wavelets = WAVELET_COLOUR if "J2K" in syntax.name or "JPEG2000" in syntax.name else ()
    if found not in GRAY + COLOUR + wavelets:
        raise Rejected("dicom_pixels_undescribed", keyword="PhotometricInterpretation")
    return found


def _check_caps(layout: Layout, settings: "Settings") -> None:
    if layout.frames > settings.max_frames:
        raise Rejected("dicom_too_many_frames", max_frames=settings.max_frames)
    if max(layout.rows * layout.columns, layout.frame_bytes / MOST_PIXEL_BYTES) > settings.max_pixels:
        raise Rejected("dicom_frame_too_large", max_pixels=settings.max_pixels)
    if layout.frames * layout.frame_bytes > settings.max_decoded_bytes:
        raise Rejected("dicom_pixels_too_large", max_decoded_bytes=settings.max_decoded_bytes)
    bands = 3 if layout.samples == 3 or layout.photometric == "PALETTE COLOR" else 1
    model_bytes = MODEL_SAMPLE_BYTES * bands * settings.model_px**2 * layout.frames
    if settings.frames == "each" and model_bytes > settings.max_decoded_bytes:
        raise Rejected("dicom_model_too_large", max_decoded_bytes=settings.max_decoded_bytes)
