"""When a message that failed comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from scandrop.dead_letters import DeadLetters
from scandrop.errors import Failed
from scandrop.lane_queue import LaneQueue


class Recorder:
    """An SQS client that notes what it is asked, and refuses where it is told to."""

    def __init__(self, refusal=None):
        self.asked = []
        self._refusal = refusal

    def change_message_visibility(self, **request):
        self.asked.append(request)
        if self._refusal:
            raise self._refusal

    def send_message(self, **request):
        self.asked.append(request)


def given_back(sqs, message, failure):
    """As most messages are that fail: not for the last time."""
    letters = DeadLetters("dead", 5, lambda: pytest.fail("asked for the dead letters"))
    assert not LaneQueue("url", letters, lambda: sqs).keeps(message, failure, None, "request-1")


def record(receives):
    return {"receiptHandle": "handle", "attributes": {"ApproximateReceiveCount": str(receives)}}


@pytest.mark.parametrize(("receives", "seconds"), [(1, 30), (2, 60), (4, 240)])
def test_each_further_try_is_given_twice_as_long(receives, seconds):
    sqs = Recorder()
    given_back(sqs, record(receives), Failed("disk_full"))
    assert sqs.asked == [{"QueueUrl": "url", "ReceiptHandle": "handle", "VisibilityTimeout": seconds}]


@pytest.mark.parametrize("receives", [1, 4])
def test_a_message_whose_object_another_try_holds_comes_back_when_that_ones_lease_is_over(receives):
    sqs, until = Recorder(), datetime.now(UTC) + timedelta(seconds=600)
    given_back(sqs, record(receives), Failed("leased", until=until.isoformat()))
    assert 600 < sqs.asked[0]["VisibilityTimeout"] <= 610


def test_a_message_whose_object_was_let_go_since_comes_back_soon():
    sqs = Recorder()
    given_back(sqs, record(1), Failed("leased", until="2020-01-01T00:00:00.000Z"))
    assert sqs.asked[0]["VisibilityTimeout"] == 10


def test_a_refusal_of_sqs_costs_nothing_but_time():
    refusal = ClientError({"Error": {"Code": "AccessDenied"}}, "ChangeMessageVisibility")
    sqs = Recorder(refusal)
    given_back(sqs, record(1), Failed("disk_full"))
    assert len(sqs.asked) == 1


def test_a_message_that_was_deleted_since_begins_anew():
    refusal = ClientError({"Error": {"Code": "InvalidParameterValue"}}, "ChangeMessageVisibility")
    sqs = Recorder(refusal)
    given_back(sqs, record(1) | {"body": "the body"}, Failed("disk_full"))
    assert sqs.asked[1:] == [{"QueueUrl": "url", "MessageBody": "the body", "DelaySeconds": 30}]


def test_no_client_is_made_where_nothing_failed():
    LaneQueue("url", DeadLetters("dead", 5, pytest.fail), lambda: pytest.fail("made a client"))
