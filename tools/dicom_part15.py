"""Read Tables E.1-1 and E.3.10-1 from the DocBook of PS3.15, which https://dicom.nema.org/medical/dicom publishes.

python -m tools.dicom_tables --part15 part15.xml    writes standard/ps3.15-*.tsv anew, then the modules
"""

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.dicom_standard import STANDARD

DOCBOOK: Final = "{http://docbook.org/ns/docbook}"
ID: Final = "{http://www.w3.org/XML/1998/namespace}id"
COLUMNS: Final = {  # how the head of each begins, in the order of the table in tools/standard: name, tag, options
    "table_E.1-1": "Attribute Name|Tag|Retd|In Std|Basic|Rtn. Safe|Rtn. UIDs|Rtn. Dev|Rtn. Inst|Rtn. Pat|"
    "Rtn. Long. Full|Rtn. Long. Modif|Clean Desc|Clean Struct|Clean Graph",
    "table_E.3.10-1": "Data Element|Private Creator|VR|VM|Meaning",
}
ABOUT: Final = """\
# PS3.15 {edition}, {title}.
# Facts of the standard, read from its part15.xml with the SHA-256 {digest}.
# {columns}
"""


def write(part15: Path, folder: Path = STANDARD) -> None:
    """Write both tables of a part15.xml as `folder`/ps3.15-table-*.tsv."""
    book = ET.parse(part15).getroot()  # noqa: S314 - the standard's own file, given by hand
    edition = re.search(r"PS3\.15 (\d{4}[a-z])", "".join(book.itertext()))
    if edition is None:
        raise SystemExit("This is not the DocBook of PS3.15: it names no edition.")
    source = {"edition": edition[1], "digest": hashlib.sha256(part15.read_bytes()).hexdigest()}
    _write(
        folder / "ps3.15-table-e1-1.tsv",
        _profile(book),
        columns="tag	name	retired	in a standard IOD	basic profile	and the options",
        title="Table E.1-1: Application Level Confidentiality Profile Attributes",
        **source,
    )
    _write(
        folder / "ps3.15-table-e3-10-1.tsv",
        _safe_private(book),
        columns="private creator	group	element	VR (- where the standard gives none)",
        title="Table E.3.10-1: Safe Private Attributes",
        **source,
    )


def _write(path: Path, rows: list[tuple[str, ...]], **about: str) -> None:
    path.write_text(ABOUT.format(**about) + "".join("\t".join(row) + "\n" for row in rows))


def _profile(book: ET.Element) -> list[tuple[str, ...]]:
    rows = ((_tag(tag), name, *(cell or "-" for cell in cells)) for name, tag, *cells in _rows(book, "table_E.1-1"))
    return sorted(rows, key=lambda row: (row[0] == "ggggeeee", row[0]))


def _safe_private(book: ET.Element) -> list[tuple[str, ...]]:
    rows = ((creator, _tag(tag), vr or "-") for tag, creator, vr, *_ in _rows(book, "table_E.3.10-1"))
    return [(creator, tag[:4], tag[4:], vr) for creator, tag, vr in sorted(rows)]


def _tag(text: str) -> str:
    """A tag as the tables here write it: 00080050, 60xx3000, ggggeeee."""
    group, element = re.findall(r"\w{4}", text)[:2]
    return f"{group}{element}".upper().replace("X", "x").replace("GGGGEEEE", "ggggeeee")


def _rows(book: ET.Element, name: str) -> Iterator[list[str]]:
    """The cells of each row of a table, once its head is known to be the one that is read here."""
    table = next(table for table in book.iter(f"{DOCBOOK}table") if table.get(ID) == name)
    head = [_text(cell) for cell in table.iter(f"{DOCBOOK}th")]
    starts = COLUMNS[name].split("|")
    if len(head) != len(starts) or not all(map(str.startswith, head, starts)):
        raise SystemExit(f"The columns of {name} are others than those that are read here: {head}")
    for row in table.iterfind(f"{DOCBOOK}tbody/{DOCBOOK}tr"):
        yield [_text(cell) for cell in row.iterfind(f"{DOCBOOK}td")]


def _text(cell: ET.Element) -> str:
    return " ".join("".join(cell.itertext()).replace("\u200b", "").split())
