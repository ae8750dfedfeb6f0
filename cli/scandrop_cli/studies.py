"""The dicom lane's objects as the studies and series that they belong to, from the ledger.

What counts is the version of a key that its derivatives belong to. Everything here is pseudonymous.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from scandrop.ledger import CURRENT
from scandrop_cli.download import manifest_of
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.errors import Absent, OperatorError
from scandrop_cli.records import Item, Question, recent, versions

LANE = "dicom"
SHORT = 12  # as many characters of a pseudonym tell one from another
RISKS = ("none", "possible", "stated")  # that text is burned into the pixels

_ATTRIBUTES = ("current_version", "finished_at", "metadata", "size_bytes")


@dataclass(frozen=True)
class Instance:
    """One DICOM object. uid: its SOP instance; number: its InstanceNumber; size_bytes: as it was dropped."""

    key: str
    uid: str
    number: int | None
    rows: int | None
    columns: int | None
    frames: int | None
    size_bytes: int
    recognisable: bool
    burned_in_risk: str
    finished_at: str


@dataclass(frozen=True)
class Series:
    """The instances of one series, in the order of their numbers."""

    uid: str
    number: int | None
    modality: str
    body_part: str
    instances: Sequence[Instance] = field(repr=False)

    @property
    def count(self) -> int:
        """How many instances there are; one that was dropped under two keys counts once."""
        return len({instance.uid or instance.key for instance in self.instances})

    @property
    def copies(self) -> int:
        """How many keys hold an instance that another key holds too."""
        return len(self.instances) - self.count

    @property
    def size_bytes(self) -> int:
        return sum(instance.size_bytes for instance in self.instances)

    @property
    def missing(self) -> list[tuple[int, int]]:
        """The gaps in the instances' numbers, counted from 1: the first and the last number of each."""
        numbers = sorted({instance.number for instance in self.instances if instance.number and instance.number > 0})
        return [(before + 1, after - 1) for before, after in pairwise([0, *numbers]) if after - before > 1]


@dataclass(frozen=True)
class Study:
    """All series of one study that have an instance in the ledger."""

    uid: str
    patient: str
    series: Sequence[Series]

    @property
    def instances(self) -> list[Instance]:
        return [instance for series in self.series for instance in series.instances]

    @property
    def modalities(self) -> list[str]:
        return sorted({series.modality for series in self.series if series.modality})

    @property
    def count(self) -> int:
        return sum(series.count for series in self.series)

    @property
    def size_bytes(self) -> int:
        return sum(series.size_bytes for series in self.series)

    @property
    def newest(self) -> str:
        return max(instance.finished_at for instance in self.instances)

    def summary(self) -> dict[str, Any]:
        """What there is to say of it in one line."""
        return {
            "study": self.uid,
            "patient": self.patient,
            "modalities": self.modalities,
            "series": len(self.series),
            "instances": self.count,
            "size_bytes": self.size_bytes,
            "missing": sum(last - first + 1 for series in self.series for first, last in series.missing),
            "recognisable": any(instance.recognisable for instance in self.instances),
            "burned_in_risk": max((instance.burned_in_risk for instance in self.instances), key=RISKS.index),
            "newest": self.newest,
        }

    def content(self) -> dict[str, Any]:
        """Its summary, with all of its series and their instances."""
        return {**self.summary(), "series": [{**asdict(one), "missing": one.missing} for one in self.series]}


def studies(environment: Environment, since: datetime, patient: str = "") -> list[Study]:
    """The studies that an instance was processed of since then, newest first; only of patients that begin so."""
    told = [
        one
        for one in current_items(environment, since)
        if (one["metadata"].get("patient_id") or "").startswith(patient)
    ]
    found = [_study(uid, list(items)) for uid, items in _grouped(told, "study_instance_uid")]
    return sorted(found, key=lambda study: study.newest, reverse=True)


def study_of(environment: Environment, uid: str, since: datetime) -> Study:
    """The one study whose UID is, begins with or ends with `uid`.

    Raises `Absent` where there is none, `OperatorError` where there are several.
    """
    every = studies(environment, since)
    fitting = [study for study in every if study.uid == uid] or [
        study for study in every if study.uid.startswith(uid) or study.uid.endswith(uid)
    ]
    if not fitting:
        raise Absent(
            f"No study since {since:%Y-%m-%d %H:%M} UTC has a UID that begins or ends with {uid!r}.",
            f"scandrop study list --env {environment.name}",
        )
    if len(fitting) > 1:
        few = "".join(f"\n  {study.uid}" for study in fitting[:5])
        raise OperatorError(f"{uid!r} stands for {len(fitting)} studies. Type more of its UID:{few}")
    return fitting[0]


def short_names(every: Iterable[Study]) -> dict[str, str]:
    """The shortest ends of the studies' UIDs, of at least `SHORT` characters, that still tell them apart."""
    uids = {study.uid for study in every}
    length = SHORT
    while len({uid[-length:] for uid in uids}) < len(uids):
        length += 1
    return {uid: uid[-length:] for uid in uids}


def current_items(environment: Environment, since: datetime) -> list[Item]:
    """The ledger's items that succeeded and are current, each with its metadata."""
    question = Question(since, sys.maxsize, "succeeded", LANE)
    wanted = [(record.key, record.version_id) for record in recent(environment, question)]
    items = versions(environment, [*wanted, *((key, CURRENT) for key in {key for key, _ in wanted})], _ATTRIBUTES)
    current = [
        items[version]
        for version in wanted
        if version in items and items.get((version[0], CURRENT), {}).get("current_version") == version[1]
    ]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(lambda item: _whole(environment, item), current))


def _whole(environment: Environment, item: Item) -> Item:
    """An item with its metadata, from the manifest where they are too large for the ledger."""
    if item.get("metadata") != {"see": "manifest"}:
        return item
    manifest = manifest_of(environment, item["object_key"])
    is_its = manifest is not None and manifest["source"]["version_id"] == item["version_id"]
    return {**item, "metadata": manifest["metadata"] if manifest and is_its else {}}


def _study(uid: str, items: Sequence[Item]) -> Study:
    series = [_series(number, list(those)) for number, those in _grouped(items, "series_instance_uid")]
    patient = next((item["metadata"]["patient_id"] for item in items if item["metadata"].get("patient_id")), "")
    return Study(uid, patient, sorted(series, key=lambda one: (_last_if_none(one.number), one.uid)))


def _series(uid: str, items: Sequence[Item]) -> Series:
    first = items[0]["metadata"]
    instances = sorted(map(_instance, items), key=lambda one: (_last_if_none(one.number), one.key))
    return Series(uid, first.get("series_number"), first.get("modality") or "", first.get("body_part") or "", instances)


def _instance(item: Item) -> Instance:
    metadata = item["metadata"]
    return Instance(
        key=item["object_key"],
        uid=metadata.get("sop_instance_uid") or "",
        number=metadata.get("instance_number"),
        rows=metadata.get("rows"),
        columns=metadata.get("columns"),
        frames=metadata.get("frames"),
        size_bytes=item["size_bytes"],
        recognisable=bool(metadata.get("recognisable")),
        burned_in_risk=metadata.get("burned_in_risk") or RISKS[0],
        finished_at=item["finished_at"],
    )


def _grouped(items: Iterable[Item], name: str) -> Iterator[tuple[str, Iterator[Item]]]:
    value: Callable[[Item], str] = lambda item: item["metadata"].get(name) or ""  # noqa: E731  # used twice, here alone
    return groupby(sorted(items, key=value), key=value)


def _last_if_none(number: int | None) -> tuple[bool, int]:
    return number is None, number or 0
