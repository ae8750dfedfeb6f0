"""The bytes of a NIfTI header as named fields, of both versions and byte orders.

Source: nifti1.h (2007) and nifti2.h (2011) of the NIfTI Data Format Working Group. The three fields of the
quaternion, of its offset and the three rows of the sform stand together here.
"""

from typing import Final

import numpy as np

from scandrop.errors import Rejected

NIFTI_1: Final = np.dtype(
    [
        ("sizeof_hdr", "<i4"), ("data_type", "S10"), ("db_name", "S18"), ("extents", "<i4"), ("session_error", "<i2"),
        ("regular", "S1"), ("dim_info", "u1"), ("dim", "<i2", 8), ("intent_p", "<f4", 3), ("intent_code", "<i2"),
        ("datatype", "<i2"), ("bitpix", "<i2"), ("slice_start", "<i2"), ("pixdim", "<f4", 8), ("vox_offset", "<f4"),
        ("scl_slope", "<f4"), ("scl_inter", "<f4"), ("slice_end", "<i2"), ("slice_code", "u1"), ("xyzt_units", "u1"),
        ("cal_max", "<f4"), ("cal_min", "<f4"), ("slice_duration", "<f4"), ("toffset", "<f4"), ("glmax", "<i4"),
        ("glmin", "<i4"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "<i2"), ("sform_code", "<i2"),
        ("quatern", "<f4", 3), ("qoffset", "<f4", 3), ("srow", "<f4", (3, 4)), ("intent_name", "S16"), ("magic", "S4"),
    ]
)  # fmt: skip
NIFTI_2: Final = np.dtype(
    [
        ("sizeof_hdr", "<i4"), ("magic", "S8"), ("datatype", "<i2"), ("bitpix", "<i2"), ("dim", "<i8", 8),
        ("intent_p", "<f8", 3), ("pixdim", "<f8", 8), ("vox_offset", "<i8"), ("scl_slope", "<f8"),
        ("scl_inter", "<f8"), ("cal_max", "<f8"), ("cal_min", "<f8"), ("slice_duration", "<f8"), ("toffset", "<f8"),
        ("slice_start", "<i8"), ("slice_end", "<i8"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "<i4"),
        ("sform_code", "<i4"), ("quatern", "<f8", 3), ("qoffset", "<f8", 3), ("srow", "<f8", (3, 4)),
        ("slice_code", "<i4"), ("xyzt_units", "<i4"), ("intent_code", "<i4"), ("intent_name", "S16"),
        ("dim_info", "u1"), ("unused_str", "S15"),
    ]
)  # fmt: skip
LAYOUTS: Final = {"NIfTI-1": NIFTI_1, "NIfTI-2": NIFTI_2}
MAGIC: Final = {"NIfTI-1": b"n+1\0", "NIfTI-2": b"n+2\0\r\n\x1a\n"}
EXTENSION_FLAG_BYTES: Final = 4

DATATYPES: Final[dict[int, str]] = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
# float128 is an x87 extended float on one machine and an IEEE quadruple on the other; the file does not say which
REFUSED_DATATYPES: Final[dict[int, str]] = {
    1: "single bits", 32: "complex64", 128: "RGB", 1536: "float128", 1792: "complex128", 2048: "complex256",
    2304: "RGBA",
}  # fmt: skip


def fields_of(head: bytes, version: str) -> tuple[np.void, str]:
    """The fields in the file's first bytes and its byte order, ``<`` or ``>``, which the number of dimensions tells."""
    layout = LAYOUTS[version]
    for order, ordered in (("<", layout), (">", layout.newbyteorder(">"))):
        fields: np.void = np.frombuffer(head, ordered, count=1)[0]
        if 1 <= fields["dim"][0] <= 7:
            return fields, order
    raise Rejected("nifti_unreadable")


def voxel_dtype(fields: np.void, order: str) -> np.dtype[np.generic]:
    """The dtype of the stored voxels. Raises `Rejected` where they are no real numbers."""
    code = int(fields["datatype"])
    if code not in DATATYPES:
        raise Rejected("nifti_datatype", kind=REFUSED_DATATYPES.get(code, f"of an unknown kind ({code})"))
    return np.dtype(order + DATATYPES[code])
