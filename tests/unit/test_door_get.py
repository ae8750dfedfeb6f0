"""GET at the door: what became of an object, and links to its derivatives."""

import json

import boto3
import pytest
from aws_stack import RAW, TABLE, Clock, stack
from cli_stack import KEY
from door_requests import ask, request

from scandrop.ledger import CURRENT
from scandrop.pseudonyms import Pseudonyms

PATIENTS = b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]'


@pytest.fixture
def aws():
    with stack() as made:
        yield made


def get(path, environ=None, **query):
    return ask(request("GET", path, **query), **(environ or {}))


def settle(aws, key, body=PATIENTS, **environ):
    event = aws.drop(key, body)
    aws.handler("record", **environ).handle(event, Clock())
    return event["detail"]["object"]["version-id"]


def test_what_is_settled_is_told_with_a_link_to_each_version_of_a_derivative(aws):
    version = settle(aws, "study/patients.json")
    answer = get("/study/patients.json")
    assert answer.status == 200
    assert answer.json["status"] == "succeeded"
    assert answer.json["version_id"] == version
    assert answer.json["metadata"]["records"] == 1
    (derivative,) = [entry for entry in answer.json["derivatives"] if entry["name"] == "patients.json"]
    assert f"versionId={derivative['version_id']}" in derivative["url"]
    assert "/study/patients.json/patients.json?" in derivative["url"]


@pytest.mark.parametrize(
    ("uid", "named"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", {"sop_class_name": "CT Image"}),
        ("1.2.3.4", {}),
    ],
)
def test_a_sop_class_that_the_standard_has_is_told_by_its_name_too(aws, uid, named):
    version = settle(aws, "ct.json")
    boto3.resource("dynamodb").Table(TABLE).update_item(
        Key={"object_key": "ct.json", "version_id": version},
        UpdateExpression="SET metadata = :metadata",
        ExpressionAttributeValues={":metadata": {"sop_class": uid}},
    )
    assert get("/ct.json").json["metadata"] == {"sop_class": uid, **named}


def test_numbers_arrive_as_numbers(aws):
    settle(aws, "patients.json")
    assert get("/patients.json").json["size_bytes"] == len(PATIENTS)


def test_what_no_lane_has_taken_yet_is_waiting_and_to_be_asked_for_again(aws):
    aws.drop("patients.json", PATIENTS)
    answer = get("/patients.json")
    assert (answer.status, answer.json["status"], answer.json["settled"]) == (202, "waiting", False)
    assert answer.headers["Retry-After"] == "5"


def test_a_newer_version_is_waiting_though_an_older_one_is_settled(aws):
    older = settle(aws, "patients.json")
    aws.drop("patients.json", PATIENTS)
    assert get("/patients.json").status == 202
    assert get("/patients.json", version=older).json["status"] == "succeeded"


def test_what_is_rejected_says_why(aws):
    settle(aws, "patients.json", b"no json")
    answer = get("/patients.json")
    assert (answer.status, answer.json["status"]) == (200, "rejected")
    assert answer.json["error_code"] == "not_records"
    assert "derivatives" not in answer.json


def test_a_version_whose_derivatives_were_replaced_has_no_links(aws):
    older = settle(aws, "patients.json")
    settle(aws, "patients.json")
    assert get("/patients.json", version=older).json["derivatives"] == []


def test_a_deleted_object_is_told_to_be_without_what_its_versions_held(aws):
    record = aws.handler("record", SCANDROP_ON_DELETE="delete")
    dropped = aws.drop("patients.json", PATIENTS)
    for event in (dropped, aws.delete("patients.json")):
        record.handle(event, Clock())
    answer = get("/patients.json")
    assert (answer.status, answer.json["status"], answer.json["settled"]) == (200, "deleted", True)
    assert not {"derivatives", "metadata"} & set(answer.json)
    former = get("/patients.json", version=dropped["detail"]["object"]["version-id"]).json
    assert (former["status"], former["derivatives"]) == ("succeeded", [])
    assert "metadata" not in former


@pytest.mark.parametrize("version", [CURRENT, "", "no-such-version"])
def test_a_version_that_is_none_is_not_found(aws, version):
    settle(aws, "patients.json")
    answer = get("/patients.json", version=version)
    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_an_object_that_was_never_there_is_not_found(aws):
    aws.drop("patients.json.bak", PATIENTS)  # a listing by prefix finds it
    assert get("/patients.json").status == 404


def test_what_has_left_the_raw_bucket_is_still_known(aws):
    settle(aws, "patients.json")
    aws.s3.delete_object(Bucket=RAW, Key="patients.json")
    assert get("/patients.json").json["status"] == "succeeded"


def test_who_asks_by_a_raw_name_is_told_what_became_of_it_but_not_its_pseudonym(aws):
    arn = boto3.client("secretsmanager").create_secret(Name="key", SecretString=KEY)["ARN"]
    environ = {"SCANDROP_PSEUDONYM_SECRET_ARN": arn, "SCANDROP_PSEUDONYMOUS_KEYS": "true"}
    settle(aws, "Miller/patients.json", **environ)
    known_as = Pseudonyms(KEY.encode()).object_key("Miller/patients.json")
    by_raw, by_pseudonym = get("/Miller/patients.json", environ), get(f"/{known_as}", environ)
    assert by_pseudonym.json["key"] == known_as
    assert all(derivative["url"] for derivative in by_pseudonym.json["derivatives"])
    assert "Miller" not in str(by_pseudonym.json)
    assert (by_raw.json["key"], by_raw.json["status"]) == ("Miller/patients.json", "succeeded")
    assert known_as.partition("/")[0] not in str(by_raw.json)


@pytest.mark.usefixtures("aws")
def test_a_pseudonym_key_that_cannot_be_read_makes_the_door_unavailable():
    environ = {"SCANDROP_PSEUDONYM_SECRET_ARN": "none", "SCANDROP_PSEUDONYMOUS_KEYS": "true"}
    answer = get("/Miller/patients.json", environ)
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_the_log_says_which_part_of_the_environment_refused_the_door(aws, capsys):
    aws.s3.delete_bucket(Bucket=RAW)
    assert get("/Miller/patients.json").status == 503
    (warning,) = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line["level"] == "WARNING"]
    told = {name: warning[name] for name in ("message", "error_code", "operation", "aws_code")}
    assert told == {
        "message": "unavailable",
        "error_code": "aws_error",
        "operation": "ListObjectVersions",
        "aws_code": "NoSuchBucket",
    }
    assert "Miller" not in str(warning)


def test_the_door_makes_no_metric_that_nobody_reads(aws, capsys):
    aws.drop("patients.json", PATIENTS)
    get("/patients.json")
    assert "CloudWatchMetrics" not in capsys.readouterr().out


def test_a_link_downloads_the_derivative(aws):
    settle(aws, "patients.json")
    (derivative,) = [e for e in get("/patients.json").json["derivatives"] if e["name"] == "patients.json"]
    place = {"Key": "patients.json/patients.json", "VersionId": derivative["version_id"]}
    assert aws.s3.head_object(Bucket="scandrop-test-processed", **place)["ContentLength"] == derivative["bytes"]
