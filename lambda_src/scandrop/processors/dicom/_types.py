"""The Type of an attribute: whether an object must have it, and whether it may be empty (PS3.5 7.4, PS3.3)."""

from functools import cache
from typing import Final

from scandrop.processors.dicom._table import SOP_CLASSES, STRICTEST_FIRST, TYPES

ROOT: Final = "1.2.840.10008."  # of every UID of the standard


type _Row = tuple[tuple[int, ...], str, int]  # the sequences around it, its Type there, the bits of the SOP classes


@cache
def _bits() -> dict[str, int]:
    return {ROOT + suffix: 1 << index for index, suffix in enumerate(SOP_CLASSES.split())}


@cache
def _rows() -> dict[int, list[_Row]]:
    by_tag: dict[int, list[_Row]] = {}
    for line in TYPES.splitlines():
        tag, parents, type_, bits = line.split(" ")
        path = tuple(int(parent, 16) for parent in parents.split("/") if parent)
        by_tag.setdefault(int(tag, 16), []).append((path, type_, int(bits, 16)))
    return by_tag


def attribute_type(tag: int, sop_class: str, parents: tuple[int, ...]) -> str | None:
    """The Type ("1", "1C", "2", "2C", "3") of an attribute with a conditional action, in an object of a SOP class.

    `parents` are the tags of the sequences around it, outermost first. Where the IOD has the attribute in other
    sequences only, those whose innermost ones are the same tell, for macros are used at any depth; where it has it
    nowhere like that, None. Of a SOP class that the standard has no IOD for, the strictest of all.
    """
    bit = _bits().get(sop_class)
    if bit is None:
        return strictest_type(tag, parents)
    return _strictest([row for row in _rows().get(tag, []) if row[2] & bit], parents)


def strictest_type(tag: int, parents: tuple[int, ...]) -> str | None:
    """The strictest Type that any IOD gives the attribute in these sequences, None where none has it there."""
    return _strictest(_rows().get(tag, []), parents)


def _strictest(rows: list[_Row], parents: tuple[int, ...]) -> str | None:
    nearness = max((_nearness(around, parents) for around, _, _ in rows), default=0)
    types = {type_ for around, type_, _ in rows if _nearness(around, parents) == nearness} if nearness else ()
    return min(types, key=STRICTEST_FIRST.index, default=None)


def _nearness(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many of the innermost sequences are the same; more than that where they all are, so that the top is one."""
    if one == other:
        return len(one) + 1
    alike = 0
    for here, there in zip(reversed(one), reversed(other), strict=False):
        if here != there:
            break
        alike += 1
    return alike
