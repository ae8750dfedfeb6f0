"""What `model` and `preview` are made of a raster, and how a derivative that is a picture is told of."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from PIL import Image

from scandrop.pictures.encode import save_png, write_npz
from scandrop.pictures.raster import Raster, Size, interleaved, to_integers
from scandrop.processors import Derivative, Json

FORMATS: Final = {".jpg": "JPEG", ".npz": "NPZ", ".png": "PNG", ".tiff": "TIFF", ".webp": "WebP"}
CONTENT_TYPES: Final = {
    ".jpg": "image/jpeg",
    ".npz": "application/zip",
    ".png": "image/png",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
WINDOW_PERCENT: Final = 0.5  # of a deep gray image's pixels may be cut off at either end, for the eye only


@dataclass(frozen=True)
class Square:
    """One image as a model takes it: whole, in the middle of a square that is padded with 0.

    planes: an F image in [0, 1] per band.
    content_box: top, left, height and width of the image in the square.
    value_range: what 0 and 1 stand for in the file's own units.
    """

    planes: tuple[Image.Image, ...]
    content_box: tuple[int, int, int, int]
    value_range: tuple[float, float]
    deep: bool

    @classmethod
    def of(cls, fitted: Raster, side: int) -> Self:
        """`fitted`: already of the size that `fitted(size, (side, side), enlarge=True)` gives."""
        opaque = fitted.opaque()
        left, top = ((side - length) // 2 for length in opaque.size)
        planes = []
        for plane in opaque.unit_planes():
            square = Image.new("F", (side, side))
            square.paste(plane, (left, top))
            planes.append(square)
        width, height = opaque.size
        return cls(tuple(planes), (top, left, height, width), (fitted.low, fitted.high), fitted.deep)

    @property
    def shape(self) -> tuple[int, ...]:
        height, width = self.planes[0].height, self.planes[0].width
        return (height, width) if len(self.planes) == 1 else (height, width, len(self.planes))

    def picture(self) -> tuple[Image.Image, int]:
        """The same as a picture and its bits: 16 for deep gray, else 8."""
        bits = 16 if self.deep and len(self.planes) == 1 else 8
        mode = "I;16" if bits == 16 else "L"
        bands = [to_integers(plane, (1 << bits) - 1, 0, mode) for plane in self.planes]
        return (bands[0] if len(bands) == 1 else Image.merge("RGB", bands)), bits


def model(fitted: Raster, side: int, work: Path) -> list[Derivative]:
    """``model.npz`` and ``model.png`` of one image."""
    square = Square.of(fitted, side)
    path = work / "model.npz"
    write_npz(
        path,
        {
            "image": ("<f4", square.shape, [interleaved(list(square.planes))]),
            "content_box": ("<i4", (4,), [struct.pack("<4i", *square.content_box)]),
            "value_range": ("<f8", (2,), [struct.pack("<2d", *square.value_range)]),
        },
    )
    return [derivative(path, (side, side), channels=len(square.planes), bits=32), _model_png(square, work)]


def model_of_frames(frames: Iterable[Square], count: int, shown: int, work: Path) -> list[Derivative]:
    """The same of `count` images of one size, of which number `shown`, from 0, becomes the picture.

    ``image`` has their number as its first axis and so has ``value_range``; no more than two are held at a time.
    """
    kept: list[Square] = []
    ranges: list[float] = []
    coming = iter(frames)
    first = next(coming)

    def samples() -> Iterator[bytes]:
        for index, square in enumerate(_chained(first, coming)):
            ranges.extend(square.value_range)
            if index == shown:
                kept.append(square)
            yield interleaved(list(square.planes))

    def packed_ranges() -> Iterator[bytes]:
        yield struct.pack(f"<{len(ranges)}d", *ranges)  # known when all frames have passed

    path = work / "model.npz"
    write_npz(
        path,
        {
            "image": ("<f4", (count, *first.shape), samples()),
            "content_box": ("<i4", (4,), [struct.pack("<4i", *first.content_box)]),
            "value_range": ("<f8", (count, 2), packed_ranges()),
        },
    )
    npz = derivative(path, first.planes[0].size, channels=len(first.planes), bits=32, frames=count)
    return [npz, _model_png(kept[0], work)]


def preview(view: Raster, work: Path) -> Derivative:
    """``preview.png`` of a raster in 8 bits."""
    path = work / "preview.png"
    save_png(view.planes[0], path)
    return derivative(path, view.size)


def derivative(path: Path, size: Size, **more: Json) -> Derivative:
    details: dict[str, Json] = {"format": FORMATS[path.suffix], "width": size[0], "height": size[1]}
    return Derivative(path.name, path, CONTENT_TYPES[path.suffix], details | more)


def fitted(size: Size, box: Size, *, enlarge: bool = False) -> Size:
    """The largest size of the same aspect in the box; never larger than `size` unless `enlarge`."""
    scale = min(box[0] / size[0], box[1] / size[1])
    return scaled(size, scale if enlarge else min(scale, 1))


def scaled(size: Size, scale: float) -> Size:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _model_png(square: Square, work: Path) -> Derivative:
    path = work / "model.png"
    picture, bits = square.picture()
    save_png(picture, path)
    return derivative(path, picture.size, bits=bits)


def _chained(first: Square, others: Iterator[Square]) -> Iterator[Square]:
    yield first
    yield from others
