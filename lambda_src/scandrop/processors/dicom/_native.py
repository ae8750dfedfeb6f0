"""Pixels that are not compressed, frame by frame, without copying what can be looked at where it lies (PS3.5 8.1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import Buffer
from scandrop.processors.dicom._layout import SUBSAMPLED, Layout, shares_colour
from scandrop.processors.dicom._warnings import Warned

type Samples = NDArray[Any]  # (rows, columns, samples) of one frame in the container that BitsAllocated says


@dataclass(frozen=True, slots=True)
class Native:
    """The frames of one pixel element.

    little: the byte order; swapped: bytes lie in pairs in big endian (8-bit samples as OW).
    """

    layout: Layout
    value: Buffer
    little: bool = True
    swapped: bool = False

    @property
    def subsampled(self) -> bool:
        """Whether two pixels share their colour."""
        layout = self.layout
        return shares_colour(layout.photometric, len(self.value), layout.frames * layout.frame_bytes)

    @property
    def frame_bits(self) -> int:
        samples = self.layout.frame_samples
        return (samples * 2 // 3 if self.subsampled else samples) * self.layout.allocated

    def check(self, warned: Warned) -> None:
        """Raises `Rejected` where the value is shorter than the header promises; warns where it is longer."""
        if self.layout.photometric in SUBSAMPLED and not self.subsampled:
            warned.add("dicom_colour_not_shared", header=self.layout.photometric)
        if self.subsampled and self.layout.columns % 2:
            raise Rejected("dicom_pixels_undescribed", keyword="Columns")
        promised, held = -(-self.frame_bits * self.layout.frames // 8), len(self.value)
        if held < promised:
            raise Rejected("dicom_pixels_short", held_bytes=held)
        if held > promised + promised % 2:
            warned.add("dicom_pixels_longer", extra_bytes=held - promised)

    def samples(self, index: int) -> Samples:
        """One frame; a view on the value where its bytes need no change."""
        layout = self.layout
        flat = self._bits(index) if layout.allocated == 1 else self._flat(index)
        if self.subsampled:
            return _shared_colour(flat, layout)
        if layout.planar:
            return flat.reshape(layout.samples, layout.rows, layout.columns).transpose(1, 2, 0)
        return flat.reshape(layout.rows, layout.columns, layout.samples)

    def _flat(self, index: int) -> NDArray[Any]:
        count = self.frame_bits // 8
        start, stop = index * count, (index + 1) * count
        if self.swapped:
            return self._paired(start, stop)
        order = "<" if self.little else ">"
        flat = np.frombuffer(self.value, f"{order}{self.layout.code}", self.frame_bits // self.layout.allocated, start)
        return flat.astype(flat.dtype.newbyteorder("="), copy=False)

    def _paired(self, start: int, stop: int) -> NDArray[Any]:
        first, last = start // 2 * 2, -(-stop // 2) * 2
        pairs = np.frombuffer(bytes(self.value[first:last]).ljust(last - first, b"\0"), "u2").byteswap()
        return pairs.view("u1")[start - first : stop - first]

    def _bits(self, index: int) -> NDArray[np.uint8]:
        """Frames of single bits follow each other without a gap, the first pixel in the lowest bit."""
        start = index * self.frame_bits
        packed = np.frombuffer(self.value, np.uint8)[start // 8 : -(-(start + self.frame_bits) // 8)]
        return np.unpackbits(packed, bitorder="little")[start % 8 :][: self.frame_bits]


def _shared_colour(flat: NDArray[Any], layout: Layout) -> Samples:
    """Y1 Y2 B R becomes Y1 B R, Y2 B R (PS3.3 C.7.6.3.1.2)."""
    pairs = flat.reshape(-1, 4)
    pixels = np.empty((len(pairs), 2, 3), flat.dtype)
    pixels[:, :, 0] = pairs[:, :2]
    pixels[:, :, 1:] = pairs[:, None, 2:]
    return pixels.reshape(layout.rows, layout.columns, 3)
