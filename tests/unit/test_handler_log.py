"""What a lane logs: each line says which object it is about, so that one object can be followed."""

import json

import pytest
from aws_stack import Clock, queued, stack

from scandrop.errors import Failed
from scandrop.provisions import Provisions
from scandrop.storage import Storage

PATIENTS = b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]'


@pytest.fixture
def aws():
    with stack() as made:
        yield made


def _lines(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" not in line]


def _version(event):
    return event["detail"]["object"]["version-id"]


def test_an_object_is_named_when_it_is_begun_and_when_it_is_settled(aws, capsys):
    event = aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(event), Clock())
    told = [(line["message"], line["key"], line["version_id"], line["message_id"]) for line in _lines(capsys)]
    assert told == [(message, "p.json", _version(event), "m0") for message in ("begun", "settled")]


def test_a_failed_try_is_told_under_the_objects_name(aws, capsys, monkeypatch):
    def refuse(*_):
        raise Failed("throttled", operation="PutObject", aws_code="SlowDown")

    monkeypatch.setattr(Storage, "put_outputs", refuse)
    event = aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(event), Clock())
    failed = _lines(capsys)[-1]
    assert (failed["error_code"], failed["key"], failed["version_id"]) == ("throttled", "p.json", _version(event))


def test_an_object_for_which_there_was_no_time_is_named_too(aws, capsys):
    aws.handler("record").handle(queued(aws.drop("p.json", PATIENTS)), Clock([60_000, 1_000]))
    assert [(line["error_code"], line["key"]) for line in _lines(capsys)] == [("out_of_time", "p.json")]


def test_a_line_is_never_about_the_object_of_the_message_before(aws, capsys):
    lane = aws.handler("record")
    lane.handle(queued(aws.drop("p.json", PATIENTS), "no event"), Clock())
    failed = _lines(capsys)[-1]
    assert (failed["error_code"], failed["message_id"]) == ("unknown_event", "m1")
    assert not {"key", "version_id"} & set(failed)
    lane.handle({"Records": []}, Clock())
    lane.handle(aws.drop("q.json", PATIENTS), Clock())
    assert "message_id" not in _lines(capsys)[-1]


def test_an_event_without_a_version_is_told_under_the_one_that_stands(aws, capsys):
    event = aws.drop("p.json", PATIENTS)
    version = event["detail"]["object"].pop("version-id")
    aws.handler("record").handle(event, Clock())
    assert [line["version_id"] for line in _lines(capsys)] == [version, version]


def test_where_the_pseudonym_of_a_key_cannot_be_had_there_is_no_name(aws, capsys, monkeypatch):
    def no_key(*_):
        raise Failed("no_pseudonym_key")

    monkeypatch.setattr(Provisions, "known_as", no_key)
    aws.handler("record").handle(queued(aws.drop("Miller 1937/p.json", PATIENTS)), Clock())
    text = json.dumps(_lines(capsys))
    assert '"message_id": "m0"' in text
    assert "Miller" not in text
