"""Files for each lane: photographs and DICOM objects out of wheels, a page of patient records, a phantom's fMRI run."""

import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from scandrop.lanes import lane_of
from scandrop_cli import tables, terminal
from scandrop_cli.environment import Environment
from scandrop_cli.files import LocalFile, collect
from scandrop_cli.local import Rules, process_files
from scandrop_cli.records import Question, Record, recent
from scandrop_cli.samples import phantom
from scandrop_cli.settling import settle

PHOTOGRAPHS = (
    "retina.jpg",  # a fundus photograph of 1411 x 1411
    "astronaut.png",
    "multipage.tif",
    "no_time_for_that_tiny.gif",  # animated
)
RADIOGRAPH = "RG1_UNCR.dcm"  # a chest, 1955 x 1841, as pydicom-data has it
SLICES = {"CT_small.dcm": "ct-slice.dcm", "MR_small.dcm": "mr-without-suffix"}  # as pydicom itself has them
_POLL_S = 1.0
_AGAIN_S = 60.0  # a new bucket's first events are lost, so that a sample of which nobody knows is dropped once more
RUN = "sub-01_task-fingertapping_bold"
RECORDS = [
    {
        "patient_id": "A12345",
        "patient_name": "Ikerian A",
        "scan_date": "2025-01-01",
        "retina_thickness_microns": 275,
        "optic_disc_cup_ratio": 0.4,
        "diagnosis": "normal",
    },
    {
        "patient_id": "B67890",
        "patient_name": "Ikerian B",
        "scan_date": "2025-01-02",
        "retina_thickness_microns": 310,
        "optic_disc_cup_ratio": 0.7,
        "diagnosis": "glaucoma suspect",
    },
]


def write(folder: Path) -> list[Path]:
    """Put a few samples of each lane into a folder. Those without a suffix go by way of the `other` lane."""
    with as_file(files("skimage") / "data") as data:
        for name in PHOTOGRAPHS:
            shutil.copyfile(data / name, folder / name)
        shutil.copyfile(data / "camera.png", folder / "photo-without-suffix")
    (folder / "patients.json").write_text(json.dumps(RECORDS, indent=2) + "\n")
    write_scans(folder)
    write_run(folder)
    return sorted(folder.iterdir())


def write_scans(folder: Path) -> None:
    """A radiograph and two slices."""
    with as_file(files("pydicom") / "data/test_files") as data:
        for name, sample in SLICES.items():
            shutil.copyfile(data / name, folder / sample)
    with as_file(files("data_store") / "data" / RADIOGRAPH) as radiograph:
        shutil.copyfile(radiograph, folder / "chest.dcm")


def write_run(folder: Path) -> None:
    """A run of 100 volumes and its sidecar: a head that taps its fingers and keeps nearly still, simulated anew."""
    phantom.write(phantom.phantom("still", seed=1, shape=(40, 40, 20), volumes=100), folder / f"{RUN}.nii.gz")
    sidecar = {"TaskName": "fingertapping", "RepetitionTime": phantom.TR_S}
    (folder / f"{RUN}.json").write_text(json.dumps(sidecar, indent=2) + "\n")


def drop(environment: Environment, prefix: str, timeout_s: float) -> bool:
    """Drop the samples anew, wait until each is settled, show the results and return whether all are as they must be.

    What must become of a sample is what this machine makes of it with the environment's settings, which may well
    reject it.
    """
    key = secrets.token_bytes()  # what becomes of a sample is the same under any, and a deployment may not read its own
    rules = replace(Rules.of(environment), pseudonym_key=key)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
        write(Path(folder))
        samples = collect([f"{folder}/"], prefix)
        with terminal.count_progress("Waiting for results", len(samples)) as on_count:
            versions = put(environment, samples)
            wanted = {record.key: record for record in process_files(samples, Path(out), rules)}
            awaited = _settle(
                environment,
                samples,
                versions,
                timeout_s,
                lambda now: on_count(sum(one.over for one in now), tables.counts(now)),
            )
    console = terminal.stdout()
    console.print(tables.results_table(awaited))
    for found in awaited:
        for sentence in (*tables.explanations([found]), *_verdict(found, wanted[found.key])):
            console.print(sentence)
    return all(_agrees(found, wanted[found.key]) for found in awaited)


def put(environment: Environment, samples: Sequence[LocalFile]) -> dict[str, str]:
    """Drop each sample; returns the keys by the versions that they now have."""
    versions = {}
    for sample in samples:
        with sample.path.open("rb") as body:
            answer = environment.s3.put_object(Bucket=environment.raw_bucket, Key=sample.key, Body=body)
        versions[answer["VersionId"]] = sample.key
    return versions


def _settle(
    environment: Environment,
    samples: Sequence[LocalFile],
    versions: dict[str, str],
    timeout_s: float,
    on_change: Callable[[Sequence[Record]], object],
) -> list[Record]:
    """Wait until each sample is settled, or the time is over; one that the ledger does not know is dropped again."""
    deadline = time.monotonic() + timeout_s
    while True:
        until = min(deadline, time.monotonic() + _AGAIN_S)
        keys = _keys_by_name(environment, versions, until)
        found = settle(environment, keys, timeout_s=until - time.monotonic(), on_change=on_change)
        known = {keys[record.key]: record for record in found if record.status != "waiting"}
        unknown = [sample for sample in samples if sample.key not in known]
        over = not unknown and all(record.over for record in known.values())
        if over or time.monotonic() >= deadline:
            return [
                *(replace(record, key=key) for key, record in known.items()),
                *(Record(sample.key, "waiting", lane_of(sample.key)) for sample in unknown),
            ]
        versions = versions | put(environment, unknown)


def _keys_by_name(environment: Environment, versions: Mapping[str, str], until: float) -> dict[str, str]:
    """The keys by what they are called. Where that takes the pseudonym key, their versions in the ledger tell."""
    if not environment.pseudonymous_keys:
        return {key: key for key in versions.values()}
    keys = set(versions.values())
    question = Question(datetime.now(UTC) - timedelta(hours=1), sys.maxsize)
    while True:
        taken = [record for record in recent(environment, question) if record.version_id in versions]
        names = {record.key: versions[record.version_id] for record in taken}
        if len(names) == len(keys) or time.monotonic() >= until:
            return names
        time.sleep(_POLL_S)


def _agrees(found: Record, wanted: Record) -> bool:
    if found.status == "superseded":  # by another drop, which answers for it
        return True
    return found.over and (found.status, found.error_code) == (wanted.status, wanted.error_code)


def _verdict(found: Record, wanted: Record) -> Iterator[str]:
    if not _agrees(found, wanted):
        yield f"  {found.key} must be {wanted.status}: so it is on this machine, with the environment's settings."
    elif not found.good:
        yield "  That is as it must be: the environment's settings reject it on this machine too."
