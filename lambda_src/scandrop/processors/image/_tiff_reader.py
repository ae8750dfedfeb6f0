"""Where Pillow's TIFF reader is silently wrong about scientific images, or could read more than it lists."""

from typing import Any, Final

from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    COMPRESSION,
    II,
    MM,
    OPEN_INFO,
    PHOTOMETRIC_INTERPRETATION,
    PLANAR_CONFIGURATION,
    SAMPLEFORMAT,
    SAMPLESPERPIXEL,
    TiffImageFile,
)

from scandrop.errors import Rejected

# Pillow unpacks these kinds of gray but lists no TIFF with them; 64-bit floats are what numpy users save
OPEN_INFO.setdefault((II, 1, (3,), 1, (64,), ()), ("F", "F;64F"))
OPEN_INFO.setdefault((MM, 1, (3,), 1, (64,), ()), ("F", "F;64BF"))
OPEN_INFO.setdefault((MM, 1, (1,), 1, (32,), ()), ("I", "I;32BS"))
OPEN_INFO.setdefault((MM, 0, (1,), 1, (16,), ()), ("I;16B", "I;16B"))
# its PNG reader's name for 16-bit gray with alpha, which `_colour.read` takes apart
OPEN_INFO.setdefault((II, 1, (1,), 1, (16, 16), (2,)), ("RGBA", "LA;16L"))
OPEN_INFO.setdefault((MM, 1, (1,), 1, (16, 16), (2,)), ("RGBA", "LA;16B"))

# libtiff has turned the bytes round already where Pillow would do it again
NATIVE: Final = {"F;32BF": "F;32F", "F;64BF": "F;64F", "I;16BS": "I;16S", "I;32BS": "I;32S"}
WHITE_IS_ZERO, UNSIGNED, SIGNED, SEPARATE_PLANES = 0, 1, 2, 2

# the standard's words for what a file may be although the lane does not read it
COLOURS: Final = {0: "gray", 1: "gray", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab"}
KINDS: Final = {1: "unsigned integers", 2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex floats"}
COMPRESSIONS: Final[dict[int | None, str]] = {
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34712: "JPEG 2000",
    34887: "LERC",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
DEPTHS: Final = (1, 2, 4, 6, 8, 10, 12, 14, 16, 24, 32, 64, 128)


class TiffReader(TiffImageFile):
    """Pillow's reader, which tells a page of a kind that the lane does not read from a damaged one."""

    def _setup(self) -> None:
        if compression := COMPRESSIONS.get(self.tag_v2.get(COMPRESSION)):
            raise Rejected("image_unsupported", format="TIFF", layout=f"compressed as {compression}")
        try:
            super()._setup()
        except SyntaxError:
            self._refuse_unsupported()
            raise
        bits, planes = bits_per_sample(self), self.tag_v2.get(PLANAR_CONFIGURATION)
        takes_signed_for_unsigned = bits == 8 and _sample_format(self) == SIGNED
        takes_16_bits_for_8 = bits == 16 and planes == SEPARATE_PLANES and len(self.getbands()) > 1
        if takes_signed_for_unsigned or takes_16_bits_for_8:
            self._refuse_unsupported()
            raise ValueError("Pillow would load the page wrongly")

    def _refuse_unsupported(self) -> None:
        """Reject a page whose tags are within the standard, in its words; of other tags nothing is told."""
        tag: dict[int, Any] = dict(self.tag_v2)
        samples = tag.get(SAMPLESPERPIXEL, 1)
        depths, formats = set(tag.get(BITSPERSAMPLE, (1,))), set(tag.get(SAMPLEFORMAT, (UNSIGNED,)))
        colour = COLOURS.get(tag.get(PHOTOMETRIC_INTERPRETATION, WHITE_IS_ZERO))
        if len(depths) > 1 or len(formats) > 1 or colour is None:
            return
        (depth,), (sample_format,) = depths, formats
        if depth not in DEPTHS or sample_format not in KINDS:
            return
        planes = " in separate planes" if tag.get(PLANAR_CONFIGURATION) == SEPARATE_PLANES else ""
        layout = f"{colour} of {samples} x {depth}-bit {KINDS[sample_format]}{planes}"
        raise Rejected("image_unsupported", format="TIFF", layout=layout)


def mend(image: ImageFile) -> None:
    """Prepare the current page so that loading it gives its true values."""
    if not isinstance(image, TiffImageFile):
        return
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
