"""A real EPI reference as a head that can be moved, which has to be interpolated (quintic spline)."""

from functools import cache

import nibabel as nib
import numpy as np
from scipy import ndimage

from benchmarks.environments import packages_of
from scandrop_cli.samples.head import (
    ACTIVATION,
    ACTIVE_MM,
    ACTIVE_RADIUS_MM,
    CENTRE_MM,
    Array,
    Head,
    Shape,
    ball,
    spline,
)
from scandrop_cli.samples.phantom import SCENARIOS, Phantom, Scanner, scanned

EPI = "niworkflows/interfaces/tests/data/sub-01_task-mixedgamblestask_run-01_desc-hmc_boldref.nii.gz"
EPI_MARGIN = 2  # voxels on each side that stay out of the grid


def epi_phantom(seed: int, volumes: int = 150) -> Phantom:
    """A run of the typical motion."""
    head, shape, affine = epi_reference()
    what = SCENARIOS["typical"]
    return scanned(Scanner(head, shape, affine, what.snr, seed), what, volumes)


@cache
def epi_reference() -> tuple[Head, Shape, Array]:
    """The real EPI reference of niworkflows' wheel, and the grid of its inner part, which motion leaves within it."""
    image = nib.Nifti1Image.from_filename(packages_of("niworkflows") / EPI)
    rest, affine = np.asarray(image.dataobj, np.float32), np.asarray(image.affine)
    centre_mm = affine[:3, :3] @ ndimage.center_of_mass(rest) + affine[:3, 3]
    balls = [ball(rest.shape, affine, centre_mm + at - CENTRE_MM, ACTIVE_RADIUS_MM) for at in ACTIVE_MM]
    active = ACTIVATION * rest * sum(balls)
    inner = affine.copy()
    inner[:3, 3] += affine[:3, :3] @ ([EPI_MARGIN] * 3)
    head = Head(spline(rest, 5), spline(active, 5), affine, centre_mm, order=5)
    nx, ny, nz = (n - 2 * EPI_MARGIN for n in rest.shape)
    return head, (nx, ny, nz), inner
