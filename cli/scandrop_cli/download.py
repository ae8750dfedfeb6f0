"""Fetching what became of a key: the derivatives that its manifest vouches for, each checked by its SHA-256."""

import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.exceptions import RetriesExceededError
from boto3.s3.transfer import S3Transfer, TransferConfig
from botocore.exceptions import ClientError

from scandrop import manifest
from scandrop.processing import file_sha256
from scandrop_cli.environment import Environment
from scandrop_cli.errors import is_gone
from scandrop_cli.folders import commit, folder_of, inside, scratch

_FILES_AT_ONCE = 4
_WHOLE = TransferConfig(multipart_threshold=sys.maxsize)  # the embedded AWS answers a range of a version with all of it


@dataclass(frozen=True)
class Download:
    """What became of one derivative: ``written``, ``skipped`` because it is there, or ``failed`` with the reason."""

    path: Path
    size_bytes: int
    status: str
    error: str | None = None


def manifest_of(environment: Environment, key: str) -> dict[str, Any] | None:
    """The manifest of a key, or None where there is none yet."""
    try:
        answer = environment.s3.get_object(
            Bucket=environment.processed_bucket, Key=manifest.prefix_of(key) + manifest.NAME
        )
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    return dict(json.loads(answer["Body"].read()))


def download_files(
    environment: Environment,
    key: str,
    content: Mapping[str, Any],
    base: Path,
    on_bytes: Callable[[int], object] = lambda _: None,
) -> list[Download]:
    """Write a key's derivatives into its folder under `base`, and last, where all are there, their manifest.

    Each file is there whole or not at all; one that is there already is left as it is.
    """
    folder = folder_of(base, key)
    prefix = manifest.prefix_of(key)
    with (
        ThreadPoolExecutor(_FILES_AT_ONCE) as pool,
        S3Transfer(environment.s3, _WHOLE) as transfer,  # type: ignore[arg-type]  # the stubs name another Config
    ):

        def get(entry: Mapping[str, Any], path: Path) -> None:
            version = {"VersionId": entry["version_id"]} if entry["version_id"] else {}
            transfer.download_file(environment.processed_bucket, prefix + entry["name"], str(path), version, on_bytes)

        fetched = [pool.submit(_fetch, entry, folder, get, on_bytes) for entry in content["derivatives"]]
        try:
            downloads = [one.result() for one in fetched]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if not any(download.error for download in downloads):
        commit(folder, content)
    return downloads


def _fetch(
    entry: Mapping[str, Any],
    folder: Path,
    get: Callable[[Mapping[str, Any], Path], None],
    on_bytes: Callable[[int], object],
) -> Download:
    size_bytes, sha256 = entry["bytes"], entry["sha256"]
    try:
        path = inside(folder, entry["name"])
    except ValueError as error:
        return Download(folder, size_bytes, "failed", str(error))
    if path.is_file() and file_sha256(path) == sha256:
        on_bytes(size_bytes)
        return Download(path, size_bytes, "skipped")
    with scratch(folder) as unfinished:
        part = unfinished / "part"
        try:
            get(entry, part)
        except RetriesExceededError:
            return Download(path, size_bytes, "failed", "The connection broke again and again. Download it again.")
        if file_sha256(part) != sha256:
            return Download(path, size_bytes, "failed", "Its bytes are not those that the manifest vouches for.")
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
    return Download(path, size_bytes, "written")
