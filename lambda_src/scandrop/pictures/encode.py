"""The bytes of a picture and of an array. Nothing of a file but its pixels reaches an encoder, and no clock either."""

import math
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from PIL import Image

PNG_LEVEL: Final = 3

type Array = tuple[str, tuple[int, ...], Iterable[bytes]]  # numpy's name of the type, shape, bytes in C order


class Bare(Image.Image):
    """An image's pixels, shared, and nothing else of it.

    Pillow writes the comment and the profile that it finds on an image, and notes on it how it is saved, which
    another thread would trip over.
    """

    def __init__(self, image: Image.Image) -> None:
        super().__init__()
        self.hold(image)

    def hold(self, image: Image.Image) -> None:
        self.im, self._mode, self._size = image.im, image.mode, image.size


def save_png(image: Image.Image, path: Path) -> None:
    """Write an image of 8 bits, or of 16 where it is I;16."""
    Bare(image).save(path, "PNG", compress_level=PNG_LEVEL)


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """Arrays as an uncompressed .npz, which is byte for byte the same for the same arrays.

    The parts of an array's bytes are asked for one after the other, so that it need not be in memory as a whole.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, (dtype, shape, parts) in arrays.items():
            header = _npy_header(dtype, shape)
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.file_size = len(header) + math.prod(shape) * int(dtype[2:])  # zip has to know what will pass 2 GB
            with archive.open(entry, "w") as file:
                file.write(header)
                for part in parts:
                    file.write(part)


def _npy_header(dtype: str, shape: tuple[int, ...]) -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode()
