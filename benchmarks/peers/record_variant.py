"""One way to take two fields out of a large file of records, in a process of its own: `record.py` runs it.

    python record_variant.py VARIANT SOURCE TARGET

Prints the seconds of processor time that the work took, imports left out, and the peak memory of the process as JSON.
"""

import json
import mmap
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any, BinaryIO

NAMES = ("patient_id", "patient_name")
SCHEMA = {"type": "object", "required": list(NAMES), "properties": {name: {"type": "string"} for name in NAMES}}

type Job = Callable[[Path, Path], None]


def scandrop(**extra: int) -> Job:
    """The lane with its own schema, and with what is added to that here."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lambda_src"))
    from scandrop.processors import Source, record
    from scandrop.processors.record import _reader  # noqa: F401  # otherwise imported in the job

    settings = record.Settings(schema={**record.Settings().schema, **extra})

    def job(source: Path, target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            result = record.process(Source(source, source.name), settings, Path(work))
            result.derivatives[0].path.replace(target)

    return job


def record_by_record(records: Callable[[BinaryIO], Iterable[dict[str, Any]]], *, validated: bool) -> Job:
    """A job that picks the fields of each record and writes them, many at once, with the fastest encoder here."""
    import jsonschema_rs
    import msgspec

    encode = msgspec.json.Encoder().encode
    is_valid = jsonschema_rs.validator_for(SCHEMA).is_valid

    def rows(file: BinaryIO) -> Iterator[dict[str, Any]]:
        for record in records(file):
            if not validated or is_valid(record):
                yield {"patient_id": record["patient_id"], "patient_name": record["patient_name"]}

    def job(source: Path, target: Path) -> None:
        with source.open("rb") as file, target.open("wb") as output:
            output.write(b"[")
            for number, some in enumerate(batched(rows(file), 4096)):
                output.write((b"," if number else b"") + encode(some)[1:-1])
            output.write(b"]")

    return job


def ijson_array(*, validated: bool) -> Job:
    import ijson.backends.yajl2_c as ijson

    return record_by_record(lambda file: ijson.items(file, "item", use_float=True), validated=validated)


def json_stream_array(*, validated: bool) -> Job:
    import json_stream
    from json_stream_rs_tokenizer import RustTokenizer

    def records(file: BinaryIO) -> Iterator[dict[str, Any]]:
        for record in json_stream.load(file, tokenizer=RustTokenizer):
            yield json_stream.to_standard_types(record)

    return record_by_record(records, validated=validated)


def fastsimdjson(form: str, *, validated: bool) -> Job:
    import fastsimdjson as simdjson

    def records(file: BinaryIO) -> Iterator[dict[str, Any]]:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text, memoryview(text) as view:
            for patient_id, patient_name in simdjson.loads_many(view, format=form, fields=[f"/{n}" for n in NAMES]):
                yield {"patient_id": patient_id, "patient_name": patient_name}

    return record_by_record(records, validated=validated)


def msgspec_lines(*, validated: bool) -> Job:
    import msgspec

    decode = msgspec.json.Decoder(dict[str, Any]).decode
    return record_by_record(lambda file: map(decode, file), validated=validated)


def msgspec_struct_lines() -> Job:
    """Its own types check what the schema asks, and only the wanted fields are decoded."""
    import msgspec

    row = msgspec.defstruct("Row", [(name, str) for name in NAMES], gc=False)
    decode, encode = msgspec.json.Decoder(row).decode, msgspec.json.Encoder().encode

    def job(source: Path, target: Path) -> None:
        with source.open("rb") as file, target.open("wb") as output:
            output.write(b"[")
            for number, some in enumerate(batched(map(decode, file), 4096)):
                output.write((b"," if number else b"") + encode(some)[1:-1])
            output.write(b"]")

    return job


def duckdb_engine(form: str) -> Job:
    import duckdb

    columns = ", ".join(f"{name}: 'VARCHAR'" for name in NAMES)

    def job(source: Path, target: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute("SET memory_limit = '512MB'")
            connection.execute(
                f"COPY (SELECT * FROM read_json('{source}', format = '{form}', columns = {{{columns}}})) "  # noqa: S608
                f"TO '{target}' (FORMAT json, ARRAY true)"
            )

    return job


def polars_lines() -> Job:
    """Writes JSON Lines, the one JSON that it streams."""
    import polars as pl

    def job(source: Path, target: Path) -> None:
        pl.scan_ndjson(source, schema=dict.fromkeys(NAMES, pl.String)).sink_ndjson(target)

    return job


def validate(validator: str) -> Job:
    """Checks the records of a file of JSON Lines one by one, decoded beforehand."""
    import msgspec

    if validator == "jsonschema_rs":
        import jsonschema_rs

        check = jsonschema_rs.validator_for(SCHEMA).validate
    else:
        import fastjsonschema

        check = fastjsonschema.compile(SCHEMA)
    records = msgspec.json.Decoder(dict[str, Any]).decode_lines(Path(sys.argv[2]).read_bytes())

    def job(_source: Path, target: Path) -> None:
        for record in records:
            check(record)
        target.touch()

    return job


VARIANTS: dict[str, Callable[[], Job]] = {
    "scandrop": scandrop,
    "scandrop_whole": lambda: scandrop(minProperties=2),
    "ijson": lambda: ijson_array(validated=False),
    "ijson_validated": lambda: ijson_array(validated=True),
    "json_stream": lambda: json_stream_array(validated=False),
    "json_stream_validated": lambda: json_stream_array(validated=True),
    "fastsimdjson_array": lambda: fastsimdjson("array", validated=False),
    "fastsimdjson_array_validated": lambda: fastsimdjson("array", validated=True),
    "fastsimdjson_lines": lambda: fastsimdjson("lines", validated=False),
    "fastsimdjson_lines_validated": lambda: fastsimdjson("lines", validated=True),
    "msgspec_lines": lambda: msgspec_lines(validated=False),
    "msgspec_lines_validated": lambda: msgspec_lines(validated=True),
    "msgspec_struct_lines": msgspec_struct_lines,
    "duckdb_array": lambda: duckdb_engine("array"),
    "duckdb_lines": lambda: duckdb_engine("newline_delimited"),
    "polars_lines": polars_lines,
    "validate_jsonschema_rs": lambda: validate("jsonschema_rs"),
    "validate_fastjsonschema": lambda: validate("fastjsonschema"),
}


def main() -> None:
    variant, source, target = sys.argv[1:]
    job = VARIANTS[variant]()
    started = time.process_time()
    job(Path(source), Path(target))
    seconds = time.process_time() - started
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes}))


if __name__ == "__main__":
    main()
