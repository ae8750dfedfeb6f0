"""Having objects processed once more: the ledger's item is opened again, then its event goes into its lane's queue.

Between the two nothing is lost: what is open and in no queue is what `scandrop reconcile` finds.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from scandrop.events import NULL_VERSION, TOMBSTONE, UNSEQUENCED, RawObject, to_message
from scandrop.lanes import lane_of
from scandrop.ledger import CURRENT, indexed
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.records import Item, current, version
from scandrop_cli.settling import keys_under

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

CODE = "released"
_SENTENCE = "Somebody had it processed once more. Its lane takes it from its queue by itself."
_ABSENT = "It is not in the raw bucket."
_SETTLED = ("failed", "rejected", "succeeded", "superseded")
_GONE = {"400", "404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion"}  # 400: what is no version id at all


@dataclass(frozen=True)
class Requeued:
    """What became of one: `refusal` is empty where it is in its lane's queue, and else says why it is not."""

    key: str
    version_id: str
    lane: str
    refusal: str = ""


def requeue(environment: Environment, key: str, version_id: str | None = None) -> Requeued:
    """Have a raw key's version processed once more: the newest one, or the one named."""
    name = environment.known_as(key)
    head = _head(environment, key, version_id)
    if head is None:
        return Requeued(name, version_id or "", lane_of(key), _ABSENT)
    item = version(environment, name, head["VersionId"]) or {}
    lane = item.get("lane") or lane_of(key)
    standing = current(environment, name) or ""
    if refusal := _refusal(environment, name, item, standing):
        return Requeued(name, head["VersionId"], lane, refusal)
    # After a deletion that was undone, its own sequencer would say that it came before that deletion: S3 is asked.
    sequencer = UNSEQUENCED if standing.startswith(TOMBSTONE) else item.get("sequencer", UNSEQUENCED)
    body = to_message(_raw_object(environment, key, head, sequencer))
    environment.sqs.send_message(QueueUrl=environment.queue_urls[lane], MessageBody=body)
    return Requeued(name, head["VersionId"], lane)


def requeue_all(
    environment: Environment,
    keys: Sequence[str],
    version_id: str | None = None,
    on_count: Callable[[int], object] = lambda _: None,
) -> list[Requeued]:
    """The same for many, by their raw keys or by what they are known as. `on_count` hears how many are done."""
    raw = raw_keys(environment, set(keys))

    def one(key: str) -> Requeued:
        return requeue(environment, raw[key], version_id) if key in raw else Requeued(key, "", lane_of(key), _ABSENT)

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
    for key in keys_under(environment, "") if len(found) < len(names) else ():
        name = environment.pseudonyms.object_key(key)
        if name in names:
            found[name] = key
    return found


def _head(environment: Environment, key: str, version_id: str | None) -> Item | None:
    """What S3 says of a version, or of the newest one; None where it is gone."""
    request: dict[str, Any] = {"Bucket": environment.raw_bucket, "Key": key}
    if version_id and version_id != NULL_VERSION:
        request["VersionId"] = version_id
    try:
        return {"VersionId": NULL_VERSION, **environment.s3.head_object(**request)}
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise


def _raw_object(environment: Environment, key: str, head: Item, sequencer: str) -> RawObject:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return RawObject(
        bucket=environment.raw_bucket,
        key=key,
        version_id=head["VersionId"],
        sequencer=sequencer,
        etag=head["ETag"].strip('"'),
        size_bytes=head["ContentLength"],
        context={"time": now, "reason": CODE},
    )


def _refusal(environment: Environment, name: str, item: Item, standing: str) -> str:
    """Open a version's item, and say why where it cannot be; what no lane has taken, or has left, is open."""
    if item.get("status") == "superseded" and not standing.startswith(TOMBSTONE):
        return "A newer version of it took its place."
    if item.get("status") == "processing" and item["lease_until"] > datetime.now(UTC).isoformat():
        return "A lane is at work on it."
    if item.get("status") in _SETTLED and not _opened(environment, name, item, standing):
        return "A newer version of it took its place, or a lane has just taken it."
    return ""


def _opened(environment: Environment, name: str, item: Item, standing: str) -> bool:
    """Whether the item is open for another claim, from its first try on: the current version's, or a restored one's."""
    mine = standing if standing.startswith(TOMBSTONE) else item["version_id"]
    facts = {
        **indexed(name, item["lane"], "failed", datetime.now(UTC)),
        "error_code": CODE,
        "error": _SENTENCE,
        "attempts": 0,
    }
    serialize = TypeSerializer().serialize
    values = {f":{fact}": serialize(value) for fact, value in facts.items()}
    values |= {f":was_{number}": serialize(status) for number, status in enumerate(_SETTLED)}
    table, place = environment.ledger_table, {"object_key": serialize(name)}
    opening: list[TransactWriteItemTypeDef] = [
        {
            "Update": {
                "TableName": table,
                "Key": {**place, "version_id": serialize(item["version_id"])},
                "UpdateExpression": "SET " + ", ".join(f"#{fact} = :{fact}" for fact in facts),
                "ConditionExpression": "#status IN (:was_0, :was_1, :was_2, :was_3)",
                "ExpressionAttributeNames": {f"#{fact}": fact for fact in facts},
                "ExpressionAttributeValues": values,
            }
        },
        {
            "ConditionCheck": {
                "TableName": table,
                "Key": {**place, "version_id": serialize(CURRENT)},
                "ConditionExpression": "current_version = :version",
                "ExpressionAttributeValues": {":version": serialize(mine)},
            }
        },
    ]
    try:
        environment.dynamodb.transact_write_items(TransactItems=opening)
    except environment.dynamodb.exceptions.TransactionCanceledException:
        return False
    return True
