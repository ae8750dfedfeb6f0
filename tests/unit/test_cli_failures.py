"""`scandrop failures`: what failed for good, put back, processed once more, or thrown away where it is of no use."""

import json
import os
import shlex
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from aws_stack import Clock
from cli_stack import LANES, deployed, outputs, put, put_state, scandrop

from scandrop.dead_letters import DeadLetters
from scandrop.errors import Failed
from scandrop.events import RawObject
from scandrop_cli import arguments, main, terminal
from scandrop_cli.failures import found as found_module
from scandrop_cli.failures import letters

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
BROKEN = b'[{"patient_id": '


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An environment in which each lane has a dead-letter queue of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(letters, "_WAIT_S", 0)
    with deployed(tmp_path) as made:
        urls = made.environment.queue_urls
        dead = {lane: made.stack.sqs.create_queue(QueueName=f"dead-{lane}")["QueueUrl"] for lane in LANES}
        put_state(made.stack, "test", {"test": outputs(dict(urls)) | {"dead_letter_queue_urls": dead}})
        yield made


def failed(*arguments):
    """What the list says as JSON; its exit code is 1 where there is anything."""
    result = scandrop("failures", *arguments, "--json")
    content = json.loads(result.stdout)
    assert result.exit_code == bool(content["failures"]), result.stderr
    return content


def bury(world, event, code="disk_full", lane="record", name=None):
    """A dead letter as a function leaves it."""
    bucket, entry = event["detail"]["bucket"]["name"], event["detail"]["object"]
    raw = RawObject(bucket, entry["key"], entry["version-id"], "1", "e", 1, {}, name or entry["key"])
    record = {"attributes": {"ApproximateReceiveCount": "5"}, "body": json.dumps(event)}
    url = world.environment.dead_letter_queue_urls[lane]
    return DeadLetters(url, 5, lambda: world.stack.sqs).take(record, Failed(code), raw, "request-1")


def send(world, body, lane="record", **beside):
    """A dead letter as SQS moves it by itself, or as somebody else sends it, with attributes."""
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in beside.items()}
    url = world.environment.dead_letter_queue_urls[lane]
    world.stack.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)


def notification(event):
    """The same as S3 itself tells a queue."""
    entry = event["detail"]["object"]
    told = {"key": entry["key"], "versionId": entry["version-id"], "size": 1, "eTag": "e", "sequencer": "1"}
    bucket = {"name": event["detail"]["bucket"]["name"]}
    return {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": bucket, "object": told}}


def waiting(world, lane="record"):
    """The bodies in a lane's queue."""
    messages = world.stack.sqs.receive_message(
        QueueUrl=world.environment.queue_urls[lane], MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


def dead(world, lane="record"):
    answer = world.stack.sqs.get_queue_attributes(
        QueueUrl=world.environment.dead_letter_queue_urls[lane], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def process_queued(world, lane="record"):
    for event in waiting(world, lane):
        world.stack.handler(lane).handle(event, Clock())


@pytest.mark.usefixtures("world")
def test_where_nothing_failed_that_is_one_sentence_and_an_exit_code_of_0():
    result = scandrop("failures")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Nothing failed for good in test.\n"


def test_a_letter_is_listed_with_all_that_a_person_needs(world):
    event = world.stack.drop("study 1/a.json", PATIENTS)
    assert bury(world, event)
    (failure,) = failed()["failures"]
    assert failure["kind"] == "dead letter"
    assert (failure["key"], failure["version_id"]) == ("study 1/a.json", event["detail"]["object"]["version-id"])
    assert (failure["lane"], failure["error_code"], failure["attempts"]) == ("record", "disk_full", 5)
    assert failure["error"] == str(Failed("disk_full"))
    assert failure["request_id"] == "request-1"
    assert failure["command"] == "scandrop logs --key 'study 1/a.json' --env test"


def test_listing_changes_nothing_and_hides_nothing(world):
    bury(world, world.stack.drop("a.json", PATIENTS))
    assert failed() == failed()
    assert dead(world) == 1


def test_a_list_that_breaks_off_while_it_receives_hides_nothing(world, monkeypatch):
    for number in range(12):
        bury(world, world.stack.drop(f"{number}.json", PATIENTS))
    bury(world, world.stack.drop("a.png", b"x"), lane="image")
    received = letters._letter  # noqa: SLF001

    def break_off(lane, message):
        if lane == "image":
            raise KeyboardInterrupt
        return received(lane, message)

    monkeypatch.setattr(letters, "_letter", break_off)
    assert scandrop("failures").exit_code == 130
    assert dead(world) == 12


def test_a_list_that_is_killed_hides_nothing_for_long(world, monkeypatch):
    bury(world, world.stack.drop("a.json", PATIENTS))
    monkeypatch.setattr(letters, "_LOOK_S", 1)
    killed = letters.held(world.environment, ["record"], to_look=True)
    assert len(killed.__enter__().letters) == 1
    assert dead(world) == 0
    time.sleep(1.1)
    assert dead(world) == 1


def test_letters_in_somebody_elses_hands_are_told_of_and_are_no_success(world):
    bury(world, world.stack.drop("a.json", PATIENTS))
    with letters.held(world.environment, ["record"]):
        seen = scandrop("failures")
        assert (seen.exit_code, seen.stdout) == (1, "")
        assert seen.stderr.startswith("SQS counts 1 more letter, and could not show it: somebody else has it in hand, ")
        assert json.loads(scandrop("failures", "--json").stdout)["unseen"] == 1
        for verb in (("redrive", "--all"), ("discard",)):
            told = scandrop("failures", *verb)
            assert (told.exit_code, "somebody else has it in hand" in told.stderr) == (1, True)
            assert "no such dead letter" not in told.stderr
    assert failed()["unseen"] == 0


def test_two_who_look_at_once_each_hear_of_the_letters_that_the_other_has(world, monkeypatch):
    """SQS counts what somebody has just received as receivable, for up to a minute."""
    for number in range(3):
        bury(world, world.stack.drop(f"{number}.json", PATIENTS))
    monkeypatch.setattr(letters, "_BATCH", 1)
    with letters.held(world.environment, ["record"]) as mine:
        bury(world, world.stack.drop("since.json", PATIENTS))
        monkeypatch.setattr(letters, "_count", lambda _, lane: 4 if lane == "record" else 0)
        other = json.loads(scandrop("failures", "--json").stdout)
    assert (len(mine.letters), len(other["failures"]), other["unseen"]) == (3, 1, 3)


def test_a_count_that_is_behind_takes_nothing_from_what_was_received(world, monkeypatch):
    bury(world, world.stack.drop("a.json", PATIENTS))
    monkeypatch.setattr(letters, "_count", lambda *_: 0)
    assert (len(failed()["failures"]), failed()["unseen"]) == (1, 0)


def test_what_stands_beside_a_letter_may_be_anything(world):
    event = json.dumps(world.stack.drop("a.json", PATIENTS))
    send(world, event, error_code="x", attempts="many", failed_at="yesterday", version_id="v" * 2000, key="k" * 2000)
    send(world, event, error_code="unknown_event")
    found = {one["error_code"]: one for one in failed()["failures"]}
    assert (found["x"]["attempts"], found["unclaimed"]["key"]) == (0, "a.json")
    assert scandrop("failures").exit_code == 1
    assert scandrop("failures", "redrive", "--code", "x").exit_code == 0
    assert len(waiting(world)) == 1


def test_of_a_letter_that_eventbridge_could_not_deliver_its_own_words_are_shown(world):
    said = {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "No access to KMS.", "RETRY_ATTEMPTS": "0"}
    send(world, json.dumps(world.stack.drop("a.json", PATIENTS)), **said, RULE_ARN="arn:aws:events:…:rule/record")
    (failure,) = failed()["failures"]
    assert (failure["error_code"], failure["key"]) == ("undelivered", "a.json")
    assert "(NO_PERMISSIONS: No access to KMS.)" in failure["error"]
    assert scandrop("failures", "redrive", "--all").exit_code == 0
    assert len(waiting(world)) == 1


def test_an_event_of_another_bucket_is_no_event_of_this_environment_and_can_be_discarded(world):
    event = world.stack.drop("a.json", PATIENTS)
    event["detail"]["bucket"]["name"] = "another"
    bury(world, event)
    (failure,) = failed()["failures"]
    assert (failure["error_code"], failure["key"]) == ("unknown_event", "")
    assert scandrop("failures", "redrive", "--all").exit_code == 1
    assert scandrop("failures", "discard").exit_code == 0
    assert (dead(world), waiting(world)) == (0, [])


def test_more_letters_than_a_page_has_are_listed_once_each(world):
    for number in range(25):
        bury(world, world.stack.drop(f"{number}.json", PATIENTS))
    keys = [failure["key"] for failure in failed()["failures"]]
    assert sorted(keys) == sorted(f"{number}.json" for number in range(25))
    assert "… and 15 more" in scandrop("failures").stdout


def test_of_a_letter_that_sqs_moved_the_ledger_tells_what_it_knows(world):
    event = world.stack.drop("killed.json", PATIENTS)
    version = event["detail"]["object"]["version-id"]
    put("killed.json", ago=timedelta(hours=1), status="processing", version_id=version, attempts=5)
    send(world, json.dumps(event))
    send(world, json.dumps(world.stack.drop("unclaimed.json", PATIENTS)))
    told = {failure["key"]: failure for failure in failed()["failures"]}
    assert (told["killed.json"]["error_code"], told["killed.json"]["attempts"]) == ("killed", 5)
    assert told["unclaimed.json"]["error_code"] == "unclaimed"


@pytest.mark.usefixtures("world")
def test_what_failed_and_nobody_tries_any_more_is_listed_and_what_is_tried_again_is_counted():
    put("stuck.json", ago=timedelta(hours=3), status="failed", error_code="disk_full", error="Full.", attempts=1)
    put("dead.json", ago=timedelta(hours=3), status="processing", attempts=1)
    put("soon.json", ago=timedelta(minutes=3), status="failed", error_code="throttled", error="Slow.", attempts=1)
    put("bad.json", ago=timedelta(days=3), status="rejected", error_code="empty", error="Empty.", attempts=1)
    found = failed()
    assert {(one["kind"], one["key"], one["error_code"]) for one in found["failures"]} == {
        ("stuck", "stuck.json", "disk_full"),
        ("stuck", "dead.json", "killed"),
    }
    assert (found["retried"], found["rejected"]) == (1, 1)
    result = scandrop("failures")
    assert "1 failed and is tried again: scandrop status --env test --status failed" in result.stderr
    assert "1 was rejected in the last 30 days" in result.stderr


def test_what_may_wait_in_a_queue_that_has_messages_is_not_called_stuck_until_no_queue_can_have_it(world):
    put("waits.json", ago=timedelta(hours=3), status="failed", error_code="disk_full", error="Full.", attempts=1)
    put("gone.json", ago=timedelta(days=15), status="failed", error_code="disk_full", error="Full.", attempts=1)
    world.stack.sqs.send_message(QueueUrl=world.environment.queue_urls["record"], MessageBody="{}")
    found = failed()
    assert [(one["kind"], one["key"]) for one in found["failures"]] == [("stuck", "gone.json")]
    assert (found["waiting"], found["retried"]) == (1, 0)
    assert "scandrop watch --env test" in scandrop("failures").stderr


def test_of_one_code_letters_are_redriven_and_what_has_none_is_released(world):
    bury(world, world.stack.drop("letter.json", PATIENTS))
    for key in ("-stuck.json", "it's.json"):
        put(key, ago=timedelta(hours=3), status="failed", error_code="disk_full", error="Full.", attempts=1)
    lines = scandrop("failures").stdout.splitlines()
    assert "  scandrop failures redrive --env test --code disk_full" in lines
    (release,) = (line for line in lines if "failures release" in line)
    assert shlex.split(release)[:6] == ["scandrop", "failures", "release", "--env", "test", "--"]
    assert set(shlex.split(release)[6:]) == {"-stuck.json", "it's.json"}


def test_a_deletion_that_is_stuck_is_released_by_its_own_name_and_what_was_overtaken_is_no_failure(world):
    world.give_key(on_delete="delete")
    lost = {"status": "failed", "error_code": "disk_full", "error": "Full.", "attempts": 1}
    put("gone.json", ago=timedelta(hours=3), version_id="deleted-00A1", **lost)
    world.drop("again.json", PATIENTS)
    put("again.json", ago=timedelta(hours=3), version_id="older", **lost)
    lines = scandrop("failures").stdout.splitlines()
    command = "  scandrop failures release --env test --version deleted-00A1 -- gone.json"
    assert command in lines
    assert not any("again.json" in line for line in lines)
    assert scandrop(*shlex.split(command)[1:]).exit_code == 0
    assert [event["detail-type"] for event in waiting(world)] == ["Object Deleted"]


def test_into_a_pipe_nothing_is_folded_unless_columns_gives_a_width(world, monkeypatch):
    key = f"{'d' * 50}.json"
    bury(world, world.stack.drop(key, PATIENTS))
    assert any(key in line for line in scandrop("failures").stdout.splitlines() if "logs" not in line)
    monkeypatch.setenv("COLUMNS", "60")
    table = [line for line in scandrop("failures").stdout.splitlines() if line.startswith("    ")]
    assert max(map(len, table)) <= 60


def test_into_a_pipe_no_line_is_filled_up_with_blanks(world):
    bury(world, world.stack.drop("a.json", PATIENTS))
    assert max(map(len, scandrop("failures").stdout.splitlines())) < 120


@pytest.mark.usefixtures("world")
def test_what_nobody_expected_is_one_sentence_without_a_value(monkeypatch):
    def fail(*_):
        raise KeyError("Müller")

    monkeypatch.setattr(found_module, "report", fail)
    result = scandrop("failures")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("scandrop: This is a fault of scandrop itself: KeyError in test_cli_failures.py")
    assert "Müller" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_is_taken_like_ctrl_c(monkeypatch, number):
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(main, "app", lambda: os.kill(os.getpid(), number))
    try:
        for one in before:
            signal.signal(one, signal.SIG_DFL)
        with pytest.raises(KeyboardInterrupt):
            main.run()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_a_letter_of_what_was_settled_since_says_so_and_not_why_it_was_given_up(world):
    event = world.stack.drop("a.json", PATIENTS)
    bury(world, event)
    world.stack.handler("record").handle(event, Clock())
    (failure,) = failed()["failures"]
    assert (failure["error_code"], failure["status"]) == ("settled", "succeeded")
    assert failure["error"].startswith("It was settled since")
    assert "scandrop failures discard --env test" in scandrop("failures").stdout


def test_of_what_was_settled_since_the_letter_is_discarded_and_that_of_what_is_open_is_kept(world):
    for key in ("settled.json", "open.json"):
        event = world.stack.drop(key, PATIENTS)
        send(world, json.dumps(event))  # by SQS itself, without a word of why
        if key == "settled.json":
            world.stack.handler("record").handle(event, Clock())
    discarded = scandrop("failures", "discard", "--json")
    assert (discarded.exit_code, [one["key"] for one in json.loads(discarded.stdout)]) == (0, ["settled.json"])
    assert [one["key"] for one in failed()["failures"]] == ["open.json"]


def test_a_letter_of_several_objects_is_of_use_while_one_of_them_may_be_open(world):
    events = [world.stack.drop(key, PATIENTS) for key in ("a.json", "b.json")]
    world.stack.handler("record").handle(events[0], Clock())
    send(world, json.dumps({"Records": [notification(event) for event in events]}))
    assert scandrop("failures", "discard").exit_code == 1
    assert dead(world) == 1


def test_the_list_can_be_of_one_lane(world):
    bury(world, world.stack.drop("a.json", PATIENTS), lane="record")
    bury(world, world.stack.drop("a.png", b"x"), lane="image")
    assert [one["key"] for one in failed("--lane", "image")["failures"]] == ["a.png"]


def test_a_hostile_key_is_printed_as_text(world):
    bury(world, world.stack.drop("[red]\x1b[2J<b>.json", PATIENTS))
    shown = scandrop("failures").stdout
    assert "[red]\\x1b[2J<b>.json" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "back"),
    [
        (["--all"], {"a.json", "b.json"}),
        (["--key", "a.json"], {"a.json"}),
        (["--code", "asset_gone"], {"b.json"}),
        (["--lane", "record"], {"a.json", "b.json"}),
        (["--all", "--lane", "record"], {"a.json", "b.json"}),
        (["--lane", "record", "--code", "disk_full"], {"a.json"}),
    ],
)
def test_a_redrive_puts_back_what_was_asked_for_and_nothing_else(world, arguments, back):
    bury(world, world.stack.drop("a.json", PATIENTS))
    bury(world, world.stack.drop("b.json", PATIENTS), code="asset_gone")
    result = scandrop("failures", "redrive", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    assert {one["key"] for one in json.loads(result.stdout)} == back
    assert {event["detail"]["object"]["key"] for event in waiting(world)} == back
    assert {one["key"] for one in failed()["failures"]} == {"a.json", "b.json"} - back


def test_a_redrive_that_breaks_off_loses_no_letter(world, monkeypatch):
    bury(world, world.stack.drop("a.json", PATIENTS))
    monkeypatch.setattr(letters, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert scandrop("failures", "redrive", "--all").exit_code == 130
    assert (len(waiting(world)), dead(world)) == (1, 1)


@pytest.mark.usefixtures("world")
def test_a_redrive_has_to_be_told_which():
    assert scandrop("failures", "redrive").exit_code == 2
    assert scandrop("failures", "redrive", "--all", "--key", "a").exit_code == 2
    nothing = scandrop("failures", "redrive", "--all")
    assert (nothing.exit_code, nothing.stderr) == (
        1,
        "scandrop: test has no such dead letter.\n  scandrop failures --env test\n",
    )


@pytest.mark.usefixtures("world")
def test_an_environment_named_before_the_verb_is_refused_since_it_would_not_count():
    result = scandrop("failures", "--env", "prod", "redrive", "--all")
    assert result.exit_code == 2
    assert "Put --env behind redrive." in result.stderr


def test_what_is_no_event_is_kept_by_a_redrive_and_goes_by_a_discard_that_keeps_all_else(world):
    send(world, "no event")
    bury(world, world.stack.drop("a.json", PATIENTS))
    assert {one["error_code"] for one in failed()["failures"]} == {"unknown_event", "disk_full"}
    assert "scandrop failures discard --env test" in scandrop("failures").stdout
    scandrop("failures", "redrive", "--code", "unknown_event")
    assert dead(world) == 2
    assert scandrop("failures", "discard").exit_code == 0
    assert [one["key"] for one in failed()["failures"]] == ["a.json"]
    assert scandrop("failures", "discard").exit_code == 1


def test_a_released_object_is_processed_once_more_and_settles_anew(world):
    world.drop("a.json", PATIENTS)
    before = world.stack.versions("a.json")
    result = scandrop("failures", "release", "a.json", "--json")
    assert result.exit_code == 0, result.stderr
    (item,) = (item for name, item in world.stack.versions("a.json").items() if name != "#current")
    assert (item["status"], item["error_code"], item["attempts"]) == ("failed", "released", 0)
    process_queued(world)
    (item,) = (item for name, item in world.stack.versions("a.json").items() if name != "#current")
    assert (item["status"], item["attempts"], item["sequencer"]) == (
        "succeeded",
        1,
        before[item["version_id"]]["sequencer"],
    )
    assert item["error_code"] is None


def test_where_the_queue_refuses_what_was_opened_the_answer_says_so_and_how_it_gets_there(world):
    world.drop("a.json", PATIENTS)
    world.stack.sqs.delete_queue(QueueUrl=world.environment.queue_urls["record"])
    result = scandrop("failures", "release", "a.json")
    assert result.exit_code == 1
    assert "A part of the environment is gone (SendMessage" in result.stdout
    assert "It is open now, and in no queue." in result.stdout
    assert "scandrop reconcile --heal --env test" in result.stdout
    world.stack.sqs.create_queue(QueueName="scandrop-test-record")
    scandrop("reconcile", "--heal", "--older-than", "0s")
    assert [event["detail"]["object"]["key"] for event in waiting(world)] == ["a.json"]


def test_a_key_that_s3_refuses_does_not_hide_what_became_of_the_others(world, monkeypatch):
    monkeypatch.setattr(arguments, "KEY_BYTES", 2000)  # so that S3 is asked
    world.drop("a.json", PATIENTS)
    result = scandrop("failures", "release", "a.json", "k" * 1100, "--json")
    assert result.exit_code == 1
    assert [bool(one["refusal"]) for one in json.loads(result.stdout)] == [False, True]


def test_an_empty_key_among_those_to_release_is_refused_before_anything_is_done(world):
    world.drop("a.json", PATIENTS)
    result = scandrop("failures", "release", "a.json", "")
    assert (result.exit_code, "is no key" in result.stderr, waiting(world)) == (2, True, [])


def test_all_that_was_rejected_with_a_code_is_released_and_nothing_else(world):
    world.drop("bad1.json", BROKEN)
    world.drop("bad2.json", BROKEN)
    world.drop("empty.json", b"")
    world.drop("good.json", PATIENTS)
    result = scandrop("failures", "release", "--code", "invalid_json", "--json")
    assert result.exit_code == 0, result.stderr
    assert {event["detail"]["object"]["key"] for event in waiting(world)} == {"bad1.json", "bad2.json"}
    assert scandrop("failures", "release", "--code", "no_such").exit_code == 1


def test_an_overtaken_version_one_at_work_and_one_that_is_gone_are_not_released(world):
    old = world.drop("a.json", PATIENTS)
    world.drop("a.json", BROKEN)
    assert "A newer version" in scandrop("failures", "release", "a.json", "--version", old).stdout
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    at_work = world.stack.drop("b.json", PATIENTS)["detail"]["object"]["version-id"]
    put("b.json", ago=timedelta(0), status="processing", version_id=at_work, lease_until=later)
    assert "A lane is at work on it." in scandrop("failures", "release", "b.json").stdout
    gone = scandrop("failures", "release", "none.json")
    assert (gone.exit_code, waiting(world)) == (1, [])
    assert "not in the raw bucket" in gone.stdout


def test_what_no_lane_ever_took_can_be_released_too(world):
    world.stack.drop("lost.json", PATIENTS)
    assert scandrop("failures", "release", "lost.json").exit_code == 0
    process_queued(world)
    assert {item.get("status") for item in world.stack.versions("lost.json").values()} >= {"succeeded"}


def test_under_pseudonymous_keys_a_name_is_enough_and_no_raw_key_is_shown(world):
    world.give_key(pseudonymous_keys=True)
    name = world.environment.known_as("Müller/a.json")
    event = world.stack.drop("Müller/a.json", BROKEN)
    world.stack.handler("record", **world.environ).handle(event, Clock())
    send(world, json.dumps(event))
    shown = scandrop("failures")
    assert name in shown.stdout
    assert "Müller" not in shown.stdout + scandrop("failures", "--json").stdout
    released = scandrop("failures", "release", name, "--json")
    assert released.exit_code == 0, released.stderr
    assert "Müller" not in released.stdout + released.stderr
    assert [event["detail"]["object"]["key"] for event in waiting(world)] == ["Müller/a.json"]


def test_a_command_is_one_line_to_be_copied_however_narrow_the_terminal_is(world, monkeypatch):
    key = f"{'d' * 90}.json"
    bury(world, world.stack.drop(key, PATIENTS))
    monkeypatch.setattr(terminal, "_PIPED_COLUMNS", 80)
    assert f"  scandrop logs --key {key} --env test" in scandrop("failures").stdout.splitlines()
