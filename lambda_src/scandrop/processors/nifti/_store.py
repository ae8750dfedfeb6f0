"""The corrected run on disk: one pass writes it, others read it by volume, by mask or slab by slab."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Volume
from scandrop.processors.nifti._stream import Survey
from scandrop.processors.nifti._warnings import Warned

type Stored = NDArray[np.int16] | NDArray[np.float32]

_INT16_MAX: Final = 32767
_HEADROOM: Final = 1.25  # what interpolation may overshoot the brightest voxel by
_COARSEST_STEP: Final = 0.005  # of the mean intensity; an ordinary run's step is a tenth of it or less
_SMALLEST_SLOPE: Final = 2.0**-100
_BLOCK_BYTES: Final = 32 * 2**20
_VOLUMES_AT_ONCE: Final = 32


@dataclass(frozen=True)
class Coding:
    """How intensities are stored: ``int16`` as intensity / slope, or ``float32`` as they are, with slope 1."""

    dtype: np.dtype[np.generic]
    slope: float

    def encode(self, volume: Volume) -> tuple[Stored, int]:
        """What is stored for a volume, and how many of its voxels had to be clipped."""
        if self.dtype == np.float32:
            return volume, 0
        steps = np.rint(volume * np.float32(1 / self.slope))
        clipped = 0
        if steps.max() > _INT16_MAX or steps.min() < -_INT16_MAX:
            clipped = int(np.count_nonzero(np.abs(steps) > _INT16_MAX))
            np.clip(steps, -_INT16_MAX, _INT16_MAX, out=steps)
        return steps.astype(np.int16), clipped

    def decode(self, stored: Stored) -> Volume:
        """A fresh float32 array of the same shape and order."""
        volume = stored.astype(np.float32)
        if self.slope != 1:
            volume *= np.float32(self.slope)
        return volume


FLOAT32: Final = Coding(np.dtype(np.float32), 1.0)


def choose_coding(found: Survey, bold_dtype: str, warned: Warned) -> Coding:
    """The coding of a run with these intensities, for the setting ``int16`` or ``float32``.

    The slope is a power of two, so that 0 and, up to 26,000, whole numbers are stored exactly. Where a few bright
    voxels would make the steps coarse for all others, float32 is taken with a warning.
    """
    if bold_dtype == "float32":
        return FLOAT32
    peak = max(abs(found.minimum), abs(found.maximum))
    slope = 2.0 ** math.ceil(math.log2(peak * _HEADROOM / _INT16_MAX))
    if not _SMALLEST_SLOPE < slope <= _COARSEST_STEP * float(np.abs(found.means).mean()):
        warned.add("int16_too_coarse")
        return FLOAT32
    return Coding(np.dtype(np.int16), slope)


class Store:
    """A run (nx, ny, nz, nt) in a file, volume after volume, in a coding; a context manager that closes it.

    Plain reads and writes rather than a mapped file: a full disk is then an error and not a signal, and what was read
    does not stay resident. Volumes may be put in any order, and read by several threads.
    clipped: how many voxels did not fit the coding.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int, int], coding: Coding) -> None:
        self.shape = shape
        self.coding = coding
        self.clipped = 0
        self._volume_bytes = math.prod(shape[:3]) * coding.dtype.itemsize
        self._file = path.open("w+b", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def put(self, t: int, volume: Volume) -> None:
        stored, clipped = self.coding.encode(volume)
        self.clipped += clipped
        data = memoryview(stored.ravel(order="F")).cast("B")
        at = t * self._volume_bytes
        while data:
            written = os.pwrite(self._file.fileno(), data, at)
            data, at = data[written:], at + written

    def stored(self, t: int) -> Stored:
        """Volume `t` as it lies in the file, Fortran-ordered and read-only."""
        return self._read(t, 0, math.prod(self.shape[:3])).reshape(self.shape[:3], order="F")

    def volume(self, t: int) -> Volume:
        """Volume `t` in real intensities: float32 (nx, ny, nz), Fortran-ordered."""
        return self.coding.decode(self.stored(t))

    def volumes(self) -> Iterator[Volume]:
        return (self.volume(t) for t in range(self.shape[3]))

    def series(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The time series of a mask's voxels: float32 (n_voxels, nt) in C order, rows as in `volume[mask]`."""
        places = np.ravel_multi_index(np.nonzero(mask), self.shape[:3], order="F")
        series = np.empty((len(places), self.shape[3]), np.float32)
        for first in range(0, self.shape[3], _VOLUMES_AT_ONCE):
            times = range(first, min(first + _VOLUMES_AT_ONCE, self.shape[3]))
            picked = [self._read(t, 0, math.prod(self.shape[:3])).take(places) for t in times]
            series[:, first : first + len(times)] = np.stack(picked).T
        series *= np.float32(self.coding.slope)
        return series

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """The whole run in slabs of slices: where along k, and float32 (nx, ny, n_slices, nt), Fortran-ordered.

        Each slab takes about 32 MB, or one slice where that is more.
        """
        nx, ny, nz, nt = self.shape
        thick = max(1, _BLOCK_BYTES // (nx * ny * nt * 4))
        for low in range(0, nz, thick):
            high = min(low + thick, nz)
            block = np.empty((nx, ny, high - low, nt), np.float32, order="F")
            for t in range(nt):
                stored = self._read(t, nx * ny * low, nx * ny * (high - low))
                np.multiply(stored, np.float32(self.coding.slope), out=block[..., t].reshape(-1, order="F"))
            yield slice(low, high), block

    def _read(self, t: int, first: int, count: int) -> Stored:
        """`count` voxels of volume `t` from its voxel `first` on, as they are stored."""
        size = self.coding.dtype.itemsize
        raw = os.pread(self._file.fileno(), count * size, t * self._volume_bytes + first * size)
        stored: Stored = np.frombuffer(raw, self.coding.dtype)
        return stored
