"""A run from its first byte to its report.

    look       the header, the sidecar, and the whole file once to its checksum: what is damaged is refused here
    correct    the file again, volume by volume: motion found and undone, the corrected run on disk
    assess     what the corrected run says of itself, while other threads write it, smoothed and unsmoothed
    tell       tables, sidecars and the report

Each step is a function here, and what it hands on to the next is a dataclass.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scandrop.processors import Json, Result, Source
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._accumulate import Accumulated
from scandrop.processors.nifti._anatomical import process_anatomical
from scandrop.processors.nifti._bids import Entities, entities_of
from scandrop.processors.nifti._confounds import Columns, Motion, confounds, motion, write_confounds
from scandrop.processors.nifti._connectivity import (
    Connectivity,
    connectivity,
    region_series,
    write_connectivity,
)
from scandrop.processors.nifti._connectivity import describe as describe_connectivity
from scandrop.processors.nifti._derivatives import Derivatives
from scandrop.processors.nifti._header import Header, read_header
from scandrop.processors.nifti._mask import brain_mask
from scandrop.processors.nifti._motion import Realigner, parameters, realign_run
from scandrop.processors.nifti._provenance import (
    corrected_sidecar,
    map_sidecar,
    reference_sidecar,
    smoothed_sidecar,
    transform_sidecar,
)
from scandrop.processors.nifti._quality import Evidence, Metrics, metrics, spikes
from scandrop.processors.nifti._reference import Reference, choose_reference
from scandrop.processors.nifti._regions import Regions, choose_regions, write_regions
from scandrop.processors.nifti._sidecar import Acquisition, acquisition, dataset_description, read_sidecar
from scandrop.processors.nifti._smooth import Smoother
from scandrop.processors.nifti._store import Coding, Store, choose_coding
from scandrop.processors.nifti._stream import Survey, Volume, survey, volumes
from scandrop.processors.nifti._temporal import MaskedSeries, Temporal, temporal
from scandrop.processors.nifti._verdict import Verdict, quality_json, verdict
from scandrop.processors.nifti._warnings import Warned
from scandrop.processors.nifti._writer import Writer, write_image

type Mask = NDArray[np.bool_]

_EARLY_VOLUMES = 16  # of which the reference is chosen
_EARLY_BYTES = 256 * 2**20  # that they may take
_TRANSFORMS = "from-orig_to-boldref_mode-image_desc-hmc_xfm"


@dataclass(frozen=True)
class Input:
    """All that is known before a volume is worked on."""

    source: Source
    settings: Settings
    header: Header
    entities: Entities
    acquired: Acquisition
    found: Survey
    reference: Reference


@dataclass(frozen=True)
class Corrected:
    """What the motion correction leaves beside the corrected run.

    transforms: (nt, 4, 4). raw: of the volumes as they were read. mask: the brain, without what was ever out of sight.
    """

    transforms: NDArray[np.float64]
    raw: Accumulated
    mask: Mask


@dataclass(frozen=True)
class Assessment:
    """What the corrected run says of itself."""

    moved: Motion
    courses: Temporal
    columns: Columns
    corrected: Accumulated
    values: Metrics
    spiked: list[tuple[int, int]]
    judged: Verdict
    regions: Regions
    connected: Connectivity


def derive(source: Source, settings: Settings, work: Path) -> Result:
    """Everything of one NIfTI file; see `scandrop.processors.nifti.process`."""
    warned = Warned()
    limits = {"max_run_bytes": settings.max_run_bytes, "max_volume_voxels": settings.max_volume_voxels}
    header = read_header(source.path, warned, **limits)
    entities = entities_of(source.name)
    acquired = acquisition(header, read_sidecar(source.sidecar, warned), entities, warned)
    if not header.is_run:
        return process_anatomical(source, header, work, entities, warned)
    header = replace(header, tr_s=acquired.tr_s)  # what the derivatives' headers will say
    given = look(source, settings, header, entities, acquired, warned)
    files = Derivatives(work, entities.prefix)
    coding = choose_coding(given.found, settings.bold_dtype, warned)
    with Store(work / "corrected", header.shape, coding) as store:
        (work / "corrected").unlink()  # open, it stays until it is closed, and is never taken for a derivative
        moved = correct(given, store, warned)
        assessed = assess(given, moved, store, files, warned)
    tell(given, moved, assessed, coding, files)
    quality = quality_json(assessed.values, assessed.judged, assessed.spiked, warned, settings)
    files.json(files.name("qc.json"), quality)
    return Result(files.made, _metadata(given, assessed, warned))


def look(
    source: Source, settings: Settings, header: Header, entities: Entities, acquired: Acquisition, warned: Warned
) -> Input:
    """The first pass over the file, and the volume that the others will be moved to."""
    volume_bytes = 4 * math.prod(header.shape[:3])
    found = survey(source.path, header, min(_EARLY_VOLUMES, max(1, _EARLY_BYTES // volume_bytes)), warned)
    reference = choose_reference(found.early, found.means)
    if settings.reference_volume is not None:
        if settings.reference_volume < header.shape[3]:
            index = settings.reference_volume
            volume = next(islice(volumes(source.path, header), index, None))
            reference = Reference(volume, index, reference.non_steady)
        else:
            warned.add("reference_missing", volume=settings.reference_volume, volumes=header.shape[3])
    return Input(source, settings, header, entities, acquired, found, reference)


def correct(given: Input, store: Store, warned: Warned) -> Corrected:
    """The second pass: each volume moved back onto the reference, into the store."""
    header, reference = given.header, given.reference
    realigner = Realigner(reference.volume, header.affine)
    brain = brain_mask(reference.volume, header.voxel_mm)
    raw = Accumulated(brain, header.shape[3], len(reference.non_steady))
    mask = brain.copy()
    transforms, lost = np.empty((header.shape[3], 4, 4)), []

    def read() -> Iterator[Volume]:
        for t, volume in enumerate(volumes(given.source.path, header)):
            raw.add(t, volume)
            yield volume

    for t, realigned in enumerate(realign_run(read(), realigner, given.source.threads)):
        store.put(t, realigned.volume)
        transforms[t] = realigned.transform
        if realigned.covered is not None:
            mask &= realigned.covered
        if not realigned.fitted:
            lost.append(t)
    if not realigner.fits:
        warned.add("motion_undetermined")
    elif lost:
        warned.add("motion_lost", volumes=len(lost), first=lost[0])
    if store.clipped:
        warned.add("voxels_clipped", voxels=store.clipped)
    if not mask.any():
        warned.add("brain_never_covered")
        mask = brain
    return Corrected(transforms, raw, mask)


def assess(given: Input, moved: Corrected, store: Store, files: Derivatives, warned: Warned) -> Assessment:
    """All that is computed from the corrected run, on as many threads as there are."""
    header, settings, steady_from = given.header, given.settings, len(given.reference.non_steady)
    regions = choose_regions(moved.mask, header.affine, given.source.parcellation, settings, warned)
    with ThreadPoolExecutor(given.source.threads) as pool:
        written = [pool.submit(task) for task in _writing(given, store, files)]
        courses = pool.submit(temporal, MaskedSeries(store, moved.mask), steady_from)
        corrected = pool.submit(_accumulate, store, moved.mask, steady_from)
        series = pool.submit(region_series, store.volumes(), regions)
        motions = _motion(moved, header)
        columns = confounds(motions, courses.result(), given.reference.non_steady, given.acquired.tr_s, settings)
        evidence = Evidence(
            raw=moved.raw,
            corrected=corrected.result(),
            moved=motions,
            courses=courses.result(),
            steady_from=steady_from,
            voxel_mm=header.voxel_mm,
            tr_s=given.acquired.tr_s,
            phase_axis=given.acquired.phase_axis,
        )
        values = metrics(evidence, settings)
        connected = connectivity(series.result(), columns, given.acquired.tr_s, settings, warned)
        for task in written:
            task.result()
    return Assessment(
        motions,
        evidence.courses,
        columns,
        evidence.corrected,
        values,
        spikes(moved.raw),
        verdict(values, settings),
        regions,
        connected,
    )


def _writing(given: Input, store: Store, files: Derivatives) -> Iterator[Callable[[], None]]:
    """What writes the two runs; their places are listed here, whichever is done first."""
    header, fwhm_mm = given.header, given.settings.smoothing_fwhm_mm
    yield partial(_write_corrected, files.path(files.name("desc-preproc_bold.nii.gz")), header, store)
    if fwhm_mm:
        smoother = Smoother(header.shape[:3], header.voxel_mm, fwhm_mm)
        path = files.path(files.name(f"desc-{smoothed_label(fwhm_mm)}_bold.nii.gz"))
        yield partial(_write_smoothed, path, header, store, smoother)


def _write_corrected(path: Path, header: Header, store: Store) -> None:
    with Writer(path, header, store.coding) as out:
        out.write_store(store)


def _write_smoothed(path: Path, header: Header, store: Store, smoother: Smoother) -> None:
    with Writer(path, header, store.coding) as out:
        for volume in store.volumes():
            out.write(smoother.smooth(volume))


def smoothed_label(fwhm_mm: float) -> str:
    """``smth6``, or ``smth4p5``: a BIDS label has letters and digits alone."""
    return f"smth{fwhm_mm:g}".replace(".", "p")


def _accumulate(store: Store, mask: Mask, steady_from: int) -> Accumulated:
    sums = Accumulated(mask, store.shape[3], steady_from)
    for t, volume in enumerate(store.volumes()):
        sums.add(t, volume)
    return sums


def _motion(moved: Corrected, header: Header) -> Motion:
    """The six parameters about the middle of the brain."""
    pivot_mm = header.affine[:3, :3] @ np.argwhere(moved.mask).mean(axis=0) + header.affine[:3, 3]
    return motion(moved.transforms, parameters(moved.transforms, pivot_mm), pivot_mm)


def tell(given: Input, moved: Corrected, assessed: Assessment, coding: Coding, files: Derivatives) -> None:
    """The maps, the tables, and the JSON beside them."""
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
    write_regions(assessed.regions, path("desc-regions_dseg.tsv"))
    for ending, content in _sidecars(given, assessed, coding, name).items():
        files.json(name(f"{ending}.json"), content)
    files.json("dataset_description.json", dataset_description())


def _sidecars(
    given: Input, assessed: Assessment, coding: Coding, name: Callable[[str], str]
) -> dict[str, Mapping[str, Json]]:
    """By what the names end in after the entities."""
    raw, reference, settings = given.source.name, given.reference, given.settings
    corrected = corrected_sidecar(given.acquired.fields, raw, reference.index, coding)
    chosen = settings.reference_volume == reference.index
    said: dict[str, Mapping[str, Json]] = {
        "desc-preproc_bold": corrected,
        "desc-hmc_boldref": reference_sidecar(raw, reference.index, reference.non_steady, chosen=chosen),
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
        _TRANSFORMS: transform_sidecar(raw, name("desc-hmc_boldref.nii.gz")),
        "desc-connectivity_matrix": describe_connectivity(assessed.connected, assessed.regions),
    }
    if settings.smoothing_fwhm_mm:
        smoothed = smoothed_sidecar(corrected, name("desc-preproc_bold.nii.gz"), settings.smoothing_fwhm_mm)
        said[f"desc-{smoothed_label(settings.smoothing_fwhm_mm)}_bold"] = smoothed
    return said


def write_transforms(transforms: NDArray[np.float64], path: Path) -> None:
    """One line for each volume: the row-major 4x4 matrix, 16 numbers with blanks between."""
    path.write_text("".join(" ".join(f"{value:.10g}" for value in matrix.ravel()) + "\n" for matrix in transforms))


def _metadata(given: Input, assessed: Assessment, warned: Warned) -> dict[str, Json]:
    """What a person would query the ledger for."""
    told = ("fd_mean", "fd_max", "kept_percent", "tsnr", "tsnr_before", "dvars_std", "spikes_num")
    return {
        "kind": "run",
        "shape": list(given.header.shape),
        "voxel_mm": [round(size, 4) for size in given.header.voxel_mm],
        "tr_s": given.acquired.tr_s,
        "verdict": assessed.judged.status,
        "reasons": list(assessed.judged.reasons),
        **{name: assessed.values[name] for name in told},
        "reference_volume": given.reference.index,
        "non_steady_volumes": len(given.reference.non_steady),
        "regions": assessed.regions.count,
        "warnings": [caution.code for caution in warned],
    }
