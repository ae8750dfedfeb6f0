"""The dicom lane: any transfer syntax in, a de-identified object and pictures of it out.

    __init__        the contract: Settings, sniff, process; needs nothing but the standard library until `process`
    _derive         one object from the first byte to the last derivative: the order of the steps
    _dataset        elements as raw values; the transfer syntaxes
    _read, _parse, _levels, _headers, _vr, _inflate  a file into a data set, without recursion and without a copy
    _write          and back
    _text           character sets
    _json           the header as DICOM JSON
    _tags           the elements that several of these modules look for
    _dictionary, _published, _table, _vocabulary    made from the standard by ``tools/dicom_tables.py``
    _lines, _lookup, _types     how those are written; what they say of a tag, and of an attribute of an object
    _deidentify, _actions, _values, _numbers    what becomes of each element, at every depth
    _dates, _identities, _clean, _codes, _private, _bulk    its kinds: dates, who it is, text, codes, private, bytes
    _icc, _luts     colour profiles without words; how long tables are
    _structures     names of structures that would be the same
    _declare        what the object then says of its de-identification
    originals       which tokens stand for what in a raw object, for who may ask
    _frames         from a file to stored values; its docstring has _layout, _native, _fragments, _codestream,
                    _compressed, _decoders, _isolated, _stored, _colour, _palette
    _voi, _transforms, _ranges  from stored values to what is shown
    _picture, _histogram  preview and model; how the values spread
    _burned_in, _mask, _mask_rules  text in the pixels
    _labels         the transfer syntax that compressed pixels are in, whatever they are said to be
    _comments, _unread  what no decoder reads of compressed pixels
    _recognisable   faces
    _metadata, _groups, _spacing    what the ledger is told
    _warnings       what is gone on in spite of

``docs/lanes/dicom.md`` says what comes out, ``docs/deidentification.md`` what is taken away and how that is known.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scandrop.pictures import FILTERS
from scandrop.processors import Result, Source

__all__ = ["Settings", "process", "sniff"]

PREAMBLE_BYTES: Final = 128
MARK: Final = b"DICM"

DATES: Final = ("full", "modified", "removed")
RETAINABLE: Final = ("device_identity", "institution_identity", "patient_characteristics", "safe_private", "uids")
BURNED_IN: Final = ("mask", "pass", "reject")
FRAMES: Final = ("each", "middle")
WITHOUT_PIXELS: Final = ("header", "reject")

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "dates": DATES,
    "burned_in": BURNED_IN,
    "frames": FRAMES,
    "without_pixels": WITHOUT_PIXELS,
    "filter": FILTERS,
}
LIMITS: Final[dict[str, tuple[int, int]]] = {
    "max_frames": (1, 100_000),
    "max_pixels": (1, 1_000_000_000),
    "max_decoded_bytes": (1, 10_000_000_000),
    "model_px": (1, 4_096),
    "preview_px": (1, 4_096),
}


@dataclass(frozen=True)
class Settings:
    """What an environment can choose for its DICOM objects.

    dates: ``modified``, by whole days that are the same for all of a patient; ``full``, as they are; ``removed``.
    retain: which options of PS3.15 Annex E keep what the Basic Profile removes.
    clean_descriptors: whether descriptions are kept as far as their words are known to be harmless.
    words: further words that text may keep.
    burned_in: what becomes of an object whose pixels may show text: ``reject``, ``mask`` by `mask_rules`, ``pass``.
    mask_rules: a JSON file, its path from the project's root; empty for none.
    frames: of a multi-frame object, whether ``each`` or the ``middle`` one goes into `model` and `preview`.
    without_pixels: what becomes of a report or a presentation state: its ``header``, or ``reject``.
    max_frames; max_pixels: in one frame; max_decoded_bytes: in all frames, of a deflated object, or of `model`.
    model_px: the side of the square that `model` holds; preview_px: of the box that `preview` fits into.
    filter: how pixels are resampled.
    """

    dates: str = "modified"
    retain: Sequence[str] = ()
    clean_descriptors: bool = False
    words: Sequence[str] = ()
    burned_in: str = "reject"
    mask_rules: str = ""
    frames: str = "middle"
    without_pixels: str = "header"
    max_frames: int = 5_000
    max_pixels: int = 50_000_000
    max_decoded_bytes: int = 2_000_000_000
    model_px: int = 224
    preview_px: int = 512
    filter: str = "lanczos"

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f"dicom.{name} must be a whole number from {least} to {most}, not {value!r}.")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"dicom.{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}.")
        if isinstance(self.retain, str) or set(self.retain) - set(RETAINABLE):
            raise ValueError(f"dicom.retain must list any of {', '.join(RETAINABLE)}, not {self.retain!r}.")
        if isinstance(self.words, str) or not all(isinstance(word, str) and word.isalnum() for word in self.words):
            raise ValueError("dicom.words must list words of letters and digits.")
        if not isinstance(self.clean_descriptors, bool) or not isinstance(self.mask_rules, str):
            raise ValueError("dicom.clean_descriptors must be true or false, and dicom.mask_rules a path.")  # noqa: TRY004  # the contract of Settings
        if self.burned_in == "mask" and not self.mask_rules:
            raise ValueError('dicom.mask_rules must name the file of rules where dicom.burned_in is "mask".')


def sniff(head: bytes) -> str | None:
    """``DICOM`` where the mark of PS3.10 7.1 follows the preamble."""
    return "DICOM" if head[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MARK)] == MARK else None


def process(source: Source, settings: Settings, work: Path) -> Result:
    """Turn one DICOM object into its de-identified form and pictures of it inside the empty folder `work`.

    Raises `Failed` where the environment's pseudonym key is missing.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # nothing here needs more, and a run of the nifti lane may follow
    from scandrop.processors.dicom._derive import derive  # noqa: PLC0415 (the lane that only sniffs has no numpy)

    return derive(source, settings, work)
