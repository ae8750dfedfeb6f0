"""Each condition and each order of side effects, broken on purpose: what the simulation has to notice."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

import cloud
import virtual
from botocore.exceptions import ClientError
from services import s3 as simulated_s3
from simulation import simulate

from scandrop import deletion, handler, lane_queue, ledger, pipeline, sidecars, storage
from scandrop.events import KEY_DELETED, SEQUENCER_DIGITS

_PLACEHOLDER = re.compile(r"[#:]\w+")


@dataclass(frozen=True)
class Mutation:
    """One thing broken: `puts` are what takes the place of which attribute of which module or class."""

    name: str
    puts: tuple[tuple[Any, str, Any], ...]

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for owner, attribute, stand_in in self.puts:
                stack.enter_context(patch.object(owner, attribute, stand_in))
            yield


@dataclass(frozen=True)
class Caught:
    """After how many seeds a mutation was noticed, and by which invariant; None where it was not."""

    mutation: str
    seeds: int
    broken: str | None


def caught(mutation: Mutation, most: int) -> Caught:
    """Try seeds with a mutation until one breaks that does not break without it."""
    with virtual.handler_code():
        for seed in range(most):
            with mutation.applied():
                broken = simulate(seed).broken
            if broken and simulate(seed).broken is None:
                return Caught(mutation.name, seed + 1, broken)
    return Caught(mutation.name, most, None)


def _condition(name: str, attribute: str, old: str, new: str) -> Mutation:
    """A part of one of the ledger's conditions, replaced. A placeholder that is left out would be refused."""
    condition = getattr(ledger, attribute)
    if old not in condition:
        raise ValueError(f"{attribute} has no {old!r} any more: {condition}")
    broken = condition.replace(old, new)
    if set(_PLACEHOLDER.findall(broken)) != set(_PLACEHOLDER.findall(condition)):
        raise ValueError(f"DynamoDB would refuse {broken!r}")
    return Mutation(name, ((ledger, attribute, broken),))


def _both(left: str, right: str) -> str:
    """A comparison that always holds."""
    return f"({left} = {right} OR {left} <> {right} OR attribute_not_exists({left}))"


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of a side effect."""


def _later(early: Any, name: str, late: Any, then: str) -> tuple[tuple[Any, str, Any], ...]:
    """Have a side effect happen only after another one that should come after it."""
    postponed: list[Callable[[], Any]] = []
    first, second = getattr(early, name), getattr(late, then)

    def postpone(*given: Any, **more: Any) -> None:
        postponed.append(lambda: first(*given, **more))

    def both(*given: Any, **more: Any) -> Any:
        due, postponed[:] = list(postponed), []
        answer = second(*given, **more)
        for effect in due:
            effect()
        return answer

    return (early, name, postpone), (late, then, both)


def _derivatives_last() -> tuple[tuple[Any, str, Any], ...]:
    outputs, put_manifest = storage.Storage.put_outputs, storage.Storage.put_manifest
    given: list[tuple[Any, ...]] = []

    def postpone(_self: Any, raw: Any, outcome: Any, standing: Any) -> dict[str, str | None]:
        given.append((raw, outcome, standing))
        return {output.name: None for output in outcome.outputs}

    def manifest_first(self: Any, *about: Any) -> None:
        put_manifest(self, *about)
        outputs(self, *given.pop())

    return (storage.Storage, "put_outputs", postpone), (storage.Storage, "put_manifest", manifest_first)


def _unlocking_release() -> Any:
    release = ledger.Ledger.release

    def both(self: Any, claim: Any, *about: Any) -> None:
        release(self, claim, *about)
        with suppress(ClientError):
            self._client.update_item(**self._unlocking(claim, "#writer = :me", {":me": claim.owner}))

    return both


def _without_failures() -> Any:
    handle = handler.Handler.handle

    def swallow(self: Any, event: Any, context: Any) -> Any:
        handle(self, event, context)
        return {"batchItemFailures": []}

    return swallow


def _first_look_only() -> Any:
    settle = pipeline.Pipeline.settle

    def with_what_was_seen(self: Any, raw: Any, **more: Any) -> str:
        if "seen" in more and more["seen"] is not None:
            look, seen = more["look"], more["seen"]

            def old() -> Any:
                look()
                return seen

            more["look"] = old
        return settle(self, raw, **more)

    return with_what_was_seen


def _no_condition(kept: str) -> Any:
    check = simulated_s3._check_conditions  # noqa: SLF001

    def some(current: Any, match: Any, none_match: Any, *operation: str) -> None:
        check(current, match if kept == "IfMatch" else None, none_match if kept == "IfNoneMatch" else None, *operation)

    return some


def _last() -> Any:
    placed = deletion.Deletions._placed  # noqa: SLF001

    def last(self: Any, raw: Any) -> Any:
        if raw.deletion == KEY_DELETED:
            return replace(raw, sequencer="F" * SEQUENCER_DIGITS)
        return placed(self, raw)

    return last


def _unlocked_deletion() -> Any:
    begin_writing = ledger.Ledger.begin_writing

    def begin(self: Any, claim: Any) -> Any:
        return claim if claim.raw.deletion else begin_writing(self, claim)

    return begin


def _latest_only() -> Any:
    erase_version = storage.Storage._erase_version  # noqa: SLF001

    def erase(self: Any, entry: Any) -> None:
        if entry["IsLatest"]:
            erase_version(self, entry)

    return erase


def _unversioned(raw: Any) -> dict[str, str]:
    return {"Bucket": raw.bucket, "Key": raw.key}


_ENDLESS = property(lambda _signature: virtual.BEGINNING + timedelta(days=365))
_OWNER, _STATUS = "#owner = :me", "#status = :processing"

MUTATIONS = (
    _condition(
        "a settled version may be claimed",
        "_OPEN",
        "(#status = :processing AND #lease_until < :now)",
        "#status <> :processing OR #lease_until < :now",
    ),
    _condition("a lease is not respected", "_OPEN", "#lease_until < :now", "#lease_until <> :now"),
    _condition("a lease never ends", "_OPEN", "#lease_until < :now", "#lease_until = :now"),
    _condition(
        "a failed version stays closed", "_OPEN", "#status = :failed", "(#status = :failed AND #status = :processing)"
    ),
    _condition("a new sidecar reopens nothing", "_OUTDATED", "<>", "="),
    _condition("an old look at a sidecar reopens", "_OUTDATED", "#owner = :settled_by", _both("#owner", ":settled_by")),
    _condition(
        "a known sidecar reopens",
        "_OUTDATED",
        "#sidecar_etag <> :sidecar_etag",
        _both("#sidecar_etag", ":sidecar_etag"),
    ),
    _condition(
        "an older version becomes current",
        "_NOT_NEWER",
        "#sequencer <= :sequencer",
        "#sequencer <= :sequencer OR #sequencer > :sequencer",
    ),
    _condition("a current version is claimed once only", "_NOT_NEWER", "<=", "<"),
    _condition(
        "current moves from wherever it is",
        "_UNMOVED",
        "#current_version = :observed",
        _both("#current_version", ":observed"),
    ),
    _condition("the owner is not asked for", "_OWNED", _OWNER, _both("#owner", ":me")),
    _condition("the status is not asked for", "_OWNED", _STATUS, _both("#status", ":processing")),
    _condition(
        "an overtaken version commits",
        "_STILL_CURRENT",
        "#current_version = :version",
        _both("#current_version", ":version"),
    ),
    _condition("the claimer is not asked for", "_MAY_WRITE", "#claimer = :me", _both("#claimer", ":me")),
    _condition("the write lock is not respected", "_MAY_WRITE", "#writer_until < :now", _both("#writer_until", ":now")),
    _condition("the write lock never ends", "_MAY_WRITE", "#writer_until < :now", "#writer_until = :now"),
    _condition(
        "a version's own lock keeps it out",
        "_MAY_WRITE",
        "#writing_version = :version",
        "(#writing_version = :version AND #writer = :me)",
    ),
    _condition("anybody unlocks", "_WRITING", "#writer = :me", "(#writer = :me OR #writer <> :me)"),
    Mutation("a failed try unlocks", ((ledger.Ledger, "release", _unlocking_release()),)),
    Mutation("requests do not expire", ((cloud.Signature, "at", _ENDLESS),)),
    Mutation("the lease ends before the function", ((pipeline, "_LEASE_MARGIN", timedelta(seconds=-50)),)),
    Mutation("If-Match is not sent", ((simulated_s3, "_check_conditions", _no_condition("IfNoneMatch")),)),
    Mutation("If-None-Match is not sent", ((simulated_s3, "_check_conditions", _no_condition("IfMatch")),)),
    Mutation("leftovers stay", ((storage.Storage, "remove", _nothing),)),
    Mutation("nothing is listed", ((storage.Storage, "standing", lambda *_: {}),)),
    Mutation("whatever version is newest is read", ((storage, "_version_of", _unversioned),)),
    Mutation("an event without a sequencer is newest", ((storage.Storage, "is_newest", lambda *_: True),)),
    Mutation("the manifest before the derivatives", _derivatives_last()),
    Mutation("the commit before the manifest", _later(storage.Storage, "put_manifest", ledger.Ledger, "settle")),
    Mutation("the commit before the leftovers", _later(storage.Storage, "remove", ledger.Ledger, "settle")),
    Mutation("a failed message is deleted", ((handler.Handler, "handle", _without_failures()),)),
    Mutation("a leased message is not hidden", ((lane_queue, "_seconds_to", lambda _until: 1),)),
    Mutation("a sidecar queues no run", ((sidecars.Sidecars, "_queue_runs_of", _nothing),)),
    Mutation("no last look for the sidecar", ((sidecars.Sidecars, "_queue", _nothing),)),
    Mutation("the sidecar of before the claim is read", ((pipeline.Pipeline, "settle", _first_look_only()),)),
    Mutation("a deletion comes after all else", ((deletion.Deletions, "_placed", _last()),)),
    Mutation("any version's deletion counts", ((storage.Storage, "holds", lambda *_: False),)),
    Mutation("a deletion takes no lock", ((ledger.Ledger, "begin_writing", _unlocked_deletion()),)),
    Mutation("a deletion is settled before it is done", _later(storage.Storage, "erase", ledger.Ledger, "settle")),
    Mutation("a deletion leaves former versions", ((storage.Storage, "_erase_version", _latest_only()),)),
    Mutation("a deletion leaves what the ledger held", ((ledger.Ledger, "forget", _nothing),)),
)


def run_all(most: int) -> Iterator[Caught]:
    """How many seeds each mutation takes, on every core."""
    with get_context("fork").Pool(os.cpu_count()) as pool:
        yield from pool.imap(partial(_by_name, most=most), [mutation.name for mutation in MUTATIONS])


def _by_name(name: str, most: int) -> Caught:
    return caught(next(mutation for mutation in MUTATIONS if mutation.name == name), most)


def table(found: Iterable[Caught]) -> str:
    """As it stands in docs/simulation.md."""
    rows = [
        f"| {one.mutation} | {one.seeds if one.broken else f'none of {one.seeds}'} | {one.broken or 'not found yet'} |"
        for one in found
    ]
    return "\n".join(["| broken on purpose | seeds until found | by the invariant |", "|---|---|---|", *rows])
