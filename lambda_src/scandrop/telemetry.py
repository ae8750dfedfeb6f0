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

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from scandrop.errors import Failed
from scandrop.events import RawObject

_ABOUT = ("message_id", "key", "version_id")  # whose line it is, so that `scandrop logs --key` finds it
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
            self._emit({}, {"ColdStart": 1})
            self._cold = False

    def take_message(self, message_id: str) -> None:
        """From here on each line is about this message, and no longer about the objects of the one before."""
        self.log.remove_keys(_ABOUT)
        self.log.append_keys(message_id=message_id)

    def take_object(self, raw: RawObject) -> None:
        """From here on each line is about this object, whatever comes of it."""
        self.log.append_keys(key=raw.known_as, version_id=raw.version_id)

    def settled(self, status: str, *, bytes_in: int, bytes_out: int, phases_ms: Mapping[str, int]) -> None:
        """Count one object that reached `status`."""
        sizes = {"BytesIn": bytes_in, "BytesOut": bytes_out}
        phases = {f"{phase.capitalize()}Ms": took for phase, took in phases_ms.items()}
        self._emit({"status": status}, {"Objects": 1, **sizes, **phases})

    def failed(self, failure: Failed) -> None:
        """Say why the message goes back to its queue."""
        self.log.warning(str(failure), extra={"error_code": failure.code})
        self._emit({"error_code": failure.code}, {"GivenBack": 1})

    def _emit(self, dimensions: Mapping[str, str], values: Mapping[str, float]) -> None:
        metrics = EphemeralMetrics()
        for dimension, label in {"lane": self._lane, **dimensions}.items():
            metrics.add_dimension(dimension, label)
        for name, value in values.items():
            metrics.add_metric(name, _unit(name), value)
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
    if name.startswith("Bytes"):
        return MetricUnit.Bytes
    return MetricUnit.Milliseconds if name.endswith("Ms") else MetricUnit.Count
