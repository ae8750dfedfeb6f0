"""Pictures that more than one lane makes.

    raster    pixels in 8 bits, 16 bits or floats: colour, resizing, windowing
    encode    the bytes of a PNG and of an array
    views     what `model` and `preview` are made of a raster
    histogram how a raster's values are spread

Its modules need Pillow, so a lane imports them only when there are pixels. ``docs/lanes/image.md`` says what the two
views hold.
"""

from typing import Final

FILTERS: Final = ("bicubic", "bilinear", "box", "hamming", "lanczos")  # how pixels are resampled, by Pillow's names
