"""`scandrop reconcile`: each difference between the three stores is planted, found, and healed."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws_stack import PROCESSED, RAW, TABLE, Clock
from cli_stack import deployed, outputs, put_state, scandrop

from scandrop_cli.reconcile import judge, looking
from scandrop_cli.reconcile.judge import Raw, Stored, View
from scandrop_cli.reconcile.looking import Look

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
BROKEN = b'[{"patient_id": '
KINDS = {"never processed", "no manifest", "stale", "damaged", "orphan"}


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made


def compared(*arguments):
    """What differs, as kinds and keys; whatever happened just now counts."""
    result = scandrop("reconcile", "--older-than", "0s", "--json", *arguments)
    found = json.loads(result.stdout)["differences"]
    assert result.exit_code == bool(found), result.stderr
    return {(one["kind"], one["key"]) for one in found}


def process_queued(world, lane="record"):
    url = world.environment.queue_urls[lane]
    while messages := world.stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            world.stack.handler(lane, **world.environ).handle(json.loads(message["Body"]), Clock())


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
    assert compared("--heal") == {("orphan", "gone.json")}
    assert "Versions" not in world.stack.s3.list_object_versions(Bucket=PROCESSED)
    assert compared() == set()


def test_what_cannot_be_made_again_is_said(world):
    settle(world, "gone.json")
    delete(world, "gone.json", bucket=RAW)
    delete(world, "gone.json/manifest.json")
    result = scandrop("reconcile", "--older-than", "0s", "--heal")
    assert result.exit_code == 1
    assert "1 left as they are: It cannot be made again: its raw object was deleted." in result.stderr


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
    read, overtaken = looking._content, []  # noqa: SLF001

    def overtake(environment, place):
        content = read(environment, place)
        if not overtaken:
            overtaken.append(world.drop("a.json", PATIENTS))
        return content

    monkeypatch.setattr(looking, "_content", overtake)
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
    keys = ["a/a.txt", "a/b/c/x.txt", "a/b/m.txt", "a/manifest.json", "b/x.txt", "root.txt"]
    entries = [{"Key": key, "Size": 1, "VersionId": "v", "LastModified": datetime.now(UTC)} for key in keys]
    found = {prefix: sorted(folder) for prefix, folder in looking._folders(entries)}  # noqa: SLF001
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
        raw=Raw("a", "v1", old),
        current={"current_version": "v2"},
        newest={"status": "superseded", "updated_at": old.isoformat()},
        settled=told,
        folder={"manifest.json": Stored(1, "m", old)},
        content={"source": {"version_id": "v2"}, "derivatives": []},
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
    assert compared("--heal") == {("never processed", "fine.json")}
    process_queued(world)
    assert compared() == set()
    back = former if for_good else newer
    assert world.stack.manifest("fine.json")["source"]["version_id"] == back["detail"]["object"]["version-id"]
    assert world.stack.item(back)["status"] == "succeeded"
    assert "erased_at" not in world.stack.item(back)
    assert "expires_at" not in world.stack.versions("fine.json")["#current"]
