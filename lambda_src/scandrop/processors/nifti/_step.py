"""The matrix that reads a rigid motion off the difference of two volumes, made once per run.

Least squares with instruments: with Jt the derivatives of the reference by the six parameters and Js those of the
smoothed reference, (Js' Jt)^-1 Js' has the right step length but does not listen to the finest detail, which noise
and interpolation spoil. Beside the six columns stand those that are no motion: an offset, the reference times a
polynomial of the place (the receive field stays where it is as the head moves, and spins that move through slices
change the signal smoothly) and the same with the slices' parity (slices are excited in two turns). They cost nothing
later: only the six rows of the motion are kept.
"""

from itertools import product

import numpy as np

from scandrop.processors.nifti._resample import Array, Mask, Resampler, Volume

_BORDER_MM = 10.0  # at the field of view's edge, where the head comes and goes
_HEAD_FWHM_MM = 8.0
_HEAD_SHARE = 0.25  # of the bright part's mean
_MARGIN_VOXELS = 2  # around the head: its outline tells most
_FIELD_DEGREE = 3
_PARITY_DEGREE = 1
_SCALE_MM = 50.0  # a head's radius: keeps the columns alike in size
_FEWEST_PER_AXIS = 5
_FEWEST_VOXELS = 500
_WORST_CONDITION = 1e6


class Unfit(Exception):
    """The reference does not determine six parameters."""


class Fit:
    """Reads motions off volumes of the reference's shape.

    pivot_mm: (3,), the world point that the rotations turn about, in the middle of what is fitted.
    """

    def __init__(self, reference: Volume, affine: Array, resampler: Resampler, fwhm_mm: float) -> None:
        """Raises Unfit where there are too few slices or voxels, or the content does not tell the motion."""
        if min(reference.shape) < _FEWEST_PER_AXIS:
            raise Unfit
        voxel_mm = np.linalg.norm(affine[:3, :3], axis=0)
        values = reference.astype(np.float64)
        self.mask = _head(values, voxel_mm)
        if np.count_nonzero(self.mask) < _FEWEST_VOXELS:
            raise Unfit
        index = np.array(np.nonzero(self.mask))
        world = affine[:3, :3] @ index + affine[:3, 3:]
        self.pivot_mm: Array = world.mean(axis=1)
        from_pivot = world - self.pivot_mm[:, None]

        def motion(volume: Array) -> Array:
            slopes = [_along(resampler.derivative(axis), volume, axis)[self.mask] for axis in range(3)]
            gradient = np.linalg.inv(affine)[:3, :3].T @ slopes
            return np.vstack([gradient, np.cross(from_pivot, gradient, axis=0) / _SCALE_MM])

        smooth = smoothed(values, fwhm_mm / voxel_mm)
        others = _others(values[self.mask], from_pivot / _SCALE_MM, index[2])
        instruments = np.vstack([motion(smooth), others])
        rows = _solved(instruments, np.vstack([motion(values), others]))
        rows[3:] /= _SCALE_MM
        full = np.zeros((6, reference.size), np.float32)
        full[:, np.ravel_multi_index(index, reference.shape, order="F")] = rows
        self._rows = full
        self._at_rest = self._rows @ reference.ravel(order="K")

    def step(self, volume: Volume) -> Array:
        """(6,) mm and radians: translations along and rotations about the world's axes, from the reference to it."""
        return (self._at_rest - self._rows @ volume.ravel(order="K")).astype(np.float64)


def smoothed(values: Array, fwhm_voxels: Array) -> Array:
    """Blurred by a Gaussian, mirrored at the borders."""
    for axis, fwhm in enumerate(fwhm_voxels):
        values = _along(_gaussian(values.shape[axis], fwhm / np.sqrt(8 * np.log(2))), values, axis)
    return values


def _gaussian(n: int, sigma: float) -> Array:
    index = np.arange(n)
    images = [index + turn * 2 * n for turn in (-1, 0, 1)] + [turn * 2 * n - 1 - index for turn in (0, 1, 2)]
    kernel = np.exp(-(((index[:, None] - np.array(images)[:, None]) / sigma) ** 2) / 2).sum(axis=0)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))


def _along(matrix: Array, values: Array, axis: int) -> Array:
    return np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)


def _head(values: Array, voxel_mm: Array) -> Mask:
    """The head and a margin, but for what is near the edge of the field of view."""
    smooth = smoothed(values, _HEAD_FWHM_MM / voxel_mm)
    head = smooth > _HEAD_SHARE * smooth[smooth >= smooth.mean()].mean()
    for axis, shift in product(range(3), (1, -1) * _MARGIN_VOXELS):
        head |= np.roll(head, shift, axis)
    inner = np.zeros_like(head)
    borders = np.minimum(np.ceil(_BORDER_MM / voxel_mm).astype(int), np.array(values.shape) // 4)
    inner[tuple(slice(border, n - border) for border, n in zip(borders, values.shape, strict=True))] = True
    return head & inner


def _others(values: Array, place: Array, slices: Array) -> Array:
    parity = values * (1.0 - 2.0 * (slices % 2))
    constant = np.full((1, len(values)), np.abs(values).mean())
    return np.vstack([constant, values * _powers(place, _FIELD_DEGREE), parity * _powers(place, _PARITY_DEGREE)])


def _powers(place: Array, degree: int) -> Array:
    """All monomials up to a degree, (n, voxels)."""
    exponents = [each for each in product(range(degree + 1), repeat=3) if sum(each) <= degree]
    return np.array([np.prod(place ** np.array(each)[:, None], axis=0) for each in exponents])


def _solved(instruments: Array, columns: Array) -> Array:
    """(6, voxels): the rows of (instruments columns')^-1 instruments that belong to the motion."""
    normal = instruments @ columns.T
    scale = 1 / np.sqrt(np.maximum(np.abs(normal.diagonal()), np.finfo(float).tiny))
    balanced = normal * scale * scale[:, None]
    if not np.isfinite(balanced).all() or np.linalg.cond(balanced) > _WORST_CONDITION:
        raise Unfit
    return scale[:6, None] * (np.linalg.inv(balanced)[:6] * scale) @ instruments
