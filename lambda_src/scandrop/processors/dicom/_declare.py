"""What a de-identified object says of its de-identification (PS3.15 section E.1.1, PS3.3 C.7.1.1, CID 7050)."""

from collections.abc import Iterable
from typing import Final

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._codes import code
from scandrop.processors.dicom._dataset import Dataset, Element, items, text
from scandrop.processors.dicom._table import EDITION
from scandrop.processors.dicom._tags import (
    BURNED_IN_ANNOTATION,
    CODE_VALUE,
    CODING_SCHEME_DESIGNATOR,
    DOUBLE_FLOAT_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    PIXEL_DATA,
    RECOGNIZABLE_VISUAL_FEATURES,
)

MEANINGS: Final = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113103": "Clean Graphics Option",
    "113104": "Clean Structured Content Option",
    "113105": "Clean Descriptors Option",
    "113106": "Retain Longitudinal Temporal Information Full Dates Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
    "113110": "Retain UIDs Option",
    "113111": "Retain Safe Private Option",
    "113112": "Retain Institution Identity Option",
}
LONGITUDINAL: Final = 0x00280303  # LongitudinalTemporalInformationModified
SHOWN: Final = (FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA, PIXEL_DATA, 0x00420011)  # pixels, or a document or model
METHOD_CODES: Final = 0x00120064  # DeidentificationMethodCodeSequence

_DATES: Final = {"modified": "MODIFIED", "full": "UNMODIFIED", "removed": "REMOVED"}
_DATES_CODE: Final = {"UNMODIFIED": "113106", "MODIFIED": "113107"}
_STRENGTH: Final = ("UNMODIFIED", "MODIFIED", "REMOVED")
_LASTING: Final = frozenset({"113103", "113104", "113105"})  # what was cleaned before, and is not brought back here
_RETAINED: Final = {
    "patient_characteristics": "113108",
    "device_identity": "113109",
    "uids": "113110",
    "safe_private": "113111",
    "institution_identity": "113112",
}


def declaration(source: Dataset, settings: Settings, *, recognisable: bool, pixels_cleaned: bool) -> Dataset:
    """The elements that declare it of what was made of `source`.

    BurnedInAnnotation is made NO only where the pixels were cleaned, and RecognizableVisualFeatures never: that no face
    can be seen is not ours to claim. What was done to dates, text and pixels before stays declared as far as it holds.
    """
    longitudinal = max(_DATES[settings.dates], text(source, LONGITUDINAL) or "", key=_strength)
    codes = {"113100", _DATES_CODE.get(longitudinal, ""), *map(_RETAINED.__getitem__, settings.retain)} - {""}
    codes |= _earlier(source) & (_LASTING | ({"113101"} if text(source, BURNED_IN_ANNOTATION) == "NO" else set()))
    codes |= {"113105"} if settings.clean_descriptors else set()
    codes |= {"113101"} if pixels_cleaned else set()
    elements = [
        _text(0x00120062, "CS", "YES"),  # PatientIdentityRemoved
        _text(0x00120063, "LO", f"Scandrop\\PS3.15 {EDITION} Table E.1-1"),  # DeidentificationMethod
        Element(METHOD_CODES, "SQ", tuple(_items(sorted(codes)))),
        _text(LONGITUDINAL, "CS", longitudinal),
    ]
    shows = recognisable and not source.keys().isdisjoint(SHOWN)
    elements += [_text(RECOGNIZABLE_VISUAL_FEATURES, "CS", "YES")] if shows else []
    elements += [_text(BURNED_IN_ANNOTATION, "CS", "NO")] if pixels_cleaned else []
    return {element.tag: element for element in elements}


def _strength(longitudinal: str) -> int:
    return _STRENGTH.index(longitudinal) if longitudinal in _STRENGTH else -1


def _earlier(source: Dataset) -> set[str]:
    """The codes by which the input says what was done to it before."""
    return {
        text(item, CODE_VALUE) or ""
        for item in items(source, METHOD_CODES)
        if text(item, CODING_SCHEME_DESIGNATOR) == "DCM"
    }


def _items(codes: Iterable[str]) -> Iterable[Dataset]:
    return (code(value, "DCM", MEANINGS[value]) for value in codes)


def _text(tag: int, vr: str, value: str) -> Element:
    return Element(tag, vr, value.encode() + b" " * (len(value) % 2))
