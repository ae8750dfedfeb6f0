"""What goes wrong under load: events that come twice, workers that are killed, an AWS that is started anew."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom
from threading import Event, Thread
from typing import Any, Self

from tests.e2e.conftest import Deployed
from tests.load.traffic import TWICE

LANES = ("dicom", "image", "nifti", "record", "other")


class Killer(Thread):
    """Kills one worker of a lane, whichever it is, about as often as it is told, as often as it is told."""

    def __init__(self, deployed: Deployed, kills: int, every_s: float) -> None:
        super().__init__(daemon=True)
        self._deployed = deployed
        self._random = SystemRandom()
        self._kills = kills
        self._every_s = every_s
        self._ended = Event()
        self.killed = 0

    def run(self) -> None:
        while self.killed < self._kills and not self._ended.wait(self._random.uniform(0.5, 1.5) * self._every_s):
            if workers := lane_workers(self._deployed):
                self.killed += _killed(self._random.choice(workers))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


def lane_workers(deployed: Deployed) -> list[int]:
    """The processes that the lanes' functions run in now."""
    server = deployed.emulator.pid
    if server is None:
        return []
    pattern = f"scandrop-local-({'|'.join(LANES)})-.*_worker.py"
    found = subprocess.run(
        ["pgrep", "-P", str(server), "-f", pattern],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(pid) for pid in found.stdout.split()]


def _killed(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def restart(deployed: Deployed) -> float:
    """End the embedded AWS amid its work and start it with the state it left; returns the seconds that took."""
    began = time.monotonic()
    deployed.emulator.stop()
    deployed.emulator.start()
    return time.monotonic() - began


class Echo:
    """Hears the events of the objects that are to be told twice, and tells them again."""

    def __init__(self, deployed: Deployed, queue_url: str) -> None:
        self._deployed = deployed
        self._queue_url = queue_url
        self.sent = 0

    def resend(self) -> None:
        """Send all that was heard since the last time to the lane queues that had it before."""
        sqs, queues = self._deployed.client("sqs"), self._deployed.outputs["queue_urls"]
        while messages := sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                key = json.loads(message["Body"])["detail"]["object"]["key"]
                sqs.send_message(QueueUrl=queues[_first_lane(key)], MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
                self.sent += 1


def _first_lane(key: str) -> str:
    suffixes = {".json": "record", ".png": "image", ".dcm": "dicom", ".nii": "nifti"}
    return next((lane for suffix, lane in suffixes.items() if key.endswith(suffix)), "other")


@contextmanager
def echo(deployed: Deployed, prefix: str) -> Iterator[Echo]:
    """A second rule on the same events, whose queue is this test's own."""
    sqs, events, name = deployed.client("sqs"), deployed.client("events"), "told-twice"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bucket: dict[str, Any] = {"name": [deployed.outputs["raw_bucket"]]}
    detail = {"bucket": bucket, "object": {"key": [{"prefix": prefix + TWICE}]}}
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.s3"], "detail": detail}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield Echo(deployed, url)
    finally:
        deployed.client("events").remove_targets(Rule=name, Ids=["queue"])
        deployed.client("events").delete_rule(Name=name)
        deployed.client("sqs").delete_queue(QueueUrl=url)
