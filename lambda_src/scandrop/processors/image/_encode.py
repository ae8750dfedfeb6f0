"""The bytes of each derivative. Nothing of the file but its pixels reaches an encoder, and no clock either."""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image

PNG_LEVEL: Final = 3
WEBP_METHOD: Final = 2  # half the time of Pillow's own 4 for 4 % more bytes
LOSSLESS_EFFORT: Final = 50
WEBP_FLAGS_AT: Final = 20  # in the VP8X chunk, which an animation begins with
WEBP_ALPHA_FLAG: Final = 0x10

type Array = tuple[str, tuple[int, ...], bytes]  # numpy's name of the type, shape, bytes in C order


def save(image: Image.Image, path: Path, *, quality: int, lossless: bool = False) -> None:
    """Write an 8-bit (or, as PNG, I;16) image in the format of the path's suffix."""
    image = _Bare(image)
    match path.suffix:
        case ".jpg":
            image.save(path, "JPEG", quality=quality)
        case ".png":
            image.save(path, "PNG", compress_level=PNG_LEVEL)
        case ".webp":
            effort = LOSSLESS_EFFORT if lossless else quality
            image.save(path, "WEBP", quality=effort, method=WEBP_METHOD, lossless=lossless)


def save_animation(
    frames: Iterator[Image.Image], path: Path, *, count: int, durations_ms: list[float], plays: int, quality: int
) -> None:
    """Write the frames as one WebP, played `plays` times or, at 0, for ever.

    A frame's duration has to be in the list only when the frame has come.
    """
    animation = _Frames(frames, count)
    animation.save(path, "WEBP", save_all=True, duration=durations_ms, loop=plays, quality=quality, method=WEBP_METHOD)
    if animation.has_alpha:
        _tell_alpha(path)


def _tell_alpha(path: Path) -> None:
    """Set the alpha flag of a WebP.

    libwebp crops each frame to what is opaque; where that is all rectangles it forgets what lies around them.
    """
    with path.open("r+b") as file:
        file.seek(WEBP_FLAGS_AT)
        flags = file.read(1)[0]
        file.seek(WEBP_FLAGS_AT)
        file.write(bytes([flags | WEBP_ALPHA_FLAG]))


def write_npz(path: Path, arrays: dict[str, Array]) -> None:
    """Arrays as an uncompressed .npz, which is byte for byte the same for the same arrays."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (dtype, shape, data) in arrays.items():
            header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
            header += " " * (-(10 + len(header) + 1) % 64) + "\n"
            magic = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), magic + header.encode() + data)


class _Bare(Image.Image):
    """An image's pixels, shared, and nothing else of it.

    Pillow writes the comment and the profile that it finds on an image, and notes on it how it is saved, which
    another thread would trip over.
    """

    def __init__(self, image: Image.Image) -> None:
        super().__init__()
        self.hold(image)

    def hold(self, image: Image.Image) -> None:
        self.im, self._mode, self._size = image.im, image.mode, image.size


class _Frames(_Bare):
    """An animation whose frames are made when the encoder asks for them.

    Pillow otherwise wants a list of them, which for 500 frames of 800x600 is 960 MB.
    """

    def __init__(self, frames: Iterator[Image.Image], count: int) -> None:
        self._coming, self._index = frames, 0
        first = next(frames)
        super().__init__(first)
        self.n_frames = count
        self.has_alpha = first.mode.endswith("A")

    def seek(self, frame: int) -> None:
        if frame > self._index:  # the encoder only goes forward, and back to the first when all is done
            shown = next(self._coming)
            self.hold(shown)
            self._index = frame
            self.has_alpha |= shown.mode.endswith("A")

    def tell(self) -> int:
        return self._index
