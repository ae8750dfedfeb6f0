"""Objects for tests of what is shown, told and masked: made by pydicom, read by the lane's own reader."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pydicom
from dicom_pixels import WHEELS, made
from pydicom.dataset import Dataset

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dataset import File
from scandrop.processors.dicom._frames import Frame, Pixels
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._voi import Display
from scandrop.processors.dicom._warnings import Warned

CT = "1.2.840.10008.5.1.4.1.1.2"


def file_of(ds: Dataset) -> File:
    """The object as the lane reads it."""
    ds.setdefault("SOPClassUID", CT)
    ds.setdefault("SOPInstanceUID", "1.2.3")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, of values that are wrong on purpose
        path = Path(folder) / "object.dcm"
        pydicom.dcmwrite(path, ds, enforce_file_format=True)
        return read_back(path)


def real_file(name: str) -> File:
    return read_back(next(folder / name for folder in WHEELS if (folder / name).exists()))


def read_back(path: Path) -> File:
    with tempfile.TemporaryDirectory() as scratch:
        return read(path, Path(scratch), Warned(), max_bytes=1 << 30)


def pixels_of(file: File, **settings: object) -> Pixels:
    pixels = Pixels.of(file, Settings(**settings), Warned())
    assert pixels is not None
    return pixels


def shown(values: np.ndarray, **attributes: object) -> tuple[Display, Frame, list[str]]:
    """How an object with these stored values is shown, its first frame, and the warnings."""
    return displayed(made(values, **attributes))


def displayed(ds: Dataset | File, index: int = 0) -> tuple[Display, Frame, list[str]]:
    file, warned = ds if isinstance(ds, File) else file_of(ds), Warned()
    frame = pixels_of(file).frame(index)
    display = Display.of(file, index, frame, warned)
    return display, frame, [caution.code for caution in warned]


def item(**attributes: object) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def table(first: int, entries: np.ndarray, bits: int, vr: str = "US") -> Dataset:
    """An item with a lookup table of 16-bit entries."""
    ds = Dataset()
    ds.add_new("LUTDescriptor", vr, [len(entries) % 65_536, first, bits])
    ds.add_new("LUTData", "OW", np.asarray(entries, "<u2").tobytes())
    return ds
