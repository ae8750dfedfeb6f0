"""The record lane: a JSON array, one object or JSON Lines in, the wanted fields of each valid record out.

Records are read in chunks at constant memory, so a file of any size passes. Those that are refused are listed by
their place and a reason; neither their values nor names that the schema does not have are written anywhere.

    __init__    the contract: Settings, sniff, process; needs no layer until a setting is checked
    _reader     one pass over the file: its form, its chunks, what breaks all of it
    _rules      the schema, and the decoding of what it and the wanted fields need
    _text       where records begin and end
    _identifiers  pseudonyms for the fields that an environment wants none of in clear
    _outcome    what is kept, what is refused, and the counts

``docs/lanes/record.md`` says what comes out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from scandrop.errors import Failed, Rejected
from scandrop.processors import Derivative, Json, Result, Source
from scandrop.processors.record._identifiers import Identifiers
from scandrop.pseudonyms import Pseudonyms

_JSON_BEGINS = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*(?:\[[ \t\r\n]*[\]{]|\{[ \t\r\n]*["}])')


def _default_schema() -> Mapping[str, Json]:
    return {
        "type": "object",
        "required": ["patient_id", "patient_name"],
        "properties": {"patient_id": {"type": "string"}, "patient_name": {"type": "string"}},
    }


@dataclass(frozen=True)
class Settings:
    """What the record lane extracts and what it asks of a record.

    fields: the names of the fields that go through, in the order in which they are written.
    pseudonymised_fields: those of them whose values go through as pseudonyms, texts and whole numbers only.
    schema: the JSON Schema (draft 4 to 2020-12) of one record; it may refer only to itself.
    max_record_bytes: the longest record that is taken; the memory needed grows with it.
    max_rejects: a file with more refused records than this is rejected as a whole.
    """

    fields: Sequence[str] = ("patient_id", "patient_name")
    pseudonymised_fields: Sequence[str] = ()
    schema: Mapping[str, Json] = field(default_factory=_default_schema)
    max_record_bytes: int = 4 * 2**20
    max_rejects: int = 1_000_000

    def __post_init__(self) -> None:
        if not (self.fields and _are_names(self.fields)):
            raise ValueError("fields must be a list of one or more different names")
        if not (_are_names(self.pseudonymised_fields) and set(self.pseudonymised_fields) <= set(self.fields)):
            raise ValueError("pseudonymised_fields must be a list of different names, each of them among fields")
        for name, low, high in (("max_record_bytes", 2**20, 64 * 2**20), ("max_rejects", 0, 10_000_000)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high}")
        if not isinstance(self.schema, Mapping):
            raise ValueError("schema must be a JSON object")  # noqa: TRY004  # the contract of Settings
        from scandrop.processors.record._rules import compile_schema  # noqa: PLC0415  # needs the lane's layer

        compile_schema(self.schema)


def _are_names(names: object) -> bool:
    """Whether it is a list of different names; it may be empty."""
    return (
        isinstance(names, list | tuple)
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names)
    )


def sniff(head: bytes) -> str | None:
    return "JSON" if _JSON_BEGINS.match(head) else None


def process(source: Source, settings: Settings, work: Path) -> Result:
    """Raises `Failed` where fields are to be pseudonymised and the environment's key is missing."""
    from scandrop.processors.record._outcome import Outcome  # noqa: PLC0415
    from scandrop.processors.record._reader import Reader  # noqa: PLC0415  # needs the lane's layer
    from scandrop.processors.record._rules import Rules  # noqa: PLC0415

    if not source.path.stat().st_size:
        raise Rejected("empty")
    patients, rejects = work / "patients.json", work / "rejects.jsonl"
    pseudonyms = _pseudonyms(source, settings)
    identifiers = Identifiers(settings.pseudonymised_fields, pseudonyms.patient_id if pseudonyms else str)
    rules = Rules(settings.fields, settings.schema, identifiers)
    with (
        source.path.open("rb") as file,
        mmap(file.fileno(), 0, access=ACCESS_READ) as text,
        patients.open("wb") as kept,
        rejects.open("wb") as refused,
    ):
        outcome = Outcome(kept, refused, settings.max_rejects)
        kept.write(b"[")
        form = Reader(text, rules, outcome, settings.max_record_bytes).read()
        kept.write(b"]")
    if outcome.first_refused and not outcome.extracted:
        line, fault = outcome.first_refused
        raise Rejected("no_valid_records", records=outcome.records, line=line, fault=str(fault))
    return Result(
        derivatives=[
            Derivative(patients.name, patients, "application/json", {"records": outcome.extracted}),
            Derivative(rejects.name, rejects, "application/x-ndjson", {"records": outcome.rejected}),
        ],
        metadata={
            "form": form,
            "records": outcome.records,
            "extracted": outcome.extracted,
            "rejected": outcome.rejected,
            "reasons": dict(sorted(outcome.reasons.items())),
            **({"key_fingerprint": pseudonyms.fingerprint} if pseudonyms else {}),
        },
    )


def _pseudonyms(source: Source, settings: Settings) -> Pseudonyms | None:
    """Those of the environment, where any field is to have them."""
    if not settings.pseudonymised_fields:
        return None
    if source.pseudonym_key is None:
        raise Failed("no_pseudonym_key")
    return Pseudonyms(source.pseudonym_key)
