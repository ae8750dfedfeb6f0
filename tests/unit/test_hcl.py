"""Reading what HCL assigns: whatever stands beside it, and as Terraform itself would read it."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scandrop_cli import hcl
from scandrop_cli.environment import settings_of, variables
from scandrop_cli.errors import OperatorError
from scandrop_cli.hcl import Call

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*ROOT.glob("env/*.tfvars"), *ROOT.glob("env/*.backend.hcl")])

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="$%\b\f", exclude_categories=["Cc", "Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[a-z][a-z_0-9-]*", fullmatch=True), inner),
    max_leaves=20,
)

AWKWARD = """\
environments = {  // one of them
  "test" = {
    aws_account_id      = "123456789012" # the hospital's
    deletion_protection = false /* until
      May */
    region : "eu-central-1", max_frames = 5000
    description = <<-EOT
      aws_account_id = "999999999999"
    } EOT
    EOT
    emails = ["a@example.org", # the ward's
      "b \\"#\\" \\u00e9 \\\\ $${x}",
    ]
    half             = -0.5e-3
    max_object_bytes = 2 * pow(1024, 3)
    nothing          = null
    region_of        = (1)
  }
}
region = "us-east-1"
"""


def read(tmp_path, text, name="test.tfvars"):
    (tmp_path / "env").mkdir(exist_ok=True)
    (tmp_path / "env" / name).write_text(text)
    return hcl.read(tmp_path / "env" / name)


def test_comments_nesting_heredocs_and_types_are_read_as_terraform_does(tmp_path):
    found = read(tmp_path, AWKWARD)
    assert found == {
        "environments": {
            "test": {
                "aws_account_id": "123456789012",
                "deletion_protection": False,
                "region": "eu-central-1",
                "max_frames": 5000,
                "description": '      aws_account_id = "999999999999"\n    } EOT\n',
                "emails": ["a@example.org", 'b "#" é \\ ${x}'],
                "half": -0.0005,
                "max_object_bytes": "2 * pow(1024, 3)",
                "nothing": None,
                "region_of": 1,
            }
        },
        "region": "us-east-1",
    }
    assert settings_of("test", tmp_path)["region"] == "eu-central-1"
    assert found["environments"]["test"].lines["max_frames"] == 6
    assert found.lines["region"] == 20


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_comment_behind_any_line_of_a_shipped_file_changes_nothing(tmp_path, file):
    as_shipped = hcl.read(file)
    commented = re.sub(r"(?m)$", ' # the "hospital\'s" = { until May', file.read_text())
    assert read(tmp_path, commented) == as_shipped
    assert as_shipped


@pytest.mark.parametrize("name", ["dev", "local", "prod"])
def test_each_shipped_var_file_says_whose_account_it_is(name):
    settings = settings_of(name, ROOT)
    assert re.fullmatch(r"\d{12}", settings["aws_account_id"])
    assert settings["region"] == hcl.read(ROOT / f"env/{name}.backend.hcl")["region"]
    assert settings.get("deletion_protection") is (None if name == "prod" else False)


@given(VALUES)
def test_what_json_says_is_read_the_same(value):
    read = hcl.value(json.dumps(value, ensure_ascii=False))
    assert (read, type(read) in {bool, int}) == (value, type(value) in {bool, int})


def test_a_type_is_read_with_its_arguments():
    assert hcl.value('map(object({ a = optional(string, "x") }))\n} rest ${') == Call(
        "map", [Call("object", [{"a": Call("optional", ["string", "x"])}])]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = \n", ":2: the line ends where a value was to come."),
        ("a = [1,\n", ":2: the file ends where a value was to come."),
        ("a = {\n  b = 1\n", ":3: the file ends where a name to assign to was to come."),
        ("a = 1\n}\n", ":2: '}' stands where a name to assign to was to come."),
        ("a {\n}\n", ":1: '{' stands where an equals sign after a was to come."),
        ('a = "b\n', ":1: '\"' stands where a value was to come."),
    ],
)
def test_what_is_no_hcl_is_refused_with_its_line(tmp_path, text, said):
    with pytest.raises(OperatorError, match=re.escape(said)) as trouble:
        read(tmp_path, text)
    assert trouble.value.mend == f"terraform fmt -check {tmp_path / 'env'}"


@given(st.text('ab =:{}[](),.+-?\n\\"#/*<$1', max_size=30))
@example("a = ()")
def test_whatever_is_written_is_read_or_refused(text):
    with suppress(SyntaxError):
        assert isinstance(hcl.parse(text), dict)


@pytest.mark.parametrize("said", ['"none"', "{ test = 1 }", "{}", "[]"])
def test_a_var_file_without_settings_is_said_to_be_so(tmp_path, said):
    read(tmp_path, f"environments = {said}")
    with pytest.raises(OperatorError, match="does not say the aws_account_id of test"):
        settings_of("test", tmp_path)


def test_a_var_file_of_another_environment_is_said_to_be_so(tmp_path):
    read(tmp_path, AWKWARD.replace('"test"', "other"))
    with pytest.raises(OperatorError, match=r"test\.tfvars does not say the aws_account_id of test"):
        settings_of("test", tmp_path)
    assert settings_of("none", tmp_path) == {}


def test_a_variable_is_read_without_its_quotes_and_what_stands_behind_it(tmp_path):
    env_file = tmp_path / "test.env"
    env_file.write_text("# A=0\nA=1 # one\n\nexport B=\"x # y\" # two\nC='it is'\nD=\nE=a#b=c\n  F=last")
    assert variables(env_file) == {"A": "1", "B": "x # y", "C": "it is", "D": "", "E": "a#b=c", "F": "last"}
