"""The phantoms' truth: an anatomy that is known at every point lies where the transforms say."""

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from scandrop_cli.samples import phantom as fmri_phantom
from scandrop_cli.samples.phantom import CENTRE_MM, Head, Scanner, covering, phantom, write

SHAPE = (20, 22, 12)
BLOB_MM = np.array([25.0, -40.0, 35.0])  # off every axis of the head
WIDTH_MM = 18.0


@pytest.fixture(autouse=True)
def blob(monkeypatch):
    """A head that is one Gaussian, so that its every value has a formula."""
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = [-120, -140, -100]
    index = np.stack(np.indices((80, 84, 80)), axis=-1)
    rest = gaussian(index @ affine[:3, :3].T + affine[:3, 3] - BLOB_MM).astype(np.float32)
    head = Head(ndimage.spline_filter(rest, 3, np.float32), np.zeros_like(rest), affine, np.array(CENTRE_MM))
    monkeypatch.setattr(fmri_phantom, "icbm152", lambda _: head)
    return head


def gaussian(mm):
    return 1000 * np.exp(-(mm**2).sum(axis=-1) / (2 * WIDTH_MM**2))


def brightest_mm(volume, affine):
    """Where the blob is, as its moment says."""
    weight = np.maximum(volume - 200, 0)
    return affine[:3, :3] @ ndimage.center_of_mass(weight) + affine[:3, 3]


def sampled(head, pose, affine, shape=SHAPE):
    return Scanner(head, shape, affine, snr=np.inf, seed=0, non_steady=0).still(pose)[0]


def test_a_volume_shows_the_head_where_its_pose_puts_it(blob):
    pose = fmri_phantom.pose_of(np.array([5.0, -3.0, 4.0, 10.0, -7.0, 12.0]), blob.centre_mm)
    affine = covering(SHAPE)
    world = np.stack(np.indices(SHAPE), axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    formula = gaussian(world - (pose @ [*BLOB_MM, 1])[:3])
    np.testing.assert_allclose(sampled(blob, pose, affine), formula, atol=0.5)


def test_a_positive_rotation_about_x_lifts_the_front_of_the_head(blob):
    front = [0.0, CENTRE_MM[1] + 50, CENTRE_MM[2], 1.0]
    moved = fmri_phantom.pose_of(np.array([0, 0, 0, 10.0, 0, 0]), blob.centre_mm) @ front
    assert moved[2] == pytest.approx(CENTRE_MM[2] + 50 * np.sin(np.deg2rad(10)))


@pytest.mark.parametrize("reference", [0, 3])
def test_the_transforms_take_a_point_of_the_reference_to_where_it_lies_in_each_volume(monkeypatch, reference):
    monkeypatch.setattr(Scanner, "receive_field", np.float32(1))  # it would draw the moment its way
    monkeypatch.setattr(Scanner, "spin_history", lambda *_: 1.0)  # and so would stripes
    made = phantom("large", seed=1, shape=SHAPE, volumes=7)
    places = [brightest_mm(made.run[..., t], made.affine) for t in range(7)]
    expected = made.transforms(reference) @ [*places[reference], 1]
    np.testing.assert_allclose(places, expected[:, :3], atol=0.25)
    assert np.ptp(places, axis=0).max() > 2  # mm: it did move


def test_an_oblique_grid_of_another_order_shows_the_same_head(blob):
    affine = np.array([[0, 0, 9.0, -60], [-8.0, 1, 0, 90], [1, 7.0, 0, -70], [0, 0, 0, 1]])
    found = brightest_mm(sampled(blob, np.eye(4), affine, (26, 24, 17)), affine)
    np.testing.assert_allclose(found, BLOB_MM, atol=0.25)


def test_a_seed_names_a_run_and_another_seed_another():
    one, same, other = (phantom("typical", seed=seed, shape=(9, 8, 7), volumes=3) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.run, same.run)
    assert np.abs(one.transforms()[2] - other.transforms()[2]).max() > 1e-4


def test_the_typical_motion_is_2_mm_and_2_degrees_at_the_farthest_and_a_still_ones_0_15_of_it():
    motion = fmri_phantom.wandering(np.random.default_rng(0), 150)
    lengths = np.linalg.norm(motion.reshape(150, 2, 3), axis=2)
    np.testing.assert_allclose(lengths.max(axis=0), [2, 2])
    typical, still = (phantom(name, seed=3, shape=(9, 8, 7), volumes=30).transforms() for name in ("typical", "still"))
    assert np.abs(still[:, :3, 3]).max() < 0.3 * np.abs(typical[:, :3, 3]).max()


def test_a_jump_is_as_far_as_its_name_says():
    made = phantom("jump-12", seed=2, shape=(9, 8, 7), volumes=6)
    step = np.linalg.inv(made.poses[2]) @ made.poses[3]
    degrees = np.rad2deg(np.arccos((np.trace(step[:3, :3]) - 1) / 2))
    moved_mm = np.linalg.norm((made.transforms(2)[3] @ [*made.centre_mm(2), 1])[:3] - made.centre_mm(2))
    assert degrees == pytest.approx(12, abs=0.6)
    assert moved_mm == pytest.approx(12, abs=0.6)


def test_the_motionless_run_differs_from_the_reference_by_noise_and_drift_alone():
    made = phantom("large", seed=4, shape=SHAPE, volumes=8)
    still = made.motionless(reference=5)
    np.testing.assert_allclose(
        brightest_mm(still[..., 0], made.affine), brightest_mm(still[..., 7], made.affine), atol=0.2
    )
    assert brightest_mm(still[..., 0], made.affine) == pytest.approx(
        brightest_mm(made.run[..., 5], made.affine), abs=0.2
    )


def test_through_plane_motion_darkens_even_slices_and_brightens_odd_ones_for_one_volume():
    affine = covering(SHAPE)
    step = np.eye(4)
    step[2, 3] = affine[2, 2] / 2  # half a slice
    scanner = Scanner(Head(*[np.zeros((4, 4, 4), np.float32)] * 2, np.eye(4), np.zeros(3)), SHAPE, affine, 1.0, 0, 0)
    change = scanner.spin_history(step)[0, 0]
    assert (change[::2] < 1).all()
    assert (change[1::2] > 1).all()
    assert scanner.spin_history(np.eye(4)) == 1
    step[2, 3] = 2 * affine[2, 2]
    np.testing.assert_allclose(scanner.spin_history(step), 1, atol=1e-6)  # from slices whose turn is the same
    in_plane = np.eye(4)
    in_plane[0, 3] = 5
    np.testing.assert_array_equal(scanner.spin_history(in_plane), np.ones(SHAPE))


def test_noise_is_rician():
    level = 10.0
    air = fmri_phantom.rician(np.zeros((40, 41, 42), np.float32), level, np.random.default_rng(0))
    bright = fmri_phantom.rician(np.full((40, 41, 42), 1000, np.float32), level, np.random.default_rng(1))
    assert air.mean() == pytest.approx(level * np.sqrt(np.pi / 2), rel=0.01)  # Rayleigh
    assert bright.std() == pytest.approx(level, rel=0.02)


def test_the_first_volumes_are_brighter_where_they_are_not_steady():
    made = phantom("still", seed=1, shape=SHAPE, volumes=6, non_steady=2)
    means = made.run.mean(axis=(0, 1, 2))
    assert means[0] > 1.1 * means[5]
    assert means[1] > 1.05 * means[5]
    assert means[2] < 1.05 * means[5]


def test_a_run_is_stored_as_a_scanner_stores_it(tmp_path):
    made = phantom("still", seed=1, shape=(9, 8, 7), volumes=3)
    write(made, tmp_path / "run.nii.gz")
    image = nib.load(tmp_path / "run.nii.gz")
    assert image.get_data_dtype() == np.int16
    assert image.header.get_zooms()[3] == 2.0
    assert image.header.get_xyzt_units() == ("mm", "sec")
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    np.testing.assert_allclose(image.affine, made.affine, atol=1e-4)
    np.testing.assert_allclose(np.asarray(image.dataobj), made.run, atol=0.5)


def test_the_head_of_the_template_stands_upright_with_its_activation_where_it_belongs(monkeypatch):
    monkeypatch.undo()
    made = phantom("still", seed=1, shape=(48, 50, 28), volumes=2)
    x, y, z = made.affine[:3, :3] @ np.array(np.nonzero(made.active())) + made.affine[:3, 3:]
    assert z[y > -40].mean() > 35  # the hands' areas lie high, on both sides
    assert x.min() < -25 < 25 < x.max()
    assert y.min() < -70  # the visual cortex lies behind
