"""The secret by which a patient's dates move: nothing in a derivative gives it away, and no date stays as a number."""

import struct
from datetime import date, timedelta

import pytest
from dicom_objects import OURS, ct, dataset, done, element, leaves, value
from hypothesis import given, settings
from hypothesis import strategies as st
from test_dicom_deid_properties import OBJECTS

from scandrop.processors.dicom._dataset import EXPLICIT, File
from scandrop.processors.dicom._dictionary import KEYWORD, VR
from scandrop.processors.dicom._table import OPTIONS
from scandrop.processors.dicom._warnings import Warned

SHIFT = timedelta(OURS.date_shift_days("PAT-88123"))
STUDY_DATE, SERIES_NUMBER, TRIGGER_TIME, SLICE_LOCATION = 0x00080020, 0x00200011, 0x00181060, 0x00201041
FRAME_ACQUISITION = 0x00189074
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
SHARED = set(
    str.split("""
    ContextGroupVersion ContextGroupLocalVersion TemplateVersion TemplateLocalVersion
    CalibrationDate CalibrationTime DateOfLastCalibration TimeOfLastCalibration DateTimeOfLastCalibration
    CalibrationDateTime DateOfLastDetectorCalibration TimeOfLastDetectorCalibration
    DateOfManufacture DateOfInstallation ProductExpirationDateTime SourceStrengthReferenceDate
    SourceStrengthReferenceTime EthicsCommitteeApprovalEffectivenessStartDate
    EthicsCommitteeApprovalEffectivenessEndDate ApprovalStatusDateTime AssertionDateTime AssertionExpirationDateTime
    EffectiveDateTime InformationIssueDateTime HangingProtocolCreationDateTime SelectorDAValue SelectorDTValue
    SelectorTMValue
    """)
)
PATIENTS = {tag for tag in OPTIONS["modified_dates"] if VR[tag] in ("DA", "DT") and KEYWORD[tag] not in SHARED}
OTHERS = sorted(tag for tag in VR if tag > 0x00080000 and VR[tag] in ("DA", "DT") and tag not in PATIENTS)
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


def days_in(found):
    """Of each element that holds a date, at any depth: its tag and its day."""
    for each in leaves(found):
        if each.vr in ("DA", "DT") and (raw := bytes(each.value).strip(b" \0").decode("latin-1")):
            yield each.tag, raw[:8]


@settings(max_examples=150, deadline=None)
@given(OBJECTS, st.lists(st.tuples(st.sampled_from([*OTHERS, *sorted(PATIENTS)]), DAYS), max_size=8), st.booleans())
def test_no_date_moves_that_is_not_a_plausible_one_of_the_patient(file, dated, nested):
    dates = dataset({tag: f"{day.year:04}{day.month:02}{day.day:02}" for tag, day in dated})
    inside = {0x52009229: element(0x52009229, [dates])} if nested else dates
    file = ct({**file.dataset, **inside, 0x00100020: "PAT-88123"})
    next_year = date.today().year + 1  # noqa: DTZ011
    for tag, moved in days_in(done(file, dates="modified")):
        if moved == "19000101":  # a dummy
            continue
        original = date.fromisoformat(moved) - SHIFT
        assert tag in PATIENTS, KEYWORD.get(tag)
        assert 1980 <= original.year <= next_year


@pytest.mark.parametrize("tag", [tag for tag in OTHERS if KEYWORD[tag] != "PatientBirthDate"], ids=KEYWORD.get)
@pytest.mark.parametrize("retain", [[], ["device_identity"]], ids=["", "devices kept"])
def test_a_date_that_is_no_patients_own_is_not_moved(tag, retain):
    made = done(ct({tag: "20190308", 0x52009229: [dataset({tag: "20190308"})]}), dates="modified", retain=retain)
    (item,) = value(made, 0x52009229)
    assert {(value(level, tag) or b"")[:8] for level in (made, item)} <= {b"", b"19000101"}


@pytest.mark.parametrize("tag", sorted(PATIENTS), ids=KEYWORD.get)
def test_every_date_of_the_patients_own_is_moved(tag):
    made = done(ct({tag: "20190308"}), dates="modified")
    assert value(made, tag) == f"{date(2019, 3, 8) + SHIFT:%Y%m%d}".encode()


CODED = {
    0x00080100: "51185008",
    0x00080102: "SCT",
    0x00080104: "Chest",
    0x00080105: "DCMR",
    0x00080106: "20020904000000.000000",
    0x00080107: "20020904",
    0x0008010F: "4",
    0x00080117: "1.2.840.10008.6.1.2",
}


@pytest.mark.parametrize("dates", ["modified", "full", "removed"])
def test_a_code_does_not_say_which_edition_of_which_list_it_was_chosen_from(dates):
    (item,) = value(done(ct({0x00082218: [dataset(CODED)]}), dates=dates), 0x00082218)
    assert list(item) == [0x00080100, 0x00080102, 0x00080104]
    assert value(item, 0x00080100) == b"51185008"


PLACEHOLDERS = ["99991231", "19000101", "19700101", "18581117", "00010101", "19800101", "20000101", "29990101"]


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_is_emptied_removed_or_a_dummy_and_never_moved(placeholder):
    warned = Warned()
    dated = {STUDY_DATE: placeholder, 0x00080012: placeholder, FRAME_ACQUISITION: placeholder + "101112"}
    made = done(ct(dated, sop_class=ENHANCED_MR), warned=warned)
    assert [value(made, tag) for tag in dated] == [b"", None, b"19000101000000"]
    assert list(warned) == []


def test_of_several_dates_a_placeholder_leaves_its_place_empty():
    moved = f"{date(2019, 3, 8) + SHIFT:%Y%m%d}"
    assert value(done(ct({0x00080022: "20190308\\99991231"})), 0x00080022) == f"{moved}\\".encode()


@pytest.mark.parametrize("dates", ["modified", "removed"])
@pytest.mark.parametrize(
    "number",
    [
        *("20040119", "19012004", "1192004", "40119", "190104", "11904", "20040119.07", "-20040119"),
        *("200401190727", "20040119072730", "20040119072730.5", "20040119072730123", "400401190727"[2:]),
        *("1074497250", "1074497250.25", "1074497250123", "1074497250123456"),
    ],
)
def test_no_number_is_a_date_of_the_object(dates, number):
    file = ct({STUDY_DATE: "20040119", SERIES_NUMBER: element(SERIES_NUMBER, number, "DS"), TRIGGER_TIME: number})
    made = done(file, dates=dates)
    assert [value(made, tag) for tag in (SERIES_NUMBER, TRIGGER_TIME)] == [b"", b""]


@pytest.mark.parametrize("number", ["20040119", "20040119.072730", "190104", "1074497250"])
def test_a_date_is_no_number_that_pixels_need_either(number):
    made = done(ct({0x0008002A: "20040119072730", SLICE_LOCATION: number}))
    assert value(made, SLICE_LOCATION) == b""


@pytest.mark.parametrize("number", ["40119", "119.204", "-20.0401", "1190.42", "2004", "119", "74497250"])
def test_a_number_that_only_has_some_of_a_dates_digits_stays(number):
    assert value(done(ct({STUDY_DATE: "20040119", SLICE_LOCATION: number})), SLICE_LOCATION) == number.encode()


def test_a_date_in_a_sequence_is_no_number_at_the_top():
    inside = {0x00400275: [dataset({0x00400244: "20040119"})]}
    assert value(done(ct({**inside, SERIES_NUMBER: "20040119"})), SERIES_NUMBER) == b""


@pytest.mark.parametrize(
    ("tag", "form", "number"),
    [
        (0x00189073, "<d", 20040119.0),
        (0x00189073, "<d", 1074497250.5),
        (0x00181320, "<f", 20040119.0),  # which FL holds as 20040120
        (0x00209157, "<I", 20040119),
        (0x00540101, "<H", 40119),
    ],
)
def test_no_binary_number_is_a_date_of_the_object(tag, form, number):
    vr = {"d": "FD", "f": "FL", "I": "UL", "H": "US"}[form[1]]
    file = ct({STUDY_DATE: "20040119", tag: element(tag, struct.pack(form, number), vr)})
    assert value(done(file), tag) is None


def test_where_dates_stay_a_number_may_be_one():
    file = ct({STUDY_DATE: "20040119", SERIES_NUMBER: "20040119"})
    assert value(done(file, dates="full"), SERIES_NUMBER) == b"20040119"


def test_a_number_that_is_a_moved_date_stays_the_second_time():
    once = done(ct({STUDY_DATE: "20040119", SERIES_NUMBER: f"{date(2004, 1, 19) + SHIFT:%Y%m%d}"}))
    assert value(once, SERIES_NUMBER) == value(once, STUDY_DATE)
    assert done(File(EXPLICIT, {}, once)) == once
