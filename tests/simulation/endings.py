"""What must hold when all is quiet, and once the dead letters were tried again."""

import json
from typing import Any

from drops import Drop
from kernel import Broken
from view import CURRENT, SETTLED, Item, View, object_of, text

from scandrop.events import TOMBSTONE


class Endings:
    """Looks at what one run left."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._drops = view.drops

    def before_redrive(self) -> None:
        """Every version is settled, or a dead letter tells of it."""
        letters = self._view.environment.dead_letters().values()
        dead = {object_of(message) for messages in letters for message in messages}
        for drop in self._drops.all:
            status = self._view.status(drop)
            if status not in SETTLED and (drop.key, drop.version_id) not in dead:
                raise Broken("version lost", f"{drop.key} {drop.version_id} is {status or 'unknown'}, in no queue")

    def after_redrive(self) -> None:
        """Every version is settled, and what stands is the newest version's, whole and nothing else."""
        if not self._view.strict:
            self.before_redrive()
            return
        for drop in self._drops.all:
            if self._view.status(drop) not in SETTLED:
                status = self._view.status(drop) or "unknown"
                raise Broken("never settled", f"{drop.key} {drop.version_id} is {status}")
        for key in {drop.key: None for drop in self._drops.all}:
            newest = self._drops.newest(key)
            assert newest is not None
            self._stands(newest)

    def _stands(self, drop: Drop) -> None:
        known_as = self._view.known_as(drop.key)
        current = self._view.item(known_as, CURRENT)
        version = text(current, "current_version")
        if drop.is_marker or (drop.is_gone and version.startswith(TOMBSTONE)):
            self._stays_deleted(drop, current)
            return
        if version != drop.version_id:
            raise Broken("stale", f"{drop.key}: {version} is current, not {drop.version_id}")
        objects = dict(self._view.objects(known_as))
        told = objects.pop("manifest.json", None)
        if told is None:
            raise Broken("no manifest", f"{drop.key} {drop.version_id} has none")
        manifest = json.loads(told[1])
        if manifest["source"]["version_id"] != drop.version_id:
            raise Broken("stale", f"{drop.key}: the manifest is {manifest['source']['version_id']}'s")
        if "outputs" not in self._view.item(known_as, drop.version_id):
            raise Broken("forgotten", f"the ledger tells of no outputs of {drop.key} {drop.version_id}")
        self._agrees(drop, manifest, objects)

    def _stays_deleted(self, drop: Drop, current: Item) -> None:
        version = text(current, "current_version")
        if int(self._view.order(current, "current_version")) != drop.order:
            raise Broken("stale", f"{drop.key}: {version} is current, not {drop.version_id}")
        known_as = self._view.known_as(drop.key)
        if drop.is_gone and text(self._view.item(known_as, version), "status") == "processing":
            return  # the gap that is known: who was killed at it shared its message with one that had nothing to do
        self._view.check_erased(known_as, version)

    def _agrees(self, drop: Drop, manifest: dict[str, Any], objects: dict[str, tuple[str, bytes]]) -> None:
        where, status = f"{drop.key} {drop.version_id}", self._view.status(drop)
        if manifest["status"] != status:
            raise Broken("contradiction", f"{where} is {status}, its manifest {manifest['status']}")
        expected = self._drops.expected(drop)
        if drop.is_gone and (self._view.environment.follows_deletions or manifest["error_code"] == "version_gone"):
            expected = None
        if (manifest["status"] == "rejected") != (expected is None):
            raise Broken("wrong result", f"{where} is {manifest['status']}")
        self._has_newest_sidecar(drop, manifest, where)
        listed = {entry["name"]: entry["version_id"] for entry in manifest["derivatives"]}
        if orphans := set(objects) - set(listed):
            raise Broken("orphan", f"{where} has {', '.join(sorted(orphans))}, which its manifest does not name")
        if {name: content for name, (_, content) in objects.items()} != (expected or {}):
            raise Broken("wrong bytes", f"{where} has {objects}, expected {expected}")
        if listed != {name: version for name, (version, _) in objects.items()}:
            raise Broken("other versions", f"the manifest of {where} names versions that are not the current ones")

    def _has_newest_sidecar(self, drop: Drop, manifest: dict[str, Any], where: str) -> None:
        read = manifest["source"].get("sidecar", {}).get("etag", "none")
        beside = self._view.sidecar_etag(drop.key)
        if manifest["error_code"] != "version_gone" and read != beside:
            raise Broken("old sidecar", f"{where} was read with {read}, and {beside} lies beside it")
