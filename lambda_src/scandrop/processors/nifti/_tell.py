"""What a run's derivatives say: maps, tables, the JSON beside them, the page, and what goes into the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scandrop.processors import Json
from scandrop.processors.nifti._arrays import Mask
from scandrop.processors.nifti._confounds import outliers, write_confounds
from scandrop.processors.nifti._connectivity import describe as describe_connectivity
from scandrop.processors.nifti._connectivity import sentence, summary, write_connectivity
from scandrop.processors.nifti._derivatives import Derivatives
from scandrop.processors.nifti._provenance import (
    corrected_sidecar,
    map_sidecar,
    reference_sidecar,
    smoothed_label,
    smoothed_sidecar,
    transform_sidecar,
    without_history,
)
from scandrop.processors.nifti._regions import write_regions
from scandrop.processors.nifti._report import Findings, render
from scandrop.processors.nifti._sidecar import dataset_description
from scandrop.processors.nifti._steps import Assessment, Corrected, Input
from scandrop.processors.nifti._store import Coding, Store
from scandrop.processors.nifti._verdict import definitions, quality_json
from scandrop.processors.nifti._warnings import Warned
from scandrop.processors.nifti._writer import write_image
from scandrop.version import package_version

_CARPET_ROWS = 1000
_TRANSFORMS = "from-orig_to-boldref_mode-image_desc-hmc_xfm"


def tell(
    given: Input, moved: Corrected, assessed: Assessment, store: Store, files: Derivatives, warned: Warned
) -> None:
    """The maps and tables, the JSON beside them, and the page."""
    header, name = given.header, files.name

    def path(ending: str) -> Path:
        return files.path(name(ending))

    write_image(path("desc-hmc_boldref.nii.gz"), given.reference.volume, header)
    write_image(path("desc-brain_mask.nii.gz"), moved.mask, header)
    write_image(path("tsnr.nii.gz"), assessed.corrected.tsnr(), header)
    write_transforms(moved.transforms, path(f"{_TRANSFORMS}.txt"))
    table, sidecar = path("desc-confounds_timeseries.tsv"), path("desc-confounds_timeseries.json")
    write_confounds(assessed.columns, assessed.moved, table, sidecar, given.settings)
    pearson, fisher_z = path("desc-connectivity_matrix.tsv"), path("desc-connectivityz_matrix.tsv")
    write_connectivity(assessed.connected, assessed.regions, pearson, fisher_z)
    write_image(path("desc-regions_dseg.nii.gz"), assessed.regions.labels, header)
    write_regions(assessed.regions, path("desc-regions_dseg.tsv"))
    for ending, content in _sidecars(given, assessed, store.coding, name).items():
        files.json(name(f"{ending}.json"), content)
    judged, connected = assessed.judged, summary(assessed.connected)
    quality = quality_json(assessed.values, judged, assessed.spiked, connected, warned, given.settings)
    files.json(name("qc.json"), quality)
    files.json("dataset_description.json", dataset_description())
    page = render(_findings(given, moved, assessed, store, warned))
    files.path("report.html").write_text(page, encoding="utf-8")


def _sidecars(
    given: Input, assessed: Assessment, coding: Coding, name: Callable[[str], str]
) -> dict[str, Mapping[str, Json]]:
    """By what the names end in after the entities."""
    reference, settings = given.reference, given.settings
    corrected = corrected_sidecar(given.acquired.fields, reference.index, coding, determined=assessed.moved.determined)
    chosen = settings.reference_volume == reference.index
    said: dict[str, Mapping[str, Json]] = {
        "desc-preproc_bold": corrected,
        "desc-hmc_boldref": reference_sidecar(reference.index, reference.non_steady, chosen=chosen),
        "desc-brain_mask": map_sidecar(
            name("desc-hmc_boldref.nii.gz"),
            "Where the brain is, without voxels that the motion took out of the field of view.",
            Type="Brain",
        ),
        "tsnr": map_sidecar(
            name("desc-preproc_bold.nii.gz"),
            "Temporal signal-to-noise ratio: each voxel's mean over its standard deviation in the steady volumes.",
            Units="1",
        ),
        _TRANSFORMS: transform_sidecar(name("desc-hmc_boldref.nii.gz")),
        "desc-regions_dseg": map_sidecar(
            name("desc-brain_mask.nii.gz"), "The regions whose mean courses are correlated, by index."
        ),
    }
    how = describe_connectivity(assessed.connected, assessed.regions)
    for matrix in ("desc-connectivity_matrix", "desc-connectivityz_matrix"):
        said[matrix] = {**how, "Sources": [f"bids::{name('desc-preproc_bold.nii.gz')}"]}
    if settings.smoothing_fwhm_mm:
        smoothed = smoothed_sidecar(corrected, name("desc-preproc_bold.nii.gz"), settings.smoothing_fwhm_mm)
        said[f"desc-{smoothed_label(settings.smoothing_fwhm_mm)}_bold"] = smoothed
    if given.entities.is_derivative:
        return {ending: without_history(content) for ending, content in said.items()}
    return said


def write_transforms(transforms: NDArray[np.float64], path: Path) -> None:
    """One line for each volume: the row-major 4x4 matrix, 16 numbers with blanks between."""
    path.write_text("".join(" ".join(f"{value:.10g}" for value in matrix.ravel()) + "\n" for matrix in transforms))


def _findings(given: Input, moved: Corrected, assessed: Assessment, store: Store, warned: Warned) -> Findings:
    """What the page shows."""
    settings, columns, labels = given.settings, assessed.columns, assessed.regions.labels
    rows = _carpet_rows(labels)
    return Findings(
        prefix=given.entities.prefix,
        status=assessed.judged.status,
        judged=assessed.judged.judged,
        warnings=[caution.sentence for caution in warned],
        affine=given.header.affine,
        tr_s=given.acquired.tr_s,
        reference_volume=given.reference.index,
        non_steady=given.reference.non_steady,
        outliers=outliers(assessed.moved, columns["std_dvars"], settings),
        fd_scrub_mm=settings.fd_scrub_mm,
        fd_strict_mm=settings.fd_strict_mm,
        std_dvars_scrub=settings.std_dvars_scrub,
        parameters=assessed.moved.parameters,
        framewise_displacement=assessed.moved.framewise_displacement,
        rmsd=assessed.moved.rmsd,
        **{name: columns[name] for name in ("dvars", "std_dvars", "global_signal")},
        mean=assessed.corrected.mean(),
        tsnr=assessed.corrected.tsnr(),
        mean_before=moved.raw.mean(),
        tsnr_before=moved.raw.tsnr(),
        brain=moved.mask,
        carpet=store.series(rows),
        carpet_regions=labels[rows],
        connectivity=assessed.connected.pearson,
        connectivity_told=sentence(assessed.connected),
        region_names=assessed.regions.names,
        metrics=assessed.values,
        definitions=definitions(settings),
        provenance={
            "Scandrop": package_version(),
            "Acquisition": {name: value for name, value in given.acquired.fields.items() if name != "SliceTiming"},
            "Settings": asdict(settings),
        },
    )


def _carpet_rows(labels: NDArray[np.int32]) -> Mask:
    """At most `_CARPET_ROWS` voxels, spread evenly over the regions."""
    inside = np.flatnonzero(labels.ravel(order="F"))
    chosen = np.zeros(labels.size, bool)
    chosen[inside[:: -(-len(inside) // _CARPET_ROWS)]] = True
    return chosen.reshape(labels.shape, order="F")


def metadata(given: Input, assessed: Assessment, warned: Warned) -> dict[str, Json]:
    """What a person would query the ledger for."""
    told = ("fd_mean", "fd_max", "kept_percent", "tsnr", "tsnr_before", "dvars_std", "spikes_num")
    return {
        "kind": "run",
        "shape": list(given.header.shape),
        "voxel_mm": [round(size, 4) for size in given.header.voxel_mm],
        "tr_s": given.acquired.tr_s,
        "verdict": assessed.judged.status,
        **assessed.judged.said,
        **{name: assessed.values[name] for name in told},
        "reference_volume": given.reference.index,
        "non_steady_volumes": len(given.reference.non_steady),
        "regions": assessed.regions.count,
        "warnings": [caution.code for caution in warned],
    }
