"""Each lane has a page, and on it every setting that an environment has for it, with its default."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from scandrop.config import settings_of
from scandrop.lanes import SUFFIXES, accepted

ROOT = Path(__file__).resolve().parents[2]
IN_WORDS = {("nifti", "reference_volume"): "picked", ("record", "schema"): "an object with both, both texts"}
ONLY_TERRAFORM = {"dicom": {"gpl_decoders": "`false`"}}

each_lane = pytest.mark.parametrize("lane", SUFFIXES)


def page(lane: str) -> str:
    return (ROOT / "docs" / "lanes" / f"{lane}.md").read_text()


def told(lane: str, heading: str) -> dict[str, str]:
    """The names in the first column of the table below a heading, each with its default from the second."""
    section = page(lane).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = {}
    for names, defaults in re.findall(r"^\| (`[^|]+`) \| ([^|]*) \|", section, re.MULTILINE):
        several = re.findall(r"`(\w+)`", names)
        values = defaults.split(", ") if len(several) > 1 else [defaults]
        found |= dict(zip(several, values, strict=True))
    return found


def written(value: object) -> str:
    """A default as a var file would have it."""
    if value is None or value == "":
        return "none"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.10g}"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


@each_lane
def test_every_setting_of_a_lane_is_on_its_page_with_its_default(lane: str) -> None:
    settings = settings_of(lane, {})
    defaults = dataclasses.asdict(settings) if settings else {}
    expected = {name: IN_WORDS.get((lane, name), written(value)) for name, value in defaults.items()}
    assert {
        name: value.replace(",", "") if value[0].isdigit() else value for name, value in told(lane, "Settings").items()
    } == expected | ONLY_TERRAFORM.get(lane, {})


@each_lane
def test_the_size_of_a_lane_is_on_its_page(lane: str) -> None:
    text = (ROOT / "main.tf").read_text().partition("  lane_defaults = {\n")[2].partition("\n  }\n")[0]
    entry = re.search(rf"^    {lane} += {{ (.*) }}$", text, re.MULTILINE)
    assert entry
    size = {
        name: value.strip() for name, _, value in (pair.partition(" = ") for pair in re.split(r", (?=\w+ =)", entry[1]))
    }
    factors = re.fullmatch(r"(\d+) \* pow\(1000, (\d)\)", size["max_object_bytes"])
    assert factors
    size["max_object_bytes"] = str(int(factors[1]) * 1000 ** int(factors[2]))
    assert told(lane, "Size") == size


@each_lane
def test_every_suffix_of_a_lane_is_on_its_page(lane: str) -> None:
    assert [suffix for suffix in SUFFIXES[lane] if f"`{suffix}`" not in page(lane)] == []


def test_the_page_of_other_says_what_is_accepted() -> None:
    assert all(f"`{suffix}`" in page("other") for suffix in accepted().split(", "))
