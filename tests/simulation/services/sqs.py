"""SQS's client over standard queues in memory.

Rules: Amazon SQS Developer Guide, "Amazon SQS visibility timeout", "Using dead-letter queues in Amazon SQS" and "Amazon
SQS queue and message identifiers"; API Reference, "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility".
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Any

from .refusals import exceptions, refusal

type Answer = dict[str, Any]

_MOST_HIDDEN_S = 12 * 3600
_BASE = "https://sqs.us-east-1.amazonaws.com/000000000000/"
_ARN = "arn:aws:sqs:us-east-1:000000000000:"


@dataclass
class Message:
    """One message; `handle` is the newest receipt handle, and only with that one is it surely deleted."""

    id: str
    body: str
    sent: float
    visible_at: float
    attributes: Mapping[str, Mapping[str, str]]
    receives: int = 0
    first_received: float = 0.0
    handle: str = ""


@dataclass
class Queue:
    """A standard queue; `messages` are those that are not deleted, hidden or not, by their ids."""

    name: str
    visibility_s: float = 30
    dead_letters: str = ""
    max_receives: int = 0
    messages: dict[str, Message] = field(default_factory=dict)


class SQS:
    """The queues of an account and a client of them.

    clock: the time in seconds since 1970.
    in_order: a standard queue's messages come in any order; says in which they are looked through.
    """

    exceptions = exceptions

    def __init__(
        self, clock: Callable[[], float], in_order: Callable[[Sequence[Message]], Sequence[Message]] = lambda all_: all_
    ) -> None:
        self.queues: dict[str, Queue] = {}
        self._clock = clock
        self._in_order = in_order
        self._ids = count(1)

    def prepare(self, operation: str, **parameters: Any) -> Callable[[], Answer]:
        """A call on its way, to be made when it arrives."""
        return partial(getattr(self, operation), **parameters)

    def create_queue(self, *, QueueName: str, Attributes: Mapping[str, str] | None = None) -> Answer:
        told = Attributes or {}
        redrive = json.loads(told.get("RedrivePolicy", "{}"))
        dead_letters = redrive.get("deadLetterTargetArn", "").removeprefix(_ARN)
        visibility_s, most = float(told.get("VisibilityTimeout", 30)), int(redrive.get("maxReceiveCount", 0))
        self.queues[_BASE + QueueName] = Queue(QueueName, visibility_s, dead_letters, most)
        return {"QueueUrl": _BASE + QueueName}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> Answer:
        queue, now = self._queue("GetQueueAttributes", QueueUrl), self._clock()
        hidden = sum(message.visible_at > now for message in queue.messages.values())
        told = {
            "ApproximateNumberOfMessages": str(len(queue.messages) - hidden),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
            "QueueArn": _ARN + queue.name,
        }
        return {"Attributes": {name: told[name] for name in told if name in AttributeNames or "All" in AttributeNames}}

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: float = 0,
        MessageAttributes: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Answer:
        queue, now = self._queue("SendMessage", QueueUrl), self._clock()
        message = Message(f"m{next(self._ids)}", MessageBody, now, now + DelaySeconds, MessageAttributes or {})
        queue.messages[message.id] = message
        return {"MessageId": message.id, "MD5OfMessageBody": _md5(MessageBody)}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: float | None = None,
        MessageAttributeNames: Sequence[str] = (),
        MessageSystemAttributeNames: Sequence[str] = (),
    ) -> Answer:
        """What is visible; a message that was received as often as the queue allows moves on instead."""
        queue = self._queue("ReceiveMessage", QueueUrl)
        hidden_s = queue.visibility_s if VisibilityTimeout is None else VisibilityTimeout
        taken = islice(self._deliverable(queue), MaxNumberOfMessages)
        told = [
            {
                **self._received(message, hidden_s),
                **_wanted("Attributes", _system_attributes(message), MessageSystemAttributeNames),
                **_wanted("MessageAttributes", message.attributes, MessageAttributeNames),
            }
            for message in taken
        ]
        return {"Messages": told} if told else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        """An older handle than the newest is accepted and does nothing, which is one of the things that AWS may do."""
        queue = self._queue("DeleteMessage", QueueUrl)
        message = queue.messages.get(_message_id("DeleteMessage", ReceiptHandle))
        if message is not None and message.handle == ReceiptHandle:
            del queue.messages[message.id]
        return {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: float) -> Answer:
        operation, now = "ChangeMessageVisibility", self._clock()
        queue = self._queue(operation, QueueUrl)
        message = queue.messages.get(_message_id(operation, ReceiptHandle))
        if not 0 <= VisibilityTimeout <= _MOST_HIDDEN_S:
            raise refusal(operation, "InvalidParameterValue", 400, "VisibilityTimeout must be between 0 and 43200")
        if message is None or message.handle != ReceiptHandle:
            raise refusal(operation, "InvalidParameterValue", 400, "Message does not exist or is not available")
        if message.visible_at <= now:
            raise refusal(operation, "MessageNotInflight")
        message.visible_at = now + VisibilityTimeout
        return {}

    def _queue(self, operation: str, url: str) -> Queue:
        try:
            return self.queues[url]
        except KeyError:
            raise refusal(operation, "AWS.SimpleQueueService.NonExistentQueue") from None

    def _deliverable(self, queue: Queue) -> Iterator[Message]:
        now = self._clock()
        visible = [message for message in queue.messages.values() if message.visible_at <= now]
        for message in self._in_order(visible):
            if queue.dead_letters and message.receives >= queue.max_receives:
                del queue.messages[message.id]
                self.queues[_BASE + queue.dead_letters].messages[message.id] = message
            else:
                yield message

    def _received(self, message: Message, hidden_s: float) -> Answer:
        now = self._clock()
        message.receives += 1
        message.first_received = message.first_received or now
        message.visible_at = now + hidden_s
        message.handle = f"{message.id}/{message.receives}"
        return {
            "MessageId": message.id,
            "ReceiptHandle": message.handle,
            "MD5OfBody": _md5(message.body),
            "Body": message.body,
        }


def _system_attributes(message: Message) -> dict[str, str]:
    return {
        "ApproximateFirstReceiveTimestamp": str(round(message.first_received * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(round(message.sent * 1000)),
    }


def _wanted(member: str, told: Mapping[str, Any], names: Sequence[str]) -> Answer:
    """What of it was asked for; nothing where nothing was."""
    wanted = {name: told[name] for name in told if name in names or "All" in names}
    return {member: wanted} if wanted else {}


def _message_id(operation: str, handle: str) -> str:
    message_id, slash, _ = handle.partition("/")
    if not slash:
        raise refusal(operation, "ReceiptHandleIsInvalid")
    return message_id


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
