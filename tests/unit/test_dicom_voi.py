import math
import tracemalloc

import numpy as np
import pytest
from dicom_pixels import BIG_ENDIAN, made, real, real_names, reference
from dicom_shown import displayed, item, real_file, shown, table
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from scandrop.processors.dicom._ranges import ranges
from scandrop.processors.dicom._transforms import Rescale

# 12 bits of JPEG, damaged codestream, cut off
UNREADABLE = {"JPEG-lossy.dcm", "JPGExtended.dcm", "JPEG2000-embedded-sequence-delimiter.dcm", "MR_truncated.dcm"}
LEVELS = np.arange(-300, 300, dtype=np.int16).reshape(20, 30)


def window(value: float, center: float, width: float, function: str = "LINEAR") -> float:
    """One pixel as PS3.3 C.11.2.1.2 and C.11.2.1.3 write it, with 0 and 1 as lowest and highest output."""
    if function == "SIGMOID":
        return 1 / (1 + math.exp(-4 * (value - center) / width))
    if function == "LINEAR_EXACT":
        if value <= center - width / 2:
            return 0
        return 1 if value > center + width / 2 else (value - center) / width + 0.5
    if value <= center - 0.5 - (width - 1) / 2:
        return 0
    return 1 if value > center - 0.5 + (width - 1) / 2 else (value - (center - 0.5)) / (width - 1) + 0.5


def grays() -> list[str]:
    grays = (name for name in real_names() if str(real(name).get("PhotometricInterpretation", "")).startswith("MONO"))
    return sorted(set(grays) - UNREADABLE)


def transformation(ds: Dataset, keyword: str) -> Dataset:
    """Where an object says what it says of its first frame."""
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        if groups in ds and keyword in ds[groups].value[0]:
            return ds[groups].value[0][keyword].value[0]
    return ds


@pytest.mark.parametrize("name", grays())
def test_every_real_gray_file_is_shown_as_the_standard_writes_it(name):
    ds = real(name)
    display, frame, _ = displayed(real_file(name))
    voi = transformation(ds, "FrameVOILUTSequence")
    units = apply_modality_lut(frame.values, transformation(ds, "PixelValueTransformationSequence"))
    units = np.asarray(apply_modality_lut(frame.values, ds) if "ModalityLUTSequence" in ds else units, np.float64)
    if "VOILUTSequence" in ds:
        expected = apply_voi_lut(units.astype(int), ds) / (2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1)
    else:
        if "WindowCenter" in voi:
            center, width = (np.atleast_1d(voi[of].value)[0] for of in ("WindowCenter", "WindowWidth"))
            function = voi.get("VOILUTFunction", "LINEAR")
        else:
            low, high = (0, 2**ds.BitsStored - 1) if ds.BitsStored <= 8 else (units.min(), units.max())
            center, width, function = (low + high) / 2, high - low, "LINEAR_EXACT"
        levels, where = np.unique(units, return_inverse=True)
        expected = np.array([window(float(v), float(center), float(width), function) for v in levels])[where]
    expected = expected.reshape(frame.values.shape)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        expected = 1 - expected
    np.testing.assert_allclose(display(frame.values), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["MR_small.dcm", "RG3_UNCR.dcm", "693_UNCR.dcm", "vlut_04.dcm"])
def test_a_window_is_that_of_pydicom(name):
    ds = real(name)
    display, frame, _ = displayed(ds)
    units = apply_modality_lut(reference(ds, 0), ds)
    by_pydicom = apply_voi_lut(units, ds).astype(np.float64)
    if "VOILUTSequence" not in ds:  # which pydicom scales to the range that the stored bits can have
        low = -(2.0 ** (ds.BitsStored - 1)) if ds.PixelRepresentation else 0.0
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        by_pydicom = (by_pydicom - (low * slope + intercept)) / ((2**ds.BitsStored - 1) * slope)
    else:
        by_pydicom = by_pydicom / by_pydicom.max()
    if ds.PhotometricInterpretation == "MONOCHROME1":
        by_pydicom = 1 - by_pydicom
    np.testing.assert_allclose(display(frame.values), by_pydicom, atol=2e-3)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32])
def test_each_window_function_holds_for_every_kind_of_integer(function, dtype):
    values = (np.arange(600) % 200 - (100 if np.dtype(dtype).kind == "i" else 0)).astype(dtype).reshape(20, 30)
    rescaled = {"RescaleSlope": 2, "RescaleIntercept": -30}
    display, frame, warned = shown(values, WindowCenter=40, WindowWidth=120, VOILUTFunction=function, **rescaled)
    expected = [[window(2.0 * int(value) - 30, 40, 120, function) for value in row] for row in values]
    np.testing.assert_allclose(display(frame.values), expected, atol=1e-6)
    assert warned == []


def test_big_endian_values_and_tables_are_shown_like_little_endian_ones():
    voi = item(LUTDescriptor=[600, -300, 12])
    voi["LUTDescriptor"].VR = "SS"
    voi.add_new("LUTData", "US", [int(entry) for entry in np.arange(600) * 6])
    little, frame, _ = shown(LEVELS, VOILUTSequence=[voi])
    big, swapped, _ = displayed(made(LEVELS, BIG_ENDIAN, VOILUTSequence=[voi]))
    np.testing.assert_array_equal(big(swapped.values), little(frame.values))
    np.testing.assert_allclose(little(frame.values), np.arange(600).reshape(20, 30) * 6 / 4095, atol=1e-6)


def test_a_voi_lut_goes_before_a_window():
    entries = np.arange(600)[::-1] * 100
    voi = table(-300 % 65_536, entries, 16)
    display, frame, warned = shown(LEVELS, VOILUTSequence=[voi], WindowCenter=0, WindowWidth=600)
    np.testing.assert_allclose(display(frame.values), entries.reshape(20, 30) / 65_535, atol=1e-6)
    assert (display.window, warned) == (None, [])
    assert all(math.isnan(end) for end in display.value_range)


def test_values_beyond_a_table_have_its_first_and_last_entry():
    display, frame, _ = shown(LEVELS, VOILUTSequence=[table(0, [4095, 2000, 1000], 12)])
    picture = display(frame.values).ravel()
    np.testing.assert_allclose(
        picture[[0, 299, 300, 301, 302, 599]], np.array([4095, 4095, 4095, 2000, 1000, 1000]) / 4095
    )


def test_a_table_that_says_fewer_bits_than_it_has_does_not_shine_past_white():
    display, frame, _ = shown(LEVELS, VOILUTSequence=[table(0, np.arange(300) * 10, 8)])
    assert display(frame.values).max() == 1


def test_a_table_of_bytes_in_words_is_read_byte_by_byte():
    voi = item(LUTDescriptor=[256, 0, 8])
    voi.add_new("LUTData", "OW", bytes(range(256))[::-1])
    values = np.arange(240, dtype=np.uint8).reshape(12, 20)
    display, frame, _ = shown(values, VOILUTSequence=[voi])
    np.testing.assert_allclose(display(frame.values), (255 - values) / 255, atol=1e-6)


def test_a_table_that_is_too_short_is_left_for_the_window():
    voi = table(0, np.arange(10), 16)
    voi.LUTDescriptor = [600, 0, 16]
    display, _, warned = shown(LEVELS, VOILUTSequence=[voi], WindowCenter=0, WindowWidth=600)
    assert (display.window, warned) == ((0, 600), ["dicom_lut_unusable"])


def test_a_modality_lut_gives_the_units_that_the_window_is_in():
    values = np.arange(12, dtype=np.uint16).reshape(3, 4)
    modality = table(0, np.arange(12) * 50, 16)
    display, frame, _ = shown(values, ModalityLUTSequence=[modality], WindowCenter=300.5, WindowWidth=601)
    np.testing.assert_allclose(display(frame.values), values * 50 / 600, atol=1e-6)


@pytest.mark.parametrize(("relationship", "applied"), [("LOG", False), ("DISP", False), ("LIN", True)])
def test_a_modality_lut_back_to_the_intensity_of_x_rays_is_not_for_the_eye(relationship, applied):
    values = np.arange(12, dtype=np.uint16).reshape(3, 4)
    stated = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1", "PixelIntensityRelationship": relationship}
    display, frame, _ = shown(values, ModalityLUTSequence=[table(0, np.arange(12)[::-1], 8)], **stated)
    picture = display(frame.values)
    assert (picture[0, 0] > picture[2, 3]) == applied


def test_of_several_windows_the_first_is_taken():
    display, _, _ = shown(LEVELS, WindowCenter=[40, -600], WindowWidth=[400, 1500])
    assert display.window == (40, 400)


def test_a_linear_window_one_wide_is_a_threshold():
    display, frame, _ = shown(LEVELS, WindowCenter=10, WindowWidth=1)
    np.testing.assert_array_equal(display(frame.values), LEVELS > 9.5)


def test_a_window_narrower_than_a_pixel_is_taken_exactly():
    values = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    ds = made(np.zeros((4, 6), np.uint32), WindowCenter=0.5, WindowWidth=0.5, FloatPixelData=values.tobytes())
    for keyword in ("PixelData", "PixelRepresentation", "HighBit", "BitsStored"):
        delattr(ds, keyword)
    display, frame, _ = displayed(ds)
    np.testing.assert_allclose(display(frame.values), np.clip((values - 0.25) / 0.5, 0, 1), atol=1e-6)


@pytest.mark.parametrize("stated", [{"WindowWidth": 0}, {"WindowWidth": -5}, {"WindowWidth": None}])
def test_a_window_that_shows_nothing_is_replaced_by_one_from_the_pixels(stated):
    display, frame, warned = shown(LEVELS, **({"WindowCenter": 0} | stated))
    assert warned == ["dicom_window_unusable", "dicom_window_from_pixels"]
    np.testing.assert_allclose(display(frame.values), (LEVELS + 300) / 599, atol=1e-6)


def test_an_unknown_function_is_linear_and_said_so():
    display, frame, warned = shown(LEVELS, WindowCenter=0, WindowWidth=100, VOILUTFunction="GAMMA")
    assert warned == ["dicom_voi_function_unknown"]
    np.testing.assert_allclose(display(frame.values)[10, 5], window(5, 0, 100), atol=1e-6)


def test_a_slope_of_0_is_no_slope():
    display, frame, warned = shown(LEVELS, RescaleSlope=0, RescaleIntercept=-5, WindowCenter=0, WindowWidth=100)
    assert warned == ["dicom_rescale_unusable"]
    np.testing.assert_allclose(display(frame.values)[10, 5], window(5, 0, 100), atol=1e-6)


def test_without_a_window_a_model_loses_nothing_and_the_eye_half_a_percent_at_either_end():
    values = np.arange(2000, dtype=np.uint16).reshape(40, 50) + 500
    values[0, 0], values[39, 49] = 0, 60_000
    display, frame, warned = shown(values, RescaleSlope=2, RescaleIntercept=-1000)
    assert warned == ["dicom_window_from_pixels"]
    assert display.value_range == (-1000, 119_000)
    assert display.window is None
    low, high = (120_000 * part - 1000 for part in display.eye_window)
    assert (low, high) == pytest.approx((2 * 509 - 1000, 2 * 2490 - 1000), abs=2.5)
    picture = display(frame.values).astype(np.float64)
    np.testing.assert_allclose(picture * 120_000 - 1000, values * 2.0 - 1000, atol=0.01)


def test_gray_of_8_bits_without_a_window_is_shown_as_it_is():
    display, frame, warned = shown(np.full((6, 7), 51, np.uint8))
    assert (display(frame.values)[0, 0], warned, display.window) == (np.float32(0.2), [], None)
    assert display.value_range == (0, 255)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_has_no_part_in_the_range_and_is_darkest_whatever_the_polarity(photometric):
    values = LEVELS.copy()
    values[:, :4] = -2000
    stated = {"PixelPaddingValue": -2000, "PhotometricInterpretation": photometric}
    display, frame, _ = shown(values, **stated)
    picture = display(frame.values)
    assert sorted(display.value_range) == [-296, 299]
    assert (picture[:, :4] == 0).all()
    assert picture[:, 4:].max() == 1


def test_all_values_up_to_the_padding_limit_are_padding():
    display, frame, _ = shown(
        LEVELS, PixelPaddingValue=-300, PixelPaddingRangeLimit=-200, PhotometricInterpretation="MONOCHROME1"
    )
    picture = display(frame.values)
    assert (picture[LEVELS <= -200] == 0).all()
    assert (picture[LEVELS == -199] == 1).all()


def test_padding_written_without_the_sign_of_the_pixels_is_understood():
    values = LEVELS.copy()
    values[:, :4] = -2000
    ds = made(values)
    ds.add_new("PixelPaddingValue", "US", 65_536 - 2000)
    display, frame, _ = displayed(ds)
    assert display.value_range == (-296, 299)
    assert (display(frame.values)[:, :4] == 0).all()


def test_an_image_of_nothing_but_padding_is_dark():
    display, frame, _ = shown(np.full((6, 7), -2000, np.int16), PixelPaddingValue=-2000)
    assert not display(frame.values).any()


def test_values_that_are_no_numbers_are_dark_and_out_of_the_range():
    values = np.linspace(-2, 2, 42, dtype=np.float32).reshape(6, 7)
    values[0, :3] = np.nan, np.inf, -np.inf
    ds = made(np.zeros((6, 7), np.uint32), FloatPixelData=values.tobytes())
    for keyword in ("PixelData", "PixelRepresentation", "HighBit", "BitsStored"):
        delattr(ds, keyword)
    display, frame, _ = displayed(ds)
    assert (display(frame.values)[0, :3] == 0).all()
    assert display.value_range == (values[0, 3], 2)


@pytest.mark.parametrize(
    ("stated", "inverted", "warns"),
    [
        ({"PhotometricInterpretation": "MONOCHROME2"}, False, []),
        ({"PhotometricInterpretation": "MONOCHROME1"}, True, []),
        ({"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, True, []),
        ({"PhotometricInterpretation": "MONOCHROME2", "PresentationLUTShape": "IDENTITY"}, False, []),
        ({"PresentationLUTShape": "INVERSE"}, True, ["dicom_polarity_contradicted"]),
        (
            {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "IDENTITY"},
            True,
            ["dicom_polarity_contradicted"],
        ),
    ],
)
def test_an_image_is_inverted_once(stated, inverted, warns):
    display, frame, warned = shown(LEVELS, WindowCenter=0, WindowWidth=600, **stated)
    picture = display(frame.values)
    assert (picture[0, 0] > picture[-1, -1]) == inverted
    assert warned == warns
    low, high = display.value_range
    np.testing.assert_allclose(picture[10, 7] * (high - low) + low, LEVELS[10, 7], atol=1e-3)


def test_a_frame_of_its_own_window_goes_before_the_shared_one():
    def groups(center: float) -> Dataset:
        return item(FrameVOILUTSequence=[item(WindowCenter=center, WindowWidth=100)])

    shared = groups(10)
    shared.PixelValueTransformationSequence = [item(RescaleSlope=3, RescaleIntercept=1)]
    ds = made(np.stack([LEVELS, LEVELS + 5, LEVELS + 9]), WindowCenter=77, WindowWidth=7)
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = [groups(20), item(), groups(30)]
    shown_frames = [displayed(ds, index) for index in range(3)]
    assert [display.window for display, _, _ in shown_frames] == [(20, 100), (10, 100), (30, 100)]
    display, frame, _ = shown_frames[2]
    assert display(frame.values)[10, 2] == pytest.approx(window(3 * 11 + 1, 30, 100), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.uint32, np.float32])
def test_the_range_of_a_large_frame_is_found_without_a_copy_of_it(dtype):
    values = np.random.default_rng(4).normal(20_000, 2_000, (1800, 1700)).astype(dtype)
    values[900, 800], values[901, 7] = 7, 31_000
    tracemalloc.start()
    try:
        whole, eye = ranges(values, Rescale(-2, 5), (31_000, 31_000))
        assert tracemalloc.get_traced_memory()[1] < 8e6  # a plain sort takes 70 MB and more
    finally:
        tracemalloc.stop()
    units = 5 - 2 * values[values != 31_000].astype(np.float64)
    assert whole == (units.min(), -9)
    np.testing.assert_allclose(eye, np.quantile(units, [0.005, 0.995]), atol=300)  # of 4000 a deviation


def test_outliers_do_not_take_the_eye_its_range():
    values = np.random.default_rng(5).normal(0, 1, (700, 900)).astype(np.float32)
    values[3, 5], values[4, 6], values[5, 7] = 1e30, -1e30, np.nan
    whole, eye = ranges(values, Rescale(1, 0), None)
    assert whole == (np.float32(-1e30), np.float32(1e30))
    np.testing.assert_allclose(eye, (-2.576, 2.576), atol=0.2)
