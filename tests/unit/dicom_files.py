"""Small DICOM files made byte by byte, and all the real ones in the pydicom and pydicom-data wheels."""

import struct
from collections.abc import Iterator
from pathlib import Path

import data_store
import pydicom

EXPLICIT_LE = "1.2.840.10008.1.2.1"
IMPLICIT_LE = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"

CT_IMAGE_STORAGE = b"1.2.840.10008.5.1.4.1.1.2\0"
UNDEFINED = 0xFFFFFFFF
LONG = frozenset("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # noqa: SIM905 (as a line)

PYDICOM_FILES = Path(pydicom.__file__).parent / "data"
STORE_FILES = Path(data_store.__file__).parent / "data"
NO_DICOM = frozenset({".py", ".pyc", ".json", ".txt", ".dump", ".gz", ".icc", ".zip", ".tar"})


def real_files() -> Iterator[Path]:
    """Every DICOM file of both wheels, readable or not."""
    for folder in (PYDICOM_FILES / "test_files", PYDICOM_FILES / "charset_files", STORE_FILES):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in NO_DICOM and path.name != "README":
                yield path


def real_file(name: str) -> Path:
    return next(path for path in real_files() if path.name == name)


def element(tag: int, vr: str, value: bytes, *, length: int | None = None, order: str = "<") -> bytes:
    """An element in explicit VR."""
    size = len(value) if length is None else length
    head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (struct.pack(order + "HI", 0, size) if vr in LONG else struct.pack(order + "H", size)) + value


def implicit(tag: int, value: bytes, *, length: int | None = None) -> bytes:
    """An element in implicit VR; also an item or a delimiter."""
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(value: bytes) -> bytes:
    return implicit(0xFFFEE000, value)


def open_item(value: bytes) -> bytes:
    return implicit(0xFFFEE000, value, length=UNDEFINED) + ITEM_END


ITEM_END = implicit(0xFFFEE00D, b"")
SEQUENCE_END = implicit(0xFFFEE0DD, b"")


def meta(syntax: str | None = EXPLICIT_LE) -> bytes:
    elements = element(0x00020002, "UI", CT_IMAGE_STORAGE)
    if syntax is not None:
        elements += element(0x00020010, "UI", syntax.encode() + b"\0" * (len(syntax) % 2))
    return element(0x00020000, "UL", struct.pack("<I", len(elements))) + elements


def part10(*elements: bytes, syntax: str | None = EXPLICIT_LE) -> bytes:
    """A file with a preamble, a meta group and these elements after a SOP class."""
    return bytes(128) + b"DICM" + meta(syntax) + b"".join(elements)


SOP_CLASS = element(0x00080016, "UI", CT_IMAGE_STORAGE)
SOP_CLASS_IMPLICIT = implicit(0x00080016, CT_IMAGE_STORAGE)
PIXELS = element(0x7FE00010, "OW", bytes(range(24)))
