"""What the ledger tells of an object, read from its de-identified form alone, so that nothing else can be in it."""

import re
from dataclasses import dataclass
from typing import Final

from scandrop.processors import Json
from scandrop.processors.dicom._burned_in import Risk
from scandrop.processors.dicom._dataset import File, integers, text
from scandrop.processors.dicom._layout import number_of_frames
from scandrop.processors.dicom._spacing import slice_thickness_mm, spacing_mm
from scandrop.processors.dicom._tags import (
    BITS_STORED,
    BODY_PART_EXAMINED,
    COLUMNS,
    DOUBLE_FLOAT_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    INSTANCE_NUMBER,
    MODALITY,
    NUMBER_OF_FRAMES,
    PATIENT_ID,
    PHOTOMETRIC_INTERPRETATION,
    PIXEL_DATA,
    ROWS,
    SERIES_INSTANCE_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from scandrop.processors.dicom._warnings import Warned

WORDS: Final = {
    "modality": MODALITY,
    "body_part": BODY_PART_EXAMINED,
    "photometric_interpretation": PHOTOMETRIC_INTERPRETATION,
}
UIDS: Final = {
    "sop_class": SOP_CLASS_UID,
    "study_instance_uid": STUDY_INSTANCE_UID,
    "series_instance_uid": SERIES_INSTANCE_UID,
    "sop_instance_uid": SOP_INSTANCE_UID,
}
NUMBERS: Final = {
    "rows": ROWS,
    "columns": COLUMNS,
    "bits_stored": BITS_STORED,
    "series_number": 0x00200011,
    "instance_number": INSTANCE_NUMBER,
}
PIXELS: Final = frozenset({FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA, PIXEL_DATA})
CODE_STRING: Final = re.compile(r"[A-Z0-9_ ]{1,16}")
UID: Final = re.compile(r"[0-9.]{1,64}")


@dataclass(frozen=True)
class Findings:
    """What was found on the way from the raw object to its de-identified form.

    window: center and width that the pictures are shown with; histogram: of the frame that they show;
    recognisable: whether a face could be in it.
    """

    risk: Risk
    recognisable: bool
    window: tuple[float, float] | None
    histogram: dict[str, Json] | None
    key_fingerprint: str


def metadata(clean: File, findings: Findings, warned: Warned) -> dict[str, Json]:
    """Numbers, identifiers under the key and words of the standard; None for what the object does not say."""
    dataset = clean.dataset
    described: dict[str, Json] = {
        **{name: _matching(CODE_STRING, text(dataset, tag)) for name, tag in WORDS.items()},
        **{name: _matching(UID, text(dataset, tag)) for name, tag in UIDS.items()},
        **{name: next(iter(integers(dataset, tag, clean.syntax)), None) for name, tag in NUMBERS.items()},
    }
    has_frames = dataset.keys() & PIXELS or NUMBER_OF_FRAMES in dataset
    described["frames"] = number_of_frames(dataset, clean.syntax) if has_frames else None
    center, width = findings.window or (None, None)
    spacing = spacing_mm(clean, 0)
    return described | {
        "patient_id": text(dataset, PATIENT_ID),
        "spacing_mm": list(spacing) if spacing else None,
        "slice_thickness_mm": slice_thickness_mm(clean, 0),
        "transfer_syntax": clean.syntax.name,
        "window_center": center,
        "window_width": width,
        "histogram": findings.histogram,
        "burned_in_risk": findings.risk.level,
        "recognisable": findings.recognisable,
        "key_fingerprint": findings.key_fingerprint,
        "warnings": list(dict.fromkeys(caution.code for caution in warned)),
    }


def _matching(pattern: re.Pattern[str], value: str | None) -> str | None:
    return value if value and pattern.fullmatch(value) else None
