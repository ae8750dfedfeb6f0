"""What follows from the deletion of a raw object: from the event to the tombstone, on moto."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nibabel
import pytest
from aws_stack import PROCESSED, RAW, Clock, queued, stack

from scandrop import manifest
from scandrop.errors import Failed
from scandrop.ledger import CURRENT, Ledger
from scandrop.storage import Storage

KEY = "study/patients.jsonl"
PATIENTS = b'{"patient_id":"A12345","patient_name":"Ikerian A","diagnosis":"normal"}'
OTHERS = PATIENTS.replace(b"A12345", b"B67890")
RUN = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
RUN_KEY = "sub-01/func/sub-01_task-rest_bold"
DELETED = {"statuses": ["deleted"]}
IGNORED = {"statuses": ["ignored"]}


@pytest.fixture
def aws():
    with stack() as made:
        yield made


@pytest.fixture
def record(aws):
    return following(aws, "record")


def following(aws, lane, **more):
    return aws.handler(lane, SCANDROP_ON_DELETE="delete", **more)


def settled(aws, lane, event):
    """The status of what a lane makes of the event."""
    return following(aws, lane).handle(event, Clock())["statuses"]


def traces(aws, key=KEY):
    """Every version of every object in the processed bucket under a key's own prefix, delete markers too."""
    found = aws.s3.list_object_versions(Bucket=PROCESSED, Prefix=manifest.prefix_of(key), Delimiter="/")
    return found.get("Versions", []) + found.get("DeleteMarkers", [])


def tombstones(aws, key=KEY):
    return [item for item in aws.versions(key).values() if item.get("status") == "deleted"]


def waiting(aws, lane="nifti"):
    """The events that a lane's queue holds, taken from it."""
    url = aws.queue_urls[lane]
    messages = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def _refused(*_):
    raise Failed("throttled", operation="GetObject", aws_code="SlowDown")


def test_the_derivatives_of_a_deleted_object_go_with_all_their_versions(aws, record):
    for body in (PATIENTS, OTHERS, b""):  # the last one is rejected, which leaves delete markers
        record.handle(aws.drop(KEY, body), Clock())
    assert any("Size" not in entry for entry in traces(aws))
    assert record.handle(aws.delete(KEY), Clock()) == DELETED
    assert traces(aws) == []


def test_nothing_follows_from_a_deletion_where_derivatives_are_kept(aws):
    record = aws.handler("record", SCANDROP_ON_DELETE="keep")
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    before = aws.versions(KEY), traces(aws)
    assert record.handle(aws.delete(KEY), Clock()) == IGNORED
    assert (aws.versions(KEY), traces(aws)) == before


def test_what_lies_below_another_key_stays(aws, record):
    for key in (KEY, f"{KEY}/inner.jsonl", f"{KEY}.jsonl"):
        following(aws, "record").handle(aws.drop(key, PATIENTS), Clock())
    record.handle(aws.delete(KEY), Clock())
    assert {key.rpartition("/")[0] for key in aws.processed()} == {f"{KEY}/inner.jsonl", f"{KEY}.jsonl"}


def test_the_ledger_forgets_what_the_versions_held_and_keeps_what_became_of_them(aws, record):
    events = [aws.drop(KEY, PATIENTS), aws.drop(KEY, b"")]
    for event in events:
        record.handle(event, Clock())
    before = [aws.item(event) for event in events]
    record.handle(aws.delete(KEY), Clock())
    for event, was in zip(events, before, strict=True):
        item = aws.item(event)
        assert {"metadata", "outputs"} <= set(was) - set(item)
        assert {name: item[name] for name in ("status", "finished_at", "updated_at", "size_bytes", "status_day")} == {
            name: was[name] for name in ("status", "finished_at", "updated_at", "size_bytes", "status_day")
        }
        assert item["erased_at"] > was["finished_at"]


def test_a_tombstone_and_the_current_item_outlive_the_queues_and_then_expire(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    record.handle(aws.delete(KEY), Clock())
    (tombstone,) = tombstones(aws)
    assert aws.versions(KEY)[CURRENT]["current_version"] == tombstone["version_id"]
    assert aws.versions(KEY)[CURRENT]["expires_at"] == tombstone["expires_at"]
    left = datetime.fromtimestamp(int(tombstone["expires_at"]), UTC) - datetime.now(UTC)
    assert timedelta(days=89) < left < timedelta(days=91)
    assert not {"metadata", "outputs"} & set(tombstone)


def test_an_object_that_is_dropped_again_is_processed_and_does_not_expire(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    record.handle(aws.delete(KEY), Clock())
    again = aws.drop(KEY, OTHERS)
    assert record.handle(again, Clock()) == {"statuses": ["succeeded"]}
    assert aws.manifest(KEY)["source"]["version_id"] == again["detail"]["object"]["version-id"]
    assert "expires_at" not in aws.versions(KEY)[CURRENT]
    assert "expires_at" not in aws.item(again)


def test_a_late_event_of_a_deleted_object_brings_nothing_back(aws, record):
    late = aws.drop(KEY, PATIENTS)
    assert record.handle(aws.delete(KEY), Clock()) == DELETED
    assert record.handle(late, Clock()) == {"statuses": ["superseded"]}
    assert aws.processed() == []


def test_a_repeated_event_of_a_deleted_object_brings_nothing_back(aws, record):
    event = aws.drop(KEY, PATIENTS)
    record.handle(event, Clock())
    record.handle(aws.delete(KEY), Clock())
    assert record.handle(event, Clock()) == {"statuses": ["settled"]}
    assert traces(aws) == []


def test_a_deletion_that_comes_late_does_not_touch_what_was_dropped_after_it(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    late = aws.delete(KEY)
    record.handle(aws.drop(KEY, OTHERS), Clock())
    before = traces(aws)
    assert record.handle(late, Clock()) == {"statuses": ["superseded"]}
    assert traces(aws) == before


def test_a_repeated_deletion_is_settled_once(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    event = aws.delete(KEY)
    assert [record.handle(event, Clock()) for _ in range(2)] == [DELETED, {"statuses": ["settled"]}]
    assert len(tombstones(aws)) == 1


def test_deleting_the_current_version_for_good_deletes_its_derivatives(aws, record):
    event = aws.drop(KEY, PATIENTS)
    record.handle(event, Clock())
    assert record.handle(aws.delete(KEY, event["detail"]["object"]["version-id"]), Clock()) == DELETED
    assert traces(aws) == []


def test_deleting_a_former_version_for_good_changes_nothing(aws, record):
    former = aws.drop(KEY, PATIENTS)
    record.handle(former, Clock())
    record.handle(aws.drop(KEY, OTHERS), Clock())
    before = aws.versions(KEY), traces(aws)
    assert record.handle(aws.delete(KEY, former["detail"]["object"]["version-id"]), Clock()) == IGNORED
    assert (aws.versions(KEY), traces(aws)) == before


def test_deleting_a_version_of_an_unknown_key_changes_nothing(aws, record):
    event = aws.drop(KEY, PATIENTS)
    assert record.handle(aws.delete(KEY, event["detail"]["object"]["version-id"]), Clock()) == IGNORED
    assert aws.versions(KEY) == {}


def test_undoing_a_deletion_changes_nothing_by_itself(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    marker = aws.delete(KEY)
    record.handle(marker, Clock())
    undone = aws.delete(KEY, marker["detail"]["object"]["version-id"])
    assert record.handle(undone, Clock()) == IGNORED
    assert aws.s3.get_object(Bucket=RAW, Key=KEY)["Body"].read() == PATIENTS
    assert traces(aws) == []


def test_a_version_that_came_before_a_former_one_was_deleted_is_not_lost(aws, record):
    """The deletion is the later event, and the ledger knows nothing of the newer version when it comes."""
    former = aws.drop(KEY, PATIENTS)
    record.handle(former, Clock())
    newer = aws.drop(KEY, OTHERS)
    record.handle(aws.delete(KEY, former["detail"]["object"]["version-id"]), Clock())
    assert record.handle(newer, Clock()) == {"statuses": ["succeeded"]}
    assert aws.manifest(KEY)["source"]["version_id"] == newer["detail"]["object"]["version-id"]


@pytest.mark.parametrize("for_good", [False, True])
def test_an_erasure_that_broke_off_is_finished_by_the_next_try(aws, record, monkeypatch, for_good):
    dropped = aws.drop(KEY, PATIENTS)
    record.handle(dropped, Clock())
    event = aws.delete(KEY, dropped["detail"]["object"]["version-id"] if for_good else "")
    with monkeypatch.context() as broken:
        broken.setattr(Storage, "erase", _break)
        with pytest.raises(Failed):
            record.handle(event, Clock())
    assert traces(aws) != []
    assert record.handle(event, Clock()) == DELETED
    assert traces(aws) == []


def _break(*_):
    raise Failed("throttled", operation="DeleteObject", aws_code="SlowDown")


def test_an_object_deleted_while_it_is_processed_leaves_nothing(aws, record, monkeypatch):
    begin = Ledger.begin_writing

    def interrupted(self, claim, *how):
        monkeypatch.setattr(Ledger, "begin_writing", begin)
        assert following(aws, "record").handle(aws.delete(KEY), Clock()) == DELETED
        return begin(self, claim, *how)

    monkeypatch.setattr(Ledger, "begin_writing", interrupted)
    assert record.handle(aws.drop(KEY, PATIENTS), Clock()) == {"statuses": ["superseded"]}
    assert traces(aws) == []


def test_no_former_derivative_comes_to_light_while_newer_ones_are_erased(aws, record, monkeypatch):
    for body in (PATIENTS, OTHERS):
        record.handle(aws.drop(KEY, body), Clock())
    seen = []
    erase = Storage._erase_version  # noqa: SLF001

    def watched(self, entry):
        erase(self, entry)
        seen.extend(aws.read(key) for key in aws.processed() if key.endswith("/patients.json"))

    monkeypatch.setattr(Storage, "_erase_version", watched)
    record.handle(aws.delete(KEY), Clock())
    assert seen
    assert not any(b"A12345" in body for body in seen)


def test_a_pseudonymous_key_is_deleted_by_its_pseudonym(aws):
    names = {"SCANDROP_PSEUDONYM_SECRET_ARN": "key", "SCANDROP_PSEUDONYMOUS_KEYS": "true"}
    import boto3  # noqa: PLC0415 (within moto)

    boto3.client("secretsmanager").create_secret(Name="key", SecretString="k" * 43)
    record = following(aws, "record", **names)
    record.handle(aws.drop("Miller 1937/p.jsonl", PATIENTS), Clock())
    (known_as,) = {key.rpartition("/")[0] for key in aws.processed()}
    assert record.handle(aws.delete("Miller 1937/p.jsonl"), Clock()) == DELETED
    assert traces(aws, known_as) == []
    assert len(tombstones(aws, known_as)) == 1
    assert aws.versions("Miller 1937/p.jsonl") == {}


def test_what_another_lane_made_of_a_key_without_a_suffix_is_deleted_by_the_one_that_hears_of_it(aws):
    other = following(aws, "other")
    assert other.handle(aws.drop("scan", RUN), Clock()) == {"statuses": ["forwarded"]}
    following(aws, "nifti").handle(queued(*waiting(aws)), Clock())
    assert traces(aws, "scan") != []
    assert other.handle(aws.delete("scan"), Clock()) == DELETED
    assert traces(aws, "scan") == []


def test_a_known_suffix_in_mixed_case_is_left_to_its_own_lane(aws):
    assert settled(aws, "other", aws.delete("a.Png")) == ["ignored"]
    assert aws.versions("a.Png") == {}


def test_the_deletion_of_a_record_is_settled_by_its_own_lane(aws, record):
    record.handle(aws.drop("patients.json", b"[%b]" % PATIENTS), Clock())
    assert record.handle(aws.delete("patients.json"), Clock()) == DELETED
    assert traces(aws, "patients.json") == waiting(aws) == []


def test_the_deletion_of_what_may_be_a_sidecar_is_left_to_the_nifti_lane(aws, record):
    aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.5}')
    event = aws.delete(f"{RUN_KEY}.json")
    assert record.handle(event, Clock()) == {"statuses": ["forwarded"]}
    (handed_on,) = waiting(aws)
    assert handed_on["detail-type"] == "Object Deleted"
    assert handed_on["detail"]["object"]["key"] == f"{RUN_KEY}.json"
    assert settled(aws, "nifti", handed_on) == ["deleted"]


@pytest.mark.parametrize("for_good", [False, True])
def test_a_run_whose_sidecar_is_deleted_is_read_again_without_it(aws, for_good):
    nifti = following(aws, "nifti")
    sidecar = aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.5, "TaskName": "rest"}')
    nifti.handle(sidecar, Clock())
    nifti.handle(aws.drop(f"{RUN_KEY}.nii", RUN), Clock())
    assert "sidecar" in aws.manifest(f"{RUN_KEY}.nii")["source"]
    event = aws.delete(f"{RUN_KEY}.json", sidecar["detail"]["object"]["version-id"] if for_good else "")
    assert nifti.handle(event, Clock()) == DELETED
    nifti.handle(queued(*waiting(aws)), Clock())
    assert "sidecar" not in aws.manifest(f"{RUN_KEY}.nii")["source"]
    assert traces(aws, f"{RUN_KEY}.json") == []


def test_a_run_is_read_again_without_a_sidecar_that_was_deleted_for_good_before_its_own_event_came(aws):
    run, sidecar = aws.drop(f"{RUN_KEY}.nii", RUN), aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.5}')
    assert settled(aws, "nifti", run) == ["succeeded"]
    gone = aws.delete(f"{RUN_KEY}.json", sidecar["detail"]["object"]["version-id"])
    assert settled(aws, "record", gone) == ["forwarded"]
    assert settled(aws, "nifti", *waiting(aws)) == ["ignored"]
    assert settled(aws, "nifti", *waiting(aws)) == ["succeeded"]
    assert "sidecar" not in aws.manifest(f"{RUN_KEY}.nii")["source"]
    assert settled(aws, "record", sidecar) == ["rejected"]  # it is gone


def test_a_run_is_read_again_without_a_sidecar_that_was_gone_when_its_own_event_came(aws):
    run, sidecar = aws.drop(f"{RUN_KEY}.nii", RUN), aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.5}')
    assert settled(aws, "nifti", run) == ["succeeded"]
    gone = aws.delete(f"{RUN_KEY}.json", sidecar["detail"]["object"]["version-id"])
    assert settled(aws, "record", sidecar) == ["rejected"]
    assert settled(aws, "record", gone) == ["forwarded"]
    assert settled(aws, "nifti", *waiting(aws)) == ["deleted"]
    assert settled(aws, "nifti", *waiting(aws)) == ["succeeded"]
    assert "sidecar" not in aws.manifest(f"{RUN_KEY}.nii")["source"]


def test_nothing_is_read_again_where_a_former_sidecar_is_deleted_for_good(aws):
    former, _ = (aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": %d}' % tr_s) for tr_s in (2, 3))
    settled(aws, "nifti", aws.drop(f"{RUN_KEY}.nii", RUN))
    assert settled(aws, "nifti", aws.delete(f"{RUN_KEY}.json", former["detail"]["object"]["version-id"])) == ["ignored"]
    assert waiting(aws) == []


def test_a_deleted_run_is_not_read_again_for_its_sidecar(aws):
    nifti = following(aws, "nifti")
    nifti.handle(aws.drop(f"{RUN_KEY}.nii", RUN), Clock())
    assert nifti.handle(aws.delete(f"{RUN_KEY}.nii"), Clock()) == DELETED
    nifti.handle(aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.5}'), Clock())
    assert waiting(aws) == []
    assert traces(aws, f"{RUN_KEY}.nii") == []


def test_a_deletion_without_a_sequencer_counts_where_s3_has_the_object_no_more(aws, record):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    event = aws.delete(KEY)
    del event["detail"]["object"]["sequencer"]
    assert record.handle(event, Clock()) == DELETED
    assert traces(aws) == []


def test_a_deletion_without_a_sequencer_is_overtaken_by_an_object_that_is_there(aws, record):
    event = aws.delete(KEY)
    del event["detail"]["object"]["sequencer"]
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    assert record.handle(event, Clock()) == {"statuses": ["superseded"]}
    assert "manifest.json" in {key.rpartition("/")[2] for key in aws.processed()}


def test_a_deletion_that_slept_takes_nothing_from_a_version_that_was_settled_meanwhile(aws, record, monkeypatch):
    record.handle(aws.drop(KEY, PATIENTS), Clock())
    forget, newer = Ledger.forget, {}

    def sleeps(self, claim):
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "forget", forget)
            newer.update(aws.drop(KEY, OTHERS))
            assert settled(aws, "record", newer) == ["succeeded"]
        forget(self, claim)

    monkeypatch.setattr(Ledger, "forget", sleeps)
    monkeypatch.setattr("scandrop.pipeline._LEASE_MARGIN", timedelta(seconds=-3))  # the lock is over at once
    with pytest.raises(Failed, match="wrote first"):
        record.handle(aws.delete(KEY), Clock([2_000]))
    assert {"outputs", "metadata"} <= set(aws.item(newer))


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_deletion_is_not_settled_while_the_ledger_cannot_forget(aws, record, monkeypatch, reason):
    dropped = aws.drop(KEY, PATIENTS)
    record.handle(dropped, Clock())
    event = aws.delete(KEY)
    with monkeypatch.context() as busy:
        busy.setattr("scandrop.ledger._PAUSES_S", (0,))
        busy.setattr(Ledger, "_refusals", lambda *_: [reason, "None"])
        with pytest.raises(Failed):
            record.handle(event, Clock())
    assert "outputs" in aws.item(dropped)
    assert record.handle(event, Clock()) == DELETED
    assert not {"outputs", "metadata"} & set(aws.item(dropped))


def test_a_failed_version_that_was_deleted_for_good_does_not_come_back_over_its_tombstone(aws, record, monkeypatch):
    dropped = aws.drop(KEY, PATIENTS)
    with monkeypatch.context() as broken:
        broken.setattr(Storage, "download", _refused)
        record.handle(queued(dropped), Clock())
    assert record.handle(aws.delete(KEY, dropped["detail"]["object"]["version-id"]), Clock()) == DELETED
    assert record.handle(dropped, Clock()) == {"statuses": ["superseded"]}
    assert traces(aws) == []
    assert aws.versions(KEY)[CURRENT]["expires_at"]


def test_a_run_that_waits_to_be_read_with_its_sidecar_does_not_come_back_once_it_is_deleted_for_good(aws):
    key = f"{RUN_KEY}.nii"
    dropped = aws.drop(key, RUN)
    settled(aws, "nifti", dropped)
    settled(aws, "nifti", aws.drop(f"{RUN_KEY}.json", b'{"RepetitionTime": 2.0}'))
    assert settled(aws, "nifti", aws.delete(key, dropped["detail"]["object"]["version-id"])) == ["deleted"]
    (queued_run,) = waiting(aws)
    assert settled(aws, "nifti", queued_run) == ["superseded"]
    assert traces(aws, key) == []


@pytest.mark.parametrize("former_stays", [False, True])
def test_a_version_whose_event_had_no_sequencer_is_erased_when_it_is_deleted_for_good(aws, record, former_stays):
    if former_stays:
        record.handle(aws.drop(KEY, OTHERS), Clock())
    dropped = aws.drop(KEY, PATIENTS)
    del dropped["detail"]["object"]["sequencer"]
    assert record.handle(dropped, Clock()) == {"statuses": ["succeeded"]}
    assert record.handle(aws.delete(KEY, dropped["detail"]["object"]["version-id"]), Clock()) == DELETED
    assert traces(aws) == []


def test_each_deletion_of_which_an_event_tells_next_to_nothing_counts(aws, record):
    for body in (PATIENTS, OTHERS):
        record.handle(aws.drop(KEY, body), Clock())
        gone = aws.delete(KEY)
        gone["id"] = gone["detail"]["object"]["sequencer"] = None
        assert record.handle(gone, Clock()) == DELETED
        assert traces(aws) == []
