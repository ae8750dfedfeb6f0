"""The ledger: one DynamoDB item per object version, and one per key that says which version is current.

    version item   object_key, version_id          status, owner, lease_until, attempts, outputs, metadata, …
                                                   sidecar_etag, where a version is settled with what lies beside it
                                                   erased_at, where its object was deleted, with metadata and outputs
    current item   object_key, version_id=#current current_version, sequencer, claimer
                                                   writer, writing_version, writing_status, writer_until: its write lock
    tombstone      the version item of a deletion  expires_at, which the current item has too as long as it is current

Every change is conditional. `claim` takes a version that nobody holds and that was not settled with the same sidecar,
and moves the current item only forward. `begin_writing` takes the key's write lock for the current version's newest
claim. `settle`, `supersede` and `release` ask for the claim's owner, and `settle`, in one transaction, for the version
to be the current one too.
"""

import json
import re
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from scandrop.aws import Client, translated
from scandrop.errors import Failed
from scandrop.events import TOMBSTONE, UNSEQUENCED, RawObject
from scandrop.processors import Json
from scandrop.statuses import SETTLED

CURRENT = "#current"
SHARDS = 4
# Longer than anything tells of an older version: 14 days in a queue, 14 as a letter, 30 as a noncurrent version.
_TOMBSTONE_STANDS = timedelta(days=90)
_LEAST_NUMBER, _MOST_NUMBER = 1e-130, 1e126
_ITEM_BYTES = 350_000  # DynamoDB takes 400 KB; past this the large part stays in the manifest

_OPEN = "attribute_not_exists(#status) OR #status = :failed OR (#status = :processing AND #lease_until < :now)"
_OUTDATED = "(#status IN (:succeeded, :rejected) AND #sidecar_etag <> :sidecar_etag AND #owner = :settled_by)"
_NOT_NEWER = "attribute_not_exists(#sequencer) OR #sequencer <= :sequencer"
_UNMOVED = "#current_version = :observed"
_OWNED = "#owner = :me AND #status = :processing"
_STILL_CURRENT = "#current_version = :version"
_IN_ITS_PLACE = "#current_version = :gone OR #current_version = :version"
_FREE = "attribute_not_exists(#writer) OR #writer_until < :now"
_THE_SAME = "#writing_version = :version AND #writing_status = :set_writing_status"
_PROLONGED = f"({_THE_SAME} AND #writer_until <= :set_writer_until)"  # never cut short
_MAY_WRITE = f"#claimer = :me AND ({_FREE} OR {_PROLONGED})"
_WRITING = "#writer = :me"
_CLAIMED_STILL = f"#claimer = :me AND {_STILL_CURRENT}"
_LOCK = "writer, writing_version, writing_status, writer_until"
_TOLD = "attribute_exists(#outputs)"
_PAUSES_S = (0.1, 0.3, 0.9)  # before a transaction that met another one is tried again
_MET = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


@dataclass(frozen=True)
class Claim:
    """The right to settle one version: `owner` is the fencing token that every later write asks for.

    first_of_key: whether no version of the key was ever claimed before, so that nothing can stand under its prefix.
    unlocks: whether its end lets the key's write lock go. It does not where a request of this version's may still be on
    its way: the lock then runs out.
    """

    raw: RawObject
    lane: str
    owner: str
    lease_until: datetime
    first_of_key: bool
    unlocks: bool = True


@dataclass(frozen=True)
class Declined:
    """Why a version cannot be claimed: ``settled`` before, ``leased`` by another try, ``superseded`` by a newer one.

    Or ``outpaced``: settled with another sidecar since it was looked at, so that it has to be looked at again.

    until: when the other try's lease ends.
    """

    reason: str
    until: str = ""


@dataclass(frozen=True)
class Newest:
    """The newest version of a key that was claimed, and the ETag of the sidecar it was last read with.

    That is None while a settled one is read again, which nobody may hear of: its message may be gone already.
    """

    raw: RawObject
    sidecar_etag: str | None


class Ledger:
    """The table of an environment, through one DynamoDB client."""

    def __init__(self, client: Client, table: str) -> None:
        self._client = client
        self._table = table

    def claim(  # noqa: PLR0913 (a claim is all of this at once)
        self,
        raw: RawObject,
        *,
        lane: str,
        owner: str,
        lease_until: datetime,
        facts: Mapping[str, Json],
        is_newest: Callable[[], bool],
        settled_by: str = "",
    ) -> Claim | Declined:
        """Take one version until `lease_until`, unless it is settled, held, or older than the key's current one.

        With a ``sidecar_etag`` among the facts, a version that was settled with another sidecar is open again, if its
        result is still that of the owner whose it was before the sidecar was looked for: see `owner_of`.
        `is_newest` is asked where an event without a sequencer leaves the order open.
        """
        now = datetime.now(UTC)
        values = {
            **indexed(raw.known_as, lane, "processing", now),
            **facts,
            "lane": lane,
            "processor": lane,
            "sequencer": raw.sequencer,
            "etag": raw.etag,
            "size_bytes": raw.size_bytes,
            "event": raw.context,
            "owner": owner,
            "lease_until": iso(lease_until),
        }
        guards: dict[str, Json] = {":failed": "failed", ":processing": "processing", ":now": iso(now)}
        condition = _OPEN
        if "sidecar_etag" in facts:
            condition = f"{_OPEN} OR {_OUTDATED}"
            guards |= {":succeeded": "succeeded", ":rejected": "rejected", ":sidecar_etag": facts["sidecar_etag"]}
            guards[":settled_by"] = settled_by
        try:
            self._update(self._version(raw), values, condition, guards, first_seen=now, removing="erased_at")
        except _ConditionFailedError as refusal:
            item = refusal.item
            if item.get("owner", {}).get("S") != owner:  # else the claim was made, and only its answer got lost
                return _declined(item, facts.get("sidecar_etag"))
        claim = Claim(raw, lane, owner, lease_until, first_of_key=False)
        try:
            former = self._make_current(claim, is_newest)
        except Failed as failure:  # without its place in the order the claim is of no use
            self.release(claim, failure, {})
            raise
        if former is None:
            self.supersede(claim)
            return Declined("superseded")
        return replace(claim, first_of_key=not former)

    def begin_writing(self, claim: Claim, status: str) -> Claim | None:
        """Take the key's write lock for as long as the claim lasts; returns None where a newer version came.

        An earlier try of this version may still have requests on their way. Where it ended with the same status, and so
        wrote the same, its lock is taken over and prolonged, or does as it is where it lasts longer. Raises `Failed`
        ``busy`` while anything else is being written, ``lost_race`` where another try has claimed this version since.
        """
        lock = {
            "writer": claim.owner,
            "writing_version": claim.raw.version_id,
            "writing_status": status,
            "writer_until": iso(claim.lease_until),
        }
        guards = {":me": claim.owner, ":version": claim.raw.version_id, ":now": iso(datetime.now(UTC))}
        try:
            former = self._update(self._current(claim.raw), lock, _MAY_WRITE, guards)
        except _ConditionFailedError as refusal:
            if _text(refusal.item, "current_version") != claim.raw.version_id:
                return None
            if _text(refusal.item, "claimer") != claim.owner:
                raise Failed("lost_race") from refusal
            writing = _text(refusal.item, "writing_version"), _text(refusal.item, "writing_status")
            if writing != (claim.raw.version_id, status):
                raise Failed("busy") from refusal
            return replace(claim, unlocks=False)
        taken_over = _text(former, "writer_until") >= guards[":now"]  # from a try that failed
        return replace(claim, unlocks=not taken_over)

    def current_version(self, known_as: str) -> str | None:
        """The newest version of a key that was claimed, or None."""
        return _text(self._item(known_as, CURRENT), "current_version") or None

    def owner_of(self, raw: RawObject) -> str:
        """Who settled a version; empty where nobody has."""
        item = self._item(raw.known_as, raw.version_id)
        return _text(item, "owner") if _text(item, "status") in SETTLED else ""

    def facts(self, known_as: str, version_id: str) -> dict[str, Any]:
        """All that is known of a version; nothing where it was never claimed."""
        return {name: _plain(value) for name, value in self._item(known_as, version_id).items()}

    def newest(self, bucket: str, key: str, known_as: str) -> Newest | None:
        """The key's current version as it was claimed; None where none ever was, or the key is deleted."""
        version = self.current_version(known_as)
        if version and version.startswith(TOMBSTONE):
            return None
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
        return Newest(raw, None if _is_read_again(item) else item.get("sidecar_etag", {}).get("S"))

    def settle(self, claim: Claim, status: str, facts: Mapping[str, Json]) -> str:
        """Commit what became of a claimed version; returns the status written: ``superseded`` if a newer one came.

        Raises `Failed` ``lost_race`` where the claim's lease ran out and another try took the version.
        """
        now = datetime.now(UTC)
        expiry = {"expires_at": int((now + _TOMBSTONE_STANDS).timestamp())} if status == "deleted" else {}
        values = {**indexed(claim.raw.known_as, claim.lane, status, now), **_fitting(facts), "finished_at": iso(now)}
        update = self._expression(self._version(claim.raw), values | expiry, _OWNED, _ownership(claim))
        unlock = self._unlocking(claim, _STILL_CURRENT, {":version": claim.raw.version_id}, expiry)
        refusals = self._transact([update, unlock])
        if not refusals:
            return status
        if "ConditionalCheckFailed" not in refusals:
            raise _transaction_failed(refusals)
        if refusals[0] == "ConditionalCheckFailed":
            raise Failed("lost_race")
        return self.supersede(claim)

    def supersede(self, claim: Claim) -> str:
        """Settle a claimed version as overtaken by a newer one, and let the key go; returns ``superseded``.

        Raises `Failed` ``lost_race`` where another try has claimed the version since: it is that one's to settle.
        """
        now = datetime.now(UTC)
        values = {**indexed(claim.raw.known_as, claim.lane, "superseded", now), "finished_at": iso(now)}
        values |= {"error_code": None, "error": None}  # of a try before this one
        try:
            self._update(self._version(claim.raw), values, _OWNED, _ownership(claim))
        except _ConditionFailedError as refusal:
            if _text(refusal.item, "owner") != claim.owner:  # else it was done, and only the answer got lost
                raise Failed("lost_race") from refusal
        if claim.unlocks:
            with translated("UpdateItem"), suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.update_item(**self._unlocking(claim, _WRITING, {":me": claim.owner}))
        return "superseded"

    def release(self, claim: Claim, failure: Failed, measured: Mapping[str, Json]) -> None:
        """Give a claimed version back for another try, with the reason of this one and what it took.

        The write lock is left to run out: a request of this try may still be on its way, and only another try of the
        same version would write the same.
        """
        values = indexed(claim.raw.known_as, claim.lane, "failed", datetime.now(UTC))
        values |= {**measured, "error_code": failure.code, "error": str(failure)}
        with suppress(_ConditionFailedError):  # another try took it over: what that one writes holds
            self._update(self._version(claim.raw), values, _OWNED, _ownership(claim))

    def forget(self, claim: Claim) -> None:
        """Take from a deleted key's items what its versions held. What became of them, and when, stays.

        Raises `Failed`: ``lost_race`` where the deletion may write no longer, or why DynamoDB did not write.
        """
        known_as = claim.raw.known_as
        held = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="object_key = :key",
            FilterExpression="attribute_exists(outputs)",
            ProjectionExpression="version_id",
            ExpressionAttributeValues=_attributes({":key": known_as}),
            ConsistentRead=True,
        )
        with translated("Query"):
            versions = [item["version_id"]["S"] for page in held for item in page["Items"]]
        writing = {":me": claim.owner, ":version": claim.raw.version_id}
        fenced = self._expression(self._current(claim.raw), {"claimer": claim.owner}, _CLAIMED_STILL, writing)
        for version in versions:
            erased = {"erased_at": iso(datetime.now(UTC))}
            erase = self._expression(self._place(known_as, version), erased, _TOLD, {}, removing="metadata, outputs")
            refusals = self._transact([erase, fenced])
            if refusals and refusals[1] == "ConditionalCheckFailed":
                raise Failed("lost_race")
            if refusals and refusals[0] != "ConditionalCheckFailed":  # else there is nothing left to forget
                raise _transaction_failed(refusals)

    def _transact(self, updates: list[dict[str, Any]]) -> list[str]:
        """All updates or none; returns nothing, or each one's reason why not."""
        for pause_s in _PAUSES_S:
            refusals = self._refusals(updates)
            if not _MET & set(refusals) or "ConditionalCheckFailed" in refusals:
                return refusals
            time.sleep(pause_s)
        return self._refusals(updates)

    def _refusals(self, updates: list[dict[str, Any]]) -> list[str]:
        with translated("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=[{"Update": update} for update in updates])
            except self._client.exceptions.TransactionCanceledException as cancelled:
                return [str(reason["Code"]) for reason in cancelled.response["CancellationReasons"]]
        return []

    def _make_current(self, claim: Claim, is_newest: Callable[[], bool]) -> dict[str, Any] | None:
        """Move the key's current item forward to a version; returns it as it was, or None where a newer one came.

        Raises `Failed` ``lost_race`` where S3 had to be asked for the order and another version came meanwhile.
        """
        raw = claim.raw
        place, values = (
            self._current(raw),
            {"current_version": raw.version_id, "sequencer": raw.sequencer, "claimer": claim.owner},
        )
        if raw.instead_of:
            placed = {":gone": raw.instead_of, ":version": raw.version_id}
            try:
                return self._update(place, values, _IN_ITS_PLACE, placed, removing="expires_at")
            except _ConditionFailedError:
                return None
        if raw.sequencer != UNSEQUENCED:
            try:
                return self._update(place, values, _NOT_NEWER, {":sequencer": raw.sequencer}, removing="expires_at")
            except _ConditionFailedError as refusal:
                if _text(refusal.item, "sequencer") != UNSEQUENCED:
                    return None
        observed = self.current_version(raw.known_as)
        if not is_newest():
            return None
        condition = _UNMOVED if observed else "attribute_not_exists(#current_version)"
        try:
            guards = {":observed": observed} if observed else {}
            return self._update(place, values, condition, guards, removing="expires_at")
        except _ConditionFailedError as moved:
            raise Failed("lost_race") from moved

    def _unlocking(
        self, claim: Claim, condition: str, guards: Mapping[str, Json], values: Mapping[str, Json] | None = None
    ) -> dict[str, Any]:
        """The update that lets a key's write lock go, as far as the claim may, and sets `values` with it."""
        if claim.unlocks:
            return self._expression(self._current(claim.raw), values or {}, condition, guards, removing=_LOCK)
        return self._expression(self._current(claim.raw), values or {"claimer": claim.owner}, condition, guards)

    def _update(
        self,
        key: dict[str, Any],
        values: Mapping[str, Json],
        condition: str,
        guards: Mapping[str, Json],
        first_seen: datetime | None = None,
        removing: str = "",
    ) -> dict[str, Any]:
        """One conditional write; returns the item as it was. Raises `_ConditionFailedError` with what stands."""
        update = self._expression(key, values, condition, guards, first_seen, removing)
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
        removing: str = "",
    ) -> dict[str, Any]:
        """An update in DynamoDB's words. `first_seen` counts the try and keeps the time of the first one."""
        assignments = [f"#{name} = :set_{name}" for name in values]
        parameters = {**{f":set_{name}": value for name, value in values.items()}, **guards}
        tail = f" REMOVE {removing}" if removing else ""
        if first_seen is not None:
            assignments.append("received_at = if_not_exists(received_at, :first_seen)")
            parameters |= {":first_seen": iso(first_seen), ":one": 1}
            tail += " ADD attempts :one"
        names = {f"#{name}" for name in values} | set(re.findall(r"#\w+", condition))
        return {
            **key,
            "UpdateExpression": (f"SET {', '.join(assignments)}" if assignments else "") + tail,
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


def iso(moment: datetime) -> str:
    """UTC with milliseconds at a fixed width, so that text sorts as time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def indexed(key: str, lane: str, status: str, now: datetime) -> dict[str, Json]:
    """The status, and what the two indexes are keyed by: the shard spreads a day over partitions."""
    place = f"{now:%Y-%m-%d}#{zlib.crc32(key.encode()) % SHARDS}"
    return {
        "status": status,
        "status_day": f"{status}#{place}",
        "lane_day": f"{lane}#{place}",
        "updated_at": iso(now),
    }


def _declined(item: Mapping[str, Any], sidecar_etag: Json) -> Declined:
    """Why the version of this item cannot be claimed, by who saw this sidecar beside it, or asked for none."""
    status = _text(item, "status")
    if status not in SETTLED:
        return Declined("leased", _text(item, "lease_until"))
    outdated = status in {"succeeded", "rejected"} and sidecar_etag not in {None, _text(item, "sidecar_etag")}
    return Declined("outpaced" if outdated else "settled")


def _is_read_again(item: Mapping[str, Any]) -> bool:
    """Whether the version of this item was settled once and is open again."""
    return "finished_at" in item and _text(item, "status") not in SETTLED


def _transaction_failed(codes: list[str]) -> Failed:
    reason = next(code for code in codes if code != "None")
    return Failed("throttled" if reason in _MET else "aws_error", operation="TransactWriteItems", aws_code=reason)


def _text(item: Mapping[str, Any], name: str) -> str:
    """A text of an item in DynamoDB's typed form; empty where it has none."""
    return str(item.get(name, {}).get("S", ""))


def _ownership(claim: Claim) -> dict[str, Json]:
    return {":me": claim.owner, ":processing": "processing"}


def _fitting(facts: Mapping[str, Json]) -> dict[str, Json]:
    """The facts as they fit one item; what does not is said to be in the manifest."""
    fitting = dict(facts)
    for large in ("metadata", "outputs"):
        if len(json.dumps(fitting).encode()) > _ITEM_BYTES and large in fitting:
            fitting[large] = {"see": "manifest"}
    return fitting


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
