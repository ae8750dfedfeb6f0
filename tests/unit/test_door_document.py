"""docs/openapi.yaml and the code say the same."""

import re
from pathlib import Path

import pytest
import yaml

from scandrop.door.asking import LARGEST_BYTES
from scandrop.door.handler import LINK_S
from scandrop.door.refusals import REFUSALS
from scandrop.door.results import TOLD

ROOT = Path(__file__).parents[2]
DOCUMENT = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
OPERATIONS = {name: entry for name, entry in DOCUMENT["paths"]["/{key}"].items() if name != "parameters"}
API = (ROOT / "modules/api/main.tf").read_text()


def refusals_of(operation):
    """The statuses of an operation, and what the document says of each."""
    responses = DOCUMENT["components"]["responses"]
    named = {
        status: entry["$ref"].rpartition("/")[2] for status, entry in operation["responses"].items() if "$ref" in entry
    }
    return {int(status): responses[name]["description"] for status, name in named.items()}


def test_the_methods_are_those_that_terraform_makes():
    assert set(re.findall(r"(GET|PUT) = \"AWS_IAM\"", API)) == {name.upper() for name in OPERATIONS}


@pytest.mark.parametrize("code", sorted(set(REFUSALS) - {"bad_method"}))  # which API Gateway lets nobody see
def test_each_refusal_is_in_the_document_under_its_status(code):
    told = [refusals_of(operation).get(REFUSALS[code].status, "") for operation in OPERATIONS.values()]
    assert any(f"`{code}`" in description for description in told)


def test_each_code_of_api_gateway_is_in_the_document():
    codes = set(re.findall(r'code = "(\w+)"', API))
    told = {
        code
        for description in DOCUMENT["components"]["responses"].values()
        for code in re.findall(r"`(\w+)`", description["description"])
    }
    assert codes <= told


def test_each_code_of_the_document_is_one_that_is_answered():
    told = {
        code
        for entry in DOCUMENT["components"]["responses"].values()
        for code in re.findall(r"`(\w+)`", entry["description"])
    }
    assert told <= set(REFUSALS) | set(re.findall(r'code = "(\w+)"', API))


def test_the_limits_are_those_of_the_code():
    size = next(entry for entry in OPERATIONS["put"]["parameters"] if entry["name"] == "x-scandrop-size")
    assert size["schema"]["maximum"] == LARGEST_BYTES
    assert DOCUMENT["components"]["schemas"]["Place"]["properties"]["expires_in_s"]["example"] == LINK_S


def test_each_fact_that_is_told_is_in_the_document():
    assert set(TOLD) <= set(DOCUMENT["components"]["schemas"]["Result"]["properties"])


def test_each_example_of_a_refusal_is_what_is_answered():
    for entry in DOCUMENT["components"]["responses"].values():
        example = entry["content"]["application/json"]["example"]
        if example["code"] in REFUSALS:
            refusal = REFUSALS[example["code"]]
            assert (example["message"], example["mend"]) == (refusal.message, refusal.mend)
        else:
            mend = example["mend"].replace("/v1/", "/${local.stage}/")
            assert f'code = "{example["code"]}", message = "{example["message"]}", mend = "{mend}"' in API
