"""A canary in every field of every format, through the whole system: where is one heard again?"""

import json
from pathlib import Path

import nibabel
import pytest
from canaries import Nest, heard
from conftest import Deployed
from everywhere import everywhere, fail_for_good

FAILED = "canaries/failed.dcm"
# Where the design lets a field through: those that the environment has extracted.
ALLOWED = {
    "derivative canaries/asked-for.json/patients.json": {"record patient_id", "record patient_name"},
}


def test_no_canary_of_any_field_is_heard_outside_the_raw_bucket_but_where_it_was_asked_for(
    deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nest = Nest()
    good = {
        "canaries/object.dcm": nest.dicom(tmp_path),
        "canaries/object": nest.dicom(tmp_path),
        "canaries/sub-01_T1w.nii": nest.nifti(),
        "canaries/sub-01_task-rest_bold.json": nest.sidecar(),
        "canaries/sub-01_task-rest_bold.nii": nest.nifti(frames=12),
        "canaries/sub-02_T1w.nii.gz": nest.zipped(nest.nifti()),
        "canaries/sub-03_T1w.nii": nest.nifti(form=nibabel.Nifti2Image),
        "canaries/records.json": nest.records(),
        "canaries/records.jsonl": nest.lines(),
        "canaries/asked-for.json": nest.asked_for(),
        **{f"canaries/picture.{suffix}": body for suffix, body in nest.images().items()},
    }
    bad = {f"canaries/{name}": body for name, body in nest.bad(tmp_path).items()}
    with deployed.inbox("canaries", "scandrop") as came:
        _drop(deployed, nest, {**good, **bad})
        items = deployed.settled(*good, *bad)
        assert {key: item["status"] for key, item in items.items()} == {
            **dict.fromkeys(good, "succeeded"),
            **dict.fromkeys(bad, "rejected"),
        }
        fail_for_good(deployed, FAILED, nest.dicom(tmp_path))
        assert deployed.eventually(lambda: set(items) <= {event["detail"]["key"] for event in came()})
        assert deployed.scandrop("gallery", "--publish").returncode == 0
        places = {
            **everywhere(deployed, items),
            "events": json.dumps(came()).encode(),
            "scandrop show": json.dumps(items).encode(),
        }
    assert deployed.scandrop("gallery", "--unpublish").returncode == 0
    deployed.client("sqs").purge_queue(QueueUrl=deployed.outputs["dead_letter_queue_urls"]["dicom"])

    found = {place: _planted(nest, told) for place, told in places.items()}
    outside = {place: left for place, told in found.items() if (left := told - _allowed(place))}
    with capsys.disabled():
        print(  # noqa: T201 (the figure that somebody asks for)
            f"\n{len(nest.planted):,} canaries planted, {len(places):,} places searched, {len(outside)} heard outside"
        )
    assert not outside, outside
    assert set().union(*found.values()) == set().union(*ALLOWED.values())  # so the ear works
    kinds = {place.split()[0] for place in places}
    assert kinds >= {"alarms", "derivative", "door", "events", "ledger", "log", "metadata", "metrics", "scandrop"}
    for place in ("letter scandrop-local-dicom-dead", "queue scandrop-local-dicom-dead", "scandrop failures"):
        assert FAILED in places[place].decode()


def _planted(nest: Nest, told: bytes) -> set[str]:
    return {nest.planted[song] for song in heard(told) if song in nest.planted}


def _allowed(place: str) -> set[str]:
    return next((fields for beginning, fields in ALLOWED.items() if place.startswith(beginning)), set())


def _drop(deployed: Deployed, nest: Nest, files: dict[str, bytes]) -> None:
    """With a canary in each header and tag that an uploader can set beside the key."""
    s3, bucket = deployed.client("s3"), deployed.outputs["raw_bucket"]
    for key, body in files.items():
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            CacheControl=nest.word("cache control"),
            ContentDisposition=f'attachment; filename="{nest.word("content disposition")}"',
            Metadata={"patient": nest.word("user metadata")},
            Tagging=f"patient={nest.word('tag')}",
        )
