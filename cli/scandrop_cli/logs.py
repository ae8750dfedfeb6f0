"""The lanes' logs: several groups merged by time, followed as they grow, and made readable."""

import heapq
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from rich.text import Text

from scandrop_cli.environment import Environment
from scandrop_cli.terminal import plain

_POLL_S = 2.0
_AHEAD = timedelta(minutes=5)  # by so much a function's clock may differ
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


_NAMES = {"key", "message_id", "version_id"}
_REPORT = "report of the whole batch"  # an invocation settles up to a batch of objects
_REPORTED = (  # as we call it, as the platform does in JSON, and in text
    ("took_ms", "durationMs", "Duration"),
    ("billed_ms", "billedDurationMs", "Billed Duration"),
    ("memory_mb", "memorySizeMB", "Memory Size"),
    ("used_mb", "maxMemoryUsedMB", "Max Memory Used"),
)
_REQUEST_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Line:
    """One event of a lane's log group; `event_id` is unique in it."""

    time_ms: int
    lane: str
    event_id: str
    message: str

    @property
    def moment(self) -> datetime:
        """When it was written, as it says itself; else when the log took it, which may be later."""
        try:
            return datetime.fromisoformat(self.content.get("timestamp", "")).astimezone(UTC)
        except (TypeError, ValueError):
            return datetime.fromtimestamp(self.time_ms / 1000, UTC)

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The line's fields; of what is no JSON, its text as ``message``."""
        try:
            content = json.loads(self.message)
        except ValueError:
            content = None
        return content if isinstance(content, dict) else {"message": self.message.rstrip()}

    @property
    def request_id(self) -> str | None:
        """The invocation that it is of, whoever wrote it: the lane, Lambda in JSON or Lambda in plain text."""
        told = self.content.get("record")
        told = told if isinstance(told, dict) else {}
        found = self.content.get("request_id") or self.content.get("requestId") or told.get("requestId")
        if found is None and (anywhere := _REQUEST_ID.search(str(self.content.get("message", "")))):
            return anywhere[0]
        return found


def read(environment: Environment, lanes: Sequence[str], since: datetime) -> Iterator[Line]:
    """The lanes' lines since a moment, oldest first."""
    return heapq.merge(*(lines(environment, lane, since) for lane in lanes), key=lambda line: line.time_ms)


def follow(environment: Environment, lanes: Sequence[str], since: datetime) -> Iterator[Line]:
    """As `read`, and then each line that comes, without an end."""
    seen: dict[str, int] = {}
    newest_ms = _ms(since) + _LATE_MS
    while True:
        from_ms = newest_ms - _LATE_MS
        for line in read(environment, lanes, datetime.fromtimestamp(from_ms / 1000, UTC)):
            if line.event_id not in seen:
                seen[line.event_id] = line.time_ms
                newest_ms = max(newest_ms, line.time_ms)
                yield line
        seen = {event_id: time_ms for event_id, time_ms in seen.items() if time_ms >= from_ms}
        time.sleep(_POLL_S)


def readable(line: Line, *, of_one: bool = False) -> Text | None:
    """A line for people, or None for one that tells them nothing: a metric, or the platform's word that all is well.

    Among the lines of one object its name is left out, and what the platform reports of time and memory is told.
    """
    if of_one and (report := _report(line)):
        return _shown(line, report, _LEFT_OUT)
    if "_aws" in line.content or _is_calm(line):
        return None
    named = {"message_id"} if "key" in line.content else set()  # whoever has the one does not need the other
    return _shown(line, line.content, _LEFT_OUT | (_NAMES if of_one else named))


def _is_calm(line: Line) -> bool:
    if str(line.content.get("type", "")).startswith("platform."):
        return bool(line.content.get("record", {}).get("status", "success") == "success")
    return line.message.startswith(_BOOKKEEPING)


def _report(line: Line) -> Mapping[str, Any] | None:
    """What the platform says of an invocation at its end, alike in both of its formats."""
    if line.content.get("type") == "platform.report":
        told = line.content.get("record", {})
        metrics, status = told.get("metrics", {}), told.get("status", "success")
        trouble = {} if status == "success" else {"level": "ERROR", "status": status, "error": told.get("errorType")}
        return {"message": _REPORT, **trouble, **{name: metrics.get(json_name) for name, json_name, _ in _REPORTED}}
    if not line.message.startswith("REPORT "):
        return None
    parts = dict(part.split(": ", 1) for part in line.message.rstrip().split("\t") if ": " in part)
    return {"message": _REPORT, **{name: parts.get(label, "").partition(" ")[0] for name, _, label in _REPORTED}}


def _shown(line: Line, content: Mapping[str, Any], left_out: AbstractSet[str]) -> Text:
    moment = line.moment.isoformat(timespec="milliseconds")[11:23]
    level = str(content.get("level", ""))
    message = str(content.get("message", content.get("type", "")))
    text = Text.assemble(
        (moment, "dim"), f"  {line.lane:<6} ", (f"{level:<8}", _LEVELS.get(level, "dim")), plain(message)
    )
    for name, value in content.items():
        if name not in left_out and value not in (None, ""):
            text.append(f"  {plain(name)}=", style="dim").append(
                plain(value if isinstance(value, str) else json.dumps(value))
            )
    for trace_line in str(content.get("exception", "")).splitlines():
        text.append(f"\n    {plain(trace_line)}", style="dim")
    return text


def lines(
    environment: Environment, lane: str, since: datetime, until: datetime | None = None, pattern: str = ""
) -> Iterator[Line]:
    """One lane's lines of a time, oldest first; `pattern` is a filter pattern of CloudWatch's."""
    pages = environment.logs.get_paginator("filter_log_events").paginate(
        logGroupName=environment.log_groups[lane],
        startTime=_ms(since),
        endTime=_ms(until or datetime.now(UTC) + _AHEAD),
        filterPattern=pattern,
    )
    for page in pages:
        for event in page["events"]:
            # the emulator gives its lines no id
            event_id = event.get("eventId") or f"{event['logStreamName']} {event['timestamp']} {event['message']}"
            yield Line(event["timestamp"], lane, event_id, event["message"])


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
