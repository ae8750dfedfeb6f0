"""`scandrop show`: what a person reads of one object; the machine's fields are in --json."""

import io
import json
from datetime import timedelta

import pytest
from cli_stack import TRIES, put, scandrop
from PIL import Image

from scandrop.ledger import CURRENT
from scandrop_cli import show_view
from scandrop_cli.gallery.facts import TIMES

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
MACHINES = ("owner", "lease_until", "sequencer", "etag", "request_id", "size_bytes", "cost_usd", "phases_ms", "{", "[")


def shown(*arguments):
    result = scandrop("show", *arguments)
    assert result.exit_code == 0, result.output
    return [line.rstrip() for line in result.stdout.splitlines()]


def photograph():
    file = io.BytesIO()
    Image.linear_gradient("L").resize((370, 230)).save(file, "PNG")
    return file.getvalue()


def open_version(key, **facts):
    """A version that a lane has not settled, and that the key's derivatives belong to."""
    put(key, ago=timedelta(minutes=40), lane="record", **facts)
    put(key, ago=timedelta(minutes=40), lane="record", version_id=CURRENT, current_version="v1")


def test_what_became_of_it_comes_first_then_what_was_made_then_facts_with_units(world):
    version = world.drop("study/a.png", photograph(), "image")
    lines = shown("study/a.png")
    assert lines[0] == "study/a.png  image  succeeded  1 try"
    assert lines[1].startswith(f"version {version}, first taken ")
    assert lines[3].split() == ["derivative", "what", "it", "is", "pixels", "size"]
    (preview,) = (line for line in lines if line.startswith("preview.png"))
    assert f"256 {TIMES} 159" in preview
    facts = {line[:18].strip(): line[18:].strip() for line in lines[lines.index("", 3) :]}
    assert facts["Bits"] == "8"
    assert facts["Alpha"] == "no"
    assert facts["Histogram"].startswith("0 █")


@pytest.mark.parametrize(("key", "body", "lane"), [("a.png", photograph(), "image"), ("a.json", PATIENTS, "record")])
def test_no_field_that_only_a_program_needs_is_on_the_screen(world, key, body, lane):
    world.drop(key, body, lane)
    text = "\n".join(shown(key))
    assert [word for word in MACHINES if word in text] == []
    assert {"request_id", "sequencer", "cost_usd"} <= json.loads(scandrop("show", key, "--json").stdout)[
        "record"
    ].keys()


def test_how_long_it_took_is_said_as_watch_and_status_say_it(world):
    world.drop("a.json", PATIENTS)
    (took,) = (line.split()[1] for line in shown("a.json") if line.startswith("Took"))
    (_, listed) = scandrop("status").stdout.splitlines()
    assert took.rstrip(":") in listed.split()


@pytest.mark.parametrize("columns", [80, 140])
def test_no_line_is_wider_than_the_terminal(world, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    world.drop("study/a.png", photograph(), "image")
    world.drop("a.json", b"[")
    assert max(map(len, (*shown("study/a.png"), *shown("a.json")))) <= columns


def test_a_command_stays_on_one_line_however_narrow_the_terminal(world, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    world.drop("a/b.json", b"[")
    assert "  scandrop upload --force --prefix a --env test b.json" in shown("a/b.json")


def test_under_an_error_stands_the_command_that_mends_it(world):
    world.drop("a/b.json", b"[")
    lines = shown("a/b.json")
    assert lines[0] == "a/b.json  record  rejected (invalid_json)  1 try"
    assert lines[2:5] == [
        world.stack.manifest("a/b.json")["error"],
        "After you have exported or mended the file:",
        "  scandrop upload --force --prefix a --env test b.json",
    ]


@pytest.mark.parametrize(
    ("facts", "status", "command"),
    [
        ({"status": "failed", "attempts": 1}, "failed (aws_error)", "scandrop logs --key a.json --env test"),
        (
            {"status": "failed", "attempts": TRIES},
            "given up (aws_error)",
            "scandrop failures redrive --key a.json --env test",
        ),
        ({"status": "processing", "attempts": 1}, "processing (stalled)", "scandrop logs --key a.json --env test"),
    ],
)
@pytest.mark.usefixtures("world")
def test_what_is_open_says_whether_its_queue_tries_it_on_and_what_helps(facts, status, command):
    open_version("a.json", lease_until="2026-01-01T00:00:00.000Z", error_code="aws_error", error="S3 refused.", **facts)
    lines = shown("a.json")
    assert status in lines[0]
    assert "\n".join(lines).count("S3 refused.") == 1
    assert f"  {command}" in lines


@pytest.mark.usefixtures("world")
def test_metadata_cannot_steer_the_terminal():
    put("a.json", ago=timedelta(minutes=1), metadata={"form": "\x1b[2J[red]", "reasons": ["A \x1b[2J passes.", "B."]})
    put("a.json", ago=timedelta(minutes=1), version_id=CURRENT, current_version="v1")
    text = "\n".join(shown("a.json"))
    assert "\\x1b[2J[red]" in text
    assert "\x1b" not in text


@pytest.mark.usefixtures("world")
def test_a_sop_class_is_told_by_its_name():
    put("a.dcm", ago=timedelta(minutes=1), lane="record", metadata={"sop_class": "1.2.840.10008.5.1.4.1.1.2"})
    put("a.dcm", ago=timedelta(minutes=1), version_id=CURRENT, current_version="v1")
    assert any(line.split() == ["SOP", "class", "CT", "Image"] for line in shown("a.dcm"))


def test_a_histogram_is_shown_as_one_line():
    assert show_view.sparkline([0, 0, 1, 3, 16, 0, 64, 36]) == "▁▃▄█"
