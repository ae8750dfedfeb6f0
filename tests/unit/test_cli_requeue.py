"""Having an object processed once more, whatever the ledger has lost of it: deletions too, as S3 would tell of them."""

import json
from datetime import datetime

import boto3
import pytest
from aws_stack import PROCESSED, RAW, TABLE, Clock
from botocore.exceptions import ClientError
from cli_stack import outputs, put_state, refuse

from scandrop.errors import Failed
from scandrop.ledger import CURRENT
from scandrop_cli import records
from scandrop_cli.requeue import requeue, requeue_all

PATIENTS = b'{"patient_id": "A1", "patient_name": "B"}'
OTHERS = PATIENTS.replace(b"A1", b"A2")
KEY = "a.jsonl"  # no lane takes it for a sidecar


@pytest.fixture
def following(world):
    """The same where derivatives go with their object."""
    told = outputs(dict(world.environment.queue_urls)) | {"on_delete": "delete"}
    put_state(world.stack, "test", {"test": told})
    world.environ = {"SCANDROP_ON_DELETE": "delete"}
    return world


def lose(*version_ids):
    """What a person who tidies the ledger by hand, or a backup that is older than it, takes away."""
    for version_id in version_ids:
        boto3.resource("dynamodb").Table(TABLE).delete_item(Key={"object_key": KEY, "version_id": version_id})


def change(version_id, **facts):
    table = boto3.resource("dynamodb").Table(TABLE)
    item = table.get_item(Key={"object_key": KEY, "version_id": version_id})["Item"]
    table.put_item(Item=item | facts)


def handle(world, event):
    """As its queue would: what fails comes back."""
    handler = world.stack.handler("record", **world.environ)
    try:
        return handler.handle(event, Clock())["statuses"]
    except Failed:
        return handler.handle(event, Clock())["statuses"]


def queued(world):
    """The event in the lane's queue, taken from it."""
    url = world.environment.queue_urls["record"]
    (message,) = world.stack.sqs.receive_message(QueueUrl=url)["Messages"]
    world.stack.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def requeued(world, version_id=None):
    """What becomes of an object that is put into its queue again."""
    assert requeue(world.environment, KEY, version_id).refusal == ""
    return handle(world, queued(world))


@pytest.mark.parametrize("lost", ["current", "version", "both"])
def test_an_object_of_which_the_ledger_lost_items_is_processed_again(world, lost):
    version = world.drop(KEY, PATIENTS)
    lose(*{"current": [CURRENT], "version": [version], "both": [CURRENT, version]}[lost])
    assert requeued(world) == ["succeeded"]
    items = world.stack.versions(KEY)
    assert (items[CURRENT]["current_version"], items[version]["status"]) == (version, "succeeded")
    assert world.stack.manifest(KEY)["source"]["version_id"] == version


def test_a_former_version_does_not_take_the_place_of_the_newest_one_that_the_ledger_lost(world):
    former = world.drop(KEY, PATIENTS)
    world.drop(KEY, OTHERS)
    lose(CURRENT)
    assert requeue(world.environment, KEY, former).refusal == "A newer version of it took its place."


def test_the_newest_version_is_processed_though_the_ledger_holds_a_former_one_for_newer(world):
    former = world.drop(KEY, PATIENTS)
    newest = world.drop(KEY, OTHERS)
    change(CURRENT, current_version=former, sequencer="1".ljust(32, "0"))
    change(newest, status="superseded")
    assert requeued(world) == ["succeeded"]
    assert world.stack.versions(KEY)[CURRENT]["current_version"] == newest


def test_what_a_newer_version_takes_the_place_of_meanwhile_is_not_opened(world, monkeypatch):
    version = world.drop(KEY, PATIENTS)
    monkeypatch.setattr("scandrop_cli.requeue.current", lambda *_: None)
    refusal = requeue(world.environment, KEY).refusal
    assert refusal == "A lane has just taken it, or a newer version of it."
    assert world.stack.versions(KEY)[version]["status"] == "succeeded"


def test_a_deletion_whose_event_was_lost_is_told_to_the_lane(following):
    version = following.drop(KEY, PATIENTS)
    following.stack.delete(KEY)
    assert requeued(following) == ["deleted"]
    items = following.stack.versions(KEY)
    assert items[CURRENT]["current_version"].startswith("deleted-")
    assert "outputs" not in items[version]
    assert "Versions" not in following.stack.s3.list_object_versions(Bucket=PROCESSED)
    assert requeue(following.environment, KEY).refusal == "It was deleted, and so was what was made of it."


def test_a_version_that_was_deleted_for_good_is_forgotten_though_a_former_one_is_the_newest_again(following):
    former = following.drop(KEY, PATIENTS)
    newest = following.drop(KEY, OTHERS)
    following.stack.delete(KEY, newest)
    tombstone = f"deleted-{'0' * 32}"
    assert requeued(following, tombstone) == ["deleted"]
    assert "outputs" not in following.stack.versions(KEY)[newest]
    assert requeued(following) == ["succeeded"]
    assert following.stack.manifest(KEY)["source"]["version_id"] == former


@pytest.mark.parametrize("named", [False, True])
def test_a_deletion_that_failed_is_finished_as_the_same_deletion(following, named):
    following.drop(KEY, PATIENTS)
    handle(following, following.stack.delete(KEY))
    tombstone = following.stack.versions(KEY)[CURRENT]["current_version"]
    change(tombstone, status="failed")
    assert requeued(following, tombstone if named else None) == ["deleted"]
    found = [name for name in following.stack.versions(KEY) if name.startswith("deleted-")]
    assert (found, following.stack.versions(KEY)[tombstone]["status"]) == ([tombstone], "deleted")


def test_a_deletion_does_not_touch_what_was_dropped_again(following):
    following.drop(KEY, PATIENTS)
    marker = following.stack.delete(KEY)
    tombstone = f"deleted-{marker['detail']['object']['sequencer']}"
    again = following.drop(KEY, OTHERS)
    requeue(following.environment, KEY, tombstone)
    assert handle(following, queued(following)) == ["ignored"]
    assert following.stack.manifest(KEY)["source"]["version_id"] == again


def test_where_derivatives_outlive_their_object_its_deletion_is_none(world):
    world.drop(KEY, PATIENTS)
    world.stack.s3.delete_object(Bucket=RAW, Key=KEY)
    assert requeue(world.environment, KEY).refusal == "It is not in the raw bucket."
    refusal = requeue(world.environment, KEY, "deleted-1").refusal
    assert refusal == "This environment keeps what was made of a deleted object."


def test_a_deletion_is_found_by_its_pseudonym_too(following):
    following.give_key(pseudonymous_keys=True, on_delete="delete")
    following.environ["SCANDROP_ON_DELETE"] = "delete"
    name = following.environment.known_as("Müller/a.jsonl")
    following.drop("Müller/a.jsonl", PATIENTS)
    following.stack.delete("Müller/a.jsonl")
    (done,) = requeue_all(following.environment, [name])
    assert (done.key, done.refusal) == (name, "")
    assert handle(following, queued(following)) == ["deleted"]
    assert following.stack.versions(name)[CURRENT]["current_version"] == done.version_id


@pytest.mark.parametrize(("microsecond", "stands"), [(499_999, True), (500_000, False), (500_123, False)])
def test_a_lease_is_over_at_its_very_moment(monkeypatch, microsecond, stands):
    class Now(datetime):
        @classmethod
        def now(cls, zone):
            return datetime(2026, 11, 21, 12, 0, 0, microsecond, zone)

    monkeypatch.setattr(records, "datetime", Now)
    assert records.is_at_work({"status": "processing", "lease_until": "2026-11-21T12:00:00.500Z"}) is stands


def test_a_version_id_that_s3_takes_for_none_names_no_object(world, monkeypatch):
    environment = world.environment
    head = environment.s3.head_object

    def head_object(**request):
        if "VersionId" in request:
            raise ClientError({"Error": {"Code": "400"}}, "HeadObject")
        return head(**request)

    monkeypatch.setattr(environment.s3, "head_object", head_object)
    world.drop(KEY, PATIENTS)
    assert requeue(environment, KEY, "no version id").refusal == "It is not in the raw bucket."


@pytest.mark.parametrize("version_id", [None, "3sL4kqtJlcpXroDTDmJ"])
def test_expired_credentials_are_no_deletion(following, version_id):
    following.drop(KEY, PATIENTS)
    environment = following.environment
    refuse("s3", status=400)  # all that a HEAD request tells of it
    with pytest.raises(ClientError):
        requeue(environment, KEY, version_id)
    url = environment.queue_urls["record"]
    assert "Messages" not in following.stack.sqs.receive_message(QueueUrl=url)
