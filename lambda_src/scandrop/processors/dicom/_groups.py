"""Functional groups: what a multi-frame object says of one of its frames or of all (PS3.3 C.7.6.16)."""

from typing import Final

from scandrop.processors.dicom._dataset import Dataset, items
from scandrop.processors.dicom._tags import PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE

SHARED_FUNCTIONAL_GROUPS_SEQUENCE: Final = 0x52009229
NOTHING: Final[Dataset] = {}


def macro(dataset: Dataset, frame: int, sequence: int) -> Dataset:
    """The first item of a macro's sequence: the frame's own, else the shared one, else an empty data set."""
    for group in (
        *items(dataset, PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)[frame : frame + 1],
        *items(dataset, SHARED_FUNCTIONAL_GROUPS_SEQUENCE)[:1],
    ):
        if found := items(group, sequence):
            return found[0]
    return NOTHING


def stated(dataset: Dataset, frame: int, sequence: int, tag: int) -> Dataset:
    """The data set that holds `tag` for a frame: the macro's item where it does, else the object itself."""
    item = macro(dataset, frame, sequence)
    return item if tag in item else dataset
