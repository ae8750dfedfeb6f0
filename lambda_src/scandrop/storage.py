"""The two buckets: reading one exact version, writing derivatives, and the manifest under a condition."""

import base64
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scandrop import manifest
from scandrop.aws import Client, Deadline, translated
from scandrop.errors import Failed, Gone
from scandrop.events import NULL_VERSION, RawObject
from scandrop.processing import Outcome, Output
from scandrop.processors import SIDECAR_BYTES, SNIFF_BYTES
from scandrop.version import package_version

_CHUNK_BYTES = 1 << 20
_UPLOADS_AT_ONCE = 4
_KEY_METADATA_BYTES = 1500  # S3 takes 2 KB of user metadata in all


@dataclass(frozen=True)
class Sidecar:
    """The JSON file that lies beside a run, with the bytes of it that are read."""

    known_as: str
    version_id: str
    etag: str
    content: bytes


class Storage:
    """The raw and the processed bucket of an environment, through one S3 client that `deadline` fences."""

    def __init__(self, client: Client, processed_bucket: str, deadline: Deadline | None = None) -> None:
        self._client = client
        self._bucket = processed_bucket
        self._deadline = deadline or Deadline()
        self._sent_again = False

    def pinned(self, raw: RawObject) -> RawObject | None:
        """The object with its version id, which the event may have left out; None where it is no longer there."""
        if raw.version_id != NULL_VERSION:
            return raw
        try:
            with translated("HeadObject"):
                head = self._client.head_object(Bucket=raw.bucket, Key=raw.key)
        except Gone:
            return None
        same = head["ETag"].strip('"') == raw.etag
        return replace(raw, version_id=head.get("VersionId", NULL_VERSION)) if same else None

    def is_newest(self, raw: RawObject) -> bool:
        """Whether S3 has no newer version of the key: its word where events carry no order."""
        try:
            with translated("HeadObject"):
                head = self._client.head_object(Bucket=raw.bucket, Key=raw.key)
        except Gone:
            return bool(raw.deletion)
        return bool(head.get("VersionId", NULL_VERSION) == raw.version_id)

    def holds(self, raw: RawObject) -> bool:
        """Whether that version is still in the raw bucket."""
        try:
            with translated("HeadObject"):
                self._client.head_object(**_version_of(raw))
        except Gone:
            return False
        return True

    def head(self, raw: RawObject) -> bytes:
        """The first bytes of that version. Raises `Gone` where it is, `Failed` where S3 refuses."""
        if raw.size_bytes == 0:
            return b""
        with translated("GetObject"):
            body = self._client.get_object(**_version_of(raw), Range=f"bytes=0-{SNIFF_BYTES - 1}")["Body"]
            return bytes(body.read(SNIFF_BYTES))  # should the range be ignored, not all of it is read

    def sidecar(self, bucket: str, key: str, known_as: str) -> Sidecar | None:
        """The newest version of a sidecar, or None. Raises `Failed` where S3 refuses."""
        try:
            with translated("GetObject"):
                answer = self._client.get_object(Bucket=bucket, Key=key)
                content = answer["Body"].read(SIDECAR_BYTES + 1)  # one more tells that it is too long
        except Gone:
            return None
        return Sidecar(known_as, answer.get("VersionId", NULL_VERSION), answer["ETag"].strip('"'), content)

    def download(self, raw: RawObject, path: Path) -> None:
        """That version's bytes into `path`. Raises `Gone` where it is, `Failed` where S3 refuses."""
        self._fetch(_version_of(raw), path)

    def fetch(self, bucket: str, key: str, path: Path) -> None:
        """An asset of the environment into `path`, which only exists once it is whole. Raises as `download` does."""
        part = path.with_suffix(".part")
        self._fetch({"Bucket": bucket, "Key": key}, part)
        part.replace(path)

    def manifest_of(self, known_as: str) -> Mapping[str, Any] | None:
        """The manifest that stands for a key, or None."""
        try:
            with translated("GetObject"):
                key = manifest.prefix_of(known_as) + manifest.NAME
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return dict(json.loads(answer["Body"].read()))
        except Gone:
            return None

    def write_until(self, end: datetime) -> None:
        """From here on derivatives may be written, and S3 refuses those that arrive after `end`."""
        self._deadline.at = end
        self._sent_again = False

    @property
    def may_be_sending(self) -> bool:
        """Whether a write of this try was sent more than once: the first sending may still arrive before its end."""
        return self._sent_again

    def standing(self, known_as: str) -> dict[str, str]:
        """What lies under a key's prefix, whoever left it: each object's ETag by its name."""
        prefix = manifest.prefix_of(known_as)
        listing = self._client.get_paginator("list_objects_v2")
        with translated("ListObjectsV2"):
            pages = listing.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
            found = [entry for page in pages for entry in page.get("Contents", [])]
        return {entry["Key"].removeprefix(prefix): entry["ETag"] for entry in found}

    def put_outputs(self, raw: RawObject, outcome: Outcome, standing: Mapping[str, str]) -> dict[str, str | None]:
        """Write the derivatives, several at once; S3 verifies each checksum. Returns the version id by name.

        Raises `Failed` ``lost_race`` where anything but what was `standing` is in an object's place.
        """

        def put(output: Output) -> tuple[str, str | None]:
            with output.path.open("rb") as body:
                version = self._put(
                    raw,
                    output.name,
                    outcome.lane,
                    standing,
                    Body=body,
                    ContentLength=output.size_bytes,
                    ContentType=output.content_type,
                    StorageClass="INTELLIGENT_TIERING",  # moved there by a rule later, it costs twice the PUT more
                    ChecksumSHA256=_base64(output.sha256),
                )
            return output.name, version

        with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
            return dict(pool.map(put, outcome.outputs))

    def put_manifest(self, raw: RawObject, content: Mapping[str, Any], standing: Mapping[str, str]) -> None:
        """Write the manifest, as `put_outputs` does."""
        body = manifest.dump(content)
        self._put(
            raw,
            manifest.NAME,
            str(content["processor"]),
            standing,
            Body=body,
            ContentType="application/json",
            ChecksumSHA256=_base64(sha256(body).hexdigest()),
        )

    def remove(self, raw: RawObject, stale: Mapping[str, str]) -> None:
        """Clear away what a former version of a key left and this one has not: each name as long as its ETag stands.

        Raises `Failed` ``lost_race`` where anything else is in its place.
        """
        prefix = manifest.prefix_of(raw.known_as)
        for name, etag in sorted(stale.items()):
            try:
                with translated("DeleteObject"):
                    self._note(self._client.delete_object(Bucket=self._bucket, Key=prefix + name, IfMatch=etag))
            except Gone:  # gone is what it shall be; by an earlier sending, of which there may be one more
                self._sent_again = True

    def erase(self, known_as: str) -> None:
        """Delete all that lies under a key's prefix with its former versions, for good."""
        listing = self._client.get_paginator("list_object_versions")
        with translated("ListObjectVersions"):
            pages = list(listing.paginate(Bucket=self._bucket, Prefix=manifest.prefix_of(known_as), Delimiter="/"))
        versions = [entry for page in pages for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]]
        for entry in sorted(versions, key=itemgetter("IsLatest")):  # the latest last, lest a former one come to light
            self._erase_version(entry)

    def _erase_version(self, entry: Mapping[str, Any]) -> None:
        with translated("DeleteObject"):
            self._note(self._client.delete_object(Bucket=self._bucket, Key=entry["Key"], VersionId=entry["VersionId"]))

    def _fetch(self, request: Mapping[str, str], path: Path) -> None:
        with translated("GetObject"), path.open("wb") as file:
            body = self._client.get_object(**request)["Body"]
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                file.write(chunk)

    def _put(
        self, raw: RawObject, name: str, processor: str, standing: Mapping[str, str], **content: object
    ) -> str | None:
        """Write one object in the place of what was standing there; returns its version id."""
        condition = {"IfMatch": standing[name]} if name in standing else {"IfNoneMatch": "*"}
        try:
            with translated("PutObject"):
                answer = self._client.put_object(
                    Bucket=self._bucket,
                    Key=manifest.prefix_of(raw.known_as) + name,
                    Metadata=_provenance(raw, processor),
                    **condition,
                    **content,
                )
        except Gone as gone:  # somebody deleted what was standing
            raise Failed("lost_race") from gone
        self._note(answer)
        version: str | None = answer.get("VersionId")
        return version

    def _note(self, answer: Mapping[str, Any]) -> None:
        if answer["ResponseMetadata"]["RetryAttempts"]:
            self._sent_again = True


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def _version_of(raw: RawObject) -> dict[str, str]:
    request = {"Bucket": raw.bucket, "Key": raw.key}
    return request if raw.version_id == NULL_VERSION else {**request, "VersionId": raw.version_id}


def _provenance(raw: RawObject, processor: str) -> dict[str, str]:
    """S3 user metadata: ASCII only, so the key is percent-encoded, or hashed where that grows too long."""
    key = quote(raw.known_as)
    source = {"source-key": key}
    if len(key) > _KEY_METADATA_BYTES:
        source = {"source-key-sha256": manifest.key_sha256(raw.known_as)}
    return {
        **source,
        "source-version-id": raw.version_id,
        "processor": processor,
        "package-version": package_version(),
    }
