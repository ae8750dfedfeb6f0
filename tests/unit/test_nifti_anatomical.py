"""A 3D image is shown upright with left on the left, masked, and measured, whatever way its axes run."""

import json
from itertools import permutations, product
from pathlib import Path

import nibabel
import nilearn
import numpy as np
import pytest
from PIL import Image

from scandrop.errors import Rejected
from scandrop.processors import Source
from scandrop.processors.nifti._anatomical import process_anatomical
from scandrop.processors.nifti._bids import entities_of
from scandrop.processors.nifti._header import read_header
from scandrop.processors.nifti._preview import preview
from scandrop.processors.nifti._upright import upright
from scandrop.processors.nifti._warnings import Warned

SHAPE = (40, 50, 33)
VOXEL_MM = (2.0, 1.6, 3.0)
ICBM = Path(nilearn.__file__).parent / "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
SMALL = Path(nibabel.__file__).parent / "tests/data/anatomical.nii"
SOME_ORIENTATIONS = ["RAS", "LAS", "LPI", "PSR", "SAL", "AIR"]


def head(shape=SHAPE):
    """A RAS+ ball on quiet noise, brighter towards the right, the front and the top."""
    right, front, top = (np.linspace(-1, 1, length) for length in shape)
    inside = right[:, None, None] ** 2 + front[:, None] ** 2 + top**2 < 0.6
    bright = 500 + 100 * right[:, None, None] + 60 * front[:, None] + 30 * top
    noise = np.random.default_rng(0).uniform(0, 20, shape)
    return np.where(inside, bright, noise).astype(np.float32)


def image(codes="RAS", data=None):
    """The same head with its axes in another order and direction."""
    upright = nibabel.Nifti1Image(head() if data is None else data, np.diag([*VOXEL_MM, 1]))
    turn = nibabel.orientations.ornt_transform(
        nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(tuple(codes))
    )
    return upright.as_reoriented(turn)


def processed(given, work, name="sub-01_T1w.nii"):
    path = given if isinstance(given, Path) else work / name
    if path != given:
        nibabel.save(given, path)
    warned, made = Warned(), work / "made"
    made.mkdir()
    header = read_header(path, warned, max_run_bytes=2**30, max_volume_voxels=2**26)
    return process_anatomical(Source(path, name), header, made, entities_of(name), warned)


def by_name(result):
    return {derivative.name: derivative.path for derivative in result.derivatives}


def quality(result):
    return json.loads(by_name(result)["sub-01_mod-T1w_qc.json"].read_text())


def panels(picture):
    """The three slices without their margins, at the places where they have tissue."""
    columns = np.flatnonzero((picture > 0).sum(axis=0) > 40)
    return [picture[:, part] for part in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)]


def sides(panel):
    """Mean brightness of the left and right third and of the upper and lower third of what is bright."""
    rows, columns = np.nonzero(panel > 80)
    third = np.ptp(columns) / 3, np.ptp(rows) / 3
    values = panel[rows, columns].astype(float)
    return (
        values[columns < columns.min() + third[0]].mean(),
        values[columns > columns.max() - third[0]].mean(),
        values[rows < rows.min() + third[1]].mean(),
        values[rows > rows.max() - third[1]].mean(),
    )


@pytest.mark.parametrize(
    "codes", ["".join(pick) for order in permutations(["RL", "AP", "SI"]) for pick in product(*order)]
)
def test_the_orientation_is_nibabels(codes):
    assert upright(image(codes).affine).orientation() == codes == "".join(nibabel.aff2axcodes(image(codes).affine))


@pytest.mark.parametrize("codes", SOME_ORIENTATIONS)
def test_the_preview_is_the_same_whatever_way_the_axes_run(codes):
    given, upright = image(codes), image()
    data = np.asarray(given.dataobj)
    expected = preview(head(), upright.affine, head() > 100)
    np.testing.assert_array_equal(preview(data, given.affine, data > 100), expected)


def test_right_front_and_top_are_where_the_preview_says():
    sagittal, coronal, axial = panels(preview(head(), image().affine, head() > 100))
    for panel, (across, up) in ((sagittal, ("front", "top")), (coronal, ("right", "top")), (axial, ("right", "front"))):
        left, right, upper, lower = sides(panel)
        assert right > left, across
        assert upper > lower, up


def test_the_preview_is_in_proportion():
    """The box is 80 x 80 x 99 mm; the ball fills the same share of each."""
    sagittal, coronal, axial = (
        np.argwhere(panel > 80) for panel in panels(preview(head(), image().affine, head() > 100))
    )
    (y_height, y_width), (x_height, x_width), (z_height, z_width) = (
        np.ptp(places, axis=0) for places in (sagittal, coronal, axial)
    )
    assert y_height / y_width == pytest.approx(99 / 80, rel=0.08)
    assert x_height / x_width == pytest.approx(99 / 80, rel=0.08)
    assert z_height / z_width == pytest.approx(80 / 80, rel=0.08)


def test_the_slices_go_through_the_masks_centre():
    volume, mask = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool)
    mask[10:13, 40:45, 5:8] = True
    volume[11, 42, 6] = 1000
    assert all(
        panel.max() > 200 for panel in np.array_split(preview(volume, image().affine, mask)[:, 20:-20], 3, axis=1)
    )


def test_a_few_bright_voxels_do_not_darken_the_rest():
    volume, mask = head(), head() > 100
    usual = preview(volume, image().affine, mask)
    volume[5, 5, 5] = 1e6
    np.testing.assert_allclose(preview(volume, image().affine, mask), usual, atol=2)


@pytest.mark.parametrize("codes", ["RAS", "PSR"])
def test_the_mask_has_the_images_grid_and_covers_the_head(codes, tmp_path):
    given = image(codes)
    mask = nibabel.load(by_name(processed(given, tmp_path))["sub-01_mod-T1w_desc-head_mask.nii.gz"])
    np.testing.assert_allclose(mask.affine, given.affine)
    truth = np.asarray(given.dataobj) > 100
    assert mask.get_data_dtype() == np.uint8
    assert (np.asarray(mask.dataobj).astype(bool) != truth).mean() < 0.01


def test_the_statistics_are_those_of_the_voxels(tmp_path):
    given = image("LPI")
    result = processed(given, tmp_path)
    mask = np.asarray(nibabel.load(by_name(result)["sub-01_mod-T1w_desc-head_mask.nii.gz"]).dataobj).astype(bool)
    data, said = np.asarray(given.dataobj, np.float64), quality(result)
    inside, outside = data[mask], data[~mask]
    assert (said["size_x"], said["size_y"], said["size_z"], said["orientation"]) == (*SHAPE, "LPI")
    expected = {
        **dict(zip(("spacing_x", "spacing_y", "spacing_z"), VOXEL_MM, strict=True)),
        "minimum": data.min(),
        "maximum": data.max(),
        "p05": np.percentile(data, 5),
        "p50": np.percentile(data, 50),
        "p99": np.percentile(data, 99),
        "mask_ml": mask.sum() * np.prod(VOXEL_MM) / 1000,
        "mask_mean": inside.mean(),
        "mask_sd": inside.std(),
        "outside_mean": outside.mean(),
        "outside_sd": outside.std(),
        "snr": np.median(inside) / inside.std(ddof=1),
    }
    assert {name: said[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    assert said["non_finite"] == 0
    assert said["warnings"] == []


def test_every_statistic_is_defined(tmp_path):
    said = quality(processed(image(), tmp_path))
    assert set(said) - {"warnings", "definitions"} == set(said["definitions"])
    assert all(definition["definition"].endswith(".") for definition in said["definitions"].values())


def test_the_files_have_the_names_of_bids_derivatives(tmp_path):
    result = processed(image(), tmp_path)
    assert set(by_name(result)) == {
        "sub-01_mod-T1w_preview.png",
        "sub-01_mod-T1w_desc-head_mask.nii.gz",
        "sub-01_mod-T1w_desc-head_mask.json",
        "sub-01_mod-T1w_qc.json",
        "dataset_description.json",
    }
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(by_name(result))


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("sub-01_T2w.nii", "sub-01_mod-T2w"),
        ("sub-01_FLAIR.nii", "sub-01_mod-FLAIR"),
        ("sub-01_run-1_inv-2_part-mag_MP2RAGE.nii", "sub-01_run-1_mod-MP2RAGE_inv-2_part-mag"),
        ("sub-01_mod-T1w_defacemask.nii", "sub-01_mod-T1w+defacemask"),
        ("sub-01_mod-T2w_defacemask.nii", "sub-01_mod-T2w+defacemask"),
        ("sub-01_desc-preproc_T1w.nii", "sub-01_mod-T1w_desc-preproc"),
        ("sub-01_space-MNI152NLin6Asym_desc-preproc_T1w.nii", "sub-01_mod-T1w_space-MNI152NLin6Asym_desc-preproc"),
        ("sub-01_desc-brain_mask.nii", "sub-01_mod-mask_desc-brain"),
        ("Head of P7.nii", "Head-of-P7"),
    ],
)
def test_images_of_one_person_have_derivatives_of_different_names(tmp_path, name, prefix):
    assert f"{prefix}_qc.json" in by_name(processed(image(), tmp_path, name))


def test_the_mask_of_a_derivative_is_not_called_as_that_of_the_scan(tmp_path):
    assert "sub-01_mod-T1w_desc-preproc+head_mask.nii.gz" in by_name(
        processed(image(), tmp_path, "sub-01_desc-preproc_T1w.nii")
    )


@pytest.mark.parametrize(
    "name",
    [
        "sub-1_desc-brain_mask.nii",
        "sub-1_dseg.nii",
        "sub-1_label-GM_probseg.nii",
        "sub-1_mod-T1w_DefaceMask.nii",
        "mask.nii",
    ],
)
def test_a_segmentation_is_shown_and_neither_masked_nor_measured_with_a_mask(tmp_path, name):
    result = processed(image(data=(head() > 100).astype(np.uint8)), tmp_path, name)
    assert not [made for made in by_name(result) if "head_mask" in made]
    (said,) = (json.loads(path.read_text()) for made, path in by_name(result).items() if made.endswith("qc.json"))
    assert not {"snr", "mask_ml", "mask_mean", "outside_mean"} & (set(said) | set(said["definitions"]))
    assert (said["maximum"], said["size_x"], said["warnings"]) == (1, SHAPE[0], [])
    assert "snr" not in result.metadata
    (shown,) = (path for made, path in by_name(result).items() if made.endswith("preview.png"))
    with Image.open(shown) as picture:
        assert len(panels(np.asarray(picture))) == 3


def test_the_mask_is_called_what_it_is(tmp_path):
    said = json.loads(by_name(processed(image(), tmp_path))["sub-01_mod-T1w_desc-head_mask.json"].read_text())
    assert "the head, or the brain where the skull was stripped before" in said["Description"]
    assert "Type" not in said  # BIDS has none for a head


def test_a_face_may_be_in_any_image(tmp_path):
    assert processed(image(), tmp_path).metadata["recognisable"] is True


def test_the_preview_is_a_png_of_the_size_that_is_told(tmp_path):
    (shown,) = (each for each in processed(image(), tmp_path).derivatives if each.name.endswith("preview.png"))
    with Image.open(shown.path) as picture:
        assert (picture.format, picture.mode) == ("PNG", "L")
        assert picture.size == (shown.details["width"], shown.details["height"])
    assert shown.content_type == "image/png"


def test_voxels_that_are_no_numbers_are_counted_and_told(tmp_path):
    data = head()
    data[1, 2, 3], data[3, 2, 1] = np.nan, np.inf
    said = quality(processed(image(data=data), tmp_path))
    assert said["non_finite"] == 2
    assert [caution["code"] for caution in said["warnings"]] == ["non_finite_voxels"]
    assert said["maximum"] < 1000


def test_an_image_in_which_nothing_stands_out_warns_and_has_nothing_outside(tmp_path):
    data = np.random.default_rng(0).uniform(900, 1000, SHAPE).astype(np.float32)
    said = quality(processed(image(data=data), tmp_path))
    assert [caution["code"] for caution in said["warnings"]] == ["brain_not_found"]
    assert said["outside_mean"] is None
    assert said["outside_sd"] is None


def test_the_greatest_numbers_of_float32_do_not_overflow(tmp_path):
    data = np.where(head() > 100, 3e38, -3e38).astype(np.float32)
    data[0, :, 0] = 0
    said = quality(processed(image(data=data), tmp_path))
    assert said["maximum"] == pytest.approx(3e38)


def test_one_slice_is_shown(tmp_path):
    data = head((40, 50, 3))[:, :, 1:2]
    assert quality(processed(image(data=data), tmp_path))["size_z"] == 1


def test_an_image_of_one_value_is_refused(tmp_path):
    with pytest.raises(Rejected) as refused:
        processed(image(data=np.ones(SHAPE, np.float32)), tmp_path)
    assert refused.value.code == "nifti_constant"


def test_the_same_image_gives_the_same_bytes(tmp_path):
    results = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        results.append(processed(image(), tmp_path / folder))
    one, two = ({name: path.read_bytes() for name, path in by_name(result).items()} for result in results)
    assert one == two


def test_a_real_small_image_is_processed(tmp_path):
    said = quality(processed(SMALL, tmp_path))
    assert (said["size_x"], said["size_y"], said["size_z"], said["orientation"]) == (33, 41, 25, "LAS")


def test_the_icbm152_head_has_the_volume_of_a_brain_and_its_cerebellum_behind(tmp_path):
    result = processed(ICBM, tmp_path)
    assert quality(result)["mask_ml"] == pytest.approx(1880, rel=0.05)
    with Image.open(by_name(result)["sub-01_mod-T1w_preview.png"]) as picture:
        sagittal = np.asarray(picture)[:, 20:320]
    lower = sagittal[sagittal.shape[0] * 2 // 3 :]
    assert (lower[:, :150] > 50).sum() > 2 * (lower[:, 150:] > 50).sum()
