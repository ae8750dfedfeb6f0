"""The bodies that anatomy is made of, in mm."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

type Array = npt.NDArray[np.floating]
type Mask = npt.NDArray[np.bool_]


class Loft:
    """A body whose section at each height is one superellipse: how organs are given here.

    sections: rows of z, centre x, centre y, half width and half depth, from the top down or up.
    """

    def __init__(self, sections: Sequence[Sequence[float]], power: float = 2.0) -> None:
        rows = np.array(sorted(sections, key=itemgetter(0)))
        self._low, self._high = rows[0, 0], rows[-1, 0]
        self._profile = PchipInterpolator(rows[:, 0], rows[:, 1:])
        self._power = power

    def section(self, z: Array) -> tuple[Array, Array, Array, Array]:
        """Centre x, centre y, half width and half depth at each height; no width outside."""
        x, y, width, depth = np.moveaxis(self._profile(np.clip(z, self._low, self._high)), -1, 0)
        within = (z >= self._low) & (z <= self._high)
        return x, y, np.where(within, width, 0.0), np.where(within, depth, 0.0)

    def span(self, x: Array, z: Array) -> tuple[Array, Array]:
        """Where a ray from front to back enters and leaves at each (z, x); the same twice where it misses."""
        centre, y, width, depth = (each[:, None] for each in self.section(z))
        beside = np.minimum(np.abs(x - centre) / np.maximum(width, 1e-9), 1.0)
        half = depth * (1 - beside**self._power) ** (1 / self._power)
        return y - half, y + half

    def holds(self, x: Array, y: Array, z: Array) -> Mask:
        """Whether points are inside; the three broadcast."""
        centre_x, centre_y, width, depth = self.section(np.asarray(z))
        beside = np.abs(x - centre_x) / np.maximum(width, 1e-9)
        behind = np.abs(y - centre_y) / np.maximum(depth, 1e-9)
        return np.asarray(beside**self._power + behind**self._power < 1)


@dataclass(frozen=True)
class Tube:
    """A bone or a vessel: points (n, 3) along its middle, closer than its radius, and the radius."""

    points: Array
    radius_mm: float


def ellipsoid(centre: Sequence[float], half: Sequence[float]) -> Loft:
    """An ellipsoid of half axes x, y and z."""
    x, y, z = centre
    heights = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 41))
    wide = np.sqrt(1 - np.clip(heights**2, 0, 1))
    return Loft([(z + half[2] * h, x, y, half[0] * w, half[1] * w) for h, w in zip(heights, wide, strict=True)])


def line(*knots: Sequence[float] | Array) -> Array:
    """A smooth line through points."""
    at = np.array([np.asarray(knot, np.float64) for knot in knots])
    along = np.concatenate([[0], np.linalg.norm(np.diff(at, axis=0), axis=1).cumsum()])
    return dense(PchipInterpolator(along, at)(np.linspace(0, along[-1], 200)))


def dense(points: Array, step_mm: float = 0.5) -> Array:
    """The same line with points at an even step."""
    along = np.concatenate([[0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    even = np.linspace(0, along[-1], max(2, int(along[-1] / step_mm) + 1))
    return np.column_stack([np.interp(even, along, points[:, axis]) for axis in range(3)])
