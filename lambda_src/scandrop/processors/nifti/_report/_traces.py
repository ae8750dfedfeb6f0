"""Courses over time, one panel under the other with one time axis for all.

Lines are SVG that stretches with the page while strokes keep their width; words are HTML, so that they keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Values
from scandrop.processors.nifti._report._html import Html, joined, tag
from scandrop.processors.nifti._report._numbers import ticks

_WIDTH, _HEIGHT = 1000, 100  # of a panel's coordinates; the page stretches them
_MOST_POINTS = 1200
_LABEL_GAP = 13.0  # percent of a panel's height between the labels at its right


@dataclass(frozen=True)
class Line:
    """One course (nt,), its name, and the class of its colour: a, b or c."""

    values: Values
    name: str
    colour: str


@dataclass(frozen=True)
class Panel:
    """Lines over one vertical axis.

    least: the axis spans at least from and to these values, so that nothing looks great because it is alone.
    thresholds: values that a dashed line marks.
    marked: (nt,) of bool; the first line has a dot at these volumes.
    steady: the first volume from which on the axis has to hold the lines.
    told: what the figure's caption says of this panel.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    least: tuple[float, float]
    thresholds: Sequence[float] = ()
    marked: NDArray[np.bool_] | None = None
    steady: int = 0
    told: str = ""

    @property
    def limits(self) -> tuple[float, float]:
        known = np.concatenate([[*self.least], *(line.values[self.steady :] for line in self.lines)])
        known = known[np.isfinite(known)]
        low, high = float(known.min()), float(known.max())
        room = 0.06 * (high - low)
        return (0.0 if self.least[0] == 0 and low == 0 else low - room), high + room


def figure(panels: Sequence[Panel], below: Html | None, tr_s: float | None, volumes: int, bands: Html) -> Html:
    """All panels between an axis in volumes and, where the repetition time is known, one in seconds."""
    foot = _time_axis(tr_s, volumes) if tr_s else _volume_axis(volumes)
    parts = [_panel(panel, bands) for panel in panels]
    return tag("div", _volume_axis(volumes), *parts, below, foot, class_="traces")


def bands(groups: Sequence[tuple[str, NDArray[np.bool_]]]) -> Html:
    """Upright bands behind every panel: (class of the colour, (nt,) of bool) each."""
    return joined(*(_band(colour, volumes) for colour, volumes in groups))


def _band(colour: str, volumes: NDArray[np.bool_]) -> Html | None:
    step = _WIDTH / len(volumes)
    edges = np.flatnonzero(np.diff(np.pad(volumes, 1).astype(np.int8))).reshape(-1, 2)
    d = "".join(f"M{first * step:.1f} 0H{past * step:.1f}V{_HEIGHT}H{first * step:.1f}z" for first, past in edges)
    return tag("path", d=d, class_=colour, vector_effect="non-scaling-stroke") if d else None


def _panel(panel: Panel, behind: Html) -> Html:
    low, high = panel.limits
    marks = [(100 * (high - value) / (high - low), label) for value, label in ticks(low, high, 3)]
    grid = "".join(f"M0 {top:.2f}H{_WIDTH}" for top, _ in marks)
    limits = "".join(f"M0 {_HEIGHT * (high - value) / (high - low):.2f}H{_WIDTH}" for value in panel.thresholds)
    drawn = (
        tag("path", d=path(line.values, low, high), class_=f"line {line.colour}", vector_effect="non-scaling-stroke")
        for line in reversed(panel.lines)
    )
    svg = tag(
        "svg",
        behind,
        tag("path", d=grid, class_="grid", vector_effect="non-scaling-stroke"),
        tag("path", d=limits, class_="limit", vector_effect="non-scaling-stroke") if limits else None,
        *drawn,
        _dots(panel, low, high),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=_told(panel),
    )
    labels = tag(
        "div", *(tag("span", text, style=f"top:{top:.2f}%") for top, text in marks), class_="y", aria_hidden="true"
    )
    return joined(_heading(panel), labels, tag("div", svg, class_="plot"), _ends(panel, low, high))


def _heading(panel: Panel) -> Html:
    names = (tag("span", line.name, class_=f"key {line.colour}") for line in panel.lines)
    keys = tag("span", *names, class_="keys") if len(panel.lines) > 1 else None
    return tag("div", tag("h3", panel.title, tag("small", panel.unit)), keys, class_="head")


def _told(panel: Panel) -> str:
    """The panel in words, for who cannot see it."""
    parts = []
    for line in panel.lines:
        known = line.values[np.isfinite(line.values)]
        if known.size:
            parts.append(f"{line.name} from {known.min():.3g} to {known.max():.3g}, mean {known.mean():.3g}")
    return f"{panel.title} ({panel.unit}) over time: {'; '.join(parts)}."


def _ends(panel: Panel, low: float, high: float) -> Html:
    """Beside the right end of each line its name's first word, and each threshold's value; none over another."""
    spots = [(float(known[-1]), line.name.split(",")[0], line.colour) for line, known in _known(panel)]
    spots = spots if len(panel.lines) > 1 and not panel.thresholds else []
    spots += [(value, f"{value:g}", "limit") for value in panel.thresholds]
    spots.sort(key=lambda spot: -spot[0])
    top, labels = -_LABEL_GAP, []
    for i, (value, text, colour) in enumerate(spots):
        lowest = 100 - _LABEL_GAP * (len(spots) - 1 - i)
        top = min(max(100 * (high - value) / (high - low), top + _LABEL_GAP), lowest)
        labels.append(tag("span", text, class_=colour, style=f"top:{top:.1f}%"))
    return tag("div", *labels, class_="ends", aria_hidden="true")


def _known(panel: Panel) -> list[tuple[Line, Values]]:
    courses = ((line, line.values[np.isfinite(line.values)]) for line in panel.lines)
    return [(line, known) for line, known in courses if known.size]


def path(values: Values, low: float, high: float) -> str:
    """The course as SVG path data; what is not finite is a gap, and a point on its own a dash of half a volume."""
    x, y = _places(values, low, high)
    shown = _telling(values)
    known = np.isfinite(values[shown])
    starts = known & ~np.concatenate([[False], known[:-1]])
    ends = known & ~np.concatenate([known[1:], [False]])
    dash = 0.5 * _WIDTH / len(values)
    drawn = (part[known].tolist() for part in (x[shown], y[shown], starts, ends))
    return "".join(
        f"M{px - dash / 2:.1f} {py:.2f}h{dash:.1f}" if start and end else f"{'M' if start else 'L'}{px:.1f} {py:.2f}"
        for px, py, start, end in zip(*drawn, strict=True)
    )


def _places(values: Values, low: float, high: float) -> tuple[Values, Values]:
    x = (np.arange(len(values)) + 0.5) * (_WIDTH / len(values))
    y = (high - values.astype(np.float64)) * (_HEIGHT / (high - low))
    return x, np.clip(y, -_HEIGHT, 2 * _HEIGHT)


def _telling(values: Values) -> NDArray[np.intp]:
    """The places to draw: all of a short course; of a long one the least and the greatest in each stretch."""
    if len(values) <= _MOST_POINTS:
        return np.arange(len(values))
    width = -(-len(values) // (_MOST_POINTS // 2))
    padded = np.pad(values.astype(np.float64), (0, -len(values) % width), constant_values=np.nan).reshape(-1, width)
    known = np.isfinite(padded)
    least = np.where(known, padded, np.inf).argmin(axis=1)
    greatest = np.where(known, padded, -np.inf).argmax(axis=1)
    first = np.arange(len(padded)) * width
    return np.unique(np.concatenate([first + least, first + greatest]).clip(max=len(values) - 1))


def _dots(panel: Panel, low: float, high: float) -> Html | None:
    if panel.marked is None or not panel.lines:
        return None
    values = panel.lines[0].values
    x, y = _places(values, low, high)
    at = np.flatnonzero(panel.marked & np.isfinite(values))
    d = "".join(f"M{x[i]:.1f} {y[i]:.2f}h0" for i in at)
    return tag("path", d=d, class_="dots", vector_effect="non-scaling-stroke") if d else None


def _volume_axis(volumes: int) -> Html:
    marks = (round(value) for value, _ in ticks(0, max(volumes - 1, 1), 6) if value.is_integer())
    return _axis("volume", [(100 * (volume + 0.5) / volumes, str(volume)) for volume in marks if volume < volumes])


def _time_axis(tr_s: float, volumes: int) -> Html:
    seconds = tr_s * volumes
    unit, scale = ("min", 60.0) if seconds > 240 else ("s", 1.0)
    return _axis(f"time, {unit}", [(100 * v * scale / seconds, label) for v, label in ticks(0, seconds / scale, 6)])


def _axis(name: str, marks: Sequence[tuple[float, str]]) -> Html:
    labels = (tag("span", label, style=f"left:{left:.2f}%") for left, label in marks)
    return joined(
        tag("div", name, class_="axis-name", aria_hidden="true"),
        tag("div", *labels, class_="marks", aria_hidden="true"),
    )
