"""The tables of the DICOM standard that the dicom lane works by, as Python modules: made here, never written by hand.

    python -m tools.dicom_tables                        writes the lane's _dictionary, _published, _table, _vocabulary
    python -m tools.dicom_tables --part15 part15.xml    reads the tables of PS3.15 anew first, for another edition

Sources, and under which terms they are used:

``pydicom``            (MIT, installed for development) carries PS3.6 as data: tag, VR and keyword of every element.
``standard/*.tsv``     facts of the standard that no installed package carries; each file names its own source.
"""

import argparse
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pydicom
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

from tools import dicom_part15, dicom_profile, dicom_published, dicom_vocabulary
from tools.dicom_standard import rows

NUMBERS: Final = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
LANE: Final = Path(__file__).parents[1] / "lambda_src/scandrop/processors/dicom"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part15", type=Path, help="the standard's part15.xml, to read its tables anew first")
    part15 = parser.parse_args().part15
    if part15:
        dicom_part15.write(part15)
    for name, source in modules().items():
        (LANE / name).write_text(source)


def modules() -> Mapping[str, str]:
    """The source of each generated module, by its file's name."""
    return {
        "_dictionary.py": dictionary(),
        "_published.py": dicom_published.module(),
        "_table.py": dicom_profile.module(),
        "_vocabulary.py": dicom_vocabulary.module(),
    }


DICTIONARY: Final = '''\
"""What each element of the standard is called and how its value is written (PS3.6 and PS3.7).

Made by ``python -m tools.dicom_tables`` from PS3.6 {edition}, and what PS3.15 names since: not to be edited.
Lines of text, because they are read in 2 ms where as many entries of a dict display are compiled in 30.
"""

from typing import Final

from scandrop.processors.dicom._lines import by_tag, vrs_and_keywords

EDITION: Final = "{edition}"

_ELEMENTS: Final = """\\
{elements}
"""

# Of the elements whose group or element number has free digits: mask, the rest of the tag, VR, keyword.
REPEATING: Final[tuple[tuple[int, int, str, str], ...]] = (
{repeating}
)

# How many values the elements of binary numbers have (VM), where it is not one.
VM: Final[dict[int, str]] = by_tag(
    {{
{counts}
    }}
)

VR, KEYWORD = vrs_and_keywords(_ELEMENTS)
'''


def dictionary() -> str:
    """The module with the VR and the keyword of every element."""
    return DICTIONARY.format(
        edition=pydicom.__dicom_version__,
        elements="\n".join(_elements()),
        repeating="\n".join(map(_repeater, _repeaters())),
        counts="\n".join(_counts()),
    )


def _elements() -> Iterator[str]:
    known = {tag: (keyword or "-", vr) for tag, (vr, _, _, _, keyword) in DicomDictionary.items()}
    newer = {int(tag, 16): (keyword, vr) for tag, keyword, vr, _ in rows("ps3.6-newer.tsv")}
    for tag, (keyword, vr) in sorted((newer | known).items()):
        if vr != "NONE":  # items and their delimiters have no VR
            yield f"{tag:08X} {keyword} {vr}"


def _counts() -> Iterator[str]:
    tags: dict[str, list[str]] = {}
    for tag, (vr, vm, *_) in sorted(DicomDictionary.items()):
        if vm != "1" and NUMBERS & set(vr.split(" or ")):
            tags.setdefault(vm, []).append(f"{tag:08X}")
    for vm, found in tags.items():
        lines = textwrap.fill(" ".join(found), 108)
        yield f'        "{vm}": """\n{lines}\n""",'


def _repeaters() -> Iterator[tuple[int, int, str, str]]:
    for pattern, (vr, _, _, _, keyword) in RepeatersDictionary.items():
        mask = int("".join("0" if digit == "x" else "F" for digit in pattern), 16)
        yield mask, int(pattern.replace("x", "0"), 16), vr, keyword


def _repeater(row: tuple[int, int, str, str]) -> str:
    mask, rest, vr, keyword = row
    return f'    (0x{mask:08X}, 0x{rest:08X}, "{vr}", "{keyword}"),'


if __name__ == "__main__":
    main()
