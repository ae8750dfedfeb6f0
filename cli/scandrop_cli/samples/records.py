"""Patient records as a JSON array and as JSON Lines, one in ten faulty, with the rejects that must come of them."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from scandrop_cli.samples import Sample, Store
from scandrop_cli.samples.people import person
from scandrop_cli.wording import counted

type Record = dict[str, Any]
type Spoil = Callable[[Record], bytes]

SHARE = 0.1  # of the records that are faulty, and at least one
DIAGNOSES = ("normal", "glaucoma suspect", "glaucoma", "macular oedema", "diabetic retinopathy")
STRICT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["patient_id", "patient_name", "scan_date"],
    "properties": {
        "patient_id": {"type": "string"},
        "patient_name": {"type": "string"},
        "scan_date": {"type": "string", "format": "date"},
        "retina_thickness_microns": {"type": "number", "minimum": 50, "maximum": 900},
        "diagnosis": {"enum": list(DIAGNOSES)},
    },
}

_KIND = 4


@dataclass(frozen=True)
class Fault:
    """One way in which a record is wrong.

    spoil: the text of a good record with the fault; reason, path: as the lane tells it, or empty where it does not see
    it; is_strict: whether only `STRICT_SCHEMA` makes it see it; breaks_array: whether an array breaks with it.
    """

    name: str
    spoil: Spoil
    reason: str = ""
    path: str = ""
    is_strict: bool = False
    breaks_array: bool = False


def _text(record: object) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def _with(**changes: object) -> Spoil:
    return lambda record: _text({**record, **changes})


def _without(name: str) -> Spoil:
    return lambda record: _text({key: value for key, value in record.items() if key != name})


def _with_name(name: bytes) -> Spoil:
    """The name as these very bytes between the quotes."""
    return lambda record: _text({**record, "patient_name": "@"}).replace(b"@", name)


FAULTS = (
    Fault("no identifier", _without("patient_id"), "required", "/patient_id"),
    Fault("no name", _without("patient_name"), "required", "/patient_name"),
    Fault("the identifier is a number", _with(patient_id=17), "type", "/patient_id"),
    Fault("the name is null", _with(patient_name=None), "type", "/patient_name"),
    Fault("no object but a text", lambda record: _text(record["patient_id"]), "not_an_object"),
    Fault("half a character", _with_name(rb"Ana \ud800"), "lone_surrogate"),
    Fault("Latin-1 instead of UTF-8", _with_name("Zoë".encode("latin-1")), "not_utf8"),
    Fault("NaN", _with(retina_thickness_microns=float("nan")), "not_finite"),
    Fault("cut off", lambda record: _text(record)[:-12], "invalid_json", breaks_array=True),
    Fault("two in one line", lambda record: _text(record) + _text(record), "invalid_json", breaks_array=True),
    Fault("no such day", _with(scan_date="2025-02-30"), "format", "/scan_date", is_strict=True),
    Fault(
        "a thickness below 0",
        _with(retina_thickness_microns=-280),
        "minimum",
        "/retina_thickness_microns",
        is_strict=True,
    ),
    Fault("no known diagnosis", _with(diagnosis="n/a"), "enum", "/diagnosis", is_strict=True),
    Fault("the first record's identifier", _with(patient_id="P-000001")),
)


@dataclass(frozen=True)
class Place:
    """Where a fault is; counted from 1."""

    record: int
    line: int
    fault: Fault

    def reject(self) -> dict[str, Any]:
        """The line of ``rejects.jsonl``."""
        return {"record": self.record, "line": self.line, "path": self.fault.path, "reason": self.fault.reason}


def make(store: Store, seed: int, count: int) -> Iterator[Sample]:
    store.truth("strict-schema.json", "").write_text(json.dumps(STRICT_SCHEMA, indent=2) + "\n")
    for number, (name, is_lines) in enumerate({"patients.json": False, "patients.jsonl": True}.items()):
        rng = np.random.default_rng([seed, _KIND, number])
        rows, faults = _rows(rng, count, [fault for fault in FAULTS if is_lines or not fault.breaks_array])
        places = [Place(at + 1, at + (1 if is_lines else 2), fault) for at, fault in faults.items()]
        text = b"\n".join(rows) if is_lines else b"[\n" + b",\n".join(rows) + b"\n]"
        store.drop(name).write_bytes(text + b"\n")
        facts = _facts(store, name, seed, count, places)
        refused = f"the lane rejects {facts['rejected']}, a strict schema {facts['rejected_strictly']}"
        yield store.keep(name, facts, f"{counted(count, 'record')}; {refused}")


def _rows(rng: np.random.Generator, count: int, faults: list[Fault]) -> tuple[list[bytes], dict[int, Fault]]:
    """The records' texts, and which of them have which fault; the first is good, and each fault comes in its turn."""
    faulty = np.sort(1 + rng.permutation(count - 1)[: max(1, round(SHARE * count))])
    chosen = {int(at): faults[turn % len(faults)] for turn, at in enumerate(faulty)}
    rows = []
    for at in range(count):
        record = _record(rng, at + 1)
        rows.append(chosen[at].spoil(record) if at in chosen else _text(record))
    return rows, chosen


def _record(rng: np.random.Generator, number: int) -> Record:
    return {
        "patient_id": f"P-{number:06}",
        "patient_name": str(person(rng)),
        "scan_date": str(date(2024, 1, 1) + timedelta(int(rng.integers(700)))),
        "retina_thickness_microns": int(rng.normal(285, 30)),
        "optic_disc_cup_ratio": round(float(rng.beta(4, 5)), 2),
        "diagnosis": str(rng.choice(DIAGNOSES, p=[0.6, 0.15, 0.1, 0.08, 0.07])),
    }


def _facts(store: Store, name: str, seed: int, count: int, places: list[Place]) -> dict[str, Any]:
    seen = [place for place in places if place.fault.reason and not place.fault.is_strict]
    strictly = [place for place in places if place.fault.reason]
    for file, rejects in {"rejects.jsonl": seen, "rejects-strict.jsonl": strictly}.items():
        store.truth(name, file).write_text("".join(json.dumps(place.reject()) + "\n" for place in rejects))
    return {
        "seed": seed,
        "records": count,
        "rejected": len(seen),
        "reasons": _reasons(seen),
        "rejected_strictly": len(strictly),
        "reasons_strictly": _reasons(strictly),
        "faults": [{"record": place.record, "line": place.line, "fault": place.fault.name} for place in places],
    }


def _reasons(places: list[Place]) -> dict[str, int]:
    return dict(sorted(Counter(place.fault.reason for place in places).items()))
