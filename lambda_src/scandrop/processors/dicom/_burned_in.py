"""Whether an object's pixels may show text that names the patient.

``stated``    the object says so itself.
``possible``  what made it often writes into pixels, or its pixels come from a screen or a film.
``none``      it is from a modality whose pixels come from a detector, and nothing speaks against that.

BurnedInAnnotation NO is believed of a modality, whose maker knows its own pixels, and not of what was scanned from
film or taken from a screen, whose maker cannot: there NO is a default of the software as a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scandrop.processors.dicom._dataset import Dataset, File, strings, text, uid

IMAGE_TYPE: Final = 0x00080008
SOP_CLASS_UID: Final = 0x00080016
MODALITY: Final = 0x00080060
CONVERSION_TYPE: Final = 0x00080064
SECONDARY_CAPTURE_DEVICE: Final = (0x00181010, 0x00181016, 0x00181018, 0x00181019)
NOMINAL_SCANNED_PIXEL_SPACING: Final = 0x00182010
PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
BURNED_IN_ANNOTATION: Final = 0x00280301
SPECIMEN_LABEL_IN_IMAGE: Final = 0x00480010

DETECTORS: Final = frozenset(
    str.split("AR BMD CR CT DX EPS IO KER LEN M3D MG MR NM OAM OCT OPM PT PX RF RTDOSE RTIMAGE SEG VA XA")
)
GRAY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
FLUOROSCOPY: Final = frozenset({"RF", "XA"})
SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"  # and .1 to .4 below it, of several frames
HARDCOPY: Final = frozenset({"1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30"})
FROM_FILM: Final = "DF"
FROM_A_SCREEN: Final = frozenset({"DI", "DRW", "DV", "SD", "SI", "SYN", "WSD"})
SCREEN_WORDS: Final = ("SCREEN", "CAPTURE", "SNAPSHOT", "REPORT", "DOSE INFO", " PROT")  # the last as in CT SOM5 PROT
SLIDE_LABELS: Final = frozenset({"LABEL", "OVERVIEW"})  # which show the whole glass, and what is written on it


@dataclass(frozen=True)
class Risk:
    """level: none, possible or stated; reasons: codes, the gravest first."""

    level: str
    reasons: tuple[str, ...] = ()


def burned_in_risk(file: File, *, embedded_overlay: bool = False) -> Risk:
    """Of an object with pixels. embedded_overlay: bits beside the stored ones are set, as graphics once were."""
    stated = tuple(_stated(file.dataset))
    lasting = (*_from_elsewhere(file.dataset), *(("embedded_overlay",) if embedded_overlay else ()))
    denied = text(file.dataset, BURNED_IN_ANNOTATION) == "NO"
    reasons = (*stated, *lasting, *(() if denied else _by_maker(file.dataset)))
    if stated:
        return Risk("stated", reasons)
    return Risk("possible", reasons) if reasons else Risk("none")


def _stated(dataset: Dataset) -> Iterator[str]:
    if text(dataset, BURNED_IN_ANNOTATION) == "YES":
        yield "burned_in_annotation"
    if text(dataset, SPECIMEN_LABEL_IN_IMAGE) == "YES" or SLIDE_LABELS & set(_image_type(dataset)):
        yield "slide_label"


def _from_elsewhere(dataset: Dataset) -> Iterator[str]:
    """Reasons that no NO does away with."""
    sop_class, conversion = uid(dataset, SOP_CLASS_UID) or "", text(dataset, CONVERSION_TYPE)
    devices = " ".join(text(dataset, tag) or "" for tag in SECONDARY_CAPTURE_DEVICE).lower()
    if conversion == FROM_FILM or NOMINAL_SCANNED_PIXEL_SPACING in dataset or "digiti" in devices:
        yield "digitised_film"
    if conversion in FROM_A_SCREEN or any(word in value for value in _image_type(dataset) for word in SCREEN_WORDS):
        yield "screen_capture"
    if sop_class == SECONDARY_CAPTURE or sop_class.startswith(f"{SECONDARY_CAPTURE}.") or sop_class in HARDCOPY:
        yield "secondary_capture"


def _by_maker(dataset: Dataset) -> Iterator[str]:
    """Reasons that the maker may deny."""
    modality = text(dataset, MODALITY)
    if modality not in DETECTORS:
        yield "modality"
    elif text(dataset, PHOTOMETRIC_INTERPRETATION) not in GRAY:
        yield "colour"  # which a detector does not see: the picture was drawn
    elif modality in FLUOROSCOPY and "DERIVED" in _image_type(dataset)[:1]:
        yield "derived_fluoroscopy"


def _image_type(dataset: Dataset) -> list[str]:
    return [value.upper().replace("_", " ") for value in strings(dataset, IMAGE_TYPE)]
