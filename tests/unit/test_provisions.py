"""What an environment has ready for a lane: the pseudonym key, files that settings name, and what keys are called."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import nibabel
import pytest
from aws_stack import PROCESSED, RAW, TABLE, Clock, queued, stack

from scandrop import aws as clients
from scandrop import lanes
from scandrop.processors import Result
from scandrop.pseudonyms import Pseudonyms

SECRET = "correct horse battery staple 0123456789"
PERSONAL = "Zyxwvut Canary 1937"
RUN = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
PATIENTS = b'[{"patient_id":"A1","patient_name":"B"}]'
KNOWN = Pseudonyms(SECRET.encode()).object_key


@pytest.fixture
def aws():
    with stack() as made:
        yield made


@pytest.fixture
def secret(aws):  # noqa: ARG001  # the secret is made in its stack
    """The ARN of a secret without a value, as Terraform makes it."""
    return boto3.client("secretsmanager").create_secret(Name="scandrop-test-pseudonym-key")["ARN"]


@pytest.fixture
def keyed(secret):
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=SECRET)
    return {"SCANDROP_PSEUDONYM_SECRET_ARN": secret, "SCANDROP_PSEUDONYMOUS_KEYS": "false"}


@pytest.fixture
def pseudonymous(keyed):
    return {**keyed, "SCANDROP_PSEUDONYMOUS_KEYS": "true"}


@pytest.fixture
def sources(monkeypatch):
    """What the record lane's processor is given from here on."""
    given = []

    def process(source, *_):
        given.append(source)
        return Result([], {})

    monkeypatch.setattr(lanes.processor("record"), "process", process)
    return given


def handed_over(aws, lane, event, **environ):
    """What a new handler gives back of a queue's one message."""
    return aws.handler(lane, **environ).handle(queued(event), Clock())["batchItemFailures"]


def test_a_lane_with_a_secret_is_given_its_key(aws, keyed, sources):
    assert aws.handler("record", **keyed).handle(aws.drop("p.json", PATIENTS), Clock()) == {"statuses": ["succeeded"]}
    assert sources[0].pseudonym_key == SECRET.encode()
    assert SECRET not in repr(sources[0])


def test_a_lane_without_a_secret_is_given_none(aws, sources):
    aws.handler("record").handle(aws.drop("p.json", PATIENTS), Clock())
    assert sources[0].pseudonym_key is None


def test_the_key_is_asked_for_at_the_first_object_and_once(aws, keyed, sources, monkeypatch):
    asked, client = [], clients.client

    def counted(service):
        made = client(service)
        if service == "secretsmanager":
            made.meta.events.register("before-call", lambda **_: asked.append(service))
        return made

    monkeypatch.setattr(clients, "client", counted)
    record = aws.handler("record", **keyed)
    assert asked == []
    for name in ("p.json", "q.json"):
        record.handle(aws.drop(name, PATIENTS), Clock())
    assert len(sources) == 2
    assert asked == ["secretsmanager"]


def test_a_lane_that_makes_no_pseudonyms_loads_nothing_for_them():
    code = "import sys, scandrop.handler; print('scandrop.pseudonyms' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("value", [None, {"SecretString": "too short"}, {"SecretBinary": b"k" * 64}])
def test_without_a_usable_key_the_object_is_tried_again_until_there_is_one(aws, secret, capsys, value):
    secrets = boto3.client("secretsmanager")
    if value:
        secrets.put_secret_value(SecretId=secret, **value)
    record = aws.handler("record", SCANDROP_PSEUDONYM_SECRET_ARN=secret)
    event = aws.drop("p.json", PATIENTS)
    assert record.handle(queued(event), Clock())["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert (aws.item(event)["status"], aws.item(event)["error_code"]) == ("failed", "no_pseudonym_key")
    assert "too short" not in capsys.readouterr().out
    secrets.put_secret_value(SecretId=secret, SecretString=SECRET)
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}


def test_a_key_that_is_marked_for_deletion_is_none_until_it_is_restored(aws, keyed):
    secrets, secret = boto3.client("secretsmanager"), keyed["SCANDROP_PSEUDONYM_SECRET_ARN"]
    secrets.delete_secret(SecretId=secret)
    record, event = aws.handler("record", **keyed), aws.drop("p.json", PATIENTS)
    assert record.handle(queued(event), Clock())["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert aws.item(event)["error_code"] == "no_pseudonym_key"
    secrets.restore_secret(SecretId=secret)
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}


def test_a_key_that_aws_refuses_is_no_fault_of_the_object(aws, keyed, monkeypatch):
    client = clients.client

    def refused(service):
        made = client(service)
        if service == "secretsmanager":
            monkeypatch.setattr(made, "get_secret_value", _denied(made))
        return made

    monkeypatch.setattr(clients, "client", refused)
    event = aws.drop("p.json", PATIENTS)
    assert handed_over(aws, "record", event, **keyed) == [{"itemIdentifier": "m0"}]
    item = aws.item(event)
    assert item["error_code"] == "aws_error"
    assert "GetSecretValue with AccessDeniedException" in item["error"]


def test_a_file_that_a_setting_names_and_that_is_gone_is_no_fault_of_the_object(aws, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assets = json.dumps({"parcellation": {"bucket": PROCESSED, "key": "assets/aa/labels.nii"}})
    event = aws.drop("r.nii", RUN)
    assert handed_over(aws, "nifti", event, SCANDROP_ASSETS=assets) == [{"itemIdentifier": "m0"}]
    assert aws.item(event)["error_code"] == "asset_gone"


@pytest.mark.parametrize(
    ("lane", "suffix", "body", "status"),
    [
        ("record", ".json", PATIENTS, "succeeded"),
        ("record", ".json", b"[{", "rejected"),
        ("nifti", "_bold.nii", RUN, "succeeded"),
        ("other", "", b"PK\x03\x04", "rejected"),
    ],
)
def test_a_personal_key_goes_no_further_than_the_raw_bucket(aws, pseudonymous, capsys, lane, suffix, body, status):  # noqa: PLR0917
    key = f"{PERSONAL}/{PERSONAL}{suffix}"
    event = aws.drop(key, body)
    assert handed_over(aws, lane, event, **pseudonymous) == []
    items = boto3.resource("dynamodb").Table(TABLE).scan()["Items"]
    assert {item["object_key"] for item in items} == {KNOWN(key)}
    assert [item["status"] for item in items if "status" in item] == [status]
    stored = [aws.s3.head_object(Bucket=PROCESSED, Key=name) for name in aws.processed()]
    told = [
        *aws.processed(),
        *(aws.read(name).decode("latin-1") for name in aws.processed()),
        *(json.dumps(head["Metadata"]) for head in stored),
        json.dumps(items, default=str),
        capsys.readouterr().out,
    ]
    assert aws.manifest(KNOWN(key))["source"]["key"] == KNOWN(key)
    assert '"settled"' in told[-1]
    for text in told:
        assert "Zyxwvut" not in text
        assert not re.search(r"\b1937\b", text)  # in an id the digits may stand by chance
    assert [entry["Key"] for entry in aws.s3.list_objects_v2(Bucket=RAW)["Contents"]] == [key]


def test_an_object_that_fails_is_told_of_by_its_pseudonym_too(aws, pseudonymous, capsys, monkeypatch):
    monkeypatch.setattr(lanes.processor("record"), "process", _full_disk)
    event = aws.drop(f"{PERSONAL}.json", PATIENTS)
    assert handed_over(aws, "record", event, **pseudonymous) == [{"itemIdentifier": "m0"}]
    told = capsys.readouterr().out + json.dumps(boto3.resource("dynamodb").Table(TABLE).scan()["Items"], default=str)
    assert "disk_full" in told
    assert "Zyxwvut" not in told


def test_versions_of_a_pseudonymous_key_replace_each_other(aws, pseudonymous):
    record = aws.handler("record", **pseudonymous)
    old, new = (aws.drop("p.json", body) for body in (PATIENTS, b"[{"))
    assert record.handle(new, Clock()) == {"statuses": ["rejected"]}
    assert record.handle(old, Clock()) == {"statuses": ["superseded"]}
    assert aws.manifest(KNOWN("p.json"))["source"]["version_id"] == new["detail"]["object"]["version-id"]


def test_a_late_sidecar_finds_its_run_where_keys_are_pseudonymous(aws, pseudonymous):
    nifti = aws.handler("nifti", **pseudonymous)
    nifti.handle(aws.drop("Ann_bold.nii", RUN), Clock())
    sidecar = aws.drop("Ann_bold.json", b'{"RepetitionTime": 2.5, "TaskName": "rest"}')
    assert nifti.handle(sidecar, Clock()) == {"statuses": ["succeeded"]}
    (again,) = aws.sqs.receive_message(QueueUrl=aws.queue_urls["nifti"])["Messages"]
    assert nifti.handle(json.loads(again["Body"]), Clock()) == {"statuses": ["succeeded"]}
    manifest = aws.manifest(KNOWN("Ann_bold.nii"))
    assert manifest["metadata"]["tr_s"] == pytest.approx(2.5)
    assert manifest["source"]["sidecar"]["key"] == KNOWN("Ann_bold.json")


def test_the_other_lane_hands_on_the_raw_key_which_the_fitting_lane_names_the_same(aws, pseudonymous):
    event = aws.drop(PERSONAL, PATIENTS)
    assert aws.handler("other", **pseudonymous).handle(event, Clock()) == {"statuses": ["forwarded"]}
    (message,) = aws.sqs.receive_message(QueueUrl=aws.queue_urls["record"])["Messages"]
    aws.handler("record", **pseudonymous).handle(json.loads(message["Body"]), Clock())
    assert aws.manifest(KNOWN(PERSONAL))["status"] == "succeeded"


def test_keys_that_must_be_pseudonymous_are_never_written_without_a_key(aws, secret, capsys):
    event = aws.drop(f"{PERSONAL}.json", PATIENTS)
    environ = {"SCANDROP_PSEUDONYM_SECRET_ARN": secret, "SCANDROP_PSEUDONYMOUS_KEYS": "true"}
    assert handed_over(aws, "record", event, **environ) == [{"itemIdentifier": "m0"}]
    out = capsys.readouterr().out
    assert "no_pseudonym_key" in out
    assert "Zyxwvut" not in out
    assert boto3.resource("dynamodb").Table(TABLE).scan()["Items"] == []


def _denied(client):
    def get_secret_value(**_):
        raise client.exceptions.ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    return get_secret_value


def _full_disk(*_):
    raise OSError(28, "No space left on device")
