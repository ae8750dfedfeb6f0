"""The herald: events of settled versions, as the ledger's stream brings them."""

import json
from pathlib import Path

import pytest
from aws_stack import PROCESSED, TABLE, Clock, queued, stack
from jsonschema import Draft202012Validator

from scandrop import settled_events
from scandrop.statuses import SETTLED

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/events/object-settled.schema.json").read_text())
PATIENTS = b'[{"patient_id": "A12345", "patient_name": "Ikerian A"}]'


class Bus:
    """EventBridge's PutEvents, which refuses the entries at some places of the next call."""

    def __init__(self):
        self.calls = []
        self.refuses = set()

    def put_events(self, *, Entries):  # noqa: N803 - AWS's own name
        self.calls.append(Entries)
        answers = [
            {"ErrorCode": "ThrottlingException"} if i in self.refuses else {"EventId": "e"} for i in range(len(Entries))
        ]
        self.refuses = set()
        return {"Entries": answers, "FailedEntryCount": len(self.refuses)}

    @property
    def details(self):
        return [json.loads(entry["Detail"]) for call in self.calls for entry in call]


@pytest.fixture
def bus(monkeypatch):
    found = Bus()
    monkeypatch.setattr(settled_events, "_events", lambda: found)
    monkeypatch.setenv("SCANDROP_ENVIRONMENT", "test")
    monkeypatch.setenv("SCANDROP_PROCESSED_BUCKET", PROCESSED)
    return found


@pytest.fixture
def aws():
    with stack() as found:
        yield found


def images(aws):
    """The settled items in the form in which the stream has them."""
    items = aws.dynamodb.scan(TableName=TABLE)["Items"]
    return [item for item in items if item.get("status", {}).get("S") in set(SETTLED)]


def record(image, number):
    return {"eventName": "MODIFY", "dynamodb": {"NewImage": image, "SequenceNumber": str(number)}}


def batch(found):
    return {"Records": [record(image, number) for number, image in enumerate(found)]}


def settle(aws, **files):
    for name, body in files.items():
        aws.handler("record").handle(queued(aws.drop(f"{name}.json", body)), Clock())


def test_the_schema_is_one_and_takes_nothing_else_for_an_event():
    Draft202012Validator.check_schema(SCHEMA)
    assert not Draft202012Validator(SCHEMA).is_valid({"key": "a.json"})


def test_an_event_of_each_status_is_what_the_schema_says(aws, bus):
    late, newer = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(newer, late, aws.drop("bad.json", b"{")), Clock())
    assert settled_events.handle(batch(images(aws)), None) == {"batchItemFailures": []}
    assert {detail["status"] for detail in bus.details} == {"succeeded", "superseded", "rejected"}
    assert not Draft202012Validator(SCHEMA).is_valid(
        bus.details[0] | {"status": "superseded", "error_code": "disk_full"}
    )
    assert not Draft202012Validator(SCHEMA).is_valid(bus.details[0] | {"status": "rejected", "error_code": None})
    for detail in bus.details:
        Draft202012Validator(SCHEMA).validate(detail)
        assert set(detail) == set(SCHEMA["properties"])


def test_an_event_tells_what_the_ledger_and_the_bucket_have(aws, bus):
    event = aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(event), Clock())
    settled_events.handle(batch(images(aws)), None)
    (detail,), item = bus.details, aws.item(event)
    for name in ("version_id", "lane", "status", "attempts", "derivatives", "duration_ms", "size_bytes", "received_at"):
        assert detail[name] == item[name]
    assert (detail["settled_at"], detail["environment"]) == (item["finished_at"], "test")
    place = detail["manifest"]
    assert (
        json.loads(aws.s3.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read())["status"] == "succeeded"
    )


def test_a_rejected_object_is_told_with_its_code_and_a_superseded_one_without_a_manifest(aws, bus):
    late, newer = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(newer, late, aws.drop("bad.json", b"[")), Clock())
    settled_events.handle(batch(images(aws)), None)
    by_status = {detail["status"]: detail for detail in bus.details}
    assert by_status["rejected"]["error_code"] == "invalid_json"
    assert by_status["superseded"]["manifest"] is None


def test_a_deletion_is_told_once_and_the_versions_that_it_erases_are_not_told_again(aws, bus):
    record = aws.handler("record", SCANDROP_ON_DELETE="delete")
    for event in (aws.drop("p.jsonl", PATIENTS), aws.delete("p.jsonl")):
        record.handle(queued(event), Clock())
    settled_events.handle(batch(images(aws)), None)
    (detail,) = bus.details
    Draft202012Validator(SCHEMA).validate(detail)
    assert (detail["key"], detail["status"], detail["manifest"]) == ("p.jsonl", "deleted", None)


def test_what_is_dropped_again_after_a_deletion_is_told(aws, bus):
    record = aws.handler("record", SCANDROP_ON_DELETE="delete")
    for event in (aws.drop("p.jsonl", PATIENTS), aws.delete("p.jsonl"), aws.drop("p.jsonl", PATIENTS)):
        record.handle(queued(event), Clock())
    settled_events.handle(batch(images(aws)), None)
    assert sorted(detail["status"] for detail in bus.details) == ["deleted", "succeeded"]


def test_no_value_of_the_input_is_told(aws, bus):
    settle(aws, good=PATIENTS, bad=b'[{"patient_id": 5, "patient_name": "Ikerian A"}]')
    settled_events.handle(batch(images(aws)), None)
    assert len(bus.details) == 2
    assert "Ikerian" not in str(bus.calls)
    assert "A12345" not in str(bus.calls)


def test_more_events_than_one_call_takes_are_told_in_order(aws, bus):
    settle(aws, good=PATIENTS)
    (image,) = images(aws)
    records = [record({**image, "version_id": {"S": f"v{i}"}}, i) for i in range(23)]
    settled_events.handle({"Records": records}, None)
    assert [len(call) for call in bus.calls] == [10, 10, 3]
    assert [detail["version_id"] for detail in bus.details] == [f"v{i}" for i in range(23)]


def test_from_the_first_event_that_is_refused_on_all_come_again(aws, bus):
    settle(aws, good=PATIENTS)
    (image,) = images(aws)
    bus.refuses = {4, 7}
    answer = settled_events.handle({"Records": [record(image, 100 + i) for i in range(23)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "104"}]}
    assert len(bus.calls) == 1
