"""What the three stores are asked: listings of the two buckets, manifests, and the names that the ledger has."""

import json
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from botocore.exceptions import ClientError

from scandrop import manifest
from scandrop_cli.environment import Environment
from scandrop_cli.errors import is_gone
from scandrop_cli.reconcile.judge import Raw, Stored

type Entry = dict[str, Any]
type Folder = dict[str, Stored]


def entries(environment: Environment, bucket: str, *, prefix: str, delimiter: str = "") -> Iterator[Entry]:
    """All versions and delete markers, in the order of their keys, those of one key together."""
    for page in environment.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter=delimiter
    ):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        yield from (dict(entry) for entry in sorted(found, key=itemgetter("Key")))


def history(environment: Environment, key: str) -> list[Entry]:
    """The versions and markers of one raw key: of all keys that begin so, it is the first."""
    found = []
    for entry in entries(environment, environment.raw_bucket, prefix=key):
        if entry["Key"] != key:
            break
        found.append(entry)
    return found


def is_marker(entry: Entry) -> bool:
    return "ETag" not in entry


def raw_of(entry: Entry) -> Raw:
    return Raw(entry["Key"], entry["VersionId"], entry["LastModified"])


def folders(listed: Iterable[Entry]) -> Iterator[tuple[str, Folder]]:
    """The newest objects by the folder that they lie in; one may lie within another, whose objects go on after it."""
    open_ones: list[tuple[str, Folder]] = []
    for entry in listed:
        if not entry["IsLatest"] or is_marker(entry):
            continue
        prefix, name = entry["Key"][: entry["Key"].rfind("/") + 1], entry["Key"].rpartition("/")[2]
        while open_ones and not prefix.startswith(open_ones[-1][0]):
            yield open_ones.pop()
        if not open_ones or open_ones[-1][0] != prefix:
            open_ones.append((prefix, {}))
        open_ones[-1][1][name] = Stored(entry["Size"], entry["VersionId"], entry["LastModified"], entry["ETag"])
    yield from reversed(open_ones)


def content(environment: Environment, prefix: str, folder: Folder) -> dict[str, Any]:
    """The manifest of a folder; nothing where there is none, or what lies there is not one of this folder."""
    if manifest.NAME not in folder:
        return {}
    try:
        answer = environment.s3.get_object(Bucket=environment.processed_bucket, Key=prefix + manifest.NAME)
        told = json.loads(answer["Body"].read())
        return told if _is_manifest(told) and manifest.prefix_of(told["source"]["key"]) == prefix else {}
    except ClientError as error:
        if is_gone(error):  # since it was listed
            return {}
        raise
    except (ValueError, RecursionError):  # no JSON, or half a character
        return {}


def _is_manifest(told: object) -> bool:
    match told:
        case {"source": {"key": str(), "version_id": str()}, "derivatives": [*derivatives]}:
            return all(_is_entry(entry) for entry in derivatives)
    return False


def _is_entry(told: object) -> bool:
    match told:
        case {"name": str(name), "bytes": int(), "version_id": str() | None}:
            return bool(name.encode())
    return False


def names_in_ledger(environment: Environment, prefix: str) -> Iterator[str]:
    """What objects are known as, each as often as it has versions. Its index is read, whose items are small."""
    scan: dict[str, Any] = {"ProjectionExpression": "object_key"}
    if prefix:
        told = {":prefix": {"S": prefix}}
        scan |= {"FilterExpression": "begins_with(object_key, :prefix)", "ExpressionAttributeValues": told}
    pages = environment.dynamodb.get_paginator("scan").paginate(
        TableName=environment.ledger_table, IndexName="by_lane", **scan
    )
    for page in pages:
        yield from (item["object_key"]["S"] for item in page["Items"])
