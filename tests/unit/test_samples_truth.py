"""What the samples' truth says is so: in the files themselves, and in what the lanes make of them."""

import json
import re
import shutil
import subprocess

import nibabel as nib
import numpy as np
import pydicom
import pytest
from aws_stack import PROCESSED, TABLE
from cli_stack import deployed
from PIL import Image

from scandrop.processing import run
from scandrop.processors import Source, dicom, nifti, record
from scandrop_cli.samples import Store, fmri, make, records
from scandrop_cli.samples.chest import Chest
from scandrop_cli.samples.phantom import phantom
from scandrop_cli.samples.radiograph import pixel, radiograph

KEY = b"a key for the tests, long enough to be one"
RUN = f"sub-01/func/sub-01_task-{fmri.TASK}_bold.nii.gz"
SHAPE, VOLUMES = (32, 32, 16), 80


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("samples")
    list(make(made, ["image"], 1, seed=5))
    list(make(made, ["dicom"], 3, seed=5))
    list(make(made, ["records"], 300, seed=5))
    list(fmri.make(Store(made, "fmri"), 5, 1, shape=SHAPE, volumes=VOLUMES))
    return made


def truth(folder, key):
    return json.loads((folder / "truth" / key / "truth.json").read_bytes())


def disc(shape, row, column, radius):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 < radius**2


def test_the_nodule_is_where_the_truth_has_it():
    chest = Chest(np.random.default_rng(4), nodule=True)
    nodule, ill = chest.nodule, radiograph(chest, np.random.default_rng(4))
    chest.nodule = None
    more = np.clip(ill - radiograph(chest, np.random.default_rng(4)), 0.03, None) - 0.03
    found = np.array(np.nonzero(more)) @ more[more > 0] / more.sum()
    np.testing.assert_allclose(found, pixel(nodule.x_mm, nodule.z_mm), atol=3)
    assert (more > 0).sum() * 0.04 == pytest.approx(np.pi * nodule.radius_mm**2, rel=0.4)


def test_the_lung_fields_are_the_dark_ones_and_have_the_areas_that_are_told(folder):
    key = "image/chest-001.png"
    picture = np.asarray(Image.open(folder / "drop" / key)) / 65535
    lungs = np.asarray(Image.open(folder / "truth" / key / "lungs.png"))
    belly = picture[-300:, 600:1100]
    assert picture[lungs].mean() < belly.mean() - 0.3
    told = truth(folder, key)
    assert lungs.sum() * 0.0004 == pytest.approx(told["left_lung_cm2"] + told["right_lung_cm2"], abs=0.2)


def test_the_heart_thorax_ratio_can_be_measured_between_the_lung_fields(folder):
    key = "image/chest-001.png"
    lungs = np.asarray(Image.open(folder / "truth" / key / "lungs.png"))
    middle = lungs.shape[1] // 2
    columns = np.flatnonzero(lungs.any(axis=0))
    thorax = 2 * max(middle - columns[0], columns[-1] - middle)
    rows = [row for row in lungs[860:1240] if row[:middle].any() and row[middle:].any()]
    right = max(middle - np.flatnonzero(row[:middle])[-1] for row in rows)
    left = max(np.flatnonzero(row[middle:])[0] for row in rows)
    assert (right + left) / thorax == pytest.approx(truth(folder, key)["heart_thorax_ratio"], abs=0.02)


@pytest.fixture(scope="module")
def de_identified(folder, tmp_path_factory):
    """By key: the folder of what the dicom lane makes, and what it tells the ledger."""
    done = {}
    for path in sorted((folder / "drop" / "dicom").rglob("*.dcm")):
        work = tmp_path_factory.mktemp("work")
        outcome = run("dicom", Source(path, path.name, pseudonym_key=KEY), dicom.Settings(), work)
        assert outcome.status == "succeeded"
        done[path.relative_to(folder / "drop").as_posix()] = work, outcome.metadata
    return done


def test_the_rods_of_the_calibration_phantom_have_their_values_in_what_the_lane_makes(folder, de_identified):
    slices = [pydicom.dcmread(work / "deid.dcm") for key, (work, _) in de_identified.items() if "/ct/" in key]
    values = np.mean([one.pixel_array * one.RescaleSlope + one.RescaleIntercept for one in slices], axis=0)
    told = truth(folder, "dicom/ct")
    assert len(told["inserts"]) == 5
    for rod in told["inserts"]:
        inside = disc(values.shape, rod["row"], rod["column"], rod["radius_pixels"])
        assert values[inside].mean() == pytest.approx(rod["hu"], abs=4)


def test_the_nodule_is_in_the_middle_of_the_series(folder):
    told = truth(folder, "dicom/ct")["nodule"]
    middle = pydicom.dcmread(folder / "drop/dicom/ct/0002.dcm")
    assert middle.ImagePositionPatient[2] == pytest.approx(told["z_mm"], abs=2.5)
    values = middle.pixel_array + middle.RescaleIntercept
    radius = told["diameter_mm"] / 2 / middle.PixelSpacing[0]
    assert values[disc(values.shape, told["row"], told["column"], 0.7 * radius)].mean() == pytest.approx(
        told["hu"], abs=6
    )


def planted(folder, key):
    """What may be left nowhere: the values, and the longer words in them."""
    values = truth(folder, key)["planted"].values()
    words = {part for value in values for part in re.split(r"[\^;., ]", value) if len(part) > 4}
    assert len(words) > 20
    return words | set(values)


@pytest.mark.parametrize("key", ["dicom/chest.dcm", "dicom/ct/0002.dcm"])
def test_the_headers_have_what_was_planted_and_the_derivatives_nothing_of_it(folder, de_identified, key):
    words = {word.encode() for word in planted(folder, key.removesuffix("/0002.dcm"))}
    raw = (folder / "drop" / key).read_bytes()
    assert {word for word in words if word not in raw} == set()
    work, _ = de_identified[key]
    made = b"".join(path.read_bytes() for path in work.iterdir())
    assert {word for word in words if word in made} == set()


def test_no_log_ledger_item_or_key_has_anything_of_what_was_planted(folder, tmp_path, capsys):
    patient = truth(folder, "dicom/ct")["planted"]["PatientName"]
    with deployed(tmp_path) as world:
        world.give_key(pseudonymous_keys=True)
        world.drop(f"{patient}.dcm", (folder / "drop/dicom/ct/0002.dcm").read_bytes(), "dicom")
        items = world.stack.dynamodb.scan(TableName=TABLE)["Items"]
        keys = [entry["Key"] for entry in world.stack.s3.list_objects_v2(Bucket=PROCESSED)["Contents"]]
    told = capsys.readouterr().out + json.dumps([items, keys], ensure_ascii=False, default=str)
    assert "deid.dcm" in told
    assert {word for word in planted(folder, "dicom/ct") if word in told} == set()


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dicom3tools is not installed")
def test_the_objects_are_valid_by_the_standard(folder):
    for path in (folder / "drop" / "dicom").rglob("*.dcm"):
        said = subprocess.run([shutil.which("dciodvfy"), path], capture_output=True, text=True, check=False)
        assert [line for line in said.stderr.splitlines() if line.startswith("Error")] == []


@pytest.fixture(scope="module")
def corrected(folder, tmp_path_factory):
    """What the nifti lane makes of the run."""
    work, path = tmp_path_factory.mktemp("work"), folder / "drop" / "fmri" / RUN
    sidecar = path.with_name(path.name.replace(".nii.gz", ".json")).read_bytes()
    return nifti.process(Source(path, path.name, sidecar), nifti.Settings(), work), work


def test_the_lane_finds_the_motion_that_the_truth_has(folder, corrected):
    result, work = corrected
    true = np.loadtxt(folder / "truth/fmri" / RUN / "xfm.txt").reshape(-1, 4, 4)
    found = np.loadtxt(next(work.glob("*_xfm.txt"))).reshape(-1, 4, 4)
    against_reference = true @ np.linalg.inv(true[result.metadata["reference_volume"]])
    middle = [*truth(folder, f"fmri/{RUN}")["pivot_mm"], 1]
    apart_mm = np.linalg.norm((found @ middle - against_reference @ middle)[:, :3], axis=1)
    moved_mm = np.linalg.norm((against_reference @ middle - middle)[:, :3], axis=1)
    assert moved_mm.max() > 1
    assert apart_mm.max() < 0.1


def about(axis, radians):
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    turned = np.eye(3)
    turned[[first, second], [first, second]] = np.cos(radians)
    turned[second, first], turned[first, second] = np.sin(radians), -np.sin(radians)
    return turned


def test_the_table_of_the_motion_says_what_the_matrices_say(folder):
    place = folder / "truth/fmri" / RUN
    table = np.loadtxt(place / "motion.tsv", skiprows=1)
    matrices = np.loadtxt(place / "xfm.txt").reshape(-1, 4, 4)
    pivot = np.array(truth(folder, f"fmri/{RUN}")["pivot_mm"])
    turned = [about("z", z) @ about("y", y) @ about("x", x) for x, y, z in table[:, 3:]]
    np.testing.assert_allclose(turned, matrices[:, :3, :3], atol=1e-5)
    np.testing.assert_allclose(table[:, :3] + pivot, matrices[:, :3, :3] @ pivot + matrices[:, :3, 3], atol=1e-3)


def task(place, told, volumes):
    """The course of the task as the truth tells it: the blocks of the events, as the blood follows them."""
    step_s = 0.1
    seconds = np.arange(0, volumes * told["repetition_time_s"], step_s)
    blocks = np.loadtxt(place / "events.tsv", skiprows=1, usecols=(0, 1), ndmin=2)
    taps = sum((seconds > onset - step_s / 2) & (seconds < onset + length - step_s / 2) for onset, length in blocks)
    response = eval(told["response"], {"exp": np.exp, "seconds": seconds})  # noqa: S307  # our own formula
    return np.convolve(taps, response)[: len(seconds)][:: round(told["repetition_time_s"] / step_s)] * step_s


def test_a_model_of_the_events_finds_the_rise_that_the_truth_maps(folder):
    place, told = folder / "truth/fmri" / RUN, truth(folder, f"fmri/{RUN}")
    active, rise = (nib.load(place / f"{name}.nii.gz").get_fdata() for name in ("active_mask", "rise_percent"))
    np.testing.assert_array_equal(active > 0, rise > 1.5)
    assert told["rise_percent"] == {
        "max": pytest.approx(rise.max(), abs=0.001),
        "median_of_active_mask": pytest.approx(np.median(rise[active > 0]), abs=0.001),
    }
    series = phantom(told["scenario"], told["phantom_seed"], shape=SHAPE, volumes=VOLUMES).motionless()
    slow = np.cos(np.pi * np.outer(np.arange(VOLUMES) + 0.5, range(5)) / VOLUMES)
    model = np.column_stack([task(place, told, VOLUMES), slow])
    found, rest = np.linalg.lstsq(model, series[active > 0].T, rcond=None)[0][:2]
    np.testing.assert_allclose(np.mean(100 * found / rest - rise[active > 0]), 0, atol=0.05)
    assert np.corrcoef(found / rest, rise[active > 0])[0, 1] > 0.5


@pytest.mark.parametrize("name", ["patients.json", "patients.jsonl"])
@pytest.mark.parametrize(("file", "schema"), [("rejects.jsonl", None), ("rejects-strict.jsonl", records.STRICT_SCHEMA)])
def test_the_lane_refuses_exactly_the_records_that_the_truth_lists(folder, tmp_path, name, file, schema):
    settings = record.Settings(schema=schema) if schema else record.Settings()
    result = record.process(Source(folder / "drop/records" / name, name), settings, tmp_path)
    listed = (folder / "truth/records" / name / file).read_text().splitlines()
    found = (tmp_path / "rejects.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in found] == [json.loads(line) for line in listed]
    told = truth(folder, f"records/{name}")
    assert result.metadata["rejected"] == told["rejected_strictly" if schema else "rejected"] > 10
    assert result.metadata["reasons"] == told["reasons_strictly" if schema else "reasons"]


def test_every_truth_names_the_seed_that_was_given(folder):
    told = [json.loads(path.read_bytes()) for path in (folder / "truth").rglob("truth.json")]
    assert [facts["seed"] for facts in told] == [5] * 6


def test_each_fault_is_among_the_lines(folder):
    told = truth(folder, "records/patients.jsonl")
    assert {fault["fault"] for fault in told["faults"]} == {fault.name for fault in records.FAULTS}
