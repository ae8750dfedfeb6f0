"""The regions whose mean series are correlated: those of a label image, or a grid laid over the brain."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scandrop.errors import Rejected
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._arrays import Mask
from scandrop.processors.nifti._header import read_header
from scandrop.processors.nifti._stream import volumes
from scandrop.processors.nifti._warnings import Warned

type Labels = NDArray[np.int32]
type Points = NDArray[np.float64]

_MOST_REGIONS: Final = 2_000  # their matrix has four million entries
_MOST_LABEL: Final = 2**24  # up to which float32 holds each whole number
_LEAST_COVERED: Final = 0.2  # of the brain mask; an atlas of the cortex alone covers about a third
_TIE: Final = 1e-6  # voxels: rounding must not decide which neighbour is nearest


@dataclass(frozen=True)
class Regions:
    """A brain in parts, numbered from 1.

    labels: (nx, ny, nz) int32, Fortran-ordered, 0 outside all regions.
    names: one for each region; ``grid-007``, or ``label-17`` for the value 17 of a label image.
    voxels: (n,) int64, how many each has.
    centroids_mm: (n, 3) float64, RAS+.
    from_parcellation: whether a label image gave them.
    """

    labels: Labels
    names: tuple[str, ...]
    voxels: NDArray[np.int64]
    centroids_mm: Points
    from_parcellation: bool

    @property
    def count(self) -> int:
        return len(self.names)


def choose_regions(
    mask: Mask, affine: NDArray[np.float64], parcellation: Path | None, settings: Settings, warned: Warned
) -> Regions:
    """The regions of a label image in the same world space, or a grid where there is none that can be used.

    mask: bool (nx, ny, nz), the brain. affine: (4, 4), from its voxel indices to RAS+ mm.
    Why a label image is not used, or only in part, is told in `warned`.
    """
    places = np.argwhere(mask.T)[:, ::-1]  # in the order in which the file has them
    points = places @ affine[:3, :3].T + affine[:3, 3]
    values = None if parcellation is None else _parcellated(points, parcellation, settings, warned)
    if values is None:
        numbers, names = _grid(points, settings.grid_regions)
    else:
        kept, ranks = np.unique(values, return_inverse=True)
        numbers = (ranks + (kept[0] != 0)).astype(np.int32)
        names = tuple(f"label-{value:d}" for value in kept[kept > 0])
    labels = np.zeros(mask.shape, np.int32, order="F")
    labels[*places.T] = numbers
    voxels = np.bincount(numbers, minlength=len(names) + 1)
    sums = [np.bincount(numbers, axis, len(names) + 1) for axis in points.T]
    centroids = np.stack(sums, axis=1)[1:] / voxels[1:, None]
    return Regions(labels, names, voxels[1:], centroids, from_parcellation=values is not None)


def write_regions(regions: Regions, path: Path) -> None:
    """The table of the regions as TSV, in the columns of a BIDS ``dseg.tsv`` and four more."""
    with path.open("w", encoding="utf-8") as table:
        table.write("index\tname\tvoxels\tx_mm\ty_mm\tz_mm\n")
        rows = zip(regions.names, regions.voxels.tolist(), regions.centroids_mm.tolist(), strict=True)
        for index, (name, voxels, (x, y, z)) in enumerate(rows, 1):
            table.write(f"{index}\t{name}\t{voxels}\t{x:.2f}\t{y:.2f}\t{z:.2f}\n")


def _grid(points: Points, count: int) -> tuple[Labels, tuple[str, ...]]:
    """About `count` compact regions whose sizes differ by one voxel at most; each point's number from 1.

    The brain is halved along the axis of its largest spread again and again (a k-d tree; Bentley 1975), the first
    time between left and right. Regions are numbered as they come, left before right, so neighbours have close numbers.
    """
    numbers = np.zeros(len(points), np.int32)
    parts = _bisected(points, np.arange(len(points)), min(count, len(points)), axis=0)
    names = []
    for number, part in enumerate(parts, 1):
        numbers[part] = number
        names.append(f"grid-{number:03d}")
    return numbers, tuple(names)


def _bisected(
    points: Points, part: NDArray[np.intp], count: int, axis: int | None = None
) -> Iterator[NDArray[np.intp]]:
    if count < 2:
        yield from [part] * count
        return
    mine = points[part]
    widest = int(np.argmax(np.var(mine, axis=0).round(3))) if axis is None else axis
    ordered = part[np.argsort(mine[:, widest].round(3), kind="stable")]  # rounded: equal places stay in file order
    lower = count // 2
    cut = len(part) * lower // count
    yield from _bisected(points, ordered[:cut], lower)
    yield from _bisected(points, ordered[cut:], count - lower)


def _parcellated(points: Points, source: Path, settings: Settings, warned: Warned) -> Labels | None:
    """The label at each point, 0 for none; None, with a warning, where the image is of no use here."""
    try:
        image, to_voxel = _read_labels(source, settings)
    except (Rejected, _NoLabelImageError) as error:
        warned.add("parcellation_unusable", reason=error.code)
        return None
    nearest = np.floor(points @ to_voxel[:3, :3].T + to_voxel[:3, 3] + 0.5 + _TIE).astype(np.intp)
    inside = ((nearest >= 0) & (nearest < image.shape)).all(axis=1)
    labels = np.zeros(len(points), np.int32)
    labels[inside] = image[*nearest[inside].T]
    covered = np.count_nonzero(labels) / max(1, len(labels))
    return labels if _fits(_present(labels), _present(image), covered, warned) else None


class _NoLabelImageError(Exception):
    """The file is an image, but not a 3D one of whole numbers from 0 whose place in the world is known."""

    code = "no_label_image"


def _read_labels(source: Path, settings: Settings) -> tuple[Labels, NDArray[np.float64]]:
    """The label image and the matrix from RAS+ mm to its voxel indices."""
    noted = Warned()
    limits = {"max_run_bytes": settings.max_run_bytes, "max_volume_voxels": settings.max_volume_voxels}
    header = read_header(source, noted, **limits)
    if header.is_run or any(caution.code == "orientation_unknown" for caution in noted):
        raise _NoLabelImageError
    (image,) = volumes(source, header)
    if not 0 <= image.min() <= image.max() < _MOST_LABEL:
        raise _NoLabelImageError
    labels = image.astype(np.int32)
    if not np.array_equal(labels, image):
        raise _NoLabelImageError
    return labels, np.linalg.inv(header.affine)


def _present(labels: Labels) -> int:
    """How many regions there are; a table is much quicker than sorting a whole image."""
    seen = np.zeros(int(labels.max(initial=0)) + 1, np.bool_)
    seen[labels] = True
    return int(np.count_nonzero(seen[1:]))


def _fits(found: int, all_regions: int, covered: float, warned: Warned) -> bool:
    """Whether two regions or more are in the brain, and not too many; tells of what is lost."""
    if not 2 <= found <= _MOST_REGIONS:
        warned.add("parcellation_unfit", regions=found, most=_MOST_REGIONS)
        return False
    if found < all_regions:
        warned.add("parcellation_regions_outside", lost=all_regions - found, regions=all_regions)
    if covered < _LEAST_COVERED:
        warned.add("parcellation_covers_little", percent=math.floor(100 * covered))
    return True
