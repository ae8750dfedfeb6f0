"""What a lane function tells of itself: JSON logs, EMF metrics, X-Ray subsegments. Never a value of the input.

Powertools writes logs and metrics. Traces go straight to the X-Ray daemon as its UDP protocol has it (AWS X-Ray
Developer Guide, "Sending segment documents to the X-Ray daemon"), since importing the SDK takes longer than
everything else together.
"""

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from scandrop.errors import Failed
from scandrop.events import RawObject

_ABOUT = ("message_id", "key", "version_id")  # whose line it is, so that `scandrop logs --key` finds it
_MEASURES = {"DurationMs": "duration_ms", "PeakMemoryMb": "peak_memory_mb", "CostUsd": "cost_usd"}
_UNITS = {"Ms": MetricUnit.Milliseconds, "Mb": MetricUnit.Megabytes, "Usd": MetricUnit.NoUnit}
# Such tries come with duplicates, overwrites and full batches: nothing is wrong.
_ORDINARY = {"busy", "conflict", "lease_over", "leased", "lost_race", "out_of_time"}
_DAEMON_HEADER = b'{"format": "json", "version": 1}\n'


class Telemetry:
    """One lane's logs, metrics and traces."""

    def __init__(self, lane: str) -> None:
        self.log = Logger(child=False, utc=True)
        self.log.append_keys(lane=lane)
        self._lane = lane
        self._cold = True

    def start(self, request_id: str) -> None:
        """Begin one invocation: its request id goes on each line, and the first one counts as a cold start."""
        self.log.remove_keys(_ABOUT)
        self.log.append_keys(request_id=request_id)
        if self._cold:
            self._emit({"ColdStart": 1}, {})
            self._cold = False

    def take_message(self, message_id: str) -> None:
        """From here on each line is about this message, and no longer about the objects of the one before."""
        self.log.remove_keys(_ABOUT)
        self.log.append_keys(message_id=message_id)

    def take_object(self, raw: RawObject) -> None:
        """From here on each line is about this object, whatever comes of it."""
        self.log.append_keys(key=raw.known_as, version_id=raw.version_id)

    def settled(self, status: str, raw: RawObject, facts: Mapping[str, Any]) -> None:
        """Count one object that reached `status`, with what the ledger was told that it took.

        A metric costs by its name and lane, so few of them are metrics; the rest can be asked for in the logs.
        """
        measures = {name: facts[fact] for name, fact in _MEASURES.items() if facts.get(fact) is not None}
        age_ms = _age_ms(raw)
        measures |= {} if age_ms is None else {"AgeMs": age_ms}
        phases = {f"{phase.capitalize()}Ms": took for phase, took in facts["phases_ms"].items()}
        told = {
            "status": status,
            "key": raw.known_as,
            "BytesIn": raw.size_bytes,
            "BytesOut": facts["bytes_out"],
            **phases,
        }
        told |= {"error_code": facts["error_code"]} if facts.get("error_code") else {}
        self._emit({"Rejected": int(status == "rejected"), "FailedTry": 0, **measures}, told)

    def failed(self, failure: Failed) -> None:
        """Say why the message goes back to its queue."""
        self.log.warning(str(failure), extra={"error_code": failure.code})
        if failure.code not in _ORDINARY:
            self._emit({"FailedTry": 1}, {"error_code": failure.code})

    def _emit(self, values: Mapping[str, float], told: Mapping[str, Any]) -> None:
        """One line: `values` become metrics of the lane, and what is `told` beside them stays in the log."""
        metrics = EphemeralMetrics()
        metrics.add_dimension("lane", self._lane)
        for name, value in values.items():
            metrics.add_metric(name, _unit(name), value)
        for name, fact in told.items():
            metrics.add_metadata(name, fact)
        metrics.flush_metrics()

    @contextmanager
    def phase(self, name: str, phases_ms: dict[str, int]) -> Iterator[None]:
        """Time one phase into `phases_ms` and, where the invocation is traced, into a subsegment."""
        began, started = time.time(), time.perf_counter()
        fault = True
        try:
            yield
            fault = False
        finally:
            phases_ms[name] = round((time.perf_counter() - started) * 1000)
            self._subsegment(name, began, fault=fault)

    def _subsegment(self, name: str, began: float, *, fault: bool) -> None:
        trace = dict(part.split("=", 1) for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";") if "=" in part)
        daemon = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
        if daemon is None or trace.get("Sampled") != "1":
            return
        document = {
            "type": "subsegment",
            "id": secrets.token_hex(8),
            "trace_id": trace.get("Root"),
            "parent_id": trace.get("Parent"),
            "name": name,
            "start_time": began,
            "end_time": time.time(),
            "fault": fault,
            "annotations": {"lane": self._lane},
        }
        host, _, port = daemon.rpartition(":")
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:  # no object fails for a trace
            udp.sendto(_DAEMON_HEADER + json.dumps(document).encode(), (host, int(port)))


def _unit(name: str) -> MetricUnit:
    return next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), MetricUnit.Count)


def _age_ms(raw: RawObject) -> int | None:
    """How long ago the object arrived, by its event; a run whose sidecar came later counts from its own arrival."""
    with suppress(TypeError, ValueError):
        arrived = datetime.fromisoformat(str(raw.context.get("time")))
        return max(0, round((datetime.now(UTC) - arrived).total_seconds() * 1000))
    return None
