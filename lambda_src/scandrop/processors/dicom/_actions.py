"""What becomes of an attribute, by Table E.1-1 of PS3.15 and an environment's settings."""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dictionary import KEYWORD, VR
from scandrop.processors.dicom._table import BASIC, OPTIONS
from scandrop.processors.dicom._tags import MANUFACTURER, MANUFACTURER_MODEL_NAME, SOFTWARE_VERSIONS
from scandrop.processors.dicom._types import attribute_type


class Action(Enum):
    """The action codes of PS3.15 section E.3; C stands for two things here, by what there is to clean."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    KEEP = "K"
    CLEAN = "C"
    DATE = "C of a date"


_UIDS: Final = "retain_uids"
_MAKES: Final = (MANUFACTURER, MANUFACTURER_MODEL_NAME, SOFTWARE_VERSIONS)  # no row names them
_DECAYING: Final = (0x300A022A, 0x300A022B)  # ReferenceAirKermaRate, SourceStrength: another without their own date
_OF_CARE: Final = frozenset(  # what is of one patient's own care: others know the day of a migration or a calibration
    str.split("""
    StudyDate StudyTime SeriesDate SeriesTime AcquisitionDate AcquisitionTime AcquisitionDateTime
    ContentDate ContentTime OverlayDate OverlayTime CurveDate CurveTime LastMenstrualDate
    InterventionDrugStartTime InterventionDrugStopTime ContrastBolusStartTime ContrastBolusStopTime
    RadiopharmaceuticalStartTime RadiopharmaceuticalStopTime RadiopharmaceuticalStartDateTime
    RadiopharmaceuticalStopDateTime SubstanceAdministrationDateTime
    FrameAcquisitionDateTime FrameReferenceDateTime SourceStartDateTime SourceEndDateTime StartAcquisitionDateTime
    EndAcquisitionDateTime FunctionalSyncPulse DecayCorrectionDateTime ExclusionStartDateTime
    InstructionPerformedDateTime ImpedanceMeasurementDateTime
    StudyVerifiedDate StudyVerifiedTime StudyReadDate StudyReadTime StudyArrivalDate StudyArrivalTime
    StudyCompletionDate StudyCompletionTime ScheduledStudyStartDate ScheduledStudyStartTime ScheduledStudyStopDate
    ScheduledStudyStopTime ScheduledAdmissionDate ScheduledAdmissionTime ScheduledDischargeDate
    ScheduledDischargeTime AdmittingDate AdmittingTime DischargeDate DischargeTime
    ScheduledProcedureStepStartDate ScheduledProcedureStepStartTime ScheduledProcedureStepEndDate
    ScheduledProcedureStepEndTime ScheduledProcedureStepStartDateTime ExpectedCompletionDateTime
    PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformedProcedureStepEndDate
    PerformedProcedureStepEndTime PerformedProcedureStepStartDateTime PerformedProcedureStepEndDateTime
    ProcedureStepCancellationDateTime IssueDateOfImagingServiceRequest IssueTimeOfImagingServiceRequest
    VerificationDateTime ObservationDateTime ObservationStartDateTime ParticipationDateTime
    InterpretationRecordedDate InterpretationRecordedTime InterpretationTranscriptionDate
    InterpretationTranscriptionTime InterpretationApprovalDate InterpretationApprovalTime
    StructureSetDate StructureSetTime ROIDateTime ROIObservationDateTime RTPlanDate RTPlanTime ReviewDate ReviewTime
    TreatmentControlPointDate TreatmentControlPointTime FirstTreatmentDate MostRecentTreatmentDate TreatmentDate
    TreatmentTime SafePositionExitDate SafePositionExitTime SafePositionReturnDate SafePositionReturnTime
    TreatmentToleranceViolationDateTime RecordedRTControlPointDateTime InterlockDateTime OverrideDateTime
    BeamHoldTransitionDateTime IntendedPhaseStartDate IntendedPhaseEndDate IntendedFractionStartTime
    """)
)
MOVED: Final = frozenset(tag for tag in OPTIONS["modified_dates"] if KEYWORD.get(tag) in _OF_CARE)
_TEMPORAL: Final = frozenset(OPTIONS["modified_dates"]) | frozenset(OPTIONS["full_dates"])
_ACTIONS: Final = {"X": Action.REMOVE, "Z": Action.EMPTY, "D": Action.DUMMY, "U": Action.UID, "U*": Action.CLEAN}


def chosen(settings: Settings) -> dict[int, Action]:
    """What the settings' options do in place of the Basic Profile, by tag.

    A date is the date option's alone: no other may keep what that one moves.
    """
    dates = {"modified": MOVED, "full": OPTIONS["full_dates"].keys()}.get(settings.dates, ())
    others = [_UIDS if option == "uids" else option for option in settings.retain]
    others += ["clean_descriptors"] * settings.clean_descriptors
    kept = {tag: _kept(tag, others) for tag in BASIC if tag not in _TEMPORAL}
    if "device_identity" in settings.retain:
        kept |= dict.fromkeys(_MAKES, Action.KEEP)
    if settings.dates != "full":
        kept |= dict.fromkeys(_DECAYING, Action.EMPTY)
    return {tag: action for tag, action in kept.items() if action} | dict.fromkeys(dates, Action.DATE)


def _kept(tag: int, options: Iterable[str]) -> Action | None:
    codes = {option: OPTIONS[option][tag] for option in options if tag in OPTIONS.get(option, {})}
    by_others = {code for option, code in codes.items() if option != _UIDS}
    if "K" in by_others or ("K" in codes.values() and VR.get(tag) != "SQ"):
        return Action.KEEP
    return Action.CLEAN if codes else None  # a sequence that is kept for its UIDs has no right to other text


@lru_cache(maxsize=4096)
def basic(tag: int, sop_class: str, parents: tuple[int, ...]) -> Action | None:
    """What the Basic Profile does, None where no row names the tag.

    A conditional code is the strongest removal that leaves the object valid, by the attribute's Type in its IOD: the
    first of its codes where it may be absent, Z where it may be empty, and the last where it must have a value. What
    refers to other objects (U*) is kept with new UIDs where it may be empty, too: other references count on it.
    parents: the tags of the sequences around it, outermost first.
    """
    code = BASIC.get(tag)
    if code is None:
        return None
    codes = code.split("/")
    required = attribute_type(tag, sop_class, parents) if len(codes) > 1 else None
    if required in ("1", "1C"):
        return _ACTIONS[codes[-1]]
    if required in ("2", "2C"):
        return _ACTIONS["Z" if "Z" in codes and "U*" not in codes else codes[-1]]
    return _ACTIONS[codes[0]]
