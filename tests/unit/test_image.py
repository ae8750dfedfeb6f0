"""What the image lane makes of ordinary images."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from image_samples import PHOTOS, Derived, encode, photo, psnr
from PIL import Image

from scandrop.processors.image import Settings, sniff

MODES = {
    "BMP": "1 L P RGB RGBA",
    "GIF": "1 L LA P RGB RGBA",
    "JPEG": "1 L RGB CMYK YCbCr",
    "PNG": "1 L LA P RGB RGBA I;16 I;16B",
    "TIFF": "1 L LA P PA RGB RGBA CMYK YCbCr LAB I F I;16 I;16B",
    "WEBP": "L LA P RGB RGBA",
}
FORMATS = {"BMP": "BMP", "GIF": "GIF", "JPEG": "JPEG", "PNG": "PNG", "TIFF": "TIFF", "WEBP": "WebP"}


@pytest.mark.parametrize(("pillow_name", "name"), FORMATS.items())
def test_each_accepted_format_is_known_by_its_first_bytes_and_processed(tmp_path, pillow_name, name):
    data = encode(photo(size=(300, 200)), pillow_name)
    assert sniff(data[:4096]) == name
    derived = Derived(tmp_path, data)
    assert derived.metadata["format"] == name
    assert [name.split(".")[0] for name in derived.paths] == ["web", "half", "model", "model", "preview"]
    assert not derived.left_over


def test_a_big_tiff_and_both_byte_orders_are_known():
    assert {sniff(head) for head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")} == {"TIFF"}


@pytest.mark.parametrize(
    "head", [b"", b"BMI,age\n1,2", b"RIFF0000WAVEfmt ", b"GIF", b"\x89PNG", b"{}", bytes(132) + b"DICM"]
)
def test_other_content_is_no_image(head):
    assert sniff(head) is None


def test_sniffing_needs_no_pillow():
    code = "import sys; sys.modules['PIL'] = None; from scandrop.processors.image import sniff; print(sniff(b'GIF89a'))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "GIF\n"


def test_a_png_that_is_called_jpg_is_processed_as_what_it_is(tmp_path):
    derived = Derived(tmp_path, encode(photo(size=(64, 48)), "PNG"), name="scan.jpg")
    assert derived.metadata["format"] == "PNG"
    assert derived.path("half").suffix == ".png"


@pytest.mark.parametrize(
    ("size", "web", "half", "preview"),
    [
        ((2000, 1000), (800, 400), (1000, 500), (256, 128)),
        ((1000, 2000), (300, 600), (500, 1000), (128, 256)),
        ((801, 600), (800, 599), (400, 300), (256, 192)),
        ((120, 90), (120, 90), (60, 45), (120, 90)),
        ((3000, 2), (800, 1), (1500, 1), (256, 1)),
        ((1, 1), (1, 1), (1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_sizes_keep_the_aspect_and_never_grow(tmp_path, file_format, size, web, half, preview):
    derived = Derived(tmp_path, encode(Image.effect_noise(size, 50), file_format))
    assert derived.image("web").size == web
    assert derived.image("half").size == half
    assert derived.image("preview").size == preview
    for name, details in derived.details.items():
        if name != "model.npz":
            assert (details["width"], details["height"]) == derived.image(name).size


@pytest.mark.parametrize("name", ["retina.jpg", "hubble_deep_field.jpg", "coffee.png", "ihc.png", "camera.png"])
def test_a_photograph_looks_as_the_plain_way_makes_it(tmp_path, name):
    derived = Derived(tmp_path, (PHOTOS / name).read_bytes())
    for derivative, least_db in {"preview": 45, "web": 32, "half": 30}.items():
        shown = derived.image(derivative)
        plain = photo(name).resize(shown.size, Image.Resampling.LANCZOS)
        assert psnr(shown.convert(plain.mode), plain) > least_db, derivative


def test_a_jpeg_that_is_decoded_smaller_looks_as_the_plain_way_makes_it(tmp_path):
    large = photo("retina.jpg").resize((4000, 3000))
    derived = Derived(tmp_path, encode(large, "JPEG", quality=92))
    plain = large.resize((256, 192), Image.Resampling.LANCZOS)
    assert psnr(derived.image("preview"), plain) > 42
    assert psnr(derived.image("half"), large.resize((2000, 1500), Image.Resampling.LANCZOS)) > 38


def test_the_model_holds_the_whole_image_in_the_middle_of_a_padded_square(tmp_path):
    derived = Derived(tmp_path, encode(photo(size=(448, 224)), "PNG"))
    image, box, value_range = (derived.model[name] for name in ("image", "content_box", "value_range"))
    assert image.dtype == np.float32
    assert image.shape == (224, 224, 3)
    assert image.min() >= 0
    assert image.max() <= 1
    assert list(box) == [56, 0, 112, 224]
    assert list(value_range) == [0, 255]
    assert not image[:56].any()
    assert not image[168:].any()
    plain = np.asarray(photo(size=(448, 224)).resize((224, 112), Image.Resampling.LANCZOS)) / 255
    assert psnr(image[56:168], plain, peak=1) > 45


def test_the_model_picture_holds_the_same_values_as_the_array(tmp_path):
    derived = Derived(tmp_path, encode(photo(size=(300, 200)), "PNG"))
    assert np.abs(derived.array("model.png") / 255 - derived.model["image"]).max() < 1e-6


def test_a_gray_image_gives_a_model_without_a_channel_axis(tmp_path):
    derived = Derived(tmp_path, encode(photo("camera.png"), "PNG"), model_px=32)
    assert derived.model["image"].shape == (32, 32)


def test_a_small_image_is_enlarged_for_the_model_only(tmp_path):
    derived = Derived(tmp_path, encode(Image.new("L", (3, 3), 255), "PNG"))
    assert derived.model["image"].min() == 1
    assert derived.image("web").size == (3, 3)


def test_a_photograph_is_made_lossy_and_a_drawing_lossless(tmp_path):
    drawing = Image.new("RGB", (400, 300), "white")
    drawing.paste((200, 0, 0), (50, 50, 200, 200))
    for name, image in {"drawing": drawing, "photo": photo(size=(400, 300))}.items():
        (tmp_path / name).mkdir()
        web = Derived(tmp_path / name, encode(image, "PNG")).image("web")
        assert (psnr(web.convert("RGB"), image) > 100) == (name == "drawing")


def test_the_smallest_candidate_is_kept(tmp_path):
    data = encode(photo(), "PNG")
    sizes = {}
    for web_format in ("webp", "jpeg"):
        (tmp_path / web_format).mkdir()
        sizes[web_format] = Derived(tmp_path / web_format, data, web_formats=[web_format]).path("web").stat().st_size
    both = Derived(tmp_path, data, web_formats=["jpeg", "webp"])
    assert both.path("web").stat().st_size == min(sizes.values())
    assert not both.left_over


@pytest.mark.parametrize(("mode", "kept"), [("RGBA", True), ("LA", True), ("P", True), ("RGB", False)])
def test_alpha_is_kept_where_the_format_has_it_and_white_elsewhere(tmp_path, mode, kept):
    image = photo(size=(400, 300), mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize((400, 300)))
    if mode == "P":
        image = image.quantize(64)
    data = encode(image.convert(mode), "PNG")
    derived = Derived(tmp_path, data)
    assert derived.metadata["alpha"] is kept
    for name in ("web", "half", "preview"):
        assert derived.image(name).has_transparency_data is kept
    assert derived.model["image"].shape[2:] in ((), (3,))
    if kept:
        assert derived.model["image"][28, 112].min() > 0.9  # the top row of the image is transparent
        (tmp_path / "jpeg").mkdir()
        only_jpeg = Derived(tmp_path / "jpeg", data, web_formats=["jpeg"])
        assert only_jpeg.array("web")[0, 0].min() > 230


@pytest.mark.parametrize(("mode", "transparent"), [("1", 0), ("L", 7), ("RGB", (9, 8, 7)), ("P", 3)])
def test_a_colour_that_a_png_calls_transparent_is(tmp_path, mode, transparent):
    image = Image.new(mode, (40, 40), 200 if mode in ("L", "P") else 1 if mode == "1" else (200, 0, 0))
    if mode == "P":
        image.putpalette([value for level in range(256) for value in (level, 255 - level, 90)])
    image.paste(transparent, (0, 0, 20, 40))
    derived = Derived(tmp_path, encode(image, "PNG", transparency=transparent))
    alpha = derived.image("preview").convert("RGBA").getchannel("A")
    assert (alpha.getpixel((5, 5)), alpha.getpixel((35, 5))) == (0, 255)


def test_what_is_transparent_lends_no_colour_to_its_neighbours(tmp_path):
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 33, 64))
    half = Derived(tmp_path, encode(image, "PNG")).array("half.png")
    assert half[..., 1][half[..., 3] > 0].max() == 0


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [(file_format, mode) for file_format, modes in MODES.items() for mode in modes.split()],
)
def test_every_mode_that_a_format_can_hold_is_processed(tmp_path, mode, file_format):
    derived = Derived(tmp_path, encode(Image.new(mode, (37, 23)), file_format))
    assert (derived.metadata["width"], derived.metadata["height"]) == (37, 23)
    assert derived.image("half").size == (18, 12)


def test_one_bit_and_palette_images_come_out_in_their_colours(tmp_path):
    (tmp_path / "bit").mkdir()
    bit = Derived(tmp_path / "bit", encode(Image.linear_gradient("L").convert("1"), "TIFF", compression="group4"))
    assert abs(bit.array("preview").mean() - 127) < 8
    palette = photo(size=(200, 200)).quantize(200)
    derived = Derived(tmp_path, encode(palette, "GIF"))
    assert psnr(derived.image("preview").convert("RGB"), palette.convert("RGB")) > 100


def test_metadata_tells_sizes_before_and_after(tmp_path):
    data = encode(photo(), "PNG")
    derived = Derived(tmp_path, data)
    web_bytes = derived.path("web").stat().st_size
    assert derived.metadata["size_bytes"] == len(data)
    assert derived.metadata["web_size_bytes"] == web_bytes
    assert derived.metadata["web_reduction_percent"] == round(100 - 100 * web_bytes / len(data), 1)
    assert derived.metadata["half_size_bytes"] == derived.path("half").stat().st_size
    assert (derived.metadata["mode"], derived.metadata["bits"], derived.metadata["frames"]) == ("RGB", 8, 1)


@pytest.mark.parametrize("name", ["retina.jpg", "horse.png", "no_time_for_that_tiny.gif", "multipage.tif"])
def test_the_same_bytes_in_give_the_same_bytes_out(tmp_path, name):
    hashes = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        paths = Derived(tmp_path / run, (PHOTOS / name).read_bytes()).paths
        hashes.append({name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()})
    assert hashes[0] == hashes[1]


def test_settings_shape_the_derivatives(tmp_path):
    derived = Derived(
        tmp_path,
        encode(photo("retina.jpg"), "JPEG"),
        web_width_px=100,
        web_height_px=50,
        half_percent=25,
        model_px=64,
        preview_px=32,
        filter="box",
        web_formats=["png"],
    )
    assert derived.image("web.png").size == (50, 50)
    assert derived.image("half").size == (353, 353)
    assert derived.model["image"].shape == (64, 64, 3)
    assert derived.image("preview").size == (32, 32)


def test_a_lower_quality_gives_smaller_files(tmp_path):
    sizes = []
    for quality in (20, 90):
        (tmp_path / str(quality)).mkdir()
        derived = Derived(tmp_path / str(quality), (PHOTOS / "retina.jpg").read_bytes(), quality=quality)
        sizes.append(sum(derived.path(name).stat().st_size for name in ("web", "half")))
    assert sizes[0] < sizes[1] / 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"web_width_px": 0}, "image.web_width_px must be a whole number from 1 to 16383, not 0."),
        ({"quality": 85.5}, "image.quality must be a whole number from 1 to 100, not 85.5."),
        ({"half_percent": True}, "image.half_percent must be a whole number from 1 to 100, not True."),
        ({"web_formats": []}, "image.web_formats must list one or more of jpeg, png, webp, not \\[\\]."),
        ({"web_formats": "webp"}, "image.web_formats must list one or more of jpeg, png, webp, not 'webp'."),
        ({"filter": "nearest"}, "image.filter must be one of bicubic, .*, lanczos, not 'nearest'."),
        ({"max_pixels": 10**12}, "image.max_pixels must be a whole number from 1 to 178956970, not 1000000000000."),
    ],
)
def test_a_setting_out_of_range_is_named_with_what_it_may_be(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        Settings(**values)
