"""S3's client over buckets in memory.

Rules: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes", "Working with delete markers",
"Deleting object versions from a versioning-enabled bucket"; API Reference, "PutObject", "GetObject", "HeadObject",
"ListObjectsV2", "ListObjectVersions"; "Authenticating Requests: Using Query Parameters" for the expiry.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any, Protocol

from botocore.response import StreamingBody

from .buckets import NULL_VERSION, S3, Keyspace, Version
from .paginator import Paginator
from .refusals import exceptions, refusal

__all__ = ["S3", "Deadline", "S3Client"]

type Answer = dict[str, Any]

_FENCED = {"put_object", "delete_object"}
_KEY_BYTES = 1024
_KEPT = ("ContentType", "Metadata", "StorageClass")


class Deadline(Protocol):
    """What is used of `scandrop.aws.Deadline`."""

    @property
    def at(self) -> datetime | None: ...


class S3Client:
    """One client; its writes are signed until its deadline.

    `prepare` gives a call that is signed and on its way, to be made when it arrives: nothing happens before, and the
    sender may be dead by then. Each method is such a call that arrives at once.
    """

    exceptions = exceptions

    def __init__(self, s3: S3, deadline: Deadline | None = None) -> None:
        self._s3 = s3
        self._deadline = deadline

    def prepare(self, operation: str, **parameters: Any) -> Callable[[], Answer]:
        body = parameters.get("Body")
        if hasattr(body, "read"):  # the sender may have closed the file when the request arrives
            parameters["Body"] = body.read()
        expires = self._deadline.at if self._deadline and operation in _FENCED else None
        return partial(self._arrive, operation, expires, parameters)

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))

    def put_object(self, **parameters: Any) -> Answer:
        return self.prepare("put_object", **parameters)()

    def delete_object(self, **parameters: Any) -> Answer:
        return self.prepare("delete_object", **parameters)()

    def create_bucket(self, *, Bucket: str) -> Answer:
        self._s3.buckets[Bucket] = Keyspace(Bucket)
        return {}

    def put_bucket_versioning(self, *, Bucket: str, VersioningConfiguration: Mapping[str, str]) -> Answer:
        self._s3.buckets[Bucket].is_versioned = VersioningConfiguration["Status"] == "Enabled"
        return {}

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None, Range: str | None = None) -> Answer:
        version = self._found("GetObject", self._bucket("GetObject", Bucket), Key, VersionId)
        body, part = version.body, {}
        if Range is not None:
            first, last = _range(Range, len(body))
            part = {"ContentRange": f"bytes {first}-{last}/{len(body)}"}
            body = body[first : last + 1]
        told = {**_told(version), **part, "ContentLength": len(body)}
        return {**told, "Body": StreamingBody(BytesIO(body), len(body))}

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> Answer:
        version = self._found("HeadObject", self._bucket("HeadObject", Bucket), Key, VersionId)
        return {**_told(version), "ContentLength": len(version.body)}

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = 1000,
        ContinuationToken: str = "",
        StartAfter: str = "",
    ) -> Answer:
        bucket = self._bucket("ListObjectsV2", Bucket)
        after = max(ContinuationToken, StartAfter)
        living = (key for key in bucket.keys_under(Prefix, after) if bucket.current(key))
        grouped = _grouped(living, Prefix, Delimiter, after)
        names = list(islice(grouped, MaxKeys + 1))
        answer = _listing(names[:MaxKeys], Prefix, Delimiter, lambda key: _entry(key, bucket.versions[key][-1]))
        if len(names) > MaxKeys:
            answer["NextContinuationToken"] = names[MaxKeys - 1]
        return {**answer, "KeyCount": min(len(names), MaxKeys), "IsTruncated": len(names) > MaxKeys}

    def list_object_versions(
        self, *, Bucket: str, Prefix: str = "", Delimiter: str = "", MaxKeys: int = 1000
    ) -> Answer:
        """Of a single page, which is all that is asked for here."""
        bucket = self._bucket("ListObjectVersions", Bucket)
        found = [
            (version.is_marker, {**_entry(key, version), "VersionId": version.id, "IsLatest": version is versions[-1]})
            for key in bucket.keys_under(Prefix)
            if not (Delimiter and Delimiter in key[len(Prefix) :])
            for versions in [bucket.versions[key]]
            for version in reversed(versions)
        ]
        if len(found) > MaxKeys > 1:
            raise NotImplementedError
        answer: Answer = {"IsTruncated": len(found) > MaxKeys}
        for is_marker, entry in found[:MaxKeys]:
            answer.setdefault("DeleteMarkers" if is_marker else "Versions", []).append(entry)
        return answer

    def _arrive(self, operation: str, expires: datetime | None, parameters: Mapping[str, Any]) -> Answer:
        if expires is not None and self._s3.clock() > expires.timestamp():
            raise refusal(_name(operation), "AccessDenied", 403, "Request has expired")
        return getattr(self, f"_{operation}" if operation in _FENCED else operation)(**parameters)  # type: ignore[no-any-return]

    def _put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes = b"",
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        **facts: Any,
    ) -> Answer:
        bucket = self._bucket("PutObject", Bucket)
        if len(Key.encode()) > _KEY_BYTES:
            raise refusal("PutObject", "KeyTooLongError")
        body = Body.encode() if isinstance(Body, str) else Body
        _check_body(body, facts)
        _check_conditions(bucket.current(Key), IfMatch, IfNoneMatch)
        version = self._s3.store(bucket, Key, body, {name: facts[name] for name in _KEPT if name in facts})
        return {"ETag": version.etag, **_version_id(bucket, version)}

    def _delete_object(
        self, *, Bucket: str, Key: str, VersionId: str | None = None, IfMatch: str | None = None
    ) -> Answer:
        bucket = self._bucket("DeleteObject", Bucket)
        if IfMatch is not None:
            _check_conditions(bucket.current(Key), IfMatch, None, "DeleteObject")
        if bucket.is_versioned and VersionId is None:
            return {"DeleteMarker": True, "VersionId": self._s3.mark_deleted(bucket, Key).id}
        version = bucket.version(Key, VersionId or NULL_VERSION)
        if version is not None:
            self._s3.delete_for_good(bucket, Key, version)
        marker = {"DeleteMarker": True} if version is not None and version.is_marker else {}
        return {**marker, "VersionId": VersionId} if VersionId else {}

    def _bucket(self, operation: str, name: str) -> Keyspace:
        try:
            return self._s3.buckets[name]
        except KeyError:
            raise refusal(operation, "NoSuchBucket", 404) from None

    def _found(self, operation: str, bucket: Keyspace, key: str, version_id: str | None) -> Version:
        version = bucket.newest(key) if version_id is None else bucket.version(key, version_id)
        if version is not None and not version.is_marker:
            return version
        code, status = "NoSuchKey", 404
        if version_id is not None:
            code, status = ("MethodNotAllowed", 405) if version else ("NoSuchVersion", 404)
        raise refusal(operation, str(status) if operation == "HeadObject" else code, status)  # HEAD has no body


def _name(operation: str) -> str:
    return operation.title().replace("_", "")


def _check_body(body: bytes, facts: Mapping[str, Any]) -> None:
    told = facts.get("ChecksumSHA256")
    if told is not None and base64.b64encode(hashlib.sha256(body).digest()).decode() != told:
        raise refusal("PutObject", "BadDigest", 400)


def _check_conditions(
    current: Version | None, match: str | None, none_match: str | None, operation: str = "PutObject"
) -> None:
    if none_match is not None and current is not None:
        raise refusal(operation, "PreconditionFailed", 412)
    if match is None:
        return
    if current is None:
        raise refusal(operation, "NoSuchKey", 404)
    if match not in ("*", current.etag, current.etag.strip('"')):
        raise refusal(operation, "PreconditionFailed", 412)


def _range(told: str, size: int) -> tuple[int, int]:
    first, _, last = told.removeprefix("bytes=").partition("-")
    if int(first) >= size:
        raise refusal("GetObject", "InvalidRange", 416)
    return int(first), min(int(last or size), size - 1)


def _told(version: Version) -> Answer:
    answer = {"Metadata": {}, **version.facts, "ETag": version.etag, "LastModified": _moment(version.modified)}
    return answer if version.id == NULL_VERSION else {**answer, "VersionId": version.id}


def _version_id(bucket: Keyspace, version: Version) -> Answer:
    return {"VersionId": version.id} if bucket.is_versioned else {}


def _entry(key: str, version: Version) -> Answer:
    entry: Answer = {"Key": key, "LastModified": _moment(version.modified)}
    if version.is_marker:
        return entry
    storage = version.facts.get("StorageClass", "STANDARD")
    return {**entry, "ETag": version.etag, "Size": len(version.body), "StorageClass": storage}


def _grouped(keys: Iterator[str], prefix: str, delimiter: str, after: str) -> Iterator[str]:
    """The keys, with those that share a common prefix replaced by it."""
    last = after
    for key in keys:
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key[: end + len(delimiter)] if end >= 0 else key
        if name != last:
            last = name
            yield name


def _listing(names: list[str], prefix: str, delimiter: str, entry: Callable[[str], Answer]) -> Answer:
    answer: Answer = {}
    for name in names:
        if delimiter and name.find(delimiter, len(prefix)) >= 0:
            answer.setdefault("CommonPrefixes", []).append({"Prefix": name})
        else:
            answer.setdefault("Contents", []).append(entry(name))
    return answer


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
