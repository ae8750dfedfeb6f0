"""Stored values as the standard defines them, and headers that do not say what they should."""

import mmap
import struct
import time
import tracemalloc

import numpy as np
import pytest
from dicom_pixels import (
    BIG_ENDIAN,
    file_of,
    frame_of,
    made,
    pixels_of,
    real,
    reference,
)
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import apply_color_lut, convert_color_space
from pydicom.uid import ExplicitVRLittleEndian

from scandrop.errors import Rejected
from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._colour import rgb_of
from scandrop.processors.dicom._compressed import Compressed
from scandrop.processors.dicom._dataset import Element, Encapsulated
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._isolated import isolated
from scandrop.processors.dicom._stored import field
from scandrop.processors.dicom._warnings import Warned

UNCOMPRESSED = "1.2.840.10008.1.2.1.98"

gray = np.arange(5 * 7, dtype=np.uint16).reshape(5, 7) * 100
three = np.stack([gray, gray + 1, gray + 2])
rgb = np.random.default_rng(3).integers(0, 256, (4, 6, 3), np.uint8)


def refused(ds, **settings):
    with pytest.raises(Rejected) as caught:
        pixels_of(ds, **settings)
    return caught.value


def warnings_of(ds):
    warned = Warned()
    pixels_of(ds, warned)
    return [caution.code for caution in warned]


# what lies in the file as it is


def test_pixels_that_need_no_change_are_a_view_on_the_file():
    ds = made(three)
    value = mmap.mmap(-1, len(ds.PixelData))
    value[:] = ds.PixelData
    file = file_of(ds)
    file.dataset[0x7FE00010] = Element(0x7FE00010, "OW", memoryview(value))
    frame = Pixels.of(file, Settings(), Warned()).frame(2)
    np.testing.assert_array_equal(frame.values, three[2])
    assert np.shares_memory(frame.values, np.frombuffer(value, np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, BIG_ENDIAN])
def test_integers_of_each_width_sign_and_byte_order_are_read(dtype, syntax):
    edges = np.iinfo(dtype)
    values = np.array([[edges.min, -1 if edges.min else 1, 0], [1, 100, edges.max]], dtype)
    frame = frame_of(made(values, syntax))
    np.testing.assert_array_equal(frame.values, values)
    assert (frame.values.dtype, frame.bits) == (np.dtype(dtype), np.dtype(dtype).itemsize * 8)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", np.float32), ("DoubleFloatPixelData", np.float64)])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, BIG_ENDIAN])
def test_floats_are_read_without_what_only_integers_have(keyword, dtype, syntax):
    values = np.array([[0.5, -1e20, 3], [np.inf, 0, 1]], dtype)
    order = "<" if syntax == ExplicitVRLittleEndian else ">"
    absent = dict.fromkeys(["PixelData", "BitsStored", "HighBit", "PixelRepresentation"])
    ds = made(values, syntax, **absent, **{keyword: values.astype(values.dtype.newbyteorder(order)).tobytes()})
    np.testing.assert_array_equal(frame_of(ds).values, values)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_single_bits_run_on_from_frame_to_frame(index):
    bits = np.random.default_rng(5).integers(0, 2, (3, 5, 7), np.uint8)
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    ds = made(bits, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=packed)
    np.testing.assert_array_equal(frame_of(ds, index).values, bits[index])


@pytest.mark.parametrize("index", [0, 1, 2])
def test_bytes_in_words_of_big_endian_are_swapped_also_across_frames_of_odd_length(index):
    frames = np.arange(3 * 3 * 5, dtype=np.uint8).reshape(3, 3, 5)
    swapped = np.frombuffer(frames.tobytes() + b"\0", "u2").byteswap().tobytes()
    ds = made(frames, BIG_ENDIAN, PixelData=swapped)
    ds["PixelData"].VR = "OW"
    np.testing.assert_array_equal(frame_of(ds, index).values, frames[index])


def test_planes_become_pixels():
    ds = made(rgb, PlanarConfiguration=1, PixelData=rgb.transpose(2, 0, 1).tobytes())
    np.testing.assert_array_equal(frame_of(ds).values, rgb)


# stored bits in their container


@given(st.integers(1, 16), st.data(), st.booleans())
def test_a_field_is_what_its_bits_say_wherever_it_lies(width, data, signed):
    shift = data.draw(st.integers(0, 16 - width))
    low = -(1 << width - 1) if signed else 0
    values = data.draw(st.lists(st.integers(low, low + (1 << width) - 1), min_size=1, max_size=9))
    noise = data.draw(st.integers(0, 0xFFFF)) & ~(((1 << width) - 1) << shift)
    container = np.array([(value & ((1 << width) - 1)) << shift | noise for value in values], np.uint16)
    kept, _ = field(container, width, signed=signed, shift=shift)
    assert kept.tolist() == values
    assert kept.dtype.kind == ("i" if signed else "u")


@pytest.mark.parametrize("high", [11, 13, 15])
def test_a_high_bit_above_the_stored_ones_shifts_them_down(high):
    ds = made(gray << (high - 11), BitsStored=12, HighBit=high)
    frame = frame_of(ds)
    np.testing.assert_array_equal(frame.values, gray)
    assert (frame.bits, frame.embedded_overlay) == (12, False)


@pytest.mark.parametrize("bit", [12, 15])
def test_an_overlay_in_unused_bits_is_masked_off_and_told(bit):
    with_overlay = gray.copy()
    with_overlay[2, 3] |= 1 << bit
    frame = frame_of(made(with_overlay, BitsStored=12, HighBit=11))
    np.testing.assert_array_equal(frame.values, gray)
    assert frame.embedded_overlay
    assert not frame_of(made(gray, BitsStored=12, HighBit=11)).embedded_overlay


@pytest.mark.parametrize("signed", [False, True])
def test_a_large_frame_is_shifted_down_with_one_copy_and_no_more(signed):
    wide = np.random.default_rng(2).integers(0, 1 << 12, (1200, 900)).astype(np.uint16) << 4
    wide[-1, -1] |= 8
    tracemalloc.start()
    try:
        _, more = field(wide, 12, signed=signed, shift=4)
        assert tracemalloc.get_traced_memory()[1] < 1.7 * wide.nbytes
    finally:
        tracemalloc.stop()
    assert more
    assert not field(wide[:-1], 12, signed=signed, shift=4)[1]


def test_a_sign_in_unused_bits_or_not_is_no_overlay():
    signed = (gray.astype(np.int16) - 1700).clip(-2048, 2047)
    extended, bare = signed.astype(np.uint16), (signed & 0xFFF).astype(np.uint16)
    for container in (extended, bare, np.where(np.arange(7) % 2, extended, bare)):
        frame = frame_of(made(container, BitsStored=12, HighBit=11, PixelRepresentation=1))
        np.testing.assert_array_equal(frame.values, signed)
        assert not frame.embedded_overlay


def test_an_overlay_in_any_frame_is_found():
    frames = three.copy()
    frames[1, 4, 6] |= 0x8000
    pixels = pixels_of(made(frames, BitsStored=12, HighBit=11))
    assert pixels.overlay_in_bits(range(3))
    assert not pixels.overlay_in_bits([0, 2])
    assert not pixels_of(made(three, BitsStored=12, HighBit=11)).overlay_in_bits(range(3))
    assert not pixels_of(made(frames)).overlay_in_bits(range(3))


def test_frames_whose_samples_have_no_bits_to_spare_are_not_decoded_to_look_for_graphics(monkeypatch):
    pixels = pixels_of(real("MR2_J2KR.dcm"))  # 12 bits of 16, and samples of 12 bits
    monkeypatch.setattr(Compressed, "_apart", None)
    assert not pixels.overlay_in_bits([0])


# colour


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_ybr_becomes_rgb_as_in_pydicom(photometric):
    ds = made(rgb, PhotometricInterpretation=photometric)
    np.testing.assert_array_equal(frame_of(ds).values, convert_color_space(rgb, "YBR_FULL", "RGB"))


def test_pixels_that_share_their_colour_are_told_apart():
    ds = real("SC_ybr_full_422_uncompressed.dcm")
    np.testing.assert_array_equal(frame_of(ds).values, reference(ds, 0))


def test_ybr_goes_there_and_back_in_strips(monkeypatch):
    monkeypatch.setattr("scandrop.processors.dicom._colour.STRIP_PIXELS", 13)
    assert np.abs(rgb_of(convert_color_space(rgb, "RGB", "YBR_FULL"), "YBR_FULL", 8).astype(int) - rgb).max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_partial_range_ybr_spans_from_black_to_white(bits):
    scale = 1 << bits - 8
    ybr = np.array([[[16, 128, 128], [235, 128, 128], [81, 90, 240]]]) * scale
    got = rgb_of(ybr.astype(f"u{bits // 8}"), "YBR_PARTIAL_422", bits) / ((1 << bits) - 1)
    np.testing.assert_allclose(got, [[[0, 0, 0], [1, 1, 1], [1, 0, 0]]], atol=0.01)


def test_sixteen_bit_ybr_keeps_its_depth():
    gray_ybr = np.stack([gray + 30_000, np.full_like(gray, 32_768), np.full_like(gray, 32_768)], axis=-1)
    got = rgb_of(gray_ybr, "YBR_FULL", 16)
    np.testing.assert_array_equal(got, np.repeat((gray + 30_000)[..., None], 3, axis=-1))


def test_colour_has_no_sign_whatever_the_header_says():
    frame = frame_of(made(rgb, PixelRepresentation=1))
    np.testing.assert_array_equal(frame.values, rgb)
    assert frame.values.dtype == np.uint8


# palettes


def palette(values, tables, first=0, bits=16, **attributes):
    """`tables`: the data of red, green and blue; segmented where `segmented` says so."""
    segmented = attributes.pop("segmented", False)
    count = attributes.pop("count", 4)
    ds = made(values, PhotometricInterpretation="PALETTE COLOR", **attributes)
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        descriptor = f"{colour}PaletteColorLookupTableDescriptor"
        setattr(ds, descriptor, [count, first, bits])
        ds[descriptor].VR = "SS" if first < 0 else "US"
        setattr(ds, f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData", table)
    return ds


indices = np.array([[0, 1, 2], [3, 1, 9]], np.uint8)
deep = [struct.pack("<4H", *entries) for entries in [(0, 1000, 2000, 65_535), (5, 6, 7, 8), (9, 8, 7, 6)]]


def test_a_palette_gives_colours_and_those_past_its_end_the_last_one():
    frame = frame_of(palette(indices, deep))
    assert frame.values.dtype == np.uint16
    assert frame.bits == 16
    assert frame.values[0].tolist() == [[0, 5, 9], [1000, 6, 8], [2000, 7, 7]]
    assert frame.values[1].tolist() == [[65_535, 8, 6], [1000, 6, 8], [65_535, 8, 6]]


@pytest.mark.parametrize("first", [2, -2])
def test_a_palette_may_begin_at_any_stored_value(first):
    dtype = np.int8 if first < 0 else np.uint8
    values = np.array([[first, first + 1, first + 3], [-128 if first < 0 else 0, 127, first + 2]]).astype(dtype)
    ds = palette(values, deep, first)
    np.testing.assert_array_equal(frame_of(ds).values, apply_color_lut(values, ds))


@pytest.mark.parametrize("tables", [[bytes([1, 2, 3, 250])] * 3, [struct.pack("<4H", 1, 2, 3, 250)] * 3])
def test_entries_of_eight_bits_may_lie_in_bytes_or_in_words(tables):
    frame = frame_of(palette(indices, tables, bits=8))
    assert frame.values.dtype == np.uint8
    assert frame.bits == 8
    assert frame.values[:, 0].tolist() == [[1, 1, 1], [250, 250, 250]]


def test_segments_are_spread_out():
    table = struct.pack("<9H", 0, 2, 10, 20, 1, 4, 60, 0, 1) + struct.pack("<1H", 7)
    values = np.arange(7, dtype=np.uint8).reshape(1, 7)
    frame = frame_of(palette(values, [table] * 3, segmented=True, count=7))
    assert frame.values[0, :, 0].tolist() == [10, 20, 30, 40, 50, 60, 7]


@pytest.mark.parametrize("offset", [0, 8])
def test_an_indirect_segment_repeats_earlier_ones(offset):
    table = struct.pack("<8H", 0, 2, 10, 20, 0, 2, 300, 40) + struct.pack("<4H", 2, 1, offset, 0)
    values = np.arange(6, dtype=np.uint8).reshape(1, 6)
    frame = frame_of(palette(values, [table] * 3, segmented=True, count=6))
    assert frame.values[0, :, 0].tolist() == [10, 20, 300, 40, *([10, 20] if offset == 0 else [300, 40])]


@pytest.mark.parametrize(
    "words",
    [
        [2, 1, 0, 0],  # repeats what is not there
        [1, 4, 9],  # a line from nowhere
        [0, 0] * 4,  # nothing, for ever
        [0, 1, 5, 2, 60_000, 6, 0],  # an indirect segment that repeats itself
        [0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],  # more than the descriptor has
        [7, 1, 1, 1],
    ],
)
def test_a_segmented_table_that_makes_no_sense_is_refused(words):
    table = struct.pack(f"<{len(words)}H", *words)
    error = refused(palette(indices, [table] * 3, segmented=True))
    assert error.facts["keyword"] == "RedPaletteColorLookupTableData"


def test_a_huge_segmented_table_is_refused_unread():
    ds = palette(indices, [bytes(4_000_000)] * 3, segmented=True)
    tracemalloc.start()
    try:
        assert refused(ds).code == "dicom_pixels_undescribed"
        assert tracemalloc.get_traced_memory()[1] < 6_000_000  # the table itself is copied by the test's own helper
    finally:
        tracemalloc.stop()


def test_a_segmented_table_that_repeats_nothing_without_end_is_refused_at_once():
    nothing, again = [1, 0, 9] * 20_000, [2, 20_000, 6, 0] * 20_000
    table = np.array([0, 1, 5, *nothing, *again], "<u2").tobytes()
    started = time.monotonic()
    assert refused(palette(indices, [table] * 3, segmented=True, count=0)).code == "dicom_pixels_undescribed"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("change", [{"bits": 12}, {"count": 5}])
def test_a_palette_that_is_not_what_its_descriptor_says_is_refused(change):
    short = [table[:4] for table in deep]
    assert refused(palette(indices, short, **change)).code == "dicom_pixels_undescribed"


def test_a_palette_that_is_missing_is_refused():
    ds = made(indices, PhotometricInterpretation="PALETTE COLOR")
    assert refused(ds).facts["keyword"] == "RedPaletteColorLookupTableDescriptor"


# headers


@pytest.mark.parametrize(
    "keyword",
    [
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "BitsAllocated",
        "BitsStored",
        "PixelRepresentation",
        "PhotometricInterpretation",
    ],
)
def test_what_the_pixels_need_and_the_header_lacks_is_named(keyword):
    error = refused(made(gray, **{keyword: None}))
    assert (error.code, error.facts) == ("dicom_pixels_undescribed", {"keyword": keyword})


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", 0),
        ("Columns", 0),
        ("SamplesPerPixel", 2),
        ("BitsAllocated", 12),
        ("BitsStored", 17),
        ("HighBit", 16),
        ("PixelRepresentation", 2),
        ("PhotometricInterpretation", "HSV"),
    ],
)
def test_what_cannot_be_is_named_without_its_value(keyword, value):
    error = refused(made(gray, **{keyword: value}))
    assert error.facts == {"keyword": keyword}
    assert "HSV" not in str(error)


def test_a_planar_configuration_that_is_missing_means_pixel_by_pixel():
    np.testing.assert_array_equal(frame_of(made(rgb, PlanarConfiguration=None)).values, rgb)


@pytest.mark.parametrize("frames", [None, 0])
def test_without_a_number_of_frames_there_is_one(frames):
    assert pixels_of(made(gray, NumberOfFrames=frames)).frames == 1


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"max_frames": 2}, "dicom_too_many_frames"),
        ({"max_pixels": 34}, "dicom_frame_too_large"),
        ({"max_decoded_bytes": 209}, "dicom_pixels_too_large"),
    ],
)
def test_more_than_the_lane_takes_is_refused(settings, code):
    assert refused(made(three), **settings).code == code
    enough = {name: value + 1 for name, value in settings.items()}
    assert pixels_of(made(three), **enough).frames == 3


def test_a_frame_counts_as_larger_where_its_pixels_take_more_than_eight_bytes():
    deep = made(rgb.astype(np.uint32))
    assert refused(deep, max_pixels=35).code == "dicom_frame_too_large"
    assert pixels_of(deep, max_pixels=36).layout.frame_bytes == 288


@pytest.mark.parametrize(("frames", "bands"), [(three, 1), (np.stack([rgb] * 3), 3)])
def test_a_model_larger_than_what_may_be_decoded_is_refused_before_anything_is(frames, bands):
    least = 3 * 4 * 224**2 * bands
    assert refused(made(frames), max_decoded_bytes=least - 1, frames="each").code == "dicom_model_too_large"
    assert pixels_of(made(frames), max_decoded_bytes=least, frames="each").frames == 3
    assert pixels_of(made(frames), max_decoded_bytes=least - 1).frames == 3


def test_a_header_that_promises_the_moon_costs_nothing():
    ds = made(gray, Rows=65_535, Columns=65_535, NumberOfFrames=2_000_000_000)
    assert refused(ds).code == "dicom_too_many_frames"
    ds.NumberOfFrames = 1
    assert refused(ds, max_pixels=1_000_000_000).code == "dicom_frame_too_large"
    ds.Rows = 10_000
    assert refused(ds, max_pixels=1_000_000_000).code == "dicom_pixels_short"


def test_pixels_shorter_than_promised_are_refused_and_longer_ones_told():
    whole = made(three).PixelData
    error = refused(made(three, PixelData=whole[:-2]))
    assert (error.code, error.facts) == ("dicom_pixels_short", {"held_bytes": 208})
    assert warnings_of(made(three, PixelData=whole)) == []
    assert warnings_of(made(three, PixelData=whole + b"\0\0")) == ["dicom_pixels_longer"]
    odd = np.zeros((3, 5), np.uint8)
    assert warnings_of(made(odd, PixelData=odd.tobytes() + b"\0")) == []


def test_a_transfer_syntax_that_the_value_contradicts_is_refused():
    ds = made(gray)
    file = file_of(ds)
    file.dataset[0x7FE00010] = Element(0x7FE00010, "OB", Encapsulated(memoryview(encapsulate([ds.PixelData]))))
    with pytest.raises(Rejected) as caught:
        Pixels.of(file, Settings(), Warned())
    assert caught.value.code == "dicom_syntax_contradicted"


# fragments


def item(data):
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(data)) + data


def encapsulated(*items, count=3):
    return made(gray, UNCOMPRESSED, NumberOfFrames=count, PixelData=b"".join(map(item, items)))


def frames_of(ds, warned=None):
    pixels = pixels_of(ds, warned)
    return [frame.values for frame in pixels.frames_at(range(pixels.frames))]


halves = [part for frame in three for part in (frame.tobytes()[:30], frame.tobytes()[30:])]
starts = [0, 30 + 40 + 16, 2 * (30 + 40 + 16)]


@pytest.mark.parametrize("ends", [b"", struct.pack("<3I", *starts)])
def test_a_frame_may_lie_in_several_fragments_when_a_table_says_where_they_begin(ends):
    ds = encapsulated(ends, *halves)
    if not ends:
        ds.ExtendedOffsetTable = struct.pack("<3Q", *starts)
        ds.ExtendedOffsetTableLengths = struct.pack("<3Q", 70, 70, 70)
    warned = Warned()
    for got, frame in zip(frames_of(ds, warned), three, strict=True):
        np.testing.assert_array_equal(got, frame)
    assert not warned


def test_pydicoms_own_extended_offset_table_is_read():
    value, offsets, lengths = encapsulate_extended([frame.tobytes() for frame in three])
    tables = {"ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}
    ds = made(gray, UNCOMPRESSED, NumberOfFrames=3, PixelData=value, **tables)
    for got, frame in zip(frames_of(ds), three, strict=True):
        np.testing.assert_array_equal(got, frame)


def test_a_single_frame_is_all_fragments_whatever_the_table_says():
    ds = encapsulated(struct.pack("<I", 12), *halves[:2], count=1)
    np.testing.assert_array_equal(frame_of(ds).values, three[0])


@pytest.mark.parametrize("table", [[0, 1, 2], [0, 78], [8, 78, 156], [156, 78, 0], [0, 78, 2**32 - 1]])
def test_an_offset_table_that_lies_is_not_believed(table):
    whole = [frame.tobytes() for frame in three]
    warned = Warned()
    got = frames_of(encapsulated(struct.pack(f"<{len(table)}I", *table), *whole), warned)
    assert [caution.code for caution in warned] == ["dicom_offsets_wrong"]
    for values, frame in zip(got, three, strict=True):
        np.testing.assert_array_equal(values, frame)


def test_an_offset_table_that_leaves_out_the_first_fragment_is_not_believed():
    parts = [halves[0], halves[1] + b"\xff\xd9", three[1].tobytes() + b"\xff\xd9"]
    warned = Warned()
    got = frames_of(encapsulated(struct.pack("<2I", 38, 38 + 50), *parts, count=2), warned)
    assert [caution.code for caution in warned] == ["dicom_offsets_wrong"]
    np.testing.assert_array_equal(got[0], three[0])


def test_without_a_table_frames_end_where_their_codestream_does():
    ends = [part + (b"\xff\xd9" if number % 2 else b"") for number, part in enumerate(halves)]
    for got, frame in zip(frames_of(encapsulated(b"", *ends)), three, strict=True):
        np.testing.assert_array_equal(got, frame)


def test_more_frames_than_promised_are_told():
    whole = [frame.tobytes() + b"\xff\xd9" for frame in three]
    assert len(pixels_of(encapsulated(b"", *whole, count=2)).source.frames) == 2
    assert warnings_of(encapsulated(b"", *whole, count=2)) == ["dicom_more_frames"]


def test_fewer_frames_than_promised_are_refused():
    error = refused(encapsulated(b"", *[frame.tobytes() for frame in three], count=4))
    assert (error.code, error.facts) == ("dicom_frames_missing", {"held": 1})


@pytest.mark.parametrize(
    "value",
    [
        b"\xfe\xff",
        item(b"")[:4] + b"\xff\xff\xff\xff",
        item(b"abcd")[:-1],
        b"\xfe\xff\x0d\xe0\0\0\0\0",
    ],
)
def test_items_that_do_not_follow_each_other_are_refused(value):
    for whole in (value, item(b"") + value, item(b"") + item(gray.tobytes()) + value):
        assert refused(made(gray, UNCOMPRESSED, PixelData=whole)).code == "dicom_fragments_damaged"


def test_an_offset_table_without_a_frame_is_refused():
    assert refused(encapsulated(b"", count=1)).code == "dicom_frames_missing"


# many frames


def test_frames_are_decoded_in_one_process_as_long_as_they_fit(monkeypatch):
    ds = real("emri_small_jpeg_ls_lossless.dcm")
    forks = []

    def counted(call, shape, *rest):
        forks.append(shape[0])
        return isolated(call, shape, *rest)

    monkeypatch.setattr("scandrop.processors.dicom._compressed.isolated", counted)
    assert len(frames_of(ds)) == 10
    assert forks == [10]
    forks.clear()
    monkeypatch.setattr("scandrop.processors.dicom._compressed.BATCH_BYTES", 4 * 64 * 64 * 2)
    assert len(frames_of(ds)) == 10
    assert forks == [4, 4, 2]


def test_frames_come_in_the_order_that_was_asked_for():
    ds = real("emri_small_jpeg_ls_lossless.dcm")
    got = list(pixels_of(ds).frames_at([7, 0, 7]))
    for frame, index in zip(got, [7, 0, 7], strict=True):
        np.testing.assert_array_equal(frame.values, reference(ds, index))
