"""What people put into the raw bucket in one run, and what has to come of it."""

from dataclasses import dataclass, field

import processors
from cloud import RAW
from environment import Environment
from kernel import Broken, World
from network import TURNS
from services.buckets import Version

from scandrop.errors import Rejected
from scandrop.events import SEQUENCER_DIGITS, TOMBSTONE
from scandrop.processors.nifti import sidecar_name

_KEYS = ("a.png", "bold.nii.gz", "bold.json", "scan")
_RACED = ("a.png", "bold.nii.gz")
_PAUSES_S = (0.05, 0.0, 0.3, 3.0, 30.0, 100.0, 1000.0)
_AT_MOST_S = (3.0, 0.05, 30.0, 100.0)
_NAMES = ("a", "a,b", "b", "", "a,b,c")
_RACED_NAMES = ("a", "b", "a,b")
_TEXTS = ("new", "same", "bad")
_MOST = 6
_RUN, _SIDECAR = "bold.nii.gz", "bold.json"
NAMES = (_RUN, _SIDECAR, "a.png")  # raw keys that are in no word of the code's own


@dataclass
class Drop:
    """One version of one raw object, or the delete marker that was put on it.

    order: counts the drops and deletions of the whole run.
    version_id: a marker's is what the ledger calls it.
    is_gone: deleted for good.
    """

    key: str
    version_id: str
    order: int
    sequencer: str
    content: bytes = b""
    etag: str = ""
    is_marker: bool = False
    is_gone: bool = False


@dataclass
class Drops:
    """All that was dropped and deleted so far."""

    environment: Environment
    deletes: bool
    racing: bool
    all: list[Drop] = field(default_factory=list)
    deleted_sidecars: bool = False

    def make(self) -> None:
        """Drop objects, overwrite and delete some, over some time. An actor's work."""
        world, choices = self.environment.world, self.environment.world.choices
        first = choices.pick("drops/key", _RACED if self.racing else _KEYS)
        for number in range(_MOST):
            key = first if number == 0 else choices.pick(f"drop#{number}/key", self._near(first), 0.5)
            self._drop(world, key, number)
            often = 0.5 if self.environment.follows_deletions else 0.16
            if self.deletes and choices.pick(f"drop#{number}/deleted", (False, True), often):
                self._pause(world, f"drop#{number}/pause before its deletion")
                self._delete(world, number)
            if not choices.pick(f"drop#{number}/another follows", (False, True, True, True)):
                return
            self._pause(world, f"drop#{number}/pause")

    def newest(self, key: str) -> Drop | None:
        """The newest version of a key that was dropped, or what deleted it."""
        return next((drop for drop in reversed(self.all) if drop.key == key), None)

    def has(self, key: str, version_id: str) -> bool:
        return any((drop.key, drop.version_id) == (key, version_id) for drop in self.all)

    def order_of(self, version_id: str, sequencer: str) -> float:
        """The place of a version in the order of drops and deletions; that of its deletion for good is right after."""
        place = sequencer[:SEQUENCER_DIGITS]
        for drop in self.all:
            if version_id == drop.version_id:
                return drop.order
            if place == drop.sequencer:
                return drop.order + 0.5
        raise Broken("unknown version", f"{version_id} is in the ledger, and nobody dropped or deleted it")

    def is_older_sidecar(self, etag: str, *, than: str) -> bool:
        """Whether a sidecar was gone for good before another, by their ETags, first came."""
        if self.deleted_sidecars:  # a former one may be there again
            return False
        last, first = -1, -1
        for drop in self.all:
            if drop.key == _SIDECAR and drop.etag == etag:
                last = drop.order
            if drop.key == _SIDECAR and drop.etag == than and first < 0:
                first = drop.order
        return last < first

    def sidecar_of(self, key: str) -> Version | None:
        """What lies beside a run, by its key or by what that is known as."""
        is_run = key in {_RUN, self.environment.known_as(_RUN)}
        return self.environment.s3.buckets[RAW].current(sidecar_name(_RUN)) if is_run else None

    def expected(self, drop: Drop) -> dict[str, bytes] | None:
        """The derivatives that a version has to have; None where it has to be rejected."""
        if drop.key == "scan" and not drop.content.startswith(b"IMG|"):
            return None
        beside = self.sidecar_of(drop.key)
        try:
            return processors.derivatives_of(drop.content, beside.body if beside else None)
        except Rejected:
            return None

    def _pause(self, world: World, place: str) -> None:
        if self.racing:
            actor = world.actor()
            assert actor is not None
            turns = world.choices.pick(f"{place} until", TURNS)
            world.after(turns, world.choices.pick(place, _AT_MOST_S), actor.resume)
            world.wait()
        else:
            world.sleep(world.choices.pick(place, _PAUSES_S))

    def _near(self, first: str) -> tuple[str, ...]:
        """The same key again, or those that have to do with it."""
        others = {"bold.nii.gz": "bold.json", "bold.json": "bold.nii.gz"}.get(first, first)
        return (others, first) if self.racing else (first, others, "a.png")

    def _drop(self, world: World, key: str, number: int) -> None:
        text = world.choices.pick(f"drop#{number}/text", _TEXTS, 0.4)
        text = f"{text}{number}" if text == "new" else text
        names = world.choices.pick(f"drop#{number}/names", _RACED_NAMES if self.racing else _NAMES)
        content = self._content(world, key, number, text, names)
        answer = self.environment.raw.put_object(Bucket=RAW, Key=key, Body=content)
        place = len(self.all), self.environment.sequencers[-1]
        self.all.append(Drop(key, answer["VersionId"], *place, content, answer["ETag"].strip('"')))
        world.tell(f"drops {key} {answer['VersionId']}: {content.decode()!r}")

    @staticmethod
    def _content(world: World, key: str, number: int, text: str, names: str) -> bytes:
        if key == "bold.json":
            return f'{{"RepetitionTime": 2.0, "text": "{text}"}}'.encode()
        lane = {"a.png": "image", "bold.nii.gz": "nifti"}.get(key, "image")
        scan = processors.scan(lane, text, names)
        return (world.choices.pick(f"drop#{number}/junk", (False, True), 0.3) and key == "scan" and b"junk") or scan

    def _delete(self, world: World, number: int) -> None:
        """A delete marker on a key, or one version for good. Of a sidecar only where somebody hears of it."""
        there = [drop for drop in self.all if not drop.is_marker and not drop.is_gone]
        drop = there[world.choices.pick(f"drop#{number}/what is deleted", (-1, 0), 0.3)] if there else None
        if drop is None or (drop.key == _SIDECAR and not self.environment.follows_deletions):
            return
        self.deleted_sidecars |= drop.key == _SIDECAR
        for_good = world.choices.pick(f"drop#{number}/for good", (False, True))
        world.tell(f"deletes {drop.key} {drop.version_id}{' for good' if for_good else ''}")
        if for_good:
            drop.is_gone = True
            self.environment.raw.delete_object(Bucket=RAW, Key=drop.key, VersionId=drop.version_id)
            return
        self.environment.raw.delete_object(Bucket=RAW, Key=drop.key)
        if self.environment.follows_deletions:
            sequencer = self.environment.sequencers[-1]
            self.all.append(Drop(drop.key, f"{TOMBSTONE}{sequencer}", len(self.all), sequencer, is_marker=True))
