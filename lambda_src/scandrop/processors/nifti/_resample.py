"""Rigid resampling of a volume as four shears, each an exact Fourier interpolation along one axis.

After R. W. Cox and A. Jesmanowicz, "Real-time 3D image registration for functional MRI", Magn. Reson. Med. 42
(1999). A shear moves every line of voxels along itself by its own distance. That is a discrete Fourier transform, a
product with phases and the way back; both transforms are written as matrix products, which the padding and its crop
are folded into.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from scandrop.processors.nifti._arrays import Mask, Matrix, Volume

type Order = tuple[int, int, int]  # of the axes that shears are along; the first one comes again at the end

_PADDING = 4  # voxels over which the end of a line passes smoothly into its beginning
_NEGLIGIBLE = 1e-9  # in voxels per voxel
_MUCH_STEEPER = 1.5
_OUTSIDE = 0.5  # voxels: the field of view ends at the outer faces of its outermost voxels


class _Shear(NamedTuple):
    """x[axis] + slopes @ x + shift; voxels about the centre of the volume, slopes[axis] = 0."""

    axis: int
    slopes: Matrix
    shift: float


class Resampler:
    """Resamples volumes of one shape (nx, ny, nz), all float32 in Fortran order."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self._lines = [_Line(n) for n in shape]
        self._centre = (np.array(shape) - 1) / 2

    def order(self, to_source: Matrix, before: Order | None = None) -> Order:
        """The order of shears with the least steep slopes, or the one before as long as its are not much steeper.

        On coarse voxels each order blurs in its own way, so that a fit must not go back and forth between two.
        """
        matrix = to_source[:3, :3]
        # With the axis most turned about in second place, one of the two orders has no steeper slopes than `matrix`.
        turn = np.abs([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]])
        second = int(turn.argmax())
        first, third = (axis for axis in range(3) if axis != second)
        steepness = {order: _steepness(matrix, order) for order in ((first, second, third), (third, second, first))}
        best = min(steepness, key=steepness.__getitem__)
        if before and _steepness(matrix, before) <= _MUCH_STEEPER * steepness[best]:
            return before
        return best

    def resample(self, volume: Volume, to_source: Matrix, order: Order) -> Volume:
        """The volume whose voxel x holds the value that `volume` has at ``to_source @ x``.

        to_source: 4x4, voxel index -> voxel index, of determinant 1. order: `order` of it, or of one close to it.
        Lines are continued periodically, so what lies outside the field of view is meaningless: see `covered`.
        """
        shears = self._shears(to_source, order)
        if not shears:
            return volume.copy(order="F")
        axes = [shears[2].axis, shears[1].axis, shears[0].axis]
        values = np.ascontiguousarray(volume.transpose(axes))
        for shear in shears[:3]:  # the last axis comes out first, so that the next one lies last
            sheared = self._lines[shear.axis].moved(values, *self._distances(shear, axes))
            values = self._lines[shear.axis].first(sheared)
            axes = [axes[2], axes[0], axes[1]]
        sheared = self._lines[axes[2]].moved(values, *self._distances(shears[3], axes))
        return np.asfortranarray(self._lines[axes[2]].last(sheared).transpose(np.argsort(axes)))

    def covered(self, to_source: Matrix, within: float = -_OUTSIDE) -> Mask | None:
        """(nx, ny, nz): whether ``to_source @ x`` lies in the field of view; None where all of them do.

        within: voxels from the centres of the outermost voxels; their outer faces, where the field of view ends, are
        at -0.5.
        """
        matrix, offset = self._centred(to_source)
        x, y, z = (np.arange(n) - middle for n, middle in zip(self.shape, self._centre, strict=True))
        inside: Mask | None = None
        for axis, limit in enumerate(self._centre - within):
            a, b, c = matrix[axis]
            middle = ((c * z + offset[axis])[:, None] + b * y).ravel()
            lines = np.flatnonzero(np.abs(middle) + abs(a) * self._centre[0] > limit + _NEGLIGIBLE)
            if len(lines):
                inside = np.ones((len(middle), len(x)), bool) if inside is None else inside
                source = middle[lines].astype(np.float32)[:, None] + (a * x).astype(np.float32)
                inside[lines] &= np.abs(source) <= limit
        return None if inside is None else inside.reshape(self.shape[::-1]).T

    def derivative(self, axis: int) -> Matrix:
        """(n, n): takes a line along `axis` to its derivative per voxel, of the same interpolation."""
        return self._lines[axis].derivative

    def _centred(self, to_source: Matrix) -> tuple[Matrix, Matrix]:
        matrix = to_source[:3, :3]
        return matrix, matrix @ self._centre + to_source[:3, 3] - self._centre

    def _shears(self, to_source: Matrix, order: Order) -> list[_Shear]:
        """In the order in which they are applied to the volume; none for the identity."""
        matrix, offset = self._centred(to_source)
        if np.abs(matrix - np.eye(3)).max() < _NEGLIGIBLE:
            matrix = np.eye(3)
            if np.abs(offset).max() < _NEGLIGIBLE:
                return []
        return _decomposed(matrix, offset, order)

    def _distances(self, shear: _Shear, axes: list[int]) -> Iterator[Matrix]:
        """How far the lines are moved, as a sum of one part for each of the two first axes of the layout."""
        for axis, shift in zip(axes[:2], (shear.shift, 0.0), strict=True):
            yield shear.slopes[axis] * (np.arange(self.shape[axis]) - self._centre[axis]) + shift


class _Line:
    """The Fourier series of a line of n values; each coefficient's real and imaginary part lie side by side."""

    def __init__(self, n: int) -> None:
        length = n + _PADDING + (n + _PADDING + 1) % 2  # odd, so that there is no Nyquist frequency to get wrong
        blend = (1 + np.cos(np.pi * np.arange(1, length - n + 1) / (length - n + 1))) / 2
        padded = np.zeros((length, n))
        padded[:n] = np.eye(n)
        padded[n:, -1] += blend
        padded[n:, 0] += 1 - blend
        self.frequencies = 2 * np.pi * np.arange((length + 1) // 2) / length
        self.forward = _waves(-np.outer(self.frequencies, np.arange(length))) @ padded
        self.backward = _waves(np.outer(np.arange(n), self.frequencies)) * (2 / length)
        self.backward[:, 0] /= 2
        self._analysis = _interleaved(self.forward.T)
        self._synthesis = _interleaved(self.backward.conj())

    @cached_property
    def derivative(self) -> Matrix:
        return np.asarray((self.backward @ (1j * self.frequencies[:, None] * self.forward)).real)

    def moved(self, values: Volume, first: Matrix, second: Matrix) -> Volume:
        """The series of values (n0, n1, n), each line moved by first[i0] + second[i1]."""
        series = (values.reshape(-1, values.shape[2]) @ self._analysis).view(np.complex64)
        series = series.reshape(*values.shape[:2], -1)
        series *= self._phases(first)[:, None]
        series *= self._phases(second)
        return series.view(np.float32)

    def first(self, series: Volume) -> Volume:
        """(n, n0, n1), the lines' values along the first axis."""
        n0, n1, width = series.shape
        return (self._synthesis @ series.reshape(-1, width).T).reshape(-1, n0, n1)

    def last(self, series: Volume) -> Volume:
        """(n0, n1, n), the lines' values along the last axis."""
        return series @ self._synthesis.T

    def _phases(self, distances: Matrix) -> npt.NDArray[np.complex64]:
        angles = np.outer(distances, self.frequencies).astype(np.float32)
        phases = np.empty(angles.shape, np.complex64)
        np.cos(angles, out=phases.real)
        np.sin(angles, out=phases.imag)
        return phases


def _waves(angles: Matrix) -> npt.NDArray[np.complex128]:
    return np.asarray(np.exp(1j * angles), np.complex128)


def _interleaved(matrix: npt.NDArray[np.complex128]) -> Volume:
    return np.ascontiguousarray(matrix).view(np.float64).astype(np.float32)


def _steepness(matrix: Matrix, order: Order) -> float:
    return max(float(np.abs(shear.slopes).max()) for shear in _decomposed(matrix, np.zeros(3), order))


def _decomposed(matrix: Matrix, offset: Matrix, order: Order) -> list[_Shear]:
    """What ``matrix @ x + offset`` is as shears of the axes a, b, c and a again.

    The first and the last are chosen so that what lies between them leaves a alone and has 1 at (c, c).
    """
    a, b, c = order
    first, last = np.zeros(3), np.zeros(3)
    last[c] = _ratio(matrix[c, c] - 1, matrix[c, a])
    wanted = (matrix[a, c] - last[c]) / matrix[c, c]
    first[b] = _ratio(
        matrix[a, a] - 1 - matrix[c, a] * wanted, matrix[b, a] - matrix[c, a] * matrix[b, c] / matrix[c, c]
    )
    first[c] = wanted - first[b] * matrix[b, c] / matrix[c, c]
    last[b] = matrix[a, b] - first[b] * matrix[b, b] - first[c] * matrix[c, b]
    between = _sheared(a, -first) @ matrix @ _sheared(a, -last)
    third = between[c] - np.eye(3)[c]
    second = (between @ _sheared(c, -third))[b] - np.eye(3)[b]
    moved_b = offset[b] - second[c] * offset[c]
    moved_a = offset[a] - first[b] * offset[b] - first[c] * offset[c]
    return [_Shear(a, first, moved_a), _Shear(b, second, moved_b), _Shear(c, third, offset[c]), _Shear(a, last, 0.0)]


def _ratio(numerator: float, denominator: float) -> float:
    """Where the denominator vanishes, so does the numerator, or the other order of the axes is taken."""
    if abs(denominator) > _NEGLIGIBLE:
        return numerator / denominator
    return 0.0 if abs(numerator) < _NEGLIGIBLE else 1 / _NEGLIGIBLE


def _sheared(axis: int, slopes: Matrix) -> Matrix:
    matrix = np.eye(3)
    matrix[axis] += slopes
    return matrix
