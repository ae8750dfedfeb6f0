"""Bytes that show or measure something stay at the length that is said of them, and no others do."""

import io
import struct

import numpy as np
import pytest
from dicom_files import PYDICOM_FILES
from dicom_objects import CT, ct, dataset, done, element, value
from dicom_pixels import file_of, made, pixels_of
from PIL import Image, ImageCms

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._bulk import SEGMENTED
from scandrop.processors.dicom._dataset import BIG_ENDIAN, EXPLICIT, File
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._warnings import Warned

CANARY = b"MUELLER^HANS"
PALETTE_COLOR = {0x00280004: "PALETTE COLOR", 0x7FE00010: b"\0\1"}
RED, RED_SEGMENTED, RED_DESCRIPTOR = 0x00281201, 0x00281221, 0x00281101
LUT = {0x00283002: struct.pack("<3H", 2, 0, 16), 0x00283006: b"\1\2\3\4"}
SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"
SURFACES = "1.2.840.10008.5.1.4.1.1.66.5"
TRACTS = "1.2.840.10008.5.1.4.1.1.66.6"

gray = np.arange(5 * 7, dtype=np.uint16).reshape(5, 7)


def codes(warned):
    return [caution.code for caution in warned]


def red(data, entries=3, bits=16, **other):
    return {RED_DESCRIPTOR: struct.pack("<3H", entries, 0, bits), RED: data, **other}


def shades(count):
    return np.arange(count, dtype="<u2") * 7


def test_a_palette_longer_than_its_descriptor_is_cut_and_shown_as_before_and_once_is_enough():
    pixels = np.arange(5 * 7, dtype=np.uint8).reshape(5, 7) * 6
    file = file_of(made(pixels, PhotometricInterpretation="PALETTE COLOR"))
    tables = dict.fromkeys((0x00281201, 0x00281202, 0x00281203), shades(256).tobytes())
    descriptors = dict.fromkeys((0x00281101, 0x00281102, 0x00281103), struct.pack("<3H", 200, 0, 16))
    file.dataset.update(dataset(tables | descriptors))
    warned = Warned()
    once = File(file.syntax, {}, done(file, warned=warned))
    assert once.dataset[0x00281202].value == shades(200).tobytes()
    assert "dicom_data_longer" in codes(warned)
    assert done(once) == once.dataset
    before, after = pixels_of_file(file), pixels_of_file(once)
    assert np.array_equal(before, after)


def pixels_of_file(file):
    return Pixels.of(file, Settings(), Warned()).frame(0).values


def test_entries_of_one_byte_are_as_many_as_described():
    assert value(done(ct(red(b"\1\2\3\4"))), RED) == b"\1\2\3\4"
    assert value(done(ct(red(b"\1\2\3\4\5\6", 4))), RED) == b"\1\2\3\4"


def test_of_a_segmented_palette_stays_what_spreads_out():
    table = struct.pack("<4H", 0, 2, 500, 600) + struct.pack("<3H", 1, 3, 900)
    palette = {RED_DESCRIPTOR: struct.pack("<3H", 5, 0, 16), RED_SEGMENTED: table + CANARY}
    assert done(ct(palette))[RED_SEGMENTED].value == table
    assert RED_SEGMENTED not in done(ct({**palette, RED_SEGMENTED: table[:8] + CANARY}))
    assert RED_SEGMENTED not in done(ct({**palette, RED: b"\1\2" * 5}))
    assert set(SEGMENTED) > {RED_SEGMENTED}


@pytest.mark.parametrize(
    ("around", "stays"),
    [
        ({}, True),  # of a palette or a presentation state
        (PALETTE_COLOR, True),
        ({**PALETTE_COLOR, 0x00280004: "MONOCHROME2", 0x00089205: "COLOR"}, True),
        ({**PALETTE_COLOR, 0x00280004: "MONOCHROME2"}, False),
    ],
)
def test_a_palette_stays_where_something_is_shown_by_it(around, stays):
    assert (RED in done(ct(red(CANARY, 6) | around))) is stays


def test_palettes_and_tables_in_sequences_that_have_none_are_removed():
    (item,) = value(done(ct({0x52009229: [dataset(red(CANARY, 6) | LUT)]})), 0x52009229)
    assert not {RED, 0x00283006} & item.keys()
    (item,) = value(done(ct({0x00283010: [dataset(LUT | {0x00283006: b"\1\2\3\4" + CANARY})]})), 0x00283010)
    assert item[0x00283006].value == b"\1\2\3\4"


def test_waveforms_are_of_objects_that_record_some():
    described = {0x003A0005: b"\2\0", 0x003A0010: b"\3\0\0\0", 0x54001004: b"\x10\0", 0x54001010: CANARY}
    for sop_class, stays in ((CT, False), ("1.2.840.10008.5.1.4.1.1.9.2.1", True)):
        (item,) = value(done(ct({0x54000100: [dataset(described)]}, sop_class=sop_class)), 0x54000100)
        assert (0x54001010 in item) is stays


@pytest.mark.parametrize("frames", ["0", "-1", "1", "a few", None])
def test_float_pixels_stay_whatever_follows_them_and_however_one_frame_is_counted(frames):
    floats = np.linspace(0, 1, 35, dtype="<f4").tobytes()
    values = {0x00280010: b"\5\0", 0x00280011: b"\7\0", 0x7FE00008: element(0x7FE00008, floats + CANARY, "OF")}
    if frames:
        values[0x00280008] = element(0x00280008, frames, "IS")
    assert bytes(done(ct(values))[0x7FE00008].value) == floats


@pytest.mark.parametrize(("shown", "hidden"), [(0x7FE00010, 0x7FE00008), (0x7FE00008, 0x7FE00009)])
def test_of_several_kinds_of_pixels_only_those_that_are_looked_at_stay(shown, hidden):
    described = {0x00280010: b"\5\0", 0x00280011: b"\7\0", 0x00280100: b"\x20\0"}
    pixels = {0x7FE00010: ("OW", 140), 0x7FE00008: ("OF", 140), 0x7FE00009: ("OD", 280)}
    of_both = {tag: element(tag, b"\1" * length, vr) for tag, (vr, length) in pixels.items() if tag in (shown, hidden)}
    made = done(ct(described | of_both))
    assert shown in made
    assert hidden not in made


@pytest.mark.parametrize("frames", [0, -1, None, 1])
def test_bytes_behind_native_pixels_are_removed_and_told(frames):
    ds = made(gray, NumberOfFrames=frames)
    ds.PixelData += CANARY
    warned = Warned()
    pixels_of(ds, warned)
    assert [caution.sentence for caution in warned if "they are removed" in caution.sentence]
    assert bytes(done(file_of(ds))[0x7FE00010].value) == gray.tobytes().ljust(gray.nbytes + gray.nbytes % 2, b"\0")


@pytest.mark.parametrize("behind", [b"", CANARY])
def test_pixels_that_do_not_share_their_colour_in_spite_of_the_header_stay_whole(behind):
    pixels = np.random.default_rng(1).integers(0, 256, (4, 6, 3), np.uint8)
    ds = made(pixels, PhotometricInterpretation="YBR_FULL_422")
    ds.PixelData = ds.PixelData[: pixels.nbytes]
    warned = Warned()
    pixels_of(ds, warned)
    assert "dicom_colour_not_shared" in codes(warned)
    assert bytes(done(file_of(ds))[0x7FE00010].value) == pixels.tobytes()
    ds.PixelData = pixels.tobytes()[: pixels.nbytes * 2 // 3] + behind  # now two of them do
    kept = bytes(done(file_of(ds))[0x7FE00010].value)
    assert kept == pixels.tobytes()[: pixels.nbytes * 2 // 3]


def test_pixels_that_share_their_colour_are_not_taken_for_others_because_something_follows_them():
    pixels = bytes(range(4 * 6 * 2))
    ds = made(np.zeros((4, 6, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422")
    ds.PixelData = pixels + CANARY * 4
    warned = Warned()
    pixels_of(ds, warned)
    assert codes(warned) == ["dicom_pixels_longer"]
    assert bytes(done(file_of(ds))[0x7FE00010].value) == pixels


@pytest.mark.parametrize(("kind", "parts"), [("COMPLEX", 2), ("MAGNITUDE", 1)])
def test_a_spectrum_stays(kind, parts):
    counts = {0x00280010: b"\2\0", 0x00280011: b"\3\0", 0x00289001: b"\5\0\0\0", 0x00289002: b"\1\0\0\0"}
    data = bytes(range(240))[: 30 * 4 * parts]
    values = {**counts, 0x00280008: "1 ", 0x00289108: kind, 0x56000020: element(0x56000020, data + CANARY, "OF")}
    assert done(ct(values, sop_class=SPECTROSCOPY))[0x56000020].value == data
    assert 0x56000020 not in done(ct(values))


@pytest.mark.parametrize(
    ("sop_class", "points", "stays"),
    [(TRACTS, 24, True), (TRACTS, 26, False), (TRACTS, 0, False), (CT, 24, False), (SURFACES, 24, False)],
)
def test_tracks_are_of_tractography_and_of_whole_points(sop_class, points, stays):
    track = {0x00660016: element(0x00660016, (CANARY * 3)[:points], "OF")}
    tracks = {0x00660101: [dataset({0x00660102: [dataset(track)]})]}
    (of_set,) = value(done(ct(tracks, sop_class=sop_class)), 0x00660101)
    (kept,) = value(of_set, 0x00660102)
    assert (value(kept, 0x00660016) is not None) is stays


def surface(points, indices, syntax=EXPLICIT, sop_class=SURFACES):
    order = "<" if syntax.little else ">"
    coordinates = np.arange(3 * points, dtype=f"{order}f4").tobytes()
    of_points = {0x00660015: struct.pack(order + "I", points), 0x00660016: element(0x00660016, coordinates, "OF")}
    triangles = struct.pack(f"{order}{len(indices)}I", *indices)
    of_normals = {
        0x0066001E: struct.pack(order + "I", 1),
        0x0066001F: struct.pack(order + "H", 3),
        0x00660021: element(0x00660021, coordinates[:12], "OF"),
    }
    parts = {
        0x00660011: [dataset(of_points)],
        0x00660012: [dataset(of_normals)],
        0x00660013: [dataset({0x00660041: element(0x00660041, triangles, "OL")})],
    }
    (item,) = value(done(ct({0x00660002: [dataset(parts)]}, sop_class=sop_class, syntax=syntax)), 0x00660002)
    where = {0x00660011: 0x00660016, 0x00660012: 0x00660021, 0x00660013: 0x00660041}
    return [value(item, sequence)[0].get(tag) for sequence, tag in where.items()]


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_a_surface_keeps_its_points_and_the_triangles_between_them(syntax):
    made = surface(4, [1, 2, 3, 2, 3, 4], syntax)
    assert [len(kept.value) for kept in made] == [48, 12, 24]
    assert surface(4, [1, 2, 5], syntax)[2] is None
    assert surface(4, [0, 1, 2], syntax)[2] is None


def test_surfaces_are_of_objects_that_have_some():
    assert surface(4, [1, 2, 3], sop_class=CT) == [None, None, None]
    assert None not in surface(4, [1, 2, 3], sop_class="1.2.840.10008.5.1.4.1.1.68.1")


def icc_profile():
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def planted(profile):
    """With the canary in the fields of its header, in its first text and behind its end."""
    at = profile.index(b"mluc", 300)
    profile = profile[:48] + CANARY[:8] + profile[56:80] + CANARY + b"####" + profile[96:]
    size = int.from_bytes(profile[:4], "big")
    text = profile[at : at + 28] + CANARY + profile[at + 40 :]
    return (profile[:at] + text)[:size] + CANARY


@pytest.mark.parametrize("inside", [False, True])
def test_a_colour_profile_keeps_its_colours_and_loses_its_words(inside):
    profile = planted(icc_profile())
    icc = {0x00282000: element(0x00282000, profile, "OB")}
    made = done(ct({0x00480105: [dataset(icc)]} if inside else icc))
    kept = bytes((value(made, 0x00480105)[0] if inside else made)[0x00282000].value)
    assert not [CANARY[at : at + 4] for at in range(9) if CANARY[at : at + 4] in kept]
    ours, theirs = (ImageCms.ImageCmsProfile(io.BytesIO(data)) for data in (kept, icc_profile()))
    assert np.allclose(ours.profile.red_colorant, theirs.profile.red_colorant)
    picture = Image.fromarray(np.random.default_rng(2).integers(0, 256, (4, 6, 3), np.uint8))
    lab = ImageCms.createProfile("LAB")
    shown = [ImageCms.profileToProfile(picture, one, lab, outputMode="LAB") for one in (ours, theirs)]
    assert np.array_equal(*map(np.asarray, shown))
    again = done(ct({0x00282000: element(0x00282000, kept, "OB")}))
    assert again[0x00282000].value == kept


@pytest.mark.parametrize(
    "damaged",
    [
        lambda profile: profile[:100],
        lambda profile: profile[:36] + b"####" + profile[40:],
        lambda profile: profile[:-200],
        lambda profile: profile[:132] + profile[132:136] + b"\0\0\0\x20" + profile[140:],  # a tag within the header
        lambda _: CANARY * 20,
    ],
)
def test_what_is_no_colour_profile_is_removed(damaged):
    assert 0x00282000 not in done(ct({0x00282000: element(0x00282000, damaged(icc_profile()), "OB")}))


@pytest.mark.parametrize("name", ["hotiron", "pet", "hotmetalblue", "pet20step"])
def test_the_standards_own_palettes_stay_and_have_a_colour_profile(name, tmp_path):
    file = read(PYDICOM_FILES / "palettes" / f"{name}.dcm", tmp_path, Warned(), max_bytes=1_000_000)
    made = done(file)
    assert [made[tag].value == file.dataset[tag].value for tag in (0x00281201, 0x00281202, 0x00281203)] == [True] * 3
    assert 0x00282000 in made
