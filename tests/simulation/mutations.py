"""What the simulation has to notice, and after how many seeds it does."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import virtual
from broken_conditions import CONDITIONS
from broken_effects import EFFECTS
from choices import Option
from directed import DIRECTED
from mutation import Mutation
from simulation import simulate

MUTATIONS = (*CONDITIONS, *EFFECTS, *DIRECTED)


@dataclass(frozen=True)
class Caught:
    """After how many seeds a mutation was noticed, and by which invariant; None where it was not.

    No seed is tried where the mutation has a schedule of its own.
    """

    mutation: str
    seeds: int
    broken: str | None


def caught(mutation: Mutation, most: int) -> Caught:
    """Try seeds with a mutation until one breaks what it has to, and does not break without it."""
    with virtual.handler_code():
        if mutation.schedule:
            return Caught(mutation.name, 0, _shown(mutation, given=mutation.schedule))
        for seed in range(most):
            if broken := _shown(mutation, seed):
                return Caught(mutation.name, seed + 1, broken)
    return Caught(mutation.name, most, None)


def _shown(mutation: Mutation, seed: int | None = None, given: Mapping[str, Option] | None = None) -> str | None:
    """What one run breaks that the mutation has to, and the sound code does not."""
    with mutation.applied():
        run = simulate(seed, given)
    if run.broken in mutation.breaks and set(given or ()) <= set(run.taken) and simulate(seed, given).broken is None:
        return run.broken
    return None


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
    rows = [f"| {one.mutation} | {_took(one)} | {one.broken or 'not found yet'} |" for one in found]
    return "\n".join(["| broken on purpose | seeds until found | by the invariant |", "|---|---|---|", *rows])


def _took(one: Caught) -> str:
    if one.seeds == 0:
        return "a schedule of its own"
    return str(one.seeds) if one.broken else f"none of {one.seeds}"
