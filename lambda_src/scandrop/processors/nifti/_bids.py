"""What a file's name says by BIDS, and what the names of its derivatives begin with."""

import re
from dataclasses import dataclass
from typing import Final

# the order of the standard, version 1.10 (rules/entities.yaml of its schema), up to `desc`
ORDER: Final = (
    "sub", "tpl", "ses", "cohort", "sample", "task", "tracksys", "acq", "nuc", "voi", "ce", "trc", "stain", "rec",
    "dir", "run", "mod", "echo", "flip", "inv", "mt", "part", "proc", "hemi", "space", "split", "recording", "chunk",
    "atlas", "seg", "scale", "res", "den", "label", "desc",
)  # fmt: skip
_INDICES: Final = {"run", "echo", "flip", "inv", "split", "chunk"}
_LABEL = re.compile(r"[0-9A-Za-z+]+")
_INDEX = re.compile(r"[0-9]+")
_SUFFIX = re.compile(r"[0-9A-Za-z]+")
_EXTENSION = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
_UNSAFE = re.compile(r"[^0-9A-Za-z_-]+")
_MOST_CHARACTERS: Final = 100


@dataclass(frozen=True)
class Entities:
    """A name's entities in the standard's order and its suffix (``bold``); none and "" where it is no BIDS name.

    prefix: what the names of the derivatives begin with, without an underscore at its end.
    """

    values: dict[str, str]
    suffix: str
    prefix: str


def entities_of(name: str) -> Entities:
    """What an image's file name says. One that is not BIDS gives its stem as prefix, odd characters as hyphens."""
    stem = _EXTENSION.sub("", name)
    *parts, suffix = stem.split("_")
    pairs = [part.partition("-")[::2] for part in parts]
    if (
        not pairs
        or len(stem) > _MOST_CHARACTERS
        or len(dict(pairs)) < len(pairs)
        or not all(_is_entity(key, value) for key, value in pairs)
        or not _SUFFIX.fullmatch(suffix)
    ):
        return Entities({}, "", _UNSAFE.sub("-", stem)[:_MOST_CHARACTERS].strip("-_") or "image")
    values = dict(sorted(pairs, key=lambda pair: ORDER.index(pair[0])))
    prefix = "_".join(f"{key}-{value}" for key, value in values.items() if key != "desc")
    return Entities(values, suffix, prefix or suffix)


def _is_entity(key: str, value: str) -> bool:
    return key in ORDER and bool((_INDEX if key in _INDICES else _LABEL).fullmatch(value))
