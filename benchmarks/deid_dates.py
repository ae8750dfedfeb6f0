"""Dates where the evaluation set's objects give away by how much all others moved, and dates that are numbers.

A date that many patients share, or that is published, or stands for none, tells the shift to whoever sees it moved.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydicom import Dataset

CATEGORIES: Final = {
    "shift_hidden": "a date that others know (of a device, a list, a migration, of none) did not move as the patient's",
    "number_undated": "a number that is a date of the object, the next day, or either with a number behind, is gone",
}
INSTALLED, MANUFACTURED, EDITION, MIGRATED = "20140212", "20131104", "20020904000000", "20200601031500"
PLACEHOLDERS: Final = ("99991231", "19000101", "19700101", "18581117", "20000101", "20150101")

type Planted = dict[str, dict[str, str]]  # by category: the keyword, of one in a sequence after it, and the value


def plant_dates(dataset: Dataset, seen: str, index: int) -> Planted:
    """Write such dates and numbers into an object of a day (YYYYMMDD), and say which."""
    day = datetime.strptime(seen, "%Y%m%d").replace(tzinfo=UTC)
    shared = {
        "DateOfLastCalibration": f"{day - timedelta(9):%Y%m%d}",
        "DateOfInstallation": INSTALLED,
        "DateOfManufacture": MANUFACTURED,
        "InstanceCoercionDateTime": MIGRATED,
        "SOPAuthorizationDateTime": MIGRATED,
        "PerformedProcedureStepEndDate": PLACEHOLDERS[index % len(PLACEHOLDERS)],
    }
    numbers = {
        "AcquisitionNumber": seen,
        "TriggerTime": str(int(day.timestamp()) + 37_290),
        "TableHeight": f"{day:%d%m%Y}",
        "SliceLocation": f"{seen}.07",
        "TemporalPositionIdentifier": f"{seen}01",
        "CineRate": f"{day + timedelta(1):%y%m%d}",
        "FrameTime": f"{seen[:4]}.{seen[4:]}",
    }
    for keyword, value in (shared | numbers).items():
        setattr(dataset, keyword, value)
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "F-10450", "SRT", "recumbent"
    region.MappingResource, region.ContextIdentifier, region.ContextGroupVersion = "DCMR", "19", EDITION
    dataset.PatientOrientationCodeSequence = [region]
    in_code = {"PatientOrientationCodeSequence.ContextGroupVersion": EDITION}
    return {"shift_hidden": shared | in_code, "number_undated": numbers}
