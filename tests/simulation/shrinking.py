"""The shortest schedule that still breaks the same invariant: delta debugging over a run's recorded choices.

Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (IEEE TSE, 2002), section 3.
"""

from collections.abc import Mapping

from choices import Option
from simulation import Run, simulate


def shrunk(run: Run) -> Run:
    """Leave choices out of a broken run, in ever smaller chunks, until none can be missed; with its story."""
    kept, chunks = dict(run.taken), 2
    while kept:
        size = max(1, len(kept) // chunks)
        smaller = next((fewer for fewer in _without_a_chunk(kept, size) if _still(run, fewer)), None)
        if smaller is not None:
            kept, chunks = smaller, max(2, chunks - 1)
        elif size == 1:
            break
        else:
            chunks = min(len(kept), 2 * chunks)
    return simulate(given=kept, telling=True)


def _still(run: Run, given: Mapping[str, Option]) -> bool:
    return simulate(given=given).broken == run.broken


def _without_a_chunk(kept: Mapping[str, Option], size: int) -> list[dict[str, Option]]:
    addresses = list(kept)
    chunks = [set(addresses[at : at + size]) for at in range(0, len(addresses), size)]
    return [{name: kept[name] for name in addresses if name not in chunk} for chunk in reversed(chunks)]
