"""The `other` lane: look at the first bytes, hand the object to the lane that fits, or reject it."""

from scandrop.aws import Client, translated
from scandrop.config import Config
from scandrop.errors import Rejected
from scandrop.events import RawObject, to_message
from scandrop.lanes import OTHER, lane_of
from scandrop.pipeline import Pipeline
from scandrop.processing import lane_of_unknown
from scandrop.storage import Storage


class Forwarding:
    """Settles what no suffix told of: by another lane's queue, or by the pipeline's rejection."""

    def __init__(self, config: Config, storage: Storage, queues: Client, pipeline: Pipeline) -> None:
        self._queue_urls = config.queue_urls
        self._storage = storage
        self._queues = queues
        self._pipeline = pipeline

    def settle(self, raw: RawObject, *, request_id: str, remaining_s: float) -> str:
        """As `Pipeline.settle`, or ``forwarded``. An object is only read here: the fitting lane claims it.

        A key whose suffix a lane knows is ``ignored``: the event rule of `other` cannot exclude every letter case,
        and that lane's own rule, which can, has matched it too.
        """
        if lane_of(raw.key) != OTHER:
            return "ignored"
        try:
            lane = lane_of_unknown(self._storage.head(raw))
        except Rejected as rejection:
            return self._pipeline.settle(raw, request_id=request_id, remaining_s=remaining_s, rejection=rejection)
        with translated("SendMessage"):
            self._queues.send_message(QueueUrl=self._queue_urls[lane], MessageBody=to_message(raw))
        return "forwarded"
