"""Regions come from a label image where it fits the run, and else from a grid of equal, compact parts."""

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_to_img

from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._regions import choose_regions, write_regions
from scandrop.processors.nifti._warnings import Warned

SHAPE = (17, 19, 13)
RUN = np.array(
    [[-3.0, 0, 0, 24], [0, 3.2, 0.4, -30], [0, -0.4, 3.5, -20], [0, 0, 0, 1]]
)  # oblique, x from right to left


def ball(shape=SHAPE):
    grid = np.indices(shape).T / (np.array(shape) - 1) * 2 - 1
    return (np.square(grid).sum(axis=-1) < 1).T


def world(mask, affine=RUN):
    return np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]


def save(path, labels, affine=RUN):
    image = nibabel.Nifti1Image(labels, affine)
    nibabel.save(image, path)
    return path


def chosen(parcellation=None, mask=None, **settings):
    warned = Warned()
    regions = choose_regions(ball() if mask is None else mask, RUN, parcellation, Settings(**settings), warned)
    return regions, [caution.code for caution in warned]


def atlas(shape=(31, 33, 29), spacing_mm=2.0):
    """Slabs from bottom to top with values that leave gaps, on a finer grid that is turned against the run's."""
    affine = np.diag([spacing_mm, -spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = (
        world(ball()).mean(axis=0) - affine[:3, :3] @ np.array(shape) / 2 + 0.123
    )  # no voxel lies between two
    labels = np.zeros(shape, np.int16)
    labels[:] = np.array([0, 3, 17, 400])[np.arange(shape[2]) * 4 // shape[2]]
    return labels, affine


@pytest.mark.parametrize("count", [2, 7, 100])
def test_a_grid_has_the_wanted_number_of_equal_regions_that_fill_the_mask(count):
    regions, codes = chosen(grid_regions=count)
    assert regions.count == count
    assert np.ptp(regions.voxels) <= 1
    np.testing.assert_array_equal(regions.labels > 0, ball())
    np.testing.assert_array_equal(np.bincount(regions.labels.ravel())[1:], regions.voxels)
    assert not regions.from_parcellation
    assert codes == []


def test_the_first_regions_of_a_grid_are_left_and_the_others_right():
    regions, _ = chosen(grid_regions=20)
    left, right = np.split(regions.centroids_mm[:, 0], 2)
    assert left.max() < right.min()


def test_the_regions_of_a_grid_are_almost_as_compact_as_balls():
    regions, _ = chosen(grid_regions=24)
    voxel_mm3 = abs(np.linalg.det(RUN))
    spreads = []
    for number, centroid in enumerate(regions.centroids_mm, 1):
        points = world(regions.labels == number)
        ball_mm = (len(points) * voxel_mm3 * 3 / 4 / np.pi) ** (1 / 3)
        spreads.append(np.sqrt(np.square(points - centroid).sum(axis=1).mean() / (0.6 * ball_mm**2)))
    assert np.mean(spreads) < 1.2
    assert max(spreads) < 1.5


def test_a_grid_over_few_voxels_has_a_region_for_each():
    mask = np.zeros(SHAPE, bool)
    mask[3:5, 4, 5] = mask[7, 8, 9] = True
    regions, _ = chosen(mask=mask)
    np.testing.assert_array_equal(regions.voxels, [1, 1, 1])


def test_an_empty_mask_has_no_regions():
    regions, _ = chosen(mask=np.zeros(SHAPE, bool))
    assert regions.count == 0
    assert regions.centroids_mm.shape == (0, 3)


def test_centroids_are_world_points():
    regions, _ = chosen(grid_regions=9)
    for number, centroid in enumerate(regions.centroids_mm, 1):
        np.testing.assert_allclose(world(regions.labels == number).mean(axis=0), centroid)


def test_a_label_image_is_taken_by_nearest_neighbour_as_in_nilearn(tmp_path):
    labels, affine = atlas()
    rng = np.random.default_rng(0)
    labels[:] = rng.choice([0, 3, 17, 400], labels.shape)
    regions, _ = chosen(save(tmp_path / "atlas.nii.gz", labels, affine))
    target = nibabel.Nifti1Image(ball().astype(np.uint8), RUN)
    moved = resample_to_img(nibabel.Nifti1Image(labels, affine), target, interpolation="nearest")
    expected = np.asarray(moved.dataobj) * ball()
    np.testing.assert_array_equal(np.array([0, 3, 17, 400])[regions.labels], expected)
    assert regions.labels.flags.f_contiguous


def test_the_regions_of_a_label_image_keep_its_order_and_name_its_values(tmp_path):
    regions, codes = chosen(save(tmp_path / "atlas.nii.gz", *atlas()))
    assert regions.names == ("label-3", "label-17", "label-400")
    assert (np.diff(regions.centroids_mm[:, 2]) > 0).all()
    assert regions.from_parcellation
    assert codes == []


def test_a_label_image_without_background_numbers_its_regions_from_one(tmp_path):
    labels, affine = atlas((61, 63, 61))
    regions, _ = chosen(save(tmp_path / "atlas.nii", np.where(labels == 0, 5, labels), affine))
    assert regions.labels[ball()].min() == 1
    assert regions.labels.max() == regions.count == len(regions.voxels)


def test_regions_outside_the_brain_are_left_out_with_a_warning(tmp_path):
    labels, affine = atlas()
    labels[0, 0, 0] = 9
    regions, codes = chosen(save(tmp_path / "atlas.nii", labels, affine))
    assert "label-9" not in regions.names
    assert codes == ["parcellation_regions_outside"]


def test_a_label_image_over_a_corner_of_the_brain_warns(tmp_path):
    labels, affine = atlas((31, 33, 29), spacing_mm=0.7)
    labels[labels == 0] = 3
    regions, codes = chosen(save(tmp_path / "atlas.nii", labels, affine))
    assert regions.from_parcellation
    assert codes == ["parcellation_covers_little"]


def elsewhere(path):
    labels, affine = atlas()
    affine[:3, 3] += 500
    return save(path, labels, affine)


def one_region(path):
    labels, affine = atlas()
    return save(path, (labels > 0).astype(np.uint8), affine)


def fractions(path):
    labels, affine = atlas()
    return save(path, labels.astype(np.float32) + 0.5, affine)


def negatives(path):
    labels, affine = atlas()
    return save(path, labels - np.int16(5), affine)


def too_large_labels(path):
    labels, affine = atlas()
    return save(path, labels.astype(np.int32) + 2**24, affine)


def run(path):
    labels, affine = atlas()
    return save(path, np.stack([labels, labels], axis=3), affine)


def unoriented(path):
    image = nibabel.Nifti1Image(atlas()[0], None)
    image.header.set_qform(None, 0)
    nibabel.save(image, path)
    return path


def cut_off(path):
    save(path, *atlas())
    path.write_bytes(path.read_bytes()[:-5000])
    return path


def empty(path):
    path.write_bytes(b"")
    return path


def text(path):
    path.write_bytes(b"index\tname\n" * 100)
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (elsewhere, "parcellation_unfit"),
        (one_region, "parcellation_unfit"),
        (fractions, "parcellation_unusable"),
        (negatives, "parcellation_unusable"),
        (too_large_labels, "parcellation_unusable"),
        (run, "parcellation_unusable"),
        (unoriented, "parcellation_unusable"),
        (cut_off, "parcellation_unusable"),
        (empty, "parcellation_unusable"),
        (text, "parcellation_unusable"),
    ],
)
def test_a_label_image_of_no_use_gives_way_to_the_grid_with_a_warning(make, code, tmp_path):
    regions, codes = chosen(make(tmp_path / "atlas.nii"), grid_regions=10)
    assert regions.count == 10
    assert regions.names[0] == "grid-001"
    assert not regions.from_parcellation
    assert codes == [code]


def test_more_regions_than_a_matrix_can_show_give_way_to_the_grid(tmp_path):
    mask = np.ones((20, 21, 12), bool)
    labels = np.arange(1, mask.size + 1, dtype=np.int32).reshape(mask.shape)
    regions, codes = chosen(save(tmp_path / "atlas.nii", labels), mask=mask, grid_regions=10)
    assert regions.count == 10
    assert codes == ["parcellation_unfit"]


def test_the_table_lists_each_region_with_its_size_and_place(tmp_path):
    regions, _ = chosen(save(tmp_path / "atlas.nii", *atlas()))
    write_regions(regions, tmp_path / "dseg.tsv")
    header, *rows = [line.split("\t") for line in (tmp_path / "dseg.tsv").read_text().splitlines()]
    assert header == ["index", "name", "voxels", "x_mm", "y_mm", "z_mm"]
    assert [row[:2] for row in rows] == [["1", "label-3"], ["2", "label-17"], ["3", "label-400"]]
    assert [int(row[2]) for row in rows] == regions.voxels.tolist()
    np.testing.assert_allclose(np.array([row[3:] for row in rows], float), regions.centroids_mm, atol=0.005)
