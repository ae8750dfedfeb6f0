"""Load and faults at once: bursts of objects, some told twice, workers that are killed, an AWS that is restarted."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from rich.table import Table

from tests.e2e.conftest import Deployed
from tests.load.audit import Audit, waiting
from tests.load.faults import LANES, Killer, echo, restart
from tests.load.traffic import BURST, Drop, bursts

AT_ONCE = 8
DELETED_IN = 25
FASTEST_PER_S = 30  # so that the kills are done before the objects are, on whatever machine


@dataclass(frozen=True)
class Storm:
    """What came of one: the audit of all that was dropped, and what it went through."""

    audit: Audit
    ages_s: list[float]
    killed: int
    restart_s: float
    told_twice: int
    took_s: float

    @cached_property
    def faults(self) -> dict[str, list[str]]:
        """What is lost, was committed twice, or is stale."""
        audit = self.audit
        return {"lost": [*audit.lost()], "duplicates": [*audit.duplicates()], "stale": [*audit.stale()]}

    def tables(self) -> Iterator[Table]:
        """The objects by lane and status, and the figures of the whole."""
        items = self.audit.items.values()
        counts = Counter((item["lane"]["S"], item["status"]["S"]) for item in items)
        statuses = sorted({status for _, status in counts})
        by_lane = _table("lane", *statuses)
        for lane in LANES:
            by_lane.add_row(lane, *(str(counts[lane, status]) for status in statuses))
        yield by_lane
        figures = _table("figure", "value")
        for name, value in self._figures().items():
            figures.add_row(name, f"{value:,.1f}" if isinstance(value, float) else f"{value:,}")
        yield figures

    def _figures(self) -> dict[str, float | int]:
        items = self.audit.items.values()
        ages = sorted(self.ages_s) or [math.nan]
        return {
            "object versions": len(self.audit.drops),
            "keys deleted": len(self.audit.gone),
            "overwritten before their turn": self.audit.unheard(),
            "seconds": self.took_s,
            "versions per second": len(self.audit.drops) / self.took_s,
            "age at its end, p50, s": ages[len(ages) // 2],
            "age at its end, p95, s": ages[len(ages) * 95 // 100],
            "age at its end, oldest, s": ages[-1],
            "events sent again": self.told_twice,
            "workers killed": self.killed,
            "restarts": 1,
            "seconds without AWS": self.restart_s,
            "tries more than one": sum(int(item["attempts"]["N"]) - 1 for item in items),
            "dead letters": sum(self.audit.dead_letters.values()),
            **{name: len(found) for name, found in self.faults.items()},
        }


def rage(deployed: Deployed, *, total: int, kills: int, seed: int, deletes: bool, calms_within_s: float) -> Storm:
    """Drop `total` objects, restart the AWS when half are in, kill workers all along, wait until the queues are empty.

    Raises TimeoutError where the queues are not empty in time.
    """
    began, prefix = time.monotonic(), f"load-{seed}/"
    plan = list(bursts(total, Random(seed), prefix))  # noqa: S311  a seed is to bring the same again
    killer, rain, end = Killer(deployed, kills, total / kills / FASTEST_PER_S), Rain(deployed), began + calms_within_s
    with echo(deployed, prefix) as again, killer:
        for number, burst in enumerate(plan):
            rain.fall(burst)
            if deletes:
                rain.dry_up(burst[::DELETED_IN])
            again.resend()
            if number == (len(plan) - 1) // 2:
                restart_s = restart(deployed)
            calm(deployed, at_most=BURST, end=end)
        calm(deployed, end=end)
    took_s = time.monotonic() - began
    audit = Audit(deployed, prefix, rain.drops)
    ages_s = [_settled_at(audit.items[version]) - at for version, at in rain.fell_at.items() if version in audit.items]
    return Storm(audit, ages_s, killer.killed, restart_s, again.sent, took_s)


class Rain:
    """What is dropped on an environment: `drops` and when each fell, by key and version."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._bucket = deployed.outputs["raw_bucket"]
        self.drops: dict[tuple[str, str], Drop] = {}
        self.fell_at: dict[tuple[str, str], float] = {}

    def fall(self, burst: tuple[Drop, ...]) -> None:
        """PUT a burst, several at once."""
        s3 = self._deployed.client("s3")

        def put(drop: Drop) -> None:
            version = s3.put_object(Bucket=self._bucket, Key=drop.key, Body=drop.body)["VersionId"]
            self.drops[drop.key, version] = drop
            self.fell_at[drop.key, version] = time.time()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(put, burst))

    def dry_up(self, drops: tuple[Drop, ...]) -> None:
        """Delete these keys again, whatever has become of them."""
        s3 = self._deployed.client("s3")
        for drop in drops:
            s3.delete_object(Bucket=self._bucket, Key=drop.key)


def calm(deployed: Deployed, *, at_most: int = 0, end: float = math.inf) -> None:
    """Wait until no more messages than that are in the lanes' queues, twice in a row: one may be on its way."""
    urls = deployed.outputs["queue_urls"].values()
    looks = 0
    while looks < 2:
        left = sum(sum(waiting(deployed, url)) for url in urls)
        looks = looks + 1 if left <= at_most else 0
        if time.monotonic() > end:
            message = f"{left} messages are still in the queues\n{deployed.complaints()[-5000:]}"
            raise TimeoutError(message)
        time.sleep(0.5)


def _settled_at(item: dict[str, Any]) -> float:
    return datetime.fromisoformat(item["updated_at"]["S"]).timestamp()


def _table(name: str, *columns: str) -> Table:
    table = Table(name, box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table
