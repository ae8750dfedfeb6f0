"""A run and its sidecar, in whatever order they come: through the record lane and the nifti lane on moto."""

import json
import tempfile
from pathlib import Path

import nibabel
import pytest
from aws_stack import RAW as RAW_BUCKET
from aws_stack import Clock, queued, stack

from scandrop.ledger import Ledger
from scandrop.storage import Storage

RUN = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
KEY = "sub-01/func/sub-01_task-rest_bold"
SIDECAR = b'{"RepetitionTime": 2.5, "TaskName": "rest"}'


@pytest.fixture
def aws():
    with stack() as made:
        yield made


@pytest.fixture
def nifti(aws):
    return aws.handler("nifti")


@pytest.fixture
def record(aws):
    return aws.handler("record")


def waiting(aws):
    """The events that the nifti lane's queue holds, taken from it."""
    received = aws.sqs.receive_message(QueueUrl=aws.queue_urls["nifti"], MaxNumberOfMessages=10)
    messages = received.get("Messages", [])
    for message in messages:
        aws.sqs.delete_message(QueueUrl=aws.queue_urls["nifti"], ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def tr_s(aws):
    return float(aws.manifest(f"{KEY}.nii")["metadata"]["tr_s"])


def test_a_sidecar_is_left_to_the_nifti_lane_and_no_record_is_made_of_it(aws, record):
    event = aws.drop(f"{KEY}.json", SIDECAR)
    assert record.handle(event, Clock()) == {"statuses": ["forwarded"]}
    assert aws.processed() == []
    assert [message["detail"]["object"]["key"] for message in waiting(aws)] == [f"{KEY}.json"]


@pytest.mark.parametrize(
    "body",
    [b'{"patient_id":"A1","patient_name":"B"}', b'[{"patient_id":"A1","patient_name":"B","RepetitionTime":2}]'],
)
def test_patient_records_stay_with_the_record_lane(aws, record, body):
    assert record.handle(aws.drop("patients.json", body), Clock()) == {"statuses": ["succeeded"]}
    assert waiting(aws) == []


def test_json_lines_are_never_taken_for_a_sidecar(aws, record):
    assert record.handle(aws.drop("p.jsonl", SIDECAR), Clock()) != {"statuses": ["forwarded"]}


def test_a_run_is_read_with_the_sidecar_that_lay_beside_it(aws, nifti):
    sidecar = aws.drop(f"{KEY}.json", SIDECAR)
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    assert tr_s(aws) == pytest.approx(2.5)
    assert aws.manifest(f"{KEY}.nii")["source"]["sidecar"] == {
        "key": f"{KEY}.json",
        "version_id": sidecar["detail"]["object"]["version-id"],
        "etag": sidecar["detail"]["object"]["etag"],
    }


def test_a_run_without_a_sidecar_is_read_by_its_header(aws, nifti):
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    assert "sidecar" not in aws.manifest(f"{KEY}.nii")["source"]


def test_a_sidecar_that_comes_after_its_run_has_the_run_read_again_once(aws, nifti):
    run = aws.drop(f"{KEY}.nii", RUN)
    nifti.handle(run, Clock())
    sidecar = aws.drop(f"{KEY}.json", SIDECAR)
    assert nifti.handle(sidecar, Clock()) == {"statuses": ["succeeded"]}
    (again,) = waiting(aws)
    assert again["detail"]["object"]["version-id"] == run["detail"]["object"]["version-id"]
    assert nifti.handle(queued(again), Clock()) == {"batchItemFailures": []}
    assert tr_s(aws) == pytest.approx(2.5)
    assert aws.item(run)["attempts"] == 2
    assert nifti.handle(again, Clock()) == {"statuses": ["settled"]}
    assert nifti.handle(run, Clock()) == {"statuses": ["settled"]}
    assert nifti.handle(sidecar, Clock()) == {"statuses": ["settled"]}
    assert waiting(aws) == []


def test_a_sidecar_that_was_already_read_queues_nothing(aws, nifti):
    sidecar = aws.drop(f"{KEY}.json", SIDECAR)
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    nifti.handle(sidecar, Clock())
    assert waiting(aws) == []


def test_a_changed_sidecar_has_its_run_read_again(aws, nifti):
    aws.drop(f"{KEY}.json", SIDECAR)
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    nifti.handle(aws.drop(f"{KEY}.json", SIDECAR.replace(b"2.5", b"3.5")), Clock())
    nifti.handle(queued(*waiting(aws)), Clock())
    assert tr_s(aws) == pytest.approx(3.5)


def test_a_sidecar_without_a_run_is_settled_and_queues_nothing(aws, nifti):
    event = aws.drop(f"{KEY}.json", SIDECAR)
    assert nifti.handle(event, Clock()) == {"statuses": ["succeeded"]}
    assert aws.item(event)["metadata"]["kind"] == "sidecar"
    assert aws.processed() == [f"{KEY}.json/manifest.json"]
    assert waiting(aws) == []


def test_a_sidecar_that_comes_while_its_run_is_at_work_is_read_when_that_try_is_done(aws, nifti, monkeypatch):
    sidecars = []

    def dropped_at_work(self, raw, path):
        sidecars.append(aws.drop(f"{KEY}.json", SIDECAR))
        download(self, raw, path)

    download = Storage.download
    with monkeypatch.context() as patched:
        patched.setattr(Storage, "download", dropped_at_work)
        nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    assert "sidecar" not in aws.manifest(f"{KEY}.nii")["source"]
    again = waiting(aws)  # by the run itself, before the sidecar's event comes
    nifti.handle(queued(*again), Clock())
    assert tr_s(aws) == pytest.approx(2.5)
    nifti.handle(sidecars[0], Clock())
    assert waiting(aws) == []


def test_a_run_that_looked_before_its_sidecar_came_reads_it_once_it_is_claimed(aws, nifti, monkeypatch):
    """The sidecar's own event found no run in the ledger, so that nothing else will bring the two together."""
    looked = []

    def came_right_after(self, *where):
        looked.append(where)
        if len(looked) > 1:
            return sidecar(self, *where)
        aws.drop(f"{KEY}.json", SIDECAR)
        return None

    sidecar = Storage.sidecar
    monkeypatch.setattr(Storage, "sidecar", came_right_after)
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    assert tr_s(aws) == pytest.approx(2.5)
    assert waiting(aws) == []


def test_a_duplicate_that_looked_too_early_does_not_bring_the_old_reading_back(aws, nifti, monkeypatch):
    run = aws.drop(f"{KEY}.nii", RUN)
    aws.drop(f"{KEY}.json", SIDECAR)
    nifti.handle(run, Clock())
    looked = []

    def too_early(self, *where):
        looked.append(where)
        return None if len(looked) == 1 else sidecar(self, *where)

    sidecar = Storage.sidecar
    monkeypatch.setattr(Storage, "sidecar", too_early)
    nifti.handle(run, Clock())
    assert tr_s(aws) == pytest.approx(2.5)
    assert aws.item(run)["sidecar_etag"] == aws.manifest(f"{KEY}.nii")["source"]["sidecar"]["etag"]
    assert waiting(aws) == []


def test_a_try_that_looked_before_another_one_settled_the_run_does_not_open_it_again(aws, nifti, monkeypatch):
    run = aws.drop(f"{KEY}.nii", RUN)
    nifti.handle(run, Clock())
    claim = Ledger.claim

    def sleeps(self, raw, **options):
        with monkeypatch.context() as again:
            again.setattr(Ledger, "claim", claim)
            aws.drop(f"{KEY}.json", SIDECAR)
            aws.handler("nifti").handle(run, Clock())
            aws.s3.delete_object(Bucket=RAW_BUCKET, Key=f"{KEY}.json")
            options["facts"]["sidecar_etag"] = "of a sidecar that is no more"
            return claim(self, raw, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "claim", sleeps)
        answer = nifti.handle(queued(run), Clock())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert aws.item(run)["status"] == "succeeded"
    assert tr_s(aws) == pytest.approx(2.5)


def test_a_sidecar_that_was_seen_while_another_try_was_at_work_is_not_lost_with_that_tries_last_look(
    aws, nifti, monkeypatch
):
    run = aws.drop(f"{KEY}.nii", RUN)
    aws.drop(f"{KEY}.json", SIDECAR)
    claim = Ledger.claim

    def late(self, raw, **options):
        with monkeypatch.context() as other:
            other.setattr(Ledger, "claim", claim)
            other.setattr(Storage, "sidecar", lambda *_: None)  # it looked before the sidecar came, and died since
            aws.handler("nifti").handle(run, Clock())
        return claim(self, raw, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "claim", late)
        answer = nifti.handle(queued(run), Clock())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    nifti.handle(queued(run), Clock())
    assert tr_s(aws) == pytest.approx(2.5)


def test_a_settled_run_that_fails_when_it_is_read_again_is_in_the_queue_whatever_became_of_its_message(
    aws, nifti, monkeypatch
):
    run = aws.drop(f"{KEY}.nii", RUN)
    nifti.handle(run, Clock())
    aws.drop(f"{KEY}.json", SIDECAR)
    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put_manifest", lambda *_: 1 / 0)
        nifti.handle(queued(run), Clock())
    assert [message["detail"]["object"]["key"] for message in waiting(aws)] == [f"{KEY}.nii"]


def test_a_sidecar_queues_a_run_that_is_being_read_again_since_who_does_may_have_died(aws, nifti, monkeypatch):
    run = aws.drop(f"{KEY}.nii", RUN)
    nifti.handle(run, Clock())
    sidecar = aws.drop(f"{KEY}.json", SIDECAR)

    def dies(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "write_until", dies)
        with pytest.raises(SystemExit):  # its message is gone: another function had it as well
            nifti.handle(run, Clock())
    nifti.handle(sidecar, Clock())
    assert [message["detail"]["object"]["key"] for message in waiting(aws)] == [f"{KEY}.nii"]


@pytest.mark.parametrize("suffix", ["", ".nii.gz", ".NII"])
def test_a_late_sidecar_finds_its_run_whatever_its_suffix(aws, nifti, suffix):
    nifti.handle(aws.drop(f"{KEY}{suffix}", RUN), Clock())
    nifti.handle(aws.drop(f"{KEY}.json", SIDECAR), Clock())
    assert [message["detail"]["object"]["key"] for message in waiting(aws)] == [f"{KEY}{suffix}"]


def test_the_parcellation_that_the_settings_name_is_fetched_once(aws, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    aws.s3.create_bucket(Bucket="scandrop-test-artifacts")
    labels = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
    aws.s3.put_object(Bucket="scandrop-test-artifacts", Key="assets/aa/labels.nii", Body=labels)
    nifti = aws.handler(
        "nifti",
        SCANDROP_SETTINGS=json.dumps({"parcellation": "labels.nii"}),
        SCANDROP_ASSETS=json.dumps(
            {"parcellation": {"bucket": "scandrop-test-artifacts", "key": "assets/aa/labels.nii"}}
        ),
    )
    nifti.handle(aws.drop(f"{KEY}.nii", RUN), Clock())
    assert aws.manifest(f"{KEY}.nii")["settings"]["parcellation"] == "labels.nii"
