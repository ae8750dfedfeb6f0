"""The evaluation set: about two hundred DICOM objects of twenty made-up patients, and what has to become of them.

Made in the manner of MIDI-B (Rutherford et al., A DICOM dataset for evaluation of medical image de-identification,
Scientific Data 2021; the Medical Image De-Identification Benchmark, 2024): headers as scanners write them, half of them
those of real files in pydicom's and pydicom-data's wheels, with identifiers where clinics really put them, and for each
a key of required actions. The same seed gives the same bytes. Pixels are left small.
"""

import contextlib
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pydicom
from pydicom import Dataset, Sequence, dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from benchmarks.deid_dates import plant_dates
from benchmarks.deid_people import ODD_PLACES, PATIENTS, REMARKS, Patient
from benchmarks.deid_techniques import PLANS, SHARED, TECHNIQUES, Plan
from scandrop.processors.dicom._table import BASIC, OPTIONS, SAFE_PRIVATE

type Place = tuple[int, ...]  # tag, or tag, item, tag, ...

DEFAULT, CLEAN, BOTH = "default", "clean", ""
WHEELS: Final = Path(pydicom.__file__).parent.parent
CLEANED: Final = {tag for tag, code in OPTIONS["clean_descriptors"].items() if code == "C"}
DAYS_TO_SECOND_VISIT: Final = 191
DIGITS_OF_A_DATE: Final = 8
OLDEST_AGE: Final = "089Y"
OLDER: Final = "090Y"  # who is older is "90 or older" (45 CFR 164.514)
LETTERS_OF_AN_INITIAL: Final = 2
LARGE_BYTES: Final = 50_000
STANDARD_UIDS: Final = "1.2.840.10008."
TYPE_2: Final = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("ReferringPhysicianName", "AccessionNumber", "SeriesNumber", "InstanceNumber"),
)
TYPE_1: Final = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "PatientID")
LINKING_UIDS: Final = (
    "MediaStorageSOPInstanceUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
)
OF_NOBODY: Final = ("ImplementationClassUID", "CodingSchemeUID", "ContextUID")  # of programs and of vocabularies
SHIFTED: Final = (
    *("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime"),
    *("PerformedProcedureStepStartDate", "RadiopharmaceuticalStartDateTime"),
)
CHARACTERISTICS: Final = (
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "SmokingStatus",
    "PregnancyStatus",
)
OF_DEVICES: Final = ("station", "aet", "serial")  # kept where an environment retains the device's identity
NUMBERS_AND_CODES: Final = ("DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "CS")
NOT_OF_THE_OBJECT: Final = (0x0002, 0x0010, 0x0038, 0x5000, 0x6000, 0x6002)  # file, patient, visit, curve, overlays
OF_ITS_TEXT: Final = (
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "ConvolutionKernel", "SequenceName"),
    "MIMETypeOfEncapsulatedDocument",
)
OF_ANYBODY: Final = ("SpecificCharacterSet", "PatientIdentityRemoved", "ContentLabel")  # of the writer, or a label
ENCODINGS: Final = ("latin-1", "utf-8", "gb18030", "iso2022_jp", "euc_kr", "iso8859_7", "iso8859_5")


class Required(NamedTuple):
    """One required action. value: the identifier or word that it is about, or the original value.

    profile: under which profile it is required, empty for both; optional: met as well where the element is gone.
    """

    category: str
    place: Place
    value: str
    profile: str = BOTH
    optional: bool = False


@dataclass
class Case:
    """One object of the set. patient: a number; facts: what identifies the people and the place, by kind."""

    name: str
    patient: int
    dataset: Dataset
    facts: dict[str, str]
    required: list[Required] = field(default_factory=list)
    preamble: bytes = bytes(128)

    def encoded(self) -> bytes:
        """The whole file."""
        stream = BytesIO()
        self.dataset.preamble = self.preamble
        self.dataset.save_as(stream, enforce_file_format=True)
        return stream.getvalue()


@cache
def cases(seed: int = 1) -> tuple[Case, ...]:
    """The set with its key."""
    return tuple(case for number in range(len(PLANS)) for case in study(number, seed))


def study(number: int, seed: int) -> Iterator[Case]:
    """One patient's study after its plan: each object with remarks and odd places of its own."""
    plan, patient = PLANS[number], PATIENTS[PLANS[number].patient]
    luck = random.Random(f"{seed} {number}")  # noqa: S311  # the same set each time
    facts = facts_of(patient, random.Random(f"{seed} {patient.family}"))  # noqa: S311
    previous = ""
    for index in range(plan.objects):
        case = Case(f"{number:02}-{plan.modality}-{index:03}.dcm", plan.patient, header(plan), facts)
        identify(case, patient, visit=2 * index // plan.objects, number=100 * number + index)
        case.dataset.Modality = plan.modality
        case.dataset.SourceImageSequence = [reference(case.dataset.SOPClassUID, previous)] if previous else []
        previous = case.dataset.SOPInstanceUID
        remarks = REMARKS[patient.clinic.language]
        for path, template in (*luck.sample(remarks, 4), *luck.sample(ODD_PLACES, 7)):
            plant(case, path, template.replace("EXAM", plan.exam))
        private(case, luck)
        date_anew(case, index)
        odd_bytes(case, index)
        if case.dataset.file_meta.TransferSyntaxUID == JPEGBaseline8Bit:
            comment(case)
        case.required = list(dict.fromkeys([*case.required, *key(case)]))
        yield case


def facts_of(patient: Patient, luck: random.Random) -> dict[str, str]:
    """What identifies this patient, the people around and the place."""
    clinic, born = patient.clinic, patient.born
    seen = date(2019, 1, 7) + timedelta(days=luck.randrange(1900))
    serial = str(luck.randrange(10_000, 99_999))
    names = {f"name{count}": part for count, part in enumerate(re.split("[\\^= ]", patient.name)) if part}
    return names | {
        "family": patient.family,
        "family_upper": patient.family.upper(),
        "given": patient.given,
        "born": f"{born:%Y%m%d}",
        "born_de": f"{born:%d.%m.%Y}",
        "born_us": f"{born:%m/%d/%Y}",
        "born_iso": f"{born:%Y-%m-%d}",
        "relative": patient.relative,
        "phone": patient.phone,
        "street": patient.street,
        "mail": f"{clinic.aet.lower()}.{luck.randrange(100, 999)}@mail.example",
        "mrn": f"{luck.choice('KMPX')}{luck.randrange(10**6, 10**7)}",
        "accession": f"A{seen:%y}{luck.randrange(10**6, 10**7)}",
        "seen": f"{seen:%Y%m%d}",
        "seen_de": f"{seen:%d.%m.%Y}",
        "seen_us": f"{seen:%m/%d/%Y}",
        "serial": serial,
        "station": clinic.station,
        "aet": clinic.aet,
        "institution": clinic.institution,
        "department": f"Dept. {clinic.radiologist}",
        "clinic_street": clinic.street,
        "clinic_phone": clinic.phone,
        "physician": clinic.physician,
        "radiologist": clinic.radiologist,
        "operator": clinic.operator,
        "root": f"1.3.12.2.1107.5.1.4.{serial}.30000{seen:%y%m%d}{luck.randrange(10**10, 10**11)}",
    }


def header(plan: Plan) -> Dataset:
    """A real file's header with a corner of its pixels, or one made up after its technique."""
    dataset = real(plan.base) if plan.base else made(plan.modality)
    for element in list(dataset):
        if element.tag.group == 0x0010 or element.VR == "PN":
            del dataset[element.tag]  # the file's own patient
    return dataset


def real(name: str) -> Dataset:
    folder = next(each for each in (WHEELS / "pydicom", WHEELS / "data_store") if list(each.rglob(name)))
    dataset = dcmread(next(folder.rglob(name)), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed and len(dataset.get("PixelData", b"")) > LARGE_BYTES:
        corner = np.ascontiguousarray(dataset.pixel_array[100:140, 100:164])
        dataset.Rows, dataset.Columns = corner.shape[:2]
        dataset.PixelData = corner.tobytes()
    return dataset


def made(modality: str) -> Dataset:
    dataset = Dataset()
    for keyword, value in (SHARED | TECHNIQUES[modality]).items():
        setattr(dataset, keyword, value)
    if "Rows" in dataset:
        dataset.PixelData = noise(dataset)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def noise(dataset: Dataset) -> bytes:
    """Pixels of a slope with grain: nothing that a decoder could not bear."""
    shape = (dataset.get("NumberOfFrames", 1), dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
    grain = np.random.default_rng(7).integers(0, 2**dataset.BitsStored // 2, shape)
    slope = np.linspace(0, 2**dataset.BitsStored // 2 - 1, dataset.Columns).astype(int)[None, None, :, None]
    return bytes((grain + slope).astype(f"<u{dataset.BitsAllocated // 8}").tobytes())


def reference(sop_class: str, instance: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return item


def identify(case: Case, patient: Patient, visit: int, number: int) -> None:
    """Patient, study, series and equipment as every scanner writes them; `number` is unique for the patient."""
    dataset, facts = case.dataset, case.facts
    seen = date.fromisoformat(facts["seen"]) + timedelta(days=visit * DAYS_TO_SECOND_VISIT)
    root = f"{facts['root']}.{number // 100 + 1}.{visit + 1}"
    dataset.SpecificCharacterSet = patient.clinic.charset.split("\\")
    dataset.PatientName, dataset.PatientID, dataset.PatientSex = patient.name, facts["mrn"], patient.sex
    dataset.PatientBirthDate, dataset.PatientAge = facts["born"], f"{seen.year - patient.born.year:03}Y"
    dataset.PatientSize, dataset.PatientWeight, dataset.SmokingStatus = "1.68", f"{50 + patient.born.day}.5", "NO"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = root, f"{root}.1", f"{root}.9"
    dataset.SOPInstanceUID, dataset.InstanceNumber = f"{root}.1.{number % 100 + 1}", number % 100 + 1
    dataset.StudyID, dataset.SeriesNumber = facts["accession"][:8], visit + 1
    dataset.IssuerOfPatientID = facts["institution"] if number % 2 else ""  # as one modality in two does
    dataset.AccessionNumber, dataset.ReferringPhysicianName = facts["accession"], f"{facts['physician']}^H."
    dataset.OperatorsName, dataset.NameOfPhysiciansReadingStudy = facts["operator"], facts["radiologist"]
    dataset.InstitutionName, dataset.StationName = facts["institution"], facts["station"]
    dataset.DeviceSerialNumber = facts["serial"]
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "InstanceCreationDate"):
        setattr(dataset, keyword, f"{seen:%Y%m%d}")
    dataset.StudyTime, dataset.SeriesTime, dataset.ContentTime = "101500", "102112.250", f"1022{number % 60:02}"
    dataset.AcquisitionDateTime = f"{seen:%Y%m%d}102112.250000"
    dataset.PerformedProcedureStepStartDate = f"{seen:%Y%m%d}"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID


def plant(case: Case, path: str, template: str) -> None:
    """Put a remark where its path says, and what becomes of its words into the key."""
    *parents, keyword = path.split(".")
    place: Place = ()
    dataset = case.dataset
    for parent in parents:
        if not dataset.get(parent):
            setattr(dataset, parent, Sequence([Dataset()]))
        dataset, place = dataset[parent].value[0], (*place, tag(parent), 0)
    place = (*place, tag(keyword))
    if keyword in dataset and dataset[keyword].value:
        return  # another remark stands there
    text = template.format(**case.facts).replace("*", "")
    limit = {"SH": 16, "LO": 64, "CS": 16}.get(dictionary_VR(keyword), 10_000)
    if any(len(part) > limit for part in text.split("\\")):
        return
    setattr(dataset, keyword, text)
    for _, name, _, _ in string.Formatter().parse(template):
        if name:
            case.required.append(gone(place, case.facts[name], DEFAULT if name in OF_DEVICES else BOTH))
    only = CLEAN if place[0] in BASIC or place[-1] in BASIC else BOTH  # the Basic Profile has no words left there
    kept = [] if place[0] in BASIC and len(place) > 1 else template.split("*")[1::2]
    if only == BOTH or place[-1] in CLEANED:
        case.required += [Required("text_retained", place, word, only) for word in kept]


def date_anew(case: Case, index: int) -> None:
    """Dates that give the shift away and dates that are numbers, with their part of the key."""
    for category, planted in plant_dates(case.dataset, case.dataset.StudyDate, index).items():
        for path, value in planted.items():
            *parents, keyword = path.split(".")
            place = (*(step for parent in parents for step in (tag(parent), 0)), tag(keyword))
            case.required.append(Required(category, place, value))


def gone(place: Place, identifier: str, profile: str = BOTH) -> Required:
    return Required("text_removed", place, identifier, profile)


def private(case: Case, luck: random.Random) -> None:
    """Blocks of private elements as the three large vendors have them, with harmless and harmful ones."""
    dataset, facts = case.dataset, case.facts
    siemens = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    siemens.add_new(0x10, "OB", even(f"SV10 {facts['family']} PatientID {facts['mrn']}"))
    siemens.add_new(0x18, "CS", case.dataset.Modality)
    gems = dataset.private_block(0x0009, "GEMS_IDEN_01", create=True)
    gems.add_new(0x02, "SH", facts["serial"])
    gems.add_new(0x30, "SH", facts["accession"])
    item = Dataset()
    item.PatientComments = facts["family"]
    item.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x02, "LO", facts["mrn"])
    dataset.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x02, "SQ", [item])
    dataset.add_new(0x00711001, "UN", even(facts["given"]))  # nobody reserved its block
    if case.dataset.Modality == "PT":
        philips = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
        philips.add_new(0x00, "DS", "0.000431")
        philips.add_new(0x09, "DS", "1.1875")
    if case.dataset.Modality == "MR":
        header = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        header.add_new(0x0C, "IS", str(luck.choice([0, 500, 1000])))
        header.add_new(0x0E, "FD", [0.25, -0.5, 0.829])


def even(text: str) -> bytes:
    content = text.encode()
    return content + b" " * (len(content) % 2)


def odd_bytes(case: Case, index: int) -> None:
    """Where no element is: preamble, file meta, padding; and overlays and curves."""
    dataset, facts = case.dataset, case.facts
    name = facts["family"].encode("utf-8")
    match index % 6:
        case 0:
            case.preamble = name.ljust(128, b"\0")
        case 1:
            dataset.file_meta.SourceApplicationEntityTitle = facts["aet"]
        case 2:
            dataset.file_meta.PrivateInformationCreatorUID = UID(f"{facts['root']}.77")
            dataset.file_meta.PrivateInformation = (name + b" " + facts["mrn"].encode()).ljust(64, b"\0")
        case 3:
            dataset.add_new(0xFFFCFFFC, "OB", name.ljust(96, b"\0"))
        case 4:
            for tag, vr, value in (
                *((0x60020010, "US", 8), (0x60020011, "US", 16), (0x60020040, "CS", "G"), (0x60020050, "SS", [1, 1])),
                *((0x60020022, "LO", facts["family"]), (0x60021500, "LO", facts["radiologist"])),
                *((0x60020100, "US", 1), (0x60020102, "US", 0), (0x60023000, "OW", name.ljust(16, b"\0")[:16])),
            ):
                dataset.add_new(tag, vr, value)
        case 5:
            dataset.add_new(0x50003000, "OW", name.ljust(64, b"\0"))
            dataset.add_new(0x50000022, "LO", facts["mrn"])


def comment(case: Case) -> None:
    """In the compressed data themselves, as workstations leave them."""
    (frame,) = generate_frames(case.dataset.PixelData, number_of_frames=1)
    said = even(f"{case.facts['family']} {case.facts['mrn']}")
    segment = b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said
    case.dataset.PixelData = encapsulate([frame[:2] + segment + frame[2:]])


def key(case: Case) -> Iterator[Required]:
    """What every object has to keep and to lose, beyond its remarks."""
    yield from consistent(case)
    undated = {required.place for required in case.required if required.category == "number_undated"}
    for place, element in walk(case.dataset):
        if place not in undated:
            yield from of_element(place, element)
    if "PixelData" in case.dataset:
        yield Required("pixels_retained", (0x7FE00010,), "")
    text = case.encoded()
    for name, identifier in case.facts.items():
        if len(identifier.encode()) > 3 and occurs(identifier, text):
            yield Required("identifier_gone", (), identifier, DEFAULT if name in OF_DEVICES else BOTH)


def consistent(case: Case) -> Iterator[Required]:
    dataset = case.dataset
    yield from (Required("tag_retained", (tag(keyword),), "") for keyword in TYPE_2)
    yield from (Required("text_notnull", (tag(keyword),), "") for keyword in TYPE_1)
    yield Required("patid_consistent", (tag("PatientID"),), case.facts["mrn"])
    for keyword in (keyword for keyword in CHARACTERISTICS if keyword in dataset):
        value = str(dataset[keyword].value)
        aged = keyword == "PatientAge" and value > OLDEST_AGE
        yield gone((tag(keyword),), value, BOTH if aged and value != OLDER else DEFAULT)
        yield Required("text_retained", (tag(keyword),), OLDER if aged else value, CLEAN)
    yield Required("text_retained", (tag("DeviceSerialNumber"),), case.facts["serial"], CLEAN)
    yield Required("text_retained", (tag("StationName"),), case.facts["station"], CLEAN)


def of_element(place: Place, element: Any) -> Iterator[Required]:
    """What one element has to become, by the kind of its value."""
    values = [value for value in multiple(element) if value]
    if any(step >> 16 & 1 for step in place):
        yield from of_private(place, element)
    elif element.VR == "UI":
        yield from of_uid(place, element, values)
    elif element.VR == "PN":
        parts = [part for value in values for part in str(value).replace("=", "^").split("^")]
        yield from (gone(place, part) for part in parts if len(part) > LETTERS_OF_AN_INITIAL)
    elif element.VR in ("DA", "DT") and values:
        shifted = element.keyword in SHIFTED and (len(place) == 1 or place[0] not in BASIC)
        yield Required("date_shifted" if shifted else "text_removed", place, str(values[0]))
    elif len(place) == 1 and place[0] not in BASIC and not element.is_empty and of_the_object(element):
        yield Required("text_retained", place, plain(element))


def of_uid(place: Place, element: Any, values: list[str]) -> Iterator[Required]:
    if element.keyword not in OF_NOBODY:
        for value in values:
            if not value.startswith(STANDARD_UIDS):
                yield Required("uid_changed", place, value)
                yield Required("uid_consistent", place, value, optional=len(place) > 1 or not linking(element))


def linking(element: Any) -> bool:
    return element.keyword in LINKING_UIDS


def of_the_object(element: Any) -> bool:
    """Whether it tells of the image or the document, in numbers, codes or the words of its maker."""
    measured = element.VR in NUMBERS_AND_CODES and element.tag.element  # not a group's length
    told = measured and element.tag.group not in NOT_OF_THE_OBJECT and element.keyword not in OF_ANYBODY
    return bool(told) or element.keyword in OF_ITS_TEXT


def of_private(place: Place, element: Any) -> Iterator[Required]:
    if len(place) == 1 and not element.tag.is_private_creator:
        safe = (element.tag.group, element.tag.element & 0xFF) in SAFE_PRIVATE.get(element.private_creator or "", {})
        yield Required("private_removed", place, "", DEFAULT if safe else BOTH)
        if safe:
            yield Required("safe_private_retained", place, plain(element), CLEAN)


def walk(dataset: Dataset, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every element but sequences, file meta and private blocks included, with its place."""
    if not place and hasattr(dataset, "file_meta"):
        yield from walk(dataset.file_meta)
    for element in dataset:
        here = (*place, int(element.tag))
        if element.VR != "SQ":
            yield here, element
        for index, nested in enumerate(element.value if element.VR == "SQ" else ()):
            yield from walk(nested, (*here, index))


def tag(keyword: str) -> int:
    return int(tag_for_keyword(keyword) or 0)


def multiple(element: Any) -> list[Any]:
    """An element's values, none where it is empty."""
    if element.is_empty:
        return []
    return list(element.value) if element.VM > 1 else [element.value]


def plain(element: Any) -> str:
    """An element's values as text."""
    if isinstance(element.value, bytes):
        return element.value.decode("utf-8", errors="replace")
    return "\\".join(str(value).strip(" \0") for value in multiple(element))


def occurs(identifier: str, content: bytes) -> bool:
    """Whether an identifier stands in a file's bytes as words of their own, in any of the set's encodings."""
    return any(pattern.search(content) for pattern in patterns(identifier))


@cache
def patterns(identifier: str) -> tuple[re.Pattern[bytes], ...]:
    forms = set()
    for encoding in ENCODINGS:
        with contextlib.suppress(UnicodeEncodeError):
            forms.add(identifier.encode(encoding))
    short = identifier.isdigit() and len(identifier) < DIGITS_OF_A_DATE  # a few digits stand in many a longer number
    before, after = (rb"(?<![A-Za-z0-9])", rb"(?![a-z0-9])") if short else (rb"(?<![A-Za-z])", rb"(?![a-z])")
    return tuple(re.compile(before + re.escape(form) + after, re.IGNORECASE) for form in forms)
