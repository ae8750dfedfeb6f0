"""The generated tables of the dicom lane, against the standard's own words and against other readings of it."""

import hashlib
import importlib.util
import re
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries
from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import tag_for_keyword
from pydicom.sr import _concepts_dict

from scandrop.processors.dicom import _dictionary, _numbers, _published, _table, _tags
from scandrop.processors.dicom._lookup import keyword_of, vr_of
from scandrop.processors.dicom._table import BASIC, OPTIONS, REPEATING, SAFE_PRIVATE
from scandrop.processors.dicom._types import attribute_type, strictest_type
from scandrop.processors.dicom._vocabulary import TECHNICAL, WORDS
from tools import dicom_part15, dicom_tables, dicom_vocabulary
from tools.dicom_standard import rows

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
MAMMOGRAPHY = "1.2.840.10008.5.1.4.1.1.1.2"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
RT_PLAN = "1.2.840.10008.5.1.4.1.1.481.5"


def tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    assert found is not None, keyword
    return found


def test_the_modules_are_what_the_generator_makes() -> None:
    made = dicom_tables.modules()
    assert sorted(made) == ["_dictionary.py", "_published.py", "_table.py", "_vocabulary.py"]
    for name, source in made.items():
        committed = (dicom_tables.LANE / name).read_text()
        assert hashlib.sha256(source.encode()).digest() == hashlib.sha256(committed.encode()).digest(), name


# The Basic Profile, Table E.1-1 of PS3.15.


def test_the_table_has_the_656_rows_of_2026c() -> None:
    assert _table.EDITION == "2026c"
    assert len(rows("ps3.15-table-e1-1.tsv")) == 656
    assert (
        len(BASIC) + len(REPEATING) + 1 == 656
    )  # the one is of private attributes, which the lane knows by their group


@pytest.mark.parametrize(
    ("keyword", "action"),
    [
        ("AccessionNumber", "Z"),
        ("ContentDate", "Z/D"),
        ("DeviceSerialNumber", "X/Z/D"),
        ("InstitutionName", "X/Z/D"),
        ("PatientBirthDate", "Z"),
        ("PatientID", "Z/D"),
        ("PatientName", "Z"),
        ("PersonName", "D"),
        ("ReferencedImageSequence", "X/Z/U*"),
        ("SOPInstanceUID", "U"),
        ("SeriesDate", "X/D"),
        ("SeriesDescription", "X"),
        ("StudyDate", "Z"),
        ("TextComments", "X"),
    ],
)
def test_an_attribute_has_the_action_of_the_standard(keyword: str, action: str) -> None:
    assert BASIC[tag(keyword)] == action


@pytest.mark.parametrize("keyword", ["Modality", "PixelData", "PatientPosition", "SOPClassUID", "SliceThickness"])
def test_an_attribute_that_the_standard_does_not_name_has_no_action(keyword: str) -> None:
    assert tag(keyword) not in BASIC


ANONYMIZER_LISTS = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}


def anonymizer() -> ModuleType:
    """The table of dicom-anonymizer alone: its package imports all that it needs to anonymize."""
    package = importlib.util.find_spec("dicomanonymizer")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0]) / "dicom_anonymization_databases/dicomfields_2026c.py"
    spec = importlib.util.spec_from_file_location("dicomfields_2026c", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_action_is_the_one_that_dicom_anonymizer_read_from_the_same_edition() -> None:
    fields = anonymizer()
    theirs = {entry: action for name, action in ANONYMIZER_LISTS.items() for entry in getattr(fields, name)}
    exact = {(group << 16) + element: action for (group, element, *mask), action in theirs.items() if not mask}
    assert exact == BASIC
    # They write a group that repeats as group, element and a mask of each, and leave out that odd groups are private.
    repeating = {
        ((mask_group << 16) + mask_element | 0x10000, (group << 16) + element, action)
        for (group, element, *mask), action in theirs.items()
        if mask
        for mask_group, mask_element in [mask]
    }
    assert repeating == set(REPEATING)


@pytest.mark.parametrize(
    ("number", "action"),
    [
        (0x50000010, "X"),
        (0x501E3000, "X"),
        (0x60003000, "X"),
        (0x60024000, "X"),
        (0x60000010, None),
        (0x50013000, None),
    ],
)
def test_groups_that_repeat_are_matched_by_their_mask_and_odd_ones_are_left_to_be_private(
    number: int, action: str | None
) -> None:
    assert next((action for mask, rest, action in REPEATING if number & mask == rest), None) == action


@pytest.mark.parametrize(
    ("keyword", "options"),
    [
        ("SOPInstanceUID", {"retain_uids": "K"}),
        ("StudyDate", {"full_dates": "K", "modified_dates": "C"}),
        ("PatientBirthDate", {}),
        ("PatientAge", {"patient_characteristics": "K"}),
        ("Allergies", {"clean_descriptors": "C", "patient_characteristics": "C"}),
        ("StationName", {"device_identity": "K"}),
        ("StationAETitle", {"device_identity": "C"}),
        ("DateOfLastCalibration", {"device_identity": "K", "full_dates": "K", "modified_dates": "C"}),
        ("InstitutionName", {"institution_identity": "K"}),
        ("StudyDescription", {"clean_descriptors": "C"}),
        ("ContentSequence", {"clean_structured_content": "C"}),
        ("GraphicAnnotationSequence", {"clean_graphics": "C"}),
        ("PatientName", {}),
    ],
)
def test_an_option_keeps_or_cleans_what_the_standard_says(keyword: str, options: dict[str, str]) -> None:
    found = {option: actions[tag(keyword)] for option, actions in OPTIONS.items() if tag(keyword) in actions}
    assert found == options


def test_options_speak_only_of_attributes_that_the_basic_profile_names() -> None:
    assert all(actions.keys() <= BASIC.keys() for actions in OPTIONS.values())
    assert {action for actions in OPTIONS.values() for action in actions.values()} == {"K", "C"}


def test_dates_are_kept_by_one_option_and_modified_by_the_other_for_the_same_attributes() -> None:
    assert OPTIONS["full_dates"].keys() == OPTIONS["modified_dates"].keys()
    assert set(OPTIONS["full_dates"].values()) == {"K"}
    assert set(OPTIONS["modified_dates"].values()) == {"C"}


# What the table says against what the attributes are: the exceptions are the standard's own.
DATES_BY_OTHER_VRS = {"TimezoneOffsetFromUTC", "FrameOriginTimestamp", "CertifiedTimestamp"}
DATES_WITHOUT_OPTION = {"PatientBirthDate", "PatientBirthTime", "GPSTimeStamp"}
SEQUENCES_OF_UIDS = {
    "ReferencedImageSequence",
    "ReferencedPatientSequence",
    "ReferencedPerformedProcedureStepSequence",
    "ReferencedStudySequence",
    "SourceImageSequence",
}
UIDS_WITHOUT_OPTION = {"UID", "DigitalSignatureUID"}


def test_the_dates_options_are_about_all_dates_and_times() -> None:
    dates = {keyword_of(number) for number in BASIC if vr_of(number) in ("DA", "DT", "TM")}
    assert {*map(keyword_of, OPTIONS["full_dates"])} == dates - DATES_WITHOUT_OPTION | DATES_BY_OTHER_VRS


def test_the_option_of_uids_is_about_all_uids() -> None:
    uids = {keyword_of(number) for number in BASIC if vr_of(number) == "UI"}
    assert {*map(keyword_of, OPTIONS["retain_uids"])} == uids - UIDS_WITHOUT_OPTION | SEQUENCES_OF_UIDS


def test_the_names_in_the_table_are_those_of_the_dictionary() -> None:
    named = {int(row[0], 16): row[1] for row in rows("ps3.15-table-e1-1.tsv") if not set(row[0]) & set("xg")}
    for number, name in named.items():
        if number in DicomDictionary:
            assert name == DicomDictionary[number][2]


# Retired since the edition of pydicom.
RETIRED_SINCE = {"EthnicGroup"}


def test_attributes_are_retired_where_the_dictionary_says_so() -> None:
    for number, _, retired, *_ in rows("ps3.15-table-e1-1.tsv"):
        if not set(number) & set("xg") and int(number, 16) in DicomDictionary:
            _, _, _, mark, keyword = DicomDictionary[int(number, 16)]
            assert (retired == "Y") == (mark == "Retired" or keyword in RETIRED_SINCE), keyword


# The safe private attributes, Table E.3.10-1.


@pytest.mark.parametrize(
    ("creator", "group", "low", "vr"),
    [
        ("SIEMENS MR HEADER", 0x0019, 0x0C, "IS"),  # B Value
        ("GEMS_PARM_01", 0x0043, 0x39, "IS"),  # 1st value is B Value
        ("Philips MR Imaging DD 001", 0x2005, 0x0E, "FL"),  # Scale Slope
        ("Philips PET Private Group", 0x7053, 0x00, "DS"),  # SUV Factor
        ("Philips Imaging DD 001", 0x2001, 0x7D, "OW or OB"),  # Frame Pixel Data
        ("SIEMENS Ultrasound SC2000", 0x0119, 0x11, "UN"),  # Stage Timer Time, for which the standard has no VR
    ],
)
def test_a_private_attribute_is_safe_under_its_creator(creator: str, group: int, low: int, vr: str) -> None:
    assert SAFE_PRIVATE[creator][group, low] == vr


def test_every_safe_private_attribute_is_in_a_private_group_and_none_is_there_twice() -> None:
    listed = rows("ps3.15-table-e3-10-1.tsv")
    assert sum(map(len, SAFE_PRIVATE.values())) == len(listed) == 479
    assert all(group & 1 for elements in SAFE_PRIVATE.values() for group, _ in elements)


# Where pydicom's dictionary, of the makers' own documents, differs from the table of the standard.
PRIVATE_DIFFERENCES = {
    ("HOLOGIC, Inc.", 0x7E01, 0x02): "LO",
    ("Philips Imaging DD 001", 0x2001, 0x55): "CS",
}


def test_the_vr_of_a_safe_private_attribute_is_the_one_that_pydicom_knows() -> None:
    differences = {}
    known = 0
    for creator, elements in SAFE_PRIVATE.items():
        for (group, low), vr in elements.items():
            entry = private_dictionaries.get(creator, {}).get(f"{group:04X}xx{low:02X}")
            known += entry is not None
            if entry is not None and entry[0] != vr:
                differences[creator, group, low] = entry[0]
    assert differences == PRIVATE_DIFFERENCES
    assert known > 200


# The Types of PS3.3 that the conditional actions ask for.


@pytest.mark.parametrize(
    ("sop_class", "keyword", "parents", "expected"),
    [
        (CT, "PatientID", (), "2"),  # Patient module
        (CT, "SeriesDate", (), "3"),  # General Series module
        (CT, "ContentDate", (), "2C"),  # General Image module
        (CT, "InstitutionName", (), "3"),  # General Equipment module
        (CT, "ContrastBolusAgent", (), "2"),  # Contrast/Bolus module
        (ENHANCED_MR, "ContentDate", (), "1"),  # Multi-frame Functional Groups module, over General Image
        (ENHANCED_MR, "DeviceSerialNumber", (), "1"),  # Enhanced General Equipment module, over General Equipment
        (MAMMOGRAPHY, "DetectorID", (), "3"),  # DX Detector module
        (TOMOSYNTHESIS, "DetectorID", ("ContributingSourcesSequence",), "1"),
        (MAMMOGRAPHY, "AcquisitionContextSequence", (), "2"),
        (RT_PLAN, "RTPlanDate", (), "2"),
        (RT_PLAN, "TreatmentMachineName", ("BeamSequence",), "2"),
        (CT, "RTPlanDate", (), None),  # not an attribute of a CT image
        (CT, "TreatmentMachineName", (), None),
    ],
)
def test_an_attribute_has_the_type_that_its_iod_gives_it(
    sop_class: str, keyword: str, parents: tuple[str, ...], expected: str | None
) -> None:
    assert attribute_type(tag(keyword), sop_class, tuple(map(tag, parents))) == expected


def test_a_macro_has_its_types_wherever_it_is_used() -> None:
    performer = (tag("OperatorIdentificationSequence"),)  # Person Identification macro: InstitutionName 1C
    assert attribute_type(tag("InstitutionName"), CT, performer) == "1C"
    deeper = (tag("OriginalAttributesSequence"), tag("ModifiedAttributesSequence"), *performer)
    assert attribute_type(tag("InstitutionName"), CT, deeper) == "1C"


def test_an_attribute_in_a_sequence_that_no_module_has_it_in_has_no_type() -> None:
    assert attribute_type(tag("StationName"), CT, (tag("RequestAttributesSequence"),)) is None


def test_of_an_unknown_sop_class_the_strictest_type_of_all_counts() -> None:
    assert attribute_type(tag("DeviceSerialNumber"), "1.2.3", ()) == "1"
    assert attribute_type(tag("PatientID"), "1.2.3", ()) == "2"
    assert strictest_type(tag("AcquisitionDate"), ()) == "2"
    assert strictest_type(tag("RTPlanDate"), (tag("BeamSequence"),)) is None


def test_every_attribute_with_a_conditional_action_has_types_and_so_has_text_that_must_stand() -> None:
    waveform_annotations = 0x0040B020  # alone in a module that no object must have
    conditional = {number for number, action in BASIC.items() if "/" in action} - {waveform_annotations}
    typed = {tag(row[2]): row for row in rows("ps3.3-types.tsv")}
    assert typed.keys() >= conditional
    assert all(row[1] == "-" and row[3] != "3" for number, row in typed.items() if number not in conditional)
    assert not (typed.keys() - conditional) & BASIC.keys()
    assert all(any(strictest_type(number, path) for path in ((), *places(number))) for number in conditional)


def places(number: int) -> list[tuple[int, ...]]:
    table = rows("ps3.3-types.tsv")
    return [
        tuple(map(tag, parents.split()))
        for _, parents, keyword, _ in table
        if tag(keyword) == number and parents != "-"
    ]


# The dictionary, PS3.6.


def test_every_element_has_the_vr_and_the_keyword_that_pydicom_gives_it() -> None:
    for number, (vr, _, _, _, keyword) in DicomDictionary.items():
        if vr != "NONE":  # items and delimiters have no VR
            assert (vr_of(number), keyword_of(number)) == (vr, keyword), hex(number)


def test_every_binary_number_has_the_multiplicity_that_pydicom_gives_it() -> None:
    for number, (vr, multiplicity, *_) in DicomDictionary.items():
        if any(each in _numbers.BINARY for each in vr.split(" or ")):
            assert _dictionary.VM.get(number, "1") == multiplicity, hex(number)


def test_what_is_published_is_what_pydicom_lists_and_newer_sop_classes() -> None:
    assert UID_dictionary.keys() <= _published.UIDS
    assert len(_published.UIDS) < len(UID_dictionary) + 10
    assert {"1.2.840.10008.1.4.1.1", "1.2.840.10008.1.5.1"} <= _published.INSTANCE_UIDS
    assert not {"1.2.840.10008.1.2", "1.2.840.10008.5.1.4.1.1.2"} & _published.INSTANCE_UIDS
    assert {"AXIAL", "BLUE FILM", "CHEST", "PANCREAS"} <= _published.TERMS
    assert "" not in _published.TERMS
    assert not [term for term in _published.TERMS if len(term) > 16 or term != term.strip()]


def test_every_element_of_a_repeating_group_has_the_vr_and_the_keyword_that_pydicom_gives_it() -> None:
    for pattern, (vr, _, _, _, keyword) in RepeatersDictionary.items():
        number = int(pattern.replace("x", "2"), 16)
        assert (vr_of(number), keyword_of(number)) == (vr, keyword), pattern


def test_every_attribute_of_the_profile_is_in_the_dictionary() -> None:
    assert all(vr_of(number) != "UN" and keyword_of(number) for number in BASIC if number not in UNKNOWN_BY_RIGHT)


UNKNOWN_BY_RIGHT = {0x0072006D}  # Selector UN Value, which is of VR UN


@pytest.mark.parametrize(
    ("number", "vr", "keyword"),
    [
        (0x00280106, "US or SS", "SmallestImagePixelValue"),
        (0x7FE00010, "OB or OW", "PixelData"),
        (0x00020010, "UI", "TransferSyntaxUID"),
        (0x00081301, "SQ", "PrincipalDiagnosisCodeSequence"),  # newer than pydicom
        (0x00080000, "UL", ""),  # a group's length
        (0x00090010, "LO", ""),  # a private creator
        (0x000900FF, "LO", ""),
        (0x00091001, "UN", ""),
        (0x60013000, "UN", ""),  # a private group, no overlay
        (0x00081303 + 0x4000, "UN", ""),  # nothing
    ],
)
def test_a_tag_is_found_by_what_it_is(number: int, vr: str, keyword: str) -> None:
    assert (vr_of(number), keyword_of(number)) == (vr, keyword)


def test_the_dictionary_says_of_which_edition_it_is() -> None:
    assert _dictionary.EDITION == "2024c"


# The tags that are looked for.

TAGS = {name: value for name, value in vars(_tags).items() if isinstance(value, int)}


def test_a_tag_is_called_by_its_keyword() -> None:
    assert len(TAGS) > 50
    for name, number in TAGS.items():
        assert name.replace("_", "") == keyword_of(number).upper(), name


def test_tags_are_in_the_order_of_their_numbers() -> None:
    assert list(TAGS.values()) == sorted(set(TAGS.values()))


def test_no_tag_is_written_in_two_modules() -> None:
    modules: dict[str, set[str]] = defaultdict(set)
    for path in dicom_tables.LANE.glob("*.py"):
        source = path.read_text()
        if "not to be edited" not in source:
            for number in re.findall(r"0x[0-9A-Fa-f]{8}\b", source):
                modules[number.upper()].add(path.name)
    assert len(modules) > len(TAGS)
    assert {number: names for number, names in modules.items() if len(names) > 1} == {}


# The vocabulary.

RACIAL_GROUP = 6099  # the context group of EthnicGroupCodeSequence
GENERIC = {"group", "middle", "mixed", "native", "or", "other"}


def test_no_word_tells_of_an_ethnic_group_a_birth_or_a_habit() -> None:
    schemes = _concepts_dict.concepts.values()
    meanings = [each for scheme in schemes for code in scheme.values() for each in code.values()]
    groups = {word for text, cids in meanings if RACIAL_GROUP in cids for word in dicom_vocabulary.split(text)}
    assert "hispanic" in groups
    assert groups & WORDS <= GENERIC
    assert not {"hiv", "triplet", "twins", "alcoholic", "smoker", "pregnant", "hermaphrodite"} & WORDS


USUAL = (
    "CT CHEST W/O CONTRAST 5.0 B30f",
    "MR BRAIN T1 MPRAGE SAG",
    "Abdomen^Thorax portal venous",
    "XR left hand lateral",
    "t2_tse_tra_fs",
    "ADC map DWI b1000",
    "Whole body FDG PET AC",
    "ORIGINAL PRIMARY AXIAL",
    "CT_SOM5 SPI",
    "SAT2 FS",
    "suspected pneumonia pulmonary embolism",
    "fracture stroke tumor metastasis",
    "MONOCHROME2",
    "HFS",
    "Iohexol",
    "MLO RCC",
)


@pytest.mark.parametrize("text", USUAL)
def test_what_scanners_write_is_in_the_vocabulary(text: str) -> None:
    strange = set(dicom_vocabulary.split(text)) - WORDS
    assert strange <= {"o", "w", "xr"}  # "W/O" and "XR" stay out: letters that stand for too much


@pytest.mark.parametrize(
    "text",
    [
        "SIEMENS SOMATOM Definition AS syngo CT VA50A",
        "GE MEDICAL SYSTEMS LightSpeed VCT",
        "G.E. Medical Systems Signa HDxt",
        "Philips Medical Systems Ingenia",
        "Philips Medical Systems, Inc.",
        "TOSHIBA_MEC MRT50H1",
        "FUJI PHOTO FILM CO. LTD.",
        "FUJIFILM Corporation",
        "Agfa-Gevaert AG",
        "KONICA MINOLTA",
        "Carestream Health DRX-Revolution",
        "HOLOGIC, Inc. Selenia Dimensions",
        "Canon Medical Systems Aquilion ONE",
        "UIH uMR",
        "Hitachi Medical Corporation ECHELON OVAL",
        "SAMSUNG ELECTRONICS",
        "Siemens Healthineers MAGNETOM Vida MAGNETOM Sola TrioTim",
        "GEMINI TF Big Bore",
        "EPIQ 7C Affiniti ACUSON S2000 LOGIQ E9 Voluson E10 Aplio i800",
        "*fl3d1 tfl3d1 tse2d1 epfid2d1 spc",
        "T1TFE mDIXON BRAVO CUBE",
    ],
)
def test_what_makers_write_of_their_devices_is_in_the_vocabulary_of_devices(text: str) -> None:
    assert set(dicom_vocabulary.split(text)) <= WORDS | TECHNICAL


def test_makers_and_products_that_people_are_called_by_are_of_devices_only() -> None:
    names = set(str.split("philips canon bravo dixon vida sola aera trio discovery espree schiller hoffmann"))
    assert names <= TECHNICAL
    assert not names & WORDS


def test_no_day_is_in_the_vocabulary_of_devices() -> None:
    assert not TECHNICAL & set(str.split("january march october monday sunday mon tue wed thu fri jan feb mar apr"))


@pytest.mark.parametrize(
    "names",
    [
        "John Mary James Linda Robert Maria Ivan Olga Anna Peter Ali Fatima",
        "Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson White Young King Gray Stone",
        "Mueller Schmidt Schneider Fischer Weber Rossi Dubois Martin Nguyen Wang Li Kim Patel Singh",
        "London Paris Berlin Boston Houston Tokyo Madrid Vienna",
        "Monday January March October May female male hospital university clinic",
    ],
)
def test_no_name_place_day_or_sex_is_in_the_vocabulary(names: str) -> None:
    assert not WORDS & set(names.lower().split())


def test_names_that_stay_are_named_as_such() -> None:
    kept = dicom_vocabulary.listed("kept-in-spite.txt")
    names = dicom_vocabulary.listed("names-among-words.txt")
    assert kept <= names  # else it need not be said
    assert WORDS & names == kept - dicom_vocabulary.listed("telling-words.txt")


def test_words_are_lower_case_with_a_letter_and_single_letters_are_code_strings() -> None:
    assert all([word] == dicom_vocabulary.split(word) for word in WORDS)
    assert {word for word in WORDS if len(word) == 1} == set("abfhilmnpruy")


def test_a_word_that_no_one_searched_for_names_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_vocabulary, "candidates", lambda: {"brain", "newword"})
    with pytest.raises(SystemExit, match=r"tools\.dicom_names"):
        dicom_vocabulary.words()


# Reading the standard itself.

HEADS = {
    "table_E.1-1": (
        "Attribute Name|Tag|Retd. (from PS3.6)|In Std. Comp. IOD (from PS3.3)|Basic Prof.|Rtn. Safe Priv. Opt.|"
        "Rtn. UIDs Opt.|Rtn. Dev. Id. Opt.|Rtn. Inst. Id. Opt.|Rtn. Pat. Chars. Opt.|Rtn. Long. Full Dates Opt.|"
        "Rtn. Long. Modif. Dates Opt.|Clean Desc. Opt.|Clean Struct. Cont. Opt.|Clean Graph. Opt."
    ),
    "table_E.3.10-1": "Data Element|Private Creator|VR|VM|Meaning",
}
BODIES = {
    "table_E.1-1": (
        "Study Date|(0008,0020)|N|Y|Z||||||K|C|||",
        "Curve Data|(50xx,xxxx)|Y|N|X||||||||||C",
        "Private Attributes|(gggg,eeee) where gggg is odd|N|N|X|C|||||||||",
        "Accession\u200b Number|(0008,0050)|N|Y|Z||||||||||",
        "Overlay Data|(60xx,3000)|N|Y|X||||||||||C",
    ),
    "table_E.3.10-1": (
        "(7053,xx00)|Philips PET Private Group|DS|1|SUV Factor",
        "(0119,xx11)|SIEMENS Ultrasound SC2000||1|Stage",
    ),
}


def docbook(heads: dict[str, str]) -> str:
    def row(cells: str, cell: str) -> str:
        return "<tr>" + "".join(f"<{cell}><para>{text}</para></{cell}>" for text in cells.split("|")) + "</tr>"

    tables = (
        f'<table xml:id="{name}"><caption>Attributes</caption><thead>{row(head, "th")}</thead>'
        f"<tbody>{''.join(row(body, 'td') for body in BODIES[name])}</tbody></table>"
        for name, head in heads.items()
    )
    return (
        '<book xmlns="http://docbook.org/ns/docbook"><subtitle>DICOM PS3.15 2031b - Security</subtitle>'
        f'<table xml:id="table_A-1"><thead/></table>{"".join(tables)}</book>'
    )


def test_the_tables_are_read_from_the_standards_own_docbook(tmp_path: Path) -> None:
    part15 = tmp_path / "part15.xml"
    part15.write_text(docbook(HEADS))
    dicom_part15.write(part15, tmp_path)
    profile = (tmp_path / "ps3.15-table-e1-1.tsv").read_text().splitlines()
    assert profile[0].startswith("# PS3.15 2031b, Table E.1-1")
    assert hashlib.sha256(part15.read_bytes()).hexdigest() in profile[1]
    assert profile[3:] == [
        "00080020\tStudy Date\tN\tY\tZ\t-\t-\t-\t-\t-\tK\tC\t-\t-\t-",
        "00080050\tAccession Number\tN\tY\tZ\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-",
        "50xxxxxx\tCurve Data\tY\tN\tX\t-\t-\t-\t-\t-\t-\t-\t-\t-\tC",
        "60xx3000\tOverlay Data\tN\tY\tX\t-\t-\t-\t-\t-\t-\t-\t-\t-\tC",
        "ggggeeee\tPrivate Attributes\tN\tN\tX\tC\t-\t-\t-\t-\t-\t-\t-\t-\t-",
    ]
    safe = (tmp_path / "ps3.15-table-e3-10-1.tsv").read_text().splitlines()
    assert safe[3:] == ["Philips PET Private Group\t7053\txx00\tDS", "SIEMENS Ultrasound SC2000\t0119\txx11\t-"]


def test_a_table_with_other_columns_is_not_read(tmp_path: Path) -> None:
    part15 = tmp_path / "part15.xml"
    part15.write_text(docbook(HEADS | {"table_E.1-1": HEADS["table_E.1-1"].replace("Rtn. UIDs Opt.", "Something new")}))
    with pytest.raises(SystemExit, match="Something new"):
        dicom_part15.write(part15, tmp_path)
    assert not list(tmp_path.glob("*.tsv"))
