"""Where a scanner writes text into its pixels, from the file that `dicom.mask_rules` names.

A JSON list of objects: ``manufacturer``, ``model``, ``modality`` (may be left out), ``rows``, ``columns`` and
``regions``, each ``[x, y, width, height]`` in pixels from the top left. ``env/mask_rules.example.json`` is one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from scandrop.errors import Failed
from scandrop.processors.dicom._dataset import File, charsets, integers, text
from scandrop.processors.dicom._tags import COLUMNS, MANUFACTURER, MANUFACTURER_MODEL_NAME, MODALITY, ROWS

LONGEST_SIDE: Final = 65_535
FIELDS: Final = frozenset({"manufacturer", "model", "modality", "rows", "columns", "regions"})

type Region = tuple[int, int, int, int]  # x, y, width, height


@dataclass(frozen=True)
class Rule:
    """Regions of an image of `rows` x `columns` that a scanner writes into; modality is empty for any."""

    manufacturer: str
    model: str
    modality: str
    rows: int
    columns: int
    regions: tuple[Region, ...]

    @classmethod
    def of(cls, entry: Any) -> Self:  # noqa: ANN401 (whatever JSON holds)
        """Raises ValueError with the name of the field that is wrong."""
        if not isinstance(entry, dict) or entry.keys() - FIELDS:
            raise ValueError("fields")
        manufacturer, model = (_word(entry, name) for name in ("manufacturer", "model"))
        modality = _word(entry, "modality") if "modality" in entry else ""
        rows, columns = (_side(entry, name) for name in ("rows", "columns"))
        return cls(manufacturer, model, modality, rows, columns, _regions(entry.get("regions"), rows, columns))

    def suits(self, file: File) -> bool:
        """Whether the object is from this scanner and of this size; upper and lower case are the same."""
        dataset, said = file.dataset, charsets(file.dataset)
        names = (text(dataset, tag, said) or "" for tag in (MANUFACTURER, MANUFACTURER_MODEL_NAME, MODALITY))
        manufacturer, model, modality = (name.casefold() for name in names)
        size = [integers(dataset, tag, file.syntax) for tag in (ROWS, COLUMNS)]
        return (
            (manufacturer, model) == (self.manufacturer.casefold(), self.model.casefold())
            and self.modality.casefold() in ("", modality)
            and size == [[self.rows], [self.columns]]
        )


def rules_of(content: bytes) -> tuple[Rule, ...]:
    """The rules in a file. Raises `Failed` with the number of the first that is wrong, from 1, and its field."""
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError):
        raise Failed("mask_rules_unusable", rule=0, field="JSON") from None
    if not isinstance(entries, list):
        raise Failed("mask_rules_unusable", rule=0, field="list")
    return tuple(_rule(number, entry) for number, entry in enumerate(entries, 1))


def rule_for(file: File, rules: Sequence[Rule]) -> Rule | None:
    """The first that suits an object, as it was before it was de-identified."""
    return next((rule for rule in rules if rule.suits(file)), None)


def _rule(number: int, entry: object) -> Rule:
    try:
        return Rule.of(entry)
    except ValueError as error:
        raise Failed("mask_rules_unusable", rule=number, field=str(error)) from None


def _word(entry: dict[str, Any], name: str) -> str:
    word = entry.get(name)
    if not isinstance(word, str) or not word.strip():
        raise ValueError(name)
    return word.strip()


def _side(entry: dict[str, Any], name: str) -> int:
    side = entry.get(name)
    if type(side) is not int or not 1 <= side <= LONGEST_SIDE:
        raise ValueError(name)
    return side


def _regions(listed: object, rows: int, columns: int) -> tuple[Region, ...]:
    if not isinstance(listed, list) or not listed or not all(_is_region(region, rows, columns) for region in listed):
        raise ValueError("regions")
    return tuple((x, y, width, height) for x, y, width, height in listed)


def _is_region(region: object, rows: int, columns: int) -> bool:
    """Whether it lies within the image: one that does not was written for another."""
    if not isinstance(region, list) or len(region) != 4 or any(type(side) is not int for side in region):
        return False
    sides: list[int] = region
    x, y, width, height = sides
    return 0 <= x < x + width <= columns and 0 <= y < y + height <= rows
