"""Where a gallery is written to: a folder of this machine, or the processed bucket."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from botocore.exceptions import ClientError

from scandrop import manifest
from scandrop_cli.environment import Environment
from scandrop_cli.errors import OperatorError, is_gone
from scandrop_cli.folders import check_writable, inside, scratch
from scandrop_cli.gallery.source import MOST_BYTES, Manifest

FOLDER = manifest.GALLERY
FILE = re.compile(rf"{FOLDER}/(index\.html|data/\d+\.js)")
_MARK = '<meta name="generator" content="scandrop gallery">'
_PARTS = ("data", "files", "index.html")


class _Stored:
    """One object's derivatives in the processed bucket, each read once."""

    def __init__(self, environment: Environment, key: str, content: Manifest) -> None:
        self._environment = environment
        self._prefix = manifest.prefix_of(key)
        self._entries: Mapping[str, Mapping[str, Any]] = {entry["name"]: entry for entry in content["derivatives"]}
        self._read: dict[str, bytes | None] = {}

    def derivative(self, name: str) -> bytes | None:
        entry = self._entries.get(name)
        if entry is None or entry["bytes"] > MOST_BYTES:
            return None
        if name not in self._read:
            self._read[name] = self._get(name)
        return self._read[name]

    def _get(self, name: str) -> bytes | None:
        try:
            return self._environment.s3.get_object(**self._where(name))["Body"].read()
        except ClientError as error:
            if is_gone(error):
                return None
            raise

    def _where(self, name: str) -> Any:  # noqa: ANN401  # the parameters of any request for an object
        version = self._entries[name].get("version_id")
        where = {"Bucket": self._environment.processed_bucket, "Key": self._prefix + name}
        return {**where, "VersionId": version} if version else where


class Folder:
    """A gallery on this machine, written beside what is there and moved into its place when it is whole."""

    origin = "'self' file:"

    def __init__(self, environment: Environment, unfinished: Path) -> None:
        self._environment = environment
        self._unfinished = unfinished

    @classmethod
    @contextmanager
    def at(cls, environment: Environment, folder: Path) -> Iterator["Folder"]:
        """Raises `OperatorError` where nothing can be written, or something other than a gallery is there."""
        check_writable(folder)
        _check_ours(folder)
        with scratch(folder) as unfinished:
            yield cls(environment, unfinished)
            for part in _PARTS:
                _replace(unfinished / part, folder / part)

    def write(self, name: str, body: bytes, content_type: str) -> str:  # noqa: ARG002  # the name's ending tells it
        path = self._unfinished / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return quote(name)

    def source(self, key: str, content: Manifest) -> "_OnDisk":
        return _OnDisk(self._environment, key, content, self._unfinished)


class _OnDisk(_Stored):
    def __init__(self, environment: Environment, key: str, content: Manifest, base: Path) -> None:
        super().__init__(environment, key, content)
        self._base = base
        self._folder = base / "files" / manifest.key_sha256(key)  # a key may be the folder of another

    def link(self, name: str) -> None:  # noqa: ARG002
        return None

    def copy(self, name: str) -> str | None:
        body = self.derivative(name)
        if body is None:
            return None
        path = inside(self._folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return quote(path.relative_to(self._base).as_posix())


class Bucket:
    """A gallery in the processed bucket, as private as all there; who has its link may look while it holds.

    Links are to versions, so that a deleted one ends its link and none opens what is published later.
    """

    def __init__(self, environment: Environment, expires: timedelta) -> None:
        self._environment = environment
        self._expires = expires
        self._written: set[tuple[str, str]] = set()

    @property
    def origin(self) -> str:
        signed = urlsplit(self.signed({"Bucket": self._environment.processed_bucket, "Key": FOLDER}))
        return f"{signed.scheme}://{signed.netloc}{signed.path.removesuffix(FOLDER)}"

    def write(self, name: str, body: bytes, content_type: str) -> str:
        bucket, key = self._environment.processed_bucket, f"{FOLDER}/{name}"
        answer = self._environment.s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type, CacheControl="private, no-store"
        )
        version = answer["VersionId"]
        self._written.add((key, version))
        return self.signed({"Bucket": bucket, "Key": key, "VersionId": version})

    def clear(self) -> int:
        """Delete every version of a gallery's files but those just written; returns how many there were."""
        s3, bucket = self._environment.s3, self._environment.processed_bucket
        former = [version for version in self._versions() if version not in self._written]
        for key, version in former:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        return len(former)

    def _versions(self) -> Iterator[tuple[str, str]]:
        listing = self._environment.s3.get_paginator("list_object_versions")
        for page in listing.paginate(Bucket=self._environment.processed_bucket, Prefix=f"{FOLDER}/"):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if FILE.fullmatch(entry["Key"]):
                    yield entry["Key"], entry["VersionId"]

    def source(self, key: str, content: Manifest) -> "_Published":
        return _Published(self._environment, key, content, self)

    def signed(self, where: Mapping[str, str]) -> str:
        seconds = int(self._expires.total_seconds())
        return self._environment.s3_signer.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)


class _Published(_Stored):
    def __init__(self, environment: Environment, key: str, content: Manifest, bucket: Bucket) -> None:
        super().__init__(environment, key, content)
        self._bucket = bucket

    def link(self, name: str) -> str | None:
        if name not in self._entries:
            return None
        return self._bucket.signed({**self._where(name), "ResponseContentDisposition": "attachment"})

    def copy(self, name: str) -> str | None:
        if name not in self._entries:
            return None
        content_type = self._entries[name]["content_type"]
        return self._bucket.signed({**self._where(name), "ResponseContentType": content_type})


def _check_ours(folder: Path) -> None:
    page = folder / "index.html"
    is_gallery = page.is_file() and _MARK in page.read_text(encoding="utf-8", errors="replace")[:4096]
    if any(folder.iterdir()) and not is_gallery:
        raise OperatorError(f"The folder {folder} holds something else than a gallery. Name another, or an empty one.")


def _replace(new: Path, old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    if new.exists():
        new.replace(old)
