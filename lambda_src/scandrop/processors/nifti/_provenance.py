"""What the JSON beside each derivative says: what it was made of, how, and in which units and conventions."""

from collections.abc import Mapping
from typing import Final

from scandrop.processors import Json
from scandrop.processors.nifti._store import Coding

_TRANSFORM: Final = (
    "One line for each volume: a row-major 4x4 matrix that takes a world point (RAS+, mm) in the reference volume to "
    "the world point in that volume where the anatomy then lay. To bring a volume onto the reference, look up each "
    "reference voxel's world point through it."
)


def smoothed_label(fwhm_mm: float) -> str:
    """``smth6``, or ``smth4p5``: a BIDS label has letters and digits alone."""
    return f"smth{fwhm_mm:g}".replace(".", "p")


def raw_uri(name: str) -> str:
    """The BIDS URI of the raw file; ``dataset_description.json`` says what ``raw`` is."""
    return f"bids:raw:{name}"


def corrected_sidecar(acquired: Mapping[str, Json], raw: str, reference: int, coding: Coding) -> dict[str, Json]:
    """acquired: what the run's own sidecar and header say. raw: the file's name. reference: the volume, from 0."""
    return {
        **acquired,
        "Description": "Each volume moved back onto the reference volume, rigidly (six degrees of freedom), on the "
        "input's own grid. Voxels whose source lay outside the field of view are 0.",
        "Sources": [raw_uri(raw)],
        "SkullStripped": False,
        "SliceTimingCorrected": False,
        "MotionCorrection": {
            "ReferenceVolume": reference,
            "Method": "Gauss-Newton with instruments on the corrected volume at full resolution, weighted to the head, "
            "with columns for scale, offset and a receive field that stays with the scanner",
            "Interpolation": "Fourier, as four shears",
        },
        "Storage": {"Dtype": coding.dtype.name, "Slope": coding.slope},
    }


def smoothed_sidecar(corrected: Mapping[str, Json], source: str, fwhm_mm: float) -> dict[str, Json]:
    """corrected: the sidecar of the run that was smoothed. source: that run's name."""
    return {
        **corrected,
        "Description": f"The motion-corrected run smoothed by a Gaussian of {fwhm_mm:g} mm at half maximum.",
        "Sources": [f"bids::{source}"],
        "SmoothingFWHM": fwhm_mm,
        "SmoothingFWHMUnits": "mm",
    }


def reference_sidecar(raw: str, reference: int, non_steady: list[int], *, chosen: bool) -> dict[str, Json]:
    """chosen: whether the settings name the volume."""
    how = "named by the settings" if chosen else "the most typical of the early steady ones (medoid)"
    return {
        "Description": f"Volume {reference} of the run, counted from 0: {how}.",
        "Sources": [raw_uri(raw)],
        "SkullStripped": False,
        "NonSteadyStateVolumes": list(non_steady),
    }


def transform_sidecar(raw: str, reference_name: str) -> dict[str, Json]:
    return {
        "Description": _TRANSFORM,
        "Sources": [raw_uri(raw), f"bids::{reference_name}"],
        "Units": "mm",
        "Orientation": "RAS+",
    }


def map_sidecar(source: str, description: str, **more: Json) -> dict[str, Json]:
    """Of a mask or a map on the run's grid. source: the name of the derivative it was made of."""
    return {"Description": description, "Sources": [f"bids::{source}"], **more}
