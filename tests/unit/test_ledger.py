"""The ledger's conditions, one by one, on moto's DynamoDB."""

import json
from dataclasses import replace

import boto3
import pytest
from aws_stack import TABLE, stack

from scandrop import aws
from scandrop.errors import Failed
from scandrop.events import RawObject
from scandrop.ledger import CURRENT, Claim, Declined, Ledger

TOLD = {"time": None, "reason": "PutObject"}
RAW = RawObject("raw", "Ikerian A/scan.png", "v1", f"{1:032X}", "etag", 7, TOLD, known_as="study/scan.png")
NEWER = replace(RAW, version_id="v2", sequencer=f"{2:032X}")


@pytest.fixture
def ledger():
    with stack():
        yield Ledger(aws.client("dynamodb"), TABLE)


def claim(ledger, raw=RAW, owner="me", lease_s=60.0):
    return ledger.claim(raw, lane="image", owner=owner, lease_s=lease_s, facts={"request_id": "r"})


def item(version_id="v1"):
    table = boto3.resource("dynamodb").Table(TABLE)
    return table.get_item(Key={"object_key": RAW.known_as, "version_id": version_id})["Item"]


def test_a_claim_records_the_try_and_makes_the_version_current(ledger):
    claimed = claim(ledger)
    assert claimed == Claim(RAW, "image", "me", first_of_key=True)
    assert (item()["status"], item()["owner"], item()["request_id"]) == ("processing", "me", "r")
    assert item()["lease_until"] > item()["received_at"]
    assert item(CURRENT)["current_version"] == "v1"


def test_only_the_first_claim_of_a_key_says_that_nothing_stood_before(ledger):
    assert claim(ledger).first_of_key
    assert not claim(ledger, NEWER).first_of_key


def test_a_version_under_a_living_lease_cannot_be_claimed_again(ledger):
    claim(ledger)
    assert claim(ledger, owner="other") == Declined("leased")
    assert item()["owner"] == "me"


def test_a_claim_whose_answer_was_lost_is_known_by_its_owner_when_it_is_sent_again(ledger):
    claim(ledger)
    assert claim(ledger) == Claim(RAW, "image", "me", first_of_key=False)


def test_a_version_whose_lease_ran_out_is_claimed_by_the_next_try(ledger):
    claim(ledger, lease_s=-1)
    assert claim(ledger, owner="other") == Claim(RAW, "image", "other", first_of_key=False)
    assert item()["attempts"] == 2


@pytest.mark.parametrize("status", ["succeeded", "rejected"])
def test_a_settled_version_is_never_claimed_again(ledger, status):
    ledger.settle(claim(ledger), status, {})
    assert claim(ledger, owner="other") == Declined("settled")


def test_a_released_version_is_claimed_again_and_keeps_its_first_arrival(ledger):
    ledger.release(claim(ledger), Failed("disk_full"), {"duration_ms": 5})
    arrived = item()["received_at"]
    assert (item()["status"], item()["error_code"], item()["duration_ms"]) == ("failed", "disk_full", 5)
    assert claim(ledger, owner="other") == Claim(RAW, "image", "other", first_of_key=False)
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
    assert not ledger.is_current(RAW)
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
    ledger.supersede(zombie)
    assert (item()["status"], item()["owner"]) == ("processing", "heir")


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
