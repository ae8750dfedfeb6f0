"""What a NIfTI file's header says, checked before a voxel is read."""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from scandrop.errors import Rejected
from scandrop.processors.nifti import _gzip
from scandrop.processors.nifti._arrays import Matrix
from scandrop.processors.nifti._fields import EXTENSION_FLAG_BYTES, LAYOUTS, fields_of, voxel_dtype
from scandrop.processors.nifti._geometry import Geometry, read_geometry
from scandrop.processors.nifti._sniff import GZIP_MAGIC, sniff
from scandrop.processors.nifti._warnings import Warned

_HEAD_BYTES: Final = 1024
TR_S: Final = (0.01, 100.0)
_DEFLATE_RATIO: Final = 1032  # the most that deflate can compress: 258 bytes in 2 bits
_RUN_TAKES: Final = 10  # times the memory of an image with as many voxels: up to 380 bytes for each of a volume
_S_PER_UNIT: Final = {0: 1.0, 8: 1.0, 16: 1e-3, 24: 1e-6}


@dataclass(frozen=True)
class Header:
    """What the header says of an image.

    format: ``NIfTI-1`` or ``NIfTI-2``; compressed: whether the file is gzip.
    shape: (nx, ny, nz, nt), nt 1 for a 3D image.
    dtype, slope, inter: of the stored voxels, with their byte order; intensity = stored * slope + inter.
    offset: the byte, after decompression, at which the first voxel stands.
    geometry: the affine and what it came from.
    tr_s: the time between volumes in seconds; None for a 3D image and where the header gives none that could be.
    slice_times_s: when each slice along k is acquired within the TR; None where unknown.
    phase_axis: the voxel axis (0, 1 or 2) of phase encoding; None where unknown.
    """

    format: str
    compressed: bool
    shape: tuple[int, int, int, int]
    dtype: np.dtype[np.generic]
    slope: float
    inter: float
    offset: int
    geometry: Geometry
    tr_s: float | None
    slice_times_s: tuple[float, ...] | None
    phase_axis: int | None

    @property
    def affine(self) -> Matrix:
        """(4, 4) float64, from voxel indices to RAS+ mm."""
        return self.geometry.affine

    @property
    def voxel_mm(self) -> tuple[float, float, float]:
        return self.geometry.voxel_mm

    @property
    def is_run(self) -> bool:
        return self.shape[3] > 1

    @property
    def volume_bytes(self) -> int:
        """Of one volume as it is stored, before compression."""
        return math.prod(self.shape[:3]) * self.dtype.itemsize


def read_header(source: Path, warned: Warned, *, max_run_bytes: int, max_volume_voxels: int) -> Header:
    """The header of a single NIfTI file, found by its content.

    Raises `Rejected` for whatever cannot be processed and can be known without reading voxels: no NIfTI, a pair,
    voxels that are no real numbers, more than four dimensions, more voxels than the limits allow or than the file
    can hold, no voxel size. What is mended instead is told in `warned`.
    """
    head, compressed = _head(source)
    version = sniff(head)
    if version is None:
        raise Rejected("nifti_unreadable")
    if b"ni" in (head[344:346] if version == "NIfTI-1" else head[4:6]):
        raise Rejected("nifti_pair")
    fields, order = fields_of(head.ljust(LAYOUTS[version].itemsize, b"\0"), version)
    shape = _shape(fields)
    dtype = voxel_dtype(fields, order)
    if int(fields["bitpix"]) != dtype.itemsize * 8:
        warned.add("bitpix_contradiction", dtype=dtype.name)
    offset = _offset(fields, LAYOUTS[version].itemsize + EXTENSION_FLAG_BYTES)
    _check_voxels(shape, max_volume_voxels)
    _check_bytes(source, compressed, offset, math.prod(shape) * dtype.itemsize, max_run_bytes)
    slope, inter = _scaling(fields, warned)
    seconds = partial(_seconds, fields)
    tr_s = _tr_s(fields, seconds(fields["pixdim"][4]), warned) if shape[3] > 1 else None
    return Header(
        format=version,
        compressed=compressed,
        shape=shape,
        dtype=dtype,
        slope=slope,
        inter=inter,
        offset=offset,
        geometry=read_geometry(fields, shape[:3], warned),
        tr_s=tr_s,
        slice_times_s=_slice_times_s(fields, shape, seconds(fields["slice_duration"]), tr_s),
        phase_axis=_axis(int(fields["dim_info"]) >> 2),
    )


def _head(source: Path) -> tuple[bytes, bool]:
    """The first bytes after decompression, and whether there was any."""
    with source.open("rb") as stream:
        compressed = stream.read(2) == GZIP_MAGIC
        stream.seek(0)
        return (_gzip.Reader(stream) if compressed else stream).read(_HEAD_BYTES), compressed


def _shape(fields: np.void) -> tuple[int, int, int, int]:
    """Without trailing axes of one element: those say nothing. Refuses what is no volume nor a run of volumes."""
    dimensions = int(fields["dim"][0])
    sizes = [int(size) for size in fields["dim"][1 : dimensions + 1]] + [1] * (7 - dimensions)
    nx, ny, nz, nt, *others = sizes
    if min(sizes) < 1 or max(others) > 1 or sorted((nx, ny, nz))[1] == 1:
        raise Rejected("nifti_dimensions", dim=" x ".join(str(size) for size in sizes[:dimensions]))
    return nx, ny, nz, nt


def _offset(fields: np.void, least: int) -> int:
    offset = float(fields["vox_offset"])
    if not (math.isfinite(offset) and offset >= least and offset.is_integer()):
        raise Rejected("nifti_offset", offset=f"{offset:g}", least=least)
    return int(offset)


def _check_voxels(shape: tuple[int, int, int, int], max_volume_voxels: int) -> None:
    voxels = math.prod(shape[:3])
    most = max_volume_voxels // (_RUN_TAKES if shape[3] > 1 else 1)
    if voxels > most:
        raise Rejected("nifti_volume_too_large", voxels=voxels, most=most)


def _check_bytes(source: Path, compressed: bool, offset: int, data_bytes: int, max_run_bytes: int) -> None:  # noqa: FBT001  # a fact, not a switch
    """The least that the file must hold, against the limit and against the most that it can hold."""
    if offset + data_bytes > max_run_bytes:
        raise Rejected("nifti_run_too_large", run_bytes=offset + data_bytes, max_run_bytes=max_run_bytes)
    held = source.stat().st_size * (_DEFLATE_RATIO if compressed else 1)
    if held < offset + data_bytes:
        raise Rejected("nifti_cut_off", declared_bytes=offset + data_bytes, held_bytes=held)


def _scaling(fields: np.void, warned: Warned) -> tuple[float, float]:
    """A slope of 0 means none (nifti1.h); one that is not finite is what writers leave who mean none."""
    slope, inter = float(fields["scl_slope"]), float(fields["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        return 1.0, 0.0
    if not math.isfinite(inter):
        warned.add("intercept_unusable")
        return slope, 0.0
    return slope, inter


def _seconds(fields: np.void, time: float) -> float:
    """A time in the header's unit as seconds; NaN where that unit is one of frequency."""
    return float(time) * _S_PER_UNIT.get(int(fields["xyzt_units"]) & 0x38, math.nan)


def _tr_s(fields: np.void, tr_s: float, warned: Warned) -> float | None:
    least, most = TR_S
    if least <= tr_s <= most:
        if not int(fields["xyzt_units"]) & 0x38:
            warned.add("tr_unit_missing", tr_s=f"{tr_s:g}")
        return float(f"{tr_s:.7g}")  # what the float32 of the header was meant to say: 0.8, not 0.800000012
    if tr_s != 0:
        warned.add("tr_unusable", tr_s=f"{tr_s:g}", least=least, most=most)
    return None


def _slice_times_s(
    fields: np.void, shape: tuple[int, int, int, int], duration_s: float, tr_s: float | None
) -> tuple[float, ...] | None:
    """From the header's slice code, where it covers all slices and they fit into the TR."""
    if _axis(int(fields["dim_info"]) >> 4) != 2 or tr_s is None or not duration_s > 0:
        return None
    slices = shape[2]
    order = _slice_order(int(fields["slice_code"]), slices)
    complete = (int(fields["slice_start"]), int(fields["slice_end"])) == (0, slices - 1)
    if not order or not complete or slices * duration_s > tr_s * 1.01:
        return None
    times = [0.0] * slices
    for turn, place in enumerate(order):
        times[place] = float(f"{turn * duration_s:.7g}")
    return tuple(times)


def _slice_order(code: int, slices: int) -> list[int]:
    """Which slice is acquired first, second, ..., by the code of nifti1.h; empty for none."""
    up = list(range(slices))
    down = up[::-1]
    orders = {
        1: up,
        2: down,
        3: up[::2] + up[1::2],
        4: down[::2] + down[1::2],
        5: up[1::2] + up[::2],
        6: down[1::2] + down[::2],
    }
    return orders.get(code, [])


def _axis(bits: int) -> int | None:
    return (bits & 3) - 1 if bits & 3 else None
