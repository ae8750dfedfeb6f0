"""What a record must be and which of its fields go through: the environment's JSON Schema, compiled.

Most schemas say something of a record's own fields one by one. Of such a record only the fields that are wanted or
checked are decoded, and each field of a whole chunk is checked in one call. Any other schema sees whole records.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, cast

import jsonschema_rs
import msgspec
from msgspec import UNSET, UnsetType

from scandrop.processors import Json
from scandrop.processors.record._identifiers import Identifiers, NotAnIdentifierError
from scandrop.processors.record._outcome import Fault
from scandrop.processors.record._text import NotFiniteError, find_break

type Schema = Mapping[str, Json]
type Rows = Sequence[Any]

ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "title", "description", "default", "examples"})
FIELDWISE = ANNOTATIONS | {"type", "properties", "required"}

_encoder = msgspec.json.Encoder()
_any = msgspec.json.Decoder()


class BrokenJsonError(Exception):
    """A record that is no JSON at all, from `position` on."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"broken at byte {position}")


def compile_schema(schema: Schema) -> jsonschema_rs.Validator:
    """Raises ValueError with a sentence where the schema is wrong or asks for anything outside itself."""
    try:
        return jsonschema_rs.validator_for(
            cast("dict[str, Any]", schema),
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(),  # linear in the text, so no input can stall a pattern
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(f"schema is no JSON Schema that can be used here: {str(error).splitlines()[0]}") from None


class Rules:
    """Takes records in bulk where all of them are good, and says of a single one what is wrong with it."""

    def __init__(self, fields: Sequence[str], schema: Schema, identifiers: Identifiers) -> None:
        self._fields = fields
        self._identifiers = identifiers
        self._validator = compile_schema(schema)
        self._names = frozenset([*_property_names(schema), *identifiers.fields])
        read = _fieldwise if _is_fieldwise(schema) else _whole
        row, self._extract = read(fields, schema, identifiers)
        self._decode = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]  # made at run time

    def array(self, elements: bytes) -> tuple[int, bytes] | None:
        """The number of records in the inside of an array and their fields as the inside of one, if all are valid."""
        try:
            if not elements.isascii():
                elements.decode()  # the decoder does not look into what it skips
            rows = self._decode(b"".join((b"[", elements, b"]")))
            kept = self._extract(rows)
            return None if kept is None else (len(rows), _encoder.encode(kept)[1:-1])
        except (ValueError, RecursionError):  # as msgspec's, the validator's and our own errors are
            return None

    def lines(self, text: bytes) -> tuple[int, bytes] | None:
        """The same for JSON Lines without the last newline."""
        elements = text.replace(b"\n", b",\n")
        lines = len(elements) - len(text) + 1  # three times as fast as counting the newlines
        taken = self.array(elements)
        # As many records as lines: neither a line with two of them passes nor two lines that make one together, but
        # where the one kind makes up for the other.
        return taken if taken and taken[0] == lines else None

    def judge(self, text: bytes) -> bytes | Fault:  # noqa: PLR0911  # one line for each way to be refused
        """The fields of one record as JSON, or why it is refused. Raises `BrokenJsonError`."""
        try:
            record = _any.decode(text)
            if not isinstance(record, dict):
                return Fault("not_an_object")
            self._validator.validate(record)
            return _encoder.encode(_pick(self._fields, record, self._identifiers))
        except NotAnIdentifierError as error:
            return Fault("not_an_identifier", f"/{self._spell(error.name)}")
        except jsonschema_rs.ValidationError as error:
            return self._fault(error)
        except UnicodeDecodeError:
            return Fault("not_utf8")
        except msgspec.ValidationError:
            return Fault("number_out_of_range")
        except msgspec.DecodeError:
            return _outside_grammar(text)
        except (ValueError, RecursionError):  # the validator says it with a ValueError
            return Fault("too_deep")

    def _fault(self, error: jsonschema_rs.ValidationError) -> Fault:
        path = list(error.instance_path)
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
            path.append(error.kind.property)
        return Fault(error.kind.name, "".join(f"/{self._spell(step)}" for step in path))

    def _spell(self, step: str | int) -> str:
        """A step of a JSON Pointer; a name that the schema does not have comes from the data and stays unsaid."""
        if isinstance(step, int):
            return str(step)
        return step.replace("~", "~0").replace("/", "~1") if step in self._names else "*"


def _outside_grammar(text: bytes) -> Fault:
    try:
        position = find_break(text)
    except NotFiniteError:
        return Fault("not_finite")
    except UnicodeDecodeError:
        return Fault("not_utf8")
    except RecursionError:
        return Fault("too_deep")
    if position is None:
        return Fault("lone_surrogate")
    raise BrokenJsonError(position)


def _pick(fields: Sequence[str], record: Mapping[str, Any], identifiers: Identifiers) -> dict[str, Any]:
    picked = {name: record[name] for name in fields if name in record}
    for name in identifiers.fields:
        if name in picked:
            picked[name] = identifiers.replace(name, picked[name])
    return picked


def _property_names(schema: Json) -> Iterable[str]:
    if isinstance(schema, Mapping):
        yield from schema
        for value in schema.values():
            yield from _property_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from [value] if isinstance(value, str) else _property_names(value)


def _is_fieldwise(schema: Schema) -> bool:
    """Whether the schema needs an object and says something only of its own fields, each by itself."""
    inside = json.dumps(schema.get("properties", {}))
    return schema.get("type") == "object" and FIELDWISE.issuperset(schema) and '"$' not in inside


def _fieldwise(
    fields: Sequence[str], schema: Schema, identifiers: Identifiers
) -> tuple[Any, Callable[[Rows], Rows | None]]:
    """A row type with the fields that are wanted or checked, and a function that checks and strips its rows."""
    rules = cast("Mapping[str, Json]", schema.get("properties", {}))
    required = cast("Sequence[str]", schema.get("required", []))
    names = {name: f"field_{number}" for number, name in enumerate(dict.fromkeys([*fields, *rules, *required]))}
    plain = {name for name, rule in rules.items() if rule == {"type": "string"}}  # the decoder itself checks these

    def define(name: str) -> tuple[Any, ...]:
        kind = str if name in plain else Any
        return (names[name], kind) if name in required else (names[name], kind | UnsetType, UNSET)

    # A row holds no cycles, so the garbage collector need not track it.
    row = msgspec.defstruct(
        "Row", [define(name) for name in names], rename={v: k for k, v in names.items()}, kw_only=True, gc=False
    )
    draft = {"$schema": schema["$schema"]} if "$schema" in schema else {}
    checks = {
        attrgetter(names[name]): compile_schema({**draft, "type": "array", "items": rule})
        for name, rule in rules.items()
        if name not in plain
    }
    unwanted = [names[name] for name in names if name not in fields]

    def extract(rows: Rows) -> Rows | None:
        for value_of, check in checks.items():
            if not check.is_valid([value for value in map(value_of, rows) if value is not UNSET]):
                return None
        for attribute in unwanted:
            for row in rows:
                setattr(row, attribute, UNSET)  # which the encoder leaves out
        for name in identifiers.fields:
            for row in rows:
                if (value := getattr(row, names[name])) is not UNSET:
                    setattr(row, names[name], identifiers.replace(name, value))
        return rows

    return row, extract


def _whole(
    fields: Sequence[str], schema: Schema, identifiers: Identifiers
) -> tuple[Any, Callable[[Rows], Rows | None]]:
    """A row type with all that a record has, and a function that checks and strips its rows."""
    is_valid = compile_schema(schema).is_valid

    def extract(rows: Rows) -> Rows | None:
        return [_pick(fields, row, identifiers) for row in rows] if all(map(is_valid, rows)) else None

    return dict[str, Any], extract
