"""Corrects a run's motion with one library: finds each volume's rigid motion and resamples it onto volume 0.

    python motion_variant.py VARIANT SOURCE TARGET

SOURCE is an .npz of `run`, float32 (nx, ny, nz, nt), and `affine`. Writes `transforms`, (nt, 4, 4), world point (RAS
mm) in volume 0 -> world point in each volume, to TARGET, and prints the seconds a volume took as JSON, imports and a
first volume left out. Each library has all the cores, and the settings that its documentation recommends for motion
correction or, where those are not the best for runs like these, better ones.
"""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

type Corrector = Callable[[np.ndarray], Any]  # a volume -> its transform, having resampled it

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])  # ITK's world against RAS


def dipy(reference: np.ndarray, affine: np.ndarray) -> Corrector:
    """As `dipy.align.motion_correction` has it: a translation first, from which the rigid motion starts."""
    from dipy.align.imaffine import AffineRegistration, MutualInformationMetric
    from dipy.align.transforms import RigidTransform3D, TranslationTransform3D

    registration = AffineRegistration(
        metric=MutualInformationMetric(nbins=32),
        level_iters=[10000, 1000, 100],
        sigmas=[3.0, 1.0, 0.0],
        factors=[4, 2, 1],
        verbosity=0,
    )
    grids = {"static_grid2world": affine, "moving_grid2world": affine}

    def correct(volume: np.ndarray) -> np.ndarray:
        start: Any = None
        for kind in (TranslationTransform3D(), RigidTransform3D()):
            found = registration.optimize(reference, volume, kind, None, starting_affine=start, **grids)
            start = found.affine
        found.transform(volume)
        return start

    return correct


def ants(reference: np.ndarray, affine: np.ndarray) -> Corrector:
    import ants

    origin, direction, spacing = lps_geometry(affine)

    def image(volume: np.ndarray) -> Any:
        return ants.from_numpy(volume, origin=list(origin), spacing=list(spacing), direction=direction)

    fixed = image(reference)

    def correct(volume: np.ndarray) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            found = ants.registration(fixed, image(volume), type_of_transform="BOLDRigid", outprefix=f"{folder}/")
            moved = ants.read_transform(found["fwdtransforms"][0])
            return about_centre(moved.parameters[:9].reshape(3, 3), moved.parameters[9:], moved.fixed_parameters)

    return correct


def simpleitk(reference: np.ndarray, affine: np.ndarray) -> Corrector:
    import SimpleITK

    origin, direction, spacing = lps_geometry(affine)

    def image(volume: np.ndarray) -> Any:
        made = SimpleITK.GetImageFromArray(np.ascontiguousarray(volume.T))
        made.SetOrigin(origin)
        made.SetSpacing(spacing)
        made.SetDirection(direction.ravel())
        return made

    fixed = image(reference)
    centre = fixed.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in reference.shape])

    def correct(volume: np.ndarray) -> np.ndarray:
        moving = image(volume)
        method = SimpleITK.ImageRegistrationMethod()
        method.SetMetricAsCorrelation()
        method.SetInterpolator(SimpleITK.sitkLinear)
        moved = SimpleITK.Euler3DTransform()
        moved.SetCenter(centre)
        method.SetInitialTransform(moved)
        method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200, gradientMagnitudeTolerance=1e-8)
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([2, 0])
        method.Execute(fixed, moving)
        SimpleITK.Resample(moving, fixed, moved, SimpleITK.sitkBSpline)
        return about_centre(np.reshape(moved.GetMatrix(), (3, 3)), moved.GetTranslation(), moved.GetCenter())

    return correct


def elastix(reference: np.ndarray, affine: np.ndarray) -> Corrector:
    import itk

    origin, direction, spacing = lps_geometry(affine)

    def image(volume: np.ndarray) -> Any:
        made = itk.image_from_array(np.ascontiguousarray(volume.T))
        made.SetOrigin(origin)
        made.SetSpacing(spacing)
        made.SetDirection(itk.matrix_from_array(np.ascontiguousarray(direction)))
        return made

    fixed = image(reference)
    settings = itk.ParameterObject.New()
    rigid = dict(settings.GetDefaultParameterMap("rigid", 2))
    rigid |= {
        "Metric": ["AdvancedNormalizedCorrelation"],
        "NumberOfSpatialSamples": ["10000"],
        "MaximumNumberOfIterations": ["250"],
        "AutomaticTransformInitialization": ["false"],
        "BSplineInterpolationOrder": ["3"],
    }
    settings.AddParameterMap(rigid)

    def correct(volume: np.ndarray) -> np.ndarray:
        _, found = itk.elastix_registration_method(
            fixed, image(volume), parameter_object=settings, log_to_console=False
        )
        parameters = np.array(found.GetParameter(0, "TransformParameters"), float)
        moved = itk.Euler3DTransform[itk.D].New()
        moved.SetCenter([float(value) for value in found.GetParameter(0, "CenterOfRotationPoint")])
        moved.SetParameters(itk.OptimizerParameters[itk.D](parameters.tolist()))
        matrix = itk.array_from_matrix(moved.GetMatrix())
        return about_centre(matrix, list(moved.GetTranslation()), list(moved.GetCenter()))

    return correct


def nipy(run: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, float]:
    """nipy realigns a run as a whole."""
    from nibabel import Nifti1Image
    from nipy.algorithms.registration.groupwise_registration import SpaceRealign
    from nipy.io.nifti_ref import nifti2nipy

    start = time.perf_counter()
    with contextlib.redirect_stdout(None):
        realigned = SpaceRealign(nifti2nipy(Nifti1Image(run, affine)))
        realigned.estimate(refscan=0, speedup=(5, 2), loops=(5, 1))
        realigned.resample(0)
    seconds = (time.perf_counter() - start) / run.shape[3]
    return np.stack([transform.as_affine() for transform in realigned._transforms[0]]), seconds  # noqa: SLF001


def scandrop(run: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, float]:
    import os

    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    from scandrop.processors.nifti._motion import Realigner, realign_run

    volumes = [np.asfortranarray(run[..., t]) for t in range(run.shape[3])]
    start = time.perf_counter()
    realigner = Realigner(volumes[0], affine)
    transforms = [found.transform for found in realign_run(iter(volumes), realigner, os.cpu_count() or 1)]
    return np.stack(transforms), (time.perf_counter() - start) / run.shape[3]


def one_by_one(library: Callable[[np.ndarray, np.ndarray], Corrector]) -> Callable[..., tuple[np.ndarray, float]]:
    def corrected(run: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, float]:
        volumes = [np.asfortranarray(run[..., t]) for t in range(run.shape[3])]
        correct = library(volumes[0], affine)
        correct(volumes[1])
        start = time.perf_counter()
        transforms = [np.eye(4), *(correct(volume) for volume in volumes[1:])]
        return np.stack(transforms), (time.perf_counter() - start) / (run.shape[3] - 1)

    return corrected


def lps_geometry(affine: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Origin, direction and spacing of a grid as ITK has them."""
    lps = LPS @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    return lps[:3, 3], lps[:3, :3] / spacing, spacing


def about_centre(matrix: Any, translation: Any, centre: Any) -> np.ndarray:
    """The 4x4 in RAS of an ITK transform, x -> matrix (x - centre) + centre + translation."""
    lps = np.eye(4)
    lps[:3, :3] = matrix
    lps[:3, 3] = np.asarray(translation) + centre - lps[:3, :3] @ centre
    return LPS @ lps @ LPS


VARIANTS = {
    "scandrop": scandrop,
    "nipy": nipy,
    **{library.__name__: one_by_one(library) for library in (dipy, ants, simpleitk, elastix)},
}


def main() -> None:
    variant, source, target = sys.argv[1:]
    with np.load(source) as given:
        run, affine = given["run"], given["affine"]
    transforms, seconds = VARIANTS[variant](run, affine)
    np.savez(Path(target), transforms=transforms)
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
