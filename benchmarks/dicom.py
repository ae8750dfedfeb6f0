"""How fast the dicom lane is, beside pydicom's plain pipeline and, for the header, beside other de-identifiers.

    python -m benchmarks.dicom [ROUNDS]

Real files of the pydicom-data wheel; for memory also large ones made here. Each variant runs in a process of its own,
the peers in environments of their own, one after the other in each round. Prints the tables of docs/benchmarks.md.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pydicom
from pydicom.pixels.utils import get_nr_frames

from benchmarks.dicom_large import large
from benchmarks.environments import CACHE, PEERS, ROOT, python_of

OWN: Final = Path(pydicom.__file__).parent / "data" / "test_files"
DATA: Final = OWN.parents[2] / "data_store" / "data"  # pydicom-data's
SCRIPT: Final = PEERS / "dicom_variant.py"


class Job(NamedTuple):
    """label; source; frames: `middle` or `each`; times: calls in a round; target_ms: what it may take, if anything."""

    label: str
    source: Path
    frames: str = "middle"
    times: int = 5
    target_ms: float | None = None


JOBS: Final = (
    Job("chest radiograph 1955 x 1841, uncompressed", DATA / "RG1_UNCR.dcm", target_ms=60),
    Job("the same, JPEG 2000 lossless", DATA / "RG1_J2KR.dcm", times=3, target_ms=300),
    Job("the same, JPEG 2000 lossy", DATA / "RG1_J2KI.dcm", times=3, target_ms=300),
    Job("CT slice 512 x 512, uncompressed", DATA / "693_UNCR.dcm", times=20),
    Job("CT slice 512 x 512, JPEG 2000", DATA / "693_J2KR.dcm", times=9),
    Job("ultrasound of 120 frames 640 x 480, JPEG, the middle one", DATA / "color3d_jpeg_baseline.dcm"),
    Job("the same, each frame", DATA / "color3d_jpeg_baseline.dcm", frames="each", times=1),
)
HEADERS: Final = (
    Job("CT slice, 81 elements", DATA / "693_UNCR.dcm", times=40, target_ms=3),
    Job("CT slice, 260 elements, 179 of them private", OWN / "CT_small.dcm", times=40, target_ms=3),
)
PEER_NAMES: Final = {"dicognito": "dicognito", "deid": "deid", "dicom_anonymizer": "dicom-anonymizer"}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    CACHE.mkdir(parents=True, exist_ok=True)
    for peer in PEER_NAMES:
        python_of(peer)
    print(f"{rounds} rounds, medians\n")
    whole(rounds)
    headers(rounds)
    memory()
    cold(rounds)


def whole(rounds: int) -> None:
    print("| all derivatives | ms | target | pydicom's plain pipeline, ms | Scandrop is |\n|---|---|---|---|---|")
    for job in JOBS:
        mine, other = medians(rounds, *(partial(here, job, variant) for variant in ("lane", "plain")))
        print(
            f"| {job.label} | {1e3 * mine:.0f} | {target(job)} | {1e3 * other:.0f} | {ratio(other / mine)} |",
            flush=True,
        )


def headers(rounds: int) -> None:
    print("\n| header, read to written | ms | target | Scandrop is |\n|---|---|---|---|")
    for job in HEADERS:
        variants = [partial(here, job, "header"), *(partial(there, job, peer) for peer in PEER_NAMES)]
        mine, *others = medians(rounds, *variants)
        print(f"| {job.label}: **Scandrop** | {1e3 * mine:.2f} | {target(job)} | |")
        for name, seconds in zip(PEER_NAMES.values(), others, strict=True):
            print(f"| {name} | {1e3 * seconds:.1f} | | {ratio(seconds / mine)} |", flush=True)


def memory() -> None:
    print(
        "\n| memory, without mapped files | decoded MB | Scandrop, MB | of decoded | plain, MB |\n|---|---|---|---|---|"
    )
    made = (Job(label, path) for label, path in large(CACHE).items())
    for job in (*JOBS, *made):
        decoded = decoded_bytes(job)
        mine, other = (here(job._replace(times=0), variant, peak=True) for variant in ("lane", "plain"))
        print(
            f"| {job.label} | {decoded / 1e6:.1f} | {mine / 1e6:.1f} | {mine / decoded:.2f} | {other / 1e6:.1f} |",
            flush=True,
        )


def decoded_bytes(job: Job) -> int:
    dataset = pydicom.dcmread(job.source, stop_before_pixels=True)
    pixel = dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    return int(dataset.Rows * dataset.Columns * pixel * (get_nr_frames(dataset) if job.frames == "each" else 1))


def cold(rounds: int) -> None:
    job = Job("", Path())
    (seconds,) = medians(2 * rounds + 1, partial(here, job, "cold"))
    print(
        f"\n| import before the first object | ms | target |\n|---|---|---|\n| Scandrop | {1e3 * seconds:.0f} | 300 |"
    )


def medians(rounds: int, *variants: Callable[[], float]) -> list[float]:
    found = [[variant() for variant in variants] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*found, strict=True)]


def here(job: Job, variant: str, *, peak: bool = False) -> float:
    return run(Path(sys.executable), variant, job, "peak" if peak else str(job.times))


def there(job: Job, peer: str) -> float:
    return run(python_of(peer), f"header_{peer}", job, str(job.times))


def run(python: Path, variant: str, job: Job, times: str) -> float:
    command = [str(python), str(SCRIPT), variant, times, str(job.source), job.frames]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(CACHE / "pycache")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    said: dict[str, Any] = json.loads(done.stdout)
    return float(next(iter(said.values())))


def target(job: Job) -> str:
    return f"{job.target_ms:g}" if job.target_ms else ""


def ratio(times: float) -> str:
    return f"{times:.1f} times as fast"


if __name__ == "__main__":
    main()
