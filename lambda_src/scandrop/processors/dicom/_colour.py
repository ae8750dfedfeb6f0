"""Colour as RGB (PS3.3 C.7.6.3.1.2), strip by strip: the products take four times what the pixels do."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

STRIP_PIXELS: Final = 250_000

FULL: Final = np.array([[1, 1, 1], [0, -0.114 * 1.772 / 0.587, 1.772], [1.402, -0.299 * 1.402 / 0.587, 0]])
# Y is 16 to 235, colour 16 to 240 (BT.601).
PARTIAL: Final = FULL * [[255 / 219], [255 / 224], [255 / 224]]


def rgb_of(values: NDArray[Any], photometric: str, bits: int) -> NDArray[Any]:
    """Red, green and blue of pixels (rows, columns, 3) whose samples have `bits`; as they are where they are RGB."""
    if photometric == "RGB":
        return values
    partial = photometric.startswith("YBR_PARTIAL")
    precision: type[np.floating[Any]] = np.float32 if bits <= 16 else np.float64
    matrix: NDArray[Any] = (PARTIAL if partial else FULL).astype(precision)
    half = 1 << bits - 1
    black: NDArray[Any] = np.array([half / 8 if partial else 0, half, half], precision)
    rgb = np.empty_like(values, order="C")
    rows = max(1, STRIP_PIXELS // values.shape[1])
    for top in range(0, len(values), rows):
        strip: NDArray[Any] = values[top : top + rows].astype(precision)
        strip = (strip - black) @ matrix
        strip += 0.5
        rgb[top : top + rows] = np.clip(np.floor(strip, out=strip), 0, (1 << bits) - 1, out=strip)
    return rgb
