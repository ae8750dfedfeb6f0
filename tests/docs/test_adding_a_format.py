"""The page that adds a format, followed step by step in a copy of the repository."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from documents import ROOT, blocks

from tools import toolchain
from tools.common import BUILD

PAGE = ROOT / "docs" / "adding-a-format.md"
COPIED = ("cli", "docs", "env", "lambda_src", "modules", "tests", "tools", "layers", "benchmarks")
FILES = (
    "README.md",
    "deploy.sh",
    "main.tf",
    "outputs.tf",
    "providers.tf",
    "pyproject.toml",
    "variables.tf",
    ".terraform.lock.hcl",
)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the repository in which every block of the page was carried out."""
    copy = tmp_path_factory.mktemp("format")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    lines = PAGE.read_text().splitlines()
    for block in blocks(PAGE):
        named = re.fullmatch(r"`([\w./-]+)`", lines[block.line - 3])
        if named:
            carry_out(copy / named[1], block.language, block.text)
    return copy


def carry_out(path, language, text):
    """A diff changes what is there, in exactly one place; any other block is the whole of a new file."""
    if language != "diff":
        assert not path.exists(), path
        path.write_text(text)
        return
    lines = text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    whole = path.read_text()
    assert whole.count(before) == 1, f"{path.name} has this {whole.count(before)} times:\n{before}"
    path.write_text(whole.replace(before, after))


def within(copy, *command):
    """A command of the page, by the copy's own code; returns what it says."""
    paths = os.pathsep.join(str(copy / folder) for folder in ("lambda_src", "cli", "."))
    environ = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_new_lane_passes_its_tests_and_those_of_lanes_and_pages(followed):
    within(followed, "-m", "tools.errors_page")
    suites = [f"tests/unit/{name}.py" for name in ("test_edf", "test_lane_pages", "test_processing")]
    said = within(followed, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites)
    assert "passed" in said
    assert "| `edf_cut_off` |" in (followed / "docs/errors.md").read_text()


def test_a_recording_is_processed_on_this_machine(followed):
    sys.path.append(str(followed / "tests/unit"))
    (followed / "sleep.edf").write_bytes(importlib.import_module("test_edf").edf())
    scandrop = "from scandrop_cli.main import run; run()"
    within(followed, "-c", scandrop, "process", "sleep.edf", "--out", "results")
    channels = json.loads((followed / "results/sleep.edf/channels.json").read_text())
    assert [channel["label"] for channel in channels] == ["EEG Fpz-Cz", None]


def test_each_environment_plans_the_new_lane(followed):
    (followed / "build").symlink_to(BUILD)
    terraform = [toolchain.terraform(), f"-chdir={followed}"]
    folder, environ = "-test-directory=tests/terraform", os.environ | toolchain.environment()
    environ["TF_DATA_DIR"] = str(followed / ".terraform")
    for command in (
        ["init", "-backend=false", "-lockfile=readonly", folder],
        ["test", folder, "-filter=tests/terraform/environments.tftest.hcl"],
    ):
        done = subprocess.run([*terraform, *command], env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_new_code_is_as_clean_as_the_rest(followed):
    new = ["lambda_src/scandrop/processors/edf.py", "tests/unit/test_edf.py", "lambda_src/scandrop/errors.py"]
    within(followed, "-m", "ruff", "check", "--no-cache", *new)
    within(followed, "-m", "ruff", "format", "--check", "--no-cache", *new)
    within(followed, "-m", "mypy", "--cache-dir", os.devnull, "lambda_src/scandrop/processors/edf.py")
