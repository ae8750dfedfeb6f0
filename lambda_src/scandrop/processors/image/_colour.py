"""From what a file holds to a `Raster`: depth kept where Pillow can, 8-bit colour converted to sRGB."""

import io
from typing import Final

from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import BITSPERSAMPLE, SAMPLEFORMAT, TiffImageFile

from scandrop.errors import Rejected
from scandrop.processors.image._raster import Raster, from_16_bits, from_32_bits, from_bytes
from scandrop.processors.image._source import Source

# raw modes of 16-bit colour whose bytes Pillow can be asked for one by one
COLOUR_16: Final = {f"{bands};16{order}" for bands in ("RGB", "RGBX", "RGBA") for order in "BLN"}
GRAY_ALPHA_16: Final = "LA;16B"
GRAY: Final = ("1", "L", "LA", "La")


def read(source: Source, page: int = 0, at_least: tuple[int, int] | None = None) -> Raster:
    """The current frame or page, upright."""
    image = source.image
    raw_mode = _raw_mode(image)
    if raw_mode == GRAY_ALPHA_16:
        # four bytes per pixel, as 8-bit RGBA has: read as that, it comes whole
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        bytes_of = source.load().split()
        high, low = (Image.merge("LA", (bytes_of[at], bytes_of[at + 2])) for at in (0, 1))
        return from_bytes("LA", high, low)
    if raw_mode in COLOUR_16:
        return from_bytes(image.mode, source.load(), source.low_bytes(page))
    unsigned = _is_unsigned_32(image)
    loaded = source.load(at_least)
    if loaded.mode.startswith("I;16"):
        return from_16_bits(loaded)
    if loaded.mode in ("I", "F"):
        raster = from_32_bits(loaded, unsigned=unsigned)
        if raster is None:
            raise Rejected("image_not_finite", format=source.format)
        return raster
    return in_srgb(loaded)


def in_srgb(image: Image.Image) -> Raster:
    """An 8-bit image as L, LA, RGB or RGBA in sRGB, without anything else of the file."""
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
    image.info = {}
    return Raster(bands, (image,))


def bits_per_sample(image: ImageFile) -> int:
    """How deep the file's own samples are, before Pillow makes a mode of them."""
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(BITSPERSAMPLE, (1,))
        return int(max(bits)) if isinstance(bits, tuple) else int(bits)
    if ";16" in _raw_mode(image):
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
    """The file's colour profile, or None where there is none, it is damaged, or it is sRGB itself."""
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    except OSError:
        return None
    return None if "sRGB" in (profile.profile.profile_description or "") else profile


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile | None, mode: str) -> Image.Image | None:
    if profile is None:
        return None
    try:
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, ValueError):
        return None  # a profile for another kind of pixels: the colours stay as they are


def _raw_mode(image: ImageFile) -> str:
    args = image.tile[0].args if image.tile else ""
    return str(args[0]) if isinstance(args, tuple) else str(args)


def _is_unsigned_32(image: ImageFile) -> bool:
    """Whether a TIFF's 32-bit integers have no sign, which Pillow's mode I cannot say."""
    return image.mode == "I" and isinstance(image, TiffImageFile) and image.tag_v2.get(SAMPLEFORMAT, (1,))[0] == 1
