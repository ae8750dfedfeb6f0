"""A run's volumes, one at a time, from a compressed or plain file at bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.nifti import _gzip
from scandrop.processors.nifti._arrays import Volume
from scandrop.processors.nifti._header import Header
from scandrop.processors.nifti._warnings import Warned

_CHUNK_BYTES: Final = 2**16


@dataclass(frozen=True)
class Survey:
    """What the first pass over a file found.

    minimum, maximum: of all intensities; means: (nt,) float64, of each volume. Voxels that are not finite count as 0.
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
        for t in range(header.shape[3]):
            yield _next_volume(stream, header, t)[0]


def survey(source: Path, header: Header, keep: int, warned: Warned) -> Survey:
    """Read the whole file to its last byte, checksum included, and keep its first `keep` volumes.

    Raises `Rejected` where the data is damaged, ends too early, goes on for a volume or more, or holds nothing but
    one value.
    """
    lows, highs, means, non_finite = [], [], [], 0
    early: list[Volume] = []
    first, same = None, header.is_run
    with _opened(source, header) as stream:
        for t in range(header.shape[3]):
            volume, bad = _next_volume(stream, header, t)
            lows.append(float(volume.min()))
            highs.append(float(volume.max()))
            means.append(float(volume.mean(dtype=np.float64)))
            non_finite += bad
            first = volume if first is None else first
            same = same and np.array_equal(volume, first)  # one comparison in any run that changes
            if t < keep:
                early.append(volume)
        _check_end(stream, header, warned)
    constant = tuple(t for t, (low, high) in enumerate(zip(lows, highs, strict=True)) if low == high)
    _check_content(header, min(lows), max(highs), non_finite)
    if non_finite:
        warned.add("non_finite_voxels", voxels=non_finite)
    if constant:
        warned.add("constant_volumes", volumes=len(constant), first=constant[0])
    if same:
        warned.add("unchanging")
    return Survey(min(lows), max(highs), np.array(means), non_finite, constant, early)


@contextmanager
def _opened(source: Path, header: Header) -> Iterator[IO[bytes]]:
    """The decompressed file at its first voxel; extensions before it are passed over unread."""
    with source.open("rb") as file:
        stream = _gzip.Reader(file) if header.compressed else file
        _pass_over(stream, header.offset)
        yield stream


def _pass_over(stream: IO[bytes], count: int) -> int:
    """Read and drop up to `count` bytes; how many there were."""
    left = count
    while left and (dropped := stream.read(min(left, _CHUNK_BYTES))):
        left -= len(dropped)
    return count - left


def _next_volume(stream: IO[bytes], header: Header, t: int) -> tuple[Volume, int]:
    """Volume `t` and how many of its voxels were not finite."""
    raw = stream.read(header.volume_bytes)
    if len(raw) < header.volume_bytes:
        declared, held = (header.offset + header.volume_bytes * count for count in (header.shape[3], t))
        raise Rejected("nifti_cut_off", declared_bytes=declared, held_bytes=held + len(raw))
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
    """Read what follows the last voxel, which also has the checksum of a compressed file checked."""
    trailing = _pass_over(stream, header.volume_bytes)
    if trailing == header.volume_bytes:
        raise Rejected("nifti_longer", volumes=header.shape[3])
    if trailing:
        warned.add("trailing_bytes", count=trailing)
    if isinstance(stream, _gzip.Reader) and stream.has_garbage:
        warned.add("trailing_garbage")


def _check_content(header: Header, minimum: float, maximum: float, non_finite: int) -> None:
    voxels = header.shape[0] * header.shape[1] * header.shape[2] * header.shape[3]
    if non_finite == voxels:
        raise Rejected("nifti_not_finite")
    if minimum == maximum:
        raise Rejected("nifti_constant")
