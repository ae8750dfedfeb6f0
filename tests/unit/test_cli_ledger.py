"""What the command line reads from the ledger: the list, one object, and waiting for it."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aws_stack import RAW, Clock, queued
from botocore.awsrequest import AWSResponse
from cli_stack import TRIES, put, scandrop
from rich.console import Console

from scandrop_cli import environment, settling, tables, terminal, when
from scandrop_cli.doctor import lanes
from scandrop_cli.doctor.site import Site
from scandrop_cli.records import Question, Record, recent
from scandrop_cli.settling import drain, settle
from scandrop_cli.watcher import Watcher

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'


def listed(*arguments):
    result = scandrop("status", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return [record["key"] for record in json.loads(result.stdout)]


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def history(world):
    """Nine objects, newest first, over days, lanes and shards."""
    lanes = ("image", "record", "other")
    ages = [minutes(1), minutes(2), minutes(5), *(timedelta(days=day, minutes=1) for day in range(1, 7))]
    for number, ago in enumerate(ages):
        put(f"{number}.json", ago=ago, lane=lanes[number % 3], status="rejected" if number % 2 else "succeeded")
    return world


@pytest.mark.usefixtures("history")
def test_the_newest_come_first_across_lanes_shards_and_days():
    assert listed() == [f"{number}.json" for number in range(9)]


@pytest.mark.usefixtures("history")
def test_the_list_ends_at_its_limit_and_at_its_oldest_moment():
    assert listed("--limit", "4") == ["0.json", "1.json", "2.json", "3.json"]
    assert listed("--since", "3m") == ["0.json", "1.json"]
    assert listed("--since", "2d") == ["0.json", "1.json", "2.json", "3.json"]


@pytest.mark.usefixtures("history")
def test_the_list_can_be_of_one_status_or_one_lane_or_both():
    assert listed("--status", "rejected") == ["1.json", "3.json", "5.json", "7.json"]
    assert listed("--lane", "image") == ["0.json", "3.json", "6.json"]
    assert listed("--lane", "image", "--status", "rejected") == ["3.json"]


def test_a_filter_does_not_hide_what_lies_behind_a_page_of_others(world):
    for number in range(6):
        put("same-shard.json", ago=minutes(number), lane="image" if number == 5 else "record", version_id=f"v{number}")
    found = recent(world.environment, Question(when.since("1d"), 1, status="succeeded", lane="image"))
    assert [record.version_id for record in found] == ["v5"]


@pytest.mark.usefixtures("world")
def test_what_is_processed_for_longer_than_a_function_runs_is_shown_as_stalled():
    put("dead.json", ago=minutes(17), status="processing")
    put("alive.json", ago=minutes(15), status="processing")
    put("old.json", ago=minutes(60), status="succeeded")
    shown = {line.split()[0]: line for line in scandrop("status").stdout.splitlines()}
    assert [key for key, line in shown.items() if "processing (stalled)" in line] == ["dead.json"]


@pytest.mark.usefixtures("world")
def test_a_record_as_json_has_everything_that_the_table_shows():
    put("a.json", ago=minutes(1), size_bytes=5, duration_ms=7, derivatives=2, attempts=1)
    (record,) = json.loads(scandrop("status", "--json").stdout)
    shown = {name: record[name] for name in ("key", "status", "lane", "size_bytes", "duration_ms", "derivatives")}
    assert shown == {
        "key": "a.json",
        "status": "succeeded",
        "lane": "record",
        "size_bytes": 5,
        "duration_ms": 7,
        "derivatives": 2,
    }


@pytest.mark.usefixtures("world")
def test_an_empty_list_says_since_when():
    day = datetime.now(UTC).date() - timedelta(days=2)
    result = scandrop("status", "--since", str(day))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"Nothing was found since {day} 00:00 UTC.\n"


@pytest.mark.parametrize("verb", [["status"], ["cost"], ["gallery", "--out", "page"]])
@pytest.mark.usefixtures("world")
def test_reading_many_days_says_how_many_are_read(monkeypatch, verb):
    monkeypatch.setattr(terminal, "_PIPED_EVERY_S", 0)
    told = scandrop(*verb, "--since", "9d").stderr
    days = [int(day) for day in re.findall(r"^Reading days (\d+) of 10 after \d+ s$", told, re.MULTILINE)]
    assert days == sorted(days)
    assert {1, 3, 7, 10} <= set(days)


@pytest.mark.usefixtures("world")
def test_piped_tables_have_one_line_per_object_and_no_escapes():
    key = "study/" + "long " * 40 + ".json"
    put(key, ago=minutes(1), error_code="invalid_json", status="rejected")
    header, line = scandrop("status").stdout.splitlines()
    assert header.split() == ["key", "lane", "status", "took", "size", "derived", "age"]
    assert line.startswith("study/long long long ")
    assert line.index(".json  record") + len(".json") == 80
    assert json.loads(scandrop("status", "--json").stdout)[0]["key"] == key
    assert "rejected (invalid_json)" in line
    assert "\x1b" not in line


@pytest.mark.usefixtures("world")
def test_a_key_cannot_steer_the_terminal():
    put("evil\x1b[2J[red]\r:smile:.json", ago=minutes(1))
    assert "evil\\x1b[2J[red]\\r:smile:.json" in scandrop("status").stdout


@pytest.mark.parametrize("table", [tables.status_table, tables.results_table])
def test_tables_fit_eighty_columns_with_whole_numbers_and_codes(table):
    now = datetime.now(UTC).isoformat()
    record = Record(
        key="study1/subject-042/visit 3/left eye, follow-up scan.tiff",
        status="rejected",
        lane="record",
        updated_at=now,
        size_bytes=999_000_000_000,
        duration_ms=899_999,
        derivatives=12,
        error_code="image_too_many_frames",
    )
    console = Console(width=80, file=io.StringIO())
    console.print(table([record]))
    text = console.file.getvalue()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(part in text for part in ("14m", "(image_too_many_frames)", "12"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T10:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00+02:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ],
)
def test_a_date_is_in_utc_unless_it_says_otherwise(text, moment):
    assert when.since(text) == moment


@pytest.mark.parametrize(("text", "ago"), [("90s", minutes(1.5)), ("2h", minutes(120)), ("3d", timedelta(days=3))])
def test_a_span_counts_back_from_now(text, ago):
    assert abs(datetime.now(UTC) - ago - when.since(text)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["soon", "", "2x", "99999999999w", "2026-13-01"])
def test_what_is_neither_span_nor_date_is_refused(text):
    with pytest.raises(ValueError, match="no span such as"):
        when.since(text)


def test_show_has_the_record_and_the_derivatives(world):
    version = world.drop("study/a.json", PATIENTS)
    text = scandrop("show", "study/a.json").stdout
    assert version in text
    assert "succeeded" in text
    assert "patients.json" in text
    shown = json.loads(scandrop("show", "study/a.json", "--json").stdout)
    assert shown["record"]["version_id"] == shown["manifest"]["source"]["version_id"] == version
    assert set(shown["record"]["phases_ms"]) == {"download", "process", "upload"}


def test_show_says_why_an_object_was_rejected(world):
    world.drop("a.json", b"[")
    result = scandrop("show", "a.json")
    assert result.exit_code == 0
    assert world.stack.manifest("a.json")["error"] in result.stdout


def test_show_can_look_at_an_older_version_which_has_no_manifest_any_more(world):
    old = world.drop("a.json", b"[")
    new = world.drop("a.json", PATIENTS)
    shown = json.loads(scandrop("show", "a.json", "--json").stdout)
    assert (shown["record"]["version_id"], shown["record"]["status"]) == (new, "succeeded")
    shown = json.loads(scandrop("show", "a.json", "--version", old, "--json").stdout)
    assert (shown["record"]["version_id"], shown["record"]["status"]) == (old, "rejected")
    assert shown["manifest"] is None


@pytest.mark.parametrize("arguments", [["show", "no.json"], ["download", "no.json", "out"], ["wait", "--prefix", "no"]])
@pytest.mark.usefixtures("world")
def test_what_is_not_there_exits_with_one_and_says_how_to_look(arguments):
    result = scandrop(*arguments)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1].startswith("  scandrop ")


def test_waiting_ends_at_once_where_all_are_settled(world):
    world.drop("a.json", PATIENTS)
    world.drop("b.json", PATIENTS)
    result = scandrop("wait", "b.json", "a.json")
    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
        ["b.json", "record", "succeeded"],
        ["a.json", "record", "succeeded"],
    ]


def test_waiting_on_a_pipe_says_now_and_then_how_far_it_is(world, monkeypatch):
    monkeypatch.setattr(terminal, "_PIPED_EVERY_S", 0.1)
    world.drop("a.json", PATIENTS)
    world.stack.s3.put_object(Bucket=RAW, Key="b.json", Body=PATIENTS)
    told = scandrop("wait", "a.json", "b.json", "--timeout", "0.7").stderr.splitlines()
    assert re.fullmatch(r"Waiting 1 of 2 after \d+ s: 1 succeeded, 1 waiting", told[0])
    world.stack.sqs.send_message(QueueUrl=world.environment.queue_urls["image"], MessageBody="{}")
    assert re.match(r"Waiting after \d+ s: 1 messages in the queues\n", scandrop("wait", "--timeout", "0.7").stderr)


def test_waiting_for_something_rejected_exits_with_one_and_says_why(world):
    world.drop("a.json", PATIENTS)
    world.drop("b.json", b"[")
    result = scandrop("wait", "--prefix", "")
    assert result.exit_code == 1
    assert "rejected (" in result.stdout
    assert result.stderr.startswith(f"b.json: {world.stack.manifest('b.json')['error']}")


@pytest.mark.usefixtures("world")
def test_a_key_that_never_arrives_times_out_with_a_sentence():
    result = scandrop("wait", "a.json", "--timeout", "0.1")
    assert result.exit_code == 1
    assert "a.json: It is not in the raw bucket. Upload it." in result.stderr


def test_a_version_is_waited_for_even_where_an_older_one_is_settled(world):
    world.drop("a.json", PATIENTS)
    world.stack.s3.put_object(Bucket=RAW, Key="a.json", Body=b"[]")
    result = scandrop("wait", "a.json", "--timeout", "0.1", "--json")
    assert result.exit_code == 1
    assert [record["status"] for record in json.loads(result.stdout)] == ["waiting"]


def test_waiting_sees_a_key_arrive_and_settle(world):
    told = []

    def look(now):
        told.append(now[0].status)
        if len(told) == 1:
            world.drop("a.json", PATIENTS)

    (record,) = settle(world.environment, ["a.json"], timeout_s=20, on_change=look)
    assert record.status == "succeeded"
    assert told == ["missing", "succeeded"]


FUTURE, PAST = "9999-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("status", "attempts", "lease_until", "seen"),
    [
        ("failed", TRIES - 1, PAST, "failed"),
        ("failed", TRIES, PAST, "given_up"),
        ("processing", TRIES, FUTURE, "processing"),
        ("processing", TRIES, PAST, "given_up"),
        ("superseded", 1, PAST, "superseded"),
        ("deleted", 1, PAST, "deleted"),
    ],
)
def test_a_version_is_given_up_when_its_queue_tries_it_no_more(world, status, attempts, lease_until, seen):
    version = world.stack.s3.put_object(Bucket=RAW, Key="a.json", Body=b"[]")["VersionId"]
    put("a.json", ago=minutes(1), status=status, version_id=version, attempts=attempts, lease_until=lease_until)
    (record,) = settle(world.environment, ["a.json"], timeout_s=0)
    assert record.status == seen
    assert record.over is (seen in {"given_up", "superseded", "deleted"})
    assert record.good is (seen in {"superseded", "deleted"})


def test_more_keys_than_one_request_takes_are_all_found(world):
    keys = [f"{number}.json" for number in range(110)]
    for key in keys:
        version = world.stack.s3.put_object(Bucket=RAW, Key=key, Body=b"[]")["VersionId"]
        put(key, ago=minutes(1), version_id=version)
    records = settle(world.environment, keys, timeout_s=5)
    assert [record.key for record in records] == keys
    assert {record.status for record in records} == {"succeeded"}


def forbidden(request, **_):
    return AWSResponse(request.url, 403, {}, SimpleNamespace(stream=lambda *_, **__: iter([b""])))


def deliver_until_dead(world, key):
    """Let the record lane try an object that it may not even look at, as often as its queue delivers it."""
    event = world.stack.drop(key, PATIENTS)
    del event["detail"]["object"]["version-id"]  # as where an event names none: the function asks S3 for it
    sqs, url = world.stack.sqs, world.environment.queue_urls["record"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
    handler = world.stack.handler("record")
    handler._storage._client.meta.events.register_first("before-send.s3.HeadObject", forbidden)  # noqa: SLF001
    tries = 0
    while messages := sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"):
        assert handler.handle(queued(messages[0]["Body"]), Clock())["batchItemFailures"]
        tries += 1
    assert tries == TRIES


def test_what_failed_before_its_claim_is_seen_as_a_dead_letter_by_all_who_look(world):
    deliver_until_dead(world, "a.json")
    result = scandrop("wait", "a.json", "--timeout", "0")
    assert (result.exit_code, world.stack.versions("a.json")) == (1, {})
    assert "a.json: No lane has claimed it yet; of a try that failed before, the logs alone tell." in result.stderr
    assert result.stderr.endswith(
        "The dead-letter queue of the record lane holds 1 message; see why:\n"
        "  scandrop failures --env test --lane record\n"
    )
    site = Site("test", world.root, {}, {}, environment.state("test", world.root))
    assert any(finding.what.startswith("1 dead letter of the record lane.") for finding in lanes.queues(site))
    assert "record has 1 dead letter" in {it.sentence for it in Watcher(world.environment).look().troubles}


def test_waiting_for_empty_queues_fails_where_a_message_died_meanwhile(world, monkeypatch):
    drained = settling.drain

    def drain_and_die(*args, **options):
        deliver_until_dead(world, "a.json")
        return drained(*args, **options)

    monkeypatch.setattr(settling, "drain", drain_and_die)
    result = scandrop("wait")
    assert result.exit_code == 1
    assert "The dead-letter queue of the record lane holds 1 message" in result.stderr
    monkeypatch.setattr(settling, "drain", drained)
    assert scandrop("wait").exit_code == 0


def test_without_a_key_it_waits_for_empty_queues_and_shows_what_was_settled_meanwhile(world, monkeypatch):
    world.drop("before.json", PATIENTS)
    url = world.environment.queue_urls["record"]
    world.stack.sqs.send_message(QueueUrl=url, MessageBody="{}")
    drained = settling.drain

    def look(left):
        if left:
            world.drop("meanwhile.json", PATIENTS)
            world.stack.sqs.purge_queue(QueueUrl=url)

    monkeypatch.setattr(settling, "drain", lambda *args, **options: drained(*args, **{**options, "on_change": look}))
    result = scandrop("wait", "--json")
    assert result.exit_code == 0, result.stderr
    keys = result.stdout[result.stdout.rindex("\n[") if "\n[" in result.stdout else 0 :]
    assert [record["key"] for record in json.loads(keys)] == ["meanwhile.json"]


@pytest.mark.usefixtures("world")
def test_empty_queues_with_nothing_settled_meanwhile_are_a_success_that_says_so():
    result = scandrop("wait")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing was settled meanwhile.\n")


def test_queues_that_do_not_empty_time_out_with_their_count(world):
    world.stack.sqs.send_message(QueueUrl=world.environment.queue_urls["image"], MessageBody="{}")
    assert drain(world.environment, timeout_s=0) == 1
    result = scandrop("wait", "--timeout", "0")
    assert result.exit_code == 1
    assert "After 0 s the queues still hold 1 message" in result.stderr
