"""What a de-identified object says of its de-identification (PS3.15 section E.1.1, PS3.3 C.7.1.1, CID 7050)."""

from collections.abc import Iterable
from typing import Final

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._codes import code
from scandrop.processors.dicom._dataset import Dataset, Element
from scandrop.processors.dicom._table import EDITION

MEANINGS: Final = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113105": "Clean Descriptors Option",
    "113106": "Retain Longitudinal Temporal Information Full Dates Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
    "113110": "Retain UIDs Option",
    "113111": "Retain Safe Private Option",
    "113112": "Retain Institution Identity Option",
}
_DATES: Final = {"modified": ("113107", "MODIFIED"), "full": ("113106", "UNMODIFIED"), "removed": ("", "REMOVED")}
_RETAINED: Final = {
    "patient_characteristics": "113108",
    "device_identity": "113109",
    "uids": "113110",
    "safe_private": "113111",
    "institution_identity": "113112",
}


def declaration(settings: Settings, *, recognisable: bool, pixels_cleaned: bool) -> Dataset:
    """The elements that declare it. BurnedInAnnotation is NO only where the pixels were cleaned, and
    RecognizableVisualFeatures is never: that no face can be seen is not ours to claim.
    """
    modified, longitudinal = _DATES[settings.dates]
    codes = {"113100", modified, *map(_RETAINED.__getitem__, settings.retain)}
    codes |= {"113105"} if settings.clean_descriptors else set()
    codes |= {"113101"} if pixels_cleaned else set()
    elements = [
        _text(0x00120062, "CS", "YES"),  # PatientIdentityRemoved
        _text(0x00120063, "LO", f"Scandrop\\PS3.15 {EDITION} Table E.1-1"),  # DeidentificationMethod
        Element(0x00120064, "SQ", tuple(_items(sorted(codes - {""})))),  # DeidentificationMethodCodeSequence
        _text(0x00280303, "CS", longitudinal),  # LongitudinalTemporalInformationModified
    ]
    elements += [_text(0x00280301, "CS", "NO")] if pixels_cleaned else []  # BurnedInAnnotation
    elements += [_text(0x00280302, "CS", "YES")] if recognisable else []  # RecognizableVisualFeatures
    return {element.tag: element for element in elements}


def _items(codes: Iterable[str]) -> Iterable[Dataset]:
    return (code(value, "DCM", MEANINGS[value]) for value in codes)


def _text(tag: int, vr: str, value: str) -> Element:
    return Element(tag, vr, value.encode() + b" " * (len(value) % 2))
