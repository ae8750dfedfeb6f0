"""A DICOM file as data sets of raw values (PS3.10): strict where bytes could be lost, lenient where clinics need it."""

import mmap
from pathlib import Path
from typing import Final, Literal

from scandrop.errors import Rejected
from scandrop.processors.dicom import MARK, PREAMBLE_BYTES
from scandrop.processors.dicom._dataset import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    SYNTAXES,
    UNDEFINED,
    Dataset,
    File,
    Syntax,
    uid,
)
from scandrop.processors.dicom._inflate import inflated
from scandrop.processors.dicom._parse import Parser
from scandrop.processors.dicom._tags import MEDIA_STORAGE_SOP_CLASS_UID, SOP_CLASS_UID, TRANSFER_SYNTAX_UID
from scandrop.processors.dicom._vr import KNOWN, LONG
from scandrop.processors.dicom._warnings import Warned

META_GROUP: Final = b"\x02\x00"
META_LENGTH: Final = b"\x02\x00\x00\x00UL\x04\x00"
FIRST_GROUPS: Final = frozenset({0x0002, 0x0004, 0x0008})  # of what may be an object without a mark
ORDERS: Final[tuple[Literal["little", "big"], ...]] = ("little", "big")

DIRECTORY_RECORD_SEQUENCE: Final = 0x00041220
MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"


def read(path: Path, scratch: Path, warned: Warned, *, max_bytes: int) -> File:
    """Map the file at `path`; its values are views on it.

    scratch: a folder; a deflated data set is inflated there, to `max_bytes` at most.
    A missing preamble, mark or meta group, a transfer syntax that the data contradicts and the oddities that
    `_parse` names are warnings. What follows the pixels and is cut off is dropped; anything else that is cut off makes
    the object Rejected, because what it lacks may be the picture.

    Raises Rejected: dicom_unreadable, dicom_directory, dicom_transfer_syntax, dicom_deflate, dicom_inflated_too_large
    and what `Parser.parse` raises.
    """
    source = _mapped(path)
    start = _start(source, warned)
    end_of_meta = _end_of_meta(source, start, warned)
    meta = _meta(source, start, end_of_meta, warned)
    if uid(meta, MEDIA_STORAGE_SOP_CLASS_UID) == MEDIA_STORAGE_DIRECTORY:
        raise Rejected("dicom_directory")
    syntax = _said(meta)
    if syntax and syntax.deflated and not _looks_explicit(source, end_of_meta):
        source, begin = _mapped(inflated(source, end_of_meta, scratch, max_bytes)), 0
    else:
        begin = end_of_meta
    syntax, explicit = _found(source, begin, syntax, warned)
    dataset = Parser(source, syntax, warned).parse(begin, len(source), explicit=explicit)
    _check(dataset, has_mark=start > 0)
    return File(syntax, meta | _of_meta(dataset, wanted=True), _of_meta(dataset, wanted=False))


def _mapped(path: Path) -> mmap.mmap:
    if not path.stat().st_size:
        raise Rejected("dicom_unreadable")
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _start(source: mmap.mmap, warned: Warned) -> int:
    """Where the meta group begins."""
    if source[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MARK)] == MARK:
        return PREAMBLE_BYTES + len(MARK)
    if source[: len(MARK)] != MARK and not any(int.from_bytes(source[:2], order) in FIRST_GROUPS for order in ORDERS):
        raise Rejected("dicom_unreadable")
    warned.add("dicom_no_preamble")
    return len(MARK) if source[: len(MARK)] == MARK else 0


def _end_of_meta(source: mmap.mmap, start: int, warned: Warned) -> int:
    """Past the last element of group 0002, whatever the group's length says."""
    declared = None
    if source[start : start + len(META_LENGTH)] == META_LENGTH:
        declared = start + 12 + int.from_bytes(source[start + 8 : start + 12], "little")
    position = start
    while source[position : position + 2] == META_GROUP:
        letters = source[position + 4 : position + 6]
        if letters not in KNOWN and position == declared:
            break
        position = _past(source, position, letters)
    if position == start:
        warned.add("dicom_no_meta")
    elif declared is not None and position != declared:
        warned.add("dicom_meta_length")
    return min(position, len(source))


def _past(source: mmap.mmap, position: int, letters: bytes) -> int:
    if letters in LONG:
        return position + 12 + int.from_bytes(source[position + 8 : position + 12], "little")
    width = 2 if letters in KNOWN else 4
    at = position + 8 - width
    return position + 8 + int.from_bytes(source[at : at + width], "little")


def _meta(source: mmap.mmap, start: int, end: int, warned: Warned) -> Dataset:
    explicit = source[start + 4 : start + 6] in KNOWN
    return Parser(source, EXPLICIT, warned).parse(start, end, explicit=explicit)


def _said(meta: Dataset) -> Syntax | None:
    name = uid(meta, TRANSFER_SYNTAX_UID)
    if name is None:
        return None
    if name not in SYNTAXES:
        raise Rejected("dicom_transfer_syntax")
    return SYNTAXES[name]


def _looks_explicit(source: mmap.mmap, start: int) -> bool:
    return source[start + 4 : start + 6] in KNOWN


def _found(source: mmap.mmap, start: int, said: Syntax | None, warned: Warned) -> tuple[Syntax, bool]:
    """The transfer syntax that the first element is in, and whether its VR is explicit.

    A compressed object keeps the syntax that names its compression.
    """
    head = source[start : start + 8]
    if len(head) < 8:
        raise Rejected("dicom_unreadable")
    explicit = head[4:6] in KNOWN or (said is not None and said.explicit and not _fits_implicit(source, start))
    little = _is_little(head, said) if explicit else True
    if said and (explicit, little) == (said.explicit, said.little):
        return said, explicit
    found = (EXPLICIT if explicit else IMPLICIT) if little else BIG_ENDIAN
    if said is None:
        return found, explicit
    warned.add("dicom_syntax_contradiction", said=said.name, found=found.name)
    return (said if said.encapsulated and little else found), explicit


def _is_little(head: bytes, said: Syntax | None) -> bool:
    """By the first group, which has one byte but in private data; else as the file says."""
    low, high = head[:2]
    return low > high if not (low and high) else said is None or said.little


def _fits_implicit(source: mmap.mmap, start: int) -> bool:
    length = int.from_bytes(source[start + 4 : start + 8], "little")
    return length == UNDEFINED or start + 8 + length <= len(source)


def _check(dataset: Dataset, *, has_mark: bool) -> None:
    if DIRECTORY_RECORD_SEQUENCE in dataset:
        raise Rejected("dicom_directory")
    if not has_mark and uid(dataset, SOP_CLASS_UID) is None:
        raise Rejected("dicom_unreadable")


def _of_meta(dataset: Dataset, *, wanted: bool) -> Dataset:
    """Elements of group 0002 that lie among the others, or the others."""
    return {tag: dataset[tag] for tag in dataset if (tag >> 16 == 0x0002) is wanted}
