"""The image lane: PNG, JPEG, GIF, BMP, TIFF and WebP into web, half, model and preview derivatives.

    __init__     the contract: Settings, sniff, process; needs no Pillow until `process` is called
    _headers     signatures and caps from the raw bytes
    _source      opening, caps, frames, upright pixels, what personal data a file carries
    _colour      from Pillow's modes to a raster, in sRGB
    _tiff_reader, _tiff_writer, _png_writer    what Pillow gets wrong or cannot do with deep images
    _encode      the bytes of `web` and `half`
    _pipeline    which derivative is made of what

Pixels at their own depth, `model` and `preview` are those of `scandrop.pictures`.

``docs/lanes/image.md`` says what each derivative holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scandrop.pictures import FILTERS
from scandrop.processors import Result, Source
from scandrop.processors.image._headers import sniff

__all__ = ["Settings", "process", "sniff"]

WEB_FORMATS: Final = ("jpeg", "png", "webp")

# Pillow refuses larger images whatever it is told, and WebP and JPEG have longest sides of their own
LIMITS: Final[dict[str, tuple[int, int]]] = {
    "web_width_px": (1, 16_383),
    "web_height_px": (1, 16_383),
    "half_percent": (1, 100),
    "model_px": (1, 4_096),
    "preview_px": (1, 4_096),
    "quality": (1, 100),
    "max_pixels": (1, 178_956_970),
    "max_total_pixels": (1, 10_000_000_000),
    "max_frames": (1, 100_000),
}


@dataclass(frozen=True)
class Settings:
    """What an environment can choose for its images.

    web_width_px, web_height_px: the box that `web` fits into.
    web_formats: the candidates for `web`; the smallest that suits the content wins.
    half_percent: the size of `half` in percent of each side.
    model_px: the side of the square that `model` holds.
    preview_px: the side of the box that `preview` fits into.
    quality: of lossy JPEG and WebP, 1 to 100.
    filter: how pixels are resampled.
    max_pixels: in one frame; max_total_pixels: in all frames or pages together; max_frames: frames or pages.
    """

    web_width_px: int = 800
    web_height_px: int = 600
    web_formats: Sequence[str] = ("webp", "jpeg", "png")
    half_percent: int = 50
    model_px: int = 224
    preview_px: int = 256
    quality: int = 85
    filter: str = "lanczos"
    max_pixels: int = 100_000_000
    max_total_pixels: int = 500_000_000
    max_frames: int = 500

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"image.{name} must be a whole number from {least} to {most}, not {value!r}.")
        if isinstance(self.web_formats, str) or not self.web_formats or set(self.web_formats) - set(WEB_FORMATS):
            raise ValueError(
                f"image.web_formats must list one or more of {', '.join(WEB_FORMATS)}, not {self.web_formats!r}."
            )
        if self.filter not in FILTERS:
            raise ValueError(f"image.filter must be one of {', '.join(FILTERS)}, not {self.filter!r}.")


def process(source: Source, settings: Settings, work: Path) -> Result:
    """Turn one image file into `web`, `half`, `model` and `preview` inside the empty folder `work`."""
    from scandrop.processors.image._pipeline import derive  # noqa: PLC0415 (the lane that only sniffs has no Pillow)

    return derive(source.path, settings, work)
