"""What is read and written again is the same, to us and to pydicom."""

import tempfile
import warnings
from pathlib import Path

import pydicom
import pytest
from dicom_files import (
    DEFLATED,
    EXPLICIT_LE,
    ITEM_END,
    JPEG_BASELINE,
    PIXELS,
    SEQUENCE_END,
    SOP_CLASS,
    UNDEFINED,
    element,
    implicit,
    item,
    open_item,
    part10,
    real_files,
)

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import EXPLICIT, IMPLICIT, Dataset, Element, Encapsulated, File, Syntax
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._warnings import Warned
from scandrop.processors.dicom._write import write

PYDICOM_CANNOT = {"emri_small_jpeg_2k_lossless_too_short.dcm"}  # its last delimiter is missing
PIXEL_DATA, REFERENCED_IMAGE = 0x7FE00010, 0x00081140
SAID_OF_TEXT = {"dicom_charset_unknown"}  # which is the text's, and stays


def readable() -> list[Path]:
    kept = []
    with tempfile.TemporaryDirectory() as scratch:
        for path in real_files():
            try:
                load(path, Path(scratch))
            except Rejected:
                continue
            kept.append(path)
    return kept


def load(path: Path, scratch: Path) -> File:
    return read(path, scratch, Warned(), max_bytes=1 << 28)


def again(content: bytes, folder: Path) -> bytes:
    """What we write of these bytes."""
    (folder / "in").write_bytes(content)
    write(folder / "out", load(folder / "in", folder))
    return (folder / "out").read_bytes()


def behind_meta(content: bytes) -> bytes:
    return content[144 + int.from_bytes(content[140:144], "little") :]


def plain(dataset: Dataset) -> dict[int, object]:
    """All that a data set says, without padding."""
    return {
        tag: (e.vr, [plain(i) for i in e.value] if isinstance(e.value, tuple) else unpadded(e))
        for tag, e in dataset.items()
    }


def unpadded(element: Element) -> bytes:
    if isinstance(element.value, Encapsulated):
        return bytes(element.value.raw)
    return bytes(element.value).rstrip(b" \0")


def test_every_real_file_says_the_same_once_written(tmp_path):
    count = 0
    for path in readable():
        before = load(path, tmp_path)
        write(tmp_path / "out", before)
        warned = Warned()
        after = read(tmp_path / "out", tmp_path, warned, max_bytes=1 << 28)
        assert {caution.code for caution in warned} <= SAID_OF_TEXT, path.name
        assert after.syntax == before.syntax
        assert plain(after.dataset) == plain(before.dataset), path.name
        count += 1
    assert count > 230


def test_pydicom_reads_the_same_of_every_real_file_once_written(tmp_path):
    count = 0
    for path in readable():
        write(tmp_path / "out.dcm", load(path, tmp_path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the input is
            before, after = pydicom.dcmread(path, force=True), pydicom.dcmread(tmp_path / "out.dcm")
            if path.name in PYDICOM_CANNOT:
                continue
            assert said_by_pydicom(after) == said_by_pydicom(before), path.name
        count += 1
    assert count > 225


def said_by_pydicom(dataset: pydicom.Dataset) -> dict[int, object]:
    said: dict[int, object] = {}
    for tag in dataset.keys():  # noqa: SIM118 (iterating over a Dataset gives elements)
        if not tag & 0xFFFF:
            continue
        found = dataset[tag].value
        if isinstance(found, pydicom.Sequence):
            said[tag] = [said_by_pydicom(nested) for nested in found]
        else:
            said[tag] = found.rstrip(b" \0") if isinstance(found, bytes) else str(found).rstrip(" \0")
    return said


ALIKE = part10(
    SOP_CLASS,
    element(REFERENCED_IMAGE, "SQ", item(element(0x00100020, "LO", b"AB")) + item(b"")),
    element(0x00091001, "UN", b"\1\2\3\4"),
    PIXELS,
)


def test_explicit_files_with_explicit_lengths_stay_byte_for_byte(tmp_path):
    assert behind_meta(again(ALIKE, tmp_path)) == behind_meta(ALIKE)


def test_real_explicit_files_stay_byte_for_byte_where_nothing_is_to_mend(tmp_path):
    alike = 0
    for path in readable():
        content, warned = path.read_bytes(), Warned()
        file = read(path, tmp_path, warned, max_bytes=1 << 28)
        if file.syntax.uid != EXPLICIT_LE or warned or content[128:132] != b"DICM":
            continue
        write(tmp_path / "out", file)
        written, given = behind_meta((tmp_path / "out").read_bytes()), behind_meta(content)
        if (
            b"\xfe\xff\x00\xe0\xff\xff\xff\xff" in content
            or b"SQ\0\0\xff\xff\xff\xff" in content
            or b"\0\0UL\4\0" in given
        ):
            continue  # undefined lengths become explicit, and lengths of groups are dropped
        alike += 1
        assert written == given, path.name
    assert alike > 40


def test_undefined_lengths_become_explicit(tmp_path):
    one = open_item(element(0x00100020, "LO", b"AB"))
    open_ended = element(REFERENCED_IMAGE, "SQ", one + open_item(b"") + SEQUENCE_END, length=UNDEFINED)
    expected = element(REFERENCED_IMAGE, "SQ", item(element(0x00100020, "LO", b"AB")) + item(b""))
    assert behind_meta(again(part10(SOP_CLASS, open_ended), tmp_path)) == SOP_CLASS + expected
    assert ITEM_END not in again(part10(SOP_CLASS, open_ended), tmp_path)


def test_encapsulated_pixels_are_written_bit_for_bit(tmp_path):
    pixels = element(PIXEL_DATA, "OB", item(b"") + item(b"\xff\xd8\xff\xd9") + SEQUENCE_END, length=UNDEFINED)
    content = part10(SOP_CLASS, pixels, syntax=JPEG_BASELINE)
    assert behind_meta(again(content, tmp_path)) == behind_meta(content)


def test_nothing_of_preamble_and_meta_group_is_passed_on(tmp_path):
    secret = b"DOE^JANE"
    content = (secret + bytes(120)) + part10(SOP_CLASS, PIXELS)[128:]
    content = content.replace(b"1.2.840.10008.5.1.4.1.1.2\0", b"DOE^JANE".ljust(26, b"\0"), 1)
    assert secret not in again(content, tmp_path)


def test_the_meta_group_is_our_own(tmp_path):
    instance = element(0x00080018, "UI", b"1.2.3\0")
    (tmp_path / "out.dcm").write_bytes(again(part10(SOP_CLASS, instance, PIXELS), tmp_path))
    found = pydicom.dcmread(tmp_path / "out.dcm").file_meta
    assert found.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert found.MediaStorageSOPInstanceUID == "1.2.3"
    assert found.TransferSyntaxUID == EXPLICIT_LE
    assert found.ImplementationClassUID.startswith("2.25.")
    assert found.ImplementationClassUID.is_valid
    assert found.ImplementationVersionName.startswith("SCANDROP")
    assert found.FileMetaInformationVersion == b"\0\1"


def test_the_same_file_gives_the_same_bytes(tmp_path):
    assert again(ALIKE, tmp_path) == again(ALIKE, tmp_path)


def test_a_deflated_object_is_deflated_again_to_an_even_length(tmp_path):
    for length in range(2, 40, 2):
        dataset = {PIXEL_DATA: Element(PIXEL_DATA, "OW", bytes(range(length)))}
        write(tmp_path / "deflated", File(Syntax.of(DEFLATED), {}, dataset))
        assert (tmp_path / "deflated").stat().st_size % 2 == 0
        assert load(tmp_path / "deflated", tmp_path).dataset == dataset


@pytest.mark.parametrize(("vr", "padding"), [("CS", b" "), ("UI", b"\0"), ("OB", b"\0"), ("PN", b" "), ("UN", b"\0")])
def test_odd_values_are_padded_as_their_vr_asks(tmp_path, vr, padding):
    write(tmp_path / "out", File(EXPLICIT, {}, {0x00080060: Element(0x00080060, vr, b"ABC")}))
    assert (tmp_path / "out").read_bytes().endswith(b"ABC" + padding)


def test_a_value_too_long_for_its_vr_is_written_as_unknown(tmp_path):
    long = Element(0x00291010, "LO", b"x" * 70_000)
    write(tmp_path / "out", File(EXPLICIT, {}, {0x00080016: Element(0x00080016, "UI", b"1.2\0"), long.tag: long}))
    found = load(tmp_path / "out", tmp_path).dataset[long.tag]
    assert (found.vr, bytes(found.value)) == ("UN", long.value)


def test_an_implicit_object_stays_implicit(tmp_path):
    dataset = {0x00080016: Element(0x00080016, "UI", b"1.2\0"), 0x00080060: Element(0x00080060, "CS", b"CT")}
    write(tmp_path / "out", File(IMPLICIT, {}, dataset))
    expected = implicit(0x00080016, b"1.2\0") + implicit(0x00080060, b"CT")
    assert behind_meta((tmp_path / "out").read_bytes()) == expected


def test_a_private_sequence_of_an_implicit_object_can_be_told_to_be_one(tmp_path):
    sequence = Element(0x00091001, "SQ", ({0x00100020: Element(0x00100020, "LO", b"AB")},))
    dataset = {0x00080016: Element(0x00080016, "UI", b"1.2\0"), sequence.tag: sequence}
    write(tmp_path / "out", File(IMPLICIT, {}, dataset))
    assert load(tmp_path / "out", tmp_path).dataset == dataset
