"""Notices: when a batch is through, and what is written about it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from aws_stack import TABLE, Clock, queued, stack

from scandrop.notices import Notices, Settled, written

PATIENTS = b'[{"patient_id": "A12345", "patient_name": "Ikerian A"}]'
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def minutes(count):
    return timedelta(minutes=count)


class Topic:
    def __init__(self):
        self.told = []

    def publish(self, **message):
        self.told.append(message)


class World:
    """An environment whose function looks when the test says so."""

    def __init__(self, aws):
        self.aws, self.topic = aws, Topic()
        dead = {"record": boto3.client("sqs").create_queue(QueueName="record-dead")["QueueUrl"]}
        environ = {
            "SCANDROP_ENVIRONMENT": "test",
            "SCANDROP_QUEUE_URLS": json.dumps(aws.queue_urls),
            "SCANDROP_DEAD_LETTER_QUEUE_URLS": json.dumps(dead),
            "SCANDROP_QUIET_MINUTES": "10",
            "SCANDROP_TABLE": TABLE,
            "SCANDROP_TOPIC_ARN": "arn",
        }
        self.dead = dead["record"]
        self.notices = Notices(environ, boto3.client("sqs"), boto3.client("dynamodb"), self.topic)

    def settle(self, at, key="p.json", body=PATIENTS):
        self.take(self.aws.drop(key, body), at)

    def take(self, event, at):
        """Let the lane settle what an event tells of, and have it settled at that time."""
        self.aws.handler("record", SCANDROP_ON_DELETE="delete").handle(queued(event), Clock())
        items = self.aws.versions(event["detail"]["object"]["key"]).values()
        item = max(items, key=lambda item: item.get("updated_at", ""))
        moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shard = item["status_day"].rpartition("#")[2]
        item |= {"updated_at": moment, "status_day": f"{item['status']}#{at:%Y-%m-%d}#{shard}"}
        boto3.resource("dynamodb").Table(TABLE).put_item(Item=item)

    @property
    def text(self):
        (message,) = self.topic.told
        return message["Message"]


@pytest.fixture
def world():
    with stack() as aws:
        found = World(aws)
        found.notices.look(START)
        yield found


def test_what_was_settled_before_anybody_asked_is_no_news():
    with stack() as aws:
        world = World(aws)
        world.settle(START - minutes(30))
        assert not world.notices.look(START)
        assert not world.notices.look(START + minutes(30))
        assert world.topic.told == []


def test_a_batch_is_told_once_it_has_been_quiet_and_not_again(world):
    world.settle(START + minutes(1))
    assert not world.notices.look(START + minutes(5))
    assert world.notices.look(START + minutes(12))
    assert not world.notices.look(START + minutes(17))
    assert "1 object versions were settled from 2026-11-20T12:01:00.000Z" in world.text


def test_a_batch_goes_on_while_objects_come_within_the_quiet_time(world):
    world.settle(START + minutes(1), "a.json")
    world.settle(START + minutes(9), "b.json")
    assert not world.notices.look(START + minutes(12))
    assert world.notices.look(START + minutes(20))
    assert "2 object versions" in world.text


def test_no_batch_is_through_while_an_object_waits(world):
    world.settle(START + minutes(1))
    world.aws.sqs.send_message(QueueUrl=world.aws.queue_urls["image"], MessageBody="{}")
    assert not world.notices.look(START + minutes(30))
    world.aws.sqs.purge_queue(QueueUrl=world.aws.queue_urls["image"])
    assert world.notices.look(START + minutes(35))


def test_no_batch_is_through_while_an_object_is_in_work(world):
    world.settle(START + minutes(1))
    url = world.aws.queue_urls["nifti"]
    world.aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert world.aws.sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    assert not world.notices.look(START + minutes(30))


def test_where_something_always_comes_a_day_is_told_and_the_rest_next_time(world):
    world.settle(START + minutes(1), "a.json")
    late = START + timedelta(days=1, minutes=20)
    world.settle(late - minutes(2), "b.json")
    assert world.notices.look(late)
    assert "1 object versions" in world.text
    assert world.notices.look(late + minutes(20))
    assert len(world.topic.told) == 2


def test_what_could_not_be_told_is_told_at_the_next_look(world, monkeypatch):
    world.settle(START + minutes(1))
    with monkeypatch.context() as broken:
        broken.setattr(world.topic, "publish", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.notices.look(START + minutes(20))
    assert world.notices.look(START + minutes(25))
    assert "1 object versions" in world.text


def test_a_batch_over_midnight_is_whole(world):
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    world.settle(midnight - minutes(1), "a.json")
    world.settle(midnight + minutes(1), "b.json")
    assert world.notices.look(midnight + minutes(20))
    assert "2 object versions" in world.text


def test_a_batch_of_deletions_alone_is_told(world):
    world.settle(START + minutes(1), "a.jsonl")
    assert world.notices.look(START + minutes(20))
    world.take(world.aws.delete("a.jsonl"), START + minutes(30))
    assert world.notices.look(START + minutes(50))
    assert world.topic.told[1]["Subject"] == "scandrop test: 1 deleted"
    assert "  record             0           0           0           1\n" in world.topic.told[1]["Message"]


def test_dead_letters_are_told_with_the_command_that_lists_them(world):
    world.aws.sqs.send_message(QueueUrl=world.dead, MessageBody="{}")
    world.settle(START + minutes(1))
    assert world.notices.look(START + minutes(20))
    assert "Given up on, in dead-letter queues:\n        1  record" in world.text
    assert "scandrop status --status failed --env test" in world.text


def test_a_notice_counts_by_lane_and_status_and_names_no_key(world):
    world.settle(START + minutes(1), "Miller 1937.json")
    world.settle(START + minutes(2), "bad.json", b"[")
    assert world.notices.look(START + minutes(20))
    assert world.topic.told[0]["Subject"] == "scandrop test: 1 succeeded, 1 rejected"
    assert "  record             1           1           0           0\n" in world.text
    assert "        1  invalid_json\n" in world.text
    assert "Miller" not in world.text


def test_a_notice_reads_as_the_page_shows_it():
    page = (Path(__file__).resolve().parents[2] / "docs/events.md").read_text()
    first, last = "2026-11-21T09:30:00.535Z", "2026-11-21T09:30:04.101Z"
    batch = [
        Settled("image", "succeeded", "", first),
        Settled("image", "succeeded", "", last),
        Settled("image", "succeeded", "", last),
        Settled("image", "rejected", "image_damaged", last),
        Settled("nifti", "succeeded", "", last),
    ]
    subject, text = written("dev", batch, {})
    assert f"```text\n{subject}\n\n{text}```" in page
