"""Each row of Table E.1-1, at the top and nested, without and with each option; and what no row names."""

from datetime import date

import pytest
from dicom_objects import CT, OURS, WHO, ct, dataset, done, element, leaves, raw_bytes, value

from scandrop.processors.dicom import Settings, _actions
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._dictionary import KEYWORD, VR
from scandrop.processors.dicom._identities import identities
from scandrop.processors.dicom._table import BASIC, EDITION, OPTIONS, SAFE_PRIVATE
from scandrop.processors.dicom._warnings import Warned

AROUND = 0x52009229  # SharedFunctionalGroupsSequence: of no row, so that what lies in it is seen
SECRET = b"ZEPHYRINE"
SECRET_UID = b"1.2.826.0.1.99.4711"
VALUES = {
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC", "CS", "AE", "PN", "UR"), SECRET + b" CHEST"),
    "DA": b"20190308",
    "DT": b"20190308101112",
    "TM": b"101112",
    "AS": b"047Y",
    "UI": SECRET_UID,
    "DS": b"12345.678 ",
    "IS": b"918273",
    "US": b"\x81\x82",
    "SS": b"\x81\x82",
    "UL": b"\x81\x82\x83\x84",
    "FD": b"\x81\x82\x83\x84\x85\x86\x87\x88",
    "FL": b"\x81\x82\x83\x84",
    "SL": b"\x81\x82\x83\x84",
    "OB": SECRET + b" CHEST",
    "OW": SECRET + b" CHEST",
    "UN": SECRET + b" CHEST",
}
TOKENS = (0x00100010, 0x00100020, 0x00080050, 0x00200010)  # replaced by a pseudonym where the table says Z or D
ROWS = sorted(BASIC.items())
CONDITIONAL = [(tag, code) for tag, code in ROWS if "/" in code]
TYPES = ("1", "1C", "2", "2C", "3", None)
BY_TYPE = {"X/Z": "ZZZZXX", "X/D": "DDDDXX", "Z/D": "DDZZZZ", "X/Z/D": "DDZZXX", "X/Z/U*": "UUUUXX"}
MODIFIED, FULL = {"dates": "modified"}, {"dates": "full"}
SETTINGS = {
    "retain_uids": {"retain": ["uids"]},
    "full_dates": FULL,
    "modified_dates": MODIFIED,
    "clean_descriptors": {"clean_descriptors": True},
    **{name: {"retain": [name]} for name in ("patient_characteristics", "device_identity", "institution_identity")},
}
OPTION_ROWS = [(option, tag, code) for option in SETTINGS for tag, code in sorted(OPTIONS[option].items())]
TEMPORAL = OPTIONS["full_dates"].keys() | OPTIONS["modified_dates"].keys()


def named(part):
    return (KEYWORD.get(part) or f"{part:08X}") if isinstance(part, int) else part.replace("/", " or ")


def original(tag):
    vr = VR[tag].split(" or ")[-1]
    if vr != "SQ":
        return element(tag, VALUES[vr])
    return element(tag, [dataset({0x00081155: SECRET_UID, 0x00185020: SECRET + b" CHEST"})])


def shown(tag, *, sop_class=CT, **settings):
    """What becomes of an attribute at the top and inside two sequences: elements, or None."""
    top = done(ct({tag: original(tag)}, sop_class=sop_class), **settings)
    nested = {AROUND: [dataset({AROUND: [dataset({tag: original(tag)})]})]}
    (outer,) = value(done(ct(nested, sop_class=sop_class), **settings), AROUND)
    (inner,) = value(outer, AROUND)
    return top.get(tag), inner.get(tag)


def tells(found):
    """Whether something of the original is left: of a sequence, in its items."""
    raw = raw_bytes(leaves({found.tag: found}))
    return SECRET in raw or SECRET_UID in raw or (found.vr != "SQ" and raw == original(found.tag).value)


def assert_done(action, tag, found):
    if tag >> 16 in (0x0000, 0x0002) or action == "X":
        assert found is None
    elif tag in TOKENS:
        assert OURS.is_own_identifier(value({tag: found}, tag).decode())
    elif action == "Z":
        assert found.value in (b"", ())
    elif action == "U" and found.vr == "UI":
        assert found.value.rstrip(b"\0").decode() == OURS.uid(SECRET_UID.decode())
    elif action == "U":
        (item,) = found.value
        assert value(item, 0x00081155).decode() == OURS.uid(SECRET_UID.decode())
        assert not tells(found)
    else:
        assert action == "D"
        assert raw_bytes(leaves({tag: found}))
        assert not tells(found)


def test_the_table_is_whole():
    assert EDITION == "2026c"
    assert len(ROWS) > 640
    assert {code for _, code in ROWS} == {"X", "Z", "D", "U", *BY_TYPE}
    assert all(tag in VR for tag, _ in ROWS)


@pytest.mark.parametrize(("tag", "code"), [row for row in ROWS if row not in CONDITIONAL], ids=named)
def test_a_row_with_one_code_is_done_at_every_depth(tag, code):
    for found in shown(tag, dates="removed"):
        assert_done(code, tag, found)


@pytest.mark.parametrize(("tag", "code"), CONDITIONAL, ids=named)
def test_a_row_with_a_choice_is_done_by_the_attributes_type(tag, code, monkeypatch):
    for type_, action in zip(TYPES, BY_TYPE[code], strict=True):
        _actions.basic.cache_clear()
        monkeypatch.setattr(_actions, "attribute_type", lambda *_, type_=type_: type_)
        for found in shown(tag, dates="removed"):
            assert_done(action, tag, found)
    _actions.basic.cache_clear()


@pytest.mark.parametrize(("tag", "code"), CONDITIONAL, ids=named)
def test_a_row_with_a_choice_loses_its_value_in_every_iod(tag, code):
    for sop_class in (CT, "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.6.1", "1.2.3.4"):
        for found in shown(tag, sop_class=sop_class, dates="removed"):
            assert found is None or found.value in (b"", ()) or not tells(found), code


# Types by PS3.3: of AcquisitionDateTime in enhanced MR 1C, in CT 3; of OperatorsName 3; of PatientID 2; of ContentDate
# in an SR document 1, in CT 2C; of StationName 3.
@pytest.mark.parametrize(
    ("tag", "sop_class", "left"),
    [
        (0x0008002A, "1.2.840.10008.5.1.4.1.1.4.1", b"19000101000000"),
        (0x0008002A, CT, None),
        (0x00080023, "1.2.840.10008.5.1.4.1.1.88.11", b"19000101"),
        (0x00080023, CT, b""),
        (0x00080080, CT, None),
        (0x00181000, CT, None),
        (0x00181000, "1.2.840.10008.5.1.4.1.1.4.1", b"REMOVED"),
        (0x00181000, "1.2.3.4", b"REMOVED"),
    ],
)
def test_a_choice_follows_the_objects_own_iod(tag, sop_class, left):
    assert value(done(ct({tag: original(tag)}, sop_class=sop_class), dates="removed"), tag) == left


@pytest.mark.parametrize(("option", "tag", "code"), OPTION_ROWS, ids=named)
def test_an_option_keeps_or_cleans_what_it_names(option, tag, code):
    settings = SETTINGS[option]
    found = done(ct({tag: original(tag)}), **settings).get(tag)
    vr = VR[tag].split(" or ")[-1]
    if tag >> 16 in (0x0000, 0x0002):
        assert found is None
    elif option == "modified_dates" and tag not in _actions.MOVED:
        assert_done(BASIC[tag].split("/")[0], tag, found)
    elif tag in TEMPORAL and "dates" not in settings:
        assert found is None or vr == "TM" or not tells(found)
    elif option == "modified_dates" and vr in ("DA", "DT"):
        assert b"2009" <= value({tag: found}, tag)[:4] <= b"2019"
        assert not tells(found)
    elif option in ("modified_dates", "full_dates"):
        assert vr not in ("DA", "DT", "TM") or value({tag: found}, tag) == VALUES[vr]
    elif code == "K" and vr == "SQ":
        (item,) = found.value
        assert b"CHEST" in raw_bytes(leaves(item))  # no row names what lies in it
        assert SECRET not in raw_bytes(leaves(item))
    elif code == "K" and vr == "CS" and tag >> 16 == 0x0010:
        assert SECRET not in raw_bytes([found] if found else [])
    elif code == "K":
        assert value({tag: found}, tag) == VALUES[vr].rstrip()
    else:
        assert found is None or (SECRET not in raw_bytes(leaves({tag: found})))
        assert vr not in ("LO", "SH", "ST", "LT", "UT") or value({tag: found}, tag) == b"CHEST"


def test_no_option_is_left_out_of_the_tests():
    assert OPTIONS.keys() - SETTINGS.keys() == {"clean_structured_content", "clean_graphics"}


def test_the_uids_of_an_option_are_kept_and_others_are_not():
    kept = done(ct({0x00080016: CT, 0x00089123: SECRET_UID}), retain=["uids"])
    assert value(kept, 0x0020000D) == WHO[0x0020000D].encode()
    assert value(kept, 0x00089123).decode() == OURS.uid(SECRET_UID.decode())


@pytest.mark.parametrize(("age", "left"), [("089Y", b"089Y"), ("090Y", b"090Y"), ("091Y", b"090Y"), ("113Y", b"090Y")])
def test_an_age_above_89_years_is_told_as_90(age, left):
    settings = {"retain": ["patient_characteristics"]}
    assert value(done(ct({0x00101010: age}), **settings), 0x00101010) == left
    assert value(done(ct({0x00101010: "0x1Y"}), **settings), 0x00101010) is None


@pytest.mark.parametrize("dates", ["modified", "full", "removed"])
@pytest.mark.parametrize("said", ["2019-03-08", "20191399", "Oravec 8", "000101", "\\", "20190308 Oravec"])
def test_a_date_that_is_none_is_not_passed_on(dates, said):
    warned = Warned()
    kept = done(ct({0x00080022: said, 0x00080012: said}), dates=dates, warned=warned)
    left = b"".join(value(kept, tag) or b"" for tag in (0x00080022, 0x00080012))
    assert left in (b"", b"\\", b"\\\\")
    assert [caution.code for caution in warned] == ["dicom_values_unusable"] * (dates != "removed" and said != "\\")


@pytest.mark.parametrize("count", [2, 7])
def test_the_intervals_between_dates_stay_true(count):
    dates = [f"2019{month:02}28" for month in range(1, count + 1)]
    kept = done(ct({0x00080022: "\\".join(dates), 0x0008002A: "20190328235959.5+0100", 0x00080032: "235959.123"}))
    moved = [date.fromisoformat(day) for day in value(kept, 0x00080022).decode().split("\\")]
    shift = moved[0] - date(2019, 1, 28)
    assert -3652 <= shift.days <= -1
    assert moved == [date.fromisoformat(day) + shift for day in dates]
    assert value(kept, 0x0008002A) == f"{date(2019, 3, 28) + shift:%Y%m%d}235959.5".encode()
    assert value(kept, 0x00080032) == b"235959.123"


def test_a_patients_own_pseudonym_alone_does_not_let_dates_pass():
    forged = ct({0x00100020: OURS.patient_id("PAT-88123"), 0x00080022: "20190308"})
    assert value(done(forged), 0x00080022) != b"20190308"
    assert value(done(forged), 0x00100020).decode() == OURS.patient_id("PAT-88123")


@pytest.mark.parametrize("tag", [0x00091001, 0x00271234, 0x50003000, 0x501E0110, 0x60003000, 0x60020010, 0x00203101])
def test_private_curve_overlay_and_unknown_elements_are_removed(tag):
    assert tag not in done(ct({tag: element(tag, SECRET, "LO")}))


def test_bytes_that_show_no_pixels_are_removed():
    made = done(ct({0x00282000: SECRET, 0x00420011: SECRET, 0x00880200: [dataset({0x7FE00010: SECRET})]}))
    assert 0x00282000 not in made
    assert value(made, 0x00420011) == b""
    assert 0x00880200 not in made
    assert not [e for e in leaves(done(ct({AROUND: [dataset({0x7FE00010: SECRET})]}))) if e.tag == 0x7FE00010]


def test_tables_are_kept_as_far_as_they_are_tables():
    red = {0x00281101: b"\x02\0\0\0\x10\0", 0x00281201: b"\1\2\3\4"}
    assert value(done(ct(red)), 0x00281201) == b"\1\2\3\4"
    assert value(done(ct({**red, 0x00281201: b"\1\2\3\4" + SECRET})), 0x00281201) == b"\1\2\3\4"
    assert value(done(ct({0x00281201: b"\1\2\3\4"})), 0x00281201) is None


def test_pixel_data_is_the_very_object_that_came_in():
    pixels = element(0x7FE00010, memoryview(bytes(range(256)) * 3), "OW")
    assert done(ct({0x7FE00010: pixels}))[0x7FE00010].value is pixels.value


@pytest.mark.parametrize(
    ("tag", "vr", "raw"),
    [
        (0x00280010, "LT", SECRET),
        (0x00181020, "FD", SECRET[:8]),
        (0x00081140, "LO", SECRET),
        (0x00080060, "UI", SECRET_UID),
        (0x00181020, "OB", SECRET),
    ],
)
def test_a_vr_that_the_dictionary_contradicts_saves_nothing(tag, vr, raw):
    warned = Warned()
    made = done(ct({tag: element(tag, raw, vr)}), warned=warned)
    assert raw not in raw_bytes(leaves(made))
    assert [caution.code for caution in warned] == ["dicom_values_unusable"] * (BASIC.get(tag, "")[:1] != "X")


def test_an_unknown_vr_is_read_as_the_dictionarys():
    made = done(ct({0x00185020: element(0x00185020, b"CHEST ZEPHYRINE", "UN")}))
    assert (made[0x00185020].vr, value(made, 0x00185020)) == ("LO", b"CHEST")


@pytest.mark.parametrize(("tag", "raw"), [(0x00180050, "5.0\\ZEPHYRINE"), (0x00200013, "12a"), (0x00180050, "1e5000")])
def test_a_number_that_is_none_is_emptied(tag, raw):
    assert value(done(ct({tag: raw})), tag) == b""


def test_a_number_that_is_an_identifier_of_the_object_is_emptied():
    made = done(ct({0x00100020: "4455667", 0x00200013: "4455667", 0x00180050: "2.5", 0x00200011: "4"}))
    assert [value(made, tag) for tag in (0x00200013, 0x00180050, 0x00200011)] == [b"", b"2.5", b"4"]


def test_the_standards_own_uids_stay_and_look_alikes_do_not():
    uids = {0x00089123: "1.2.840.10008.5.1.4.1.1.2", 0x00080016: CT, 0x00200052: "1.2.840.10008.1.4.1.1"}
    made = done(ct(uids))
    assert {tag: value(made, tag).decode() for tag in uids} == uids
    for tag, sham in (
        (0x00089123, "1.2.840.10008.19500101.4711"),
        (0x00089123, "1.2.840.10008.1954.3.12"),
        (0x00080018, CT),
        (0x00080016, "1.2.3.4"),
    ):
        assert value(done(ct({tag: sham})), tag).decode() == OURS.uid(sham)


def coded(**fields):
    tags = {"value": 0x00080100, "scheme": 0x00080102, "meaning": 0x00080104, "long": 0x00080119, "urn": 0x00080120}
    return {0x00082218: [dataset({tags[name]: text for name, text in fields.items()})]}


def code_of(made):
    (item,) = value(made, 0x00082218)
    return tuple(value(item, tag).decode() for tag in (0x00080100, 0x00080102, 0x00080104))


@pytest.mark.parametrize(
    "published",
    [
        ("5.6.3-9-61", "SCPECG", "Lead III"),
        ("5.4.5-33-1-1", "SCPECG", "limb leads"),
        ("2:15360", "MDC", "Lead I"),
        ("774007", "SCT", "Head and neck"),
        ("T-D1100", "SRT", "Head"),
        ("113014", "DCM", "Study"),
        ("mm", "UCUM", "mm"),
        ("CT", "DCM", "CT"),
        ("69536005", "SCT", "Head"),
        ("C34.1", "I10", "Lung"),
        ("dGy.cm2", "UCUM", "dGy.cm2"),
    ],
)
def test_a_code_of_a_published_scheme_stays(published):
    assert code_of(done(ct(coded(**dict(zip(("value", "scheme", "meaning"), published, strict=True)))))) == published


@pytest.mark.parametrize(
    ("scheme", "version", "left"), [("SCPECG", "1.3", b"1.3"), ("SCPECG", "7", None), ("SCT", "1.3", None)]
)
def test_a_code_that_means_nothing_without_its_schemes_version_keeps_it(scheme, version, left):
    coded_ = {0x00080100: "5.6.3-9-1", 0x00080102: scheme, 0x00080103: version, 0x00080104: "Lead"}
    (item,) = value(done(ct({0x00082218: [dataset(coded_)]})), 0x00082218)
    assert value(item, 0x00080103) == left
    assert list(item) == sorted(item)


@pytest.mark.parametrize(
    ("unit", "meaning"), [("uV", "microvolt of ZEPHYRINE"), ("1/min", ""), ("{counts}", "Zaehler")]
)
def test_a_unit_of_which_a_word_is_lost_is_called_by_its_symbol(unit, meaning):
    assert code_of(done(ct(coded(value=unit, scheme="UCUM", meaning=meaning)))) == (unit, "UCUM", unit)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": "WARD7", "scheme": "99HOSP", "meaning": "Head"},
        {"value": "ZEPHYRINE", "scheme": "SCT", "meaning": "Head"},
        {"long": "ZEPHYRINE" * 3, "scheme": "SCT", "meaning": "Head"},
        {"urn": "urn:oid:1.2.3", "meaning": "Head"},
        {"value": "884400", "scheme": "DCM", "meaning": "Head"},
        {"value": "12345678", "scheme": "SCT", "meaning": "Head"},
        {"value": "20190308", "scheme": "SCT", "meaning": "Head"},
        {"value": "2:1234567", "scheme": "MDC", "meaning": "Head"},
        {"value": "5.hans-1", "scheme": "SCPECG", "meaning": "Head"},
        {"value": "0305-5551", "scheme": "SCPECG", "meaning": "Head"},
        {"value": "HANS", "scheme": "DCM", "meaning": "Head"},
        {"value": "max.hans", "scheme": "UCUM", "meaning": "Head"},
        {"value": "{hans}", "scheme": "UCUM", "meaning": "Head"},
    ],
)
def test_any_other_code_becomes_unknown(fields):
    who = {0x00100020: "884400", 0x00101000: "MRN12345678", 0x00080020: "20190308"}
    made = done(ct({**coded(**fields), **who}))
    assert code_of(made) == ("261665006", "SCT", "Unknown")
    assert raw_bytes(leaves(made)).count(b"Head") == 0


def test_a_report_keeps_its_form_and_none_of_its_content():
    content = dataset(
        {
            0x0040A010: "CONTAINS",
            0x0040A040: "TEXT",
            0x0040A043: [coded(value="113014", scheme="DCM", meaning="Study")[0x00082218][0]],
            0x0040A160: "Head of ZEPHYRINE",
            0x0040A120: "20190308",
            0x0040A730: [dataset({0x0040A010: "CONTAINS", 0x0040A30A: "47.11", 0x0040A123: "ZEPHYRINE"})],
            0x0040A300: [dataset({0x0040A30A: "47.11"})],
        }
    )
    (item,) = value(done(ct({0x0040A730: [content]}), clean_descriptors=True), 0x0040A730)
    assert value(item, 0x0040A040) == b"TEXT"
    assert value(item, 0x0040A160) == b"REMOVED"
    assert value(item, 0x0040A120) == b"19000101000000"
    assert code_of({0x00082218: element(0x00082218, list(value(item, 0x0040A043)))})[2] == "Unknown"
    (inner,) = value(item, 0x0040A730)
    assert [value(inner, tag) for tag in (0x0040A010, 0x0040A30A, 0x0040A123)] == [b"CONTAINS", b"", b"REMOVED"]
    assert value(item, 0x0040A300) == ()


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.3.4"])
def test_annotations_of_a_waveform_are_removed_whole_rather_than_made_up(sop_class):
    annotation = dataset({0x0040A30A: "982", 0x0040A0B0: b"\1\0\0\0"})
    assert 0x0040B020 not in done(ct({0x0040B020: [annotation]}, sop_class=sop_class))


CREATOR, (PRIVATE, *_) = "GEMS_ACQU_01", SAFE_PRIVATE["GEMS_ACQU_01"]


def private(creator, block=0x10, value_="1.5"):
    group, low = PRIVATE
    return {
        group << 16 | block: element(group << 16 | block, creator, "LO"),
        group << 16 | block << 8 | low: element(group << 16 | block << 8 | low, value_, "DS"),
        group << 16 | block << 8 | 0xEE: element(group << 16 | block << 8 | 0xEE, SECRET, "LO"),
    }


@pytest.mark.parametrize("block", [0x10, 0x42])
def test_safe_private_elements_are_kept_with_their_creator_where_asked_for(block):
    creator, known, _ = private(CREATOR, block)
    made = done(ct({**private(CREATOR, block), AROUND: [dataset(private(CREATOR, block))]}), retain=["safe_private"])
    for level in (made, value(made, AROUND)[0]):
        assert {tag for tag in level if tag & 0x10000} == {creator, known}
        assert value(level, creator) == CREATOR.encode()
        assert value(level, known) == b"1.5"
        assert list(level) == sorted(level)
    assert not {tag for tag in done(ct(private(CREATOR, block))) if tag & 0x10000}


def test_safe_private_elements_go_where_only_the_form_of_a_sequence_may_stay():
    inside = {**private(CREATOR), 0x0040A040: "TEXT"}
    (item,) = value(done(ct({0x0040A730: [dataset(inside)]}), retain=["safe_private"]), 0x0040A730)
    assert value(item, 0x0040A040) == b"TEXT"
    assert not {tag for tag in item if tag & 0x10000}


@pytest.mark.parametrize(("creator", "said"), [("ZEPHYRINE", "1.5"), (CREATOR, "ZEPHYRINE"), ("gems_acqu_01", "1.5")])
def test_private_elements_of_others_or_of_another_kind_are_removed(creator, said):
    made = done(ct(private(creator, value_=said)), retain=["safe_private"])
    assert b"ZEPHYRINE" not in raw_bytes(leaves(made))
    assert creator == CREATOR or not {tag for tag in made if tag & 0x10000}


def declared(made):
    return {value(item, 0x00080100).decode() for item in value(made, 0x00120064)}


@pytest.mark.parametrize(
    ("settings", "codes", "longitudinal"),
    [
        ({}, {"113100", "113107"}, b"MODIFIED"),
        ({"dates": "full"}, {"113100", "113106"}, b"UNMODIFIED"),
        ({"dates": "removed"}, {"113100"}, b"REMOVED"),
        ({"clean_descriptors": True}, {"113100", "113107", "113105"}, b"MODIFIED"),
        ({"retain": ["uids", "device_identity"]}, {"113100", "113107", "113110", "113109"}, b"MODIFIED"),
        ({"retain": ["patient_characteristics"]}, {"113100", "113107", "113108"}, b"MODIFIED"),
        ({"retain": ["institution_identity", "safe_private"]}, {"113100", "113107", "113112", "113111"}, b"MODIFIED"),
    ],
)
def test_what_was_done_is_declared_and_what_came_in_is_not_believed(settings, codes, longitudinal):
    made = done(ct({0x00120062: "NO", 0x00120063: "Zephyrine's own", 0x00280303: "UNMODIFIED"}), **settings)
    assert declared(made) == codes
    assert value(made, 0x00280303) == longitudinal
    assert value(made, 0x00120062) == b"YES"
    assert b"Zephyrine" not in value(made, 0x00120063)
    assert 0x00280302 not in made


@pytest.mark.parametrize(
    ("dates", "came_in", "said", "codes"),
    [
        ("full", "MODIFIED", b"MODIFIED", {"113107"}),
        ("full", "REMOVED", b"REMOVED", set()),
        ("full", "ZEPHYRINE", b"UNMODIFIED", {"113106"}),
        ("modified", "REMOVED", b"REMOVED", set()),
        ("removed", "MODIFIED", b"REMOVED", set()),
    ],
)
def test_dates_that_were_changed_before_stay_declared_as_such(dates, came_in, said, codes):
    made = done(ct({0x00280303: came_in}), dates=dates)
    assert (value(made, 0x00280303), declared(made)) == (said, {"113100"} | codes)


def methods(*codes, scheme="DCM"):
    return [dataset({0x00080100: code, 0x00080102: scheme, 0x00080104: "Zephyrine"}) for code in codes]


def test_what_was_cleaned_before_stays_declared_and_what_was_retained_or_a_face_does_not():
    came_in = methods("113100", "113101", "113102", "113103", "113104", "113105", "113106", "113109")
    file = ct({0x00120064: came_in, 0x00280301: "NO"})
    assert declared(done(file)) == {"113100", "113107", "113101", "113103", "113104", "113105"}
    assert declared(done(ct({0x00120064: came_in}))) == {"113100", "113107", "113103", "113104", "113105"}
    assert b"Zephyrine" not in raw_bytes(leaves(done(file)))
    assert declared(done(ct({0x00120064: methods("113103", scheme="99OWN")}))) == {"113100", "113107"}


def test_pixels_are_called_clean_or_recognisable_only_by_who_looked():
    file, warned = ct({0x00280301: "YES", 0x7FE00010: b"\1\2"}), Warned()
    clean = deidentify(file, OURS, Settings(), warned, recognisable=True, pixels_cleaned=True).dataset
    assert "113101" in declared(clean)
    assert "113102" not in declared(clean)
    assert (value(clean, 0x00280301), value(clean, 0x00280302)) == (b"NO", b"YES")
    assert value(done(file), 0x00280301) == b"YES"


@pytest.mark.parametrize(("tag", "declared_"), [(0x7FE00010, b"YES"), (0x00420011, b"YES"), (0x30060050, None)])
def test_recognisable_features_are_declared_of_pixels_documents_and_models_alone(tag, declared_):
    file = ct({tag: b"1 "})
    clean = deidentify(file, OURS, Settings(), Warned(), recognisable=True, pixels_cleaned=False).dataset
    assert value(clean, 0x00280302) == declared_


def test_the_identities_of_an_object_are_what_its_derivative_has():
    file = ct({0x00080050: "ACC-1", 0x00200010: "7", 0x0020000E: "1.2.3", 0x00100021: "Ward"})
    made = done(file)
    tags = {
        "patient_id": 0x00100020,
        "patient_name": 0x00100010,
        "accession_number": 0x00080050,
        "study_id": 0x00200010,
        "study_instance_uid": 0x0020000D,
        "series_instance_uid": 0x0020000E,
        "sop_instance_uid": 0x00080018,
    }
    told = identities(file.dataset, OURS, Settings())
    assert {kind: token for kind, (_, token) in told.items()} == {k: value(made, t).decode() for k, t in tags.items()}
    assert told["patient_id"][0] == "PAT-88123"
    assert told["series_instance_uid"][0] == "1.2.3"


def test_a_patient_is_one_and_the_dates_move_alike_whoever_is_said_to_have_issued_the_number():
    made = [done(ct({0x00100021: issuer, 0x00080020: "20190308"})) for issuer in ("North", "South", "")]
    made.append(done(ct({0x00080020: "20190308"})))
    assert len({(value(each, 0x00100020), value(each, 0x00080020)) for each in made}) == 1
    assert all(0x00100021 not in each for each in made)


def test_a_nested_patient_is_another_with_dates_of_its_own():
    other = {0x00100010: "Novak", 0x00100020: "Q-7\u0416".encode("iso8859-5"), 0x00080022: "20190308"}
    known = {0x00080005: "ISO_IR 144"}
    made = done(ct({**known, 0x00080022: "20190308", AROUND: [dataset(other)]}))
    (item,) = value(made, AROUND)
    alone = done(ct({**known, **other}))
    assert value(item, 0x00100020) == value(alone, 0x00100020) == value(item, 0x00100010)
    assert value(item, 0x00080022) == value(alone, 0x00080022)
    assert value(item, 0x00100020) != value(made, 0x00100020)
    assert value(item, 0x00080022) != value(made, 0x00080022)


@pytest.mark.parametrize("said", ["", " ", None])
def test_a_nested_patient_that_has_no_number_is_the_one_around(said):
    inside = {0x00100010: "Novak", 0x00080022: "20190308"} | ({} if said is None else {0x00100020: said})
    made = done(ct({0x00080022: "20190308", AROUND: [dataset(inside)]}))
    (item,) = value(made, AROUND)
    assert value(item, 0x00100010) == value(made, 0x00100010)
    assert value(item, 0x00080022) == value(made, 0x00080022)


def test_an_object_without_a_patient_a_study_or_an_instance_is_its_series_else_its_patients_name():
    nobody = dict.fromkeys(WHO, "")
    series = [value(done(ct({**nobody, 0x0020000E: uid})), 0x00100020) for uid in ("1.2.3", "1.2.3", "1.2.4")]
    assert series[0] == series[1] != series[2]
    names = [value(done(ct({**nobody, 0x00100010: name})), 0x00100020) for name in ("Novak", "Novak", "Oravec")]
    assert names[0] == names[1] != names[2]
    assert OURS.is_own_identifier(value(done(ct(nobody)), 0x00100020).decode())


def test_a_patient_without_a_number_is_the_study():
    one, other = (value(done(ct({0x00100020: "", 0x00080018: f"1.2.{i}"})), 0x00100020) for i in (3, 4))
    assert one == other != value(done(ct({0x00100020: "", 0x0020000D: "1.9"})), 0x00100020)
