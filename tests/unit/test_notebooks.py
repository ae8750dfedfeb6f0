"""The notebooks as they are kept: with the results of a run, which the documents show."""

from pathlib import Path

import pytest

from tools import notebooks


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_with_its_results_and_without_an_error(path: Path):
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert sum("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs) >= 3
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
