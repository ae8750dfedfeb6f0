"""The bones of a chest."""

from collections.abc import Iterator

import numpy as np

from scandrop_cli.samples.chest import LEFT, RIGHT, Chest
from scandrop_cli.samples.solids import Array, Tube, dense, line

PAIRS = 11
VERTEBRAE_MM = np.array([150 - 19.5 * n - 0.28 * n**2 for n in range(18)])  # the heights of the bodies' middles

_CLAVICLE = ((16, -62, 80), (45, -70, 84), (80, -62, 96), (115, -40, 108), (150, -15, 112))
_TO_THE_SPINE = ((84, 76, 84), (92, 82, 40), (102, 84, -10), (110, 84, -40))
_TO_THE_ARM = ((110, 84, -40), (128, 74, 0), (138, 58, 50), (148, 40, 74))
_CREST = ((84, 76, 78), (115, 64, 92), (145, 38, 104), (168, 5, 108))


def ribs(chest: Chest) -> Iterator[Tube]:
    """Halves of ribs, behind and before; the last pair has none before."""
    for number in range(PAIRS):
        for side in (RIGHT, LEFT):
            points = _rib(chest, number, side)
            turn = int(np.abs(points[:, 0]).argmax())
            is_last = number == PAIRS - 1
            radius_mm = 4.0 if is_last else 5.6
            yield Tube(dense(points[: turn + 1]), radius_mm)
            if not is_last:
                yield Tube(dense(points[turn:]), radius_mm)


def _rib(chest: Chest, number: int, side: int) -> Array:
    """Along the lung's outside, from the spine round to the front, and lower and lower."""
    start_mm = 100 - 25.5 * number + 0.2 * number**2
    angle = np.linspace(0.06, np.pi * (0.86 - 0.02 * number if number else 0.7), 240)
    share = angle / 2.4
    z = start_mm + 6 * np.sin(np.minimum(angle * 2, np.pi))
    z -= (34 + 11 * min(number, 6)) * chest.slope * (0.45 * share + 0.55 * share**1.7)
    x, y, width, depth = chest.lung(side).section(np.clip(z, -140, 104))
    outer = (np.abs(x) + width + 5) * np.sin(angle) ** 0.8 + 20 * np.exp(-angle * 4)
    beside = np.clip(
        (outer - np.abs(x)) / (width + 5), 0, 1
    )  # as the lung's section has it, which is not in the middle
    behind = np.sign(np.cos(angle)) * (1 - beside**2.3) ** (1 / 2.3)
    return np.column_stack([side * outer, y + (depth + 6) * behind, z])


def spine_mm(z_mm: float) -> float:
    """How far back the spine is, which bends to the front above."""
    return 62 - 0.5 * max(z_mm - 40, 0)


def clavicles(chest: Chest) -> Iterator[Tube]:
    for side in (RIGHT, LEFT):
        yield Tube(line(*_on(chest, side, _CLAVICLE)), 6.0)


def blades(chest: Chest) -> Iterator[tuple[Tube, Tube, Tube]]:
    """Of each shoulder blade the border to the spine, the border to the arm, and the crest."""
    for side in (RIGHT, LEFT):
        inner, outer, crest = (_on(chest, side, knots) for knots in (_TO_THE_SPINE, _TO_THE_ARM, _CREST))
        yield Tube(line(*inner), 3.2), Tube(line(*outer), 4.2), Tube(line(*crest), 4.0)


def _on(chest: Chest, side: int, knots: tuple[tuple[float, float, float], ...]) -> list[Array]:
    return [np.array([side * x * chest.width, y, z]) for x, y, z in knots]
