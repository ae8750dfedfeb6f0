"""A CT series and a digital radiograph of one chest, with headers that name a patient, who does not exist."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from scandrop_cli.samples import Sample, Store, ct, radiograph
from scandrop_cli.samples.chest import Chest, Nodule
from scandrop_cli.samples.image import facts
from scandrop_cli.samples.people import person
from scandrop_cli.samples.solids import Array
from scandrop_cli.wording import counted

SLICE_MM = 5.0
CHEST_MM, TOP_MM = 260.0, 78.0  # more slices lie closer together; none is above the shoulders

_KIND = 2
_CT, _DX = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1.1"
_INTERCEPT = -1024

type Values = Mapping[str, Any]


def make(store: Store, seed: int, count: int) -> Iterator[Sample]:
    rng = np.random.default_rng([seed, _KIND])
    chest, study = Chest(rng, nodule=True), Study(rng)
    yield _series(store, seed, count, chest, study, rng)
    study.dataset(_DX, "DX", 1, _dx(radiograph.radiograph(chest, rng))).save_as(
        store.drop("chest.dcm"), enforce_file_format=True
    )
    truth = {"seed": seed, "planted": study.planted, **facts(chest, radiograph.lung_mask(chest))}
    yield store.keep("chest.dcm", truth, "digital radiograph of the same patient")


def _series(store: Store, seed: int, count: int, chest: Chest, study: "Study", rng: np.random.Generator) -> Sample:
    step_mm = round(min(SLICE_MM, CHEST_MM / count), 3)
    middle_mm = round(chest.nodule.z_mm) if chest.nodule else 0
    top_mm = min(middle_mm + step_mm * (count - 1) / 2, TOP_MM)
    geometry = {"FrameOfReferenceUID": study.uid(), "SliceThickness": step_mm, "SpacingBetweenSlices": step_mm}
    scan = ct.Scan(chest)
    for number in range(1, count + 1):
        z_mm = round(top_mm - step_mm * (number - 1), 3)
        values = {"InstanceNumber": number, **geometry, **_ct(scan.slice(z_mm, rng), z_mm)}
        study.dataset(_CT, "CT", 2, values).save_as(store.drop(f"ct/{number:04}.dcm"), enforce_file_format=True)
    truth = {
        "seed": seed,
        "planted": study.planted,
        "inserts": ct.inserts(),
        "noise_hu": ct.NOISE_HU,
        "nodule": chest.nodule and _in_slices(chest.nodule),
    }
    apart = f", {step_mm:g} mm apart" if count > 1 else ""
    return store.keep("ct", truth, f"CT series of {counted(count, 'slice')}{apart}")


def _in_slices(nodule: Nodule) -> dict[str, float]:
    row, column = ct.pixel(nodule.x_mm, nodule.y_mm)
    return {
        "row": row,
        "column": column,
        "z_mm": round(nodule.z_mm, 1),
        "diameter_mm": round(2 * nodule.radius_mm, 1),
        "hu": ct.NODULE_HU,
    }


class Study:
    """A patient's study; `planted` are the values in its headers that de-identification must remove."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._series = {modality: self.uid() for modality in ("CT", "DX")}
        patient, referring, reading, operator = (person(rng) for _ in range(4))
        digits = rng.integers(10**6, 10**7, 6)
        born = date(1938, 1, 1) + timedelta(int(rng.integers(24_000)))
        taken = datetime(2024, 1, 1, 8) + timedelta(int(rng.integers(600)), int(rng.integers(36_000)))  # noqa: DTZ001
        self._taken = taken
        self._sex = patient.sex
        self._years = (taken.date() - born).days // 365
        self.planted = {
            "PatientName": patient.dicom,
            "PatientID": f"MRN-{digits[0]}",
            "PatientBirthDate": f"{born:%Y%m%d}",
            "OtherPatientNames": f"{patient.family}-{reading.family}^{patient.given}",
            "PatientAddress": f"{digits[1] % 90 + 10} Juniper Crescent, Port Ellery",
            "PatientTelephoneNumbers": f"+44 1632 {digits[2] % 900_000 + 100_000}",
            "AccessionNumber": f"ACC{digits[3]}",
            "StudyID": f"S{digits[4]}",
            "ReferringPhysicianName": referring.dicom,
            "PhysiciansOfRecord": referring.dicom,
            "PerformingPhysicianName": reading.dicom,
            "OperatorsName": operator.dicom,
            "InstitutionName": "Saint Odile Infirmary of Port Ellery",
            "InstitutionAddress": "4 Harbour Parade, Port Ellery",
            "InstitutionalDepartmentName": "Odile Thoracic Imaging",
            "StationName": f"ODILE{digits[5] % 100:02}",
            "DeviceSerialNumber": f"SN{digits[5]}",
            "StudyInstanceUID": self.uid(),
            "PatientComments": f"Neighbour of {operator.family}; call {reading} first.",
        }

    def uid(self) -> str:
        """As ISO/IEC 9834-8 makes one of a UUID."""
        return f"2.25.{int.from_bytes(self._rng.bytes(16))}"

    def dataset(self, sop_class: str, modality: str, series: int, values: Values) -> Dataset:
        """One object, with its file meta information."""
        made, day, time = Dataset(), f"{self._taken:%Y%m%d}", f"{self._taken:%H%M%S}"
        common = {
            "SpecificCharacterSet": "ISO_IR 192",
            "SOPClassUID": sop_class,
            "SOPInstanceUID": self.uid(),
            "StudyDate": day,
            "SeriesDate": day,
            "AcquisitionDate": day,
            "ContentDate": day,
            "StudyTime": time,
            "SeriesTime": time,
            "AcquisitionTime": time,
            "ContentTime": time,
            "Modality": modality,
            "Manufacturer": "Scandrop samples",
            "ManufacturerModelName": "Phantom",
            "SoftwareVersions": "1",
            "PatientSex": self._sex,
            "PatientAge": f"{self._years:03}Y",
            "StudyDescription": "Chest",
            "SeriesInstanceUID": self._series[modality],
            "SeriesNumber": series,
            "BodyPartExamined": "CHEST",
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
        }
        for keyword, value in {**common, **self.planted, **values}.items():
            setattr(made, keyword, value)
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return made


def _ct(hu: Array, z_mm: float) -> dict[str, Any]:
    pixels = np.rint(hu).clip(_INTERCEPT, 3071).astype("<i2") - np.int16(_INTERCEPT)
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "SeriesDescription": "Thorax soft tissue",
        "PositionReferenceIndicator": "",
        "PatientPosition": "HFS",
        "AcquisitionNumber": 1,
        "ImagePositionPatient": [
            -ct.FIELD_MM / 2 + ct.PIXEL_MM / 2,
            -ct.FIELD_MM / 2 + ct.PIXEL_MM / 2 + ct.CENTRE_Y_MM,
            z_mm,
        ],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [ct.PIXEL_MM, ct.PIXEL_MM],
        "KVP": 120,
        "XRayTubeCurrent": 210,
        "ExposureTime": 500,
        "ConvolutionKernel": "SOFT",
        "RescaleIntercept": _INTERCEPT,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        "WindowCenter": [40, -600],
        "WindowWidth": [400, 1500],
        **_stored(pixels, bits=16, signed=True),
    }


def _dx(shown: radiograph.Picture) -> dict[str, Any]:
    pixels = np.rint(shown * 4095).astype("<u2")
    return {
        "ImageType": ["ORIGINAL", "PRIMARY", ""],
        "SeriesDescription": "Chest PA",
        "PresentationIntentType": "FOR PRESENTATION",
        "InstanceNumber": 1,
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "U",
        "AnatomicRegionSequence": [_code("43799004", "SCT", "Thorax")],
        "ViewCodeSequence": [_code("399348003", "SCT", "postero-anterior")],
        "PositionerType": "",
        "AcquisitionContextSequence": [],
        "DetectorType": "DIRECT",
        "KVP": 120,
        "ImagerPixelSpacing": [radiograph.PIXEL_MM, radiograph.PIXEL_MM],
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": -1,
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
        "RescaleType": "US",
        "PresentationLUTShape": "IDENTITY",
        "LossyImageCompression": "00",
        "BurnedInAnnotation": "NO",
        "WindowCenter": 2048,
        "WindowWidth": 4096,
        **_stored(pixels, bits=12, signed=False),
    }


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _stored(pixels: Any, *, bits: int, signed: bool) -> dict[str, Any]:  # noqa: ANN401  # an array of either type
    return {
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(signed),
        "PixelData": pixels.tobytes(),
    }
