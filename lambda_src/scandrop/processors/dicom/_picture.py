"""`model` and `preview` of an object: its middle frame, or each of them in `model`, windowed at full bit depth.

Frames are shown with square pixels. Large ones are first averaged over whole blocks of pixels and only then filtered,
as the image lane does too; a gray frame is windowed and averaged in strips, so that no second copy of it exists.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scandrop.pictures import histogram, views
from scandrop.pictures.raster import Raster, Size
from scandrop.processors import Derivative, Json
from scandrop.processors.dicom._dataset import File
from scandrop.processors.dicom._frames import Frame, Pixels
from scandrop.processors.dicom._histogram import of_values
from scandrop.processors.dicom._spacing import aspect
from scandrop.processors.dicom._transforms import Range
from scandrop.processors.dicom._voi import Display, needs_each_pixel
from scandrop.processors.dicom._warnings import Warned

if TYPE_CHECKING:
    from scandrop.processors.dicom import Settings

MARGIN: Final = 1.5  # how much larger than needed a frame stays for the filter to work on
STRIP_PIXELS: Final = 100_000

type Gray = NDArray[np.float32]
type Shown = Callable[[NDArray[Any]], Gray]


@dataclass(frozen=True)
class Pictures:
    """What was made, and of the middle frame the center and width that it is shown with, and how its values spread.

    Either is None where there is none.
    """

    derivatives: list[Derivative]
    window: Range | None = None
    histogram: dict[str, Json] | None = None


def pictures(file: File, pixels: Pixels, settings: "Settings", work: Path, warned: Warned) -> Pictures:
    """``model.npz``, ``model.png`` and ``preview.png`` in the folder `work`."""
    middle = pixels.frames // 2
    size = (pixels.layout.columns, pixels.layout.rows)
    sizes = _Sizes.of(size, aspect(file, middle, warned), settings)
    indices = pixels.shown(settings)
    at_least = None if any(needs_each_pixel(file, index, pixels.layout) for index in indices) else sizes.at_least
    if len(indices) == 1:
        frame = pixels.frame(middle, at_least)
        view = _View.of(file, middle, frame, sizes, warned)
        made = views.model(view.raster(sizes.model), settings.model_px, work)
        return Pictures([view.preview(sizes, work), *made], view.window, view.histogram(frame))
    kept: list[tuple[_View, dict[str, Json] | None]] = []

    def squares() -> Iterator[views.Square]:
        for index, frame in enumerate(pixels.frames_at(indices, at_least)):
            view = _View.of(file, index, frame, sizes, warned)
            if index == middle:
                kept.append((view, view.histogram(frame)))
            yield views.Square.of(view.raster(sizes.model), settings.model_px)

    made = views.model_of_frames(squares(), pixels.frames, middle, work)
    view, spread = kept[0]
    return Pictures([view.preview(sizes, work), *made], view.window, spread)


@dataclass(frozen=True)
class _Sizes:
    """How large each picture comes out (width, height), and from how many rows and columns that is well made."""

    model: Size
    preview: Size
    at_least: tuple[int, int]
    resample: Image.Resampling

    @classmethod
    def of(cls, size: Size, aspect: float, settings: "Settings") -> Self:
        columns, rows = size
        square = (columns, max(1, round(rows * aspect))) if aspect > 1 else (max(1, round(columns / aspect)), rows)
        model = views.fitted(square, (settings.model_px, settings.model_px), enlarge=True)
        preview = views.fitted(square, (settings.preview_px, settings.preview_px))
        wide, high = (math.ceil(MARGIN * max(sides)) for sides in zip(model, preview, strict=True))
        at_least = min(rows, high), min(columns, wide)
        return cls(model, preview, at_least, Image.Resampling[settings.filter.upper()])


@dataclass(frozen=True)
class _View:
    """One frame, small and as it is shown: an 8-bit RGB image, or float planes in [0, 1].

    size: width and height that the planes cover, in their own pixels: the last of these may be covered in part.
    value_range: what 0 and 1 stand for; eye: the part of that which a preview stretches over all grays.
    display: of gray.
    """

    planes: tuple[Image.Image, ...]
    size: tuple[float, float]
    value_range: Range
    eye: Range
    display: Display | None
    resample: Image.Resampling

    @classmethod
    def of(cls, file: File, index: int, frame: Frame, sizes: _Sizes, warned: Warned) -> Self:
        values = frame.stored
        rows, columns = values.shape[:2]
        if values.ndim == 3 and frame.bits == 8:
            image = Image.fromarray(np.ascontiguousarray(values))
            return cls((image,), (columns, rows), (0, 255), (0, 1), None, sizes.resample)
        down, across = (max(1, side // least) for side, least in zip((rows, columns), sizes.at_least, strict=True))
        size = columns / across, rows / down
        if bands := _bands(frame):
            means = [averaged(band, shown, down, across) for band, shown in bands]
            whole = 0, (1 << frame.bits) - 1
            return cls(tuple(map(Image.fromarray, means)), size, whole, (0, 1), None, sizes.resample)
        display = Display.of(file, index, frame, warned)
        plane = Image.fromarray(averaged(values, display, down, across))
        return cls((plane,), size, display.value_range, display.eye_window, display, sizes.resample)

    @property
    def window(self) -> Range | None:
        return self.display.window if self.display else None

    def histogram(self, frame: Frame) -> dict[str, Json] | None:
        """Of gray in its units, of colour its luminance."""
        if self.display:
            return of_values(frame.stored, self.display)
        bands = "RGB" if self.planes[0].mode == "RGB" or len(self.planes) > 1 else "L"
        return histogram.of_raster(Raster(bands, self.planes, *self.value_range))

    def raster(self, size: Size) -> Raster:
        whole = (0, 0, *self.size)
        if self.planes[0].mode == "RGB":
            small = self.planes[0].resize(size, self.resample, reducing_gap=MARGIN)
            return Raster("RGB", (small,))
        resized = (np.asarray(plane.resize(size, self.resample, whole)) for plane in self.planes)
        clamped = (Image.fromarray(np.clip(plane, 0, 1)) for plane in resized)  # the filter rings past the range
        return Raster("L" if len(self.planes) == 1 else "RGB", tuple(clamped), *self.value_range)

    def preview(self, sizes: _Sizes, work: Path) -> Derivative:
        return views.preview(self.raster(sizes.preview).for_the_eye(self.eye), work)


def _bands(frame: Frame) -> list[tuple[NDArray[Any], Shown]]:
    """Red, green and blue as stored values, and how each is shown; none of gray."""
    if frame.palette:
        return [(frame.stored, partial(frame.palette.brightness, colour=colour)) for colour in range(3)]
    if frame.stored.ndim == 2:
        return []
    shown = partial(np.multiply, np.float32(1 / ((1 << frame.bits) - 1)), dtype=np.float32)
    return [(band, shown) for band in np.moveaxis(frame.stored, 2, 0)]


def averaged(values: NDArray[Any], shown: Shown, down: int, across: int) -> Gray:
    """The mean of each block of `down` x `across` pixels as they are shown; blocks at the far edges may be smaller."""
    if down == across == 1:
        return shown(values)
    rows, columns = values.shape
    means = np.empty((-(-rows // down), -(-columns // across)), np.float32)
    wide = max(1, STRIP_PIXELS // (across * down))  # of a strip, in means: less than a row only where that is very long
    for left in range(0, means.shape[1], wide):
        part = values[:, left * across : (left + wide) * across]
        high = max(1, STRIP_PIXELS // (part.shape[1] * down))
        lefts = np.arange(0, part.shape[1], across)
        widths = np.diff(lefts, append=part.shape[1]).astype(np.float32)
        for top in range(0, len(means), high):
            strip = _mean_rows(shown(part[top * down : (top + high) * down]), down)
            means[top : top + high, left : left + wide] = np.add.reduceat(strip, lefts, axis=1) / widths
    return means


def _mean_rows(strip: Gray, down: int) -> Gray:
    whole = len(strip) // down * down
    means: Gray = strip[:whole].reshape(-1, down, strip.shape[1]).mean(axis=1)
    return means if whole == len(strip) else np.vstack([means, strip[whole:].mean(axis=0)])
