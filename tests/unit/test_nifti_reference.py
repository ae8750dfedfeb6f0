import numpy as np
import pytest
from nipype.algorithms.confounds import is_outlier

from scandrop.processors.nifti._reference import choose_reference, non_steady_volumes

SHAPE = (7, 8, 9)


def a_run(volumes, seed=3):
    """A bright block in a dark field with a little noise."""
    rng = np.random.default_rng(seed)
    head = np.zeros(SHAPE)
    head[2:5, 2:6, 2:7] = 1000
    return [np.asfortranarray(head + rng.normal(0, 5, SHAPE), np.float32) for _ in range(volumes)]


def means_of(volumes):
    return np.array([volume.mean() for volume in volumes])


@pytest.mark.parametrize("excess", [[], [0.13], [9.0, 4.0, 1.5]])
def test_leading_bright_volumes_are_non_steady_as_nipype_counts_them(excess):
    means = 100 + np.random.default_rng(1).normal(0, 0.02, 150)
    means[: len(excess)] += excess
    assert non_steady_volumes(means) == list(range(len(excess))) == list(range(is_outlier(means[:50])))


def test_an_outlier_after_a_steady_volume_is_not_non_steady():
    means = 100 + np.random.default_rng(1).normal(0, 0.02, 150)
    means[1] += 9
    assert non_steady_volumes(means) == []


def test_only_the_first_fifty_volumes_are_judged():
    means = np.r_[np.full(50, 100.0) + np.tile([0.0, 0.1], 25), np.full(100, 500.0)]
    assert non_steady_volumes(means) == []


def test_a_run_of_equal_means_is_steady():
    assert non_steady_volumes(np.full(20, 7.0)) == []


def test_a_noiseless_run_with_a_bright_start_has_one_non_steady_volume():
    assert non_steady_volumes(np.r_[900.0, np.full(20, 700.0)]) == [0]


def test_the_reference_is_a_volume_of_the_majority():
    early = a_run(8)
    for moved in (0, 1, 4):
        early[moved] = np.roll(early[moved], 1, axis=moved % 3)
    assert choose_reference(early, means_of(early)).index in {2, 3, 5, 6, 7}


def test_the_reference_is_the_medoid_of_positions():
    head = np.linspace(0, 1000, 7 * 8 * 9, dtype=np.float32).reshape(SHAPE, order="F")
    offsets = (300, 70, 90, 100, 1200)
    early = [np.asfortranarray(head + offset) for offset in offsets]
    chosen = choose_reference(early, np.full(150, 500.0))
    assert offsets[chosen.index] == 90
    assert chosen.volume is early[chosen.index]


def test_no_non_steady_volume_is_the_reference():
    early = a_run(8)
    early[0] = early[0] * np.float32(2)
    early[1] = early[1] * np.float32(1.5)
    means = np.r_[means_of(early), means_of(a_run(60, seed=4))]
    chosen = choose_reference(early, means)
    assert chosen.non_steady == [0, 1]
    assert chosen.index >= 2


def test_the_last_early_volume_is_the_reference_where_none_is_steady():
    early = a_run(2)
    means = np.r_[900.0, 800.0, 700.0, 500.0 + np.tile([0.0, 0.1], 20)]
    assert choose_reference(early, means).index == 1


@pytest.mark.parametrize("volumes", [1, 2])
def test_a_run_too_short_for_a_vote_takes_its_first_volume(volumes):
    early = a_run(volumes)
    assert choose_reference(early, means_of(early)).index == 0


def test_constant_volumes_have_a_reference():
    early = [np.zeros(SHAPE, np.float32, order="F")] * 5
    assert choose_reference(early, np.zeros(5)).index == 0
