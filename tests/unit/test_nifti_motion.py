"""Motion correction against known truth: a smooth head, given as a formula, seen at known poses."""

from itertools import permutations

import numpy as np
import pytest
from nifti_motion import transforms_of

from scandrop.processors.nifti._motion import Realigned, Realigner, parameters, realign_run
from scandrop.processors.nifti._resample import Resampler

SHAPE = (26, 31, 22)
_SPOTS = np.random.default_rng(7).uniform(-1, 1, (40, 3))
_HEIGHTS = np.random.default_rng(8).uniform(-0.6, 1, 40)


def oblique_left_handed():
    """Voxels of 3.5 x 3 x 4 mm, turned about two axes, the first axis towards the left; mm about the world's zero."""
    turned = transforms_of(np.array([[0, 0, 0, 0.2, -0.3, 0.1]]), np.zeros(3))[0]
    affine = turned @ np.diag([-3.5, 3.0, 4.0, 1.0])
    affine[:3, 3] = [4, -7, 9] - affine[:3, :3] @ (np.array(SHAPE) - 1) / 2
    return affine


def head(world):
    """Its signal at world points (3, ...): an ellipsoid with a soft edge, and spots of 8 mm inside."""
    x, y, z = world
    x, y, z = x - 4, y + 7, z - 9
    radius = np.sqrt((x / 26) ** 2 + (y / 30) ** 2 + (z / 24) ** 2)
    signal = 600 / (1 + np.exp(np.clip((radius - 1) * 12, -50, 50)))
    for (a, b, c), height in zip(_SPOTS * 20, _HEIGHTS, strict=True):
        signal = signal + 300 * height * np.exp(-((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) / (2 * 8**2))
    return signal


def seen(transform, affine, shape=SHAPE):
    """The volume of a head that has moved by a transform: what now lies at a point lay at its inverse."""
    back = np.linalg.inv(transform) @ affine
    world = np.tensordot(back[:3, :3], np.indices(shape), 1) + back[:3, 3][:, None, None, None]
    return np.asfortranarray(head(world).astype(np.float32))


def moved(*mm_and_degrees, pivot=(4.0, -7.0, 9.0)):
    motion = np.array([mm_and_degrees], float) * [1, 1, 1, *[np.pi / 180] * 3]
    return transforms_of(motion, np.array(pivot))[0]


def error(found, truth, pivot=(4.0, -7.0, 9.0)):
    """The largest of what is left, mm and degrees."""
    left = parameters((np.linalg.inv(truth) @ found)[None], np.array(pivot))[0]
    return np.abs(left * [1, 1, 1, *[180 / np.pi] * 3]).max()


@pytest.fixture(scope="module")
def affine():
    return oblique_left_handed()


@pytest.fixture(scope="module")
def realigner(affine):
    return Realigner(seen(np.eye(4), affine), affine)


@pytest.mark.parametrize("axis", range(6))
def test_a_known_motion_along_or_about_one_axis_is_found_with_its_sign(realigner, affine, axis):
    truth = moved(*np.eye(6)[axis] * 2)
    found = realigner.realign(seen(truth, affine), np.eye(4))
    assert error(found.transform, truth) < 0.01


def test_the_corrected_volume_is_the_reference_wherever_it_is_covered(realigner, affine):
    truth = moved(2, -1.5, 3, 2, -3, 2.5)
    found = realigner.realign(seen(truth, affine), np.eye(4))
    apart = np.abs(found.volume - seen(np.eye(4), affine))[found.covered]
    assert apart.max() < 6  # of 600
    assert np.abs(seen(truth, affine) - seen(np.eye(4), affine)).max() > 100


def test_a_subject_who_lies_still_is_not_moved(realigner, affine):
    found = realigner.realign(seen(np.eye(4), affine), np.eye(4))
    assert np.array_equal(found.transform, np.eye(4))
    assert np.array_equal(found.volume, seen(np.eye(4), affine))
    assert found.covered is None


def test_noise_and_brightness_alone_move_a_still_subject_by_less_than_0_03_mm(realigner, affine):
    noise = np.random.default_rng(1).normal(0, 2, SHAPE)
    volume = np.asfortranarray((seen(np.eye(4), affine) * 1.05 + 10 + noise).astype(np.float32))
    assert error(realigner.realign(volume, np.eye(4)).transform, np.eye(4)) < 0.03


def test_a_receive_field_that_stays_with_the_scanner_does_not_pass_for_motion(affine):
    world = np.tensordot(affine[:3, :3], np.indices(SHAPE), 1) + affine[:3, 3][:, None, None, None]
    received = (1 + 0.3 * ((world - np.array([4, -7, 9])[:, None, None, None]) / 40) ** 2).prod(axis=0)
    truth = moved(1.5, -1, 2, 1, 2, -1)

    def scanned(transform):
        return np.asfortranarray((seen(transform, affine) * received).astype(np.float32))

    found = Realigner(scanned(np.eye(4)), affine).realign(scanned(truth), np.eye(4))
    assert error(found.transform, truth) < 0.03


@pytest.mark.parametrize("jump", [(9, 0, 0, 0, 0, 0), (-6, 5, 4, 5, -6, 4), (0, 0, 0, 0, 0, 16), (9, 9, -9, 9, 9, -9)])
def test_a_jump_is_found_from_where_the_head_was_before(realigner, affine, jump):
    truth = moved(*jump)
    assert error(realigner.realign(seen(truth, affine), np.eye(4)).transform, truth) < 0.1


def test_a_head_that_moves_out_of_the_field_of_view_in_part_is_found_by_the_rest(affine):
    shape = (26, 31, 12)
    truth = moved(*affine[:3, 2] * 2.5, 1, -2, 1)
    found = Realigner(seen(np.eye(4), affine, shape), affine).realign(seen(truth, affine, shape), np.eye(4))
    assert error(found.transform, truth) < 0.6


def test_what_comes_from_outside_the_field_of_view_is_nought_and_not_covered(realigner, affine):
    truth = np.eye(4)
    truth[:3, 3] = affine[:3, 1] * 2  # two voxels towards the end of the second axis
    found = realigner.realign(seen(truth, affine), np.eye(4))
    assert not found.covered[:, -1].any()
    assert found.covered[1:-1, :-3, 1:-1].all()
    assert not found.volume[~found.covered].any()
    assert found.volume.flags.f_contiguous


@pytest.mark.parametrize("shape", [(26, 31, 4), (26, 3, 22)])
def test_too_few_slices_give_each_volume_back_as_it_is(affine, shape):
    volume = seen(np.eye(4), affine, shape)
    realigner = Realigner(volume, affine)
    found = realigner.realign(volume + 1, np.eye(4))
    assert not realigner.fits
    assert not found.fitted
    assert np.array_equal(found.transform, np.eye(4))
    assert np.array_equal(found.volume, volume + 1)


@pytest.mark.parametrize("content", [0.0, 5.0])
def test_a_reference_without_content_determines_no_motion(affine, content):
    assert not Realigner(np.full(SHAPE, content, np.float32, order="F"), affine).fits


def test_an_empty_volume_is_given_back_and_the_next_starts_from_the_one_before(realigner, affine):
    truth = moved(8, 6, 0, 0, 9, 9)
    volumes = [seen(truth, affine), np.zeros(SHAPE, np.float32, order="F"), seen(truth, affine)]
    before, empty, after = realign_run(iter(volumes), realigner, threads=1)
    assert not empty.fitted
    assert np.array_equal(empty.transform, np.eye(4))
    assert error(after.transform, truth) < 0.1
    assert after.passes < before.passes


def test_pure_noise_is_not_taken_for_a_motion(realigner):
    noise = np.asfortranarray(np.random.default_rng(2).normal(300, 100, SHAPE).astype(np.float32))
    found = realigner.realign(noise, np.eye(4))
    assert not found.fitted
    assert np.array_equal(found.transform, np.eye(4))


def test_a_volume_that_is_hardly_more_than_nought_is_not_taken_for_the_head(realigner):
    noise = np.asfortranarray(np.random.default_rng(2).normal(0, 1e-4, SHAPE).astype(np.float32))
    assert not realigner.realign(noise, np.eye(4)).fitted


def test_a_head_that_has_left_the_field_of_view_is_not_found(realigner, affine):
    gone = np.eye(4)
    gone[:3, 3] = affine[:3, 1] * 40
    assert not realigner.realign(seen(np.eye(4), affine), gone).fitted


@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_the_unit_of_the_intensities_does_not_matter(affine, unit):
    truth = moved(1, -2, 0.5, 1, 0.5, -1)
    realigner = Realigner(seen(np.eye(4), affine) * np.float32(unit), affine)
    assert error(realigner.realign(seen(truth, affine) * np.float32(unit), np.eye(4)).transform, truth) < 0.01


@pytest.mark.parametrize("slices", [0, 0.4, 1])
def test_slices_of_unlike_brightness_after_a_move_do_not_pass_for_motion(affine, slices):
    """Interleaved slices, excited at other times than their neighbours, hold spins that have recovered for longer."""
    truth = moved(0, 0, 0, 2, -1, 1)
    truth[:3, 3] += affine[:3, 2] * slices
    volume = seen(truth, affine)
    volume[:, :, ::2] *= 0.9
    volume[:, :, 1::2] *= 1.05
    found = Realigner(seen(np.eye(4), affine), affine).realign(volume, np.eye(4))
    assert error(found.transform, truth) < 0.03


def test_a_run_comes_out_in_order_and_the_same_to_the_bit_for_any_number_of_threads(realigner, affine):
    slides = np.random.default_rng(3).uniform(-2, 2, (11, 6))
    volumes = [seen(moved(*slide), affine) for slide in slides]
    runs = [list(realign_run(iter(volumes), realigner, threads)) for threads in (1, 2, 5)]
    for slide, *found in zip(slides, *runs, strict=True):
        assert error(found[0].transform, moved(*slide)) < 0.02
        assert len({each.volume.tobytes() + each.transform.tobytes() for each in found}) == 1


def test_a_run_is_read_only_a_few_blocks_ahead(realigner, affine):
    read = []

    def volumes():
        for t in range(200):
            read.append(t)
            yield seen(np.eye(4), affine)

    first = next(realigned := realign_run(volumes(), realigner, threads=2))
    realigned.close()
    assert isinstance(first, Realigned)
    assert len(read) < 20


def test_an_error_in_reading_ends_the_run(realigner, affine):
    def volumes():
        yield seen(np.eye(4), affine)
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        list(realign_run(volumes(), realigner, threads=2))


def test_parameters_and_transforms_are_each_other_s_inverse():
    motion = np.random.default_rng(4).uniform(-1, 1, (9, 6)) * [20, 20, 20, 0.7, 0.7, 0.7]
    pivot = np.array([12.0, -30.0, 7.0])
    assert np.allclose(parameters(transforms_of(motion, pivot), pivot), motion, atol=1e-12)


def test_parameters_turn_right_handed_about_the_pivot_and_then_move():
    pivot = np.array([10.0, 20.0, 30.0])
    turned = transforms_of(np.array([[1, 2, 3, np.pi / 2, 0, 0]]), pivot)[0]
    assert np.allclose(turned @ [*pivot, 1], [11, 22, 33, 1])
    assert np.allclose(turned @ [10, 21, 30, 1], [11, 22, 34, 1])  # what was in front of the pivot is now above


@pytest.mark.parametrize("shape", [(19, 20, 15), (22, 17, 14)])
def test_resampling_matches_the_formula_for_any_axis_that_is_turned(shape):
    for axes in permutations(range(3), 2):
        to_source = transforms_of(
            np.array([[0.7, -0.4, 0.3, *np.eye(3)[axes[0]] * 0.2 + np.eye(3)[axes[1]] * 1e-7]]),
            (np.array(shape) - 1) / 2,
        )[0]

        def blob(index):
            apart = index - (np.array(shape)[:, None, None, None] - 1) / 2
            return np.exp(-np.tensordot([1.0, 1.4, 3.0], apart**2, 1) / 12)

        index = np.indices(shape).astype(float)
        want = blob(np.tensordot(to_source[:3, :3], index, 1) + to_source[:3, 3][:, None, None, None])
        resampler = Resampler(shape)
        source = np.asfortranarray(blob(index).astype(np.float32))
        found = resampler.resample(source, to_source, resampler.order(to_source))
        assert np.abs(found - want).max() < 0.005
        assert found.flags.f_contiguous


def test_an_order_of_shears_is_kept_until_it_is_much_steeper_than_another():
    resampler, middle = Resampler((19, 20, 15)), np.array([9.0, 9.5, 7.0])
    about_x, mixed = transforms_of(np.array([[0, 0, 0, 0.1, 1e-4, 0], [0, 0, 0, 0.05, 0.1, 0.099]]), middle)
    assert resampler.order(about_x, before=(0, 1, 2))[1] == 0
    assert resampler.order(about_x, before=(2, 0, 1)) == (2, 0, 1)
    assert {resampler.order(mixed, before) for before in ((0, 1, 2), (2, 1, 0))} == {(0, 1, 2), (2, 1, 0)}


@pytest.mark.parametrize("within", [-0.5, 0.5])
def test_the_covered_voxels_are_those_whose_source_lies_in_the_field_of_view(within):
    shape = (11, 9, 7)
    to_source = transforms_of(np.array([[1.2, -0.8, 0.4, 0.1, 0.2, -0.3]]), np.array([5.0, 4.0, 3.0]))[0]
    source = np.tensordot(to_source[:3, :3], np.indices(shape), 1) + to_source[:3, 3][:, None, None, None]
    limits = np.array(shape)[:, None, None, None] - 1 - within
    want = ((source >= within) & (source <= limits)).all(axis=0)
    assert np.array_equal(Resampler(shape).covered(to_source, within), want)
    assert Resampler(shape).covered(np.eye(4)) is None
