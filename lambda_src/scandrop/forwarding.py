"""What another lane settles is handed on to its queue: `other` goes by the first bytes, `record` leaves sidecars."""

from collections.abc import Callable

from scandrop.aws import Client, translated
from scandrop.config import Config
from scandrop.errors import Rejected
from scandrop.events import RawObject, to_message
from scandrop.lanes import NIFTI, OTHER, RECORD, lane_of, lane_of_record, may_be_sidecar
from scandrop.pipeline import Pipeline
from scandrop.processing import lane_of_unknown
from scandrop.storage import Storage


class Forwarding:
    """Settles what belongs to this lane by its pipeline, and the rest by another lane's queue."""

    def __init__(self, config: Config, storage: Storage, queues: Callable[[], Client], pipeline: Pipeline) -> None:
        self._lane = config.lane
        self._queue_urls = config.queue_urls
        self._storage = storage
        self._queues = queues
        self._pipeline = pipeline

    def settle(self, raw: RawObject, *, request_id: str, remaining_s: float) -> str:
        """As `Pipeline.settle`, or ``forwarded``. An object is only read here: the fitting lane claims it.

        A key whose suffix a lane knows is ``ignored`` by `other`: its event rule cannot exclude every letter case,
        and that lane's own rule, which can, has matched it too.
        """
        if self._lane == OTHER and lane_of(raw.key) != OTHER:
            return "ignored"
        try:
            lane = self._lane_of(raw)
        except Rejected as rejection:
            return self._pipeline.settle(raw, request_id=request_id, remaining_s=remaining_s, rejection=rejection)
        if lane == self._lane:
            return self._pipeline.settle(raw, request_id=request_id, remaining_s=remaining_s)
        with translated("SendMessage"):
            self._queues().send_message(QueueUrl=self._queue_urls[lane], MessageBody=to_message(raw))
        return "forwarded"

    def _lane_of(self, raw: RawObject) -> str:
        if raw.deletion:
            return self._lane_of_deletion(raw)
        if self._lane == OTHER:
            return lane_of_unknown(self._storage.head(raw))
        return lane_of_record(self._storage.head(raw)) if may_be_sidecar(raw.key, raw.size_bytes) else self._lane

    def _lane_of_deletion(self, raw: RawObject) -> str:
        """Any lane can settle it; what may be a sidecar goes to the one that knows which runs were read with it."""
        if self._lane != RECORD or not may_be_sidecar(raw.key, raw.size_bytes):
            return self._lane
        standing = self._storage.manifest_of(raw.known_as)
        made_records = standing and (standing["lane"], standing["status"]) == (RECORD, "succeeded")
        return RECORD if made_records else NIFTI
