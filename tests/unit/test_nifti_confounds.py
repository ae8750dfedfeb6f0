import json
import os
import tracemalloc
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from nifti_motion import transforms_of
from nilearn.glm.first_level.design_matrix import create_cosine_drift
from nilearn.interfaces.fmriprep import load_confounds

os.environ["NIPYPE_NO_ET"] = "1"  # no question to a server for a newer version

from nipype.algorithms.confounds import FramewiseDisplacement, _cosine_drift

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._columns import describe
from scandrop.processors.nifti._confounds import (
    confounds,
    cosines,
    framewise_displacement,
    motion,
    rmsd,
    write_confounds,
)
from scandrop.processors.nifti._motion import parameters
from scandrop.processors.nifti._temporal import temporal

VOLUMES, TR_S = 90, 2.0
PIVOT_MM = np.array([3.0, -17.0, 21.0])
STEM = "sub-01_task-rest_desc-confounds_timeseries"


@pytest.fixture(scope="module")
def walk():
    """(nt, 6) motion parameters: a slow walk with two jumps."""
    rng = np.random.default_rng(11)
    walk = np.cumsum(rng.normal(size=(VOLUMES, 6)) * [0.03, 0.03, 0.03, 3e-4, 3e-4, 3e-4], axis=0)
    walk[40:, 1] += 0.9
    walk[60:, 3] -= 0.02
    return walk


@pytest.fixture(scope="module")
def moved(walk):
    return motion(transforms_of(walk, PIVOT_MM), walk, PIVOT_MM)


@pytest.fixture(scope="module")
def courses():
    rng = np.random.default_rng(12)
    series = 800 + 9 * rng.normal(size=(300, VOLUMES))
    series[:, 0] += 200
    series[:, 72] += 100
    return temporal([series.astype(np.float32)])


@pytest.fixture(scope="module")
def columns(moved, courses):
    return confounds(moved, courses, [0], TR_S, Settings())


@pytest.fixture
def written(columns, moved, tmp_path):
    """A folder as fMRIPrep leaves it: the run and its confounds."""
    write_confounds(columns, moved, tmp_path / f"{STEM}.tsv", tmp_path / f"{STEM}.json", Settings())
    run = nib.Nifti1Image(np.zeros((2, 3, 4, VOLUMES), np.int16), np.eye(4))
    nib.save(run, tmp_path / "sub-01_task-rest_desc-preproc_bold.nii.gz")
    return tmp_path


def loaded(folder, *strategy, **options):
    return load_confounds(str(folder / "sub-01_task-rest_desc-preproc_bold.nii.gz"), strategy, demean=False, **options)


def test_framewise_displacement_is_nipypes(walk, tmp_path):
    np.savetxt(tmp_path / "motion.txt", walk, fmt="%.18e")
    theirs = FramewiseDisplacement(in_file=str(tmp_path / "motion.txt"), parameter_source="SPM")
    theirs.inputs.out_file = str(tmp_path / "fd.txt")
    theirs.run(cwd=str(tmp_path))
    ours = framewise_displacement(walk)
    assert np.isnan(ours[0])
    np.testing.assert_allclose(ours[1:], np.loadtxt(tmp_path / "fd.txt", skiprows=1), rtol=1e-12)


def test_rmsd_is_the_root_mean_square_displacement_inside_the_sphere(walk):
    transforms = transforms_of(walk, PIVOT_MM)
    rng = np.random.default_rng(13)
    points = rng.uniform(-80, 80, (200_000, 3))
    points = points[np.linalg.norm(points, axis=1) <= 80] + PIVOT_MM

    def displacement(one, other):
        step = (other @ np.linalg.inv(one))[:3]
        return np.sqrt(np.mean(np.sum((points @ step[:, :3].T + step[:, 3] - points) ** 2, axis=1)))

    ours = rmsd(transforms, PIVOT_MM)
    assert np.isnan(ours[0])
    for t in (1, 40, 60):
        assert ours[t] == pytest.approx(displacement(transforms[t - 1], transforms[t]), rel=3e-3)


def test_rmsd_of_a_translation_is_its_length():
    shifted = np.tile(np.eye(4), (2, 1, 1))
    shifted[1, :3, 3] = (2, -3, 6)
    np.testing.assert_allclose(rmsd(shifted, PIVOT_MM), [np.nan, 7])


@pytest.mark.parametrize(("volumes", "tr_s"), [(150, 2.0), (300, 1.0), (375, 0.8), (64, 2.0), (20, 2.0), (31, 70.0)])
def test_cosines_are_those_of_nipype_and_of_nilearn_without_its_last(volumes, tr_s):
    ours = cosines(volumes, tr_s, 128)
    theirs = _cosine_drift(128, tr_s * np.arange(volumes))[:, :-1][:, : volumes - 1]
    np.testing.assert_allclose(ours, theirs, atol=1e-14)
    if tr_s < 64:
        nilearns = create_cosine_drift(1 / 128, tr_s * np.arange(volumes))[:, :-1]
        assert ours.shape[1] == max(nilearns.shape[1] - 1, 0)
        np.testing.assert_allclose(ours, nilearns[:, : ours.shape[1]], atol=1e-14)


def test_every_column_is_fmripreps_by_name_and_place(columns):
    names = list(columns)
    assert names[:8] == [
        *("global_signal", "global_signal_derivative1", "global_signal_derivative1_power2", "global_signal_power2"),
        *("std_dvars", "dvars", "framewise_displacement", "rmsd"),
    ]
    assert names[8:11] == ["cosine00", "non_steady_state_outlier00", "trans_x"]
    assert names[-6:] == ["rot_z_power2", *(f"motion_outlier0{n}" for n in range(5))]
    assert len(names) == 8 + 2 + 24 + 5


def test_expansions_are_backward_differences_and_squares(columns, walk):
    derivative = np.r_[np.nan, walk[1:, 4] - walk[:-1, 4]]
    np.testing.assert_array_equal(columns["rot_y"], walk[:, 4])
    np.testing.assert_array_equal(columns["rot_y_power2"], walk[:, 4] ** 2)
    np.testing.assert_array_equal(columns["rot_y_derivative1"], derivative)
    np.testing.assert_array_equal(columns["rot_y_derivative1_power2"], derivative**2)


def test_outliers_are_those_past_either_threshold(columns):
    hot = [int(np.flatnonzero(columns[f"motion_outlier0{n}"])[0]) for n in range(5)]
    moved = np.flatnonzero(columns["framewise_displacement"] > 0.5)
    changed = np.flatnonzero(columns["std_dvars"] > 1.5)
    assert list(moved) == [40, 60]
    assert list(changed) == [1, 72, 73]
    assert hot == [1, 40, 60, 72, 73]
    assert all(columns[f"motion_outlier0{n}"].sum() == 1 for n in range(5))


def test_the_thresholds_of_the_settings_are_used(moved, courses):
    few = confounds(moved, courses, [], TR_S, Settings(fd_scrub_mm=0.95, std_dvars_scrub=100))
    assert [name for name in few if name.startswith("motion_outlier")] == ["motion_outlier00"]
    assert few["motion_outlier00"][60] == 1


def test_where_motion_is_unknown_there_are_no_columns_of_it(moved, courses):
    nothing = np.full((VOLUMES, 6), np.nan)
    unknown = replace(moved, parameters=nothing, framewise_displacement=nothing[:, 0], rmsd=nothing[:, 0])
    columns = confounds(unknown, courses, [0], TR_S, Settings())
    assert not [name for name in columns if name.startswith(("trans", "rot", "framewise", "rmsd"))]
    hot = [int(np.flatnonzero(course)[0]) for name, course in columns.items() if name.startswith("motion_outlier")]
    assert hot == [1, 72, 73]


def test_outliers_of_a_long_run_take_no_memory_but_their_own_columns():
    volumes, rng = 3000, np.random.default_rng(14)
    walk = np.zeros((volumes, 6))
    walk[2000:, 0] = 1
    moved = motion(transforms_of(walk, PIVOT_MM), walk, PIVOT_MM)
    courses = temporal([(800 + 9 * rng.normal(size=(20, volumes))).astype(np.float32)])
    tracemalloc.start()
    columns = confounds(moved, courses, [0], None, Settings(std_dvars_scrub=100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert columns["motion_outlier00"][2000] == 1
    assert peak < 8 * volumes**2 / 10


def test_cosines_leave_out_the_volumes_before_steady_state(moved, courses):
    columns = confounds(moved, courses, [0, 1, 2], TR_S, Settings(high_pass_s=60))
    drifts = np.stack([course for name, course in columns.items() if name.startswith("cosine")], axis=1)
    assert not drifts[:3].any()
    np.testing.assert_array_equal(drifts[3:], cosines(VOLUMES - 3, TR_S, 60))
    assert columns["non_steady_state_outlier02"][2] == 1


def test_a_run_of_unknown_repetition_time_has_no_cosines(moved, courses):
    assert not [name for name in confounds(moved, courses, [], None, Settings()) if name.startswith("cosine")]


def test_the_table_has_not_available_in_the_first_row_and_full_precision(columns, written):
    header, first, second, *_ = (line.split("\t") for line in (written / f"{STEM}.tsv").read_text().splitlines())
    assert header == list(columns)
    missing = {name for name, cell in zip(header, first, strict=True) if cell == "n/a"}
    scalars = {"std_dvars", "dvars", "framewise_displacement", "rmsd"}
    assert missing == scalars | {name for name in header if "derivative1" in name}
    assert [float(cell) for cell in second] == [course[1] for course in columns.values()]


def test_nilearn_reads_every_motion_column(columns, written):
    table, _ = loaded(written, "motion", motion="full")
    assert table.shape == (VOLUMES, 24)
    for name in table:
        np.testing.assert_array_equal(table[name][1:], columns[name][1:])


def test_nilearn_reads_drifts_and_the_global_signal(columns, written):
    table, kept = loaded(written, "motion", "high_pass", "global_signal", global_signal="full")
    assert list(table["cosine00"]) == list(columns["cosine00"])
    assert {"global_signal", "global_signal_derivative1", "global_signal_power2"} <= set(table)
    assert list(kept) == list(range(1, VOLUMES))  # the non-steady one is dropped without being asked


def test_nilearn_scrubs_the_same_volumes(columns, written):
    _, kept = loaded(written, "motion", "scrub", scrub=0, fd_threshold=0.5, std_dvars_threshold=1.5)
    hot = {int(np.flatnonzero(course)[0]) for name, course in columns.items() if "_outlier" in name}
    assert set(range(VOLUMES)) - set(kept) == hot


def test_every_column_is_described_with_its_unit(columns, written):
    sidecar = json.loads((written / f"{STEM}.json").read_text())
    assert list(sidecar) == list(columns)
    for name, entry in sidecar.items():
        assert set(entry) == {"LongName", "Description", "Units"}, name
        assert all(entry.values()), name
    assert sidecar["rot_x_derivative1_power2"]["Units"] == "rad^2"
    assert sidecar["trans_y"]["Units"] == "mm"


def test_the_sidecar_says_sign_axes_and_pivot_as_they_are(written):
    sidecar = json.loads((written / f"{STEM}.json").read_text())
    assert "(3, -17, 21) mm" in sidecar["trans_x"]["Description"]
    assert "(3, -17, 21) mm" in sidecar["rot_z"]["Description"]
    turned = transforms_of(np.array([[0, 0, 0, 0.2, 0.3, 0.4]]), PIVOT_MM)[0]
    x, y, z = (
        nib.affines.from_matvec(nib.eulerangles.euler2mat(**angle))[:3, :3]
        for angle in ({"x": 0.2}, {"y": 0.3}, {"z": 0.4})
    )
    np.testing.assert_allclose(turned[:3, :3], z @ y @ x, atol=1e-12)
    assert "R = Rz Ry Rx" in sidecar["rot_x"]["Description"]
    right = parameters(nib.affines.from_matvec(np.eye(3), (1, 0, 0))[None], PIVOT_MM)
    assert right[0, 0] == 1
    assert "positive is left to right" in sidecar["trans_x"]["Description"]


def test_the_sidecar_says_the_thresholds_that_were_used():
    assert "0.7 mm" in describe("motion_outlier03", (0, 0, 0), Settings(fd_scrub_mm=0.7))["Description"]
    assert "90 s" in describe("cosine00", (0, 0, 0), Settings(high_pass_s=90))["Description"]


@pytest.mark.parametrize("name", ["csf", "trans_x_power3", "", "trans_x\n"])
def test_an_unknown_column_is_not_described(name):
    with pytest.raises(KeyError):
        describe(name, (0, 0, 0), Settings())
