"""Write docs/lanes/dicom-files.md: what becomes of each DICOM file in pydicom's and pydicom-data's wheels.

.venv/bin/python -m tools.dicom_files_page
"""

import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pydicom
from pydicom.uid import UID

from scandrop.processing import run
from scandrop.processors import SNIFF_BYTES, Source
from scandrop.processors.dicom import Settings, sniff
from tools.common import ROOT

PAGE: Final = ROOT / "docs" / "lanes" / "dicom-files.md"
PYDICOM: Final = Path(pydicom.__file__).parent / "data"
FOLDERS: Final = {"pydicom": PYDICOM, "pydicom-data": PYDICOM.parents[1] / "data_store" / "data"}
KEY: Final = b"a key of this page, of no use"
HEAD: Final = """\
# Real DICOM files

Every file in the wheels of pydicom {pydicom} and pydicom-data that is called `.dcm` or carries the `DICM` mark, through
the lane; made by `.venv/bin/python -m tools.dicom_files_page`, and a test fails while the two differ. They are what
toolkits are tested with: many are damaged on purpose, or old, or say less than they must.

{all} files. With the lane's default settings {default} become derivatives and {rejected} are rejected, {risky} of them
because their pixels may show text: much in these wheels is ultrasound or secondary capture. With `burned_in = "pass"`
{passed} become derivatives. Outcomes and warnings are codes of [Errors](../errors.md). The outcome in the table is that
with `burned_in = "pass"`; the column before it has what the defaults make of the file where that is something else.
"""


class Row(NamedTuple):
    """One file. outcome: `processed` or a code, with the defaults and with text in the pixels let pass."""

    wheel: str
    name: str
    size_bytes: int
    syntax: str
    modality: str
    by_default: str
    passed: str
    warned: tuple[str, ...]


def paths() -> Iterator[tuple[str, Path]]:
    """Each file with its wheel."""
    for wheel, folder in FOLDERS.items():
        yield from ((wheel, path) for path in sorted(folder.rglob("*")) if path.is_file() and is_dicom(path))


def is_dicom(path: Path) -> bool:
    """Whether it claims to be, by its suffix or its mark: most files of a DICOMDIR have no suffix."""
    with path.open("rb") as stream:
        return path.suffix == ".dcm" or sniff(stream.read(SNIFF_BYTES)) is not None


def row(wheel: str, path: Path) -> Row:
    syntax, modality = told(path)
    by_default, _ = outcome(path, Settings())
    passed, warned = outcome(path, Settings(burned_in="pass"))
    name = path.relative_to(FOLDERS[wheel]).as_posix()
    return Row(wheel, name, path.stat().st_size, syntax, modality, by_default, passed, warned)


def outcome(path: Path, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """`processed` or the code of the rejection, and the codes of the warnings."""
    with tempfile.TemporaryDirectory() as work:
        done = run("dicom", Source(path, path.name, pseudonym_key=KEY), settings, Path(work))
    warned = done.metadata.get("warnings") or []
    assert isinstance(warned, list)  # noqa: S101  # as the lane's metadata has it
    return done.error_code or "processed", tuple(sorted(str(code) for code in warned))


def told(path: Path) -> tuple[str, str]:
    """Transfer syntax and modality as pydicom reads them, for whoever looks for their own kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            syntax = UID(str(dataset.file_meta.get("TransferSyntaxUID", "")))
            return syntax.name if syntax else "not stated", str(dataset.get("Modality") or "")
        except Exception:  # noqa: BLE001  # some of them no reader takes
            return "not stated", ""
        finally:
            logging.disable(logging.NOTSET)


def rows(some: Iterable[tuple[str, Path]]) -> list[Row]:
    return [row(wheel, path) for wheel, path in some]


def page(found: list[Row]) -> str:
    counts = {
        "all": len(found),
        "default": sum(each.by_default == "processed" for each in found),
        "rejected": sum(each.by_default != "processed" for each in found),
        "risky": sum(each.by_default != "processed" and each.passed == "processed" for each in found),
        "passed": sum(each.passed == "processed" for each in found),
    }
    lines = [HEAD.format(pydicom=pydicom.__version__, **counts)]
    for wheel in FOLDERS:
        lines += [f"## {wheel}", "", "| file | kB | transfer syntax | modality | by default | outcome | warnings |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [line(each) for each in found if each.wheel == wheel] + [""]
    return "\n".join(lines)


def line(each: Row) -> str:
    default = "" if each.by_default == each.passed else coded(each.by_default)
    warned = ", ".join(map(coded, each.warned))
    size = f"{each.size_bytes / 1000:.1f}"
    cells = (f"`{each.name}`", size, each.syntax, each.modality, default, coded(each.passed), warned)
    return f"| {' | '.join(cells)} |"


def coded(outcome: str) -> str:
    return outcome if outcome == "processed" else f"`{outcome}`"


if __name__ == "__main__":
    PAGE.write_text(page(rows(paths())), encoding="utf-8")
