"""Terraform on one environment, with a stand-in for its binary: what is applied was held to the package before."""

import json
import sys

import pytest

from scandrop_cli.errors import OperatorError
from tools import terraform
from tools.terraform import Terraform

GOOD, BAD = {"type": "object"}, {"type": "objekt"}


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Gives the environment `dev` a stand-in that plans a schema and notes each command that it is given."""

    def plans(schema):
        settings = {"image": {}, "record": {"schema": schema}, "other": {}}
        planned = {"output_changes": {"environments": {"after": {"dev": {"settings": settings}}}}}
        binary = tmp_path / "terraform-stand-in"
        binary.write_text(
            f"""#!{sys.executable}
import pathlib, sys
command, *others = sys.argv[1:]
with open({str(tmp_path / "commands")!r}, "a") as commands:
    print(command, file=commands)
for other in others:
    if other.startswith("-out="):
        pathlib.Path(other.removeprefix("-out=")).write_text("a plan")
if command == "show":
    print({json.dumps(planned)!r})
else:
    for event in ("planned_change", command):
        print('{{"@level": "info", "type": "' + event + '"}}')
sys.exit(2 if "-detailed-exitcode" in others else 0)
"""
        )
        binary.chmod(0o755)
        monkeypatch.setattr(terraform.toolchain, "terraform", lambda: str(binary))
        return Terraform("dev", tmp_path / "working")

    return plans


def commands(folder):
    return (folder / "commands").read_text().split()


def test_a_plan_whose_settings_the_lanes_can_take_is_there_to_apply(stand_in, tmp_path):
    assert stand_in(GOOD).plan(tmp_path / "dev.tfplan")
    assert (tmp_path / "dev.tfplan").exists()


def test_a_plan_with_a_wrong_schema_is_refused_with_the_file_to_mend_and_not_kept(stand_in, tmp_path):
    with pytest.raises(OperatorError, match=r"record lane cannot take its settings of env/dev\.tfvars: schema is no"):
        stand_in(BAD).plan(tmp_path / "dev.tfplan")
    assert not (tmp_path / "dev.tfplan").exists()


def test_what_is_followed_is_planned_once_checked_and_applied_from_that_plan(stand_in, tmp_path):
    assert [event["type"] for event in stand_in(GOOD).apply_events()] == ["planned_change", "plan", "apply"]
    assert commands(tmp_path) == ["plan", "show", "apply"]
    assert (tmp_path / "working.log").read_text().count("planned_change") == 2


def test_nothing_is_applied_while_followed_where_the_schema_is_wrong(stand_in, tmp_path):
    with pytest.raises(OperatorError, match=r"env/dev\.tfvars"):
        list(stand_in(BAD).apply_events())
    assert "apply" not in commands(tmp_path)
