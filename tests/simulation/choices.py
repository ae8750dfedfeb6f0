"""Every decision of a run, by the place where it is taken: drawn from a seed, or given again.

A run is its exceptions: where nothing is recorded for a place, the first option holds, which is always the harmless
one. So a schedule shrinks by leaving records out, and what is left still means the same places.
"""

import random
from collections.abc import Mapping, Sequence

type Option = str | float | int


class Choices:
    """The decisions of one run. `taken` holds those that differ from the harmless one."""

    def __init__(self, seed: int | None = None, given: Mapping[str, Option] | None = None) -> None:
        self.taken: dict[str, Option] = {}
        self.calm = False
        self._random = random.Random(seed) if given is None else None  # noqa: S311 (a schedule, no secret)
        self._given = given or {}
        self._counts: dict[str, int] = {}

    def pick[T: Option](self, place: str, options: Sequence[T], chance: float = 1.0) -> T:
        """One of `options`: the first, or with `chance` any. Always the first where the run is `calm`."""
        count = self._counts[place] = self._counts.get(place, 0) + 1
        if self.calm:
            return options[0]
        address = f"{place}.{count}"
        if self._random is None:
            chosen: T = self._given.get(address, options[0])  # type: ignore[assignment]
        else:
            chosen = self._drawn(options, chance)
        if chosen != options[0]:
            self.taken[address] = chosen
        return chosen

    def _drawn[T: Option](self, options: Sequence[T], chance: float) -> T:
        draw = self._random.random()  # type: ignore[union-attr]
        return options[int(draw / chance * len(options))] if draw < chance else options[0]
