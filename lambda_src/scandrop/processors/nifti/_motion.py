"""Rigid motion of each volume of a run against a reference, and the volumes with that motion undone.

Gauss-Newton on the corrected volume: resample, read the remaining motion off the difference from the reference,
until it is too small to matter; the last resampling is the output. See `_resample` and `_step` for how.

A transform is a 4x4 rigid matrix that takes a world point (RAS mm) in the reference to the world point in the volume
where the anatomy then lay.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import batched

import numpy as np

from scandrop.processors.nifti._arrays import Mask, Matrix, Volume
from scandrop.processors.nifti._resample import Resampler
from scandrop.processors.nifti._step import Fit, Unfit, size

_NEAR = 0.004  # mm or degrees: what remains is far below what noise leaves
_NEAR_ENOUGH = 0.05  # the same for the few volumes whose steps no longer get smaller
_PATIENCE = 8  # passes until that may be so
_SURE = 0.5  # voxels inside the outermost ones: nearer to them, what lies beyond takes part in the interpolation
_MOST_PASSES = 32
_BLOCK = 4  # volumes; fixed, so that the result is the same for any number of threads


@dataclass(frozen=True)
class Realigned:
    """One volume with its motion undone.

    volume: float32 (nx, ny, nz) on the reference's grid; 0 where its source lies outside the field of view.
    transform: (4, 4), see above; the identity where the motion could not be determined.
    passes: how often it was resampled; 0 where the motion could not be determined.
    covered: (nx, ny, nz), False where the source lies outside the field of view; None where all of it is covered.
    """

    volume: Volume
    transform: Matrix
    passes: int
    covered: Mask | None

    @property
    def fitted(self) -> bool:
        return self.passes > 0


class Realigner:
    """Realigns volumes to one reference; may be used by several threads at once.

    reference: float32 (nx, ny, nz) in Fortran order. affine: 4x4, voxel index -> world (RAS mm).
    fits: whether the reference determines a motion at all; if not, every volume is given back as it is.
    """

    def __init__(self, reference: Volume, affine: Matrix) -> None:
        self._affine = affine
        self._to_voxel = np.linalg.inv(affine)
        self._resampler = Resampler(reference.shape)
        self._fit: Fit | None = None
        with suppress(Unfit):
            self._fit = Fit(reference, affine, self._resampler)

    @property
    def fits(self) -> bool:
        return self._fit is not None

    def realign(self, volume: Volume, start: Matrix) -> Realigned:
        """start: the transform to begin with, such as that of the volume before."""
        if self._fit is None or volume.min() == volume.max():
            return Realigned(volume, np.eye(4), 0, None)
        transform, order, before = start, None, np.inf
        for passes in range(1, _MOST_PASSES + 1):
            to_source = self._to_voxel @ transform @ self._affine
            order = self._resampler.order(to_source, order)
            corrected = self._resampler.resample(volume, to_source, order)
            step = self._fit.step(corrected, self._resampler.covered(to_source, _SURE))
            remaining = size(step)
            if remaining < _NEAR or (passes > _PATIENCE and before <= remaining < _NEAR_ENOUGH):
                covered = self._resampler.covered(to_source)
                if not self._fit.recognises(corrected, covered):
                    break
                if covered is not None:
                    corrected *= covered
                return Realigned(corrected, transform, passes, covered)
            transform, before = transform @ _moved(step, self._fit.pivot_mm), remaining
        return Realigned(volume, np.eye(4), 0, None)


def realign_run(volumes: Iterator[Volume], realigner: Realigner, threads: int) -> Iterator[Realigned]:
    """All volumes in their order, read only a few blocks ahead; bit for bit the same for any number of threads.

    The first volume of a block starts from the first of the block before, the others from their neighbour.
    """
    ahead: deque[Future[list[Realigned]]] = deque()
    start: Future[Matrix] = Future()
    start.set_result(np.eye(4))
    with ThreadPoolExecutor(threads) as pool:
        for block in batched(volumes, _BLOCK):
            first: Future[Matrix] = Future()
            ahead.append(pool.submit(_realign_block, block, realigner, start, first))
            start = first
            if len(ahead) > threads:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()


def parameters(transforms: Matrix, pivot_mm: Matrix) -> Matrix:
    """(nt, 6): trans_x, trans_y, trans_z in mm and rot_x, rot_y, rot_z in radians of (nt, 4, 4) transforms.

    The head turns about the world axes x, then y, then z through the pivot (right-handed, positive from y to z, z to
    x and x to y), then moves by the translation; x points right, y to the front and z up (RAS).
    """
    turned = transforms[:, :3, :3]
    moved = transforms[:, :3, 3] + turned @ pivot_mm - pivot_mm
    rot_x = np.arctan2(turned[:, 2, 1], turned[:, 2, 2])
    rot_y = np.arctan2(-turned[:, 2, 0], np.hypot(turned[:, 2, 1], turned[:, 2, 2]))
    rot_z = np.arctan2(turned[:, 1, 0], turned[:, 0, 0])
    return np.column_stack([moved, rot_x, rot_y, rot_z])


def _realign_block(
    volumes: tuple[Volume, ...], realigner: Realigner, start: Future[Matrix], first: Future[Matrix]
) -> list[Realigned]:
    done: list[Realigned] = []
    try:
        transform = start.result()
        for volume in volumes:
            done.append(realigner.realign(volume, transform))
            transform = done[-1].transform if done[-1].fitted else transform
            if not first.done():
                first.set_result(transform)
    except BaseException as error:  # the next block waits for this one
        if not first.done():
            first.set_exception(error)
        raise
    return done


def _moved(step: Matrix, pivot_mm: Matrix) -> Matrix:
    """4x4: the rotation vector of a step about the pivot, then its translation."""
    x, y, z = step[3:]
    angle = np.linalg.norm(step[3:])
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = np.eye(3) + np.sinc(angle / np.pi) * cross + np.sinc(angle / (2 * np.pi)) ** 2 / 2 * cross @ cross
    moved = np.eye(4)
    moved[:3, :3] = rotation
    moved[:3, 3] = step[:3] + pivot_mm - rotation @ pivot_mm
    return moved
