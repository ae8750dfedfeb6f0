"""The report's figures, each with a caption that says what is drawn, in which units and conventions."""

import numpy as np
from numpy.typing import NDArray

from scandrop.processors.nifti._arrays import Values
from scandrop.processors.nifti._report import Findings
from scandrop.processors.nifti._report import _carpet as carpets
from scandrop.processors.nifti._report._colour import DIVERGING, GRAY, VIRIDIS, Scale, upper
from scandrop.processors.nifti._report._html import Content, Html, joined, tag
from scandrop.processors.nifti._report._mosaic import Slices
from scandrop.processors.nifti._report._numbers import number, ticks
from scandrop.processors.nifti._report._traces import Line, Panel, bands, figure

_MOST_REGIONS = 1000  # of the matrix's picture


def over_time(found: Findings) -> Html:
    """Motion, its consequences and the carpet, on one time axis."""
    behind = bands([("early", found.is_non_steady), ("out", found.is_outlier)])
    rows, told = (
        carpets.carpet(found.carpet, found.carpet_regions, ~found.is_non_steady) if found.carpet.size else (None, "")
    )
    panels = [panel for panel in _panels(found) if panel.lines]
    drawn = figure(panels, rows, found.tr_s, found.volumes, behind)
    legend = carpets.legend() if rows else None
    return _figured(joined(drawn, legend), "The run on one time axis.", *_time_words(found, panels), " " + told)


def _panels(found: Findings) -> list[Panel]:
    shift, turn = found.parameters[:, :3].T, np.degrees(found.parameters[:, 3:]).T
    steady = int(found.is_non_steady.sum()) if found.volumes > found.is_non_steady.sum() else 0
    return [
        Panel(
            "Translation",
            "mm",
            _lines(zip(("x, right", "y, front", "z, up"), shift, strict=True)),
            (-0.1, 0.1),
            told=f"Translations and rotations are of the head in each volume against volume {found.reference_volume}, "
            "along and about the scanner's axes (RAS+, right-handed).",
        ),
        Panel("Rotation", "degrees", _lines(zip(("x, nod", "y, roll", "z, turn"), turn, strict=True)), (-0.1, 0.1)),
        Panel(
            "Framewise displacement",
            "mm",
            _lines([("Power (50 mm)", found.framewise_displacement), ("Jenkinson (80 mm)", found.rmsd)]),
            (0.0, 1.1 * found.fd_scrub_mm),
            thresholds=(found.fd_strict_mm, found.fd_scrub_mm),
            marked=found.is_outlier,
            told=f"Dashed lines: framewise displacement of {found.fd_strict_mm:g} and {found.fd_scrub_mm:g} mm.",
        ),
        Panel(
            "Standardised DVARS",
            "1 in a quiet run",
            _lines([("std_dvars", found.std_dvars)]),
            (0.0, 1.1 * found.std_dvars_scrub),
            thresholds=(found.std_dvars_scrub,),
            marked=found.is_outlier,
            steady=steady,
            told=f"Dashed line: std_dvars of {found.std_dvars_scrub:g}. {_dvars_words(found)}",
        ),
        Panel(
            "Global signal", "% from its mean", _lines([("global_signal", _percent(found))]), (-0.5, 0.5), steady=steady
        ),
    ]


def _lines(named: object) -> list[Line]:
    return [
        Line(np.asarray(values), name, colour)
        for (name, values), colour in zip(named, "abc", strict=False)  # type: ignore[call-overload]
        if np.isfinite(values).any()
    ]


def _percent(found: Findings) -> NDArray[np.floating]:
    """The global signal as its deviation from the mean of the steady volumes."""
    steady = found.global_signal[~found.is_non_steady]
    mean = float(steady.mean()) if steady.size else np.nan
    return 100 * (found.global_signal / mean - 1) if mean else np.full(found.volumes, np.nan)


def _time_words(found: Findings, panels: list[Panel]) -> list[Content]:
    words: list[Content] = [] if found.is_realigned else [" The motion could not be determined."]
    words += [f" {panel.told}" for panel in panels if panel.told]
    if found.outliers and panels:
        dotted = ", with a dot on the line" if any(panel.marked is not None for panel in panels) else ""
        words += [" ", tag("span", class_="swatch out"), f" Outliers{dotted}."]
    if found.non_steady and panels:
        words += [" ", tag("span", class_="swatch early"), " Volumes before steady state; the axes follow the others."]
    return words


def _dvars_words(found: Findings) -> str:
    """std_dvars is DVARS over one number, so that the one line shows both."""
    known = np.isfinite(found.dvars) & (found.std_dvars > 0)
    if not known.any():
        return ""
    unit = float(np.median(found.dvars[known] / found.std_dvars[known]))
    return f"One unit of std_dvars is a DVARS of {number(unit)} (thousandths of the brain's median intensity)."


def mean_image(found: Findings) -> Html:
    slices = Slices(found.affine, found.brain, whole=True)
    scale = Scale(0.0, upper(found.mean, 99.5), GRAY, "intensity")
    picture = slices.picture(
        found.mean,
        scale,
        f"Mean image of {_run(found)} with the outline of the brain mask.",
        masked=False,
        contour=True,
    )
    outline = f" The line is the brain mask, {int(found.brain.sum())} voxels. "
    return _figured(picture, f"Mean of {_run(found)}.", outline, slices.words())


def tsnr(found: Findings) -> Html:
    slices = Slices(found.affine, found.brain)
    scale = Scale(0.0, upper(found.tsnr[found.brain]), VIRIDIS, "temporal SNR")
    picture = slices.picture(found.tsnr, scale, f"Temporal signal-to-noise ratio of {_run(found)} in the brain.")
    told = f" Each voxel's mean over its standard deviation in time; the median is {_middle(found.tsnr, found)}. "
    return _figured(joined(picture, scale.bar()), "Temporal signal-to-noise ratio.", told, slices.words())


def _run(found: Findings) -> str:
    return "the corrected run" if found.is_realigned else "the run as it was read"


def before_and_after(found: Findings) -> Html:
    """The temporal standard deviation as it was read and corrected, on one scale, and the change."""
    if not found.is_realigned:
        return tag(
            "p", "There is nothing to compare: the motion could not be determined, and the run is as it was read."
        )
    before, after = _spread(found.mean_before, found.tsnr_before, found), _spread(found.mean, found.tsnr, found)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = 100 * (after / before - 1)
    slices = Slices(found.affine, found.brain, columns=3)
    scale = Scale(0.0, upper(before[found.brain], 90), VIRIDIS, "% of the brain's median intensity")
    apart = Scale(-60.0, 60.0, DIVERGING, "% change")
    told = "Temporal standard deviation"
    shown = tag(
        "div",
        tag(
            "div", tag("h3", "Before"), slices.picture(before, scale, f"{told} of the run as it was read."), scale.bar()
        ),
        tag("div", tag("h3", "After"), slices.picture(after, scale, f"{told} of the corrected run."), scale.bar()),
        tag("div", tag("h3", "Change"), slices.picture(change, apart, f"{told}, change in percent."), apart.bar()),
        class_="abreast",
    )
    said = (
        f" The brain's median goes from {_middle(before, found)} to {_middle(after, found)} %, and that of its "
        f"temporal SNR from {_middle(found.tsnr_before, found)} to {_middle(found.tsnr, found)}. "
        "Blue: steadier than before. "
    )
    return _figured(shown, f"{told} before and after motion correction.", said, slices.words())


def _spread(mean: Values, ratio: Values, found: Findings) -> Values:
    """The standard deviation behind a mean and a tSNR, in percent of the brain's median; NaN where there is none."""
    middle = _median(found.mean, found)
    spread = np.full(mean.shape, np.nan, np.float32)
    if middle and np.isfinite(middle):
        np.divide(100 / middle * mean, ratio, out=spread, where=ratio > 0, casting="same_kind")
    return spread


def _median(volume: Values, found: Findings) -> float:
    values = volume[found.brain]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else np.nan


def _middle(volume: Values, found: Findings) -> str:
    return number(_median(volume, found))


def connectivity(found: Findings) -> Html:
    matrix = found.connectivity
    if matrix is None or len(matrix) < 2 or not np.isfinite(matrix).any():
        return tag("p", "There is no connectivity matrix: it takes two regions and enough volumes to correlate them.")
    scale = Scale(-1.0, 1.0, DIVERGING, "Pearson correlation")
    count, step = len(matrix), -(-len(matrix) // _MOST_REGIONS)
    marks = [(100 * (v - 0.5) / count, label) for v, label in ticks(0, count, 6) if 1 <= v == round(v)]
    down = (tag("span", label, style=f"top:{at:.2f}%") for at, label in marks)
    across = (tag("span", label, style=f"left:{at:.2f}%") for at, label in marks)
    alt = f"Matrix of the Pearson correlations between {count} regions."
    shown = tag(
        "div",
        tag("div", *down, class_="y", aria_hidden="true"),
        tag("img", src=scale.uri(matrix[::step, ::step]), alt=alt),
        tag("div", *across, class_="marks", aria_hidden="true"),
        class_="matrix",
    )
    names = tag(
        "details",
        tag("summary", f"The {count} regions in their order"),
        tag("ol", *(tag("li", n) for n in found.region_names)),
    )
    told = (
        f" {found.connectivity_told} {count} regions, counted from 1, in the order of the list below. "
        "Regions without a value are left blank."
    )
    return joined(_figured(joined(shown, scale.bar()), "Connectivity.", told), names)


def _figured(drawn: Html, title: str, *caption: Content) -> Html:
    return tag("figure", drawn, tag("figcaption", tag("b", title), *caption))
