"""What the handler code does, when and in which order, broken on purpose."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import cloud
import virtual
from botocore.exceptions import ClientError
from mutation import Put, code, codes
from services import s3 as simulated_s3

from scandrop import deletion, handler, lane_queue, ledger, pipeline, provisions, sidecars, storage
from scandrop.events import KEY_DELETED, SEQUENCER_DIGITS


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of a side effect."""


def _later(early: Any, name: str, late: Any, then: str) -> Iterable[Put]:
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


def _derivatives_last() -> Iterable[Put]:
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
    placed = deletion.Deletions.placed

    def last(self: Any, raw: Any) -> Any:
        if raw.deletion == KEY_DELETED:
            return replace(raw, sequencer="F" * SEQUENCER_DIGITS)
        return placed(self, raw)

    return last


def _unlocked_deletion() -> Any:
    begin_writing = ledger.Ledger.begin_writing

    def begin(self: Any, claim: Any, status: str) -> Any:
        return claim if claim.raw.deletion else begin_writing(self, claim, status)

    return begin


def _latest_only() -> Any:
    erase_version = storage.Storage._erase_version  # noqa: SLF001

    def erase(self: Any, entry: Any) -> None:
        if entry["IsLatest"]:
            erase_version(self, entry)

    return erase


def _unversioned(raw: Any) -> dict[str, str]:
    return {"Bucket": raw.bucket, "Key": raw.key}


def _keeping() -> Any:
    supersede = ledger.Ledger.supersede

    def keep(self: Any, claim: Any) -> str:
        return supersede(self, replace(claim, unlocks=False))

    return keep


def _content_with_what_is() -> Any:
    declined = ledger._declined  # noqa: SLF001

    def content(item: Any, _sidecar_etag: Any) -> Any:
        return declined(item, None)

    return content


_ENDLESS = property(lambda _signature: virtual.BEGINNING + timedelta(days=365))
_NO = property(lambda _: False)

EFFECTS = (
    code("a failed try unlocks", "unlocked too early", ledger.Ledger, "release", _unlocking_release()),
    code("what was sent twice is forgotten", "unlocked too early", storage.Storage, "may_be_sending", _NO),
    code("an overtaken version keeps its lock", "waited for nobody", ledger.Ledger, "supersede", _keeping()),
    code("requests do not expire", "unlocked too early", cloud.Signature, "at", _ENDLESS),
    code(
        "the lease ends before the function",
        ("committed too early", "written after the commit"),
        pipeline,
        "_LEASE_MARGIN",
        timedelta(seconds=-50),
    ),
    code(
        "If-Match is not sent",
        "written after the commit",
        simulated_s3,
        "_check_conditions",
        _no_condition("IfNoneMatch"),
    ),
    code(
        "If-None-Match is not sent",
        "written after the commit",
        simulated_s3,
        "_check_conditions",
        _no_condition("IfMatch"),
    ),
    code("leftovers stay", "committed too early", storage.Storage, "remove", _nothing),
    code("nothing is listed", "never settled", storage.Storage, "standing", lambda *_: {}),
    code("whatever version is newest is read", "wrong result", storage, "_version_of", _unversioned),
    code("an event without a sequencer is newest", "current goes back", storage.Storage, "is_newest", lambda *_: True),
    codes("the manifest before the derivatives", "committed too early", _derivatives_last),
    codes(
        "the commit before the manifest",
        "committed too early",
        partial(_later, storage.Storage, "put_manifest", ledger.Ledger, "settle"),
    ),
    codes(
        "the commit before the leftovers",
        "committed too early",
        partial(_later, storage.Storage, "remove", ledger.Ledger, "settle"),
    ),
    code("a failed message is deleted", "message lost", handler.Handler, "handle", _without_failures()),
    code("a leased message is not hidden", "receives burnt", lane_queue, "_seconds_to", lambda _until: 1),
    code("a sidecar queues no run", "old sidecar", sidecars.Sidecars, "_queue_runs_of", _nothing),
    code("no last look for the sidecar", "old sidecar", sidecars.Sidecars, "_queue", _nothing),
    code(
        "the sidecar of before the claim is read",
        "a sidecar of before the claim",
        pipeline.Pipeline,
        "settle",
        _first_look_only(),
    ),
    code("a deletion comes after all else", ("current goes back", "stale"), deletion.Deletions, "placed", _last()),
    code("a version comes back after its deletion", "current goes back", deletion, "_right_after", lambda place: place),
    code("any version's deletion counts", "stale", storage.Storage, "holds", lambda *_: False),
    code(
        "a deletion takes no lock",
        ("another's lock", "written after the commit"),
        ledger.Ledger,
        "begin_writing",
        _unlocked_deletion(),
    ),
    codes(
        "a deletion is settled before it is done",
        "not erased",
        partial(_later, storage.Storage, "erase", ledger.Ledger, "settle"),
    ),
    code("an object is known by its key", "a name escaped", provisions.Names, "known_as", lambda _, key: key),
    code("a deletion leaves former versions", "not erased", storage.Storage, "_erase_version", _latest_only()),
    code("a deletion leaves what the ledger held", "not forgotten", ledger.Ledger, "forget", _nothing),
)

# What saves time and work: without it another try does the same later, or in vain.
SLOWER = (
    code("a failed try keeps its claim", (), ledger.Ledger, "release", _nothing),
    code("a failed message comes back in its time only", (), lane_queue.LaneQueue, "_bring_back_soon", _nothing),
    code("who sees another sidecar leaves it to others", (), ledger, "_declined", _content_with_what_is()),
)
