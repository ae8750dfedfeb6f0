"""Whatever holds the guarantees up is broken, one thing at a time: the simulation has to notice each."""

import pytest
from broken_effects import SLOWER
from mutations import MUTATIONS, caught, noticed

_SEEDS = 3000


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_it_is_noticed_when_this_is_broken(mutation):
    found = caught(mutation, _SEEDS)
    tried = f"{_SEEDS} seeds" if found.seeds else "its schedule, if that still happens as it is written,"
    assert found.broken is not None, f"{mutation.name}: {tried} broke no {' nor '.join(mutation.breaks)}"


@pytest.mark.parametrize("mutation", SLOWER, ids=lambda one: one.name)
def test_no_guarantee_hangs_on_what_only_saves_time(mutation):
    assert noticed(mutation, 200).broken is None
