"""The simulation itself: one seed is one run, faults do happen, and what breaks is found and shrunk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import virtual
from shrinking import shrunk
from simulation import simulate

from scandrop import ledger


@pytest.fixture(autouse=True, scope="module")
def _handler_code():
    with virtual.handler_code():
        yield


def test_a_seed_is_one_run_to_the_last_call():
    first, second = simulate(11, telling=True), simulate(11, telling=True)
    assert first.story == second.story
    assert first.taken == second.taken


def test_a_run_is_repeated_by_its_choices_alone():
    for seed in range(20, 40):
        run = simulate(seed, telling=True)
        assert simulate(given=run.taken, telling=True).story == run.story


def test_all_that_may_befall_a_request_does():
    stories = "\n".join(line for seed in range(60) for line in simulate(seed, telling=True).story)
    for befallen in ("SlowDown", "lost", "nobody hears it", "crash before", "crash after", "on its way", "frozen"):
        assert befallen in stories
    for sort in ("is killed: its time is over", "superseded", "rejected", "drops bold.json", "deletes"):
        assert sort in stories


def test_a_run_in_which_nothing_fails_settles_its_object_at_the_first_try():
    run = simulate(given={}, telling=True)
    assert run.broken is None
    assert [line.split("  ")[-1].split(" -> ")[0] for line in run.story if "image#" in line] == [
        "takes a.png v1 (receive 1)",
        *(line for line in _CALLS),
    ]


_CALLS = (
    "update_item a.png v1 = processing",
    "update_item a.png #current",
    "get_object a.png v1",
    "update_item a.png #current",
    "put_object a.png/a",
    "put_object a.png/manifest.json",
    "transact_write_items a.png v1 = succeeded + a.png #current",
)


@pytest.mark.parametrize(
    ("arguments", "seed", "said"),
    [(["--seeds", "0"], "", "from 1 on"), (["--seeds", "many"], "", "from 1 on"), ([], "abc", "--seed: invalid int")],
)
def test_a_call_that_would_try_nothing_is_a_mistake_and_no_success(arguments, seed, said):
    done = subprocess.run(
        [sys.executable, Path(__file__).parent, *arguments],
        env=os.environ | {"SCANDROP_SIMULATION_SEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_breaks_is_shrunk_to_what_it_takes(monkeypatch):
    monkeypatch.setattr(ledger, "_OPEN", "attribute_not_exists(#status) OR #status <> :failed OR #status = :processing"
                        " OR #lease_until < :now")  # fmt: skip
    run = next(run for run in map(simulate, range(200)) if run.broken == "settled twice")
    shortest = shrunk(run)
    assert shortest.broken == run.broken
    assert len(shortest.taken) <= 6
    for place in shortest.taken:
        fewer = {other: option for other, option in shortest.taken.items() if other != place}
        assert simulate(given=fewer).broken != run.broken
