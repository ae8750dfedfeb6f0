"""Having objects processed once more: the ledger's item is opened again, then its event goes into its lane's queue.

Between the two nothing is lost: what is open and in no queue is what `scandrop reconcile` finds.
"""

import string
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from scandrop.events import (
    KEY_DELETED,
    NULL_VERSION,
    SEQUENCER_DIGITS,
    TOMBSTONE,
    UNSEQUENCED,
    VERSION_DELETED,
    RawObject,
    to_message,
)
from scandrop.lanes import lane_of
from scandrop.ledger import CURRENT, indexed
from scandrop.statuses import SETTLED
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.errors import explain, is_gone
from scandrop_cli.records import Item, current, is_at_work, version
from scandrop_cli.settling import keys_under

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import ConditionCheckTypeDef, TransactWriteItemTypeDef

CODE = "released"
_SENTENCE = "Somebody had it processed once more. Its lane takes it from its queue by itself."
_ABSENT = "It is not in the raw bucket."
_AT_WORK = "A lane is at work on it."
_OVERTAKEN = "A newer version of it took its place."
_KEPT = "This environment keeps what was made of a deleted object."
_ERASED = "It was deleted, and so was what was made of it."
_LEFT = ("failed", *SETTLED)


@dataclass(frozen=True)
class Requeued:
    """What became of one: `refusal` is empty where it is in its lane's queue, and else says why it is not."""

    key: str
    version_id: str
    lane: str
    refusal: str = ""


def requeue(environment: Environment, key: str, version_id: str | None = None) -> Requeued:
    """Have a raw key's version processed once more: the newest one, or the one named, which may be a deletion.

    Where the raw bucket has the key no more and derivatives go with their object, it is its deletion.
    """
    name = environment.known_as(key)
    standing = current(environment, name) or ""
    if (version_id or "").startswith(TOMBSTONE):
        return requeue_deletion(environment, key, version_id)
    head = _head(environment, key, version_id)
    if head is None:
        if standing and not version_id and environment.on_delete == "delete":
            return requeue_deletion(environment, key)
        return Requeued(name, version_id or "", lane_of(key), _ABSENT)
    item = version(environment, name, head["VersionId"]) or {}
    lane = item.get("lane") or lane_of(key)
    if refusal := _overtaken(environment, key, head, standing) or _refusal(environment, name, item, standing):
        return Requeued(name, head["VersionId"], lane, refusal)
    # Only the version that the ledger has as current has its place in the order for sure. For others S3 is asked.
    sequencer = item.get("sequencer", UNSEQUENCED) if standing == head["VersionId"] else UNSEQUENCED
    refusal = _send(environment, lane, _raw_object(environment, key, head, sequencer))
    return Requeued(name, head["VersionId"], lane, refusal)


def requeue_deletion(environment: Environment, key: str, version_id: str | None = None) -> Requeued:
    """Have a lane told of a deletion once more, or for the first time where its event was lost, as S3 would tell it.

    Nothing follows from that where S3 has the key again, or the version that the ledger has as current.
    """
    name, lane = environment.known_as(key), lane_of(key)
    standing = current(environment, name) or ""
    begun = version_id or (standing if standing.startswith(TOMBSTONE) else f"{TOMBSTONE}{uuid.uuid4()}")
    item = version(environment, name, begun) or {}
    refusal = "" if environment.on_delete == "delete" else _KEPT
    refusal = refusal or (_ERASED if item.get("status") == "deleted" else _AT_WORK if is_at_work(item) else "")
    if not refusal:
        told = begun.removeprefix(TOMBSTONE)  # so the lane calls it the same again
        sequenced = len(told) == SEQUENCER_DIGITS and set(told) <= set(string.hexdigits)
        deletion = RawObject(
            bucket=environment.raw_bucket,
            key=key,
            version_id=NULL_VERSION,
            sequencer=told if sequenced else UNSEQUENCED,
            etag="",
            size_bytes=0,
            context=_context() | {"id": told},
            deletion=VERSION_DELETED if _head(environment, key, None) else KEY_DELETED,
        )
        refusal = _send(environment, lane, deletion)
    return Requeued(name, begun, lane, refusal)


def _send(environment: Environment, lane: str, raw: RawObject) -> str:
    """Queue it; returns a refusal where it is not, since by now the ledger has it as open."""
    try:
        environment.sqs.send_message(QueueUrl=environment.queue_urls[lane], MessageBody=to_message(raw))
    except (BotoCoreError, ClientError) as error:
        mend = f"scandrop reconcile --heal --env {environment.name}"
        return f"{explain(error)} It is open now, and in no queue. This queues it, once that is mended: {mend}"
    return ""


def requeue_all(
    environment: Environment,
    keys: Sequence[str],
    version_id: str | None = None,
    on_count: Callable[[int], object] = lambda _: None,
) -> list[Requeued]:
    """The same for many, by their raw keys or by what they are known as. `on_count` hears how many are done."""
    raw = raw_keys(environment, set(keys))

    def one(key: str) -> Requeued:
        if key not in raw:
            return Requeued(key, "", lane_of(key), _ABSENT)
        try:
            return requeue(environment, raw[key], version_id)
        except (BotoCoreError, ClientError) as error:  # what became of the others must be told all the same
            return Requeued(environment.known_as(key), version_id or "", lane_of(raw[key]), str(explain(error)))

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = []
        for requeued in pool.map(one, keys):
            done.append(requeued)
            on_count(len(done))
    return done


def raw_keys(environment: Environment, names: Collection[str]) -> dict[str, str]:
    """The raw key of each name, as far as there is one; all raw keys are gone through where they are pseudonymous."""
    if not environment.pseudonymous_keys:
        return {name: name for name in names}
    found = {name: name for name in names if environment.pseudonyms.object_key(name) != name}  # raw already
    for keys in (keys_under(environment, ""), _deleted_keys(environment)):
        for key in keys if len(found) < len(names) else ():
            name = environment.pseudonyms.object_key(key)
            if name in names:
                found[name] = key
    return found


def _deleted_keys(environment: Environment) -> Iterator[str]:
    """The raw keys whose deletion S3 still remembers, where they matter."""
    pages = environment.s3.get_paginator("list_object_versions").paginate(Bucket=environment.raw_bucket)
    for page in pages if environment.on_delete == "delete" else ():
        yield from (entry["Key"] for entry in page.get("DeleteMarkers", []) if entry["IsLatest"])


def _head(environment: Environment, key: str, version_id: str | None) -> Item | None:
    """What S3 says of a version, or of the newest one; None where it is gone."""
    request: dict[str, Any] = {"Bucket": environment.raw_bucket, "Key": key}
    if version_id and version_id != NULL_VERSION:
        request["VersionId"] = version_id
    try:
        return {"VersionId": NULL_VERSION, **environment.s3.head_object(**request)}
    except ClientError as error:
        if is_gone(error):
            return None
        if error.response["Error"]["Code"] == "400" and "VersionId" in request:  # it is no version id at all, unless
            _head(environment, key, None)  # this is refused too: the credentials have expired
            return None
        raise


def _raw_object(environment: Environment, key: str, head: Item, sequencer: str) -> RawObject:
    return RawObject(
        bucket=environment.raw_bucket,
        key=key,
        version_id=head["VersionId"],
        sequencer=sequencer,
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        context=_context(),
    )


def _context() -> dict[str, str]:
    return {"time": datetime.now(UTC).isoformat(timespec="seconds"), "reason": CODE}


def _overtaken(environment: Environment, key: str, head: Item, standing: str) -> str:
    """Why a version that the ledger does not have as current cannot become it: S3 has another as the newest."""
    if standing == head["VersionId"]:
        return ""
    newest = _head(environment, key, None)
    if newest is None:
        return _ABSENT
    return "" if newest["VersionId"] == head["VersionId"] else _OVERTAKEN


def _refusal(environment: Environment, name: str, item: Item, standing: str) -> str:
    """Open a version's item, and say why where it cannot be; what no lane has taken, or has left, is open."""
    if is_at_work(item):
        return _AT_WORK
    if item.get("status") in _LEFT and not _opened(environment, name, item, standing):
        return "A lane has just taken it, or a newer version of it."
    return ""


def _opened(environment: Environment, name: str, item: Item, standing: str) -> bool:
    """Open the item for another claim, from its first try on, unless the key's current version is another by now."""
    facts = {
        **indexed(name, item["lane"], "failed", datetime.now(UTC)),
        "error_code": CODE,
        "error": _SENTENCE,
        "attempts": 0,
    }
    serialize = TypeSerializer().serialize
    values = {f":{fact}": serialize(value) for fact, value in facts.items()}
    values |= {f":was_{number}": serialize(status) for number, status in enumerate(_LEFT)}
    table, place = environment.ledger_table, {"object_key": serialize(name)}
    opening: list[TransactWriteItemTypeDef] = [
        {
            "Update": {
                "TableName": table,
                "Key": {**place, "version_id": serialize(item["version_id"])},
                "UpdateExpression": "SET " + ", ".join(f"#{fact} = :{fact}" for fact in facts),
                "ConditionExpression": f"#status IN ({', '.join(f':was_{number}' for number in range(len(_LEFT)))})",
                "ExpressionAttributeNames": {f"#{fact}": fact for fact in facts},
                "ExpressionAttributeValues": values,
            }
        },
        {"ConditionCheck": _unmoved(table, {**place, "version_id": serialize(CURRENT)}, standing)},
    ]
    try:
        environment.dynamodb.transact_write_items(TransactItems=opening)
    except environment.dynamodb.exceptions.TransactionCanceledException:
        return False
    return True


def _unmoved(table: str, place: dict[str, Any], standing: str) -> "ConditionCheckTypeDef":
    """That the key's current version still is the one that was seen, or still is not known."""
    if not standing:
        return {"TableName": table, "Key": place, "ConditionExpression": "attribute_not_exists(current_version)"}
    return {
        "TableName": table,
        "Key": place,
        "ConditionExpression": "current_version = :standing",
        "ExpressionAttributeValues": {":standing": {"S": standing}},
    }
