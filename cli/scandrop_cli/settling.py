"""Waiting until objects are settled: by their keys, or until the lanes' queues are empty."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scandrop_cli import records
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.records import Record

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_POLL_S = 0.5
_EMPTY_POLLS = 3  # the counts are approximate: one zero alone may be wrong
_COUNTS: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


@dataclass(frozen=True)
class Awaited:
    """How far a key's newest version has come.

    version_id: None until the object is in the raw bucket.
    record: None until a lane has taken the version.
    over: settled, or given up by its queue.
    """

    key: str
    version_id: str | None = None
    record: Record | None = None
    over: bool = False

    @property
    def good(self) -> bool:
        return self.record is not None and self.record.good


def settle(
    environment: Environment,
    keys: Iterable[str],
    *,
    timeout_s: float,
    on_change: Callable[[Sequence[Awaited]], object] = lambda _: None,
) -> list[Awaited]:
    """Wait until the newest version of each key is over, or the time is; tells `on_change` after each look."""
    awaited = {key: Awaited(key) for key in keys}
    tries = _tries(environment)
    deadline = time.monotonic() + timeout_s
    while True:
        began = time.monotonic()
        pending = [one for one in awaited.values() if not one.over]
        awaited |= {one.key: one for one in _look(environment, pending, tries)}
        on_change(list(awaited.values()))
        if all(one.over for one in awaited.values()) or time.monotonic() >= deadline:
            return list(awaited.values())
        time.sleep(max(_POLL_S, time.monotonic() - began))


def drain(environment: Environment, *, timeout_s: float, on_change: Callable[[int], object] = lambda _: None) -> int:
    """Wait until the lanes' queues are empty, or the time is over; returns how many messages they still hold."""
    deadline = time.monotonic() + timeout_s
    empty_polls = 0
    while True:
        messages = _messages(environment)
        on_change(messages)
        empty_polls = 0 if messages else empty_polls + 1
        if empty_polls == _EMPTY_POLLS or time.monotonic() >= deadline:
            return messages
        time.sleep(_POLL_S)


def keys_under(environment: Environment, prefix: str) -> Iterator[str]:
    """The keys of the raw bucket that begin so, without the markers that only make a folder show."""
    pages = environment.s3.get_paginator("list_objects_v2").paginate(Bucket=environment.raw_bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            if entry["Size"] or not entry["Key"].endswith("/"):
                yield entry["Key"]


def _look(environment: Environment, pending: Sequence[Awaited], tries: Mapping[str, int]) -> Iterator[Awaited]:
    arrived = [one for one in _with_versions(environment, pending) if one.version_id]
    found = records.versions(environment, [(one.key, str(one.version_id)) for one in arrived])
    for one in arrived:
        record = found.get((one.key, str(one.version_id)))
        yield replace(one, record=record, over=record is not None and _is_over(record, tries))


def _with_versions(environment: Environment, pending: Sequence[Awaited]) -> list[Awaited]:
    """Each key's newest version, asked for once; a version that is overtaken later settles as superseded."""
    s3 = environment.s3

    def with_version(one: Awaited) -> Awaited:
        if one.version_id:
            return one
        try:
            head = s3.head_object(Bucket=environment.raw_bucket, Key=one.key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return one
            raise
        return replace(one, version_id=head["VersionId"])

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(with_version, pending))


def _is_over(record: Record, tries: Mapping[str, int]) -> bool:
    """Settled, or tried as often as the queue does it without anybody still at work."""
    if record.settled:
        return True
    at_work = record.status == "processing" and record.lease_until > datetime.now(UTC).isoformat()
    return record.attempts >= tries[record.lane] and not at_work


def _tries(environment: Environment) -> dict[str, int]:
    """How often each lane's queue delivers a message before it goes to the dead letters."""
    sqs = environment.sqs
    tries = {}
    for lane, url in environment.queue_urls.items():
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
        tries[lane] = int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"])
    return tries


def _messages(environment: Environment) -> int:
    sqs = environment.sqs
    answers = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
        for url in environment.queue_urls.values()
    ]
    return sum(int(answer[name]) for answer in answers for name in _COUNTS)
