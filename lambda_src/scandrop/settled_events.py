"""The herald: tells EventBridge of each settled object version, from the ledger's stream.

After the commit and never of one that was not committed; at least once; in the order in which a key's versions were
settled. ``docs/events/object-settled.schema.json`` describes the event.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import batched
from typing import Any

from scandrop import aws
from scandrop.manifest import NAME, prefix_of
from scandrop.processors import Json

SOURCE, DETAIL_TYPE = "scandrop", "Object Settled"
_ENTRIES = 10  # PutEvents takes no more at once
_COUNTS = ("attempts", "derivatives", "duration_ms", "size_bytes")
_log = logging.getLogger()


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What Lambda calls with a part of the stream; returns from where to bring it again."""
    environment, bucket = os.environ["SCANDROP_ENVIRONMENT"], os.environ["SCANDROP_PROCESSED_BUCKET"]
    # What is erased of a deleted object's versions changes their items once more, and settles nothing.
    settled = [record for record in event["Records"] if "erased_at" not in record["dynamodb"]["NewImage"]]
    for records in batched(settled, _ENTRIES):
        told = [detail_of(record["dynamodb"]["NewImage"], environment, bucket) for record in records]
        refused = _put([_entry(detail) for detail in told])
        if refused is not None:  # what comes after it comes again, so that no key's events change places for good
            return {"batchItemFailures": [{"itemIdentifier": records[refused]["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def detail_of(image: Mapping[str, Mapping[str, Any]], environment: str, bucket: str) -> dict[str, Json]:
    """The event's detail from a settled ledger item: what it is called, what became of it, and where to read on."""
    text = {name: value.get("S") for name, value in image.items()}
    key, status = image["object_key"]["S"], image["status"]["S"]
    numbers: dict[str, Json] = {name: int(image.get(name, {}).get("N", 0)) for name in _COUNTS}
    return {
        "environment": environment,
        "key": key,
        "version_id": image["version_id"]["S"],
        "lane": image["lane"]["S"],
        "status": status,
        "error_code": text.get("error_code"),
        # A deleted key has none; nor has a superseded version: the one at its key's place tells of the newer.
        "manifest": None if status in {"superseded", "deleted"} else {"bucket": bucket, "key": prefix_of(key) + NAME},
        **numbers,
        "received_at": image["received_at"]["S"],
        "settled_at": image["finished_at"]["S"],
        "package_version": text.get("package_version"),
    }


def _entry(detail: Mapping[str, Json]) -> dict[str, Any]:
    return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(detail)}


def _put(entries: Sequence[Mapping[str, Any]]) -> int | None:
    """Send the events; returns the place of the first one that EventBridge did not take."""
    answer = _events().put_events(Entries=entries)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    refused = next((place for place, code in enumerate(codes) if code), None)
    if refused is not None:
        _log.warning("EventBridge refused an event: %s", codes[refused])
    return refused


@cache
def _events() -> aws.Client:
    return aws.client("events")
