"""Traces, as the X-Ray daemon reads them."""

import json
import socket

import pytest

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
