"""The audit of what is pinned: weaknesses are told, and silence is not taken for health."""

import json

import pytest

from scandrop_cli.errors import OperatorError
from tools import audit

HEALTHY = {"name": "numpy", "version": "2.3.1", "vulns": []}
WEAK = {
    "name": "pillow",
    "version": "9.0.0",
    "vulns": [
        {"id": "PYSEC-2022-1", "fix_versions": ["9.0.1", "9.1.0"], "aliases": [], "description": "long"},
        {"id": "PYSEC-2022-2", "fix_versions": [], "aliases": [], "description": "long"},
    ],
}
UNTOLD = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited: rich (14.0.0)"}


@pytest.fixture
def audited(tmp_path, monkeypatch, capsys):
    """The audit of one list, with a pip-audit that answers as told."""

    def run(said, code=0):
        tool = tmp_path / "pip-audit"
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\necho no route to the host >&2\nexit {code}\n")
        tool.chmod(0o755)
        monkeypatch.setattr(audit.pinned, "binary", lambda *_: tool)
        monkeypatch.setattr(audit, "lists", lambda: [tmp_path / "pins.txt"])
        return audit.main(), capsys.readouterr()

    return run


def of(*packages):
    return json.dumps({"dependencies": list(packages), "fixes": []})


def test_a_weakness_is_told_with_what_mends_it_and_fails(audited):
    code, told = audited(of(HEALTHY, WEAK), code=1)
    assert code == 1
    assert told.out.splitlines() == [
        "pillow 9.0.0: PYSEC-2022-1, mended by 9.0.1, 9.1.0",
        "pillow 9.0.0: PYSEC-2022-2, mended by no version yet",
    ]


def test_health_passes(audited):
    code, told = audited(of(HEALTHY))
    assert (code, told.out, told.err) == (0, "No known weakness in what PyPI tells of.\n", "")


def test_a_package_that_nothing_is_known_of_is_named_and_fails(audited):
    code, told = audited(of(HEALTHY, UNTOLD))
    assert (code, told.err) == (1, "PyPI tells nothing of rich.\n")


def test_an_audit_that_learned_nothing_says_that_it_did_not_run(audited):
    with pytest.raises(OperatorError, match="did not run"):
        audited(of(UNTOLD))


def test_an_audit_that_reached_nobody_says_so_and_why(audited):
    with pytest.raises(OperatorError, match=r"did not run.* no route to the host"):
        audited("", code=1)


def test_every_list_of_pins_is_audited():
    names = {f"{path.parent.name}/{path.name}" for path in audit.lists()}
    assert names >= {"layers/core.txt", "layers/dicom.txt", "requirements/dev.txt", "requirements/audit.txt"}
