"""DICOM objects for tests of pixels: real ones of the pydicom and pydicom-data wheels, and made ones."""

import base64
import logging
import warnings
from pathlib import Path

import data_store
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.pixels import apply_color_lut, pixel_array

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dataset import Element, Encapsulated, File, Syntax
from scandrop.processors.dicom._frames import Frame, Pixels
from scandrop.processors.dicom._warnings import Warned

WHEELS = (Path(pydicom.__file__).parent / "data" / "test_files", Path(data_store.__file__).parent / "data")
GROUPS = (0x0028, 0x7FE0)
DELIMITER = bytes.fromhex("feffdde000000000")

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

slope = np.add.outer(np.arange(37) * 90, np.arange(53) * 60).astype(np.uint16)
# `slope` as OpenJPH encodes it, without loss
OPENJPH_SLOPE = base64.b85decode(
    b"|4;u>04YEK0000r0000b00000000000000r0000b0000000000009pH0sl|{2mk^A000XAQUDA90ssL31q1{@0smY86Cj9?kdTm&"
    b"kdTm&kdTmwh=~7W02crOPjF>!N>E53R%LP^FfKDPE-)_tkN^q*00000bpQeXlfVEg04D$+={@f?*aE{e0KfnhFaQL=1{h$z`2j+-"
    b"0NLySA~XQN02L4b1xWkefDhmcb^zHd%l-i5r&R#J02QzR1*YD;y}f(q10UDni+BLeI_s>n&N}Pt`XK;+-a-Msx&QzG|Je"
)


def real(name: str) -> Dataset:
    path = next(folder / name for folder in WHEELS if (folder / name).exists())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def real_names() -> list[str]:
    """Of the files with pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = sorted(path for folder in WHEELS for path in folder.glob("*.dcm"))
        return [path.name for path in files if "PixelData" in pydicom.dcmread(path, defer_size=1024, force=True)]


def made(values: np.ndarray, syntax: str = EXPLICIT, **attributes: object) -> Dataset:
    """A data set with these stored values, (rows, columns[, 3]) or with frames before; `attributes` win."""
    values = np.asarray(values)
    colour = values.shape[-1] == 3 and values.ndim >= 3
    frames = values if values.ndim == (4 if colour else 3) else values[None]
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[:3]
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = values.dtype.itemsize * 8
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(values.dtype.kind == "i")
    if colour:
        ds.PlanarConfiguration = 0
    order = ">" if syntax == BIG_ENDIAN else "<"
    ds.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
        if value is None:
            delattr(ds, keyword)
    if "PixelData" in ds:
        ds["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    return ds


def compressed(streams: list[bytes], like: np.ndarray, syntax: str, **attributes: object) -> Dataset:
    """A data set of frames that are compressed already; `like`: the stored values of one of them."""
    attributes = {"NumberOfFrames": len(streams), "PixelData": encapsulate(streams)} | attributes
    return made(like, syntax, **attributes)


def file_of(ds: Dataset) -> File:
    """The object as the lane's reader hands it over, as far as pixels need it."""
    named = getattr(ds, "file_meta", {}).get("TransferSyntaxUID")
    syntax = Syntax.of(named or (IMPLICIT if ds.original_encoding[0] else EXPLICIT))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shown = [ds[tag] for tag in ds.keys() if tag.group in GROUPS]  # noqa: SIM118 (a data set's own iteration reads all)
    elements = [_element(element, syntax) for element in shown if element.VR != "SQ"]
    return File(syntax, {}, {element.tag: element for element in elements})


def pixels_of(ds: Dataset, warned: Warned | None = None, **settings: object) -> Pixels:
    pixels = Pixels.of(file_of(ds), Settings(**settings), Warned() if warned is None else warned)
    assert pixels is not None
    return pixels


def frame_of(ds: Dataset, index: int = 0, **settings: object) -> Frame:
    return pixels_of(ds, **settings).frame(index)


def reference(ds: Dataset, index: int) -> np.ndarray:
    """pydicom's own decode."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = pixel_array(ds, index=index)
            return apply_color_lut(values, ds) if ds.PhotometricInterpretation == "PALETTE COLOR" else values
    finally:
        logging.disable(logging.NOTSET)


def _element(element: pydicom.DataElement, syntax: Syntax) -> Element:
    tag = int(element.tag)
    if tag == 0x7FE00010 and syntax.encapsulated and isinstance(element.value, bytes):
        return Element(tag, "OB", Encapsulated(memoryview(element.value.removesuffix(DELIMITER))))
    if isinstance(element.value, bytes):
        return Element(tag, element.VR, memoryview(element.value))
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = syntax.little, True
    write_data_element(stream, element)
    return Element(tag, element.VR, stream.getvalue()[8:])
