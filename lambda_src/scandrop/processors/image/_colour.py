"""From what a file holds to a `Raster`: depth kept where Pillow can, 8-bit colour converted to sRGB."""

import io
from typing import Any, Final

from PIL import Image, ImageChops, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from scandrop.errors import Rejected
from scandrop.pictures.raster import Raster, from_16_bits, from_32_bits, from_bytes, with_transparent
from scandrop.processors.image import _tiff_reader as tiff
from scandrop.processors.image._source import Source, is_deep, raw_mode

# raw modes of 16-bit colour whose bytes Pillow can be asked for one by one
COLOUR_16: Final = {f"{bands};16{order}" for bands in ("RGB", "RGBX", "RGBA") for order in "BLN"}
GRAY_ALPHA_16: Final = {f"LA;16{order}" for order in "BLN"}
GRAY: Final = ("1", "L", "LA", "La")


def read(source: Source, page: int = 0, at_least: tuple[int, int] | None = None) -> Raster:
    """The current frame or page, upright."""
    image = source.image
    layout = raw_mode(image) if source.frames == 1 else ""  # of deep colour that moves, the high bytes will do
    if layout in GRAY_ALPHA_16:
        # four bytes per pixel, as 8-bit RGBA has: read as that, it comes whole
        image.tile = [tile._replace(args=_as_rgba(tile.args)) for tile in image.tile]
        bytes_of = source.load().split()
        high_at, low_at = (0, 1) if layout.endswith("B") else (1, 0)  # native order is little-endian on every Lambda
        high, low = (Image.merge("LA", (bytes_of[at], bytes_of[at + 2])) for at in (high_at, low_at))
        return from_bytes("LA", high, low)
    if layout in COLOUR_16:
        colour = from_bytes(image.mode, source.load(), source.low_bytes(page))
        return _keyed(colour, image.info.get("transparency"))
    unsigned, inverted = tiff.is_unsigned_32(image), tiff.is_inverted_16(image)
    loaded = source.load(at_least)
    if loaded.mode.startswith("I;16"):
        return _keyed(from_16_bits(loaded, inverted=inverted), image.info.get("transparency"))
    if loaded.mode in ("I", "F"):
        raster = from_32_bits(loaded, unsigned=unsigned)
        if raster is None:
            raise Rejected("image_not_finite", format=source.format)
        return raster
    return in_srgb(loaded)


def in_srgb(image: Image.Image) -> Raster:
    """An 8-bit image as L, LA, RGB or RGBA in sRGB."""
    profile = image.info.get("icc_profile")
    alpha = "A" if image.has_transparency_data or image.mode in ("La", "RGBa") else ""
    bands = ("L" if image.mode in GRAY else "RGB") + alpha
    if image.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        image = _converted(image, lab, "RGB") or image.convert("RGB")
    elif image.mode == "CMYK":
        image = _converted(image, _profile(profile), "RGB") or image.convert("RGB")
    else:
        image = image if image.mode == bands else image.convert(bands)
        image = _to_srgb(image, _profile(profile))
    return Raster(bands, (image,))


def _keyed(raster: Raster, colour: int | tuple[int, ...] | None) -> Raster:
    """With the alpha that a PNG gives by naming the one colour that is transparent."""
    if colour is None:
        return raster
    return with_transparent(raster, colour if isinstance(colour, tuple) else (colour,))


def bits_per_sample(image: ImageFile) -> int:
    """How deep the file's own samples are, before Pillow makes a mode of them."""
    if isinstance(image, TiffImageFile):
        return tiff.bits_per_sample(image)
    if is_deep(image):
        return 16
    return 1 if image.mode == "1" else 8


def _to_srgb(image: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    if profile is None:
        return image
    if image.mode in ("RGB", "RGBA"):
        return _converted(image, profile, image.mode) or image
    gray = _converted(image.getchannel("L"), profile, "RGB")
    if gray is None:
        return image
    lightness = gray.getchannel("G")  # a gray profile makes three equal bands
    return lightness if image.mode == "L" else Image.merge("LA", (lightness, image.getchannel("A")))


def _profile(data: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """The file's colour profile, or None where there is none or it is damaged."""
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(data)) if data else None
    except (OSError, TypeError):  # a TIFF may have a number in its place
        return None


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile | None, mode: str) -> Image.Image | None:
    """The image in sRGB; None where the profile is for another kind of pixels, so that the colours stay as they are."""
    if profile is None:
        return None
    try:
        to_srgb = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), image.mode, mode)
    except ImageCms.PyCMSError:
        return None
    if image.mode == mode == "RGB" and _changes_little(to_srgb):
        return image
    return ImageCms.applyTransform(image, to_srgb)


def _changes_little(to_srgb: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB by another name, as most are, which a few colours tell for all."""
    probe = Image.frombytes("RGB", (5, 5), bytes(range(0, 225, 3)))
    converted = ImageCms.applyTransform(probe, to_srgb) or probe
    return max(ImageChops.difference(probe, converted).tobytes()) <= 1


def _as_rgba(args: Any) -> Any:  # noqa: ANN401 (as Pillow types them)
    return ("RGBA", *args[1:]) if isinstance(args, tuple) else "RGBA"
