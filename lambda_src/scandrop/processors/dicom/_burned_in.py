"""Whether an object's pixels may show text that names the patient.

``stated``    the object says so itself.
``possible``  what made it often writes into pixels, or its pixels come from a screen or a film.
``none``      it is from a modality whose pixels come from a detector, and nothing speaks against that.

BurnedInAnnotation NO is believed of a modality, whose maker knows its own pixels, and not of what was scanned from
film or taken from a screen, whose maker cannot: there NO is a default of the software as a rule. Whatever stands there
and is not NO counts as YES.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scandrop.processors.dicom._dataset import Dataset, Element, File, said
from scandrop.processors.dicom._tags import (
    BURNED_IN_ANNOTATION,
    IMAGE_TYPE,
    MANUFACTURER,
    MANUFACTURER_MODEL_NAME,
    MODALITY,
    NOMINAL_SCANNED_PIXEL_SPACING,
    PHOTOMETRIC_INTERPRETATION,
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER,
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER_MODEL_NAME,
    SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS,
    SOP_CLASS_UID,
)

CONVERSION_TYPE: Final = 0x00080064
SECONDARY_CAPTURE_DEVICE: Final = (
    0x00181010,  # SecondaryCaptureDeviceID
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER,
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER_MODEL_NAME,
    SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS,
)
SPECIMEN_LABEL_IN_IMAGE: Final = 0x00480010

DETECTORS: Final = frozenset(
    str.split("AR BMD CR CT DX EPS IO KER LEN M3D MG MR NM OAM OCT OPM PT PX RF RTDOSE RTIMAGE SEG VA XA")
)
GRAY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
FLUOROSCOPY: Final = frozenset({"RF", "XA"})
SCANNERS: Final = frozenset({"CT", "MR", "PT"})  # whose models are called so without any film
SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"  # and .1 to .4 below it, of several frames
HARDCOPY: Final = frozenset({"1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30"})
FROM_FILM: Final = "DF"
FROM_A_SCREEN: Final = frozenset({"DI", "DRW", "DV", "SD", "SI", "SYN", "WSD"})
SCREEN_WORDS: Final = re.compile(
    r"SCREEN|CAPTURE|SNAPSHOT|REPORT|DOSE ?INFO|DISPLAY|POSDISP|RESULT|PRINT|FILMING|SCANNED|VXTL STATE"
    r"|\b(CURVE|GRAPH|TABLE|PROT|PROTOCOL)\b"
)
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
    denied = said(file.dataset, BURNED_IN_ANNOTATION) == ["NO"]
    reasons = (*stated, *lasting, *(() if denied else _by_maker(file.dataset)))
    if stated:
        return Risk("stated", reasons)
    return Risk("possible", reasons) if reasons else Risk("none")


def annotated(file: File, risk: Risk) -> File:
    """A new object whose BurnedInAnnotation claims no more than the risk allows.

    YES where text is stated, none where it is possible, and where it is neither NO if the maker says so.
    """
    claimed = {"stated": "YES ", "possible": ""}.get(risk.level, "".join(said(file.dataset, BURNED_IN_ANNOTATION)))
    kept = {tag: element for tag, element in file.dataset.items() if tag != BURNED_IN_ANNOTATION}
    if claimed:
        kept[BURNED_IN_ANNOTATION] = Element(BURNED_IN_ANNOTATION, "CS", claimed.encode())
    return File(file.syntax, file.meta, dict(sorted(kept.items())))


def _stated(dataset: Dataset) -> Iterator[str]:
    if set(said(dataset, BURNED_IN_ANNOTATION)) - {"NO"}:
        yield "burned_in_annotation"
    if set(said(dataset, SPECIMEN_LABEL_IN_IMAGE)) - {"NO"} or SLIDE_LABELS & set(said(dataset, IMAGE_TYPE)):
        yield "slide_label"


def _from_elsewhere(dataset: Dataset) -> Iterator[str]:
    """Reasons that no NO does away with."""
    conversion = set(said(dataset, CONVERSION_TYPE))
    if FROM_FILM in conversion or NOMINAL_SCANNED_PIXEL_SPACING in dataset or _is_by_digitiser(dataset):
        yield "digitised_film"
    if conversion & FROM_A_SCREEN or any(map(SCREEN_WORDS.search, said(dataset, IMAGE_TYPE))):
        yield "screen_capture"
    for sop_class in said(dataset, SOP_CLASS_UID):
        if sop_class == SECONDARY_CAPTURE or sop_class.startswith(f"{SECONDARY_CAPTURE}.") or sop_class in HARDCOPY:
            yield "secondary_capture"


def _is_by_digitiser(dataset: Dataset) -> bool:
    model = " ".join(said(dataset, MANUFACTURER_MODEL_NAME))
    devices = [model, *(name for tag in (MANUFACTURER, *SECONDARY_CAPTURE_DEVICE) for name in said(dataset, tag))]
    if any(word in device for device in devices for word in ("DIGITI", "VIDAR")) or "FILM" in model:
        return True
    return "SCANNER" in model and not SCANNERS & set(said(dataset, MODALITY))


def _by_maker(dataset: Dataset) -> Iterator[str]:
    """Reasons that the maker may deny."""
    modality = set(said(dataset, MODALITY))
    if not modality or modality - DETECTORS:
        yield "modality"
    elif not GRAY.intersection(said(dataset, PHOTOMETRIC_INTERPRETATION)):
        yield "colour"  # which a detector does not see: the picture was drawn
    elif modality & FLUOROSCOPY and "DERIVED" in said(dataset, IMAGE_TYPE)[:1]:
        yield "derived_fluoroscopy"
