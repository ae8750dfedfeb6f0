"""What `scandrop watch` makes of its looks at queues, ledger and alarms: pure, without AWS, clock or terminal.

Look   what one look brought (`scandrop_cli.watcher` brings it)
Seen   what all looks brought that still counts
View   what is shown of it (`scandrop_cli.watch_view` shows it)
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from scandrop_cli.environment import Environment
from scandrop_cli.records import Record, Version

WINDOW_MINUTES = 15  # what is counted
RATE_MINUTES = 5  # what the rate is taken over

_WINDOW, _RATE = timedelta(minutes=WINDOW_MINUTES), timedelta(minutes=RATE_MINUTES)
_NEWEST = 100


@dataclass(frozen=True)
class Queue:
    """A lane's messages, as SQS counts them: approximately. `tries` is how often it delivers one."""

    waiting: int
    in_work: int
    dead_letters: int
    tries: int


@dataclass(frozen=True)
class Monitored:
    """What CloudWatch told, and when: raised alarms with their texts, and how old the lanes' oldest messages are."""

    at: datetime
    alarms: Mapping[str, str]
    oldest_s: Mapping[str, float]


@dataclass(frozen=True)
class Look:
    """What one look brought. The records are those that changed since the look before."""

    at: datetime
    queues: Mapping[str, Queue]
    records: Sequence[Record]
    monitored: Monitored


@dataclass(frozen=True)
class Row:
    """A lane, or all of them. What is counted is of the last 15 minutes, the rate of the last five.

    oldest_s: seconds since a lane first took the oldest object that is not settled, or the age of the oldest message
    by CloudWatch, whichever is more; None where nothing waits or nothing is known.
    arrivals: objects that a lane took for the first time, by minute, the newest last.
    """

    lane: str
    waiting: int
    in_work: int
    dead_letters: int
    oldest_s: float | None
    per_minute: float
    succeeded: int
    rejected: int
    failed: int
    median_ms: int | None
    p95_ms: int | None
    cost_usd: float
    arrivals: Sequence[int]


@dataclass(frozen=True)
class Trouble:
    """What needs a person, and the command that shows more of it."""

    sentence: str
    command: str


@dataclass(frozen=True)
class View:
    """All that is shown after a look; the newest change is first."""

    environment: str
    at: datetime
    lanes: Sequence[Row]
    total: Row
    troubles: Sequence[Trouble]
    newest: Sequence[Record]


@dataclass(frozen=True)
class Seen:
    """The last look, and the records of all looks that still count: those of the window and those that are open."""

    look: Look
    records: Mapping[Version, Record] = field(default_factory=dict)

    @classmethod
    def after(cls, look: Look, before: "Seen | None" = None) -> "Seen":
        """What is known after a look; a record of an older state, as a late answer brings it, changes nothing."""
        records = dict(before.records) if before else {}
        for record in look.records:
            known = records.get((record.key, record.version_id))
            if known is None or record.updated_at >= known.updated_at:
                records[record.key, record.version_id] = record
        return cls(look, {name: one for name, one in records.items() if _counts(one, look)})


def view(environment: Environment, seen: Seen) -> View:
    """What is shown of an environment."""
    look = seen.look
    records = sorted(seen.records.values(), key=lambda record: record.updated_at, reverse=True)
    rows = [_row(lane, [lane], look, records) for lane in look.queues]
    return View(
        environment=environment.name,
        at=look.at,
        lanes=rows,
        total=_row("all", list(look.queues), look, records),
        troubles=_troubles(environment, rows, records, look.monitored.alarms),
        newest=records[:_NEWEST],
    )


def _counts(record: Record, look: Look) -> bool:
    return _is_open(record, look.queues) or look.at - _moment(record.updated_at) < _WINDOW


def _is_open(record: Record, queues: Mapping[str, Queue]) -> bool:
    """Whether its queue still holds it: what was tried as often as that delivers it is a dead letter."""
    queue = queues.get(record.lane)
    return not record.over and queue is not None and record.attempts < queue.tries + (record.status == "processing")


def _row(name: str, lanes: Sequence[str], look: Look, records: Iterable[Record]) -> Row:
    mine = [record for record in records if record.lane in lanes]
    queues = [look.queues[lane] for lane in lanes]
    lately = [record for record in mine if look.at - _moment(record.updated_at) < _WINDOW]
    settled = [record for record in lately if record.finished_at and record.over]
    durations = sorted(record.duration_ms for record in settled if record.duration_ms is not None)
    statuses = Counter(record.status for record in lately)
    return Row(
        lane=name,
        waiting=sum(queue.waiting for queue in queues),
        in_work=sum(queue.in_work for queue in queues),
        dead_letters=sum(queue.dead_letters for queue in queues),
        oldest_s=max((age for lane in lanes for age in _ages_s(lane, look, mine)), default=None),
        per_minute=sum(look.at - _moment(record.finished_at) < _RATE for record in settled) / RATE_MINUTES,
        succeeded=statuses["succeeded"],
        rejected=statuses["rejected"],
        failed=statuses["failed"],
        median_ms=round(median(durations)) if durations else None,
        p95_ms=durations[math.ceil(0.95 * len(durations)) - 1] if durations else None,
        cost_usd=sum(record.cost_usd or 0 for record in settled),
        arrivals=_by_minute([look.at - _moment(record.received_at) for record in mine if record.received_at]),
    )


def _ages_s(lane: str, look: Look, records: Iterable[Record]) -> list[float]:
    """What is known of how long the lane's open objects have waited; nothing where its queue is empty."""
    if not look.queues[lane].waiting + look.queues[lane].in_work:
        return []
    by_ledger = [
        max(0.0, (look.at - _moment(record.received_at)).total_seconds())  # it may have come while the look was on
        for record in records
        if record.lane == lane and record.received_at and _is_open(record, look.queues)
    ]
    return [*by_ledger, *([look.monitored.oldest_s[lane]] if lane in look.monitored.oldest_s else [])]


def _by_minute(ages: Iterable[timedelta]) -> list[int]:
    counts = Counter(max(age, timedelta()) // timedelta(minutes=1) for age in ages)
    return [counts[minute] for minute in reversed(range(WINDOW_MINUTES))]


def _troubles(
    environment: Environment, rows: Iterable[Row], records: Sequence[Record], alarms: Mapping[str, str]
) -> list[Trouble]:
    name = environment.name
    stalled = Counter(record.lane for record in records if record.stalled)
    return [
        *(
            Trouble(
                f"{row.lane} has {row.dead_letters:,} dead letter{'' if row.dead_letters == 1 else 's'}",
                f"scandrop failures --env {name} --lane {row.lane}",
            )
            for row in rows
            if row.dead_letters
        ),
        *(
            Trouble(
                f"{count:,} in {lane} stalled: their function died",
                f"scandrop status --env {name} --lane {lane} --status processing",
            )
            for lane, count in stalled.items()
        ),
        *(
            Trouble(
                f"{alarm} is raised",
                meaning(text)[1] or f"scandrop doctor --env {name}",
            )
            for alarm, text in alarms.items()
        ),
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def meaning(description: str) -> tuple[str, str]:
    """What an alarm's own text says, with its runbook, and the first command in it; modules/monitoring writes it."""
    said, command = [], ""
    for line in description.splitlines():
        head, _, rest = line.partition(": ")
        if head.startswith(("See", "Try")):
            command = command or rest
        else:
            said.append(line)
    return " ".join(said), command
