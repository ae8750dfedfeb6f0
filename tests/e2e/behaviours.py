"""What each role is there for, each as a function that says whether it still works: the proofs of `privileges`.

A function is called directly, with the rules and event source mappings of its queue asleep, so that nothing but the
behaviour itself touches what it looks at. What a lane is there for stands in `lane_behaviours`.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import urllib3
from conftest import Deployed, Person
from lane_behaviours import GOOD, LANES, allowed, fresh_key, invoked, known_as, of_lane, start_anew
from privileges import Behaviour

_HTTP = urllib3.PoolManager(retries=False)


def of(role: str, deployed: Deployed) -> list[Behaviour]:
    """What a function's role is for."""
    if role in LANES:
        return list(of_lane(role, deployed))
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


def of_person(person: Person, deployed: Deployed) -> list[Behaviour]:
    """What somebody may find out who has the policy of reidentify: by the ledger, and by the raw objects' headers."""
    key = fresh_key("traced.dcm")
    deployed.drop({key: GOOD["dicom"][1]})
    assert invoked(deployed, "dicom", deployed.event(key), "succeeded")
    name = known_as(deployed, key)
    patient = deployed.manifest(name)["metadata"]["patient_id"]
    study = json.loads(deployed.derivative(name, "header.json"))["00200010"]["Value"][0]
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
        for rule in (*LANES, "notices"):
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


def _ask(deployed: Deployed, method: str, key: str, **headers: str) -> dict[str, Any]:
    event = {"httpMethod": method, "path": f"/{key}", "headers": headers, "queryStringParameters": None}
    return deployed.call("scandrop-local-door", event)


def _puts(deployed: Deployed) -> bool:
    body = GOOD["record"][1]
    answer = _ask(deployed, "PUT", fresh_key("put.json"), **{"x-scandrop-size": str(len(body))})
    status = _HTTP.request("PUT", answer["headers"]["Location"], body=body).status
    assert status in {200, 403}, status
    return status == 200


def _told(deployed: Deployed) -> dict[str, Any]:
    """What the door tells of a settled object by its pseudonymous name, since by a raw one it gives no links.

    Empty where the door was refused something.
    """
    key = fresh_key("told.json")
    deployed.drop({key: GOOD["record"][1]})
    assert invoked(deployed, "record", deployed.event(key), "succeeded")
    answer = _ask(deployed, "GET", known_as(deployed, key))
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
    start_anew(deployed, "scandrop-local-door")
    return _tells(deployed)


def _heralds(deployed: Deployed) -> bool:
    image = next(item for item in deployed.ledger() if "outputs" in item)
    event = {"Records": [{"dynamodb": {"NewImage": image, "SequenceNumber": "7"}}]}
    answer = deployed.call("scandrop-local-herald", event)
    assert "errorMessage" in answer or answer == {"batchItemFailures": []}
    return allowed(answer)


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
    return allowed(answer)


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
