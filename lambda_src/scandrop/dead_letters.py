"""Dead letters: a message as far as it is needed, and beside it what a person needs to mend the cause.

The function itself sends a message there when its last receive has failed, and SQS then deletes it from the lane's
queue. One that is killed between the two leaves two letters, which is harmless: redriven twice, an object is settled
once. One that is killed before leaves SQS to move the message without a word, and the ledger has what is known. The
body may hold a name, as the raw bucket does; nothing beside it does.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from scandrop.aws import Client, translated
from scandrop.errors import Failed
from scandrop.events import RawObject, to_message


@dataclass(frozen=True)
class Reason:
    """What stands beside a letter's body. `key` is what the object is known as; empty where the body names none."""

    error_code: str
    error: str
    attempts: int
    failed_at: str
    request_id: str
    log_group: str = ""
    log_stream: str = ""
    key: str = ""
    version_id: str = ""

    def attributes(self) -> dict[str, Any]:
        """As SQS takes it: no attribute is empty, and a key, which may hold what XML cannot, is percent-encoded."""
        told = {**asdict(self), "key": quote(self.key)}
        return {name: {"DataType": "String", "StringValue": str(value)} for name, value in told.items() if value}

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> "Reason | None":
        """What a letter's attributes say, whoever wrote them; None where SQS moved the message by itself."""
        told = {name: str(value.get("StringValue", "")) for name, value in attributes.items()}
        if "error_code" not in told:
            return None
        attempts = told.get("attempts", "")
        return cls(
            error_code=told["error_code"],
            error=told.get("error", ""),
            attempts=int(attempts) if attempts.isdecimal() else 0,
            failed_at=told.get("failed_at", ""),
            request_id=told.get("request_id", ""),
            log_group=told.get("log_group", ""),
            log_stream=told.get("log_stream", ""),
            key=unquote(told.get("key", "")),
            version_id=told.get("version_id", ""),
        )


class DeadLetters:
    """One lane's dead-letter queue, for messages that were received as often as the lane's queue delivers them.

    Its client is made at the first letter, so that no cold start pays for it.
    """

    def __init__(self, url: str, receives: int, make_client: Callable[[], Client]) -> None:
        self._url = url
        self._receives = receives
        self._make_client = make_client

    @cached_property
    def _client(self) -> Client:
        return self._make_client()

    def is_due(self, record: Mapping[str, Any]) -> bool:
        """Whether this was the message's last receive."""
        return _receives(record) >= self._receives

    def take(self, record: Mapping[str, Any], failure: Failed, raw: RawObject | None, request_id: str) -> bool:
        """Keep a message; returns whether it is kept, so that the queue may delete it.

        Where SQS refuses, the message is given back, and the queue moves it here by itself.
        """
        attempts = _receives(record)
        reason = Reason(
            error_code=failure.code,
            error=str(failure),
            attempts=attempts,
            failed_at=datetime.now(UTC).isoformat(timespec="seconds"),
            request_id=request_id,
            log_group=os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""),
            log_stream=os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
            key=raw.known_as if raw else "",
            version_id=raw.version_id if raw else "",
        )
        try:
            with translated("SendMessage"):
                self._client.send_message(
                    QueueUrl=self._url, MessageBody=_needed(record["body"], raw), MessageAttributes=reason.attributes()
                )
        except Failed:
            return False
        return True


def _receives(record: Mapping[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])


def _needed(body: str, raw: RawObject | None) -> str:
    """What a redrive needs of a message: EventBridge also tells who put the object, and from where."""
    return to_message(raw) if raw and "detail" in json.loads(body) else body
