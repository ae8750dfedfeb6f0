"""The matrix that reads a rigid motion off the difference between a volume and the reference, made once per run.

Least squares with instruments: the difference is explained by columns made of the reference, but weighed by the same
columns made of the smoothed reference. So the step has the right length, and the finest detail, which noise, aliasing
and interpolation spoil, is not listened to. Beside the six derivatives by the motion stand columns for what changes a
volume and is no motion:

- a constant, and the reference times polynomials of the place: the receive field stays with the scanner as the head
  moves, and spins that move through slices change their signal;
- the same with a sign that alternates from slice to slice: interleaved slices differ in what their spins have been
  through. Moved by a fraction of a slice, such a pattern becomes that of the reference's Hilbert transform across the
  slices, which therefore has its columns too.

Only the six rows of the motion are kept, so that none of this costs anything as the volumes pass.
"""

from itertools import product
from math import comb

import numpy as np
import numpy.typing as npt

from scandrop.processors.nifti._arrays import Mask, Matrix, Volume
from scandrop.processors.nifti._resample import Resampler
from scandrop.processors.nifti._smooth import gaussian

type Index = npt.NDArray[np.intp]  # of voxels in Fortran order

_BLUR_VOXELS = 2.33  # FWHM of the instruments, but at least:
_BLUR_MM = 6.0
_BORDER_MM = 4.0  # at the field of view's edge, where the head comes and goes
_HEAD_BLUR_MM = 8.0
_HEAD_SHARE = 0.25  # of the bright part's mean
_MARGIN_VOXELS = 2  # around the head: its outline tells most
_FIELD_DEGREE = 4
_SLICES_DEGREE = 3
_RADIUS_MM = 90.0  # a head's, within which the polynomials (Legendre's) are of like size
_FEWEST_PER_AXIS = 5
_FEWEST_VOXELS = 500
_RIDGE = 1e-4
_SOLVABLE = 1.001  # the same for the few columns by which unseen voxels are completed
_NOISE = 0.01  # of the head's mean: if it passes for a motion of more than
_MOST_MOVED = 0.2  # mm or degrees, the reference is of no use
_LEAST_CORRELATION = 0.3  # of a volume with the reference
_CHUNK = 4096  # voxels whose columns are made at a time, to stay in the cache


class Unfit(Exception):
    """The reference does not determine six parameters."""


class Fit:
    """Reads motions off volumes of the reference's shape.

    pivot_mm: (3,), the world point that the rotations turn about, in the middle of what is fitted.
    """

    def __init__(self, reference: Volume, affine: Matrix, resampler: Resampler) -> None:
        """Raises Unfit where there are too few slices or voxels, or the content does not tell the motion."""
        if min(reference.shape) < _FEWEST_PER_AXIS:
            raise Unfit
        voxel_mm = np.linalg.norm(affine[:3, :3], axis=0)
        self._fitted = np.flatnonzero(_head(reference, voxel_mm).ravel(order="F"))
        if len(self._fitted) < _FEWEST_VOXELS:
            raise Unfit
        self.pivot_mm = _world(self._fitted, reference.shape, affine).mean(axis=1)
        self._reference = reference
        self._unit = float(np.abs(reference.ravel(order="F")[self._fitted]).mean(dtype=np.float64))
        if not self._unit:
            raise Unfit
        self._rows = self._made_rows(affine, resampler, np.maximum(_BLUR_VOXELS, _BLUR_MM / voxel_mm))
        if not size(_NOISE * self._unit * np.linalg.norm(self._rows.astype(np.float64), axis=1)) < _MOST_MOVED:
            raise Unfit
        self._at_rest = self._rows @ reference.ravel(order="F")
        self._expected = reference.ravel(order="F")[self._fitted] / self._unit
        place = (_world(self._fitted, reference.shape, affine) - self.pivot_mm[:, None]) / _RADIUS_MM
        field = self._expected * _polynomials(place.astype(np.float32), degree=1)
        self._field = np.concatenate([field, np.ones_like(self._expected)[None]])
        self._normal = _SOLVABLE * self._field @ self._field.T

    def step(self, volume: Volume, covered: Mask | None) -> Matrix:
        """(6,) mm and radians: translations along and rotations about the world's axes, from the reference to it.

        Voxels that are not covered are taken to be as the others let expect.
        """
        values = volume.ravel(order="F")
        if covered is not None:
            values = self._completed(values, covered.ravel(order="F")[self._fitted])
        return (self._at_rest - self._rows @ values).astype(np.float64)

    def _completed(self, values: Volume, seen: Mask) -> Volume:
        """The unseen ones of the fitted voxels by least squares: a constant and the reference times a linear field."""
        unseen = np.flatnonzero(~seen)
        if not len(unseen):
            return values
        missing = self._field[:, unseen]
        change = (values[self._fitted] / self._unit - self._expected) * seen
        field = np.linalg.solve(self._normal - missing @ missing.T, self._field @ change)
        completed = values.copy()
        completed[self._fitted[unseen]] = self._unit * (self._expected[unseen] + field @ missing)
        return completed

    def recognises(self, volume: Volume, covered: Mask | None) -> bool:
        """Whether the volume shows most of what is fitted, and somewhat alike: a step of nought alone says neither."""
        shown, expected = volume.ravel(order="F")[self._fitted] / self._unit, self._expected
        if covered is not None:
            seen = covered.ravel(order="F")[self._fitted]
            shown, expected = shown[seen], expected[seen]
        if len(shown) < len(self._fitted) / 2:
            return False
        shown = shown - shown.mean()
        expected = expected - expected.mean()
        return bool(shown @ expected > _LEAST_CORRELATION * np.sqrt((shown @ shown) * (expected @ expected)))

    def _made_rows(self, affine: Matrix, resampler: Resampler, blur_voxels: Matrix) -> Volume:
        """(6, nx * ny * nz)."""
        reference = (self._reference / self._unit).astype(np.float32)
        images = (reference, _smoothed(reference, blur_voxels))
        columns, instruments = (_Columns(image, affine, self.pivot_mm, resampler) for image in images)
        parts = np.array_split(self._fitted, -(-len(self._fitted) // _CHUNK))
        weighed = [instruments.at(part) for part in parts]
        normal = sum((each @ columns.at(part).T for each, part in zip(weighed, parts, strict=True)), np.zeros(()))
        solution = _solved(normal.astype(np.float64)).astype(np.float32)
        rows = np.zeros((6, reference.size), np.float32)
        for each, part in zip(weighed, parts, strict=True):
            rows[:, part] = solution @ each / self._unit
        return rows


def size(motion: Matrix) -> float:
    """The larger of the translation in mm and the rotation in degrees of (6,) mm and radians."""
    return float(max(np.linalg.norm(motion[:3]), np.degrees(np.linalg.norm(motion[3:]))))


class _Columns:
    """What changes one image in each of the ways that a volume may differ from the reference."""

    def __init__(self, image: Volume | Matrix, affine: Matrix, pivot_mm: Matrix, resampler: Resampler) -> None:
        self._shape, self._affine, self._pivot_mm = image.shape, affine, pivot_mm
        slopes = np.array([_along(resampler.derivative(axis), image, axis).ravel(order="F") for axis in range(3)])
        self._gradient = (np.linalg.inv(affine)[:3, :3].T @ slopes).astype(np.float32)
        self._values = image.ravel(order="F").astype(np.float32)
        self._quadrature = _along(_hilbert(image.shape[2]), image, 2).ravel(order="F").astype(np.float32)

    def at(self, part: Index) -> Volume:
        """(columns, voxels), those of the motion first."""
        from_pivot = (_world(part, self._shape, self._affine) - self._pivot_mm[:, None]).astype(np.float32)
        gradient, values, quadrature = self._gradient[:, part], self._values[part], self._quadrature[part]
        field = _polynomials(from_pivot / np.float32(_RADIUS_MM), _FIELD_DEGREE)
        turns = field[: comb(_SLICES_DEGREE + 3, 3)] * _sign_of_slice(part, self._shape)
        return np.concatenate(
            [
                gradient,
                np.cross(from_pivot, gradient, axis=0),
                np.ones_like(values)[None],
                field * values,
                turns * values,
                turns * quadrature,
            ]
        )


def _world(part: Index, shape: tuple[int, ...], affine: Matrix) -> Matrix:
    """(3, voxels) mm."""
    return np.asarray(affine[:3, :3] @ np.unravel_index(part, shape, order="F") + affine[:3, 3:])


def _sign_of_slice(part: Index, shape: tuple[int, ...]) -> Volume:
    return np.asarray(1 - 2 * (part // (shape[0] * shape[1]) % 2), np.float32)


def _polynomials(place: Volume, degree: int) -> Volume:
    """All products of Legendre polynomials up to a degree, (polynomials, voxels), lower degrees first."""
    x, y, z = (np.polynomial.legendre.legvander(along, degree).T for along in place)
    degrees = sorted((each for each in product(range(degree + 1), repeat=3) if sum(each) <= degree), key=sum)
    return np.array([x[i] * y[j] * z[k] for i, j, k in degrees])


def _solved(normal: Matrix) -> Matrix:
    """(6, columns): the rows of the inverse that belong to the motion."""
    scale = 1 / np.sqrt(np.maximum(np.abs(normal.diagonal()), np.finfo(float).tiny))
    balanced = normal * scale * scale[:, None]
    balanced[6:, 6:] += _RIDGE * np.eye(len(normal) - 6)  # columns that are no motion may be as good as the same
    try:
        return np.asarray(scale[:6, None] * np.linalg.inv(balanced)[:6] * scale)
    except np.linalg.LinAlgError as error:
        raise Unfit from error


def _head(reference: Volume, voxel_mm: Matrix) -> Mask:
    """The head and a margin, but for what is near the edge of the field of view."""
    smooth = _smoothed(reference, _HEAD_BLUR_MM / voxel_mm)
    head = smooth > _HEAD_SHARE * smooth[smooth >= smooth.mean(dtype=np.float64)].mean(dtype=np.float64)
    for axis, shift in product(range(3), (1, -1) * _MARGIN_VOXELS):
        head |= np.roll(head, shift, axis)
    inner = np.zeros_like(head)
    borders = np.minimum(np.ceil(_BORDER_MM / voxel_mm).astype(int), np.array(head.shape) // 4)
    inner[tuple(slice(border, n - border) for border, n in zip(borders, head.shape, strict=True))] = True
    return np.asarray(head & inner)


def _smoothed(image: Volume, fwhm_voxels: Matrix) -> Matrix:
    """Blurred by a Gaussian, mirrored at the borders."""
    blurred: Matrix = image.astype(np.float64)
    for axis, fwhm in enumerate(fwhm_voxels):
        blurred = _along(gaussian(image.shape[axis], fwhm), blurred, axis)
    return blurred


def _hilbert(n: int) -> Matrix:
    """(n, n): takes a line, mirrored at its ends, to its Hilbert transform."""
    spectrum = -1j * np.fft.rfft(np.vstack([np.eye(n), np.eye(n)[::-1]]), axis=0)
    spectrum[0] = 0
    return np.fft.irfft(spectrum, 2 * n, axis=0)[:n]


def _along(matrix: Matrix, values: Matrix | Volume, axis: int) -> Matrix:
    return np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
