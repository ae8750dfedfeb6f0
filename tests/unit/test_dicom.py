"""The dicom lane from a file to its derivatives, on real objects."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import real_file
from PIL import Image

from scandrop.errors import Failed
from scandrop.processing import run
from scandrop.processors import Source
from scandrop.processors.dicom import FRAMES, Settings, process

KEY = b"a key for the tests, long enough to be one"
NAMES = ["deid.dcm", "header.json", "preview.png", "model.npz", "model.png"]


def made(path, work, name="scan.dcm", **settings):
    work.mkdir(exist_ok=True)
    source = Source(path, name, assets=settings.pop("assets", {}), pseudonym_key=KEY)
    return run("dicom", source, Settings(**settings), work)


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def test_a_ct_slice_gives_its_de_identified_form_its_header_and_pictures(work):
    outcome = made(real_file("CT_small.dcm"), work)
    assert outcome.status == "succeeded"
    assert [output.name for output in outcome.outputs] == NAMES
    assert sorted(path.name for path in work.iterdir()) == sorted(NAMES)
    raw, clean = pydicom.dcmread(real_file("CT_small.dcm")), pydicom.dcmread(work / "deid.dcm")
    assert clean.PatientIdentityRemoved == "YES"
    assert clean.PatientName not in ("", raw.PatientName)
    assert clean.PixelData == raw.PixelData
    assert json.loads((work / "header.json").read_bytes())["00080060"]["Value"] == ["CT"]
    assert np.load(work / "model.npz")["image"].shape == (224, 224)
    with Image.open(work / "preview.png") as preview:
        assert preview.size == (128, 128)


def test_the_ledger_is_told_what_the_object_is_and_nothing_of_the_patient(work):
    outcome = made(real_file("CT_small.dcm"), work)
    told = outcome.metadata
    assert (told["modality"], told["rows"], told["columns"], told["frames"]) == ("CT", 128, 128, 1)
    assert told["transfer_syntax"] == "ExplicitVRLittleEndian"
    assert told["burned_in_risk"] == "none"
    raw = pydicom.dcmread(real_file("CT_small.dcm"))
    for value in (raw.PatientName, raw.PatientID, raw.StudyInstanceUID, raw.InstitutionName, raw.StudyDate):
        assert str(value) not in json.dumps(told)


def test_all_slices_of_a_study_stay_one_study_and_one_patient(tmp_path):
    told = [made(path, tmp_path / path.name).metadata for path in sorted(real_file("17106").parent.glob("*"))]
    assert len(told) > 1
    assert {entry["study_instance_uid"] for entry in told} == {told[0]["study_instance_uid"]}
    assert len({entry["sop_instance_uid"] for entry in told}) == len(told)
    assert {entry["patient_id"] for entry in told} == {told[0]["patient_id"]}


def test_without_a_key_the_try_fails_and_the_object_is_not_to_blame(work):
    work.mkdir()
    with pytest.raises(Failed) as failure:
        process(Source(real_file("CT_small.dcm"), "scan.dcm"), Settings(), work)
    assert failure.value.code == "no_pseudonym_key"


def test_an_object_without_pixels_gives_its_header_or_is_refused_as_the_environment_says(work):
    report = real_file("reportsi.dcm")
    assert [output.name for output in made(report, work).outputs] == NAMES[:2]
    assert made(report, work, without_pixels="reject").error_code == "dicom_without_pixels"


def test_pixels_that_may_show_text_are_refused_passed_with_the_risk_told_or_masked(tmp_path):
    ultrasound = real_file("color3d_jpeg_baseline.dcm")
    refused = made(ultrasound, tmp_path / "refused")
    assert (refused.error_code, refused.outputs) == ("dicom_burned_in", [])
    passed = made(ultrasound, tmp_path / "passed", burned_in="pass")
    assert passed.metadata["burned_in_risk"] == "possible"
    assert pydicom.dcmread(tmp_path / "passed/deid.dcm").get("BurnedInAnnotation") != "NO"
    unruled = made(ultrasound, tmp_path / "unruled", burned_in="mask", mask_rules="rules.json")
    assert unruled.error_code == "dicom_no_mask_rule"


def test_a_masked_object_shows_no_text_in_any_frame_and_says_that_it_was_cleaned(tmp_path):
    path = real_file("color3d_jpeg_baseline.dcm")
    raw = pydicom.dcmread(path)
    rules = tmp_path / "rules.json"
    region = [10, 20, 100, 30]
    rule = {"manufacturer": raw.Manufacturer, "model": raw.ManufacturerModelName}
    rules.write_text(json.dumps([{**rule, "rows": raw.Rows, "columns": raw.Columns, "regions": [region]}]))
    outcome = made(path, tmp_path / "work", burned_in="mask", mask_rules="rules.json", assets={"mask_rules": rules})
    assert outcome.error is None
    clean = pydicom.dcmread(tmp_path / "work/deid.dcm")
    assert not clean.pixel_array[:, 20:50, 10:110].any()
    assert clean.pixel_array[:, 60:].any()
    assert clean.BurnedInAnnotation == "NO"
    assert "113101" in [item.CodeValue for item in clean.DeidentificationMethodCodeSequence]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_rule_is_followed_where_nothing_else_speaks_for_text(tmp_path, ruled):
    path = real_file("CT_small.dcm")
    raw = pydicom.dcmread(path)
    rules = tmp_path / "rules.json"
    scanner = {"manufacturer": raw.Manufacturer, "model": raw.ManufacturerModelName if ruled else "Other"}
    rules.write_text(json.dumps([{**scanner, "rows": 128, "columns": 128, "regions": [[10, 20, 100, 30]]}]))
    outcome = made(path, tmp_path / "work", burned_in="mask", mask_rules="rules.json", assets={"mask_rules": rules})
    assert (outcome.error, outcome.metadata["burned_in_risk"]) == (None, "none")
    clean = pydicom.dcmread(tmp_path / "work/deid.dcm")
    assert (len(np.unique(clean.pixel_array[20:50, 10:110])) == 1) is ruled
    assert clean.get("BurnedInAnnotation") == ("NO" if ruled else None)


@pytest.mark.parametrize(
    ("attributes", "declared"),
    [
        ({"BurnedInAnnotation": "NO"}, "NO"),
        ({"BurnedInAnnotation": "NO", "ConversionType": "DF"}, None),
        ({"BurnedInAnnotation": "YES"}, "YES"),
        ({"BurnedInAnnotation": "Y"}, "YES"),
        ({}, None),
    ],
)
def test_pixels_that_may_show_text_are_never_said_to_show_none(tmp_path, attributes, declared):
    raw = pydicom.dcmread(real_file("CT_small.dcm"))
    for keyword, value in attributes.items():
        setattr(raw, keyword, value)
    raw.save_as(tmp_path / "raw.dcm")
    assert made(tmp_path / "raw.dcm", tmp_path / "work", burned_in="pass").error is None
    assert pydicom.dcmread(tmp_path / "work/deid.dcm").get("BurnedInAnnotation") == declared


@pytest.mark.parametrize(("part", "declared"), [("KNEE", "NO"), ("HEAD", "YES"), ("", "YES")])
def test_a_head_that_is_said_to_show_no_face_is_said_to_show_one(tmp_path, part, declared):
    raw = pydicom.dcmread(real_file("CT_small.dcm"))
    raw.BodyPartExamined, raw.RecognizableVisualFeatures = part, "NO"
    raw.save_as(tmp_path / "raw.dcm")
    outcome = made(tmp_path / "raw.dcm", tmp_path / "work")
    assert outcome.metadata["recognisable"] is (declared == "YES")
    assert pydicom.dcmread(tmp_path / "work/deid.dcm").RecognizableVisualFeatures == declared


def test_each_frame_goes_into_the_model_where_the_environment_says_so(work):
    outcome = made(real_file("rtdose.dcm"), work, frames="each", model_px=32)
    assert outcome.error is None
    assert np.load(work / "model.npz")["image"].shape == (outcome.metadata["frames"], 32, 32)


def test_the_same_object_gives_the_same_bytes_in_another_process(work, tmp_path):
    here = {output.name: output.sha256 for output in made(real_file("MR_small.dcm"), work).outputs}
    script = (
        "import json, sys; from pathlib import Path; from scandrop.processing import run;"
        "from scandrop.processors import Source; from scandrop.processors.dicom import Settings;"
        f"source = Source(Path(sys.argv[1]), 'other.dcm', pseudonym_key={KEY!r});"
        "outcome = run('dicom', source, Settings(), Path(sys.argv[2]));"
        "print(json.dumps({output.name: output.sha256 for output in outcome.outputs}))"
    )
    command = [sys.executable, "-c", script, real_file("MR_small.dcm"), tmp_path]
    there = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(there.stdout) == here


def test_what_only_reads_headers_imports_nothing_outside_the_standard_library():
    script = (
        "import sys; from scandrop.processors.dicom import _deidentify, _json, _read, _write;"
        "print(*{'numpy', 'PIL', 'openjpeg', 'jpeg_ls', 'rle', 'gdcm', 'pydicom'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dates", "kept"),
        ("retain", ["everything"]),
        ("retain", "uids"),
        ("words", ["two words"]),
        ("burned_in", "ignore"),
        ("frames", "all"),
        ("without_pixels", "keep"),
        ("max_frames", 0),
        ("model_px", 224.0),
        ("filter", "nearest"),
        ("clean_descriptors", 1),
        ("mask_rules", None),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_name(setting, value):
    with pytest.raises(ValueError, match=rf"dicom\.{setting}"):
        Settings(**{setting: value})


def test_masking_without_rules_is_refused():
    with pytest.raises(ValueError, match=r"dicom\.mask_rules must name the file"):
        Settings(burned_in="mask")


def test_every_module_of_the_lane_is_told_in_its_packages_docstring():
    package = sys.modules[process.__module__]
    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    assert [name for name in sorted(modules) if name not in package.__doc__] == []


def test_graphics_beside_the_stored_bits_are_looked_for_in_every_frame_where_the_setting_acts_on_them(tmp_path):
    ds = pydicom.dcmread(real_file("CT_small.dcm"))
    ds.NumberOfFrames, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 3, 12, 11, 0
    frames = np.arange(3 * ds.Rows * ds.Columns, dtype=np.uint16) % 4096
    frames[5] |= 0x8000  # in the first frame; the middle one is shown
    ds.PixelData = frames.tobytes()
    ds.save_as(tmp_path / "graphics.dcm")
    refused = made(tmp_path / "graphics.dcm", tmp_path / "refused")
    assert (refused.error_code, "embedded_overlay" in refused.error) == ("dicom_burned_in", True)
    passed = {name: made(tmp_path / "graphics.dcm", tmp_path / name, burned_in="pass", frames=name) for name in FRAMES}
    risks = {name: outcome.metadata["burned_in_risk"] for name, outcome in passed.items()}
    assert risks == {"each": "possible", "middle": "none"}
