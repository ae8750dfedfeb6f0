"""The whole of it on the embedded AWS: apply, drop, results, a second plan. The tests run in file order."""

import base64
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nibabel
import pydicom
import pytest
import skimage
import urllib3
from botocore.exceptions import ClientError
from canaries import Nest, heard
from conftest import ROOT, STATE_BUCKET, Deployed, less
from everywhere import everywhere, fail_for_good
from jsonschema import Draft202012Validator
from PIL import Image

from scandrop.config import settings_of
from scandrop.lanes import SUFFIXES
from scandrop.manifest import prefix_of
from scandrop.pseudonyms import Pseudonyms, key_of
from scandrop.version import package_version

PHOTOS = Path(skimage.__file__).parent / "data"
OBJECTS = Path(pydicom.__file__).parent / "data/test_files"
SCANS = Path(nibabel.__file__).parent / "tests/data"
CANARY = "Zyxwvut Canary 19370412"
PATIENTS = f"""[{{"patient_id":"A12345","patient_name":"{CANARY}","scan_date":"2025-01-01",
"retina_thickness_microns":275,"optic_disc_cup_ratio":0.4,"diagnosis":"normal"}},
{{"patient_id":7,"patient_name":"{CANARY}"}}]""".encode()
SAMPLES = {
    "study1/astronaut.png": (PHOTOS / "astronaut.png").read_bytes(),
    "study1/rocket.JPG": (PHOTOS / "rocket.jpg").read_bytes(),
    "study1/pages.tif": (PHOTOS / "multipage.tif").read_bytes(),
    "study1/moving.gif": (PHOTOS / "no_time_for_that_tiny.gif").read_bytes(),
    "study1/patients.json": PATIENTS,
    "study1/no-suffix": (PHOTOS / "coins.png").read_bytes(),
    "study1/sub-01_task-rest_bold.nii": (SCANS / "functional.nii").read_bytes(),
    "study1/sub-01_T1w.nii": (SCANS / "anatomical.nii").read_bytes(),
    "study1/example4d.nii.gz": (SCANS / "example4d.nii.gz").read_bytes(),
    "study1/run-without-suffix": (SCANS / "functional.nii").read_bytes(),
    "study1/ct.dcm": (OBJECTS / "CT_small.dcm").read_bytes(),
    "study1/mr.IMA": (OBJECTS / "MR_small_RLE.dcm").read_bytes(),
    "study1/object-without-suffix": (OBJECTS / "MR_small_jp2klossless.dcm").read_bytes(),
}
NAMED_IN_OBJECTS = "CompressedSamples"  # the patients' family name
SIDECAR = b'{"RepetitionTime": 2.25, "TaskName": "rest", "PatientName": "Zyxwvut"}'
KNOWN_TO_DIFFER = {"aws_cloudwatch_metric_alarm"}  # the emulator forgets an alarm's dimensions and period


def test_strangers_are_refused_and_the_lanes_stand(deployed: Deployed) -> None:
    assert set(deployed.outputs["functions"]) == set(SUFFIXES)
    stranger = deployed.client("s3", aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="wrong")
    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|AccessDenied|Forbidden"):
        stranger.list_objects_v2(Bucket=deployed.outputs["raw_bucket"])


def test_terraforms_default_settings_are_the_processors_own(deployed: Deployed) -> None:
    for lane, values in deployed.outputs["settings"].items():
        own = settings_of(lane, {})
        defaults = json.loads(json.dumps(asdict(own))) if own else {}
        assert values == {name: defaults[name] for name in values}


def test_real_files_of_each_lane_are_settled_with_their_derivatives(deployed: Deployed) -> None:
    deployed.drop(SAMPLES)
    items = deployed.settled(*SAMPLES)
    assert {key: item["status"] for key, item in items.items()} == dict.fromkeys(SAMPLES, "succeeded")
    assert {item["lane"] for item in items.values()} == {"dicom", "image", "nifti", "record"}
    for item in items.values():
        assert item["package_version"] == package_version()
        assert set(item["phases_ms"]) == {"download", "process", "upload"}
        assert item["outputs"]


def test_each_derivative_is_encrypted_and_carries_its_checksum_and_provenance(deployed: Deployed) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs["processed_bucket"]
    for key in SAMPLES:
        for entry in deployed.manifest(key)["derivatives"]:
            stored = s3.head_object(Bucket=bucket, Key=prefix_of(key) + entry["name"], ChecksumMode="ENABLED")
            assert stored["ServerSideEncryption"] == "aws:kms"
            assert base64.b64decode(stored["ChecksumSHA256"]).hex() == entry["sha256"]
            assert stored["ContentType"] == entry["content_type"]
            assert stored["Metadata"]["source-key"] == key
            assert stored["VersionId"] == entry["version_id"]


def test_this_machine_and_the_embedded_aws_make_the_same_derivatives_hash_for_hash(
    deployed: Deployed, tmp_path: Path
) -> None:
    for key, body in SAMPLES.items():
        file = tmp_path / "in" / Path(key).name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(body)
    done = deployed.scandrop(
        "process", *sorted((tmp_path / "in").iterdir()), "--out", tmp_path / "out", "--env", "local"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for key in SAMPLES:
        made = tmp_path / "out" / Path(key).name
        here, there = json.loads((made / "manifest.json").read_text()), deployed.manifest(key)
        differing = _hashes(here).items() ^ _hashes(there).items()
        assert not differing, _differing(made, deployed, key, differing)
        for field in ("status", "lane", "processor", "package_version", "settings", "metadata"):
            assert here[field] == there[field]


def test_a_sidecar_that_comes_after_its_run_has_it_read_again_with_its_repetition_time(deployed: Deployed) -> None:
    run, sidecar = "late/sub-02_task-rest_bold.nii", "late/sub-02_task-rest_bold.json"
    deployed.drop({run: SAMPLES["study1/sub-01_task-rest_bold.nii"]})
    before = deployed.settled(run)[run]["metadata"]["tr_s"]
    deployed.drop({sidecar: SIDECAR})
    assert deployed.eventually(lambda: deployed.manifest(run)["metadata"]["tr_s"] == 2.25)
    assert before != 2.25
    items = deployed.settled(run, sidecar)
    assert items[sidecar]["lane"] == "nifti"
    assert (items[sidecar]["status"], items[sidecar]["derivatives"]) == ("succeeded", 0)
    assert items[run]["attempts"] == 2


def test_a_download_brings_what_the_manifest_vouches_for(deployed: Deployed, tmp_path: Path) -> None:
    key = "study1/astronaut.png"
    done = deployed.scandrop("download", key, tmp_path)
    assert done.returncode == 0, done.stderr
    found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(_hashes(deployed.manifest(key)).values()) <= found


@pytest.mark.parametrize(
    "key",
    ["with space/a b.png", "plus+percent%20&?#.png", "ünïcödé/日本語 🧠.png", "upper.PNG", "d" * 1020 + ".png"],
    ids=["spaces", "plus and percent", "unicode", "upper case", "1024 bytes"],
)
def test_an_awkward_key_goes_all_the_way(deployed: Deployed, key: str) -> None:
    deployed.drop({key: _png()})
    assert deployed.settled(key)[key]["status"] == "succeeded"
    assert deployed.manifest(key)["source"]["key"] == key


def test_bad_input_of_every_lane_ends_as_rejected_with_a_code_and_a_sentence(deployed: Deployed) -> None:
    expected = {
        "bad/empty.png": (b"", "empty"),
        "bad/empty": (b"", "empty"),
        "bad/truncated.png": (SAMPLES["study1/astronaut.png"][:5000], None),
        "bad/text.png": (b"I am no picture", None),
        "bad/patients.png": (PATIENTS, "misplaced"),
        "bad/broken.json": (b'[{"patient_id": ', None),
        "bad/deep.json": (b"[" * 1_000_000, None),
        "bad/latin1.json": (b'[{"patient_id":"\xe9","patient_name":"x"}]', None),
        "bad/cut.nii": (SAMPLES["study1/sub-01_task-rest_bold.nii"][:5000], "nifti_cut_off"),
        "bad/pair.hdr": (_pair(), "nifti_pair"),
        "bad/archive.zip": (b"PK\x03\x04 and so on", "unsupported"),
    }
    deployed.drop({key: body for key, (body, _) in expected.items()})
    items = deployed.settled(*expected)
    assert {key: item["status"] for key, item in items.items()} == dict.fromkeys(expected, "rejected")
    for key, (_, code) in expected.items():
        assert items[key]["error_code"] == (code or items[key]["error_code"])
        assert items[key]["error"].endswith(".")


def test_an_overwritten_key_ends_with_its_newest_version_alone(deployed: Deployed) -> None:
    for width in (40, 50, 60, 70):
        deployed.drop({"again.png": _png(width)})
    item = deployed.settled("again.png")["again.png"]
    newest = deployed.client("s3").head_object(Bucket=deployed.outputs["raw_bucket"], Key="again.png")["VersionId"]
    assert (item["version_id"], item["status"]) == (newest, "succeeded")
    assert deployed.manifest("again.png")["source"]["version_id"] == newest


def test_a_folder_marker_and_a_foreign_event_leave_no_trace(deployed: Deployed) -> None:
    deployed.drop({"folder/": b""})
    assert deployed.scandrop("wait", "--timeout", "60").returncode == 0
    assert deployed.scandrop("show", "folder/").returncode == 1


def test_the_event_shapes_of_the_contract_reach_the_function_directly_too(deployed: Deployed) -> None:
    raw = deployed.drop({"direct +.json": PATIENTS})["direct +.json"]
    deployed.settled("direct +.json")
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": deployed.outputs["raw_bucket"]},
            "object": {"key": "direct+%2B.json", "versionId": raw, "size": len(PATIENTS), "sequencer": "1"},
        },
    }
    assert deployed.invoke("record", {"Records": [record]}) == {"statuses": ["settled"]}
    assert deployed.invoke("record", {"Event": "s3:TestEvent"}) == {"statuses": []}


def test_no_personal_value_reaches_a_log_the_ledger_or_a_manifest(deployed: Deployed) -> None:
    told = deployed.log_text() + json.dumps(deployed.ledger()) + json.dumps(deployed.manifest("study1/patients.json"))
    assert '"settled"' in told
    assert '"Rejected"' in told
    assert "Zyxwvut" not in told
    assert "A12345" not in told
    assert NAMED_IN_OBJECTS not in told


def test_logs_and_status_show_what_happened(deployed: Deployed) -> None:
    shown = deployed.scandrop("status", "--json")
    assert {record["status"] for record in json.loads(shown.stdout)} >= {"succeeded", "rejected"}
    assert "settled" in deployed.scandrop("logs", "--lane", "image").stdout


def test_one_object_is_followed_through_both_of_its_lanes_and_its_lines_name_nobody(deployed: Deployed) -> None:
    key = "followed/object-without-suffix"
    deployed.drop({key: SAMPLES["study1/object-without-suffix"]})
    deployed.settled(key)

    def lines() -> list[dict[str, Any]]:
        told = deployed.scandrop("logs", "--key", key, "--json")
        assert told.returncode == 0, told.stderr
        return [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]

    assert deployed.eventually(lambda: {line["lane"] for line in lines()} == {"other", "dicom"})
    assert {line["key"] for line in lines()} == {key}
    shown = deployed.scandrop("logs", "--key", key).stdout
    assert shown.startswith(f"{key}  dicom  succeeded")
    assert "memory_mb=" in shown
    assert NAMED_IN_OBJECTS not in shown + json.dumps(lines())
    watched = json.loads(deployed.scandrop("watch", "--once", "--json").stdout)
    assert key in {record["key"] for record in watched["newest"]}
    assert {row["lane"] for row in watched["lanes"]} == set(deployed.outputs["functions"])


def test_a_published_gallery_opens_by_its_link_alone(deployed: Deployed) -> None:
    done = deployed.scandrop("gallery", "--publish", "--json")
    assert done.returncode == 0, done.stderr
    link = json.loads(done.stdout)["link"]
    page = urllib3.request("GET", link).data.decode()
    (data,) = re.findall(r'id="listing">(.*?)</script>', page)
    listing = json.loads(data)
    assert {"study1/ct.dcm", "study1/patients.json"} <= {entry["key"] for entry in listing["objects"]}
    for shard in listing["shards"]:
        answer = urllib3.request("GET", shard)
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert CANARY not in answer.data.decode()
    assert urllib3.request("GET", link.partition("?")[0]).status == 403
    head = deployed.client("s3").head_object(Bucket=deployed.outputs["processed_bucket"], Key="_gallery/index.html")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert deployed.scandrop("gallery", "--unpublish").returncode == 0
    assert [urllib3.request("GET", one).status for one in (link, *listing["shards"])] == [404] * (
        1 + len(listing["shards"])
    )


def test_each_settled_version_is_told_as_an_event_that_the_schema_describes(deployed: Deployed) -> None:
    schema = Draft202012Validator(json.loads((ROOT / "docs/events/object-settled.schema.json").read_text()))
    with deployed.inbox("told-events", "scandrop") as came:
        versions = deployed.drop({"told/good.json": PATIENTS, "told/bad.json": b"["})
        items = deployed.settled(*versions)
        assert deployed.eventually(lambda: set(versions) <= {event["detail"]["key"] for event in came()})
        details = {
            event["detail"]["key"]: event["detail"] for event in came() if event["detail-type"] == "Object Settled"
        }
    for key, version in versions.items():
        schema.validate(details[key])
        assert (details[key]["version_id"], details[key]["status"]) == (version, items[key]["status"])
        assert details[key]["settled_at"] == items[key]["finished_at"]
    assert CANARY not in json.dumps(details)


def test_people_are_told_of_a_batch_once_nothing_was_settled_for_a_minute(deployed: Deployed) -> None:
    topics = [topic["TopicArn"] for topic in deployed.client("sns").list_topics()["Topics"]]
    (topic,) = [arn for arn in topics if arn.endswith("scandrop-local-notices")]
    with deployed.inbox("told-notices", topic) as came:
        assert deployed.call("scandrop-local-notices", {}).keys() == {"told"}
        deployed.drop({"batch/one.json": PATIENTS, "batch/two.json": b"["})
        deployed.settled("batch/one.json", "batch/two.json")
        assert deployed.eventually(lambda: "told" in deployed.call("scandrop-local-notices", {}) and bool(came()))
        text = came()[0]["Message"]
    assert "invalid_json" in text
    assert "scandrop status --since" in text
    assert "batch/" not in text


def test_the_pseudonym_key_is_in_no_state_plan_or_log(deployed: Deployed) -> None:
    key = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    assert len(key["SecretString"]) == 64
    plan = deployed.folder / "third.tfplan"
    deployed.terraform.plan(plan)
    state = deployed.client("s3").get_object(Bucket=STATE_BUCKET, Key="local.tfstate")["Body"].read().decode()
    texts = [state, json.dumps(deployed.terraform.show(plan)), deployed.terraform.log.read_text(), deployed.log_text()]
    assert all("pseudonym-key" in text for text in texts[:3])
    assert not any(key["SecretString"] in text for text in texts)


NEEDED = [  # statement by statement; s3:ListBucket only turns a 403 into a 404, which the emulator answers anyway
    ("record", "ReadRaw", "s3:GetObject"),
    ("record", "ReadRaw", "s3:GetObjectVersion"),
    ("record", "WriteProcessed", "s3:DeleteObject"),
    ("record", "WriteProcessed", "s3:PutObject"),
    ("record", "UpdateLedger", "dynamodb:GetItem"),
    ("record", "UpdateLedger", "dynamodb:UpdateItem"),
    ("other", "HandOn", "sqs:SendMessage"),
    ("record", "HandOn", "sqs:SendMessage"),
]


@pytest.mark.parametrize(("lane", "statement", "action"), NEEDED)
def test_a_lane_does_not_work_without_any_one_of_its_actions(
    deployed: Deployed, lane: str, statement: str, action: str
) -> None:
    key = f"needed/{statement}-{action.partition(':')[2]}" + (".json" if lane == "record" else "")
    with deployed.rule_disabled(lane):
        deployed.drop({key: SIDECAR if (lane, statement) == ("record", "HandOn") else PATIENTS})
        event = deployed.event(key)
        if action == "s3:DeleteObject":  # needed where a former version left more than this one
            assert deployed.invoke(lane, event) == {"statuses": ["succeeded"]}
            deployed.drop({key: b"no JSON"})
            event = deployed.event(key)
        if (statement, action) == ("ReadRaw", "s3:GetObject"):  # needed where the event names no version
            event["detail"]["object"]["version-id"] = None
        if action == "dynamodb:GetItem":  # needed where the event says nothing of the order
            del event["detail"]["object"]["sequencer"]
        with _without(deployed, lane, statement, action):
            answer = deployed.invoke(lane, event)
        assert "errorMessage" in answer, answer
        assert deployed.invoke(lane, event)["statuses"][0] in {"succeeded", "rejected", "forwarded"}


def test_the_herald_tells_nobody_without_its_action(deployed: Deployed) -> None:
    image = next(item for item in deployed.ledger() if "finished_at" in item)
    event = {"Records": [{"dynamodb": {"NewImage": image, "SequenceNumber": "7"}}]}
    with _without(deployed, "herald", "TellEvents", "events:PutEvents"):
        assert "errorMessage" in deployed.call("scandrop-local-herald", event)
    assert deployed.call("scandrop-local-herald", event) == {"batchItemFailures": []}


TELLING = [
    ("CountSettled", "dynamodb:Query"),
    ("RememberTold", "dynamodb:GetItem"),
    ("RememberTold", "dynamodb:UpdateItem"),
    ("LookIntoQueue", "sqs:GetQueueAttributes"),
    ("TellPeople", "sns:Publish"),
]


def test_no_batch_is_told_without_any_one_of_its_actions(deployed: Deployed) -> None:
    """Of an object that was settled days ago, so that a notice is overdue, whatever else is at work."""
    table, ledger = deployed.outputs["ledger_table"], deployed.client("dynamodb")
    ago = {days: (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for days in (2, 3)}
    old = {"object_key": "needed/old", "version_id": "1", "lane": "record", "status": "rejected", "updated_at": ago[2]}
    old["received_at"] = old["finished_at"] = ago[2]  # or the herald would break on it, as on none of the ledger's own
    old["status_day"] = f"rejected#{ago[2][:10]}#0"
    ledger.put_item(TableName=table, Item={name: {"S": value} for name, value in old.items()})
    told = {"object_key": "#notices", "version_id": "#told", "told_until": ago[3]}
    ledger.put_item(TableName=table, Item={name: {"S": value} for name, value in told.items()})
    for statement, action in TELLING:
        with _without(deployed, "notices", statement, action):
            assert "errorMessage" in deployed.call("scandrop-local-notices", {}), action
    assert deployed.call("scandrop-local-notices", {}) == {"told": True}
    ledger.delete_item(TableName=table, Key={name: {"S": old[name]} for name in ("object_key", "version_id")})


def test_the_nifti_lane_cannot_queue_a_run_again_without_its_action(deployed: Deployed) -> None:
    run, sidecar = "needed/again_bold.nii", "needed/again_bold.json"
    deployed.drop({run: SAMPLES["study1/sub-01_task-rest_bold.nii"]})
    deployed.settled(run)
    with deployed.rule_disabled("record"):
        deployed.drop({sidecar: SIDECAR})
        event = deployed.event(sidecar)
        with _without(deployed, "nifti", "SendAgain", "sqs:SendMessage"):
            assert "errorMessage" in deployed.invoke("nifti", event)
        assert deployed.invoke("nifti", event) == {"statuses": ["succeeded"]}
    assert deployed.eventually(lambda: "sidecar" in deployed.manifest(run)["source"])


TRACING = [
    "secretsmanager:GetSecretValue",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:BatchGetItem",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
]


def test_who_has_the_policy_traces_pseudonyms_back_and_not_without_any_one_of_its_actions(deployed: Deployed) -> None:
    ct = deployed.settled("study1/ct.dcm")["study1/ct.dcm"]["metadata"]
    study_id = json.loads(deployed.derivative("study1/ct.dcm", "header.json"))["00200010"]["Value"][0]
    with deployed.tracer("researcher") as person:
        traced = person.scandrop("reidentify", ct["patient_id"], study_id, "--json")
        assert traced.returncode == 0, traced.stderr
        assert [one["matches"][0]["original"] for one in json.loads(traced.stdout)] == ["1CT1", "1CT1"]
        for action in TRACING:
            with person.without(action):
                assert person.scandrop("reidentify", ct["patient_id"], study_id).returncode != 0, action
    audit = deployed.client("logs").filter_log_events(logGroupName=deployed.outputs["audit_log_group"])["events"]
    assert any("user/researcher" in event["message"] and ct["patient_id"] in event["message"] for event in audit)


def test_where_keys_are_pseudonymous_no_lane_names_an_object_without_the_key(deployed: Deployed) -> None:
    """Right after the apply that starts every function anew: none has the key from before."""
    fields = '{ pseudonymised_fields = ["patient_id", "patient_name"] }'
    deployed.apply(pseudonymous_keys="true", on_delete='"delete"', record=fields)
    for lane in deployed.outputs["functions"]:
        with deployed.rule_disabled("record"):
            deployed.drop({f"needed/key-{lane}.json": b"[]"})
            event = deployed.event(f"needed/key-{lane}.json")
            with _without(deployed, lane, "ReadPseudonymKey", "secretsmanager:GetSecretValue"):
                assert "GetSecretValue" in deployed.invoke(lane, event)["errorMessage"]
            assert deployed.invoke(lane, event)["statuses"][0] in {"ignored", "rejected", "superseded", "succeeded"}


def test_where_keys_are_pseudonymous_a_name_in_one_goes_no_further_than_the_raw_bucket(deployed: Deployed) -> None:
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    known_as = Pseudonyms(key_of(secret["SecretString"])).object_key
    objects = {
        "Vwxyqz Wqvjxk/Vwxyqz.png": SAMPLES["study1/astronaut.png"],
        "Vwxyqz Wqvjxk/Vwxyqz.json": PATIENTS,
        "Vwxyqz Wqvjxk/Vwxyqz.nii": SAMPLES["study1/sub-01_task-rest_bold.nii"],
        "Vwxyqz Wqvjxk/Vwxyqz": b"PK\x03\x04 Vwxyqz",
        "Vwxyqz Wqvjxk/Vwxyqz.dcm": b"Vwxyqz",
    }
    deployed.drop(objects)
    assert deployed.eventually(lambda: {known_as(key) for key in objects} <= deployed.committed())
    s3, bucket = deployed.client("s3"), deployed.outputs["processed_bucket"]
    entries = [
        entry["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for entry in page["Contents"]
    ]
    ours = [entry for entry in entries if any(entry.startswith(prefix_of(known_as(key))) for key in objects)]
    told = [
        *entries,
        *(json.dumps(s3.head_object(Bucket=bucket, Key=entry)["Metadata"]) for entry in ours),
        *(s3.get_object(Bucket=bucket, Key=entry)["Body"].read().decode("latin-1") for entry in ours),
        json.dumps(deployed.ledger()),
        deployed.log_text(),
    ]
    assert len(ours) > len(objects)
    assert known_as("Vwxyqz Wqvjxk/Vwxyqz.dcm") in told[-1]
    assert not [text for text in told if "Vwxyqz" in text or "Wqvjxk" in text]


def test_where_derivatives_go_with_their_objects_a_deletion_leaves_a_tombstone_alone(deployed: Deployed) -> None:
    """Of keys with names in them; one object is deleted by a marker, the other one's only version for good."""
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    known_as = Pseudonyms(key_of(secret["SecretString"])).object_key
    for width in (40, 50):
        deployed.drop({"Vwxyqz/gone.png": _png(width)})
        deployed.settled("Vwxyqz/gone.png")
    version = deployed.drop({"Vwxyqz/gone.json": PATIENTS})["Vwxyqz/gone.json"]
    deployed.settled("Vwxyqz/gone.json")
    names = [known_as(key) for key in ("Vwxyqz/gone.png", "Vwxyqz/gone.json")]
    assert all(_traces(deployed, name) for name in names)

    s3, raw = deployed.client("s3"), deployed.outputs["raw_bucket"]
    s3.delete_object(Bucket=raw, Key="Vwxyqz/gone.png")
    s3.delete_object(Bucket=raw, Key="Vwxyqz/gone.json", VersionId=version)

    assert deployed.eventually(lambda: _deleted(deployed) >= set(names))
    assert [_traces(deployed, name) for name in names] == [[], []]
    left = [item for item in deployed.ledger() if item["object_key"]["S"] in names]
    assert {name for item in left for name in ("metadata", "outputs") if name in item} == set()
    assert sum("expires_at" in item for item in left) == 2 * len(names)  # the tombstone and the current item


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("FindTraces", "s3:ListBucketVersions"),
        ("EraseTraces", "s3:DeleteObjectVersion"),
        ("FindItems", "dynamodb:Query"),
    ],
)
def test_nothing_is_erased_without_any_one_of_its_actions(deployed: Deployed, statement: str, action: str) -> None:
    key = f"needed/{statement}.jsonl"  # which is never left to the nifti lane
    deployed.drop({key: b'{"patient_id": "A12345", "patient_name": "Ikerian A"}'})
    deployed.settled(key)
    event = deployed.event(key) | {"detail-type": "Object Deleted"}
    event["detail"]["deletion-type"] = "Delete Marker Created"
    with _without(deployed, "record", statement, action):
        assert "AccessDenied" in deployed.invoke("record", event)["errorMessage"]
    assert deployed.invoke("record", event) == {"statuses": ["deleted"]}


def test_where_keys_are_pseudonymous_no_canary_of_a_key_is_heard_outside_the_raw_bucket_and_the_queues(
    deployed: Deployed, tmp_path: Path
) -> None:
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    pseudonyms, nest = Pseudonyms(key_of(secret["SecretString"])), Nest()
    bodies = {".dcm": nest.dicom(tmp_path), ".nii": nest.nifti(), ".json": nest.records(), "": b"PK\x03\x04 and so on"}
    bodies[".ndjson"] = nest.asked_for()  # whose fields are pseudonymised here
    pictures = {f".{suffix}": body for suffix, body in nest.images().items()}
    objects = {
        f"{nest.word('folder')}/{nest.word('name')}{suffix}": body for suffix, body in {**bodies, **pictures}.items()
    }
    deployed.drop(objects)
    known = [pseudonyms.object_key(key) for key in objects]
    assert deployed.eventually(lambda: set(known) <= deployed.committed())
    failed = f"{nest.word('folder of one that failed')}/a.dcm"
    fail_for_good(deployed, failed, nest.dicom(tmp_path))
    places = everywhere(deployed, known)
    outside = [place for place, told in places.items() if not place.startswith("queue ") and heard(told)]
    assert not outside
    assert pseudonyms.object_key(failed) in places["letter scandrop-local-dicom-dead"].decode()
    deployed.client("sqs").purge_queue(QueueUrl=deployed.outputs["dead_letter_queue_urls"]["dicom"])
    assert sum(place.startswith("derivative ") for place in places) > 3 * len(pictures)
    asked_for = next(key for key in known if key.endswith(".ndjson"))
    (row,) = json.loads(deployed.derivative(asked_for, "patients.json"))
    assert set(row) == {"patient_id", "patient_name"}
    assert all(map(pseudonyms.is_own_identifier, row.values()))


def test_a_message_that_is_no_event_goes_back_to_its_queue_on_its_way_to_the_dead_letters(deployed: Deployed) -> None:
    sqs, url = deployed.client("sqs"), deployed.outputs["queue_urls"]["record"]
    sqs.send_message(QueueUrl=url, MessageBody="no event")
    assert deployed.eventually(lambda: "unknown_event" in deployed.log_text())
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert waiting["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_second_plan_changes_nothing_but_what_the_emulator_forgets(deployed: Deployed) -> None:
    file = deployed.folder / "second.tfplan"
    deployed.terraform.plan(file)
    changes = {
        (change["type"], *change["change"]["actions"])
        for change in deployed.terraform.show(file)["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert changes <= {(kind, "update") for kind in KNOWN_TO_DIFFER}


def _traces(deployed: Deployed, name: str) -> list[dict[str, Any]]:
    """Each version of what lies, or lay, under an object's prefix in the processed bucket."""
    page = deployed.client("s3").list_object_versions(
        Bucket=deployed.outputs["processed_bucket"], Prefix=prefix_of(name)
    )
    return [*page.get("Versions", []), *page.get("DeleteMarkers", [])]


def _deleted(deployed: Deployed) -> set[str]:
    """What the keys are called that have a tombstone."""
    items = deployed.ledger()
    return {item["object_key"]["S"] for item in items if item.get("status", {}).get("S") == "deleted"}


def _differing(made: Path, deployed: Deployed, key: str, differing: Iterable[tuple[str, str]]) -> str:
    """Of each derivative that differs, whether its content does or only how it was compressed."""
    told = {}
    for name in {name for name, _ in differing}:
        contents = [(made / name).read_bytes(), deployed.derivative(key, name)]
        here, there = (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in contents)
        places = [place for place, (a, b) in enumerate(zip(here, there, strict=False)) if a != b]
        told[name] = f"content, {len(places)} bytes from {places[:1]}" if here != there else "compression alone"
    return f"{key}: {told}"


def _pair() -> bytes:
    """The header of a pair, whose magic says that the voxels are in another file."""
    header = bytearray(SAMPLES["study1/sub-01_task-rest_bold.nii"][:352])
    header[344:348] = b"ni1\0"
    return bytes(header)


def _png(width: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((width, 30)).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


def _hashes(manifest: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["sha256"] for entry in manifest["derivatives"]}


@contextmanager
def _without(deployed: Deployed, lane: str, sid: str, action: str) -> Iterator[None]:
    """The lane's role with one action of one statement taken away."""
    iam, role = deployed.client("iam"), f"scandrop-local-{lane}"
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [less(statement, action) if statement["Sid"] == sid else statement for statement in policy["Statement"]]
    reduced = {**policy, "Statement": [statement for statement in kept if statement["Action"]]}
    assert reduced != policy
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
