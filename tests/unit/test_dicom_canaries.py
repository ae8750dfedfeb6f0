"""A canary in every element that can hold one, at three depths: none sings in the file, the header, or a warning."""

import io
import json
import re
from pathlib import Path

import pydicom
import pytest
from dicom_objects import OURS, ct, dataset, element, leaves

from scandrop.errors import Rejected
from scandrop.processors import Source
from scandrop.processors.dicom import Settings, process
from scandrop.processors.dicom._burned_in import Risk
from scandrop.processors.dicom._dataset import EXPLICIT, IMPLICIT, File
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._json import header_json
from scandrop.processors.dicom._metadata import Findings, metadata
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._table import OPTIONS
from scandrop.processors.dicom._tags import PIXEL_DATA
from scandrop.processors.dicom._warnings import Warned
from scandrop.processors.dicom._write import write

AROUND = 0x52009229  # SharedFunctionalGroupsSequence
NUMBERS = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS"})
TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "AS", "DS", "IS", "TM"})
BYTES = frozenset({"OB", "OW", "OB or OW", "UN", "OF", "OD", "OL", "OV", "US or OW", "US or SS or OW"})
CHARSETS = {0x00080005: "ISO_IR 192"}
PIXELS = bytes(range(256)) * 3
UNTOUCHED = frozenset({0x00080005, 0x00080016, PIXEL_DATA})


def canary(number, vr):
    """One of its own for each element, in the form of its VR where that has one."""
    if vr == "UI":
        return f"1.2.826.0.1.{number}.4711"
    if vr in ("DA", "DT"):
        return f"{1830 + number % 60}{1 + number % 12:02}{1 + number % 28:02}"
    return f"Zeph{number:05}y"


def planted(start):
    """Every element of the dictionary that can hold a canary, and the canaries."""
    values, canaries = {}, {}
    for number, (tag, vr) in enumerate(VR.items(), start):
        if tag not in UNTOUCHED and tag > 0x00040000 and (vr in TEXT | BYTES | NUMBERS or vr in ("UI", "DA", "DT")):
            canaries[tag] = canary(number, vr)
            values[tag] = element(tag, canaries[tag] + "y" * (4 * (vr in BYTES | NUMBERS)), vr.split(" or ")[-1])
    private = (0x00090010, "LO"), (0x00091001, "LT"), (0x0009100B, "UN"), (0x00211001, "PN"), (0x7FE10010, "OB")
    for number, (tag, vr) in enumerate(private, start + 9_000):
        canaries[tag] = canary(number, vr)
        values[tag] = element(tag, canaries[tag], vr)
    return values, set(canaries.values())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A file with canaries at three depths, in its meta group and its preamble; and the canaries."""
    (top, first), (middle, second), (bottom, third) = (planted(start) for start in (10_000, 30_000, 50_000))
    nest = {**middle, AROUND: [dataset({AROUND: [dataset(bottom)]})]}
    file = ct({**CHARSETS, **top, AROUND: [dataset(nest)], PIXEL_DATA: element(PIXEL_DATA, PIXELS, "OW")})
    path = tmp_path_factory.mktemp("canaries") / "raw.dcm"
    write(path, file)
    wild = pydicom.dcmread(path, force=True)
    wild.preamble = b"Zeph99999y".ljust(128, b"!")
    wild.file_meta.SourceApplicationEntityTitle = "Zeph99998y"
    wild.file_meta.PrivateInformationCreatorUID = "1.2.826.0.1.99997.4711"
    wild.file_meta.PrivateInformation = b"Zeph99996y"
    path.write_bytes(meta_written(wild) + path.read_bytes().partition(b"DICM")[2][meta_length(path) :])
    wanted = {"Zeph99999y", "Zeph99998y", "1.2.826.0.1.99997.4711", "Zeph99996y"}
    return path, first | second | third | wanted


def meta_length(path):
    return 12 + int.from_bytes(path.read_bytes()[140:144], "little")


def meta_written(wild):
    stream = io.BytesIO()
    stream.write(wild.preamble + b"DICM")
    pydicom.filewriter.write_file_meta_info(stream, wild.file_meta)
    return stream.getvalue()


MAKES = (0x00080070, 0x00081090, 0x00181020)  # Manufacturer, ManufacturerModelName, SoftwareVersions
ALL = ["device_identity", "institution_identity", "patient_characteristics", "safe_private", "uids"]
SETTINGS = {
    "basic": Settings(dates="removed"),
    "as it comes": Settings(),
    "descriptors": Settings(clean_descriptors=True),
    "safe private": Settings(retain=["safe_private"]),
}


def made(source, tmp_path, settings):
    warned = Warned()
    file = read(source, tmp_path, warned, max_bytes=10**8)
    return deidentify(file, OURS, settings, warned, recognisable=False, pixels_cleaned=False), warned


def singing(raw: bytes):
    """The canaries in `raw`, in any letter case."""
    return {found.decode().lower() for found in re.findall(rb"(?i)zeph[0-9]{5}y|1\.2\.826\.0\.1\.[0-9]{5}\.4711", raw)}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_no_canary_sings(source, settings, syntax, tmp_path):
    path, canaries = source
    assert singing(path.read_bytes()) == {canary.lower() for canary in canaries if not canary.startswith("18")}
    file, warned = made(path, tmp_path, settings)
    write(tmp_path / "deid.dcm", File(syntax, file.meta, file.dataset))
    raw = (tmp_path / "deid.dcm").read_bytes()
    assert raw.startswith(bytes(128) + b"DICM")
    assert not singing(raw)
    findings = Findings(Risk("none"), recognisable=False, window=None, histogram=None, key_fingerprint=OURS.fingerprint)
    assert not singing(json.dumps(metadata(file, findings, warned)).encode())
    assert not singing(header_json(file.dataset, file.syntax))
    assert not singing(" ".join(caution.sentence for caution in warned).encode())
    decoded = pydicom.dcmread(tmp_path / "deid.dcm")
    if syntax.explicit:  # pydicom's dictionary lacks some of 2026c, which it warns of where it needs it
        assert not singing(repr(list(decoded.iterall())).encode())
    assert bytes(decoded.PixelData) == PIXELS


def test_dates_that_move_leave_none_behind(source, tmp_path):
    path, _ = source
    file, _ = made(path, tmp_path, Settings())
    dates = [bytes(found.value)[:8].decode() for found in leaves(file.dataset) if found.vr in ("DA", "DT")]
    assert dates
    assert not {date for date in dates if date[:4] > "1890"} - {"19000101", ""}


@pytest.mark.parametrize("option", ALL)
def test_what_an_option_retains_is_what_it_names_and_nothing_else(source, option, tmp_path):
    path, canaries = source
    names = {"uids": "retain_uids"}.get(option, option)
    file, _ = made(path, tmp_path, Settings(retain=[option], dates="removed"))
    for found in leaves(file.dataset):
        raw = b"" if found.tag == PIXEL_DATA else bytes(found.value).rstrip(b" \0")
        if raw.decode("latin-1") in canaries:
            assert OPTIONS[names].get(found.tag) == "K" or (option == "device_identity" and found.tag in MAKES)


def test_the_same_file_goes_in_and_out_of_the_readers_own_path(source, tmp_path):
    path, _ = source
    before = Path(path).read_bytes()
    made(path, tmp_path, Settings())
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(("bits", "rows", "columns", "length"), [(8, 3, 5, 16), (16, 3, 5, 30), (1, 7, 9, 8)])
def test_bytes_behind_the_last_frame_are_no_pixels(bits, rows, columns, length):
    shape = {0x00280010: rows, 0x00280011: columns, 0x00280100: bits, 0x00280002: 1}
    numbers = {tag: element(tag, number.to_bytes(2, "little"), "US") for tag, number in shape.items()}
    pixels = bytes(range(length))
    file = ct({**numbers, PIXEL_DATA: element(PIXEL_DATA, pixels + b"Zeph00001y", "OW")})
    made = deidentify(file, OURS, Settings(), Warned(), recognisable=False, pixels_cleaned=False).dataset
    assert made[PIXEL_DATA].value == pixels


SHAPE = {0x00280002: 1, 0x00280010: 2, 0x00280011: 3, 0x00280100: 16, 0x00280101: 16, 0x00280102: 15, 0x00280103: 0}
SHOWN = {
    0x00080060: "CT",
    0x00080008: "ORIGINAL\\PRIMARY\\AXIAL",
    0x00180015: "ABDOMEN",
    0x00280004: "MONOCHROME2",
    **{tag: element(tag, number.to_bytes(2, "little"), "US") for tag, number in SHAPE.items()},
    PIXEL_DATA: element(PIXEL_DATA, bytes(range(12)), "OW"),
}
BORN, NUMBER = "19540312", "88124571"
TELLING = {0x00100020: f"MRN{NUMBER}", 0x00100030: BORN}
DECIMALS = sorted(tag for tag, vr in VR.items() if vr in ("DS", "IS") and tag not in SHAPE and tag > 0x00080000)


def processed(file, folder):
    """All that leaves the lane: the derivatives' bytes, and what the ledger and the manifest are told."""
    path, work = folder / "in.dcm", folder / "work"
    work.mkdir()
    write(path, file)
    made = process(Source(path, "in.dcm", pseudonym_key=b"k" * 40), Settings(burned_in="pass"), work)
    told = json.dumps([made.metadata, [[each.name, dict(each.details)] for each in made.derivatives]], default=str)
    return told, b"".join(each.path.read_bytes() for each in made.derivatives)


@pytest.mark.parametrize("said", [NUMBER, f"00{NUMBER}", "8.8124571e7", "88124.571", BORN])
def test_no_number_of_the_patient_is_in_a_number_the_ledger_or_the_manifest(said, tmp_path):
    numbers = {tag: said for tag in DECIMALS if VR[tag] == "DS" or (said.isdecimal() and tag != 0x00280008)}
    told, raw = processed(ct({**SHOWN, **TELLING, **numbers}), tmp_path)
    digits = said.replace(".", "").partition("e")[0].strip("0")
    assert said not in told
    assert digits not in told.replace(".", "")
    assert said.encode() not in raw
    assert digits.encode() not in raw.replace(b".", b"")


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        ({0x00280008: BORN}, "dicom_too_many_frames"),
        ({0x00280008: "1954"}, "dicom_pixels_short"),
        ({0x00280010: element(0x00280010, b"ZZ", "US"), 0x00280011: element(0x00280011, b"ZZ", "US")}, None),
    ],
)
def test_no_sentence_of_a_rejection_says_what_the_object_does(hostile, code, tmp_path):
    with pytest.raises(Rejected) as caught:
        processed(ct({**SHOWN, **TELLING, **hostile}), tmp_path)
    assert code in (None, caught.value.code)
    for number in (BORN, "1954", str(int.from_bytes(b"ZZ"))):
        assert number not in str(caught.value)


@pytest.mark.parametrize(
    ("tag", "named"), [(b"MULE", False), (b"UMEL", False), (b"\x08\x00\x60\x00", True), (b"\x10\x00\x10\x00", True)]
)
def test_a_tag_that_is_letters_is_not_named(tag, named, tmp_path):
    path = tmp_path / "in.dcm"
    write(path, ct({}))
    path.write_bytes(path.read_bytes() + tag + b"LO\xff\x7fHans")
    with pytest.raises(Rejected) as caught:
        read(path, tmp_path, Warned(), max_bytes=10**6)
    group, low = int.from_bytes(tag[:2], "little"), int.from_bytes(tag[2:], "little")
    assert (f"({group:04X},{low:04X})" in str(caught.value)) is named
    assert ("an element that PS3.6 does not name" in str(caught.value)) is not named
