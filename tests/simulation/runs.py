"""Many seeds at once, on every core: what was broken, the first of each kind shrunk to its shortest schedule."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context

import virtual
from shrinking import shrunk
from simulation import Run, simulate

_CHUNK = 250  # seeds that a process takes at a time


@dataclass(frozen=True)
class Failure:
    """One seed that broke an invariant."""

    seed: int
    broken: str


def try_seeds(first: int, count: int) -> list[Failure]:
    """Every failure among `count` seeds from `first` on."""
    chunks = [range(at, min(at + _CHUNK, first + count)) for at in range(first, first + count, _CHUNK)]
    with get_context("forkserver").Pool(os.cpu_count()) as pool:
        return [failure for failures in pool.imap(_failures, chunks) for failure in failures]


def _failures(seeds: Iterable[int]) -> list[Failure]:
    with virtual.handler_code():
        runs = ((seed, simulate(seed)) for seed in seeds)
        return [Failure(seed, run.broken) for seed, run in runs if run.broken]


def repeated(seed: int) -> tuple[Run, Run]:
    """A seed's run, and the shortest that breaks the same."""
    with virtual.handler_code():
        run = simulate(seed, telling=True)
        return run, shrunk(run) if run.broken else run


def report(first: int, count: int) -> Iterator[str]:
    """Try seeds and say how it went; the last line is the verdict."""
    began = time.monotonic()
    failures = try_seeds(first, count)
    took_s = time.monotonic() - began
    kinds: dict[str, list[int]] = {}
    for failure in failures:
        kinds.setdefault(failure.broken, []).append(failure.seed)
    for broken, seeds in kinds.items():
        yield f"\n{broken}: {len(seeds)} of {count} seeds, such as {seeds[0]}"
        yield from told(*repeated(seeds[0]))
    yield f"{count} seeds from {first} in {took_s:.0f} s: {len(failures)} broke an invariant."


def told(run: Run, shortest: Run) -> Iterator[str]:
    """A failure as a story."""
    yield f"shrunk from {len(run.taken)} choices to {len(shortest.taken)}:"
    yield from (f"  {place} = {option}" for place, option in shortest.taken.items())
    yield from shortest.story
    yield f"=> {shortest.message}"
