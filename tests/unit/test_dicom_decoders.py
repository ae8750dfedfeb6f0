"""Each decoder against pydicom's decode of the same real file, and against data that is not what it says it is."""

import io
import random
import struct
import sys
import tracemalloc
import types
import zlib

import jpeg_ls
import numpy as np
import pytest
import rle
from dicom_pixels import (
    OPENJPH_SLOPE,
    compressed,
    file_of,
    frame_of,
    made,
    pixels_of,
    real,
    real_names,
    reference,
    slope,
)
from openjpeg.utils import encode_array
from PIL import Image
from pydicom.encaps import encapsulate, get_frame

from scandrop.errors import Rejected
from scandrop.processors.dicom import Settings, _decoders
from scandrop.processors.dicom._decoders import DECODERS
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._warnings import Warned

RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.50"
EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LS = "1.2.840.10008.1.2.4.80"
NEAR = "1.2.840.10008.1.2.4.81"
J2K = "1.2.840.10008.1.2.4.90"
LOSSY_J2K = "1.2.840.10008.1.2.4.91"
HTJ2K = "1.2.840.10008.1.2.4.201"
UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
DEFLATED = "1.2.840.10008.1.2.8.1"
JPEG_XL = "1.2.840.10008.1.2.4.110"

REFUSED = {
    "JPEG-lossy.dcm": "dicom_needs_libjpeg",
    "JPGExtended.dcm": "dicom_needs_libjpeg",
    "JPEG2000-embedded-sequence-delimiter.dcm": "dicom_codestream_differs",
    "MR_truncated.dcm": "dicom_pixels_short",
    "meta_missing_tsyntax.dcm": "dicom_pixels_undescribed",  # two bytes of private text under the tag of pixels
    "nested_priv_SQ.dcm": "dicom_pixels_undescribed",
}
# what pydicom does not decode, or as little endian (the palette of OBXXXX1A in big endian)
WITHOUT_REFERENCE = {"badVR.dcm", "OT-PAL-8-face.dcm", "OBXXXX1A_expb.dcm", "OBXXXX1A_expb_2frame.dcm"}
ONE_EACH = {
    "RLE": "emri_small_RLE.dcm",
    "JPEG": "SC_rgb_jpeg_dcmtk.dcm",
    "lossless JPEG": "SC_rgb_jpeg_gdcm.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "JPEG 2000": "MR_small_jp2klossless.dcm",
}

hue = np.stack(np.broadcast_arrays(np.arange(24)[:, None] * 9, np.arange(40) * 6, 90), axis=-1).astype(np.uint8)


def jpeg_2000(values, bits=16, **options):
    return bytes(encode_array(values, bits_stored=bits, photometric_interpretation=2, **options))


def jpeg(values, mode="YCbCr", **options):
    stream = io.BytesIO()
    image = Image.frombytes("YCbCr" if mode == "YCbCr" else "RGB", values.shape[1::-1], values.tobytes())
    image.save(stream, "JPEG", quality=95, subsampling=0, **options)
    return stream.getvalue()


def code_of(ds, **settings):
    with pytest.raises(Rejected) as caught:
        all_of(ds, **settings)
    return caught.value.code


def all_of(ds, **settings):
    pixels = pixels_of(ds, **settings)
    return [frame.values for frame in pixels.frames_at(range(pixels.frames))]


@pytest.mark.parametrize("name", real_names())
def test_real_files_come_out_as_pydicom_decodes_them(name):
    ds = real(name)
    if name in REFUSED:
        assert code_of(ds) == REFUSED[name]
        return
    pixels = pixels_of(ds)
    some = sorted({0, pixels.frames // 2, pixels.frames - 1})
    for index, frame in zip(some, pixels.frames_at(some), strict=True):
        assert frame.values.shape[:2] == (ds.Rows, ds.Columns)
        if name not in WITHOUT_REFERENCE:
            expected = reference(ds, index)
            assert frame.values.dtype.kind == expected.dtype.kind
            np.testing.assert_array_equal(frame.values, expected)


def test_a_palette_in_big_endian_gives_the_colours_of_the_same_one_in_little_endian():
    np.testing.assert_array_equal(frame_of(real("OBXXXX1A_expb.dcm")).values, frame_of(real("OBXXXX1A.dcm")).values)


def test_every_decoder_is_tried_on_a_real_file():
    used = {_decoders.decoder_of(file_of(real(name)).syntax, b"", None).name for name in ONE_EACH.values()}
    assert used | {"uncompressed", "deflate"} == {decoder.name for decoder in DECODERS.values()}


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("planes", [1, 3])
def test_rle_gives_back_what_went_in(bits, planes):
    values = np.arange(5 * 7 * planes, dtype=f"u{bits // 8}").reshape(5, 7, planes) * 3
    values = values[..., 0] if planes == 1 else values
    plain = made(values)
    stream = rle.encode_pixel_data(plain.PixelData, plain, "<")
    np.testing.assert_array_equal(frame_of(compressed([stream], values, RLE)).values, values)


def test_frames_stored_as_they_are_or_deflated_one_by_one_are_read():
    frames = [slope, slope[::-1].copy()]
    for syntax, pack in ((UNCOMPRESSED, bytes), (DEFLATED, lambda raw: zlib.compress(raw, wbits=-15))):
        ds = compressed([pack(frame.tobytes()) for frame in frames], slope, syntax)
        for index, frame in enumerate(frames):
            np.testing.assert_array_equal(frame_of(ds, index).values, frame)


def test_a_deflated_frame_gives_no_more_than_the_header_promises():
    pixels = pixels_of(compressed([zlib.compress(slope.tobytes() + bytes(10_000_000), wbits=-15)], slope, DEFLATED))
    tracemalloc.start()
    try:
        np.testing.assert_array_equal(pixels.frame(0).values, slope)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint16, 12), (np.uint16, 16), (np.int16, 12), (np.int16, 16)])
def test_jpeg_2000_at_full_size_is_exact_at_any_depth(dtype, bits):
    values = (slope.astype(np.int32) - (2048 if dtype is np.int16 else 0)).clip(-2048, 4095).astype(dtype)
    values = values.clip(-2048, 2047) if dtype is np.int16 else values
    ds = compressed([jpeg_2000(values, bits)], values, J2K, BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(frame_of(ds).values, values)


@pytest.mark.parametrize("syntax", [HTJ2K, HTJ2K[:-1] + "2", HTJ2K[:-1] + "3"])
def test_high_throughput_jpeg_2000_is_read_whole_and_smaller(syntax):
    pixels = pixels_of(compressed([OPENJPH_SLOPE], slope, syntax))
    np.testing.assert_array_equal(pixels.frame(0).values, slope)
    quarter = pixels.frame(0, at_least=(10, 14))
    assert quarter.reduction == 2
    np.testing.assert_allclose(quarter.values, slope[::4, ::4], atol=8)


@pytest.mark.parametrize(
    ("dtype", "bits"), [(np.uint16, 15), (np.int16, 16), (np.int16, 12), (np.uint8, 8), (np.int8, 8)]
)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_jpeg_2000_is_decoded_smaller_with_the_values_of_the_whole(dtype, bits, times):
    whole = np.add.outer(np.arange(201) * 7, np.arange(331) * 5).astype(np.int64)
    low = -(1 << bits - 1) if np.dtype(dtype).kind == "i" else 0
    values = (low + whole * ((1 << bits) - 1) // whole.max()).astype(dtype)
    rows, columns = -(-201 // 2**times), -(-331 // 2**times)
    ds = compressed([jpeg_2000(values, bits)], values, J2K, BitsStored=bits, HighBit=bits - 1)
    frame = pixels_of(ds).frame(0, at_least=(rows, columns))
    assert (frame.reduction, frame.values.shape) == (times, (rows, columns))
    assert frame.values.dtype == np.dtype(dtype)
    # on a slope the low band is what lies at its pixels, so an offset or a shift would show at once
    every = values[:: 2**times, :: 2**times].astype(np.int64)
    assert np.abs(frame.values - every).max() <= (1 << bits) * 0.02 + 2


def test_a_real_radiograph_reduced_three_times_is_its_mean_over_blocks():
    ds = real("RG1_J2KR.dcm")
    frame = pixels_of(ds).frame(0, at_least=(224, 211))
    assert (frame.reduction, frame.values.shape) == (3, (245, 231))
    whole = frame_of(ds).values
    blocks = whole[: 244 * 8, : 230 * 8].reshape(244, 8, 230, 8).mean(axis=(1, 3))
    assert np.corrcoef(blocks.ravel(), frame.values[:244, :230].ravel())[0, 1] > 0.99
    assert abs(frame.values.mean() / whole.mean() - 1) < 0.01


def test_no_more_is_reduced_than_there_are_levels_or_than_is_asked_for():
    ds = real("693_J2KR.dcm")  # five levels
    sizes = {at: pixels_of(ds).frame(0, at_least=at).values.shape for at in [(1, 1), (512, 10), (257, 1), (256, 256)]}
    assert sizes == {(1, 1): (16, 16), (512, 10): (512, 512), (257, 1): (512, 512), (256, 256): (256, 256)}


@pytest.mark.parametrize(
    ("dtype", "header"),
    [
        (np.uint16, {"BitsStored": 12, "HighBit": 11}),  # an overlay may lie in the other bits
        (np.uint16, {"PixelRepresentation": 1}),  # a sign that the codestream does not know of
        (np.uint8, {"PhotometricInterpretation": "PALETTE COLOR"}),
    ],
)
def test_what_a_mean_would_make_nonsense_of_is_decoded_whole(dtype, header):
    values = (slope >> 4).astype(dtype)
    ds = compressed([jpeg_2000(values, np.dtype(dtype).itemsize * 8)], values, J2K, **header)
    for colour in ("Red", "Green", "Blue"):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 8])
        setattr(ds, f"{colour}PaletteColorLookupTableData", bytes(range(256)))
    frame = pixels_of(ds).frame(0, at_least=(4, 4))
    assert frame.reduction == 0
    np.testing.assert_array_equal(frame.values if frame.values.ndim == 2 else frame.values[..., 1], values)


def test_where_a_component_has_levels_of_its_own_all_is_decoded():
    stream = jpeg_2000(slope)
    at = stream.index(b"\xff\x52")
    end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
    own = b"\0\0" + stream[at + 9 : end]  # of component 0, what the default says
    component = b"\xff\x53" + struct.pack(">H", 2 + len(own)) + own
    for whole, reduction in ((stream, 2), (stream[:end] + component + stream[end:], 0)):
        frame = pixels_of(compressed([whole], slope, J2K)).frame(0, at_least=(10, 14))
        assert frame.reduction == reduction
    np.testing.assert_array_equal(frame.values, slope)


def test_where_less_than_all_cannot_be_decoded_all_is(monkeypatch):
    def fails(_):
        raise OSError("broken data stream")

    monkeypatch.setattr(_decoders, "_pillow_jpeg_2000", fails)
    frame = pixels_of(compressed([jpeg_2000(slope)], slope, J2K)).frame(0, at_least=(10, 14))
    assert frame.reduction == 0
    np.testing.assert_array_equal(frame.values, slope)


def test_colour_is_reduced_too_and_stays_what_it_was():
    frame = pixels_of(real("US1_J2KR.dcm")).frame(0, at_least=(100, 100))
    assert frame.values.shape == (120, 160, 3)
    whole = reference(real("US1_J2KR.dcm"), 0).reshape(120, 4, 160, 4, 3).mean(axis=(1, 3))
    for colour in range(3):  # sharper than a mean, and at the same places
        assert np.corrcoef(whole[..., colour].ravel(), frame.values[..., colour].ravel())[0, 1] > 0.8


def test_a_wrong_sign_in_the_codestream_is_put_right_by_the_header():
    signed = (slope.astype(np.int32) - 2048).clip(-2048, 2047).astype(np.int16)
    as_bits = (signed & 0xFFF).astype(np.uint16)
    ds = compressed([jpeg_2000(as_bits, 12)], signed, J2K, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(frame_of(ds).values, signed)


def test_a_lossy_codec_may_not_leave_the_range_of_the_stored_bits():
    wild = np.tile(np.array([0, 5000, 4095, 65_535], np.uint16), (64, 20))
    stream = jpeg_2000(wild, 16, compression_ratios=[1.5])
    ds = compressed([stream], wild, LOSSY_J2K, BitsStored=12, HighBit=11)
    assert frame_of(ds).values[:, 3::4].min() == 4095  # 65535 masked to 12 bits could be anything


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_jpeg_ls_colour_is_read_in_each_way_of_interleaving(lines):
    order = hue.transpose(2, 0, 1) if lines == 0 else hue
    stream = bytes(jpeg_ls.encode_buffer(order.tobytes(), 24, 40, 3, 8, interleave_mode=lines))
    np.testing.assert_array_equal(frame_of(compressed([stream], hue, JPEG_LS)).values, hue)


def test_jpeg_ls_is_signed_where_the_header_says_so():
    signed = (slope.astype(np.int32) - 2048).clip(-2048, 2047).astype(np.int16)
    stream = bytes(jpeg_ls.encode_buffer((signed & 0xFFF).astype("<u2").tobytes(), 37, 53, 1, 12))
    ds = compressed([stream], signed, JPEG_LS, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(frame_of(ds).values, signed)


@pytest.mark.parametrize("header", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_the_colours_of_a_jpeg_are_told_by_its_own_marks_before_the_header(header):
    image = Image.fromarray(hue)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, subsampling=0)  # a JFIF mark: YBR, whatever the header says
    warned = Warned()
    ds = compressed([stream.getvalue()] * 2, hue, JPEG, PhotometricInterpretation=header)
    for frame in pixels_of(ds, warned).frames_at([0, 1]):
        assert np.abs(frame.values.astype(int) - hue).max() < 8
    assert [caution.code for caution in warned] == (["dicom_colour_differs"] if header == "RGB" else [])


@pytest.mark.parametrize(("transform", "colour"), [(0, "RGB"), (1, "YBR_FULL")])
def test_adobes_mark_counts_for_more_than_jfifs_wherever_it_stands(transform, colour):
    mark = b"\xff\xee" + struct.pack(">H", 14) + b"Adobe" + bytes([0, 100, 0, 0, 0, 0, transform])
    stream = jpeg(hue)  # JFIF's first
    for whole in (stream[:2] + mark + stream[2:], stream[:20] + mark + stream[20:]):
        ds = compressed([whole], hue, JPEG, PhotometricInterpretation="YBR_FULL")
        assert pixels_of(ds).source.job(0).colour == colour


def test_without_a_mark_the_header_says_what_a_jpeg_holds():
    stream = io.BytesIO()
    Image.fromarray(hue).save(stream, "JPEG", quality=95, subsampling=0, keep_rgb=False)
    whole = stream.getvalue()
    bare = whole[:2] + whole[20:]  # without the JFIF segment
    converted = frame_of(compressed([bare], hue, JPEG, PhotometricInterpretation="YBR_FULL")).values
    as_is = frame_of(compressed([bare], hue, JPEG, PhotometricInterpretation="RGB")).values
    assert np.abs(converted.astype(int) - hue).max() < 8
    np.testing.assert_allclose(as_is, np.asarray(Image.fromarray(hue).convert("YCbCr")), atol=8)


@pytest.mark.parametrize(
    ("header", "keyword"),
    [
        ({"Rows": 36}, "Rows"),
        ({"Columns": 530}, "Columns"),
        ({"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, "BitsAllocated"),
    ],
)
@pytest.mark.parametrize("syntax", [J2K, JPEG_LS])
def test_a_codestream_that_says_otherwise_than_the_header_is_refused_before_it_is_decoded(header, keyword, syntax):
    stream = jpeg_2000(slope) if syntax == J2K else bytes(jpeg_ls.encode_buffer(slope.tobytes(), 37, 53, 1, 16))
    with pytest.raises(Rejected) as caught:
        pixels_of(compressed([stream], slope, syntax, **header))
    assert (caught.value.code, caught.value.facts["keyword"]) == ("dicom_codestream_differs", keyword)


def test_a_bomb_in_a_small_object_is_refused_before_it_is_decoded(monkeypatch):
    stream = bytearray(jpeg(hue))
    frame_header = stream.index(b"\xff\xc0")
    stream[frame_header + 5 : frame_header + 9] = struct.pack(">HH", 60_000, 60_000)
    monkeypatch.setattr("scandrop.processors.dicom._compressed.isolated", lambda *_: pytest.fail("decoded"))
    assert code_of(compressed([bytes(stream)], hue, JPEG)) == "dicom_codestream_differs"


def test_a_later_frame_is_held_against_the_header_too():
    ds = compressed([jpeg_2000(slope), jpeg_2000(slope[:-1].copy())], slope, J2K)
    assert code_of(ds) == "dicom_codestream_differs"


def test_twelve_bit_jpeg_names_the_layer_that_reads_it():
    with pytest.raises(Rejected, match=r"GPL.*libjpeg.*gpl_decoders"):
        pixels_of(real("JPGExtended.dcm"))


def test_twelve_bit_jpeg_is_read_where_that_layer_is(monkeypatch):
    ds = real("JPGExtended.dcm")
    values = np.add.outer(np.arange(1024), np.arange(256)).astype(np.uint16)
    libjpeg = types.SimpleNamespace(decode=lambda data: values if data[:2] == b"\xff\xd8" else None)
    monkeypatch.setitem(sys.modules, "libjpeg", libjpeg)
    np.testing.assert_array_equal(frame_of(ds).values, values)


def test_a_syntax_that_nothing_decodes_is_named():
    with pytest.raises(Rejected, match="JPEGXLLossless") as caught:
        pixels_of(compressed([b"\xff\x0a" + bytes(10)], slope, JPEG_XL))
    assert caught.value.code == "dicom_syntax_unsupported"


def test_a_module_that_the_layer_lacks_is_the_packages_fault(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpeg_ls", None)
    with pytest.raises(ImportError):
        frame_of(real("MR_small_jpeg_ls_lossless.dcm"))


@pytest.mark.parametrize("name", ONE_EACH.values())
def test_damaged_data_is_rejected_or_decoded_and_never_anything_else(name, capfd, monkeypatch):
    monkeypatch.setattr("scandrop.processors.dicom._compressed.LEAST_S", 0.5)  # CharLS can take minutes
    ds = real(name)
    whole = get_frame(ds.PixelData, 0, number_of_frames=int(ds.get("NumberOfFrames", 1)))
    ds.NumberOfFrames = 1
    chance = random.Random(7)  # noqa: S311 (the same damage each time)
    codes = set()
    for step in range(24):
        stream = bytearray(whole)
        if step % 2:
            del stream[chance.randrange(len(stream)) :]
        for _ in range(chance.randrange(1, 9) if stream else 0):
            stream[chance.randrange(len(stream))] ^= 1 << chance.randrange(8)
        ds.PixelData = encapsulate([bytes(stream)])
        try:
            assert frame_of(ds).values.shape[:2] == (ds.Rows, ds.Columns)
        except Rejected as rejection:
            codes.add(rejection.code)
    assert "dicom_pixels_damaged" in codes
    died = {"dicom_decoder_died", "dicom_decoder_too_slow"}
    assert codes <= died | {"dicom_pixels_damaged", "dicom_codestream_differs", "dicom_needs_libjpeg"}
    assert capfd.readouterr().err == ""


def test_nothing_is_decoded_where_there_are_no_pixels():
    for value in (None, b""):
        assert Pixels.of(file_of(made(slope, PixelData=value)), Settings(), Warned()) is None
