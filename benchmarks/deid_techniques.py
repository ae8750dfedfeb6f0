"""What the objects of the evaluation set are: real files of the wheels, or headers made up after their modality."""

from typing import Any, Final, NamedTuple

from pydicom import Dataset, Sequence


class Plan(NamedTuple):
    """One study. base: a file of the wheels, empty for a made-up header; exam: the words that name it, starred."""

    patient: int
    modality: str
    base: str
    objects: int
    exam: str


PLANS: Final = (
    Plan(0, "CT", "", 14, "*CT* *Thorax*"),
    Plan(1, "CT", "CT_small.dcm", 12, "*CT* *Chest*"),
    Plan(2, "MR", "examples_overlay.dcm", 10, "*MR* *Brain*"),
    Plan(3, "CR", "RG1_UNCR.dcm", 10, "*Chest* *PA*"),
    Plan(4, "MR", "MR_small_implicit.dcm", 12, "*MR* *Head*"),
    Plan(5, "MG", "", 10, "*Breast* *left*"),
    Plan(6, "DX", "", 12, "*Knee* *lateral*"),
    Plan(7, "US", "OBXXXX1A_rle.dcm", 8, "*US* *Abdomen*"),
    Plan(8, "PT", "", 14, "*PET* *whole* *body*"),
    Plan(9, "CT", "693_J2KI.dcm", 10, "*CT* *Abdomen*"),
    Plan(10, "SC", "", 8, "*Skull* *screen*"),
    Plan(11, "NM", "JPEG2000.dcm", 10, "*Bone* *scan*"),
    Plan(12, "OT", "SC_rgb_rle.dcm", 8, "*Hand* *photo*"),
    Plan(13, "MR", "MR_small_bigendian.dcm", 10, "*MR* *Spine*"),
    Plan(14, "SR", "test-SR.dcm", 8, "*Chest* *report*"),
    Plan(15, "US", "SC_rgb_jpeg_dcmtk.dcm", 8, "*US* *Kidney*"),
    Plan(16, "ECG", "waveform_ecg.dcm", 4, "*ECG* *rest*"),
    Plan(17, "MR", "emri_small_jpeg_ls_lossless.dcm", 8, "*MR* *Heart*"),
    Plan(18, "RTPLAN", "rtplan.dcm", 6, "*Prostate* *plan*"),
    Plan(18, "RTSTRUCT", "rtstruct.dcm", 4, "*Prostate* *contour*"),
    Plan(19, "DOC", "", 4, "*Letter*"),
    Plan(19, "PR", "", 6, "*Chest* *marks*"),
    Plan(3, "KO", "", 4, "*Key* *images*"),
)

SHARED: Final[dict[str, Any]] = {"StudyDescription": "", "Manufacturer": "Siemens"}
GREY: Final[dict[str, Any]] = {
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": 48,
    "Columns": 40,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
    "WindowCenter": "1024",
    "WindowWidth": "2048",
}


def item(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


REFERENCES: Final[dict[str, Any]] = {
    "ReferencedSeriesSequence": Sequence(
        [
            item(
                SeriesInstanceUID="1.3.12.2.1107.5.1.4.40404.3000019060507.1",
                ReferencedImageSequence=Sequence(
                    [
                        item(
                            ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.1",
                            ReferencedSOPInstanceUID="1.3.12.2.1107.5.1.4.40404.3000019060507.1.1",
                        )
                    ]
                ),
            )
        ]
    )
}
TECHNIQUES: Final[dict[str, dict[str, Any]]] = {
    "CT": GREY
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"],
        "ManufacturerModelName": "SOMATOM Force",
        "SoftwareVersions": "syngo CT VA50A",
        "BodyPartExamined": "CHEST",
        "ScanOptions": "FAST",
        "KVP": "120",
        "SliceThickness": "1.5",
        "DataCollectionDiameter": "500",
        "ReconstructionDiameter": "380",
        "DistanceSourceToDetector": "1085.6",
        "GantryDetectorTilt": "0",
        "TableHeight": "141",
        "ExposureTime": "285",
        "XRayTubeCurrent": "187",
        "Exposure": "89",
        "FilterType": "FLAT",
        "ConvolutionKernel": ["Br40d", "3"],
        "PatientPosition": "FFS",
        "SpiralPitchFactor": 1.2,
        "CTDIvol": 6.03,
        "PositionReferenceIndicator": "",
        "ImagePositionPatient": ["-189.6", "-349.6", "-45"],
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "SliceLocation": "-45",
        "PixelSpacing": ["0.742", "0.742"],
        "RescaleIntercept": "-1024",
        "RescaleSlope": "1",
        "RescaleType": "HU",
        "LossyImageCompression": "00",
        "IrradiationEventUID": "1.3.12.2.1107.5.1.4.40404.30000190605",
    },
    "MG": GREY
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2",
        "ImageType": ["DERIVED", "PRIMARY", "", "POST_PROCESSED"],
        "ManufacturerModelName": "Selenia Dimensions",
        "Manufacturer": "HOLOGIC, Inc.",
        "BodyPartExamined": "BREAST",
        "KVP": "29",
        "ExposureTime": "1031",
        "XRayTubeCurrent": "99",
        "Exposure": "102",
        "ExposureInuAs": "102400",
        "FilterMaterial": "RHODIUM",
        "AnodeTargetMaterial": "TUNGSTEN",
        "CompressionForce": "97.86",
        "BodyPartThickness": "57",
        "ViewPosition": "MLO",
        "FocalSpots": "0.3",
        "OrganDose": "0.0138",
        "DetectorType": "DIRECT",
        "DetectorID": "YM3A0417",
        "ImageLaterality": "L",
        "PatientOrientation": ["A", "FR"],
        "ImagerPixelSpacing": ["0.07", "0.07"],
        "PresentationIntentType": "FOR PRESENTATION",
        "BurnedInAnnotation": "NO",
        "PresentationLUTShape": "IDENTITY",
        "ViewCodeSequence": Sequence([coded("R-10226", "SRT", "medio-lateral oblique")]),
        "AnatomicRegionSequence": Sequence([coded("T-04000", "SRT", "Breast")]),
    },
    "DX": GREY
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "Manufacturer": "KONICA MINOLTA",
        "ManufacturerModelName": "0862",
        "BodyPartExamined": "KNEE",
        "KVP": "60",
        "ExposureTime": "25",
        "XRayTubeCurrent": "200",
        "Exposure": "5",
        "ImagerPixelSpacing": ["0.175", "0.175"],
        "Grid": ["FOCUSED", "RECIPROCATING"],
        "ViewPosition": "LL",
        "DetectorTemperature": "31.2",
        "DetectorType": "SCINTILLATOR",
        "DetectorID": "A5PV-00117",
        "PositionerType": "NONE",
        "ImageLaterality": "R",
        "PatientOrientation": ["A", "F"],
        "Sensitivity": "201.7",
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": -1,
        "PresentationLUTShape": "INVERSE",
        "PhotometricInterpretation": "MONOCHROME1",
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
    },
    "PT": GREY
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "Manufacturer": "Philips",
        "ManufacturerModelName": "GEMINI TF Big Bore",
        "SliceThickness": "4",
        "CorrectedImage": ["DECY", "RADL", "ATTN", "SCAT", "DTIM"],
        "PatientPosition": "HFS",
        "SeriesType": ["WHOLE BODY", "IMAGE"],
        "Units": "BQML",
        "CountsSource": "EMISSION",
        "DecayCorrection": "START",
        "RandomsCorrectionMethod": "DLYD",
        "AttenuationCorrectionMethod": "CTAC",
        "ReconstructionMethod": "BLOB-OS-TF",
        "FrameReferenceTime": "0",
        "ActualFrameDuration": "90000",
        "DecayFactor": "1.4",
        "RescaleIntercept": "0",
        "RescaleSlope": "2.7",
        "PixelSpacing": ["4", "4"],
        "NumberOfSlices": 263,
        "ImageIndex": 3,
        "DoseCalibrationFactor": "1",
        "RadiopharmaceuticalInformationSequence": Sequence(
            [
                item(
                    Radiopharmaceutical="Fluorodeoxyglucose",
                    RadiopharmaceuticalStartDateTime="20210304093000",
                    RadiopharmaceuticalStartTime="093000",
                    RadionuclideTotalDose="312000000",
                    RadionuclideHalfLife="6586.2",
                )
            ]
        ),
    },
    "SC": GREY
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
        "ImageType": ["DERIVED", "SECONDARY"],
        "ConversionType": "WSD",
        "BurnedInAnnotation": "YES",
        "SecondaryCaptureDeviceManufacturer": "Siemens",
        "DateOfSecondaryCapture": "20210601",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "SamplesPerPixel": 1,
    },
    "PR": REFERENCES
    | {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1",
        "ContentLabel": "MARKS",
        "PresentationCreationDate": "20210601",
        "PresentationCreationTime": "101010",
        "ContentCreatorName": "Featherstonehaugh^R.",
        "PresentationLUTShape": "IDENTITY",
        "GraphicAnnotationSequence": Sequence(
            [
                item(
                    GraphicLayer="LAYER1",
                    TextObjectSequence=Sequence(
                        [
                            item(
                                UnformattedTextValue="seen by Featherstonehaugh",
                                AnchorPoint=[12.0, 30.0],
                                AnchorPointVisibility="N",
                                AnchorPointAnnotationUnits="PIXEL",
                            )
                        ]
                    ),
                )
            ]
        ),
    },
    "KO": {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.59",
        "ValueType": "CONTAINER",
        "ContinuityOfContent": "SEPARATE",
        "ConceptNameCodeSequence": Sequence([coded("113000", "DCM", "Of Interest")]),
        "CurrentRequestedProcedureEvidenceSequence": Sequence(
            [
                item(
                    StudyInstanceUID="1.3.12.2.1107.5.1.4.40404.3000019060507",
                    ReferencedSeriesSequence=REFERENCES["ReferencedSeriesSequence"],
                )
            ]
        ),
        "ContentSequence": Sequence(
            [
                item(
                    RelationshipType="CONTAINS",
                    ValueType="TEXT",
                    ConceptNameCodeSequence=Sequence([coded("113012", "DCM", "Key Object Description")]),
                    TextValue="for the tumour board, asked by Featherstonehaugh",
                )
            ]
        ),
    },
    "DOC": {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1",
        "ConversionType": "WSD",
        "BurnedInAnnotation": "YES",
        "DocumentTitle": "Letter to Featherstonehaugh",
        "MIMETypeOfEncapsulatedDocument": "application/pdf",
        "EncapsulatedDocument": b"%PDF-1.4 Featherstonehaugh ",
        "ConceptNameCodeSequence": Sequence([coded("11488-4", "LN", "Consult note")]),
    },
}
