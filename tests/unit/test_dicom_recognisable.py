import numpy as np
import pytest
from dicom_pixels import made
from dicom_shown import file_of, item
from pydicom.dataset import Dataset

from scandrop.processors.dicom._recognisable import recognisable

PIXELS = np.zeros((4, 6), np.uint16)


def reasons(**attributes: object) -> tuple[str, ...]:
    return recognisable(file_of(made(PIXELS, **({"Modality": "CT"} | attributes))))


def code(value: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator="SCT", CodeMeaning=meaning)


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
@pytest.mark.parametrize("part", ["HEAD", "BRAIN", "NECK", "HEADNECK", "SKULL", "CSPINE", "ORBIT", "WHOLEBODY", "Kopf"])
def test_slices_of_a_head_or_neck_are(modality, part):
    assert reasons(Modality=modality, BodyPartExamined=part) == ("body_part",)


@pytest.mark.parametrize("part", ["CHEST", "ABDOMEN", "KNEE", "ABDOMEN PELVIS", "LEFT FOOT", "LSPINE"])
def test_slices_of_another_part_are_not(part):
    assert reasons(BodyPartExamined=part) == ()


@pytest.mark.parametrize("part", [None, "", "SPINE", "UPPER", "XYZ", "CHEST XYZ"])
def test_slices_of_a_part_that_is_not_known_cannot_be_excluded(part):
    assert reasons(BodyPartExamined=part) == ("body_part_unknown",)


@pytest.mark.parametrize(
    "keyword",
    [
        "StudyDescription",
        "SeriesDescription",
        "ProtocolName",
        "RequestedProcedureDescription",
        "PerformedProcedureStepDescription",
    ],
)
@pytest.mark.parametrize("words", ["CT Head w/o", "MR CEREBRUM", "SINUSES^routine", "Carotid angio", "Hals/Thorax"])
def test_words_in_a_description_speak_for_a_head_whatever_the_body_part(keyword, words):
    assert reasons(BodyPartExamined="CHEST", **{keyword: words}) == ("description",)


def test_words_are_read_in_their_character_set():
    described = {"SpecificCharacterSet": "ISO_IR 100", "StudyDescription": "Schädel nativ"}
    assert reasons(BodyPartExamined="CHEST", **described) == ("description",)


def test_a_description_of_another_part_excludes_nothing():
    assert reasons(StudyDescription="CT Thorax") == ("body_part_unknown",)


@pytest.mark.parametrize("words", ["Early arterial", "Header test", "Neonatal knee", "Bodies"])
def test_words_that_only_look_alike_are_no_head(words):
    assert reasons(BodyPartExamined="KNEE", StudyDescription=words) == ()


def test_a_coded_procedure_is_read_too():
    assert reasons(BodyPartExamined="CHEST", ProcedureCodeSequence=[code("1", "CT of head")]) == ("description",)


def test_a_coded_region_speaks_for_and_against():
    assert reasons(AnatomicRegionSequence=[code("69536005", "whatever")]) == ("anatomic_region",)
    assert reasons(AnatomicRegionSequence=[code("1", "Neck")]) == ("anatomic_region",)
    assert reasons(AnatomicRegionSequence=[code("51185008", "Chest")]) == ()


def test_the_region_of_any_frame_counts():
    def frame(value: str, meaning: str) -> Dataset:
        return item(FrameAnatomySequence=[item(AnatomicRegionSequence=[code(value, meaning)])])

    chest, head = frame("51185008", "Chest"), frame("69536005", "Head")
    assert reasons(PerFrameFunctionalGroupsSequence=[chest, chest]) == ()
    assert reasons(PerFrameFunctionalGroupsSequence=[chest, head]) == ("anatomic_region",)


@pytest.mark.parametrize("modality", ["CR", "DX", "US", "NM", "MG"])
def test_projections_and_ultrasound_are_not(modality):
    assert reasons(Modality=modality, BodyPartExamined="HEAD") == ()


def test_x_ray_volumes_are():
    volume = {"Modality": "XA", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.1"}
    assert reasons(**volume, BodyPartExamined="HEAD") == ("body_part",)


@pytest.mark.parametrize("modality", ["XC", "OP", "DMS"])
def test_photographs_are(modality):
    assert reasons(Modality=modality, BodyPartExamined="FOOT") == ("photograph",)


@pytest.mark.parametrize("modality", ["OT", "GM", None])
def test_colour_of_no_known_origin_may_be_a_photograph(modality):
    colour = made(np.zeros((4, 6, 3), np.uint8), Modality=modality)
    assert recognisable(file_of(colour)) == ("photograph_possible",)
    assert reasons(Modality=modality) == ()


def test_what_the_object_says_of_itself_is_believed():
    assert reasons(BodyPartExamined="HEAD", RecognizableVisualFeatures="NO") == ()
    assert reasons(BodyPartExamined="KNEE", RecognizableVisualFeatures="YES") == ("stated",)
