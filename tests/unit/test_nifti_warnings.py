"""Each warning can be met, and each that is met has a sentence."""

import re
from pathlib import Path

import scandrop.processors.nifti as lane
from scandrop.processors.nifti._warnings import WARNINGS

SOURCE = "".join(path.read_text() for path in Path(lane.__file__).parent.rglob("*.py") if path.stem != "_warnings")
RAISED = set(re.findall(r'\.add\(\s*"(\w+)"', SOURCE))


def test_each_warning_is_raised_somewhere():
    assert sorted(set(WARNINGS) - RAISED) == []


def test_each_warning_raised_has_a_sentence():
    assert sorted(RAISED - set(WARNINGS)) == []
