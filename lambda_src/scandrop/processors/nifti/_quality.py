"""A run's quality in numbers, by MRIQC's names where it has the number."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._accumulate import Accumulated
from scandrop.processors.nifti._arrays import Mask, Volume
from scandrop.processors.nifti._confounds import Motion
from scandrop.processors.nifti._temporal import Temporal

type Metrics = dict[str, float | int | None]

_SPIKE_DEVIATIONS = 6
_NORMAL_MAD = 1.4826
_OF_MOTION = (
    *("fd_mean", "fd_max", "fd_num", "fd_perc", "rmsd_mean"),
    *("outliers_num", "kept_percent", "kept_strict_percent"),
)


@dataclass(frozen=True)
class Evidence:
    """What a run's quality is judged by.

    raw, corrected: the volumes as they were read and as they are after motion correction.
    moved, courses: the motion, and what the corrected run's time courses say of each volume.
    steady_from: how many leading volumes are not in steady state.
    voxel_mm: (3,). tr_s: None where it is unknown. phase_axis: 0, 1 or 2 of the array, None where it is unknown.
    """

    raw: Accumulated
    corrected: Accumulated
    moved: Motion
    courses: Temporal
    steady_from: int
    voxel_mm: Sequence[float]
    tr_s: float | None
    phase_axis: int | None


def metrics(found: Evidence, settings: Settings) -> Metrics:
    """Each number by its name in `_verdict.definitions`; None where the run does not tell it."""
    values = _shape(found) | _motion(found, settings) | _temporal(found) | _spatial(found) | _comparison(found)
    return {name: _rounded(value) for name, value in sorted(values.items())}


def spikes(run: Accumulated) -> list[tuple[int, int]]:
    """Where one slice of one volume stands out: (volume, slice), both from 0, in their order.

    A slice's mean over the mask exceeds those of both neighbours in time, or falls short of both, by more than six
    times the robust standard deviation (1.4826 median absolute values) of that slice's changes from volume to volume.
    The first and the last volume have no two neighbours.
    """
    change = np.diff(run.slice_means, axis=1)
    limit = _SPIKE_DEVIATIONS * _NORMAL_MAD * np.median(np.abs(change), axis=1, keepdims=True)
    rise, fall = change[:, :-1], -change[:, 1:]
    height = np.where(np.sign(rise) == np.sign(fall), np.minimum(np.abs(rise), np.abs(fall)), 0)
    place, volume = np.nonzero((height > limit) & (limit > 0))
    return sorted((int(t) + 1, run.slices[k]) for t, k in zip(volume, place, strict=True))


def _shape(found: Evidence) -> Metrics:
    sizes = (*found.corrected.mask.shape, len(found.moved.parameters))
    named = {f"size_{axis}": size for axis, size in zip("xyzt", sizes, strict=True)}
    spacing = {f"spacing_{axis}": float(size) for axis, size in zip("xyz", found.voxel_mm, strict=True)}
    return named | spacing | {"spacing_tr": found.tr_s, "dummy_trs": found.steady_from}


def _motion(found: Evidence, settings: Settings) -> Metrics:
    fd, dvars = found.moved.framewise_displacement, np.concatenate([[np.nan], found.courses.std_dvars])
    steady = slice(found.steady_from, None)
    if not found.moved.determined:
        return dict.fromkeys(_OF_MOTION)
    strict = int(np.count_nonzero(fd > settings.fd_strict_mm))
    changed = dvars > settings.std_dvars_scrub
    return {
        "fd_mean": float(fd[1:].mean()),
        "fd_max": float(fd[1:].max()),
        "fd_num": strict,
        "fd_perc": 100 * strict / len(fd),
        "rmsd_mean": float(found.moved.rmsd[1:].mean()),
        "outliers_num": int(np.count_nonzero((fd > settings.fd_scrub_mm) | changed)),
        "kept_percent": _percent(~((fd > settings.fd_scrub_mm) | changed)[steady]),
        "kept_strict_percent": _percent(~((fd > settings.fd_strict_mm) | changed)[steady]),
    }


def _percent(kept: Mask) -> float:
    return 100 * float(kept.mean())


def _temporal(found: Evidence) -> Metrics:
    courses, spiked = found.courses, spikes(found.raw)
    return {
        "dvars_nstd": float(courses.dvars.mean()),
        "dvars_std": float(courses.std_dvars.mean()),
        "dvars_vstd": float(courses.vx_std_dvars.mean()),
        "gcor": courses.gcor,
        "aor": float(courses.outlier_share.mean()),
        "drift_percent": _drift_percent(courses.global_signal[found.steady_from :]),
        "spikes_num": len(spiked),
        "spikes_volumes_num": len({volume for volume, _ in spiked}),
    }


def _drift_percent(signal: NDArray[np.float64]) -> float | None:
    """The straight line through a course, from its first volume to its last, in percent of the mean."""
    if len(signal) < 2 or not signal.mean():
        return None
    time = np.linspace(-0.5, 0.5, len(signal))
    return float(100 * (time @ signal) / (time @ time) / signal.mean())


def _spatial(found: Evidence) -> Metrics:
    mask, mean = found.corrected.mask, np.maximum(found.corrected.mean(), 0)
    known = {axis: _ghosts(mean, mask, axis) for axis in range(3) if axis == found.phase_axis}
    ghosts = {"gsr_x": known.get(0), "gsr_y": known.get(1)}
    return ghosts | {"snr": signal_to_noise(mean[mask]), "fber": _energy_ratio(mean, mask), "efc": _entropy_focus(mean)}


def _ghosts(mean: Volume, mask: Mask, axis: int) -> float | None:
    """Where the mask falls when moved by half the field of view along the phase axis, against the rest of the air."""
    moved = np.roll(mask, mask.shape[axis] // 2, axis) & ~mask
    air = ~moved & ~mask
    if not moved.any() or not air.any():
        return None
    ghost = mean[moved].mean(dtype=np.float64) - mean[air].mean(dtype=np.float64)
    return float(ghost / mean[mask].mean(dtype=np.float64))


def signal_to_noise(inside: Volume) -> float | None:
    """MRIQC's, of the voxels inside a mask: their lower median over their standard deviation (n - 1).

    The lower one, because the mean of the two in the middle may overflow.
    """
    deviation = float(inside.std(dtype=np.float64, ddof=1)) if inside.size > 1 else 0
    return float(np.percentile(inside, 50, method="lower")) / deviation if deviation else None


def _energy_ratio(mean: Volume, mask: Mask) -> float | None:
    if mask.all():
        return None
    air = float(np.median(mean[~mask])) ** 2
    return float(np.median(mean[mask])) ** 2 / air if air else None


def _entropy_focus(mean: Volume) -> float | None:
    bright = mean[mean > 0].astype(np.float64)
    if not bright.size or mean.size < 2:
        return None
    share = bright / np.sqrt(bright @ bright)
    return float(share @ np.log(share) / (sqrt(mean.size) * np.log(1 / sqrt(mean.size))))


def _comparison(found: Evidence) -> Metrics:
    mask = found.corrected.mask
    return {
        "tsnr": _median_tsnr(found.corrected, mask),
        "tsnr_before": _median_tsnr(found.raw, mask),
        "correlation": found.corrected.correlation(),
        "correlation_before": found.raw.correlation(),
    }


def _median_tsnr(run: Accumulated, mask: Mask) -> float | None:
    """None where no voxel changes: a ratio to a deviation of 0."""
    ratio = run.tsnr()[mask]
    return float(np.median(ratio)) if ratio.any() else None


def _rounded(value: float | None) -> float | int | None:
    """Six digits, all that the measurement can mean; None where it is no number."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.6g}") if isfinite(value) else None
