"""Every shape in which AWS tells of a raw object, read into one.

EventBridge events, native S3 notifications (form-encoded keys, ``s3:TestEvent``), either of them inside SQS,
and either of them directly. Whatever is well formed and tells of no object (a test event, another
event's type) gives none; whatever is none of these raises `Failed`, so that its message ends in the
dead-letter queue rather than nowhere.

Sources: the S3 User Guide, "Event message structure" and "EventBridge event message structure".
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus

from scandrop.errors import Failed
from scandrop.processors import Json

SEQUENCER_DIGITS = 32
UNSEQUENCED = "~"  # sorts after every sequencer, so that whoever is compared with it asks S3 which version is newest
NULL_VERSION = "null"  # S3's own name for the version of an object in a bucket without versioning
TOMBSTONE = "deleted-"  # so begins what a deletion is called among the versions of a key
KEY_DELETED, VERSION_DELETED = "key", "version"

_CREATED, _DELETED = "Object Created", "Object Deleted"  # EventBridge's detail-types
_DELETION_TYPES = {KEY_DELETED: "Delete Marker Created", VERSION_DELETED: "Permanently Deleted"}
_DELETIONS = {name: deletion for deletion, name in _DELETION_TYPES.items()}
_NOTICED = {"DeleteMarkerCreated": KEY_DELETED, "Delete": VERSION_DELETED}  # by a notification's eventName


@dataclass(frozen=True)
class RawObject:
    """One version of one object in a raw bucket, or its deletion.

    key: as S3 has it, decoded. It may hold a name: the raw bucket and the queues alone are told it.
    sequencer: in capitals, padded on the right to a fixed width, which is how the S3 User Guide says to compare two of
    a key; `UNSEQUENCED` where the event had none.
    context: what the event told beside it (when, why, its id), for the ledger.
    known_as: what the key is called everywhere else; see `scandrop.provisions.Provisions.known_as`.
    deletion: nothing, or what was deleted: `KEY_DELETED`, by a marker, or `VERSION_DELETED`, one version for good.
    instead_of: the version whose place in the order a deletion takes, where that one was deleted for good.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str
    etag: str
    size_bytes: int
    context: Mapping[str, Json]
    known_as: str = ""  # `objects_in` says it; DynamoDB takes no empty key, so a forgotten one cannot pass
    deletion: str = ""
    instead_of: str = ""

    @property
    def is_folder_marker(self) -> bool:
        """Whether it only makes a folder show in a console."""
        return self.key.endswith("/") and self.size_bytes == 0 and not self.deletion


def is_from_queue(event: Mapping[str, Any]) -> bool:
    """Whether the event is a batch that an SQS queue delivered."""
    records = event.get("Records") or [{}]
    return bool(records[0].get("eventSource") == "aws:sqs")


def objects_in(event: Mapping[str, Any], known_as: Callable[[str], str]) -> list[RawObject]:
    """The objects that an EventBridge event or an S3 notification tells of; `known_as` says what a key is called.

    Raises `Failed` for anything else.
    """
    try:
        if event.get("Event") == "s3:TestEvent":
            return []
        if "detail" in event:
            found = _from_eventbridge(event)
        else:
            found = [raw for record in event["Records"] for raw in _from_notification(record)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise Failed("unknown_event") from error
    return [replace(raw, known_as=known_as(raw.key)) for raw in found]


def objects_in_message(body: str, known_as: Callable[[str], str]) -> list[RawObject]:
    """`objects_in` for the body of a queue's message."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Failed("unknown_event") from error
    return objects_in(event, known_as)


def to_message(raw: RawObject) -> str:
    """The body that hands an object on to another lane's queue: an EventBridge event again."""
    detail = {
        "bucket": {"name": raw.bucket},
        "object": {
            "key": raw.key,
            "version-id": raw.version_id,
            "sequencer": None if raw.sequencer == UNSEQUENCED else raw.sequencer,
            "etag": raw.etag,
            "size": raw.size_bytes,
        },
        "reason": raw.context.get("reason"),
        **({"deletion-type": _DELETION_TYPES[raw.deletion]} if raw.deletion else {}),
    }
    context = {name: raw.context.get(name) for name in ("id", "time")}
    kind = _DELETED if raw.deletion else _CREATED
    return json.dumps({"source": "aws.s3", "detail-type": kind, "detail": detail, **context})


def _from_eventbridge(event: Mapping[str, Any]) -> list[RawObject]:
    if event["source"] != "aws.s3" or event["detail-type"] not in {_CREATED, _DELETED}:
        return []
    detail = event["detail"]
    entry = detail["object"]
    context = {"id": event.get("id"), "time": event.get("time"), "reason": detail.get("reason")}
    raw = _raw_object(detail["bucket"]["name"], entry["key"], entry, "version-id", "etag", context)
    return [raw if event["detail-type"] == _CREATED else _tombstone(raw, _DELETIONS[detail["deletion-type"]])]


def _from_notification(record: Mapping[str, Any]) -> list[RawObject]:
    if record["eventSource"] != "aws:s3":
        raise ValueError(record["eventSource"])
    family, _, reason = str(record["eventName"]).partition(":")
    if family not in {"ObjectCreated", "ObjectRemoved", "LifecycleExpiration"}:
        return []
    entry = record["s3"]["object"]
    request_id = record.get("responseElements", {}).get("x-amz-request-id")
    context = {"id": request_id, "time": record.get("eventTime"), "reason": reason}
    key = unquote_plus(entry["key"], errors="strict")
    raw = _raw_object(record["s3"]["bucket"]["name"], key, entry, "versionId", "eTag", context)
    return [raw if family == "ObjectCreated" else _tombstone(raw, _NOTICED[reason])]


def _tombstone(raw: RawObject, deletion: str) -> RawObject:
    """A deletion as a version of its own: it has its own place in the order, and not every event names a version."""
    told = raw.context.get("id") if raw.sequencer == UNSEQUENCED else raw.sequencer
    return replace(raw, version_id=f"{TOMBSTONE}{told or uuid.uuid4()}", etag="", size_bytes=0, deletion=deletion)


def _raw_object(  # the two shapes differ in these names alone
    bucket: str, key: str, entry: Mapping[str, Any], version_name: str, etag_name: str, context: Mapping[str, Json]
) -> RawObject:
    version_id = entry.get(version_name) or NULL_VERSION
    if not all(isinstance(name, str) for name in (bucket, key, version_id)):
        raise TypeError
    key.encode()  # raises ValueError where JSON smuggled in half a character
    return RawObject(
        bucket=bucket,
        key=key,
        version_id=version_id,
        sequencer=_sequencer(entry.get("sequencer")),
        etag=str(entry.get(etag_name, "")).strip('"'),
        size_bytes=int(entry.get("size", 0)),
        context=context,
    )


def _sequencer(told: object) -> str:
    """Comparable as text, or `UNSEQUENCED`."""
    digits = str(told or "").upper()
    return digits.ljust(SEQUENCER_DIGITS, "0") if digits and set(digits) <= set("0123456789ABCDEF") else UNSEQUENCED
