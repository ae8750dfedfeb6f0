"""What a lane's role is there for, each as a function that says whether it still works.

The lane's function is called directly, while nothing else brings it anything: see `behaviours.asleep`.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import nibabel
import pydicom
import skimage
from conftest import ROOT, Deployed
from privileges import Behaviour

from scandrop.manifest import prefix_of
from scandrop.pseudonyms import Pseudonyms, key_of

LANES = json.loads((ROOT / "lambda_src/scandrop/lanes.json").read_text())
_OBJECTS = Path(pydicom.__file__).parent / "data/test_files"
GOOD = {
    "dicom": (".dcm", (_OBJECTS / "CT_small.dcm").read_bytes()),
    "image": (".png", (Path(skimage.__file__).parent / "data/coins.png").read_bytes()),
    "nifti": (".nii", (Path(nibabel.__file__).parent / "tests/data/anatomical.nii").read_bytes()),
    "record": (".json", b'[{"patient_id":"A12345","patient_name":"Miller"}]'),
    "other": ("", b"of no known kind"),
}
_RUN = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
_SIDECAR = b'{"RepetitionTime": 2.25, "TaskName": "rest"}'
_HIDDEN_S = 2


def of_lane(lane: str, deployed: Deployed) -> Iterator[Behaviour]:
    yield Behaviour("settling an object", partial(_settles, lane, deployed))
    yield Behaviour("settling a version over another one", partial(_replaces, lane, deployed))
    for unsaid in ("version-id", "sequencer"):
        settle = partial(_settles, lane, deployed, unsaid=unsaid)
        yield Behaviour(f"settling an object whose event has no {unsaid}", settle)
    for to in LANES[lane]["forwards_to"]:
        hand_on = partial(_queues_run_again, deployed) if lane == to else partial(_hands_on, lane, to, deployed)
        yield Behaviour(f"handing an object on to {to}", hand_on)
    yield Behaviour("keeping a dead letter with its reason", partial(_keeps, lane, deployed))
    yield Behaviour("beginning anew with a message that only waited", partial(_waits, lane, deployed))
    yield Behaviour("deleting derivatives with their object", partial(_deletes, lane, deployed))
    yield Behaviour("deleting those of a version that was erased", partial(_deletes, lane, deployed, for_good=True))
    yield Behaviour("hiding a message until its next try", partial(_hides, lane, deployed))
    yield Behaviour("settling an object after a cold start", partial(_starts, lane, deployed))


def fresh_key(name: str) -> str:
    """A key that no other try has had, whose write lock may have outlived it."""
    return f"privileges/{uuid.uuid4()}/{name}"


def known_as(deployed: Deployed, key: str) -> str:
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    return Pseudonyms(key_of(secret["SecretString"])).object_key(key)


def _derivatives(deployed: Deployed, key: str) -> dict[str, str]:
    """Where those of a key are."""
    return {"Bucket": deployed.outputs["processed_bucket"], "Prefix": prefix_of(known_as(deployed, key))}


def allowed(answer: dict[str, Any]) -> bool:
    """Whether a function was refused nothing. Raises AssertionError for any other error of its."""
    if "errorMessage" in answer:
        assert re.search(r"AccessDenied|AuthorizationError|with 403", answer["errorMessage"]), answer
        return False
    return True


def invoked(deployed: Deployed, lane: str, event: dict[str, Any], *statuses: str) -> bool:
    answer = deployed.invoke(lane, event)
    if not allowed(answer):
        return False
    assert answer["statuses"][0] in statuses, answer
    return True


def _settles(lane: str, deployed: Deployed, *, unsaid: str = "") -> bool:
    suffix, content = GOOD[lane]
    key = fresh_key(f"settled{suffix}")
    deployed.drop({key: content})
    event = deployed.event(key)
    event["detail"]["object"].pop(unsaid, None)
    return invoked(deployed, lane, event, "rejected" if lane == "other" else "succeeded")


def _replaces(lane: str, deployed: Deployed) -> bool:
    """A version without derivatives over one that has some, which must go."""
    first = "dicom" if lane == "other" else lane
    key = fresh_key(f"replaced{GOOD[lane][0]}")
    deployed.drop({key: GOOD[first][1]})
    if not invoked(deployed, first, deployed.event(key), "succeeded"):
        return False
    deployed.drop({key: b"no scan"})
    if not invoked(deployed, lane, deployed.event(key), "rejected"):
        return False
    place = _derivatives(deployed, key)
    left = [entry["Key"] for entry in deployed.client("s3").list_objects_v2(**place)["Contents"]]
    assert left == [place["Prefix"] + "manifest.json"], left
    return True


def _hands_on(lane: str, to: str, deployed: Deployed) -> bool:
    key = fresh_key("handed-on" + GOOD[lane][0])
    deployed.drop({key: _SIDECAR if lane == "record" else GOOD[to][1]})
    return invoked(deployed, lane, deployed.event(key), "forwarded")


def _queues_run_again(deployed: Deployed) -> bool:
    """For a sidecar that came late."""
    run = fresh_key("late_bold.nii")
    sidecar = run.removesuffix(".nii") + ".json"
    deployed.drop({run: _RUN})
    if not invoked(deployed, "nifti", deployed.event(run), "succeeded"):
        return False
    deployed.drop({sidecar: _SIDECAR})
    return invoked(deployed, "nifti", deployed.event(sidecar), "succeeded")


def _hides(lane: str, deployed: Deployed) -> bool:
    """A message that is about to come back is hidden for longer, since its try failed."""
    sqs, url = deployed.client("sqs"), deployed.outputs["queue_urls"][lane]
    record = _failing(deployed, url)
    given_back = [{"itemIdentifier": record["messageId"]}]
    assert deployed.invoke(lane, {"Records": [record]}) == {"batchItemFailures": given_back}
    time.sleep(_HIDDEN_S + 0.1)
    return "Messages" not in sqs.receive_message(QueueUrl=url)


def _keeps(lane: str, deployed: Deployed) -> bool:
    """The function itself keeps what failed for the last time, and the queue may delete it."""
    record = _failing(deployed, deployed.outputs["queue_urls"][lane])
    record["attributes"]["ApproximateReceiveCount"] = "5"
    answer = deployed.invoke(lane, {"Records": [record]})
    assert answer["batchItemFailures"] in ([], [{"itemIdentifier": record["messageId"]}]), answer
    return not answer["batchItemFailures"]


def _waits(lane: str, deployed: Deployed) -> bool:
    """Another try holds the object, and the message's receives are used up."""
    key = fresh_key(f"waits{GOOD[lane][0]}")
    version = deployed.drop({key: b"of no lane"})[key]
    item = {"object_key": known_as(deployed, key), "version_id": version, "status": "processing", "owner": "another"}
    item["lease_until"] = (datetime.now(UTC) + timedelta(minutes=10)).isoformat(timespec="milliseconds")
    ledger, table = deployed.client("dynamodb"), deployed.outputs["ledger_table"]
    ledger.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})
    record = {
        "messageId": "waits",
        "receiptHandle": "none",
        "body": json.dumps(deployed.event(key)),
        "attributes": {"ApproximateReceiveCount": "5"},
        "eventSource": "aws:sqs",
    }
    answer = deployed.invoke(lane, {"Records": [record]})
    assert answer["batchItemFailures"] in ([], [{"itemIdentifier": "waits"}]), answer
    return not answer["batchItemFailures"]


def _failing(deployed: Deployed, url: str) -> dict[str, Any]:
    """A message that no try can settle, as Lambda brings it."""
    sqs = deployed.client("sqs")
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="no event")
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=_HIDDEN_S, AttributeNames=["All"])["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
    }


def _deletes(lane: str, deployed: Deployed, *, for_good: bool = False) -> bool:
    """Where derivatives go with their object: what is left of one is its tombstone."""
    first = "dicom" if lane == "other" else lane
    key = fresh_key(f"deleted{GOOD[lane][0]}")
    version = deployed.drop({key: GOOD[first][1]})[key]
    event = deployed.event(key)
    if not invoked(deployed, first, event, "succeeded"):
        return False
    place = {"Bucket": deployed.outputs["raw_bucket"], "Key": key}
    gone = deployed.client("s3").delete_object(**place, **({"VersionId": version} if for_good else {}))["VersionId"]
    event["detail-type"] = "Object Deleted"
    event["detail"]["reason"] = "DeleteObject"
    event["detail"]["deletion-type"] = "Permanently Deleted" if for_good else "Delete Marker Created"
    event["detail"]["object"] |= {"version-id": gone, "sequencer": f"{time.time_ns():X}"}
    if not invoked(deployed, lane, event, "deleted"):
        return False
    left = deployed.client("s3").list_object_versions(**_derivatives(deployed, key))
    assert not {"Versions", "DeleteMarkers"} & set(left), left
    return True


def _starts(lane: str, deployed: Deployed) -> bool:
    """With a function that has nothing from before."""
    start_anew(deployed, deployed.outputs["functions"][lane])
    return _settles(lane, deployed)


def start_anew(deployed: Deployed, function: str) -> None:
    """Another environment variable ends a function's instances; on AWS alone, their disk goes with them."""
    functions = deployed.client("lambda")
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    for asset in json.loads(variables.get("SCANDROP_ASSETS", "{}")).values():
        Path(deployed.emulator.scratch, asset["key"].replace("/", "-")).unlink(missing_ok=True)
    variables["STARTED"] = str(uuid.uuid4())
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
