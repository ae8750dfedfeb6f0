"""The ledger's own conditions, each both ways, so that each implementation takes them for what they mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from implementations import Aws, rule

from scandrop.errors import Failed
from scandrop.events import UNSEQUENCED, RawObject
from scandrop.ledger import CURRENT, Claim, Declined, Ledger

FIRST = RawObject("raw", "a.png", "v1", f"{1:032X}", "etag", 7, {"time": None}, known_as="a.png")
SECOND = replace(FIRST, version_id="v2", sequencer=f"{2:032X}")


@pytest.fixture
def ledger(aws: Aws) -> Ledger:
    return Ledger(aws.dynamodb, aws.table())


def claim(
    ledger: Ledger, raw=FIRST, owner="me", *, lease_s=60.0, sidecar=None, settled_by="", is_newest=True
) -> Claim | Declined:
    return ledger.claim(
        raw,
        lane="nifti",
        owner=owner,
        lease_until=datetime.now(UTC) + timedelta(seconds=lease_s),
        facts={"sidecar_etag": sidecar} if sidecar else {},
        is_newest=lambda: is_newest,
        settled_by=settled_by,
    )


def reason(answer: Claim | Declined) -> str:
    return answer.reason if isinstance(answer, Declined) else "claimed"


@rule()
def test_a_version_that_nobody_ever_claimed_is_open(ledger):
    taken = claim(ledger)
    assert (reason(taken), taken.first_of_key) == ("claimed", True)
    assert ledger.facts("a.png", "v1")["attempts"] == 1


@rule()
def test_a_version_under_a_lease_is_closed_until_it_ends(ledger):
    claim(ledger)
    declined = claim(ledger, owner="other")
    assert (declined.reason, declined.until) == ("leased", ledger.facts("a.png", "v1")["lease_until"])


@rule()
def test_a_version_whose_lease_ended_is_open(ledger):
    claim(ledger, lease_s=-1)
    assert reason(claim(ledger, owner="other")) == "claimed"
    assert ledger.facts("a.png", "v1")["attempts"] == 2


@rule()
def test_a_version_that_was_given_back_is_open_and_keeps_its_first_arrival(ledger):
    ledger.release(claim(ledger), Failed("disk_full"), {})
    received = ledger.facts("a.png", "v1")["received_at"]
    assert reason(claim(ledger, owner="other")) == "claimed"
    assert ledger.facts("a.png", "v1")["received_at"] == received


@pytest.mark.parametrize("status", ["succeeded", "rejected"])
@rule()
def test_a_settled_version_is_closed(ledger, status):
    assert ledger.settle(claim(ledger), status, {}) == status
    assert reason(claim(ledger, owner="other")) == "settled"


@rule()
def test_a_version_that_was_settled_with_another_sidecar_is_open(ledger):
    ledger.settle(claim(ledger, sidecar="none"), "succeeded", {"sidecar_etag": "none"})
    assert reason(claim(ledger, owner="other", sidecar="none", settled_by="me")) == "settled"
    assert reason(claim(ledger, owner="other", sidecar="e1", settled_by="me")) == "claimed"


@rule()
def test_a_version_that_was_settled_without_a_look_for_a_sidecar_is_open_to_one(ledger):
    ledger.settle(claim(ledger), "succeeded", {})
    assert reason(claim(ledger, owner="other", sidecar="e1", settled_by="me")) == "claimed"


@rule()
def test_a_version_that_was_settled_anew_since_the_look_at_its_sidecar_is_closed(ledger):
    ledger.settle(claim(ledger, sidecar="none"), "succeeded", {"sidecar_etag": "none"})
    assert reason(claim(ledger, owner="other", sidecar="e1", settled_by="another before")) == "outpaced"


@rule()
def test_a_newer_version_becomes_current_and_an_older_one_is_superseded(ledger):
    assert reason(claim(ledger, SECOND)) == "claimed"
    assert reason(claim(ledger, FIRST, owner="other")) == "superseded"
    assert ledger.current_version("a.png") == "v2"
    assert ledger.facts("a.png", "v1")["status"] == "superseded"


@rule()
def test_the_same_version_stays_current_when_it_is_claimed_again(ledger):
    ledger.release(claim(ledger), Failed("disk_full"), {})
    again = claim(ledger, owner="other")
    assert (reason(again), again.first_of_key) == ("claimed", False)


@rule()
def test_without_a_sequencer_the_bucket_decides_the_order(ledger):
    claim(ledger, FIRST)
    unsequenced = replace(SECOND, sequencer=UNSEQUENCED)
    assert reason(claim(ledger, unsequenced, is_newest=False)) == "superseded"
    assert reason(claim(ledger, replace(unsequenced, version_id="v3"), is_newest=True)) == "claimed"
    assert ledger.current_version("a.png") == "v3"


@rule()
def test_the_first_of_a_key_may_come_without_a_sequencer(ledger):
    unsequenced = replace(FIRST, sequencer=UNSEQUENCED)
    assert reason(claim(ledger, unsequenced)) == "claimed"
    assert reason(claim(ledger, SECOND, is_newest=True)) == "claimed"


@rule()
def test_the_write_lock_is_taken_by_the_newest_claim_of_the_current_version(ledger):
    assert ledger.begin_writing(claim(ledger), "succeeded")
    assert ledger.facts("a.png", CURRENT)["writer"] == "me"


@rule()
def test_the_write_lock_is_not_taken_once_a_newer_version_came(ledger):
    older = claim(ledger)
    claim(ledger, SECOND, owner="other")
    assert ledger.begin_writing(older, "succeeded") is None


@rule()
def test_the_write_lock_is_not_taken_while_another_version_has_it(ledger):
    ledger.begin_writing(claim(ledger), "succeeded")
    newer = claim(ledger, SECOND, owner="other")
    with pytest.raises(Failed) as busy:
        ledger.begin_writing(newer, "succeeded")
    assert busy.value.code == "busy"


@rule()
def test_the_write_lock_is_taken_over_when_its_time_is_up(ledger):
    ledger.begin_writing(claim(ledger, lease_s=-1), "succeeded")
    assert ledger.begin_writing(claim(ledger, SECOND, owner="other"), "succeeded")


@rule()
def test_the_write_lock_is_taken_over_from_an_earlier_try_of_the_same_version(ledger):
    first = claim(ledger)
    ledger.begin_writing(first, "succeeded")
    ledger.release(first, Failed("disk_full"), {})
    assert ledger.begin_writing(claim(ledger, owner="other"), "succeeded")


@rule()
def test_the_write_lock_is_not_taken_by_a_try_that_another_one_took_over(ledger):
    zombie = claim(ledger, lease_s=-1)
    claim(ledger, owner="other")
    with pytest.raises(Failed) as lost:
        ledger.begin_writing(zombie, "succeeded")
    assert lost.value.code == "lost_race"


@rule()
def test_a_commit_settles_the_version_and_lets_the_key_go(ledger):
    taken = claim(ledger)
    ledger.begin_writing(taken, "succeeded")
    assert ledger.settle(taken, "succeeded", {"outputs": [], "error": None}) == "succeeded"
    assert ledger.facts("a.png", "v1")["status"] == "succeeded"
    assert not ledger.facts("a.png", CURRENT).keys() & {"writer", "writing_version", "writing_status", "writer_until"}


@rule()
def test_a_commit_by_a_try_that_another_one_took_over_is_refused(ledger):
    zombie = claim(ledger, lease_s=-1)
    claim(ledger, owner="other")
    with pytest.raises(Failed) as lost:
        ledger.settle(zombie, "succeeded", {})
    assert lost.value.code == "lost_race"
    assert ledger.facts("a.png", "v1")["owner"] == "other"


@rule()
def test_a_commit_after_a_newer_version_came_is_superseded(ledger):
    older = claim(ledger)
    claim(ledger, SECOND, owner="other")
    assert ledger.settle(older, "succeeded", {}) == "superseded"
    assert ledger.facts("a.png", "v1")["status"] == "superseded"


@rule()
def test_a_try_that_another_one_took_over_gives_nothing_back(ledger):
    zombie = claim(ledger, lease_s=-1)
    claim(ledger, owner="other")
    ledger.release(zombie, Failed("disk_full"), {})
    assert ledger.facts("a.png", "v1")["status"] == "processing"


@rule()
def test_a_superseded_version_lets_only_its_own_lock_go(ledger):
    older = claim(ledger)
    newer = claim(ledger, SECOND, owner="other")
    ledger.begin_writing(newer, "succeeded")
    ledger.supersede(older)
    assert ledger.facts("a.png", CURRENT)["writer"] == "other"
