"""What became of an object, as the ledger and its manifest have it, with links to its derivatives."""

from collections.abc import Mapping
from typing import Any

from scandrop import manifest
from scandrop.aws import Client, translated
from scandrop.door.config import Config
from scandrop.ledger import CURRENT, Ledger
from scandrop.sop_classes import sop_class_said
from scandrop.statuses import SETTLED
from scandrop.storage import Storage

TOLD = (
    *("lane", "size_bytes", "attempts", "duration_ms", "received_at", "updated_at", "finished_at"),
    *("error_code", "error", "metadata", "package_version"),
)
_NOT_A_VERSION = {CURRENT, ""}


class Results:
    """Those of one environment; its links last `link_s` seconds."""

    def __init__(self, config: Config, s3: Client, storage: Storage, ledger: Ledger, link_s: int) -> None:
        self._config = config
        self._storage = storage
        self._s3 = s3
        self._ledger = ledger
        self._link_s = link_s

    def of(self, key: str, known_as: str, version_id: str | None) -> dict[str, Any] | None:
        """What is known of a version of a raw key, the newest where none is named; None where there is none."""
        if version_id in _NOT_A_VERSION:
            return None
        newest = self._newest_version(key)
        version_id = version_id or newest or self._ledger.current_version(known_as)
        item = self._ledger.facts(known_as, version_id) if version_id else {}
        if not item and (version_id is None or version_id != newest):
            return None
        result = self._result(key, str(version_id), item)
        if result["status"] == "succeeded" and key == known_as:  # a link has the pseudonym of a raw name in it
            result |= {"derivatives": self._derivatives(key, str(version_id)), "links_expire_in_s": self._link_s}
        return result

    @staticmethod
    def _result(key: str, version_id: str, item: Mapping[str, Any]) -> dict[str, Any]:
        status = item.get("status", "waiting")
        result = {"key": key, "version_id": version_id, "status": status, "settled": status in SETTLED}
        return result | {name: item[name] for name in TOLD if name in item} | _named(item.get("metadata") or {})

    def _newest_version(self, key: str) -> str | None:
        """The version in the raw bucket, by a listing: the door has no right to read what lies there."""
        with translated("ListObjectVersions"):
            page = self._s3.list_object_versions(Bucket=self._config.raw_bucket, Prefix=key, MaxKeys=1)
        first = next(iter(page.get("Versions", [])), None)
        return first["VersionId"] if first and first["Key"] == key and first["IsLatest"] else None

    def _derivatives(self, known_as: str, version_id: str) -> list[dict[str, Any]]:
        """The derivatives with their links; none where a newer version's stand there by now."""
        standing = self._storage.manifest_of(known_as)
        if standing is None or standing["source"]["version_id"] != version_id:
            return []
        prefix = manifest.prefix_of(known_as)
        return [{**entry, "url": self._link(prefix, entry)} for entry in standing["derivatives"]]

    def _link(self, prefix: str, entry: Mapping[str, Any]) -> str:
        place = {"Bucket": self._config.processed_bucket, "Key": prefix + entry["name"]}
        if entry["version_id"]:
            place["VersionId"] = entry["version_id"]
        return str(self._s3.generate_presigned_url("get_object", place, ExpiresIn=self._link_s))


def _named(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with the name of a SOP class beside its UID, where the standard has one."""
    uid = metadata.get("sop_class")
    name = sop_class_said(uid) if uid else uid
    return {} if name == uid else {"metadata": {**metadata, "sop_class_name": name}}
