"""The lanes' logs: several groups merged by time, followed as they grow, and made readable."""

import heapq
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from scandrop_cli.environment import Environment
from scandrop_cli.terminal import plain

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_POLL_S = 2.0
_LATE_MS = 10_000  # CloudWatch may bring a line that much after a younger one

_LEVELS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
_BOOKKEEPING = ("INIT_START", "START ", "END ", "REPORT ")
_LEFT_OUT = {  # shown apart, or of no use beside the rest
    "exception",
    "exception_name",
    "lane",
    "level",
    "location",
    "message",
    "request_id",
    "service",
    "stack_trace",
    "timestamp",
    "xray_trace_id",
}


@dataclass(frozen=True)
class Line:
    """One event of a lane's log group; `event_id` is unique in it."""

    time_ms: int
    lane: str
    event_id: str
    message: str


def read(environment: Environment, lanes: Sequence[str], since: datetime) -> Iterator[Line]:
    """The lanes' lines since a moment, oldest first."""
    start_ms = int(since.timestamp() * 1000)
    groups = [_lines(environment.logs, lane, environment.log_groups[lane], start_ms) for lane in lanes]
    return heapq.merge(*groups, key=lambda line: line.time_ms)


def follow(environment: Environment, lanes: Sequence[str], since: datetime) -> Iterator[Line]:
    """As `read`, and then each line that comes, without an end."""
    seen: dict[str, int] = {}
    newest_ms = int(since.timestamp() * 1000) + _LATE_MS
    while True:
        from_ms = newest_ms - _LATE_MS
        for line in read(environment, lanes, datetime.fromtimestamp(from_ms / 1000, UTC)):
            if line.event_id not in seen:
                seen[line.event_id] = line.time_ms
                newest_ms = max(newest_ms, line.time_ms)
                yield line
        seen = {event_id: time_ms for event_id, time_ms in seen.items() if time_ms >= from_ms}
        time.sleep(_POLL_S)


def readable(line: Line) -> Text | None:
    """A line for people, or None for one that tells them nothing: a metric, or the platform's word that all is well."""
    try:
        content = json.loads(line.message)
    except ValueError:
        content = None
    if isinstance(content, dict):
        if "_aws" in content or _is_calm(content):
            return None
        return _shown(line, content)
    return None if line.message.startswith(_BOOKKEEPING) else _shown(line, {"message": line.message.rstrip()})


def _is_calm(content: Mapping[str, Any]) -> bool:
    is_platform = str(content.get("type", "")).startswith("platform.")
    return is_platform and content.get("record", {}).get("status", "success") == "success"


def _shown(line: Line, content: Mapping[str, Any]) -> Text:
    moment = datetime.fromtimestamp(line.time_ms / 1000, UTC).isoformat(timespec="milliseconds")[11:23]
    level = str(content.get("level", ""))
    message = str(content.get("message", content.get("type", "")))
    text = Text.assemble(
        (moment, "dim"), f"  {line.lane:<7}", (f"{level:<8}", _LEVELS.get(level, "dim")), plain(message)
    )
    for name, value in content.items():
        if name not in _LEFT_OUT:
            text.append(f"  {plain(name)}=", style="dim").append(
                plain(value if isinstance(value, str) else json.dumps(value))
            )
    for trace_line in str(content.get("exception", "")).splitlines():
        text.append(f"\n    {plain(trace_line)}", style="dim")
    return text


def _lines(client: "CloudWatchLogsClient", lane: str, group: str, start_ms: int) -> Iterator[Line]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start_ms)
    for page in pages:
        for event in page["events"]:
            # the emulator gives its lines no id
            event_id = event.get("eventId") or f"{event['logStreamName']} {event['timestamp']} {event['message']}"
            yield Line(event["timestamp"], lane, event_id, event["message"])
