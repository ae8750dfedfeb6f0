"""The page on the embedded AWS lists where the two emulators part from AWS, and nothing else."""

import importlib
from pathlib import Path

from implementations import DIFFERENCES

PAGE = Path(__file__).parents[2] / "docs/emulator.md"
HEADING = "## Rules of AWS that are not kept"


def test_the_page_lists_each_difference_and_no_other():
    for module in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(module.stem)
    names = {"ministack": "MiniStack", "moto": "moto"}
    rows = {f"| {names[name]} | {how.what} | {how.page} |" for name, how in DIFFERENCES}
    section = PAGE.read_text().partition(HEADING)[2].partition("\n## ")[0]
    assert {line for line in section.splitlines() if line.startswith(("| M", "| m"))} == rows
