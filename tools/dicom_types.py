"""Read where the standard's objects have the attributes whose action depends on their Type, from highdicom's data.

    python -m tools.dicom_types site-packages/highdicom/_standard     writes standard/ps3.3-types.tsv and ps3.3-iods.tsv

highdicom (MIT; not installed for development) carries PS3.3 as JSON, as https://github.com/innolitics/dicom-standard
reads it from the standard's own pages. Of that, what Table E.1-1 needs: its conditional codes, as X/Z/D.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pydicom.datadict import tag_for_keyword

from tools.dicom_standard import STANDARD, rows

TYPES: Final = ("1", "1C", "2", "2C", "3")  # the strictest first
ABOUT_TYPES: Final = """\
# PS3.3: the Type of each attribute that Table E.1-1 of PS3.15 gives a conditional code, wherever a module has it.
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
    types = sorted({row for name, attributes in modules.items() for row in _conditional(name, attributes)})
    telling = {row[0] for row in types}
    _write("ps3.3-types.tsv", ABOUT_TYPES, types)
    _write("ps3.3-iods.tsv", ABOUT_IODS, ((uid, iod, _names(iods[iod], telling)) for uid, iod in sop_classes.items()))


def _conditional(module: str, attributes: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The rows of one module; a Type that is none of the five (as where a table refers to another) tells nothing."""
    conditional = {int(row[0], 16) for row in rows("ps3.15-table-e1-1.tsv") if "/" in row[4]}
    for attribute in attributes:
        if tag_for_keyword(attribute["keyword"]) in conditional and attribute["type"] in TYPES:
            yield module, " ".join(attribute["path"]) or "-", attribute["keyword"], attribute["type"]


def _names(modules: list[dict[str, str]], telling: set[str]) -> str:
    return " ".join(sorted({module["key"] for module in modules} & telling))


def _write(name: str, about: str, table: Iterable[Iterable[str]]) -> None:
    (STANDARD / name).write_text(about + "".join("\t".join(row) + "\n" for row in table))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
