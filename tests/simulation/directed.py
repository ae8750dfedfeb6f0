"""What is broken on purpose and matters in so few schedules that each has one of its own, which leads there."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from choices import Option
from mutation import Put, always, code, codes, condition

from scandrop import errors, forwarding, lane_queue, ledger, pipeline, sidecars, storage


def _letting_go() -> Any:
    begin_writing = ledger.Ledger.begin_writing

    def begin(self: Any, claim: Any, status: str) -> Any:
        taken = begin_writing(self, claim, status)
        return taken and replace(taken, unlocks=True)

    return begin


def _always_the_same() -> Any:
    begin_writing = ledger.Ledger.begin_writing

    def begin(self: Any, claim: Any, _: str) -> Any:
        return begin_writing(self, claim, "whatever")

    return begin


def _listed_before() -> Iterable[Put]:
    may_write, standing = pipeline.Pipeline._may_write, storage.Storage.standing  # noqa: SLF001
    listed: dict[tuple[Any, str], dict[str, str]] = {}

    def list_first(self: Any, attempt: Any, status: str) -> bool:
        known_as = attempt.claim.raw.known_as
        listed[self._storage, known_as] = standing(self._storage, known_as)
        return bool(may_write(self, attempt, status))

    def as_listed(self: Any, known_as: str) -> dict[str, str]:
        return listed[self, known_as]

    return (pipeline.Pipeline, "_may_write", list_first), (storage.Storage, "standing", as_listed)


def _unless_it_is_deleted() -> Any:
    queue_runs_of = sidecars.Sidecars._queue_runs_of  # noqa: SLF001

    def queue(self: Any, sidecar: Any) -> None:
        if not sidecar.deletion:
            queue_runs_of(self, sidecar)

    return queue


# The first try fails while a derivative of its is still on its way, and a duplicate comes before that arrives.
_LATE_DERIVATIVE: dict[str, Option] = {
    "event#1/copies.1": 2,
    "event#1/delay.2": 20.0,
    "image#1.0/put_object a.png/a.1": "late",
    "image#1.0/put_object a.png/a/gives up after.1": 0.2,
    "image#1.0/put_object a.png/a.2": "refused",
    "image#1.0/put_object a.png/a.3": "refused",
}
# Between the two the version is deleted for good.
_LATE_DERIVATIVE_OF_WHAT_IS_GONE = _LATE_DERIVATIVE | {
    "drop#0/deleted.1": True,
    "drop#0/for good.1": True,
    "drop#0/pause before its deletion.1": 3.0,
}
# The older version's try takes the lock, is slow, and dies once its derivative is sent. The newer one's stands still
# after its listing, from before that derivative arrives until the lock has run out.
_FROZEN_AFTER_THE_LISTING: dict[str, Option] = {
    "drop#0/another follows.1": True,
    "drop#0/pause.1": 30.0,
    "drop#1/names.1": "b",
    "event#2/delay.1": 20.0,
    "image#1/get_object a.png v1/latency.1": 8.0,
    "image#1/update_item a.png #current.2": "freeze after",
    "image#1/update_item a.png #current/frozen.1": 40.0,
    "image#1.0/put_object a.png/a.1": "crash while it is on its way",
    "image#1.0/put_object a.png/a/latency.1": 8.0,
    "image#2/list_objects_v2 a.png/.1": "freeze after",
    "image#2/list_objects_v2 a.png//frozen.1": 40.0,
}
# Each receive goes to two functions at once: the one that claims the version dies, and the other waits for it.
_FIVE_TIMES_IN_VAIN = {f"image/delivered twice.{receive}": True for receive in range(1, 6)} | {
    f"image#{function}/update_item a.png v1 = processing.1": "crash after" for function in range(1, 10, 2)
}
# The answer to the one request that puts a version's deletion in its place is lost, so that it is sent again.
_PLACED_UNHEARD: dict[str, Option] = {
    "weather/deletions are followed.1": True,
    "drop#0/deleted.1": True,
    "drop#0/for good.1": True,
    "drop#0/pause before its deletion.1": 3.0,
    "image#2/update_item a.png #current.1": "answer lost",
}
# A run's message goes to two functions at once. The first settles it and deletes the message; the second, frozen until
# the sidecar has come, opens the run again, and dies before the sidecar's event comes.
_READ_AGAIN_BY_WHO_DIES: dict[str, Option] = {
    "drops/key.1": "bold.nii.gz",
    "drop#0/another follows.1": True,
    "drop#0/pause.1": 3.0,
    "drop#1/key.1": "bold.json",
    "event#2/delay.1": 20.0,
    "nifti/delivered twice.1": True,
    "nifti#2/get_item bold.nii.gz v1.1": "freeze before",
    "nifti#2/get_item bold.nii.gz v1/frozen.1": 5.0,
    "nifti#2/update_item bold.nii.gz v1 = processing.1": "crash after",
}
# A run is read with a sidecar that is deleted for good before its own event comes.
_GONE_BEFORE_ITS_EVENT: dict[str, Option] = {
    "weather/deletions are followed.1": True,
    "drops/key.1": "bold.json",
    "event#1/delay.1": 400.0,
    "drop#0/another follows.1": True,
    "drop#1/key.1": "bold.nii.gz",
    "drop#1/deleted.1": True,
    "drop#1/pause before its deletion.1": 30.0,
    "drop#1/what is deleted.1": 0,
    "drop#1/for good.1": True,
}
# All three answers to the commit are lost, so that the try takes it for failed and gives its claim back.
_COMMITTED_UNHEARD: dict[str, Option] = {
    f"image#1/transact_write_items a.png v1 = succeeded + a.png #current{which}.{time}": what
    for time in (1, 2, 3)
    for which, what in (("", "answer lost"), ("/gives up after", 0.2))
}
# A duplicate looks before the sidecar comes, and claims only when the run was settled with it.
_LOOKED_TOO_EARLY: dict[str, Option] = {
    "drops/key.1": "bold.nii.gz",
    "drop#0/another follows.1": True,
    "drop#0/pause.1": 3.0,
    "drop#1/key.1": "bold.json",
    "event#1/copies.1": 2,
    "event#1/delay.2": 20.0,
    "nifti#1/get_object bold.json.1": "freeze after",
    "nifti#1/get_object bold.json/frozen.1": 40.0,
}
# The same, and the deletion is heard of only when the sidecar's own event found nothing to read.
_GONE_WHEN_ITS_EVENT_CAME = _GONE_BEFORE_ITS_EVENT | {"event#3/delay.1": 7200.0}
# The deletion of a version goes to two functions at once. The first finds nothing to delete, since the version was not
# claimed yet, and deletes the message; the second, frozen until it is, cannot write, because the version's try does.
_DELETED_BY_THE_OTHER: dict[str, Option] = {
    "weather/deletions are followed.1": True,
    "drop#0/deleted.1": True,
    "drop#0/for good.1": True,
    "event#1/delay.1": 20.0,
    "image/delivered twice.1": True,
    "image#2/get_item a.png #current.1": "freeze before",
    "image#2/get_item a.png #current/frozen.1": 40.0,
    "image#3/put_object a.png/manifest.json.1": "lost",
}

DIRECTED = (
    code(
        "a lock that was taken over is let go", "unlocked too early", ledger.Ledger, "begin_writing", _letting_go()
    ).by(_LATE_DERIVATIVE),
    code(
        "a try that rejects takes the lock over",
        "an object may still come",
        ledger.Ledger,
        "begin_writing",
        _always_the_same(),
    ).by(_LATE_DERIVATIVE_OF_WHAT_IS_GONE),
    codes("what stands is listed before the lock", "committed too early", _listed_before).by(_FROZEN_AFTER_THE_LISTING),
    code(
        "who only waited is a dead letter",
        "a dead letter untried",
        errors.Failed,
        "only_waited",
        property(lambda _: False),
    ).by(_FIVE_TIMES_IN_VAIN),
    condition(
        "a version's deletion is claimed once only",
        "not erased",
        "_IN_ITS_PLACE",
        "#current_version = :version",
        "(#current_version = :gone AND #current_version = :version)",
    ).by(_PLACED_UNHEARD),
    code("a run that is read again is in good hands", "version lost", ledger, "_is_read_again", lambda _: False).by(
        _READ_AGAIN_BY_WHO_DIES
    ),
    code(
        "a sidecar's deletion queues no run",
        "old sidecar",
        sidecars.Sidecars,
        "_queue_runs_of",
        _unless_it_is_deleted(),
    ).by(_GONE_BEFORE_ITS_EVENT),
    code(
        "the record lane keeps the deletion of what it rejected",
        "old sidecar",
        forwarding.Forwarding,
        "_lane_of_deletion",
        lambda lane, _: lane._lane,  # noqa: SLF001
    ).by(_GONE_WHEN_ITS_EVENT_CAME),
    code("what fails has its message still", "not erased", lane_queue, "_NO_SUCH_MESSAGE", "").by(
        _DELETED_BY_THE_OTHER
    ),
    condition(
        "the status is not asked for",
        "settled twice",
        "_OWNED",
        "#status = :processing",
        always("#status", ":processing"),
    ).by(_COMMITTED_UNHEARD),
    condition(
        "an old look at a sidecar reopens",
        "reopened by an old sidecar",
        "_OUTDATED",
        "#owner = :settled_by",
        always("#owner", ":settled_by"),
    ).by(_LOOKED_TOO_EARLY),
)
