"""Traces, as the X-Ray daemon reads them, and metrics, as CloudWatch and the saved queries do."""

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_stack import Clock, queued, stack

from scandrop.errors import Failed
from scandrop.events import RawObject
from scandrop.telemetry import Telemetry

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def daemon(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(2)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{listener.getsockname()[1]}")
        yield listener


def test_a_phase_is_timed_and_told_to_the_daemon_as_a_subsegment_of_the_invocation(daemon, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    phases_ms = {}
    with Telemetry("image").phase("process", phases_ms):
        pass
    header, document = daemon.recv(65536).split(b"\n", 1)
    segment = json.loads(document)
    assert json.loads(header) == {"format": "json", "version": 1}
    assert (segment["trace_id"], segment["parent_id"]) == ("1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8")
    assert (segment["type"], segment["name"], segment["fault"]) == ("subsegment", "process", False)
    assert segment["start_time"] <= segment["end_time"]
    assert list(phases_ms) == ["process"]


def test_a_phase_that_breaks_is_told_as_a_fault(daemon, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    with pytest.raises(ValueError, match="broken"), Telemetry("image").phase("upload", {}):
        raise ValueError("broken")
    assert json.loads(daemon.recv(65536).split(b"\n", 1)[1])["fault"] is True


def test_an_invocation_that_is_not_sampled_tells_the_daemon_nothing(daemon, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE.replace("Sampled=1", "Sampled=0"))
    with Telemetry("image").phase("process", {}):
        pass
    daemon.settimeout(0.05)
    with pytest.raises(TimeoutError):
        daemon.recv(65536)


def test_a_trace_that_cannot_be_sent_fails_no_object(monkeypatch):
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "255.255.255.255:2000")  # the system refuses to send there
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    phases_ms = {}
    with Telemetry("image").phase("process", phases_ms):
        pass
    assert list(phases_ms) == ["process"]


def test_a_subsegment_has_the_fields_that_x_ray_asks_for_and_names_the_lane_alone(daemon, monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    with Telemetry("image").phase("process", {}):
        pass
    segment = json.loads(daemon.recv(65536).split(b"\n", 1)[1])
    asked = {"type", "id", "trace_id", "parent_id", "name", "start_time", "end_time"}
    assert set(segment) == asked | {"fault", "annotations"}
    assert len(bytes.fromhex(segment["id"])) == 8
    assert segment["annotations"] == {"lane": "image"}


def told(capsys):
    """Every line as JSON; a metric's value is a list of one, and Logs Insights finds it under ``.0``."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{f"{name}.0" if isinstance(value, list) else name: value for name, value in line.items()} for line in lines]


def settled(status, time, **facts):
    raw = RawObject("raw", "Miller.png", "v1", "0", "etag", 9, {"time": time}, known_as="token.png")
    measured = {"duration_ms": 5, "peak_memory_mb": None, "cost_usd": 1e-5, "bytes_out": 7, "phases_ms": {"process": 3}}
    Telemetry("image").settled(status, raw, measured | facts)


def test_a_rejected_object_is_a_sample_of_one_and_any_other_of_none(capsys):
    settled("succeeded", None)
    settled("superseded", None)
    settled("rejected", None, error_code="empty")
    lines = told(capsys)
    assert [line["Rejected.0"] for line in lines] == [[0], [0], [1]]
    assert [line.get("error_code") for line in lines] == [None, None, "empty"]


def test_an_objects_age_counts_from_its_event_and_is_left_out_where_that_has_no_time(capsys):
    settled("succeeded", (datetime.now(UTC) - timedelta(minutes=2)).isoformat().replace("+00:00", "Z"))
    settled("succeeded", (datetime.now(UTC) + timedelta(minutes=2)).isoformat())
    for unusable in (None, "yesterday", "2026-11-21T00:00:00"):
        settled("succeeded", unusable)
    ages = [line.get("AgeMs.0") for line in told(capsys)]
    assert 120_000 <= ages[0][0] < 130_000
    assert ages[1:] == [[0], None, None, None]


def test_every_metric_has_its_lane_and_environment_for_dimensions_and_nothing_else(capsys):
    settled("succeeded", "2026-11-21T00:00:00Z")
    Telemetry("image").failed(Failed("disk_full"))
    Telemetry("image").start("request")
    metrics = [line["_aws"]["CloudWatchMetrics"][0] for line in told(capsys) if "_aws" in line]
    assert {tuple(sorted(*metric["Dimensions"])) for metric in metrics} == {("lane", "service")}


def test_a_line_of_metrics_names_an_object_as_it_is_known_and_no_raw_key(capsys):
    settled("succeeded", "2026-11-21T00:00:00Z")
    (line,) = told(capsys)
    assert line["key"] == "token.png"
    assert "Miller" not in str(line)


def test_a_try_that_only_waited_for_its_turn_counts_as_no_failure(capsys):
    for code in ("leased", "lost_race", "out_of_time", "disk_full"):
        Telemetry("image").failed(Failed(code))
    assert [line["error_code"] for line in told(capsys) if "FailedTry.0" in line] == ["disk_full"]


def test_each_saved_query_asks_for_what_the_lines_have(capsys):
    """Of the lanes' own lines; ``record.`` is Lambda's, as its documentation of ``platform.report`` has it."""
    insights = Path(__file__).resolve().parents[2] / "modules/monitoring/insights.tf"
    queries = dict(re.findall(r'^ {4}"(.+?)" += "(.+)"$', insights.read_text(), re.MULTILINE))
    with stack() as aws:
        aws.handler("record").handle(queued(aws.drop("p.json", b'[{"patient_id": "1"}]'), "no event"), Clock())
    have = {name for line in told(capsys) for name in line} | {"@timestamp", "@log", "type"}
    assert len(queries) == 7
    for name, query in queries.items():
        asked = re.sub(r"'[^']*'", "", query)
        aliases = set(re.findall(r" as (\w+)", asked))
        words = {"and", "asc", "by", "desc", "fields", "filter", "limit", "sort", "stats", "as"}
        fields = set(re.findall(r"@?[A-Za-z_][\w.]*(?!\w*\()(?=[^\w.(]|$)", asked)) - words - aliases
        assert {field for field in fields if not field.startswith("record.")} <= have, name
