"""Small data sets for the tests of the DICOM lane's de-identification, and what was made of them."""

from collections.abc import Iterable, Iterator
from typing import Any

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dataset import EXPLICIT, Dataset, Element, Encapsulated, File, Syntax
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._warnings import Warned
from scandrop.pseudonyms import Pseudonyms, key_of

OURS = Pseudonyms(key_of("a key for the tests, long enough to be one"))
THEIRS = Pseudonyms(key_of("another key for the tests, just as long"))
CT = "1.2.840.10008.5.1.4.1.1.2"
WHO = {
    0x00100010: "Oravec^Zdenka",
    0x00100020: "PAT-88123",
    0x0020000D: "1.2.826.0.1.77.1",
    0x00080018: "1.2.826.0.1.77.3",
}


def element(tag: int, value: Any, vr: str | None = None) -> Element:
    """An element of bytes, text or items; the VR is the dictionary's unless it is given."""
    vr = vr or VR.get(tag, "UN").split(" or ")[-1]
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes) and len(value) % 2:
        value += b"\0" if vr in ("UI", "OB", "UN") else b" "
    return Element(tag, vr, tuple(value) if isinstance(value, list) else value)


def dataset(values: dict[int, Any]) -> Dataset:
    return {tag: value if isinstance(value, Element) else element(tag, value) for tag, value in sorted(values.items())}


def ct(values: dict[int, Any] | None = None, *, sop_class: str = CT, syntax: Syntax = EXPLICIT) -> File:
    """An object of a patient, with what a test wants in it."""
    return File(syntax, {}, dataset({0x00080016: sop_class, **WHO, **(values or {})}))


def done(file: File, *, pseudonyms: Pseudonyms = OURS, warned: Warned | None = None, **settings: Any) -> Dataset:
    made = deidentify(
        file,
        pseudonyms,
        Settings(**settings),
        Warned() if warned is None else warned,
        recognisable=False,
        pixels_cleaned=False,
    )
    assert made.meta == {}
    assert made.syntax is file.syntax
    return made.dataset


def value(dataset: Dataset, tag: int) -> bytes | tuple[Dataset, ...] | None:
    """None where the element is absent; without padding."""
    found = dataset.get(tag)
    if found is None or isinstance(found.value, tuple):
        return found and found.value
    assert not isinstance(found.value, Encapsulated)
    return bytes(found.value).rstrip(b" \0")


def leaves(dataset: Dataset) -> Iterator[Element]:
    """Every element of every depth that is no sequence."""
    for found in dataset.values():
        if isinstance(found.value, tuple):
            for item in found.value:
                yield from leaves(item)
        else:
            yield found


def raw_bytes(elements: Iterable[Element]) -> bytes:
    return b"\n".join(
        bytes(found.value.raw if isinstance(found.value, Encapsulated) else found.value) for found in elements
    )
