"""Where Pillow's TIFF reader is silently wrong about scientific images, or could read more than it lists."""

from typing import Final

from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    II,
    MM,
    OPEN_INFO,
    PHOTOMETRIC_INTERPRETATION,
    PLANAR_CONFIGURATION,
    SAMPLEFORMAT,
    TiffImageFile,
)

# Pillow unpacks these kinds of gray but lists no TIFF with them; 64-bit floats are what numpy users save
OPEN_INFO.setdefault((II, 1, (3,), 1, (64,), ()), ("F", "F;64F"))
OPEN_INFO.setdefault((MM, 1, (3,), 1, (64,), ()), ("F", "F;64BF"))
OPEN_INFO.setdefault((MM, 1, (1,), 1, (32,), ()), ("I", "I;32BS"))
OPEN_INFO.setdefault((MM, 0, (1,), 1, (16,), ()), ("I;16B", "I;16B"))

# libtiff has turned the bytes round already where Pillow would do it again
NATIVE: Final = {"F;32BF": "F;32F", "F;64BF": "F;64F", "I;16BS": "I;16S", "I;32BS": "I;32S"}
WHITE_IS_ZERO, UNSIGNED, SIGNED, SEPARATE_PLANES = 0, 1, 2, 2


def mend(image: ImageFile) -> None:
    """Prepare the current page so that loading it gives its true values.

    Raises ValueError for a page that Pillow would load wrongly.
    """
    if not isinstance(image, TiffImageFile):
        return
    bits, planes = bits_per_sample(image), image.tag_v2.get(PLANAR_CONFIGURATION)
    if bits == 8 and _sample_format(image) == SIGNED:
        raise ValueError("Pillow takes signed bytes for unsigned ones")
    if bits == 16 and planes == SEPARATE_PLANES and len(image.getbands()) > 1:
        raise ValueError("Pillow reads separate planes of 16 bits as planes of 8")
    tile = image.tile[0]
    if tile.codec_name == "libtiff" and isinstance(tile.args, tuple) and tile.args[0] in NATIVE:
        image.tile = [tile._replace(args=(NATIVE[tile.args[0]], *tile.args[1:]))]


def bits_per_sample(image: TiffImageFile) -> int:
    return int(max(image.tag_v2.get(BITSPERSAMPLE, (1,))))


def is_unsigned_32(image: ImageFile) -> bool:
    """Whether the integers of Pillow's mode I have no sign, which the mode cannot say."""
    return isinstance(image, TiffImageFile) and image.mode == "I" and _sample_format(image) == UNSIGNED


def is_inverted_16(image: ImageFile) -> bool:
    """Whether 0 is white, which Pillow heeds up to 8 bits."""
    return (
        isinstance(image, TiffImageFile)
        and image.mode.startswith("I;16")
        and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == WHITE_IS_ZERO
    )


def _sample_format(image: TiffImageFile) -> int:
    return int(image.tag_v2.get(SAMPLEFORMAT, (UNSIGNED,))[0])
