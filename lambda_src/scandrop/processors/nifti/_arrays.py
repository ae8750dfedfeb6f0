"""The arrays that pass from module to module, each name of one kind."""

import numpy as np
from numpy.typing import NDArray

type Volume = NDArray[np.float32]  # (nx, ny, nz) in Fortran order, or some of its voxels
type Mask = NDArray[np.bool_]
type Course = NDArray[np.float64]  # (nt,)
type Matrix = NDArray[np.float64]
type Values = NDArray[np.floating]  # of any shape and precision, as a picture takes them
