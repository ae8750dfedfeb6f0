"""The report of a run: one HTML page that needs nothing beside itself and runs no script.

    __init__    what a report is made of: `Findings`, `render`
    _page       the page, its sections in their order
    _figures    the courses over time, the maps, before and after, the connectivity
    _tables     the numbers with their definitions, lists of volumes, provenance, references
    _traces, _carpet, _mosaic   the drawings themselves: SVG for lines, PNG for what has pixels
    _colour, _png   values to colours, colours to files
    _html, _numbers, _style     escaped markup, numbers for a reader, the looks

The same findings give the same bytes. Whatever is missing or not finite is left out or written as n/a.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scandrop.processors import Json
from scandrop.processors.nifti._arrays import Course, Mask, Volume
from scandrop.processors.nifti._verdict import Status


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the report of a run shows; volumes are counted from 0.

    prefix: the BIDS entities of the run, such as ``sub-01_task-rest``.
    status: the verdict. judged: the status and a sentence for each criterion. warnings: sentences on what was amiss.
    metrics: numbers by name; None is written as n/a. definitions: (unit, sentence) by the same names.
    provenance: parameters, versions and the like, nested at will.
    tr_s: the repetition time, None where it is unknown.
    reference_volume: what the others were moved to. non_steady: the volumes before steady state.
    outliers: the volumes past `fd_scrub_mm` or `std_dvars_scrub`.

    parameters: (nt, 6), trans_x, trans_y, trans_z in mm, rot_x, rot_y, rot_z in radians (RAS+); all NaN where the
        motion could not be determined.
    framewise_displacement, rmsd: (nt,) in mm. dvars, std_dvars, global_signal: (nt,). NaN where a volume has no value.

    affine: 4x4, voxel index -> world (RAS+, mm).
    mean, tsnr: (nx, ny, nz) of the corrected run. mean_before, tsnr_before: the same of the run as it was read.
    brain: (nx, ny, nz) of bool.

    carpet: (n, nt), the corrected courses of voxels in any unit; a thousand are enough.
    carpet_regions: (n,), the number of each one's region.
    connectivity: (m, m), Pearson correlations. region_names: m names in their order. connectivity_told: how they were
        made, in a sentence.
    """

    prefix: str
    status: Status
    judged: Sequence[tuple[Status, str]]
    affine: NDArray[np.float64]
    parameters: NDArray[np.float64]
    framewise_displacement: Course
    rmsd: Course
    dvars: Course
    std_dvars: Course
    global_signal: Course
    mean: Volume
    mean_before: Volume
    tsnr: Volume
    tsnr_before: Volume
    brain: Mask
    carpet: NDArray[np.float32]
    reference_volume: int
    fd_scrub_mm: float
    fd_strict_mm: float
    std_dvars_scrub: float
    metrics: Mapping[str, float | int | None]
    definitions: Mapping[str, tuple[str, str]]
    provenance: Mapping[str, Json]
    tr_s: float | None = None
    carpet_regions: NDArray[np.integer] | None = None
    connectivity: NDArray[np.float64] | None = None
    connectivity_told: str = ""
    region_names: Sequence[str] = ()
    non_steady: Sequence[int] = ()
    outliers: Sequence[int] = ()
    warnings: Sequence[str] = field(default_factory=list)

    @property
    def volumes(self) -> int:
        return len(self.parameters)

    @property
    def is_realigned(self) -> bool:
        return bool(np.isfinite(self.parameters).any())

    @cached_property
    def is_outlier(self) -> Mask:
        return self._at(self.outliers)

    @cached_property
    def is_non_steady(self) -> Mask:
        return self._at(self.non_steady)

    def _at(self, volumes: Sequence[int]) -> Mask:
        chosen = np.zeros(self.volumes, np.bool_)
        chosen[list(volumes)] = True
        return chosen


def render(findings: Findings) -> str:
    """The report as one self-contained HTML page."""
    from scandrop.processors.nifti._report._page import page  # noqa: PLC0415  # it needs Findings

    return page(findings)
