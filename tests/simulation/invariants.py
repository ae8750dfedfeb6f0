"""What must hold: at every effect, at every message, and when all is quiet."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import virtual
from botocore.exceptions import ClientError
from cloud import PROCESSED, TABLE
from drops import Drop, Drops
from environment import Environment
from kernel import Broken
from network import Effect

from scandrop.events import SEQUENCER_DIGITS, TOMBSTONE

SETTLED = {"succeeded", "rejected", "superseded", "deleted"}
_COMMITTED = {"succeeded", "rejected", "deleted"}
# How instances' clocks go: the margin is what a lease outlasts its function by.
RIGHT, WITHIN_MARGIN, BEYOND_MARGIN = "right", "within the margin", "beyond the margin"
_RECEIVES_PER_LEASE = {RIGHT: 2, WITHIN_MARGIN: 4, BEYOND_MARGIN: 1000}
_CLOCKS_DIFFER = timedelta(seconds=30)
CURRENT = "#current"


class Invariants:
    """Looks on at each effect and each message of one run.

    Where `clocks` are off beyond the margin, two may write at once: then what stands in the bucket may be torn, though
    nothing is lost and no older version is committed over a newer one.
    """

    def __init__(self, environment: Environment, drops: Drops, clocks: str) -> None:
        self._environment = environment
        self._drops = drops
        self._strict = clocks != BEYOND_MARGIN
        self._receives_per_lease = _RECEIVES_PER_LEASE[clocks]
        self._settled: set[tuple[str, str]] = set()
        self._receives: Counter[str] = Counter()
        self._burnt: defaultdict[tuple[str, str], set[int]] = defaultdict(set)  # receives, by message and lease
        self._beside: dict[str, tuple[str, int]] = {}  # what lay beside a run as it was claimed, by owner
        self._flying: list[tuple[str, datetime]] = []  # keys that S3 would still take a write for, and until when
        self._newest_commit: dict[str, int] = {}
        self._message_of: dict[str, tuple[str, str]] = {}

    # at every effect

    def around(self, operation: str, parameters: dict[str, Any], effect: Effect) -> Any:
        """Carry out an effect, and check what it did."""
        if operation == "update_item":
            return self._ledger([parameters], effect)
        if operation == "transact_write_items":
            writes = [
                next(iter(entry.values())) for entry in parameters["TransactItems"] if "ConditionCheck" not in entry
            ]
            return self._ledger(writes, effect)
        if operation in {"put_object", "delete_object"} and parameters["Bucket"] == PROCESSED:
            return self._stored(parameters["Key"], effect)
        answer = effect()
        if operation == "send_message":
            self._environment.stirred(parameters["QueueUrl"], 0)
        elif operation == "change_message_visibility":
            self._environment.stirred(parameters["QueueUrl"], parameters["VisibilityTimeout"])
        return answer

    def _stored(self, key: str, effect: Effect) -> Any:
        versions = self._environment.s3.buckets[PROCESSED].versions
        before = list(versions.get(key, ()))
        answer = effect()
        if self._strict and versions.get(key, []) != before:  # the same version may be deleted twice
            self._written(key.rpartition("/")[0])
        return answer

    def _ledger(self, writes: list[dict[str, Any]], effect: Effect) -> Any:
        items = self._environment.dynamodb.tables[TABLE].items
        keys = [(write["Key"]["object_key"]["S"], write["Key"]["version_id"]["S"]) for write in writes]
        before = [items.get(key, {}) for key in keys]
        try:
            answer = effect()
        except ClientError:
            self._refused(writes[0], before[0])
            raise
        for key, was, write in zip(keys, before, writes, strict=True):
            now = items.get(key, {})
            if key[1] == CURRENT:
                self._moved(key[0], was, now, write.get("ExpressionAttributeValues", {}))
            else:
                self._turned(key, was, now)
        return answer

    @staticmethod
    def _refused(write: dict[str, Any], item: dict[str, Any]) -> None:
        """What an earlier try of the same version left locked lets this one in."""
        values = write.get("ExpressionAttributeValues", {})
        if ":set_writer" not in values or item.get("claimer") != values[":me"]:
            return
        prolongs = item["writer_until"]["S"] <= values[":set_writer_until"]["S"] if "writer" in item else False
        if prolongs and item["current_version"] == values[":version"] == item["writing_version"]:
            raise Broken("kept out by its own lock", f"another try of {_text(item, 'current_version')} wrote before")

    def _moved(self, key: str, was: dict[str, Any], now: dict[str, Any], values: dict[str, Any]) -> None:
        if _text(was, "current_version") and self._order(now, "current_version") < self._order(was, "current_version"):
            former, version = _text(was, "current_version"), _text(now, "current_version")
            raise Broken("current goes back", f"{key} from {former} to {version}")

        if self._strict and "writer" in was and _text(was, "writing_version") != _text(now, "writing_version"):
            self._let_go(key, was, values)

    def _let_go(self, key: str, was: dict[str, Any], values: dict[str, Any]) -> None:
        """The write lock goes with its holder or its time, and not while S3 would still take what the holder sent."""
        now = virtual.BEGINNING + timedelta(seconds=self._environment.world.now)
        if datetime.fromisoformat(_text(was, "writer_until")) < now + _CLOCKS_DIFFER:
            return
        version = was["writing_version"]
        if values.get(":me", was["writer"]) != was["writer"] or values.get(":version", version) != version:
            raise Broken("another's lock", f"{key} was locked by {version['S']}")
        if any(flying == key and expires > now for flying, expires in self._flying):
            raise Broken("unlocked too early", f"{key}: a request of {version['S']} is on its way")

    def sent(self, key: str, expires: datetime, effect: Effect) -> Effect:
        """A write that S3 takes until it expires is on its way; returns its arrival."""
        flying = (key.rpartition("/")[0], expires)
        self._flying.append(flying)

        def arrive() -> Any:
            self._flying.remove(flying)
            return effect()

        return arrive

    def _order(self, item: dict[str, Any], name: str) -> int:
        return self._drops.order_of(_text(item, name), _text(item, "sequencer"))

    def _turned(self, key: tuple[str, str], was: dict[str, Any], now: dict[str, Any]) -> None:
        former, status = _text(was, "status"), _text(now, "status")
        if former in SETTLED and was != now and not _is_forgotten(was, now):
            reopened = status == "processing" and _text(was, "sidecar_etag") != _text(now, "sidecar_etag")
            if former == "superseded" or not reopened:
                raise Broken("settled twice", f"{key[0]} {key[1]} was {former} and became {status}")
            if self._drops.is_older_sidecar(_text(now, "sidecar_etag"), than=_text(was, "sidecar_etag")):
                raise Broken("reopened by an old sidecar", f"{key[0]} {key[1]} was {former}")
        if _text(was, "owner") != _text(now, "owner"):
            self._beside[_text(now, "owner")] = (self._sidecar_etag(key[0]), len(self._drops.all))
        if status in SETTLED:
            self._settled.add(key)
        if status in _COMMITTED and former == "processing":
            order = self._order(now, "version_id")
            if order < self._newest_commit.get(key[0], -1):
                raise Broken("older after newer", f"{key[0]} {key[1]} was committed after a newer version")
            self._newest_commit[key[0]] = order
            self._was_there(now)
            if self._strict:
                self._whole(*key, status)

    def _was_there(self, item: dict[str, Any]) -> None:
        """The sidecar that a run was read with lay beside it at some time after its claim."""
        etag, drops = self._beside[_text(item, "owner")]
        if "sidecar_etag" not in item or self._drops.deleted_sidecars:
            return
        since = {etag, *(drop.etag for drop in self._drops.all[drops:] if drop.key == "bold.json")}
        if _text(item, "sidecar_etag") not in since:
            raise Broken("a sidecar of before the claim", f"{_text(item, 'version_id')} was read with it")

    def _sidecar_etag(self, key: str) -> str:
        sidecar = self._drops.sidecar_of(key)
        return sidecar.etag.strip('"') if sidecar else "none"

    def _whole(self, key: str, version: str, status: str) -> None:
        """What is committed stands at that moment: its manifest, and each derivative that the manifest names."""
        if status == "deleted":
            self._is_erased(key, version)
            return
        objects = dict(self._objects(key))
        manifest = json.loads(objects.pop("manifest.json", ("", b"{}"))[1])
        if manifest.get("source", {}).get("version_id") != version or manifest["status"] != status:
            raise Broken("committed too early", f"{key} {version} is {status}, and its manifest does not stand")
        listed = {entry["name"]: entry["version_id"] for entry in manifest["derivatives"]}
        if listed != {name: stored for name, (stored, _) in objects.items()}:
            raise Broken("committed too early", f"{key} {version} is {status}, and other objects stand")

    def _is_erased(self, key: str, version: str) -> None:
        """Nothing of a deleted object is left, not even as a noncurrent version, nor what the ledger held of it."""
        if left := self._environment.s3.buckets[PROCESSED].keys_under(f"{key}/"):
            raise Broken("not erased", f"{key} {version} is deleted, and {', '.join(left)} stands or stood")
        items = self._environment.dynamodb.tables[TABLE].items
        if held := [version_id for (name, version_id), item in items.items() if name == key and "outputs" in item]:
            raise Broken("not forgotten", f"{key} {version} is deleted, and the ledger tells of {', '.join(held)}")

    def _written(self, key: str) -> None:
        """Nothing changes under a prefix while the current version's result is committed."""
        current = _text(self._item(key, CURRENT), "current_version")
        if current and _text(self._item(key, current), "status") in _COMMITTED:
            raise Broken("written after the commit", f"something under {key}/ changed though {current} is committed")

    # at every message

    def received(self, message: dict[str, Any]) -> None:
        """A message goes to a function."""
        self._receives[message["MessageId"]] += 1
        self._message_of[message["MessageId"]] = _object_of(message["Body"])

    def failed(self, message_id: str, code: str) -> None:
        """A try of a message ended with a code."""
        key, version = self._message_of[message_id]
        holder = ""
        if code == "leased":
            holder = _text(self._item(key, version), "owner")
        elif code == "busy":
            holder = _text(self._item(key, CURRENT), "writer")
        if holder:
            burnt = self._burnt[message_id, holder]
            burnt.add(self._receives[message_id])
            if len(burnt) > self._receives_per_lease:
                told = f"{message_id} came back {len(burnt)} times to one lease of {holder}"
                self._environment.world.fail(Broken("receives burnt", told))

    def acknowledged(self, message: dict[str, Any]) -> None:
        """A message is about to be deleted: nobody else will care for its version."""
        version = self._message_of[message["MessageId"]]
        if not self._drops.has(*version):  # one of many versions was deleted for good, which may not matter
            return
        if version in self._settled or self._is_queued(version, but=message["MessageId"]):
            return
        raise Broken("message lost", f"{version[0]} {version[1]} is not settled, and its message is deleted")

    def _is_queued(self, version: tuple[str, str], but: str) -> bool:
        for queue in self._environment.sqs.queues.values():
            for message in queue.messages.values():
                if message.id != but and _object_of(message.body) == version:
                    return True
        return False

    # when all is quiet

    def before_redrive(self) -> None:
        """Every version is settled, or a dead letter tells of it."""
        dead = {_object_of(message) for letters in self._environment.dead_letters().values() for message in letters}
        for drop in self._drops.all:
            version = (drop.key, drop.version_id)
            status = self._status(drop)
            if status not in SETTLED and version not in dead:
                raise Broken("version lost", f"{drop.key} {drop.version_id} is {status or 'unknown'}, in no queue")

    def after_redrive(self) -> None:
        """Every version is settled, and what stands is the newest version's, whole and nothing else."""
        if not self._strict:
            self.before_redrive()
            return
        for drop in self._drops.all:
            if self._status(drop) not in SETTLED:
                raise Broken("never settled", f"{drop.key} {drop.version_id} is {self._status(drop) or 'unknown'}")
        for key in {drop.key: None for drop in self._drops.all}:
            newest = self._drops.newest(key)
            assert newest is not None
            self._stands(newest)

    def _stands(self, drop: Drop) -> None:
        current = self._item(drop.key, CURRENT)
        tombstone = _text(current, "current_version").startswith(TOMBSTONE)
        if drop.is_marker or (drop.is_gone and tombstone):
            self._stays_deleted(drop, current)
            return
        if _text(current, "current_version") != drop.version_id:
            raise Broken("stale", f"{drop.key}: {_text(current, 'current_version')} is current, not {drop.version_id}")
        objects = dict(self._objects(drop.key))
        told = objects.pop("manifest.json", None)
        if told is None:
            raise Broken("no manifest", f"{drop.key} {drop.version_id} has none")
        manifest = json.loads(told[1])
        if manifest["source"]["version_id"] != drop.version_id:
            raise Broken("stale", f"{drop.key}: the manifest is {manifest['source']['version_id']}'s")
        self._agrees(drop, manifest, objects)

    def _stays_deleted(self, drop: Drop, current: dict[str, Any]) -> None:
        version = _text(current, "current_version")
        if self._order(current, "current_version") != drop.order:
            raise Broken("stale", f"{drop.key}: {version} is current, not {drop.version_id}")
        self._is_erased(drop.key, version)

    def _agrees(self, drop: Drop, manifest: dict[str, Any], objects: dict[str, tuple[str, bytes]]) -> None:
        where = f"{drop.key} {drop.version_id}"
        if manifest["status"] != self._status(drop):
            raise Broken("contradiction", f"{where} is {self._status(drop)}, its manifest {manifest['status']}")
        expected = self._drops.expected(drop)
        if drop.is_gone and (self._environment.follows_deletions or manifest["error_code"] == "version_gone"):
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
        sidecar = self._drops.sidecar_of(drop.key)
        read = manifest["source"].get("sidecar", {}).get("etag")
        if manifest["error_code"] != "version_gone" and read != (sidecar.etag.strip('"') if sidecar else None):
            beside = sidecar.id if sidecar else "nothing"
            raise Broken("old sidecar", f"{where} was read with {read}, and {beside} lies beside it")

    def _objects(self, key: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
        bucket = self._environment.s3.buckets[PROCESSED]
        for name in bucket.keys_under(f"{key}/"):
            version = bucket.current(name)
            if version is not None:
                yield name.removeprefix(f"{key}/"), (version.id, version.body)

    def _status(self, drop: Drop) -> str:
        return _text(self._item(drop.key, drop.version_id), "status")

    def _item(self, key: str, version_id: str) -> dict[str, Any]:
        return self._environment.dynamodb.tables[TABLE].items.get((key, version_id), {})


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _object_of(message: Any) -> tuple[str, str]:
    event = json.loads(message) if isinstance(message, str) else message
    detail = event["detail"]["object"]
    if event["detail-type"] == "Object Created":
        return detail["key"], detail["version-id"]
    return detail["key"], f"{TOMBSTONE}{detail['sequencer'].ljust(SEQUENCER_DIGITS, '0')}"


def _is_forgotten(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether a settled version only lost what it held, since its object was deleted."""
    lost = {"outputs", "metadata"}
    return {**was, "erased_at": None} == {**now, "erased_at": None, **{name: was[name] for name in lost & set(was)}}
