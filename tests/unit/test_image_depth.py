"""16-bit, integer and float images keep their range."""

import numpy as np
import pytest
from image_samples import PHOTOS, Derived, png_16, psnr, read_png_16, read_tiff, tiff
from PIL import Image

from scandrop.errors import Rejected

RANDOM = np.random.default_rng(7)
WHOLE = {"model_px": 16, "half_percent": 100}  # nothing is resampled, so that values compare exactly


def noise(dtype, *bands, low=None, high=None):
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        low, high = (limits.min if low is None else low), (limits.max if high is None else high)
        return RANDOM.integers(low, high, (16, 16, *bands), dtype=dtype, endpoint=True)
    return RANDOM.normal(40, 900, (16, 16, *bands)).astype(dtype)


def opaque(samples):
    if samples.ndim == 3 and samples.shape[2] in (2, 4):
        samples[..., -1] = 65_535
    return samples


@pytest.mark.parametrize(
    ("write", "bands"),
    [
        (png_16, ()),
        (png_16, (2,)),
        (png_16, (3,)),
        (png_16, (4,)),
        (tiff, ()),
        (tiff, (2,)),
        (tiff, (3,)),
        (tiff, (4,)),
    ],
)
def test_all_16_bits_of_gray_and_colour_arrive(tmp_path, write, bands):
    samples = opaque(noise(np.uint16, *bands))
    derived = Derived(tmp_path, write(samples), **WHOLE)
    colour = samples if samples.ndim == 2 else samples[..., : {2: 1, 3: 3, 4: 3}[samples.shape[2]]].squeeze()
    assert np.abs(derived.model["image"] - colour / 65_535).max() < 2e-7
    assert list(derived.model["value_range"]) == [0, 65_535]
    assert derived.metadata["bits"] == 16
    half = derived.path("half")
    kept = read_png_16(half) if write is png_16 else read_tiff(half)
    assert np.array_equal(kept, samples)
    assert derived.details[half.name]["bits"] == 16


@pytest.mark.parametrize("bands", [(), (2,), (3,), (4,)])
def test_the_half_of_a_16_bit_png_is_a_png_that_opens(tmp_path, bands):
    derived = Derived(tmp_path, png_16(noise(np.uint16, *bands)))
    assert derived.image("half.png").size == (8, 8)
    (tmp_path / "again").mkdir()
    again = Derived(tmp_path / "again", derived.path("half").read_bytes())
    assert again.metadata["bits"] == 16
    assert again.metadata["alpha"] == (bands in ((2,), (4,)))


@pytest.mark.parametrize(("bands", "transparent"), [((), 258), ((3,), (258, 772, 3_000))])
def test_the_colour_that_a_16_bit_png_calls_transparent_is(tmp_path, bands, transparent):
    samples = noise(np.uint16, *bands, low=10_000)
    samples[2, 3] = transparent
    samples[5, 7] = np.add(transparent, 1)  # differs in the low bytes only
    derived = Derived(tmp_path, png_16(samples, np.ravel(transparent)), **WHOLE)
    alpha = np.full((16, 16), 65_535)
    alpha[2, 3] = 0
    half = read_png_16(derived.path("half"))
    assert derived.metadata["alpha"] is True
    assert np.array_equal(half[..., -1], alpha)
    assert np.array_equal(half[alpha > 0][..., :-1].squeeze(), samples[alpha > 0])


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64])
def test_any_byte_order_and_compression_gives_the_true_values(tmp_path, dtype, big_endian, deflate):
    samples = noise(dtype)
    derived = Derived(tmp_path, tiff(samples, big_endian=big_endian, deflate=deflate), **WHOLE)
    low, high = derived.model["value_range"]
    in_units = derived.model["image"] * (high - low) + low
    assert np.abs(in_units - samples).max() <= (high - low) * 2e-7
    assert np.abs(read_tiff(derived.path("half")) - samples.astype(float)).max() <= (high - low) * 2e-7


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32, np.float32, np.float64])
def test_signed_and_32_bit_values_are_scaled_from_their_minimum_to_their_maximum(tmp_path, dtype):
    samples = noise(dtype)
    model = Derived(tmp_path, tiff(samples), **WHOLE).model
    assert model["value_range"] == pytest.approx([samples.min(), samples.max()])
    assert (model["image"].min(), model["image"].max()) == (0, 1)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_where_zero_is_white_the_values_are_inverted(tmp_path, dtype, big_endian):
    samples = noise(dtype)
    derived = Derived(tmp_path, tiff(samples, photometric=0, big_endian=big_endian), **WHOLE)
    assert np.array_equal(read_tiff(derived.path("half")), np.iinfo(dtype).max - samples)


@pytest.mark.parametrize("deflate", [False, True])
def test_8_bit_colour_in_separate_planes_is_read_truly(tmp_path, deflate):
    samples = noise(np.uint8, 3)
    derived = Derived(tmp_path, tiff(samples, separate=True, deflate=deflate), **WHOLE)
    assert np.array_equal(read_tiff(derived.path("half")), samples)


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("big_endian", [False, True])
def test_16_bit_gray_with_alpha_is_read_in_any_byte_order(tmp_path, big_endian, deflate):
    samples = opaque(noise(np.uint16, 2))
    derived = Derived(tmp_path, tiff(samples, big_endian=big_endian, deflate=deflate), **WHOLE)
    assert np.array_equal(read_tiff(derived.path("half")), samples)


@pytest.mark.parametrize(
    ("data", "layout"),
    [
        (tiff(noise(np.int8)), "gray of 1 x 8-bit signed integers"),
        (tiff(noise(np.float16)), "gray of 1 x 16-bit floats"),
        (tiff(noise(np.float32, 3)), "RGB of 3 x 32-bit floats"),
        (tiff(noise(np.uint64)), "gray of 1 x 64-bit unsigned integers"),
        (tiff(noise(np.uint16, 3), separate=True), "RGB of 3 x 16-bit unsigned integers in separate planes"),
        (tiff(noise(np.uint16, 3), separate=True, deflate=True), "RGB of 3 x 16-bit unsigned integers in separate"),
        (tiff(noise(np.uint8), extra_tags=[(259, [33005])]), "compressed as JPEG 2000"),
        ((PHOTOS / "multipage_rgb.tif").read_bytes(), "RGB of 3 x 64-bit floats in separate planes"),
    ],
)
def test_a_whole_tiff_that_the_lane_does_not_read_is_called_so_and_not_damaged(tmp_path, data, layout):
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, data)
    assert rejected.value.code == "image_unsupported"
    assert layout in str(rejected.value)


def test_separate_planes_are_not_read_wrongly_when_a_depth_too_many_is_told(tmp_path):
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, tiff(noise(np.uint16, 3), separate=True, extra_tags=[(258, [16, 16, 16, 8])]))
    assert rejected.value.code == "image_unreadable"


@pytest.mark.parametrize("tag", [(258, [37]), (339, [77]), (262, [5_000]), (259, [60_000])])
def test_a_tiff_with_tags_outside_the_standard_is_unreadable(tmp_path, tag):
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, tiff(noise(np.uint8), extra_tags=[tag]))
    assert rejected.value.code == "image_unreadable"


def test_values_that_are_not_finite_become_the_minimum_and_are_counted(tmp_path):
    samples = noise(np.float32)
    samples[0, 0], samples[0, 1], samples[5, 5] = np.nan, np.inf, -np.inf
    finite = samples[np.isfinite(samples)]
    derived = Derived(tmp_path, tiff(samples), **WHOLE)
    assert derived.metadata["nonfinite_pixels"] == 3
    assert derived.model["value_range"] == pytest.approx([finite.min(), finite.max()])
    assert derived.model["image"][[0, 0, 5], [0, 1, 5]].tolist() == [0, 0, 0]
    assert np.isfinite(read_tiff(derived.path("half"))).all()


def test_an_image_without_a_finite_value_is_rejected(tmp_path):
    with pytest.raises(Rejected, match="has no finite value"):
        Derived(tmp_path, tiff(np.full((4, 4), np.nan, np.float32)))


@pytest.mark.parametrize("value", [0.0, -5.5, 3.4e38])
def test_a_constant_float_image_is_all_zero_and_tells_its_value(tmp_path, value):
    model = Derived(tmp_path, tiff(np.full((20, 30), value, np.float32))).model
    assert not model["image"].any()
    assert model["value_range"] == pytest.approx([value, value])


def test_the_largest_floats_do_not_overflow(tmp_path):
    samples = np.tile(np.array([-3.4e38, 3.4e38], np.float32), (16, 8))
    derived = Derived(tmp_path, tiff(samples), **WHOLE)
    assert set(np.unique(derived.model["image"])) == {0, 1}
    assert np.isfinite(read_tiff(derived.path("half"))).all()


def test_resampling_rings_neither_past_the_range_nor_around_it(tmp_path):
    edges = np.zeros((64, 64), np.float32)
    edges[:, 32:] = 1
    derived = Derived(tmp_path, tiff(edges), model_px=48)
    half = read_tiff(derived.path("half"))
    assert (derived.model["image"].min(), derived.model["image"].max()) == (0, 1)
    assert (half.min(), half.max()) == (0, 1)


@pytest.mark.parametrize("bands", [(), (3,), (4,)])
def test_deep_images_are_resampled_as_well_as_numpy_would(tmp_path, bands):
    ramp = np.linspace(0, 65_535, 64)
    samples = np.broadcast_to(ramp[:, None] * 0.5 + ramp[None, :] * 0.5, (64, 64))
    samples = opaque(np.repeat(samples[..., None], bands[0], axis=2) if bands else samples.copy()).astype(np.uint16)
    half = read_tiff(Derived(tmp_path, tiff(samples)).path("half"))
    means = samples.reshape(32, 2, 32, 2, *bands).mean((1, 3))
    assert psnr(half, means, peak=65_535) > 55


def test_a_deep_scan_is_seen_through_a_window_and_its_hot_pixels_do_not_darken_it(tmp_path):
    scan = (1_000 + 2_000 * np.random.default_rng(1).random((300, 400))).astype(np.uint16)
    scan[::50, ::50] = 65_535
    derived = Derived(tmp_path, png_16(scan))
    assert derived.array("preview").std() > 40
    assert abs(derived.array("web").mean() - 127) < 25


def test_12_bit_colour_in_a_16_bit_file_is_not_black(tmp_path):
    derived = Derived(tmp_path, png_16(noise(np.uint16, 3, high=4_095)), model_px=16)
    assert abs(derived.array("preview").mean() - 127) < 10
    assert derived.model["image"].max() < 0.0626


def test_16_bit_colour_over_the_full_range_keeps_its_look(tmp_path):
    samples = noise(np.uint16, 3)
    assert np.abs(Derived(tmp_path, png_16(samples)).array("preview.png") - samples / 257).max() < 1


def test_the_model_picture_of_a_deep_gray_image_has_16_bits(tmp_path):
    samples = noise(np.uint16)
    derived = Derived(tmp_path, png_16(samples), **WHOLE)
    assert np.array_equal(derived.array("model.png"), samples)


def test_a_deep_image_with_hidden_colour_lends_none_to_its_neighbours(tmp_path):
    samples = np.zeros((64, 64, 4), np.uint16)
    samples[..., 1] = 65_535
    samples[:, :33] = (65_535, 0, 0, 65_535)
    half = read_png_16(Derived(tmp_path, png_16(samples)).path("half"))
    assert half[..., 1][half[..., 3] > 600].max() == 0


def test_a_deep_image_larger_than_a_strip_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("scandrop.pictures.raster.STRIP_PIXELS", 40)
    for writer in ("_png_writer", "_tiff_writer"):
        monkeypatch.setattr(f"scandrop.processors.image.{writer}.STRIP_BYTES", 100)
    (tmp_path / "png").mkdir()
    samples = noise(np.uint16, 3)
    assert np.array_equal(read_png_16(Derived(tmp_path / "png", png_16(samples), **WHOLE).path("half")), samples)
    for index, samples in enumerate([noise(np.uint16, 3), noise(np.float32), noise(np.uint32), noise(np.uint8, 3)]):
        (tmp_path / str(index)).mkdir()
        derived = Derived(tmp_path / str(index), tiff(samples), **WHOLE)
        assert np.allclose(read_tiff(derived.path("half")), samples, rtol=3e-7, atol=1e-3)
        if samples.dtype == np.uint8:
            assert np.array_equal(derived.array("half"), samples)


def test_pillow_reads_the_tiff_as_the_standard_says(tmp_path):
    samples = noise(np.uint16)
    derived = Derived(tmp_path, tiff(samples), **WHOLE)
    assert np.array_equal(derived.array("half.tiff"), samples)
    with Image.open(derived.path("half")) as image:
        assert image.mode == "I;16"
