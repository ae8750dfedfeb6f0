"""What each step of a run hands on to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scandrop.processors import Source
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._accumulate import Accumulated
from scandrop.processors.nifti._arrays import Mask
from scandrop.processors.nifti._bids import Entities
from scandrop.processors.nifti._confounds import Columns, Motion
from scandrop.processors.nifti._connectivity import Connectivity
from scandrop.processors.nifti._header import Header
from scandrop.processors.nifti._quality import Metrics
from scandrop.processors.nifti._reference import Reference
from scandrop.processors.nifti._regions import Regions
from scandrop.processors.nifti._sidecar import Acquisition
from scandrop.processors.nifti._stream import Survey
from scandrop.processors.nifti._verdict import Verdict


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

    transforms: (nt, 4, 4). determined: whether the reference determines motion at all; if not, all are the identity.
    raw: of the volumes as they were read. mask: the brain, without what was ever out of sight.
    """

    transforms: NDArray[np.float64]
    determined: bool
    raw: Accumulated
    mask: Mask


@dataclass(frozen=True)
class Assessment:
    """What the corrected run says of itself."""

    moved: Motion
    columns: Columns
    corrected: Accumulated
    values: Metrics
    spiked: list[tuple[int, int]]
    judged: Verdict
    regions: Regions
    connected: Connectivity
