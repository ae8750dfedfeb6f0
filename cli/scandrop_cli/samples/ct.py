"""CT slices of a chest in Hounsfield units, with a calibration phantom of known values under the back."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from scipy import ndimage

from scandrop_cli.samples import bones
from scandrop_cli.samples.chest import LEFT, RIGHT, Chest, Rng
from scandrop_cli.samples.solids import Array, Loft, Mask, Tube
from scandrop_cli.samples.vessels import vessels

SIZE = 512
FIELD_MM = 400.0
PIXEL_MM = FIELD_MM / SIZE
CENTRE_Y_MM = 22.0  # so that body, calibration phantom and table all fit
NOISE_HU = 12.0
NODULE_HU = 35
INSERTS_HU = {-90.0: -100, -45.0: -50, 0.0: 50, 45.0: 100, 90.0: 200}  # x in mm: the rod's value
INSERT_Y_MM, INSERT_RADIUS_MM = 138.0, 9.0

_FAT_MM = 13.0
_LEAST_RADIUS_MM = 0.6  # thinner vessels would fall between the pixels

X_MM = ((np.arange(SIZE) + 0.5) * PIXEL_MM - FIELD_MM / 2)[None, :]
Y_MM = ((np.arange(SIZE) + 0.5) * PIXEL_MM - FIELD_MM / 2 + CENTRE_Y_MM)[:, None]


@dataclass(frozen=True)
class Points:
    """The points of many tubes, each with its tube's radius."""

    at: Array
    radius: Array

    @classmethod
    def of(cls, tubes: Sequence[Tube]) -> "Points":
        radii = [np.full(len(tube.points), max(tube.radius_mm, _LEAST_RADIUS_MM)) for tube in tubes]
        return cls(np.concatenate([tube.points for tube in tubes]), np.concatenate(radii))

    def reach(self, z_mm: float) -> Array:
        """(SIZE, SIZE): the distance from the nearest point over its radius, below 1 inside and 2 far away."""
        out = np.full((SIZE, SIZE), 2.0)
        above = self.at[:, 2] - z_mm
        for index in np.flatnonzero(np.abs(above) < self.radius):
            (x, y, _), radius = self.at[index], self.radius[index]
            rows, columns = _window(Y_MM[0, 0], y, radius), _window(X_MM[0, 0], x, radius)
            square = (X_MM[:, columns] - x) ** 2 + (Y_MM[rows] - y) ** 2 + above[index] ** 2
            out[rows, columns] = np.minimum(out[rows, columns], np.sqrt(square) / radius)
        return out


def _window(first_mm: float, at_mm: float, radius_mm: float) -> slice:
    low, high = ((at_mm + way * radius_mm - first_mm) / PIXEL_MM for way in (-1, 1))
    return slice(max(int(low), 0), max(int(high) + 2, 0))


class Scan:
    """Takes slices of a chest."""

    def __init__(self, chest: Chest) -> None:
        self.chest = chest

    def slice(self, z_mm: float, rng: Rng) -> Array:
        """(SIZE, SIZE) of HU at a height: rows run to the back, columns to the patient's left."""
        values = self._tissue(z_mm)
        self._paint_bones(values, z_mm)
        _paint_table(values)
        noise = ndimage.gaussian_filter(rng.standard_normal(values.shape), 0.7)
        return ndimage.gaussian_filter(values, 0.55) + noise * (NOISE_HU / noise.std())

    def _tissue(self, z_mm: float) -> Array:
        values = np.full((SIZE, SIZE), -1000.0)
        body = self._holds(self.chest.torso, z_mm)
        depth = ndimage.distance_transform_edt(body, PIXEL_MM)
        values[body] = -100
        values[depth > _FAT_MM] = 55
        values[np.abs(depth - 2 * _FAT_MM) < 1] = -50  # between two layers of muscle
        values[body & (depth < 1.5)] = 20
        for side in (RIGHT, LEFT):
            lung = self._holds(self.chest.lung(side), z_mm)
            values[lung] = -870
            values[lung & (self._vessels.reach(z_mm) < 1)] = 40
            values[lung & self._holds(self.chest.diaphragm(side), z_mm)] = 60 if side == RIGHT else 48
        values[self._holds(self.chest.mediastinum, z_mm)] = -70
        for organ in (*self.chest.soft_inside, self.chest.heart, *self.chest.arteries):
            values[self._holds(organ, z_mm)] = 44
        values[self._airways.reach(z_mm) < 1.15] = 30
        values[self._airways.reach(z_mm) < 1] = -990
        self._paint_nodule(values, z_mm)
        return values

    def _holds(self, organ: Loft, z_mm: float) -> Mask:
        return organ.holds(X_MM, Y_MM, np.array(z_mm))

    @cached_property
    def _vessels(self) -> Points:
        return Points.of(vessels(self.chest))

    @cached_property
    def _airways(self) -> Points:
        return Points.of(self.chest.airways)

    @cached_property
    def _ribs(self) -> Points:
        return Points.of([*bones.ribs(self.chest), *bones.clavicles(self.chest), *chain(*bones.blades(self.chest))])

    def _paint_nodule(self, values: Array, z_mm: float) -> None:
        nodule = self.chest.nodule
        if nodule:
            square = (X_MM - nodule.x_mm) ** 2 + (Y_MM - nodule.y_mm) ** 2 + (z_mm - nodule.z_mm) ** 2
            values[square < nodule.radius_mm**2] = NODULE_HU

    def _paint_bones(self, values: Array, z_mm: float) -> None:
        reach = self._ribs.reach(z_mm)
        values[reach < 1] = 650
        values[reach < 0.6] = 240
        self._paint_blades(values, z_mm)
        spine_mm = bones.spine_mm(z_mm)
        _paint_ring(values, (0, spine_mm + 28), (16, 12), (450, 25), 0.72)  # the arch round the canal
        for side in (RIGHT, LEFT):
            _paint_ring(values, (side * 26, spine_mm + 26), (15, 5), (450, 220), 0.6)
        _paint_ring(values, (0, spine_mm + 42), (3.5, 8), (500, 250), 0.6)
        between = np.abs(bones.VERTEBRAE_MM - z_mm).min() > 8.5
        body = (80, 90) if between else (480, 170)
        _paint_ring(values, (0, spine_mm + 4), (17, 14), body, 0.9)
        if -75 < z_mm < 75:
            _paint_ring(values, (0, -self._front(z_mm)), (16, 5.5), (500, 180), 0.7)  # the sternum

    def _paint_blades(self, values: Array, z_mm: float) -> None:
        """The sheet between the two borders of each shoulder blade."""
        for inner, outer, _ in bones.blades(self.chest):
            start, end = (border.points[np.abs(border.points[:, 2] - z_mm).argmin()] for border in (inner, outer))
            if max(abs(start[2] - z_mm), abs(end[2] - z_mm)) < 1:
                sheet = Points.of([Tube(np.linspace(start, end, 120), 1.6)])
                values[sheet.reach(z_mm) < 1] = 420

    def _front(self, z_mm: float) -> float:
        _, y, _, depth = self.chest.torso.section(np.array(z_mm))
        return float(depth - y) - _FAT_MM - 8


def pixel(x_mm: float, y_mm: float) -> tuple[float, float]:
    """Row and column of what lies there, counted from 0."""
    row = (y_mm - CENTRE_Y_MM + FIELD_MM / 2) / PIXEL_MM - 0.5
    return round(row, 1), round((x_mm + FIELD_MM / 2) / PIXEL_MM - 0.5, 1)


def inserts() -> list[dict[str, float]]:
    """The rods of the calibration phantom; the radius is safe from their edge."""
    radius = round(0.75 * INSERT_RADIUS_MM / PIXEL_MM, 1)
    places = ((hu, *pixel(x_mm, INSERT_Y_MM)) for x_mm, hu in INSERTS_HU.items())
    return [{"hu": hu, "row": row, "column": column, "radius_pixels": radius} for hu, row, column in places]


def _paint_ring(
    values: Array, centre: tuple[float, float], half: tuple[float, float], hu: tuple[float, float], inside: float
) -> None:
    """An ellipse with a shell and an inside."""
    reach = np.hypot((X_MM - centre[0]) / half[0], (Y_MM - centre[1]) / half[1])
    values[reach < 1] = hu[0]
    values[reach < inside] = hu[1]


def _paint_table(values: Array) -> None:
    """The calibration phantom's block and rods, and the table with its curved shell."""
    values[(np.abs(X_MM) < 125) & (np.abs(Y_MM - INSERT_Y_MM) < 13)] = 0
    for x_mm, hu in INSERTS_HU.items():
        values[np.hypot(X_MM - x_mm, Y_MM - INSERT_Y_MM) < INSERT_RADIUS_MM] = hu
    below = Y_MM - 154 + (X_MM / 190) ** 2 * 22
    table = (below > 0) & (below < 30) & (np.abs(X_MM) < 190)
    values[table] = -880
    values[table & ((below < 2.5) | (below > 27.5))] = -100
