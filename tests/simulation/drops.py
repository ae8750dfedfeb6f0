"""What people put into the raw bucket in one run, and what has to come of it."""

from dataclasses import dataclass, field

import processors
from cloud import RAW
from environment import Environment
from kernel import World

from scandrop.errors import Rejected
from scandrop.processors.nifti import sidecar_name

_KEYS = ("a.png", "bold.nii.gz", "bold.json", "scan")
_PAUSES_S = (0.05, 0.0, 0.3, 3.0, 30.0, 100.0, 1000.0)
_NAMES = ("a", "a,b", "b", "", "a,b,c")
_TEXTS = ("new", "same", "bad")
_MOST = 6
_RUN = "bold.nii.gz"


@dataclass
class Drop:
    """One version of one raw object; `order` counts the drops of the whole run."""

    key: str
    version_id: str
    content: bytes
    order: int
    etag: str
    is_gone: bool = False


@dataclass
class Drops:
    """All that was dropped so far."""

    environment: Environment
    deletes: bool
    all: list[Drop] = field(default_factory=list)

    def make(self) -> None:
        """Drop objects, overwrite and delete some, over some time. An actor's work."""
        world, choices = self.environment.world, self.environment.world.choices
        first = choices.pick("drops/key", _KEYS)
        for number in range(_MOST):
            key = first if number == 0 else choices.pick(f"drop#{number}/key", self._near(first), 0.5)
            self._drop(world, key, number)
            if self.deletes and choices.pick(f"drop#{number}/deleted", (False, True), 0.08):
                world.sleep(choices.pick(f"drop#{number}/pause before its deletion", _PAUSES_S))
                self._delete(world, self.all[-1])
            if not choices.pick(f"drop#{number}/another follows", (False, True, True, True)):
                return
            world.sleep(choices.pick(f"drop#{number}/pause", _PAUSES_S))

    def newest(self, key: str) -> Drop | None:
        """The newest version of a key that was dropped."""
        return next((drop for drop in reversed(self.all) if drop.key == key), None)

    def version(self, key: str, version_id: str) -> Drop:
        return next(drop for drop in self.all if (drop.key, drop.version_id) == (key, version_id))

    def sidecar_of(self, key: str) -> Drop | None:
        """What lies beside a run; nothing where the newest version of it was deleted."""
        return self.newest(sidecar_name(key)) if key == _RUN else None

    def expected(self, drop: Drop) -> dict[str, bytes] | None:
        """The derivatives that a version has to have; None where it has to be rejected."""
        if drop.key == "scan" and not drop.content.startswith(b"IMG|"):
            return None
        beside = self.sidecar_of(drop.key)
        try:
            return processors.derivatives_of(drop.content, beside.content if beside else None)
        except Rejected:
            return None

    @staticmethod
    def _near(first: str) -> tuple[str, ...]:
        """The same key again, or those that have to do with it."""
        others = {"bold.nii.gz": "bold.json", "bold.json": "bold.nii.gz"}.get(first, first)
        return (first, others, "a.png")

    def _drop(self, world: World, key: str, number: int) -> None:
        text = world.choices.pick(f"drop#{number}/text", _TEXTS, 0.4)
        text = f"{text}{number}" if text == "new" else text
        names = world.choices.pick(f"drop#{number}/names", _NAMES)
        content = self._content(world, key, number, text, names)
        answer = self.environment.raw.put_object(Bucket=RAW, Key=key, Body=content)
        self.all.append(Drop(key, answer["VersionId"], content, len(self.all), answer["ETag"].strip('"')))
        world.tell(f"drops {key} {answer['VersionId']}: {content.decode()!r}")

    @staticmethod
    def _content(world: World, key: str, number: int, text: str, names: str) -> bytes:
        if key == "bold.json":
            return f'{{"RepetitionTime": 2.0, "text": "{text}"}}'.encode()
        lane = {"a.png": "image", "bold.nii.gz": "nifti"}.get(key, "image")
        scan = processors.scan(lane, text, names)
        return (world.choices.pick(f"drop#{number}/junk", (False, True), 0.3) and key == "scan" and b"junk") or scan

    def _delete(self, world: World, drop: Drop) -> None:
        """A delete marker, or the version for good. A sidecar's would tell nobody, so sidecars stay."""
        if drop.key == "bold.json":
            return
        for_good = world.choices.pick(f"drop#{drop.order}/for good", (False, True))
        world.tell(f"deletes {drop.key} {drop.version_id}{' for good' if for_good else ''}")
        if for_good:
            drop.is_gone = True
            self.environment.raw.delete_object(Bucket=RAW, Key=drop.key, VersionId=drop.version_id)
        else:
            self.environment.raw.delete_object(Bucket=RAW, Key=drop.key)
