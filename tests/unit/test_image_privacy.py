"""EXIF orientation and colour profiles are applied; nothing else of a file outlives its pixels."""

import io
import json
import struct

import numpy as np
import pytest
from image_samples import Derived, encode, photo, png_chunk, psnr
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

CANARY = "Ikerian^Canary"
ORIENTATIONS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif(orientation=1):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = tags[0x013B] = CANARY
    tags.get_ifd(0x8769)[0x9286] = CANARY.encode()
    tags.get_ifd(0x8825)[0x001D] = CANARY
    return tags


def profile(space="sRGB"):
    """A profile whose description is the canary: the built-in one, its text replaced in place."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
    text = CANARY.encode("utf-16-be")
    at = data.index("sRGB".encode("utf-16-be") if space == "sRGB" else "Lab".encode("utf-16-be"))
    return data[:at] + text[:20] + data[at + 20 :]


def swapped_primaries():
    """sRGB with its red and blue primaries exchanged, so that a conversion cannot go unseen."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"tmp ").replace(b"bXYZ", b"rXYZ").replace(b"tmp ", b"bXYZ")


def carriers():
    image = photo(size=(120, 80))
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{CANARY}</x:xmpmeta>".encode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Name", CANARY)
    text.add_text("Zipped", CANARY, zip=True)
    text.add_itxt("Named", CANARY, zip=True)
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    tags = ImageFileDirectory_v2()
    for tag in (270, 305, 315, 316, 33432):
        tags[tag] = CANARY
    tags[700] = xmp
    frames = {"save_all": True, "append_images": [image.rotate(20)], "duration": 50}
    everything = {"exif": exif(), "icc_profile": profile()}
    return {
        "jpeg": encode(image, "JPEG", comment=CANARY, xmp=xmp, **everything),
        "png": encode(image, "PNG", pnginfo=text, **everything),
        "apng": encode(image, "PNG", pnginfo=text, **everything, **frames),
        "gif": encode(image, "GIF", comment=CANARY),
        "moving gif": encode(image, "GIF", comment=CANARY, **frames),
        "tiff": encode(image, "TIFF", tiffinfo=tags, **everything),
        "webp": encode(image, "WEBP", xmp=xmp, **everything),
        "moving webp": encode(image, "WEBP", xmp=xmp, **everything, **frames),
    }


def foreign_parts(data):
    """What a derivative holds beside the pixels and what is needed to read them."""
    if data.startswith(b"\x89PNG"):
        at, found = 8, set()
        while at < len(data):
            (length,) = struct.unpack_from(">I", data, at)
            found.add(data[at + 4 : at + 8])
            at += length + 12
        return found - {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    if data.startswith(b"RIFF"):
        at, found = 12, set()
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at + 4)
            found.add(data[at : at + 4])
            at += 8 + length + length % 2
        return found - {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
    if data.startswith(b"\xff\xd8"):
        at, found = 2, set()
        while data[at + 1] != 0xDA:
            found.add(data[at + 1])
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        return found - {0xE0, 0xDB, 0xC0, 0xC4}
    if data.startswith(b"II*\0"):
        with Image.open(io.BytesIO(data)) as image:
            return set(image.tag_v2) - {256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 338, 339}
    return set()


@pytest.mark.parametrize("kind", carriers())
def test_no_text_and_no_tag_of_the_file_is_in_any_derivative_or_in_the_metadata(tmp_path, kind):
    data = carriers()[kind]
    assert CANARY.encode() in data or CANARY.encode("utf-16-be")[:20] in data
    derived = Derived(tmp_path, data, name=f"{CANARY}.bin")
    for name, path in derived.paths.items():
        content = path.read_bytes()
        assert CANARY.encode() not in content, name
        assert not foreign_parts(content), name
        if path.suffix in (".png", ".jpg", ".webp"):
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(derived.image(name).info), name
    assert CANARY not in json.dumps([derived.metadata, derived.details])
    assert derived.metadata["removed"]


def test_metadata_names_what_was_removed(tmp_path):
    assert Derived(tmp_path, carriers()["jpeg"]).metadata["removed"] == ["comment", "exif", "gps", "icc", "xmp"]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("orientation", "turn"), ORIENTATIONS.items())
def test_orientation_is_applied(tmp_path, file_format, orientation, turn):
    upright = photo(size=(240, 160))
    stored = upright.transpose(turn) if turn is not None else upright
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    derived = Derived(tmp_path, encode(stored, file_format, exif=exif(orientation), **options))
    assert (derived.metadata["width"], derived.metadata["height"]) == (240, 160)
    assert psnr(derived.image("preview"), upright) > 28
    assert derived.image("half").size == (120, 80)
    assert derived.image("web").size == (240, 160)


def test_orientation_that_a_png_tells_after_its_pixels_is_applied(tmp_path):
    data = encode(photo(size=(240, 160)), "PNG")
    block = exif(6).tobytes().removeprefix(b"Exif\0\0")
    derived = Derived(tmp_path, data[:-12] + png_chunk(b"eXIf", block) + data[-12:])
    assert derived.image("web").size == (160, 240)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_is_no_reason_to_refuse_the_pixels(tmp_path, file_format):
    derived = Derived(
        tmp_path, encode(photo(size=(60, 40)), file_format, exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(40))
    )
    assert derived.image("web").size == (60, 40)


@pytest.mark.parametrize(
    ("file_format", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("TIFF", "RGB"), ("WEBP", "RGB")]
)
def test_a_colour_profile_is_converted_to_srgb(tmp_path, file_format, mode):
    red = Image.new(mode, (64, 64), (200, 30, 30))
    derived = Derived(tmp_path, encode(red, file_format, icc_profile=swapped_primaries()))
    for name in ("preview", "half", "web"):
        pixel = derived.array(name)[20, 20]
        assert pixel[0] < 90, name
        assert pixel[2] > 150, name
    assert derived.model["image"][100, 100, 2] > 0.6


def test_a_moving_image_is_converted_frame_by_frame(tmp_path):
    red = Image.new("RGB", (64, 64), (200, 30, 30))
    data = encode(
        red, "WEBP", save_all=True, append_images=[red.rotate(1)], icc_profile=swapped_primaries(), lossless=True
    )
    with Image.open(Derived(tmp_path, data).path("web")) as web:
        web.seek(1)
        assert web.convert("RGB").getpixel((32, 32))[2] > 150


def test_a_gray_profile_changes_the_grays_and_leaves_one_band(tmp_path):
    # a straight line from linear light, which sRGB shows brighter
    gray = linear_gray_profile()
    for mode in ("L", "LA"):
        (tmp_path / mode).mkdir()
        image = Image.new("L", (64, 64), 128).convert(mode)
        derived = Derived(tmp_path / mode, encode(image, "PNG", icc_profile=gray))
        assert derived.model["image"].shape == (224, 224)
        assert derived.model["image"][100, 100] == pytest.approx(188 / 255, abs=0.02)


@pytest.mark.parametrize("damage", [b"no profile at all", profile("LAB"), profile()[:200]])
def test_a_profile_that_does_not_fit_leaves_the_colours_as_they_are(tmp_path, damage):
    image = photo(size=(64, 64))
    derived = Derived(tmp_path, encode(image, "PNG", icc_profile=damage))
    assert np.array_equal(derived.array("preview"), np.asarray(image))


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_comes_out_in_its_colours(tmp_path, file_format):
    image = Image.new("CMYK", (64, 64), (0, 230, 230, 0))
    red, green, blue = Derived(tmp_path, encode(image, file_format)).array("preview")[10, 10]
    assert red > 240
    assert max(green, blue) < 40


def test_lab_comes_out_in_its_colours(tmp_path):
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    image = photo(size=(64, 64))
    lab = ImageCms.applyTransform(image, to_lab)
    assert psnr(Derived(tmp_path, encode(lab, "TIFF")).image("preview"), image) > 30


def linear_gray_profile():
    """A gray profile of linear light, put together by hand because Pillow makes none."""
    white = struct.pack(">4s4xiii", b"XYZ ", 63_190, 65_536, 54_061)
    curve = struct.pack(">4s4xI", b"curv", 0)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"gray\0" + bytes(78)
    text += bytes(-len(text) % 4)
    tags, at = [], 128 + 4 + 12 * 3
    for name, data in ((b"desc", text), (b"wtpt", white), (b"kTRC", curve)):
        tags.append(struct.pack(">4sII", name, at, len(data)))
        at += len(data)
    body = struct.pack(">I", 3) + b"".join(tags) + text + white + curve
    head = struct.pack(">I4sI4s4s4s12x4s", 128 + len(body), b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp")
    head += bytes(68 - len(head)) + struct.pack(">iii", 63_190, 65_536, 54_061)
    return head + bytes(128 - len(head)) + body
