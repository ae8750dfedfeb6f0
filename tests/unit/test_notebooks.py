"""The notebooks as they are kept: with the results of a run on the samples, which the documents show."""

import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from scandrop_cli.errors import OperatorError
from tools import notebooks


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_with_its_results_and_without_an_error(path: Path):
    cells = [cell for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert sum("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs) >= 3
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_shows_the_samples_keys_alone_and_no_leftovers_of_plotting(path: Path):
    outputs = [output for cell in notebooks.read(path).cells for output in cell.get("outputs", [])]
    shown = "\n".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)
    keys = re.findall(r"^\w+/\S+\.(?:png|jpg|gif|tif|dcm|nii|nii\.gz)\b", shown, re.MULTILINE)
    assert keys
    assert {key.partition("/")[0] for key in keys} <= {"samples", "made", "image", "dicom"}
    assert "Text(" not in shown


@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_cell_prints_is_one_output(path: Path):
    for cell in notebooks.read(path).cells:
        streams = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
        assert len(streams) <= 1


def test_the_kernel_of_a_notebook_ends_with_it(tmp_path):
    cell = nbformat.v4.new_code_cell("import os\nprint(os.getpid())")
    done = notebooks.execute(nbformat.v4.new_notebook(cells=[cell]), tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.cells[0].outputs[0].text), 0)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A notebook that is run without a kernel; what a run leaves in it is a cell."""
    path = Path(shutil.copy(notebooks.NOTEBOOKS[0], tmp_path))
    ran = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("ran")])
    monkeypatch.setattr(notebooks, "execute", lambda *_: ran)
    monkeypatch.setattr(notebooks, "MADE", tmp_path / "made")
    monkeypatch.delenv("SCANDROP_ENV", raising=False)

    def main(*options):
        monkeypatch.setattr(sys, "argv", ["notebooks", str(path), *options])
        notebooks.main()
        return path

    return main


def test_a_run_leaves_the_notebooks_as_they_are_unless_it_is_to_be_kept(lesson):
    path = lesson()
    assert len(notebooks.read(path).cells) > 1
    assert notebooks.read(notebooks.MADE / path.name).cells[0].source == "ran"
    assert notebooks.read(lesson("--keep")).cells[0].source == "ran"


def test_only_what_is_local_is_kept(lesson, monkeypatch):
    monkeypatch.setenv("SCANDROP_ENV", "prod")
    with pytest.raises(OperatorError, match="Only what the local samples show is kept"):
        lesson("--keep")
    assert lesson().is_file()
