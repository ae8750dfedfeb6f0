"""One object followed through every lane's log lines."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice

import boto3
import pytest
from botocore.exceptions import ClientError
from cli_stack import KEY, give_log_groups, scandrop, write_log

from scandrop_cli import logs, trail

PATIENTS = b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]'
FIRST, SECOND, OTHERS = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture
def world(world):
    give_log_groups(world)
    return world


def say(lane, message, request_id, ago_s, **about):
    write_log(lane, {"level": "INFO", "message": message, "request_id": request_id, "message_id": "m", **about}, ago_s)


def report(lane, request_id, ago_s, status="success", **more):
    metrics = {"durationMs": 812.5, "billedDurationMs": 813, "memorySizeMB": 512, "maxMemoryUsedMB": 131}
    record = {"requestId": request_id, "metrics": metrics, "status": status, **more}
    write_log(lane, {"time": "t", "type": "platform.report", "record": record}, ago_s)


def told(*arguments):
    result = scandrop("logs", *arguments)
    assert result.exit_code == 0, result.stderr
    return [line[14:] for line in result.stdout.splitlines()[2:]]


def test_a_line_has_the_time_that_it_says_itself_where_the_log_took_several_at_once(world):
    version = world.drop("p.json", PATIENTS)
    now = datetime.now(UTC)
    for message, ago_s in (("settled", 2.0), ("begun", 3.5)):
        moment = f"{now - timedelta(seconds=ago_s):%Y-%m-%d %H:%M:%S,%f}"[:-3] + "+0000"
        say("record", message, FIRST, 1, key="p.json", version_id=version, timestamp=moment)
    begun, settled = scandrop("logs", "--key", "p.json", "--since", "5m").stdout.splitlines()[-2:]
    assert (begun.split()[-1], settled.split()[-1]) == ("begun", "settled")
    assert (begun[:8], settled[:8]) == tuple(f"{now - timedelta(seconds=ago_s):%H:%M:%S}" for ago_s in (3.5, 2.0))


def test_an_object_is_followed_through_its_lanes_and_tries_with_what_lambda_said(world):
    version = world.drop("p.json", PATIENTS)
    about = {"key": "p.json", "version_id": version}
    say("other", "begun", OTHERS, 50, **about)
    say("record", "begun", FIRST, 40, **about)
    report("record", FIRST, 35, "timeout")
    say("record", "begun", SECOND, 20, **about)
    say("record", "settled", SECOND, 19, **about)
    write_log("record", f"REPORT RequestId: {SECOND}\tDuration: 99.5 ms\tMax Memory Used: 131 MB\t", 18)
    facts = "took_ms=812.5  billed_ms=813  memory_mb=512  used_mb=131"
    assert told("--key", "p.json", "--since", "5m") == [
        "other  INFO    begun",
        "record INFO    begun",
        f"record ERROR   report of the whole batch  status=timeout  {facts}",
        "record INFO    begun",
        "record INFO    settled",
        "record         report of the whole batch  took_ms=99.5  used_mb=131",
    ]


def test_lines_of_other_objects_of_the_batch_other_versions_and_keys_that_begin_alike_stay_out(world):
    version = world.drop("p.json", PATIENTS)
    say("record", "mine", FIRST, 9, key="p.json", version_id=version)
    say("record", "another's", FIRST, 8, key="q.json", version_id=version)
    say("record", "longer", FIRST, 8, key="p.jsonl", version_id=version)
    say("record", "older", FIRST, 7, key="p.json", version_id="older")
    say("record", "no event", FIRST, 6)
    write_log("record", {"_aws": {}, "key": "p.json", "version_id": version, "request_id": FIRST})
    report("record", OTHERS, 4)
    assert told("--key", "p.json", "--since", "5m") == ["record INFO    mine"]
    assert told("--key", "p.json", "--version", "older", "--since", "5m") == ["record INFO    older"]


def test_a_killed_invocation_is_found_by_the_ledgers_request_id(world):
    world.drop("p.json", PATIENTS)
    assert trail.subject(world.environment, "p.json").item["request_id"] == "request-1"
    write_log("record", {"type": "platform.report", "record": {"requestId": "request-1", "status": "error"}})
    assert told("--key", "p.json", "--since", "5m") == ["record ERROR   report of the whole batch  status=error"]


def test_the_head_says_what_became_of_it(world):
    world.drop("p.json", b"no JSON")
    say("record", "begun", FIRST, 9, key="p.json", version_id="null")
    head = scandrop("logs", "--key", "p.json", "--since", "5m").stdout.splitlines()
    assert head[0] == "p.json  record  rejected (not_records)  1 try"
    assert re.fullmatch(r"version \S+, first taken [\d-]+ [\d:]+ UTC", head[1])
    assert head[2].startswith("The object is no JSON array")
    assert head[3].endswith("begun")


def test_json_is_the_lines_alone(world):
    version = world.drop("p.json", PATIENTS)
    say("record", "begun", FIRST, 9, key="p.json", version_id=version)
    (line,) = scandrop("logs", "--key", "p.json", "--since", "5m", "--json").stdout.splitlines()
    assert json.loads(line)["request_id"] == FIRST


def test_without_a_span_it_looks_from_when_the_object_was_dropped(world):
    world.drop("p.json", PATIENTS)
    what = trail.subject(world.environment, "p.json")
    assert what.since == datetime(2026, 11, 21, tzinfo=UTC)  # as the event says


def test_a_raw_name_is_followed_by_its_pseudonym_and_never_printed_by_the_lanes(world):
    world.give_key(KEY, pseudonymous_keys=True)
    version = world.drop("Miller 1937/p.json", PATIENTS)
    name = world.environment.known_as("Miller 1937/p.json")
    say("record", "begun", FIRST, 9, key=name, version_id=version)
    for typed in ("Miller 1937/p.json", name):
        assert told("--key", typed, "--since", "5m") == ["record INFO    begun"]


@pytest.mark.parametrize("key", ['a"b\\c{}*%.json', "日本語 🧠.json", "[red]\x1b[2J.json", "d" * 1000 + ".json"])
def test_an_awkward_key_is_found_and_cannot_steer_the_terminal(world, key):
    version = world.drop(key, PATIENTS)
    say("record", "begun", FIRST, 9, key=key, version_id=version)
    result = scandrop("logs", "--key", key, "--since", "5m")
    assert result.stdout.splitlines()[2].endswith("begun")
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("study 1/sub-01_a.b=c@d+e.png", '{ $.key = "study 1/sub-01_a.b=c@d+e.png" }'),
        ('a"b', '{ $.key = "a*" }'),
        ("a*b", '{ $.key = "a*" }'),
        ("日本", '{ $.key = "*" }'),
        ("d" * 1024, '{ $.key = "' + "d" * 500 + '*" }'),
    ],
)
def test_a_filter_pattern_holds_only_what_means_itself_in_one(world, key, pattern, monkeypatch):
    asked = []
    monkeypatch.setattr(logs, "lines", lambda *_, pattern, **__: asked.append(pattern) or iter([]))
    what = trail.Subject(key, trail.Record(key, "succeeded", "record", "v"))
    trail.read(world.environment, ["record"], what, datetime.now(UTC))
    assert asked == [pattern]


def test_following_goes_on_with_the_object_alone(world, monkeypatch):
    version = world.drop("p.json", PATIENTS)
    about = {"key": "p.json", "version_id": version}
    say("record", "begun", FIRST, 5, **about)
    monkeypatch.setattr(logs.time, "sleep", lambda _: more())

    def more():
        say("record", "another's", FIRST, 0.3, key="q.json", version_id="v")
        say("record", "settled", FIRST, 0.2, **about)
        report("record", FIRST, 0.1)

    what = trail.subject(world.environment, "p.json")
    lines = trail.follow(world.environment, ["record"], what, datetime.now(UTC) - timedelta(minutes=5))
    assert [line.content.get("message", "report") for line in islice(lines, 3)] == ["begun", "settled", "report"]


def test_an_object_that_nobody_knows_is_absent(world):
    assert world
    result = scandrop("logs", "--key", "p.json")
    assert (result.exit_code, result.stderr) == (
        1,
        "scandrop: Nothing is known of 'p.json' in test.\n  scandrop status --env test\n",
    )


def test_no_line_is_explained_by_retention_by_waiting_or_by_the_span(world):
    world.drop("p.json", PATIENTS)
    world.stack.s3.put_object(Bucket=world.environment.raw_bucket, Key="new.json", Body=b"[]")
    assert "further back with --since" in scandrop("logs", "--key", "p.json", "--since", "5m").stderr
    assert "No lane has taken it yet" in scandrop("logs", "--key", "new.json").stderr
    boto3.client("logs").put_retention_policy(logGroupName="/aws/lambda/scandrop-test-record", retentionInDays=1)
    assert "kept for 1 d" in scandrop("logs", "--key", "p.json", "--since", "9d").stderr


def test_a_version_without_a_key_is_a_mistake():
    assert scandrop("logs", "--version", "v").exit_code == 2


def test_who_may_not_look_into_the_raw_bucket_follows_what_the_ledger_has(world):
    version = world.drop("p.json", PATIENTS)
    say("record", "begun", FIRST, 9, key="p.json", version_id=version)
    denied = ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")
    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register("before-call.s3.HeadObject", lambda **_: _raise(denied))
    assert told("--key", "p.json", "--since", "5m") == ["record INFO    begun"]


def _raise(error):
    raise error
