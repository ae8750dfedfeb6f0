"""`scandrop reconcile`: each difference between the three stores is planted, found, and healed."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
from aws_stack import PROCESSED, RAW, TABLE, Clock
from botocore.awsrequest import AWSResponse
from cli_stack import outputs, put_state, scandrop

from scandrop.errors import Failed
from scandrop_cli.reconcile import judge, listing
from scandrop_cli.reconcile.healing import heal
from scandrop_cli.reconcile.judge import Raw, Stored, View
from scandrop_cli.reconcile.looking import Look

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
BROKEN = b'[{"patient_id": '
KINDS = {
    "never processed",
    "restored",
    "forgotten",
    "no manifest",
    "stale",
    "damaged",
    "not deleted",
    "orphan",
}


def compared(*arguments):
    """What differs, as kinds and keys; whatever happened just now counts."""
    result = scandrop("reconcile", "--older-than", "0s", "--json", *arguments)
    found = json.loads(result.stdout)["differences"]
    assert result.exit_code == bool(found), result.stderr
    return {(one["kind"], one["key"]) for one in found}


def process_queued(world, lane="record", **environ):
    """What is in the lane's queue, as the queue would: what fails comes back."""
    url = world.environment.queue_urls[lane]
    handler = world.stack.handler(lane, **world.environ, **environ)
    while messages := world.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            try:
                handler.handle(json.loads(message["Body"]), Clock())
            except Failed:
                handler.handle(json.loads(message["Body"]), Clock())


def put(world, key, body=b"x"):
    world.stack.s3.put_object(Bucket=PROCESSED, Key=key, Body=body)


def delete(world, key, bucket=PROCESSED):
    world.stack.s3.delete_object(Bucket=bucket, Key=key)


def settle(world, *keys, body=PATIENTS):
    for key in keys:
        world.drop(key, body)


def keep_or_delete(world, on_delete):
    told = outputs(dict(world.environment.queue_urls)) | {"on_delete": on_delete}
    put_state(world.stack, "test", {"test": told})


def test_where_all_three_agree_that_is_said_and_the_exit_code_is_0(world):
    settle(world, "a.json", "a.json.json", "a/b.json", "z.json")
    settle(world, "bad.json", body=BROKEN)
    put(world, "_gallery/x/index.html")
    world.stack.s3.put_object(Bucket=RAW, Key="folder/")
    result = scandrop("reconcile", "--older-than", "0s")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "5 objects compared; no differences.\n"


def plant_never_processed(world):
    world.stack.drop("never.json", PATIENTS)


def plant_no_manifest(world):
    delete(world, "fine.json/manifest.json")


def plant_stale(world):
    manifest = world.stack.manifest("fine.json")
    manifest["source"]["version_id"] = "older"
    put(world, "fine.json/manifest.json", json.dumps(manifest).encode())


def plant_missing(world):
    delete(world, "fine.json/patients.json")


def plant_overwritten(world):
    put(world, "fine.json/patients.json", world.stack.read("fine.json/patients.json"))


def plant_orphan_beside(world):
    put(world, "fine.json/of-an-older-package.txt")


def plant_orphan_of_nothing(world):
    put(world, "nothing.json/patients.json")


@pytest.mark.parametrize(
    ("plant", "differs"),
    [
        (plant_never_processed, ("never processed", "never.json")),
        (plant_no_manifest, ("no manifest", "fine.json")),
        (plant_stale, ("stale", "fine.json")),
        (plant_missing, ("damaged", "fine.json")),
        (plant_overwritten, ("damaged", "fine.json")),
        (plant_orphan_beside, ("orphan", "fine.json")),
        (plant_orphan_of_nothing, ("orphan", "nothing.json")),
    ],
)
def test_each_difference_is_found_and_healed_and_then_gone(world, plant, differs):
    settle(world, "fine.json", "other.json")
    plant(world)
    assert compared() == {differs}
    assert compared("--heal") == {differs}
    process_queued(world)
    assert compared() == set()
    assert {"fine.json/manifest.json", "fine.json/patients.json"} <= set(world.stack.processed())


def test_derivatives_of_an_object_that_the_ledger_never_knew_go_before_it_is_queued(world):
    world.stack.drop("new.json", PATIENTS)
    put(world, "new.json/patients.json")
    assert compared("--heal") == {("never processed", "new.json"), ("orphan", "new.json")}
    process_queued(world)
    assert compared() == set()


def test_what_changed_a_moment_ago_is_left_alone(world):
    settle(world, "fine.json")
    plant_no_manifest(world)
    plant_never_processed(world)
    plant_orphan_of_nothing(world)
    result = scandrop("reconcile", "--heal")
    assert (result.exit_code, result.stderr) == (0, "3 objects compared; no differences.\n")


@pytest.mark.parametrize("lock", ["writer_until", "lease_until"])
def test_what_is_being_written_is_left_alone_however_old_it_is(world, lock):
    version = world.drop("fine.json", PATIENTS)
    plant_orphan_beside(world)
    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    place = {"object_key": "fine.json", "version_id": "#current" if lock == "writer_until" else version}
    boto3.resource("dynamodb").Table(TABLE).update_item(
        Key=place,
        UpdateExpression="SET #lock = :later, #status = :processing",
        ExpressionAttributeNames={"#lock": lock, "#status": "status"},
        ExpressionAttributeValues={":later": later, ":processing": "processing"},
    )
    assert compared("--heal") == set()
    assert "fine.json/of-an-older-package.txt" in world.stack.processed()


def test_derivatives_of_a_deleted_object_are_right_where_they_are_kept_and_orphans_where_they_are_not(world):
    settle(world, "gone.json")
    delete(world, "gone.json", bucket=RAW)
    assert compared() == set()
    keep_or_delete(world, "delete")
    assert compared("--heal") == {("not deleted", "gone.json")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert "Versions" not in world.stack.s3.list_object_versions(Bucket=PROCESSED)
    assert compared() == set()


def test_what_cannot_be_made_again_is_said(world):
    settle(world, "gone.json")
    delete(world, "gone.json", bucket=RAW)
    delete(world, "gone.json/manifest.json")
    result = scandrop("reconcile", "--older-than", "0s", "--heal")
    assert result.exit_code == 1
    assert "Left as they are: 1. It cannot be made again: its raw object was deleted." in result.stderr


def test_a_prefix_narrows_all_three(world):
    world.stack.drop("study1/a.json", PATIENTS)
    world.stack.drop("study2/b.json", PATIENTS)
    put(world, "study2/c.json/patients.json")
    assert compared("--prefix", "study1/") == {("never processed", "study1/a.json")}


def test_a_key_that_is_too_long_for_its_prefix_is_known_by_its_manifest(world):
    key = "d" * 1019 + ".json"
    settle(world, key)
    assert compared() == set()
    delete(world, key, bucket=RAW)
    assert compared() == set()


def test_what_a_lane_overtakes_while_the_three_are_read_is_looked_at_again_and_not_said(world, monkeypatch):
    settle(world, "a.json")
    read, overtaken = listing.content, []

    def overtake(environment, prefix, folder):
        content = read(environment, prefix, folder)
        if not overtaken:
            overtaken.append(world.drop("a.json", PATIENTS))
        return content

    monkeypatch.setattr(listing, "content", overtake)
    look = Look(world.environment, "", datetime.now(UTC) + timedelta(minutes=1))
    assert list(look.differences()) == []
    assert overtaken


def test_under_pseudonymous_keys_everything_is_found_and_no_raw_key_is_shown(world):
    world.give_key(pseudonymous_keys=True)
    world.drop("Müller/a.json", PATIENTS)
    world.stack.drop("Müller/b.json", PATIENTS)
    assert compared() == {("never processed", world.environment.known_as("Müller/b.json"))}
    shown = scandrop("reconcile", "--older-than", "0s", "--heal")
    assert "Müller" not in shown.stdout + shown.stderr
    process_queued(world)
    assert compared() == set()


def test_the_table_counts_each_kind_with_its_first_keys(world):
    for number in range(7):
        world.stack.drop(f"{number}.json", PATIENTS)
    put(world, "[red]\u202e.json/patients.json")
    result = scandrop("reconcile", "--older-than", "0s")
    assert "never processed: in the raw bucket, and no lane has settled it" in result.stdout
    assert "… and 2 more, which --json lists" in result.stdout
    assert "[red]\\u202e.json" in result.stdout
    assert "8 objects compared; 8 differences.\nTo mend them:\n  scandrop reconcile --env test --heal" in result.stderr


def test_folders_within_folders_are_told_apart_though_the_listing_mixes_them():
    now = datetime.now(UTC)
    keys = ["a/a.txt", "a/b/c/x.txt", "a/b/m.txt", "a/manifest.json", "b/x.txt", "root.txt"]
    entries = [
        {"Key": key, "Size": 1, "VersionId": "v", "LastModified": now, "ETag": "e", "IsLatest": True} for key in keys
    ]
    found = {prefix: sorted(folder) for prefix, folder in listing.folders(entries)}
    assert found == {
        "a/": ["a.txt", "manifest.json"],
        "a/b/": ["m.txt"],
        "a/b/c/": ["x.txt"],
        "b/": ["x.txt"],
        "": ["root.txt"],
    }


def test_a_version_that_s3_has_as_newest_after_another_was_deleted_is_not_said_to_differ():
    """The ledger settled it as superseded, and by its order it stays so."""
    old = datetime(2026, 1, 1, tzinfo=UTC)
    told = {"status": "succeeded", "updated_at": old.isoformat()}
    view = View(
        name="a",
        prefix="a/",
        raw_key="a",
        raw=Raw("a", "v1", old),
        marker=None,
        current={"current_version": "v2"},
        newest={"status": "superseded", "updated_at": old.isoformat()},
        settled=told,
        folder={"manifest.json": Stored(1, "m", old)},
        content={"source": {"version_id": "v2"}, "derivatives": []},
        held=False,
        kept=True,
    )
    now = datetime.now(UTC)
    assert list(judge.differences(view, now, now)) == []


def test_each_kind_is_explained():
    assert set(judge.MEANS) == KINDS


@pytest.mark.parametrize("for_good", [False, True])
def test_what_is_there_again_after_its_deletion_is_found_and_processed_again(world, for_good):
    """The deletion of a marker, or of the newest of two versions: S3 has the former one again, and no event says so."""
    keep_or_delete(world, "delete")
    record = world.stack.handler("record", SCANDROP_ON_DELETE="delete")
    former, newer = (world.stack.drop("fine.json", body) for body in (PATIENTS, PATIENTS.replace(b"A1", b"A2")))
    for event in (former, newer):
        record.handle(event, Clock())
    version_id = newer["detail"]["object"]["version-id"]
    gone = world.stack.delete("fine.json", version_id if for_good else "")
    assert record.handle(gone, Clock()) == {"statuses": ["deleted"]}
    if not for_good:
        assert compared() == set()
        world.stack.delete("fine.json", gone["detail"]["object"]["version-id"])
    assert compared("--heal") == {("restored", "fine.json")}
    process_queued(world)
    assert compared() == set()
    back = former if for_good else newer
    assert world.stack.manifest("fine.json")["source"]["version_id"] == back["detail"]["object"]["version-id"]
    assert world.stack.item(back)["status"] == "succeeded"
    assert "erased_at" not in world.stack.item(back)
    assert "expires_at" not in world.stack.versions("fine.json")["#current"]


def lose(key, *version_ids):
    """What a person who tidies the ledger by hand, or a backup that is older than it, takes away."""
    for version_id in version_ids:
        boto3.resource("dynamodb").Table(TABLE).delete_item(Key={"object_key": key, "version_id": version_id})


def change(key, version_id, **facts):
    table = boto3.resource("dynamodb").Table(TABLE)
    item = table.get_item(Key={"object_key": key, "version_id": version_id})["Item"]
    table.put_item(Item=item | facts)


@pytest.mark.parametrize(
    ("current", "version", "kind"),
    [(True, False, "forgotten"), (False, True, "never processed"), (True, True, "never processed")],
)
def test_what_a_manifest_vouches_for_stays_whatever_the_ledger_lost_and_is_made_again(world, current, version, kind):
    version_id = world.drop("fine.json", PATIENTS)
    lose("fine.json", *["#current"] * current, *[version_id] * version)
    before = world.stack.processed()
    assert compared("--heal") == {(kind, "fine.json")}
    assert world.stack.processed() == before
    process_queued(world)
    assert compared() == set()
    assert world.stack.versions("fine.json")["#current"]["current_version"] == version_id


def test_what_stands_for_a_former_version_stays_until_the_newest_one_is_processed(world):
    settle(world, "fine.json")
    world.stack.drop("fine.json", PATIENTS)
    lose("fine.json", "#current")
    before = world.stack.processed()
    assert compared("--heal") == {("never processed", "fine.json")}
    assert world.stack.processed() == before


def test_what_cannot_be_made_again_is_no_orphan_where_the_ledger_lost_it(world):
    version = world.drop("gone.json", PATIENTS)
    put(world, "gone.json/of-an-older-package.txt")
    delete(world, "gone.json", bucket=RAW)
    lose("gone.json", "#current", version)
    assert compared("--heal") == {("forgotten", "gone.json"), ("orphan", "gone.json")}
    assert "gone.json/of-an-older-package.txt" not in world.stack.processed()
    assert {"gone.json/manifest.json", "gone.json/patients.json"} < set(world.stack.processed())


@pytest.mark.parametrize(
    "odd",
    [
        b"5",
        b'{"a": 1}',
        b'{"source": {"version_id": "V"}}',
        b'{"source": {"key": "other.json", "version_id": "V"}, "derivatives": []}',
        b'{"source": {"key": "fine.json\\ud800", "version_id": "V"}, "derivatives": []}',
        b'{"source": {"key": "fine.json", "version_id": "V"}, "derivatives": [{"name": 1}]}',
        b'{"source": {"key": "fine.json", "version_id": "V"}, "derivatives": [{"name": "", "bytes": 1}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_manifest_is_none(world, odd):
    settle(world, "fine.json")
    put(world, "fine.json/manifest.json", odd)
    put(world, "nothing.json/manifest.json", odd)
    assert compared("--heal") == {("no manifest", "fine.json"), ("orphan", "nothing.json")}
    process_queued(world)
    assert compared() == set()


@pytest.mark.parametrize("former_is_there", [True, False])
def test_a_newest_version_that_the_ledger_holds_for_overtaken_is_stale(world, former_is_there):
    former, newest = (world.drop("fine.json", PATIENTS) for _ in range(2))
    manifest = world.stack.manifest("fine.json")
    manifest["source"]["version_id"] = former
    put(world, "fine.json/manifest.json", json.dumps(manifest).encode())
    change("fine.json", "#current", current_version=former, sequencer="1".ljust(32, "0"))
    change("fine.json", newest, status="superseded")
    if not former_is_there:
        world.stack.delete("fine.json", former)
    assert compared("--heal") == {("stale", "fine.json")}
    process_queued(world)
    assert compared() == set()
    assert world.stack.manifest("fine.json")["source"]["version_id"] == newest


def test_derivatives_of_a_version_that_was_deleted_for_good_are_kept_where_they_are_kept(world):
    settle(world, "fine.json")
    world.stack.delete("fine.json", world.drop("fine.json", PATIENTS))
    assert compared() == set()


def test_derivatives_that_the_ledger_alone_remembers_are_missed(world):
    settle(world, "gone.json", "study1/gone.json", "fine.json")
    for key in ("gone.json", "study1/gone.json"):
        delete(world, key, bucket=RAW)
        for derivative in world.stack.processed():
            if derivative.startswith(f"{key}/"):
                delete(world, derivative)
    assert compared("--prefix", "study1/") == {("no manifest", "study1/gone.json")}
    assert compared("--heal") == {("no manifest", "study1/gone.json"), ("no manifest", "gone.json")}


@pytest.mark.parametrize("derivatives_are_there", [True, False])
def test_a_deletion_whose_event_was_lost_is_followed_by_its_lane(world, derivatives_are_there):
    keep_or_delete(world, "delete")
    version = world.drop("gone.jsonl", PATIENTS[1:-1])
    delete(world, "gone.jsonl", bucket=RAW)
    if not derivatives_are_there:
        for derivative in world.stack.processed():
            delete(world, derivative)
    assert compared("--heal") == {("not deleted", "gone.jsonl")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert compared() == set()
    items = world.stack.versions("gone.jsonl")
    assert not {"outputs", "metadata"} & set(items[version])
    assert items["#current"]["current_version"].startswith("deleted-")


def test_a_deletion_of_a_moment_ago_is_left_alone(world):
    keep_or_delete(world, "delete")
    version = world.drop("gone.json", PATIENTS)
    change("gone.json", version, updated_at="2026-01-01T00:00:00.000Z")
    for derivative in world.stack.processed():
        delete(world, derivative)
    delete(world, "gone.json", bucket=RAW)
    look = Look(world.environment, "", datetime.now(UTC) - timedelta(minutes=1))
    assert list(look.differences()) == []


def test_a_deletion_that_broke_off_is_finished(world):
    keep_or_delete(world, "delete")
    world.drop("gone.jsonl", PATIENTS)
    record = world.stack.handler("record", SCANDROP_ON_DELETE="delete")
    record.handle(world.stack.delete("gone.jsonl"), Clock())
    tombstone = world.stack.versions("gone.jsonl")["#current"]["current_version"]
    change("gone.jsonl", tombstone, status="failed")
    assert compared("--heal") == {("not deleted", "gone.jsonl")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert compared() == set()
    assert world.stack.versions("gone.jsonl")[tombstone]["status"] == "deleted"


def test_a_version_deleted_for_good_goes_and_the_former_one_is_processed_again(world):
    keep_or_delete(world, "delete")
    former, newest = (world.drop("fine.json", PATIENTS) for _ in range(2))
    world.stack.delete("fine.json", newest)
    assert compared("--heal") == {("not deleted", "fine.json")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert compared("--heal") == {("restored", "fine.json")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert compared() == set()
    assert world.stack.manifest("fine.json")["source"]["version_id"] == former


@pytest.mark.parametrize("marker_is_there", [True, False])
def test_a_deletion_under_pseudonymous_keys_is_followed_as_far_as_the_raw_key_is_known(world, marker_is_there):
    world.give_key(pseudonymous_keys=True, on_delete="delete")
    version = world.drop("Müller/a.json", PATIENTS)
    name = world.environment.known_as("Müller/a.json")
    if marker_is_there:
        delete(world, "Müller/a.json", bucket=RAW)
    else:
        world.stack.delete("Müller/a.json", version)
    shown = scandrop("reconcile", "--older-than", "0s", "--heal")
    assert "Müller" not in shown.stdout + shown.stderr
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert "Versions" not in world.stack.s3.list_object_versions(Bucket=PROCESSED)
    assert ("outputs" in world.stack.versions(name)[version]) is not marker_is_there
    assert compared() == (set() if marker_is_there else {("not deleted", name)})
    assert ("were erased, but not what the ledger has of them" in shown.stderr) is not marker_is_there


def healed_after(world, meanwhile):
    """What is done about what differs, where something happens between the look and the healing."""

    def mend(found):
        meanwhile()
        return heal(world.environment, found)

    look = Look(world.environment, "", datetime.now(UTC) + timedelta(minutes=1))
    return [one.healed for few in look.differences(mend) for one in few]


def test_an_orphan_at_the_root_of_the_bucket_is_shown_by_its_own_name_and_deleted(world):
    put(world, "stray.txt")
    assert "\n  stray.txt " in scandrop("reconcile", "--older-than", "0s").stdout
    assert compared("--heal") == {("orphan", "")}
    assert compared() == set()


def test_an_orphan_is_deleted_only_as_it_was_seen(world):
    put(world, "nothing.json/patients.json")
    etag = world.stack.s3.head_object(Bucket=PROCESSED, Key="nothing.json/patients.json")["ETag"]
    asked = []

    def refuse(request, **_):
        asked.append(request.headers["If-Match"].decode())
        body = b"<Error><Code>PreconditionFailed</Code></Error>"
        return AWSResponse(request.url, 412, {}, SimpleNamespace(stream=lambda *_, **__: iter([body])))

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register_first("before-send.s3.DeleteObject", refuse)
    assert healed_after(world, lambda: None) == ["It changed meanwhile."]
    assert asked == [etag]


def test_what_was_committed_since_an_orphan_was_seen_is_not_erased_with_it(world):
    keep_or_delete(world, "delete")
    for body in (b"1", b"2"):
        put(world, "nothing.json/patients.json", body)
    assert healed_after(world, lambda: put(world, "nothing.json/patients.json", b"new")) == ["deleted"]
    versions = world.stack.s3.list_object_versions(Bucket=PROCESSED)["Versions"]
    assert len(versions) == 1
    assert world.stack.read("nothing.json/patients.json") == b"new"


def test_what_was_done_is_said_in_whole_sentences(world):
    put(world, "nothing.json/patients.json")
    said = scandrop("reconcile", "--older-than", "0s", "--heal").stderr
    assert said == "1 object compared; 1 difference.\nThe orphans of 1 object were deleted.\n"
    world.stack.drop("never.json", PATIENTS)
    said = scandrop("reconcile", "--older-than", "0s", "--heal").stderr
    assert "Queued again: 1.\nTo see what becomes of them:\n  scandrop status --env test --since 10m\n" in said


def test_a_deleted_object_that_the_ledger_half_forgot_is_deleted_by_its_lane_with_what_the_ledger_still_tells(world):
    settle(world, "half.jsonl")
    delete(world, "half.jsonl", RAW)
    keep_or_delete(world, "delete")
    lose("half.jsonl", "#current")
    assert compared("--heal") == {("not deleted", "half.jsonl")}
    process_queued(world, SCANDROP_ON_DELETE="delete")
    assert compared() == set()
    assert not any("outputs" in item for item in world.stack.versions("half.jsonl").values())


def test_what_a_manifest_leaves_out_and_the_ledger_committed_is_no_orphan(world):
    settle(world, "short.json")
    content = world.stack.manifest("short.json")
    put(world, "short.json/manifest.json", json.dumps({**content, "derivatives": []}).encode())
    before = world.stack.processed()
    assert compared("--heal") == {("damaged", "short.json")}
    assert world.stack.processed() == before
