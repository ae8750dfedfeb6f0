"""The clients that the handler code is given: botocore's method names, each call carried by the network."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Protocol

from network import Effect, Network

from scandrop.aws import Deadline
from scandrop.errors import Failed

RAW, PROCESSED, TABLE = "raw", "processed", "ledger"

_TOKENS = count()  # never one twice, whatever the run


class Watch(Protocol):
    """Who looks on while an effect happens."""

    def around(self, operation: str, parameters: dict[str, Any], effect: Effect) -> Any: ...
    def sent(self, operation: str, key: str, expires: datetime, effect: Effect) -> Effect: ...


class Client:
    """One client of one service."""

    def __init__(
        self, service: str, inner: Any, network: Network, watch: Watch, fenced: "Callable[[Signature], Any]"
    ) -> None:
        self.exceptions = inner.exceptions
        self._service = service
        self._inner = inner
        self._network = network
        self._watch = watch
        self._fenced = fenced
        self._signature: Signature | None = None

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(self._call, operation)

    def _call(self, operation: str, **parameters: Any) -> Any:
        if hasattr(parameters.get("Body"), "read"):  # botocore rewinds it where it tries again
            parameters["Body"] = parameters["Body"].read()

        if operation == "transact_write_items":  # botocore gives each call a token, and sends it with each try
            parameters["ClientRequestToken"] = str(next(_TOKENS))

        def signed() -> Effect:
            effect = self._inner.prepare(operation, **parameters)
            effect = partial(self._watch.around, operation, parameters, effect)
            names_a_key = operation in {"put_object", "delete_object"} and "VersionId" not in parameters
            if self._signature and names_a_key:  # what names a version may as well come late
                return self._watch.sent(operation, parameters["Key"], self._signature.at, effect)
            return effect

        return self._network.request(self._service, operation, about(parameters), signed)

    def fence(self, signature: "Signature") -> None:
        """From now on the client's writes are signed so."""
        self._inner, self._signature = self._fenced(signature), signature

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(partial(self._call, operation))


class Signature:
    """What `scandrop.aws.fence` has botocore do: each write is signed by the sender's clock, until its deadline."""

    def __init__(self, deadline: Deadline, now: Callable[[], datetime]) -> None:
        self._deadline = deadline
        self._now = now

    @property
    def at(self) -> datetime:
        now = self._now()
        expires_s = int((self._deadline.at - now).total_seconds())
        if expires_s < 1:
            raise Failed("lease_over")
        return now.replace(microsecond=0) + timedelta(seconds=expires_s)


class _Pages:
    def __init__(self, page: Callable[..., Any]) -> None:
        self._page = page

    def paginate(self, **parameters: Any) -> Iterator[Any]:
        answer = self._page(**parameters)
        yield answer
        while "NextContinuationToken" in answer:
            answer = self._page(**parameters, ContinuationToken=answer["NextContinuationToken"])
            yield answer


def about(parameters: dict[str, Any]) -> str:
    """What a call is about, for the story: its key and version, and what a ledger item becomes."""
    if "TransactItems" in parameters:
        return " + ".join(about(next(iter(entry.values()))) for entry in parameters["TransactItems"])
    key = parameters.get("Key", parameters.get("QueueUrl", parameters.get("Prefix", "")))
    if not isinstance(key, dict):
        version = parameters.get("VersionId")
        return f"{key} {version}" if version else str(key)
    words = [key["object_key"]["S"], key["version_id"]["S"]]
    status = parameters.get("ExpressionAttributeValues", {}).get(":set_status")
    return " ".join([*words, f"= {status['S']}"] if status else words)
