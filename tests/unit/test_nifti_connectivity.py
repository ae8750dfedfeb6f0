"""The matrix is nilearn's, and where there can be none it says so."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from nibabel import Nifti1Image
from nilearn.connectome import ConnectivityMeasure
from nilearn.maskers import NiftiLabelsMasker
from nilearn.signal import clean as nilearn_clean
from scipy.signal import butter, sosfiltfilt
from sklearn.covariance import EmpiricalCovariance

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._butterworth import butterworth, filtfilt, padding
from scandrop.processors.nifti._confounds import PARAMETERS
from scandrop.processors.nifti._connectivity import (
    clean,
    connectivity,
    describe,
    region_series,
    sentence,
    summary,
    write_connectivity,
)
from scandrop.processors.nifti._regions import choose_regions
from scandrop.processors.nifti._warnings import Warned

TR_S = 2.0


def signals(volumes=150, regions=12, seed=0):
    """Regions that share three slow sources, on a baseline, with noise of their own."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((volumes, 3)).cumsum(axis=0) @ rng.standard_normal((3, regions))
    return 1000 + shared + 3 * rng.standard_normal((volumes, regions))


def table(volumes=150, seed=1):
    """Confounds as the lane has them, the first derivative missing."""
    rng = np.random.default_rng(seed)
    columns = {"global_signal": signals(volumes).mean(axis=1)}
    columns |= {f"cosine{n:02d}": np.cos(np.pi / volumes * (np.arange(volumes) + 0.5) * (n + 1)) for n in range(4)}
    columns["non_steady_state_outlier00"] = np.eye(volumes)[0]
    for name in PARAMETERS:
        course = rng.standard_normal(volumes).cumsum() * (0.05 if name.startswith("trans") else 0.001)
        change = np.r_[np.nan, np.diff(course)]
        columns |= {name: course, f"{name}_derivative1": change}
        columns |= {f"{name}_derivative1_power2": change**2, f"{name}_power2": course**2}
    columns["motion_outlier00"] = np.eye(volumes)[70]
    return columns


def correlate(series, columns, tr_s=TR_S, **settings):
    warned = Warned()
    found = connectivity(series, columns, tr_s, Settings(**settings), warned)
    return found, [caution.code for caution in warned]


def by_nilearn(series, columns, names, low_hz=None, high_hz=None, tr_s=TR_S):
    confounds = pd.DataFrame(columns)[list(names)].bfill() if names else None
    keep = {"low_pass": high_hz, "high_pass": low_hz} if low_hz else {"filter": False}
    cleaned = nilearn_clean(series, confounds=confounds, t_r=tr_s, standardize="zscore_sample", **keep)
    measure = ConnectivityMeasure(kind="correlation", cov_estimator=EmpiricalCovariance(), standardize="zscore_sample")
    return measure.fit_transform([cleaned])[0]


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "rate_hz"),
    [(0.008, 0.1, 0.5), (0.01, 0.08, 1 / 0.72), (0.05, 0.06, 0.5), (0.008, 0.249, 0.5), (0.008, None, 1 / 6)],
)
def test_the_filter_equals_scipys(low_hz, high_hz, rate_hz):
    series = signals(90, 5)
    band, kind = ([low_hz, high_hz], "band") if high_hz else (low_hz, "high")
    sections = butter(5, band, kind, output="sos", fs=rate_hz)
    expected = sosfiltfilt(sections, series, axis=0)
    np.testing.assert_allclose(filtfilt(butterworth(low_hz, high_hz, rate_hz), series), expected, atol=1e-8)


def test_the_filter_refuses_a_run_that_its_padding_would_not_fit():
    sections = butterworth(0.008, 0.1, 0.5)
    assert padding(sections) == 33
    with pytest.raises(ValueError, match="more than 33 volumes, not 33"):
        filtfilt(sections, signals(33, 2))


@pytest.mark.parametrize("band", [(0.008, 0.1), ()])
@pytest.mark.parametrize(
    "nuisance",
    [[], ["motion6"], ["motion24"], ["motion24", "global_signal", "cosines"], ["motion6", "motion24"], ["outliers"]],
)
def test_the_matrix_equals_nilearns(nuisance, band):
    series, columns = signals(), table()
    found, codes = correlate(series, columns, nuisance=nuisance, band_pass_hz=band)
    expected = by_nilearn(series, columns, found.regressors, *band)
    np.testing.assert_allclose(found.pearson, expected, atol=1e-12)
    assert codes == []


def test_the_cleaned_series_equal_nilearns():
    series, columns = signals(), table()
    names = [name for name in columns if "derivative1" not in name]
    confounds = np.stack([columns[name] for name in names], axis=1)
    cleaned, _ = clean(series, confounds, butterworth(0.01, 0.12, 1 / TR_S))
    expected = nilearn_clean(series, confounds=confounds, t_r=TR_S, low_pass=0.12, high_pass=0.01, standardize=None)
    np.testing.assert_allclose(cleaned, expected, atol=1e-10)


def test_the_settings_choose_the_regressors_and_unsteady_volumes_are_always_among_them():
    columns = table()

    def regressors(*nuisance):
        return set(correlate(signals(), columns, nuisance=nuisance)[0].regressors)

    unsteady = {"non_steady_state_outlier00"}
    assert regressors() == unsteady
    assert regressors("motion6") == unsteady | set(PARAMETERS)
    assert regressors("global_signal") == unsteady | {"global_signal"}
    assert regressors("cosines") == unsteady | {f"cosine{n:02d}" for n in range(4)}
    assert len(regressors("motion24")) == 25
    assert regressors("outliers") == unsteady | {"motion_outlier00"}


def test_a_volume_out_of_steady_state_leaves_no_trace():
    series, columns = signals(), table()
    brighter = series.copy()
    brighter[0] += 400
    kept, _ = correlate(series, columns)
    found, _ = correlate(brighter, columns)
    np.testing.assert_allclose(found.pearson, kept.pearson, atol=1e-9)


def test_an_outlier_leaves_no_trace_where_the_settings_name_outliers_and_one_where_they_do_not():
    series, columns = signals(), table()
    brighter = series.copy()
    brighter[70] += 400
    for nuisance, kept in ((["outliers"], 0), ([], 1)):
        calm, moved = (correlate(each, columns, nuisance=nuisance)[0] for each in (series, brighter))
        assert np.allclose(calm.pearson, moved.pearson, atol=1e-9) is not bool(kept)
        assert summary(moved)["outliers_kept"] == kept
        assert f"outliers among them: {kept}." in sentence(moved)


def test_what_was_correlated_is_said_in_numbers_and_in_a_sentence():
    found, _ = correlate(signals(), table())
    assert summary(found) == {
        "is_given": True,
        "volumes": 150,
        "outliers_kept": 1,
        "regressors": list(found.regressors),
        "band_pass_hz": [0.008, 0.1],
        "degrees_of_freedom": found.degrees_of_freedom,
    }
    assert sentence(found) == (
        "Volumes: 150, outliers among them: 1. Frequencies: 0.008 to 0.1 Hz. Regressors taken out: 25. "
        f"Degrees of freedom left: {found.degrees_of_freedom}."
    )


def test_a_run_without_any_confound_is_only_detrended_and_filtered():
    found, codes = correlate(signals(), {}, nuisance=[])
    np.testing.assert_allclose(found.pearson, by_nilearn(signals(), {}, [], 0.008, 0.1), atol=1e-12)
    assert found.regressors == ()
    assert codes == []


def test_confounds_that_say_the_same_count_once():
    columns = table()
    still = {name: np.zeros(150) if name.startswith(("trans", "rot")) else column for name, column in columns.items()}
    double = still | {"rot_z": columns["global_signal"] * 3 - 7, "trans_x": np.arange(150.0)}
    once, _ = correlate(signals(), still, nuisance=["global_signal"])
    found, _ = correlate(signals(), double, nuisance=["motion24", "global_signal"])
    assert found.degrees_of_freedom == once.degrees_of_freedom
    np.testing.assert_allclose(found.pearson, once.pearson, atol=1e-9)


def test_without_a_repetition_time_nothing_is_filtered_and_a_warning_says_so():
    found, codes = correlate(signals(), table(), tr_s=None)
    unfiltered, _ = correlate(signals(), table(), band_pass_hz=())
    np.testing.assert_array_equal(found.pearson, unfiltered.pearson)
    assert found.band_hz == (None, None)
    assert codes == ["band_pass_without_tr"]


def test_a_band_past_nyquist_is_kept_up_to_it_with_a_warning():
    found, codes = correlate(signals(), table(), tr_s=6.0, nuisance=["motion6"])
    expected = by_nilearn(signals(), table(), found.regressors, 0.008, None, tr_s=6.0)
    np.testing.assert_allclose(found.pearson, expected, atol=1e-12)
    assert found.band_hz == (0.008, None)
    assert codes == ["band_pass_above_nyquist"]


def test_a_band_that_begins_past_nyquist_is_not_used():
    found, codes = correlate(signals(), table(), tr_s=6.0, band_pass_hz=(0.1, 0.2))
    assert found.band_hz == (None, None)
    assert np.isfinite(found.pearson).all()
    assert codes == ["band_pass_outside"]


@pytest.mark.parametrize(
    ("volumes", "code"), [(2, "band_pass_too_short"), (33, "band_pass_too_short"), (60, "connectivity_too_short")]
)
def test_a_short_run_has_no_connectivity_and_a_warning(volumes, code):
    found, codes = correlate(signals(volumes), short_table(volumes))
    assert np.isnan(found.pearson).all()
    assert np.isnan(found.fisher_z).all()
    assert found.degrees_of_freedom == 0
    assert codes == [code]


def short_table(volumes):
    return {name: column[:volumes] for name, column in table().items()}


def test_a_short_run_without_filter_and_confounds_has_what_it_can_have():
    found, codes = correlate(signals(6), short_table(6), band_pass_hz=(), nuisance=[])
    assert found.degrees_of_freedom == 3
    assert codes == ["connectivity_too_short"]
    found, codes = correlate(signals(7), short_table(7), band_pass_hz=(), nuisance=[])
    assert found.degrees_of_freedom == 4
    assert np.isfinite(found.pearson).all()
    assert codes == []


@pytest.mark.parametrize("silent", [0.0, 800.0])
def test_a_region_without_signal_has_no_correlation_and_disturbs_none(silent):
    series = signals()
    expected, _ = correlate(series[:, 1:], table())
    series[:, 0] = silent
    found, codes = correlate(series, table())
    assert np.isnan(found.pearson[0]).all()
    assert np.isnan(found.pearson[:, 0]).all()
    np.testing.assert_allclose(found.pearson[1:, 1:], expected.pearson, atol=1e-12)
    assert codes == ["regions_without_signal"]


def test_fishers_z_is_atanh_and_never_infinite():
    series = signals()
    series[:, 1] = series[:, 0]
    found, _ = correlate(series, table())
    assert np.isnan(np.diag(found.fisher_z)).all()
    assert not np.isinf(found.fisher_z).any()
    np.testing.assert_allclose(np.tanh(found.fisher_z[2, 5]), found.pearson[2, 5])


def brain():
    grid = np.indices((9, 10, 8)).T / (np.array((9, 10, 8)) - 1) * 2 - 1
    return (np.square(grid).sum(axis=-1) < 1).T


def regions(count=6):
    return choose_regions(brain(), np.diag([3.0, 3, 4, 1]), None, Settings(grid_regions=count), Warned())


def test_region_series_are_the_means_that_nilearn_takes():
    run = np.random.default_rng(0).gamma(2, 400, (9, 10, 8, 11)).astype(np.float32)
    parts = regions()
    affine = np.diag([3.0, 3, 4, 1])
    masker = NiftiLabelsMasker(Nifti1Image(parts.labels, affine), standardize=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = masker.fit_transform(Nifti1Image(run.astype(np.float64), affine))
    volumes = (np.asfortranarray(run[..., t]) for t in range(11))
    np.testing.assert_allclose(region_series(volumes, parts), expected, rtol=1e-12)


def test_an_empty_brain_has_an_empty_matrix():
    parts = choose_regions(np.zeros((9, 10, 8), bool), np.eye(4), None, Settings(), Warned())
    series = region_series((np.zeros((9, 10, 8), np.float32) for _ in range(150)), parts)
    assert series.shape == (150, 0)
    found, codes = correlate(series, table())
    assert found.pearson.shape == (0, 0)
    assert codes == []


def test_the_tables_read_back_as_the_matrices_with_the_regions_as_header(tmp_path):
    series = signals(regions=6)
    series[:, 2] = 0
    found, _ = correlate(series, table())
    pearson, fisher_z = tmp_path / "r.tsv", tmp_path / "z.tsv"
    write_connectivity(found, regions(), pearson, fisher_z)
    for path, matrix in ((pearson, found.pearson), (fisher_z, found.fisher_z)):
        read = pd.read_csv(path, sep="\t", na_values="n/a")
        assert tuple(read.columns) == regions().names
        np.testing.assert_allclose(read.to_numpy(), matrix, atol=5e-9)
    assert pearson.read_text().splitlines()[3].split("\t") == ["n/a"] * 6


def test_the_sidecar_says_what_was_done_and_is_json():
    found, _ = correlate(signals(regions=6), table(), tr_s=6.0, nuisance=["motion6"])
    said = json.loads(json.dumps(describe(found, regions()), allow_nan=False))
    assert said["BandPassHz"] == [0.008, None]
    assert said["Regressors"] == ["non_steady_state_outlier00", *PARAMETERS]
    assert said["RegionsFrom"] == "grid"
    assert said["DegreesOfFreedom"] == found.degrees_of_freedom > 0
