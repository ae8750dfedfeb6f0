"""What `scandrop watch` shows of queues, ledger and alarms, without a terminal and on one."""

import io
import json
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from cli_stack import refuse, scandrop
from rich.cells import cell_len
from rich.console import Console

from scandrop_cli import watch_view, watcher
from scandrop_cli.errors import OperatorError
from scandrop_cli.records import Record
from scandrop_cli.watch import Look, Monitored, Queue, Row, Seen, Trouble, View, view
from scandrop_cli.watcher import Watcher

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDLE = Queue(waiting=0, in_work=0, dead_letters=0, tries=3)


def ago(**span):
    return (NOW - timedelta(**span)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(key="a.png", status="succeeded", lane="image", seconds=30, **facts):
    over = {"finished_at": ago(seconds=seconds), "duration_ms": 100} if status in {"succeeded", "rejected"} else {}
    times = {"updated_at": ago(seconds=seconds), "received_at": ago(seconds=seconds + 1)}
    return Record(key, status, lane, **{"version_id": "v", "attempts": 1, **times, **over, **facts})


def look(*records, image=IDLE, dicom=IDLE, alarms=None, oldest_s=None, at=NOW):
    return Look(at, {"dicom": dicom, "image": image}, records, Monitored(at, alarms or {}, oldest_s or {}))


@pytest.fixture
def shown(world):
    def show(*looks):
        seen = None
        for one in looks:
            seen = Seen.after(one, seen)
        return view(world.environment, seen)

    return show


def test_a_lane_counts_its_own_and_the_last_row_counts_all(shown):
    busy = Queue(waiting=7, in_work=2, dead_letters=1, tries=3)
    records = [record("a.png"), record("b.png", "rejected"), record("c.dcm", lane="dicom"), record("d.png", "failed")]
    now = shown(look(*records, image=busy))
    image = now.lanes[1]
    assert (image.waiting, image.in_work, image.dead_letters) == (7, 2, 1)
    assert (image.succeeded, image.rejected, image.failed) == (1, 1, 1)
    assert (now.total.lane, now.total.succeeded, now.total.waiting) == ("all", 2, 7)


def test_the_window_forgets_what_is_settled_and_keeps_what_is_open(shown):
    old = 16 * 60
    now = shown(look(record("a.png", seconds=old), record("b.png", "failed", seconds=old)))
    assert [one.key for one in now.newest] == ["b.png"]
    assert now.total.failed == 0


def test_an_object_that_changes_is_there_once_in_its_newest_state(shown):
    first, then = record(status="processing", seconds=9), record(seconds=3)
    now = shown(look(first), look(then), look(first))  # the overlap brings the old state again
    assert [one.status for one in now.newest] == ["succeeded"]


def test_versions_of_a_key_are_objects_of_their_own(shown):
    now = shown(look(record(version_id="1"), record(version_id="2")))
    assert now.total.succeeded == 2


def test_the_rate_is_taken_over_five_minutes_and_arrivals_by_the_minute(shown):
    records = [record(f"{number}.png", seconds=seconds) for number, seconds in enumerate((10, 70, 250, 400))]
    row = shown(look(*records)).total
    assert row.per_minute == 3 / 5
    assert list(row.arrivals) == [0] * 8 + [1, 0, 1, 0, 0, 1, 1]


def test_durations_are_the_median_and_the_nearest_rank_of_what_was_settled(shown):
    records = [record(f"{ms}.png", duration_ms=ms) for ms in range(1, 101)]
    row = shown(look(*records, record("open.png", "failed", duration_ms=10_000))).total
    assert (row.median_ms, row.p95_ms) == (50, 95)


def test_cost_adds_up(shown):
    row = shown(look(record("a.png", cost_usd=0.25), record("b.png", "rejected", cost_usd=0.5))).total
    assert row.cost_usd == 0.75


def test_the_oldest_is_what_was_first_taken_and_is_not_settled(shown):
    waiting = replace(IDLE, waiting=1)
    open_one = record("b.png", "failed", seconds=5, received_at=ago(minutes=20))
    assert shown(look(record(seconds=50), open_one, image=waiting)).lanes[1].oldest_s == 1200


def test_cloudwatch_knows_of_messages_that_no_lane_has_taken(shown):
    now = shown(look(record("b.png", "failed", seconds=5), image=replace(IDLE, waiting=1), oldest_s={"image": 95.0}))
    assert (now.lanes[1].oldest_s, now.total.oldest_s, now.lanes[0].oldest_s) == (95.0, 95.0, None)


def test_nothing_is_old_where_the_queue_is_empty_nor_is_what_its_queue_gave_up(shown):
    given_up = record("b.png", "failed", attempts=3)
    assert shown(look(record("c.png", "failed"), oldest_s={"image": 95.0})).total.oldest_s is None
    assert shown(look(given_up, image=replace(IDLE, waiting=1))).total.oldest_s is None


def test_what_needs_a_person_comes_with_the_command(shown):
    stalled = record("b.dcm", "processing", "dicom", updated_at=ago(days=300))
    alarms = {
        "scandrop-test-image-errors": "It crashed.\nSee why: scandrop logs --lane image",
        "scandrop-test-of-another": "",
    }
    now = shown(look(stalled, image=replace(IDLE, dead_letters=2), alarms=alarms))
    assert [trouble.command for trouble in now.troubles] == [
        "scandrop failures --env test --lane image",
        "scandrop status --env test --lane dicom --status processing",
        "scandrop logs --lane image",
        "scandrop doctor --env test",
    ]


@pytest.mark.parametrize(("dead", "said"), [(1, "image has 1 dead letter"), (1200, "image has 1,200 dead letters")])
def test_dead_letters_are_counted_in_words_that_fit(shown, dead, said):
    now = shown(look(image=replace(IDLE, dead_letters=dead)))
    assert [trouble.sentence for trouble in now.troubles] == [said]


def _alarm(name, state="ALARM"):
    client = boto3.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def test_a_look_brings_queues_ledger_and_alarms(world):
    world.drop("p.json", b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]')
    world.stack.sqs.send_message(QueueUrl=world.environment.queue_urls["image"], MessageBody="x")
    world.stack.sqs.send_message(QueueUrl=world.environment.dead_letter_queue_urls["image"], MessageBody="x")
    _alarm("scandrop-test-image-errors")
    _alarm("scandrop-test-image-throttles", "OK")
    _alarm("scandrop-other-image-errors")
    now = Watcher(world.environment).look()
    rows = {row.lane: row for row in now.lanes}
    assert (rows["image"].waiting, rows["image"].dead_letters, rows["record"].succeeded) == (1, 1, 1)
    assert [trouble.sentence for trouble in now.troubles if "is raised" in trouble.sentence] == [
        "scandrop-test-image-errors is raised"
    ]


def test_only_the_first_look_asks_for_what_is_old_and_alarms_are_asked_for_by_the_minute(world, monkeypatch):
    asked = []
    environment = world.environment.impatient()
    for client in (environment.sqs, environment.dynamodb, environment.cloudwatch):
        client.meta.events.register("before-send", lambda request, **_: asked.append(request.url))
    looking = Watcher(environment)
    looking.look()
    first, now = len(asked), datetime.now(UTC)
    looking.look()
    again = asked[first:]
    assert len(again) == 2 * 3 + 3 * 4  # a queue and its dead letters for each lane, and four shards
    assert first > len(again)

    class Later(datetime):
        @classmethod
        def now(cls, _tz=None):
            return now + timedelta(minutes=1)

    monkeypatch.setattr(watcher, "datetime", Later)
    looking.look()
    assert any("monitoring" in url for url in asked[first + len(again) :])


def test_a_look_that_failed_is_made_up_for(world, monkeypatch):
    looking = Watcher(world.environment)
    before = looking.look()
    with monkeypatch.context() as broken:
        broken.setattr(Watcher, "_queues", _refused)
        with pytest.raises(ClientError):
            looking.look()
    since = []
    monkeypatch.setattr(watcher, "recent", lambda _, question: since.append(question.since) or [])
    looking.look()
    assert since == [before.at - timedelta(seconds=10)]


def _refused(*_):
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query")


@pytest.mark.usefixtures("world")
def test_into_a_pipe_it_keeps_to_the_width_that_columns_gives(monkeypatch):
    assert "arrivals" in scandrop("watch", "--once").stdout
    monkeypatch.setenv("COLUMNS", "80")
    lines = scandrop("watch", "--once").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert next(line for line in lines if line.startswith("lane")).endswith("median   95 %    cost")


def test_once_prints_one_picture_and_json_one_line(world):
    world.drop("p.json", b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]')
    picture = scandrop("watch", "--once")
    assert picture.exit_code == 0, picture.stderr
    assert "p.json" in picture.stdout
    (line,) = scandrop("watch", "--once", "--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["environment"], told["total"]["succeeded"], told["newest"][0]["key"]) == ("test", 1, "p.json")
    assert datetime.fromisoformat(told["at"])


@pytest.mark.usefixtures("world")
def test_an_environment_that_never_answered_is_an_error():
    refuse("sqs")
    result = scandrop("watch")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "denied GetQueueAttributes" in result.stderr


@pytest.mark.usefixtures("world")
def test_json_goes_on_with_a_line_for_each_look_until_ctrl_c(monkeypatch):
    looks = []

    def look_and_stop(self):
        looks.append(self)
        if len(looks) == 2:
            raise EndpointConnectionError(endpoint_url="https://sqs.invalid")
        if len(looks) == 4:
            raise KeyboardInterrupt
        return _view()

    monkeypatch.setattr(Watcher, "look", look_and_stop)
    monkeypatch.setattr(watch_view, "_TICK_S", 0.01)
    result = scandrop("watch", "--json", "--interval", "1")
    assert result.exit_code == 130
    assert len(result.stdout.splitlines()) == 2
    assert "sqs.invalid does not answer" in result.stderr


def _view(records=(), troubles=(), lanes=5, at=NOW):
    row = Row("image", 12, 3, 0, None, 4.2, 120, 3, 0, 812, 2400, 0.0123, [0, 1] * 7 + [5])
    rows = [replace(row, lane=name) for name in ("dicom", "image", "nifti", "other", "record")[:lanes]]
    return View("test", at, rows, replace(row, lane="all"), troubles, records)


def _screen(moment, width=80, height=24):
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(watch_view.frame(moment, width, height))
    return console.export_text().splitlines()


HOSTILE = ["a\x1b[2J\x1b]0;x\x07.png", "[red]b[/red].png", "日本語/" * 60 + "🧠.png", "d" * 1020 + ".png"]


def test_it_fits_eighty_by_twenty_four_whatever_the_keys_are():
    troubles = [
        Trouble(f"lane{number} has dead letters", "scandrop status --env test --lane x" * 3) for number in "123456"
    ]
    records = [record(key, "rejected", error_code="dicom_too_many_elements") for key in HOSTILE * 10]
    for shown in (_view(records), _view(records, troubles)):
        lines = _screen(watch_view.Moment(NOW, shown))
        assert len(lines) <= 24
        assert max(len(line.rstrip()) for line in lines) <= 80
        assert any(re.match(r"d+…d+\.png image", line) for line in lines)


def test_a_taller_terminal_shows_more_objects_and_a_wider_one_the_arrivals():
    moment = watch_view.Moment(NOW, _view([record(f"{number}.png") for number in range(99)]))
    small, large = _screen(moment), _screen(moment, 160, 60)
    assert [len(small), len(large)] == [24, 60]
    assert "arrivals" in large[2]
    assert "arrivals" not in small[2]
    assert any(line.endswith("█") or "█" in line for line in large)


def test_columns_keep_their_place_whatever_they_hold():
    calm, busy = _view(), _view()
    extreme = Row(
        "nifti", 4_000_000, 99_999, 99_999, 9e6, 99_999.0, 10**7, 10**7, 10**7, 10**7, 10**7, 12_345.6, [0] * 15
    )
    busy = replace(busy, lanes=[extreme] * 5)
    before, after = (_screen(watch_view.Moment(NOW, shown)) for shown in (calm, busy))
    assert before[2] == after[2]
    assert len(after[3]) == len(before[3]) == 80
    assert after[3].split() == [
        "nifti",
        "4.0M",
        "100k",
        "100k",
        "104d",
        "100k",
        "10M",
        "10M",
        "10M",
        "2h",
        "2h",
        "$12k",
    ]


def test_a_key_cannot_steer_the_terminal():
    text = "\n".join(_screen(watch_view.Moment(NOW, _view([record(key) for key in HOSTILE])), 200))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\\x1b[2J" in text
    assert "[red]b[/red].png" in text


def test_silence_is_told_with_its_length_and_cause():
    silence = OperatorError("The network is down. " * 9)
    lines = _screen(watch_view.Moment(NOW + timedelta(seconds=12), _view(), silence))
    assert "AWS has not answered for 12 s" in lines[0]
    assert lines[1].startswith("The network is down.")
    assert lines[2].startswith("lane")


def test_what_waits_for_an_unknown_time_says_so():
    line = _screen(watch_view.Moment(NOW, _view()))[3]
    assert line.split()[:5] == ["dicom", "12", "3", "0", "?"]


def test_the_clock_goes_on_while_aws_is_silent_and_the_old_picture_stays(monkeypatch):
    answers = iter([_view(), EndpointConnectionError(endpoint_url="https://sqs.invalid"), _view([record()])])

    def answer():
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(watch_view, "_TICK_S", 0.01)
    seen = []
    for moment in watch_view.moments(answer, 0.02):
        seen.append(moment)
        if moment.view.newest:
            break
    silent = [moment for moment in seen if moment.silence]
    assert silent
    assert all(moment.view is seen[0].view for moment in silent)
    assert seen[-1].silence is None
    assert [moment.at for moment in seen] == sorted(moment.at for moment in seen)


def test_the_live_view_has_a_screen_of_its_own_and_gives_it_back():
    console = Console(force_terminal=True, width=80, height=24, file=(written := io.StringIO()))
    watch_view.live(console, [watch_view.Moment(NOW, _view([record("a.png")]))])
    text = written.getvalue()
    assert text.startswith("\x1b[?1049h")
    assert "a.png" in text
    assert re.search(r"\x1b\[\?1049l", text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a.png", "a.png"),
        ("sub-01/func/sub-01_bold.nii.gz", "sub-01…bold.nii.gz"),
        ("日本語" * 9, "日本語…本語日本語"),
        ("🧠" * 9 + ".png", "🧠🧠🧠…🧠🧠🧠.png"),
    ],
)
def test_a_long_key_loses_its_middle_and_fits_however_wide_its_letters_are(text, short):
    assert watch_view.shortened(text, 18) == short
    assert cell_len(watch_view.shortened(text, 18)) <= 18


def test_an_object_that_came_while_the_look_was_on_has_no_age_below_nothing(shown):
    late = record(status="failed", seconds=-2)
    assert shown(look(late, image=replace(IDLE, in_work=1))).total.oldest_s == 0


def test_a_look_that_hangs_is_told_before_it_gives_up_and_is_not_asked_twice(monkeypatch):
    hangs, asked = threading.Event(), []

    def answer():
        asked.append(None)
        if len(asked) == 2:
            hangs.wait()
        return _view()

    monkeypatch.setattr(watch_view, "_TICK_S", 0.01)
    monkeypatch.setattr(watch_view, "_LATE_S", 0.05)
    for moment in watch_view.moments(answer, 0.02):
        if moment.silence:
            assert str(moment.silence) == "It is still being asked."
            assert len(asked) == 2
            hangs.set()
        elif len(asked) > 2:
            break


def test_ctrl_c_ends_the_live_view_at_once_though_a_look_hangs():
    hangs = """
import os, signal, sys, threading, time
from rich.console import Console
from scandrop_cli.verbs import watch
from scandrop_cli import watch_view
sys.path.insert(0, sys.argv[1])
import test_cli_watch
looks = []
def look():
    looks.append(None)
    if len(looks) == 2:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        time.sleep(3600)
    return test_cli_watch._view()
watch._live(Console(force_terminal=True, width=80, height=24), watch_view.moments(look, 1))
"""
    done = subprocess.run(
        [sys.executable, "-c", hangs, str(Path(__file__).parent)], capture_output=True, check=False, timeout=600
    )
    assert done.returncode == 130, done.stderr
    assert b"\x1b[?1049l" in done.stdout
