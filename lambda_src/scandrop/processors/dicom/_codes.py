"""Codes of published schemes, which stand for the same thing everywhere (PS3.3 section 8, PS3.16 section 8).

A hospital's own codes can stand for a person, a ward or a machine: they become the code for "unknown".
"""

import re
from collections.abc import Sequence
from typing import Final

from scandrop.processors.dicom._clean import REMOVED, Cleaner
from scandrop.processors.dicom._dataset import Dataset, Element, text

CODE_VALUE: Final = 0x00080100
CODING_SCHEME_DESIGNATOR: Final = 0x00080102
CODE_MEANING: Final = 0x00080104
LONG_CODE_VALUE: Final = 0x00080119
URN_CODE_VALUE: Final = 0x00080120
CODE_TAGS: Final = frozenset(
    {CODE_VALUE, CODING_SCHEME_DESIGNATOR, 0x00080103, CODE_MEANING, LONG_CODE_VALUE, URN_CODE_VALUE}
)

_SNOMED: Final = r"[A-Z][A-Z0-9]?-[0-9A-F]{4,6}"
_UNIT: Final = r"[a-zA-Z]{1,4}[23]?"
_SCHEMES: Final = {
    scheme: re.compile(pattern)
    for scheme, pattern in {
        "DCM": r"[0-9]{6}|[A-Z]{2,5}",
        "SCT": r"[0-9]{6,18}",
        "SRT": _SNOMED,
        "SNM3": _SNOMED,
        "99SDM": _SNOMED,
        "LN": r"(?:LA|LP)?[0-9]{1,7}-[0-9]",
        "FMA": r"[0-9]{3,6}",
        "RADLEX": r"RID[0-9]{1,6}",
        "UMLS": r"C[0-9]{7}",
        "NCIt": r"C[0-9]{1,6}",
        "UCUM": rf"1|%|\[hnsf'U\]|\{{[a-z]{{1,12}}\}}|{_UNIT}(?:[./]{_UNIT}){{0,2}}(?:\{{SUV[a-z]{{1,4}}\}})?",
    }.items()
}
_UNKNOWN: Final = ("261665006", "SCT", "Unknown")


def is_coded(dataset: Dataset) -> bool:
    return CODE_VALUE in dataset or LONG_CODE_VALUE in dataset or URN_CODE_VALUE in dataset


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """The elements of a code (PS3.3 section 8.8)."""
    fields = ((CODE_VALUE, "SH", value), (CODING_SCHEME_DESIGNATOR, "SH", scheme), (CODE_MEANING, "LO", meaning))
    return {tag: Element(tag, vr, text.encode() + b" " * (len(text) % 2)) for tag, vr, text in fields}


def cleaned_code(dataset: Dataset, charsets: Sequence[str], cleaner: Cleaner) -> Dataset:
    """The elements of a data set's code: as they are where a published scheme has such a code, else of "unknown"."""
    scheme = text(dataset, CODING_SCHEME_DESIGNATOR) or ""
    value = text(dataset, CODE_VALUE) or ""
    pattern = _SCHEMES.get(scheme)
    if pattern is None or not pattern.fullmatch(value) or cleaner.names_someone(value):
        return unknown_code()
    return code(value, scheme, cleaner.clean(text(dataset, CODE_MEANING, charsets) or "") or REMOVED)


def unknown_code() -> Dataset:
    return code(*_UNKNOWN)
