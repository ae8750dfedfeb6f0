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
    InstanceCreationDate InstanceCreationTime InstanceCoercionDateTime DateOfSecondaryCapture TimeOfSecondaryCapture
    ContributionDateTime ModifiedImageDate ModifiedImageTime PresentationCreationDate PresentationCreationTime
    SOPAuthorizationDateTime DigitalSignatureDateTime CertifiedTimestamp AttributeModificationDateTime GPSDateStamp
    FrameOriginTimestamp CreationDate CreationTime HL7DocumentEffectiveTime TimezoneOffsetFromUTC
    ScheduledProcedureStepExpirationDateTime ScheduledProcedureStepModificationDateTime
    Date Time DateTime ReferencedDateTime FindingsGroupRecordingDateTrial FindingsGroupRecordingTimeTrial
    EffectiveStartDateTime EffectiveStopDateTime DateOfDocumentOrVerbalTransactionTrial
    TimeOfDocumentCreationOrVerbalTransactionTrial ObservationDateTrial ObservationTimeTrial AnnotationDateTime
    SegmentDefinitionDateTime
    """)
)
PATIENTS = {tag for tag in OPTIONS["modified_dates"] if VR[tag] in ("DA", "DT") and KEYWORD[tag] not in SHARED}
OTHERS = sorted(tag for tag in VR if tag > 0x00080000 and VR[tag] in ("DA", "DT") and tag not in PATIENTS)
TIMES = sorted(
    tag for tag, vr in VR.items() if vr == "TM" and (KEYWORD[tag] in SHARED or tag not in OPTIONS["modified_dates"])
)
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
        assert (original.month, original.day) != (1, 1)


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


@pytest.mark.parametrize("tag", TIMES, ids=KEYWORD.get)
def test_the_time_of_what_is_no_patients_own_is_not_kept(tag):
    assert value(done(ct({tag: "031517"}), dates="modified"), tag) in (None, b"", b"000000")


def test_what_one_migration_wrote_into_two_patients_objects_does_not_link_them():
    night = {
        0x00080015: "20200601031500",
        0x00181012: "20200601",
        0x0018A001: [dataset({0x0018A002: "20200601031500"})],
        0x04000561: [dataset({0x04000562: "20200601031500"})],
        0x01000420: "20200601031500",
    }
    known = date(2020, 6, 1)
    for who in ("PAT-1", "PAT-2"):
        made = done(ct({**night, 0x00100020: who, STUDY_DATE: "20190308"}))
        moved = f"{known + timedelta(OURS.date_shift_days(who)):%Y%m%d}"
        assert moved not in [day for _, day in days_in(made)]
        assert value(made, STUDY_DATE)[:4] in [str(year).encode() for year in range(2009, 2020)]


def test_with_moved_dates_no_offset_from_utc_tells_the_season():
    dated = {
        0x00080201: "+0200",
        0x0008002A: "20190617101112.5+0200",
        0x00400275: [dataset({0x00404050: "20190617-0500"})],
    }
    made = done(ct(dated))
    moved = f"{date(2019, 6, 17) + SHIFT:%Y%m%d}".encode()
    assert 0x00080201 not in made
    assert value(made, 0x0008002A) == moved + b"101112.5"
    full = done(ct(dated), dates="full")
    assert [value(full, tag) for tag in (0x00080201, 0x0008002A)] == [b"+0200", b"20190617101112.5+0200"]


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
PLACEHOLDERS += ["20100101", "20190101"]


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


NEARBY = st.integers(-31, 31).map(timedelta)
SUFFIXES = st.from_regex(r"[0-9]{0,9}", fullmatch=True)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1980, 2, 2), date(2026, 1, 1)), NEARBY, SUFFIXES, st.integers(0, 17))
def test_no_number_begins_with_a_day_near_one_of_the_object(day, away, suffix, point):
    digits = f"{day + away:%Y%m%d}{suffix}"
    dated = {STUDY_DATE: f"{day:%Y%m%d}"}
    written = digits[:point] + "." * (point < len(digits)) + digits[point:]
    assert value(done(ct({**dated, TRIGGER_TIME: written})), TRIGGER_TIME) == b""
    series = element(SERIES_NUMBER, digits, "DS")
    assert value(done(ct({**dated, SERIES_NUMBER: series})), SERIES_NUMBER) == b""
    assert value(done(ct({**dated, SLICE_LOCATION: digits})), SLICE_LOCATION) == b""
    binary = element(0x00189073, struct.pack("<d", int(digits)), "FD")
    assert value(done(ct({**dated, 0x00189073: binary})), 0x00189073) is None


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2010, 2, 2), date(2026, 1, 1)), NEARBY, st.from_regex(r"[0-9]{0,4}", fullmatch=True))
def test_no_number_is_a_short_day_near_one_of_the_object_with_a_number_behind(day, away, suffix):
    near = day + away
    hours = (near - date(1970, 1, 1)).days * 24
    counted = [str(hours + 7), str(hours * 60 + 437), str((day - date(1970, 1, 1)).days)]
    for digits in (f"{near:%y%m%d}{suffix}", f"{near:%Y%j}{suffix}", *counted):
        for number in (digits, digits + ".5"):
            made = done(ct({STUDY_DATE: f"{day:%Y%m%d}", TRIGGER_TIME: number}))
            assert value(made, TRIGGER_TIME) == b"", number


@pytest.mark.parametrize(
    "number", ["20191115", "2019111501", "190515", "2019.0515", "2018", "190.308", "64.19038", "8032"]
)
def test_a_number_that_is_like_a_day_of_another_month_or_a_size_stays(number):
    assert value(done(ct({STUDY_DATE: "20190308", TRIGGER_TIME: number})), TRIGGER_TIME) == number.encode()


@pytest.mark.parametrize(
    ("code", "scheme", "stays"),
    [
        ("190308", "SCT", False),
        ("190309", "SCT", False),
        ("20190308", "SCT", False),
        ("20190308001", "SCT", False),
        ("20190401005", "SCT", False),
        ("181216001", "SCT", True),  # Entire lung
        ("51185008", "SCT", True),
        ("190308", "FMA", False),
    ],
)
def test_no_code_is_a_day_near_one_of_the_object(code, scheme, stays):
    coded = dataset({0x00080100: code, 0x00080102: scheme, 0x00080104: "Chest"})
    day = "20181216" if code.startswith("18") else "20190308"
    (item,) = value(done(ct({STUDY_DATE: day, 0x00082218: [coded]})), 0x00082218)
    assert (value(item, 0x00080100) == code.encode()) is stays


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
