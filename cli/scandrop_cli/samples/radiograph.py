"""The radiograph of a chest: what is left of the beam behind it, as a digital detector and its software show it."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from scandrop_cli.samples import bones
from scandrop_cli.samples.chest import LEFT, RIGHT, Chest, Rng
from scandrop_cli.samples.solids import Array, Loft, Mask, Tube
from scandrop_cli.samples.vessels import vessels

ROWS, COLUMNS = 2000, 1720
PIXEL_MM = 0.2
TOP_MM = 152.0  # the height of the first row
_COARSE = 2  # what is computed of the anatomy is twice as coarse as the detector
_STEP_MM = PIXEL_MM * _COARSE

SOFT, BONE, AIR_IN_LUNG = 0.02, 0.034, 0.78  # per mm; the share of a lung that is air

type Picture = npt.NDArray[np.float32]

X_MM = (np.arange(COLUMNS // _COARSE) + 0.5) * _STEP_MM - COLUMNS * PIXEL_MM / 2
Z_MM = TOP_MM - (np.arange(ROWS // _COARSE) + 0.5) * _STEP_MM


def pixel(x_mm: float, z_mm: float) -> tuple[float, float]:
    """Row and column of what lies there."""
    return (TOP_MM - z_mm) / PIXEL_MM - 0.5, x_mm / PIXEL_MM + COLUMNS / 2 - 0.5


def radiograph(chest: Chest, rng: Rng) -> Picture:
    """(ROWS, COLUMNS) from 0 to 1, as a reader sees it: bone is bright."""
    anatomy = ndimage.zoom(attenuation(chest) + _unevenness(rng), _COARSE, order=1)
    return _collimated(_shown(_detected(anatomy, rng)), rng)


def attenuation(chest: Chest) -> Array:
    """The beam's attenuation on the coarse grid: a natural logarithm."""
    soft = np.maximum(_depth(chest.torso), 0.9 * _depth(chest.shoulders)) - _fat(chest)
    soft -= AIR_IN_LUNG * air(chest) + _airways(chest)
    soft += AIR_IN_LUNG * (_vessels(chest) + _nodule(chest))
    return ndimage.gaussian_filter(SOFT * soft + BONE * _bones(chest), 0.8)


@lru_cache(maxsize=1)  # the picture and the lung fields both take it
def air(chest: Chest) -> Array:
    """How many mm of the ray are in a lung."""
    inside = np.zeros((len(Z_MM), len(X_MM)))
    for side, lung in zip((RIGHT, LEFT), chest.lungs, strict=True):
        front, back = lung.span(X_MM, Z_MM)
        taken = sum(
            np.clip(np.minimum(back, far) - np.maximum(front, near), 0, None)
            for near, far in (
                organ.span(X_MM, Z_MM)
                for organ in (chest.heart, chest.diaphragm(side), chest.mediastinum, *chest.arteries)
            )
        )
        inside += np.clip(back - front - taken, 0, None)
    return ndimage.gaussian_filter(inside, 1.2 / _STEP_MM)


def lung_mask(chest: Chest) -> Mask:
    """(ROWS, COLUMNS): the lung fields as a reader draws them, without what heart, vessels and diaphragm cover."""
    covered = (chest.heart, chest.mediastinum, *chest.arteries, chest.diaphragm(RIGHT), chest.diaphragm(LEFT))
    clear = np.all([_depth(organ) < 1 for organ in covered], axis=0)
    return np.kron(clear & (air(chest) >= 10), np.ones((_COARSE, _COARSE))).astype(bool)


def _unevenness(rng: Rng) -> Array:
    """Muscles and fat in no order."""
    field = ndimage.gaussian_filter(rng.standard_normal((len(Z_MM) // 8, len(X_MM) // 8)), 3)
    smooth = ndimage.zoom(field / field.std(), 8, order=1)
    return 0.035 * np.pad(smooth, [(0, len(Z_MM) - len(smooth)), (0, len(X_MM) - smooth.shape[1])], mode="edge")


def _depth(organ: Loft) -> Array:
    front, back = organ.span(X_MM, Z_MM)
    return back - front


def _fat(chest: Chest) -> Array:
    """What the skin's fat takes less than muscle would."""
    return 0.06 * _depth(chest.torso)


def _airways(chest: Chest) -> Array:
    return 0.9 * np.maximum.reduce([_tube(tube, hollow=0.0) for tube in chest.airways])


def _nodule(chest: Chest) -> Array | float:
    nodule = chest.nodule
    if nodule is None:
        return 0.0
    square = (X_MM[None] - nodule.x_mm) ** 2 + (Z_MM[:, None] - nodule.z_mm) ** 2
    return ndimage.gaussian_filter(2 * np.sqrt(np.clip(nodule.radius_mm**2 - square, 0, None)), 1.5)


def _bones(chest: Chest) -> Array:
    found = sum(_tube(rib, hollow=0.8) for rib in bones.ribs(chest)) * 0.9
    found += sum(_tube(clavicle, hollow=0.75) for clavicle in bones.clavicles(chest)) * 0.75
    for blade in bones.blades(chest):
        found += sum(_tube(border, hollow=0.7) for border in blade) * 0.5 + _sheet(*blade[:2])
    return found + _humeri() + 0.5 * _spine()


def _tube(tube: Tube, hollow: float) -> Array:
    """How many mm of the ray are in a tube's wall, and half of those in its inside.

    hollow: the inside's radius over the whole's.
    """
    column = np.round((tube.points[:, 0] - X_MM[0]) / _STEP_MM).astype(int)
    row = np.round((Z_MM[0] - tube.points[:, 2]) / _STEP_MM).astype(int)
    out = np.zeros((len(Z_MM), len(X_MM)))
    margin = int(np.ceil(tube.radius_mm / _STEP_MM)) + 2
    top, left = max(row.min() - margin, 0), max(column.min() - margin, 0)
    bottom, right = min(row.max() + margin, len(Z_MM)), min(column.max() + margin, len(X_MM))
    if top >= bottom or left >= right:
        return out
    height, width = row.max() - row.min() + 2 * margin + 1, column.max() - column.min() + 2 * margin + 1
    off = np.ones((height, width), bool)
    off[row - row.min() + margin, column - column.min() + margin] = False
    distance, nearest = ndimage.distance_transform_edt(off, _STEP_MM, return_indices=True)
    slant = np.zeros((height, width))
    slant[row - row.min() + margin, column - column.min() + margin] = _slant(tube.points)
    whole, inner = (np.sqrt(np.clip(r**2 - distance**2, 0, None)) for r in (tube.radius_mm, hollow * tube.radius_mm))
    patch = (2 * whole - inner) * slant[tuple(nearest)]
    y0, x0 = row.min() - margin, column.min() - margin
    out[top:bottom, left:right] = patch[top - y0 : bottom - y0, left - x0 : right - x0]
    return out


def _slant(points: Array) -> Array:
    """How much longer the way of a ray through a tube is than its width, at each point."""
    along = np.gradient(points, axis=0)
    across = np.hypot(along[:, 0], along[:, 2])
    return np.minimum(np.linalg.norm(along, axis=1) / np.maximum(across, 1e-9), 1.6)


def _vessels(chest: Chest) -> Array:
    """Each vessel's volume, spread over its width."""
    out = np.zeros((len(Z_MM), len(X_MM)))
    for radius in np.geomspace(0.5, 5, 9):
        near = [tube for tube in vessels(chest) if radius / 1.155 <= tube.radius_mm < radius * 1.155]
        if near:
            out += _spread(near, float(radius))
    return out


def _spread(tubes: Iterable[Tube], radius_mm: float) -> Array:
    points = np.concatenate([tube.points for tube in tubes])
    weight = np.pi * radius_mm**2 * 0.4 / _STEP_MM**2
    edges = (
        np.append(Z_MM[::-1] - _STEP_MM / 2, Z_MM[0] + _STEP_MM / 2),
        np.append(X_MM - _STEP_MM / 2, X_MM[-1] + _STEP_MM / 2),
    )
    counted, *_ = np.histogram2d(points[:, 2], points[:, 0], bins=edges)
    return ndimage.gaussian_filter(counted[::-1] * weight, radius_mm / 1.9 / _STEP_MM)


def _sheet(inner: Tube, outer: Tube) -> Array:
    """What is between the borders of a shoulder blade."""
    side = np.sign(inner.points[0, 0])
    medial = np.interp(Z_MM, inner.points[::-1, 2], np.abs(inner.points[::-1, 0]))[:, None]
    lateral = np.interp(Z_MM, outer.points[:, 2], np.abs(outer.points[:, 0]))[:, None]
    x, z = X_MM[None] * side, Z_MM[:, None]
    return ndimage.gaussian_filter(1.6 * ((x > medial) & (x < lateral) & (z > -40) & (z < 88)), 2)


def _humeri() -> Array:
    square = (np.abs(X_MM[None]) - 178) ** 2 + (Z_MM[:, None] - 88) ** 2
    return 0.35 * np.sqrt(np.clip(24.0**2 - square, 0, None))


def _spine() -> Array:
    out = np.zeros((len(Z_MM), len(X_MM)))
    columns = np.abs(X_MM) < 45
    for number, middle_mm in enumerate(bones.VERTEBRAE_MM):
        rows = np.abs(Z_MM - middle_mm) < 24
        out[np.ix_(rows, columns)] += _vertebra(X_MM[columns][None], Z_MM[rows][:, None] - middle_mm, number)
    return out


def _vertebra(x: Array, z: Array, number: int) -> Array:
    """A body with its end plates, two pedicles, two transverse processes and the spinous one."""
    half_width, half_height = 13.5 + 0.45 * number, 7.6 + 0.22 * number
    waist = half_width - 1.8 * (1 - (z / half_height) ** 2).clip(0, 1)
    body = _edge(waist - np.abs(x)) * _edge(half_height - np.abs(z))
    plates = body * np.exp(-((np.abs(z) - half_height + 1) ** 2))
    out = 9 * body * np.sqrt(np.clip(1 - 0.6 * (x / half_width) ** 2, 0, 1)) + 4 * plates
    for side in (RIGHT, LEFT):
        pedicle = np.hypot((x - side * (half_width - 4.5)) / 3.2, (z - 2) / 4.4)
        transverse = ((x - side * (half_width + 9)) / 11) ** 2 + ((z - 4) / 5) ** 2
        out += 5.5 * np.exp(-(((pedicle - 0.9) / 0.3) ** 2)) + 3.5 * _edge(4 * (1 - transverse))
    spinous = np.hypot(x / 2.4, (z + 9) / 6)
    return out + 5 * np.exp(-(((spinous - 0.8) / 0.4) ** 2))


def _edge(inside_mm: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(inside_mm * 2.5, -40, 40)))


def _detected(dense: Array, rng: Rng) -> Picture:
    """With the scatter of the body and the quanta's noise."""
    beam = np.exp(-dense)
    beam += 0.25 * ndimage.zoom(ndimage.gaussian_filter(beam[::8, ::8], 15), 8, order=1)[: len(beam)]
    quanta = 9000.0
    noise = ndimage.gaussian_filter(rng.standard_normal(beam.shape, np.float32), 0.6) * 1.7
    beam += noise * np.sqrt(beam / quanta)
    return -np.log(np.clip(beam, 1e-4, None)).astype(np.float32)


def _shown(dense: Picture) -> Picture:
    """What is large is pressed together and what is small brought out, as the makers' software does it."""
    large = ndimage.zoom(ndimage.gaussian_filter(dense[::8, ::8], 9), 8, order=1)[: len(dense)]
    balanced = 0.62 * large + 1.35 * (dense - large)
    dark, bright = np.percentile(balanced[200:-200, 100:-100], [3, 97])
    level = (balanced - dark) / (bright - dark)
    return (1 / (1 + np.exp(-3.8 * (level - 0.5)))).astype(np.float32)


def _collimated(shown: Picture, rng: Rng) -> Picture:
    """Black where the shutters stood, and a leaden L at the patient's left shoulder."""
    shown = (shown - shown.min()) / (shown.max() - shown.min())
    row, column = 150, COLUMNS - 210
    shown[row : row + 90, column : column + 16] = 1
    shown[row + 74 : row + 90, column : column + 56] = 1
    shown = ndimage.gaussian_filter(shown, 0.5)
    top, bottom, left, right = rng.integers(14, 50, 4)
    open_ = np.zeros_like(shown)
    open_[top:-bottom, left:-right] = 1
    return np.asarray(shown * ndimage.gaussian_filter(open_, 1.5), np.float32)
