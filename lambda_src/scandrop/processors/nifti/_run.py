"""A run from its first byte to its report.

    look       the header, the sidecar, and the whole file once to its checksum: what is damaged is refused here
    correct    the file again, volume by volume: motion found and undone, the corrected run on disk
    assess     what the corrected run says of itself, while other threads write it, smoothed and unsmoothed
    tell       tables, sidecars and the report

Each step is a function here, and what it hands on to the next is a dataclass.
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from scandrop.errors import Rejected
from scandrop.processors import Result, Source
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._accumulate import Accumulated
from scandrop.processors.nifti._anatomical import process_anatomical
from scandrop.processors.nifti._arrays import Mask, Volume
from scandrop.processors.nifti._bids import Entities, entities_of
from scandrop.processors.nifti._confounds import Motion, confounds, motion
from scandrop.processors.nifti._connectivity import connectivity, region_series
from scandrop.processors.nifti._derivatives import Derivatives
from scandrop.processors.nifti._header import Header, read_header
from scandrop.processors.nifti._mask import brain_mask
from scandrop.processors.nifti._motion import Realigner, parameters, realign_run
from scandrop.processors.nifti._provenance import smoothed_label
from scandrop.processors.nifti._quality import Evidence, metrics, spikes
from scandrop.processors.nifti._reference import Reference, choose_reference
from scandrop.processors.nifti._regions import choose_regions
from scandrop.processors.nifti._sidecar import Acquisition, acquisition, read_sidecar
from scandrop.processors.nifti._smooth import Smoother
from scandrop.processors.nifti._steps import Assessment, Corrected, Input
from scandrop.processors.nifti._store import Store, choose_coding
from scandrop.processors.nifti._stream import survey, volumes
from scandrop.processors.nifti._tell import metadata, tell
from scandrop.processors.nifti._temporal import MaskedSeries, temporal
from scandrop.processors.nifti._verdict import verdict
from scandrop.processors.nifti._warnings import Warned
from scandrop.processors.nifti._writer import Writer

_EARLY_VOLUMES = 16  # of which the reference is chosen
_EARLY_BYTES = 256 * 2**20  # that they may take


def derive(source: Source, settings: Settings, work: Path) -> Result:
    """Everything of one NIfTI file; see `scandrop.processors.nifti.process`."""
    warned = Warned()
    limits = {"max_run_bytes": settings.max_run_bytes, "max_volume_voxels": settings.max_volume_voxels}
    header = read_header(source.path, warned, **limits)
    entities = entities_of(source.name)
    if header.is_run and entities.unlike_bold:
        raise Rejected("nifti_not_bold", kind=entities.unlike_bold)
    if header.is_run and entities.is_derivative:
        warned.add("already_processed")
    acquired = acquisition(header, read_sidecar(source.sidecar, warned), entities, warned)
    if not header.is_run:
        return process_anatomical(source, header, work, entities, warned)
    header = replace(header, tr_s=acquired.tr_s)  # what the derivatives' headers will say
    given = look(source, settings, header, entities, acquired, warned)
    files = Derivatives(work, entities.prefix, entities.values.get("desc"))
    coding = choose_coding(given.found, settings.bold_dtype, warned)
    with Store(work / "corrected", header.shape, coding) as store:
        (work / "corrected").unlink()  # open, it stays until it is closed, and is never taken for a derivative
        moved = correct(given, store, warned)
        assessed = assess(given, moved, store, files, warned)
        tell(given, moved, assessed, store, files, warned)
    return Result(files.made, metadata(given, assessed, warned))


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
        if t == reference.index:  # exactly where it is, not as near as the others come
            store.put(t, reference.volume)
            transforms[t] = np.eye(4)
            continue
        store.put(t, realigned.volume)
        transforms[t] = realigned.transform
        if realigned.covered is not None:
            mask &= realigned.covered
        if not realigned.fitted:
            lost.append(t)
    _warn(warned, realigner, lost, brain, mask)
    if store.clipped:
        warned.add("voxels_clipped", voxels=store.clipped)
    return Corrected(transforms, realigner.fits, raw, mask if mask.any() else brain)


def _warn(warned: Warned, realigner: Realigner, lost: list[int], brain: Mask, mask: Mask) -> None:
    if not realigner.fits:
        warned.add("motion_undetermined")
    elif lost:
        warned.add("motion_lost", volumes=len(lost), first=lost[0])
    if brain.all():
        warned.add("brain_not_found")
    if not mask.any():
        warned.add("brain_never_covered")


def assess(given: Input, moved: Corrected, store: Store, files: Derivatives, warned: Warned) -> Assessment:
    """All that is computed from the corrected run, on as many threads as there are."""
    header, settings, steady_from = given.header, given.settings, len(given.reference.non_steady)
    regions = choose_regions(moved.mask, header.affine, given.source.assets.get("parcellation"), settings, warned)
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
        columns,
        evidence.corrected,
        values,
        spikes(moved.raw),
        verdict(values, settings, is_connected=connected.is_given, is_scan=not given.entities.is_derivative),
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


def _accumulate(store: Store, mask: Mask, steady_from: int) -> Accumulated:
    sums = Accumulated(mask, store.shape[3], steady_from)
    for t, volume in enumerate(store.volumes()):
        sums.add(t, volume)
    return sums


def _motion(moved: Corrected, header: Header) -> Motion:
    """The six parameters about the middle of the brain; NaN like the displacements where motion is undetermined."""
    pivot_mm = header.affine[:3, :3] @ np.argwhere(moved.mask).mean(axis=0) + header.affine[:3, 3]
    found = motion(moved.transforms, parameters(moved.transforms, pivot_mm), pivot_mm)
    if moved.determined:
        return found
    unknown = np.full((header.shape[3], 6), np.nan)
    return replace(found, parameters=unknown, framewise_displacement=unknown[:, 0], rmsd=unknown[:, 0])
