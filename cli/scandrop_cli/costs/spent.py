"""What was spent on objects, by the ledger's measurements and the one table of prices."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scandrop.pricing import calls, cost_usd, gb_seconds
from scandrop_cli.environment import Environment
from scandrop_cli.records import Question, Record, recent

TIERED_BYTES = 128 * 1024  # what is smaller is neither moved nor watched


@dataclass
class Spent:
    """What some objects took together.

    moved: raw objects that a rule moves to Intelligent-Tiering; derivatives are put there at once.
    watched: raw objects and derivatives that it watches.

    unmeasured: objects without a measured try, whose function died, or which a newer version overtook.
    older: objects of which a package before these measurements kept neither memory nor bytes out.
    """

    objects: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    gb_seconds: float = 0.0
    requests: int = 0
    usd: float = 0.0
    moved: int = 0
    watched: int = 0
    unmeasured: int = 0
    older: int = 0

    @property
    def usd_per_1000(self) -> float:
        return self.usd / self.objects * 1000 if self.objects else 0.0

    def add(self, record: Record) -> None:
        """Count one object; each of its tries is taken to be as dear as the last, which is the one measured."""
        tries = max(record.attempts, 1)
        derivatives, size_bytes, bytes_out = record.derivatives or 0, record.size_bytes or 0, record.bytes_out or 0
        each_usd = cost_usd(record.lane, 0, 0, derivatives) if record.cost_usd is None else record.cost_usd
        self.objects += 1
        self.bytes_in += size_bytes
        self.bytes_out += bytes_out
        self.gb_seconds += tries * gb_seconds(record.duration_ms or 0, record.memory_mb or 0)
        self.requests += tries * sum(calls(record.lane, derivatives).values())
        self.usd += tries * each_usd
        self.moved += size_bytes >= TIERED_BYTES
        self.watched += (size_bytes >= TIERED_BYTES) + _large(derivatives, bytes_out)
        self.unmeasured += record.cost_usd is None
        self.older += record.cost_usd is not None and record.memory_mb is None


def _large(derivatives: int, bytes_out: int) -> int:
    """How many of an object's derivatives are taken to be large, where only their sum is known."""
    return min(derivatives, bytes_out // TIERED_BYTES)


GROUPS: Mapping[str, Callable[[Record], str]] = {
    "lane": lambda record: record.lane,
    "day": lambda record: record.updated_at[:10],
    "prefix": lambda record: f"{record.key.partition('/')[0]}/" if "/" in record.key else "(no folder)",
}


def spent_since(environment: Environment, since: datetime, on_days: Callable[[int], object]) -> list[Record]:
    """Every object version that changed since a moment; `on_days` hears how many days have been read."""
    return recent(environment, Question(since, sys.maxsize), on_days)


def grouped(records: Iterable[Record], by: str) -> dict[str, Spent]:
    """What each group of objects took, in the order of their names."""
    groups: dict[str, Spent] = {}
    for record in records:
        groups.setdefault(GROUPS[by](record), Spent()).add(record)
    return dict(sorted(groups.items()))


def total(records: Iterable[Record]) -> Spent:
    everything = Spent()
    for record in records:
        everything.add(record)
    return everything
