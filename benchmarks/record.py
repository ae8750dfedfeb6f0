"""How fast the record lane is beside public parsers that stream, at the same job: two fields of each record.

    python benchmarks/record.py [ROUNDS [MEGABYTES]]

Each variant runs in a process of its own on one core, the peers in environments of their own; one round runs each
once. Times are of the processor, so that what else the machine does counts little. Afterwards Scandrop alone reads
1 GB with the memory of its lane. Prints the tables of docs/benchmarks.md.
"""

import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
CACHE = ROOT / "build" / "bench"
LANE_BYTES = 512 * 2**20

type Variant = tuple[str, str, str]  # what it is called, the environment it runs in, its name in record_variant.py

ARRAY: list[Variant] = [
    ("**Scandrop**, validated", "here", "scandrop"),
    ("Scandrop, a schema of whole records", "here", "scandrop_whole"),
    ("fastsimdjson, `fields`", "json_parsers", "fastsimdjson_array"),
    ("fastsimdjson, `fields`, validated", "json_parsers", "fastsimdjson_array_validated"),
    ("ijson, yajl2_c", "json_parsers", "ijson"),
    ("ijson, yajl2_c, validated", "json_parsers", "ijson_validated"),
    ("json-stream, Rust tokenizer", "json_parsers", "json_stream"),
    ("json-stream, Rust tokenizer, validated", "json_parsers", "json_stream_validated"),
    ("DuckDB, an engine", "json_engines", "duckdb_array"),
]
LINES: list[Variant] = [
    ("**Scandrop**, validated", "here", "scandrop"),
    ("Scandrop, a schema of whole records", "here", "scandrop_whole"),
    ("fastsimdjson, `fields`", "json_parsers", "fastsimdjson_lines"),
    ("fastsimdjson, `fields`, validated", "json_parsers", "fastsimdjson_lines_validated"),
    ("msgspec by line", "json_parsers", "msgspec_lines"),
    ("msgspec by line, validated", "json_parsers", "msgspec_lines_validated"),
    ("msgspec by line, typed fields", "json_parsers", "msgspec_struct_lines"),
    ("DuckDB, an engine", "json_engines", "duckdb_lines"),
    ("Polars, an engine", "json_engines", "polars_lines"),
]
VALIDATORS: list[Variant] = [
    ("jsonschema-rs", "json_parsers", "validate_jsonschema_rs"),
    ("fastjsonschema", "json_parsers", "validate_fastjsonschema"),
]


@dataclass
class Figures:
    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    digest: str = ""


def main() -> None:
    rounds, megabytes = (int(argument) for argument in [*sys.argv[1:], "3", "200"][:2])
    for environment in ("json_parsers", "json_engines"):
        install(environment)
    for form, variants in (("array", ARRAY), ("lines", LINES)):
        source = sample(form, megabytes)
        table(form, variants, measured(variants, source, rounds), source.stat().st_size)
        source.unlink()
    source = sample("lines", 50)
    print("\n| validator | microseconds a record |\n|---|---|")
    for (label, _, _), figures in zip(VALIDATORS, measured(VALIDATORS, source, rounds).values(), strict=True):
        with source.open("rb") as file:
            records = sum(1 for _ in file)
        print(f"| {label} | {1e6 * statistics.median(figures.seconds) / records:.2f} |")
    source.unlink()
    print("\n| Scandrop alone | MB | MB/s | peak MB |\n|---|---|---|---|")
    for form in ("array", "lines"):
        source = sample(form, 1000)
        figures = measured(ARRAY[:1], source, 1, memory_bytes=LANE_BYTES)["scandrop"]
        size = source.stat().st_size / 1e6
        print(f"| {form} | {size:.0f} | {size / figures.seconds[0]:.0f} | {figures.peak_bytes / 1e6:.0f} |")
        source.unlink()


def install(environment: str) -> None:
    python = CACHE / environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / environment)], check=True)
        requirements = PEERS / f"{environment}.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", requirements], check=True)


def sample(form: str, megabytes: int) -> Path:
    """Records like those of an eye clinic's export, the same ones each time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"patients.{form}"
    opening, between, closing = ("[", ",", "]") if form == "array" else ("", "\n", "\n")
    block = between.join(map(patient, range(20_000)))
    with path.open("w", encoding="utf-8") as file:
        file.write(opening + block)
        for _ in range(max(0, megabytes * 1_000_000 // len(block) - 1)):
            file.write(between + block)
        file.write(closing)
    return path


def patient(number: int) -> str:
    luck = random.Random(number)  # noqa: S311  # the same records each time
    record = {
        "patient_id": f"A{number:05}",
        "patient_name": f"{luck.choice(['Ikerian', 'Müller', 'Da Silva', 'Ōta'])} {luck.choice('ABCDEFGH')}",
        "scan_date": f"2025-{luck.randint(1, 12):02}-{luck.randint(1, 28):02}",
        "retina_thickness_microns": luck.randint(200, 400),
        "optic_disc_cup_ratio": round(luck.random(), 2),
        "diagnosis": luck.choice(["normal", "glaucoma suspect", 'retinopathy, "mild"', "macular degeneration {dry}"]),
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def measured(
    variants: Iterable[Variant], source: Path, rounds: int, memory_bytes: int | None = None
) -> dict[str, Figures]:
    results = {name: Figures() for _, _, name in variants}
    target = CACHE / "patients.out"
    for _ in range(rounds):
        for _, environment, name in variants:
            python = sys.executable if environment == "here" else str(CACHE / environment / "bin" / "python")
            command = [python, str(PEERS / "record_variant.py"), name, str(source), str(target)]
            said = json.loads(run(command, memory_bytes))
            figures = results[name]
            figures.seconds.append(said["seconds"])
            figures.peak_bytes = max(figures.peak_bytes, said["peak_bytes"])
            figures.digest = digest(target)
            target.unlink()
    return results


def digest(path: Path) -> str:
    """A digest of the records in a file, however they are laid out in it."""
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while some := file.read(1 << 20):
            hashed.update(some.translate(None, b" \t\r\n[],"))
    return hashed.hexdigest()


def table(form: str, variants: Iterable[Variant], results: dict[str, Figures], size_bytes: int) -> None:
    ours = results["scandrop"]
    pace = statistics.median(ours.seconds)
    print(
        f"\n| {form}, {size_bytes / 1e6:.0f} MB | MB/s | Scandrop is | peak MB | same records |\n|---|---|---|---|---|"
    )
    for label, _, name in variants:
        figures = results[name]
        seconds = statistics.median(figures.seconds)
        times = "" if figures is ours else f"{seconds / pace:.2f} times as fast"
        same = "yes" if figures.digest == ours.digest else "no"
        print(
            f"| {label} | {size_bytes / 1e6 / seconds:.0f} | {times} | {figures.peak_bytes / 1e6:.0f} "
            f"| {'' if figures is ours else same} |"
        )


def run(command: list[str], memory_bytes: int | None) -> str:
    def confine() -> None:
        os.sched_setaffinity(0, {0})
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))

    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=confine)
    return done.stdout


if __name__ == "__main__":
    main()
