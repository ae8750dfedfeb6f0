"""What failed for good is listed and put back, and what differs between the three stores is found and healed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from conftest import Deployed, Person

PATIENTS = b'[{"patient_id":"A12345","patient_name":"Zyxwvut"}]'
LAST = "5"


def received(body: str, receives: str = LAST) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    attributes = {"ApproximateReceiveCount": receives}
    message = {"eventSource": "aws:sqs", "messageId": "m", "receiptHandle": "r", "attributes": attributes, "body": body}
    return {"Records": [message]}


def failures(deployed: Deployed, lane: str) -> list[dict[str, Any]]:
    listed = deployed.scandrop("failures", "--lane", lane, "--json")
    found = list(json.loads(listed.stdout)["failures"])
    assert listed.returncode == bool(found), listed.stderr
    return found


def test_a_message_that_failed_to_the_last_is_listed_with_its_reason_and_settles_once_redriven(
    deployed: Deployed,
) -> None:
    key = "poison/poison.json"
    version, mend = poisoned(deployed, key)
    (failure,) = (one for one in failures(deployed, "record") if one["key"] == key)
    assert (failure["version_id"], failure["error_code"], failure["attempts"]) == (version, "aws_error", 5)
    assert failure["log_group"] == deployed.outputs["log_groups"]["record"]
    assert failure["log_stream"]
    assert deployed.scandrop(*failure["command"].split()[1:]).returncode == 0
    mend()
    redriven = deployed.scandrop("failures", "redrive", "--key", key)
    assert redriven.returncode == 0, redriven.stderr
    assert deployed.settled(key)[key]["status"] == "succeeded"
    assert key not in {one["key"] for one in failures(deployed, "record")}


def poisoned(deployed: Deployed, key: str) -> tuple[str, Callable[[], object]]:
    """Let the record lane fail on an object to the last; returns its version, and what mends the cause."""
    dynamodb, ledger = deployed.client("dynamodb"), {"TableName": deployed.outputs["ledger_table"]}
    with deployed.rule_disabled("record"):
        version = deployed.drop({key: PATIENTS})[key]
        place = {"object_key": {"S": key}, "version_id": {"S": version}}
        odd = {"status": "failed", "lane": "record", "updated_at": datetime.now(UTC).isoformat(), "attempts": "many"}
        dynamodb.put_item(**ledger, Item=place | {name: {"S": odd[name]} for name in odd})
        event = json.dumps(deployed.event(key))
        assert deployed.invoke("record", received(event, "4")) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
        assert deployed.invoke("record", received(event)) == {"batchItemFailures": []}
    return version, lambda: dynamodb.delete_item(**ledger, Key=place)


def test_a_message_that_is_no_event_is_listed_and_can_be_thrown_away(deployed: Deployed) -> None:
    assert deployed.invoke("image", received("no event")) == {"batchItemFailures": []}
    assert [one["error_code"] for one in failures(deployed, "image")] == ["unknown_event"]
    assert deployed.scandrop("failures", "discard").returncode == 0
    assert failures(deployed, "image") == []


def test_each_difference_between_the_three_stores_is_found_and_healed(deployed: Deployed) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs["processed_bucket"]
    keys = {kind: f"reconcile/{kind}.json" for kind in ("no manifest", "stale", "damaged", "as it should be")}
    deployed.drop(dict.fromkeys(keys.values(), PATIENTS))
    deployed.settled(*keys.values())
    with deployed.rule_disabled("record"):
        deployed.drop({"reconcile/never processed.json": PATIENTS})
    s3.delete_object(Bucket=bucket, Key=f"{keys['no manifest']}/manifest.json")
    s3.delete_object(Bucket=bucket, Key=f"{keys['damaged']}/patients.json")
    older = deployed.manifest(keys["stale"])
    older["source"]["version_id"] = "older"
    s3.put_object(Bucket=bucket, Key=f"{keys['stale']}/manifest.json", Body=json.dumps(older))
    s3.put_object(Bucket=bucket, Key="reconcile/orphan.json/patients.json", Body=b"x")
    kinds = {"no manifest", "stale", "damaged", "never processed", "orphan"}
    assert differences(deployed) == {(kind, f"reconcile/{kind}.json") for kind in kinds}
    assert differences(deployed, "--heal") == {(kind, f"reconcile/{kind}.json") for kind in kinds}
    assert deployed.eventually(lambda: differences(deployed) == set())


def differences(deployed: Deployed | Person, *arguments: str) -> set[tuple[str, str]]:
    compared = deployed.scandrop("reconcile", "--prefix", "reconcile/", "--older-than", "0s", "--json", *arguments)
    found = json.loads(compared.stdout)["differences"]
    assert compared.returncode == bool(found), compared.stderr
    return {(one["kind"], one["key"]) for one in found}
