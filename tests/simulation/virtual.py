"""The one place where the handler code is told another time, other threads and other clients than it has in Lambda."""

import dataclasses
import itertools
import sys
import tempfile
import time as real_time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest.mock import patch

import processors
from cloud import Signature
from kernel import Actor, World

from scandrop import aws, cores, handler, lanes, memory, pipeline, pricing, version
from scandrop.errors import Failed

BEGINNING = datetime(2026, 11, 21, tzinfo=UTC)
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (where Linux has it, each try's folder costs no disk)


@dataclasses.dataclass
class _Here:
    """The run that this process is at."""

    world: World | None = None
    client: Callable[..., Any] | None = None
    failed: Callable[[str, str], None] | None = None
    owners: Iterator[int] = dataclasses.field(default_factory=itertools.count)


_here = _Here()


@contextmanager
def inside(world: World, client: Callable[..., Any], failed: Callable[[str, str], None]) -> Iterator[None]:
    """Have all handler code of this process live in one world; `failed` is told of each message that goes back."""
    _here.world, _here.client, _here.failed, _here.owners = world, client, failed, itertools.count(1)
    try:
        yield
    finally:
        _here.world = _here.client = _here.failed = None


def now_s() -> float:
    """The time by the clock of whose turn it is."""
    assert _here.world is not None
    actor = _here.world.actor()
    return _here.world.now + (actor.owner.skew_s if actor else 0.0)


def _client(service: str, *_config: Any) -> Any:
    assert _here.client is not None
    return _here.client(service)


def _sleep(seconds: float) -> None:
    assert _here.world is not None
    _here.world.sleep(seconds)


class _Datetime(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return (BEGINNING + timedelta(seconds=now_s())).astimezone(tz)


class _Threads:
    """`ThreadPoolExecutor`, of actors."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever maps has waited already."""

    def map(self, function: Callable[[Any], Any], *items: Iterable[Any]) -> Iterator[Any]:
        world = _here.world
        assert world is not None
        caller = world.actor()
        assert caller is not None
        jobs = [Job(function, arguments) for arguments in zip(*items, strict=False)]
        waiting = iter(jobs)

        def work() -> None:
            for job in waiting:
                job.run()

        names = (f"{caller.name}.{len(caller.owner.threads) + i}" for i in range(min(self._at_once, len(jobs))))
        threads = [world.start(name, work, caller.owner) for name in names]
        _join(caller, threads)
        return (job.outcome() for job in jobs)


@dataclasses.dataclass
class Job:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    result: Any = None
    error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self.function(*self.arguments)
        except Exception as error:  # noqa: BLE001 (raised again where it is asked for)
            self.error = error

    def outcome(self) -> Any:
        if self.error:
            raise self.error
        return self.result


def _join(caller: Actor, threads: list[Actor]) -> None:
    left = len(threads)

    def one_less() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            caller.world.at(0, caller.resume)

    for thread in threads:
        thread.ended = one_less
    if threads:
        caller.world.wait()


class _Silence:
    """Telemetry that only times its phases, as the pipeline needs them: writing logs would take half of each run."""

    def __init__(self, _lane: str) -> None:
        self.log = SimpleNamespace(info=_nothing, warning=_nothing, error=_nothing, exception=_nothing)

        self._message_id = ""

    def take_message(self, message_id: str) -> None:
        self._message_id = message_id

    def failed(self, failure: Failed) -> None:
        if _here.world and _here.failed:
            _here.world.tell(f"gives {self._message_id} back: {failure}")
            _here.failed(self._message_id, failure.code)

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return _nothing

    @contextmanager
    def phase(self, name: str, phases_ms: dict[str, int]) -> Iterator[None]:
        phases_ms[name] = 0
        yield


def _nothing(*_: Any, **__: Any) -> None:
    pass


@contextmanager
def handler_code() -> Iterator[None]:
    """Put the stand-ins into every module of the handler package; once per process."""
    clock = SimpleNamespace(
        time=lambda: BEGINNING.timestamp() + now_s(), monotonic=now_s, perf_counter=now_s, sleep=_sleep
    )
    told_version = version.package_version()
    stand_ins = {
        id(real_time): clock,
        id(datetime): _Datetime,
        id(ThreadPoolExecutor): _Threads,
        id(lanes.processor): processors.of,
        id(version.package_version): lambda: told_version,
    }
    with contextmanager(_patched)() as put:
        for module in [module for name, module in sys.modules.items() if name.split(".")[0] == "scandrop"]:
            for name, value in list(vars(module).items()):
                if id(value) in stand_ins:
                    put(module, name, stand_ins[id(value)])
        put(aws, "client", _client)
        put(aws, "fence", lambda s3, deadline: s3.fence(Signature(deadline, partial(_Datetime.now, UTC))))
        put(handler, "Telemetry", _Silence)
        if _SHARED_MEMORY.is_dir():
            put(tempfile, "tempdir", str(_SHARED_MEMORY))
        put(memory, "peak_mb", lambda: None)
        put(memory, "forget_peak", _nothing)
        put(cores, "available", lambda: 1)
        put(pricing, "cost_usd", lambda *_: 0.0)
        put(pipeline, "uuid", SimpleNamespace(uuid4=lambda: f"owner-{next(_here.owners)}"))
        yield


def _patched() -> Iterator[Callable[[Any, str, Any], None]]:
    patches = []

    def put(module: Any, name: str, value: Any) -> None:
        patches.append(patch.object(module, name, value))
        patches[-1].start()

    try:
        yield put
    finally:
        for one in reversed(patches):
            one.stop()
