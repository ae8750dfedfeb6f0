"""Numbers that hold no text, number nobody, and are as many as the standard says."""

import struct

import pytest
from dicom_objects import OURS, ct, dataset, done, element, leaves, raw_bytes, value

from scandrop.processors.dicom._dataset import BIG_ENDIAN
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._numbers import BINARY
from scandrop.processors.dicom._table import SAFE_PRIVATE
from scandrop.processors.dicom._warnings import Warned

NAME = b"MUELLER^HANS19540312    "
SLICE_THICKNESS, KVP, DURATION, ROWS = 0x00180050, 0x00180060, 0x00189073, 0x00280010
ISOCENTER = 0x00189463  # FL, one
PATIENT = {0x00100020: "MRN12345678", 0x00100030: "19540312"}
NUMBERS = sorted(tag for tag, vr in VR.items() if vr.split(" or ")[0] in BINARY and tag > 0x00080000)
PRIVATE = [
    (creator, group, low, vr.split()[-1])
    for creator, entries in SAFE_PRIVATE.items()
    for (group, low), vr in entries.items()
    if vr.split()[-1] in BINARY
]


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("raw", [NAME, NAME[:12], b"19540312"], ids=["long", "short", "digits"])
def test_no_binary_number_is_text(raw, depth):
    said = dataset({tag: element(tag, raw, VR[tag].split(" or ")[0]) for tag in NUMBERS})
    made = done(ct({0x52009229: [said]} if depth else said))
    assert raw not in raw_bytes(leaves(made))


def test_no_binary_number_of_a_safe_private_element_is_text():
    assert len(PRIVATE) > 200
    for creator, group, low, vr in PRIVATE:
        block, tag = group << 16 | 0x10, group << 16 | 0x1000 | low
        said = {block: element(block, creator, "LO"), tag: element(tag, NAME, vr)}
        assert tag not in done(ct(said), retain=["safe_private"]), (creator, hex(tag))


@pytest.mark.parametrize(
    ("tag", "raw", "stays"),
    [
        (ROWS, struct.pack("<H", 300), True),
        (ROWS, struct.pack("<2H", 300, 300), False),
        (ROWS, b"\1\0\1", False),
        (ROWS, b"", True),
        (0x00189089, struct.pack("<3d", 0.5, 0.25, 0), True),  # DiffusionGradientOrientation: three
        (0x00189089, struct.pack("<2d", 0.5, 0.25), False),
        (0x0018605A, struct.pack("<5f", *range(5)), True),  # DopplerSampleVolume… of 1-n
        (0x00286102, struct.pack("<4H", 1, 2, 3, 4), True),  # ApplicableFrameRange: 2-2n
        (0x00286102, struct.pack("<3H", 1, 2, 3), False),
        (0x0018106C, struct.pack("<2H", 1, 2), True),  # SynchronizationChannel: two
        (0x00189052, struct.pack("<2d", 0.5, 1.5), True),  # 1-2
        (0x00189052, struct.pack("<3d", 0.5, 1.5, 2.5), False),
    ],
)
def test_there_are_as_many_numbers_as_the_standard_says(tag, raw, stays):
    warned = Warned()
    made = done(ct({tag: element(tag, raw, VR[tag].split(" or ")[0])}), warned=warned)
    assert (tag in made and made[tag].value[: len(raw)] == raw) is stays
    assert [caution.code for caution in warned] == ["dicom_values_unusable"] * (not stays)


@pytest.mark.parametrize(
    "written",
    [
        *("12345678", "0012345678", "12345678.0", "1.2345678e7", "+12345678", "-12345678", "12345.678", "1.2345678"),
        *("19540312", "12031954", "03121954", "1.5\\12345678"),
    ],
)
@pytest.mark.parametrize("tag", [SLICE_THICKNESS, KVP])
def test_no_decimal_has_the_digits_of_an_identifier_or_of_the_birth_date(tag, written):
    assert value(done(ct({**PATIENT, tag: written})), tag) == b""
    assert value(done(ct({tag: written})), tag) == written.encode()


@pytest.mark.parametrize("number", [12345678.0, -12345678.0, 12345.678, 19540312.0])
def test_no_binary_number_has_them_either(number):
    for syntax, order in ((ct().syntax, "<"), (BIG_ENDIAN, ">")):
        said = {DURATION: struct.pack(f"{order}d", number), ISOCENTER: struct.pack(f"{order}f", number)}
        assert not said.keys() & done(ct({**PATIENT, **said}, syntax=syntax)).keys()
        assert said.keys() <= done(ct(said, syntax=syntax)).keys()


def test_a_short_identifier_takes_numbers_away_but_none_that_the_pixels_need():
    said = {ROWS: struct.pack("<H", 1024), 0x00281052: "-1024", 0x00200013: "1024", KVP: "1024", 0x00180080: "9"}
    made = done(ct({0x00100020: "Q-1024", **said}))
    assert [value(made, tag) for tag in (0x00281052, 0x00200013, 0x00180060, 0x00180080)] == [
        b"-1024",
        b"1024",
        b"",
        b"9",
    ]
    assert value(made, ROWS) == b"\0\4"


def test_bytes_that_are_a_word_of_the_patients_name_are_no_number():
    said = {ISOCENTER: b"Hans"}
    assert ISOCENTER in done(ct(said))
    assert ISOCENTER not in done(ct({0x00100010: "Mueller^Hans", **said}))


@pytest.mark.parametrize(
    ("tag", "raw", "left"),
    [
        (0x00101030, "Mueller Hans", None),
        (0x00101030, "70.5", b"70.5"),
        (0x001021C0, b"MUELLER^HANS", None),
        (0x001021C0, b"\1\0", b"\1"),
        (0x00100040, "MUELLER", b""),
        (0x00100040, "F", b"F"),
        (0x001021A0, "MUELLER", None),
        (0x001021A0, "NO", b"NO"),
        (0x00102160, "Mueller of Oslo", b"of"),
        (0x00102160, "Sorbian", b"Sorbian"),
    ],
)
def test_what_an_option_keeps_has_the_form_of_its_vr_and_does_not_name_the_patient(tag, raw, left):
    made = done(ct({0x00100010: "Mueller^Hans", tag: raw}), retain=["patient_characteristics"])
    assert value(made, tag) == left


def test_in_a_sequence_that_an_option_keeps_only_what_the_option_names_is_kept():
    inside = {
        0x00081155: "1.2.826.0.1.99.4711",
        0x00185020: "Chest ZEPHYRINE",
        0x00181000: "SN-ZEPHYRINE-1",  # DeviceSerialNumber, which the option names
        0x00200013: element(0x00200013, "chest", "IS"),
        0x00280010: element(0x00280010, b"ZEPHYRINE!", "US"),
        0x00282000: b"ZEPHYRINE.",
        0x7FE00010: b"ZEPHYRINE.",
        0x00081070: "Oravec",
        0x00080022: "20190308",
    }
    (item,) = value(done(ct({0x00185011: [dataset(inside)]}), retain=["device_identity"]), 0x00185011)
    assert value(item, 0x00181000) == b"SN-ZEPHYRINE-1"
    assert value(item, 0x00185020) == b"Chest"
    assert value(item, 0x00081155).decode() == OURS.uid("1.2.826.0.1.99.4711")
    assert value(item, 0x00200013) == b""
    assert value(item, 0x00080022) != b"20190308"
    assert raw_bytes(leaves(item)).count(b"ZEPHYRINE") == 1


@pytest.mark.parametrize(
    ("who", "number"),
    [
        ({0x00100030: "1954.03.12"}, "19540312"),
        ({0x00100030: "19540312"}, "120354"),
        ({0x00100030: "19540312"}, "540312"),
        ({0x00120040: "SUBJ-776655"}, "776655"),
        ({0x00400551: "S-776655"}, "776655"),
        ({0x00080005: "ISO_IR 192", 0x00100020: "１２３４５６７８"}, "12345678"),  # noqa: RUF001 (such digits)
        ({0x00080005: "ISO_IR 192", 0x00100020: "\u0661\u0662\u0663\u0664\u0665\u0666"}, "123456"),
    ],
)
def test_a_series_is_not_numbered_as_its_patient_is(who, number):
    assert value(done(ct({**who, 0x00200011: number})), 0x00200011) != number.encode()


def test_an_identifier_is_known_as_a_tag_as_a_context_and_in_single_precision():
    single = struct.pack("<f", 1234567890)
    told = done(ct({0x00100020: "1234567890", ISOCENTER: single}))
    assert value(told, ISOCENTER) != single
    pointer = struct.pack("<2H", 0x1234, 0x5678)
    assert value(done(ct({**PATIENT, 0x00280009: pointer})), 0x00280009) != pointer
    region = [dataset({0x00080100: "T-D4000", 0x00080102: "SRT", 0x0008010F: "12345"})]
    (item,) = value(done(ct({0x00100020: "12345", 0x00082218: region})), 0x00082218)
    assert b"12345" not in raw_bytes(leaves(item))
