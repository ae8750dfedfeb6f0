"""Canaries wherever compressed pixels have room for text: none sings in deid.dcm, and every pixel stays."""

import io
import random
import struct
import time
import zlib
from itertools import pairwise

import numpy as np
import openjpeg
import pydicom
import pytest
from dicom_files import real_file
from dicom_objects import OURS, ct
from dicom_pixels import OPENJPH_SLOPE, compressed, file_of, made, real, real_names, reference, slope
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import generate_uid

from scandrop.errors import Rejected
from scandrop.processing import run
from scandrop.processors import Source
from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._comments import UNREAD, without_comments
from scandrop.processors.dicom._dataset import EXPLICIT, Element, Syntax
from scandrop.processors.dicom._decoders import DECODERS, DEEP_JPEG
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._tags import PIXEL_DATA
from scandrop.processors.dicom._unread import DamagedError
from scandrop.processors.dicom._warnings import Warned

CANARY = b"Zephyr^Zdenka 12.03.1954"
CODE = "dicom_comments_blanked"
HTJ2K = "1.2.840.10008.1.2.4.201"
RLE = "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.8.1"
UNCOMPRESSED = "1.2.840.10008.1.2.1.98"


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def box(kind, body):
    return struct.pack(">I", len(body) + 8) + kind + body


def at_start(piece):
    return lambda stream: stream[:2] + piece + stream[2:]


def at_first(mark, piece):
    return lambda stream: stream.replace(mark, piece + mark, 1)


def before_end(piece):
    def planted(stream):
        at = stream.rindex(b"\xff\xd9")
        return stream[:at] + piece + stream[at:]

    return planted


def behind_end(piece):
    return lambda stream: stream[: stream.rindex(b"\xff\xd9") + 2] + piece


def in_tile_part(stream):
    """A comment in the first tile-part's header, which is then so much longer."""
    at, comment = stream.index(b"\xff\x90"), segment(0x64, b"\0\1" + CANARY)
    length = int.from_bytes(stream[at + 6 : at + 10], "big")
    longer = struct.pack(">I", length and length + len(comment))
    return stream[: at + 6] + longer + stream[at + 10 : at + 12] + comment + stream[at + 12 :]


def in_boxes(profile):
    """The codestream as somebody's JP2 file."""

    def planted(stream):
        right, bottom, left, top = struct.unpack_from(">4I", stream, 8)
        size = struct.pack(">IIHBBBB", bottom - top, right - left, stream[41], stream[42], 7, 0, 0)
        color = b"\2\0\0" + CANARY * 9 if profile else b"\1\0\0" + struct.pack(">I", 16 if stream[41] == 3 else 17)
        header = box(b"jp2h", box(b"ihdr", size) + box(b"colr", color) + box(b"lbl ", CANARY))
        boxes = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + header
        boxes += box(b"xml ", CANARY) + box(b"uuid", bytes(16) + CANARY) + box(b"uinf", box(b"url ", CANARY))
        return boxes + box(b"jp2c", stream) + box(b"xml ", CANARY)

    return planted


JPEG_PLANTS = {
    "comment": at_start(segment(0xFE, CANARY)),
    "two comments": at_start(segment(0xFE, CANARY) + b"\xff\xff" + segment(0xFE, CANARY)),
    "Exif": at_start(segment(0xE1, b"Exif\0\0" + CANARY)),
    "XMP": at_start(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY)),
    "ICC": at_start(segment(0xE2, b"ICC_PROFILE\0\1\1" + CANARY * 9)),
    "IPTC": at_start(segment(0xED, b"Photoshop 3.0\0" + CANARY)),
    "another APP0": at_start(segment(0xE0, b"JFXX\0\x10" + CANARY)),
    "another APP8": at_start(segment(0xE8, CANARY)),
    "another APP14": at_start(segment(0xEE, CANARY)),
    "a comment before the end": before_end(segment(0xFE, CANARY)),
    "behind the end": behind_end(CANARY),
    "another image behind the end": behind_end(b"\xff\xd8" + segment(0xFE, CANARY) + b"\xff\xd9"),
}
JPEG_LS_PLANTS = {name: plant for name, plant in JPEG_PLANTS.items() if name != "a comment before the end"}  # CharLS
J2K_PLANTS = {
    "comment": at_first(b"\xff\x90", segment(0x64, b"\0\1" + CANARY)),
    "binary comment": at_first(b"\xff\x90", segment(0x64, b"\0\0" + CANARY)),
    **{f"unknown {code:x}": at_first(b"\xff\x90", segment(code, CANARY)) for code in (0x54, 0x59, 0x5A, 0x62, 0x7A)},
    "in a tile-part": in_tile_part,
    "behind the end": behind_end(CANARY),
    "JP2": in_boxes(profile=False),
    "JP2 with a profile": in_boxes(profile=True),
}
PLANTS = {
    "SC_rgb_jpeg_dcmtk.dcm": JPEG_PLANTS,  # baseline
    "SC_rgb_jpeg_app14_dcmd.dcm": JPEG_PLANTS,
    "SC_rgb_jpeg_gdcm.dcm": JPEG_PLANTS,  # lossless
    "MR_small_jpeg_ls_lossless.dcm": JPEG_LS_PLANTS,
    "SC_rgb_jls_lossy_sample.dcm": JPEG_LS_PLANTS,
    "MR_small_jp2klossless.dcm": J2K_PLANTS,
    "SC_rgb_gdcm_KY.dcm": J2K_PLANTS,
    "HTJ2K": J2K_PLANTS,
}


def object_of(name):
    return compressed([OPENJPH_SLOPE], slope, HTJ2K) if name == "HTJ2K" else real(name)


def frames_of(ds):
    return list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


def passed(ds, tmp_path):
    """What the lane makes of the object: the raw file's bytes, deid.dcm's, and the codes of the warnings."""
    ds.setdefault("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")
    ds.setdefault("SOPInstanceUID", generate_uid())
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    raw, work = tmp_path / "raw.dcm", tmp_path / "work"
    work.mkdir()
    pydicom.dcmwrite(raw, ds, enforce_file_format=True)
    source = Source(raw, "raw.dcm", pseudonym_key=b"a key for the tests, long enough to be one")
    outcome = run("dicom", source, Settings(burned_in="pass"), work)
    assert outcome.status == "succeeded", outcome
    return raw.read_bytes(), (work / "deid.dcm").read_bytes(), outcome.metadata.get("warnings", [])


def decoded(raw):
    return decoded_of(pydicom.dcmread(io.BytesIO(raw)))


def decoded_of(ds):
    """All frames by pydicom, or by OpenJPEG, which pydicom does not hand this syntax to."""
    if ds.file_meta.TransferSyntaxUID == HTJ2K:
        return [openjpeg.decode(frame) for frame in frames_of(ds)]
    return [reference(ds, index) for index in range(int(ds.get("NumberOfFrames", 1)))]


def pixel_data(raw):
    return pydicom.dcmread(io.BytesIO(raw)).PixelData


def assert_silent(ds, tmp_path):
    """The canary is in the file and not in deid.dcm, which has the same pixels and as many bytes of them."""
    raw, clean, warned = passed(ds, tmp_path)
    assert CANARY in raw
    assert CANARY not in clean
    assert CODE in warned
    assert len(pixel_data(clean)) == len(pixel_data(raw))
    return raw, clean


def assert_same(one, other):
    assert len(one) == len(other) > 0
    for before, after in zip(one, other, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(("name", "plant"), [(name, plant) for name, plants in PLANTS.items() for plant in plants])
def test_no_canary_sings_and_pixels_stay(name, plant, tmp_path):
    ds = object_of(name)
    before = decoded_of(ds)
    ds.PixelData = encapsulate([PLANTS[name][plant](frame) for frame in frames_of(ds)])
    _, clean = assert_silent(ds, tmp_path)
    assert_same(before, decoded(clean))


def test_what_says_how_to_decode_stays_and_what_follows_it_goes(tmp_path):
    ds = real("SC_rgb_jpeg_app14_dcmd.dcm")
    (stream,) = frames_of(ds)
    adobe = stream.index(b"Adobe") - 4
    assert stream[adobe : adobe + 2] == b"\xff\xee"
    marked = stream[adobe : adobe + 16]
    longer = segment(0xEE, marked[4:] + CANARY)
    jfif = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0" + CANARY)
    ds.PixelData = encapsulate([stream[:adobe] + longer + jfif + stream[adobe + 16 :]])
    _, clean = assert_silent(ds, tmp_path)
    assert marked[4:] in clean
    assert b"JFIF\0\1\1" in clean


def test_a_colour_transform_of_jpeg_ls_is_no_comment():
    data = b"\xff\xd8" + segment(0xE8, b"mrfx\1") + segment(0xE8, b"SPIFF\0" + bytes(range(24)) + CANARY) + b"\xff\xd9"
    spans = list(UNREAD[DECODERS["JPEGLSLossless"]](data, None))
    blank = bytearray(data)
    for start, stop in spans:
        blank[start:stop] = bytes(stop - start)
    assert blank == data.replace(CANARY, bytes(len(CANARY)))


def walked(data):
    """The frame with what its walk gives blanked."""
    blank = bytearray(data)
    for start, stop in UNREAD[DECODERS["JPEGBaseline8Bit"]](data, None):
        blank[start:stop] = bytes(stop - start)
    return bytes(blank)


HUFFMAN_TABLE = b"\x11" + bytes([0, 2, *[0] * 14]) + b"\1\2"
FRAME_HEADER = b"\x08\0\x10\0\x18\3" + bytes(range(9))


@pytest.mark.parametrize(
    ("marker", "needed"), [(0xC0, FRAME_HEADER), (0xDA, b"\1\1\0\0\x3f\0"), (0xDC, b"\0\x10"), (0xDD, b"\0\1")]
)
def test_a_jpeg_segment_keeps_what_its_own_structure_says(marker, needed):
    whole = b"\xff\xd8" + segment(marker, needed) + b"\xff\xd9"
    assert walked(whole) == whole
    assert walked(b"\xff\xd8" + segment(marker, needed + CANARY) + b"\xff\xd9") == (
        b"\xff\xd8" + segment(marker, needed + bytes(len(CANARY))) + b"\xff\xd9"
    )


@pytest.mark.parametrize(
    ("marker", "table"),
    [(0xC4, HUFFMAN_TABLE), (0xDB, b"\1" + bytes(range(64))), (0xDB, b"\x13" + bytes(range(128)))],
)
def test_tables_of_a_jpeg_stay_and_are_refused_with_anything_but_tables(marker, table):
    whole = b"\xff\xd8" + segment(marker, table + table) + b"\xff\xd9"
    assert walked(whole) == whole
    for body in (table + CANARY, table + table[:-1], table + bytes(5)):
        with pytest.raises(DamagedError):
            walked(b"\xff\xd8" + segment(marker, body) + b"\xff\xd9")


def rle_parts(stream):
    count = stream[0]
    bounds = [*struct.unpack_from(f"<{count}I", stream, 4), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(bounds)]


def rle_of(parts, *, unused=b"", gap=b""):
    at, offsets = 64 + len(gap), []
    for part in parts:
        offsets.append(at)
        at += len(part)
    header = struct.pack(f"<{len(parts) + 1}I", len(parts), *offsets) + unused
    return header.ljust(64, b"\0") + gap + b"".join(parts)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "SC_rgb_rle_16bit_2frame.dcm"])
@pytest.mark.parametrize("place", ["header", "before", "behind each"])
def test_what_rle_segments_leave_around_them_is_blanked(name, place, tmp_path):
    def planted(text):
        texts = {"unused": text * (place == "header"), "gap": text * (place == "before")}
        behind = text * (place == "behind each")
        return encapsulate([rle_of([part + behind for part in rle_parts(frame)], **texts) for frame in frames])

    ds = real(name)
    frames = frames_of(ds)
    ds.PixelData = planted(CANARY)
    file, clean = blanked(ds, tmp_path)
    assert CANARY in raw_pixels(file)
    assert raw_pixels(clean) == planted(bytes(len(CANARY)))


def test_what_the_last_run_of_an_rle_segment_has_beyond_the_plane_is_blanked(tmp_path):
    def planted(text):
        runs = b"\x81\x07" * (slope.size // 128) + bytes([slope.size % 128 - 1 + len(text)])
        return rle_of([runs + bytes(range(slope.size % 128)) + text] * slope.itemsize)

    assert slope.size % 128
    _, clean = blanked(compressed([planted(CANARY)], slope, RLE), tmp_path)
    (frame,) = generate_frames(raw_pixels(clean), number_of_frames=1)
    assert frame == planted(bytes(len(CANARY)))


def test_a_codestream_with_a_transform_that_dicom_does_not_have_is_refused(tmp_path):
    ds = real("MR_small_jp2klossless.dcm")
    ds.PixelData = encapsulate([at_first(b"\xff\x90", segment(0x74, CANARY))(frame) for frame in frames_of(ds)])
    with pytest.raises(Rejected) as caught:
        blanked(ds, tmp_path)
    assert caught.value.code == "dicom_pixels_damaged"


def squeezed(data):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize("syntax", [UNCOMPRESSED, DEFLATED])
def test_bytes_behind_a_frame_that_is_not_compressed_or_deflated_are_blanked(syntax, tmp_path):
    frame = slope.tobytes() if syntax == UNCOMPRESSED else squeezed(slope.tobytes())
    ds = compressed([frame + CANARY, frame], slope, syntax)
    _, clean = blanked(ds, tmp_path)
    assert raw_pixels(clean) == ds.PixelData.replace(CANARY, bytes(len(CANARY)))


def test_a_deflated_frame_that_holds_more_than_its_samples_is_refused(tmp_path):
    with pytest.raises(Rejected) as caught:
        blanked(compressed([squeezed(slope.tobytes() + CANARY)], slope, DEFLATED), tmp_path)
    assert caught.value.code == "dicom_pixels_damaged"


JPEG_FILE = "SC_rgb_jpeg_dcmtk.dcm"


def test_a_comment_across_fragments_is_blanked_in_each(tmp_path):
    ds = real(JPEG_FILE)
    before = [reference(ds, 0)]
    stream = at_start(segment(0xFE, b"Zeph" * 100))(frames_of(ds)[0])
    ds.PixelData = encapsulate([stream], fragments_per_frame=len(stream) // 50)
    raw, clean, _ = passed(ds, tmp_path)
    assert raw.count(b"Zeph") > 80
    assert b"Zep" not in clean
    assert_same(before, decoded(clean))


def test_every_frame_is_looked_through(tmp_path):
    ds = real("emri_small_jpeg_2k_lossless.dcm")
    before = decoded_of(ds)
    ds.PixelData = encapsulate([J2K_PLANTS["comment"](frame) for frame in frames_of(ds)])
    raw, clean = assert_silent(ds, tmp_path)
    assert raw.count(CANARY) == len(before) == 10
    assert_same(before, decoded(clean))


@pytest.mark.parametrize("frames", [1, 2])
def test_fragments_behind_the_last_frame_are_blanked(frames, tmp_path):
    ds = real(JPEG_FILE)
    before = [reference(ds, 0)] * frames
    (stream,) = frames_of(ds)
    hidden = JPEG_PLANTS["comment"](stream)
    ds.NumberOfFrames = frames
    ds.PixelData = encapsulate([stream] * frames + [hidden], has_bot=False)
    _, clean = assert_silent(ds, tmp_path)
    assert clean.count(stream[-200:]) == frames
    assert_same(before[:1], decoded(clean)[:1])


@pytest.mark.parametrize("frames", [1, 2])
def test_an_offset_table_that_is_none_is_emptied(frames, tmp_path):
    ds = real(JPEG_FILE)
    (stream,) = frames_of(ds)
    ds.NumberOfFrames = frames
    items = encapsulate([stream] * frames, has_bot=False)[8:]
    ds.PixelData = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(CANARY)) + CANARY + items
    raw, clean, warned = passed(ds, tmp_path)
    assert CANARY in raw
    assert CANARY not in clean
    assert CODE in warned
    assert pixel_data(clean) == b"\xfe\xff\x00\xe0\0\0\0\0" + items
    assert_same([reference(real(JPEG_FILE), 0)] * frames, decoded(clean))


def test_an_offset_table_that_is_one_stays(tmp_path):
    ds = real(JPEG_FILE)
    (stream,) = frames_of(ds)
    ds.NumberOfFrames = 2
    ds.PixelData = encapsulate([stream, stream])
    _, clean, warned = passed(ds, tmp_path)
    assert pixel_data(clean) == ds.PixelData
    assert CODE not in warned


@pytest.mark.parametrize("wrong", [None, "ExtendedOffsetTable", "ExtendedOffsetTableLengths"])
def test_extended_offset_tables_stay_only_where_they_are_true(wrong, tmp_path):
    ds = real(JPEG_FILE)
    (stream,) = frames_of(ds)
    ds.NumberOfFrames = 2
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended([stream, stream])
    if wrong:
        setattr(ds, wrong, b"Zephyr^Z 12.1954")
    raw, clean, _ = passed(ds, tmp_path)
    assert (b"Zephyr^Z" in raw) == bool(wrong)
    assert b"Zephyr^Z" not in clean
    kept = pydicom.dcmread(io.BytesIO(clean))
    assert ("ExtendedOffsetTable" in kept) == ("ExtendedOffsetTableLengths" in kept) == (not wrong)
    assert kept.PixelData == ds.PixelData


@pytest.mark.parametrize("pixels", [{}, {"PixelData": slope.tobytes()}])
def test_an_extended_offset_table_of_no_compressed_pixels_is_removed(pixels):
    table = Element(0x7FE00001, "OV", b"Zephyr^Z")
    rows = {PIXEL_DATA: Element(PIXEL_DATA, "OW", pixels["PixelData"])} if pixels else {}
    clean = deidentify(
        ct({0x7FE00001: table, **rows}), OURS, Settings(), Warned(), recognisable=False, pixels_cleaned=False
    )
    assert 0x7FE00001 not in clean.dataset


def blanked(ds, tmp_path):
    """The object as the lane holds it, before and after."""
    file = file_of(ds)
    return file, without_comments(file, Pixels.of(file, Settings(), Warned()), Warned(), tmp_path)


def raw_pixels(file):
    return bytes(file.dataset[PIXEL_DATA].value.raw)


def looked_through(path, tmp_path):
    file = read(path, tmp_path, Warned(), max_bytes=1 << 30)
    pixels = Pixels.of(file, Settings(), Warned())
    return file, without_comments(file, pixels, Warned(), tmp_path)


def is_compressed(name):
    syntax = Syntax.of(str(getattr(real(name), "file_meta", {}).get("TransferSyntaxUID", "")))
    return syntax is not None and syntax.encapsulated


NOT_DECODED = {"JPEG-lossy.dcm", "JPGExtended.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"}
FILES = [name for name in real_names() if name not in NOT_DECODED and is_compressed(name)]


@pytest.mark.parametrize("name", FILES)
def test_real_files_keep_their_pixels(name, tmp_path):
    file, clean = looked_through(real_file(name), tmp_path)
    before, after = raw_pixels(file), raw_pixels(clean)
    assert len(before) == len(after)
    if clean is file:
        return
    assert not any(word in after for word in (b"OpenJPEG", b"Kakadu", b"JasPer", b"MITRA"))
    for index in {0, Pixels.of(file, Settings(), Warned()).frames - 1}:
        pair = [Pixels.of(each, Settings(), Warned()).frame(index).values for each in (file, clean)]
        np.testing.assert_array_equal(*pair)


def test_among_the_real_files_are_many_with_comments_and_many_without(tmp_path):
    assert len(FILES) > 50
    changed = 0
    for name in FILES:
        file, clean = looked_through(real_file(name), tmp_path)
        changed += clean is not file
    assert 15 < changed < len(FILES) - 15


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_RLE.dcm"])
def test_an_object_without_any_is_handed_on_as_it_is(name, tmp_path):
    file, clean = blanked(real(name), tmp_path)
    assert clean is file
    assert not (tmp_path / "blanked-pixels").exists()


def test_what_was_blanked_once_has_nothing_left_to_blank(tmp_path):
    _, once = blanked(real("MR_small_jp2klossless.dcm"), tmp_path)
    assert without_comments(once, Pixels.of(once, Settings(), Warned()), Warned(), tmp_path / "no folder") is once


def test_native_pixels_are_left_alone(tmp_path):
    file, clean = blanked(made(slope), tmp_path)
    assert file.syntax == EXPLICIT
    assert clean is file


def test_the_input_is_not_written_to(tmp_path):
    before = real_file("MR_small_jp2klossless.dcm").read_bytes()
    file, clean = looked_through(real_file("MR_small_jp2klossless.dcm"), tmp_path)
    assert clean is not file
    assert real_file("MR_small_jp2klossless.dcm").read_bytes() == before
    assert b"OpenJPEG" in raw_pixels(file)


def test_there_is_a_walk_for_every_decoder():
    assert set(UNREAD) == {*DECODERS.values(), DEEP_JPEG}


@pytest.mark.parametrize("name", [*PLANTS, "MR_small_RLE.dcm"])
def test_damaged_data_is_walked_or_refused_and_nothing_else(name):
    ds, rng = object_of(name), random.Random(name)  # noqa: S311 (for tests)
    layout = Pixels.of(file_of(ds), Settings(), Warned()).layout
    walk = UNREAD[DECODERS[Syntax.of(str(ds.file_meta.TransferSyntaxUID)).name]]
    (stream,) = frames_of(ds)
    planted = [plant(stream) for plant in PLANTS.get(name, {"as it is": bytes}).values()]
    refused = 0
    for _ in range(400):
        damaged = bytearray(rng.choice(planted))
        for _ in range(rng.randrange(1, 5)):
            damaged[rng.randrange(min(len(damaged), 300))] = rng.choice([0, 1, 0xFF, 0xD9, rng.randrange(256)])
        damaged = bytes(damaged[: rng.choice([len(damaged), rng.randrange(len(damaged))])])
        try:
            spans = list(walk(damaged, layout))
        except DamagedError:
            refused += 1
            continue
        assert all(0 <= start <= len(damaged) + 2 and stop <= len(damaged) for start, stop in spans)
        begins = [start for start, stop in spans if start < stop]
        assert begins == sorted(begins)
    assert 0 < refused < 400


def test_a_segment_that_goes_past_the_end_is_refused(tmp_path):
    ds = real(JPEG_FILE)
    (stream,) = frames_of(ds)
    ds.NumberOfFrames = 2
    ds.PixelData = encapsulate([stream, stream[:-2] + b"\xff\xfe\xff\xff" + CANARY])
    with pytest.raises(Rejected) as caught:
        blanked(ds, tmp_path)
    assert caught.value.code == "dicom_pixels_damaged"


@pytest.mark.parametrize("piece", [b"\xff\xfe\0\2", b"\xff\xfe\0\3x", b"\xff", b"\xff\0", b"x", b"\xff\xda\0\2"])
def test_hostile_data_takes_no_more_than_its_length(piece):
    def seconds(length):
        data = b"\xff\xd8" + piece * (length // len(piece))
        start = time.process_time()
        for _ in UNREAD[DECODERS["JPEGBaseline8Bit"]](data, None):
            pass
        return time.process_time() - start

    assert seconds(400_000) < 20 * seconds(100_000) + 0.05
