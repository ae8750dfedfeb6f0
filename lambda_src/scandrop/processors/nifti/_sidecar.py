"""The BIDS sidecar of an image: read with distrust, merged with the header, and written for derivatives.

Only fields that are listed here are read, so nothing else of a sidecar, which often names a patient, an institution or
a date, can reach a derivative.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scandrop.processors import SIDECAR_BYTES, Json
from scandrop.processors.nifti._bids import Entities
from scandrop.processors.nifti._header import TR_S, Header
from scandrop.processors.nifti._warnings import Warned
from scandrop.version import package_version

BIDS_VERSION: Final = "1.10.0"
_MAX_NUMBERS: Final = 10_000
_SAME_TR_S: Final = 0.001  # a header's float32 and a sidecar's decimals differ by less
_TEXT = re.compile(r"\w[\w +.,()-]{0,79}", re.ASCII)
_DIRECTIONS: Final = ("i", "j", "k", "i-", "j-", "k-")


def _number(low: float, high: float) -> Callable[[Json], bool]:
    def fits(value: Json) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high

    return fits


def _numbers(low: float, high: float) -> Callable[[Json], bool]:
    fits = _number(low, high)
    return lambda value: isinstance(value, list) and 0 < len(value) <= _MAX_NUMBERS and all(map(fits, value))


def _is_direction(value: Json) -> bool:
    return value in _DIRECTIONS


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and bool(_TEXT.fullmatch(value))


# in seconds, tesla, degrees and millimetres, as the standard has them; ranges no scanner leaves
_FIELDS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "TaskName": _is_text,
    "RepetitionTime": _number(*TR_S),
    "EchoTime": lambda value: _number(0, 10)(value) or _numbers(0, 10)(value),  # a list where echoes are together
    "FlipAngle": _number(0, 360),
    "InversionTime": _number(0, 100),
    "MagneticFieldStrength": _number(0, 100),
    "PhaseEncodingDirection": _is_direction,
    "SliceEncodingDirection": _is_direction,
    "SliceTiming": _numbers(0, TR_S[1]),
    "SliceThickness": _number(0, 1000),
    "MultibandAccelerationFactor": _number(1, 100),
    "ParallelReductionFactorInPlane": _number(1, 100),
    "PartialFourier": _number(0, 1),
    "EffectiveEchoSpacing": _number(0, 1),
    "TotalReadoutTime": _number(0, 10),
    "DelayTime": _number(0, TR_S[1]),
    "NumberOfVolumesDiscardedByScanner": _number(0, 100_000),
}


@dataclass(frozen=True)
class Acquisition:
    """How an image was acquired, by its sidecar where that says so, else by its header and name.

    tr_s: seconds between volumes, None where unknown and for a 3D image.
    slice_times_s: when each slice is acquired within the TR, by its index along the slice axis.
    task: the label that the file's name has, as the sidecar spells it.
    phase_axis: the voxel axis (0, 1 or 2) of phase encoding.
    fields: what the sidecar of a derivative says of all this again.
    """

    tr_s: float | None
    slice_times_s: tuple[float, ...] | None
    task: str | None
    phase_axis: int | None
    fields: Mapping[str, Json]


def read_sidecar(raw: bytes | None, warned: Warned) -> Mapping[str, Json]:
    """The listed fields of a sidecar's bytes that have the kind and the range they must have; others are told.

    No sidecar gives none, and so does, with a warning, one that is no JSON object.
    """
    if raw is None:
        return {}
    try:
        content = json.loads(raw) if len(raw) <= SIDECAR_BYTES else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        warned.add("sidecar_unreadable")
        return {}
    known = {name: content[name] for name in _FIELDS if name in content}
    sound = {name: value for name, value in known.items() if _FIELDS[name](value)}
    for name in known:
        if name not in sound:
            warned.add("sidecar_field_unusable", field=name)
    return sound


def acquisition(header: Header, sidecar: Mapping[str, Json], entities: Entities, warned: Warned) -> Acquisition:
    """Header, sidecar and name together. The sidecar wins: it is written on purpose; a header's fields get lost."""
    if entities.suffix == "bold" and not header.is_run:
        warned.add("single_volume")
    tr_s = _tr_s(header, sidecar, warned)
    said = _slice_times_s(header, sidecar, tr_s, warned)
    times = header.slice_times_s if said is None else said
    direction = sidecar.get("PhaseEncodingDirection")
    phase_axis = "ijk".index(str(direction)[0]) if direction else header.phase_axis
    if header.phase_axis not in (None, phase_axis):
        warned.add("phase_axis_contradiction")
    task = _task(sidecar, entities, warned)
    merged: dict[str, Json] = {**sidecar, "TaskName": task, "SliceTiming": list(times) if times else None}
    if header.is_run:
        merged["RepetitionTime"] = tr_s
    if "SliceEncodingDirection" in sidecar:  # it says what the sidecar's times mean, which are by index now
        merged["SliceEncodingDirection"] = _slice_direction(sidecar)[0] if said else None
    fields = {name: merged[name] for name in _FIELDS if merged.get(name) is not None}
    return Acquisition(tr_s, times, task, phase_axis, fields)


def dataset_description() -> Mapping[str, Json]:
    """What every folder of BIDS derivatives has to say of itself."""
    return {
        "Name": "Scandrop derivatives",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "Scandrop", "Version": package_version()}],
    }


def write_json(path: Path, content: Mapping[str, Json]) -> None:
    """Raises ValueError for a number that is not finite: JSON has none."""
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def _task(sidecar: Mapping[str, Json], entities: Entities, warned: Warned) -> str | None:
    """Of the sidecar's free text no more than the name has: BIDS drops what is no letter or digit ("N Back", nback)."""
    label, said = entities.values.get("task"), sidecar.get("TaskName")
    if said is None:
        return label
    if label and _letters(str(said)) == _letters(label):
        return str(said)
    warned.add("task_not_of_name")
    return label


def _letters(text: str) -> str:
    return re.sub("[^0-9a-z]", "", text.lower())


def _tr_s(header: Header, sidecar: Mapping[str, Json], warned: Warned) -> float | None:
    if not header.is_run:
        return None
    said = sidecar.get("RepetitionTime")
    if not isinstance(said, int | float):
        if header.tr_s is None:
            warned.add("tr_unknown")
        return header.tr_s
    if header.tr_s is not None and abs(header.tr_s - said) > _SAME_TR_S:
        warned.add("tr_contradiction", header_s=f"{header.tr_s:g}", sidecar_s=f"{said:g}")
    return float(said)


def _slice_times_s(
    header: Header, sidecar: Mapping[str, Json], tr_s: float | None, warned: Warned
) -> tuple[float, ...] | None:
    """The sidecar's, by the index of the slice, so reversed where it lists the slices from the far end."""
    said = sidecar.get("SliceTiming")
    if not isinstance(said, list):
        return None
    direction = _slice_direction(sidecar)
    slices = header.shape["ijk".index(direction[0])]
    times = tuple(float(time) for time in said if isinstance(time, int | float))
    if len(times) != slices or max(times) >= (tr_s or math.inf):
        warned.add("slice_timing_unusable", times=len(times), slices=slices)
        return None
    return times[::-1] if direction.endswith("-") else times


def _slice_direction(sidecar: Mapping[str, Json]) -> str:
    return str(sidecar.get("SliceEncodingDirection", "k"))
