"""The lanes' logs, merged and made readable."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice

import boto3
import pytest
from cli_stack import give_log_groups, outputs, put_state, scandrop, write_log

from scandrop_cli import logs

METRIC = {"_aws": {"CloudWatchMetrics": []}, "Objects": [1]}


@pytest.fixture
def world(world):
    give_log_groups(world)
    return world


@pytest.mark.usefixtures("world")
def test_the_lanes_are_merged_by_time():
    write_log("image", {"level": "INFO", "message": "second"}, 20)
    write_log("record", {"level": "INFO", "message": "first"}, 30)
    write_log("image", {"level": "INFO", "message": "third"}, 10)
    lines = scandrop("logs").stdout.splitlines()
    assert [line.split()[1:4:2] for line in lines] == [["record", "first"], ["image", "second"], ["image", "third"]]


@pytest.mark.usefixtures("world")
def test_one_lane_and_a_span_narrow_it():
    write_log("image", {"message": "image"})
    write_log("record", {"message": "old"}, 600)
    write_log("record", {"message": "new"})
    assert [line.split()[-1] for line in scandrop("logs", "--lane", "record", "--since", "5m").stdout.splitlines()] == [
        "new"
    ]


def test_a_function_beside_the_lanes_is_shown_where_it_is_asked_for_and_deployed(world):
    urls = {lane: lane for lane in world.environment.queue_urls}
    groups = {name: f"/aws/lambda/scandrop-test-{name}" for name in (*urls, "notices")}
    put_state(world.stack, "test", {"test": outputs(urls) | {"log_groups": groups}})
    boto3.client("logs").create_log_group(logGroupName=groups["notices"])
    boto3.client("logs").create_log_stream(logGroupName=groups["notices"], logStreamName="s")
    write_log("notices", {"level": "INFO", "message": "told"})
    assert scandrop("logs", "--lane", "notices").stdout.split()[1:] == ["notices", "INFO", "told"]
    assert not scandrop("logs").stdout
    refused = scandrop("logs", "--lane", "door")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("scandrop: test has no log of door; it has image, notices, ")


@pytest.mark.usefixtures("world")
def test_a_line_has_its_time_level_message_and_facts_but_no_plumbing():
    write_log(
        "record", {"level": "WARNING", "location": "x:1", "message": "settled", "key": "a b.json", "took": {"ms": 3}}
    )
    line = scandrop("logs").stdout.strip()
    assert line[12:] == '  record WARNING settled  key=a b.json  took={"ms": 3}'


@pytest.mark.usefixtures("world")
def test_a_message_is_named_where_its_object_cannot_be():
    write_log("record", {"message": "failed", "message_id": "m"}, 2)
    write_log("record", {"message": "begun", "message_id": "m", "key": "a.json"}, 1)
    assert [line.split()[2:] for line in scandrop("logs").stdout.splitlines()] == [
        ["failed", "message_id=m"],
        ["begun", "key=a.json"],
    ]


@pytest.mark.usefixtures("world")
def test_an_exception_keeps_its_lines():
    write_log("record", {"level": "ERROR", "message": "broke", "exception": "Traceback:\n  boom"})
    assert scandrop("logs").stdout.splitlines()[1:] == ["    Traceback:", "      boom"]


@pytest.mark.usefixtures("world")
def test_metrics_and_calm_reports_stay_out_while_trouble_is_shown():
    write_log("record", METRIC)
    write_log("record", "START RequestId: 1 Version: $LATEST")
    write_log("record", "REPORT RequestId: 1 Duration: 3 ms")
    write_log("record", {"type": "platform.report", "record": {"status": "success"}})
    write_log("record", {"type": "platform.report", "record": {"status": "timeout"}})
    write_log("record", "2026-11-21T00:00:00Z 1 Task timed out after 3.00 seconds\n")
    lines = scandrop("logs").stdout.splitlines()
    assert len(lines) == 2
    assert "platform.report" in lines[0]
    assert "timeout" in lines[0]
    assert "Task timed out" in lines[1]


@pytest.mark.usefixtures("world")
def test_json_is_each_line_as_it_was_written():
    write_log("record", METRIC)
    assert [json.loads(line) for line in scandrop("logs", "--json").stdout.splitlines()] == [METRIC]


@pytest.mark.usefixtures("world")
def test_a_log_line_cannot_steer_the_terminal():
    write_log("record", {"message": "a\x1b[2Jb", "key": "[red]\x1b"})
    text = scandrop("logs").stdout
    assert "\x1b" not in text
    assert "a\\x1b[2Jb" in text
    assert "[red]\\x1b" in text


def test_following_brings_new_and_late_lines_once(world, monkeypatch):
    polls = []

    def between_polls(_):
        polls.append(None)
        if len(polls) == 1:
            write_log("record", "newer", 0.5)
            write_log("image", "late", 5)  # older than what was shown, and only now there

    monkeypatch.setattr(logs.time, "sleep", between_polls)
    write_log("record", "old", 2)
    since = datetime.now(UTC) - timedelta(minutes=1)
    lines = logs.follow(world.environment, ["image", "record"], since)
    assert [line.message for line in islice(lines, 3)] == ["old", "late", "newer"]
    write_log("record", "newest", 0)
    assert next(lines).message == "newest"


@pytest.mark.usefixtures("world")
def test_ctrl_c_ends_following_without_a_word(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(logs.time, "sleep", interrupt)
    write_log("record", {"message": "one"})
    result = scandrop("logs", "--follow")
    assert (result.exit_code, result.stderr) == (130, "")
    assert "one" in result.stdout
