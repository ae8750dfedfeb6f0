"""What becomes of an attribute, by Table E.1-1 of PS3.15 and an environment's settings."""

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._table import BASIC, OPTIONS, attribute_type
from scandrop.processors.dicom._tags import CONTEXT_GROUP_LOCAL_VERSION, CONTEXT_GROUP_VERSION


class Action(Enum):
    """The action codes of PS3.15 section E.3; C stands for two things here, by what there is to clean."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    KEEP = "K"
    CLEAN = "C"
    DATE = "C of a date"


_DATES: Final = {"modified": "modified_dates", "full": "full_dates"}
_UIDS: Final = "retain_uids"
SHARED_DATES: Final = (
    frozenset(  # of no one patient: who knows such a date of a device, a product or a list reads the shift
        {
            *(CONTEXT_GROUP_VERSION, CONTEXT_GROUP_LOCAL_VERSION),
            *(0x0040DB06, 0x0040DB07),  # versions of templates
            *(
                0x0014407C,
                0x0014407E,
                0x00181200,
                0x00181201,
                0x00181202,
                0x00181203,
                0x0018700C,
                0x0018700E,
            ),  # calibration
            *(0x00181204, 0x00181205, 0x0044000B, 0x300A022C, 0x300A022E),  # manufacture, installation, expiry, sources
            *(0x00120086, 0x00120087, 0x00440004, 0x00440104, 0x00440105),  # of trials, approvals and assertions
            *(
                0x00686226,
                0x00686270,
                0x0072000A,
                0x00720061,
                0x00720063,
                0x0072006B,
            ),  # of templates, hanging protocols
        }
    )
)
_TEMPORAL: Final = frozenset(OPTIONS["modified_dates"]) | frozenset(OPTIONS["full_dates"])
_ACTIONS: Final = {"X": Action.REMOVE, "Z": Action.EMPTY, "D": Action.DUMMY, "U": Action.UID, "U*": Action.CLEAN}


def chosen(settings: Settings) -> dict[int, Action]:
    """What the settings' options do in place of the Basic Profile, by tag.

    A date is the date option's alone: no other may keep what that one moves. Only dates of the patient's own move.
    """
    dates = OPTIONS[_DATES[settings.dates]].keys() if settings.dates in _DATES else set[int]()
    if settings.dates == "modified":
        dates -= SHARED_DATES
    others = [_UIDS if option == "uids" else option for option in settings.retain]
    others += ["clean_descriptors"] * settings.clean_descriptors
    kept = {tag: _kept(tag, others) for tag in BASIC if tag not in _TEMPORAL}
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
