"""Runs and the sidecar that each is read with.

A sidecar has an event of its own. It comes to the record lane, by its suffix, and is handed on from there
(`scandrop.forwarding`); where its run was there before it, the run is queued again. Nothing is decided by a look that
a claim does not guard: a run reads its sidecar once it is claimed, and looks again when it is settled.
"""

from collections.abc import Callable

from scandrop.aws import Client, translated
from scandrop.errors import Failed
from scandrop.events import RawObject, to_message
from scandrop.ledger import Ledger
from scandrop.pipeline import Beside, Pipeline
from scandrop.processors.nifti import is_sidecar_name, run_names, sidecar_name
from scandrop.storage import Sidecar, Storage


class Sidecars:
    """Settles the runs of the nifti lane with what lies beside them, and the sidecars themselves."""

    def __init__(
        self,
        queue_url: str,
        storage: Storage,
        ledger: Ledger,
        queues: Callable[[], Client],
        known_as: Callable[[str], str],
        pipeline: Pipeline,
    ) -> None:
        self._queue_url = queue_url
        self._known_as = known_as
        self._storage = storage
        self._ledger = ledger
        self._queues = queues
        self._pipeline = pipeline

    def settle(self, raw: RawObject, *, request_id: str, remaining_s: float) -> str:
        """As `Pipeline.settle`. A sidecar is settled once the runs that lacked it are in the queue again."""
        if is_sidecar_name(raw.key):
            self._queue_runs_of(raw)
        if raw.deletion or is_sidecar_name(raw.key):
            return self._pipeline.settle(raw, request_id=request_id, remaining_s=remaining_s)
        read: list[Beside] = []

        def look() -> Beside:
            read.append(Beside(self._sidecar_of(raw)))
            return read[0]

        settled_by = self._ledger.owner_of(raw)  # before the look: of a result that came later it says nothing
        seen = Beside(self._sidecar_of(raw), settled_by)
        try:
            status = self._pipeline.settle(raw, request_id=request_id, remaining_s=remaining_s, seen=seen, look=look)
        except Failed:
            if settled_by and read:  # it was settled: who was told so has let the message go that would bring it back
                self._queue(raw)
            raise
        # one that came meanwhile has queued the run too, but that message waits for as long as a lease may last
        if read and Beside(self._sidecar_of(raw)).etag != read[0].etag:
            self._queue(raw)
        return status

    def _sidecar_of(self, run: RawObject) -> Sidecar | None:
        key = sidecar_name(run.key)
        return self._storage.sidecar(run.bucket, key, self._known_as(key))

    def _queue_runs_of(self, sidecar: RawObject) -> None:
        for key in run_names(sidecar.key):
            newest = self._ledger.newest(sidecar.bucket, key, self._known_as(key))
            if newest is not None and newest.sidecar_etag != Beside(self._sidecar_of(newest.raw)).etag:
                self._queue(newest.raw)

    def _queue(self, run: RawObject) -> None:
        with translated("SendMessage"):
            self._queues().send_message(QueueUrl=self._queue_url, MessageBody=to_message(run))
