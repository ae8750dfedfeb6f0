"""A message whose last receive failed is kept with what a person needs, and with nothing else."""

import json

import pytest
from aws_stack import Clock, queued, stack
from botocore.exceptions import ClientError

from scandrop.dead_letters import DeadLetters, Reason
from scandrop.errors import Failed
from scandrop.events import objects_in
from scandrop.ledger import Declined, Ledger

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
LAST, EARLIER = "5", "4"


@pytest.fixture
def aws():
    with stack() as made:
        yield made


@pytest.fixture
def broken(aws, monkeypatch):
    """A record lane that fails on everything."""

    def fail(*_, **__):
        raise Failed("disk_full")

    made = aws.handler("record")
    monkeypatch.setattr(made._settler, "settle", fail)  # noqa: SLF001
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/scandrop-test-record")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]abc")
    return made


def received(event, receives):
    batch = queued(event)
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = receives
    return batch


def letters(aws):
    return aws.sqs.receive_message(
        QueueUrl=aws.dead_letter_queue_url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
    ).get("Messages", [])


def test_the_letter_of_a_last_receive_has_the_event_and_beside_it_what_a_person_needs(aws, broken):
    event = aws.drop("ünï/a.json", PATIENTS)
    assert broken.handle(received(event, LAST), Clock()) == {"batchItemFailures": []}
    (letter,) = letters(aws)
    (told,), (meant,) = (objects_in(one, str) for one in (json.loads(letter["Body"]), event))
    assert told == meant
    reason = Reason.of(letter["MessageAttributes"])
    assert (reason.key, reason.version_id) == ("ünï/a.json", event["detail"]["object"]["version-id"])
    assert (reason.error_code, reason.error, reason.attempts) == ("disk_full", str(Failed("disk_full")), 5)
    assert (reason.log_group, reason.log_stream) == ("/aws/lambda/scandrop-test-record", "2026/11/21/[$LATEST]abc")
    assert reason.request_id == "request-1"
    assert reason.failed_at


def test_before_the_last_receive_the_message_is_given_back(aws, broken):
    event = aws.drop("a.json", PATIENTS)
    assert broken.handle(received(event, EARLIER), Clock()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert letters(aws) == []


def test_a_letter_tells_what_a_redrive_needs_and_not_who_put_the_object_from_where(aws, broken):
    event = aws.drop("a.json", PATIENTS)
    event["detail"] |= {"requester": "Ikerian", "source-ip-address": "192.0.2.7"}
    broken.handle(received(event, LAST), Clock())
    (letter,) = letters(aws)
    assert json.loads(letter["Body"])["detail"]["object"] == {
        **event["detail"]["object"],
        "sequencer": event["detail"]["object"]["sequencer"].ljust(32, "0"),
    }
    assert "Ikerian" not in letter["Body"]
    assert "192.0.2.7" not in letter["Body"]


@pytest.mark.parametrize("remaining_ms", [[100_000, 10_000], [60_000]], ids=["out of time", "leased"])
def test_a_message_that_only_waited_begins_anew_instead_of_becoming_a_letter(aws, monkeypatch, remaining_ms):
    event = aws.drop("a.json", PATIENTS)
    record = aws.handler("record")
    if len(remaining_ms) == 1:
        monkeypatch.setattr(Ledger, "claim", lambda *_, **__: Declined("leased", "2020-01-01T00:00:00.000Z"))
    assert record.handle(received(event, LAST), Clock(remaining_ms)) == {"batchItemFailures": []}
    assert letters(aws) == []
    url = aws.queue_urls["record"]
    told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert told["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_message_that_is_no_event_is_kept_without_a_key(aws):
    assert aws.handler("record").handle(received("no event", LAST), Clock()) == {"batchItemFailures": []}
    (letter,) = letters(aws)
    assert letter["Body"] == "no event"
    assert set(letter["MessageAttributes"]) & {"key", "version_id"} == set()
    assert Reason.of(letter["MessageAttributes"]).error_code == "unknown_event"


def test_what_stands_beside_the_body_names_the_object_by_its_pseudonym(aws, broken, monkeypatch):
    monkeypatch.setattr(broken, "_known_as", lambda _: "7QK2M0RX9T4W")
    broken.handle(received(aws.drop("Müller/a.json", PATIENTS), LAST), Clock())
    (letter,) = letters(aws)
    assert Reason.of(letter["MessageAttributes"]).key == "7QK2M0RX9T4W"
    assert "ller" not in json.dumps(letter["MessageAttributes"])


def test_a_key_that_xml_cannot_hold_and_one_of_1024_bytes_come_through():
    for key in ("a\x00\x1b[2J<b>.json", "é" * 512):
        reason = Reason("disk_full", "Full.", 5, "2026-11-21T00:00:00+00:00", "r", key=key, version_id="v")
        attributes = reason.attributes()
        assert attributes["key"]["StringValue"].isascii()
        assert attributes["key"]["StringValue"].isprintable()
        assert Reason.of(attributes) == reason


def test_where_sqs_refuses_the_message_is_given_back_and_moved_by_the_queue():
    class Refusing:
        def send_message(self, **_):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage")

    record = {"attributes": {"ApproximateReceiveCount": LAST}, "body": "{}"}
    assert not DeadLetters("url", 5, Refusing).take(record, Failed("disk_full"), None, "r")


def test_a_letter_that_sqs_moved_has_no_reason():
    assert Reason.of({}) is None
