"""A data set as it is held: raw values by tag, and what the transfer syntax says of their bytes (PS3.5, PS3.6 Annex A).

Values stay as the file has them, padding and byte order included, mostly as views on the mapped file. What a caller
needs of one is read at that moment, by the functions below: they return None or an empty list where the element is
absent, nested, or not what its VR claims, and never raise.
"""

import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from scandrop.processors.dicom._tags import SPECIFIC_CHARACTER_SET
from scandrop.processors.dicom._text import decode

type Buffer = bytes | memoryview
type Dataset = dict[int, Element]
type Items = tuple[Dataset, ...]

PADDING: Final = " \0"
UNDEFINED: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """PixelData of undefined length (PS3.5 A.4): from the first item's tag up to the delimiter, bit for bit."""

    raw: memoryview


class Element(NamedTuple):
    """One data element. tag: 0xGGGGEEEE; vr: two letters, UN where unknown; value: a tuple of data sets for SQ."""

    tag: int
    vr: str
    value: Buffer | Items | Encapsulated


@dataclass(frozen=True, slots=True)
class Syntax:
    """A transfer syntax. name: its keyword in PS3.6; deflated: all after the meta group is a deflate stream."""

    uid: str
    name: str
    explicit: bool = True
    little: bool = True
    deflated: bool = False
    encapsulated: bool = False

    @staticmethod
    def of(uid: str) -> "Syntax | None":
        """None for what PS3.6 does not name, or what holds no data set in a file (MIME, XML, SMPTE ST 2110)."""
        return SYNTAXES.get(uid)


@dataclass(frozen=True, slots=True)
class File:
    """An object as it was read. meta: group 0002, empty where the file has none; dataset: all else."""

    syntax: Syntax
    meta: Dataset
    dataset: Dataset


IMPLICIT: Final = Syntax("1.2.840.10008.1.2", "ImplicitVRLittleEndian", explicit=False)
EXPLICIT: Final = Syntax("1.2.840.10008.1.2.1", "ExplicitVRLittleEndian")
BIG_ENDIAN: Final = Syntax("1.2.840.10008.1.2.2", "ExplicitVRBigEndian", little=False)

ENCAPSULATED: Final[dict[str, str]] = {
    "1.2.840.10008.1.2.1.98": "EncapsulatedUncompressedExplicitVRLittleEndian",
    "1.2.840.10008.1.2.4.50": "JPEGBaseline8Bit",
    "1.2.840.10008.1.2.4.51": "JPEGExtended12Bit",
    "1.2.840.10008.1.2.4.52": "JPEGExtended35",
    "1.2.840.10008.1.2.4.53": "JPEGSpectralSelectionNonHierarchical68",
    "1.2.840.10008.1.2.4.54": "JPEGSpectralSelectionNonHierarchical79",
    "1.2.840.10008.1.2.4.55": "JPEGFullProgressionNonHierarchical1012",
    "1.2.840.10008.1.2.4.56": "JPEGFullProgressionNonHierarchical1113",
    "1.2.840.10008.1.2.4.57": "JPEGLossless",
    "1.2.840.10008.1.2.4.58": "JPEGLosslessNonHierarchical15",
    "1.2.840.10008.1.2.4.59": "JPEGExtendedHierarchical1618",
    "1.2.840.10008.1.2.4.60": "JPEGExtendedHierarchical1719",
    "1.2.840.10008.1.2.4.61": "JPEGSpectralSelectionHierarchical2022",
    "1.2.840.10008.1.2.4.62": "JPEGSpectralSelectionHierarchical2123",
    "1.2.840.10008.1.2.4.63": "JPEGFullProgressionHierarchical2426",
    "1.2.840.10008.1.2.4.64": "JPEGFullProgressionHierarchical2527",
    "1.2.840.10008.1.2.4.65": "JPEGLosslessHierarchical28",
    "1.2.840.10008.1.2.4.66": "JPEGLosslessHierarchical29",
    "1.2.840.10008.1.2.4.70": "JPEGLosslessSV1",
    "1.2.840.10008.1.2.4.80": "JPEGLSLossless",
    "1.2.840.10008.1.2.4.81": "JPEGLSNearLossless",
    "1.2.840.10008.1.2.4.90": "JPEG2000Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG2000",
    "1.2.840.10008.1.2.4.92": "JPEG2000MCLossless",
    "1.2.840.10008.1.2.4.93": "JPEG2000MC",
    "1.2.840.10008.1.2.4.100": "MPEG2MPML",
    "1.2.840.10008.1.2.4.100.1": "MPEG2MPMLF",
    "1.2.840.10008.1.2.4.101": "MPEG2MPHL",
    "1.2.840.10008.1.2.4.101.1": "MPEG2MPHLF",
    "1.2.840.10008.1.2.4.102": "MPEG4HP41",
    "1.2.840.10008.1.2.4.102.1": "MPEG4HP41F",
    "1.2.840.10008.1.2.4.103": "MPEG4HP41BD",
    "1.2.840.10008.1.2.4.103.1": "MPEG4HP41BDF",
    "1.2.840.10008.1.2.4.104": "MPEG4HP422D",
    "1.2.840.10008.1.2.4.104.1": "MPEG4HP422DF",
    "1.2.840.10008.1.2.4.105": "MPEG4HP423D",
    "1.2.840.10008.1.2.4.105.1": "MPEG4HP423DF",
    "1.2.840.10008.1.2.4.106": "MPEG4HP42STEREO",
    "1.2.840.10008.1.2.4.106.1": "MPEG4HP42STEREOF",
    "1.2.840.10008.1.2.4.107": "HEVCMP51",
    "1.2.840.10008.1.2.4.108": "HEVCM10P51",
    "1.2.840.10008.1.2.4.110": "JPEGXLLossless",
    "1.2.840.10008.1.2.4.111": "JPEGXLJPEGRecompression",
    "1.2.840.10008.1.2.4.112": "JPEGXL",
    "1.2.840.10008.1.2.4.201": "HTJ2KLossless",
    "1.2.840.10008.1.2.4.202": "HTJ2KLosslessRPCL",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.5": "RLELossless",
    "1.2.840.10008.1.2.8.1": "DeflatedImageFrameCompression",
}
SYNTAXES: Final[Mapping[str, Syntax]] = {
    syntax.uid: syntax
    for syntax in (
        IMPLICIT,
        EXPLICIT,
        BIG_ENDIAN,
        Syntax("1.2.840.10008.1.2.1.99", "DeflatedExplicitVRLittleEndian", deflated=True),
        Syntax("1.2.840.10008.1.2.4.94", "JPIPReferenced"),
        Syntax("1.2.840.10008.1.2.4.95", "JPIPReferencedDeflate", deflated=True),
        Syntax("1.2.840.10008.1.2.4.204", "JPIPHTJ2KReferenced"),
        Syntax("1.2.840.10008.1.2.4.205", "JPIPHTJ2KReferencedDeflate", deflated=True),
        Syntax("1.2.840.10008.1.20", "Papyrus3ImplicitVRLittleEndian", explicit=False),
        *(Syntax(uid, name, encapsulated=True) for uid, name in ENCAPSULATED.items()),
    )
}

BINARY_NUMBERS: Final[dict[str, str]] = {
    "FD": "d",
    "FL": "f",
    "OD": "d",
    "OF": "f",
    "OL": "I",
    "OV": "Q",
    "OW": "H",
    "SL": "i",
    "SS": "h",
    "SV": "q",
    "UL": "I",
    "US": "H",
    "UV": "Q",
}
DECIMAL: Final = re.compile(r"[0-9+.Ee-]+")  # all that a decimal string is written with (PS3.5 6.2)
NOT_SPLIT: Final = frozenset({"LT", "ST", "UR", "UT"})  # one value, whatever backslashes it has (PS3.5 6.4)


def raw(dataset: Dataset, tag: int) -> Buffer | None:
    """The value's bytes; None where absent, a sequence or encapsulated."""
    element = dataset.get(tag)
    return element.value if element and isinstance(element.value, bytes | memoryview) else None


def items(dataset: Dataset, tag: int) -> Items:
    """The items of a sequence, none where it is absent."""
    element = dataset.get(tag)
    return element.value if element and isinstance(element.value, tuple) else ()


def strings(dataset: Dataset, tag: int, charsets: Sequence[str] = ()) -> list[str]:
    """The values of a text element, without padding; `charsets` are those of SpecificCharacterSet."""
    element = dataset.get(tag)
    if element is None or not isinstance(element.value, bytes | memoryview) or not element.value:
        return []
    whole = decode(element.value, element.vr, charsets)
    if element.vr in NOT_SPLIT:
        return [whole.rstrip(PADDING)]
    return [value.strip(PADDING) for value in whole.split("\\")]


def text(dataset: Dataset, tag: int, charsets: Sequence[str] = ()) -> str | None:
    """The first value of a text element; None where it is absent or empty."""
    values = strings(dataset, tag, charsets)
    return (values and values[0]) or None


def said(dataset: Dataset, tag: int) -> list[str]:
    """The values of a code string that say anything, however they are spelt: in capitals, spaces for underscores."""
    return [plain for value in strings(dataset, tag) if (plain := value.upper().replace("_", " ").strip())]


def uid(dataset: Dataset, tag: int) -> str | None:
    """A unique identifier as text, unchecked."""
    return text(dataset, tag)


def charsets(dataset: Dataset, inherited: Sequence[str] = ()) -> Sequence[str]:
    """The values of SpecificCharacterSet, or those of the data set that this one is nested in (PS3.5 7.5.3)."""
    return strings(dataset, SPECIFIC_CHARACTER_SET) or inherited


def numbers(dataset: Dataset, tag: int, syntax: Syntax) -> list[float]:
    """The values of DS, IS or a binary number; none where any of them is no finite number."""
    return _all_of(_finite, _written(dataset, tag, syntax))


def integers(dataset: Dataset, tag: int, syntax: Syntax) -> list[int]:
    """The values of IS, DS or a binary number; none where any of them is no whole number. AT: as 0xGGGGEEEE."""
    element = dataset.get(tag)
    if element is not None and element.vr == "AT":
        halves = [int(half) for half in _unpacked(element._replace(vr="US"), syntax)]
        return [group << 16 | low for group, low in zip(halves[::2], halves[1::2], strict=False)]
    return _all_of(_whole, _written(dataset, tag, syntax))


def decimal(value: str) -> float | None:
    """A decimal or integer string as the number that it writes (PS3.5 6.2); None where it is none, or not finite."""
    try:
        number = float(value) if DECIMAL.fullmatch(value) else math.nan
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(value) if number.is_integer() and value.lstrip("+-").isdecimal() else number


def _written(dataset: Dataset, tag: int, syntax: Syntax) -> Sequence[float | None]:
    element = dataset.get(tag)
    if element is None:
        return ()
    if element.vr in ("DS", "IS"):
        return [decimal(value) for value in strings(dataset, tag)]
    return _unpacked(element, syntax)


def _unpacked(element: Element, syntax: Syntax) -> Sequence[float]:
    code = BINARY_NUMBERS.get(element.vr)
    if code is None or not isinstance(element.value, bytes | memoryview):
        return ()
    count, rest = divmod(len(element.value), struct.calcsize("=" + code))
    return () if rest else struct.unpack(f"{'<' if syntax.little else '>'}{count}{code}", element.value)


def _all_of[Kept](convert: Callable[[float], Kept | None], values: Sequence[float | None]) -> list[Kept]:
    converted = [convert(value) for value in values if value is not None]
    kept = [value for value in converted if value is not None]
    return kept if len(kept) == len(values) else []


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _whole(value: float) -> int | None:
    return int(value) if isinstance(value, int) or value.is_integer() else None
