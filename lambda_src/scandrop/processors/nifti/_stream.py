"""A run's volumes, one at a time, from a compressed or plain file at bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.nifti import _gzip
from scandrop.processors.nifti._header import Header
from scandrop.processors.nifti._warnings import Warned

type Volume = NDArray[np.float32]


@dataclass(frozen=True)
class Survey:
    """What the first pass over a file found.

    minimum, maximum: of all finite intensities; means: (nt,) float64, of each volume with its non-finite voxels as 0.
    non_finite: how many voxels were NaN or infinite; constant: the volumes that have one value everywhere.
    early: the first volumes, as many as were asked for.
    """

    minimum: float
    maximum: float
    means: NDArray[np.float64]
    non_finite: int
    constant: tuple[int, ...]
    early: list[Volume]


def volumes(source: Path, header: Header) -> Iterator[Volume]:
    """Each volume in turn: float32 (nx, ny, nz), Fortran-ordered, in real intensities, non-finite voxels as 0.

    Each is a fresh array that the caller may keep or change. Raises `Rejected` where the data is damaged or ends
    too early.
    """
    with _opened(source, header) as stream:
        for _ in range(header.shape[3]):
            yield _next_volume(stream, header)[0]


def survey(source: Path, header: Header, keep: int, warned: Warned) -> Survey:
    """Read the whole file to its last byte, checksum included, and keep its first `keep` volumes.

    Raises `Rejected` where the data is damaged, ends too early, goes on for a volume or more, or holds nothing but
    one value.
    """
    lows, highs, means, non_finite = [], [], [], 0
    early: list[Volume] = []
    with _opened(source, header) as stream:
        for t in range(header.shape[3]):
            volume, bad = _next_volume(stream, header)
            lows.append(float(volume.min()))
            highs.append(float(volume.max()))
            means.append(float(volume.mean(dtype=np.float64)))
            non_finite += bad
            if t < keep:
                early.append(volume)
        _check_end(stream, header, warned)
    constant = tuple(t for t, (low, high) in enumerate(zip(lows, highs, strict=True)) if low == high)
    _check_content(header, min(lows), max(highs), non_finite)
    if non_finite:
        warned.add("non_finite_voxels", voxels=non_finite)
    if constant:
        warned.add("constant_volumes", volumes=len(constant), first=constant[0])
    return Survey(min(lows), max(highs), np.array(means), non_finite, constant, early)


@contextmanager
def _opened(source: Path, header: Header) -> Iterator[IO[bytes]]:
    """The decompressed file at its first voxel; extensions before it are passed over unread."""
    try:
        with source.open("rb") as file:
            stream = _gzip.reading(file) if header.compressed else file
            stream.seek(header.offset)
            yield stream
    except _gzip.DAMAGED as error:
        raise Rejected("nifti_damaged") from error


def _next_volume(stream: IO[bytes], header: Header) -> tuple[Volume, int]:
    """One volume and how many of its voxels were not finite."""
    raw = stream.read(header.volume_bytes)
    if len(raw) < header.volume_bytes:
        declared = header.offset + header.volume_bytes * header.shape[3]
        raise Rejected("nifti_cut_off", declared_bytes=declared, held_bytes=stream.tell())
    volume = _intensities(np.frombuffer(raw, header.dtype), header).reshape(header.shape[:3], order="F")
    finite = np.isfinite(volume)
    bad = finite.size - int(np.count_nonzero(finite))
    if bad:
        volume[~finite] = 0
    return volume, bad


def _intensities(stored: NDArray[np.generic], header: Header) -> Volume:
    """Scaled where the header says so; in float64 where float32 would lose digits on the way."""
    wide = stored.dtype.itemsize > 2 and stored.dtype.newbyteorder("=") != np.float32
    scaled = (header.slope, header.inter) != (1, 0)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is counted as not finite
        values: NDArray[np.floating] = stored.astype(np.float64 if wide and scaled else np.float32)
        if scaled:
            values *= header.slope
            values += header.inter
        return values.astype(np.float32, copy=False)


def _check_end(stream: IO[bytes], header: Header, warned: Warned) -> None:
    """Read what follows the last voxel, which also checks the checksum of a compressed file."""
    try:
        trailing = len(stream.read(header.volume_bytes + 1)[: header.volume_bytes])
    except _gzip.DAMAGED as error:
        if not _gzip.is_trailing_garbage(error):
            raise
        warned.add("trailing_garbage")  # the data before it is whole, its checksum right
        return
    if trailing == header.volume_bytes:
        raise Rejected("nifti_longer", volumes=header.shape[3])
    if trailing:
        warned.add("trailing_bytes", count=trailing)


def _check_content(header: Header, minimum: float, maximum: float, non_finite: int) -> None:
    voxels = header.shape[0] * header.shape[1] * header.shape[2] * header.shape[3]
    if non_finite == voxels:
        raise Rejected("nifti_not_finite")
    if minimum == maximum:
        raise Rejected("nifti_constant")
