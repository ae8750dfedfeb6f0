"""Bringing together what raw bucket, ledger and processed bucket say of each object.

All three are read once, a few hundred objects at a time; of all at once only the raw keys are in memory, since
pseudonymous names have another order than they. While that lasts the lanes work on, so whatever seems to differ is
looked at again by itself before it is said.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError

from scandrop import manifest
from scandrop.ledger import CURRENT
from scandrop_cli import records
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.reconcile.judge import Difference, Raw, Stored, View, differences
from scandrop_cli.records import Item, Version

_AT_ONCE = 500
_LEDGER = ("current_version", "lease_until", "status", "updated_at", "writer_until")
_GALLERY = "_gallery/"

_GONE = {"404", "NoSuchKey"}

type Folder = dict[str, Stored]


@dataclass(frozen=True)
class _Place:
    """An object that one of the buckets knows, and what the processed one has under its prefix."""

    name: str
    prefix: str
    raw: Raw | None
    folder: Folder


class Look:
    """One comparison. `objects` is how many it has looked at so far."""

    def __init__(self, environment: Environment, prefix: str, before: datetime) -> None:
        self._environment = environment
        self._prefix = prefix
        self._before = before
        self.objects = 0

    def differences(self, on_count: Callable[[int], object] = lambda _: None) -> Iterator[list[Difference]]:
        """What differs of each object of which something does. `on_count` hears how many have been looked at."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for few in batched(self._places(), _AT_ONCE):
                suspects = [view for view in self._views(few) if self._differing(view)]
                yield from filter(None, pool.map(self._again, suspects))
                self.objects += len(few)
                on_count(self.objects)

    def _differing(self, view: View) -> list[Difference]:
        return list(differences(view, datetime.now(UTC), self._before)) if view.raw or view.folder else []

    def _again(self, view: View) -> list[Difference]:
        """What differs of one object now."""
        environment = self._environment
        raw = None
        if view.raw or not environment.pseudonymous_keys:  # what had no raw key has none that could be asked for
            raw = _newest_of(environment, view.raw.key if view.raw else view.name)
        entries = _newest(environment, environment.processed_bucket, prefix=view.prefix, delimiter="/")
        folder = dict(_folders(entries)).get(view.prefix, {})
        (fresh,) = self._views([_Place(view.name, view.prefix, raw, folder)])
        return self._differing(fresh)

    def _places(self) -> Iterator[_Place]:
        """Each object that the raw or the processed bucket has."""
        environment = self._environment
        raw: dict[str, tuple[str, Raw]] = {}
        for entry in _newest(environment, environment.raw_bucket, prefix=self._prefix):
            if entry["Size"] or not entry["Key"].endswith("/"):
                name = environment.known_as(entry["Key"])
                raw[manifest.prefix_of(name)] = name, _raw(entry)
        for prefix, folder in _folders(_newest(environment, environment.processed_bucket, prefix=self._under)):
            if prefix in raw:
                yield _Place(raw[prefix][0], prefix, raw.pop(prefix)[1], folder)
            elif not prefix.startswith(_GALLERY) and self._under == self._prefix:
                yield _Place(prefix.removesuffix("/"), prefix, None, folder)
        while raw:
            prefix, (name, newest) = raw.popitem()
            yield _Place(name, prefix, newest, {})

    @property
    def _under(self) -> str:
        """The beginning of the processed keys; a pseudonym tells nothing of how its raw key begins."""
        return "" if self._environment.pseudonymous_keys else self._prefix

    def _views(self, places: Sequence[_Place]) -> list[View]:
        """The places with their manifests and what the ledger has on them."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            contents = list(pool.map(lambda place: _content(self._environment, place), places))
        places = [_named(place, content) for place, content in zip(places, contents, strict=True)]
        items = self._items({(place.name, CURRENT) for place in places if place.name})
        settled = {name: item.get("current_version", "") for (name, _), item in items.items()}
        dropped = {(place.name, place.raw.version_id) for place in places if place.raw}
        items |= self._items(dropped | {(name, version_id) for name, version_id in settled.items() if version_id})
        return [
            View(
                name=place.name,
                prefix=place.prefix,
                raw=place.raw,
                current=items.get((place.name, CURRENT), {}),
                newest=items.get((place.name, place.raw.version_id), {}) if place.raw else {},
                settled=items.get((place.name, settled.get(place.name, "")), {}),
                folder=place.folder,
                content=content,
                kept=self._environment.on_delete == "keep",
            )
            for place, content in zip(places, contents, strict=True)
        ]

    def _items(self, wanted: set[Version]) -> dict[Version, Item]:
        return records.versions(self._environment, sorted(wanted), _LEDGER, consistent=True)


def _named(place: _Place, content: dict[str, Any]) -> _Place:
    """What a folder without a raw object belongs to: the prefix of a long key does not say the key."""
    key = content.get("source", {}).get("key", place.name)
    return place if place.raw or manifest.prefix_of(key) != place.prefix else replace(place, name=key)


def _content(environment: Environment, place: _Place) -> dict[str, Any]:
    """The manifest of a place; nothing where there is none, or none that can be read."""
    if manifest.NAME not in place.folder:
        return {}
    try:
        answer = environment.s3.get_object(Bucket=environment.processed_bucket, Key=place.prefix + manifest.NAME)
        return dict(json.loads(answer["Body"].read()))
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:  # since it was listed
            return {}
        raise
    except ValueError:
        return {}


def _newest(environment: Environment, bucket: str, *, prefix: str, delimiter: str = "") -> Iterator[dict[str, Any]]:
    """The newest version of each object of a bucket that is not deleted, in the order of their keys."""
    for page in environment.s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter=delimiter
    ):
        yield from (dict(entry) for entry in page.get("Versions", []) if entry["IsLatest"])


def _newest_of(environment: Environment, key: str) -> Raw | None:
    """The newest version of one raw key: of all keys that begin so, it is the first."""
    entry = next(_newest(environment, environment.raw_bucket, prefix=key), None)
    return _raw(entry) if entry and entry["Key"] == key else None


def _raw(entry: dict[str, Any]) -> Raw:
    return Raw(entry["Key"], entry["VersionId"], entry["LastModified"])


def _folders(entries: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Folder]]:
    """Listed objects by the folder that they lie in; one may lie within another, whose objects go on after it."""
    open_ones: list[tuple[str, Folder]] = []
    for entry in entries:
        prefix, name = entry["Key"][: entry["Key"].rfind("/") + 1], entry["Key"].rpartition("/")[2]
        while open_ones and not prefix.startswith(open_ones[-1][0]):
            yield open_ones.pop()
        if not open_ones or open_ones[-1][0] != prefix:
            open_ones.append((prefix, {}))
        open_ones[-1][1][name] = Stored(entry["Size"], entry["VersionId"], entry["LastModified"])
    yield from reversed(open_ones)
