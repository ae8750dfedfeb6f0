"""Read where the standard's objects have the attributes whose action depends on their Type, from highdicom's data.

    python -m tools.dicom_types site-packages/highdicom/_standard     writes standard/ps3.3-types.tsv and ps3.3-iods.tsv

highdicom (MIT; not installed for development) carries PS3.3 as JSON, as https://github.com/innolitics/dicom-standard
reads it from the standard's own pages. Of that, what Table E.1-1 needs for its conditional codes, as X/Z/D, and which
text that it does not name must stand, or have a value, at the top of an object.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import hexdigits
from typing import Any, Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from tools.dicom_standard import STANDARD, rows

TYPES: Final = ("1", "1C", "2", "2C", "3")  # the strictest first
NEEDED: Final = TYPES[:4]
TEXT: Final = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
OPTIONAL: Final = frozenset({"waveform-annotation"})  # of one attribute, Type 1, and itself nowhere required
ABOUT_TYPES: Final = """\
# PS3.3: the Type of each attribute that Table E.1-1 of PS3.15 gives a conditional code, wherever a module has it, and
# of text that the table does not name, at the top of an object where it must stand. Without modules that may be absent.
# Made by `python -m tools.dicom_types` from highdicom 0.28.2 (MIT).
# module	sequences around it, outermost first (- for none)	attribute	Type
"""
ABOUT_IODS: Final = """\
# PS3.3 and PS3.4: the modules of ps3.3-types.tsv that each IOD has, by the SOP class that stores it.
# Made by `python -m tools.dicom_types` from highdicom 0.28.2 (MIT).
# SOP class	IOD	modules
"""


def main(folder: Path) -> None:
    modules, iods, sop_classes = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("module_attribute_map", "iod_module_map", "sop_class_iod_map")
    )
    named = {int(row[0], 16): "/" in row[4] for row in rows("ps3.15-table-e1-1.tsv") if set(row[0]) <= set(hexdigits)}
    kept = (name for name in modules if name not in OPTIONAL)
    types = sorted({row for name in kept for row in _telling(name, modules[name], named)})
    telling = {row[0] for row in types}
    _write("ps3.3-types.tsv", ABOUT_TYPES, types)
    _write("ps3.3-iods.tsv", ABOUT_IODS, ((uid, iod, _names(iods[iod], telling)) for uid, iod in sop_classes.items()))


def _telling(module: str, attributes: list[dict[str, Any]], named: dict[int, bool]) -> Iterator[tuple[str, ...]]:
    """The rows of one module; a Type that is none of the five (as where a table refers to another) tells nothing.

    named: by the tag of each row of Table E.1-1, whether its code is conditional.
    """
    for attribute in attributes:
        keyword, type_ = attribute["keyword"], attribute["type"]
        tag = tag_for_keyword(keyword)
        if tag is None or type_ not in TYPES:
            continue
        is_needed = type_ in NEEDED and not attribute["path"] and dictionary_VR(tag) in TEXT
        if named.get(tag, is_needed):
            yield module, " ".join(attribute["path"]) or "-", keyword, type_


def _names(modules: list[dict[str, str]], telling: set[str]) -> str:
    return " ".join(sorted({module["key"] for module in modules} & telling))


def _write(name: str, about: str, table: Iterable[Iterable[str]]) -> None:
    (STANDARD / name).write_text(about + "".join("\t".join(row) + "\n" for row in table))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
