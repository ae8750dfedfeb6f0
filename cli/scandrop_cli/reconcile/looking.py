"""Bringing together what raw bucket, ledger and processed bucket say of each object.

All three are read once, a few hundred objects at a time; of all at once only the keys are in memory, since pseudonymous
names have another order than they. While that lasts the lanes work on, so whatever seems to differ is looked at again
by itself before it is said, and healed at once.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import batched

from scandrop import manifest
from scandrop.ledger import CURRENT
from scandrop_cli import records
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.reconcile import listing
from scandrop_cli.reconcile.judge import Difference, Raw, View, differences
from scandrop_cli.reconcile.listing import Folder, is_marker, raw_of
from scandrop_cli.records import Item, Version

_AT_ONCE = 500
_LEDGER = ("current_version", "derivatives", "lease_until", "sequencer", "status", "updated_at", "writer_until")
_GALLERY = f"{manifest.GALLERY}/"


@dataclass(frozen=True, slots=True)
class _Place:
    """An object that one of the stores knows, and what the processed bucket has under its prefix.

    versions: those that the raw bucket has, once they were asked for.
    """

    name: str
    prefix: str
    raw_key: str = ""
    raw: Raw | None = None
    marker: Raw | None = None
    folder: Folder = field(default_factory=dict)
    versions: frozenset[str] | None = None


class Look:
    """One comparison. `objects` is how many it has looked at so far."""

    def __init__(self, environment: Environment, prefix: str, before: datetime) -> None:
        self._environment = environment
        self._prefix = prefix
        self._before = before
        self._kept = environment.on_delete == "keep"
        self.objects = 0

    def differences(
        self,
        then: Callable[[list[Difference]], list[Difference]] = lambda found: found,
        on_count: Callable[[int, str], object] = lambda *_: None,
    ) -> Iterator[list[Difference]]:
        """What differs of each object of which something does, after `then` did something about it.

        `on_count` hears how many have been listed or looked at.
        """
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for few in batched(self._places(on_count), _AT_ONCE):
                suspects = [view for view in self._views(few) if self._differing(view)]
                yield from filter(None, pool.map(lambda view: then(self._again(view)), suspects))
                self.objects += len(few)
                on_count(self.objects, "")

    def _differing(self, view: View) -> list[Difference]:
        return list(differences(view, datetime.now(UTC), self._before))

    def _again(self, view: View) -> list[Difference]:
        """What differs of one object now."""
        environment = self._environment
        past = listing.history(environment, view.raw_key) if view.raw_key else []
        latest = next((entry for entry in past if entry["IsLatest"]), None)
        place = _Place(
            view.name,
            view.prefix,
            view.raw_key,
            raw_of(latest) if latest and not is_marker(latest) else None,
            raw_of(latest) if latest and is_marker(latest) else None,
            self._folder(view.prefix),
            frozenset(entry["VersionId"] for entry in past),
        )
        (fresh,) = self._views([place])
        return self._differing(fresh)

    def _folder(self, prefix: str) -> Folder:
        """What lies under a prefix, each with all its versions."""
        environment = self._environment
        listed = list(listing.entries(environment, environment.processed_bucket, prefix=prefix, delimiter="/"))
        versions: dict[str, list[str]] = {}
        for entry in sorted(listed, key=lambda entry: entry["IsLatest"]):
            versions.setdefault(entry["Key"].removeprefix(prefix), []).append(entry["VersionId"])
        folder = dict(listing.folders(listed)).get(prefix, {})
        return {name: replace(stored, all_versions=tuple(versions[name])) for name, stored in folder.items()}

    def _places(self, on_count: Callable[[int, str], object]) -> Iterator[_Place]:
        """Each object that one of the three has."""
        environment = self._environment
        dropped = self._dropped(on_count)
        seen = set(dropped)
        bucket = environment.processed_bucket
        for prefix, folder in listing.folders(listing.entries(environment, bucket, prefix=self._under)):
            if prefix in dropped:
                yield replace(dropped.pop(prefix), folder=folder)
            elif not prefix.startswith(_GALLERY) and self._under == self._prefix:
                seen.add(prefix)
                yield self._without_raw(prefix.removesuffix("/"), prefix, folder)
        while dropped:
            yield dropped.popitem()[1]
        for name in listing.names_in_ledger(environment, self._prefix) if self._under == self._prefix else ():
            prefix = manifest.prefix_of(name)
            if prefix not in seen:
                seen.add(prefix)
                yield self._without_raw(name, prefix, {})

    def _dropped(self, on_count: Callable[[int, str], object]) -> dict[str, _Place]:
        """The raw bucket's objects by their prefix, and where derivatives go with them the deleted ones too."""
        environment = self._environment
        found: dict[str, _Place] = {}
        for entry in listing.entries(environment, environment.raw_bucket, prefix=self._prefix):
            gone, key = is_marker(entry), entry["Key"]
            if not entry["IsLatest"] or (gone and self._kept) or (key.endswith("/") and not entry.get("Size")):
                continue
            name, raw = environment.known_as(key), raw_of(entry)
            prefix = manifest.prefix_of(name)
            found[prefix] = _Place(name, prefix, key, None if gone else raw, raw if gone else None)
            if len(found) % _AT_ONCE == 0:
                on_count(len(found), "in the raw bucket")
        return found

    def _without_raw(self, name: str, prefix: str, folder: Folder) -> _Place:
        return _Place(name, prefix, "" if self._environment.pseudonymous_keys else name, folder=folder)

    @property
    def _under(self) -> str:
        """The beginning of the processed keys; a pseudonym tells nothing of how its raw key begins."""
        return "" if self._environment.pseudonymous_keys else self._prefix

    def _views(self, places: Sequence[_Place]) -> list[View]:
        """The places with their manifests and what the ledger has on them."""
        environment = self._environment
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            contents = list(pool.map(lambda place: listing.content(environment, place.prefix, place.folder), places))
        places = [
            _named(place, content["source"]["key"]) if content and not (place.raw or place.marker) else place
            for place, content in zip(places, contents, strict=True)
        ]
        items = self._items({(place.name, CURRENT) for place in places if place.name})
        settled = {name: item.get("current_version", "") for (name, _), item in items.items()}
        dropped = {(place.name, place.raw.version_id) for place in places if place.raw}
        items |= self._items(dropped | {(name, version_id) for name, version_id in settled.items() if version_id})
        return [
            View(
                name=place.name,
                prefix=place.prefix,
                raw_key=place.raw_key,
                raw=place.raw,
                marker=place.marker,
                current=items.get((place.name, CURRENT), {}),
                newest=items.get((place.name, place.raw.version_id), {}) if place.raw else {},
                settled=items.get((place.name, settled.get(place.name, "")), {}),
                folder=place.folder,
                content=content,
                held=place.versions is None or settled.get(place.name) in place.versions,
                kept=self._kept,
            )
            for place, content in zip(places, contents, strict=True)
        ]

    def _items(self, wanted: set[Version]) -> dict[Version, Item]:
        return records.versions(self._environment, sorted(wanted), _LEDGER, consistent=True)


def _named(place: _Place, name: str) -> _Place:
    """What a folder without a raw object belongs to: the prefix of a long key does not say the key."""
    return replace(place, name=name, raw_key=place.raw_key and name)
