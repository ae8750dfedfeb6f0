"""Value representations: the form of their length (PS3.5 7.1.2), and those that other elements decide."""

from collections.abc import Sequence
from typing import Final

from scandrop.processors.dicom._dataset import EXPLICIT, Dataset, Syntax, integers
from scandrop.processors.dicom._tags import LUT_DESCRIPTOR, PIXEL_REPRESENTATION

SHORT: Final = {
    letters.encode(): letters
    for letters in "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split()  # noqa: SIM905 (as a line)
}
LONG: Final = {letters.encode(): letters for letters in "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()}  # noqa: SIM905
KNOWN: Final = frozenset(SHORT) | frozenset(LONG)
LONG_NAMES: Final = frozenset(LONG.values())

UNDECIDED: Final = frozenset({"US or SS", "OB or OW", "US or OW", "US or SS or OW"})


def decided(vr: str, dataset: Dataset, ancestors: Sequence[Dataset], syntax: Syntax) -> str:
    """Which of the VRs that PS3.6 leaves open holds; `ancestors` from the nearest data set outward.

    Bytes are words, as in implicit VR (PS3.5 Annex A.1), and numbers are signed where the pixels are.
    """
    if vr == "US or SS":
        known = (
            values[0] for each in (dataset, *ancestors) if (values := integers(each, PIXEL_REPRESENTATION, syntax))
        )
        return "SS" if next(known, 0) == 1 else "US"
    single = vr == "US or OW" and integers(dataset, LUT_DESCRIPTOR, EXPLICIT)[:1] == [1]
    return "US" if single else "OW"
