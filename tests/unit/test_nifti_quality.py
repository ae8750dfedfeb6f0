import json
from dataclasses import replace

import numpy as np
import pytest
from nifti_motion import transforms_of

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._accumulate import Accumulated
from scandrop.processors.nifti._confounds import motion
from scandrop.processors.nifti._quality import Evidence, metrics, spikes
from scandrop.processors.nifti._temporal import temporal
from scandrop.processors.nifti._verdict import Verdict, definitions, quality_json, verdict
from scandrop.processors.nifti._warnings import Caution

SHAPE, VOLUMES, TR_S = (14, 16, 18), 40, 1.5


@pytest.fixture(scope="module")
def mask():
    i, j, k = np.indices(SHAPE)
    return ((i - 6) / 4) ** 2 + ((j - 5) / 4) ** 2 + ((k - 9) / 7) ** 2 < 1


@pytest.fixture(scope="module")
def run(mask):
    """A brain over air with noise, a drift, and a bright first volume."""
    rng = np.random.default_rng(21)
    brain = mask * (900 + 200 * rng.random(SHAPE))
    run = np.abs(brain[..., None] + rng.normal(0, 12, (*SHAPE, VOLUMES)))
    run[mask] *= 1 + 0.01 * np.arange(VOLUMES) / (VOLUMES - 1)
    run[mask, 0] *= 1.3
    return np.asfortranarray(run, np.float32)


def accumulated(run, mask, steady_from=0):
    sums = Accumulated(mask, run.shape[3], steady_from)
    for t in range(run.shape[3]):
        sums.add(t, np.asfortranarray(run[..., t]))
    return sums


@pytest.fixture(scope="module")
def evidence(run, mask):
    """The run as it would be found: corrected is `run`, raw the same with every other volume moved."""
    raw = run.copy()
    raw[..., 5::2] = np.roll(run[..., 5::2], 1, axis=1)
    walk = np.zeros((VOLUMES, 6))
    walk[10:, 0] = 0.3
    walk[20:, 2] = 0.6
    return Evidence(
        raw=accumulated(raw, mask, 1),
        corrected=accumulated(run, mask, 1),
        moved=motion(transforms_of(walk, np.zeros(3)), walk, np.zeros(3)),
        courses=temporal([run[mask]], 1),
        steady_from=1,
        voxel_mm=(3.0, 3.5, 4.0),
        tr_s=TR_S,
        phase_axis=1,
    )


@pytest.fixture(scope="module")
def values(evidence):
    return metrics(evidence, Settings())


def test_the_mean_image_is_that_of_the_steady_volumes(run, mask):
    mean = accumulated(run, mask, 1).mean()
    np.testing.assert_allclose(mean, run[..., 1:].mean(axis=3), rtol=1e-6)
    assert mean.dtype == np.float32
    assert mean.flags.f_contiguous


def test_tsnr_is_the_mean_over_the_standard_deviation_in_time(run, mask):
    steady = run[..., 1:].astype(float)
    np.testing.assert_allclose(accumulated(run, mask, 1).tsnr(), steady.mean(axis=3) / steady.std(axis=3), rtol=1e-6)


def test_a_voxel_that_never_changes_has_no_tsnr(mask):
    still = np.repeat(np.random.default_rng(2).random((*SHAPE, 1)).astype(np.float32), 500, axis=3)
    assert not accumulated(still, mask).tsnr().any()


def test_the_correlation_is_the_mean_over_all_pairs_of_steady_volumes(run, mask):
    pairs = np.corrcoef(run[mask].T[1:])[np.triu_indices(VOLUMES - 1, 1)]
    assert accumulated(run, mask, 1).correlation() == pytest.approx(pairs.mean(), rel=1e-9)


def test_a_constant_volume_is_in_no_pair(run, mask):
    dropped = run.copy()
    dropped[..., 7] = 50
    rest = np.delete(run, 7, axis=3)
    assert accumulated(dropped, mask).correlation() == pytest.approx(accumulated(rest, mask).correlation(), rel=1e-12)


def test_one_volume_correlates_with_none(run, mask):
    assert np.isnan(accumulated(run[..., :1], mask).correlation())


def test_slice_means_are_over_the_mask(run, mask):
    sums = accumulated(run, mask, 1)
    assert sums.slices == [k for k in range(SHAPE[2]) if mask[:, :, k].any()]
    k = sums.slices[2]
    np.testing.assert_allclose(sums.slice_means[2], run[:, :, k][mask[:, :, k]].mean(axis=0), rtol=1e-6)


def test_a_slice_that_stands_out_for_one_volume_is_a_spike(run, mask):
    spiky = run.copy()
    spiky[:, :, 9, 17] += 120
    spiky[:, :, 4, 30] -= 120
    assert spikes(accumulated(spiky, mask)) == [(17, 9), (30, 4)]


def test_steps_that_stay_are_no_spikes(run, mask):
    stepped = run.copy()
    stepped[..., 17:] += 120
    stepped[..., 18:] += 120
    assert spikes(accumulated(stepped, mask)) == []


def test_a_noiseless_run_has_no_spikes(mask):
    flat = np.ones((*SHAPE, 12), np.float32, order="F")
    flat[..., 5] = 2
    assert spikes(accumulated(flat, mask)) == []


def test_motion_is_counted_by_mriqcs_names(values):
    assert values["fd_mean"] == pytest.approx(0.9 / (VOLUMES - 1), rel=1e-5)
    assert values["fd_max"] == 0.6
    assert values["fd_num"] == 2
    assert values["fd_perc"] == 5
    assert values["rmsd_mean"] == pytest.approx(0.9 / (VOLUMES - 1), rel=1e-5)


def test_kept_are_the_steady_volumes_below_both_thresholds(evidence):
    """The first change is from the bright volume, so that volume 1 is an outlier by std_dvars."""
    values = metrics(evidence, Settings())
    assert values["outliers_num"] == 2
    assert values["kept_percent"] == pytest.approx(100 * 37 / 39, rel=1e-5)
    assert values["kept_strict_percent"] == pytest.approx(100 * 36 / 39, rel=1e-5)
    calm = metrics(evidence, Settings(fd_scrub_mm=0.7, fd_strict_mm=0.5, std_dvars_scrub=100))
    assert (calm["kept_percent"], calm["fd_num"]) == (100, 1)
    assert calm["kept_strict_percent"] == pytest.approx(100 * 38 / 39, rel=1e-5)


def test_drift_is_in_percent_of_the_mean(values):
    assert values["drift_percent"] == pytest.approx(1 * 38 / 39, abs=0.05)


def test_correction_is_compared_with_what_was_before(values):
    assert values["tsnr"] > 2 * values["tsnr_before"]
    assert values["correlation"] > values["correlation_before"] + 0.05


def test_tsnr_is_the_median_over_the_mask(values, run, mask):
    steady = run[mask][:, 1:].astype(float)
    assert values["tsnr"] == pytest.approx(np.median(steady.mean(axis=1) / steady.std(axis=1)), rel=1e-5)


def test_shape_and_spacing_are_the_runs(values):
    assert [values[f"size_{axis}"] for axis in "xyzt"] == [14, 16, 18, VOLUMES]
    assert [values[f"spacing_{axis}"] for axis in ("x", "y", "z", "tr")] == [3.0, 3.5, 4.0, TR_S]
    assert values["dummy_trs"] == 1


def mriqc_ghosts(mean, mask, axis):
    """mriqc.qc.functional.gsr, step by step."""
    half = mask.shape[axis] // 2
    moved = np.concatenate([mask.take(range(half, 2 * half), axis), mask.take(range(half), axis)], axis).astype(int)
    moved = moved * (1 - mask)
    label = moved + 2 * (1 - moved - mask)
    return (mean[label == 1].mean() - mean[label == 2].mean()) / mean[label == 0].mean()


@pytest.mark.parametrize(("axis", "name", "other"), [(0, "gsr_x", "gsr_y"), (1, "gsr_y", "gsr_x")])
def test_ghosts_are_measured_along_the_phase_axis_as_in_mriqc(evidence, run, mask, axis, name, other):
    haunted = run + 0.1 * np.roll(run, SHAPE[axis] // 2, axis)
    found = metrics(replace(evidence, corrected=accumulated(haunted, mask), phase_axis=axis), Settings())
    expected = mriqc_ghosts(haunted.astype(float).mean(axis=3), mask.astype(int), axis)
    assert found[name] == pytest.approx(expected, rel=1e-4)
    assert 0.05 < found[name] < 0.15
    assert found[other] is None


def test_without_a_phase_axis_no_ghosts_are_measured(evidence):
    found = metrics(replace(evidence, phase_axis=None), Settings())
    assert found["gsr_x"] is None
    assert found["gsr_y"] is None


def test_spatial_metrics_are_mriqcs(values, run, mask):
    mean = run[..., 1:].astype(float).mean(axis=3)
    n = mask.sum()
    assert values["snr"] == pytest.approx(np.median(mean[mask]) / (mean[mask].std() * np.sqrt(n / (n - 1))), rel=1e-5)
    assert values["fber"] == pytest.approx(np.median(mean[mask] ** 2) / np.median(mean[~mask] ** 2), rel=1e-4)
    peak = np.sqrt((mean**2).sum())
    most = np.sqrt(mean.size) * np.log(1 / np.sqrt(mean.size))
    assert values["efc"] == pytest.approx((mean / peak * np.log((mean + 1e-16) / peak)).sum() / most, rel=1e-5)


def test_every_metric_has_a_definition_and_no_other_has(values):
    assert list(definitions(Settings())) == list(values)


def test_definitions_say_the_thresholds_that_were_used():
    assert "0.35 mm" in definitions(Settings(fd_strict_mm=0.35))["fd_num"].definition


def test_what_a_still_run_does_not_tell_is_none(mask):
    flat = np.ones((*SHAPE, 5), np.float32, order="F")
    whole, walk = accumulated(flat, mask), np.zeros((5, 6))
    moved = motion(transforms_of(walk, np.zeros(3)), walk, np.zeros(3))
    found = Evidence(whole, whole, moved, temporal([flat[mask]]), 0, (3.0, 3.0, 3.0), None, None)
    values = metrics(found, Settings())
    assert [values[name] for name in ("spacing_tr", "dvars_std", "gcor", "snr", "correlation")] == [None] * 5
    assert (values["fd_mean"], values["drift_percent"]) == (0, 0)
    assert (values["tsnr"], values["tsnr_before"]) == (None, None)
    judged = verdict(values, Settings(), is_connected=True)
    assert judged.status == "warn"
    assert "Median tSNR could not be determined." in judged.said["reasons"]
    json.dumps(values, allow_nan=False)


GOOD = {"fd_mean": 0.08, "kept_percent": 97.5, "tsnr": 61.2, "size_t": 22, "dummy_trs": 2}
PASSED = [
    ("pass", "Mean framewise displacement is 0.08 mm; at most 0.2 mm passes."),
    ("pass", "The share of volumes that are no outliers is 97.5 %; at least 80 % passes."),
    ("pass", "Median tSNR is 61.2; at least 40 passes."),
]


def test_a_good_run_passes_with_its_figures():
    judged = verdict(GOOD, Settings(), is_connected=True)
    assert judged == Verdict("pass", PASSED)
    assert judged.said == {"reasons": [], "passed": [sentence for _, sentence in PASSED]}


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"fd_mean": 0.31}, "warn", "Mean framewise displacement is 0.31 mm, above 0.2 mm."),
        ({"fd_mean": 0.62}, "fail", "Mean framewise displacement is 0.62 mm, above 0.5 mm."),
        ({"kept_percent": 79.9}, "warn", "The share of volumes that are no outliers is 79.9 %, below 80 %."),
        ({"kept_percent": 49}, "fail", "The share of volumes that are no outliers is 49 %, below 50 %."),
        ({"tsnr": 33}, "warn", "Median tSNR is 33, below 40."),
        ({"tsnr": 12}, "fail", "Median tSNR is 12, below 20."),
        ({"tsnr": None}, "warn", "Median tSNR could not be determined."),
        ({"tsnr": 12, "fd_mean": 0.3}, "fail", "Median tSNR is 12, below 20."),
    ],
)
def test_the_worst_criterion_decides_and_comes_first(change, status, reason):
    judged = verdict(GOOD | change, Settings(), is_connected=True)
    assert judged.status == status
    assert judged.said["reasons"][0] == reason
    assert (len(judged.said["reasons"]), len(judged.said["passed"])) == (len(change), 3 - len(change))
    assert set(judged.said["passed"]) <= {sentence for _, sentence in PASSED}


def test_a_value_at_its_threshold_passes():
    assert (
        verdict(GOOD | {"fd_mean": 0.2, "kept_percent": 80, "tsnr": 40}, Settings(), is_connected=True).status == "pass"
    )


@pytest.mark.parametrize(
    ("volumes", "early", "sentence"),
    [
        (21, 2, "Only 19 steady volumes; at least 20 are needed to judge."),
        (3, 0, "Only 3 steady volumes; at least 20 are needed to judge."),
        (3, 2, "Only 1 steady volume; at least 20 are needed to judge."),
    ],
)
def test_a_short_run_does_not_pass(volumes, early, sentence):
    judged = verdict(GOOD | {"size_t": volumes, "dummy_trs": early}, Settings(), is_connected=True)
    assert (judged.status, judged.said["reasons"][0]) == ("warn", sentence)


def test_a_run_without_connectivity_does_not_pass():
    judged = verdict(GOOD, Settings(), is_connected=False)
    assert (judged.status, judged.said["reasons"][0]) == ("warn", "No connectivity could be given.")
    assert verdict(GOOD | {"tsnr": 12}, Settings(), is_connected=False).status == "fail"


def test_a_run_that_was_processed_before_does_not_pass():
    judged = verdict(GOOD, Settings(), is_connected=True, is_scan=False)
    assert (judged.status, judged.said["reasons"]) == ("warn", ["By its name the run was processed before."])
    assert verdict(GOOD | {"tsnr": 12}, Settings(), is_connected=True, is_scan=False).status == "fail"


def test_a_short_run_that_fails_still_fails():
    assert verdict(GOOD | {"size_t": 3, "tsnr": 12}, Settings(), is_connected=True).status == "fail"


def test_where_motion_is_unknown_so_is_what_is_kept(evidence):
    unknown = np.full((VOLUMES, 6), np.nan)
    moved = replace(evidence.moved, parameters=unknown, framewise_displacement=unknown[:, 0], rmsd=unknown[:, 0])
    values = metrics(replace(evidence, moved=moved), Settings())
    of_motion = ("fd_mean", "fd_max", "fd_num", "fd_perc", "rmsd_mean", "outliers_num", "kept_percent")
    assert [values[name] for name in (*of_motion, "kept_strict_percent")] == [None] * 8
    reason = "The share of volumes that are no outliers could not be determined."
    assert reason in verdict(values, Settings(), is_connected=True).said["reasons"]
    assert list(definitions(Settings())) == list(values)


def test_the_thresholds_are_the_environments():
    assert verdict(GOOD, Settings(warn_tsnr=70), is_connected=True).status == "warn"
    assert verdict(GOOD, Settings(warn_tsnr=90, fail_tsnr=70), is_connected=True).status == "fail"


def test_qc_json_has_mriqcs_names_at_its_top(values):
    judged = verdict(values, Settings(), is_connected=True)
    written = quality_json(
        values, judged, [(17, 9)], {"volumes": 40}, [Caution("some_code", "A sentence.")], Settings()
    )
    read = json.loads(json.dumps(written, allow_nan=False))
    assert read["tsnr"] == values["tsnr"]
    assert read["verdict"]["status"] == judged.status
    assert read["connectivity"] == {"volumes": 40}
    assert read["spikes"] == [{"volume": 17, "slice": 9}]
    assert read["warnings"] == [{"code": "some_code", "sentence": "A sentence."}]
    assert read["definitions"]["fd_mean"]["unit"] == "mm"
