"""Waiting until objects are settled: by their keys, or until the lanes' queues are empty."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from botocore.exceptions import ClientError

from scandrop.events import NULL_VERSION
from scandrop.lanes import lane_of
from scandrop.queues import depth
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.errors import is_gone
from scandrop_cli.records import Item, Record, current, is_at_work, versions

_POLL_S = 0.5
_EMPTY_POLLS = 3  # the counts are approximate: one zero alone may be wrong


def settle(
    environment: Environment,
    keys: Iterable[str],
    *,
    timeout_s: float,
    on_change: Callable[[Sequence[Record]], object] = lambda _: None,
) -> list[Record]:
    """Wait until the newest version of each key is over, or the time is; tells `on_change` after each look.

    A version is over when it is settled or given up by its queue. The records have the keys as they were given.
    """
    records = {key: Record(key, "missing", lane_of(key)) for key in keys}
    tries = tries_of(environment)
    deadline = time.monotonic() + timeout_s
    while True:
        began = time.monotonic()
        records |= _look(environment, [record for record in records.values() if not record.over], tries)
        on_change(list(records.values()))
        if all(record.over for record in records.values()) or time.monotonic() >= deadline:
            return list(records.values())
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


def under_raw_names(environment: Environment, keys: Sequence[str]) -> list[str]:
    """Those of the keys that the ledger knows by their raw names alone: no lane will settle them by their pseudonyms.

    They were settled before the environment's keys became pseudonymous. Elsewhere there are none.
    """
    if not environment.pseudonymous_keys:
        return []

    def is_old(key: str) -> bool:
        name = environment.known_as(key)
        return name != key and current(environment, name) is None and current(environment, key) is not None

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [key for key, old in zip(keys, pool.map(is_old, keys), strict=True) if old]


def keys_under(environment: Environment, prefix: str) -> Iterator[str]:
    """The keys of the raw bucket that begin so, without the markers that only make a folder show."""
    pages = environment.s3.get_paginator("list_objects_v2").paginate(Bucket=environment.raw_bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            if entry["Size"] or not entry["Key"].endswith("/"):
                yield entry["Key"]


def _look(environment: Environment, pending: Sequence[Record], tries: Mapping[str, int]) -> dict[str, Record]:
    arrived = _with_versions(environment, pending)
    names = {record.key: environment.known_as(record.key) for record in arrived}
    items = versions(environment, [(names[record.key], record.version_id) for record in arrived if record.version_id])
    return {record.key: _now(record, items.get((names[record.key], record.version_id)), tries) for record in arrived}


def _with_versions(environment: Environment, pending: Sequence[Record]) -> list[Record]:
    """Each key's newest version, asked for once; a version that is overtaken later settles as superseded."""
    s3 = environment.s3

    def with_version(record: Record) -> Record:
        if record.version_id:
            return record
        if environment.pseudonymous_keys and environment.known_as(record.key) == record.key:
            return _in_ledger(environment, record)
        try:
            head = s3.head_object(Bucket=environment.raw_bucket, Key=record.key)
        except ClientError as error:
            if is_gone(error):
                return record
            raise
        return replace(
            record, status="waiting", version_id=head.get("VersionId", NULL_VERSION), size_bytes=head["ContentLength"]
        )

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(with_version, pending))


def _in_ledger(environment: Environment, record: Record) -> Record:
    """The newest version of a pseudonymous key: the raw bucket does not know it, a lane that took it does."""
    return replace(record, status="waiting", version_id=current(environment, record.key) or "")


def _now(before: Record, item: Item | None, tries: Mapping[str, int]) -> Record:
    if item is None:
        return before
    return as_of_now(replace(Record.of(item), key=before.key), item, tries)


def as_of_now(record: Record, item: Item, tries: Mapping[str, int]) -> Record:
    """A record whose status says, too, where its queue has given it up."""
    if record.over or is_at_work(item) or record.attempts < tries.get(record.lane, 0):
        return record
    return replace(record, status="given_up")


def tries_of(environment: Environment) -> dict[str, int]:
    """How often each lane's queue delivers a message before it goes to the dead letters."""
    sqs = environment.sqs
    tries = {}
    for lane, url in environment.queue_urls.items():
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
        tries[lane] = int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"])
    return tries


def dead_letters(environment: Environment, lanes: Iterable[str]) -> dict[str, int]:
    """How many messages some lanes' dead-letter queues hold; of what failed before its claim no more is known."""
    urls = environment.dead_letter_queue_urls
    return {lane: depth(environment.sqs, urls[lane]) for lane in lanes if lane in urls}


def messages(environment: Environment, lanes: Iterable[str]) -> dict[str, int]:
    """How many messages some lanes' queues hold, whether they wait or are in work."""
    return {lane: depth(environment.sqs, environment.queue_urls[lane]) for lane in lanes}


def _messages(environment: Environment) -> int:
    return sum(messages(environment, environment.queue_urls).values())
