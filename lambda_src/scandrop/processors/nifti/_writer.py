"""NIfTI files out: the input's geometry and times in a new header, and nothing else that the input carried."""

from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti import _gzip
from scandrop.processors.nifti._arrays import Volume
from scandrop.processors.nifti._fields import DATATYPES, EXTENSION_FLAG_BYTES, LAYOUTS, MAGIC
from scandrop.processors.nifti._header import Header
from scandrop.processors.nifti._store import Coding, Store

_MM, _S = 2, 8
_CODES: Final = {kind: code for code, kind in DATATYPES.items()}


class Writer:
    """A run's ``.nii.gz``, volume by volume: a context manager.

    The header has the input's grid, geometry and times, in mm and seconds, and the coding's dtype and slope. The
    gzip is one member without a name or a time, so that the same volumes give the same bytes.
    """

    def __init__(self, path: Path, header: Header, coding: Coding) -> None:
        self._coding = coding
        self._file = path.open("wb")
        self._stream = _gzip.writing(self._file)
        self._stream.write(_header_bytes(header, header.shape, coding.dtype, slope=coding.slope))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._file, self._stream:
            pass

    def write(self, volume: Volume) -> None:
        stored, _ = self._coding.encode(volume)
        self._stream.write(stored.ravel(order="F"))

    def write_store(self, store: Store) -> None:
        """All volumes of a store in the same coding, as they lie there."""
        for t in range(store.shape[3]):
            self._stream.write(store.stored(t).ravel(order="F"))


def write_image(path: Path, image: NDArray[Any], header: Header) -> None:
    """A 3D map or mask on the input's grid as ``.nii.gz``, in the array's own dtype (a bool as uint8).

    Its range becomes the range that viewers show first.
    """
    stored = image.astype(np.uint8) if image.dtype == bool else image
    shown = (float(stored.min()), float(stored.max()))
    with path.open("wb") as file, _gzip.writing(file) as stream:
        stream.write(_header_bytes(header, (*stored.shape, 1), stored.dtype, shown=shown))
        stream.write(stored.ravel(order="F"))


def _header_bytes(
    header: Header,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    slope: float = 1.0,
    shown: tuple[float, float] = (0.0, 0.0),
) -> bytes:
    """A little-endian header of the input's version, up to the first voxel; free text and extensions stay behind."""
    layout, geometry = LAYOUTS[header.format], header.geometry
    fields = np.zeros(1, layout)[0]
    is_run = shape[3] > 1
    fields["sizeof_hdr"] = layout.itemsize
    fields["magic"] = MAGIC[header.format]
    fields["dim"] = [4 if is_run else 3, *shape, 1, 1, 1]
    fields["pixdim"] = [geometry.qfac, *geometry.pixdim_mm, header.tr_s or 0 if is_run else 1, 1, 1, 1]
    fields["xyzt_units"] = _MM | _S if is_run else _MM
    fields["datatype"] = _CODES[dtype.str[1:]]
    fields["bitpix"] = dtype.itemsize * 8
    fields["scl_slope"] = slope
    fields["cal_min"], fields["cal_max"] = shown
    fields["vox_offset"] = layout.itemsize + EXTENSION_FLAG_BYTES
    fields["qform_code"], fields["sform_code"] = geometry.qform_code, geometry.sform_code
    if geometry.qform_code:
        fields["quatern"], fields["qoffset"] = geometry.quatern, geometry.qoffset_mm
    if geometry.sform_code:
        fields["srow"] = geometry.srow_mm
    return bytes(fields.tobytes()) + bytes(EXTENSION_FLAG_BYTES)
