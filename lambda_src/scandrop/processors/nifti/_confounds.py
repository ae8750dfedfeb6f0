"""The confounds of a run, by fMRIPrep's names and definitions: ``desc-confounds_timeseries.tsv`` and ``.json``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._arrays import Course
from scandrop.processors.nifti._columns import describe
from scandrop.processors.nifti._temporal import Temporal

type Columns = dict[str, Course]

PARAMETERS = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")

_POWER_RADIUS_MM = 50
_JENKINSON_RADIUS_MM = 80


@dataclass(frozen=True)
class Motion:
    """How the head moved.

    parameters: (nt, 6) float64, trans_x, trans_y, trans_z in mm and rot_x, rot_y, rot_z in radians.
    pivot_mm: (3,), the world point that the rotations are about.
    framewise_displacement, rmsd: (nt,) float64 in mm, against the volume before; NaN for the first.

    All but the pivot are NaN throughout where the motion could not be determined.
    """

    parameters: NDArray[np.float64]
    pivot_mm: NDArray[np.float64]
    framewise_displacement: Course
    rmsd: Course

    @property
    def determined(self) -> bool:
        return bool(np.isfinite(self.parameters).all())


def motion(transforms: NDArray[np.float64], parameters: NDArray[np.float64], pivot_mm: NDArray[np.float64]) -> Motion:
    """The two displacements that go with a run's rigid transforms.

    transforms: (nt, 4, 4), from the reference's world to each volume's. parameters: (nt, 6), the same in mm and
    radians about `pivot_mm`.
    """
    return Motion(parameters, pivot_mm, framewise_displacement(parameters), rmsd(transforms, pivot_mm))


def framewise_displacement(parameters: NDArray[np.float64]) -> Course:
    """The sum of the absolute changes of the six parameters, rotations as arcs on a sphere of 50 mm.

    Power et al. 2012, as in nipype's ``FramewiseDisplacement``. parameters: (nt, 6). Returns (nt,) mm, NaN first.
    """
    change = np.abs(np.diff(parameters, axis=0))
    return _after_the_first(change[:, :3].sum(axis=1) + _POWER_RADIUS_MM * change[:, 3:].sum(axis=1))


def rmsd(transforms: NDArray[np.float64], centre_mm: NDArray[np.float64]) -> Course:
    """The root mean square displacement inside a sphere of 80 mm between each volume and the one before.

    Jenkinson 1999 (FMRIB technical report TR99MJ1), as in FSL's ``rmsdiff``.
    transforms: (nt, 4, 4). centre_mm: (3,), of the sphere. Returns (nt,) mm, NaN first.
    """
    step = transforms[1:] @ np.linalg.inv(transforms[:-1]) - np.eye(4)
    turn, shift = step[:, :3, :3], step[:, :3, :3] @ centre_mm + step[:, :3, 3]
    squared = _JENKINSON_RADIUS_MM**2 / 5 * np.square(turn).sum(axis=(1, 2)) + np.square(shift).sum(axis=1)
    return _after_the_first(np.sqrt(squared))


def cosines(volumes: int, tr_s: float, period_s: float) -> NDArray[np.float64]:
    """The discrete cosines slower than a period, without the constant, as many as nipype and so fMRIPrep make.

    Each is nilearn's and SPM's too, who would add one more, whose period is just above `period_s`.
    Returns (volumes, n) float64, each column of length 1; n is 0 for a run shorter than the period.
    """
    order = min(volumes - 1, int(2 * volumes * (1 / period_s) * tr_s) - 1)
    angle = np.pi / volumes * np.outer(np.arange(volumes) + 0.5, np.arange(1, order + 1))
    return sqrt(2 / volumes) * np.cos(angle)


def confounds(
    moved: Motion, courses: Temporal, non_steady: Sequence[int], tr_s: float | None, settings: Settings
) -> Columns:
    """All confounds by fMRIPrep's names, in its order: (nt,) float64 each, NaN where a volume has no value.

    Without a repetition time there are no cosines. They cover the steady volumes and are 0 in the others.
    What motion gives is left out where it could not be determined.
    """
    volumes = len(moved.parameters)
    std_dvars = _after_the_first(courses.std_dvars)
    scalars = {"std_dvars": std_dvars, "dvars": _after_the_first(courses.dvars)}
    displaced = {"framewise_displacement": moved.framewise_displacement, "rmsd": moved.rmsd}
    return (
        _expanded("global_signal", courses.global_signal)
        | scalars
        | (displaced if moved.determined else {})
        | _numbered("cosine", _drifts(volumes, len(non_steady), tr_s, settings.high_pass_s))
        | _numbered("non_steady_state_outlier", _one_hot(volumes, non_steady))
        | (_motion24(moved.parameters) if moved.determined else {})
        | _numbered("motion_outlier", _one_hot(volumes, outliers(moved, std_dvars, settings)))
    )


def outliers(moved: Motion, std_dvars: Course, settings: Settings) -> list[int]:
    """The volumes that moved or changed too much: framewise displacement or std_dvars past its threshold.

    A displacement that is not known is past none.
    """
    far = moved.framewise_displacement > settings.fd_scrub_mm
    return [int(volume) for volume in np.flatnonzero(far | (std_dvars > settings.std_dvars_scrub))]


def _after_the_first(changes: Course) -> Course:
    """(nt,), with the first volume, which follows none, missing."""
    return np.concatenate([[np.nan], changes])


def _expanded(name: str, course: Course) -> Columns:
    """A course, its backward difference, and the squares of both (Friston et al. 1996; Satterthwaite et al. 2013)."""
    derivative = _after_the_first(np.diff(course))
    return {
        name: np.asarray(course, np.float64),
        f"{name}_derivative1": derivative,
        f"{name}_derivative1_power2": derivative**2,
        f"{name}_power2": course**2,
    }


def _motion24(parameters: NDArray[np.float64]) -> Columns:
    expanded = (_expanded(name, course) for name, course in zip(PARAMETERS, parameters.T, strict=True))
    return {name: course for columns in expanded for name, course in columns.items()}


def _drifts(volumes: int, skipped: int, tr_s: float | None, period_s: float) -> NDArray[np.float64]:
    if tr_s is None:
        return np.empty((volumes, 0))
    basis = cosines(volumes - skipped, tr_s, period_s)
    return np.pad(basis, ((skipped, 0), (0, 0)))


def _one_hot(volumes: int, chosen: Sequence[int]) -> NDArray[np.float64]:
    columns = np.zeros((volumes, len(chosen)))
    columns[list(chosen), range(len(chosen))] = 1
    return columns


def _numbered(name: str, columns: NDArray[np.float64]) -> Columns:
    return {f"{name}{number:02d}": course for number, course in enumerate(columns.T)}


def write_confounds(columns: Columns, moved: Motion, table: Path, sidecar: Path, settings: Settings) -> None:
    """Write the TSV, each float as the shortest text that reads back the same, and the JSON that explains it."""
    rows = zip(*(map(_text, course.tolist()) for course in columns.values()), strict=True)
    table.write_text("".join("\t".join(row) + "\n" for row in (tuple(columns), *rows)), encoding="utf-8")
    described = {name: describe(name, moved.pivot_mm.tolist(), settings) for name in columns}
    sidecar.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _text(value: float) -> str:
    return repr(value) if isfinite(value) else "n/a"
