"""What is read of a DICOM file, what is gone on in spite of, and what is refused."""

import contextlib
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from dicom_files import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT_LE,
    IMPLICIT_LE,
    ITEM_END,
    JPEG_BASELINE,
    PIXELS,
    SEQUENCE_END,
    SOP_CLASS,
    SOP_CLASS_IMPLICIT,
    UNDEFINED,
    element,
    implicit,
    item,
    meta,
    open_item,
    part10,
    real_file,
    real_files,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scandrop.errors import Rejected
from scandrop.processors.dicom import _parse
from scandrop.processors.dicom._dataset import Encapsulated, File, integers, items, numbers, strings, text
from scandrop.processors.dicom._json import header_json
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._warnings import Warned
from scandrop.processors.dicom._write import write

MAX_BYTES = 1 << 24
PATIENT_ID, MODALITY, STUDY_DATE = 0x00100020, 0x00080060, 0x00080020
REFERENCED_SERIES, REFERENCED_IMAGE = 0x00081115, 0x00081140
PRIVATE_CREATOR, PRIVATE = 0x00090010, 0x00091001
PIXEL_DATA = 0x7FE00010

ID = element(PATIENT_ID, "LO", b"AB")


class Reader:
    """Reads bytes as a file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.warned = folder, Warned()

    def __call__(self, content: bytes, *, max_bytes: int = MAX_BYTES) -> File:
        path = self.folder / "object"
        path.write_bytes(content)
        self.warned = Warned()
        return read(path, self.folder, self.warned, max_bytes=max_bytes)

    @property
    def codes(self) -> list[str]:
        return [caution.code for caution in self.warned]

    def refuses(self, content: bytes, *, max_bytes: int = MAX_BYTES) -> Rejected:
        with pytest.raises(Rejected) as caught:
            self(content, max_bytes=max_bytes)
        return caught.value


@pytest.fixture
def reader(tmp_path):
    return Reader(tmp_path)


# What is read


def test_values_are_the_bytes_of_the_file(reader):
    file = reader(part10(SOP_CLASS, ID, PIXELS))
    assert file.syntax.name == "ExplicitVRLittleEndian"
    assert [(e.tag, e.vr, bytes(e.value)) for e in file.dataset.values()][1:] == [
        (PATIENT_ID, "LO", b"AB"),
        (PIXEL_DATA, "OW", bytes(range(24))),
    ]
    assert text(file.meta, 0x00020010) == EXPLICIT_LE
    assert reader.codes == []


def test_large_values_are_views_and_not_copies(reader):
    file = reader(part10(SOP_CLASS, element(PIXEL_DATA, "OW", bytes(10_000))))
    assert isinstance(file.dataset[PIXEL_DATA].value, memoryview)


def test_implicit_elements_get_their_vr_from_the_dictionary(reader):
    private = implicit(PRIVATE_CREATOR, b"ACME") + implicit(PRIVATE, b"\1\2")
    file = reader(part10(SOP_CLASS_IMPLICIT, private, implicit(PATIENT_ID, b"AB"), syntax=IMPLICIT_LE))
    assert {tag: e.vr for tag, e in file.dataset.items()} == {
        0x00080016: "UI",
        PRIVATE_CREATOR: "LO",
        PRIVATE: "UN",
        PATIENT_ID: "LO",
    }


@pytest.mark.parametrize(("signed", "vr", "value"), [(0, "US", 0xFFFE), (1, "SS", -2)])
def test_numbers_of_implicit_files_are_signed_where_the_pixels_are(reader, signed, vr, value):
    padding = implicit(0x00280120, b"\xfe\xff")
    representation = implicit(0x00280103, bytes((signed, 0)))
    file = reader(part10(SOP_CLASS_IMPLICIT, representation, padding, syntax=IMPLICIT_LE))
    assert file.dataset[0x00280120].vr == vr
    assert integers(file.dataset, 0x00280120, file.syntax) == [value]


def test_nested_numbers_are_signed_where_the_pixels_of_the_object_are(reader):
    table = implicit(0x00283000, item(implicit(0x00283002, b"\1\0\xff\xff\x10\0")))
    file = reader(part10(SOP_CLASS_IMPLICIT, implicit(0x00280103, b"\1\0"), table, syntax=IMPLICIT_LE))
    assert integers(items(file.dataset, 0x00283000)[0], 0x00283002, file.syntax) == [1, -1, 16]


def test_big_endian_numbers_are_read_as_such(reader):
    rows = element(0x00280010, "US", b"\1\2", order=">")
    position = element(0x00189313, "FD", struct.pack(">2d", 1.5, -2), order=">")
    file = reader(part10(element(0x00080016, "UI", b"1.2\0", order=">"), position, rows, syntax=BIG_ENDIAN))
    assert integers(file.dataset, 0x00280010, file.syntax) == [0x0102]
    assert numbers(file.dataset, 0x00189313, file.syntax) == [1.5, -2]


@pytest.mark.parametrize("wrapped", [False, True], ids=["raw", "wrapped"])
def test_a_deflated_data_set_is_inflated(reader, wrapped):
    stream = zlib.compressobj(wbits=15 if wrapped else -15)
    packed = stream.compress(SOP_CLASS + ID + PIXELS) + stream.flush()
    file = reader(bytes(128) + b"DICM" + meta(DEFLATED) + packed)
    assert text(file.dataset, PATIENT_ID) == "AB"
    assert file.syntax.deflated


SEQUENCES = {
    "defined": element(REFERENCED_IMAGE, "SQ", item(ID) + item(b"")),
    "open": element(REFERENCED_IMAGE, "SQ", open_item(ID) + open_item(b"") + SEQUENCE_END, length=UNDEFINED),
    "open with defined items": element(REFERENCED_IMAGE, "SQ", item(ID) + item(b"") + SEQUENCE_END, length=UNDEFINED),
    "defined with open items": element(REFERENCED_IMAGE, "SQ", open_item(ID) + open_item(b"")),
}


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_sequences_are_the_same_however_their_lengths_are_told(reader, sequence):
    file = reader(part10(SOP_CLASS, sequence, PIXELS))
    first, second = items(file.dataset, REFERENCED_IMAGE)
    assert (text(first, PATIENT_ID), second) == ("AB", {})
    assert PIXEL_DATA in file.dataset
    assert reader.codes == []


@pytest.mark.parametrize("length", [None, UNDEFINED], ids=["defined", "open"])
def test_sequences_of_big_endian_files_are_read(reader, length):
    rows = element(0x00280010, "US", b"\1\2", order=">")
    content = big(0xFFFEE000, rows) + (big(0xFFFEE0DD, b"") if length else b"")
    sequence = element(REFERENCED_IMAGE, "SQ", content, length=length, order=">")
    last = element(PIXEL_DATA, "OW", b"\1\2", order=">")
    file = reader(part10(element(0x00080016, "UI", b"1.2\0", order=">"), sequence, last, syntax=BIG_ENDIAN))
    assert integers(items(file.dataset, REFERENCED_IMAGE)[0], 0x00280010, file.syntax) == [0x0102]
    assert reader.codes == []


def big(tag: int, value: bytes) -> bytes:
    return struct.pack(">HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def test_an_unknown_sequence_of_undefined_length_is_in_implicit_vr(reader):
    content = implicit(0xFFFEE000, implicit(PATIENT_ID, b"AB"), length=UNDEFINED) + ITEM_END + SEQUENCE_END
    file = reader(part10(SOP_CLASS, element(PRIVATE, "UN", content, length=UNDEFINED), PIXELS))
    assert text(items(file.dataset, PRIVATE)[0], PATIENT_ID) == "AB"


def test_a_private_sequence_of_an_implicit_file_is_read(reader):
    content = open_item(implicit(PATIENT_ID, b"AB")) + SEQUENCE_END
    file = reader(part10(SOP_CLASS_IMPLICIT, implicit(PRIVATE, content, length=UNDEFINED), syntax=IMPLICIT_LE))
    assert text(items(file.dataset, PRIVATE)[0], PATIENT_ID) == "AB"


def test_a_known_element_of_vr_un_is_what_the_dictionary_says(reader):
    file = reader(part10(SOP_CLASS, element(REFERENCED_IMAGE, "UN", item(implicit(PATIENT_ID, b"AB")))))
    assert text(items(file.dataset, REFERENCED_IMAGE)[0], PATIENT_ID) == "AB"


def test_encapsulated_pixels_are_kept_bit_for_bit(reader):
    raw = item(b"") + item(b"\xff\xd8\xfe\xff\xdd\xe0\0\0")
    file = reader(
        part10(SOP_CLASS, element(PIXEL_DATA, "OB", raw + SEQUENCE_END, length=UNDEFINED), syntax=JPEG_BASELINE)
    )
    value = file.dataset[PIXEL_DATA].value
    assert isinstance(value, Encapsulated)
    assert value.raw == raw


def test_elements_of_the_meta_group_are_kept_apart_wherever_they_lie(reader):
    late = element(0x00020016, "AE", b"SCANNER1")
    file = reader(part10(SOP_CLASS, late, ID))
    assert list(file.dataset) == [0x00080016, PATIENT_ID]
    assert text(file.meta, 0x00020016) == "SCANNER1"


def test_lengths_of_groups_are_dropped(reader):
    file = reader(part10(element(0x00080000, "UL", b"\0\1\0\0"), SOP_CLASS, element(0x00100000, "UL", b"\7\0\0\0"), ID))
    assert list(file.dataset) == [0x00080016, PATIENT_ID]
    assert reader.codes == []


# What is gone on in spite of


def wrong_meta_length() -> bytes:
    content = bytearray(part10(SOP_CLASS, ID, PIXELS))
    content[140] ^= 0x3C
    return bytes(content)


CASES = {
    "dicom_no_preamble": SOP_CLASS + ID + PIXELS,
    "dicom_no_meta": SOP_CLASS + ID + PIXELS,
    "dicom_meta_length": wrong_meta_length(),
    "dicom_syntax_contradiction": part10(SOP_CLASS, ID, PIXELS, syntax=IMPLICIT_LE),
    "dicom_mixed_encoding": part10(
        SOP_CLASS, element(REFERENCED_IMAGE, "SQ", item(implicit(STUDY_DATE, b"20260101"))), ID, PIXELS
    ),
    "dicom_unknown_vr": part10(SOP_CLASS, element(MODALITY, "??", b"CT"), ID, PIXELS),
    "dicom_duplicates": part10(SOP_CLASS, ID, element(PATIENT_ID, "LO", b"CD"), PIXELS),
    "dicom_unsorted": part10(ID, SOP_CLASS, PIXELS),
    "dicom_odd_length": part10(SOP_CLASS, element(MODALITY, "CS", b"CTX"), ID, PIXELS),
    "dicom_delimiters": part10(SOP_CLASS, SEQUENCE_END, ID, PIXELS),
    "dicom_trailing_bytes": part10(SOP_CLASS, ID, PIXELS, bytes(77)),
    "dicom_charset_unknown": part10(element(0x00080005, "CS", b"KOI8"), SOP_CLASS, ID, PIXELS),
}


@pytest.mark.parametrize(("code", "content"), CASES.items(), ids=CASES)
def test_what_clinics_send_is_read_and_said(reader, code, content):
    file = reader(content)
    assert code in reader.codes
    assert text(file.dataset, PATIENT_ID) == "AB"
    assert bytes(file.dataset[PIXEL_DATA].value) == bytes(range(24))
    assert list(file.dataset) == sorted(file.dataset)


def test_the_first_of_two_elements_is_used(reader):
    content = part10(SOP_CLASS, ID, element(PATIENT_ID, "LO", b"CD"), element(REFERENCED_IMAGE, "SQ", b""))
    assert strings(reader(content).dataset, PATIENT_ID) == ["AB"]
    assert [c.sentence.split(",")[0] for c in reader.warned] == [
        "1 elements come again in their data set",
        "1 elements are out of order",
    ]


def test_padding_at_the_end_of_an_object_without_pixels_is_dropped(reader):
    for padding in (b"\r\n", bytes(300_000), b" " * 20):
        assert list(reader(part10(SOP_CLASS, ID, padding)).dataset)[-1] == PATIENT_ID
        assert reader.codes == ["dicom_trailing_bytes"]


def test_what_follows_the_pixels_and_is_cut_off_is_dropped(reader):
    cut_off = element(0xFFFCFFFC, "OB", b"\0\0", length=5000)
    file = reader(part10(SOP_CLASS, ID, PIXELS, cut_off))
    assert reader.codes == ["dicom_trailing_bytes"]
    assert list(file.dataset)[-1] == PIXEL_DATA


MISSING_DELIMITERS = {
    "of an item at the end of its sequence": element(
        REFERENCED_IMAGE, "SQ", implicit(0xFFFEE000, ID, length=UNDEFINED)
    ),
    "of an item before the next": element(
        REFERENCED_IMAGE,
        "SQ",
        implicit(0xFFFEE000, ID, length=UNDEFINED) + open_item(b"") + SEQUENCE_END,
        length=UNDEFINED,
    ),
    "of a sequence at the end of its item": element(
        REFERENCED_SERIES, "SQ", item(element(REFERENCED_IMAGE, "SQ", item(ID), length=UNDEFINED))
    ),
}


@pytest.mark.parametrize("sequence", MISSING_DELIMITERS.values(), ids=MISSING_DELIMITERS)
def test_a_missing_delimiter_is_told_from_the_lengths_around_it(reader, sequence):
    file = reader(part10(SOP_CLASS, sequence, PIXELS))
    assert reader.codes == ["dicom_delimiters"]
    assert PIXEL_DATA in file.dataset


def test_a_compressed_object_in_implicit_vr_keeps_the_syntax_of_its_pixels(reader):
    pixels = implicit(PIXEL_DATA, item(b"") + item(b"\xff\xd8") + SEQUENCE_END, length=UNDEFINED)
    file = reader(part10(SOP_CLASS_IMPLICIT, implicit(PATIENT_ID, b"AB"), pixels, syntax=JPEG_BASELINE))
    assert file.syntax.uid == JPEG_BASELINE
    assert isinstance(file.dataset[PIXEL_DATA].value, Encapsulated)


def test_the_byte_order_is_told_from_the_data(reader):
    first = element(0x00080016, "UI", CASES["dicom_no_preamble"][8:34], order=">")
    file = reader(part10(first, element(PATIENT_ID, "LO", b"AB", order=">"), syntax=EXPLICIT_LE))
    assert file.syntax.uid == BIG_ENDIAN
    assert text(file.dataset, PATIENT_ID) == "AB"


@pytest.mark.parametrize("length", [0, 2, 70_000])
def test_an_unknown_vr_has_either_form_of_length(reader, length):
    value = b"x" * length
    long = struct.pack("<HH2sHI", 0x0008, 0x0070, b"ZZ", 0, length) + value
    assert len(reader(part10(SOP_CLASS, long, ID)).dataset[0x00080070].value) == length
    assert reader.codes == ["dicom_unknown_vr"]


# What is refused

DEEP = (
    element(REFERENCED_IMAGE, "SQ", b"", length=UNDEFINED) + implicit(0xFFFEE000, b"", length=UNDEFINED)
) * 1_000_000


def deflated(content: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return bytes(128) + b"DICM" + meta(DEFLATED) + stream.compress(content) + stream.flush()


REFUSED = {
    "empty": ("dicom_unreadable", b""),
    "png": ("dicom_unreadable", b"\x89PNG\r\n\x1a\n" + bytes(range(200))),
    "text": ("dicom_unreadable", b"Dear colleague, " * 40),
    "bare without a class": ("dicom_unreadable", element(MODALITY, "CS", b"CT")),
    "only meta": ("dicom_unreadable", part10()),
    "directory by its class": (
        "dicom_directory",
        part10(SOP_CLASS).replace(b"1.2.840.10008.5.1.4.1.1.2\0", b"1.2.840.10008.1.3.10\0".ljust(26, b"\0"), 1),
    ),
    "directory by its records": ("dicom_directory", part10(element(0x00041220, "SQ", b""), SOP_CLASS)),
    "unknown syntax": ("dicom_transfer_syntax", part10(SOP_CLASS, syntax="1.2.840.10008.1.2.77")),
    "private syntax": ("dicom_transfer_syntax", part10(SOP_CLASS, syntax="1.2.3")),
    "broken stream": ("dicom_deflate", bytes(128) + b"DICM" + meta(DEFLATED) + b"\xff" * 40),
    "cut stream": ("dicom_deflate", deflated(SOP_CLASS + bytes(range(250)))[:-20]),
    "undefined text": ("dicom_damaged", part10(SOP_CLASS, element(0x00204000, "UT", b"", length=UNDEFINED))),
    "unknown sequence in another byte order": (
        "dicom_damaged",
        part10(
            element(0x00080016, "UI", b"1.2\0", order=">"),
            element(PRIVATE, "UN", b"", length=UNDEFINED, order=">"),
            syntax=BIG_ENDIAN,
        ),
    ),
    "neither VR nor length": ("dicom_damaged", part10(SOP_CLASS, ID, b"\x10\0\x30\0\1\2\3\4....")),
    "no items": ("dicom_damaged", part10(SOP_CLASS, element(REFERENCED_IMAGE, "SQ", b"a" * 20))),
    "stray item": ("dicom_damaged", part10(SOP_CLASS, item(ID))),
    "pixels cut off": ("dicom_truncated", part10(SOP_CLASS, PIXELS)[:-1]),
    "cut before the pixels": ("dicom_truncated", part10(SOP_CLASS, ID)[:-1]),
    "cut in a header": ("dicom_truncated", part10(SOP_CLASS, ID)[:-7]),
    "cut in an open sequence": (
        "dicom_truncated",
        part10(SOP_CLASS, element(REFERENCED_IMAGE, "SQ", item(ID), length=UNDEFINED)),
    ),
    "cut in a fragment": (
        "dicom_truncated",
        part10(SOP_CLASS, element(PIXEL_DATA, "OB", item(b"") + item(b"1234")[:-1], length=UNDEFINED)),
    ),
    "a gigabyte": ("dicom_truncated", part10(SOP_CLASS, element(0x00420011, "OB", b"%PDF", length=1 << 30))),
    "item past its sequence": (
        "dicom_length",
        part10(SOP_CLASS, element(REFERENCED_IMAGE, "SQ", implicit(0xFFFEE000, ID, length=500)), PIXELS),
    ),
    "value past its item": (
        "dicom_length",
        part10(SOP_CLASS, element(REFERENCED_IMAGE, "SQ", item(element(PATIENT_ID, "LO", b"AB", length=90))), PIXELS),
    ),
    "sequence past its item": (
        "dicom_length",
        part10(SOP_CLASS, element(REFERENCED_SERIES, "SQ", item(element(REFERENCED_IMAGE, "SQ", b"", length=9)))),
    ),
    "left over in a sequence": ("dicom_length", part10(SOP_CLASS, element(REFERENCED_IMAGE, "SQ", item(ID) + b"1234"))),
    "too deep": ("dicom_too_deep", part10(SOP_CLASS, DEEP)),
}


@pytest.mark.parametrize(("code", "content"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_safely_is_refused(reader, code, content):
    assert reader.refuses(content).code == code


def test_what_inflates_past_the_cap_is_refused(reader):
    error = reader.refuses(deflated(SOP_CLASS + element(PIXEL_DATA, "OW", bytes(5_000_000))), max_bytes=1_000_000)
    assert error.code == "dicom_inflated_too_large"
    assert (reader.folder / "inflated.dcm").stat().st_size < 3_000_000


def test_the_element_that_is_cut_off_is_named(reader):
    assert reader.refuses(part10(SOP_CLASS, PIXELS)[:-1]).facts == {"tag": "PixelData (7FE0,0010)"}


@pytest.mark.parametrize("kind", ["elements", "items", "fragments"])
def test_too_many_parts_are_refused(reader, monkeypatch, kind):
    monkeypatch.setattr(_parse, "MAX_ELEMENTS", 1000)
    many = {
        "elements": b"".join(element(0x00100001 + n, "SH", b"") for n in range(1001)),
        "items": element(REFERENCED_IMAGE, "SQ", item(b"") * 1001),
        "fragments": element(PIXEL_DATA, "OB", item(b"") * 1001 + SEQUENCE_END, length=UNDEFINED),
    }
    assert reader.refuses(part10(SOP_CLASS, many[kind])).code == "dicom_too_many_elements"


def test_depth_is_allowed_up_to_the_cap(reader):
    content = b""
    for _ in range(_parse.MAX_DEPTH):
        content = element(REFERENCED_IMAGE, "SQ", item(content))
    level = reader(part10(SOP_CLASS, content)).dataset
    depth = 0
    while level.get(REFERENCED_IMAGE):
        (level,), depth = items(level, REFERENCED_IMAGE), depth + 1
    assert depth == _parse.MAX_DEPTH


def test_a_million_levels_cost_neither_time_nor_memory(reader):
    (reader.folder / "object").write_bytes(part10(SOP_CLASS, DEEP))
    tracemalloc.start()
    begun = time.perf_counter()
    with pytest.raises(Rejected):
        read(reader.folder / "object", reader.folder, Warned(), max_bytes=1)
    elapsed_s = time.perf_counter() - begun
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed_s < 0.5
    assert peak_bytes < 200_000


def test_every_real_file_is_read_but_those_known_to_be_broken(reader):
    refused = {}
    for path in real_files():
        try:
            read(path, reader.folder, Warned(), max_bytes=1 << 28)
        except Rejected as error:
            refused.setdefault(error.code, set()).add(path.name.split("-")[0])
    assert refused == {
        "dicom_directory": {"DICOMDIR"},
        "dicom_truncated": {"MR_truncated.dcm", "rtplan_truncated.dcm"},
        "dicom_unreadable": {"no_meta.dcm"},
    }


FUZZED = [
    real_file(name).read_bytes()
    for name in ("CT_small.dcm", "image_dfl.dcm", "UN_sequence.dcm", "chrSQEncoding.dcm", "ExplVR_BigEnd.dcm")
]


@given(
    content=st.sampled_from(FUZZED),
    edits=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 20), st.binary(max_size=12)), min_size=1, max_size=5),
    cut=st.none() | st.integers(0, 6000),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_damage_gives_a_file_or_a_refusal(reader, content, edits, cut):
    damaged = bytearray(content[:cut])
    for at, removed, inserted in edits:
        damaged[at : at + removed] = inserted
    with contextlib.suppress(Rejected):  # and nothing else
        file = reader(bytes(damaged))
        write(reader.folder / "written", file)
        again = read(reader.folder / "written", reader.folder, Warned(), max_bytes=MAX_BYTES)
        assert header_json(again.dataset, again.syntax) == header_json(file.dataset, file.syntax)


def test_reading_and_writing_a_header_imports_the_standard_library_alone():
    modules = "scandrop.processors.dicom._read, scandrop.processors.dicom._write, scandrop.processors.dicom._json"
    code = f"import sys, {modules}; print(*{{name.split('.')[0] for name in sys.modules}} - sys.stdlib_module_names)"
    found = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"numpy", "PIL", "pydicom", "gdcm"}.isdisjoint(found)
    assert "scandrop" in found
