"""The VR and the keyword of any tag: also of private elements, and of groups and elements that repeat."""

from scandrop.processors.dicom._dictionary import KEYWORD, REPEATING, VR


def vr_of(tag: int) -> str:
    """The VR of a tag as PS3.6 has it, "US or SS" and the like as they stand there; "UN" where it says nothing.

    A private creator is LO and a group's length UL, whatever the group (PS3.5, 7.8.1 and 7.2).
    """
    if vr := VR.get(tag):
        return vr
    if not tag & 0xFFFF:
        return "UL"
    if tag & 0x10000:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    return _repeating(tag)[0]


def keyword_of(tag: int) -> str:
    """The keyword of a tag, or "" where PS3.6 has none, as for private elements."""
    return KEYWORD.get(tag) or _repeating(tag)[1]


def _repeating(tag: int) -> tuple[str, str]:
    if not tag & 0x10000:
        for mask, rest, vr, keyword in REPEATING:
            if tag & mask == rest:
                return vr, keyword
    return "UN", ""
