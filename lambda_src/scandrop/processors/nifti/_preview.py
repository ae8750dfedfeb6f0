"""A 3D image as a person looks at it: three orthogonal slices, upright, in proportion, left on the left."""

from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._stream import Volume

type Mask = NDArray[np.bool_]
type Picture = NDArray[np.uint8]

_LONGEST_PX: Final = 320  # the longest side of the image's box
_MARGIN_PX: Final = 20
_GAP_PX: Final = 16
_WINDOW_PERCENT: Final = (1, 99.5)
_LETTER_PX: Final = 2  # screen pixels for each dot of a letter
_AXIS_ENDS: Final = (("L", "R"), ("P", "A"), ("I", "S"))
_LETTERS: Final = {
    "A": (".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#....", "#....", "#####"),
    "P": ("####.", "#...#", "#...#", "####.", "#....", "#....", "#...."),
    "R": ("####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"),
}


def orientation(affine: NDArray[np.float64]) -> str:
    """Where each voxel axis points, such as ``LAS``: to the nearest of right, left, anterior, posterior and so on."""
    axes, signs = _axes(affine)
    letters = [""] * 3
    for (low, high), axis, sign in zip(_AXIS_ENDS, axes, signs, strict=True):
        letters[axis] = high if sign > 0 else low
    return "".join(letters)


def preview(volume: Volume, affine: NDArray[np.float64], mask: Mask) -> Picture:
    """Sagittal, coronal and axial slice through the mask's centre, side by side: uint8 (rows, columns).

    Axes are turned to the nearest of RAS+, intensities windowed from the 1st to the 99.5th percentile, and right and
    left marked; the neurological convention, so the right of the picture is the right of the head.
    """
    axes, signs = _axes(affine)
    voxel_mm = np.linalg.norm(affine[:3, :3], axis=0)[list(axes)]
    upright, inside = _turned(volume, axes, signs), _turned(mask, axes, signs)
    sizes = voxel_mm * upright.shape
    pixels = np.maximum(1, np.rint(sizes * _LONGEST_PX / sizes.max())).astype(int)
    low, high = _window(volume)
    panels = []
    for across, up, through in ((1, 2, 0), (0, 2, 1), (0, 1, 2)):
        centre = _centre(inside, through)
        plane = _scaled(np.take(upright, centre, axis=through), pixels[across], pixels[up])
        shown = np.rint(255 * np.clip((plane - low) / (high - low), 0, 1)).astype(np.uint8)
        panels.append(_panel(shown.T[::-1], _AXIS_ENDS[across], int(pixels[1:].max())))
    gap = np.zeros((len(panels[0]), _GAP_PX), np.uint8)
    return np.hstack([panels[0], gap, panels[1], gap, panels[2]])


def _window(volume: Volume) -> tuple[float, float]:
    """What is shown black and white; an image that is almost everywhere alike is shown from end to end."""
    low, high = (float(value) for value in np.percentile(volume, _WINDOW_PERCENT, method="lower"))
    return (low, high) if low < high else (float(volume.min()), float(volume.max()))


def _axes(affine: NDArray[np.float64]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For x, y and z of the world: the voxel axis that lies nearest, each taken once, and 1 or -1 for its direction."""
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    axes = max(permutations(range(3)), key=lambda order: sum(abs(cosines[range(3), order])))
    return axes, tuple(1 if cosines[world, axis] > 0 else -1 for world, axis in enumerate(axes))


def _turned[T: np.generic](array: NDArray[T], axes: tuple[int, ...], signs: tuple[int, ...]) -> NDArray[T]:
    return array.transpose(axes)[:: signs[0], :: signs[1], :: signs[2]]


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
