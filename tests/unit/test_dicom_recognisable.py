import numpy as np
import pytest
from dicom_pixels import made
from dicom_shown import file_of, item
from pydicom.dataset import Dataset

from scandrop.processors.dicom._recognisable import recognisable

PIXELS = np.zeros((4, 6), np.uint16)
STORAGE = "1.2.840.10008.5.1.4.1.1."


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


@pytest.mark.parametrize(
    "words",
    [
        *(
            "vertex",
            "Polytrauma CT",
            "CTHEAD",
            "MRHEAD",
            "3DHEAD",
            "FOREHEAD",
            "H&N",
            "H & N",
            "h/n native",
            "CCT",
            "NCAP",
        ),
        *("tooth 14", "FULLBODY", "Total body", "Ganzkörper", "GANZKOERPER", "Ganzkorper", "Nackenschmerz", "Panscan"),
        *(
            "Schaedel",
            "Schädel",
            "SCHADEL",
            "Scha\u0308del",
            "Hirnschädel",
            "Tête",
            "TETE",
            "Cabeça",
            "Gesichtsschädel",
            "Traumaspirale",
        ),
    ],
)
def test_words_for_a_head_are_known_however_they_are_written(words):
    described = {"SpecificCharacterSet": "ISO_IR 192", "StudyDescription": words}
    assert reasons(BodyPartExamined="CHEST", **described) == ("description",)


@pytest.mark.parametrize(
    "words", ["Early arterial", "Native H/O", "Neonatal knee", "Bodies", "Multilocular cyst", "T-SPINE"]
)
def test_words_that_only_look_alike_are_no_head(words):
    assert reasons(BodyPartExamined="KNEE", StudyDescription=words) == ()


def test_a_coded_procedure_is_read_too():
    assert reasons(BodyPartExamined="CHEST", ProcedureCodeSequence=[code("1", "CT of head")]) == ("description",)


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize(
    "words",
    [
        *("C-SPINE", "C Spine", "C_SPINE", "c/t spine", "FACIALBONES", "Facial bones", "NASAL", "Paranasal", "ORBITAS"),
        *("ZYGOMA", "MIDFACE", "SCALP", "NCHCT", "CTH", "OCULAR", "INTERNALAUDITORY", "auditory canal"),
    ],
)
def test_parts_of_a_head_are_known_as_body_part_and_in_a_description(words):
    assert reasons(BodyPartExamined="CHEST", StudyDescription=words) == ("description",)
    assert reasons(BodyPartExamined=words.upper()) == ("body_part",)


@pytest.mark.parametrize(
    "request_item",
    [
        item(RequestedProcedureDescription="CT HEAD"),
        item(ScheduledProcedureStepDescription="CT HEAD"),
        item(RequestedProcedureCodeSequence=[code("1", "CT HEAD")]),
        item(ScheduledProtocolCodeSequence=[code("1", "CT HEAD")]),
    ],
)
def test_what_was_requested_speaks_for_a_head(request_item):
    other = item(RequestedProcedureDescription="CT Thorax")
    requested = {"BodyPartExamined": "CHEST", "RequestAttributesSequence": [other, request_item]}
    assert reasons(**requested) == ("description",)
    assert reasons(**requested | {"RequestAttributesSequence": [other]}) == ()


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


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [("CR", "1"), ("DX", "1.1"), ("US", "6.1"), ("NM", "20"), ("MG", "13.1.3"), ("SM", "77.1.6"), ("OPT", "77.1.5.4")],
)
def test_projections_ultrasound_and_tissue_are_not(modality, sop_class):
    assert reasons(Modality=modality, SOPClassUID=STORAGE + sop_class, BodyPartExamined="HEAD") == ()


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize("modality", ["ct", " Ct", "mr", "CT\\US", "RTSTRUCT", "CTX", "OT", "TG", "", None])
def test_a_modality_of_any_spelling_or_none_that_is_known_is_taken_for_a_volume(modality):
    capture = STORAGE + "7"
    assert reasons(Modality=modality, SOPClassUID=capture, BodyPartExamined="HEAD") == ("body_part",)
    assert reasons(Modality=modality, SOPClassUID=capture) == ("body_part_unknown",)
    assert reasons(Modality=modality, SOPClassUID=capture, BodyPartExamined="KNEE") == ()


@pytest.mark.parametrize(
    "sop_class",
    ["2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "128", "128.1", "130", "66.4", "66.5", "30", "481.3", "13.1.2"],
)
def test_a_class_of_volumes_is_one_whatever_its_modality_says(sop_class):
    assert reasons(Modality="US", SOPClassUID=STORAGE + sop_class, BodyPartExamined="HEAD") == ("body_part",)


@pytest.mark.parametrize("sop_class", ["77.1.4", "77.1.4.1", "77.1.5.1", "77.1.7", "68.1"])
def test_a_class_of_photographs_is_one_even_in_gray_and_of_any_modality(sop_class):
    assert reasons(Modality="CR", SOPClassUID=STORAGE + sop_class) == ("photograph",)


def test_x_ray_volumes_are():
    volume = {"Modality": "XA", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.13.1.1"}
    assert reasons(**volume, BodyPartExamined="HEAD") == ("body_part",)


@pytest.mark.parametrize("modality", ["XC", "OP", "OSS", "DMS"])
def test_photographs_are(modality):
    assert reasons(Modality=modality, BodyPartExamined="FOOT") == ("photograph",)


@pytest.mark.parametrize("modality", ["OT", "GM", "ES", None])
def test_colour_of_no_known_origin_may_be_a_photograph(modality):
    colour = made(np.zeros((4, 6, 3), np.uint8), Modality=modality, SOPClassUID=STORAGE + "7")
    assert recognisable(file_of(colour)) == ("photograph_possible",)


@pytest.mark.parametrize("head", [{"BodyPartExamined": "FACE"}, {"StudyDescription": "Face, frontal"}])
@pytest.mark.parametrize("modality", ["SM", "US", "CR", "DOC"])
def test_colour_of_a_head_may_be_a_photograph_whatever_its_modality_says(modality, head):
    colour = made(np.zeros((4, 6, 3), np.uint8), Modality=modality, SOPClassUID=STORAGE + "7", **head)
    assert recognisable(file_of(colour)) == ("photograph_possible",)


@pytest.mark.parametrize(
    ("modality", "sop_class", "part"),
    [("SM", "77.1.6", "FACE"), ("US", "6.1", "NECK"), ("NM", "20", "HEAD"), ("SM", "7", "KIDNEY"), ("US", "7", None)],
)
def test_colour_of_a_kind_without_faces_or_not_of_a_head_is_none(modality, sop_class, part):
    described = {"Modality": modality, "SOPClassUID": STORAGE + sop_class, "BodyPartExamined": part}
    assert recognisable(file_of(made(np.zeros((4, 6, 3), np.uint8), **described))) == ()


@pytest.mark.parametrize("modality", ["GM", "ES"])
def test_tissue_and_endoscopy_in_gray_are_not(modality):
    assert reasons(Modality=modality, SOPClassUID=STORAGE + "7") == ()


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize(
    ("part", "stated", "expected"),
    [
        ("HEAD", "NO", ("body_part",)),
        (None, "NO", ("body_part_unknown",)),
        ("KNEE", "NO", ()),
        ("KNEE", "no", ()),
        ("KNEE", "YES", ("stated",)),
        ("KNEE", "yes", ("stated",)),
        ("KNEE", "Y", ("stated",)),
        ("HEAD", "YES", ("stated", "body_part")),
    ],
)
def test_what_the_object_says_of_itself_can_speak_for_a_face_only(part, stated, expected):
    assert reasons(BodyPartExamined=part, RecognizableVisualFeatures=stated) == expected
