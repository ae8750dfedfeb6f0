from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from nibabel.testing import data_path
from nilearn.datasets import load_mni152_brain_mask, load_mni152_template
from nilearn.image import resample_img
from nilearn.masking import compute_epi_mask
from scipy import ndimage

from scandrop.processors.nifti._mask import _clip_level, _largest, _without_holes, brain_mask

SHAPE, VOXEL_MM = (54, 64, 32), (3.6, 3.4, 4.2)


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.fixture(scope="module")
def affine():
    affine = np.diag([*VOXEL_MM, 1.0])
    affine[:3, 3] = (-96, -126, -70)
    return affine


def on_the_grid(image, affine, interpolation):
    resampled = resample_img(image, affine, SHAPE, interpolation, force_resample=True, copy_header=True)
    return resampled.get_fdata(dtype=np.float32)


@pytest.fixture(scope="module")
def truth(affine):
    return on_the_grid(load_mni152_brain_mask(resolution=2), affine, "nearest") > 0


@pytest.fixture(scope="module")
def epi(affine, truth):
    """The ICBM152 brain with EPI's inverse contrast, a receive field that falls by half, and Rician noise."""
    brain = on_the_grid(load_mni152_template(resolution=2), affine, "linear")
    grid = np.indices(SHAPE) / np.reshape(SHAPE, (3, 1, 1, 1))
    signal = 1000 * (1.3 - brain) * truth * (1.2 - 0.4 * grid[1] - 0.4 * grid[2])
    rng = np.random.default_rng(8)
    noisy = signal + rng.normal(0, 30, SHAPE) + 1j * rng.normal(0, 30, SHAPE)
    return np.asfortranarray(np.abs(noisy), np.float32)


def test_the_mask_of_an_epi_is_the_brain(epi, truth):
    assert dice(brain_mask(epi, VOXEL_MM), truth) > 0.97


def test_the_mask_is_about_nilearns_and_nearer_to_the_truth(epi, truth, affine):
    theirs = compute_epi_mask(nib.Nifti1Image(epi, affine)).get_fdata() > 0
    ours = brain_mask(epi, VOXEL_MM)
    assert dice(ours, theirs) > 0.95
    assert dice(ours, truth) > dice(theirs, truth)


def test_the_mask_follows_the_axes(epi):
    turned = np.asfortranarray(epi.transpose(2, 0, 1))
    expected = brain_mask(epi, VOXEL_MM).transpose(2, 0, 1)
    np.testing.assert_array_equal(brain_mask(turned, (4.2, 3.6, 3.4)), expected)


def test_the_mask_does_not_depend_on_the_unit_of_intensity(epi):
    np.testing.assert_array_equal(brain_mask(epi * np.float32(2**-12), VOXEL_MM), brain_mask(epi, VOXEL_MM))


def test_a_head_cut_by_the_field_of_view_reaches_its_edge(epi, truth):
    cut = np.asfortranarray(epi[:, :, 10:22])
    mask = brain_mask(cut, VOXEL_MM)
    assert dice(mask[:, :, 0], truth[:, :, 10]) > 0.95
    assert dice(mask[:, :, -1], truth[:, :, 21]) > 0.95


def test_a_bright_speck_and_a_thin_bridge_are_no_brain(epi):
    marked = epi.copy(order="F")
    marked[2:4, 3:5, 2:4] = 5000
    mask = brain_mask(marked, VOXEL_MM)
    assert not mask[:6, :8, :6].any()


def blocks(*where):
    """A dark field of 3 mm voxels with bright blocks."""
    volume = np.zeros((36, 34, 38), np.float32, order="F")
    for block in where:
        volume[block] = 900
    return volume


def test_a_hole_in_the_brain_is_brain():
    brain, hole = np.s_[5:31, 5:29, 5:33], np.s_[12:23, 11:22, 14:25]
    volume = blocks(brain)
    volume[hole] = 0
    mask = brain_mask(volume, (3.0, 3.0, 3.0))
    assert mask[hole].all()
    assert mask[brain].mean() > 0.9
    assert not mask[:4].any()


def test_of_two_pieces_the_largest_is_the_brain():
    brain, other = np.s_[5:18, 5:29, 5:33], np.s_[24:33, 8:20, 8:20]
    mask = brain_mask(blocks(brain, other), (3.0, 3.0, 3.0))
    assert mask[brain].mean() > 0.8
    assert not mask[other].any()


def test_a_real_slab_that_the_brain_fills_has_a_mask_where_nilearns_is_empty():
    image = nib.load(Path(data_path) / "functional.nii")
    mean = np.asfortranarray(image.get_fdata(dtype=np.float32).mean(axis=3))
    with pytest.warns(UserWarning, match="empty mask"):
        assert not compute_epi_mask(image).get_fdata().any()
    unopened = compute_epi_mask(image, opening=False).get_fdata() > 0
    assert dice(brain_mask(mean, image.header.get_zooms()[:3]), unopened) > 0.85


def test_the_mask_of_a_real_head_is_nilearns_but_for_the_outermost_slices_that_it_loses():
    image = nib.load(Path(data_path) / "example4d.nii.gz")
    mean = np.asfortranarray(image.get_fdata(dtype=np.float32).mean(axis=3))
    theirs, ours = compute_epi_mask(image).get_fdata() > 0, brain_mask(mean, image.header.get_zooms()[:3])
    assert dice(ours[:, :, 2:-2], theirs[:, :, 2:-2]) > 0.99
    assert not theirs[:, :, [0, 1, -2, -1]].any()
    assert dice(ours[:, :, 0], ours[:, :, 2]) > 0.9


def test_a_head_with_its_skull_on_holds_the_brain_and_no_air():
    radius = np.linalg.norm((np.indices((60, 64, 58)).T - (29, 31, 27)).T * 3.0, axis=0)
    head = np.select([radius < 60, radius < 66, radius < 72], [900, 100, 1300], 10).astype(np.float32, order="F")
    mask = brain_mask(head, (3.0, 3.0, 3.0))
    assert mask[radius < 56].all()
    assert not mask[radius > 75].any()


@pytest.mark.parametrize("value", [0, 5, -3])
def test_a_constant_volume_is_masked_as_a_whole(value):
    assert brain_mask(np.full((7, 8, 9), value, np.float32, order="F"), (3.0, 3.0, 3.0)).all()


def test_a_volume_of_one_bright_voxel_is_masked_as_a_whole():
    volume = np.zeros((17, 18, 19), np.float32, order="F")
    volume[5, 6, 7] = 100
    assert brain_mask(volume, (3.0, 3.0, 3.0)).all()


def test_the_clip_level_is_half_the_median_of_what_exceeds_it():
    values = np.random.default_rng(2).gamma(2, 100, 4000).astype(np.float32)
    level = _clip_level(values)
    assert level == pytest.approx(0.5 * np.median(values[values >= level]), rel=1e-3)


@pytest.mark.parametrize("share", [0.2, 0.35, 0.6])
def test_pieces_and_holes_are_those_of_scipy(share):
    mask = np.asfortranarray(np.random.default_rng(int(share * 100)).random((13, 17, 11)) < share)
    labels, pieces = ndimage.label(mask)
    sizes = ndimage.sum_labels(mask, labels, range(1, pieces + 1))
    assert _largest(mask).sum() == sizes.max()
    assert len(np.unique(labels[_largest(mask)])) == 1
    np.testing.assert_array_equal(_without_holes(mask), ndimage.binary_fill_holes(mask))
