"""Which voxels are brain, from the brightness of one volume alone."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Mask, Volume

_OPENING_MM = 6.0
_LEAST_SHARE = 0.005


def brain_mask(volume: Volume, voxel_mm: Sequence[float]) -> Mask:
    """The brain in an EPI volume: all that is bright, without thin bridges, specks and holes.

    The threshold is that of AFNI's ``3dClipLevel``: half the median of all that exceeds it. What it leaves is
    opened by about 6 mm, of which only the largest piece is kept, and its holes are filled, much as in nilearn's
    ``compute_epi_mask``. Voxels beyond the field of view count as bright, so that a head cut by it stays whole.

    In a T1-weighted head this is no skull stripping: the brain is in it, and so are neck, face and scalp wherever they
    are as bright as the threshold and too thick for the opening.

    volume: float32 (nx, ny, nz). voxel_mm: the size of a voxel along each axis.
    Returns bool (nx, ny, nz); all True where nothing stands out, as in a constant volume, or a brain fills the field
    of view: the caller says so (warning ``brain_not_found``).
    """
    bright = volume >= _clip_level(volume)
    steps = [max(1, round(_OPENING_MM / size)) for size in voxel_mm]
    core = _largest(~_dilated(~bright, steps))
    mask = _without_holes(~_dilated(~_dilated(core, [2 * n for n in steps]), steps))
    if not _LEAST_SHARE <= mask.mean() < 1:
        return np.ones_like(mask)
    return mask


def _clip_level(volume: Volume) -> float:
    """Half the median of the voxels that exceed it; infinite where none is positive."""
    values = np.sort(volume[volume > 0])
    if not values.size:
        return np.inf
    level = 0.65 * float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
    for _ in range(66):  # as in AFNI; a handful is enough
        above = np.searchsorted(values, level)
        better = 0.5 * float(values[(above + values.size) // 2])
        if better == level:
            break
        level = better
    return level


def _dilated(mask: Mask, steps: Sequence[int]) -> Mask:
    """The mask grown by so many steps along each axis, one voxel of all axes at a time: an octahedron."""
    grown = mask.copy(order="K")
    for step in range(max(steps)):
        before = grown.copy(order="K")
        for axis in (axis for axis in range(3) if step < steps[axis]):
            lower, upper = _neighbours(axis)
            grown[lower] |= before[upper]
            grown[upper] |= before[lower]
    return grown


def _neighbours(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All voxels but the last along an axis, and those that follow them."""
    lower, upper = [slice(None)] * 3, [slice(None)] * 3
    lower[axis], upper[axis] = slice(None, -1), slice(1, None)
    return tuple(lower), tuple(upper)


def _largest(mask: Mask) -> Mask:
    labels = _components(mask)
    sizes = np.bincount(labels.ravel(order="K"))
    sizes[0] = 0
    largest: Mask = mask & (labels == np.argmax(sizes))
    return largest


def _without_holes(mask: Mask) -> Mask:
    labels = _components(~mask)
    outside = np.unique(np.concatenate([face.ravel() for face in _faces(labels)]))
    open_air = np.zeros(int(labels.max()) + 1, np.bool_)
    open_air[outside] = True
    open_air[0] = False
    return ~open_air[labels]


def _faces(labels: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    for axis in range(3):
        yield labels.take((0, -1), axis)


def _components(mask: Mask) -> NDArray[np.int32]:
    """A number from 1 for each piece of the mask that is joined through faces, 0 elsewhere; in Fortran order.

    Runs along the first axis are the nodes of a graph, where two runs touch is an edge, and the smallest number
    of a piece spreads along the edges with all pointers shortened after each step (Shiloach and Vishkin 1982).
    """
    starts = mask.copy(order="F")
    starts[1:] &= ~mask[:-1]
    runs = np.cumsum(starts.ravel(order="F"), dtype=np.int32).reshape(mask.shape, order="F")
    runs *= mask
    edges = np.concatenate([_edges(runs, axis) for axis in (1, 2)], axis=1)
    roots = _roots(int(runs.max()) + 1, *edges)
    return roots[runs]


def _edges(runs: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
    lower, upper = _neighbours(axis)
    one, other = runs[lower].ravel(order="F"), runs[upper].ravel(order="F")
    both = (one > 0) & (other > 0)
    pairs = np.stack([one[both], other[both]])
    new = np.ones(pairs.shape[1], np.bool_)  # long runs touch at many voxels, one after the other
    new[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    return pairs[:, new]


def _roots(nodes: int, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int32]:
    roots = np.arange(nodes, dtype=np.int32)
    while True:
        a, b = roots[one], roots[other]
        if np.array_equal(a, b):
            return roots
        np.minimum.at(roots, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(shorter := roots[roots], roots):
            roots = shorter
