"""The dead-letter queues: every letter once, hidden from others only while it is held here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from scandrop.dead_letters import Reason
from scandrop.errors import Failed
from scandrop.events import RawObject, objects_in_message
from scandrop_cli.environment import CONNECTIONS, Environment

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_HELD_S = 300  # longer than any verb works on what it has read
_WAIT_S = 1  # a receive that does not wait asks some of a queue's servers only, and may miss what the others hold
_BATCH = 10  # as many messages as SQS takes or gives at once


@dataclass(frozen=True)
class Letter:
    """One dead letter. The body may hold a name: it goes back to a queue, and is never shown."""

    lane: str
    message_id: str
    receives: int
    sent_at: datetime
    reason: Reason | None
    body: str = field(repr=False)
    receipt: str = field(repr=False)

    def objects(self) -> list[RawObject]:
        """What its body tells of, under their raw names; nothing where it is no event of S3."""
        try:
            return objects_in_message(self.body, str)
        except Failed:
            return []


@contextmanager
def held(environment: Environment, lanes: Iterable[str]) -> Iterator[list[Letter]]:
    """All letters of some lanes; those that are not `removed` meanwhile can be received by others again afterwards."""
    lanes = list(lanes)
    with ThreadPoolExecutor(max(1, len(lanes))) as pool:
        letters = [letter for found in pool.map(lambda lane: _received(environment, lane), lanes) for letter in found]
    try:
        yield letters
    finally:
        _put_back(environment, letters)


def redrive(environment: Environment, letters: Sequence[Letter], on_count: Callable[[int], object]) -> None:
    """Give letters back to their lanes' queues. Broken off between the two steps, a letter is there twice: harmless."""
    sqs = environment.sqs

    def give_back(letter: Letter) -> None:
        sqs.send_message(QueueUrl=environment.queue_urls[letter.lane], MessageBody=letter.body)
        remove(environment, letter)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for count, _ in enumerate(pool.map(give_back, letters), 1):
            on_count(count)


def remove(environment: Environment, letter: Letter) -> None:
    """Delete a letter that is held."""
    url = environment.dead_letter_queue_urls[letter.lane]
    environment.sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)


def _received(environment: Environment, lane: str) -> list[Letter]:
    found: dict[str, Letter] = {}
    while True:
        answer = environment.sqs.receive_message(
            QueueUrl=environment.dead_letter_queue_urls[lane],
            MaxNumberOfMessages=_BATCH,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=_WAIT_S,
        )
        letters = [_letter(lane, message) for message in answer.get("Messages", [])]
        if all(letter.message_id in found for letter in letters):
            return list(found.values())
        found |= {letter.message_id: letter for letter in letters}


def _letter(lane: str, message: "MessageTypeDef") -> Letter:
    return Letter(
        lane=lane,
        message_id=message["MessageId"],
        receives=int(message["Attributes"]["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        reason=Reason.of(message.get("MessageAttributes", {})),
        body=message["Body"],
        receipt=message["ReceiptHandle"],
    )


def _put_back(environment: Environment, letters: Iterable[Letter]) -> None:
    """SQS refuses those that were removed, each for itself."""
    by_lane: dict[str, list[Letter]] = {}
    for letter in letters:
        by_lane.setdefault(letter.lane, []).append(letter)
    for lane, mine in by_lane.items():
        for few in batched(mine, _BATCH):
            environment.sqs.change_message_visibility_batch(
                QueueUrl=environment.dead_letter_queue_urls[lane],
                Entries=[
                    {"Id": str(place), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                    for place, letter in enumerate(few)
                ],
            )
