"""The header in the DICOM JSON Model (PS3.18 Annex F), without bulk data.

Elements of binary VRs and encapsulated pixels are left out; a value that is not what its VR claims is left out too, so
that the element stands there empty.
"""

import json
from collections.abc import Sequence
from typing import Final

from scandrop.processors import Json
from scandrop.processors.dicom._dataset import (
    BINARY_NUMBERS,
    Dataset,
    Element,
    Encapsulated,
    Syntax,
    charsets,
    decimal,
    integers,
    numbers,
    strings,
)
from scandrop.processors.dicom._tags import SPECIFIC_CHARACTER_SET

BULK: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
WHOLE: Final = frozenset({"SL", "SS", "SV", "UL", "US", "UV"})
PERSON_NAME_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
UTF8: Final = "ISO_IR 192"  # what JSON is in, whatever the object was (PS3.18 F.2.2)
SAFE_INTEGER: Final = 2**53  # beyond it many readers of JSON round


def header_json(dataset: Dataset, syntax: Syntax) -> bytes:
    """The data set as one JSON object in UTF-8."""
    return json.dumps(_object(dataset, syntax, ()), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def _object(dataset: Dataset, syntax: Syntax, inherited: Sequence[str]) -> dict[str, Json]:
    """Nested as deep as the reader lets sequences be."""
    said = charsets(dataset, inherited)
    return {
        f"{element.tag:08X}": _attribute(dataset, element, syntax, said)
        for element in dataset.values()
        if element.vr not in BULK and not isinstance(element.value, Encapsulated)
    }


def _attribute(dataset: Dataset, element: Element, syntax: Syntax, said: Sequence[str]) -> Json:
    if isinstance(element.value, tuple):
        values: list[Json] = [_object(item, syntax, said) for item in element.value]
    elif element.tag == SPECIFIC_CHARACTER_SET:
        values = [UTF8]
    elif element.vr in BINARY_NUMBERS or element.vr == "AT":
        values = _binary(dataset, element, syntax)
    else:
        values = _text(dataset, element, said)
    return {"vr": element.vr, "Value": values} if values else {"vr": element.vr}


def _binary(dataset: Dataset, element: Element, syntax: Syntax) -> list[Json]:
    if element.vr == "AT":
        return [f"{tag:08X}" for tag in integers(dataset, element.tag, syntax)]
    if element.vr in WHOLE:
        return [_exact(value) for value in integers(dataset, element.tag, syntax)]
    return [*numbers(dataset, element.tag, syntax)]


def _text(dataset: Dataset, element: Element, said: Sequence[str]) -> list[Json]:
    if element.vr in ("DS", "IS"):
        return _numbers(dataset, element)
    values = strings(dataset, element.tag, said)
    if not any(values):
        return []
    return [_person_name(value) if element.vr == "PN" else value or None for value in values]


def _numbers(dataset: Dataset, element: Element) -> list[Json]:
    """An empty one among others is null, so that the rest keep their places."""
    written = strings(dataset, element.tag)
    made = [decimal(value) if value else None for value in written]
    if element.vr == "IS" and not all(number is None or isinstance(number, int) for number in made):
        return []
    is_usable = any(written) and all(
        number is not None or not value for number, value in zip(made, written, strict=True)
    )
    return [*made] if is_usable else []


def _exact(value: int) -> Json:
    return value if abs(value) <= SAFE_INTEGER else str(value)


def _person_name(value: str) -> Json:
    groups = zip(PERSON_NAME_GROUPS, value.split("="), strict=False)
    return {name: group for name, group in groups if group} or None
