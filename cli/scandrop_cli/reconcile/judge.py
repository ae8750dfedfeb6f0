"""What differs for one object, by all that three stores say of it: pure, without AWS or clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scandrop import manifest
from scandrop.events import UNSEQUENCED
from scandrop.statuses import SETTLED

NEVER_PROCESSED, RESTORED, FORGOTTEN, NO_MANIFEST, STALE, DAMAGED, NOT_DELETED, ORPHAN = (
    "never processed",
    "restored",
    "forgotten",
    "no manifest",
    "stale",
    "damaged",
    "not deleted",
    "orphan",
)
MEANS = {
    NEVER_PROCESSED: "in the raw bucket, and no lane has settled it",
    RESTORED: "in the raw bucket again, and not processed since its deletion",
    FORGOTTEN: "settled, and the ledger has lost of which version the derivatives are",
    NO_MANIFEST: "settled, and no manifest is there",
    STALE: "what stands is of another version than the newest one",
    DAMAGED: "derivatives are gone, or are not those that the manifest vouches for",
    NOT_DELETED: "gone from the raw bucket, and what was made of it or told of it is not",
    ORPHAN: "derivatives that no manifest vouches for, or of no object that the ledger knows",
}
_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Raw:
    """The newest version of a key in the raw bucket, or the marker that says that the key is deleted."""

    key: str = field(repr=False)
    version_id: str
    dropped_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest version of an object in the processed bucket.

    all_versions: with the former ones, the newest last, once they were asked for.
    """

    size_bytes: int
    version_id: str
    changed_at: datetime
    etag: str = ""
    all_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """All that is known of one object. The mappings are empty where there is nothing.

    raw_key: empty where it is not known. marker: the key's, where it is deleted.
    current: the ledger's item of the key; newest: of the version in the raw bucket; settled: of the current version.
    folder: what lies under the object's prefix, by name; content: its manifest's.
    held: whether the raw bucket still has the version that the ledger has as current.
    kept: whether derivatives outlive their raw object.
    """

    name: str
    prefix: str
    raw_key: str = field(repr=False)
    raw: Raw | None
    marker: Raw | None
    current: Mapping[str, Any]
    newest: Mapping[str, Any]
    settled: Mapping[str, Any]
    folder: Mapping[str, Stored]
    content: Mapping[str, Any]
    held: bool
    kept: bool

    @property
    def changed_at(self) -> datetime:
        """When any of it changed last."""
        moments = [datetime.fromisoformat(item["updated_at"]) for item in (self.newest, self.settled) if item]
        moments += [stored.changed_at for stored in self.folder.values()]
        moments += [entry.dropped_at for entry in (self.raw, self.marker) if entry]
        return max(moments, default=_LONG_AGO)

    @property
    def unvouched(self) -> set[str]:
        """The derivatives that no manifest vouches for."""
        return set(self.folder) - (manifest.names(self.content) | {manifest.NAME} if self.content else set())


@dataclass(frozen=True)
class Difference:
    """One kind of difference of one object, and the derivatives that it is about.

    since: when any of the three stores changed it last.
    raw_key: empty where it is not known; it may hold a name, so it is never shown.
    for_good: whether what is deleted of it shall be gone with its former versions.
    healed: what was done about it; empty where nothing was.
    """

    kind: str
    key: str
    version_id: str
    since: datetime
    prefix: str
    names: tuple[str, ...]
    folder: Mapping[str, Stored] = field(repr=False)
    raw_key: str = field(repr=False)
    in_raw_bucket: bool
    for_good: bool
    healed: str = ""


def differences(view: View, now: datetime, before: datetime) -> Iterator[Difference]:
    """What differs, unless it changed after `before` or is being written now."""
    if view.changed_at > before or _in_work(view, now):
        return
    for kind, names in _with_raw(view, view.raw) if view.raw else _without_raw(view):
        yield Difference(
            kind,
            view.name,
            view.raw.version_id if view.raw else view.current.get("current_version", ""),
            view.changed_at,
            view.prefix,
            tuple(sorted(names)),
            view.folder,
            view.raw_key,
            in_raw_bucket=view.raw is not None,
            for_good=view.raw is None and not view.kept,
        )


def _in_work(view: View, now: datetime) -> bool:
    leases = [view.current.get("writer_until"), *(item.get("lease_until") for item in _at_work(view))]
    return any(lease and datetime.fromisoformat(lease) > now for lease in leases)


def _at_work(view: View) -> Iterator[Mapping[str, Any]]:
    return (item for item in (view.newest, view.settled) if item.get("status") == "processing")


def _with_raw(view: View, raw: Raw) -> Iterator[tuple[str, set[str]]]:
    if view.settled.get("status") == "deleted":  # its deletion was undone, or that of a newer version
        yield RESTORED, set()
        return
    settled = view.newest.get("status") in SETTLED
    if not settled:
        yield NEVER_PROCESSED, set()
    if not view.current:
        if settled:
            yield FORGOTTEN, set()
        if view.unvouched:
            yield ORPHAN, view.unvouched
    elif settled and view.current["current_version"] != raw.version_id and (kind := _out_of_order(view)):
        yield kind, set()
    else:
        yield from _against_manifest(view)


def _out_of_order(view: View) -> str:
    """What is wrong where the ledger has another version as current than S3 has as the newest, and settled both.

    Nothing is where the former newest was deleted for good and derivatives are kept: they are of that one.
    """
    newest, current = (item.get("sequencer", UNSEQUENCED) for item in (view.newest, view.current))
    if view.held or current < newest != UNSEQUENCED:
        return STALE
    return "" if view.kept else NOT_DELETED


def _without_raw(view: View) -> Iterator[tuple[str, set[str]]]:
    known = view.current or (view.content and view.raw_key)  # by the ledger, or by a manifest with a key to delete
    if not view.kept and known and view.settled.get("status") != "deleted":
        yield NOT_DELETED, set(view.folder)
    elif not view.kept:
        if view.folder:
            yield ORPHAN, set(view.folder)
    elif view.settled:
        yield from _against_manifest(view)
    else:
        if view.current or view.content:  # nothing can make them again, so nothing of them is an orphan
            yield FORGOTTEN, set()
        if view.unvouched:
            yield ORPHAN, view.unvouched


def _against_manifest(view: View) -> Iterator[tuple[str, set[str]]]:
    if view.settled.get("status") not in {"succeeded", "rejected"}:
        return
    if not view.content:
        yield NO_MANIFEST, set()
    elif view.content["source"]["version_id"] != view.current["current_version"]:
        yield STALE, set()
    elif view.settled.get("derivatives", count := len(view.content["derivatives"])) != count:
        yield DAMAGED, set()  # the ledger has committed others: what the manifest leaves out is no orphan
    else:
        if damaged := {entry["name"] for entry in view.content["derivatives"] if _differs(entry, view.folder)}:
            yield DAMAGED, damaged
        if view.unvouched:
            yield ORPHAN, view.unvouched


def _differs(entry: Mapping[str, Any], folder: Mapping[str, Stored]) -> bool:
    """S3 never changes a version, so one that is still the newest has the bytes that were put under its checksum."""
    stored = folder.get(entry["name"])
    told = entry["bytes"], entry["version_id"]
    return stored is None or told != (stored.size_bytes, stored.version_id if entry["version_id"] else None)
