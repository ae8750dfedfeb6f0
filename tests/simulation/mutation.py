"""One thing broken on purpose, and by which invariant that has to be noticed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from choices import Option

from scandrop import ledger

_PLACEHOLDER = re.compile(r"[#:]\w+")

type Put = tuple[Any, str, Any]  # what takes the place of which attribute of which module or class


@dataclass(frozen=True)
class Mutation:
    """One thing broken.

    breaks: the invariants of which one has to notice it, and no other counts.
    puts: makes what takes the place of the code, anew for each run.
    schedule: the choices of the one run that shows it, where too few seeds do.
    """

    name: str
    breaks: tuple[str, ...]
    puts: Callable[[], Iterable[Put]]
    schedule: Mapping[str, Option] = field(default_factory=dict)

    def by(self, schedule: Mapping[str, Option]) -> "Mutation":
        """The same, shown by a schedule of its own."""
        return replace(self, schedule=schedule)

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for owner, attribute, stand_in in self.puts():
                stack.enter_context(patch.object(owner, attribute, stand_in))
            yield


def condition(name: str, breaks: str | tuple[str, ...], attributes: str, old: str, new: str) -> Mutation:
    """A part of one of the ledger's conditions, replaced, or of several that have it."""
    puts = [(ledger, attribute, _replaced(attribute, old, new)) for attribute in attributes.split()]
    return codes(name, breaks, lambda: puts)


def always(left: str, right: str) -> str:
    """A comparison that always holds."""
    return f"({left} = {right} OR {left} <> {right} OR attribute_not_exists({left}))"


def _replaced(attribute: str, old: str, new: str) -> str:
    condition: str = getattr(ledger, attribute)
    if old not in condition:
        raise ValueError(f"{attribute} has no {old!r} any more: {condition}")
    broken = condition.replace(old, new)
    if set(_PLACEHOLDER.findall(broken)) != set(_PLACEHOLDER.findall(condition)):  # one that is left out is refused
        raise ValueError(f"DynamoDB would refuse {broken!r}")
    return broken


def code(name: str, breaks: str | tuple[str, ...], owner: Any, attribute: str, stand_in: Any) -> Mutation:
    """One attribute of one module or class, replaced by what keeps no state."""
    return codes(name, breaks, lambda: [(owner, attribute, stand_in)])


def codes(name: str, breaks: str | tuple[str, ...], puts: Callable[[], Iterable[Put]]) -> Mutation:
    return Mutation(name, (breaks,) if isinstance(breaks, str) else breaks, puts)
