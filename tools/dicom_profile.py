"""Make the dicom lane's ``_table.py``: what PS3.15 Annex E does with each attribute, and the Types of PS3.3."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydicom.datadict import tag_for_keyword

from tools.dicom_standard import STANDARD, rows

TABLE: Final = "ps3.15-table-e1-1.tsv"
OPTIONS: Final = {  # by the column of the table
    6: "retain_uids",
    7: "device_identity",
    8: "institution_identity",
    9: "patient_characteristics",
    10: "full_dates",
    11: "modified_dates",
    12: "clean_descriptors",
    13: "clean_structured_content",
    14: "clean_graphics",
}
STRICTEST_FIRST: Final = ("1", "1C", "2", "2C", "3")
ROOT: Final = "1.2.840.10008."  # of every UID of the standard

MODULE: Final = '''\
"""What the Basic Application Level Confidentiality Profile does with each attribute (PS3.15 {edition}, Table E.1-1).

Made by ``python -m tools.dicom_tables`` from the tables in ``tools/standard``: not to be edited. Lines of text, because
they are read faster than as many entries of a display are compiled.
"""

from typing import Final

from scandrop.processors.dicom._lines import by_creator, by_tag

EDITION: Final = "{edition}"

# The Basic Profile's action by tag: X remove, Z empty, D dummy, U new UID; a choice as X/Z/D is made by the Type.
BASIC: Final[dict[int, str]] = by_tag(
    {{
{basic}
    }}
)

# The same of groups that repeat: mask, the rest of the tag, action. Odd groups are private, and private is X as well.
REPEATING: Final[tuple[tuple[int, int, str], ...]] = (
{repeating}
)

# What each option of PS3.15 E.3 does instead with the tags it names: K keep, C clean.
OPTIONS: Final[dict[str, dict[int, str]]] = {{
{options}
}}

# Table E.3.10-1: the private attributes known to be safe, by creator, then group and low byte of the element: the VR,
# "UN" where the table has none. Lines of group, VR, elements.
SAFE_PRIVATE: Final[dict[str, dict[tuple[int, int], str]]] = by_creator(
    {{
{safe}
    }}
)

# The SOP classes that PS3.3 has a composite IOD for, without the {root} before each.
SOP_CLASSES: Final = """
{sop_classes}
"""

# Of each attribute with a conditional action: its tag, the sequences around it, its Type there, and in which of the SOP
# classes, as the bits of a number.
TYPES: Final = """\\
{types}
"""

STRICTEST_FIRST: Final = {strictest}
'''


def module() -> str:
    """The source of ``_table.py``."""
    uids = [uid for uid, *_ in rows("ps3.3-iods.tsv")]
    return MODULE.format(
        edition=edition(),
        basic=_display(_grouped((tag, row[4]) for tag, row in _exact()), indent=8),
        repeating="\n".join(_repeating()),
        options="\n".join(_options()),
        safe="\n".join(_safe()),
        root=ROOT,
        sop_classes=_filled(uid.removeprefix(ROOT) for uid in uids),
        types="\n".join(_type_lines(uids)),
        strictest=str(STRICTEST_FIRST).replace("'", '"'),
    )


def edition() -> str:
    """Which PS3.15 the table in ``tools/standard`` is of, as its first line says."""
    return (STANDARD / TABLE).read_text().split()[2].rstrip(",")


def _exact() -> Iterator[tuple[str, list[str]]]:
    """The rows of Table E.1-1 about one tag; private attributes and groups that repeat have rows of other forms."""
    return ((row[0], row) for row in rows(TABLE) if row[0].isalnum() and not set(row[0]) & set("xg"))


def _repeating() -> Iterator[str]:
    for tag, *_ in rows(TABLE):
        if "x" in tag:
            mask = int("".join("0" if digit == "x" else "F" for digit in tag), 16) | 0x10000  # an even group
            action = next(row[4] for row in rows(TABLE) if row[0] == tag)
            yield f'    (0x{mask:08X}, 0x{int(tag.replace("x", "0"), 16):08X}, "{action}"),'


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    grouped = defaultdict(list)
    for value, key in pairs:
        grouped[key].append(value)
    return grouped


def _display(grouped: Mapping[str, list[str]], indent: int) -> str:
    """The entries of a dict of long strings, each wrapped."""
    return "\n".join(f'{" " * indent}"{key}": """\n{_filled(of)}\n""",' for key, of in grouped.items())


def _filled(words: Iterable[str]) -> str:
    return textwrap.fill(" ".join(words), 120)


def _options() -> Iterator[str]:
    for column, name in OPTIONS.items():
        named = _grouped((tag, row[column]) for tag, row in _exact() if row[column] != "-")
        yield f'    "{name}": by_tag(\n        {{\n{_display(named, indent=12)}\n        }}\n    ),'


def _safe() -> Iterator[str]:
    by_creator: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for creator, group, element, vr in rows("ps3.15-table-e3-10-1.tsv"):
        by_creator[creator][group, vr.replace("-", "UN")].append(element.removeprefix("xx"))
    for creator, elements in by_creator.items():
        lines = "\n".join(line for (group, vr), lows in elements.items() for line in _safe_lines(group, vr, lows))
        yield f'        "{creator}": """\\\n{lines}\n""",'


def _safe_lines(group: str, vr: str, lows: list[str]) -> list[str]:
    return [f"{group} {vr} {of}" for of in textwrap.wrap(" ".join(lows), 105)]


def _type_lines(uids: list[str]) -> Iterator[str]:
    """One line for each Type that an attribute has in one place: its SOP classes as a number's bits."""
    bits: dict[tuple[str, str, str], int] = defaultdict(int)
    for index in range(len(uids)):
        for (tag, parents), type_ in _types_by_place(index).items():
            bits[tag, parents, type_] |= 1 << index
    for (tag, parents, type_), classes in sorted(bits.items()):
        yield f"{tag} {parents} {type_} {classes:x}"


def _types_by_place(index: int) -> dict[tuple[str, str], str]:
    """The strictest Type by tag and parents, over the modules of one IOD."""
    modules = set(rows("ps3.3-iods.tsv")[index][2].split())
    found: dict[tuple[str, str], str] = {}
    for name, parents, keyword, type_ in rows("ps3.3-types.tsv"):
        if name in modules:
            place = _hex(keyword), "/".join(map(_hex, parents.replace("-", "").split()))
            found[place] = min(found.get(place, type_), type_, key=STRICTEST_FIRST.index)
    return found


def _hex(keyword: str) -> str:
    return f"{tag_for_keyword(keyword):08X}"
