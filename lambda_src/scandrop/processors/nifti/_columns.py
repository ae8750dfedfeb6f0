"""What each column of the confounds means, for the JSON beside them."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scandrop.processors import Json
from scandrop.processors.nifti import Settings


class Column(NamedTuple):
    long_name: str
    description: str
    unit: str


_AXES = {
    "x": ("left to right", "nods about the left-right axis"),
    "y": ("posterior to anterior", "rolls about the posterior-anterior axis"),
    "z": ("inferior to superior", "turns about the inferior-superior axis"),
}
_EXPANSIONS = {
    "": ("", "{unit}", ""),
    "_derivative1": (
        ", change from the volume before",
        "{unit}",
        "Difference to the volume before, n/a for the first. ",
    ),
    "_power2": (", squared", "{unit}^2", "Square. "),
    "_derivative1_power2": (
        ", squared change from the volume before",
        "{unit}^2",
        "Square of the difference to the volume before, n/a for the first. ",
    ),
}
_COLUMN = re.compile(r"([a-z_]+?)((?:_derivative1)?(?:_power2)?)(\d\d+)?")


def describe(name: str, pivot_mm: Sequence[float], settings: Settings) -> Mapping[str, Json]:
    """LongName, Description and Units of one column, by BIDS; raises KeyError where the column is unknown.

    pivot_mm: the world point (RAS+) that the rotations are about.
    """
    match = _COLUMN.fullmatch(name)
    if match is None:
        raise KeyError(name)
    base, expansion, _ = match.groups()
    if base[:-2] in {"trans", "rot"}:
        long_name, description, unit = _parameter(base, pivot_mm)
    else:
        long_name, description, unit = _scalars(settings)[base]
    suffix, units, prefix = _EXPANSIONS[expansion]
    return {"LongName": long_name + suffix, "Description": prefix + description, "Units": units.format(unit=unit)}


def _parameter(name: str, pivot_mm: Sequence[float]) -> Column:
    kind, axis = name.split("_")
    along, about = _AXES[axis]
    pivot = ", ".join(f"{value:.6g}" for value in pivot_mm)
    if kind == "trans":
        return Column(
            f"Translation along {axis}",
            f"Where the point at ({pivot}) mm of the reference lay in this volume, less where it lies there: world "
            f"axis {axis}, RAS+, so positive is {along}. The transform maps the reference's world to the volume's.",
            "mm",
        )
    return Column(
        f"Rotation about {axis}",
        f"How far the head in this volume {about} from the reference: about world axis {axis}, RAS+, through "
        f"({pivot}) mm; positive is by the right-hand rule. The head turns about x, then y, then z (R = Rz Ry Rx). "
        "The transform maps the reference's world to the volume's.",
        "rad",
    )


def _scalars(settings: Settings) -> dict[str, Column]:
    fd, dvars, period = settings.fd_scrub_mm, settings.std_dvars_scrub, settings.high_pass_s
    return {
        "global_signal": Column(
            "Global signal", "Mean over the brain mask of the volume in desc-preproc_bold.", "arbitrary"
        ),
        "dvars": Column(
            "DVARS",
            "Root mean square over the mask's voxels of the change from the volume before, with intensities scaled "
            "to a median of 1000 (Power et al. 2012, as in nipype); n/a for the first.",
            "1/1000 of the median intensity",
        ),
        "std_dvars": Column(
            "Standardised DVARS",
            "DVARS over the mean standard deviation of the change that AR(1) noise of each voxel's spread would have "
            "(Nichols 2013, as in nipype): about 1 in a quiet run; n/a for the first.",
            "1",
        ),
        "framewise_displacement": Column(
            "Framewise displacement",
            "Sum of the absolute changes of the six motion parameters from the volume before, rotations as arcs on a "
            "sphere of 50 mm (Power et al. 2012); n/a for the first.",
            "mm",
        ),
        "rmsd": Column(
            "Root mean square displacement",
            "Root mean square over a sphere of 80 mm about the pivot of the displacement from the volume before "
            "(Jenkinson 1999, as in FSL's rmsdiff); n/a for the first.",
            "mm",
        ),
        "cosine": Column(
            "Discrete cosine drift",
            f"One of the cosines whose periods exceed {period:g} s, over the steady volumes, 0 in the others.",
            "1",
        ),
        "non_steady_state_outlier": Column(
            "Volume before steady state",
            "1 in one of the first volumes, whose magnetisation was not steady yet, 0 in all others.",
            "1",
        ),
        "motion_outlier": Column(
            "Volume that moved or changed too much",
            f"1 in one volume whose framewise displacement exceeds {fd:g} mm or whose std_dvars exceeds {dvars:g}, "
            "0 in all others.",
            "1",
        ),
    }
