"""Buckets with versions: what S3 keeps, and the events that it tells of each change."""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

NULL_VERSION = "null"
_FIRST_SEQUENCER = 0x0068F00000000000


@dataclass(slots=True)
class Version:
    """One version of one key, or a delete marker; never changed once it is there."""

    id: str
    modified: float
    body: bytes = b""
    etag: str = ""
    is_marker: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Keyspace:
    """A bucket: keys in S3's order, each with its versions, the newest last."""

    name: str
    is_versioned: bool = False
    versions: dict[str, list[Version]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def newest(self, key: str) -> Version | None:
        """What a request without a version id finds, which may be a delete marker."""
        found = self.versions.get(key)
        return found[-1] if found else None

    def current(self, key: str) -> Version | None:
        """The newest version unless it is a delete marker."""
        found = self.versions.get(key)
        return found[-1] if found and not found[-1].is_marker else None

    def version(self, key: str, version_id: str) -> Version | None:
        return next((version for version in self.versions.get(key, ()) if version.id == version_id), None)

    def add(self, key: str, version: Version) -> None:
        if key not in self.versions:
            insort(self.keys, key)
        if self.is_versioned:
            self.versions.setdefault(key, []).append(version)
        else:
            self.versions[key] = [version]

    def discard(self, key: str, version: Version) -> None:
        self.versions[key].remove(version)
        if not self.versions[key]:
            del self.versions[key]
            self.keys.remove(key)

    def keys_under(self, prefix: str, after: str = "") -> list[str]:
        """The keys that begin with `prefix`, past `after`; code points sort as UTF-8 does."""
        found = []
        for key in self.keys[bisect_left(self.keys, max(prefix, after)) :]:
            if not key.startswith(prefix):
                break
            if key > after:
                found.append(key)
        return found


class S3:
    """All buckets of an account.

    clock: the time in seconds since 1970.
    on_event: is told each creation and deletion, in the shape and order of S3's EventBridge events.
    """

    def __init__(
        self, clock: Callable[[], float], on_event: Callable[[dict[str, Any]], None] = lambda _event: None
    ) -> None:
        self.clock = clock
        self.buckets: dict[str, Keyspace] = {}
        self._on_event = on_event
        self._ids = count(1)

    def store(self, bucket: Keyspace, key: str, body: bytes, facts: Mapping[str, Any]) -> Version:
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        version = Version(self._new_id(bucket), self.clock(), body, etag, facts=facts)
        bucket.add(key, version)
        entry = {"size": len(body), "etag": etag.strip('"')}
        self._tell(bucket, key, version, entry, {"detail-type": "Object Created"}, {"reason": "PutObject"})
        return version

    def mark_deleted(self, bucket: Keyspace, key: str) -> Version:
        marker = Version(self._new_id(bucket), self.clock(), is_marker=True)
        bucket.add(key, marker)
        self._tell_deleted(bucket, key, marker, "Delete Marker Created")
        return marker

    def delete_for_good(self, bucket: Keyspace, key: str, version: Version) -> None:
        bucket.discard(key, version)
        self._tell_deleted(bucket, key, version, "Permanently Deleted")

    def _new_id(self, bucket: Keyspace) -> str:
        return f"v{next(self._ids)}" if bucket.is_versioned else NULL_VERSION

    def _tell_deleted(self, bucket: Keyspace, key: str, version: Version, how: str) -> None:
        more = {"reason": "DeleteObject", "deletion-type": how}
        self._tell(bucket, key, version, {}, {"detail-type": "Object Deleted"}, more)

    def _tell(
        self,
        bucket: Keyspace,
        key: str,
        version: Version,
        entry: Mapping[str, Any],
        kind: Mapping[str, str],
        more: Mapping[str, str],
    ) -> None:
        number = next(self._ids)
        told = {"key": key, **entry, "sequencer": _sequencer(number)}
        if bucket.is_versioned:
            told["version-id"] = version.id
        time = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        detail = {"version": "0", "bucket": {"name": bucket.name}, "object": told, **more}
        self._on_event({"id": f"e{number}", **kind, "source": "aws.s3", "time": time, "detail": detail})


def _sequencer(number: int) -> str:
    """Hexadecimal, growing, and of varying width: S3 pads the shorter of two on the right to compare them."""
    return f"{_FIRST_SEQUENCER + number:016X}" + "9C4E"[: number % 4]
