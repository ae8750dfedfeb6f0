"""An environment's ledger and buckets, as what must hold asks for them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cloud import PROCESSED, TABLE
from drops import Drop, Drops
from environment import Environment
from kernel import Broken

from scandrop.events import SEQUENCER_DIGITS, TOMBSTONE

CURRENT = "#current"
SETTLED = {"succeeded", "rejected", "superseded", "deleted"}
COMMITTED = {"succeeded", "rejected", "deleted"}
# How instances' clocks go: the margin is what a lease outlasts its function by.
RIGHT, WITHIN_MARGIN, BEYOND_MARGIN = "right", "within the margin", "beyond the margin"

type Item = dict[str, Any]


@dataclass
class View:
    """One run, looked at.

    Where `clocks` are off beyond the margin, two may write at once: then what stands in the bucket may be torn, though
    nothing is lost and no older version is committed over a newer one.
    settled: the versions that were settled at any time.
    """

    environment: Environment
    drops: Drops
    clocks: str
    settled: set[tuple[str, str]] = field(default_factory=set)

    @property
    def strict(self) -> bool:
        return self.clocks != BEYOND_MARGIN

    def known_as(self, key: str) -> str:
        """What a raw key is called in the ledger and in the processed bucket."""
        return self.environment.known_as(key)

    def items(self) -> dict[tuple[str, str], Item]:
        """The ledger, by key and version."""
        items: dict[tuple[str, str], Item] = self.environment.dynamodb.tables[TABLE].items
        return items

    def item(self, key: str, version_id: str) -> Item:
        return self.items().get((key, version_id), {})

    def status(self, drop: Drop) -> str:
        return text(self.item(self.known_as(drop.key), drop.version_id), "status")

    def order(self, item: Item, name: str) -> float:
        """The place of an item's version in the order of drops and deletions."""
        return self.drops.order_of(text(item, name), text(item, "sequencer"))

    def sidecar_etag(self, key: str) -> str:
        """Of what lies beside a run, as the ledger has it."""
        sidecar = self.drops.sidecar_of(key)
        return sidecar.etag.strip('"') if sidecar else "none"

    def objects(self, key: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
        """What stands under a key's prefix: each one's version and bytes, by its name."""
        bucket = self.environment.s3.buckets[PROCESSED]
        for name in bucket.keys_under(f"{key}/"):
            version = bucket.current(name)
            if version is not None:
                yield name.removeprefix(f"{key}/"), (version.id, version.body)

    def check_erased(self, key: str, version: str) -> None:
        """Nothing of a deleted object is left, not even as a noncurrent version, nor what the ledger held of it."""
        if left := self.environment.s3.buckets[PROCESSED].keys_under(f"{key}/"):
            raise Broken("not erased", f"{key} {version} is deleted, and {', '.join(left)} stands or stood")
        held = [version_id for (name, version_id), item in self.items().items() if name == key and "outputs" in item]
        if held:
            raise Broken("not forgotten", f"{key} {version} is deleted, and the ledger tells of {', '.join(held)}")


def text(item: Item, name: str) -> str:
    """A text of an item; empty where it has none."""
    return str(item.get(name, {}).get("S", ""))


def object_of(message: Any) -> tuple[str, str]:
    """The key and the version that a message tells of."""
    event = json.loads(message) if isinstance(message, str) else message
    detail = event["detail"]["object"]
    if event["detail-type"] == "Object Created":
        return detail["key"], detail["version-id"]
    return detail["key"], f"{TOMBSTONE}{detail['sequencer'].ljust(SEQUENCER_DIGITS, '0')}"
