"""A 3D image: what it looks like, where the head is, and its intensities in numbers."""

from collections.abc import Mapping
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from scandrop.processors import Json, Result, Source
from scandrop.processors.nifti._arrays import Mask, Volume
from scandrop.processors.nifti._bids import Entities
from scandrop.processors.nifti._derivatives import Derivatives
from scandrop.processors.nifti._header import Header
from scandrop.processors.nifti._mask import brain_mask
from scandrop.processors.nifti._preview import preview
from scandrop.processors.nifti._quality import signal_to_noise
from scandrop.processors.nifti._report._png import png
from scandrop.processors.nifti._sidecar import dataset_description
from scandrop.processors.nifti._stream import survey
from scandrop.processors.nifti._upright import upright
from scandrop.processors.nifti._warnings import Warned
from scandrop.processors.nifti._writer import write_image

_MASK: Final = (
    "All that is bright and hangs together, its holes filled: the head, or the brain where the skull was stripped "
    "before. Nothing here strips it. Of which image and version it was made stands in manifest.json."
)


class _Statistic(NamedTuple):
    unit: str
    definition: str


_PERCENTILES: Final = {"p01": 1, "p05": 5, "p50": 50, "p95": 95, "p99": 99}
_STATISTICS: Final = {
    "size_x": _Statistic("voxels", "Voxels along the first array axis."),
    "size_y": _Statistic("voxels", "Voxels along the second array axis."),
    "size_z": _Statistic("voxels", "Voxels along the third array axis."),
    "spacing_x": _Statistic("mm", "Voxel size along the first array axis."),
    "spacing_y": _Statistic("mm", "Voxel size along the second array axis."),
    "spacing_z": _Statistic("mm", "Voxel size along the third array axis."),
    "orientation": _Statistic("", "Where the three array axes point: the nearest of R, L, A, P, S and I."),
    "non_finite": _Statistic("voxels", "Voxels that were NaN or infinite and were taken as 0."),
    "minimum": _Statistic("", "Least intensity."),
    "maximum": _Statistic("", "Greatest intensity."),
    **{name: _Statistic("", f"Percentile {percent} of all intensities.") for name, percent in _PERCENTILES.items()},
    "mask_ml": _Statistic("ml", "Volume of the mask."),
    "mask_mean": _Statistic("", "Mean intensity in the mask."),
    "mask_sd": _Statistic("", "Standard deviation of the intensity in the mask."),
    "outside_mean": _Statistic("", "Mean intensity outside the mask."),
    "outside_sd": _Statistic("", "Standard deviation of the intensity outside the mask."),
    "snr": _Statistic("", "Median over standard deviation (n - 1) of the intensity in the mask, as in MRIQC."),
}


def process_anatomical(source: Source, header: Header, work: Path, entities: Entities, warned: Warned) -> Result:
    """Preview, mask and statistics of a 3D image, as files in the empty folder `work`; of a segmentation no mask.

    Raises `Rejected` where the voxels are damaged, cut off, all alike or none of them finite.
    """
    found = survey(source.path, header, 1, warned)
    volume = found.early[0]
    files = Derivatives(work, entities.image_prefix, entities.values.get("desc"))
    mask = None if entities.is_segmentation else _masked(volume, header, files, warned)
    values = statistics(volume, mask, header, found.non_finite)
    picture = preview(volume, header.affine, volume != 0 if mask is None else mask)
    files.path(files.name("preview.png"), width=picture.shape[1], height=picture.shape[0]).write_bytes(png(picture))
    files.json(files.name("qc.json"), _quality_json(values, warned))
    files.json("dataset_description.json", dataset_description())
    codes: list[Json] = [caution.code for caution in warned]
    face = {"recognisable": True}  # no NIfTI says that what it shows is no head
    return Result(files.made, {"kind": "image", **face, **values, "warnings": codes})


def _masked(volume: Volume, header: Header, files: Derivatives, warned: Warned) -> Mask:
    mask = brain_mask(volume, header.voxel_mm)
    if mask.all():
        warned.add("brain_not_found")
    write_image(files.path(files.name("desc-head_mask.nii.gz")), mask, header)
    files.json(files.name("desc-head_mask.json"), {"Description": _MASK})
    return mask


def statistics(volume: Volume, mask: Mask | None, header: Header, non_finite: int) -> Mapping[str, Json]:
    """Each value of ``qc.json`` by name, to six digits; None where there is none, as outside of a mask that is full."""
    percentiles = np.percentile(volume, list(_PERCENTILES.values()), method="lower")
    values = {
        **{f"spacing_{axis}": size for axis, size in zip("xyz", header.voxel_mm, strict=True)},
        "minimum": volume.min(),
        "maximum": volume.max(),
        **{name: float(value) for name, value in zip(_PERCENTILES, percentiles, strict=True)},
        **({} if mask is None else _of_mask(volume, mask, header)),
    }
    return {
        **{f"size_{axis}": size for axis, size in zip("xyz", header.shape[:3], strict=True)},
        "orientation": upright(header.affine).orientation(),
        "non_finite": non_finite,
        **{name: None if value is None else float(f"{value:.6g}") for name, value in values.items()},
    }


def _of_mask(volume: Volume, mask: Mask, header: Header) -> Mapping[str, float | None]:
    inside, outside = volume[mask], volume[~mask]
    return {
        "mask_ml": inside.size * prod(header.voxel_mm) / 1000,
        **_moments("mask", inside),
        **_moments("outside", outside),
        "snr": signal_to_noise(inside),
    }


def _moments(where: str, values: Volume) -> Mapping[str, float | None]:
    names = f"{where}_mean", f"{where}_sd"
    if not values.size:
        return dict.fromkeys(names)
    return dict(zip(names, (float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))), strict=True))


def _quality_json(values: Mapping[str, Json], warned: Warned) -> Mapping[str, Json]:
    return {
        **values,
        "warnings": [asdict(caution) for caution in warned],
        "definitions": {name: _STATISTICS[name]._asdict() for name in values},
    }
