"""Write docs/pictures/samples.webp: a radiograph, a CT slice in two windows and an fMRI volume out of the samples."""

import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image

from scandrop_cli.samples import make
from tools.common import ROOT, run

PICTURE = ROOT / "docs/pictures/samples.webp"
HEIGHT, GAP = 560, 8
SOFT_HU, LUNG_HU = (-160, 240), (-1350, 150)

type Picture = npt.NDArray[np.floating]


def tile(values: Picture, low: float, high: float, height: int) -> Image.Image:
    """Values of a window as a picture of some height."""
    grey = Image.fromarray((255 * np.clip((values - low) / (high - low), 0, 1)).astype(np.uint8))
    return grey.resize((round(height * grey.width / grey.height), height), Image.Resampling.LANCZOS)


def tiles(drop: Path) -> list[list[Image.Image]]:
    """The columns of the picture, each from the top down."""
    half = (HEIGHT - GAP) // 2
    radiograph = np.asarray(Image.open(drop / "image/chest-001.png"), np.float32)
    ct = pydicom.dcmread(drop / "dicom/ct/0006.dcm")
    hounsfield = ct.pixel_array[60:500] * ct.RescaleSlope + ct.RescaleIntercept
    volume = nib.Nifti1Image.from_filename(next(drop.rglob("*_bold.nii.gz"))).dataobj[..., 0].astype(np.float32)
    axial, sagittal = np.rot90(volume[:, :, 18]), np.rot90(np.repeat(volume[32], 4, axis=1).repeat(3, axis=0))
    return [
        [tile(radiograph, 0, 65535, HEIGHT)],
        [tile(hounsfield, *SOFT_HU, half), tile(hounsfield, *LUNG_HU, half)],
        [tile(part, 0, float(np.percentile(volume, 99.8)), half) for part in (axial, sagittal)],
    ]


def side_by_side(columns: list[list[Image.Image]]) -> Image.Image:
    widths = [max(each.width for each in column) for column in columns]
    picture = Image.new("L", (sum(widths) + GAP * (len(columns) - 1), HEIGHT))
    left = 0
    for column, width in zip(columns, widths, strict=True):
        top = 0
        for each in column:
            picture.paste(each, (left + (width - each.width) // 2, top))
            top += each.height + GAP
        left += width + GAP
    return picture


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        for kind in ("image", "dicom", "fmri"):
            list(make(Path(name), [kind], 12 if kind == "dicom" else 1, seed=1))
        side_by_side(tiles(Path(name) / "drop")).save(PICTURE, quality=72, method=6)
    print(f"{PICTURE.relative_to(ROOT)} has {PICTURE.stat().st_size:,} bytes.")


if __name__ == "__main__":
    run(main)
