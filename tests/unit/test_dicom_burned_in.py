import numpy as np
import pytest
from dicom_pixels import made
from dicom_shown import file_of, pixels_of, real_file

from scandrop.processors.dicom._burned_in import Risk, burned_in_risk

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
PIXELS = np.zeros((4, 6), np.uint16)


def risk(**attributes: object) -> Risk:
    return burned_in_risk(file_of(made(PIXELS, **({"Modality": "CT"} | attributes))))


@pytest.mark.parametrize("modality", ["CT", "MR", "DX", "CR", "MG", "PT", "NM", "XA"])
def test_what_a_detector_sees_is_no_risk(modality):
    assert risk(Modality=modality, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"]) == Risk("none")


@pytest.mark.parametrize("modality", ["US", "ES", "XC", "GM", "OT", "DOC", "IVUS", "OP", "SM", "ECG", "", None])
def test_any_other_modality_is_one(modality):
    assert risk(Modality=modality) == Risk("possible", ("modality",))


@pytest.mark.parametrize("modality", ["US", "OT", ""])
def test_a_maker_that_denies_text_is_believed_of_its_own_pixels(modality):
    assert risk(Modality=modality, BurnedInAnnotation="NO") == Risk("none")


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize("said", ["YES", "yes", "Y", "TRUE", "1", "N0", "NO\\YES"])
def test_an_object_that_says_anything_but_no_is_stated(said):
    assert risk(BurnedInAnnotation=said) == Risk("stated", ("burned_in_annotation",))


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize(("said", "level"), [("no", "none"), ("No ", "none"), ("", "possible"), (" ", "possible")])
def test_no_is_no_in_any_letter_case_and_nothing_is_no_answer(said, level):
    assert risk(Modality="US", BurnedInAnnotation=said).level == level


@pytest.mark.filterwarnings("ignore:.*Invalid value for VR CS")
@pytest.mark.parametrize(
    ("attributes", "reasons"),
    [
        ({"Modality": "ct"}, ()),
        ({"Modality": " MR "}, ()),
        ({"Modality": "CT\\OT"}, ("modality",)),
        ({"ConversionType": "df"}, ("digitised_film",)),
        ({"ConversionType": "wsd"}, ("screen_capture",)),
        ({"SpecimenLabelInImage": "yes"}, ("slide_label",)),
        ({"ImageType": "derived\\secondary\\label"}, ("slide_label",)),
        ({"Modality": "xa", "ImageType": "derived\\primary"}, ("derived_fluoroscopy",)),
    ],
)
def test_letter_case_and_spaces_hide_nothing(attributes, reasons):
    assert risk(**attributes).reasons == reasons


@pytest.mark.parametrize("suffix", ["", ".1", ".2", ".3", ".4"])
@pytest.mark.parametrize("denied", [{}, {"BurnedInAnnotation": "NO"}])
def test_a_secondary_capture_is_one_whatever_it_says(suffix, denied):
    found = risk(SOPClassUID=SECONDARY_CAPTURE + suffix, **denied)
    assert found == Risk("possible", ("secondary_capture",))


def test_another_sop_class_that_begins_alike_is_no_secondary_capture():
    assert risk(SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.5.4", Modality="OCT") == Risk("none")


@pytest.mark.parametrize(
    "stated",
    [
        {"ConversionType": "DF"},
        {"NominalScannedPixelSpacing": [0.1, 0.1]},
        {"SecondaryCaptureDeviceManufacturer": "Film Digitizers"},
        {"Manufacturer": "VIDAR Systems Corporation"},
        {"ManufacturerModelName": "Digitizer 2905"},
        {"ManufacturerModelName": "Film Pro"},
        {"Modality": "CR", "ManufacturerModelName": "Scanner 10000"},
    ],
)
def test_digitised_film_is_one_whatever_it_says(stated):
    assert risk(BurnedInAnnotation="NO", **stated) == Risk("possible", ("digitised_film",))


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_a_scanner_of_slices_scans_no_film(modality):
    maker = {"Manufacturer": "FUJI PHOTO FILM CO.", "ManufacturerModelName": "Whole Body Scanner"}
    assert risk(Modality=modality, **maker) == Risk("none")


@pytest.mark.parametrize("conversion", ["DI", "DV", "SD", "SI", "WSD", "DRW"])
def test_what_comes_from_a_screen_or_a_scanner_is_one(conversion):
    assert risk(BurnedInAnnotation="NO", ConversionType=conversion) == Risk("possible", ("screen_capture",))


@pytest.mark.parametrize(
    "image_type",
    [
        ["DERIVED", "SECONDARY", "SCREEN SAVE"],
        ["DERIVED", "SECONDARY", "SCREEN_SAVE"],
        ["DERIVED", "SECONDARY", "OTHER", "CSA REPORT"],
        ["DERIVED", "SECONDARY", "DOSE_INFO"],
        ["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"],
        *(
            ["DERIVED", "SECONDARY", word]
            for word in (
                "DISPLAY",
                "POSDISP",
                "CSA RESULT",
                "PRINT",
                "FILMING",
                "SCANNED",
                "TABLE",
                "VXTL_STATE",
                "DOSEINFO",
                "GRAPH",
            )
        ),
        ["DERIVED", "SECONDARY", "PROTOCOL"],
    ],
)
def test_an_image_type_that_tells_of_a_screen_or_a_report_is_one(image_type):
    assert risk(ImageType=image_type) == Risk("possible", ("screen_capture",))


@pytest.mark.parametrize("word", ["MPR", "PORTABLE", "PROTON_DENSITY", "ANGIOGRAPHY"])
def test_a_picture_of_its_own_kind_is_none(word):
    assert risk(ImageType=["DERIVED", "SECONDARY", "AXIAL", word]) == Risk("none")


def test_colour_from_a_modality_that_sees_none_was_drawn():
    colour = made(np.zeros((4, 6, 3), np.uint8), Modality="CT")
    assert burned_in_risk(file_of(colour)) == Risk("possible", ("colour",))


def test_derived_fluoroscopy_is_one_and_original_is_none():
    assert risk(Modality="XA", ImageType=["DERIVED", "PRIMARY"]) == Risk("possible", ("derived_fluoroscopy",))
    assert risk(Modality="XA", ImageType=["ORIGINAL", "PRIMARY"]) == Risk("none")


@pytest.mark.parametrize("stated", [{"SpecimenLabelInImage": "YES"}, {"ImageType": ["ORIGINAL", "PRIMARY", "LABEL"]}])
def test_the_label_of_a_slide_is_stated(stated):
    found = risk(Modality="SM", BurnedInAnnotation="NO", **stated)
    assert found == Risk("stated", ("slide_label",))


def test_bits_beside_the_stored_ones_are_one_whatever_it_says():
    file = file_of(made(np.full((4, 6), 0x1FFF, np.uint16), BitsStored=12, HighBit=11, Modality="CT"))
    pixels = pixels_of(file)
    found = burned_in_risk(file, embedded_overlay=pixels.overlay_in_bits([0]))
    assert found == Risk("possible", ("embedded_overlay",))


def test_all_reasons_are_told_the_gravest_first():
    found = risk(BurnedInAnnotation="YES", ConversionType="DF", SOPClassUID=SECONDARY_CAPTURE, Modality="OT")
    assert found == Risk("stated", ("burned_in_annotation", "digitised_film", "secondary_capture", "modality"))


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("CT_small.dcm", "none"),
        ("RG1_UNCR.dcm", "none"),
        ("US1_UNCR.dcm", "possible"),
        ("color3d_jpeg_baseline.dcm", "possible"),
        ("SC_rgb.dcm", "possible"),
        ("OBXXXX1A.dcm", "possible"),
    ],
)
def test_real_files_are_told_apart(name, level):
    assert burned_in_risk(real_file(name)).level == level
