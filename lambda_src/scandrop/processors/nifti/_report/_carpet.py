"""The carpet plot of Power (2017): one row per voxel, one column per volume, ordered by region."""

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Values
from scandrop.processors.nifti._report._colour import GRAY, Scale
from scandrop.processors.nifti._report._html import Html, joined, tag
from scandrop.processors.nifti._report._numbers import counted

_MOST_ROWS, _MOST_COLUMNS, _MOST_PIXELS = 1000, 1500, 500_000
_FEWEST_COLUMNS = 600
_STILL = 1e-6  # a deviation below this share of the largest value is rounding
_SCALE = Scale(-2.0, 2.0, GRAY, "standard deviations of the voxel", levels=48)


def carpet(series: Values, regions: NDArray[np.integer] | None, steady: NDArray[np.bool_]) -> tuple[Html, str]:
    """The carpet as the last panel of the time courses, and what the caption has to say of it.

    series: (n, nt) of voxels, in any unit.
    regions: (n,) the number of each one's region; rows are sorted by it.
    steady: (nt,), the volumes that mean, trend and deviation are of.
    """
    order = np.argsort(regions, kind="stable") if regions is not None else np.arange(len(series))
    columns = min(series.shape[1], _MOST_COLUMNS)
    rows = min(len(order), _MOST_ROWS, _MOST_PIXELS // columns)
    chosen = order[((np.arange(rows) + 0.5) * len(order) / rows).astype(np.intp)]
    pixels = _binned(standardised(series[chosen], steady), columns)
    pixels = pixels.repeat(max(1, _FEWEST_COLUMNS // columns), axis=1)  # or a browser would blend neighbours in time
    words = f"{rows} of {counted(len(series), 'voxel')}" if rows < len(series) else counted(rows, "voxel")
    by_region = "" if regions is None else ", in the order of the regions"
    alt = f"Carpet plot: the signal of {words} over time, in gray{by_region}."
    picture = tag("img", src=_SCALE.uri(pixels), alt=alt)
    head = tag("div", tag("h3", "Carpet", tag("small", f"{words}{by_region}")), class_="head")
    side = tag("div", None if regions is None else strip(regions[chosen]), class_="y")
    parts = (head, side, tag("div", picture, class_="plot carpet"), tag("div", class_="ends"))
    return joined(
        *parts
    ), f"Each row of the carpet is one voxel ({words}{by_region}) without its linear trend, z-scored."


def legend() -> Html:
    return _SCALE.bar()


def standardised(series: Values, steady: NDArray[np.bool_]) -> Values:
    """Each row without its mean and linear trend, in its own standard deviations; 0 where nothing varies.

    series: (n, nt). steady: (nt,), the volumes that these are of; all where none is.
    """
    values = np.where(np.isfinite(series), series, 0).astype(np.float64)
    used = steady if steady.any() else np.ones_like(steady)
    time = np.arange(values.shape[1]) - np.flatnonzero(used).mean()
    largest = np.abs(values).max(axis=1, keepdims=True)
    values -= values[:, used].mean(axis=1, keepdims=True)
    values -= np.outer(values[:, used] @ time[used], time / max(float(time[used] @ time[used]), 1.0))
    spread = values[:, used].std(axis=1, keepdims=True)
    return np.divide(values, spread, out=np.zeros_like(values), where=spread > _STILL * largest)


def _binned(series: Values, columns: int) -> Values:
    """The mean of the volumes that share a column."""
    if series.shape[1] <= columns:
        return series
    edges = np.linspace(0, series.shape[1], columns + 1).astype(np.intp)
    sums = np.add.reduceat(series, edges[:-1], axis=1)
    return np.asarray(sums / np.diff(edges))


def strip(regions: NDArray[np.integer]) -> Html:
    """A stripe beside the rows that changes its tone where the next region begins."""
    turn = np.concatenate([[0], np.cumsum(np.diff(regions) != 0)]) % 2
    edges = np.flatnonzero(np.diff(np.pad(turn, 1))).reshape(-1, 2)
    d = "".join(f"M0 {first}H1V{past}H0z" for first, past in edges)
    path = tag("path", d=d)
    box = f"0 0 1 {len(regions)}"
    return tag("svg", path, class_="strip", viewBox=box, preserveAspectRatio="none", aria_hidden="true")
