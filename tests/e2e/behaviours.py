"""What each role is there for, each as a function that says whether it still works: the proofs of `privileges`.

A function of a lane is called directly, with the rules and event source mappings of its queue asleep, so that nothing
but the behaviour itself touches what it looks at.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import nibabel
import pydicom
import skimage
import urllib3
from conftest import ROOT, Deployed, Person
from privileges import Behaviour

from scandrop.manifest import prefix_of
from scandrop.pseudonyms import Pseudonyms, key_of

_LANES = json.loads((ROOT / "lambda_src/scandrop/lanes.json").read_text())
_OBJECTS = Path(pydicom.__file__).parent / "data/test_files"
_GOOD = {
    "dicom": (".dcm", (_OBJECTS / "CT_small.dcm").read_bytes()),
    "image": (".png", (Path(skimage.__file__).parent / "data/coins.png").read_bytes()),
    "nifti": (".nii", (Path(nibabel.__file__).parent / "tests/data/anatomical.nii").read_bytes()),
    "record": (".json", b'[{"patient_id":"A12345","patient_name":"Miller"}]'),
    "other": ("", b"of no known kind"),
}
_RUN = (Path(nibabel.__file__).parent / "tests/data/functional.nii").read_bytes()
_SIDECAR = b'{"RepetitionTime": 2.25, "TaskName": "rest"}'
_HIDDEN_S = 2
_HTTP = urllib3.PoolManager(retries=False)


def of(role: str, deployed: Deployed) -> list[Behaviour]:
    """What a function's role is for."""
    if role in _LANES:
        return list(_of_lane(role, deployed))
    return [
        Behaviour(says, partial(works, deployed))
        for says, works in {
            "door": {
                "putting a file by a link": _puts,
                "telling what became of an object": _tells,
                "downloading a derivative by a link": _downloads,
                "telling what became of an object after a cold start": _tells_anew,
            },
            "herald": {"telling of a settled object": _heralds},
            "notices": {
                "telling of a batch that is overdue": partial(_tells_batch, timedelta(days=2)),
                "telling of a batch that is through": partial(_tells_batch, timedelta(minutes=2)),
            },
        }[role].items()
    ]


def _of_lane(lane: str, deployed: Deployed) -> Iterator[Behaviour]:
    yield Behaviour("settling an object", partial(_settles, lane, deployed))
    yield Behaviour("settling a version over another one", partial(_replaces, lane, deployed))
    for unsaid in ("version-id", "sequencer"):
        settle = partial(_settles, lane, deployed, unsaid=unsaid)
        yield Behaviour(f"settling an object whose event has no {unsaid}", settle)
    for to in _LANES[lane]["forwards_to"]:
        hand_on = partial(_queues_run_again, deployed) if lane == to else partial(_hands_on, lane, to, deployed)
        yield Behaviour(f"handing an object on to {to}", hand_on)
    yield Behaviour("keeping a dead letter with its reason", partial(_keeps, lane, deployed))
    yield Behaviour("beginning anew with a message that only waited", partial(_waits, lane, deployed))
    yield Behaviour("deleting derivatives with their object", partial(_deletes, lane, deployed))
    yield Behaviour("deleting those of a version that was erased", partial(_deletes, lane, deployed, for_good=True))
    yield Behaviour("hiding a message until its next try", partial(_hides, lane, deployed))
    yield Behaviour("settling an object after a cold start", partial(_starts, lane, deployed))


def of_person(person: Person, deployed: Deployed) -> list[Behaviour]:
    """What somebody may find out who has the policy of reidentify: by the ledger, and by the raw objects' headers."""
    key = _key("traced.dcm")
    deployed.drop({key: _GOOD["dicom"][1]})
    assert _invoked(deployed, "dicom", deployed.event(key), "succeeded")
    known_as = _known_as(deployed, key)
    patient = deployed.manifest(known_as)["metadata"]["patient_id"]
    study = json.loads(deployed.derivative(known_as, "header.json"))["00200010"]["Value"][0]
    traces = partial(_traces, person, patient, study)
    return [Behaviour("finding out whom a pseudonym stands for", traces)]


@contextmanager
def asleep(deployed: Deployed) -> Iterator[None]:
    """Nothing comes to a lane but by the behaviours themselves."""
    functions = deployed.client("lambda")
    mappings = [
        mapping["UUID"]
        for function in deployed.outputs["functions"].values()
        for mapping in functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    ]
    with ExitStack() as stack:
        for rule in (*_LANES, "notices"):
            stack.enter_context(deployed.rule_disabled(rule))
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping, Enabled=False)
            stack.callback(functions.update_event_source_mapping, UUID=mapping, Enabled=True)
        stack.enter_context(_unquiet(deployed))
        stack.callback(_empty_queues, deployed)  # before they wake up: nobody waits for what the behaviours left
        _empty_queues(deployed)
        yield


def _empty_queues(deployed: Deployed) -> None:
    for url in deployed.outputs["queue_urls"].values():
        deployed.client("sqs").purge_queue(QueueUrl=url)


def _key(name: str) -> str:
    """A key that no other try has had, whose write lock may have outlived it."""
    return f"privileges/{uuid.uuid4()}/{name}"


def _known_as(deployed: Deployed, key: str) -> str:
    secret = deployed.client("secretsmanager").get_secret_value(SecretId=deployed.outputs["pseudonym_secret_arn"])
    return Pseudonyms(key_of(secret["SecretString"])).object_key(key)


def _derivatives(deployed: Deployed, key: str) -> dict[str, str]:
    """Where those of a key are."""
    return {"Bucket": deployed.outputs["processed_bucket"], "Prefix": prefix_of(_known_as(deployed, key))}


def _allowed(answer: dict[str, Any]) -> bool:
    """Whether a function was refused nothing. Raises AssertionError for any other error of its."""
    if "errorMessage" in answer:
        assert re.search(r"AccessDenied|AuthorizationError|with 403", answer["errorMessage"]), answer
        return False
    return True


def _invoked(deployed: Deployed, lane: str, event: dict[str, Any], *statuses: str) -> bool:
    answer = deployed.invoke(lane, event)
    if not _allowed(answer):
        return False
    assert answer["statuses"][0] in statuses, answer
    return True


def _settles(lane: str, deployed: Deployed, *, unsaid: str = "") -> bool:
    suffix, content = _GOOD[lane]
    key = _key(f"settled{suffix}")
    deployed.drop({key: content})
    event = deployed.event(key)
    event["detail"]["object"].pop(unsaid, None)
    return _invoked(deployed, lane, event, "rejected" if lane == "other" else "succeeded")


def _replaces(lane: str, deployed: Deployed) -> bool:
    """A version without derivatives over one that has some, which must go."""
    first = "dicom" if lane == "other" else lane
    key = _key(f"replaced{_GOOD[lane][0]}")
    deployed.drop({key: _GOOD[first][1]})
    if not _invoked(deployed, first, deployed.event(key), "succeeded"):
        return False
    deployed.drop({key: b"no scan"})
    if not _invoked(deployed, lane, deployed.event(key), "rejected"):
        return False
    place = _derivatives(deployed, key)
    left = [entry["Key"] for entry in deployed.client("s3").list_objects_v2(**place)["Contents"]]
    assert left == [place["Prefix"] + "manifest.json"], left
    return True


def _hands_on(lane: str, to: str, deployed: Deployed) -> bool:
    key = _key("handed-on" + _GOOD[lane][0])
    deployed.drop({key: _SIDECAR if lane == "record" else _GOOD[to][1]})
    return _invoked(deployed, lane, deployed.event(key), "forwarded")


def _queues_run_again(deployed: Deployed) -> bool:
    """For a sidecar that came late."""
    run = _key("late_bold.nii")
    sidecar = run.removesuffix(".nii") + ".json"
    deployed.drop({run: _RUN})
    if not _invoked(deployed, "nifti", deployed.event(run), "succeeded"):
        return False
    deployed.drop({sidecar: _SIDECAR})
    return _invoked(deployed, "nifti", deployed.event(sidecar), "succeeded")


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
    key = _key(f"waits{_GOOD[lane][0]}")
    version = deployed.drop({key: b"of no lane"})[key]
    item = {"object_key": _known_as(deployed, key), "version_id": version, "status": "processing", "owner": "another"}
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
    key = _key(f"deleted{_GOOD[lane][0]}")
    version = deployed.drop({key: _GOOD[first][1]})[key]
    event = deployed.event(key)
    if not _invoked(deployed, first, event, "succeeded"):
        return False
    place = {"Bucket": deployed.outputs["raw_bucket"], "Key": key}
    gone = deployed.client("s3").delete_object(**place, **({"VersionId": version} if for_good else {}))["VersionId"]
    event["detail-type"] = "Object Deleted"
    event["detail"]["reason"] = "DeleteObject"
    event["detail"]["deletion-type"] = "Permanently Deleted" if for_good else "Delete Marker Created"
    event["detail"]["object"] |= {"version-id": gone, "sequencer": f"{time.time_ns():X}"}
    if not _invoked(deployed, lane, event, "deleted"):
        return False
    left = deployed.client("s3").list_object_versions(**_derivatives(deployed, key))
    assert not {"Versions", "DeleteMarkers"} & set(left), left
    return True


def _starts(lane: str, deployed: Deployed) -> bool:
    """With a function that has nothing from before."""
    _start_anew(deployed, deployed.outputs["functions"][lane])
    return _settles(lane, deployed)


def _start_anew(deployed: Deployed, function: str) -> None:
    """Another environment variable ends a function's instances; on AWS alone, their disk goes with them."""
    functions = deployed.client("lambda")
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    for asset in json.loads(variables.get("SCANDROP_ASSETS", "{}")).values():
        Path(deployed.emulator.scratch, asset["key"].replace("/", "-")).unlink(missing_ok=True)
    variables["STARTED"] = str(uuid.uuid4())
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


def _ask(deployed: Deployed, method: str, key: str, **headers: str) -> dict[str, Any]:
    event = {"httpMethod": method, "path": f"/{key}", "headers": headers, "queryStringParameters": None}
    return deployed.call("scandrop-local-door", event)


def _puts(deployed: Deployed) -> bool:
    body = _GOOD["record"][1]
    answer = _ask(deployed, "PUT", _key("put.json"), **{"x-scandrop-size": str(len(body))})
    status = _HTTP.request("PUT", answer["headers"]["Location"], body=body).status
    assert status in {200, 403}, status
    return status == 200


def _told(deployed: Deployed) -> dict[str, Any]:
    """What the door tells of a settled object by its pseudonymous name, since by a raw one it gives no links.

    Empty where the door was refused something.
    """
    key = _key("told.json")
    deployed.drop({key: _GOOD["record"][1]})
    assert _invoked(deployed, "record", deployed.event(key), "succeeded")
    answer = _ask(deployed, "GET", _known_as(deployed, key))
    assert answer["statusCode"] in {200, 503}, answer
    return dict(json.loads(answer["body"])) if answer["statusCode"] == 200 else {}


def _downloads(deployed: Deployed) -> bool:
    told = _told(deployed)
    if not told:
        return False
    status = _HTTP.request("GET", told["derivatives"][0]["url"]).status
    assert status in {200, 403}, status
    return status == 200


def _tells(deployed: Deployed) -> bool:
    return bool(_told(deployed))


def _tells_anew(deployed: Deployed) -> bool:
    _start_anew(deployed, "scandrop-local-door")
    return _tells(deployed)


def _heralds(deployed: Deployed) -> bool:
    image = next(item for item in deployed.ledger() if "outputs" in item)
    event = {"Records": [{"dynamodb": {"NewImage": image, "SequenceNumber": "7"}}]}
    answer = deployed.call("scandrop-local-herald", event)
    assert "errorMessage" in answer or answer == {"batchItemFailures": []}
    return _allowed(answer)


def _tells_batch(age: timedelta, deployed: Deployed) -> bool:
    """Of one object that was settled so long ago, when nobody was told of anything for a little longer."""
    _empty_queues(deployed)
    table, ledger = deployed.outputs["ledger_table"], deployed.client("dynamodb")
    settled, told = (
        (datetime.now(UTC) - age - before).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        for before in (timedelta(), timedelta(minutes=1))
    )
    old = {"object_key": "privileges/old", "version_id": "1", "lane": "record", "status": "rejected"}
    old |= {
        "received_at": settled,
        "finished_at": settled,
        "updated_at": settled,
        "status_day": f"rejected#{settled[:10]}#0",
    }
    last = {"object_key": "#notices", "version_id": "#told", "told_until": told}
    for item in (old, last):
        ledger.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})
    answer = deployed.call("scandrop-local-notices", {})
    ledger.delete_item(TableName=table, Key={name: {"S": old[name]} for name in ("object_key", "version_id")})
    assert "errorMessage" in answer or answer == {"told": True}, answer
    return _allowed(answer)


@contextmanager
def _unquiet(deployed: Deployed) -> Iterator[None]:
    """Notices that wait for no quiet, so that what was settled just now makes no batch wait."""
    functions, name = deployed.client("lambda"), "scandrop-local-notices"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    hasty = {"Variables": {**variables, "SCANDROP_QUIET_MINUTES": "0"}}
    functions.update_function_configuration(FunctionName=name, Environment=hasty)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def _traces(person: Person, *tokens: str) -> bool:
    return person.scandrop("reidentify", *tokens).returncode == 0
