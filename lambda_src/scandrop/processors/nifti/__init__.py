"""The nifti lane: an fMRI run is motion-corrected, smoothed, judged and reported; a 3D image is masked and shown.

    __init__                          the contract: Settings, sniff, process; needs no numpy until `process` is called
    _sniff, _beside                   what the first bytes are, and whose sidecar a file is; the standard library alone
    _run                              a run from the first byte to the report: the order of the steps
    _steps                            what each step hands on to the next
    _anatomical, _preview             a 3D image, and what it looks like
    _header, _fields, _geometry       what the header says: its bytes, and where the voxels lie
    _arrays                           the arrays that pass between them
    _stream, _store, _writer, _gzip   volumes in, kept on disk and out, one at a time
    _bids, _sidecar                   names and sidecars by BIDS, of the input and of the derivatives
    _reference, _mask                 which volume the others are moved to, and where the brain is
    _motion, _step, _resample         where each volume's head was, each step towards it, and the volume moved back
    _accumulate, _temporal            what adds up while volumes pass, and what time courses say of each volume
    _confounds, _columns              what fMRIPrep would say of the run, and what each column means
    _quality, _verdict                what MRIQC would say of it, and whether that will do
    _smooth, _regions, _connectivity  from the corrected run
    _butterworth                      the band-pass filter of what is correlated
    _tell, _derivatives, _provenance  what is written, under which names, and the JSON beside it
    _report, _upright                 the page a person looks at, and slices turned so that left is left
    _warnings                         what is gone on in spite of

A volume is float32 (nx, ny, nz) in Fortran order, as in the file; world coordinates are RAS+ mm.
``docs/lanes/nifti.md`` says what comes out.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scandrop.processors import SNIFF_BYTES, Result, Source
from scandrop.processors.nifti import _sniff
from scandrop.processors.nifti._beside import is_sidecar_name, run_names, sidecar_name
from scandrop.processors.nifti._sniff import is_sidecar

__all__ = ["Settings", "is_sidecar", "is_sidecar_name", "process", "run_names", "sidecar_name", "sniff"]

BOLD_DTYPES: Final = ("float32", "int16")
NUISANCE: Final = ("cosines", "global_signal", "motion24", "motion6", "outliers")

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "smoothing_fwhm_mm": (0, 30),
    "fd_scrub_mm": (0.05, 10),
    "fd_strict_mm": (0.05, 10),
    "std_dvars_scrub": (1, 100),
    "high_pass_s": (10, 10_000),
    "warn_mean_fd_mm": (0, 100),
    "fail_mean_fd_mm": (0, 100),
    "warn_kept_percent": (0, 100),
    "fail_kept_percent": (0, 100),
    "warn_tsnr": (0, 10_000),
    "fail_tsnr": (0, 10_000),
}
NARROWEST_FWHM_MM: Final = 0.5  # unless it is 0, for none
IN_ORDER: Final = (
    ("fd_strict_mm", "fd_scrub_mm"),
    ("warn_mean_fd_mm", "fail_mean_fd_mm"),
    ("fail_kept_percent", "warn_kept_percent"),
    ("fail_tsnr", "warn_tsnr"),
)
WHOLE_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "grid_regions": (2, 1_000),
    "max_run_bytes": (1, 100_000_000_000),
    "max_volume_voxels": (1, 1_000_000_000),
}


@dataclass(frozen=True)
class Settings:
    """What an environment can choose for its runs.

    reference_volume: the volume that the others are moved to, counted from 0; None picks one.
    smoothing_fwhm_mm: of the Gaussian in ``desc-smth…_bold``; 0 leaves that derivative out.
    bold_dtype: how intensities are stored; ``int16`` with a scale is a third of the size.
    fd_scrub_mm, std_dvars_scrub: a volume past either is an outlier; fd_strict_mm is counted beside.
    high_pass_s: the longest period that the cosine confounds leave in.
    nuisance: which confounds are taken out before regions are correlated.
    band_pass_hz: the lowest and the highest frequency that is correlated; empty for all.
    parcellation: a label image, its path from the project's root; empty for a grid of `grid_regions` regions.
    warn_…, fail_…: the verdict's thresholds on mean framewise displacement, volumes kept and median tSNR.
    max_run_bytes: of the run as it is stored, before compression; max_volume_voxels: in an image; each
        volume of a run may have a tenth.
    """

    reference_volume: int | None = None
    smoothing_fwhm_mm: float = 6
    bold_dtype: str = "int16"
    fd_scrub_mm: float = 0.5
    fd_strict_mm: float = 0.2
    std_dvars_scrub: float = 1.5
    high_pass_s: float = 128
    nuisance: Sequence[str] = ("motion24",)
    band_pass_hz: Sequence[float] = (0.008, 0.1)
    parcellation: str = ""
    grid_regions: int = 100
    warn_mean_fd_mm: float = 0.2
    fail_mean_fd_mm: float = 0.5
    warn_kept_percent: float = 80
    fail_kept_percent: float = 50
    warn_tsnr: float = 40
    fail_tsnr: float = 20
    max_run_bytes: int = 3_000_000_000
    max_volume_voxels: int = 64_000_000

    def __post_init__(self) -> None:
        _check_numbers(vars(self))
        _check_order(vars(self))
        _check_choices(self)


def sniff(head: bytes) -> str | None:
    return _sniff.sniff(head) or ("BIDS sidecar" if is_sidecar(head) else None)


def process(source: Source, settings: Settings, work: Path) -> Result:
    """Turn one NIfTI file into BIDS derivatives inside the empty folder `work`.

    A sidecar gives none: it is read with its run, and only noted here.
    """
    with source.path.open("rb") as stream:
        if is_sidecar_name(source.name) and is_sidecar(stream.read(SNIFF_BYTES)):
            return Result([], {"kind": "sidecar"})
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read once, when numpy is first imported: the lane has threads of its own
    from scandrop.processors.nifti._run import derive  # noqa: PLC0415 (the lane that only sniffs has no numpy)

    return derive(source, settings, work)


def _check_numbers(values: Mapping[str, object]) -> None:
    for name, (least, most) in LIMITS.items():
        value = values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"nifti.{name} must be a number from {least} to {most}, not {value!r}.")
    for name, (low, high) in WHOLE_LIMITS.items():
        value = values[name]
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"nifti.{name} must be a whole number from {low} to {high}, not {value!r}.")


def _check_order(values: Mapping[str, float]) -> None:
    """Of values that are numbers within their limits."""
    for less, more in IN_ORDER:
        if values[less] > values[more]:
            raise ValueError(f"nifti.{less} must be at most nifti.{more}, not {values[less]!r} and {values[more]!r}.")
    if 0 < (width := values["smoothing_fwhm_mm"]) < NARROWEST_FWHM_MM:
        raise ValueError(f"nifti.smoothing_fwhm_mm must be 0, or at least {NARROWEST_FWHM_MM}, not {width!r}.")


def _check_choices(settings: Settings) -> None:
    reference = settings.reference_volume
    if reference is not None and (type(reference) is not int or reference < 0):
        raise ValueError(f"nifti.reference_volume must be the number of a volume, from 0, not {reference!r}.")
    if settings.bold_dtype not in BOLD_DTYPES:
        raise ValueError(f"nifti.bold_dtype must be one of {', '.join(BOLD_DTYPES)}, not {settings.bold_dtype!r}.")
    if isinstance(settings.nuisance, str) or set(settings.nuisance) - set(NUISANCE):
        raise ValueError(f"nifti.nuisance must list any of {', '.join(NUISANCE)}, not {settings.nuisance!r}.")
    if settings.band_pass_hz and not _is_band(settings.band_pass_hz):
        raise ValueError(f"nifti.band_pass_hz must be two rising frequencies, or empty, not {settings.band_pass_hz!r}.")
    if not isinstance(settings.parcellation, str):
        raise ValueError(f"nifti.parcellation must be a path, not {settings.parcellation!r}.")  # noqa: TRY004  # the contract of Settings


def _is_band(band: Sequence[float]) -> bool:
    numbers = len(band) == 2 and all(isinstance(edge, int | float) and math.isfinite(edge) for edge in band)
    return numbers and 0 < band[0] < band[1]
