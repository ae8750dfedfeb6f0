"""The ledger's conditions, one by one, on moto's DynamoDB."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws_stack import TABLE, stack

from scandrop import aws
from scandrop.errors import Failed
from scandrop.events import UNSEQUENCED, RawObject
from scandrop.ledger import CURRENT, Declined, Ledger

TOLD = {"time": None, "reason": "PutObject"}
RAW = RawObject("raw", "Ikerian A/scan.png", "v1", f"{1:032X}", "etag", 7, TOLD, known_as="study/scan.png")
NEWER = replace(RAW, version_id="v2", sequencer=f"{2:032X}")


@pytest.fixture
def ledger():
    with stack():
        yield Ledger(aws.client("dynamodb"), TABLE)


def claim(ledger, raw=RAW, owner="me", lease_s=60.0, *, is_newest=True):
    return ledger.claim(
        raw,
        lane="image",
        owner=owner,
        lease_until=datetime.now(UTC) + timedelta(seconds=lease_s),
        facts={"request_id": "r"},
        is_newest=lambda: is_newest,
    )


def item(version_id="v1"):
    table = boto3.resource("dynamodb").Table(TABLE)
    return table.get_item(Key={"object_key": RAW.known_as, "version_id": version_id})["Item"]


def test_a_claim_records_the_try_and_makes_the_version_current(ledger):
    claimed = claim(ledger)
    assert (claimed.raw, claimed.lane, claimed.owner, claimed.first_of_key) == (RAW, "image", "me", True)
    assert (item()["status"], item()["owner"], item()["request_id"]) == ("processing", "me", "r")
    assert item()["lease_until"] > item()["received_at"]
    assert item(CURRENT)["current_version"] == "v1"


def test_only_the_first_claim_of_a_key_says_that_nothing_stood_before(ledger):
    assert claim(ledger).first_of_key
    assert not claim(ledger, NEWER).first_of_key


def test_a_version_under_a_living_lease_cannot_be_claimed_again(ledger):
    claim(ledger)
    assert claim(ledger, owner="other") == Declined("leased", item()["lease_until"])
    assert item()["owner"] == "me"


def test_a_claim_whose_answer_was_lost_is_known_by_its_owner_when_it_is_sent_again(ledger):
    claim(ledger)
    assert claim(ledger).owner == "me"


def test_a_version_whose_lease_ran_out_is_claimed_by_the_next_try(ledger):
    claim(ledger, lease_s=-1)
    assert claim(ledger, owner="other").owner == "other"
    assert item()["attempts"] == 2


@pytest.mark.parametrize("status", ["succeeded", "rejected"])
def test_a_settled_version_is_never_claimed_again(ledger, status):
    ledger.settle(claim(ledger), status, {})
    assert claim(ledger, owner="other") == Declined("settled")


def test_a_released_version_is_claimed_again_and_keeps_its_first_arrival(ledger):
    ledger.release(claim(ledger), Failed("disk_full"), {"duration_ms": 5})
    arrived = item()["received_at"]
    assert (item()["status"], item()["error_code"], item()["duration_ms"]) == ("failed", "disk_full", 5)
    assert claim(ledger, owner="other").owner == "other"
    assert item()["attempts"] == 2
    assert item()["received_at"] == arrived


def test_a_version_older_than_the_current_one_is_superseded_at_its_claim(ledger):
    claim(ledger, NEWER)
    assert claim(ledger) == Declined("superseded")
    assert (item()["status"], item(CURRENT)["current_version"]) == ("superseded", "v2")


def test_a_superseded_version_says_no_more_why_an_earlier_try_of_it_failed(ledger):
    ledger.release(claim(ledger), Failed("disk_full"), {})
    claim(ledger, NEWER)
    assert claim(ledger, owner="next") == Declined("superseded")
    assert (item()["error_code"], item()["error"]) == (None, None)


def test_a_version_overtaken_after_its_claim_is_superseded_at_its_commit(ledger):
    claimed = claim(ledger)
    claim(ledger, NEWER)
    assert ledger.settle(claimed, "succeeded", {"outputs": []}) == "superseded"
    assert item()["status"] == "superseded"
    assert "outputs" not in item()


def test_an_owner_whose_lease_was_taken_over_can_neither_commit_nor_give_back(ledger):
    zombie = claim(ledger, lease_s=-1)
    claim(ledger, owner="heir")
    with pytest.raises(Failed) as failure:
        ledger.settle(zombie, "succeeded", {})
    assert failure.value.code == "lost_race"
    ledger.release(zombie, Failed("disk_full"), {})
    assert (item()["status"], item()["owner"]) == ("processing", "heir")


def test_an_owner_whose_lease_was_taken_over_cannot_say_that_its_version_was_overtaken(ledger):
    mine = claim(ledger, lease_s=-1)
    claim(ledger, owner="another")
    with pytest.raises(Failed) as refusal:
        ledger.supersede(mine)
    assert refusal.value.code == "lost_race"
    assert item()["status"] == "processing"


def test_a_version_whose_overtaking_was_recorded_twice_stays_superseded(ledger):
    mine = claim(ledger)
    assert ledger.supersede(mine) == ledger.supersede(mine) == "superseded"


def test_one_version_of_a_key_is_written_at_a_time(ledger):
    writing = claim(ledger)
    assert ledger.begin_writing(writing, "succeeded")
    newer = claim(ledger, NEWER, owner="next")
    with pytest.raises(Failed) as failure:
        ledger.begin_writing(newer, "succeeded")
    assert failure.value.code == "busy"
    assert ledger.settle(writing, "succeeded", {}) == "superseded"
    assert ledger.begin_writing(newer, "succeeded")


def test_a_version_that_was_overtaken_may_not_begin_to_write(ledger):
    claimed = claim(ledger)
    claim(ledger, NEWER, owner="next")
    assert not ledger.begin_writing(claimed, "succeeded")


def test_a_commit_lets_the_write_lock_go(ledger):
    claimed = claim(ledger)
    ledger.begin_writing(claimed, "succeeded")
    assert item(CURRENT)["writer"] == "me"
    assert ledger.settle(claimed, "succeeded", {}) == "succeeded"
    assert not {"writer", "writing_version", "writing_status", "writer_until"} & set(item(CURRENT))


def test_a_try_that_failed_keeps_the_write_lock_from_all_but_its_own_version(ledger):
    writing = claim(ledger)
    ledger.begin_writing(writing, "succeeded")
    ledger.release(writing, Failed("disk_full"), {})
    assert ledger.begin_writing(claim(ledger, owner="again"), "succeeded")
    with pytest.raises(Failed, match="being written"):
        ledger.begin_writing(claim(ledger, NEWER, owner="next"), "succeeded")


def test_a_try_that_writes_something_else_waits_for_the_lock_of_its_versions_failed_one(ledger):
    failed = claim(ledger)
    ledger.begin_writing(failed, "succeeded")
    ledger.release(failed, Failed("disk_full"), {})
    with pytest.raises(Failed) as failure:
        ledger.begin_writing(claim(ledger, owner="rejecting"), "rejected")
    assert failure.value.code == "busy"


def test_a_try_that_took_the_lock_over_from_a_failed_one_leaves_it_to_run_out(ledger):
    failed = claim(ledger)
    ledger.begin_writing(failed, "succeeded")
    ledger.release(failed, Failed("disk_full"), {})
    again = ledger.begin_writing(claim(ledger, owner="again"), "succeeded")
    assert ledger.settle(again, "succeeded", {}) == "succeeded"
    with pytest.raises(Failed) as failure:
        ledger.begin_writing(claim(ledger, NEWER, owner="next"), "succeeded")
    assert failure.value.code == "busy"


@pytest.mark.parametrize("ends_as", ["succeeded", "superseded"])
def test_a_try_some_of_whose_writes_were_sent_twice_leaves_the_lock_to_run_out(ledger, ends_as):
    writing = replace(ledger.begin_writing(claim(ledger), "succeeded"), unlocks=False)
    if ends_as == "superseded":
        newer = claim(ledger, NEWER, owner="next")
    assert ledger.settle(writing, "succeeded", {}) == ends_as
    if ends_as == "succeeded":
        newer = claim(ledger, NEWER, owner="next")
    with pytest.raises(Failed) as failure:
        ledger.begin_writing(newer, "succeeded")
    assert failure.value.code == "busy"


def test_an_owner_that_slept_between_its_claim_and_its_place_cannot_cut_the_lock_of_its_heir_short(ledger):
    zombie = claim(ledger, lease_s=-1)
    heir = claim(ledger, owner="heir")
    assert ledger.begin_writing(heir, "succeeded")
    place = {"object_key": RAW.known_as, "version_id": CURRENT}
    boto3.resource("dynamodb").Table(TABLE).update_item(
        Key=place, AttributeUpdates={"claimer": {"Value": zombie.owner}}
    )
    assert not ledger.begin_writing(zombie, "succeeded").unlocks
    assert item(CURRENT)["writer_until"] == item()["lease_until"]


def test_a_commit_that_meets_another_write_is_tried_again_at_once(ledger, monkeypatch):
    claimed = ledger.begin_writing(claim(ledger), "succeeded")
    answers = iter([["None", "TransactionConflict"], ["None", "TransactionConflict"], []])
    refusals = Ledger._refusals  # noqa: SLF001

    def met(self, updates):
        return next(answers) or refusals(self, updates)

    monkeypatch.setattr("scandrop.ledger.time.sleep", lambda _: None)
    monkeypatch.setattr(Ledger, "_refusals", met)
    assert ledger.settle(claimed, "succeeded", {}) == "succeeded"


def test_a_commit_that_aws_refuses_for_another_reason_says_so(ledger, monkeypatch):
    claimed = ledger.begin_writing(claim(ledger), "succeeded")
    monkeypatch.setattr(Ledger, "_refusals", lambda *_: ["ValidationError", "None"])
    with pytest.raises(Failed, match="ValidationError"):
        ledger.settle(claimed, "succeeded", {})


def test_a_write_lock_whose_time_is_up_is_taken_by_the_next_version(ledger):
    ledger.begin_writing(claim(ledger, lease_s=-1), "succeeded")
    assert ledger.begin_writing(claim(ledger, NEWER, owner="next"), "succeeded")


def test_an_owner_whose_claim_was_taken_over_may_not_begin_to_write(ledger):
    zombie = claim(ledger, lease_s=-1)
    heir = claim(ledger, owner="heir")
    assert ledger.begin_writing(heir, "succeeded")
    with pytest.raises(Failed) as failure:
        ledger.begin_writing(zombie, "succeeded")
    assert failure.value.code == "lost_race"
    assert item(CURRENT)["writer"] == "heir"


def test_without_a_sequencer_s3_says_which_version_is_newest(ledger):
    unsequenced = replace(NEWER, sequencer=UNSEQUENCED)
    claim(ledger)
    assert claim(ledger, unsequenced, is_newest=False) == Declined("superseded")
    other = replace(unsequenced, version_id="v3")
    assert claim(ledger, other, is_newest=True).raw == other
    assert item(CURRENT)["current_version"] == "v3"


def test_after_a_version_without_a_sequencer_s3_is_asked_about_the_next_one_too(ledger):
    claim(ledger, replace(RAW, sequencer=UNSEQUENCED))
    late = replace(NEWER, version_id="v0")
    assert claim(ledger, late, is_newest=False) == Declined("superseded")
    assert claim(ledger, NEWER, is_newest=True).raw == NEWER
    assert item(CURRENT)["sequencer"] == NEWER.sequencer


def test_a_version_that_comes_while_s3_is_asked_is_not_pushed_back(ledger):
    def asks():
        claim(ledger, NEWER, owner="meanwhile")
        return True

    unsequenced = replace(RAW, sequencer=UNSEQUENCED)
    with pytest.raises(Failed) as failure:
        ledger.claim(unsequenced, lane="image", owner="me", lease_until=datetime.now(UTC), facts={}, is_newest=asks)
    assert failure.value.code == "lost_race"
    assert item(CURRENT)["current_version"] == "v2"
    assert item()["status"] == "failed"


def test_the_indexes_show_a_version_under_its_newest_status_only(ledger):
    ledger.settle(claim(ledger), "succeeded", {})
    _, day, shard = item()["status_day"].split("#")
    assert item()["status_day"].startswith("succeeded#")
    assert item()["lane_day"] == f"image#{day}#{shard}"
    assert day == item()["updated_at"][:10]
    assert "status_day" not in item(CURRENT)


def test_an_item_too_large_for_dynamodb_leaves_its_large_part_to_the_manifest(ledger):
    facts = {"metadata": {"slices": ["x" * 100] * 5000}, "outputs": [{"key": "k"}], "derivatives": 1}
    ledger.settle(claim(ledger), "succeeded", facts)
    assert item()["metadata"] == {"see": "manifest"}
    assert item()["outputs"] == [{"key": "k"}]


def test_every_json_value_is_stored_and_a_number_that_dynamodb_has_no_word_for_is_null(ledger):
    unfit = {"nan": float("nan"), "inf": float("inf"), "vast": -1e126, "tiny": 1e-131}
    metadata = {"text": "é", "none": None, "yes": True, "whole": 3, "half": 0.5, "list": [1, {"a": "b"}]}
    ledger.settle(claim(ledger), "succeeded", {"metadata": {**metadata, **unfit}})
    stored = json.loads(json.dumps(item()["metadata"], default=float))
    assert stored == {**metadata, **dict.fromkeys(unfit)}
