"""The lanes' logs, merged and made readable."""

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import islice

import boto3
import pytest
from cli_stack import deployed, outputs, put_state, scandrop

from scandrop_cli import logs

METRIC = {"_aws": {"CloudWatchMetrics": []}, "Objects": [1]}


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        client = boto3.client("logs")
        for group in made.environment.log_groups.values():
            client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName="s")
        yield made


def write(lane, message, ago_s=1.0):
    text = message if isinstance(message, str) else json.dumps(message)
    event = {"timestamp": int((time.time() - ago_s) * 1000), "message": text}
    boto3.client("logs").put_log_events(
        logGroupName=f"/aws/lambda/scandrop-test-{lane}", logStreamName="s", logEvents=[event]
    )


@pytest.mark.usefixtures("world")
def test_the_lanes_are_merged_by_time():
    write("image", {"level": "INFO", "message": "second"}, 20)
    write("record", {"level": "INFO", "message": "first"}, 30)
    write("image", {"level": "INFO", "message": "third"}, 10)
    lines = scandrop("logs").stdout.splitlines()
    assert [line.split()[1:4:2] for line in lines] == [["record", "first"], ["image", "second"], ["image", "third"]]


@pytest.mark.usefixtures("world")
def test_one_lane_and_a_span_narrow_it():
    write("image", {"message": "image"})
    write("record", {"message": "old"}, 600)
    write("record", {"message": "new"})
    assert [line.split()[-1] for line in scandrop("logs", "--lane", "record", "--since", "5m").stdout.splitlines()] == [
        "new"
    ]


def test_a_function_beside_the_lanes_is_shown_where_it_is_asked_for_and_deployed(world):
    urls = {lane: lane for lane in world.environment.queue_urls}
    groups = {name: f"/aws/lambda/scandrop-test-{name}" for name in (*urls, "notices")}
    put_state(world.stack, "test", {"test": outputs(urls) | {"log_groups": groups}})
    boto3.client("logs").create_log_group(logGroupName=groups["notices"])
    boto3.client("logs").create_log_stream(logGroupName=groups["notices"], logStreamName="s")
    write("notices", {"level": "INFO", "message": "told"})
    assert scandrop("logs", "--lane", "notices").stdout.split()[1:] == ["notices", "INFO", "told"]
    assert not scandrop("logs").stdout
    refused = scandrop("logs", "--lane", "door")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("scandrop: test has no log of door; it has image, notices, ")


@pytest.mark.usefixtures("world")
def test_a_line_has_its_time_level_message_and_facts_but_no_plumbing():
    write("record", {"level": "WARNING", "location": "x:1", "message": "settled", "key": "a b.json", "took": {"ms": 3}})
    line = scandrop("logs").stdout.strip()
    assert line[12:] == '  record WARNING settled  key=a b.json  took={"ms": 3}'


@pytest.mark.usefixtures("world")
def test_a_message_is_named_where_its_object_cannot_be():
    write("record", {"message": "failed", "message_id": "m"}, 2)
    write("record", {"message": "begun", "message_id": "m", "key": "a.json"}, 1)
    assert [line.split()[2:] for line in scandrop("logs").stdout.splitlines()] == [
        ["failed", "message_id=m"],
        ["begun", "key=a.json"],
    ]


@pytest.mark.usefixtures("world")
def test_an_exception_keeps_its_lines():
    write("record", {"level": "ERROR", "message": "broke", "exception": "Traceback:\n  boom"})
    assert scandrop("logs").stdout.splitlines()[1:] == ["    Traceback:", "      boom"]


@pytest.mark.usefixtures("world")
def test_metrics_and_calm_reports_stay_out_while_trouble_is_shown():
    write("record", METRIC)
    write("record", "START RequestId: 1 Version: $LATEST")
    write("record", "REPORT RequestId: 1 Duration: 3 ms")
    write("record", {"type": "platform.report", "record": {"status": "success"}})
    write("record", {"type": "platform.report", "record": {"status": "timeout"}})
    write("record", "2026-11-21T00:00:00Z 1 Task timed out after 3.00 seconds\n")
    lines = scandrop("logs").stdout.splitlines()
    assert len(lines) == 2
    assert "platform.report" in lines[0]
    assert "timeout" in lines[0]
    assert "Task timed out" in lines[1]


@pytest.mark.usefixtures("world")
def test_json_is_each_line_as_it_was_written():
    write("record", METRIC)
    assert [json.loads(line) for line in scandrop("logs", "--json").stdout.splitlines()] == [METRIC]


@pytest.mark.usefixtures("world")
def test_a_log_line_cannot_steer_the_terminal():
    write("record", {"message": "a\x1b[2Jb", "key": "[red]\x1b"})
    text = scandrop("logs").stdout
    assert "\x1b" not in text
    assert "a\\x1b[2Jb" in text
    assert "[red]\\x1b" in text


def test_following_brings_new_and_late_lines_once(world, monkeypatch):
    polls = []

    def between_polls(_):
        polls.append(None)
        if len(polls) == 1:
            write("record", "newer", 0.5)
            write("image", "late", 5)  # older than what was shown, and only now there

    monkeypatch.setattr(logs.time, "sleep", between_polls)
    write("record", "old", 2)
    since = datetime.now(UTC) - timedelta(minutes=1)
    lines = logs.follow(world.environment, ["image", "record"], since)
    assert [line.message for line in islice(lines, 3)] == ["old", "late", "newer"]
    write("record", "newest", 0)
    assert next(lines).message == "newest"


@pytest.mark.usefixtures("world")
def test_ctrl_c_ends_following_without_a_word(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(logs.time, "sleep", interrupt)
    write("record", {"message": "one"})
    result = scandrop("logs", "--follow")
    assert (result.exit_code, result.stderr) == (130, "")
    assert "one" in result.stdout
