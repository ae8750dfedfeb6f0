"""The facts of the DICOM standard that are checked in under ``tools/standard``, as tables of text."""

from pathlib import Path
from typing import Final

STANDARD: Final = Path(__file__).parent / "standard"


def rows(name: str) -> list[list[str]]:
    """The rows of a table; the lines that begin with # say where it is from and what its columns are."""
    lines = (STANDARD / name).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
