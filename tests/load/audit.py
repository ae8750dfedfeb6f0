"""Whether all came right: the raw bucket, the ledger and the processed bucket, each asked on its own and compared.

None of the pipeline's code is used, so that what it believes of itself is not what is believed here.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL import Image

from scandrop.queues import DELAYED, IN_WORK, WAITING
from tests.e2e.conftest import Deployed
from tests.load.traffic import Drop

ENDS = {"succeeded", "rejected", "superseded"}
UNHEARD = {None, "failed"}  # the emulator's events name no version, so one that was overwritten is not heard of again
TOMBSTONE = "deleted-"  # begins what a deletion is called as a version of its key


@dataclass(frozen=True)
class Audit:
    """One look at all keys below a prefix, once the queues are empty; `drops` says what each raw version was."""

    deployed: Deployed
    prefix: str
    drops: Mapping[tuple[str, str], Drop]

    def lost(self) -> Iterator[str]:
        """Versions in the raw bucket that did not come to the end that their bytes deserve, and dead letters."""
        for version, newest in self.versions.items():
            item, drop = self.items.get(version, {}), self.drops.get(version)
            status = item.get("status", {}).get("S")
            fair = {"rejected" if drop and drop.bad else "succeeded"} if newest else {*ENDS, *UNHEARD}
            if status not in fair:
                yield f"{version}: {status}, {item.get('error_code')}"
        yield from (f"{version}: put, and not in the bucket" for version in self.drops.keys() - self.versions.keys())
        yield from (f"dead letters of {lane}: {count}" for lane, count in self.dead_letters.items() if count)

    def unheard(self) -> int:
        """How many versions were overwritten before their turn came, or came again."""
        statuses = (self.items.get(version, {}).get("status", {}).get("S") for version in self.versions)
        return sum(status in UNHEARD for status in statuses)

    def duplicates(self) -> Iterator[str]:
        """Versions that were committed more than once, by what the lanes logged, and those that nobody dropped."""
        counts = Counter((line["key"], line["version_id"]) for line in self._settled)
        for (key, version), count in counts.items():
            if (key, version) in self.drops and count > 1 + self._sidecars(key):
                yield f"{key}, {version}: committed {count} times"
        strange = {place for place in self.items if not place[1].startswith(TOMBSTONE)} - self.versions.keys()
        yield from (f"{version}: nobody dropped it" for version in strange)

    def _sidecars(self, key: str) -> int:
        """How often a run may be read again: for each version of its sidecar, and for each deletion of it."""
        return self._beside[key.removesuffix(".nii") + ".json"] if key.endswith(".nii") else 0

    @cached_property
    def _beside(self) -> Counter[str]:
        return Counter(entry["Key"] for entry in [*self._raw("Versions"), *self._raw("DeleteMarkers")])

    def stale(self) -> Iterator[str]:
        """Keys whose current item, manifest or derivatives are not of the newest version, and what is left over."""
        newest = {key: version for (key, version), is_newest in self.versions.items() if is_newest}
        derivatives = self._derivatives()
        for key, version in newest.items():
            yield from (f"{key}: {fault}" for fault in self._faults(key, version, derivatives.pop(key, {})))
        for key in self.gone:
            if not self.current.get(key, {}).get("current_version", {}).get("S", "").startswith(TOMBSTONE):
                yield f"{key}: deleted, and the ledger's current item is {self.current.get(key)}"
        yield from (f"{key}: derivatives of no object, {sorted(names)}" for key, names in derivatives.items())

    def _faults(self, key: str, version: str, found: dict[str, bytes]) -> Iterator[str]:
        current = self.current.get(key, {})
        if current.get("current_version", {}).get("S") != version or "writer" in current:
            yield f"the ledger's current item is {current}"
        manifest = json.loads(found.pop("manifest.json", b"null"))
        if manifest is None:
            yield "no manifest"
            return
        if manifest["source"]["version_id"] != version:
            yield "the manifest is of another version"
        promised = {entry["name"]: entry["sha256"] for entry in manifest["derivatives"]}
        if promised != {name: hashlib.sha256(body).hexdigest() for name, body in found.items()}:
            yield f"the manifest promises {sorted(promised)}, and there are {sorted(found)}"
        if promised != self._recorded(key, version):
            yield "the ledger records other derivatives"
        yield from self._content_faults(self.drops[key, version], manifest, found)

    def _content_faults(self, drop: Drop, manifest: dict[str, Any], found: dict[str, bytes]) -> Iterator[str]:
        """Whether the number in the newest version's bytes is the one that its derivatives show."""
        if "patients.json" in found and json.loads(found["patients.json"])[0]["patient_id"] != f"A{drop.number:05}":
            yield "the records are those of another version"
        if "model.npz" in found and drop.lane == "image":
            (half,) = (body for name, body in found.items() if name.startswith("half."))
            red, green, _ = Image.open(io.BytesIO(half)).convert("RGB").getpixel((0, 0))
            if red * 256 + green != drop.number:
                yield "the picture is that of another version"
        beside = f"{drop.key.removesuffix('.nii')}.json"
        if not drop.bad and drop.key.endswith(".nii"):
            newest = next((version for (key, version), last in self.versions.items() if last and key == beside), None)
            if manifest["source"].get("sidecar", {}).get("version_id") != newest:
                yield "the run was read with another sidecar"

    def _recorded(self, key: str, version: str) -> dict[str, str]:
        outputs = self.items.get((key, version), {}).get("outputs", {}).get("L", [])
        return {out["M"]["key"]["S"].removeprefix(f"{key}/"): out["M"]["sha256"]["S"] for out in outputs}

    @cached_property
    def versions(self) -> dict[tuple[str, str], bool]:
        """Each version in the raw bucket, and whether it is its key's newest."""
        return {(entry["Key"], entry["VersionId"]): entry["IsLatest"] for entry in self._raw("Versions")}

    @cached_property
    def gone(self) -> set[str]:
        """The keys that a delete marker hides."""
        return {entry["Key"] for entry in self._raw("DeleteMarkers") if entry["IsLatest"]}

    def _raw(self, sort: str) -> Iterator[dict[str, Any]]:
        for page in self._pages("list_object_versions", self.deployed.outputs["raw_bucket"]):
            yield from page.get(sort, [])

    @cached_property
    def items(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The ledger's version items, tombstones among them."""
        return {place: item for place, item in self._ledger.items() if place[1] != "#current"}

    @cached_property
    def current(self) -> dict[str, dict[str, Any]]:
        """The ledger's current item of each key."""
        return {key: item for (key, version), item in self._ledger.items() if version == "#current"}

    @cached_property
    def dead_letters(self) -> dict[str, int]:
        urls = self.deployed.outputs["dead_letter_queue_urls"]
        return {lane: sum(waiting(self.deployed, url)) for lane, url in urls.items()}

    @cached_property
    def _ledger(self) -> dict[tuple[str, str], dict[str, Any]]:
        pages = (
            self.deployed.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.deployed.outputs["ledger_table"], ConsistentRead=True)
        )
        found = (item for page in pages for item in page["Items"] if item["object_key"]["S"].startswith(self.prefix))
        return {(item["object_key"]["S"], item["version_id"]["S"]): item for item in found}

    @cached_property
    def _settled(self) -> list[dict[str, Any]]:
        """The lanes' log lines of a commit; a worker that is killed right after one leaves none."""
        lines = (json.loads(line) for line in self.deployed.log_text().splitlines() if line.startswith("{"))
        return [
            line for line in lines if line.get("message") == "settled" and line["status"] in {"succeeded", "rejected"}
        ]

    def _derivatives(self) -> dict[str, dict[str, bytes]]:
        """All that lies in the processed bucket, by the raw key it was made of."""
        s3, bucket = self.deployed.client("s3"), self.deployed.outputs["processed_bucket"]
        found: dict[str, dict[str, bytes]] = {}
        for page in self._pages("list_objects_v2", bucket):
            for entry in page.get("Contents", []):
                key, _, name = entry["Key"].rpartition("/")
                found.setdefault(key, {})[name] = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        return found

    def _pages(self, operation: str, bucket: str) -> Any:
        return self.deployed.client("s3").get_paginator(operation).paginate(Bucket=bucket, Prefix=self.prefix)


def waiting(deployed: Deployed, url: str) -> tuple[int, int]:
    """How many messages of a queue can be received, and how many cannot yet."""
    names = [WAITING, DELAYED, IN_WORK]
    counts = deployed.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(counts[WAITING]), int(counts[DELAYED]) + int(counts[IN_WORK])
