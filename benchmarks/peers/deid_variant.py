"""De-identifies a folder of DICOM files with one library, as a careful user of it would.

    python deid_variant.py VARIANT PROFILE SOURCE TARGET

PROFILE is `default`, the Basic Profile with modified dates, or `clean`, which also keeps what the descriptions, the
patient's characteristics and the device have to say, where the library has an option for it. An object that the library
fails on is left out. Options were chosen that meet most of the key: where text cannot be cleaned, it is removed.
"""

import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from pydicom import Dataset, dcmread

type Deidentifier = Callable[[Path], Dataset]  # a file -> its data set, de-identified

CHARACTERISTICS = ("PatientSex", "PatientAge", "PatientSize", "PatientWeight", "SmokingStatus", "PregnancyStatus")
DEVICE = ("DeviceSerialNumber", "StationName", "PerformedStationName", "ScheduledStationAETitle")
DESCRIPTORS = (
    *("StudyDescription", "SeriesDescription", "ProtocolName", "PatientComments", "ImageComments", "ReasonForStudy"),
    *("AdditionalPatientHistory", "AdmittingDiagnosesDescription", "RequestedProcedureDescription"),
    *("PerformedProcedureStepDescription", "DerivationDescription", "ContrastBolusAgent", "VisitComments"),
)
RECIPE_LINES_REPLACED = (
    "endswith:Date",
    "endswith:Time",
    "endswith:time",
    "contains:UID",
    "endswith:ID",
    "PatientID",
    "jitter",
)
TYPE_2 = ("PatientName", "PatientBirthDate", "StudyID", "ReferringPhysicianName", "AccessionNumber")


def dicognito(profile: str) -> Deidentifier:
    """One anonymizer for all with a seed, as its documentation asks for objects that belong together."""
    from dicognito.anonymizer import Anonymizer
    from dicognito.value_keeper import ValueKeeper

    anonymizer = Anonymizer(seed="evaluation")
    for keyword in DEVICE[1:2] if profile == "clean" else ():
        anonymizer.add_element_handler(ValueKeeper(keyword))

    def deidentify(path: Path) -> Dataset:
        dataset = dcmread(path)
        anonymizer.anonymize(dataset)
        return dataset

    return deidentify


def dicom_anonymizer(profile: str) -> Deidentifier:
    """Its 2026c table; it has no shift of dates, and cleans no text, so that kept descriptions would be kept whole."""
    from dicomanonymizer.simpledicomanonymizer import anonymize_dataset, initialize_actions, keep
    from pydicom.datadict import tag_for_keyword

    kept = (*CHARACTERISTICS, *DEVICE) if profile == "clean" else ()
    tags = [int(tag_for_keyword(keyword) or 0) for keyword in kept]
    rules = {(tag >> 16, tag & 0xFFFF): keep for tag in tags}

    def deidentify(path: Path) -> Dataset:
        dataset = dcmread(path)
        anonymize_dataset(dataset, rules, base_rules_gen=lambda: initialize_actions("dicomfields_2026c"))
        return dataset

    return deidentify


def deid_bundled(profile: str) -> Deidentifier:
    """Its own recipe as it comes, private elements removed."""
    del profile
    return by_recipe(str(files("deid") / "data" / "deid.dicom"))


def deid(profile: str) -> Deidentifier:
    """Its own recipe, the lines on UIDs, dates, times and Type 2 attributes replaced by what its documentation has."""
    lines = (files("deid") / "data" / "deid.dicom").read_text().partition("%header")[2].splitlines()
    replaced = {f"REMOVE {what}" for what in (*RECIPE_LINES_REPLACED, *TYPE_2)}
    kept = [line for line in lines if line.startswith("REMOVE ") and line not in replaced]
    added = [
        "REPLACE contains:InstanceUID|ReferenceUID|EventUID|ObservationUID|CreatorUID|^UID deid_func:pydicom_uuid",
        "REPLACE PatientID var:patient",
        "JITTER contains:Date var:days",
        *(f"BLANK {keyword}" for keyword in TYPE_2),
        "ADD PatientIdentityRemoved YES",
    ]
    told = () if profile == "clean" else (*CHARACTERISTICS[1:], *DEVICE)
    added += [f"REMOVE {keyword}" for keyword in (*DESCRIPTORS, *told)]
    added += ["REMOVE contains:Institution|Department|Address|Telephone"]
    added += [] if profile == "clean" else ["BLANK PatientSex"]
    with tempfile.NamedTemporaryFile("w", suffix=".dicom", delete=False) as recipe:
        recipe.write("FORMAT dicom\n\n%header\n\n" + "\n".join(kept + added) + "\n")
    return by_recipe(recipe.name)


def by_recipe(recipe: str) -> Deidentifier:
    from deid.config import DeidRecipe
    from deid.dicom import replace_identifiers

    patients: dict[str, int] = {}
    loaded = DeidRecipe(deid=recipe, base=False)

    def deidentify(path: Path) -> Dataset:
        number = patients.setdefault(str(dcmread(path, stop_before_pixels=True).get("PatientID")), len(patients) + 1)
        known = {"patient": f"P{number:04}", "days": str(-100 - 7 * number)}
        known |= {"entity_id": known["patient"], "item_id": "", "entity_timestamp": "", "item_timestamp": ""}
        made: Dataset = replace_identifiers(
            dicom_files=[str(path)], ids={str(path): known}, deid=loaded, remove_private=True
        )[0]
        return made

    return deidentify


def main() -> None:
    variant, profile, source, target = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    deidentify = {
        "dicognito": dicognito,
        "deid": deid,
        "deid_bundled": deid_bundled,
        "dicom_anonymizer": dicom_anonymizer,
    }[variant](profile)
    for path in sorted(Path(source).iterdir()):
        try:
            deidentify(path).save_as(Path(target) / path.name)
        except Exception as error:  # noqa: BLE001  # a file that a library cannot take scores nothing
            print(f"{path.name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
