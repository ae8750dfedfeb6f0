"""Chest radiographs as PNG, of 16 and of 8 bits in turn; every other one has a nodule."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from scandrop_cli.samples import Sample, Store, radiograph
from scandrop_cli.samples.chest import Chest
from scandrop_cli.samples.solids import Mask

_KIND = 1  # keeps the kinds' random numbers apart


def make(store: Store, seed: int, count: int) -> Iterator[Sample]:
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, _KIND, number])
        bits, name = (16, 8)[(number - 1) % 2], f"chest-{number:03}.png"
        chest = Chest(rng, nodule=number % 2 == 1)
        levels = np.rint(radiograph.radiograph(chest, rng) * (2**bits - 1))
        Image.fromarray(levels.astype(np.uint16 if bits == 16 else np.uint8)).save(store.drop(name))
        lungs = radiograph.lung_mask(chest)
        Image.fromarray(lungs).save(store.truth(name, "lungs.png"))
        about = f"chest radiograph, {bits} bits, {'a nodule' if chest.nodule else 'no nodule'}"
        yield store.keep(name, {"seed": seed, "bits": bits, **facts(chest, lungs)}, about)


def facts(chest: Chest, lungs: Mask) -> dict[str, Any]:
    """What is true of a chest's radiograph, given its lung fields; rows and columns are counted from 0."""
    middle = lungs.shape[1] // 2
    area_cm2 = radiograph.PIXEL_MM**2 / 100
    return {
        "pixel_mm": radiograph.PIXEL_MM,
        "heart_thorax_ratio": round(chest.heart_thorax_ratio, 3),
        "right_lung_cm2": round(float(lungs[:, :middle].sum() * area_cm2), 1),  # a reader's left is the patient's right
        "left_lung_cm2": round(float(lungs[:, middle:].sum() * area_cm2), 1),
        "nodule": _nodule(chest),
    }


def _nodule(chest: Chest) -> dict[str, float] | None:
    if chest.nodule is None:
        return None
    row, column = radiograph.pixel(chest.nodule.x_mm, chest.nodule.z_mm)
    diameter = 2 * chest.nodule.radius_mm
    return {"row": round(row, 1), "column": round(column, 1), "diameter_mm": round(diameter, 1)}
