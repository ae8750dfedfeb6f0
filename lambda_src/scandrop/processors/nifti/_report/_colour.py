"""Colour scales: values to the 255 entries of a palette, whose last, 256th one is transparent."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._report._html import Html, tag
from scandrop.processors.nifti._report._numbers import ticks
from scandrop.processors.nifti._report._png import Pixels, png

SHADES = 255
_CLEAR = SHADES  # the entry that is transparent

# The anchors of viridis (van der Walt and Smith, CC0): even steps of lightness, safe for the colour-blind.
_VIRIDIS = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6dcd59 b4de2c fde725"
# Blue, near white, brown-red: both arms equally dark at equal distance, apart in every common colour blindness.
_DIVERGING = "08306b 2161a8 5f9bd0 aecde8 f5f4f2 f3c4a4 dc845c b24527 6b1208"
_GRAY = "000000 ffffff"


def _palette(anchors: str) -> Pixels:
    colours = np.array([list(bytes.fromhex(anchor)) for anchor in anchors.split()], np.float64)
    at = np.linspace(0, len(colours) - 1, SHADES)
    entries = np.zeros((SHADES + 1, 4), np.uint8)
    for sample in range(3):
        entries[:SHADES, sample] = np.rint(np.interp(at, np.arange(len(colours)), colours[:, sample]))
    entries[:SHADES, 3] = 255
    return entries


VIRIDIS, DIVERGING, GRAY = map(_palette, (_VIRIDIS, _DIVERGING, _GRAY))


@dataclass(frozen=True)
class Scale:
    """From `low` to `high` through a palette; what lies beyond takes the colour of the end, what is not finite none.

    levels: how many different shades are used; fewer make noise smaller to store.
    """

    low: float
    high: float
    palette: Pixels
    unit: str
    levels: int = SHADES

    def entries(self, values: NDArray[np.floating]) -> Pixels:
        with np.errstate(invalid="ignore", over="ignore"):
            share = (np.asarray(values, np.float32) - np.float32(self.low)) / np.float32(self.high - self.low)
        known = np.isfinite(values)
        level = np.rint(np.where(known, np.clip(share, 0, 1), 0) * (self.levels - 1))
        shade = np.rint(level * ((SHADES - 1) / (self.levels - 1))).astype(np.uint8)
        return np.where(known, shade, np.uint8(_CLEAR))

    def uri(self, values: NDArray[np.floating]) -> str:
        """A picture of the values, one pixel each, to stand in a page."""
        return "data:image/png;base64," + base64.b64encode(png(self.entries(values), self.palette)).decode("ascii")

    def bar(self) -> Html:
        """The legend: the scale's colours and the values at round places."""
        ends = f"Colour scale from {self.low:g} to {self.high:g} {self.unit}".strip()
        picture = tag("img", src=self.uri(np.linspace(self.low, self.high, SHADES)[None]), alt=ends)
        marks = (
            tag("span", label, style=f"left:{100 * (value - self.low) / (self.high - self.low):.2f}%")
            for value, label in ticks(self.low, self.high)
        )
        return tag(
            "div", picture, tag("div", *marks, class_="marks", aria_hidden="true"), tag("b", self.unit), class_="bar"
        )


def upper(values: NDArray[np.floating], percentile: float = 98) -> float:
    """A round top of a scale that nearly all values lie below; 1 where none is above 0."""
    known = values[np.isfinite(values)]
    top = float(np.percentile(known, percentile)) if known.size else 0.0
    return _round_up(top) if top > 0 else 1.0


def _round_up(value: float) -> float:
    """To two digits that count."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / unit - 1e-9) * unit)
