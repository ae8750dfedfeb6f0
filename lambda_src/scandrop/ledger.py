"""The ledger: one DynamoDB item per object version, and one per key that says which version is current.

    version item   object_key, version_id          status, owner, lease_until, attempts, outputs, metadata, …
                                                   sidecar_etag, where a version is settled with what lies beside it
    current item   object_key, version_id=#current current_version, sequencer

Every change is conditional: `claim` takes a version that nobody holds and that was not settled with the same sidecar,
and moves the current item only
forward; `settle`, `supersede` and `release` ask for the claim's owner, and `settle`, in one transaction, for the
version to be the current one too.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from scandrop.aws import Client, translated
from scandrop.errors import Failed
from scandrop.events import RawObject
from scandrop.processors import Json

CURRENT = "#current"
SHARDS = 4
_SETTLED = ("succeeded", "rejected", "superseded")
_LEAST_NUMBER, _MOST_NUMBER = 1e-130, 1e126
_ITEM_BYTES = 350_000  # DynamoDB takes 400 KB; past this the large part stays in the manifest

_OPEN = "attribute_not_exists(#status) OR #status = :failed OR (#status = :processing AND #lease_until < :now)"
_OUTDATED = "(#status IN (:succeeded, :rejected) AND #sidecar_etag <> :sidecar_etag)"
_NOT_NEWER = "attribute_not_exists(#sequencer) OR #sequencer <= :sequencer"
_OWNED = "#owner = :me AND #status = :processing"


@dataclass(frozen=True)
class Claim:
    """The right to settle one version: `owner` is the fencing token that every later write asks for.

    first_of_key: whether no version of the key was ever claimed before, so that no manifest can stand.
    """

    raw: RawObject
    lane: str
    owner: str
    first_of_key: bool


@dataclass(frozen=True)
class Declined:
    """Why a version cannot be claimed: ``settled`` before, ``leased`` by another try, ``superseded`` by a newer one."""

    reason: str


@dataclass(frozen=True)
class Newest:
    """The newest version of a key that was claimed, and the ETag of the sidecar it was last read with."""

    raw: RawObject
    sidecar_etag: str | None


class Ledger:
    """The table of an environment, through one DynamoDB client."""

    def __init__(self, client: Client, table: str) -> None:
        self._client = client
        self._table = table

    def claim(
        self, raw: RawObject, *, lane: str, owner: str, lease_s: float, facts: Mapping[str, Json]
    ) -> Claim | Declined:
        """Take one version for `lease_s` seconds, unless it is settled, held, or older than the key's current one.

        With a ``sidecar_etag`` among the facts, a version that was settled with another sidecar is open again.
        """
        now = datetime.now(UTC)
        values = {
            **_indexed(raw.known_as, lane, "processing", now),
            **facts,
            "lane": lane,
            "processor": lane,
            "sequencer": raw.sequencer,
            "etag": raw.etag,
            "size_bytes": raw.size_bytes,
            "event": raw.context,
            "owner": owner,
            "lease_until": _iso(now + timedelta(seconds=lease_s)),
        }
        guards: dict[str, Json] = {":failed": "failed", ":processing": "processing", ":now": _iso(now)}
        condition = _OPEN
        if "sidecar_etag" in facts:
            condition = f"{_OPEN} OR {_OUTDATED}"
            guards |= {":succeeded": "succeeded", ":rejected": "rejected", ":sidecar_etag": facts["sidecar_etag"]}
        try:
            self._update(self._version(raw), values, condition, guards, first_seen=now)
        except _ConditionFailedError as refusal:
            item = refusal.item
            if item.get("owner", {}).get("S") != owner:  # else the claim was made, and only its answer got lost
                return Declined("settled" if item.get("status", {}).get("S") in _SETTLED else "leased")
        current = {"current_version": raw.version_id, "sequencer": raw.sequencer}
        try:
            former = self._update(self._current(raw), current, _NOT_NEWER, {":sequencer": raw.sequencer})
        except _ConditionFailedError:
            self.supersede(Claim(raw, lane, owner, first_of_key=False))
            return Declined("superseded")
        return Claim(raw, lane, owner, first_of_key=not former)

    def is_current(self, raw: RawObject) -> bool:
        """Whether no newer version of the key has been claimed."""
        return self.current_version(raw.known_as) == raw.version_id

    def current_version(self, known_as: str) -> str | None:
        """The newest version of a key that was claimed, or None."""
        version: str | None = self._item(known_as, CURRENT).get("current_version", {}).get("S")
        return version

    def facts(self, known_as: str, version_id: str) -> dict[str, Any]:
        """All that is known of a version; nothing where it was never claimed."""
        return {name: _plain(value) for name, value in self._item(known_as, version_id).items()}

    def newest(self, bucket: str, key: str, known_as: str) -> Newest | None:
        """The key's current version as it was claimed; None where none ever was."""
        version = self.current_version(known_as)
        item = self._item(known_as, version) if version else {}
        if version is None or not item:
            return None
        told = {name: value.get("S") for name, value in item.get("event", {}).get("M", {}).items()}
        raw = RawObject(
            bucket=bucket,
            key=key,
            known_as=known_as,
            version_id=version,
            sequencer=item["sequencer"]["S"],
            etag=item["etag"]["S"],
            size_bytes=int(item["size_bytes"]["N"]),
            context=told,
        )
        return Newest(raw, item.get("sidecar_etag", {}).get("S"))

    def settle(self, claim: Claim, status: str, facts: Mapping[str, Json]) -> str:
        """Commit what became of a claimed version; returns the status written: ``superseded`` if a newer one came.

        Raises `Failed` ``lost_race`` where the claim's lease ran out and another try took the version.
        """
        now = datetime.now(UTC)
        values = {**_indexed(claim.raw.known_as, claim.lane, status, now), **_fitting(facts), "finished_at": _iso(now)}
        still_current = {
            **self._current(claim.raw),
            "ConditionExpression": "current_version = :version",
            "ExpressionAttributeValues": _attributes({":version": claim.raw.version_id}),
        }
        update = self._expression(self._version(claim.raw), values, _OWNED, _ownership(claim))
        with translated("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=[{"Update": update}, {"ConditionCheck": still_current}])
            except self._client.exceptions.TransactionCanceledException as cancelled:
                mine, current = (reason["Code"] for reason in cancelled.response["CancellationReasons"])
                if "ConditionalCheckFailed" not in {mine, current} or mine == "ConditionalCheckFailed":
                    raise Failed("lost_race") from cancelled
            else:
                return status
        return self.supersede(claim)

    def supersede(self, claim: Claim) -> str:
        """Settle a claimed version as overtaken by a newer one; returns ``superseded``."""
        now = datetime.now(UTC)
        values = {**_indexed(claim.raw.known_as, claim.lane, "superseded", now), "finished_at": _iso(now)}
        self._update_owned(claim, {**values, "error_code": None, "error": None})  # of a try before this one
        return "superseded"

    def release(self, claim: Claim, failure: Failed, measured: Mapping[str, Json]) -> None:
        """Give a claimed version back for another try, with the reason of this one and what it took."""
        values = _indexed(claim.raw.known_as, claim.lane, "failed", datetime.now(UTC))
        self._update_owned(claim, {**values, **measured, "error_code": failure.code, "error": str(failure)})

    def _update_owned(self, claim: Claim, values: Mapping[str, Json]) -> None:
        try:
            self._update(self._version(claim.raw), values, _OWNED, _ownership(claim))
        except _ConditionFailedError:  # another try took it over: what that one writes holds
            return

    def _update(
        self,
        key: dict[str, Any],
        values: Mapping[str, Json],
        condition: str,
        guards: Mapping[str, Json],
        first_seen: datetime | None = None,
    ) -> dict[str, Any]:
        """One conditional write; returns the item as it was. Raises `_ConditionFailedError` with what stands."""
        update = self._expression(key, values, condition, guards, first_seen)
        with translated("UpdateItem"):
            try:
                answer = self._client.update_item(
                    **update, ReturnValues="ALL_OLD", ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise _ConditionFailedError(error) from error
        return dict(answer.get("Attributes", {}))

    def _expression(
        self,
        key: dict[str, Any],
        values: Mapping[str, Json],
        condition: str,
        guards: Mapping[str, Json],
        first_seen: datetime | None = None,
    ) -> dict[str, Any]:
        """An update in DynamoDB's words. `first_seen` counts the try and keeps the time of the first one."""
        assignments = [f"#{name} = :set_{name}" for name in values]
        parameters = {**{f":set_{name}": value for name, value in values.items()}, **guards}
        tail = ""
        if first_seen is not None:
            assignments.append("received_at = if_not_exists(received_at, :first_seen)")
            parameters |= {":first_seen": _iso(first_seen), ":one": 1}
            tail = " ADD attempts :one"
        names = {f"#{name}" for name in values} | set(re.findall(r"#\w+", condition))
        return {
            **key,
            "UpdateExpression": f"SET {', '.join(assignments)}{tail}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {name: name[1:] for name in names},
            "ExpressionAttributeValues": _attributes(parameters),
        }

    def _item(self, key: str, version_id: str) -> dict[str, Any]:
        with translated("GetItem"):
            answer = self._client.get_item(**self._place(key, version_id), ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _version(self, raw: RawObject) -> dict[str, Any]:
        return self._place(raw.known_as, raw.version_id)

    def _current(self, raw: RawObject) -> dict[str, Any]:
        return self._place(raw.known_as, CURRENT)

    def _place(self, key: str, version_id: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": _attributes({"object_key": key, "version_id": version_id})}


class _ConditionFailedError(Exception):
    """A condition did not hold; `item` is what stands in the table."""

    def __init__(self, error: ClientError) -> None:
        super().__init__()
        response: Mapping[str, Any] = error.response
        self.item: dict[str, Any] = response.get("Item", {})


def _indexed(key: str, lane: str, status: str, now: datetime) -> dict[str, Json]:
    """The status, and what the two indexes are keyed by: the shard spreads a day over partitions."""
    place = f"{now:%Y-%m-%d}#{zlib.crc32(key.encode()) % SHARDS}"
    return {
        "status": status,
        "status_day": f"{status}#{place}",
        "lane_day": f"{lane}#{place}",
        "updated_at": _iso(now),
    }


def _ownership(claim: Claim) -> dict[str, Json]:
    return {":me": claim.owner, ":processing": "processing"}


def _fitting(facts: Mapping[str, Json]) -> dict[str, Json]:
    """The facts as they fit one item; what does not is said to be in the manifest."""
    fitting = dict(facts)
    for large in ("metadata", "outputs"):
        if len(json.dumps(fitting).encode()) > _ITEM_BYTES and large in fitting:
            fitting[large] = {"see": "manifest"}
    return fitting


def _iso(moment: datetime) -> str:
    """UTC with milliseconds at a fixed width, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_number(value: float) -> bool:
    """Whether DynamoDB takes it: its numbers span less than a float does, and a file may hold any float."""
    return value == 0 or _LEAST_NUMBER <= abs(value) < _MOST_NUMBER


def _attributes(values: Mapping[str, Json]) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in values.items()}


def _attribute(value: Json) -> dict[str, Any]:
    """A JSON value in DynamoDB's typed form; boto3's own serializer refuses floats and costs its import."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)} if _is_number(value) else {"NULL": True}
        case list() | tuple():
            return {"L": [_attribute(entry) for entry in value]}
        case _:
            return {"M": _attributes(value)}


def _plain(attribute: Mapping[str, Any]) -> Json:
    """The value that DynamoDB's typed form stands for."""
    match next(iter(attribute.items())):
        case "N", text:
            number = float(text)
            return int(number) if number.is_integer() else number
        case "L", entries:
            return [_plain(entry) for entry in entries]
        case "M", entries:
            return {name: _plain(value) for name, value in entries.items()}
        case "NULL", _:
            return None
        case _, value:
            return value  # type: ignore[no-any-return]  # a text or a truth
