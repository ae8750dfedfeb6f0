"""Files for each lane: photographs and DICOM objects out of wheels, a page of patient records, a phantom's fMRI run."""

import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from scandrop.lanes import lane_of
from scandrop_cli import tables, terminal
from scandrop_cli.environment import Environment
from scandrop_cli.files import collect
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
            for sample in samples:
                environment.s3.upload_file(str(sample.path), environment.raw_bucket, sample.key)
            wanted = {record.key: record for record in process_files(samples, Path(out), rules)}
            keys = _keys_by_name(environment, list(wanted), timeout_s)
            settled = settle(
                environment,
                keys,
                timeout_s=timeout_s,
                on_change=lambda now: on_count(sum(one.over for one in now), tables.counts(now)),
            )
    awaited = [replace(record, key=keys[record.key]) for record in settled]
    awaited += [Record(key, "waiting", lane_of(key)) for key in wanted if key not in keys.values()]
    console = terminal.stdout()
    console.print(tables.results_table(awaited))
    for found in awaited:
        for sentence in (*tables.explanations([found]), *_verdict(found, wanted[found.key])):
            console.print(sentence)
    return all(_agrees(found, wanted[found.key]) for found in awaited)


def _keys_by_name(environment: Environment, keys: Sequence[str], timeout_s: float) -> dict[str, str]:
    """The keys by what they are called. Where that takes the pseudonym key, their versions in the ledger tell."""
    if not environment.pseudonymous_keys:
        return {key: key for key in keys}
    s3, bucket = environment.s3, environment.raw_bucket
    versions = {s3.head_object(Bucket=bucket, Key=key)["VersionId"]: key for key in keys}
    deadline = time.monotonic() + timeout_s
    question = Question(datetime.now(UTC) - timedelta(hours=1), sys.maxsize)
    while True:
        taken = [record for record in recent(environment, question) if record.version_id in versions]
        if len(taken) == len(keys) or time.monotonic() >= deadline:
            return {record.key: versions[record.version_id] for record in taken}
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
