"""One set of rules for three implementations of AWS: in memory, moto, and MiniStack."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scandrop.aws import Deadline, client, fence
from tests.simulation.services import S3, SQS, DynamoDB, S3Client

type Events = Callable[[int], list[dict[str, Any]]]  # waits until so many have come

EVENTS_COME_WITHIN_S = 3
NAMES = ("memory", "moto", "ministack")


@dataclass
class Aws:
    """S3, DynamoDB and SQS of one implementation, and how time goes by there."""

    s3: Any
    dynamodb: Any
    sqs: Any
    wait: Callable[[float], None]
    fenced: Callable[[Deadline, float], Any]  # a client whose requests are on their way for so many seconds
    events_of: Callable[[str], Events]  # what is told of a bucket from now on
    numbers: count = field(default_factory=lambda: count(1))

    def bucket(self, *, versioned: bool = True) -> str:
        name = f"bucket-{next(self.numbers)}"
        self.s3.create_bucket(Bucket=name)
        if versioned:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def table(self) -> str:
        name = f"table-{next(self.numbers)}"
        keys = ("object_key", "version_id")
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
        )
        return name

    def queue(self, **attributes: str) -> str:
        answer = self.sqs.create_queue(QueueName=f"queue-{next(self.numbers)}", Attributes=attributes)
        return str(answer["QueueUrl"])

    def queue_with_dead_letters(self, receives: int, **attributes: str) -> tuple[str, str]:
        dead = self.queue()
        told = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        policy = json.dumps({"deadLetterTargetArn": told["QueueArn"], "maxReceiveCount": receives})
        return self.queue(RedrivePolicy=policy, **attributes), dead


def in_memory() -> Aws:
    waited_s = [0.0]

    def clock() -> float:
        return time.time() + waited_s[0]

    def wait(seconds: float) -> None:
        waited_s[0] += seconds

    told: list[dict[str, Any]] = []
    s3 = S3(clock, told.append)

    def fenced(deadline: Deadline, late_s: float) -> Any:
        return _Late(S3Client(s3, deadline), lambda: wait(late_s))

    def events_of(bucket: str) -> Events:
        return lambda _count: [event for event in told if event["detail"]["bucket"]["name"] == bucket]

    return Aws(S3Client(s3), DynamoDB(), SQS(clock), wait, fenced, events_of)


def over_http(variables: Mapping[str, str]) -> Aws:
    """By botocore, to what these variables of the environment name."""

    def fenced(deadline: Deadline, late_s: float) -> Any:
        with _environment(variables):
            s3 = client("s3")
            fence(s3, deadline)
        s3.meta.events.register_first("before-send.s3", lambda **_: time.sleep(late_s))
        return s3

    with _environment(variables):
        events = client("events")
        aws = Aws(client("s3"), client("dynamodb"), client("sqs"), time.sleep, fenced, lambda _bucket: list)
    aws.events_of = partial(_events_over_http, aws, events)
    return aws


def _events_over_http(aws: Aws, bridge: Any, bucket: str) -> Events:
    """By a rule of EventBridge to a queue of the bucket's own."""
    queue = aws.queue(VisibilityTimeout="60")
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    bridge.put_rule(
        Name=bucket, EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}})
    )
    bridge.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": arn}])
    aws.s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    came: list[dict[str, Any]] = []

    def wait_for(count: int) -> list[dict[str, Any]]:
        end = time.monotonic() + EVENTS_COME_WITHIN_S
        while len(came) < count and time.monotonic() < end:
            messages = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            came.extend(json.loads(message["Body"]) for message in messages)
            time.sleep(0 if messages else 0.05)
        return came

    return wait_for


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**keys, **variables}.items():
            patch.setenv(name, value)
        yield


class _Late:
    """A client whose requests take their time."""

    def __init__(self, s3: S3Client, travel: Callable[[], None]) -> None:
        self._s3, self._travel = s3, travel

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            arrive = self._s3.prepare(operation, **parameters)
            self._travel()
            return arrive()

        return call


@dataclass(frozen=True)
class Difference:
    """How an implementation differs from AWS, and the page that says what is right there."""

    what: str
    page: str


DIFFERENCES: set[tuple[str, Difference]] = set()  # of all rules that were imported


def rule(**differences: Difference) -> pytest.MarkDecorator:
    """A rule of AWS that each implementation is held to; one that differs fails, and is noticed once it does not."""
    assert differences.keys() <= {"moto", "ministack"}  # the one in memory is the project's own to mend
    DIFFERENCES.update(differences.items())
    marks = {name: [pytest.mark.xfail(strict=True, reason=how.what)] for name, how in differences.items()}
    names = [pytest.param(name, marks=marks.get(name, [])) for name in NAMES]
    return pytest.mark.parametrize("aws", names, indirect=True)


@contextmanager
def refused(code: str, status: int | None = None) -> Iterator[pytest.ExceptionInfo[ClientError]]:
    """The call inside is refused by AWS with this code."""
    with pytest.raises(ClientError) as caught:
        yield caught
    assert caught.value.response["Error"]["Code"] == code
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
