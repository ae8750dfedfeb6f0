"""What the JSON beside each derivative says: what it was made of, how, and in which units and conventions.

``Sources`` has the derivatives beside it alone: the raw file lies in another bucket, which no BIDS URI reaches.
"""

from collections.abc import Mapping
from typing import Final

from scandrop.processors import Json
from scandrop.processors.nifti._store import Coding

_TRANSFORM: Final = (
    "One line for each volume: a row-major 4x4 matrix that takes a world point (RAS+, mm) in the reference volume to "
    "the world point in that volume where the anatomy then lay. To bring a volume onto the reference, look up each "
    "reference voxel's world point through it. The identity where a volume's motion could not be determined."
)
_MOVED: Final = (
    "Each volume moved back onto the reference volume, rigidly (six degrees of freedom), on the input's own grid; one "
    "whose motion could not be determined is as it was read. Voxels whose source lay outside the field of view are 0."
)
_NOT_MOVED: Final = (
    "The run as it was read: its reference volume has too few slices or too little contrast to determine motion."
)
_METHOD: Final = (
    "Gauss-Newton on the corrected volume at full resolution, within the head and its margin. The difference from the "
    "reference is explained by the reference's derivatives, beside an offset, the reference times polynomials of the "
    "place (a receive field that stays with the scanner, spin history), and the reference and its Hilbert transform "
    "across the slices times such polynomials with a sign that alternates from slice to slice (interleaved slices); "
    "the same of the smoothed reference are the instruments"
)


def smoothed_label(fwhm_mm: float) -> str:
    """``smth6``, or ``smth4p5``: a BIDS label has letters and digits alone."""
    return f"smth{fwhm_mm:g}".replace(".", "p")


def corrected_sidecar(
    acquired: Mapping[str, Json], reference: int, coding: Coding, *, determined: bool
) -> dict[str, Json]:
    """acquired: what the run's own sidecar and header say. reference: the volume, from 0.

    determined: whether the reference determines motion at all; if not, nothing was moved.
    """
    correction: Json = {"ReferenceVolume": reference, "Method": _METHOD, "Interpolation": "Fourier, as four shears"}
    return {
        **acquired,
        "Description": _MOVED if determined else _NOT_MOVED,
        "SkullStripped": False,
        "SliceTimingCorrected": False,
        **({"MotionCorrection": correction} if determined else {}),
        "Storage": {"Dtype": coding.dtype.name, "Slope": coding.slope},
    }


def smoothed_sidecar(corrected: Mapping[str, Json], source: str, fwhm_mm: float) -> dict[str, Json]:
    """corrected: the sidecar of the run that was smoothed. source: that run's name."""
    run = "The motion-corrected run" if "MotionCorrection" in corrected else "The run as it was read,"
    return {
        **corrected,
        "Description": f"{run} smoothed by a Gaussian of {fwhm_mm:g} mm at half maximum.",
        "Sources": [f"bids::{source}"],
        "SmoothingFWHM": fwhm_mm,
        "SmoothingFWHMUnits": "mm",
    }


def reference_sidecar(reference: int, non_steady: list[int], *, chosen: bool) -> dict[str, Json]:
    """chosen: whether the settings name the volume."""
    how = "named by the settings" if chosen else "the most typical of the early steady ones (medoid)"
    return {
        "Description": f"Volume {reference} of the run, counted from 0: {how}.",
        "SkullStripped": False,
        "NonSteadyStateVolumes": list(non_steady),
    }


def transform_sidecar(reference_name: str) -> dict[str, Json]:
    return {
        "Description": _TRANSFORM,
        "Sources": [f"bids::{reference_name}"],
        "Units": "mm",
        "Orientation": "RAS+",
    }


def map_sidecar(source: str, description: str, **more: Json) -> dict[str, Json]:
    """Of a mask or a map on the run's grid. source: the name of the derivative it was made of."""
    return {"Description": description, "Sources": [f"bids::{source}"], **more}


def without_history(sidecar: Mapping[str, Json]) -> dict[str, Json]:
    """The same of an input that was processed before, without what is not known then."""
    return {name: value for name, value in sidecar.items() if name not in {"SkullStripped", "SliceTimingCorrected"}}
