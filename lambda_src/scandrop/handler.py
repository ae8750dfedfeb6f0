"""The Lambda entry point: an event of any shape in, each of its objects settled or given back."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from scandrop import aws, events
from scandrop.config import Config
from scandrop.dead_letters import DeadLetters
from scandrop.errors import Failed
from scandrop.events import RawObject
from scandrop.lane_queue import LaneQueue
from scandrop.lanes import NIFTI
from scandrop.ledger import Ledger
from scandrop.pipeline import Pipeline
from scandrop.provisions import Provisions
from scandrop.storage import Storage
from scandrop.telemetry import Telemetry

_RESERVE = 0.2  # of the function's time: no object is begun in it
_HEADROOM = 1.5  # times the longest object so far must be left for the next one


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Settler(Protocol):
    """What brings one object version to its end and returns its status, as `Pipeline.settle` does."""

    def settle(self, raw: RawObject, *, request_id: str, remaining_s: float) -> str: ...


class Budget:
    """The time of one invocation: what is left, and whether it does for another object."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reserve_s = _RESERVE * self.remaining_s()
        self._longest_s = 0.0

    def remaining_s(self) -> float:
        """Seconds until Lambda ends the function."""
        return self._context.get_remaining_time_in_millis() / 1000

    def allows_another(self) -> bool:
        """Whether an object as long as the longest so far would end in time."""
        return self.remaining_s() > max(self._reserve_s, _HEADROOM * self._longest_s)

    def spent(self, seconds: float) -> None:
        """Remember how long an object took."""
        self._longest_s = max(self._longest_s, seconds)


class Handler:
    """One lane of one environment, ready to work; built once per function instance."""

    def __init__(
        self,
        settler: Settler,
        storage: Storage,
        queue: LaneQueue,
        known_as: Callable[[str], str],
        telemetry: Telemetry,
        raw_bucket: str,
    ) -> None:
        self._settler = settler
        self._raw_bucket = raw_bucket
        self._known_as = known_as
        self._storage = storage
        self._queue = queue
        self._telemetry = telemetry

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Handler":
        """Clients and settings as Terraform laid them down. Raises as `Config.from_environ` does."""
        config = Config.from_environ(environ)
        telemetry = Telemetry(config.lane)
        s3, deadline = aws.client("s3"), aws.Deadline()
        aws.fence(s3, deadline)
        storage = Storage(s3, config.processed_bucket, deadline)
        ledger = Ledger(aws.client("dynamodb"), config.table)
        queues = cache(lambda: aws.client("sqs"))  # made when first asked for: a run seldom needs it
        provisions = Provisions(config, storage, lambda: aws.client("secretsmanager"))
        pipeline = Pipeline(config, storage, ledger, provisions, telemetry)
        settler = _settler(config, storage, ledger, queues, provisions.known_as, pipeline)
        dead_letters = DeadLetters(config.dead_letter_queue_url, config.receives, queues)
        queue = LaneQueue(config.queue_url, dead_letters, queues)
        return cls(settler, storage, queue, provisions.known_as, telemetry, config.raw_bucket)

    def handle(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Settle all that the event brings.

        From a queue: returns the messages to give back, as ``ReportBatchItemFailures`` has it; those that would not
        come again are dead letters by then. Invoked directly: returns the status of each object, and raises `Failed`
        where one has to be tried again.
        """
        self._telemetry.start(context.aws_request_id)
        budget = Budget(context)
        if not events.is_from_queue(event):
            objects = events.objects_in(event, self._known_as)
            return {"statuses": [self._settle(raw, context, budget) for raw in objects]}
        given_back = []
        for record in event["Records"]:
            self._telemetry.take_message(record["messageId"])
            raw = None
            try:
                for raw in events.objects_in_message(record["body"], self._known_as):
                    self._settle(raw, context, budget)
            except Exception as error:  # noqa: BLE001 (whatever broke, the rest of the batch must not come back)
                failure = Failed.of(error)
                self._telemetry.failed(failure)
                if not self._queue.keeps(record, failure, raw, context.aws_request_id):
                    given_back.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": given_back}

    def _settle(self, raw: RawObject, context: Context, budget: Budget) -> str:
        if raw.is_folder_marker:
            return "ignored"
        self._telemetry.take_object(raw)
        if raw.bucket != self._raw_bucket:
            raise Failed("unknown_event")
        if not budget.allows_another():
            raise Failed("out_of_time")
        started = time.perf_counter()
        pinned = self._storage.pinned(raw)
        status = "superseded"
        if pinned is not None:
            self._telemetry.take_object(pinned)
            self._telemetry.log.info("begun")  # a function that is killed says nothing more
            status = self._settler.settle(pinned, request_id=context.aws_request_id, remaining_s=budget.remaining_s())
        budget.spent(time.perf_counter() - started)
        self._telemetry.log.info("settled", extra={"status": status})
        return status


def _settler(
    config: Config,
    storage: Storage,
    ledger: Ledger,
    queues: Callable[[], aws.Client],
    known_as: Callable[[str], str],
    pipeline: Pipeline,
) -> Settler:
    """What the lane settles by; only what it needs is imported."""
    if config.lane == NIFTI:
        from scandrop.sidecars import Sidecars  # noqa: PLC0415

        return Sidecars(config.queue_url, storage, ledger, queues, known_as, pipeline)
    if config.queue_urls:
        from scandrop.forwarding import Forwarding  # noqa: PLC0415

        return Forwarding(config, storage, queues, pipeline)
    return pipeline


@cache
def _handler() -> Handler:
    return Handler.from_environ(os.environ)


def handle(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """What Lambda calls."""
    return _handler().handle(event, context)
