"""Which derivative is made of what, from one decode where one is enough."""

import math
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from PIL import Image

from scandrop.pictures import histogram, views
from scandrop.pictures.raster import Raster, Size
from scandrop.processors import Derivative, Json, Result
from scandrop.processors.image import Settings
from scandrop.processors.image._colour import bits_per_sample, read
from scandrop.processors.image._encode import save, save_animation
from scandrop.processors.image._png_writer import write_png
from scandrop.processors.image._source import Source, opened, personal_data
from scandrop.processors.image._tiff_writer import write_tiff

SUFFIXES: Final = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
HALF_SUFFIXES: Final = {"BMP": ".png", "GIF": ".png", "JPEG": ".jpg", "PNG": ".png", "TIFF": ".tiff", "WebP": ".webp"}
DECODE_MARGIN: Final = 1.5  # how much larger than needed a JPEG is decoded, for the filter to work on
MAX_WEBP_SIDE: Final = 16_383  # libwebp's WEBP_MAX_DIMENSION
GRAPHIC_COLOURS: Final = 64  # a drawing has fewer, a photograph more
UNTIMED_FRAME_MS: Final = 100  # what every browser makes of a frame that says 0


def derive(path: Path, settings: Settings, work: Path) -> Result:
    """See `scandrop.processors.image.process`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is checked here, and quotes tags while doing so
        with opened(path, settings) as source:
            return _derive(source, settings, work)


def _derive(source: Source, settings: Settings, work: Path) -> Result:
    sizes = Sizes.of(source.size, settings)
    metadata: dict[str, Json] = {
        "format": source.format,
        "mode": source.image.mode,
        "bits": bits_per_sample(source.image),
        "width": source.size[0],
        "height": source.size[1],
        "frames": source.frames,
        "pages": source.pages,
    }
    first = read(source, at_least=sizes.at_least)
    metadata |= {"alpha": first.alpha, "nonfinite_pixels": first.holes, "removed": [*personal_data(source)]}
    maker = _Maker(source, first, sizes, settings, work)
    with ThreadPoolExecutor(max_workers=1) as pool:
        half = pool.submit(maker.half)  # takes about as long as the others together
        web, *others = [maker.web(), *maker.model(), maker.preview()]
        metadata |= {"histogram": histogram.of_raster(first), "window": maker.window()}
        derivatives = [web, half.result(), *others]
    size_bytes = source.path.stat().st_size
    metadata["size_bytes"] = size_bytes
    for derivative in derivatives[:2]:
        name = derivative.path.stem
        derived_bytes = derivative.path.stat().st_size
        metadata[f"{name}_size_bytes"] = derived_bytes
        metadata[f"{name}_reduction_percent"] = round(100 * (1 - derived_bytes / size_bytes), 1)
    return Result(derivatives, metadata)


@dataclass(frozen=True)
class Sizes:
    """How large each derivative comes out, and from how large a decode that is well made."""

    web: Size
    half: Size
    model: Size
    preview: Size
    at_least: Size

    @classmethod
    def of(cls, size: Size, settings: Settings) -> Self:
        half = views.scaled(size, settings.half_percent / 100)
        web = views.fitted(size, (settings.web_width_px, settings.web_height_px))
        model = views.fitted(size, (settings.model_px, settings.model_px), enlarge=True)
        preview = views.fitted(size, (settings.preview_px, settings.preview_px))
        filtered = [math.ceil(DECODE_MARGIN * max(sides)) for sides in zip(web, model, preview, strict=True)]
        width, height = (min(side, max(needed)) for side, *needed in zip(size, half, filtered, strict=True))
        return cls(web, half, model, preview, (width, height))


@dataclass(frozen=True)
class _Maker:
    source: Source
    first: Raster
    sizes: Sizes
    settings: Settings
    work: Path

    def web(self) -> Derivative:
        """An animation as WebP; else the smallest of the formats that suit the content."""
        if self.source.frames > 1:
            return self._animation()
        view = self._for_the_eye(self.sizes.web)
        lossless = self._is_graphic
        suits = {"jpeg": not lossless and not view.alpha, "png": lossless, "webp": True}
        candidates = [name for name in self.settings.web_formats if suits[name]] or self.settings.web_formats
        paths = [self._save(view, f"web{SUFFIXES[name]}", lossless=lossless) for name in candidates]
        smallest, *others = sorted(paths, key=lambda path: path.stat().st_size)
        for path in others:
            path.unlink()
        return views.derivative(smallest, view.size)

    def half(self) -> Derivative:
        path = self.work / f"half{self._half_suffix}"
        if path.suffix == ".tiff":
            write_tiff(path, self._half_pages())
        elif self.first.deep:
            write_png(path, self._resized(self.sizes.half))
        else:
            self._save(self._resized(self.sizes.half), path.name, lossless=self._is_graphic)
        return views.derivative(path, self.sizes.half, bits=8 * self.first.sample_bytes, pages=self.source.pages)

    @property
    def _half_suffix(self) -> str:
        """As the original's, but an animation may be larger than a WebP that stands still."""
        suffix = HALF_SUFFIXES[self.source.format]
        return ".png" if suffix == ".webp" and max(self.sizes.half) > MAX_WEBP_SIDE else suffix

    def model(self) -> list[Derivative]:
        return views.model(self._resized(self.sizes.model), self.settings.model_px, self.work)

    def preview(self) -> Derivative:
        return views.preview(self._for_the_eye(self.sizes.preview), self.work)

    def window(self) -> list[Json]:
        """The values that `web` and `preview` show as black and as white, in the file's own units."""
        span = self.first.high - self.first.low
        return [float(f"{self.first.low + end * span:.6g}") for end in self._window]

    def _animation(self) -> Derivative:
        durations_ms: list[float] = []
        path = self.work / "web.webp"
        save_animation(
            self._frames(durations_ms),
            path,
            count=self.source.frames,
            durations_ms=durations_ms,
            plays=self.source.plays,
            quality=self.settings.quality,
        )
        return views.derivative(path, self.sizes.web, frames=self.source.frames, duration_ms=round(sum(durations_ms)))

    def _frames(self, durations_ms: list[float]) -> Iterator[Image.Image]:
        for index in range(self.source.frames):
            self.source.seek(self.source.first_frame + index)
            frame = read(self.source).cropped((0, 0, *self.source.size)).resized(self.sizes.web, self._resample)
            durations_ms.append(self.source.image.info.get("duration") or UNTIMED_FRAME_MS)
            yield frame.for_the_eye(self._window).planes[0]

    def _half_pages(self) -> Iterator[Raster]:
        yield self._resized(self.sizes.half)
        for page in range(1, self.source.pages):
            self.source.seek(page)
            raster = read(self.source, page)
            yield raster.resized(views.scaled(raster.size, self.settings.half_percent / 100), self._resample)

    def _resized(self, size: Size) -> Raster:
        return self.first.resized(size, self._resample)

    def _for_the_eye(self, size: Size) -> Raster:
        return self._resized(size).for_the_eye(self._window)

    def _save(self, raster: Raster, name: str, *, lossless: bool = False) -> Path:
        path = self.work / name
        shown = raster.opaque() if path.suffix == ".jpg" else raster
        save(shown.planes[0], path, quality=self.settings.quality, lossless=lossless)
        return path

    @property
    def _resample(self) -> Image.Resampling:
        return Image.Resampling[self.settings.filter.upper()]

    @cached_property
    def _is_graphic(self) -> bool:
        """Whether so few colours occur that losing none costs less than losing some."""
        if self.first.deep:
            return False
        image = self.first.planes[0]
        sample = image.resize(views.fitted(image.size, (256, 256)), Image.Resampling.NEAREST)
        return sample.getcolors(GRAPHIC_COLOURS) is not None

    @cached_property
    def _window(self) -> tuple[float, float]:
        return self._resized(self.sizes.preview).window(views.WINDOW_PERCENT) if self.first.deep else (0.0, 1.0)
