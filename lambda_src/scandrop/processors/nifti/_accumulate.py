"""What adds up while a run streams by, raw or corrected: its mean, its tSNR and how alike its volumes are."""

import numpy as np

from scandrop.processors.nifti._arrays import Mask, Volume

_STILL = 1e-5  # a standard deviation below this share of the mean is rounding


class Accumulated:
    """Sums over the volumes of a run, of which none is kept.

    mask: bool (nx, ny, nz), at least one voxel. volumes: how many there will be. steady_from: how many leading ones
    are not in steady state; they count for `slice_means` alone.
    """

    def __init__(self, mask: Mask, volumes: int, steady_from: int = 0) -> None:
        self.mask = mask
        self._steady_from = steady_from
        self._count = 0
        self._sum = np.zeros(mask.shape, order="F")
        self._squares = np.zeros(mask.shape, order="F")
        self._places = np.flatnonzero(mask.ravel(order="F"))
        per_slice = np.count_nonzero(mask, axis=(0, 1))
        self.slices = [int(k) for k in np.flatnonzero(per_slice)]
        self._voxels = per_slice[self.slices]
        self._starts = np.cumsum(self._voxels) - self._voxels
        self._shapes = np.zeros(len(self._places))
        self._alike = 0
        self.slice_means = np.zeros((len(self.slices), volumes))

    def add(self, t: int, volume: Volume) -> None:
        """volume: float32 (nx, ny, nz) in Fortran order, the run's `t`-th."""
        masked = volume.ravel(order="F")[self._places].astype(np.float64)
        self.slice_means[:, t] = np.add.reduceat(masked, self._starts) / self._voxels
        if t < self._steady_from:
            return
        self._count += 1
        self._sum += volume
        self._squares += np.square(volume, dtype=np.float64)
        masked -= masked.mean()
        length = np.sqrt(masked @ masked)
        if length:
            self._alike += 1
            self._shapes += masked / length

    def mean(self) -> Volume:
        """float32 (nx, ny, nz), the mean of the steady volumes."""
        return np.asfortranarray(self._sum / max(self._count, 1), np.float32)

    def tsnr(self) -> Volume:
        """float32 (nx, ny, nz), each voxel's mean over its standard deviation in time (MRIQC); 0 where it is still."""
        mean = self._sum / max(self._count, 1)
        deviation = np.sqrt(np.maximum(self._squares / max(self._count, 1) - mean**2, 0))
        ratio = np.zeros_like(mean)
        np.divide(mean, deviation, out=ratio, where=deviation > _STILL * np.abs(mean))
        return np.asfortranarray(ratio, np.float32)

    def correlation(self) -> float:
        """The mean Pearson correlation over the mask of all pairs of steady volumes that are not constant; NaN for one.

        By the sum of the volumes at mean 0 and length 1, whose square holds the sum over all pairs.
        """
        n = self._alike
        return float((self._shapes @ self._shapes - n) / (n * (n - 1))) if n > 1 else np.nan
