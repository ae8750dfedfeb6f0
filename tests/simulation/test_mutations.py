"""Whatever holds the guarantees up is broken, one thing at a time: the simulation has to notice each."""

import pytest
from mutations import MUTATIONS, caught

_SEEDS = 3000


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_it_is_noticed_when_this_is_broken(mutation):
    found = caught(mutation, _SEEDS)
    assert found.broken is not None, f"{mutation.name}: none of {_SEEDS} seeds broke an invariant"
