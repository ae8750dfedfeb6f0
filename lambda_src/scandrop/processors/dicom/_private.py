"""Private elements that PS3.15 Table E.3.10-1 calls safe, by the creator that reserved their block (PS3.5 7.8.1)."""

from typing import Final, NamedTuple

from scandrop.processors.dicom._dataset import Dataset, text
from scandrop.processors.dicom._table import SAFE_PRIVATE

_LEAST_BLOCK: Final = 0x10
_MOST_BLOCK: Final = 0xFF


class Safe(NamedTuple):
    """vr: the table's; creator_tag, creator: the element that reserves the block, as the table spells it."""

    vr: str
    creator_tag: int
    creator: str


def is_private(tag: int) -> bool:
    return bool(tag & 0x10000)


def safe_private(dataset: Dataset) -> dict[int, Safe]:
    """The elements of a data set that the table names, by tag."""
    creators = {tag: text(dataset, tag) or "" for tag in dataset if _reserves(tag)}
    return {
        tag: Safe(vr, creator_tag, creator)
        for tag in dataset
        if is_private(tag) and not _reserves(tag)
        for creator_tag in (tag & 0xFFFF0000 | tag >> 8 & 0xFF,)
        for creator in (creators.get(creator_tag, ""),)
        for vr in (SAFE_PRIVATE.get(creator, {}).get((tag >> 16, tag & 0xFF)),)
        if vr is not None
    }


def _reserves(tag: int) -> bool:
    return is_private(tag) and _LEAST_BLOCK <= tag & 0xFFFF <= _MOST_BLOCK
