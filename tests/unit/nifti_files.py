"""NIfTI files for tests: nibabel's own, real ones in wheels, and headers with single fields changed."""

import gzip
from pathlib import Path

import nibabel
import nilearn
import numpy as np

from scandrop.processors.nifti._fields import LAYOUTS
from scandrop.processors.nifti._header import read_header
from scandrop.processors.nifti._warnings import Warned

NIBABEL_FILES = Path(nibabel.__file__).parent / "tests" / "data"
ICBM152 = Path(nilearn.__file__).parent / "datasets" / "data" / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
REAL_FILES = {
    path.name: path
    for path in [
        *(
            NIBABEL_FILES / name
            for name in (
                "anatomical.nii",
                "example4d.nii.gz",
                "example_nifti2.nii.gz",
                "functional.nii",
                "reoriented_anat_moved.nii",
                "standard.nii.gz",
            )
        ),
        ICBM152,
    ]
}
LIMITS = {"max_run_bytes": 10**12, "max_volume_voxels": 10**12}
AFFINE = np.array([[-2.9, 0.3, 0.1, 80], [0.2, 3.1, -0.4, -110], [0.15, 0.5, 3.4, -60], [0, 0, 0, 1]])


def run_array(shape=(7, 8, 9, 5), seed=0):
    return np.random.default_rng(seed).integers(0, 2000, shape).astype(np.int16)


def nifti_bytes(array=None, *, format="NIfTI-1", order="<", affine=AFFINE, **fields):  # noqa: A002  # the header's own word
    """A single file as nibabel makes it, its header's fields changed as told."""
    array = run_array() if array is None else array
    kind = {"NIfTI-1": nibabel.Nifti1Image, "NIfTI-2": nibabel.Nifti2Image}[format]
    header = kind.header_class(endianness=order)
    header.set_data_dtype(array.dtype)
    image = kind(array, affine, header)
    image.header.set_xyzt_units("mm", "sec")
    if array.ndim > 3:
        image.header["pixdim"][4] = 2.5
    return patched(image.to_bytes(), format=format, order=order, **fields)


def patched(data, *, format="NIfTI-1", order="<", **fields):  # noqa: A002
    """The same file with fields of its header changed; a field that ends in a number is one place of a list."""
    layout = LAYOUTS[format].newbyteorder(order)
    header = np.frombuffer(data[: layout.itemsize], layout).copy()
    for name, value in fields.items():
        base = name.rstrip("0123456789")
        with np.errstate(over="ignore"):
            if base != name:
                header[base][0][int(name[len(base) :])] = value
            else:
                header[name][0] = value
    return header.tobytes() + data[layout.itemsize :]


def saved(folder, data, *, compressed=False):
    path = folder / "source"
    path.write_bytes(gzip.compress(data, mtime=0) if compressed else data)
    return path


def header_of(path, warned=None):
    return read_header(path, Warned() if warned is None else warned, **LIMITS)


def codes(warned):
    return [caution.code for caution in warned]
