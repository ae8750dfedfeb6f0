"""Facts for people: the ledger's names as words, its numbers with the units that the names end in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from scandrop.processors import Json
from scandrop.sop_classes import sop_class_said
from scandrop_cli.tables import size

TIMES = "\N{MULTIPLICATION SIGN}"

_LENGTHS = {"fd_mean", "fd_max", "rmsd_mean"}  # in mm, which their names do not say
_UNITS = {"_mm": "mm", "_s": "s", "_ml": "ml", "_ms": "ms", "_mb": "MB", "_percent": "%", "_usd": "USD"}
_WHOLE_NAMES = {
    "burned_in_risk": "Risk of burned-in text",
    "etag": "ETag",
    "instance_number": "Instance",
    "patient_id": "Patient ID, a pseudonym",
    "recognisable": "Face may be recognisable",
    "series_number": "Series",
    "shape": "Matrix",
    "size_bytes": "Size",
    "tr_s": "Repetition time",
}
_AS_WRITTEN = {
    "fd": "FD",
    "dvars": "DVARS",
    "tsnr": "tSNR",
    "uid": "UID",
    "sop": "SOP",
    "snr": "SNR",
    "sd": "SD",
    "id": "ID",
    "sha256": "SHA-256",
}
_LONG = 1e15
_SIDES = {"shape", "spacing_mm", "voxel_mm"}  # lists of lengths along axes


def facts_of(values: Mapping[str, Any], names: Iterable[str], meanings: Mapping[str, str] | None = None) -> list[Json]:
    """Of these names, in their order, those that say something: name and value in words, and the meaning if known."""
    told = (name for name in names if values.get(name) not in (None, "", [], {}))
    return [[label(name), said(name, values[name]), *_meaning(name, meanings)] for name in told]


def label(name: str) -> str:
    """``half_size_bytes`` as "Half size", ``fd_mean`` as "FD mean"."""
    if name in _WHOLE_NAMES:
        return _WHOLE_NAMES[name]
    for ending in (*_UNITS, "_bytes", "_num", "_at"):
        name = name.removesuffix(ending)
    first, *others = name.split("_")
    return " ".join([_AS_WRITTEN.get(first, first.capitalize()), *(_AS_WRITTEN.get(word, word) for word in others)])


def said(name: str, value: object) -> str:
    """A value with its unit, in as few digits as people read."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _amount(name, value)
        case list() if name in _SIDES:
            return _with_unit(name, f" {TIMES} ".join(map(number, value)))
        case list():
            return ", ".join(said(name, one) for one in value)
        case dict():
            return ", ".join(f"{one.replace('_', ' ')} {said(one, part)}" for one, part in value.items())
    return _word(name, str(value))


def number(value: float) -> str:
    """A whole number as it is, else four digits."""
    if isinstance(value, int) or value.is_integer():
        return f"{value:,.0f}" if abs(value) < _LONG else f"{value:.4g}"
    return f"{value:,.0f}" if 1000 <= abs(value) < _LONG else f"{value:.4g}"


def moment(iso: str) -> str:
    """A time of the ledger to the second, in UTC."""
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M:%S} UTC"


def _word(name: str, value: str) -> str:
    if name == "sop_class":
        return sop_class_said(value)
    return moment(value) if name.endswith("_at") else value


def _meaning(name: str, meanings: Mapping[str, str] | None) -> list[str]:
    return [meanings[name]] if meanings and name in meanings else []


def _amount(name: str, value: float) -> str:
    if name.endswith("_bytes"):
        return f"{size(int(value))} ({value:,} bytes)" if value >= 1000 else f"{value} bytes"
    return _with_unit(name, number(value))


def _with_unit(name: str, text: str) -> str:
    stated = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
    unit = "mm" if name in _LENGTHS else stated
    return f"{text} {unit}".rstrip()
