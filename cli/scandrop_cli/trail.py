"""One object's way through the logs: each line about it in whatever lane, and what Lambda said of those tries.

Each line that a lane logs while it is at work on an object has its ``key`` and ``version_id``; what Lambda says itself
(timeouts, out of memory, reports) has the id of the invocation. An invocation settles a batch: what it said of other
objects is left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from scandrop.events import NULL_VERSION
from scandrop.lanes import lane_of
from scandrop_cli import logs
from scandrop_cli.environment import Environment
from scandrop_cli.errors import Absent, is_denied, is_gone
from scandrop_cli.logs import Line
from scandrop_cli.records import Item, Record, current, version

_LONGEST = timedelta(minutes=16)  # more than any invocation takes
_BEFORE_CLAIM = timedelta(hours=1)  # how long before its claim to look, where the event did not say when it was dropped
_PLAIN = re.compile(r"[\w ./@=+-]*", re.ASCII)  # what means itself between the quotes of a filter pattern
_PATTERN_CHARS = 500  # AWS takes 1,024 in all


@dataclass(frozen=True)
class Subject:
    """The version that is followed. `name` is what logs and ledger call its key; `item` is the ledger's, if any."""

    name: str
    record: Record
    item: Item = field(default_factory=dict)

    @property
    def since(self) -> datetime | None:
        """When it was dropped, as far as that is known."""
        if moment := (self.item.get("event") or {}).get("time"):
            return datetime.fromisoformat(moment)
        if self.record.received_at:
            return datetime.fromisoformat(self.record.received_at) - _BEFORE_CLAIM
        return None


def subject(environment: Environment, key: str, version_id: str | None = None) -> Subject:
    """The newest version of a key, or the one asked for. Raises `Absent` where nothing is known of it."""
    name = environment.known_as(key)
    wanted = version_id or _newest_dropped(environment, key) or current(environment, name)
    if wanted is None:
        raise Absent(f"Nothing is known of {key!r} in {environment.name}.", f"scandrop status --env {environment.name}")
    item = version(environment, name, wanted)
    return Subject(name, Record.of(item) if item else Record(name, "waiting", lane_of(key), wanted), item or {})


def _newest_dropped(environment: Environment, key: str) -> str | None:
    """The newest version in the raw bucket, which no lane may have taken yet; None too for who may not look there."""
    try:
        return environment.s3.head_object(Bucket=environment.raw_bucket, Key=key).get("VersionId", NULL_VERSION)
    except ClientError as error:
        if is_denied(error) or is_gone(error):
            return None
        raise


def read(environment: Environment, lanes: Sequence[str], what: Subject, since: datetime) -> list[Line]:
    """The lines about one object since a moment, oldest first."""
    mine = Selection(what)
    about = [line for lane in lanes for line in _about(environment, lane, what, since) if mine.takes(line)]
    if what.item.get("lane") in lanes and what.item.get("request_id"):
        mine.invocations.setdefault(
            (what.item["lane"], what.item["request_id"]), datetime.fromisoformat(what.item["updated_at"])
        )
    said = [
        line
        for (lane, request_id), seen in list(mine.invocations.items())
        for line in _said(environment, lane, request_id, seen)
        if mine.takes(line)
    ]
    lines = {(line.lane, line.event_id): line for line in (*about, *said)}
    return sorted(lines.values(), key=lambda line: line.moment)


def follow(environment: Environment, lanes: Sequence[str], what: Subject, since: datetime) -> Iterator[Line]:
    """As `read`, and then each line that comes, without an end."""
    mine, now = Selection(what), datetime.now(UTC)
    before = read(environment, lanes, what, since)
    seen = {(line.lane, line.event_id) for line in before if mine.takes(line)}
    yield from before
    for line in logs.follow(environment, lanes, now - timedelta(seconds=10)):
        if mine.takes(line) and (line.lane, line.event_id) not in seen:
            yield line


def why_none(environment: Environment, what: Subject, since: datetime) -> str:
    """Why there is no line about an object."""
    lane = what.record.lane
    groups = environment.logs.describe_log_groups(logGroupNamePrefix=environment.log_groups[lane])["logGroups"]
    days = next((group.get("retentionInDays") for group in groups), None)
    if days and datetime.now(UTC) - since > timedelta(days=days):
        return f"It was dropped on {since:%Y-%m-%d}, and the {lane} lane's log lines are kept for {days} d."
    if not what.item:
        return "No lane has taken it yet, or its lines are not in CloudWatch yet: they come some seconds late."
    return f"There is none since {since:%Y-%m-%d %H:%M} UTC. Look further back with --since."


class Selection:
    """Which lines are about the object; it learns the invocations from those that are, so the lines come in order."""

    def __init__(self, what: Subject) -> None:
        self._what = what
        self.invocations: dict[tuple[str, str], datetime] = {}

    def takes(self, line: Line) -> bool:
        """Whether the line is about the object, or what Lambda said of an invocation that had it."""
        content, request_id = line.content, line.request_id
        if "_aws" in content:  # a metric does not say of which object of a batch it is
            return False
        if "key" in content:
            versions = {self._what.record.version_id, NULL_VERSION}  # an event may leave the version out
            mine = content["key"] == self._what.name and content.get("version_id") in versions
            if mine and request_id:
                self.invocations.setdefault((line.lane, request_id), line.moment)
            return mine
        return "message_id" not in content and (line.lane, request_id) in self.invocations


def _about(environment: Environment, lane: str, what: Subject, since: datetime) -> Iterator[Line]:
    return logs.lines(environment, lane, since, pattern=_pattern(what.name))


def _said(environment: Environment, lane: str, request_id: str, seen: datetime) -> Iterator[Line]:
    """All lines of one invocation that had the object at a moment."""
    return logs.lines(environment, lane, seen - _LONGEST, seen + _LONGEST, pattern=f'"{request_id}"')


def _pattern(name: str) -> str:
    """A filter pattern that holds for every line about a key, and where the key is awkward for some others too."""
    head = _PLAIN.match(name[:_PATTERN_CHARS])[0]  # type: ignore[index]  # it matches nothing too
    return f'{{ $.key = "{head}{"" if head == name else "*"}" }}'
