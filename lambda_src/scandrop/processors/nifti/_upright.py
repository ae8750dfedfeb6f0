"""A volume turned to the nearest of RAS+: first axis to the right, second to the front, third up."""

from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

AXIS_ENDS: Final = (("L", "R"), ("P", "A"), ("I", "S"))


@dataclass(frozen=True)
class Upright:
    """How a grid has to be turned.

    axes: for x, y and z of the world the voxel axis that lies nearest, each taken once.
    signs: 1 or -1 for its direction.
    voxel_mm: (3,), voxel sizes of the turned grid.
    """

    affine: NDArray[np.float64]
    axes: tuple[int, ...]
    signs: tuple[int, ...]
    voxel_mm: NDArray[np.float64]

    def turned[T: np.generic](self, array: NDArray[T]) -> NDArray[T]:
        """A view of an (nx, ny, nz) array with its axes turned."""
        x, y, z = self.signs
        return array.transpose(self.axes)[::x, ::y, ::z]

    def orientation(self) -> str:
        """Where each voxel axis points, such as ``LAS``: to the nearest of right, left, anterior and so on."""
        letters = [""] * 3
        for (low, high), axis, sign in zip(AXIS_ENDS, self.axes, self.signs, strict=True):
            letters[axis] = high if sign > 0 else low
        return "".join(letters)

    def height_mm(self, shape: tuple[int, ...], level: int) -> float:
        """World z of the middle of the turned grid's slice `level`. shape: (nx, ny, nz) as stored."""
        index = (np.array(shape) - 1) / 2
        index[self.axes[2]] = level if self.signs[2] > 0 else shape[self.axes[2]] - 1 - level
        return float(self.affine[2, :3] @ index + self.affine[2, 3])


def upright(affine: NDArray[np.float64]) -> Upright:
    """affine: 4x4, voxel index -> world (RAS+, mm)."""
    voxel_mm = np.linalg.norm(affine[:3, :3], axis=0)
    cosines = affine[:3, :3] / voxel_mm
    axes = max(permutations(range(3)), key=lambda order: sum(abs(cosines[range(3), order])))
    signs = tuple(1 if cosines[world, axis] > 0 else -1 for world, axis in enumerate(axes))
    return Upright(affine, axes, signs, voxel_mm[list(axes)])
