"""The lanes: which suffixes each takes, which of its settings name files, and its processor.

``lanes.json`` is read by Terraform too.
"""

import importlib
import json
from pathlib import Path
from typing import Protocol, cast

from scandrop.processors import SIDECAR_BYTES, Result, Source

OTHER = "other"
RECORD = "record"
NIFTI = "nifti"
DICOM = "dicom"

_LANES = json.loads((Path(__file__).parent / "lanes.json").read_text())

SUFFIXES: dict[str, tuple[str, ...]] = {lane: tuple(entry["suffixes"]) for lane, entry in _LANES.items()}

ASSETS: dict[str, tuple[str, ...]] = {lane: tuple(entry["assets"]) for lane, entry in _LANES.items()}


class Processor(Protocol):
    """What a processor's module holds; see `scandrop.processors`."""

    Settings: type

    def sniff(self, head: bytes) -> str | None: ...

    def process(self, source: Source, settings: object, work: Path) -> Result: ...


def processor(lane: str) -> Processor:
    """The module that works for a lane, imported when it is first asked for."""
    return cast("Processor", importlib.import_module(f"scandrop.processors.{lane}"))


def lane_of(key: str) -> str:
    """The lane of a key by its longest known suffix, in any letter case; `OTHER` where none is known."""
    lowered = key.lower()
    matches = [
        (len(suffix), lane) for lane, suffixes in SUFFIXES.items() for suffix in suffixes if lowered.endswith(suffix)
    ]
    return max(matches)[1] if matches else OTHER


def lane_of_content(head: bytes) -> str | None:
    """The lane whose processor knows the format that these first bytes begin, or None.

    ``lanes.json`` has dicom first, because the preamble of a DICOM file may be the header of a TIFF (PS3.10 7.1).
    """
    return next((lane for lane in SUFFIXES if lane != OTHER and processor(lane).sniff(head)), None)


def may_be_sidecar(key: str, size_bytes: int) -> bool:
    """Whether a key of the record lane is worth a look for the BIDS sidecar of a run."""
    from scandrop.processors.nifti import is_sidecar_name  # noqa: PLC0415 (most lanes never ask)

    return is_sidecar_name(key) and size_bytes <= SIDECAR_BYTES


def lane_of_record(head: bytes) -> str:
    """The lane that a key which `may_be_sidecar` belongs to: with the runs, or with the records."""
    from scandrop.processors.nifti import is_sidecar  # noqa: PLC0415 (most lanes never ask)

    return NIFTI if is_sidecar(head) else RECORD


def accepted() -> str:
    """The suffixes of all lanes, as a rejection names them."""
    return ", ".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
