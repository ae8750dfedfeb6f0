"""How an image's values are spread, as the ledger is told."""

import numpy as np
import pytest
from image_samples import Derived, encode, photo, png_16, tiff
from PIL import Image

RANDOM = np.random.default_rng(3)


def spread(tmp_path, data):
    found = Derived(tmp_path, data).metadata["histogram"]
    assert len(found["counts"]) == 64
    return found["lowest"], found["highest"], np.array(found["counts"])


def expected(values, low, high):
    return np.histogram(values, 64, (low, high))[0]


def test_eight_bits_are_counted_over_their_whole_range(tmp_path):
    image = photo("camera.png", mode="L").point(lambda value: value // 2)
    low, high, counts = spread(tmp_path, encode(image, "PNG"))
    assert (low, high) == (0, 255)
    assert not counts[32:].any()
    shares = expected(np.asarray(image), 0, 256) / (image.width * image.height)
    assert counts / counts.sum() == pytest.approx(shares, abs=0.005)


RAMP = np.linspace(1000, 5000, 200 * 200).reshape(200, 200).astype(np.uint16)


@pytest.mark.parametrize(
    ("data", "black", "white"),
    [
        (encode(Image.linear_gradient("L").point(lambda value: 50 + value // 2), "PNG"), 0, 255),
        (png_16(RAMP), 1020, 4980),
        (tiff((RAMP / 1000).astype(np.float32)), 1.02, 4.98),
    ],
)
def test_the_window_is_what_the_pictures_show_as_black_and_as_white(tmp_path, data, black, white):
    assert Derived(tmp_path, data).metadata["window"] == pytest.approx([black, white], rel=0.01)


def test_colour_is_counted_by_its_luminance(tmp_path):
    image = photo(size=(64, 48), mode="RGB")
    counts = spread(tmp_path, encode(image, "PNG"))[2]
    assert counts.tolist() == expected(np.asarray(image.convert("L")), 0, 256).tolist()


def test_what_is_transparent_is_counted_as_the_white_that_it_lies_on(tmp_path):
    counts = spread(tmp_path, encode(Image.new("RGBA", (8, 6), (9, 9, 9, 0)), "PNG"))[2]
    assert (counts[63], counts.sum()) == (48, 48)


def test_deep_gray_is_counted_from_its_own_lowest_to_its_highest(tmp_path):
    samples = RANDOM.integers(1000, 4096, (32, 24), dtype=np.uint16)
    low, high, counts = spread(tmp_path, png_16(samples))
    assert (low, high) == (samples.min(), samples.max())
    assert np.abs(counts - expected(samples, low, high)).max() <= 1


def test_deep_colour_is_counted_by_its_luminance(tmp_path):
    samples = np.zeros((8, 6, 3), np.uint16)
    samples[:4] = (0, 50_000, 0)
    low, high, counts = spread(tmp_path, png_16(samples))
    assert (low, high) == (0, pytest.approx(0.587 * 50_000, rel=1e-4))
    assert (counts[0], counts[63]) == (24, 24)


def test_floats_are_counted_in_their_own_units(tmp_path):
    samples = RANDOM.normal(40, 900, (16, 16)).astype(np.float32)
    low, high, counts = spread(tmp_path, tiff(samples))
    assert (low, high) == pytest.approx((samples.min(), samples.max()), rel=1e-4)
    assert np.abs(counts - expected(samples, samples.min(), samples.max())).max() <= 1


def test_one_value_everywhere_is_one_bin(tmp_path):
    low, high, counts = spread(tmp_path, png_16(np.full((5, 7), 300, np.uint16)))
    assert low == high == 300
    assert np.count_nonzero(counts) == 1


def test_a_large_image_is_sampled(tmp_path):
    counts = spread(tmp_path, encode(Image.new("L", (3000, 2000), 128), "PNG"))[2]
    assert counts[32] == counts.sum() < 110_000
