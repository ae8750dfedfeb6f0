"""What the simulation has to notice, and after how many seeds it does."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import virtual
from broken_conditions import CONDITIONS
from broken_effects import EFFECTS
from mutation import Mutation
from simulation import simulate

MUTATIONS = (*CONDITIONS, *EFFECTS)


@dataclass(frozen=True)
class Caught:
    """After how many seeds a mutation was noticed, and by which invariant; None where it was not."""

    mutation: str
    seeds: int
    broken: str | None


def caught(mutation: Mutation, most: int) -> Caught:
    """Try seeds with a mutation until one breaks what it has to, and does not break without it."""
    with virtual.handler_code():
        for seed in range(most):
            with mutation.applied():
                broken = simulate(seed).broken
            if broken in mutation.breaks and simulate(seed).broken is None:
                return Caught(mutation.name, seed + 1, broken)
    return Caught(mutation.name, most, None)


def noticed(mutation: Mutation, seeds: int) -> Caught:
    """Try seeds with what should only be slower, and say what it breaks all the same."""
    with virtual.handler_code():
        for seed in range(seeds):
            with mutation.applied():
                broken = simulate(seed).broken
            if broken:
                return Caught(mutation.name, seed + 1, broken)
    return Caught(mutation.name, seeds, None)


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
