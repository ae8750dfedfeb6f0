"""A chest in mm, drawn from a seed: what `radiograph` projects and `ct` slices.

x points to the patient's left, y to the back and z to the head; the carina is at the origin's height.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scandrop_cli.samples.solids import Array, Loft, Tube, ellipsoid, line

type Rng = np.random.Generator

RIGHT, LEFT = -1, 1


@dataclass(frozen=True)
class Nodule:
    x_mm: float
    y_mm: float
    z_mm: float
    radius_mm: float


class Chest:
    """One person's chest. Sizes vary by some percent, the heart's by more, and every other chest has a nodule."""

    def __init__(self, rng: Rng, *, nodule: bool) -> None:
        self.width, self._depth = rng.normal(1, 0.03, 2).clip(0.94, 1.06)
        self._heart = rng.uniform(0.9, 1.25)
        self._dome = rng.normal(-102, 4)
        self.slope = rng.uniform(0.9, 1.15)
        self.vessel_seed = int(rng.integers(2**32))
        self.nodule = self._place(rng) if nodule else None

    def _loft(self, *sections: tuple[float, float, float, float, float], power: float = 2.0) -> Loft:
        wide, deep = self.width, self._depth
        return Loft([(z, x * wide, y * deep, a * wide, b * deep) for z, x, y, a, b in sections], power)

    @cached_property
    def torso(self) -> Loft:
        return self._loft(
            (-300, 0, 0, 160, 112),
            (-200, 0, 0, 163, 115),
            (-100, 0, 0, 168, 115),
            (0, 0, 0, 166, 110),
            (60, 0, 2, 158, 100),
            (100, 0, 6, 138, 84),
            (122, 0, 8, 96, 68),
            (145, 0, 5, 64, 60),
            (260, 0, 0, 58, 58),
            power=2.5,
        )

    @cached_property
    def shoulders(self) -> Loft:
        """Where the arms hang, as for a radiograph."""
        return self._loft(
            (40, 0, 10, 160, 0.5),
            (50, 0, 10, 225, 30),
            (80, 0, 10, 225, 48),
            (100, 0, 10, 190, 52),
            (115, 0, 10, 140, 50),
            (130, 0, 10, 92, 48),
            (160, 0, 5, 62, 48),
            power=3,
        )

    def lung(self, side: int) -> Loft:
        """The right or the left one."""
        return self.lungs[side == LEFT]

    def diaphragm(self, side: int) -> Loft:
        """Half of it, with what is below."""
        return self._diaphragm[side == LEFT]

    def _lung(self, side: int) -> Loft:
        """As if there were no heart and no diaphragm, which are to be taken out of it."""
        edges = (  # height, far from and near to the middle, centre y, half depth
            (118, 44, 40, 24, 1),
            (114, 58, 27, 23, 14),
            (105, 70, 20, 21, 28),
            (80, 94, 14, 15, 46),
            (40, 118, 13, 8, 64),
            (0, 131, 14, 4, 76),
            (-60, 140, 14, 2, 86),
            (-110, 143, 14, 5, 88),
            (-150, 142, 22, 16, 80),
            (-166, 139, 50, 28, 60),
            (-180, 118, 100, 36, 1),
        )
        return self._loft(
            *((z, side * (far + near) / 2, y, (far - near) / 2, half) for z, far, near, y, half in edges), power=2.3
        )

    @cached_property
    def lungs(self) -> tuple[Loft, Loft]:
        return self._lung(RIGHT), self._lung(LEFT)

    def dome_mm(self, side: int) -> float:
        """How high the diaphragm stands; the left half lower, as below the heart."""
        return float(self._dome - (0 if side == RIGHT else 12))

    @cached_property
    def _diaphragm(self) -> tuple[Loft, Loft]:
        return self._half(RIGHT), self._half(LEFT)

    def _half(self, side: int) -> Loft:
        top, base = self.dome_mm(side), -180.0
        heights = np.linspace(0, np.pi / 2, 20)
        sections = [
            (base + (top - base) * np.sin(h), side * 76, -12 + 10 * (1 - np.cos(h)), 80 * np.cos(h), 88 * np.cos(h))
            for h in heights
        ]
        return self._loft(*sections, (-300, side * 76, -12, 80, 88))

    @cached_property
    def heart(self) -> Loft:
        borders = (  # height, right and left border, centre y, half depth
            (14, 20, 24, -14, 18),
            (0, 24, 33, -16, 28),
            (-20, 32, 44, -20, 38),
            (-50, 40, 62, -24, 46),
            (-80, 43, 78, -28, 48),
            (-105, 38, 86, -30, 44),
            (-122, 26, 80, -32, 34),
            (-136, -10, 56, -34, 6),
        )
        return self._loft(
            *(
                (z, (left - right) / 2 * self._heart, y, (left + right) / 2 * self._heart, half)
                for z, right, left, y, half in borders
            ),
            power=2.2,
        )

    @cached_property
    def heart_thorax_ratio(self) -> float:
        """The widest heart over the widest inner thorax, as it is measured on a radiograph."""
        z = np.linspace(-136, 14, 600)
        x, _, width, _ = self.heart.section(z)
        heart = (x + width).max() - (x - width).min()
        lung_x, _, lung_width, _ = self.lung(LEFT).section(np.linspace(-170, 110, 600))
        return float(heart / (2 * (lung_x + lung_width).max()))

    @cached_property
    def mediastinum(self) -> Loft:
        return self._loft(
            (260, 0, 5, 24, 25),
            (118, -1, 5, 20, 34),
            (85, -2, 5, 23, 46),
            (50, -4, 4, 27, 56),
            (25, -3, 4, 25, 64),
            (-20, 0, 10, 20, 68),
            (-80, 2, 30, 15, 56),
            (-200, 0, 40, 14, 40),
        )

    @cached_property
    def arteries(self) -> tuple[Loft, ...]:
        """The aorta's arch, what descends from it, the pulmonary trunk and what leaves it at both hila."""
        wide = self.width
        return (
            ellipsoid((22 * wide, 12, 34), (18, 30, 17)),
            self._loft((34, 27, 36, 12, 13), (-60, 20, 42, 12, 13), (-200, 8, 42, 11, 12)),
            ellipsoid((24 * wide, -14, 0), (17, 24, 20)),
            ellipsoid((-33 * wide, 10, -20), (11, 16, 24)),
            ellipsoid((36 * wide, 14, -8), (12, 16, 20)),
        )

    @cached_property
    def soft_inside(self) -> tuple[Loft, ...]:
        """The upper vena cava and the gullet, which show in slices only."""
        return (
            self._loft((125, -15, -6, 7, 8), (60, -18, -8, 9, 10), (10, -18, -8, 9, 10)),
            self._loft((200, 3, 30, 6, 5), (-10, 4, 40, 7, 5), (-180, 6, 30, 8, 6)),
        )

    @cached_property
    def airways(self) -> tuple[Tube, ...]:
        """The trachea and both main bronchi."""
        carina = np.array([-1.0, 14.0, 0.0])
        return (
            Tube(line((0, -6, 200), (-2, 4, 80), carina), 8.5),
            Tube(line(carina, (-22, 16, -20), (-36, 18, -42)), 6.5),
            Tube(line(carina, (22, 17, -14), (42, 20, -26)), 5.5),
        )

    def is_lung(self, point: Array, side: int) -> bool:
        return bool(self.lung(side).holds(*point) and not self.diaphragm(side).holds(*point))

    def _place(self, rng: Rng) -> Nodule:
        """Somewhere in a lung, clear of heart, diaphragm and chest wall."""
        while True:
            side = int(rng.choice([RIGHT, LEFT]))
            point = np.array([side * rng.uniform(58, 115), rng.uniform(-40, 50), rng.uniform(-75, 65)])
            radius = rng.uniform(7, 13)
            far = point + np.array([side * 22, 0, 0])
            near = point - np.array([side * 18, 0, 0])
            clear = not any(self.heart.holds(*at) or self.mediastinum.holds(*at) for at in (point, near))
            if clear and self.is_lung(point, side) and self.is_lung(far, side):
                return Nodule(*(float(mm) for mm in (*point, radius)))
