import json

import numpy as np
import pytest
from dicom_pixels import made
from dicom_shown import file_of, item

from scandrop.processors.dicom._burned_in import Risk
from scandrop.processors.dicom._metadata import Findings, metadata
from scandrop.processors.dicom._warnings import Warned

SPREAD = {"lowest": -1024.0, "highest": 3071.0, "counts": [0, 5, 2]}
FINDINGS = Findings(
    Risk("possible", ("modality",)),
    recognisable=True,
    window=(40.0, 400.0),
    histogram=SPREAD,
    key_fingerprint="0a1b2c3d",
)
STATED = {
    "Modality": "MR",
    "BodyPartExamined": "BRAIN",
    "StudyInstanceUID": "2.25.1",
    "SeriesInstanceUID": "2.25.2",
    "SOPInstanceUID": "2.25.3",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
    "PatientID": "PX7K",
    "SeriesNumber": 4,
    "InstanceNumber": 12,
    "PixelSpacing": [0.5, 0.25],
    "SliceThickness": 1.25,
    "BitsStored": 12,
    "HighBit": 11,
}


def told(findings: Findings = FINDINGS, warned: Warned | None = None, **attributes: object) -> dict[str, object]:
    file = file_of(made(np.zeros((3, 4, 6), np.int16), **attributes))
    return dict(metadata(file, findings, Warned() if warned is None else warned))


def test_everything_that_a_person_would_ask_for_is_told():
    assert told(**STATED) == {
        "modality": "MR",
        "body_part": "BRAIN",
        "rows": 4,
        "columns": 6,
        "frames": 3,
        "spacing_mm": [0.5, 0.25],
        "slice_thickness_mm": 1.25,
        "transfer_syntax": "ExplicitVRLittleEndian",
        "photometric_interpretation": "MONOCHROME2",
        "bits_stored": 12,
        "window_center": 40.0,
        "window_width": 400.0,
        "histogram": SPREAD,
        "sop_class": "1.2.840.10008.5.1.4.1.1.4",
        "study_instance_uid": "2.25.1",
        "series_instance_uid": "2.25.2",
        "sop_instance_uid": "2.25.3",
        "patient_id": "PX7K",
        "series_number": 4,
        "instance_number": 12,
        "recognisable": True,
        "burned_in_risk": "possible",
        "warnings": [],
        "key_fingerprint": "0a1b2c3d",
    }


def test_what_is_not_stated_is_none_and_all_of_it_is_json():
    found = told(Findings(Risk("none"), recognisable=False, window=None, histogram=None, key_fingerprint="0a1b2c3d"))
    assert json.loads(json.dumps(found)) == found
    nothing = {name for name, value in found.items() if value is None}
    assert nothing == {
        *("modality", "body_part", "study_instance_uid", "series_instance_uid", "patient_id", "spacing_mm"),
        *("slice_thickness_mm", "series_number", "instance_number", "window_center", "window_width", "histogram"),
    }


def test_an_image_that_states_no_number_of_frames_has_one():
    assert told(NumberOfFrames=None)["frames"] == 1


def test_spacing_is_taken_from_wherever_it_is_said():
    assert told(ImagerPixelSpacing=[0.2, 0.1])["spacing_mm"] == [0.2, 0.1]
    measures = [item(PixelMeasuresSequence=[item(PixelSpacing=[0.75, 0.5])])]
    assert told(SharedFunctionalGroupsSequence=measures, PixelSpacing=[1, 1])["spacing_mm"] == [0.75, 0.5]


def test_each_warning_is_told_once():
    warned = Warned()
    for code in ("dicom_window_from_pixels", "dicom_rescale_unusable", "dicom_window_from_pixels"):
        warned.add(code)
    assert told(warned=warned)["warnings"] == ["dicom_window_from_pixels", "dicom_rescale_unusable"]


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize("written", ["Müller 1962", "head", "HEAD^OF THE FAMILY"])
def test_what_is_no_word_of_the_standard_is_not_told(written):
    assert told(BodyPartExamined=written, SpecificCharacterSet="ISO_IR 100")["body_part"] is None
