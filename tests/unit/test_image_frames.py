"""Animations stay animated in `web`; the pages of a TIFF stay together in `half`."""

import struct

import numpy as np
import pytest
from image_samples import PHOTOS, Derived, encode, photo, png_16, png_chunk, psnr, tiff
from PIL import Image, ImageSequence

from scandrop.errors import Rejected
from scandrop.processors.image import Settings, _headers

DURATIONS_MS = [100, 250, 40, 700]


def frames(size=(120, 80), count=4):
    whole = photo(size=size)
    return [
        whole.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if index % 2 else whole.rotate(30 * index)
        for index in range(count)
    ]


def moving(file_format, images=None, **options):
    first, *others = images or frames()
    options = {"duration": DURATIONS_MS, "loop": 0} | options
    return encode(first, file_format, save_all=True, append_images=others, **options)


def timeline(path):
    """When each picture is shown; an encoder may join equal ones."""
    with Image.open(path) as image:
        return [(frame.convert("RGBA"), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_every_frame_is_shown_as_long_as_before(tmp_path, file_format):
    derived = Derived(tmp_path, moving(file_format))
    shown = timeline(derived.path("web"))
    assert [duration for _, duration in shown] == DURATIONS_MS
    for (frame, _), original in zip(shown, frames(), strict=True):
        assert psnr(frame.convert("RGB"), original) > 27
    assert derived.metadata["frames"] == derived.details["web.webp"]["frames"] == 4
    assert derived.details["web.webp"]["duration_ms"] == sum(DURATIONS_MS)


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_frames_are_scaled_like_a_still(tmp_path, file_format):
    derived = Derived(tmp_path, moving(file_format), web_width_px=60, web_height_px=60)
    assert {frame.size for frame, _ in timeline(derived.path("web"))} == {(60, 40)}
    assert derived.image("half").size == (60, 40)
    assert psnr(derived.image("preview").convert("RGB"), frames()[0]) > 27


@pytest.mark.parametrize(
    ("file_format", "loop", "plays"),
    [
        ("GIF", 0, 0),
        ("GIF", None, 1),
        ("GIF", 2, 3),
        ("PNG", 0, 0),
        ("PNG", 5, 5),
        ("PNG", 2**32 - 1, 2**16 - 1),
        ("WEBP", 0, 0),
        ("WEBP", 4, 4),
    ],
)
def test_an_animation_is_played_as_often_as_before(tmp_path, file_format, loop, plays):
    derived = Derived(tmp_path, moving(file_format, loop=loop))
    assert derived.image("web").info["loop"] == plays


def test_a_moving_image_keeps_its_transparency(tmp_path):
    images = [Image.new("RGBA", (40, 40), (255, 0, 0, 0)) for _ in range(3)]
    for index, image in enumerate(images):
        image.paste((0, 0, 255, 255), (10 * index, 0, 10 * index + 10, 40))
    for file_format in ("GIF", "PNG", "WEBP"):
        (tmp_path / file_format).mkdir()
        options = {"GIF": {"disposal": 2}, "PNG": {}, "WEBP": {"lossless": True}}[file_format]
        data = moving(file_format, images, **options)
        for index, (frame, _) in enumerate(timeline(Derived(tmp_path / file_format, data).path("web"))):
            assert frame.getpixel((10 * index + 5, 20))[3] > 200
            assert frame.getpixel((35, 20))[3] < 50


def test_a_moving_image_is_turned_upright(tmp_path):
    tags = Image.Exif()
    tags[0x0112] = 6
    derived = Derived(tmp_path, moving("WEBP", exif=tags))
    assert {frame.size for frame, _ in timeline(derived.path("web"))} == {(80, 120)}


@pytest.mark.parametrize("bands", [(), (2,), (3,)])
def test_a_16_bit_animation_is_shown_in_its_colours(tmp_path, bands):
    still = png_16(np.full((16, 16, *bands), 40_000, np.uint16))
    header, pixels = still[:33], still[33 : still.index(b"IEND") - 4]
    control = [struct.pack(">IIIIIHHBB", number, 16, 16, 0, 0, 1, 10, 0, 0) for number in (0, 1)]
    again = struct.pack(">I", 2) + pixels[8:-4]
    animation = png_chunk(b"acTL", struct.pack(">II", 2, 0)) + png_chunk(b"fcTL", control[0]) + pixels
    animation += png_chunk(b"fcTL", control[1]) + png_chunk(b"fdAT", again)
    derived = Derived(tmp_path, header + animation + still[-12:], model_px=16)
    assert derived.metadata["frames"] == 2
    assert {frame.size for frame, _ in timeline(derived.path("web"))} == {(16, 16)}
    if bands != (2,):  # which has an alpha of 40,000 of its own
        assert derived.model["image"].mean() == pytest.approx(40_000 / 65_535, abs=0.01)


def test_a_still_for_those_who_cannot_play_an_apng_is_no_frame_of_it(tmp_path):
    still = Image.new("RGB", (120, 80), "black")
    data = encode(
        still, "PNG", save_all=True, default_image=True, append_images=frames(), duration=DURATIONS_MS, loop=0
    )
    derived = Derived(tmp_path, data)
    shown = timeline(derived.path("web"))
    assert [duration for _, duration in shown] == DURATIONS_MS
    assert psnr(shown[0][0].convert("RGB"), frames()[0]) > 27
    assert not derived.array("preview").any()


def test_a_frame_without_a_duration_is_shown_for_what_browsers_make_of_it(tmp_path):
    derived = Derived(tmp_path, moving("GIF", duration=0))
    assert derived.details["web.webp"]["duration_ms"] == 400


def test_a_real_animation_stays_whole(tmp_path):
    derived = Derived(tmp_path, (PHOTOS / "no_time_for_that_tiny.gif").read_bytes())
    assert derived.metadata["frames"] == 24
    with Image.open(PHOTOS / "no_time_for_that_tiny.gif") as original:
        total = sum(frame.info["duration"] for frame in ImageSequence.Iterator(original))
    assert sum(duration for _, duration in timeline(derived.path("web"))) == total


def test_a_frame_that_reaches_past_the_screen_is_cut_to_it(tmp_path):
    data = bytearray(moving("GIF"))
    struct.pack_into("<HH", data, 6, 100, 80)  # the frames stay 120 wide
    derived = Derived(tmp_path, bytes(data))
    assert len({frame.size for frame, _ in timeline(derived.path("web"))}) == 1


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_more_frames_than_allowed_are_rejected_before_decoding(tmp_path, file_format):
    with pytest.raises(Rejected, match="more than 3 frames or pages") as rejected:
        Derived(tmp_path, moving(file_format), max_frames=3)
    assert rejected.value.code == "image_too_many_frames"


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_more_pixels_over_all_frames_than_allowed_are_rejected(tmp_path, file_format):
    with pytest.raises(Rejected, match="38400 pixels in 4 frames or pages and the lane takes at most 38399"):
        Derived(tmp_path, moving(file_format), max_total_pixels=38_399)


def test_a_gif_of_a_million_frames_is_counted_no_further_than_needed(tmp_path):
    start = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    path = tmp_path / "million.gif"
    path.write_bytes(start + frame * 1_000_000 + b";")
    assert _headers.gif_extent(path, max_frames=500) == (501, 1, 1)
    with pytest.raises(Rejected, match="more than 500 frames"):
        Derived(tmp_path, path.read_bytes())


def test_an_apng_that_tells_a_billion_frames_is_rejected(tmp_path):
    data = moving("PNG")
    at = data.index(b"acTL")
    lying = data[: at - 4] + png_chunk(b"acTL", struct.pack(">II", 10**9, 0)) + data[at + 16 :]
    with pytest.raises(Rejected, match="more than 500 frames"):
        Derived(tmp_path, lying)


def pages():
    return [photo(size=(90, 60)), photo("camera.png", size=(50, 70)), photo(size=(31, 17), mode="RGBA")]


def test_the_pages_of_a_tiff_stay_together_each_at_its_size_and_mode(tmp_path):
    first, *others = pages()
    derived = Derived(tmp_path, encode(first, "TIFF", save_all=True, append_images=others, compression="tiff_lzw"))
    assert (derived.metadata["pages"], derived.metadata["frames"]) == (3, 1)
    assert derived.details["half.tiff"]["pages"] == 3
    with Image.open(derived.path("half")) as half:
        assert half.n_frames == 3
        for page, original in zip(ImageSequence.Iterator(half), pages(), strict=True):
            size = tuple(max(1, round(side / 2)) for side in original.size)
            assert (page.size, page.mode) == (size, original.mode)
            assert psnr(page, original.resize(size, Image.Resampling.LANCZOS)) > 40
    assert derived.image("web").size == (90, 60)


def test_a_deep_stack_keeps_its_depth_on_every_page(tmp_path):
    stack = [Image.fromarray((np.arange(60 * 40) * (page + 1)).reshape(40, 60).astype(np.uint16)) for page in range(3)]
    derived = Derived(tmp_path, encode(stack[0], "TIFF", save_all=True, append_images=stack[1:]))
    with Image.open(derived.path("half")) as half:
        tops = [np.asarray(page).max() for page in ImageSequence.Iterator(half)]
    assert tops == pytest.approx([2_400, 4_800, 7_200], rel=0.02)


def test_a_page_that_points_back_at_the_first_ends_the_file(tmp_path):
    data = tiff(np.full((8, 8), 7, np.uint8))
    (directory,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, directory)
    link = directory + 2 + 12 * entries
    derived = Derived(tmp_path, data[:link] + struct.pack("<I", directory) + data[link + 4 :])
    assert derived.metadata["pages"] == 1


def test_the_default_caps_hold_what_people_send():
    assert Settings().max_total_pixels >= 200 * 1920 * 1080
