"""nipype's DVARS as fMRIPrep and MRIQC call it, the reference for the lane's."""

import os
import sys
from types import ModuleType

os.environ["NIPYPE_NO_ET"] = "1"  # no question to a server for a newer version

import nibabel as nib
import numpy as np
from nipype.algorithms.confounds import compute_dvars
from scipy.linalg import solve_toeplitz


def yule_walker(course, order, rxx=None):
    """What nipype takes from nitime, which would bring matplotlib along: AR coefficients, biased."""
    assert rxx is None
    course = course.astype(float)
    lags = [course[lag:] @ course[: len(course) - lag] for lag in range(order + 1)]
    return solve_toeplitz(lags[:-1], lags[1:]), None


def nipype_dvars(run, mask, folder, monkeypatch):
    """std_dvars, dvars and vx_std_dvars of a float32 run (nx, ny, nz, nt), (nt - 1,) each."""
    algorithms = ModuleType("nitime.algorithms")
    algorithms.AR_est_YW = yule_walker
    monkeypatch.setitem(sys.modules, "nitime", ModuleType("nitime"))
    monkeypatch.setitem(sys.modules, "nitime.algorithms", algorithms)
    nib.save(nib.Nifti1Image(run, np.eye(4)), folder / "run.nii")
    nib.save(nib.Nifti1Image(mask.astype(np.uint8), np.eye(4)), folder / "mask.nii")
    return compute_dvars(folder / "run.nii", folder / "mask.nii", remove_zerovariance=True, variance_tol=1e-7)
