"""Faults that a validator once found in what came out of real files, and that their inputs did not have."""

import struct

import pytest
from dicom_objects import OURS, ct, dataset, done, element, value

from scandrop.processors.dicom._dataset import BIG_ENDIAN, EXPLICIT, File

CONTENT = 0x0040A730
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


@pytest.mark.parametrize(
    ("tag", "term"),
    [
        (0x00180020, "GR\\RM"),  # ScanningSequence
        (0x00080008, "DERIVED\\PRIMARY\\MPR"),
        (0x00080060, "PR"),
        (0x00281054, "HU"),  # RescaleType, which is no code string
        (0x00281054, "Z_EFF"),
        (0x00283004, "OD"),
        (0x00200060, "L"),
        (0x300A00B8, "MLCX"),  # RTBeamLimitingDeviceType
        (0x300A00B8, "X"),
        (0x00185100, "FFDR"),
        (0x00080060, "OCT"),  # as the month is called
        (0x00282114, "ISO_10918_1"),  # LossyImageCompressionMethod
        (0x00189180, "DB_DT"),  # GradientOutputType
        (0x00420012, "application/pdf"),  # MIMETypeOfEncapsulatedDocument
        (0x0040DB00, "2000"),
    ],
)
def test_a_defined_term_stays(tag, term):
    assert value(done(ct({tag: term})), tag).decode() == term


@pytest.mark.parametrize(
    ("name", "tag", "term"),
    [
        ("Child^Julia", 0x00282114, "CHILD"),
        ("Axial^Original", 0x00080008, "ORIGINAL\\PRIMARY\\AXIAL"),
        ("Pancreas", 0x00180015, "PANCREAS"),
        ("Chest^Young", 0x00180015, "CHEST"),
        ("Yes^No", 0x00280301, "YES"),
    ],
)
def test_a_code_string_that_the_standard_defines_names_nobody_though_somebody_is_called_so(name, tag, term):
    made = done(ct({0x00100010: name, tag: term, 0x0008103E: f"Lung {name}"}), clean_descriptors=True)
    assert value(made, tag) == term.encode()
    assert value(made, 0x0008103E) == b"Lung"


def test_a_code_string_that_is_none_of_the_standards_loses_somebodys_name():
    assert value(done(ct({0x00100010: "Max^Long", 0x00180015: "MAX LONG"})), 0x00180015) is None
    assert value(done(ct({0x00180015: "MAX LONG"})), 0x00180015) == b"MAX LONG"


def test_a_report_stays_one_though_its_patient_is_called_like_a_kind_of_content():
    item = {0x0040A040: "TEXT", 0x0040A010: "CONTAINS", 0x0040A160: "Ledger"}
    made = done(ct({0x00100010: "Text^Contains", 0x0040A040: "CONTAINER", CONTENT: [dataset(item)]}))
    (item,) = value(made, CONTENT)
    assert [value(item, tag) for tag in item] == [b"CONTAINS", b"TEXT", b"REMOVED"]


@pytest.mark.parametrize(("syntax", "order"), [(EXPLICIT, "<"), (BIG_ENDIAN, ">")])
def test_dummies_are_as_many_as_the_numbers_they_stand_for_and_count_from_one(syntax, order):
    item = {0x00280008: "3\\7", 0x00280010: element(0x00280010, struct.pack(order + "2H", 3, 7), "US")}
    (item,) = value(done(ct({CONTENT: [dataset(item)]}, syntax=syntax)), CONTENT)
    assert value(item, 0x00280008) == b"1\\1"
    assert struct.unpack(order + "2H", item[0x00280010].value) == (1, 1)


def test_a_report_gets_no_made_up_measurement_and_no_made_up_place_in_an_image():
    said = {
        0x00700022: struct.pack("<4f", 1.5, 2.5, 3.5, 4.5),  # GraphicData
        0x00081160: "12",  # ReferencedFrameNumber
        0x0062000B: struct.pack("<H", 3),  # ReferencedSegmentNumber
        0x0040A0B0: struct.pack("<2H", 3, 7),  # ReferencedWaveformChannels
        0x0040A30A: "4.7\\1.1",
    }
    (item,) = value(done(ct({CONTENT: [dataset(said)]})), CONTENT)
    assert {tag: value(item, tag) for tag in said} == dict.fromkeys(said, b"")


SOURCE = {0x300A0226: "Ir-192", 0x300A022A: "40820.5", 0x300A022C: "20190301", 0x300A022E: "120000"}


@pytest.mark.parametrize("dates", ["modified", "removed"])
def test_a_sources_strength_goes_with_the_date_that_it_is_of(dates):
    (source,) = value(done(ct({0x300A0210: [dataset(SOURCE)]}), dates=dates), 0x300A0210)
    assert [value(source, tag) for tag in SOURCE] == [b"Ir-192", b"", b"19000101", b"000000"]


def test_a_sources_strength_stays_with_its_date():
    (source,) = value(done(ct({0x300A0210: [dataset(SOURCE)]}), dates="full"), 0x300A0210)
    assert [value(source, tag) for tag in SOURCE] == [said.encode() for said in SOURCE.values()]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        *(("Ir-192", b"Ir-192"), ("I 125", b"I 125"), ("99mTc", b"99mTc"), ("F18", b"F18")),
        *(("Iridium Zephyrine", None), ("Zephyrine-192", None), ("Ir-192 of 1954", None)),
    ],
)
def test_a_nuclide_is_named_whole_or_not_at_all(said, left):
    assert value(done(ct({0x00180030: said})), 0x00180030) == left


def test_a_segmentation_still_says_of_which_images_it_is():
    reference = {0x00081150: "1.2.840.10008.5.1.4.1.1.2", 0x00081155: "1.2.3.4"}
    derivation = {0x00082112: [dataset(reference)]}
    nested = {0x52009230: [dataset({0x00089124: [dataset(derivation)]})]}
    (frame,) = value(done(ct(nested, sop_class=SEGMENTATION)), 0x52009230)
    (image,) = value(value(frame, 0x00089124)[0], 0x00082112)
    assert value(image, 0x00081155).decode() == OURS.uid("1.2.3.4")


def test_an_object_without_any_identifier_is_done_once():
    once = done(File(EXPLICIT, {}, dataset({0x00080012: "20111130", 0x00080013: "125601"})))
    assert done(File(EXPLICIT, {}, once)) == once
    assert value(once, 0x00080012) != b"20111130"


def test_text_that_lost_all_its_words_is_not_left_empty_where_a_value_is_needed():
    made = done(ct({0x00700080: element(0x00700080, "ZEPHYRINE", "CS")}, sop_class="1.2.840.10008.5.1.4.1.1.11.1"))
    assert value(made, 0x00700080) == b"REMOVED"


def test_dates_move_once_where_the_only_uid_is_one_that_everyone_shares():
    once = done(File(EXPLICIT, {}, dataset({0x00080012: "20111130", 0x00080018: "1.2.840.10008.1.5.1"})))
    assert value(once, 0x00080018) == b"1.2.840.10008.1.5.1"
    assert value(once, 0x00080012) != b"20111130"
    assert done(File(EXPLICIT, {}, once)) == once


@pytest.mark.parametrize("raw", [b"chest\0", b"\0\0", b""])
def test_a_time_stamp_in_bytes_is_a_dummy_however_often(raw):
    once = done(ct({0x00340007: element(0x00340007, raw)}))
    assert (once[0x00340007].value, done(File(EXPLICIT, {}, once))) == (b"\0\0", once)


def waveform(sop_class):
    described = {0x003A0005: b"\2\0", 0x003A0010: b"\3\0\0\0", 0x54001004: b"\x10\0", 0x54001010: bytes(range(12))}
    return done(ct({0x54000100: [dataset(described)]}, sop_class=sop_class))[0x54000100].value[0]


def test_the_samples_of_an_electrocardiogram_stay_and_those_of_a_voice_go():
    assert value(waveform("1.2.840.10008.5.1.4.1.1.9.1.1"), 0x54001010) == bytes(range(12))
    assert value(waveform("1.2.840.10008.5.1.4.1.1.9.4.1"), 0x54001010) is None
    assert value(waveform("1.2.840.10008.5.1.4.1.1.9.4.2"), 0x54001010) is None
