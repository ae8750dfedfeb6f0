import io

import numpy as np
import pytest
from PIL import Image

from scandrop.processors.nifti._report._png import png


@pytest.mark.parametrize(("shape", "mode"), [((7, 9), "L"), ((7, 9, 3), "RGB"), ((7, 9, 4), "RGBA")])
def test_a_png_decodes_to_the_pixels_it_was_made_of(shape, mode):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    image = Image.open(io.BytesIO(png(pixels)))
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("samples", [3, 4])
def test_a_palette_png_shows_the_colours_of_its_entries(samples):
    rng = np.random.default_rng(2)
    entries, palette = rng.integers(0, 11, (7, 9), np.uint8), rng.integers(0, 256, (11, samples), np.uint8)
    image = Image.open(io.BytesIO(png(entries, palette)))
    assert image.mode == "P"
    np.testing.assert_array_equal(np.asarray(image.convert("RGBA"))[..., :samples], palette[entries])


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((0, 9), np.uint8), np.zeros((7, 9), np.float32), np.zeros((7, 9, 2), np.uint8), np.zeros(9, np.uint8)],
    ids=["empty", "not bytes", "two layers", "one row"],
)
def test_pixels_that_a_png_cannot_hold_are_a_value_error(pixels):
    with pytest.raises(ValueError, match="pixels must be uint8"):
        png(pixels)
