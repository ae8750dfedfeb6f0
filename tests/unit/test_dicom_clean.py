"""Text keeps harmless words: none that the vocabulary lacks, no name or number of the object, no trace of a gap."""

import pytest
from dicom_objects import CT, ct, dataset, done, element, value
from hypothesis import given
from hypothesis import strategies as st

from scandrop.processors.dicom._clean import Cleaner, fold
from scandrop.processors.dicom._warnings import Warned

MANUFACTURER, MODEL = 0x00080070, 0x00081090
AROUND = 0x52009229  # SharedFunctionalGroupsSequence: no row of the profile names it
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
PROTOCOL_NAME, SERIES_DESCRIPTION, SOFTWARE_VERSIONS, IMAGE_TYPE = 0x00181030, 0x0008103E, 0x00181020, 0x00080008
WORDS = frozenset({"chest", "ct", "knee", "left", "view", "kontrast", "mar", "may", "years", "with", "ap", "mm", "c5"})
CLEANER = Cleaner(WORDS, {"knee", "712", "jose"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CHEST AP", "CHEST AP"),
        ("Chest/AP, left-view", "Chest/AP, left-view"),
        ("*chest(ct)", "*chest(ct)"),
        ("CHEST of Jane Doe AP", "CHEST AP"),
        ("Doe CHEST", "CHEST"),
        ("CHEST   Doe", "CHEST"),
        ("Doe", ""),
        ("", ""),
        ("knee chest", "chest"),
        ("KNEE", ""),
        ("chest 5mm", "chest 5mm"),
        ("chest 2.5 mm", "chest 2.5 mm"),
        ("c5 6 chest", "c5 6 chest"),
        ("chest 0113 496 0 ct", "chest ct"),
        ("chest, Doe Street 88", "chest"),
        ("88 Doe Street, chest", "chest"),
        ("chest 1234 5 6 ct", "chest ct"),
        ("chest 5 6 1234 ct", "chest ct"),
        ("chest 5 Doe", "chest"),
        ("chest 712 5 ct", "chest ct"),
        ("Doe 3 chest 4 ct", "chest 4 ct"),
        ("Doe 3 mm chest", "3 mm chest"),
        ("Doe 88 t", ""),
        ("Doe 3mm 4 chest", "3mm 4 chest"),
        ("chest 120kV 3T", "chest"),
        ("chest 120kV ct 3T", "chest 120kV ct 3T"),
        ("chest 712", "chest"),
        ("chest 1234", "chest"),
        ("chest 12345678", "chest"),
        ("chest 555-123-456", "chest"),
        ("chest 555 123 456", "chest"),
        ("chest 01.02.03", "chest"),
        ("chest 12 Doe 3 Doe 45", "chest"),
        ("chest 12 Doe 3", "chest"),
        ("12 Mar 45 chest", "chest"),
        ("12 May left", "left"),
        ("93 years ct", "years ct"),
        ("ct chest with 93", "ct chest with"),
        ("chest 45 ct", "chest 45 ct"),
        ("92M chest ct", "chest ct"),
        ("ct 100m chest", "ct chest"),
        ("chest 3T ct", "chest 3T ct"),
        ("chest 3/54 ct", "chest ct"),
        ("chest with 5/7 ct", "chest with ct"),
        ("left 030 ct 123 chest 456 view", "left ct chest view"),
        ("93 Doe years ct", "years ct"),
        ("93Y ct", "ct"),
        ("chest\r\nct", "chest\r\nct"),
        ("chest\x1b$B ct", "chest ct"),
        ("Jos\u00e9 ct", "ct"),
        ("Jose\u0301 ct", "ct"),
        ("\u0663\u0664 ct", "ct"),
        ("kontr\u00e1st ct", "kontrast ct"),
        ("chest ____________ ct", "chest ____________ ct"),
        ("chest ____________ Doe", "chest"),
    ],
)
def test_only_harmless_words_are_left(text, left):
    assert CLEANER.clean(text) == left


@given(st.text(st.sampled_from("chestk ne712JMar\u00e9\u00fc-./^\\\r\n\x1b_yYo 0359"), max_size=40))
def test_what_was_cleaned_is_clean_and_in_plain_ascii(text):
    cleaned = CLEANER.clean(text)
    assert CLEANER.clean(cleaned) == cleaned
    assert cleaned.isascii()
    assert "knee" not in fold(cleaned).replace("_", " ").split()
    assert sum(map(str.isdigit, cleaned)) <= 3 or any(map(str.isalpha, cleaned))


@given(st.text(max_size=60))
def test_any_text_at_all_leaves_nothing_but_words_of_the_vocabulary_and_short_numbers(text):
    words = fold(CLEANER.clean(text))
    spaced = "".join(char if char.isalnum() else " " for char in words).split()
    assert all(word in WORDS or word[0].isdigit() for word in spaced)


def test_how_much_was_dropped_cannot_be_seen():
    assert len({CLEANER.clean(f"chest {'x' * length} {'y ' * length} ct") for length in range(1, 20)}) == 1


NAMES = [
    (0x00100010, "Chest^Knee^Left", "PN"),
    (0x00080090, "View^Knee", "PN"),
    (0x00101001, "Knee^Doe\\Chest", "PN"),
    (0x00100020, "KNEE-77", "LO"),
    (0x00080050, "knee3", "SH"),
    (0x00101040, "7 Knee Lane", "LO"),
    (0x00080080, "Knee Institute", "LO"),
    (0x00181000, "knee", "LO"),
    (0x00081010, "KNEE", "SH"),
    (0x00102154, "knee", "SH"),
]


@pytest.mark.parametrize(("tag", "said", "vr"), NAMES)
@pytest.mark.parametrize("depth", [0, 2])
def test_a_word_of_the_vocabulary_that_names_someone_here_is_dropped(tag, said, vr, depth):
    about = {tag: element(tag, said, vr)}
    for _ in range(depth):
        about = {0x00081140: [dataset(about)]}
    made = done(ct({**about, SERIES_DESCRIPTION: "Knee axial"}), clean_descriptors=True)
    assert value(made, SERIES_DESCRIPTION) == (b"Knee axial" if said == "knee3" else b"axial")
    assert (
        value(done(ct({SERIES_DESCRIPTION: "Knee axial"}), clean_descriptors=True), SERIES_DESCRIPTION) == b"Knee axial"
    )


def test_a_title_in_a_name_does_not_take_the_modality_away():
    made = done(ct({0x00100010: "Hand^Ct^^Mr", 0x00080060: "MR", 0x00180015: "HAND"}))
    assert value(made, 0x00080060) == b"MR"
    assert value(made, 0x00180015) == b"HAND"


def test_a_code_string_keeps_the_places_of_its_values():
    made = done(ct({IMAGE_TYPE: "ORIGINAL\\ZEPHYRINE\\AXIAL"}))
    assert value(made, IMAGE_TYPE) == b"ORIGINAL\\\\AXIAL"


@pytest.mark.parametrize(
    ("tag", "sop_class", "left"),
    [
        (SOFTWARE_VERSIONS, CT, None),  # Type 3
        (MODEL, CT, None),
        (MANUFACTURER, CT, b""),  # Type 2
        (0x00185100, CT, b""),  # PatientPosition, Type 2C
        (0x00201040, CT, b""),  # PositionReferenceIndicator
        (0x00180015, CT, None),  # BodyPartExamined
        (MODEL, ENHANCED_MR, b"REMOVED"),  # Type 1
        (SOFTWARE_VERSIONS, ENHANCED_MR, b"REMOVED"),
        (MODEL, "1.2.3.4", b"REMOVED"),  # of a class that no standard describes the strictest
        (0x00091001, CT, None),
    ],
)
def test_text_of_which_nothing_is_left_stands_as_removed_only_where_it_must_have_a_value(tag, sop_class, left):
    assert value(done(ct({tag: "ZEPHYRINE"}, sop_class=sop_class)), tag) == left
    assert value(done(ct({SOFTWARE_VERSIONS: ""})), SOFTWARE_VERSIONS) == b""


def test_in_a_sequence_text_of_which_nothing_is_left_stands_as_removed():
    (item,) = value(done(ct({AROUND: [dataset({MODEL: "ZEPHYRINE"})]})), AROUND)
    assert value(item, MODEL) == b"REMOVED"


@pytest.mark.parametrize(
    ("tag", "said", "left"),
    [
        (IMAGE_TYPE, "ORIGINAL\\ZEPHYRINE", b"ORIGINAL\\REMOVED"),
        (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL\\ZEPHYRINE\\ORAVEC", b"ORIGINAL\\PRIMARY\\AXIAL"),
        (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\ZEPHYRINE\\AXIAL", b"ORIGINAL\\PRIMARY\\\\AXIAL"),
        (IMAGE_TYPE, "ORIGINAL\\PRIMARY\\", b"ORIGINAL\\PRIMARY\\"),
        (0x00080005, "ISO_IR 100\\ZEPHYRINE", b"ISO_IR 100"),
    ],
)
def test_code_strings_end_with_a_value(tag, said, left):
    assert value(done(ct({tag: said})), tag) == left


def test_a_descriptor_of_which_nothing_is_left_is_done_as_the_basic_profile_says():
    made = done(ct({SERIES_DESCRIPTION: "ZEPHYRINE", 0x00080005: "ISO_IR 100"}), clean_descriptors=True)
    assert SERIES_DESCRIPTION not in made


def test_an_environment_adds_words_of_its_own():
    text = {SERIES_DESCRIPTION: "Zephyrine axial Boreas"}
    made = done(ct(text), clean_descriptors=True, words=["zephyrine"])
    assert value(made, SERIES_DESCRIPTION) == b"Zephyrine axial"


@pytest.mark.parametrize("tag", [MANUFACTURER, MODEL, SOFTWARE_VERSIONS, 0x00181018, 0x00180024, 0x00181250])
def test_a_product_is_named_where_devices_are_described_and_nowhere_else(tag):
    text = "Philips Vida mDIXON"
    made = done(ct({AROUND: [dataset({tag: text})], tag: text, SERIES_DESCRIPTION: text}), clean_descriptors=True)
    (inner,) = value(made, AROUND)
    assert value(made, tag).strip() == value(inner, tag).strip() == b"Philips Vida mDIXON"
    assert value(made, SERIES_DESCRIPTION).strip() == b"mDIXON"


@pytest.mark.parametrize(
    "said", ["Linac co.", "Elekta Linac of Dr. Zephyrine", "Philips 20190308", "M\u00fcller Linac"]
)
def test_what_describes_a_device_stays_whole_or_goes_whole(said):
    made = done(ct({0x00080005: "ISO_IR 192", MODEL: said.encode(), MANUFACTURER: said.encode()}))
    assert [value(made, tag) for tag in (MODEL, MANUFACTURER)] == [None, b""]


def test_a_product_by_which_the_object_names_a_person_is_not_named():
    about = {0x00081140: [dataset({0x00080090: element(0x00080090, "Philips^Vida", "PN")})]}
    made = done(ct({**about, MANUFACTURER: "Philips Medical Systems", MODEL: "MAGNETOM Vida"}))
    assert value(made, MANUFACTURER) == b""
    assert MODEL not in made


def test_a_place_or_a_station_called_by_the_devices_in_it_does_not_take_their_makers_away():
    about = {0x00080080: "St. Zephyrine Medical Center", 0x00081010: "PHILIPS-ZEPHYRINE"}
    made = done(ct({**about, MANUFACTURER: "Philips Medical Systems", SERIES_DESCRIPTION: "Medical axial"}))
    assert value(made, MANUFACTURER).strip() == b"Philips Medical Systems"
    made = done(ct({**about, SERIES_DESCRIPTION: "Medical axial"}), clean_descriptors=True)
    assert value(made, SERIES_DESCRIPTION).strip() == b"axial"


@pytest.mark.parametrize(("said", "left"), [("ISO_IR 192", b"ISO_IR 192"), ("\\ISO 2022 IR 87", b"\\ISO 2022 IR 87")])
def test_the_character_set_stays_where_it_is_one(said, left):
    assert value(done(ct({0x00080005: said})), 0x00080005) == left
    assert value(done(ct({0x00080005: "ZEPHYRINE"})), 0x00080005) is None


def test_names_in_another_character_set_are_known_as_words():
    about = {0x00080005: "ISO_IR 192", 0x00100010: element(0x00100010, "Mu\u0308ller^Kn\u00e9e".encode(), "PN")}
    made = done(ct({**about, SERIES_DESCRIPTION: "Knee axial"}), clean_descriptors=True)
    assert value(made, SERIES_DESCRIPTION) == b"axial"


STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
ROI_SEQUENCE, ROI_NAME = 0x30060020, 0x30060026


def roi_names(*names, **settings):
    items = [dataset({ROI_NAME: name}) for name in names]
    made = value(done(ct({ROI_SEQUENCE: items}, sop_class=STRUCTURE_SET), **settings), ROI_SEQUENCE)
    return [value(item, ROI_NAME).decode() for item in made]


def test_structures_have_names_again_by_clean_descriptors_and_words():
    names = ("PTV_60", "Lung_L", "CTV1", "SpinalCord", "Zephyrine")
    assert roi_names(*names) == ["", "", "", "", ""]
    assert roi_names(*names, clean_descriptors=True) == ["PTV_60", "Lung_L", "", "", ""]
    words = {"clean_descriptors": True, "words": ["ctv1", "spinalcord"]}
    assert roi_names(*names, **words) == ["PTV_60", "Lung_L", "CTV1", "SpinalCord", ""]


def test_structures_whose_clean_names_would_be_the_same_have_none():
    warned = Warned()
    names = ("PTV_Meyer", "PTV_Zephyrine", "Lung_L", "Heart", "Heart", "Zephyrine")
    assert roi_names(*names, clean_descriptors=True, warned=warned) == ["", "", "Lung_L", "Heart", "Heart", ""]
    assert [caution.code for caution in warned] == ["dicom_names_alike"]
    assert warned[0].sentence.startswith("Of the names of 2 structures")


MAKES = {0x00080070: "Zephyr Imaging", 0x00081090: "Skyraptor 7 XQ", 0x00181020: "30\\LX\\RX30.1_R01_2331.a"}


def test_a_retained_device_is_known_by_its_maker_its_model_and_its_software():
    made = done(ct(MAKES), retain=["device_identity"])
    assert [value(made, tag) for tag in MAKES] == [said.encode() for said in MAKES.values()]
    without = done(ct(MAKES))
    assert not {bytes(said.encode()) for said in MAKES.values()} & {value(without, tag) for tag in MAKES}


@pytest.mark.parametrize("tag", MAKES)
@pytest.mark.parametrize("who", ["Skyraptor Oravec", "model PAT-88123"])
def test_what_names_the_patient_is_no_device_that_is_retained(tag, who):
    left = value(done(ct({tag: who}), retain=["device_identity"]), tag) or b""
    assert b"Oravec" not in left
    assert b"88123" not in left
