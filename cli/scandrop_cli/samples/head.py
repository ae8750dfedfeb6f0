"""A head as a continuous function of space: the ICBM152 template of nilearn's wheel with an EPI's contrast.

World coordinates are RAS+ mm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nibabel as nib
import nilearn
import numpy as np
import numpy.typing as npt
from scipy import ndimage

type Array = npt.NDArray[np.float64]
type Volume = npt.NDArray[np.float32]
type Shape = tuple[int, int, int]

CENTRE_MM = (0.0, -18.0, 22.0)  # of the template and of the field of view
ACTIVATION = 0.03  # of grey matter's signal, at a block's height
ACTIVE_MM = ((-38.0, -24.0, 52.0), (38.0, -24.0, 52.0), (0.0, -84.0, 6.0))  # both hands' motor areas, visual cortex
ACTIVE_RADIUS_MM = 14.0
DROPOUT_MM = ((0.0, 42.0, -24.0), (-50.0, -20.0, -32.0), (50.0, -20.0, -32.0))  # above the sinus and the ear canals
SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))


@dataclass(frozen=True)
class Head:
    """A head as a continuous function of its own space.

    rest, active: spline coefficients of its signal at rest and of what a full activation adds, both (i, j, k).
    affine: 4x4, index of a coefficient -> mm in the head's space.
    centre_mm: (3,), what the head turns about.
    """

    rest: Volume
    active: Volume
    affine: Array
    centre_mm: Array
    order: int = 3

    def sampled(self, coefficients: Volume, to_head: Array, shape: Shape) -> Volume:
        """The values at a grid whose voxel indices `to_head` takes into the head's space."""
        to_index = np.linalg.inv(self.affine) @ to_head
        return ndimage.affine_transform(
            coefficients,
            to_index[:3, :3],
            to_index[:3, 3],
            shape,
            np.float32,
            self.order,
            mode="nearest",
            prefilter=False,
        )


@cache
def icbm152(sigma_mm: tuple[float, ...]) -> Head:
    """The head of the template (brain without skull, tissue maps of 1 mm), blurred by a point spread."""
    folder = Path(nilearn.__file__).parent / "datasets" / "data"
    names = [f"mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz" for kind in ("gm", "wm", "t1")]
    images = [nib.Nifti1Image.from_filename(folder / name) for name in names]
    grey, white, brain = (np.asarray(image.dataobj, np.float32) / 255 for image in images)
    affine = np.asarray(images[0].affine)
    fluid = np.clip((brain > 0) - grey - white, 0, 1)
    rest = 800 * grey + 640 * white + 1100 * fluid  # an EPI's contrast: what water moves freely in is bright
    for centre in DROPOUT_MM:
        rest *= 1 - 0.8 * ball(rest.shape, affine, centre, 12.0)
    active = ACTIVATION * rest * grey * sum(ball(rest.shape, affine, at, ACTIVE_RADIUS_MM) for at in ACTIVE_MM)
    rest, active = (ndimage.gaussian_filter(signal, sigma_mm, mode="constant") for signal in (rest, active))
    return Head(spline(rest), spline(active), affine, np.array(CENTRE_MM))


def point_spread(affine: Array) -> tuple[float, ...]:
    """The standard deviation, in mm along each world axis, of a blur whose FWHM is the voxel."""
    return tuple(float(width) for width in SIGMA_OF_FWHM * np.linalg.norm(affine[:3, :3], axis=1))


def spline(signal: Volume, order: int = 3) -> Volume:
    return ndimage.spline_filter(signal, order, np.float32)


def ball(shape: tuple[int, ...], affine: Array, centre_mm: Iterable[float], radius_mm: float) -> Volume:
    """1 in the middle and exp(-1/2) at the radius."""
    index = np.linalg.inv(affine) @ [*centre_mm, 1.0]
    radius = radius_mm / np.linalg.norm(affine[:3, :3], axis=0)
    i, j, k = (np.exp(-(((np.arange(shape[a]) - index[a]) / radius[a]) ** 2) / 2) for a in range(3))
    return np.einsum("i,j,k->ijk", i, j, k).astype(np.float32)
