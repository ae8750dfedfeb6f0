"""Structures that would be taken for each other once their names are clean: PTV_Meyer and PTV_2 both become PTV."""

from collections import defaultdict
from typing import Final

from scandrop.processors.dicom._dataset import Dataset, raw

STRUCTURE_SET_ROI_SEQUENCE: Final = 0x30060020
ROI_NAME: Final = 0x30060026


def empty_names_alike(source: Dataset, target: Dataset) -> int:
    """Empty the names in `target` that are the same where they differ in `source`, and say how many."""
    originals: defaultdict[bytes, set[bytes]] = defaultdict(set)
    pairs = list(zip(_structures(source), _structures(target), strict=False))
    for before, after in pairs:
        originals[_name(after)].add(_name(before))
    alike = [after for _, after in pairs if _name(after) and len(originals[_name(after)]) > 1]
    for structure in alike:
        structure[ROI_NAME] = structure[ROI_NAME]._replace(value=b"")
    return len(alike)


def _structures(dataset: Dataset) -> tuple[Dataset, ...]:
    found = dataset.get(STRUCTURE_SET_ROI_SEQUENCE)
    return found.value if found is not None and isinstance(found.value, tuple) else ()


def _name(structure: Dataset) -> bytes:
    return bytes(raw(structure, ROI_NAME) or b"").strip(b" \0")
