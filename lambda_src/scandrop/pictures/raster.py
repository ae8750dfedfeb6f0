"""Pixels at their own depth: 8 bits in sRGB, 16 bits as stored, or 32-bit floats.

Without numpy: it would triple the lane's layer and its cold start for what Pillow's own loops can do.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from PIL import Image, ImageMath

WHITE: Final = {"LA": (255, 255), "RGBA": (255, 255, 255, 255)}
STRIP_PIXELS: Final = 4_000_000  # what is worked on at a time, to hold no second copy of a large image
FULL_SCALE: Final = {"I;16": 65_535.0, "F": 1.0}
# one reduction by a whole number before the filter: 2.5x as fast, 53 dB against the filter alone
REDUCING_GAP: Final = 1.5

type Size = tuple[int, int]


@dataclass(frozen=True)
class Raster:
    """The upright pixels of one frame.

    bands: L, LA, RGB or RGBA.
    planes: one interleaved 8-bit image; or, when `deep`, an image per band, either I;16 or F in [0, 1]. Deep colour
        is multiplied by its alpha, so that what is transparent lends no colour to its neighbours.
    low, high: what 0 and full scale stand for in the file's own units.
    holes: pixels that were NaN or infinite and hold `low` now.
    """

    bands: str
    planes: tuple[Image.Image, ...]
    low: float = 0.0
    high: float = 255.0
    holes: int = 0

    @property
    def deep(self) -> bool:
        return self.planes[0].mode in FULL_SCALE

    @property
    def size(self) -> Size:
        return self.planes[0].size

    @property
    def alpha(self) -> bool:
        return self.bands.endswith("A")

    @property
    def sample_bytes(self) -> int:
        return {"I;16": 2, "F": 4}.get(self.planes[0].mode, 1)

    def resized(self, size: Size, resample: Image.Resampling) -> Self:
        if size == self.size:
            return self
        if self.deep:
            return self._with(*(_resized_plane(plane, size, resample) for plane in self.planes))
        gap = REDUCING_GAP if min(size) > 1 else None
        return self._with(self.planes[0].resize(size, resample, reducing_gap=gap))

    def opaque(self) -> Self:
        """The same without an alpha band, on white."""
        if not self.alpha:
            return self
        bands = self.bands[:-1]
        if not self.deep:
            on_white = Image.new(self.bands, self.size, WHITE[self.bands])
            on_white.alpha_composite(self.planes[0])
            return self._with(on_white.convert(bands), bands=bands)
        *colours, alpha = map(_unit, self.planes)
        on_white_planes = (_calculated(lambda v: v["x"] + 1.0 - v["a"], x=plane, a=alpha) for plane in colours)
        return self._with(*map(_clamped, on_white_planes), bands=bands)

    def cropped(self, box: tuple[int, int, int, int]) -> Self:
        return self._with(*(plane.crop(box) for plane in self.planes))

    def samples(self) -> bytes:
        """All samples in the file's own units, those of one pixel side by side."""
        if not self.deep:
            return self.planes[0].tobytes()
        if self.sample_bytes == 4:
            return interleaved([_scaled(plane, self.high - self.low, self.low) for plane in self.planes])
        if self.alpha:
            return interleaved([to_integers(plane, 65_535, 0, "I;16") for plane in self.unit_planes()])
        return interleaved(list(self.planes))

    def unit_planes(self) -> list[Image.Image]:
        """An F image per band, 0 at `low` and 1 at `high`."""
        if not self.deep:
            return [_scaled(band.convert("F"), 1 / 255) for band in self.planes[0].split()]
        if not self.alpha:
            return [_unit(plane) for plane in self.planes]
        *colours, alpha = map(_unit, self.planes)
        return [*(_clamped(_quotient(plane, alpha)) for plane in colours), alpha]

    def for_the_eye(self, window: tuple[float, float]) -> Self:
        """The same in 8 bits, with `window` (as parts of full scale) stretched over them."""
        if not self.deep:
            return self
        low, high = window
        scale = 255 / (high - low) if high > low else 0.0
        planes = self.unit_planes()
        bands = [to_integers(plane, scale, -low * scale, "L") for plane in planes]
        if self.alpha:
            bands[-1] = to_integers(planes[-1], 255, 0, "L")
        return type(self)(self.bands, (Image.merge(self.bands, bands) if len(bands) > 1 else bands[0],))

    def window(self, percent: float) -> tuple[float, float]:
        """What to stretch over 8 bits, as parts of full scale.

        Gray: all but `percent` of the pixels at either end. Colour: the bits that are in use, so that a 12-bit camera
        in a 16-bit file is not black and a photograph keeps its look.
        """
        planes = self.unit_planes()[: 3 if len(self.bands) > 2 else 1]
        if len(planes) > 1:
            brightest = max(_extrema(plane)[1] for plane in planes)
            return 0.0, ((1 << max(8, round(brightest * 65_535).bit_length())) - 1) / 65_535
        values = sorted(array("f", planes[0].tobytes()))
        skip = int(len(values) * percent / 100)
        low, high = values[skip], values[-1 - skip]
        return (low, high) if high > low else (values[0], values[-1])

    def _with(self, *planes: Image.Image, bands: str | None = None) -> Self:
        return type(self)(bands or self.bands, planes, self.low, self.high, self.holes)


def to_integers(plane: Image.Image, scale: float, offset: float, mode: str) -> Image.Image:
    """An F image times `scale` plus `offset`, rounded and held to the mode's range (L or I;16)."""
    shifted = _scaled(plane, scale, offset + 0.5)
    return shifted.convert("L") if mode == "L" else shifted.convert("I").convert("I;16")


def interleaved(planes: list[Image.Image]) -> bytes:
    """The samples of I;16 or F images, those of one pixel side by side."""
    if len(planes) == 1:
        return planes[0].tobytes()
    code = "H" if planes[0].mode == "I;16" else "f"
    samples = array(code, bytes(len(planes) * planes[0].width * planes[0].height * array(code).itemsize))
    for band, plane in enumerate(planes):
        samples[band :: len(planes)] = array(code, plane.tobytes())
    return samples.tobytes()


def from_16_bits(image: Image.Image, *, inverted: bool) -> Raster:
    if image.mode != "I;16":  # straight from the other byte order Pillow clips to 8 bits
        image = image.convert("I").convert("I;16")
    for box in _strips(image.size) if inverted else ():
        strip = image.crop(box).convert("I").point(lambda value: value * -1 + 65_535)
        image.paste(strip.convert("I;16"), box)
    return Raster("L", (image,), high=65_535.0)


def from_bytes(bands: str, high_bytes: Image.Image, low_bytes: Image.Image) -> Raster:
    """16-bit colour from two images that hold a byte of each sample."""
    planes = tuple(Image.new("I;16", high_bytes.size) for _ in bands)
    for box in _strips(high_bytes.size):
        halves = zip(high_bytes.crop(box).split(), low_bytes.crop(box).split(), strict=True)
        strips = [_joined(high, low) for high, low in halves]
        if bands.endswith("A"):
            *colours, alpha = map(_unit, strips)
            products = (_calculated(lambda v: v["x"] * v["a"], x=plane, a=alpha) for plane in colours)
            strips[:-1] = [to_integers(product, 65_535, 0, "I;16") for product in products]
        for plane, strip in zip(planes, strips, strict=True):
            plane.paste(strip, box)
    return Raster(bands, planes, high=65_535.0)


def with_transparent(raster: Raster, colour: tuple[int, ...]) -> Raster:
    """A 16-bit raster with an alpha band that is 0 where the pixel has this very colour."""
    planes = (*raster.planes, Image.new("I;16", raster.size))
    for box in _strips(raster.size):
        strips = [plane.crop(box).convert("I") for plane in raster.planes]
        shown = Image.new("I", strips[0].size)
        for strip, value in zip(strips, colour, strict=True):
            shown = _calculated(lambda v: v["s"] | (v["x"] != v["value"]), s=shown, x=strip, value=value)
        for plane, strip in zip(planes, [*strips, Image.new("I", shown.size, 65_535)], strict=True):
            plane.paste(_calculated(lambda v: v["x"] * v["s"], x=strip, s=shown).convert("I;16"), box)
    return Raster(f"{raster.bands}A", planes, high=raster.high)


def from_32_bits(image: Image.Image, *, unsigned: bool) -> Raster | None:
    """32-bit integers or floats, their own minimum at 0 and maximum at 1; None where no value is finite."""
    plane = image.convert("F") if image.mode == "I" else image
    low, high, holes = float("inf"), float("-inf"), 0
    for box in _strips(plane.size):
        strip = plane.crop(box)
        if unsigned:  # Pillow reads the upper half of the range as negative
            strip = _calculated(lambda v: v["x"] + (v["x"] < 0.0) * 4_294_967_296.0, x=strip)
            plane.paste(strip, box)
        strip_low, strip_high, strip_holes = _finite_extrema(strip)
        low, high, holes = min(low, strip_low), max(high, strip_high), holes + strip_holes
    if low > high:
        return None
    scale = 1 / (high - low) if high > low else 0.0
    for box in _strips(plane.size):
        strip = plane.crop(box)
        if holes:
            strip = _filled(strip, low)
        plane.paste(_scaled(strip, scale, -low * scale), box)
    return Raster("L", (plane,), low, high, holes)


def _resized_plane(plane: Image.Image, size: Size, resample: Image.Resampling) -> Image.Image:
    small = plane.resize(size, resample)
    return _clamped(small) if plane.mode == "F" else small  # the filter rings past the range


def _unit(plane: Image.Image) -> Image.Image:
    return plane if plane.mode == "F" else _scaled(plane.convert("F"), 1 / 65_535)


def _scaled(plane: Image.Image, scale: float, offset: float = 0.0) -> Image.Image:
    return plane.point(lambda value: value * scale + offset)


def _calculated(formula: Callable[[dict[str, Any]], Any], **operands: Image.Image | int) -> Image.Image:
    result: Image.Image = ImageMath.lambda_eval(formula, **operands)
    return result


def _clamped(plane: Image.Image) -> Image.Image:
    return _calculated(lambda v: v["min"](v["max"](v["x"], 0.0), 1.0), x=plane)


def _quotient(plane: Image.Image, alpha: Image.Image) -> Image.Image:
    return _calculated(lambda v: v["x"] / v["max"](v["a"], 1e-6), x=plane, a=alpha)


def _joined(high: Image.Image, low: Image.Image) -> Image.Image:
    samples = bytearray(2 * high.width * high.height)
    samples[0::2], samples[1::2] = low.tobytes(), high.tobytes()
    return Image.frombytes("I;16", high.size, bytes(samples))


def _finite_mask(plane: Image.Image) -> Image.Image:
    # infinity minus itself is NaN, and NaN equals nothing
    return _calculated(lambda v: v["x"] - v["x"] == 0.0, x=plane).convert("L").point(lambda on: on and 255)


def _finite_extrema(plane: Image.Image) -> tuple[float, float, int]:
    mask = _finite_mask(plane)
    holes = mask.histogram()[0]
    if not holes:
        return *_extrema(plane), 0
    if holes == plane.width * plane.height:
        return float("inf"), float("-inf"), holes
    return _extrema(_filled(plane, _LARGEST, mask))[0], _extrema(_filled(plane, -_LARGEST, mask))[1], holes


def _filled(plane: Image.Image, value: float, mask: Image.Image | None = None) -> Image.Image:
    return Image.composite(plane, Image.new("F", plane.size, value), mask or _finite_mask(plane))


def _extrema(plane: Image.Image) -> tuple[float, float]:
    low, high = plane.getextrema()
    return float(low), float(high)  # type: ignore[arg-type]


def _strips(size: Size) -> list[tuple[int, int, int, int]]:
    width, height = size
    rows = max(1, STRIP_PIXELS // width)
    return [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]


_LARGEST: Final = 3.4e38  # near the largest float of 32 bits
