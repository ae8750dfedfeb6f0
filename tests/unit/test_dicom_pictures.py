import tracemalloc

import numpy as np
import pytest
from dicom_pixels import compressed, made
from dicom_shown import displayed, file_of, item, pixels_of, real_file
from openjpeg.utils import encode_array
from PIL import Image
from pydicom.dataset import Dataset

from scandrop.processors import Derivative
from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dataset import File
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._picture import averaged, pictures
from scandrop.processors.dicom._warnings import Warned

JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"


@pytest.fixture
def picture(tmp_path):
    """Makes the pictures of an object, and opens them."""

    def make(source: Dataset | File, **settings: object) -> dict[str, object]:
        file, warned = source if isinstance(source, File) else file_of(source), Warned()
        made = pictures(file, pixels_of(file, **settings), Settings(**settings), tmp_path, warned)
        with np.load(tmp_path / "model.npz") as arrays:
            opened = dict(arrays)
        for name in ("model", "preview"):
            with Image.open(tmp_path / f"{name}.png") as image:
                opened[f"{name}.png"] = np.asarray(image)
        codes = [caution.code for caution in warned]
        return opened | {
            "derivatives": made.derivatives,
            "window": made.window,
            "histogram": made.histogram,
            "warnings": codes,
        }

    return make


def psnr(picture: np.ndarray, expected: np.ndarray) -> float:
    return float(10 * np.log10(1 / np.mean((picture.astype(np.float64) - expected) ** 2)))


def content(opened: dict[str, object]) -> np.ndarray:
    top, left, height, width = opened["content_box"]
    return opened["image"][..., top : top + height, left : left + width]


def test_gray_becomes_a_float_square_a_picture_of_16_bits_and_a_preview_of_8(picture):
    opened = picture(made(np.arange(40 * 30, dtype=np.int16).reshape(40, 30) - 600, WindowCenter=0, WindowWidth=600))
    assert (opened["image"].shape, opened["image"].dtype) == ((224, 224), np.float32)
    assert opened["content_box"].tolist() == [0, 28, 224, 168]
    assert opened["value_range"].tolist() == [-300, 299]
    assert (opened["model.png"].dtype, opened["preview.png"].dtype) == (np.uint16, np.uint8)
    np.testing.assert_allclose(opened["model.png"] / 65_535, opened["image"], atol=1 / 65_535)
    assert opened["preview.png"].shape == (40, 30)
    assert opened["window"] == (0, 600)


def test_each_derivative_is_told_of(picture):
    opened = picture(made(np.zeros((300, 600), np.uint16), WindowCenter=0, WindowWidth=600))
    told = {
        derivative.name: (derivative.content_type, dict(derivative.details)) for derivative in opened["derivatives"]
    }
    assert all(isinstance(derivative, Derivative) for derivative in opened["derivatives"])
    assert told == {
        "preview.png": ("image/png", {"format": "PNG", "width": 512, "height": 256}),
        "model.npz": ("application/zip", {"format": "NPZ", "width": 224, "height": 224, "channels": 1, "bits": 32}),
        "model.png": ("image/png", {"format": "PNG", "width": 224, "height": 224, "bits": 16}),
    }


def test_a_value_is_windowed_before_it_is_averaged_with_its_neighbours(picture):
    checks = np.indices((600, 800)).sum(axis=0) % 2 * np.uint16(4000)
    opened = picture(made(checks, WindowCenter=1000.5, WindowWidth=1001))
    assert content(opened).mean() == pytest.approx(0.5, abs=1e-3)  # the mean of the values would be white


@pytest.mark.parametrize("name", ["RG1_UNCR.dcm", "RG3_UNCR.dcm"])
def test_a_large_frame_looks_as_if_it_were_filtered_at_once(picture, name):
    file = real_file(name)
    display, frame, _ = displayed(file)
    opened = picture(file)
    height, width = content(opened).shape
    plain = Image.fromarray(display(frame.values)).resize((width, height), Image.Resampling.LANCZOS)
    assert psnr(content(opened), np.clip(np.asarray(plain), 0, 1)) > 50


def test_edges_that_no_whole_block_reaches_keep_their_place():
    values = np.arange(23 * 17, dtype=np.float32).reshape(23, 17)
    means = averaged(values, lambda strip: strip, 5, 4)
    assert means.shape == (5, 5)
    expected = [[values[top : top + 5, left : left + 4].mean() for left in range(0, 17, 4)] for top in range(0, 23, 5)]
    np.testing.assert_allclose(means, expected, rtol=1e-6)


def test_strips_make_no_difference(monkeypatch):
    values = np.random.default_rng(3).random((230, 170), np.float32)
    whole = averaged(values, lambda strip: strip, 5, 4)
    monkeypatch.setattr("scandrop.processors.dicom._picture.STRIP_PIXELS", 2_000)
    np.testing.assert_array_equal(averaged(values, lambda strip: strip, 5, 4), whole)


def test_an_object_without_a_window_is_stretched_for_the_eye_alone(picture):
    values = np.full((60, 50), 1000, np.uint16)
    values[:, 25:] = 1200
    values[0, 0], values[0, 1] = 0, 4000
    opened = picture(made(values))
    assert opened["value_range"].tolist() == [0, 4000]
    assert content(opened)[200, 30] == pytest.approx(0.25, abs=1e-3)
    assert opened["preview.png"][40, [10, 40]].tolist() == [0, 255]
    assert opened["warnings"] == ["dicom_window_from_pixels"]


def test_the_preview_of_an_inverted_image_without_a_window_is_stretched_too(picture):
    values = np.full((60, 50), 1000, np.uint16)
    values[:, 25:] = 1200
    values[0, 0], values[0, 1] = 0, 4000
    opened = picture(made(values, PhotometricInterpretation="MONOCHROME1"))
    assert opened["preview.png"][40, [10, 40]].tolist() == [255, 0]
    assert opened["value_range"].tolist() == [4000, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_keeps_its_colours(picture, dtype):
    full = np.iinfo(dtype).max
    values = np.zeros((30, 44, 3), dtype)
    values[:, :22, 0], values[:, 22:, 2] = full, full // 5
    opened = picture(made(values))
    assert opened["image"].shape == (224, 224, 3)
    assert opened["value_range"].tolist() == [0, full]
    np.testing.assert_allclose(opened["image"][112, [30, 190]], [[1, 0, 0], [0, 0, 0.2]], atol=1e-3)
    assert opened["model.png"].dtype == np.uint8
    assert opened["preview.png"][15, [5, 40]].tolist() == [[255, 0, 0], [0, 0, 51]]
    assert opened["window"] is None


@pytest.mark.parametrize(
    "stated", [{"PixelSpacing": [3.0, 1.5]}, {"PixelAspectRatio": [2, 1]}, {"ImagerPixelSpacing": [0.2, 0.1]}]
)
def test_pixels_that_are_not_square_are_shown_square(picture, stated):
    opened = picture(made(np.zeros((30, 80), np.uint8), **stated))
    assert opened["content_box"].tolist() == [28, 0, 168, 224]
    assert opened["preview.png"].shape == (60, 80)


def test_spacing_in_a_functional_group_and_wide_pixels_are_minded_too(picture):
    ds = made(np.zeros((2, 60, 40), np.uint8))
    ds.SharedFunctionalGroupsSequence = [item(PixelMeasuresSequence=[item(PixelSpacing=[1, 2])])]
    assert picture(ds)["preview.png"].shape == (60, 80)


def test_an_aspect_that_cannot_be_is_not_believed(picture):
    opened = picture(made(np.zeros((30, 80), np.uint8), PixelSpacing=[0.001, 1.0]))
    assert opened["preview.png"].shape == (30, 80)
    assert opened["warnings"] == ["dicom_aspect_ignored"]


def test_nearly_square_pixels_are_not_resampled(picture):
    assert picture(made(np.zeros((30, 80), np.uint8), PixelSpacing=[0.5, 0.504]))["preview.png"].shape == (30, 80)


def frames(count: int) -> np.ndarray:
    return np.stack([np.full((40, 30), 100 * index, np.uint16) for index in range(count)])


def test_of_several_frames_the_middle_one_is_shown(picture):
    opened = picture(made(frames(7), WindowCenter=300.5, WindowWidth=601))
    assert content(opened).mean() == pytest.approx(0.5, abs=1e-3)
    assert opened["preview.png"].mean() == pytest.approx(127.5, abs=0.6)


def test_each_frame_goes_into_the_model_where_that_is_asked_for(picture):
    opened = picture(made(frames(7), WindowCenter=300.5, WindowWidth=601), frames="each")
    assert opened["image"].shape == (7, 224, 224)
    np.testing.assert_allclose(content(opened).mean(axis=(1, 2)), np.arange(7) / 6, atol=1e-3)
    assert opened["content_box"].tolist() == [0, 28, 224, 168]
    assert opened["value_range"].tolist() == [[0, 600]] * 7
    assert opened["model.png"][112, 112] == pytest.approx(32_768, abs=2)
    assert opened["preview.png"].mean() == pytest.approx(127.5, abs=0.6)


def test_more_frames_than_a_plain_zip_holds_are_written_all_the_same(picture, monkeypatch):
    monkeypatch.setattr("zipfile.ZIP64_LIMIT", 500_000)
    assert picture(made(frames(7)), frames="each")["image"].shape == (7, 224, 224)


def test_the_same_object_gives_the_same_bytes(picture, tmp_path):
    made_once = []
    for _ in range(2):
        picture(made(frames(3)), frames="each")
        made_once.append([(tmp_path / name).read_bytes() for name in ("model.npz", "model.png", "preview.png")])
    assert made_once[0] == made_once[1]


def test_jpeg_2000_decoded_small_looks_like_the_whole_decode(picture):
    small, whole = picture(real_file("RG1_J2KR.dcm")), picture(real_file("RG1_UNCR.dcm"))
    assert psnr(small["image"], whole["image"]) > 35


def disc(outside: int, columns: int = 2400) -> np.ndarray:
    """A disc of 1000 to 1199 in 12 bits on a ground of `outside`, large enough to be decoded small."""
    rows = columns * 3 // 4
    y, x = np.ogrid[:rows, :columns]
    inside = (y - rows / 2) ** 2 + (x - columns / 2) ** 2 < (rows * 0.43) ** 2
    return np.where(inside, 1000 + x % 50 * 4, outside).astype(np.int16)


def wavelets(values: np.ndarray, **attributes: object) -> Dataset:
    """The object as lossless JPEG 2000."""
    bits = min(12, values.itemsize * 8)
    stream = encode_array(values, bits_stored=bits, photometric_interpretation=2)
    return compressed([stream], values, JPEG_2000_LOSSLESS, BitsStored=bits, HighBit=bits - 1, **attributes)


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 1100, "WindowWidth": 400}])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_does_not_run_into_the_pixels_of_jpeg_2000(picture, photometric, window):
    described = {"PixelPaddingValue": -2000, "PhotometricInterpretation": photometric, **window}
    values = disc(-2000)
    small, whole = picture(wavelets(values, **described)), picture(made(values, **described))
    assert small["value_range"].tolist() == whole["value_range"].tolist()
    np.testing.assert_array_equal(small["image"], whole["image"])


def test_without_a_window_jpeg_2000_has_the_range_of_all_its_pixels(picture):
    values = disc(2)
    values[700, 900], values[701, 901] = 1, 2047
    small, whole = picture(wavelets(values)), picture(made(values))
    assert small["value_range"].tolist() == [1, 2047]
    np.testing.assert_array_equal(small["image"], whole["image"])


def test_jpeg_2000_of_which_means_will_do_is_decoded_small(picture, monkeypatch):
    asked = []
    frame = Pixels.frame
    monkeypatch.setattr(Pixels, "frame", lambda *args: asked.append(args[2]) or frame(*args))
    described = {"WindowCenter": 1100, "WindowWidth": 400}
    small, whole = picture(wavelets(disc(2), **described)), picture(made(disc(2), **described))
    assert psnr(small["image"], whole["image"]) > 30  # of so sharp an edge
    picture(wavelets(disc(2), **described, PixelPaddingValue=-30_000))  # which 12 bits do not hold
    picture(wavelets((disc(2) // 16).astype(np.uint8)))  # shown as it is
    assert None not in asked


def test_a_long_strip_of_a_frame_is_averaged_in_parts(monkeypatch):
    values = np.random.default_rng(3).integers(0, 4096, (40, 3001)).astype(np.uint16)
    whole = averaged(values, np.float32, 7, 3)
    monkeypatch.setattr("scandrop.processors.dicom._picture.STRIP_PIXELS", 200)
    np.testing.assert_allclose(averaged(values, np.float32, 7, 3), whole, rtol=1e-6)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_is_applied_to_what_is_shown_and_not_to_a_whole_frame(picture, bits):
    values = np.random.default_rng(6).integers(0, 256, (1500, 1900)).astype(np.uint8)
    entries = np.arange(256)[:, None] * np.array([1, 0.5, 0]) / 255
    tables = np.round(entries * (2**bits - 1)).astype(np.uint16)
    described = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour, table in zip(("Red", "Green", "Blue"), tables.T, strict=True):
        described[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, bits]
        described[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    ds = made(values, **described)
    picture(ds)  # what is made once and kept
    tracemalloc.start()
    try:
        opened = picture(ds)
        assert tracemalloc.get_traced_memory()[1] < 5 * values.nbytes  # of which the reader of this test has two
    finally:
        tracemalloc.stop()
    assert opened["image"].shape == (224, 224, 3)
    assert opened["value_range"].tolist() == [0, 2**bits - 1]
    np.testing.assert_allclose(opened["image"][60:164].mean((0, 1)), [0.5, 0.25, 0], atol=0.003)
    np.testing.assert_allclose(opened["preview.png"].mean((0, 1)), [127.5, 63.75, 0], atol=1)


def test_the_histogram_counts_what_the_window_is_stated_in(picture):
    hounsfield = np.repeat(np.array([0, 924, 1064, 4095], np.uint16), 16).reshape(8, 8)
    opened = picture(made(hounsfield, RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400))
    spread = opened["histogram"]
    assert (spread["lowest"], spread["highest"], len(spread["counts"])) == (-1024, 3071, 64)
    assert {place: count for place, count in enumerate(spread["counts"]) if count} == {0: 16, 14: 16, 16: 16, 63: 16}


def test_padding_is_in_no_histogram(picture):
    values = np.full((8, 8), 100, np.int16)
    values[:4], values[7] = -2000, 300
    spread = picture(made(values, PixelPaddingValue=-2000))["histogram"]
    assert (spread["lowest"], spread["highest"], sum(spread["counts"])) == (100, 300, 32)


def test_a_frame_of_nothing_but_padding_has_no_histogram(picture):
    assert picture(made(np.full((8, 8), 5, np.uint16), PixelPaddingValue=5))["histogram"] is None


@pytest.mark.parametrize("ends", [(-1.7e308, 1.7e308), (0.0, 5e-324)])
def test_values_that_no_bins_lie_between_have_no_histogram(picture, ends):
    values = np.resize(np.array(ends), (8, 8))
    absent = dict.fromkeys(("PixelData", "BitsStored", "HighBit", "PixelRepresentation"))
    floats = made(values, WindowCenter=0, WindowWidth=1, DoubleFloatPixelData=values.tobytes(), **absent)
    assert picture(floats)["histogram"] is None


def test_a_large_frame_is_sampled_evenly_down_and_across(picture):
    rows = np.repeat(np.arange(2048, dtype=np.uint16)[:, None], 1024, axis=1)
    spread = picture(made(rows, WindowCenter=0, WindowWidth=600))["histogram"]
    assert 50_000 < sum(spread["counts"]) < 110_000
    assert max(spread["counts"]) <= 1.2 * min(spread["counts"])


@pytest.mark.parametrize("frames", ["middle", "each"])
def test_of_many_frames_the_histogram_is_that_of_the_one_in_the_preview(picture, frames):
    volume = np.arange(5, dtype=np.uint16)[:, None, None] + np.indices((16, 16))[0].astype(np.uint16) * 10
    spread = picture(made(volume, WindowCenter=0, WindowWidth=600), frames=frames)["histogram"]
    assert (spread["lowest"], spread["highest"]) == (2, 152)


def test_colour_has_the_histogram_of_its_luminance(picture):
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    spread = picture(made(red))["histogram"]
    assert (spread["lowest"], spread["highest"], spread["counts"][76 // 4]) == (0, 255, 64)
