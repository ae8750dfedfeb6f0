"""Terraform on one environment, with a stand-in for its binary: what is applied was held to the package before."""

import json
import re
import sys
from contextlib import suppress
from dataclasses import fields
from importlib import import_module

import pytest

from scandrop_cli import hcl
from scandrop_cli.errors import OperatorError
from tools import settings, terraform
from tools.common import ROOT
from tools.terraform import Terraform

GOOD, BAD = {"type": "object"}, {"type": "objekt"}
VAR_FILE = """\
environment = "dev"

environments = {
  dev = {
    image = { quality = 90 }
    dicom = { gpl_decoder = true
      quality = 90 }
    lanes = { dicom = { memory = 3008 } }
    pseudonymous_key = true
  }
}
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Gives the environment `dev` a stand-in that plans a schema and notes each command that it is given."""

    var_file = tmp_path / "dev.tfvars"
    var_file.write_text(VAR_FILE)

    def plans(schema, given=None):
        settings = {"image": {}, "record": {"schema": schema}, "other": {}}
        planned = {
            "output_changes": {"environments": {"after": {"dev": {"settings": settings}}}},
            "variables": {"environments": {"value": {"dev": given or {"region": "eu-central-1"}}}},
        }
        binary = tmp_path / "terraform-stand-in"
        binary.write_text(
            f"""#!{sys.executable}
import pathlib, sys
command, *others = sys.argv[1:]
with open({str(tmp_path / "commands")!r}, "a") as commands:
    print(command, file=commands)
with open({str(tmp_path / "lines")!r}, "a") as lines:
    print(*sys.argv[1:], file=lines)
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
        return Terraform("dev", tmp_path / "working", var_file=var_file)

    return plans


def commands(folder):
    return (folder / "commands").read_text().split()


def test_a_plan_whose_settings_the_lanes_can_take_is_there_to_apply(stand_in, tmp_path):
    assert stand_in(GOOD).plan(tmp_path / "dev.tfplan")
    assert (tmp_path / "dev.tfplan").exists()


def test_whoever_holds_the_state_is_waited_for(stand_in, tmp_path):
    made = stand_in(GOOD)
    made.plan(tmp_path / "dev.tfplan")
    list(made.apply_events())
    with suppress(OperatorError):  # of the exit code, which is a plan's
        made.apply(tmp_path / "dev.tfplan")
    with suppress(OperatorError):
        made.destroy()
    lines = [line for line in (tmp_path / "lines").read_text().splitlines() if not line.startswith("show")]
    assert {line.split()[0] for line in lines} == {"plan", "apply", "destroy"}
    assert all("-lock-timeout=5m" in line for line in lines)


def test_what_is_typed_by_hand_runs_as_many_at_once_as_the_tools():
    page = (ROOT / "docs/terraform.md").read_text()
    assert set(re.findall(r"-parallelism=\d+", page)) == {terraform.PARALLEL}


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pseudonymous_key": True}, ":9: there is no setting pseudonymous_key, so .* Is pseudonymous_keys meant?"),
        ({"dicom": {"gpl_decoder": True}}, r":6: there is no setting dicom\.gpl_decoder, .* Is gpl_decoders meant?"),
        ({"dicom": {"quality": 90}}, r":7: there is no setting dicom\.quality, so it would do nothing\.$"),
        (
            {"lanes": {"dicom": {"memory": 3008}}},
            r":8: there is no setting lanes\.dicom\.memory, .* Is memory_mb",
        ),
    ],
)
def test_a_setting_that_terraform_would_drop_in_silence_is_refused_with_its_line(stand_in, tmp_path, given, said):
    with pytest.raises(OperatorError, match=said) as trouble:
        stand_in(GOOD, given).plan(tmp_path / "dev.tfplan")
    assert str(trouble.value).startswith(str(tmp_path / "dev.tfvars"))
    assert not (tmp_path / "dev.tfplan").exists()


def test_names_that_an_environment_chooses_itself_pass():
    given = {"region": "x", "record": {"schema": {"properties": {"any": {"type": "string"}}}}, "lanes": {"dicom": {}}}
    settings.check_names(ROOT / "env/dev.tfvars", {"dev": given})


def test_the_names_are_read_from_the_variables_type_at_every_depth():
    names = settings.known_names()["*"]
    assert {"alert_emails", "pseudonymous_keys", "tls_only"} < set(names)
    for lane in ("dicom", "image", "nifti", "record"):
        module = import_module(f"scandrop.processors.{lane}")
        of_the_lane = {field.name for field in fields(module.Settings)}
        assert of_the_lane == set(names[lane]) - {"gpl_decoders", "max_object_bytes"}


def test_every_module_says_which_provider_it_needs_and_all_the_same():
    modules = [folder for folder in (ROOT / "modules").iterdir() if folder.is_dir()]
    said = {(folder / "versions.tf").read_text() for folder in modules}
    assert len(said) == 1
    assert 'source  = "hashicorp/aws"' in said.pop()


@pytest.mark.parametrize("backend", sorted((ROOT / "env").glob("*.backend.hcl")), ids=lambda file: file.name)
def test_each_state_is_left_to_the_key_of_its_bucket(backend):
    said = hcl.read(backend)
    assert said["key"] == backend.name.replace(".backend.hcl", ".tfstate")
    assert not {name for name in said if "encrypt" in name or "kms" in name}  # S3's own key would be put in its place
