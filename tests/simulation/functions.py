"""Lambda and its event source mapping: a queue's messages in batches to instances of one function, at least once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernel import Actor, Broken, World
from services import SQS

TIMEOUT_S = 60.0
VISIBILITY_S = 6 * TIMEOUT_S
MAX_RECEIVES = 5
_AT_ONCE = 3
_BATCH = (1, 2, 5)

type Json = dict[str, Any]


class Handler(Protocol):
    def handle(self, event: Json, context: "Context") -> Json: ...


class Listener(Protocol):
    """Who is told what becomes of messages."""

    def received(self, message: Json) -> None: ...
    def acknowledged(self, message: Json) -> None: ...


@dataclass
class Context:
    """Lambda's context object."""

    world: World
    deadline: float
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.deadline - self.world.now) * 1000))


@dataclass
class Instance:
    """One sandbox: its handler is built once, its clock is its own."""

    skew_s: float
    handler: Handler | None = None


@dataclass
class Function:
    """One lane's function, and the mapping of its queue.

    has_run_out: whether the time of one of its invocations was over before that came to its end.
    """

    world: World
    lane: str
    sqs: SQS
    queue_url: str
    make_handler: Callable[[str], Handler]
    listener: Listener
    skews_s: tuple[float, ...]
    idle: list[Instance] = field(default_factory=list)
    running: int = 0
    started: int = 0
    has_run_out: bool = False

    def poll(self) -> None:
        """Take what is visible, as far as the function's concurrency goes."""
        choices = self.world.choices
        while self.running < _AT_ONCE:
            batch = choices.pick(f"{self.lane}/batch", _BATCH)
            answer = self.sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=batch, MessageSystemAttributeNames=["All"]
            )
            messages = answer.get("Messages", [])
            if not messages:
                return
            for message in messages:
                self.listener.received(message)
            self.world.at(VISIBILITY_S + 0.001, self.poll)
            self._invoke(messages)
            if choices.pick(f"{self.lane}/delivered twice", (False, True), 0.03):
                self._invoke(messages)

    def _invoke(self, messages: list[Json]) -> None:
        self.running += 1
        self.started += 1
        name = f"{self.lane}#{self.started}"
        instance = self.idle.pop() if self.idle else Instance(self.world.choices.pick(f"{name}/skew", self.skews_s))
        context = Context(self.world, self.world.now + TIMEOUT_S, name)

        def work() -> Json:
            if instance.handler is None:
                instance.handler = self.make_handler(self.lane)
            self.world.tell(f"takes {', '.join(_about(message) for message in messages)}")
            return instance.handler.handle({"Records": [_record(message) for message in messages]}, context)

        actor = self.world.start(name, work)
        actor.skew_s = instance.skew_s
        _Invocation(self, actor, instance, messages)


class _Invocation:
    """One run of the function: Lambda waits for it until its time is over, and no longer."""

    def __init__(self, function: Function, actor: Actor, instance: Instance, messages: list[Json]) -> None:
        self._function, self._actor, self._instance, self._messages = function, actor, instance, messages
        self._over = False
        actor.ended = self._ended
        function.world.at(TIMEOUT_S, self._time_out)

    def _time_out(self) -> None:
        if self._over:
            return
        self._function.has_run_out = True
        world = self._function.world
        if self._actor.frozen:
            world.tell(f"{self._actor.name} is given up, and wakes up later")
            self._release()
            return
        world.tell(f"{self._actor.name} is killed: its time is over")
        self._actor.kill()

    def _ended(self) -> None:
        if self._over:
            return
        self._release()
        if self._actor.killed:
            return
        if self._actor.error:
            raise Broken("function raised", f"{self._actor.name} raised {self._actor.error!r}") from self._actor.error
        self._function.idle.append(self._instance)
        failed = {entry["itemIdentifier"] for entry in self._actor.result["batchItemFailures"]}
        for message in self._messages:
            if message["MessageId"] not in failed:
                self._delete(message)

    def _release(self) -> None:
        self._over = True
        self._function.running -= 1
        self._function.world.at(0, self._function.poll)

    def _delete(self, message: Json) -> None:
        function = self._function
        function.listener.acknowledged(message)
        delay = function.world.choices.pick(f"{self._actor.name}/acknowledged after", (0.02, 3.0, 500.0, -1.0), 0.1)
        if delay < 0:
            return
        handle = message["ReceiptHandle"]
        function.world.at(
            delay, lambda: function.sqs.delete_message(QueueUrl=function.queue_url, ReceiptHandle=handle) and None
        )


def _record(message: Json) -> Mapping[str, Any]:
    return {
        "eventSource": "aws:sqs",
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "attributes": message["Attributes"],
        "body": message["Body"],
    }


def _about(message: Json) -> str:
    event = json.loads(message["Body"])
    detail, deletion = event["detail"]["object"], event["detail"].get("deletion-type")
    receives = message["Attributes"]["ApproximateReceiveCount"]
    return f"{f'{deletion}: ' if deletion else ''}{detail['key']} {detail['version-id']} (receive {receives})"
