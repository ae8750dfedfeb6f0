"""A whole run through the lane: what comes out, what the field's own tools make of it, and that it stays the same."""

import gzip
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine
from nifti_files import AFFINE, NIBABEL_FILES, nifti_bytes
from nilearn.image import smooth_img
from nilearn.interfaces.fmriprep import load_confounds

from scandrop.errors import Rejected
from scandrop.processors import Source
from scandrop.processors.nifti import Settings, process
from scandrop_cli.samples.phantom import phantom, write

NAME = "sub-01_task-rest_bold.nii.gz"
PREFIX = "sub-01_task-rest"
SHAPE, VOLUMES = (26, 30, 18), 24
SIDECAR = json.dumps({"RepetitionTime": 2.25, "PhaseEncodingDirection": "j-", "PatientName": "Zyxwvut"}).encode()


def run(path, work, *, sidecar=None, threads=1, parcellation=None, **settings):
    """The lane's result and its derivatives by name."""
    work.mkdir()
    assets = {"parcellation": parcellation} if parcellation else {}
    source = Source(path, path.name, sidecar, assets, threads=threads)
    result = process(source, Settings(**settings), work)
    assert {made.path for made in result.derivatives} == set(work.iterdir())
    return result, {made.name: made.path for made in result.derivatives}


@pytest.fixture(scope="module")
def made():
    affine = AFFINE @ np.diag([2, 2, 2, 1.0])
    affine[:3, 3] = np.array([0, -18, 22]) - affine[:3, :3] @ (np.array(SHAPE) - 1) / 2
    return phantom("typical", 3, shape=SHAPE, volumes=VOLUMES, affine=affine)


@pytest.fixture(scope="module")
def source(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / NAME
    write(made, path)
    return path


@pytest.fixture(scope="module")
def done(source, tmp_path_factory):
    return run(source, tmp_path_factory.mktemp("out") / "work", sidecar=SIDECAR)


def test_a_run_becomes_the_derivatives_that_bids_names(done):
    endings = {name.removeprefix(f"{PREFIX}_") for name in done[1]}
    assert endings == {
        "desc-preproc_bold.nii.gz",
        "desc-preproc_bold.json",
        "desc-smth6_bold.nii.gz",
        "desc-smth6_bold.json",
        "desc-hmc_boldref.nii.gz",
        "desc-hmc_boldref.json",
        "desc-brain_mask.nii.gz",
        "desc-brain_mask.json",
        "tsnr.nii.gz",
        "tsnr.json",
        "from-orig_to-boldref_mode-image_desc-hmc_xfm.txt",
        "from-orig_to-boldref_mode-image_desc-hmc_xfm.json",
        "desc-confounds_timeseries.tsv",
        "desc-confounds_timeseries.json",
        "desc-connectivity_matrix.tsv",
        "desc-connectivity_matrix.json",
        "desc-connectivityz_matrix.tsv",
        "desc-connectivityz_matrix.json",
        "desc-regions_dseg.json",
        "desc-regions_dseg.nii.gz",
        "desc-regions_dseg.tsv",
        "qc.json",
        "dataset_description.json",
        "report.html",
    }


@pytest.mark.parametrize(
    "ending", ["desc-preproc_bold", "desc-smth6_bold", "desc-hmc_boldref", "desc-brain_mask", "tsnr"]
)
def test_each_image_has_the_grid_codes_and_units_of_the_input(done, source, ending):
    image, given = nib.load(done[1][f"{PREFIX}_{ending}.nii.gz"]), nib.load(source)
    np.testing.assert_allclose(image.affine, given.affine, atol=1e-5)
    assert image.shape == given.shape[: image.ndim]
    assert (image.header["qform_code"], image.header["sform_code"]) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(image.header.get_zooms()[:3], given.header.get_zooms()[:3], rtol=1e-5)
    if image.ndim == 4:
        assert image.header.get_xyzt_units()[1] == "sec"
        assert image.header.get_zooms()[3] == pytest.approx(2.25)
        assert image.get_data_dtype() == np.int16


def test_the_transforms_are_the_known_motion_from_the_reference_to_each_volume(done, made):
    table = np.loadtxt(done[1][f"{PREFIX}_from-orig_to-boldref_mode-image_desc-hmc_xfm.txt"]).reshape(-1, 4, 4)
    reference = done[0].metadata["reference_volume"]
    head = made.centre_mm(reference) + np.array([[0, 0, 0], [60, 0, 0], [0, 70, 0], [0, 0, 50]])
    for found, true in zip(table, made.transforms(reference), strict=True):
        np.testing.assert_allclose(apply_affine(found, head), apply_affine(true, head), atol=0.3)


def test_no_volume_is_lost_on_coarse_oblique_voxels(done):
    assert "motion_lost" not in done[0].metadata["warnings"]


def test_correction_undoes_the_motion(done, made):
    reference = done[0].metadata["reference_volume"]
    corrected = nib.load(done[1][f"{PREFIX}_desc-preproc_bold.nii.gz"]).get_fdata()
    mask = nib.load(done[1][f"{PREFIX}_desc-brain_mask.nii.gz"]).get_fdata() > 0
    still = made.motionless(reference)
    before = np.abs(made.run[mask] - still[mask]).mean()
    assert np.abs(corrected[mask] - still[mask]).mean() < 0.7 * before


def test_the_smoothed_run_is_nilearns_of_the_corrected_one_to_the_stored_precision(done):
    smoothed = nib.load(done[1][f"{PREFIX}_desc-smth6_bold.nii.gz"])
    ours = smooth_img(nib.load(done[1][f"{PREFIX}_desc-preproc_bold.nii.gz"]), 6)
    np.testing.assert_allclose(smoothed.get_fdata(), ours.get_fdata(), atol=0.51 * smoothed.dataobj.slope + 1e-2)


def test_the_tsnr_map_is_mean_over_standard_deviation_of_the_corrected_run(done):
    corrected = nib.load(done[1][f"{PREFIX}_desc-preproc_bold.nii.gz"]).get_fdata()
    mask = nib.load(done[1][f"{PREFIX}_desc-brain_mask.nii.gz"]).get_fdata() > 0
    tsnr = nib.load(done[1][f"{PREFIX}_tsnr.nii.gz"]).get_fdata()
    expected = corrected[mask].mean(axis=1) / corrected[mask].std(axis=1)
    np.testing.assert_allclose(tsnr[mask], expected, rtol=1e-4)
    quality = json.loads(done[1][f"{PREFIX}_qc.json"].read_text())
    assert quality["tsnr"] == pytest.approx(np.median(expected), rel=1e-4)


def test_nilearn_loads_the_confounds_beside_the_run(done, tmp_path):
    for name, path in done[1].items():
        shutil.copy(path, tmp_path / name)
    bold = tmp_path / f"{PREFIX}_desc-preproc_bold.nii.gz"
    loaded, _ = load_confounds(str(bold), strategy=("motion", "global_signal"), motion="full", global_signal="full")
    assert loaded.shape == (VOLUMES, 24 + 4)


@pytest.fixture(scope="module")
def corrected_with_cosines(source, tmp_path_factory):
    _, files = run(source, tmp_path_factory.mktemp("cosines") / "work", sidecar=SIDECAR, high_pass_s=20)
    return str(files[f"{PREFIX}_desc-preproc_bold.nii.gz"])


@pytest.mark.parametrize("strategy", [("motion",), ("motion", "high_pass", "global_signal", "scrub")])
def test_nilearn_loads_what_needs_no_tissue(corrected_with_cosines, strategy):
    loaded, _ = load_confounds(corrected_with_cosines, strategy=strategy)
    assert ("cosine00" in loaded.columns) is ("high_pass" in strategy)


@pytest.mark.parametrize("strategy", [("motion", "high_pass", "wm_csf"), ("motion", "high_pass", "compcor")])
def test_nilearn_says_what_is_missing_where_a_strategy_needs_tissue(corrected_with_cosines, strategy):
    with pytest.raises(ValueError, match=r"csf|compcor"):
        load_confounds(corrected_with_cosines, strategy=strategy)


def test_the_sidecars_repetition_time_counts_and_nothing_personal_of_it_comes_out(done):
    assert done[0].metadata["tr_s"] == 2.25
    corrected = json.loads(done[1][f"{PREFIX}_desc-preproc_bold.json"].read_text())
    assert corrected["RepetitionTime"] == 2.25
    assert corrected["PhaseEncodingDirection"] == "j-"
    assert "tr_contradiction" in done[0].metadata["warnings"]
    for path in done[1].values():
        content = path.read_bytes()
        assert b"Zyxwvut" not in (gzip.decompress(content) if path.suffix == ".gz" else content)


def test_each_json_is_json_by_the_standard_and_names_its_sources(done):
    for name, path in done[1].items():
        if name.endswith(".json"):
            json.loads(path.read_text(), parse_constant=pytest.fail)
    smoothed = json.loads(done[1][f"{PREFIX}_desc-smth6_bold.json"].read_text())
    assert smoothed["Sources"] == [f"bids::{PREFIX}_desc-preproc_bold.nii.gz"]
    described = json.loads(done[1]["dataset_description.json"].read_text())
    assert described["DatasetType"] == "derivative"


def test_every_source_that_is_named_lies_beside_what_was_made_of_it(done):
    """Not so the raw file, which is in another bucket."""
    sidecars = {name: json.loads(path.read_text()) for name, path in done[1].items() if path.suffix == ".json"}
    named = {source for sidecar in sidecars.values() for source in sidecar.get("Sources", [])}
    assert named
    assert named <= {f"bids::{name}" for name in done[1]}
    assert "DatasetLinks" not in sidecars["dataset_description.json"]


def test_the_verdict_and_its_reasons_stand_in_the_ledger_the_quality_file_and_the_report(done):
    metadata, page = done[0].metadata, done[1]["report.html"].read_text()
    quality = json.loads(done[1][f"{PREFIX}_qc.json"].read_text())
    assert quality["verdict"] == {
        "status": metadata["verdict"],
        "reasons": metadata["reasons"],
        "passed": metadata["passed"],
    }
    assert metadata["verdict"] in {"pass", "warn", "fail"}
    assert metadata["passed"]
    for sentence in metadata["reasons"] + metadata["passed"]:
        assert sentence.split(" is ")[0] in page


def test_the_thresholds_of_the_environment_decide(source, tmp_path):
    easy = {"warn_mean_fd_mm": 99, "fail_mean_fd_mm": 99, "warn_kept_percent": 0, "fail_kept_percent": 0}
    easy |= {"nuisance": (), "band_pass_hz": ()}  # or so short a run would have no connectivity
    passed, _ = run(source, tmp_path / "a", **easy, warn_tsnr=0, fail_tsnr=0)
    failed, _ = run(source, tmp_path / "b", **easy, warn_tsnr=9999, fail_tsnr=9999)
    assert (passed.metadata["verdict"], failed.metadata["verdict"]) == ("pass", "fail")


@pytest.mark.parametrize("threads", [2, 3])
def test_any_number_of_threads_gives_the_same_bytes(done, source, tmp_path, threads):
    _, files = run(source, tmp_path / "work", sidecar=SIDECAR, threads=threads)
    assert {name: digest(path) for name, path in files.items()} == {
        name: digest(path) for name, path in done[1].items()
    }


def test_another_process_gives_the_same_bytes(done, source, tmp_path):
    code = (
        "import sys, pathlib; from scandrop.processors import Source; from scandrop.processors.nifti import *;"
        "path = pathlib.Path(sys.argv[1]);"
        "process(Source(path, path.name, sys.argv[3].encode()), Settings(), pathlib.Path(sys.argv[2]))"
    )
    (tmp_path / "work").mkdir()
    subprocess.run([sys.executable, "-c", code, source, tmp_path / "work", SIDECAR], check=True)
    for name, path in done[1].items():
        assert digest(path) == digest(tmp_path / "work" / name), name


def test_float32_is_kept_where_the_settings_ask_for_it(source, tmp_path):
    _, files = run(source, tmp_path / "work", bold_dtype="float32")
    image = nib.load(files[f"{PREFIX}_desc-preproc_bold.nii.gz"])
    assert image.get_data_dtype() == np.float32
    assert np.asarray(image.dataobj).dtype == np.float32


def test_without_smoothing_there_is_no_smoothed_run(source, tmp_path):
    _, files = run(source, tmp_path / "work", smoothing_fwhm_mm=0)
    assert not [name for name in files if "smth" in name]


def test_a_width_with_a_fraction_has_a_name_that_bids_allows(source, tmp_path):
    _, files = run(source, tmp_path / "work", smoothing_fwhm_mm=4.5)
    assert f"{PREFIX}_desc-smth4p5_bold.nii.gz" in files


def test_the_settings_name_the_reference(source, tmp_path):
    result, files = run(source, tmp_path / "work", reference_volume=20)
    reference = nib.load(files[f"{PREFIX}_desc-hmc_boldref.nii.gz"]).get_fdata()
    np.testing.assert_array_equal(reference, nib.load(source).get_fdata()[..., 20])
    assert result.metadata["reference_volume"] == 20
    table = np.loadtxt(files[f"{PREFIX}_from-orig_to-boldref_mode-image_desc-hmc_xfm.txt"])
    np.testing.assert_array_equal(table[20].reshape(4, 4), np.eye(4))
    corrected = nib.load(files[f"{PREFIX}_desc-preproc_bold.nii.gz"]).get_fdata()
    np.testing.assert_array_equal(corrected[..., 20], reference)


def test_a_reference_past_the_runs_end_is_picked_instead_and_told(source, tmp_path):
    result, _ = run(source, tmp_path / "work", reference_volume=VOLUMES)
    assert "reference_missing" in result.metadata["warnings"]
    assert result.metadata["reference_volume"] < VOLUMES


def test_a_parcellation_in_the_same_space_gives_the_regions(source, tmp_path):
    labels = np.zeros((13, 15, 9), np.uint8)
    labels[:6], labels[6:] = 3, 8
    coarse = nib.load(source).affine @ np.diag([2, 2, 2, 1])
    coarse[:3, 3] += nib.load(source).affine[:3, :3] @ [0.5, 0.5, 0.5]
    nib.save(nib.Nifti1Image(labels, coarse), tmp_path / "labels.nii.gz")
    result, files = run(source, tmp_path / "work", parcellation=tmp_path / "labels.nii.gz")
    assert result.metadata["regions"] == 2
    header = files[f"{PREFIX}_desc-connectivity_matrix.tsv"].read_text().splitlines()[0]
    assert header.split("\t") == ["label-3", "label-8"]


def test_volumes_before_steady_state_are_listed_and_no_reference(tmp_path):
    made = phantom("still", 5, shape=SHAPE, volumes=VOLUMES, non_steady=3)
    write(made, tmp_path / NAME)
    result, files = run(tmp_path / NAME, tmp_path / "work")
    assert result.metadata["non_steady_volumes"] == 3
    assert result.metadata["reference_volume"] >= 3
    columns = files[f"{PREFIX}_desc-confounds_timeseries.tsv"].read_text().splitlines()[0].split("\t")
    assert [name for name in columns if name.startswith("non_steady")] == [
        f"non_steady_state_outlier{number:02d}" for number in range(3)
    ]


@pytest.mark.parametrize("volumes", [2, 3, 5])
def test_the_shortest_runs_go_through_with_what_they_lack_told(tmp_path, volumes):
    (tmp_path / "short.nii").write_bytes(
        nifti_bytes(np.random.default_rng(0).integers(1, 999, (7, 8, 9, volumes), np.int16))
    )
    result, files = run(tmp_path / "short.nii", tmp_path / "work")
    assert result.metadata["shape"] == [7, 8, 9, volumes]
    assert result.metadata["warnings"]
    assert "NaN" not in files["short_qc.json"].read_text()


@pytest.mark.parametrize("slices", [2, 4])
def test_few_slices_are_left_where_they_are_and_nothing_is_made_of_their_motion(tmp_path, slices):
    (tmp_path / "thin.nii").write_bytes(
        nifti_bytes(np.random.default_rng(0).integers(1, 999, (20, 21, slices, 90), np.int16))
    )
    result, files = run(tmp_path / "thin.nii", tmp_path / "work")
    assert "motion_undetermined" in result.metadata["warnings"]
    assert result.metadata["fd_mean"] is None
    assert result.metadata["kept_percent"] is None
    assert result.metadata["verdict"] != "pass"
    assert "Mean framewise displacement could not be determined." in result.metadata["reasons"]
    corrected = nib.load(files["thin_desc-preproc_bold.nii.gz"]).get_fdata()
    np.testing.assert_array_equal(corrected, nib.load(tmp_path / "thin.nii").get_fdata())
    table = np.loadtxt(files["thin_from-orig_to-boldref_mode-image_desc-hmc_xfm.txt"]).reshape(-1, 4, 4)
    np.testing.assert_array_equal(table, np.tile(np.eye(4), (90, 1, 1)))
    columns = files["thin_desc-confounds_timeseries.tsv"].read_text().splitlines()[0].split("\t")
    assert {"global_signal", "std_dvars"} <= set(columns)
    of_motion = ("trans", "rot", "framewise", "rmsd")
    assert not [name for name in columns if name.startswith(of_motion)]
    connectivity = json.loads(files["thin_desc-connectivity_matrix.json"].read_text())
    assert not [name for name in connectivity["Regressors"] if name.startswith(of_motion)]


def test_nothing_claims_a_correction_where_the_motion_could_not_be_determined(tmp_path):
    (tmp_path / "thin.nii").write_bytes(
        nifti_bytes(np.random.default_rng(0).integers(1, 999, (20, 21, 2, 30), np.int16))
    )
    _, files = run(tmp_path / "thin.nii", tmp_path / "work")
    for ending in ("desc-preproc_bold", "desc-smth6_bold"):
        sidecar = json.loads(files[f"thin_{ending}.json"].read_text())
        assert "MotionCorrection" not in sidecar
        assert "as it was read" in sidecar["Description"]
        assert not {"moved", "corrected"} & set(re.findall(r"[a-z]+", sidecar["Description"]))
    columns = json.loads(files["thin_desc-confounds_timeseries.json"].read_text())
    assert "corrected" not in columns["global_signal"]["Description"]


def test_a_run_that_never_changes_is_not_judged_over_time(made, tmp_path):
    still = np.repeat(made.run[..., :1], 22, axis=3).astype(np.int16)
    (tmp_path / "still.nii").write_bytes(nifti_bytes(still))
    result, _ = run(tmp_path / "still.nii", tmp_path / "work")
    assert "unchanging" in result.metadata["warnings"]
    assert (result.metadata["tsnr"], result.metadata["tsnr_before"]) == (None, None)
    assert result.metadata["verdict"] == "warn"
    assert "Median tSNR could not be determined." in result.metadata["reasons"]


def test_empty_volumes_within_a_run_are_told_and_stay_empty(source, tmp_path):
    image = nib.load(source)
    data = image.get_fdata().astype(np.int16)
    data[..., 9] = 0
    nib.save(nib.Nifti1Image(data, image.affine, image.header), tmp_path / NAME)
    result, files = run(tmp_path / NAME, tmp_path / "work")
    assert {"constant_volumes", "motion_lost"} <= set(result.metadata["warnings"])
    assert not nib.load(files[f"{PREFIX}_desc-preproc_bold.nii.gz"]).get_fdata()[..., 9].any()


def test_intensities_near_the_end_of_float32_are_corrected_like_others(source, tmp_path):
    data = gzip.decompress(source.read_bytes())
    slope = struct.pack("<f", 1e34)
    (tmp_path / NAME).write_bytes(gzip.compress(data[:112] + slope + data[116:]))
    result, _ = run(tmp_path / NAME, tmp_path / "work")
    assert "motion_undetermined" not in result.metadata["warnings"]


@pytest.mark.parametrize("name", ["functional.nii", "example4d.nii.gz"])
def test_real_runs_go_through(tmp_path, name):
    result, files = run(NIBABEL_FILES / name, tmp_path / "work")
    stem = name.partition(".")[0]
    assert result.metadata["kind"] == "run"
    assert nib.load(files[f"{stem}_desc-preproc_bold.nii.gz"]).shape == nib.load(NIBABEL_FILES / name).shape


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sub-01_dwi.nii.gz", "dwi"),
        ("sub-01_asl.nii.gz", "asl"),
        ("sub-01_dir-AP_epi.nii.gz", "epi"),
        ("sub-01_magnitude.nii.gz", "magnitude"),
        ("sub-01_task-rest_sbref.nii.gz", "sbref"),
        ("sub-01_task-rest_part-phase_bold.nii.gz", "part-phase"),
        ("sub-01_task-rest_part-Phase_BOLD.nii.gz", "part-phase"),
        ("sub-02_DWI.nii.gz", "dwi"),
        ("sub-01_t1W.nii.gz", "T1w"),
        ("dwi.nii.gz", "dwi"),
        ("DWI.NII", "dwi"),
        ("sub-02_cest.nii.gz", "another suffix than bold or cbv"),
        ("sub-01_fmap.nii.gz", "another suffix than bold or cbv"),
        ("sub-01_AnnaMeyer.nii.gz", "another suffix than bold or cbv"),
    ],
)
def test_several_volumes_that_the_name_says_are_no_bold_are_refused(source, tmp_path, name, kind):
    (tmp_path / "work").mkdir()
    with pytest.raises(Rejected) as refusal:
        process(Source(source, name), Settings(), tmp_path / "work")
    assert (refusal.value.code, refusal.value.facts) == ("nifti_not_bold", {"kind": kind})
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_task-rest_part-mag_bold.nii",
        "sub-01_BOLD.nii",
        "sub-01_cbv.nii",
        "late_epi.nii",
        "epi.nii",
        "DTI_64.nii",
        "scan.nii",
    ],
)
def test_what_no_name_says_to_be_anything_else_is_a_run(tmp_path, name):
    (tmp_path / name).write_bytes(nifti_bytes())
    assert run(tmp_path / name, tmp_path / "work")[0].metadata["kind"] == "run"


def test_a_run_that_was_processed_before_is_told_and_none_of_its_derivatives_has_its_name(source, tmp_path):
    easy = {"nuisance": (), "band_pass_hz": (), "warn_mean_fd_mm": 99, "fail_mean_fd_mm": 99}
    easy |= {"warn_kept_percent": 0, "fail_kept_percent": 0, "warn_tsnr": 0, "fail_tsnr": 0}
    made = {}
    for name in ("desc-preproc_bold.nii.gz", "space-MNI152NLin6Asym_res-2_bold.nii.gz"):
        before = tmp_path / f"{PREFIX}_{name}"
        before.write_bytes(source.read_bytes())
        result, made[name] = run(before, tmp_path / f"of-{name}", **easy)
        assert "already_processed" in result.metadata["warnings"]
        assert (result.metadata["verdict"], result.metadata["reasons"]) == (
            "warn",
            ["By its name the run was processed before."],
        )
        assert before.name not in made[name]
    of_desc, of_space = made.values()
    said = json.loads(of_desc[f"{PREFIX}_desc-preproc+preproc_bold.json"].read_text())
    assert not {"SkullStripped", "SliceTimingCorrected"} & set(said)
    assert f"{PREFIX}_from-orig_to-boldref_mode-image_desc-preproc+hmc_xfm.txt" in of_desc
    assert {f"{PREFIX}_desc-preproc_qc.json", f"{PREFIX}_desc-preproc_tsnr.nii.gz"} <= set(of_desc)
    assert f"{PREFIX}_space-MNI152NLin6Asym_res-2_desc-preproc_bold.nii.gz" in of_space


def test_one_volume_is_an_image_whatever_its_name_says(tmp_path):
    (tmp_path / "sub-01_dwi.nii").write_bytes(
        nifti_bytes(np.random.default_rng(0).integers(1, 999, (7, 8, 9), np.int16))
    )
    assert run(tmp_path / "sub-01_dwi.nii", tmp_path / "work")[0].metadata["kind"] == "image"


def test_a_sidecar_that_reaches_the_lane_gives_nothing_but_a_note(tmp_path):
    (tmp_path / "x.json").write_bytes(SIDECAR)
    result, files = run(tmp_path / "x.json", tmp_path / "work")
    assert (result.metadata, files) == ({"kind": "sidecar"}, {})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SIDECAR, "nifti_unreadable"),
        (nifti_bytes(np.full((7, 8, 9, 5), 3, np.int16)), "nifti_constant"),
        (nifti_bytes()[:3000], "nifti_cut_off"),
        (gzip.compress(nifti_bytes(), mtime=0)[:-500], "nifti_damaged"),
        (nifti_bytes(dim=[4, 20000, 20000, 20, 1, 1, 1, 1]), "nifti_volume_too_large"),
        (nifti_bytes(dim=[4, 200, 200, 100, 4000, 1, 1, 1]), "nifti_run_too_large"),
    ],
    ids=[
        "a sidecar under a run's name",
        "constant",
        "cut off",
        "truncated gzip",
        "a volume too large",
        "32 GB declared",
    ],
)
def test_what_can_never_succeed_is_rejected_before_anything_is_written(tmp_path, data, code):
    (tmp_path / "bad.nii").write_bytes(data)
    (tmp_path / "work").mkdir()
    with pytest.raises(Rejected) as refusal:
        process(Source(tmp_path / "bad.nii", "bad.nii"), Settings(), tmp_path / "work")
    assert refusal.value.code == code
    assert list((tmp_path / "work").iterdir()) == []


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
