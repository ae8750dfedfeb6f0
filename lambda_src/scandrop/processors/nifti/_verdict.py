"""What each quality metric means, the verdict on them, and ``qc.json``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

from scandrop.processors import Json
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._quality import Metrics
from scandrop.processors.nifti._warnings import Caution

type Status = Literal["pass", "warn", "fail"]

_WORST_FIRST: Sequence[Status] = ("fail", "warn", "pass")
_LEAST_STEADY = 20  # volumes: displacement, outliers and tSNR of fewer say little


class Metric(NamedTuple):
    """unit: empty where the metric has none."""

    unit: str
    definition: str


def definitions(settings: Settings) -> dict[str, Metric]:
    """Unit and definition of each metric, in the order of their names."""
    return dict(sorted((_motion(settings) | _TEMPORAL | _SPATIAL | _SHAPE).items()))


def _motion(settings: Settings) -> dict[str, Metric]:
    scrub, strict, dvars = settings.fd_scrub_mm, settings.fd_strict_mm, settings.std_dvars_scrub
    return {
        "fd_mean": Metric("mm", "Mean framewise displacement (Power et al. 2012, 50 mm)."),
        "fd_max": Metric("mm", "Largest framewise displacement."),
        "fd_num": Metric("volumes", f"How many volumes have a framewise displacement above {strict:g} mm."),
        "fd_perc": Metric("%", f"Share of the volumes with a framewise displacement above {strict:g} mm."),
        "rmsd_mean": Metric("mm", "Mean root mean square displacement from volume to volume (Jenkinson 1999, 80 mm)."),
        "outliers_num": Metric(
            "volumes",
            f"How many volumes have a framewise displacement above {scrub:g} mm or a std_dvars above {dvars:g}.",
        ),
        "kept_percent": Metric(
            "%",
            "Share of the steady volumes that are no outliers, which scrubbing would keep: framewise displacement at "
            f"most {scrub:g} mm and std_dvars at most {dvars:g}.",
        ),
        "kept_strict_percent": Metric("%", f"The same with a framewise displacement of at most {strict:g} mm."),
    }


_TEMPORAL = {
    "dvars_nstd": Metric("1/1000 of the median intensity", "Mean DVARS (Power et al. 2012), as in nipype."),
    "dvars_std": Metric("", "Mean standardised DVARS (Nichols 2013), as in nipype: about 1 in a quiet run."),
    "dvars_vstd": Metric("", "Mean DVARS standardised voxel by voxel, as in nipype."),
    "gcor": Metric("", "Global correlation: mean correlation of all pairs of brain voxels (Saad et al. 2013)."),
    "aor": Metric(
        "",
        "Outlier ratio as in AFNI's 3dToutcount, here of the corrected run: mean share of brain voxels further from "
        "their median than sqrt(pi/2) MAD times the normal deviate of 0.001 / volumes.",
    ),
    "drift_percent": Metric("%", "Change of the global signal along the straight line fitted to it, of its mean."),
    "spikes_num": Metric(
        "slices",
        "How many slices of the raw run stand out, above or below both neighbours in time by six robust standard "
        "deviations of that slice's changes.",
    ),
    "spikes_volumes_num": Metric("volumes", "How many volumes have such a slice."),
    "tsnr": Metric("", "Median over the brain of the temporal SNR (mean over standard deviation), after correction."),
    "tsnr_before": Metric("", "The same before correction."),
    "correlation": Metric("", "Mean correlation over the brain of all pairs of steady volumes, after correction."),
    "correlation_before": Metric("", "The same before correction."),
}

_SPATIAL = {
    "snr": Metric("", "Median over standard deviation of the mean image in the brain."),
    "fber": Metric(
        "", "Foreground-background energy ratio: squared median of the mean image in the brain over outside."
    ),
    "efc": Metric("", "Entropy focus criterion of the mean image (Atkinson et al. 1997): 0 sharp, 1 blurred evenly."),
    "gsr_x": Metric("", "Ghost-to-signal ratio (Giannelli et al. 2010) where the phase axis is the first array axis."),
    "gsr_y": Metric("", "Ghost-to-signal ratio (Giannelli et al. 2010) where the phase axis is the second array axis."),
}

_SHAPE = {
    "size_x": Metric("voxels", "Voxels along the first array axis."),
    "size_y": Metric("voxels", "Voxels along the second array axis."),
    "size_z": Metric("voxels", "Voxels along the third array axis."),
    "size_t": Metric("volumes", "Volumes in the run."),
    "spacing_x": Metric("mm", "Voxel size along the first array axis."),
    "spacing_y": Metric("mm", "Voxel size along the second array axis."),
    "spacing_z": Metric("mm", "Voxel size along the third array axis."),
    "spacing_tr": Metric("s", "Repetition time."),
    "dummy_trs": Metric(
        "volumes", "Leading volumes before steady state; tSNR, correlations, drift and kept_percent are without them."
    ),
}


@dataclass(frozen=True)
class Verdict:
    """status: the worst of the criteria. judged: the status and the sentence of each one, the worst first."""

    status: Status
    judged: list[tuple[Status, str]]

    @property
    def said(self) -> Mapping[str, Json]:
        """The sentences as a program reads them: the reasons against the run, and what passed."""
        return {
            "reasons": [sentence for status, sentence in self.judged if status != "pass"],
            "passed": [sentence for status, sentence in self.judged if status == "pass"],
        }


class _Criterion(NamedTuple):
    name: str
    subject: str
    unit: str
    warn: float
    fail: float
    is_ceiling: bool

    def judge(self, value: float | None) -> tuple[Status, str]:
        if value is None:
            return "warn", f"{self.subject} could not be determined."
        limits: Sequence[tuple[Status, float]] = (("fail", self.fail), ("warn", self.warn))
        for status, limit in limits:
            if value > limit if self.is_ceiling else value < limit:
                side = "above" if self.is_ceiling else "below"
                return status, f"{self.subject} is {value:.3g}{self.unit}, {side} {limit:g}{self.unit}."
        bound = "at most" if self.is_ceiling else "at least"
        return "pass", f"{self.subject} is {value:.3g}{self.unit}; {bound} {self.warn:g}{self.unit} passes."


def verdict(values: Metrics, settings: Settings, *, is_connected: bool, is_scan: bool = True) -> Verdict:
    """Judge a run by mean framewise displacement, share of outliers and median tSNR against the thresholds.

    A metric that the run does not tell warns, and so do fewer than 20 steady volumes and a run that is too short, or
    too poor, for its regions to be correlated, and one that is no scan but was processed before.
    """
    judged = [criterion.judge(values[criterion.name]) for criterion in _criteria(settings)] + _too_short(values)
    if not is_connected:
        judged.append(("warn", "No connectivity could be given."))
    if not is_scan:
        judged.append(("warn", "By its name the run was processed before."))
    judged.sort(key=lambda each: _WORST_FIRST.index(each[0]))
    return Verdict(judged[0][0], judged)


def _too_short(values: Metrics) -> list[tuple[Status, str]]:
    steady = (values["size_t"] or 0) - (values["dummy_trs"] or 0)
    if steady >= _LEAST_STEADY:
        return []
    volumes = "volume" if steady == 1 else "volumes"
    return [("warn", f"Only {steady} steady {volumes}; at least {_LEAST_STEADY} are needed to judge.")]


def _criteria(settings: Settings) -> list[_Criterion]:
    fd = (settings.warn_mean_fd_mm, settings.fail_mean_fd_mm, True)
    kept = (settings.warn_kept_percent, settings.fail_kept_percent, False)
    tsnr = (settings.warn_tsnr, settings.fail_tsnr, False)
    return [
        _Criterion("fd_mean", "Mean framewise displacement", " mm", *fd),
        _Criterion("kept_percent", "The share of volumes that are no outliers", " %", *kept),
        _Criterion("tsnr", "Median tSNR", "", *tsnr),
    ]


def quality_json(
    values: Metrics,
    judged: Verdict,
    spiked: Sequence[tuple[int, int]],
    connected: Mapping[str, Json],
    warned: Sequence[Caution],
    settings: Settings,
) -> Mapping[str, Json]:
    """``qc.json``: the metrics at the top level as MRIQC writes them, then what they mean and come to.

    spiked: of `_quality.spikes`, (volume, slice) from 0. connected: of `_connectivity.summary`.
    """
    return {
        **values,
        "verdict": {"status": judged.status, **judged.said},
        "connectivity": connected,
        "warnings": [asdict(caution) for caution in warned],
        "spikes": [{"volume": volume, "slice": k} for volume, k in spiked],
        "definitions": {name: metric._asdict() for name, metric in definitions(settings).items()},
    }
