"""What must hold at every effect: of the ledger's items, of write locks, and of what stands in the bucket."""

import json
from datetime import datetime, timedelta
from typing import Any

import virtual
from botocore.exceptions import ClientError
from cloud import PROCESSED, RAW
from drops import NAMES
from kernel import Broken
from messages import Messages
from network import Effect
from view import COMMITTED, CURRENT, SETTLED, Item, View, text

from scandrop.events import TOMBSTONE

_CLOCKS_DIFFER = timedelta(seconds=30)


class Invariants:
    """Looks on at each effect of one run."""

    def __init__(self, view: View, messages: Messages) -> None:
        self._view = view
        self._messages = messages
        self._environment = view.environment
        self._drops = view.drops
        self._beside: dict[str, tuple[str, int]] = {}  # what lay beside a run as it was claimed, by owner
        self._flying: list[tuple[str, str, datetime]] = []  # what S3 would still take for which object, and until when
        self._newest_commit: dict[str, float] = {}

    def around(self, operation: str, parameters: dict[str, Any], effect: Effect) -> Any:
        """Carry out an effect, and check what it did."""
        if self._environment.is_pseudonymous:
            self._names_nobody(parameters)
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
            self._messages.sent(parameters["QueueUrl"], parameters["MessageBody"])
            self._environment.stirred(parameters["QueueUrl"], parameters.get("DelaySeconds", 0))
        elif operation == "change_message_visibility":
            self._environment.stirred(parameters["QueueUrl"], parameters["VisibilityTimeout"])
        return answer

    def sent(self, operation: str, key: str, expires: datetime, effect: Effect) -> Effect:
        """A write that S3 takes until it expires is on its way; returns its arrival."""
        flying = (operation, key, expires)
        self._flying.append(flying)

        def arrive() -> Any:
            self._flying.remove(flying)
            return effect()

        return arrive

    def _on_their_way(self, key: str) -> list[tuple[str, str]]:
        """Each operation and name that S3 would still take under a key's prefix."""
        parts = [
            (operation, *name.rsplit("/", 1)) for operation, name, expires in self._flying if expires > self._now()
        ]
        return [(operation, name) for operation, prefix, name in parts if prefix == key]

    def _names_nobody(self, parameters: dict[str, Any]) -> None:
        """A raw key, which may hold a name, is told to the raw bucket and in the body of a message alone."""
        if parameters.get("Bucket") == RAW:
            return
        told = str({name: value for name, value in parameters.items() if name != "MessageBody"})
        for name in NAMES:
            if name in told:
                raise Broken("a name escaped", f"{name} in {told}")

    # what stands in the bucket

    def _stored(self, key: str, effect: Effect) -> Any:
        versions = self._environment.s3.buckets[PROCESSED].versions
        before = list(versions.get(key, ()))
        answer = effect()
        if self._view.strict and versions.get(key, []) != before:  # the same version may be deleted twice
            self._written(key.rpartition("/")[0])
        return answer

    def _written(self, key: str) -> None:
        """Nothing changes under a prefix while the current version's result is committed."""
        current = text(self._view.item(key, CURRENT), "current_version")
        if current and text(self._view.item(key, current), "status") in COMMITTED:
            raise Broken("written after the commit", f"something under {key}/ changed though {current} is committed")

    # the ledger's items

    def _ledger(self, writes: list[dict[str, Any]], effect: Effect) -> Any:
        items = self._view.items()
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

    def _turned(self, key: tuple[str, str], was: Item, now: Item) -> None:
        """A version's item changed."""
        former, status = text(was, "status"), text(now, "status")
        if former in SETTLED and was != now:
            self._settled_before(key, was, now)
        if text(was, "owner") != text(now, "owner"):
            self._beside[text(now, "owner")] = (self._view.sidecar_etag(key[0]), len(self._drops.all))
        if status in SETTLED:
            self._view.settled.add(key)
        if status in COMMITTED and former == "processing":
            self._committed(*key, now)

    def _settled_before(self, key: tuple[str, str], was: Item, now: Item) -> None:
        """What is settled is opened again by a newer sidecar alone, and forgotten where its object is deleted."""
        former, status = text(was, "status"), text(now, "status")
        if _is_forgotten(was, now):
            current = text(self._view.item(key[0], CURRENT), "current_version")
            if not current.startswith(TOMBSTONE):
                raise Broken("forgotten", f"what {key[0]} {key[1]} became, and {current} is no deletion")
            return
        reopened = status == "processing" and text(was, "sidecar_etag") != text(now, "sidecar_etag")
        if former == "superseded" or not reopened:
            raise Broken("settled twice", f"{key[0]} {key[1]} was {former} and became {status}")
        if self._drops.is_older_sidecar(text(now, "sidecar_etag"), than=text(was, "sidecar_etag")):
            raise Broken("reopened by an old sidecar", f"{key[0]} {key[1]} was {former}")

    def _committed(self, key: str, version: str, item: Item) -> None:
        order = self._view.order(item, "version_id")
        if order < self._newest_commit.get(key, -1):
            raise Broken("older after newer", f"{key} {version} was committed after a newer version")
        self._newest_commit[key] = order
        self._was_there(item)
        if not self._view.strict:
            return
        if text(item, "status") == "deleted":
            self._view.check_erased(key, version)
            return
        self._whole(key, version, text(item, "status"))
        coming = [name for operation, name in self._on_their_way(key) if operation == "put_object"]
        if text(item, "status") == "rejected" and set(coming) - {"manifest.json"}:  # who succeeds has them all there
            raise Broken("an object may still come", f"{key} {version} is rejected, and S3 would take {coming}")

    def _was_there(self, item: Item) -> None:
        """The sidecar that a run was read with lay beside it at some time after its claim."""
        etag, drops = self._beside[text(item, "owner")]
        if "sidecar_etag" not in item or self._drops.deleted_sidecars:
            return
        since = {etag, *(drop.etag for drop in self._drops.all[drops:] if drop.key == "bold.json")}
        if text(item, "sidecar_etag") not in since:
            raise Broken("a sidecar of before the claim", f"{text(item, 'version_id')} was read with it")

    def _whole(self, key: str, version: str, status: str) -> None:
        """What is committed stands at that moment: its manifest, and each derivative that the manifest names."""
        objects = dict(self._view.objects(key))
        manifest = json.loads(objects.pop("manifest.json", ("", b"{}"))[1])
        if manifest.get("source", {}).get("version_id") != version or manifest["status"] != status:
            raise Broken("committed too early", f"{key} {version} is {status}, and its manifest does not stand")
        listed = {entry["name"]: entry["version_id"] for entry in manifest["derivatives"]}
        if listed != {name: stored for name, (stored, _) in objects.items()}:
            raise Broken("committed too early", f"{key} {version} is {status}, and other objects stand")

    # the current item, and its write lock

    @staticmethod
    def _refused(write: dict[str, Any], item: Item) -> None:
        """What an earlier try of the same version left locked lets this one in, where it asks for that."""
        values = write.get("ExpressionAttributeValues", {})
        if ":set_writer" not in values or item.get("claimer") != values[":me"] or "writer" not in item:
            return
        prolongs = item["writer_until"]["S"] <= values[":set_writer_until"]["S"]
        prolongs = prolongs and item["writing_status"] == values[":set_writing_status"]
        if prolongs and item["current_version"] == values.get(":version") == item["writing_version"]:
            raise Broken("kept out by its own lock", f"another try of {text(item, 'current_version')} wrote before")

    def _moved(self, key: str, was: Item, now: Item, values: dict[str, Any]) -> None:
        """A key's current item changed."""
        if text(was, "current_version") and self._view.order(now, "current_version") < self._view.order(
            was, "current_version"
        ):
            former, version = text(was, "current_version"), text(now, "current_version")
            raise Broken("current goes back", f"{key} from {former} to {version}")
        if not self._view.strict or "writer" not in was:
            return
        if datetime.fromisoformat(text(was, "writer_until")) < self._now() + _CLOCKS_DIFFER:
            self._ran_out(key, was, now)
        elif text(was, "writing_version") != text(now, "writing_version"):
            self._let_go(key, was, values)
        elif text(now, "writer_until") < text(was, "writer_until"):
            raise Broken("cut short", f"the lock of {text(was, 'writing_version')} on {key}")

    def _let_go(self, key: str, was: Item, values: dict[str, Any]) -> None:
        """The write lock goes with its holder or its time, and not while S3 would still take what the holder sent."""
        version = was["writing_version"]
        if values.get(":me", was["writer"]) != was["writer"] or values.get(":version", version) != version:
            raise Broken("another's lock", f"{key} was locked by {version['S']}")
        if self._on_their_way(key):
            raise Broken("unlocked too early", f"{key}: a request of {version['S']} is on its way")

    def _ran_out(self, key: str, was: Item, now: Item) -> None:
        """Where nothing fails, nobody waits until the lock of a settled version runs out."""
        holder, writing = text(was, "writing_version"), text(now, "writing_version")
        if not self._environment.is_calm or writing in {"", holder}:
            return
        item = self._view.item(key, holder)
        if text(item, "status") in SETTLED and item["attempts"] == {"N": "1"}:  # none before, which it may wait for
            raise Broken("waited for nobody", f"{writing} waited for {holder}, which was {text(item, 'status')}")

    def _now(self) -> datetime:
        return virtual.BEGINNING + timedelta(seconds=self._environment.world.now)


def _is_forgotten(was: Item, now: Item) -> bool:
    """Whether a settled version only lost what it held."""
    lost = {"outputs", "metadata"}
    return {**was, "erased_at": None} == {**now, "erased_at": None, **{name: was[name] for name in lost & set(was)}}
