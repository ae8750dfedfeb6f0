"""Whatever is sent, the lane ends with derivatives or with a rejection, within its memory and time."""

import resource
import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from image_samples import PHOTOS, PNG_SIGNATURE, Derived, encode, photo, png_16, png_chunk, png_header, tiff
from PIL import Image

from scandrop.errors import Rejected
from scandrop.processors.image import _colour


def png_bomb(width, height):
    return (
        PNG_SIGNATURE
        + png_header(width, height, 8, 0)
        + png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        + png_chunk(b"IEND", b"")
    )


def bmp_header(width, height):
    return (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )


def gif_header(width, height):
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"


def webp_header(width, height):
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<IBxxx", 10, 2) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def jpeg_header(width, height):
    data = bytearray(encode(Image.new("L", (8, 8)), "JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def tiff_header(width, height):
    return tiff(np.zeros((4, 4), np.uint8), extra_tags={256: [width], 257: [height]}.items())


HUGE = {
    "png": png_bomb(65_000, 65_000),
    "bmp": bmp_header(65_000, 65_000),
    "gif": gif_header(65_000, 65_000),
    "webp": webp_header(16_000, 16_000),
    "jpeg": jpeg_header(65_000, 65_000),
    "tiff": tiff_header(65_000, 65_000),
}


@pytest.mark.parametrize("kind", HUGE)
def test_huge_dimensions_are_rejected_before_anything_is_allocated(tmp_path, kind):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, HUGE[kind])
    assert rejected.value.code == "image_too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("mebipixels", [80, 95])
def test_a_bomb_within_the_caps_stays_within_the_memory_of_the_lane(tmp_path, mebipixels):
    """95 million pixels lie where Pillow begins to warn of bombs."""
    side = int((mebipixels * 1e6) ** 0.5)
    rows = zlib.compress((b"\0" + bytes(3 * side)) * side, 1)
    bomb = PNG_SIGNATURE + png_header(side, side, 8, 2) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    (tmp_path / "work").mkdir()
    code = """
import pathlib, resource, sys
from scandrop.processors import Source
from scandrop.processors.image import Settings, process
folder = pathlib.Path(sys.argv[1])
process(Source(folder / "bomb.png", "bomb.png"), Settings(), folder / "work")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert int(run.stdout) < 1_000


@pytest.mark.parametrize("kind", sorted(HUGE.keys() - {"jpeg"}))  # libjpeg fills up what a whole JPEG lacks
def test_a_lying_header_within_the_caps_is_rejected(tmp_path, kind):
    lying = {"png": png_bomb, "bmp": bmp_header, "gif": gif_header, "webp": webp_header, "tiff": tiff_header}
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, lying[kind](2_000, 1_000))
    assert rejected.value.code in ("image_damaged", "image_unreadable")


@pytest.mark.parametrize(("name", "start"), [(b"zTXt", b"Comment\0\0"), (b"iCCP", b"icc\0\0")])
def test_a_text_or_profile_bomb_in_a_png_is_rejected(tmp_path, name, start):
    bomb = png_chunk(name, start + zlib.compress(bytes(20_000_000), 9))
    data = encode(photo(size=(20, 20)), "PNG")
    with pytest.raises(Rejected):
        Derived(tmp_path, data[:33] + bomb + data[33:])


def test_a_jpeg_of_a_thousand_scans_is_rejected(tmp_path):
    data = encode(photo(size=(64, 64)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, data[:at] + data[at:-2] * 1_000 + data[-2:])
    assert rejected.value.code == "image_bomb"


def test_scans_behind_an_empty_set_of_tables_are_counted_too(tmp_path):
    """libjpeg reads on behind an end that no pixels came before."""
    data = encode(photo(size=(64, 64)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, b"\xff\xd8\xff\xd9" + data[:at] + data[at:-2] * 1_000 + data[-2:])
    assert rejected.value.code == "image_bomb"


@pytest.mark.parametrize("place", ["behind the image", "inside a segment"])
def test_what_looks_like_scans_elsewhere_in_a_jpeg_is_no_bomb(tmp_path, place):
    """As the video of a motion photo, or a thumbnail."""
    data, scans = encode(photo(size=(64, 64)), "JPEG"), b"\xff\xda" * 1_000
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(scans)) + scans
    data = data + scans if place == "behind the image" else data[:2] + comment + data[2:]
    assert Derived(tmp_path, data).metadata["format"] == "JPEG"


@pytest.mark.parametrize(
    "data", [b"no image", b"\x89PNG", b'{"patient_id": 1}', bytes(5000), b"%PDF-1.7", b"RIFF\0\0\0\0WAVE"]
)
def test_what_is_no_image_is_rejected_with_the_list_of_what_is_accepted(tmp_path, data):
    with pytest.raises(Rejected, match="Accepted are BMP, GIF, JPEG, PNG, TIFF and WebP") as rejected:
        Derived(tmp_path, data, name="scan.png")
    assert rejected.value.code == "unsupported"


@cache
def whole_files():
    image, others = photo(size=(160, 120)), {"save_all": True, "append_images": [photo(size=(160, 120)).rotate(90)]}
    return {
        "png": encode(image, "PNG"),
        "apng": encode(image, "PNG", **others),
        "jpeg": encode(image, "JPEG"),
        "progressive jpeg": encode(image, "JPEG", progressive=True),
        "gif": encode(image, "GIF"),
        "moving gif": encode(image, "GIF", **others),
        "bmp": encode(image, "BMP"),
        "tiff": encode(image, "TIFF"),
        "lzw tiff": encode(image, "TIFF", compression="tiff_lzw"),
        "16-bit tiff": tiff(np.zeros((120, 160, 3), np.uint16)),
        "webp": encode(image, "WEBP"),
        "moving webp": encode(image, "WEBP", **others),
    }


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", whole_files())
def test_a_file_that_is_cut_off_is_rejected(tmp_path, kind, kept):
    data = whole_files()[kind]
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, data[: int(len(data) * kept)])
    assert rejected.value.code in ("image_damaged", "image_unreadable")
    assert rejected.value.facts["format"] in str(rejected.value)


@pytest.mark.parametrize("kind", ["webp", "moving webp"])
def test_a_webp_that_is_cut_off_is_called_damaged(tmp_path, kind):
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, whole_files()[kind][:-2])
    assert rejected.value.code == "image_damaged"


def test_a_png_of_palette_indices_without_a_palette_is_damaged(tmp_path):
    rows = zlib.compress(bytes(8 * (1 + 8)))
    png = PNG_SIGNATURE + png_header(8, 8, 8, 3) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, png)
    assert rejected.value.code == "image_damaged"


@pytest.mark.parametrize("kind", ["moving gif", "apng", "moving webp"])
def test_an_animation_may_be_cut_off_anywhere(tmp_path, kind):
    """Also where only counting the frames meets the end."""
    data = encode(
        photo(size=(4, 4)),
        kind.split()[-1].upper().replace("APNG", "PNG"),
        save_all=True,
        append_images=[photo(size=(4, 4)).rotate(90)],
    )
    for kept in range(40, len(data) - 1):
        (tmp_path / str(kept)).mkdir()
        with suppress(Rejected):
            Derived(tmp_path / str(kept), data[:kept], model_px=4)


def test_a_page_at_an_impossible_offset_is_no_failing_disk(tmp_path):
    big_tiff = b"II+\0" + struct.pack("<HHQ", 8, 0, 1 << 62)
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, big_tiff)
    assert rejected.value.code == "image_unreadable"


@given(st.sampled_from(sorted(whole_files())), st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_damage_never_raises_anything_but_a_rejection(tmp_path_factory, kind, random):
    data = bytearray(whole_files()[kind])
    for _ in range(random.choice([1, 5, 40])):
        data[random.randrange(min(len(data), random.choice([64, 400, 1 << 30])))] = random.randrange(256)
    try:
        derived = Derived(tmp_path_factory.mktemp("damaged"), bytes(data), max_pixels=1_000_000)
    except Rejected:
        return
    assert set(derived.paths) >= {"model.npz", "model.png", "preview.png"}


@given(
    mode=st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"]),
    file_format=st.sampled_from(["BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP"]),
    width=st.integers(1, 1200),
    height=st.integers(1, 900),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_size_mode_and_format_gives_derivatives_of_the_right_size(
    tmp_path_factory, mode, file_format, width, height
):
    image = Image.effect_noise((width, height), 90).convert("F" if mode in ("F", "I", "I;16") else "RGB")
    try:
        data = encode(image.convert("I").convert(mode) if mode == "I;16" else image.convert(mode), file_format)
    except (OSError, ValueError):
        return  # Pillow cannot write this combination
    derived = Derived(tmp_path_factory.mktemp("any"), data)
    scale = min(800 / width, 600 / height, 1)
    assert derived.image("web").size == tuple(max(1, round(side * scale)) for side in (width, height))
    assert derived.image("half").size == tuple(max(1, round(side / 2)) for side in (width, height))
    assert max(derived.image("preview").size) <= 256
    model = derived.model["image"]
    assert model.shape[:2] == (224, 224)
    assert 0 <= model.min() <= model.max() <= 1


def test_a_full_disk_is_no_fault_of_the_image(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", full)
    with pytest.raises(OSError, match="No space left"):
        Derived(tmp_path, encode(photo(size=(8, 8)), "PNG"))


def test_pillow_itself_is_left_as_it_was_found(tmp_path):
    before = Image.MAX_IMAGE_PIXELS
    Derived(tmp_path, (PHOTOS / "retina.jpg").read_bytes())
    assert before == Image.MAX_IMAGE_PIXELS


def heavy(kind):
    """A file of 30 x 20 pixels of which more copies are held than of others, and its twin of which there are not."""
    shown, deep = photo(size=(30, 20)), np.arange(600, dtype=np.uint16).reshape(20, 30)
    more = {"save_all": True, "append_images": [shown.rotate(9), shown.rotate(20)]}
    match kind:
        case "a still WebP":
            return encode(shown, "WEBP"), encode(shown, "PNG")
        case "a turned PNG of 16 bits":
            whole, exif = png_16(deep), Image.Exif()
            exif[0x0112] = 6
            ends = whole.index(b"IDAT") - 4
            turned = whole[:ends] + png_chunk(b"eXIf", exif.tobytes()[6:]) + whole[ends:]
            return turned, whole
    return encode(shown, kind, **more), encode(shown, "PNG" if kind == "WEBP" else kind)


@pytest.mark.parametrize("kind", ["a still WebP", "WEBP", "GIF", "PNG", "TIFF", "a turned PNG of 16 bits"])
def test_a_picture_of_which_more_copies_are_held_may_have_half_the_pixels_of_others(tmp_path, kind):
    data, light = heavy(kind)
    with pytest.raises(Rejected) as rejected:
        Derived(tmp_path, data, max_pixels=1199)
    assert (rejected.value.code, rejected.value.facts["max_pixels"]) == ("image_too_large", 599)
    for name, enough, most in (("enough", data, 1200), ("light", light, 600)):
        (tmp_path / name).mkdir()
        assert Derived(tmp_path / name, enough, max_pixels=most).paths


def test_half_of_an_animation_that_is_larger_than_a_webp_can_be_is_a_png(tmp_path):
    data = bytearray(
        encode(photo(size=(30, 20)), "WEBP", save_all=True, append_images=[photo(size=(30, 20)).rotate(9)])
    )
    data[24:27] = (40_000 - 1).to_bytes(3, "little")  # the width of the canvas
    assert Derived(tmp_path, bytes(data)).image("half.png").size == (20_000, 10)


def test_a_tiff_with_a_number_in_the_place_of_its_colour_profile_is_read_without_one():
    assert _colour._profile(7) is None  # noqa: SLF001  as Pillow gives it
