"""The lane's own queue, as far as the function deals with it: what becomes of a message that failed."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from scandrop.aws import Client, translated
from scandrop.dead_letters import DeadLetters
from scandrop.errors import Failed
from scandrop.events import RawObject

RETRY_S = 30  # after the first try, doubled after each further one
_NO_SUCH_MESSAGE = "InvalidParameterValue"  # so SQS says that a receipt handle is of a message that it has no more
# A message that comes back before another's lease is over, by the other's clock, is received in vain.
_CLOCKS_DIFFER_S = 10


class LaneQueue:
    """One lane's queue. Its client is made at the first failure, so that no cold start pays for it."""

    def __init__(self, url: str, dead_letters: DeadLetters, make_client: Callable[[], Client]) -> None:
        self._url = url
        self._dead_letters = dead_letters
        self._make_client = make_client

    @cached_property
    def _client(self) -> Client:
        return self._make_client()

    def keeps(self, record: Mapping[str, Any], failure: Failed, raw: RawObject | None, request_id: str) -> bool:
        """See to a message that failed; returns whether it is kept elsewhere by now, so that it may go.

        Else it is given back and comes again. After its last receive it is a dead letter, or begins anew where it only
        waited for its turn.
        """
        if not self._dead_letters.is_due(record):
            self._bring_back_soon(record, failure)
            return False
        if failure.only_waited:
            return self._send_again(record)
        return self._dead_letters.take(record, failure, raw, request_id)

    def _bring_back_soon(self, record: Mapping[str, Any], failure: Failed) -> None:
        """Shorten the visibility timeout of a message that failed; the queue's own outlasts six invocations.

        One whose object another try holds comes back when that one's lease is over: sooner would only use up its
        receives. Where SQS refuses, the message comes back all the same, later; but one that was delivered to two
        functions, and deleted by the other, which found nothing to do, begins anew.
        """
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        until = failure.facts.get("until")
        try:
            with translated("ChangeMessageVisibility"):
                self._client.change_message_visibility(
                    QueueUrl=self._url,
                    ReceiptHandle=record["receiptHandle"],
                    VisibilityTimeout=_seconds_to(str(until)) if until else RETRY_S * 2 ** (receives - 1),
                )
        except Failed as refusal:
            if refusal.facts.get("aws_code") == _NO_SUCH_MESSAGE:
                self._send_again(record)

    def _send_again(self, record: Mapping[str, Any]) -> bool:
        """Where the function ends before the old message is deleted there are two, and the object is settled once."""
        with suppress(Failed), translated("SendMessage"):
            self._client.send_message(QueueUrl=self._url, MessageBody=record["body"], DelaySeconds=RETRY_S)
            return True
        return False


def _seconds_to(moment: str) -> int:
    """Whole seconds until surely after an ISO 8601 time."""
    return max(0, math.ceil((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds())) + _CLOCKS_DIFFER_S
