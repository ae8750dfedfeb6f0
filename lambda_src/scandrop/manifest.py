"""The manifest: the commit mark beside the derivatives, and their provenance."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from scandrop.processing import Outcome
from scandrop.processors import Json
from scandrop.version import package_version

NAME = "manifest.json"
SCHEMA = 1

KEY_BYTES = 1024  # S3's limit
_NAME_BYTES = 160  # room for the longest derivative name under a prefix
GALLERY = "_gallery"  # the folder of the processed bucket that a published gallery lies in
_TAKEN = re.compile(rf"~[0-9a-f]{{64}}\Z|\A{GALLERY}(/|\Z)")


def prefix_of(key: str) -> str:
    """Where a raw key's derivatives lie: ``<key>/``, or shortened and hashed where S3's 1,024 bytes would not do.

    No two keys share a prefix, nor one with a published gallery: a key that ends as a shortened one does, or lies in
    the gallery's folder, is hashed too, however short it is.
    """
    raw = key.encode()
    room = KEY_BYTES - _NAME_BYTES - 1
    if len(raw) <= room and not _TAKEN.search(key):
        return f"{key}/"
    digest = key_sha256(key)
    kept = raw[: room - len(digest) - 1].decode(errors="ignore")
    return f"{kept}~{digest}/"


def key_sha256(key: str) -> str:
    """A stand-in for a key that is too long for where it has to go."""
    return hashlib.sha256(key.encode()).hexdigest()


def build(
    *,
    source: Mapping[str, Json],
    outcome: Outcome,
    settings: object,
    stored: Mapping[str, Json],
) -> dict[str, Any]:
    """The manifest of one settled version, rejected or succeeded.

    source: where the input came from (bucket, key, version_id, sha256, …).
    stored: per derivative name, the version id that S3 gave it; empty off AWS.
    """
    return {
        "schema": SCHEMA,
        "status": outcome.status,
        "source": dict(source),
        "lane": outcome.lane,
        "processor": outcome.lane,
        "package_version": package_version(),
        "settings": dataclasses.asdict(settings)
        if dataclasses.is_dataclass(settings) and not isinstance(settings, type)
        else {},
        "derivatives": [
            {
                "name": output.name,
                "content_type": output.content_type,
                "bytes": output.size_bytes,
                "sha256": output.sha256,
                "version_id": stored.get(output.name),
                **output.details,
            }
            for output in outcome.outputs
        ],
        "metadata": dict(outcome.metadata),
        "error_code": outcome.error_code,
        "error": outcome.error,
    }


def names(manifest: Mapping[str, Any] | None) -> set[str]:
    """The derivatives that a manifest vouches for."""
    return {entry["name"] for entry in manifest["derivatives"]} if manifest else set()


def dump(manifest: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON for people: indented, keys in the order of `build`."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
