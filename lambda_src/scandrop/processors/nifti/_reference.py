"""The volume that the others are aligned to: the most typical of the early ones in steady state."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Volume

_SEARCHED_VOLUMES = 50
_OUTLYING_Z = 3.5
_SAMPLED_VOXELS = 50_000


@dataclass(frozen=True)
class Reference:
    """The chosen volume.

    volume: float32 (nx, ny, nz), as it was read.
    index: its place in the run, from 0.
    non_steady: the places of the volumes before steady state, from 0; empty where there are none.
    """

    volume: Volume
    index: int
    non_steady: list[int]


def non_steady_volumes(means: NDArray[np.floating]) -> list[int]:
    """The leading volumes whose mean lies far from the others', because the magnetisation was not yet steady.

    The rule is that of nipype's ``NonSteadyStateDetector``, which fMRIPrep uses: count from the first volume
    while the modified z score |x - median| * 0.6745 / MAD of Iglewicz and Hoaglin (1993), over the first 50
    volumes, exceeds 3.5. It names less than half of them. A run whose means are all alike has none.

    means: (nt,), the mean of each volume over all its voxels.
    """
    early = np.asarray(means[:_SEARCHED_VOLUMES], np.float64)
    distance = np.abs(early - np.median(early))
    steady = 0.6745 * distance <= _OUTLYING_Z * np.median(distance)
    return list(range(int(np.argmax(steady))))


def choose_reference(early: Sequence[Volume], means: NDArray[np.floating]) -> Reference:
    """The medoid of the early steady volumes: the one whose median difference to the others is the least.

    A volume that the head moved in, or that a spike hit, differs from all the others and is not chosen. The
    difference of two volumes is the mean absolute one over the voxels brighter than average. The first of equals
    is taken; where no early volume is steady, the last one.

    early: the first volumes of the run, at least one, float32 (nx, ny, nz) each.
    means: (nt,), the mean of each volume of the run over all its voxels.
    """
    non_steady = non_steady_volumes(means)
    first = min(len(non_steady), len(early) - 1)
    index = first + _medoid([volume.ravel(order="K") for volume in early[first:]])
    return Reference(early[index], index, non_steady)


def _medoid(volumes: Sequence[NDArray[np.float32]]) -> int:
    bright = np.flatnonzero(volumes[0] > volumes[0].mean(dtype=np.float64))
    sampled = bright[:: 1 + bright.size // _SAMPLED_VOXELS]
    if len(volumes) < 3 or not sampled.size:
        return 0
    sample = np.stack([volume[sampled] for volume in volumes])
    differences = np.stack([np.abs(sample - one).mean(axis=1, dtype=np.float64) for one in sample])
    return int(np.argmin(np.median(differences, axis=1)))
