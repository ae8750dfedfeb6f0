"""The vessels of both lungs, as trees that grow from the hila outwards."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from scandrop_cli.samples.chest import LEFT, RIGHT, Chest
from scandrop_cli.samples.solids import Array, Tube, dense

_HILA_MM = {RIGHT: (-32.0, 14.0, -14.0), LEFT: (36.0, 14.0, -4.0)}
_TREES = 14  # on each side
_LEAST_RADIUS_MM = 0.45


@lru_cache(maxsize=1)  # a chest may be sliced and projected
def vessels(chest: Chest) -> tuple[Tube, ...]:
    return tuple(_trees(chest, np.random.default_rng(chest.vessel_seed)))


def _trees(chest: Chest, rng: np.random.Generator) -> Iterator[Tube]:
    for side, hilum in _HILA_MM.items():
        for up in np.linspace(-1.25, 1.2, _TREES):
            heading = _unit(np.array([side * np.cos(up), rng.normal(0, 0.5), np.sin(up)]))
            start = hilum + rng.normal(0, 5, 3)
            yield from _branch(chest, side, Tube(np.array([start, start + heading]), rng.uniform(2.8, 4.4)), rng)


def _branch(chest: Chest, side: int, stem: Tube, rng: np.random.Generator) -> Iterator[Tube]:
    """What goes on from a stem's end in its direction, and all that springs from it; it ends where the lung does."""
    radius_mm = stem.radius_mm
    if radius_mm < _LEAST_RADIUS_MM:
        return
    heading = _unit(stem.points[-1] - stem.points[-2])
    length_mm = (radius_mm * rng.uniform(4, 6.5) + 6) * (1.4 if heading[2] < -0.5 else 1)  # the bases lie farther off
    share = np.linspace(0, 1, 8)[:, None]
    points = stem.points[-1] + length_mm * share * (heading + rng.normal(0, 0.2, 3) * share)
    if not chest.is_lung(points[-1], side):
        return
    yield Tube(dense(points, 0.4), radius_mm)
    for part in rng.uniform(0.66, 0.86, 2):
        turned = _unit(heading + rng.normal(0, 0.4, 3))
        end = np.array([points[-1], points[-1] + turned])
        yield from _branch(chest, side, Tube(end, radius_mm * part), rng)


def _unit(along: Array) -> Array:
    return along / np.linalg.norm(along)
