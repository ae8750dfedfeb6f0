"""Smoothing is nilearn's, on every shape a run may have."""

from concurrent.futures import ThreadPoolExecutor

import nibabel
import numpy as np
import pytest
from nilearn.image import smooth_img

from scandrop.processors.nifti._smooth import Smoother


def noise(shape, seed=0):
    volume = np.random.default_rng(seed).gamma(2, 400, shape)
    return np.asfortranarray(volume, dtype=np.float32)


def by_nilearn(volume, voxel_mm, fwhm_mm):
    image = nibabel.Nifti1Image(volume, np.diag([*voxel_mm, 1]))
    return np.asarray(smooth_img(image, fwhm_mm).dataobj)


@pytest.mark.parametrize(
    ("shape", "voxel_mm", "fwhm_mm"),
    [
        ((7, 8, 9), (3.0, 3.0, 3.0), 6.0),
        ((31, 17, 12), (2.0, 2.5, 4.0), 6.0),  # a kernel of its own along each axis
        ((12, 13, 1), (3.0, 3.0, 5.0), 8.0),
        ((12, 13, 2), (3.0, 3.0, 1.0), 8.0),  # the kernel is wider than the axis, and mirrored several times
        ((5, 6, 4), (0.8, 0.8, 0.8), 12.0),
        ((9, 7, 8), (3.0, 3.0, 3.0), 0.3),  # a kernel of one voxel
    ],
)
def test_smoothing_equals_nilearns(shape, voxel_mm, fwhm_mm):
    volume = noise(shape)
    smoothed = Smoother(shape, voxel_mm, fwhm_mm).smooth(volume)
    np.testing.assert_allclose(smoothed, by_nilearn(volume, voxel_mm, fwhm_mm), rtol=1e-6)
    assert smoothed.dtype == np.float32
    assert smoothed.flags.f_contiguous


def test_a_volume_in_c_order_gives_the_same():
    volume, smoother = noise((7, 8, 9)), Smoother((7, 8, 9), (3, 3, 3), 6)
    np.testing.assert_array_equal(smoother.smooth(np.ascontiguousarray(volume)), smoother.smooth(volume))


def test_a_constant_volume_stays_constant_up_to_its_border():
    volume = np.full((7, 8, 9), 500, np.float32, order="F")
    np.testing.assert_allclose(Smoother((7, 8, 9), (3, 2, 4), 9).smooth(volume), 500, rtol=1e-6)


def test_the_input_is_not_changed():
    volume = noise((7, 8, 9))
    before = volume.copy()
    Smoother((7, 8, 9), (3, 3, 3), 6).smooth(volume)
    np.testing.assert_array_equal(volume, before)


def test_threads_that_share_a_smoother_get_what_one_gets():
    smoother = Smoother((17, 18, 19), (3, 3, 3), 6)
    run = [noise((17, 18, 19), seed) for seed in range(16)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(smoother.smooth, run))
    for alone, shared in zip(map(smoother.smooth, run), together, strict=True):
        np.testing.assert_array_equal(alone, shared)
