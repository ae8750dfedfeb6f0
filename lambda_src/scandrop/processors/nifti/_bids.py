"""What a file's name says by BIDS, and what the names of its derivatives begin with."""

import re
from collections.abc import Mapping
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
# suffixes of that schema (objects/suffixes.yaml) whose images may have several volumes and are no course of BOLD
_NO_BOLD: Final = {
    suffix.lower(): suffix
    for suffix in str.split("""
    ADC Chimap FA FLAIR FLASH IRT1 M0map MEGRE MESE MP2RAGE MPM MTR MTRmap MTS MTVmap MTsat MWFmap PD PDT2 PDmap PDw
    R1map R2map R2starmap RB1COR RB1map S0map T1map T1rho T1w T2map T2star T2starmap T2starw T2w TB1AFI TB1DAM TB1EPI
    TB1RFM TB1SRGE TB1TFL TB1map TRACE UNIT1 VFA angio asl boldref colFA defacemask dseg dwi dwiref epi expADC fieldmap
    inplaneT1 inplaneT2 m0scan magnitude magnitude1 magnitude2 mask mrsi mrsref noRF pet phase phase1 phase2 phasediff
    probseg sbref svs unloc
    """)
}
_BOLD: Final = frozenset({"bold", "cbv"})
_NO_MAGNITUDE: Final = frozenset({"phase", "real", "imag"})
_SEGMENTATIONS: Final = frozenset({"mask", "dseg", "probseg", "defacemask"})
_OF_DERIVATIVES: Final = frozenset({"space", "res", "den", "label", "desc"})  # no scan's name has one


@dataclass(frozen=True)
class Entities:
    """A name's entities in the standard's order and its suffix (``bold``); none and "" where it is no BIDS name.

    prefix: what the names of the derivatives begin with, without an underscore at its end.
    """

    values: dict[str, str]
    suffix: str
    prefix: str

    @property
    def image_prefix(self) -> str:
        """The same of an image, with its suffix as ``mod`` or after it: a T1w and a T2w may differ in nothing else."""
        if not self.suffix:
            return self.prefix
        whose = f"{self.values['mod']}+" if "mod" in self.values else ""
        return _joined(self.values | {"mod": whose + self.suffix})

    @property
    def unlike_bold(self) -> str | None:
        """What says that several volumes are no run of BOLD, such as ``dwi`` or ``part-phase``, or None.

        Never text of the name: what the standard does not know is not repeated.
        """
        if not self.values:
            alone = self.prefix.lower()
            return None if alone == "epi" else _NO_BOLD.get(alone)  # which is what many call a run of BOLD
        part = self.values.get("part", "").lower()
        if part in _NO_MAGNITUDE:
            return f"part-{part}"
        suffix = self.suffix.lower()
        return None if suffix in _BOLD else _NO_BOLD.get(suffix, "another suffix than bold or cbv")

    @property
    def is_segmentation(self) -> bool:
        """Whether the name says that the voxels are labels or shares, and no intensities."""
        return (self.suffix or self.prefix).lower() in _SEGMENTATIONS

    @property
    def is_derivative(self) -> bool:
        """Whether the name says that the image was processed before."""
        return not _OF_DERIVATIVES.isdisjoint(self.values)


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
    return Entities(values, suffix, _joined(values) or suffix)


def _joined(values: Mapping[str, str]) -> str:
    """In the standard's order, without ``desc``, which says what one derivative is."""
    return "_".join(f"{key}-{values[key]}" for key in ORDER if key in values and key != "desc")


def _is_entity(key: str, value: str) -> bool:
    return key in ORDER and bool((_INDEX if key in _INDICES else _LABEL).fullmatch(value))
