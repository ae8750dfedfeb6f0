"""Compressed pixels under a wrong transfer syntax, and ones that are not all there."""

import io

import jpeg_ls
import numpy as np
import pydicom
import pytest
import rle
from dicom_pixels import OPENJPH_SLOPE, compressed, file_of, made, pixels_of, real, slope
from PIL import Image
from pydicom.encaps import generate_frames
from pydicom.uid import generate_uid

from scandrop.errors import Rejected
from scandrop.processing import run
from scandrop.processors import Source
from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._labels import rightly_labelled
from scandrop.processors.dicom._warnings import Warned

BASELINE, EXTENDED, PROGRESSIVE = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 55))
LOSSLESS, SV1, JLS, NEAR_JLS = (f"1.2.840.10008.1.2.4.{number}" for number in (57, 70, 80, 81))
J2K_LOSSLESS, J2K, HT_LOSSLESS, HT = (f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 201, 203))
RLE = "1.2.840.10008.1.2.5"
CODE = "dicom_syntax_contradiction"

gray = (slope // 40).astype(np.uint8)


def jpeg(values=gray, **options):
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


def jpeg_2000(**options):
    stream = io.BytesIO()
    Image.fromarray(gray).save(stream, "JPEG2000", no_jp2=True, **options)
    return stream.getvalue()


def first_frame(name):
    return next(generate_frames(real(name).PixelData, number_of_frames=1))


def rle_frame():
    plain = made(gray)
    return rle.encode_pixel_data(plain.PixelData, plain, "<")


STREAMS = {
    "baseline": (jpeg, {BASELINE, EXTENDED}, BASELINE),
    "progressive": (lambda: jpeg(progressive=True), {PROGRESSIVE}, PROGRESSIVE),
    "12 bits": (lambda: first_frame("JPGExtended.dcm"), {EXTENDED}, EXTENDED),
    "lossless": (lambda: first_frame("SC_rgb_jpeg_gdcm.dcm"), {LOSSLESS, SV1}, SV1),
    "JPEG-LS": (lambda: bytes(jpeg_ls.encode_array(gray)), {JLS, NEAR_JLS}, JLS),
    "near-lossless": (lambda: bytes(jpeg_ls.encode_array(gray, lossy_error=3)), {NEAR_JLS}, NEAR_JLS),
    "JPEG 2000": (jpeg_2000, {J2K_LOSSLESS, J2K}, J2K_LOSSLESS),
    "lossy JPEG 2000": (lambda: jpeg_2000(irreversible=True), {J2K}, J2K),
    "HTJ2K": (lambda: OPENJPH_SLOPE, {HT_LOSSLESS, HT, f"{HT[:-1]}2"}, HT_LOSSLESS),
    "RLE": (rle_frame, {RLE}, RLE),
}
LABELS = (BASELINE, EXTENDED, PROGRESSIVE, LOSSLESS, SV1, JLS, NEAR_JLS, J2K_LOSSLESS, J2K, HT_LOSSLESS, HT, RLE)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("coding", STREAMS)
def test_a_label_that_the_data_contradicts_is_put_right(coding, label):
    stream, true, meant = STREAMS[coding]
    warned = Warned()
    file = rightly_labelled(file_of(compressed([stream()], gray, label)), warned)
    assert file.syntax.uid == (label if label in true else meant)
    assert [caution.code for caution in warned] == ([] if label in true else [CODE])


@pytest.mark.parametrize("label", [LOSSLESS, JLS, J2K])
def test_what_is_mislabelled_is_shown_and_written_as_what_it_is(label, tmp_path):
    ds = compressed([jpeg()], gray, label, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SOPInstanceUID=generate_uid())
    outcome = passed(ds, tmp_path)
    assert outcome.status == "succeeded", outcome
    assert CODE in outcome.metadata["warnings"]
    assert outcome.metadata["transfer_syntax"] == "JPEGBaseline8Bit"
    shown = pydicom.dcmread(tmp_path / "deid.dcm")
    assert shown.file_meta.TransferSyntaxUID == BASELINE
    assert np.abs(shown.pixel_array.astype(int) - gray).max() < 16


def test_a_jpeg_ls_of_many_bits_asks_for_no_decoder_of_jpeg(tmp_path):
    stream = bytes(jpeg_ls.encode_array(slope))
    ds = compressed([stream], slope, BASELINE, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SOPInstanceUID=generate_uid())
    assert passed(ds, tmp_path).metadata["transfer_syntax"] == "JPEGLSLossless"
    assert np.array_equal(pydicom.dcmread(tmp_path / "deid.dcm").pixel_array, slope)


def passed(ds, work):
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    raw = work / "raw.dcm"
    pydicom.dcmwrite(raw, ds, enforce_file_format=True)
    source = Source(raw, "raw.dcm", pseudonym_key=b"a key for the tests, long enough to be one")
    return run("dicom", source, Settings(burned_in="pass"), work)


# not all there


def damaged(ds):
    with pytest.raises(Rejected) as caught:
        pixels_of(ds).frame(0)
    return caught.value.code


def test_a_size_that_so_few_bytes_cannot_fill_is_damage():
    big = np.zeros((2000, 3000), np.uint8)
    stream = bytearray(jpeg())
    at = stream.index(b"\xff\xc0") + 5
    stream[at : at + 4] = (2000).to_bytes(2, "big") + (3000).to_bytes(2, "big")
    assert damaged(compressed([bytes(stream)], big, BASELINE)) == "dicom_pixels_damaged"
    pixels_of(compressed([jpeg(big)], big, BASELINE)).frame(0)  # nothing is smaller than one that is all black


def test_a_tile_that_is_missing_is_damage():
    stream = jpeg_2000(tile_size=(32, 32))
    pixels_of(compressed([stream], gray, J2K)).frame(0)
    last = stream.rindex(b"\xff\x90\0\x0a")
    assert damaged(compressed([stream[:last] + b"\xff\xd9"], gray, J2K)) == "dicom_pixels_damaged"
    assert damaged(compressed([stream[: last + 20] + b"\xff\xd9"], gray, J2K)) == "dicom_pixels_damaged"


def test_single_bits_in_rle_are_named():
    assert damaged(compressed([rle_frame()], gray, RLE, BitsAllocated=1, BitsStored=1, HighBit=0)) == (
        "dicom_single_bits_unsupported"
    )


def test_fragments_that_nothing_assigns_to_frames_are_named():
    half = rle_frame()[:100]
    ds = compressed([half, half, half, half], gray, RLE, NumberOfFrames=2)
    ds.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + ds.PixelData[ds.PixelData.index(b"\xfe\xff\x00\xe0", 4) :]
    assert damaged(ds) == "dicom_frames_untold"


# more than there should be


@pytest.mark.parametrize("frames", [None, 0, -1, 1])
def test_whole_frames_that_nobody_looked_at_are_blanked_and_told(frames, tmp_path):
    hidden = jpeg(255 - gray)
    ds = compressed([jpeg(), hidden], gray, BASELINE, SOPClassUID="1.2.840.10008.5.1.4.1.1.2", NumberOfFrames=frames)
    ds.SOPInstanceUID = generate_uid()
    outcome = passed(ds, tmp_path)
    assert "dicom_more_frames" in outcome.metadata["warnings"]
    written = (tmp_path / "deid.dcm").read_bytes()
    assert jpeg()[:-2] in written
    assert not [at for at in range(620, len(hidden) - 8, 8) if hidden[at : at + 8] in written.replace(jpeg(), b"")]


CANARY = b"MUELLER^HANS"


def item(data):
    return b"\xfe\xff\x00\xe0" + len(data).to_bytes(4, "little") + data


@pytest.mark.parametrize("frames", [None, 0, -1, 1])
@pytest.mark.parametrize(
    "value",
    [
        lambda stream: item(b"") + item(stream) + item(CANARY),
        lambda stream: item(CANARY) + item(stream),
        lambda stream: item(b"") + item(stream + CANARY),
        lambda stream: item(CANARY) + item(stream) + item(stream) + item(CANARY),
    ],
    ids=["another fragment", "the offset table", "behind the end", "everywhere"],
)
@pytest.mark.parametrize("coding", ["baseline", "JPEG-LS", "JPEG 2000", "RLE"])
def test_no_byte_that_nobody_looked_at_is_passed_on(coding, value, frames, tmp_path):
    stream, _, label = STREAMS[coding]
    data = stream() + b"\0" * (len(stream()) % 2)
    ds = compressed([data], gray, label, PixelData=value(data), NumberOfFrames=frames)
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
    outcome = passed(ds, tmp_path)
    if coding == "RLE" and outcome.status == "rejected":  # what follows a segment is taken for a part of it
        assert outcome.error_code == "dicom_pixels_damaged"
        return
    assert outcome.status == "succeeded", outcome
    assert "dicom_comments_blanked" in outcome.metadata["warnings"]
    assert CANARY not in (tmp_path / "deid.dcm").read_bytes()
