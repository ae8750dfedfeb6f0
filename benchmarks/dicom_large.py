"""Frames of 12 megapixels, of kinds that no large real file in the wheels has, for the memory that they take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from openjpeg.utils import encode_array
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

ROWS, COLUMNS = 3000, 4000
WINDOW: Final = {"WindowCenter": 2048, "WindowWidth": 4096}


def large(folder: Path) -> dict[str, Path]:
    """One file of each kind, by what it is called; those that are there already are taken as they are."""
    found = {}
    for number, (label, make) in enumerate(KINDS.items()):
        found[label] = folder / f"large-{number}.dcm"
        if not found[label].exists():
            make().save_as(found[label], enforce_file_format=True)
    return found


def gray() -> NDArray[np.uint16]:
    """Twelve bits of slopes with some noise."""
    slopes = np.add.outer(np.arange(ROWS) * 0.7, np.arange(COLUMNS) * 0.4)
    noise = np.random.default_rng(0).normal(0, 6, slopes.shape)
    values: NDArray[np.uint16] = (slopes + noise).clip(0, 4095).astype(np.uint16)
    return values


def described(values: NDArray[Any], **attributes: object) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = CTImageStorage, "1.2.3", "CT"
    ds.Rows, ds.Columns = values.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated = ds.BitsStored = 8 * values.itemsize
    ds.PixelData = values.tobytes()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    ds.HighBit = attributes.get("HighBit", ds.BitsStored - 1)
    ds["PixelData"].VR = "OB" if values.itemsize == 1 else "OW"
    return ds


def floats() -> Dataset:
    values = gray().astype(np.float32)
    ds = described(values)
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.FloatPixelData = values.tobytes()
    return ds


def palette() -> Dataset:
    ds = described((gray() >> 4).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", (np.arange(256, dtype="<u2") * 257).tobytes())
    return ds


def rle() -> Dataset:
    ds = described(gray(), BitsStored=12, **WINDOW)
    ds.compress(RLELossless, generate_instance_uid=False)
    return ds


def wavelets(**attributes: object) -> Dataset:
    ds = described(gray(), BitsStored=12, **attributes)
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
    ds.PixelData = encapsulate([encode_array(gray(), bits_stored=12, photometric_interpretation=2)])
    ds["PixelData"].VR = "OB"
    return ds


KINDS: Final[dict[str, Callable[[], Dataset]]] = {
    "12 megapixels of 16 bits, without a window": lambda: described(gray(), BitsStored=12),
    "of 12 bits in the upper part of 16": lambda: described(gray() << 4, BitsStored=12, HighBit=15, **WINDOW),
    "of 32 bits, without a window": lambda: described(gray().astype(np.uint32)),
    "of floats, without a window": floats,
    "of 8 bits, with a palette of 16": palette,
    "of 16 bits, RLE": rle,
    "of 16 bits, JPEG 2000 lossless": lambda: wavelets(**WINDOW),
    "the same without a window, decoded whole": wavelets,
}
