"""Rigid motions for tests, as transforms; the way back of what the lane makes of transforms, by SciPy."""

import numpy as np
from scipy.spatial.transform import Rotation


def transforms_of(motion, pivot_mm):
    """(nt, 4, 4): the transforms that `parameters` gives these (nt, 6) for."""
    transforms = np.tile(np.eye(4), (len(motion), 1, 1))
    transforms[:, :3, :3] = Rotation.from_euler("xyz", motion[:, 3:]).as_matrix()  # about the world's x, then y, then z
    transforms[:, :3, 3] = motion[:, :3] + pivot_mm - transforms[:, :3, :3] @ pivot_mm
    return transforms
