"""A lane function from event to commit, on moto's S3, DynamoDB and SQS."""

import errno
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from aws_stack import PROCESSED, RAW, TABLE, Clock, queued, stack
from botocore.exceptions import ClientError

from scandrop import lane_queue, manifest, pipeline
from scandrop.errors import Failed
from scandrop.handler import Budget
from scandrop.ledger import CURRENT, Ledger
from scandrop.storage import Storage
from scandrop.version import package_version

PATIENTS = b'[{"patient_id":"A12345","patient_name":"Ikerian A","diagnosis":"normal"}]'
TABLES = ("patients.json", "rejects.jsonl")
EXTRACTED = [{"patient_id": "A12345", "patient_name": "Ikerian A"}]


@pytest.fixture
def aws():
    with stack() as made:
        yield made


@pytest.fixture
def record(aws):
    return aws.handler("record")


def test_an_object_becomes_derivatives_a_manifest_and_a_succeeded_ledger_item(aws, record):
    event = aws.drop("study/patients.json", PATIENTS)
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}
    assert json.loads(aws.read("study/patients.json/patients.json")) == EXTRACTED
    content = aws.manifest("study/patients.json")
    item = aws.item(event)
    assert item["status"] == content["status"] == "succeeded"
    assert content["source"]["version_id"] == event["detail"]["object"]["version-id"]
    assert content["source"]["sha256"] == hashlib.sha256(PATIENTS).hexdigest()
    assert {entry["key"] for entry in item["outputs"]} < set(aws.processed())
    assert item["package_version"] == content["package_version"] == package_version()
    assert set(item["phases_ms"]) == {"download", "process", "upload"}
    assert item["attempts"] == 1
    assert item["bytes_out"] == sum(entry["bytes"] for entry in content["derivatives"])
    assert item["memory_mb"] == 512
    assert item["cost_usd"] > 0


def test_each_derivative_carries_its_type_and_where_it_came_from(aws, record):
    event = aws.drop("a +é.json", PATIENTS)
    record.handle(event, Clock())
    for entry in aws.manifest("a +é.json")["derivatives"]:
        stored = aws.s3.get_object(Bucket=PROCESSED, Key=f"a +é.json/{entry['name']}", VersionId=entry["version_id"])
        assert stored["ContentType"] == entry["content_type"]
        assert stored["StorageClass"] == "INTELLIGENT_TIERING"
        assert hashlib.sha256(stored["Body"].read()).hexdigest() == entry["sha256"]
        assert unquote(stored["Metadata"]["source-key"]) == "a +é.json"
        assert stored["Metadata"]["source-version-id"] == event["detail"]["object"]["version-id"]
        assert stored["Metadata"]["processor"] == "record"
        assert stored["Metadata"]["package-version"] == package_version()


def test_the_very_version_of_the_event_is_read_not_the_newest(aws, record):
    first = aws.drop("p.json", PATIENTS)
    aws.s3.put_object(Bucket=RAW, Key="p.json", Body=b"[]")
    record.handle(first, Clock())
    assert json.loads(aws.read("p.json/patients.json")) == EXTRACTED


def test_a_message_delivered_twice_is_committed_once(aws, record):
    event = aws.drop("p.json", PATIENTS)
    assert record.handle(queued(event, event), Clock()) == {"batchItemFailures": []}
    assert aws.item(event)["attempts"] == 1
    listed = aws.s3.list_object_versions(Bucket=PROCESSED, Prefix="p.json/manifest.json")
    assert len(listed["Versions"]) == 1


def test_a_newer_version_replaces_the_older_ones_derivatives(aws, record):
    old, new = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    record.handle(queued(old, new), Clock())
    assert json.loads(aws.read("p.json/patients.json"))[0]["patient_id"] == "B99999"
    assert aws.manifest("p.json")["source"]["version_id"] == new["detail"]["object"]["version-id"]
    assert aws.versions("p.json")["#current"]["current_version"] == new["detail"]["object"]["version-id"]


def test_an_older_version_that_arrives_late_is_superseded_and_writes_nothing(aws, record):
    old, new = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    record.handle(new, Clock())
    before = aws.s3.list_object_versions(Bucket=PROCESSED)["Versions"]
    assert record.handle(old, Clock()) == {"statuses": ["superseded"]}
    assert aws.item(old)["status"] == "superseded"
    assert aws.s3.list_object_versions(Bucket=PROCESSED)["Versions"] == before


def test_a_version_overtaken_while_it_is_processed_is_superseded_before_it_writes(aws, record, monkeypatch):
    old, new = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    download = Storage.download

    def overtaken(self, raw, path):
        download(self, raw, path)
        if raw.version_id == old["detail"]["object"]["version-id"]:
            aws.handler("record").handle(new, Clock())

    monkeypatch.setattr(Storage, "download", overtaken)
    assert record.handle(old, Clock()) == {"statuses": ["superseded"]}
    assert json.loads(aws.read("p.json/patients.json"))[0]["patient_id"] == "B99999"


def test_a_rejected_version_says_why_and_takes_away_what_a_former_one_left(aws, record):
    good, bad = aws.drop("p.json", PATIENTS), aws.drop("p.json", b'[{"patient_id": ')
    record.handle(queued(good, bad), Clock())
    item = aws.item(bad)
    assert item["status"] == "rejected"
    assert item["error_code"]
    assert item["error"].endswith(".")
    assert aws.processed() == ["p.json/manifest.json"]
    assert aws.manifest("p.json")["error_code"] == item["error_code"]


def test_a_zero_byte_object_is_rejected_as_empty(aws, record):
    event = aws.drop("empty.json", b"")
    assert record.handle(event, Clock()) == {"statuses": ["rejected"]}
    assert aws.item(event)["error_code"] == "empty"


def test_an_event_without_a_version_id_is_settled_under_the_one_that_stands(aws, record):
    event = aws.drop("p.json", PATIENTS)
    version = event["detail"]["object"].pop("version-id")
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}
    assert aws.versions("p.json")[version]["status"] == "succeeded"


def test_an_event_without_a_version_id_whose_object_was_overwritten_leaves_the_key_to_the_newer_event(aws, record):
    event = aws.drop("p.json", PATIENTS)
    aws.drop("p.json", b"[]")
    del event["detail"]["object"]["version-id"]
    assert record.handle(event, Clock()) == {"statuses": ["superseded"]}
    assert aws.versions("p.json") == {}


def test_a_folder_marker_leaves_no_trace(aws):
    other = aws.handler("other")
    event = aws.drop("folder/", b"")
    assert other.handle(queued(event), Clock()) == {"batchItemFailures": []}
    assert (aws.processed(), aws.versions("folder/")) == ([], {})


def test_an_object_over_the_lanes_limit_is_rejected_before_it_is_read(aws):
    record = aws.handler("record", SCANDROP_MAX_OBJECT_BYTES="10")
    event = aws.drop("p.jsonl", PATIENTS)
    aws.s3.delete_object(Bucket=RAW, Key="p.jsonl", VersionId=event["detail"]["object"]["version-id"])
    record.handle(event, Clock())
    assert aws.item(event)["error_code"] == "too_large"


def test_a_version_deleted_before_it_was_read_is_rejected_as_gone(aws, record):
    event = aws.drop("p.json", PATIENTS)
    aws.s3.delete_object(Bucket=RAW, Key="p.json", VersionId=event["detail"]["object"]["version-id"])
    assert record.handle(event, Clock()) == {"statuses": ["rejected"]}
    assert aws.item(event)["error_code"] == "version_gone"


@pytest.mark.parametrize("key", ["with space.json", "a+b%20c.json", "日本語/🧠.json", "k" * 1019 + ".json"])
def test_awkward_keys_up_to_1024_bytes_are_settled_under_their_own_prefix(aws, record, key):
    event = aws.drop(key, PATIENTS)
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}
    assert all(written.startswith(manifest.prefix_of(key)) for written in aws.processed())
    assert {entry["key"] for entry in aws.item(event)["outputs"]} <= set(aws.processed())


def test_only_the_messages_that_failed_go_back(aws, record):
    events = [aws.drop(f"{i}.json", PATIENTS) for i in range(3)]
    batch = queued(events[0], "no event at all", events[2])
    assert record.handle(batch, Clock()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert aws.item(events[2])["status"] == "succeeded"


def test_a_message_that_failed_comes_back_long_before_the_queues_own_timeout(aws, record, monkeypatch):
    monkeypatch.setattr(lane_queue, "RETRY_S", 0)
    url = aws.queue_urls["record"]
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "3600"})
    aws.sqs.send_message(QueueUrl=url, MessageBody="no event at all")
    (message,) = aws.sqs.receive_message(QueueUrl=url)["Messages"]
    batch = queued(message["Body"])
    batch["Records"][0]["receiptHandle"] = message["ReceiptHandle"]
    record.handle(batch, Clock())
    assert "Messages" in aws.sqs.receive_message(QueueUrl=url)


def test_what_the_functions_time_does_not_allow_is_given_back_untouched(aws, record):
    events = [aws.drop(f"{i}.json", PATIENTS) for i in range(2)]
    begin, first, lease, nothing_left = 60_000, 60_000, 60_000, 5_000
    clock = Clock([begin, first, lease, nothing_left])
    assert record.handle(queued(*events), clock) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert aws.versions("1.json") == {}


def test_a_version_that_another_try_holds_goes_back_and_is_not_touched(aws, record, monkeypatch):
    event = aws.drop("p.json", PATIENTS)
    seen = {}
    download = Storage.download

    def meanwhile(self, raw, path):
        if not seen:
            seen["second"] = None
            seen["second"] = aws.handler("record").handle(queued(event), Clock())
        download(self, raw, path)

    monkeypatch.setattr(Storage, "download", meanwhile)
    assert record.handle(queued(event), Clock()) == {"batchItemFailures": []}
    assert seen["second"] == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert aws.item(event)["attempts"] == 1


def test_a_try_that_fails_is_recorded_as_failed_and_the_next_one_succeeds(aws, record, monkeypatch):
    event = aws.drop("p.json", PATIENTS)
    slow_down = Failed("throttled", operation="PutObject", aws_code="SlowDown")
    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put_outputs", _raise(slow_down))
        assert record.handle(queued(event), Clock()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert (aws.item(event)["status"], aws.item(event)["error_code"]) == ("failed", "throttled")
    record.handle(queued(event), Clock())
    item = aws.item(event)
    assert (item["status"], item["error_code"], item["attempts"]) == ("succeeded", None, 2)


def test_the_side_effects_come_in_the_order_that_makes_a_crash_after_any_of_them_harmless(aws, record, monkeypatch):
    record.handle(aws.drop("p.json", PATIENTS), Clock())
    done = []
    for owner, name in (
        (Ledger, "claim"),
        (Storage, "download"),
        (Ledger, "begin_writing"),
        (Storage, "standing"),
        (Storage, "put_outputs"),
        (Storage, "put_manifest"),
        (Storage, "remove"),
        (Ledger, "settle"),
    ):
        monkeypatch.setattr(owner, name, _noting(getattr(owner, name), name, done))
    record.handle(aws.drop("p.json", b"no JSON"), Clock())
    expected = "claim download begin_writing standing put_outputs put_manifest remove settle"
    assert done == expected.split()


def test_a_manifest_that_another_try_wrote_since_is_not_overwritten(aws, record, monkeypatch):
    record.handle(aws.drop("p.json", PATIENTS), Clock())
    put_outputs = Storage.put_outputs

    def meanwhile(self, raw, outcome, standing):
        aws.s3.put_object(Bucket=PROCESSED, Key="p.json/manifest.json", Body=b"{}")
        return put_outputs(self, raw, outcome, standing)

    event = aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put_outputs", meanwhile)
        with pytest.raises(Failed, match="wrote first"):
            record.handle(event, Clock())
    assert aws.read("p.json/manifest.json") == b"{}"
    assert (aws.item(event)["status"], aws.item(event)["error_code"]) == ("failed", "lost_race")


def test_a_first_manifest_is_not_written_over_one_that_appeared_since(aws, record):
    aws.s3.put_object(Bucket=PROCESSED, Key="p.json/manifest.json", Body=b"{}")
    event = aws.drop("p.json", PATIENTS)
    with pytest.raises(Failed, match="wrote first"):
        record.handle(event, Clock())
    assert aws.read("p.json/manifest.json") == b"{}"
    assert record.handle(event, Clock()) == {"statuses": ["succeeded"]}


def test_a_derivative_that_another_try_wrote_since_is_not_overwritten(aws, record, monkeypatch):
    record.handle(aws.drop("p.json", PATIENTS), Clock())
    standing = Storage.standing

    def meanwhile(self, known_as):
        found = standing(self, known_as)
        aws.s3.put_object(Bucket=PROCESSED, Key="p.json/patients.json", Body=b"[]")
        return found

    monkeypatch.setattr(Storage, "standing", meanwhile)
    with pytest.raises(Failed, match="wrote first"):
        record.handle(aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999")), Clock())
    assert aws.read("p.json/patients.json") == b"[]"


def test_a_leftover_that_somebody_else_replaced_meanwhile_is_not_deleted(aws, record, monkeypatch):
    record.handle(aws.drop("p.json", PATIENTS), Clock())
    asked = []
    remove = Storage.remove

    def watched(self, raw, stale):
        asked.append(stale)
        self._client.meta.events.register(
            "before-send.s3.DeleteObject", lambda request, **_: asked.append(request.headers["If-Match"])
        )
        remove(self, raw, stale)

    monkeypatch.setattr(Storage, "remove", watched)
    standing = {name: aws.s3.head_object(Bucket=PROCESSED, Key=f"p.json/{name}")["ETag"] for name in TABLES}
    record.handle(aws.drop("p.json", b"no JSON"), Clock())
    assert asked[0] == standing
    assert [told.decode() if isinstance(told, bytes) else told for told in asked[1:]] == list(standing.values())


def test_what_a_try_that_died_left_behind_is_cleared_away_by_the_next_version(aws, record, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put_manifest", lambda *_: pytest.fail("died"))
        with pytest.raises(pytest.fail.Exception):
            record.handle(aws.drop("p.json", PATIENTS), Clock())
    assert aws.processed() == ["p.json/patients.json", "p.json/rejects.jsonl"]
    _let_the_write_lock_run_out(aws, "p.json")
    record.handle(aws.drop("p.json", b"no JSON"), Clock())
    assert aws.processed() == ["p.json/manifest.json"]


def test_a_newer_version_waits_for_the_older_one_that_is_being_written(aws, record, monkeypatch):
    old, new = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    monkeypatch.setattr(pipeline, "_PATIENCE_S", 0.0)
    answers = []
    put_manifest = Storage.put_manifest

    def meanwhile(self, raw, content, standing):
        with monkeypatch.context() as patched:
            patched.setattr(Storage, "put_manifest", put_manifest)
            answers.append(aws.handler("record").handle(queued(new), Clock()))
        put_manifest(self, raw, content, standing)

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put_manifest", meanwhile)
        assert record.handle(old, Clock()) == {"statuses": ["superseded"]}
    assert answers == [{"batchItemFailures": [{"itemIdentifier": "m0"}]}]
    assert aws.item(new)["error_code"] == "busy"
    assert record.handle(new, Clock()) == {"statuses": ["succeeded"]}
    assert json.loads(aws.read("p.json/patients.json"))[0]["patient_id"] == "B99999"


def test_a_lease_outlasts_the_functions_own_time_and_its_writes_do_not(aws, record, monkeypatch):
    now, leases, ends = datetime.now(UTC), [], []
    claim, write_until = Ledger.claim, Storage.write_until

    def watched(self, raw, **options):
        leases.append(options["lease_until"])
        return claim(self, raw, **options)

    monkeypatch.setattr(Ledger, "claim", watched)
    monkeypatch.setattr(Storage, "write_until", lambda self, end: (ends.append(end), write_until(self, end)))
    record.handle(aws.drop("p.json", PATIENTS), Clock([45_000]))
    assert (ends[0] - now).total_seconds() == pytest.approx(45, abs=5)
    assert leases[0] > ends[0]


def test_nothing_is_written_once_the_functions_time_is_up(aws, record, monkeypatch):
    put_outputs = Storage.put_outputs

    def late(self, raw, outcome, standing):
        self.write_until(datetime.now(UTC))
        return put_outputs(self, raw, outcome, standing)

    monkeypatch.setattr(Storage, "put_outputs", late)
    event = aws.drop("p.json", PATIENTS)
    with pytest.raises(Failed, match="longer than its lease"):
        record.handle(event, Clock())
    assert aws.processed() == []


def test_an_event_without_a_sequencer_is_settled_where_s3_has_nothing_newer(aws, record):
    old, new = aws.drop("p.json", PATIENTS), aws.drop("p.json", PATIENTS.replace(b"A12345", b"B99999"))
    for event in (old, new):
        del event["detail"]["object"]["sequencer"]
    assert record.handle(new, Clock()) == {"statuses": ["succeeded"]}
    assert record.handle(old, Clock()) == {"statuses": ["superseded"]}
    assert json.loads(aws.read("p.json/patients.json"))[0]["patient_id"] == "B99999"


def test_an_event_of_another_bucket_is_none_of_this_environments(aws, record):
    event = aws.drop("p.json", PATIENTS)
    event["detail"]["bucket"]["name"] = PROCESSED
    with pytest.raises(Failed) as failure:
        record.handle(event, Clock())
    assert failure.value.code == "unknown_event"
    assert aws.versions("p.json") == {}


def test_a_write_that_was_sent_twice_leaves_the_write_lock_to_run_out(aws, record, monkeypatch):
    put_object = record._storage._client.put_object  # noqa: SLF001

    def twice(**request):
        answer = put_object(**request)
        answer["ResponseMetadata"]["RetryAttempts"] = 1
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(record._storage._client, "put_object", twice)  # noqa: SLF001
        assert record.handle(aws.drop("p.json", PATIENTS), Clock()) == {"statuses": ["succeeded"]}
    monkeypatch.setattr(pipeline, "_PATIENCE_S", 0.0)
    with pytest.raises(Failed, match="being written"):
        record.handle(aws.drop("p.json", PATIENTS), Clock())
    _let_the_write_lock_run_out(aws, "p.json")
    assert record.handle(aws.drop("p.json", PATIENTS), Clock()) == {"statuses": ["succeeded"]}


def test_a_leftover_that_was_gone_when_it_was_deleted_leaves_the_write_lock_to_run_out(aws, record, monkeypatch):
    record.handle(aws.drop("p.json", PATIENTS), Clock())
    remove = Storage.remove

    def gone(self, raw, stale):
        with monkeypatch.context() as patched:
            refusal = ClientError({"Error": {"Code": "NoSuchKey"}}, "DeleteObject")
            patched.setattr(self._client, "delete_object", lambda **_: _raised(refusal))
            remove(self, raw, stale)

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "remove", gone)
        assert record.handle(aws.drop("p.json", b"no JSON"), Clock()) == {"statuses": ["rejected"]}
    monkeypatch.setattr(pipeline, "_PATIENCE_S", 0.0)
    with pytest.raises(Failed, match="being written"):
        record.handle(aws.drop("p.json", PATIENTS), Clock())


def test_no_object_is_begun_in_less_time_than_the_longest_took():
    budget = Budget(Clock([100_000, 21_000, 19_000, 60_000, 60_000]))
    assert budget.allows_another()  # 21 s of 100 s are left
    assert not budget.allows_another()  # 19 s: the last fifth stays free
    budget.spent(30)
    assert budget.allows_another()
    budget.spent(41)
    assert not budget.allows_another()


def test_a_full_disk_while_reading_is_told_as_such(aws, record, monkeypatch):
    event = aws.drop("p.json", PATIENTS)
    monkeypatch.setattr(Storage, "download", _raise(OSError(errno.ENOSPC, "No space left on device")))
    record.handle(queued(event), Clock())
    assert aws.item(event)["error_code"] == "disk_full"


def test_a_bug_in_the_pipeline_gives_back_its_message_alone_and_names_no_value(aws, monkeypatch, capsys):
    event = aws.drop("p.json", PATIENTS)
    monkeypatch.setattr(Storage, "put_manifest", _raise(ValueError("Ikerian A")))
    assert aws.handler("record").handle(queued(event), Clock()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert aws.item(event)["error_code"] == "unexpected"
    assert "Ikerian" not in capsys.readouterr().out + str(aws.item(event))


def test_a_direct_invocation_raises_what_has_to_be_tried_again(aws, record, monkeypatch):
    event = aws.drop("p.json", PATIENTS)
    monkeypatch.setattr(Storage, "download", _raise(Failed("disk_full")))
    with pytest.raises(Failed, match="ephemeral"):
        record.handle(event, Clock())


def test_no_personal_data_reaches_log_ledger_or_manifest(aws, capsys):
    good, bad = (
        aws.drop("good.json", PATIENTS),
        aws.drop("bad.json", b'[{"patient_id": 5, "patient_name": "Ikerian A"}]'),
    )
    aws.handler("record").handle(queued(good, bad), Clock())
    told = capsys.readouterr().out + str(aws.item(good)) + str(aws.item(bad))
    told += str(aws.manifest("good.json")) + str(aws.manifest("bad.json"))
    assert '"message":"settled"' in told
    assert "Ikerian" not in told
    assert "A12345" not in told


def test_log_lines_and_metrics_are_json_that_cloudwatch_reads(aws, capsys):
    event = aws.drop("p.json", PATIENTS)
    aws.handler("record").handle(queued(event), Clock())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    settled = next(line for line in lines if line.get("message") == "settled")
    assert (settled["key"], settled["status"], settled["request_id"]) == ("p.json", "succeeded", "request-1")
    line = next(line for line in lines if "_aws" in line and "Rejected" in line)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {
        "Rejected": "Count",
        "FailedTry": "Count",
        "DurationMs": "Milliseconds",
        "PeakMemoryMb": "Megabytes",
        "CostUsd": "None",
        "AgeMs": "Milliseconds",
    }
    item = aws.item(event)
    assert (line["DurationMs"], line["CostUsd"]) == ([item["duration_ms"]], [float(item["cost_usd"])])
    assert (line["status"], line["key"], line["BytesIn"]) == ("succeeded", "p.json", len(PATIENTS))
    assert {"DownloadMs", "ProcessMs", "UploadMs", "BytesOut"} <= set(line) - set(units)
    assert any("ColdStart" in line for line in lines)


def test_the_other_lane_hands_an_object_to_the_queue_of_the_lane_that_fits(aws, record):
    event = aws.drop("no-extension", PATIENTS)
    aws.handler("other").handle(queued(event), Clock())
    (message,) = aws.sqs.receive_message(QueueUrl=aws.queue_urls["record"])["Messages"]
    assert aws.versions("no-extension") == {}
    record.handle(queued(message["Body"]), Clock())
    assert aws.item(event)["lane"] == "record"
    assert json.loads(aws.read("no-extension/patients.json")) == EXTRACTED


def test_the_other_lane_leaves_a_suffix_in_odd_letter_case_to_the_lane_whose_rule_matched_it_too(aws):
    event = aws.drop("p.jSoN", PATIENTS)
    assert aws.handler("other").handle(event, Clock()) == {"statuses": ["ignored"]}
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=aws.queue_urls["record"])
    assert aws.versions("p.jSoN") == {}


def test_the_other_lane_rejects_what_fits_nowhere_with_the_list_of_what_does(aws):
    event = aws.drop("archive.zip", b"PK\x03\x04 and so on")
    assert aws.handler("other").handle(event, Clock()) == {"statuses": ["rejected"]}
    item = aws.item(event)
    assert item["error_code"] == "unsupported"
    assert ".png" in item["error"]
    assert ".jsonl" in item["error"]


def test_a_file_whose_suffix_lies_is_rejected_with_the_suffixes_that_fit(aws):
    event = aws.drop("photo.png", PATIENTS)
    aws.handler("image").handle(event, Clock())
    item = aws.item(event)
    assert item["error_code"] == "misplaced"
    assert ".json" in item["error"]


def _raised(error):
    raise error


def _let_the_write_lock_run_out(aws, key):
    place = {"object_key": {"S": key}, "version_id": {"S": CURRENT}}
    past = {"writer_until": {"Value": {"S": "2020-01-01T00:00:00.000Z"}}}
    aws.dynamodb.update_item(TableName=TABLE, Key=place, AttributeUpdates=past)


def _noting(method, name, done):
    def noting(self, *args, **kwargs):
        done.append(name)
        return method(self, *args, **kwargs)

    return noting


def _raise(error):
    def raising(*_args, **_kwargs):
        raise error

    return raising


def test_the_handler_imports_no_processor_nor_what_only_some_lanes_need():
    code = "import sys, scandrop.handler; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    optional = ("scandrop.processors.", "scandrop.sidecars", "scandrop.forwarding")
    assert [name for name in done.stdout.split() if name.startswith(optional)] == []
