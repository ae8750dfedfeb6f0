"""How the values of a gray frame are spread, in the units that a window is stated in."""

import math

import numpy as np

from scandrop.pictures.histogram import BINS, SAMPLE_PIXELS, histogram
from scandrop.processors import Json
from scandrop.processors.dicom._ranges import Values, is_background
from scandrop.processors.dicom._voi import Display


def of_values(values: Values, display: Display) -> dict[str, Json] | None:
    """Of the units that the Modality LUT makes of stored values, without padding.

    None where nothing else is there, or no 64 steps lie between its ends. values: (rows, columns), of which rows and
    columns are left out evenly.
    """
    step = max(1, math.ceil(math.sqrt(values.size / SAMPLE_PIXELS)))
    sample = values[::step, ::step]
    units = display.modality(sample.astype(np.float64))
    units = units[~is_background(sample, units, display.padding)]
    if not units.size:
        return None
    low, high = float(units.min()), float(units.max())
    scale = BINS / (high - low) if high > low else 0.0
    if not math.isfinite(high - low) or not math.isfinite(scale):
        return None
    bins = np.minimum((units - low) * scale, BINS - 1).astype(np.intp)
    return histogram(low, high, np.bincount(bins, minlength=BINS).tolist())
