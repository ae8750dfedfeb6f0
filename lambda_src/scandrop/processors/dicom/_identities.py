"""Who and what an object is about: its identifiers, what stands for each, and the words that would give them away."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._clean import OWN_WORDS, words_of
from scandrop.processors.dicom._dataset import Dataset, charsets, strings, text
from scandrop.processors.dicom._dates import own_day
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._numbers import LEAST_DIGITS
from scandrop.processors.dicom._published import INSTANCE_UIDS
from scandrop.processors.dicom._tags import (
    PATIENT_ID,
    PATIENT_NAME,
    SERIES_INSTANCE_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from scandrop.pseudonyms import Pseudonyms

ACCESSION_NUMBER: Final = 0x00080050
ISSUER_OF_PATIENT_ID: Final = 0x00100021
STUDY_ID: Final = 0x00200010
SH_CHARS: Final = 16

_GROUPING: Final = (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID)  # the widest first
_UIDS: Final = {
    "study_instance_uid": STUDY_INSTANCE_UID,
    "series_instance_uid": SERIES_INSTANCE_UID,
    "sop_instance_uid": SOP_INSTANCE_UID,
}
# Identifiers, addresses, telephone numbers, institutions and devices; names are known by their VR.
_TELLING: Final = frozenset(
    {
        *(PATIENT_ID, ISSUER_OF_PATIENT_ID, ACCESSION_NUMBER, STUDY_ID),
        *(
            0x00101000,
            0x00101040,
            0x00101050,
            0x00101090,
            0x00102150,
            0x00102152,
            0x00102154,
            0x00102155,
        ),  # of patients
        *(0x00080080, 0x00080081, 0x00080092, 0x00080094, 0x00102299, 0x00380400),  # of institutions
        *(0x00081010, 0x00181000, 0x00181003, 0x00181004, 0x00181005, 0x00181007, 0x00181008),  # of devices
        *(0x00181009, 0x0018700A, 0x30080105),
        *(0x00120040, 0x00120042),  # of subjects of trials
        *(0x0040050A, 0x00400512, 0x00400551, 0x004006FA, 0x22000005),  # of specimens, slides and labels
        *(0x40080040, 0x40080200),  # of results
        *(0x00380010, 0x00380060, 0x00400009, 0x00400253, 0x00401001, 0x00402016, 0x00402017),  # of visits and orders
        *(0x00401102, 0x00401103, 0x00402010, 0x00402011),  # of persons
    }
)
_PATIENTS_DATES: Final = frozenset({0x00100030, 0x00100033, 0x00100034, 0x00100035})  # of birth and death
_DATED: Final = ("DA", "DT")
_SAYING: Final = frozenset({"PN", *_DATED})
_TITLES: Final = frozenset(str.split("dr ii iii iv jr md mr mrs ms phd prof sr"))
_LEAST_NAME: Final = 2  # characters: an initial is no word
_LEAST_IDENTIFIER: Final = 3
_MOST_DIGITS: Final = 64


class Patient(NamedTuple):
    """token: what stands for the patient's identifier and name; shift_days: by how much the dates move."""

    token: str
    shift_days: int


def patient_of(dataset: Dataset, pseudonyms: Pseudonyms, settings: Settings, inherited: Sequence[str] = ()) -> Patient:
    """The patient of an object: PatientID, else the study, the series, or the object itself, else PatientName.

    Objects that have none of these are one patient's: nothing tells them apart. inherited: the character sets around.

    Not its issuer: one modality writes it where the next does not, and two of them would make two patients of one.
    Letter case counts: the standard's identifiers differ by it (PS3.5 6.2). Dates that have moved already stay, which
    is known by the object's own identifiers: both must be pseudonyms of this key.
    """
    known = charsets(dataset, inherited)
    study = next((uid for tag in _GROUPING if (uid := text(dataset, tag)) and uid not in INSTANCE_UIDS), "")
    who = text(dataset, PATIENT_ID, known) or ""
    is_new_study = study and not ("uids" in settings.retain or pseudonyms.is_own_uid(study))
    if is_new_study and pseudonyms.is_own_identifier(who):
        return Patient(who, _shift(f"of {who}", pseudonyms, settings))
    original = who or study or text(dataset, PATIENT_NAME, known) or ""
    return Patient(pseudonyms.patient_id(original), _shift(original, pseudonyms, settings))


def accession_number(value: str, pseudonyms: Pseudonyms, patient: Patient) -> str:
    """The same for every patient: an accession groups what different sites and systems number differently.

    Whoever holds two patients of one number sees that they share it, which the originals say, too.
    """
    del patient
    return pseudonyms.identifier("AccessionNumber", value, SH_CHARS)


def study_id(value: str, pseudonyms: Pseudonyms, patient: Patient) -> str:
    """Told apart by patient: a StudyID is often a small number, which counting would give away."""
    return pseudonyms.identifier(f"StudyID of {patient.token}", value, SH_CHARS)


IDENTIFIERS: Final[dict[int, Callable[[str, Pseudonyms, Patient], str]]] = {
    ACCESSION_NUMBER: accession_number,
    STUDY_ID: study_id,
}


def identities(dataset: Dataset, pseudonyms: Pseudonyms, settings: Settings) -> dict[str, tuple[str, str]]:
    """What identifies a raw object, by kind: the original, "" where it has none, and what its derivatives have.

    Made again from the object, since nothing is stored: a token belongs to an object if it is one of these.
    """
    patient = patient_of(dataset, pseudonyms, settings)
    inherited = charsets(dataset)
    found = {
        "patient_id": (text(dataset, PATIENT_ID, inherited) or "", patient.token),
        "patient_name": (text(dataset, PATIENT_NAME, inherited) or "", patient.token),
    }
    for kind, tag in (("accession_number", ACCESSION_NUMBER), ("study_id", STUDY_ID)):
        if value := text(dataset, tag, inherited):
            found[kind] = (value, IDENTIFIERS[tag](value, pseudonyms, patient))
    for kind, tag in _UIDS.items():
        if value := text(dataset, tag):
            found[kind] = (value, value if "uids" in settings.retain else pseudonyms.uid(value))
    return found


class Telling(NamedTuple):
    """Folded words of an object's names, and of its identifiers, places and devices.

    numbers: the digits of all of these, and of the patient's birth and death, without leading zeros; people: names and
    PatientID; days: those that the object's dates are of, where these do not stay as they are.
    """

    names: frozenset[str]
    identifiers: frozenset[str]
    numbers: frozenset[str]
    people: frozenset[str]
    days: frozenset[date]


def telling_words(dataset: Dataset, pseudonyms: Pseudonyms, *, dates_stay: bool) -> Telling:
    """Of every depth; without titles, initials and what a first de-identification put there."""
    names: set[str] = set()
    identifiers: set[str] = set()
    patients: set[str] = set()
    numbers: set[str] = set()
    days: set[date] = set()
    for tag, value in _values(dataset):
        if tag in _PATIENTS_DATES:
            numbers.update(_orders(value))
        elif VR.get(tag) in _DATED:
            days.update(filter(None, () if dates_stay else [own_day(value)]))
        elif not pseudonyms.is_own_identifier(value):
            (identifiers if tag in _TELLING else names).update(words_of(value))
            patients.update(words_of(value) if tag == PATIENT_ID else ())
            numbers.update(_runs(value))
    of_people = frozenset(word for word in names - _TITLES - OWN_WORDS if len(word) >= _LEAST_NAME)
    stripped = (digits.lstrip("0") for digits in numbers)
    return Telling(
        of_people,
        frozenset(word for word in identifiers - OWN_WORDS if len(word) >= _LEAST_IDENTIFIER),
        frozenset(digits for digits in stripped if LEAST_DIGITS <= len(digits) <= _MOST_DIGITS),
        frozenset(word for word in of_people | patients - OWN_WORDS if len(word) >= _LEAST_IDENTIFIER),
        frozenset(days),
    )


def _runs(value: str) -> Iterator[str]:
    """The digits of an identifier in any script: as they stand together, and all of them."""
    runs = ["".join(str(unicodedata.decimal(digit)) for digit in run) for run in re.findall(r"\d+", value)]
    yield from runs
    yield "".join(runs)


def _orders(value: str) -> Iterator[str]:
    """The ways in which a date is written as one number."""
    digits = "".join(re.findall("[0-9]", value))[:8]  # 1954.03.12 was once the form
    month, day = digits[4:6], digits[6:]
    if len(digits) == len("YYYYMMDD"):
        for year in (digits[:4], digits[2:4]):
            yield from (year + month + day, day + month + year, month + day + year)


def _values(dataset: Dataset) -> Iterator[tuple[int, str]]:
    levels = [(dataset, charsets(dataset))]
    while levels:
        level, inherited = levels.pop()
        for tag, element in level.items():
            if element.vr == "SQ" and isinstance(element.value, tuple):
                levels += [(item, charsets(item, inherited)) for item in element.value]
            elif element.vr == "PN" or tag in _TELLING or tag in _PATIENTS_DATES or VR.get(tag) in _SAYING:
                yield from ((tag, value) for value in strings(level, tag, inherited))


def _shift(original: str, pseudonyms: Pseudonyms, settings: Settings) -> int:
    return pseudonyms.date_shift_days(original) if settings.dates == "modified" else 0
