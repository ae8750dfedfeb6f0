"""What differs for one object, by all that three stores say of it: pure, without AWS or clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scandrop import manifest

NEVER_PROCESSED, NO_MANIFEST, STALE, DAMAGED, ORPHAN = (
    "never processed",
    "no manifest",
    "stale",
    "damaged",
    "orphan",
)
MEANS = {
    NEVER_PROCESSED: "in the raw bucket, and no lane has settled it",
    NO_MANIFEST: "settled, and no manifest is there",
    STALE: "the manifest is of another version than the newest one settled",
    DAMAGED: "derivatives are gone, or are not those that the manifest vouches for",
    ORPHAN: "derivatives that no manifest vouches for, or of no object that the ledger knows",
}


@dataclass(frozen=True)
class Raw:
    """The newest version of a key in the raw bucket."""

    key: str = field(repr=False)
    version_id: str
    dropped_at: datetime


@dataclass(frozen=True)
class Stored:
    """The newest version of an object in the processed bucket."""

    size_bytes: int
    version_id: str
    changed_at: datetime


@dataclass(frozen=True)
class View:
    """All that is known of one object. The mappings are empty where there is nothing.

    current: the ledger's item of the key; newest: of the version in the raw bucket; settled: of the current version.
    folder: what lies under the object's prefix, by name; content: its manifest's.
    kept: whether derivatives outlive their raw object.
    """

    name: str
    prefix: str
    raw: Raw | None
    current: Mapping[str, Any]
    newest: Mapping[str, Any]
    settled: Mapping[str, Any]
    folder: Mapping[str, Stored]
    content: Mapping[str, Any]
    kept: bool

    @property
    def changed_at(self) -> datetime:
        """When any of it changed last."""
        moments = [datetime.fromisoformat(item["updated_at"]) for item in (self.newest, self.settled) if item]
        moments += [stored.changed_at for stored in self.folder.values()]
        return max([*moments, self.raw.dropped_at] if self.raw else moments)


@dataclass(frozen=True)
class Difference:
    """One kind of difference of one object, and the derivatives that it is about.

    raw_key: None where the raw bucket has it no more; it may hold a name, so it is never shown.
    since: when any of the three stores changed it last.
    healed: what was done about it; empty where nothing was.
    """

    kind: str
    key: str
    version_id: str
    since: datetime
    prefix: str
    names: tuple[str, ...]
    raw_key: str | None = field(repr=False)
    healed: str = ""


def differences(view: View, now: datetime, before: datetime) -> Iterator[Difference]:
    """What differs, unless it changed after `before` or is being written now."""
    if view.changed_at > before or _in_work(view, now):
        return
    for kind, names in _found(view):
        version_id = view.raw.version_id if view.raw else view.current.get("current_version", "")
        raw_key = view.raw.key if view.raw else None
        yield Difference(kind, view.name, version_id, view.changed_at, view.prefix, tuple(sorted(names)), raw_key)


def _in_work(view: View, now: datetime) -> bool:
    leases = [view.current.get("writer_until"), *(item.get("lease_until") for item in _at_work(view))]
    return any(lease and datetime.fromisoformat(lease) > now for lease in leases)


def _at_work(view: View) -> Iterator[Mapping[str, Any]]:
    return (item for item in (view.newest, view.settled) if item.get("status") == "processing")


def _found(view: View) -> Iterator[tuple[str, set[str]]]:
    restored = view.settled.get("status") == "deleted"  # its deletion was undone, or that of a newer version
    if view.raw and (restored or view.newest.get("status") not in {"succeeded", "rejected", "superseded"}):
        yield NEVER_PROCESSED, set()
    if not view.current or not (view.raw or view.kept):
        if view.folder:
            yield ORPHAN, set(view.folder)
    elif view.settled.get("status") in {"succeeded", "rejected"}:
        yield from _against_manifest(view)


def _against_manifest(view: View) -> Iterator[tuple[str, set[str]]]:
    if not view.content:
        yield NO_MANIFEST, set()
    elif view.content["source"]["version_id"] != view.current["current_version"]:
        yield STALE, set()
    else:
        if damaged := {entry["name"] for entry in view.content["derivatives"] if _differs(entry, view.folder)}:
            yield DAMAGED, damaged
        vouched = {entry["name"] for entry in view.content["derivatives"]} | {manifest.NAME}
        if orphans := set(view.folder) - vouched:
            yield ORPHAN, orphans


def _differs(entry: Mapping[str, Any], folder: Mapping[str, Stored]) -> bool:
    """S3 never changes a version, so one that is still the newest has the bytes that were put under its checksum."""
    stored = folder.get(entry["name"])
    told = entry["bytes"], entry["version_id"]
    return stored is None or told != (stored.size_bytes, stored.version_id if entry["version_id"] else None)
