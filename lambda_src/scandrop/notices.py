"""Notices: a message to people when a batch is through.

A batch is all that was settled since the last notice. It is through when the lanes' queues are empty, with nothing in
work, and nothing was settled for `quiet` minutes; where that never comes, because objects trickle in, after a day.
A notice may come twice, never not at all: what was told is written down after it was.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scandrop import aws
from scandrop.ledger import SHARDS, iso
from scandrop.queues import depth
from scandrop.statuses import SETTLED

_AT_LATEST = timedelta(days=1)
_LOOK_BACK = timedelta(days=7)  # after a longer pause, such as a switched-off week, older ones are no news
_TOLD = {"object_key": {"S": "#notices"}, "version_id": {"S": "#told"}}  # no object's item has this version


@dataclass(frozen=True)
class Settled:
    """One settled object version, as the index by status has it."""

    lane: str
    status: str
    error_code: str
    at: str


class Notices:
    """One environment's ledger, queues and topic. The clients are SQS's, DynamoDB's and SNS's."""

    def __init__(self, environ: Mapping[str, str], sqs: aws.Client, dynamodb: aws.Client, sns: aws.Client) -> None:
        self._environment = environ["SCANDROP_ENVIRONMENT"]
        self._queues: dict[str, str] = json.loads(environ["SCANDROP_QUEUE_URLS"])
        self._dead: dict[str, str] = json.loads(environ["SCANDROP_DEAD_LETTER_QUEUE_URLS"])
        self._quiet = timedelta(minutes=float(environ["SCANDROP_QUIET_MINUTES"]))
        self._table = environ["SCANDROP_TABLE"]
        self._topic = environ["SCANDROP_TOPIC_ARN"]
        self._sqs, self._dynamodb, self._sns = sqs, dynamodb, sns

    def look(self, now: datetime) -> bool:
        """Tell of the batch that is through by `now`, if one is; returns whether there was one."""
        told_until = self._told_until()
        until = now - self._quiet  # by then the indexes have all that was written
        if told_until is None:  # the first look: what was settled before anybody asked for notices is no news
            self._remember(iso(until))
            return False
        since = max(told_until, iso(now - _LOOK_BACK))
        settled = list(self._settled_between(since, now))
        batch = [one for one in settled if one.at <= iso(until)]
        if not batch:
            return False
        overdue = min(one.at for one in batch) < iso(until - _AT_LATEST)
        if not overdue and (len(batch) < len(settled) or self._are_busy()):
            return False
        self._tell(batch)
        self._remember(iso(until))
        return True

    def _tell(self, batch: list[Settled]) -> None:
        dead = {lane: count for lane, url in self._dead.items() if (count := depth(self._sqs, url))}
        subject, text = written(self._environment, batch, dead)
        self._sns.publish(TopicArn=self._topic, Subject=subject, Message=text)

    def _are_busy(self) -> bool:
        return any(depth(self._sqs, url) for url in self._queues.values())

    def _told_until(self) -> str | None:
        item = self._dynamodb.get_item(TableName=self._table, Key=_TOLD, ConsistentRead=True).get("Item")
        return str(item["told_until"]["S"]) if item else None

    def _remember(self, until: str) -> None:
        self._dynamodb.update_item(
            TableName=self._table,
            Key=_TOLD,
            UpdateExpression="SET told_until = :until",
            ExpressionAttributeValues={":until": {"S": until}},
        )

    def _settled_between(self, since: str, now: datetime) -> Iterator[Settled]:
        first, last = datetime.fromisoformat(since).date(), now.date()
        for days in range((last - first).days + 1):
            for status in SETTLED:
                for shard in range(SHARDS):
                    yield from self._settled_on(f"{status}#{first + timedelta(days)}#{shard}", since)

    def _settled_on(self, status_day: str, since: str) -> Iterator[Settled]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_status",
            KeyConditionExpression="status_day = :place AND updated_at > :since",
            ProjectionExpression="lane, #status, error_code, updated_at",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":place": {"S": status_day}, ":since": {"S": since}},
        )
        for page in pages:
            for item in page["Items"]:
                yield _settled(item)


def _settled(item: Mapping[str, Mapping[str, Any]]) -> Settled:
    code = item.get("error_code", {}).get("S", "")
    return Settled(item["lane"]["S"], item["status"]["S"], code, item["updated_at"]["S"])


def written(environment: str, batch: list[Settled], dead: Mapping[str, int]) -> tuple[str, str]:
    """A notice's subject and text: counts, reasons and commands; no key, which a mailbox has no need to know."""
    by_status = Counter(one.status for one in batch)
    counts = [f"{by_status[status]} {status}" for status in SETTLED if by_status[status]]
    begun, ended = min(one.at for one in batch), max(one.at for one in batch)
    lines = [
        f"A batch is through in {environment}: {len(batch)} object versions were settled from {begun} to {ended}.",
        "",
        *_table(batch),
        "",
    ]
    rejections = Counter(one.error_code for one in batch if one.status == "rejected")
    if rejections:
        lines += ["Rejected, by reason:", *(f"  {count:>7}  {code}" for code, count in rejections.most_common()), ""]
    if dead:
        lines += ["Given up on, in dead-letter queues:", *(f"  {count:>7}  {lane}" for lane, count in dead.items()), ""]
    lines += ["See them:", *(f"  {command}" for command in _commands(environment, begun, by_status, dead))]
    return f"scandrop {environment}: {', '.join(counts)}", "\n".join(lines) + "\n"


def _table(batch: list[Settled]) -> Iterator[str]:
    counts = Counter((one.lane, one.status) for one in batch)
    yield f"  {'lane':<8}" + "".join(f"{status:>12}" for status in SETTLED)
    for lane in sorted({lane for lane, _ in counts}):
        yield f"  {lane:<8}" + "".join(f"{counts[lane, status]:>12}" for status in SETTLED)


def _commands(environment: str, begun: str, by_status: Mapping[str, int], dead: Mapping[str, int]) -> Iterator[str]:
    yield f"scandrop status --since {begun} --env {environment}"
    if by_status.get("rejected"):
        yield f"scandrop status --status rejected --since {begun} --env {environment}"
    if dead:
        yield f"scandrop status --status failed --env {environment}"


def handle(_event: Mapping[str, Any], _context: object) -> dict[str, bool]:
    """What the schedule calls."""
    notices = Notices(os.environ, aws.client("sqs"), aws.client("dynamodb"), aws.client("sns"))
    return {"told": notices.look(datetime.now(UTC))}
