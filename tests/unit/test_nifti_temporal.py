from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from nibabel.testing import data_path
from nipype_dvars import nipype_dvars

from scandrop.processors.nifti import _temporal
from scandrop.processors.nifti._store import FLOAT32, Store
from scandrop.processors.nifti._temporal import MaskedSeries, _median, temporal

SHAPE, VOLUMES = (7, 8, 9), 60


@pytest.fixture(scope="module")
def run():
    """Voxels of unlike brightness, noise and autocorrelation, with two jumps and a drift."""
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(*SHAPE, VOLUMES))
    for t in range(1, VOLUMES):
        noise[..., t] += 0.4 * rng.random(SHAPE) * noise[..., t - 1]
    run = 1000 * rng.random((*SHAPE, 1)) + 20 * rng.random((*SHAPE, 1)) * noise + 0.1 * np.arange(VOLUMES)
    run[..., 20] += 30
    run[..., 41:] += 15
    return run.astype(np.float32)


@pytest.fixture(scope="module")
def mask():
    return np.random.default_rng(6).random(SHAPE) < 0.7


def assert_dvars_are_nipypes(run, mask, folder, monkeypatch):
    std, non_standardised, voxelwise = nipype_dvars(run, mask, folder, monkeypatch)
    ours = temporal([run[mask]])
    np.testing.assert_allclose(ours.std_dvars, std, rtol=2e-6)
    np.testing.assert_allclose(ours.dvars, non_standardised, rtol=2e-6)
    np.testing.assert_allclose(ours.vx_std_dvars, voxelwise, rtol=2e-6)


def test_dvars_are_nipypes(run, mask, tmp_path, monkeypatch):
    assert_dvars_are_nipypes(run, mask, tmp_path, monkeypatch)


def test_dvars_of_a_real_run_are_nipypes(tmp_path, monkeypatch):
    real = nib.load(Path(data_path) / "functional.nii").get_fdata(dtype=np.float32)
    assert_dvars_are_nipypes(real, real.mean(axis=3) > 500, tmp_path, monkeypatch)


def test_dvars_are_exact_where_nipypes_sums_in_single_precision_are_not(run, mask):
    scaled = run[mask].astype(float) * 1000 / np.median(run[mask].astype(float))
    exact = np.sqrt(np.mean(np.diff(scaled, axis=1) ** 2, axis=0))
    np.testing.assert_allclose(temporal([run[mask]]).dvars, exact, rtol=2e-7)


def test_dvars_leave_out_voxels_whose_quartiles_are_equal_as_nipype_does(run, mask, tmp_path, monkeypatch):
    still = run.copy()
    still[1], still[2, :4], still[3, 3, 3] = 0, 700, 5
    still[3, 3, 3, 7] = 90
    assert_dvars_are_nipypes(still, mask, tmp_path, monkeypatch)


def test_the_unit_of_intensity_changes_no_dvars(run, mask):
    series = run[mask]
    one, other = temporal([series]), temporal([series * np.float32(2**-10)])
    np.testing.assert_array_equal(one.dvars, other.dvars)
    np.testing.assert_array_equal(one.std_dvars, other.std_dvars)


def test_blocks_give_what_the_whole_gives(run, mask):
    series = run[mask]
    whole, blocks = temporal([series], 2), temporal([series[:100], series[100:103], series[103:]], 2)
    for name, value in vars(whole).items():
        np.testing.assert_allclose(getattr(blocks, name), value, rtol=1e-6, err_msg=name)


def test_the_global_signal_is_the_mean_over_the_mask(run, mask):
    np.testing.assert_allclose(temporal([run[mask]]).global_signal, run[mask].mean(axis=0, dtype=float), rtol=1e-9)


def test_the_global_correlation_is_the_mean_correlation_of_all_pairs_of_voxels(run, mask):
    series = run[mask]
    steady = np.corrcoef(series[:, 3:]).mean()
    assert temporal([series], steady_from=3).gcor == pytest.approx(steady, rel=1e-5)
    assert temporal([series]).gcor != pytest.approx(steady, rel=1e-3)


def test_outliers_are_counted_as_afni_defines_them(run, mask):
    series = run[mask].astype(float)
    series[:50, 20] += 5000
    distance = np.abs(series - np.median(series, axis=1, keepdims=True))
    alpha = 4.149  # a normal value exceeds it once in 60,000
    limit = alpha * np.sqrt(np.pi / 2) * np.median(distance, axis=1, keepdims=True)
    share = temporal([series.astype(np.float32)]).outlier_share
    np.testing.assert_allclose(share, (distance > limit).mean(axis=0), atol=1.5 / len(series))
    assert share[20] >= 50 / len(series)


def test_a_run_that_never_changes_has_no_dvars():
    still = temporal([np.full((40, 12), 500, np.float32)])
    assert np.isnan(still.dvars).all()
    assert np.isnan(still.std_dvars).all()
    assert np.isnan(still.gcor)
    assert not still.outlier_share.any()
    np.testing.assert_array_equal(still.global_signal, 500)


def test_intensities_too_great_to_be_squared_have_no_dvars():
    huge = 1e30 * (1 + np.random.default_rng(1).random((40, 12)))
    assert not np.isfinite(temporal([huge.astype(np.float32)]).std_dvars).any()


def test_an_empty_mask_is_an_error():
    with pytest.raises(ValueError, match="mask"):
        temporal([])


@pytest.mark.parametrize("voxels", [1, 2, 7, 5000])
@pytest.mark.parametrize("volumes", [2, 5, 6])
def test_the_median_is_exact(voxels, volumes):
    values = np.random.default_rng(voxels).normal(0.5, 1, (voxels, volumes)).astype(np.float32) ** 3
    assert _median([values[: voxels // 2], values[voxels // 2 :]]) == pytest.approx(
        np.median(values.astype(float)), rel=1e-12
    )


def test_the_median_of_two_far_values_is_between_them():
    assert _median([np.array([[-8.0, 1e6]], np.float32)]) == (1e6 - 8) / 2


@pytest.mark.parametrize("kept_bytes", [2**20, 0])
def test_a_stored_run_gives_its_masked_series_as_often_as_asked(run, mask, tmp_path, monkeypatch, kept_bytes):
    """In one block or, where that would take too much memory, in slabs of slices."""
    monkeypatch.setattr(_temporal, "_KEPT_BYTES", kept_bytes)
    monkeypatch.setattr("scandrop.processors.nifti._store._BLOCK_BYTES", run[:, :, :2].nbytes)
    with Store(tmp_path / "run", run.shape, FLOAT32) as store:
        for t in range(VOLUMES):
            store.put(t, np.asfortranarray(run[..., t]))
        series = MaskedSeries(store, mask)
        assert len(list(series)) == (1 if kept_bytes else 5)
        assert temporal(series, 2).gcor == pytest.approx(temporal([run[mask]], 2).gcor, rel=1e-6)
        np.testing.assert_allclose(temporal(series).dvars, temporal([run[mask]]).dvars, rtol=1e-6)
