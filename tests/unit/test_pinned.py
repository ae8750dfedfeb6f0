"""Tools with pins of their own: their environment is made once, and again when the pins have changed."""

import pytest

from scandrop_cli.errors import OperatorError
from tools import pinned


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """A repository with one list of pins, and a `uv` that notes what it is asked for and makes the folder."""
    asked = tmp_path / "asked"
    uv = tmp_path / ".tools/bin/uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(f'#!/bin/sh\necho "$1 $2" >>{asked}\nmkdir -p {tmp_path}/.tools/linter\n')
    uv.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/linter.txt").write_text("linter==1\n")
    monkeypatch.setattr(pinned, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
    return lambda: asked.read_text().splitlines()


def test_an_environment_is_made_once(calls, tmp_path):
    assert pinned.binary("linter", "lint") == tmp_path / ".tools/linter/bin/lint"
    pinned.binary("linter", "lint")
    assert calls() == ["venv --quiet", "pip sync"]


def test_other_pins_make_it_anew(calls, tmp_path):
    pinned.binary("linter", "lint")
    (tmp_path / "requirements/linter.txt").write_text("linter==2\n")
    pinned.binary("linter", "lint")
    assert calls() == ["venv --quiet", "pip sync"] * 2


def test_what_could_not_be_installed_is_tried_again(calls, tmp_path):
    uv = tmp_path / ".tools/bin/uv"
    works = uv.read_text()
    uv.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(OperatorError, match="could not be installed"):
        pinned.binary("linter", "lint")
    uv.write_text(works)
    pinned.binary("linter", "lint")
    assert calls() == ["venv --quiet", "pip sync"]
