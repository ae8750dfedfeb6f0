"""Slices of a volume side by side, in RAS+ and neurological convention: the subject's left is on the left."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Mask, Values
from scandrop.processors.nifti._report._colour import Scale
from scandrop.processors.nifti._report._html import Html, tag
from scandrop.processors.nifti._report._numbers import minus, number
from scandrop.processors.nifti._upright import Upright, upright

_MOST_PIXELS = 128  # of a slice's side; more cannot be seen at the size that it has on the page
_MARGIN = 2


@dataclass(frozen=True)
class Slices:
    """Which axial slices of a grid are shown, and how they are laid out.

    affine: 4x4, voxel index -> world (RAS+, mm).
    mask: (nx, ny, nz) of bool; slices are spread over its height. An empty one stands for the whole grid.
    columns, rows: of the mosaic, at most.
    whole: show the whole field of view instead of the mask's surroundings.
    """

    affine: NDArray[np.float64]
    mask: Mask
    columns: int = 6
    rows: int = 3
    whole: bool = False

    @cached_property
    def _upright(self) -> Upright:
        return upright(self.affine)

    @cached_property
    def _box(self) -> tuple[slice, slice, slice]:
        mask = self._upright.turned(self.mask)
        shown = [
            _extent(mask.any(axis=axes), 0 if a == 2 else _MARGIN) for a, axes in enumerate(((1, 2), (0, 2), (0, 1)))
        ]
        sides = [slice(0, n) for n in mask.shape[:2]] if self.whole else shown[:2]
        x, y = (slice(s.start, s.stop, -(-(s.stop - s.start) // _MOST_PIXELS)) for s in sides)
        return x, y, shown[2]

    @cached_property
    def levels(self) -> list[int]:
        """The slices' indices along the turned third axis, from the bottom up, equally far apart."""
        z = self._box[2]
        extent = z.stop - z.start
        step = -(-extent // (self.columns * self.rows))
        return list(range(z.start + (extent - 1) % step // 2, z.stop, step))

    @property
    def across(self) -> int:
        """How many stand side by side."""
        return min(self.columns, len(self.levels))

    @cached_property
    def heights_mm(self) -> list[float]:
        """World z of the middle of each slice."""
        return [self._upright.height_mm(self.mask.shape, level) for level in self.levels]

    @cached_property
    def tile_mm(self) -> tuple[float, float]:
        """Width and height of one slice."""
        steps = [side.step or 1 for side in self._box]
        pixels = self._upright.turned(self.mask)[self._box].shape
        wide, high, _ = self._upright.voxel_mm * pixels * steps
        return float(wide), float(high)

    def laid_out[T: np.generic](self, volume: NDArray[T], empty: float = np.nan) -> NDArray[T]:
        """(pixel rows, pixel columns): the slices from the bottom up, row by row; anterior is up, left is left."""
        x, y, _ = self._box
        tiles = self._upright.turned(volume)[x, y][:, ::-1, self.levels].transpose(2, 1, 0)
        n, high, wide = tiles.shape
        down = -(-n // self.across)
        full = np.full((down * self.across, high, wide), empty, tiles.dtype)
        full[:n] = tiles
        return full.reshape(down, self.across, high, wide).swapaxes(1, 2).reshape(down * high, self.across * wide)

    def picture(self, volume: Values, scale: Scale, alt: str, *, masked: bool = True, contour: bool = False) -> Html:
        """The mosaic as an element that fills its width and keeps the slices' proportions in mm."""
        pixels = self.laid_out(volume.astype(np.float32, copy=False))
        mask = self.laid_out(self.mask, empty=False)
        if masked and self.mask.any():
            pixels = np.where(mask, pixels, np.float32(np.nan))
        down = -(-len(self.levels) // self.across)
        width, height = self.tile_mm[0] * self.across, self.tile_mm[1] * down
        return tag(
            "div",
            tag("img", src=scale.uri(pixels), alt=alt),
            outline(mask) if contour else None,
            *self._labels(down),
            class_="mosaic" if masked else "mosaic dark",
            style=f"aspect-ratio:{width:.1f}/{height:.1f};max-width:{self.across * 15}rem",
        )

    def _labels(self, down: int) -> list[Html]:
        """Left and right on the first slice, and every slice's height; the caption says them to who cannot see them."""
        across = self.across
        heights = (
            tag(
                "span",
                minus(f"{height:.0f}"),
                class_="z",
                style=f"left:{100 * (i % across) / across:.2f}%;bottom:{100 - 100 * (i // across + 1) / down:.2f}%",
            )
            for i, height in enumerate(self.heights_mm)
        )
        sides = (
            tag("span", "L", class_="side", style=f"left:0;top:{50 / down:.2f}%"),
            tag("span", "R", class_="side", style=f"right:{100 - 100 / across:.2f}%;top:{50 / down:.2f}%"),
        )
        return [tag("div", *heights, *sides, aria_hidden="true")]

    def words(self) -> str:
        """Which slices these are, for the caption."""
        low, high = (minus(f"{self.heights_mm[i]:.0f}") for i in (0, -1))
        span = f"at z = {low} mm"
        if len(self.levels) > 1:
            apart = number(self.heights_mm[1] - self.heights_mm[0], 3)
            span = f"from z = {low} mm (top left) to {high} mm, {apart} mm apart,"
        return f"Axial slices {span} in scanner coordinates; neurological convention (left is left, front is up)."


def _extent(present: Mask, margin: int) -> slice:
    at = np.flatnonzero(present)
    if not at.size:
        return slice(0, present.size)
    return slice(max(0, int(at[0]) - margin), min(present.size, int(at[-1]) + 1 + margin))


def outline(mask: Mask) -> Html:
    """The border of a mask along the edges of its pixels, as lines that keep their width at any size."""
    padded = np.pad(mask, 1)
    upright = "".join(f"M{c} {r}v{n}" for c, r, n in _runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T))
    level = "".join(f"M{c} {r}h{n}" for r, c, n in _runs(padded[1:, 1:-1] != padded[:-1, 1:-1]))
    rows, columns = mask.shape
    path = tag("path", d=upright + level, vector_effect="non-scaling-stroke")
    return tag("svg", path, viewBox=f"0 0 {columns} {rows}", preserveAspectRatio="none", aria_hidden="true")


def _runs(edges: Mask) -> list[tuple[int, int, int]]:
    """Line, first place and length of each unbroken stretch along the last axis."""
    changes = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    line, first = np.nonzero(changes == 1)
    _, past = np.nonzero(changes == -1)
    return list(zip(line.tolist(), first.tolist(), (past - first).tolist(), strict=True))
