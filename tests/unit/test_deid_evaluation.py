"""The lane's score over the evaluation set, and that the scorer can tell a bad de-identification from a good one."""

import re
import shutil
from datetime import date, timedelta

import pytest
from pydicom import Dataset, dcmread

from benchmarks.deid_cases import CLEAN, DEFAULT, cases, study
from benchmarks.deid_evaluation import (
    OURS,
    PAGE,
    TITLES,
    days_between,
    ours,
    percent,
    score,
    stands_in,
    total,
    write,
)
from benchmarks.deid_people import PATIENTS
from scandrop.processors.dicom import _derive
from scandrop.processors.dicom._picture import Pictures

RETAINING = ("tag_retained", "text_notnull", "text_retained", "safe_private_retained")
REMOVING = ("text_removed", "identifier_gone", "private_removed", "uid_changed", "uid_consistent")
REMOVING += ("patid_consistent", "date_shifted", "shift_hidden", "number_undated")
FREE_NUMBERS = re.compile(
    r"(030 23125|089 99998|0113 496 0|04 65 71 )[\d ]{2,}|617-555-01\d\d|[\d+ -]*\b0(555|55)\b[\d -]+"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write(folder, cases())
    return folder


@pytest.fixture(scope="module", params=[DEFAULT, CLEAN])
def made(request, source, tmp_path_factory):
    """By the lane, spared the pictures; that it writes the same with them is a test of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_derive, "pictures", lambda *_: Pictures([], None))
        ours(source, folder, request.param)
    return request.param, folder


@pytest.fixture(scope="module")
def scored(made):
    profile, folder = made
    return profile, score(cases(), folder, profile)


def test_every_required_removal_replacement_and_shift_is_made(scored):
    _, tallies = scored
    missed = {category: dict(tallies[category].missed) for category in REMOVING}
    assert not any(missed.values()), missed


def test_the_lane_writes_what_is_scored_here(source, made, tmp_path):
    profile, folder = made
    few, target = tmp_path / "few", tmp_path / "target"
    few.mkdir()
    target.mkdir()
    for case in cases()[::17]:
        shutil.copy(source / case.name, few)
    ours(few, target, profile)
    assert len(list(target.iterdir())) == len(list(few.iterdir())) > 10
    assert all(path.read_bytes() == (folder / path.name).read_bytes() for path in target.iterdir())


def test_the_pixels_of_every_object_are_untouched(scored):
    _, tallies = scored
    assert tallies["pixels_retained"].met == tallies["pixels_retained"].all > 100


def test_the_page_says_what_this_run_scored(scored):
    profile, tallies = scored
    section = PAGE.read_text().partition(f"## {TITLES[profile]}")[2].partition("###")[0]
    column = [cell.strip() for cell in section.strip().splitlines()[0].split("|")].index(OURS)
    published = {}
    for line in section.strip().splitlines()[2:]:
        cells = [cell.strip() for cell in line.split("|")]
        published[cells[1].split("`")[1] if "`" in cells[1] else cells[1]] = cells[column]
    fresh = {category: percent(tally.share) for category, tally in tallies.items()}
    assert published == {**fresh, "all": percent(total(tallies).share)}


@pytest.mark.parametrize("profile", [DEFAULT, CLEAN])
def test_the_untouched_set_meets_nothing_but_what_is_to_be_kept(source, profile):
    tallies = score(cases(), source, profile)
    assert {category: tallies[category].share for category in REMOVING} == dict.fromkeys(REMOVING, 0)
    assert all(tallies[category].share == 100 for category in RETAINING if category in tallies)


def test_headers_with_nothing_in_them_meet_nothing_that_is_to_be_kept(source, tmp_path):
    for path in source.iterdir():
        blank = Dataset()
        blank.file_meta = dcmread(path, stop_before_pixels=True).file_meta
        blank.file_meta.clear()
        blank.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        blank.save_as(tmp_path / path.name)
    tallies = score(cases(), tmp_path, CLEAN)
    for category in (*RETAINING, "pixels_retained", "date_shifted", "patid_consistent"):
        assert tallies[category].share == 0, category
    assert tallies["text_removed"].share == 100


def test_an_object_that_is_not_there_meets_nothing(tmp_path):
    assert total(score(cases(), tmp_path, DEFAULT)).met == 0


FIRST_STUDY = 14  # objects


def spoiled(folder, tmp_path, change):
    """The outputs of one study with the first one changed."""
    for case in cases()[:FIRST_STUDY]:
        shutil.copy(folder / case.name, tmp_path)
    path = tmp_path / cases()[0].name
    dataset = dcmread(path)
    change(dataset)
    dataset.save_as(path)
    return tmp_path


def named_again(dataset):
    dataset.ReferringPhysicianName = cases()[0].facts["physician"]


def other_study(dataset):
    dataset.StudyInstanceUID = "2.25.1"


def other_day(dataset):
    dataset.ContentDate = "20010101"


def calibrated(dataset):
    """The day of the calibration as far from the study's as it was, so that the shift can be read from it."""
    moved = date.fromisoformat(dataset.StudyDate) - timedelta(9)
    dataset.DateOfLastCalibration = f"{moved:%Y%m%d}"


def numbered_by_day(dataset):
    dataset.AcquisitionNumber = cases()[0].dataset.StudyDate


def other_pixel(dataset):
    dataset.PixelData = b"\xff\xff" + dataset.PixelData[2:]


def other_patient(dataset):
    dataset.PatientID = "SOMEBODY"


def no_voltage(dataset):
    del dataset.KVP


@pytest.mark.parametrize(
    ("change", "category"),
    [
        (named_again, "identifier_gone"),
        (named_again, "text_removed"),
        (other_study, "uid_consistent"),
        (other_day, "date_shifted"),
        (calibrated, "shift_hidden"),
        (numbered_by_day, "number_undated"),
        (other_pixel, "pixels_retained"),
        (other_patient, "patid_consistent"),
        (no_voltage, "text_retained"),
    ],
)
def test_one_wrong_value_in_one_object_is_seen(made, tmp_path, change, category):
    profile, folder = made
    study_cases = cases()[:FIRST_STUDY]
    before = score(study_cases, folder, profile)[category]
    after = score(study_cases, spoiled(folder, tmp_path, change), profile)[category]
    assert after.met < before.met


@pytest.mark.parametrize(
    ("identifier", "text", "stands"),
    [
        ("O'Neil", "told Dr. O'NEIL that", True),
        ("Long", "the long axis", True),
        ("Long", "longitudinal", False),
        ("030 23125 455", "tel. 03023125-455!", True),
        ("030 23125 455", "030 455", False),
        ("Müller", "MÜLLER^HANS", True),
        ("12.03.1954", "born 12 03 1954", True),
    ],
)
def test_an_identifier_is_found_however_it_is_set(identifier, text, stands):
    assert stands_in(identifier, text) is stands


def test_dates_that_are_none_have_no_distance():
    assert days_between("20210228", "20210301") == 1
    assert days_between("20210228", "00010101extra") == days_between("20210228", "00010101")
    assert days_between("20210228", "") is None
    assert days_between("20210228", None) is None


def test_the_set_is_the_same_each_time_and_another_by_another_seed():
    first, again, other = ([case.encoded() for case in study(0, seed)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_set_is_of_many_objects_of_twenty_patients():
    assert len(cases()) == 200
    assert {case.patient for case in cases()} == set(range(20))
    assert len({case.dataset.SOPInstanceUID for case in cases()}) == 200


def test_nobody_has_the_telephone_numbers_and_mail_addresses_of_the_set():
    for patient in PATIENTS:
        assert FREE_NUMBERS.fullmatch(patient.phone), patient.phone
        assert FREE_NUMBERS.fullmatch(patient.clinic.phone), patient.clinic.phone
    assert all(case.facts["mail"].endswith(".example") for case in cases())
