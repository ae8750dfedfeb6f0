"""The dead-letter queues: every letter once, hidden from others only while it is held here."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from scandrop.dead_letters import Reason
from scandrop.errors import Failed
from scandrop.events import RawObject, objects_in_message
from scandrop.queues import depth
from scandrop_cli.environment import CONNECTIONS, Environment

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef, MessageTypeDef

UNDELIVERED = "undelivered"

HELD_S = 300  # longer than a verb takes that gives letters back, or deletes them
_LOOK_S = 20  # to be read alone, and a second more for each receive
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

    def objects(self, bucket: str) -> list[RawObject]:
        """What its body tells of in a bucket, under their raw names; nothing where it is no event of that bucket."""
        try:
            return [raw for raw in objects_in_message(self.body, str) if raw.bucket == bucket]
        except Failed:
            return []


@dataclass(frozen=True)
class Held:
    """All letters that could be received, and by lane how many more SQS counts.

    Others hold those, and they cannot be seen until they let them go; or they are gone, since the counts lag behind.
    """

    letters: list[Letter] = field(default_factory=list)
    unseen: Counter[str] = field(default_factory=Counter)


@contextmanager
def held(environment: Environment, lanes: Iterable[str], *, to_look: bool = False) -> Iterator[Held]:
    """The letters of some lanes, until the end of the block: what is not `removed` in it, others can receive again.

    to_look: they are only read, so that they come back soon even where this process dies.
    """
    lanes, mine = list(lanes), Held()
    try:
        with ThreadPoolExecutor(max(1, len(lanes))) as pool:
            list(pool.map(lambda lane: _receive(environment, lane, mine, to_look=to_look), lanes))
        yield mine
    finally:
        _put_back(environment, mine.letters)


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


def _receive(environment: Environment, lane: str, mine: Held, *, to_look: bool) -> None:
    """Receive a lane's letters; each is noted at once, so that whatever breaks off here, it can be put back."""
    counted, longest_s = _count(environment, lane), HELD_S
    if to_look:
        longest_s = _LOOK_S + counted // _BATCH
    known = set[str]()
    while True:
        answer = environment.sqs.receive_message(
            QueueUrl=environment.dead_letter_queue_urls[lane],
            MaxNumberOfMessages=_BATCH,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            VisibilityTimeout=longest_s,
            WaitTimeSeconds=_WAIT_S,
        )
        letters = [_letter(lane, message) for message in answer.get("Messages", [])]
        new = [letter for letter in letters if letter.message_id not in known]
        mine.letters.extend(new)
        known.update(letter.message_id for letter in new)
        if not new:
            mine.unseen[lane] = max(0, counted - len(known))
            return


def _count(environment: Environment, lane: str) -> int:
    """How many letters there are, those that somebody holds among them; SQS is late by up to a minute."""
    return depth(environment.sqs, environment.dead_letter_queue_urls[lane])


def _letter(lane: str, message: "MessageTypeDef") -> Letter:
    return Letter(
        lane=lane,
        message_id=message["MessageId"],
        receives=int(message["Attributes"]["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        reason=_reason(message.get("MessageAttributes", {})),
        body=message["Body"],
        receipt=message["ReceiptHandle"],
    )


def _reason(attributes: "Mapping[str, MessageAttributeValueOutputTypeDef]") -> Reason | None:
    """What a lane's function wrote beside it, or EventBridge; None where SQS moved it without a word."""
    told = {name: value.get("StringValue", "") for name, value in attributes.items()}
    if "error_code" in told or "ERROR_CODE" not in told:
        return Reason.of(attributes)
    said = f"{told['ERROR_CODE']}: {told.get('ERROR_MESSAGE', '')}"
    attempts = told.get("RETRY_ATTEMPTS", "")
    return Reason(
        error_code=UNDELIVERED,
        error=f"EventBridge could not put it into the lane's queue ({said}). Deploy the environment, then redrive.",
        attempts=int(attempts) if attempts.isdecimal() else 0,
        failed_at="",
        request_id="",
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
