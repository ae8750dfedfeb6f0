"""A 3D image as a person looks at it: three orthogonal slices, upright, in proportion, left on the left."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Mask, Volume
from scandrop.processors.nifti._upright import AXIS_ENDS, upright

type Picture = NDArray[np.uint8]

_LONGEST_PX: Final = 320  # the longest side of the image's box
_MARGIN_PX: Final = 20
_GAP_PX: Final = 16
_WINDOW_PERCENT: Final = (1, 99.5)
_LETTER_PX: Final = 2  # screen pixels for each dot of a letter
_LETTERS: Final = {
    "A": (".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
    "P": ("####.", "#...#", "#...#", "####.", "#....", "#....", "#...."),
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
}


def preview(volume: Volume, affine: NDArray[np.float64], mask: Mask) -> Picture:
    """Sagittal, coronal and axial slice through the mask's centre, side by side: uint8 (rows, columns).

    Axes are turned to the nearest of RAS+, intensities windowed from the 1st to the 99.5th percentile, and right and
    left marked; the neurological convention, so the right of the picture is the right of the head.
    """
    to_ras = upright(affine)
    turned, inside = to_ras.turned(volume), to_ras.turned(mask)
    sizes = to_ras.voxel_mm * turned.shape
    pixels = np.maximum(1, np.rint(sizes * _LONGEST_PX / sizes.max())).astype(int)
    low, high = _window(volume)
    panels = []
    for across, up, through in ((1, 2, 0), (0, 2, 1), (0, 1, 2)):
        centre = _centre(inside, through)
        plane = _scaled(np.take(turned, centre, axis=through), pixels[across], pixels[up])
        shown = np.rint(255 * np.clip((plane - low) / (high - low), 0, 1)).astype(np.uint8)
        panels.append(_panel(shown.T[::-1], AXIS_ENDS[across], int(pixels[1:].max())))
    gap = np.zeros((len(panels[0]), _GAP_PX), np.uint8)
    return np.hstack([panels[0], gap, panels[1], gap, panels[2]])


def _window(volume: Volume) -> tuple[float, float]:
    """What is shown black and white; an image that is almost everywhere alike is shown from end to end."""
    low, high = (float(value) for value in np.percentile(volume, _WINDOW_PERCENT, method="lower"))
    return (low, high) if low < high else (float(volume.min()), float(volume.max()))


def _centre(mask: Mask, axis: int) -> int:
    """The index of the slice nearest to the mask's centre of mass."""
    counts = np.count_nonzero(mask, axis=tuple({0, 1, 2} - {axis}))
    return round(float(counts @ np.arange(len(counts)) / counts.sum()))


def _scaled(plane: NDArray[Any], *pixels: int) -> NDArray[Any]:
    """A slice at another number of pixels along both axes, with straight lines between the centres of its voxels."""
    for axis, wanted in enumerate(pixels):
        held = plane.shape[axis]
        at = np.clip((np.arange(wanted) + 0.5) * held / wanted - 0.5, 0, held - 1)
        lower = at.astype(int)
        weight = np.expand_dims(at - lower, 1 - axis)
        upper = np.minimum(lower + 1, held - 1)
        plane = plane.take(lower, axis) * (1 - weight) + plane.take(upper, axis) * weight
    return plane


def _panel(picture: Picture, ends: tuple[str, str], rows: int) -> Picture:
    """A slice in the middle of black margins with the letters of its left and its right end."""
    height, width = picture.shape
    panel = np.zeros((rows + 2 * _MARGIN_PX, width + 2 * _MARGIN_PX), np.uint8)
    top = (panel.shape[0] - height) // 2
    panel[top : top + height, _MARGIN_PX : _MARGIN_PX + width] = picture
    for letter, centre in zip(ends, (_MARGIN_PX // 2, panel.shape[1] - _MARGIN_PX // 2), strict=True):
        dots = np.array([[dot == "#" for dot in row] for row in _LETTERS[letter]])
        drawn = np.kron(dots, np.full((_LETTER_PX, _LETTER_PX), 255, np.uint8)).astype(np.uint8)
        first = (panel.shape[0] - drawn.shape[0]) // 2
        panel[first : first + drawn.shape[0], centre - drawn.shape[1] // 2 :][:, : drawn.shape[1]] = drawn
    return panel
