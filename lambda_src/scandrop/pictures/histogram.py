"""How the values of one picture are spread, for the ledger: 64 bins between the lowest and the highest.

``{"lowest": 0, "highest": 255, "counts": [64 whole numbers]}``, in the picture's own units. Counted are some 100,000
pixels, evenly spaced and none of them averaged, so that a radiograph takes no longer than a thumbnail.
"""

import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageMath

from scandrop.pictures.raster import Raster, to_integers
from scandrop.processors import Json

BINS: Final = 64
SAMPLE_PIXELS: Final = 100_000
LUMINANCE: Final = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's own conversion


def histogram(lowest: float, highest: float, counts: Sequence[int]) -> dict[str, Json]:
    """`counts`: how many values are in each of `BINS` equal parts of the range."""
    return {"lowest": _short(lowest), "highest": _short(highest), "counts": list(counts)}


def of_raster(raster: Raster) -> dict[str, Json]:
    """Of the luminance: 8 bits over their whole range, deeper pixels from their own lowest to their highest."""
    sample = _sample(raster).opaque()
    if not sample.deep:
        return histogram(0, 255, _folded(sample.planes[0].convert("L")))
    gray = _luminance(sample.unit_planes())
    low, high = (float(end) for end in gray.getextrema())  # type: ignore[arg-type]  # of one band
    scale = 256 / (high - low) if high > low else 0.0
    span = raster.high - raster.low
    counts = _folded(to_integers(gray, scale, -low * scale - 0.5, "L"))  # less a half, so that it cuts off
    return histogram(raster.low + low * span, raster.low + high * span, counts)


def _short(value: float) -> float:
    """To the six digits that a 32-bit float is good for."""
    return float(f"{value:.6g}")


def _sample(raster: Raster) -> Raster:
    shrink = min(1.0, math.sqrt(SAMPLE_PIXELS / math.prod(raster.size)))
    width, height = (max(1, round(side * shrink)) for side in raster.size)
    return raster.resized((width, height), Image.Resampling.NEAREST)


def _luminance(planes: Sequence[Image.Image]) -> Image.Image:
    if len(planes) == 1:
        return planes[0]
    weighted = dict(zip("rgb", planes, strict=True))
    red, green, blue = LUMINANCE
    gray: Image.Image = ImageMath.lambda_eval(lambda v: v["r"] * red + v["g"] * green + v["b"] * blue, **weighted)
    return gray


def _folded(gray: Image.Image) -> list[int]:
    counts, width = gray.histogram(), 256 // BINS
    return [sum(counts[start : start + width]) for start in range(0, 256, width)]
