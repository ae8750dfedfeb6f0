"""The header as DICOM JSON, held against pydicom's."""

import json
import struct
import warnings

import pydicom
import pytest
from dicom_files import real_files

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import BIG_ENDIAN, EXPLICIT, Element, Encapsulated, Syntax
from scandrop.processors.dicom._json import BULK, header_json
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._warnings import Warned

SPECIFIC_CHARACTER_SET = "00080005"
LAST_DELIMITER_MISSING = "emri_small_jpeg_2k_lossless_too_short.dcm"  # pydicom reads none of its elements
# UIDs with letters or leading zeros, an identifier that is too long, a number with a letter, a sequence with such a UID
LEFT_OUT_BY_PYDICOM = {"00080018", "0020000D", "0020000E", "00200010", "00280008", "300C0002"}


def told(*elements: Element, syntax: Syntax = EXPLICIT) -> dict[str, object]:
    return json.loads(header_json({element.tag: element for element in elements}, syntax))


def values(vr: str, value: bytes, syntax: Syntax = EXPLICIT) -> object:
    return told(Element(0x00189999, vr, value), syntax=syntax)["00189999"].get("Value")


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("CS", b"ORIGINAL\\PRIMARY ", ["ORIGINAL", "PRIMARY"]),
        ("LO", b"A\\\\B ", ["A", None, "B"]),
        ("LO", b"  ", None),
        ("LO", b"", None),
        ("UT", b" a\\b  ", [" a\\b"]),
        ("UI", b"1.2.3\0", ["1.2.3"]),
        ("IS", b" 12\\-3", [12, -3]),
        ("IS", b"1.5 ", None),
        ("IS", b"12A ", None),
        ("DS", b"1.50\\-2e3\\7", [1.5, -2000.0, 7]),
        ("DS", b"1\\\\2", [1, None, 2]),
        ("DS", b"nan ", None),
        ("DS", b"1e999 ", None),
        ("DS", b"1,5 ", None),
        ("US", b"\1\0\xff\xff", [1, 65535]),
        ("SS", b"\xff\xff", [-1]),
        ("US", b"\1\0\2", None),
        ("UV", struct.pack("<Q", 2**60), [str(2**60)]),
        ("FD", struct.pack("<2d", 0.1, -4), [0.1, -4]),
        ("FD", struct.pack("<d", float("nan")), None),
        ("FL", struct.pack("<2f", 1, float("inf")), None),
        ("AT", b"\x10\0\x20\0\x28\0\x00\x10", ["00100020", "00281000"]),
        ("PN", b"Doe^Jane", [{"Alphabetic": "Doe^Jane"}]),
        ("PN", b"A^B==C\\D", [{"Alphabetic": "A^B", "Phonetic": "C"}, {"Alphabetic": "D"}]),
    ],
)
def test_each_vr_has_its_form(vr, value, expected):
    assert values(vr, value) == expected


def test_numbers_are_read_in_the_byte_order_of_the_object():
    assert values("US", b"\1\2", syntax=BIG_ENDIAN) == [0x0102]
    assert values("AT", b"\0\x10\0\x20", syntax=BIG_ENDIAN) == ["00100020"]


def test_bulk_data_is_left_out():
    elements = [Element(0x00090000 + n, vr, b"secret") for n, vr in enumerate(sorted(BULK), 0x1001)]
    pixels = Element(0x7FE00010, "OB", Encapsulated(memoryview(b"secret")))
    assert told(*elements, pixels) == {}


def test_sequences_are_lists_of_objects():
    item = {0x00100020: Element(0x00100020, "LO", b"AB")}
    assert told(Element(0x00081140, "SQ", (item, {}))) == {
        "00081140": {"vr": "SQ", "Value": [{"00100020": {"vr": "LO", "Value": ["AB"]}}, {}]}
    }
    assert told(Element(0x00081140, "SQ", ())) == {"00081140": {"vr": "SQ"}}


def test_text_is_in_utf_8_whatever_it_was():
    charset = Element(0x00080005, "CS", b"ISO_IR 126")
    nested = {0x00100010: Element(0x00100010, "PN", b"\xc4")}
    found = told(charset, Element(0x00081140, "SQ", (nested,)), Element(0x00100010, "PN", b"\xc4"))
    assert found[SPECIFIC_CHARACTER_SET]["Value"] == ["ISO_IR 192"]
    assert found["00100010"]["Value"] == [{"Alphabetic": "Δ"}]
    assert found["00081140"]["Value"][0]["00100010"]["Value"] == [{"Alphabetic": "Δ"}]


def test_every_real_header_is_what_pydicom_tells(tmp_path):
    count, left_out = 0, set()
    for path in real_files():
        try:
            file = read(path, tmp_path, Warned(), max_bytes=1 << 28)
        except Rejected:
            continue
        if path.name == LAST_DELIMITER_MISSING:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the input is
            theirs = by_pydicom(path)
        ours = json.loads(header_json(file.dataset, file.syntax))
        assert alike(ours, theirs) == alike(theirs, ours), path.name
        assert all(is_private(tag) for tag in alike(theirs, theirs).keys() - ours.keys()), path.name
        left_out |= alike(ours, ours).keys() - theirs.keys()
        count += 1
    assert left_out == LEFT_OUT_BY_PYDICOM
    assert count > 230


def is_private(tag):
    """As those whose VR pydicom has from a list of its own."""
    return int(tag[:4], 16) % 2 == 1


def by_pydicom(path):
    dataset = pydicom.dcmread(path, force=True)
    return dataset.to_json_dict(bulk_data_threshold=1 << 40, suppress_invalid_tags=True)


def alike(told, other):
    """What both tell, without bulk, lengths of groups and blanks at the ends."""
    kept = {}
    for tag, attribute in told.items():
        if attribute["vr"] in BULK or tag.endswith("0000") or tag not in other:
            continue
        if tag != SPECIFIC_CHARACTER_SET:
            values = both(attribute, other.get(tag, attribute))
            kept[tag] = [str(attribute["vr"]), *(tidy(value, nested) for value, nested in values)]
    return kept


def both(attribute, other):
    values = attribute.get("Value", [])
    return zip(values, other.get("Value", values), strict=True)


def tidy(value, nested):
    if isinstance(value, dict) and all(len(key) == 8 for key in value):
        return alike(value, nested)
    return (value.strip() or None) if isinstance(value, str) else value
