"""Where a volume's voxels lie in the scanner: the sform, the qform or, without either, the voxel sizes alone."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scandrop.errors import Rejected
from scandrop.processors.nifti._arrays import Matrix
from scandrop.processors.nifti._warnings import Warned

VOXEL_MM: Final = (0.01, 100.0)
_MM_PER_UNIT: Final = {1: 1000.0, 2: 1.0, 3: 0.001}
_LEAST_INDEPENDENCE: Final = 0.01  # the determinant of the axes at unit length: 1 at right angles, 0 in one plane
_SIZE_TOLERANCE: Final = 0.01


@dataclass(frozen=True)
class Geometry:
    """An input's geometry in mm, whatever unit its header was in.

    affine: (4, 4) float64, from voxel indices (i, j, k) to RAS+ mm, chosen as nibabel does.
    voxel_mm: the lengths of the affine's first three columns.
    pixdim_mm, qfac, quatern, qoffset_mm, srow_mm: what a derived header says again, of the forms whose code is not 0.
    qform_code, sform_code: 0 where that form is absent or could not be used.
    """

    affine: Matrix
    voxel_mm: tuple[float, float, float]
    pixdim_mm: Matrix
    qfac: float
    quatern: Matrix
    qoffset_mm: Matrix
    srow_mm: Matrix
    qform_code: int
    sform_code: int


@np.errstate(all="ignore")  # what overflows is not finite, and is passed over for that
def read_geometry(fields: np.void, shape: tuple[int, int, int], warned: Warned) -> Geometry:
    """The geometry of a header with volumes of this shape.

    A form that is singular or not finite is passed over with a warning. Raises `Rejected` where no form and no
    voxel sizes are left, or where these are absurd.
    """
    unit_mm = _MM_PER_UNIT.get(int(fields["xyzt_units"]) & 7, 1.0)
    pixdim = np.abs(fields["pixdim"][1:4].astype(float)) * unit_mm
    qfac = -1.0 if fields["pixdim"][0] == -1 else 1.0
    quatern, qoffset = fields["quatern"].astype(float), fields["qoffset"].astype(float) * unit_mm
    srow = fields["srow"].astype(float) * unit_mm
    sform = _usable("sform", int(fields["sform_code"]), _closed(srow), warned)
    qform = _usable("qform", int(fields["qform_code"]), _qform(quatern, qoffset, pixdim, qfac), warned)
    affine = sform if sform is not None else qform
    if affine is None:
        affine = _unoriented(pixdim, shape)
        warned.add("orientation_unknown")
    voxel_mm = _voxel_mm(affine)
    _compare_sizes(fields, pixdim, voxel_mm, warned)
    return Geometry(
        affine=affine,
        voxel_mm=voxel_mm,
        pixdim_mm=np.array(voxel_mm) if qform is None else pixdim,
        qfac=qfac,
        quatern=quatern,
        qoffset_mm=qoffset,
        srow_mm=srow,
        qform_code=0 if qform is None else int(fields["qform_code"]),
        sform_code=0 if sform is None else int(fields["sform_code"]),
    )


def _usable(form: str, code: int, affine: Matrix, warned: Warned) -> Matrix | None:
    """The affine of a form that is there and that can be inverted."""
    if code == 0:
        return None
    axes = affine[:3, :3]
    independence = abs(np.linalg.det(axes / np.linalg.norm(axes, axis=0)))
    if np.isfinite(affine).all() and independence > _LEAST_INDEPENDENCE:
        return affine
    warned.add("form_unusable", form=form)
    return None


def _qform(quatern: Matrix, qoffset: Matrix, pixdim: Matrix, qfac: float) -> Matrix:
    """The affine of a unit quaternion whose first part is left out of the header (nifti1.h, method 2)."""
    b, c, d = quatern
    square = 1 - quatern @ quatern
    a = np.sqrt(max(float(square), 0.0)) if square > -1e-5 else np.nan  # float32 parts may sum to just above 1
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    return _closed(np.column_stack([rotation * (pixdim * [1, 1, qfac]), qoffset]))


def _unoriented(pixdim: Matrix, shape: tuple[int, int, int]) -> Matrix:
    """As nibabel and SPM do without orientation: x runs from right to left, the origin is in the middle."""
    if not _are_sizes(pixdim):
        raise Rejected("nifti_no_voxel_size")
    scales = pixdim * [-1, 1, 1]
    return _closed(np.column_stack([np.diag(scales), -scales * (np.array(shape) - 1) / 2]))


def _closed(rows: Matrix) -> Matrix:
    return np.vstack([rows, [0, 0, 0, 1]])


def _are_sizes(sizes: Matrix) -> bool:
    return bool(np.isfinite(sizes).all() and (sizes > 0).all())


def _voxel_mm(affine: Matrix) -> tuple[float, float, float]:
    x, y, z = (float(length) for length in np.linalg.norm(affine[:3, :3], axis=0))
    least, most = VOXEL_MM
    if not all(least <= size <= most for size in (x, y, z)):
        raise Rejected("nifti_voxel_size", x=f"{x:g}", y=f"{y:g}", z=f"{z:g}", least=least, most=most)
    return x, y, z


def _compare_sizes(fields: np.void, pixdim: Matrix, voxel_mm: tuple[float, float, float], warned: Warned) -> None:
    if (fields["pixdim"][1:4] < 0).any():
        warned.add("negative_voxel_size")
    if not np.allclose(pixdim, voxel_mm, rtol=_SIZE_TOLERANCE):
        x, y, z = (f"{size:.4g}" for size in voxel_mm)
        warned.add("voxel_size_contradiction", x=x, y=y, z=z)
