"""Pictures that more than one lane makes.

    raster    pixels in 8 bits, 16 bits or floats: colour, resizing, windowing
    encode    the bytes of a PNG and of an array
    views     what `model` and `preview` are made of a raster

Needs Pillow, so a lane imports it only when there are pixels. ``docs/lanes/image.md`` says what the two views hold.
"""
