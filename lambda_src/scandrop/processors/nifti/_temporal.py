"""What the time courses of the brain's voxels say of each volume: DVARS, global signal, outliers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import pi, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Course
from scandrop.processors.nifti._store import Store

type Series = NDArray[np.float32]

_ROWS = 512  # a piece of so many voxels stays in the cache from its first pass to its last
_MEDIAN_ROWS = 4096
_KEPT_BYTES = 64 * 2**20
_NORMAL_MEDIAN = 1000
_ASCENDING = np.r_[0xFFFF:0x7FFF:-1, 0:0x8000].astype(np.uint16)  # upper halves of float32, least first


@dataclass(frozen=True)
class Temporal:
    """One number per volume, or per pair of neighbours, float64.

    global_signal: (nt,), the mean over the mask.
    dvars: (nt - 1,), root mean square over voxels of the change from one volume to the next, in units in which the
        median of the masked run is 1000.
    std_dvars: (nt - 1,), dvars over the mean standard deviation of the change that is expected of AR(1) noise.
    vx_std_dvars: (nt - 1,), the same with each voxel divided by its own expectation.
    outlier_share: (nt,), the share of voxels that lie far from their own median.
    gcor: the mean correlation of all pairs of voxels.

    NaN where there is nothing to judge, as in a run that never changes.
    """

    global_signal: Course
    dvars: Course
    std_dvars: Course
    vx_std_dvars: Course
    outlier_share: Course
    gcor: float


class MaskedSeries:
    """The time courses of a mask's voxels in a stored run, as often as they are iterated over.

    All in one block that is kept where that takes at most 64 MB, otherwise read slab by slab each time.
    """

    def __init__(self, store: Store, mask: NDArray[np.bool_]) -> None:
        self._store = store
        self._mask = mask
        fits = np.count_nonzero(mask) * store.shape[3] * 4 <= _KEPT_BYTES
        self._whole = store.series(mask) if fits else None

    def __iter__(self) -> Iterator[Series]:
        if self._whole is not None:
            yield self._whole
            return
        for where, block in self._store.blocks():
            yield block[self._mask[:, :, where]]


def temporal(series: Iterable[Series], steady_from: int = 0) -> Temporal:
    """Summarise the time courses of a run's masked voxels.

    DVARS is that of nipype's ``compute_dvars`` as fMRIPrep and MRIQC call it: intensities scaled to a median of
    1000, voxels without variance left out, the robust standard deviation from the quartiles (lower ones, as in
    FSL), lag-1 autocorrelation by Yule and Walker (Power et al. 2012; Nichols 2013). Outliers are those of AFNI's
    ``3dToutcount -fraction``. The global correlation (Saad et al. 2013) is over the steady volumes, as in MRIQC.

    series: blocks of voxels, float32 (n, nt) each; it is iterated twice, because the median of all values is exact.
    steady_from: how many leading volumes are not in steady state.
    """
    sums: _Sums | None = None
    for piece in _pieces(series, _ROWS):
        sums = sums or _Sums(piece.shape[1], steady_from)
        sums.add(piece)
    if sums is None:
        raise ValueError("a mask without voxels has no time courses")
    return sums.summary(_median(series))


def _pieces(series: Iterable[Series], rows: int) -> Iterator[Series]:
    for block in series:
        for start in range(0, len(block), rows):
            yield block[start : start + rows]


class _Sums:
    """What adds up over voxels, whatever the order they come in and the blocks they come by."""

    def __init__(self, volumes: int, steady_from: int) -> None:
        self._steady = slice(min(steady_from, volumes - 1), None)
        self._voxels = self._varying = self._changing = 0
        self._signal = np.zeros(volumes)
        self._outlying = np.zeros(volumes)
        self._scores = np.zeros(volumes)[self._steady]
        self._squares = np.zeros((2, volumes - 1))
        self._expected = 0.0

    def add(self, piece: Series) -> None:
        """piece: float32 (n, nt)."""
        ordered = np.sort(piece, axis=1)
        self._voxels += len(piece)
        self._signal += piece.sum(axis=0, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # squares of intensities past 1e19: no number comes out
            self._outlying += _outlying(piece, ordered)
            self._add_scores(piece[:, self._steady])
            self._add_changes(piece, ordered)

    def _add_scores(self, piece: Series) -> None:
        centred = piece - piece.mean(axis=1, keepdims=True)
        variance = np.einsum("vt,vt->v", centred, centred) / piece.shape[1]
        self._varying += int(np.count_nonzero(variance))
        self._scores += _inverse(np.sqrt(variance)) @ centred

    def _add_changes(self, piece: Series, ordered: Series) -> None:
        expected = _expected_change(piece, ordered)
        self._expected += float(expected.sum(dtype=np.float64))
        self._changing += int(np.count_nonzero(expected))
        change = np.diff(piece, axis=1)
        change *= change
        self._squares += np.stack([expected > 0, _inverse(expected) ** 2]).astype(np.float64) @ change

    def summary(self, median: float) -> Temporal:
        with np.errstate(divide="ignore", invalid="ignore"):  # NaN where nothing varies
            rms, standardised = np.sqrt(np.where(self._changing, self._squares / np.float64(self._changing), np.nan))
            scores = self._scores / np.float64(self._varying)
            return Temporal(
                global_signal=self._signal / self._voxels,
                dvars=rms * np.where(median > 0, _NORMAL_MEDIAN / np.float64(median), np.nan),
                std_dvars=rms * self._changing / self._expected if self._expected else np.full_like(rms, np.nan),
                vx_std_dvars=standardised,
                outlier_share=self._outlying / self._voxels,
                gcor=float(scores @ scores / len(scores)),
            )


def _inverse(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(1, values, out=np.zeros_like(values), where=values > 0)


def _expected_change(piece: Series, ordered: Series) -> NDArray[np.float32]:
    """(n,), the standard deviation of the change between volumes that AR(1) noise of this spread would have."""
    last = piece.shape[1] - 1
    spread = (ordered[:, last * 3 // 4] - ordered[:, last // 4]) / np.float32(1.349)
    centred = piece - piece.mean(axis=1, keepdims=True)
    lagged = np.einsum("vt,vt->v", centred[:, 1:], centred[:, :-1])
    correlation = lagged * _inverse(np.einsum("vt,vt->v", centred, centred))
    expected: NDArray[np.float32] = np.sqrt(2 * (1 - correlation)) * spread
    return expected


def _outlying(piece: Series, ordered: Series) -> NDArray[np.uint16]:
    """(nt,), how many voxels lie further from their median than one in a thousand runs of normal noise would reach."""
    volumes = piece.shape[1]
    far = NormalDist().inv_cdf(1 - 0.001 / volumes) * sqrt(pi / 2)
    distance = np.abs(piece - _middle(ordered))
    deviation = _middle(np.sort(distance, axis=1))
    limit = np.where(deviation > 0, np.float32(far) * deviation, np.inf)
    return (distance > limit).sum(axis=0, dtype=np.uint16)


def _middle(ordered: Series) -> Series:
    """(n, 1), the median of each sorted row."""
    volumes = ordered.shape[1]
    lower, upper = ordered[:, (volumes - 1) // 2], ordered[:, volumes // 2]
    return ((lower + upper) * np.float32(0.5))[:, None]


def _median(series: Iterable[Series]) -> float:
    """The exact median of all values: counted by their upper 16 bits, then sorted where these are the median's."""
    counts = np.zeros(2**16, np.int64)
    for piece in _pieces(series, _MEDIAN_ROWS):
        counts += np.bincount(_upper_bits(piece).ravel(), minlength=2**16)
    below = np.cumsum(counts[_ASCENDING])
    ranks = np.array([(below[-1] - 1) // 2, below[-1] // 2])
    places = np.searchsorted(below, ranks, side="right")
    near = [_those_with(piece, *_ASCENDING[places]) for piece in _pieces(series, _MEDIAN_ROWS)]
    ordered = np.sort(np.concatenate(near))
    skipped = below[places[0]] - counts[_ASCENDING[places[0]]]
    return float(np.mean(ordered[ranks - skipped], dtype=np.float64))


def _those_with(piece: Series, one: np.uint16, other: np.uint16) -> Series:
    """(n,), the values whose upper 16 bits are one of two."""
    bits = _upper_bits(piece)
    return piece.compress(((bits == one) | (bits == other)).ravel())


def _upper_bits(piece: Series) -> NDArray[np.uint16]:
    """The sign, the exponent and the first bits of each float, on a little-endian machine as Lambda's all are."""
    return np.ascontiguousarray(piece).view(np.uint16)[:, 1::2]
