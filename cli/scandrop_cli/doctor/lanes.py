"""The way through a lane: rule, queue, mapping, function, settings."""

from collections.abc import Iterator, Mapping
from typing import Any

from scandrop.config import settings_of
from scandrop_cli.doctor.site import Attributes, Finding, Site, ok, warning, wrong
from scandrop_cli.environment import load
from scandrop_cli.records import Question, recent
from scandrop_cli.when import since

_TIMES = 6  # the visibility timeout in function timeouts, as AWS asks for
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def functions(site: Site) -> Iterator[Finding]:
    found = [finding for function in site.of("aws_lambda_function") for finding in _function(site, function)]
    yield from found or [ok(f"{len(site.of('aws_lambda_function'))} functions are active")]


def _function(site: Site, function: Attributes) -> Iterator[Finding]:
    name = function["function_name"]
    now = site.client("lambda").get_function_configuration(FunctionName=name)
    if now.get("State", "Active") != "Active":
        yield wrong(f"{name} is {now['State']}: {now.get('StateReason', 'no reason given')}", site.deploy)
    if now.get("LastUpdateStatus", "Successful") == "Failed":
        yield wrong(f"The last update of {name} failed: {now.get('LastUpdateStatusReason', '')}", site.deploy)
    if function.get("source_code_hash") not in {None, "", now["CodeSha256"]}:
        yield wrong(f"{name} runs other code than Terraform put there: somebody changed it by hand.", site.deploy)


def mappings(site: Site) -> Iterator[Finding]:
    off = []
    for mapping in site.of("aws_lambda_event_source_mapping"):
        now = site.client("lambda").get_event_source_mapping(UUID=mapping["uuid"])
        if now["State"] not in {"Enabled", "Enabling", "Updating"}:
            name = now["FunctionArn"].rpartition(":")[2]
            on = f"aws lambda update-event-source-mapping --region {site.region} --uuid {mapping['uuid']} --enabled"
            off.append(wrong(f"Nothing is taken from the queue of {name}: its mapping is {now['State']}.", on))
    yield from off or [ok(f"{len(site.of('aws_lambda_event_source_mapping'))} queues are read by their functions")]


def rules(site: Site) -> Iterator[Finding]:
    off = []
    for rule in site.of("aws_cloudwatch_event_rule"):
        now = site.client("events").describe_rule(Name=rule["name"])
        if now["State"] == "DISABLED":
            on = f"aws events enable-rule --region {site.region} --name {rule['name']}"
            off.append(wrong(f"The rule {rule['name']} is off: what is dropped reaches no queue, and is lost.", on))
    yield from off or [ok(f"{len(site.of('aws_cloudwatch_event_rule'))} rules are on")]


def settings(site: Site) -> Iterator[Finding]:
    refused = []
    for lane, values in site.outputs.get("settings", {}).items():
        try:
            settings_of(lane, values)
        except ValueError as error:
            refused.append(wrong(f"The {lane} lane of this checkout cannot take its settings: {error}", site.deploy))
    yield from refused or [ok("this checkout takes every lane's settings")]


def queues(site: Site) -> Iterator[Finding]:
    timeouts = {function["function_name"]: function["timeout"] for function in site.of("aws_lambda_function")}
    dead, waiting = site.outputs.get("dead_letter_queue_urls", {}), 0
    for lane, url in site.outputs.get("queue_urls", {}).items():
        now = _attributes(site, url)
        waiting += sum(int(now.get(name, 0)) for name in _COUNTS)
        if "RedrivePolicy" not in now:
            yield wrong(f"The {lane} queue has no dead-letter queue: what fails is tried for ever.", site.deploy)
        timeout_s = timeouts.get(f"scandrop-{site.name}-{lane}", 0)
        if int(now.get("VisibilityTimeout", 0)) < _TIMES * timeout_s:
            yield wrong(f"A message of the {lane} queue comes back before its function is through.", site.deploy)
    letters = {lane: int(_attributes(site, url).get(_COUNTS[0], 0)) for lane, url in dead.items()}
    for lane, count in letters.items():
        if count:
            yield wrong(
                f"{count} dead letters of the {lane} lane. See why, mend that, and redrive them.",
                f"scandrop status --status failed --lane {lane} --env {site.name}",
            )
    yield ok(f"{waiting} messages wait or are at work, {sum(letters.values())} are dead")


def _attributes(site: Site, url: str) -> Mapping[str, Any]:
    found = site.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return dict(found.get("Attributes", {}))


def stalled(site: Site) -> Iterator[Finding]:
    taken = recent(load(site.name, site.root), Question(since("7d"), 1000, "processing"))
    count = sum(record.stalled for record in taken)
    if count:
        yield warning(
            f"{count} objects were taken more than 16 minutes ago and not finished: their function died.",
            f"scandrop status --status processing --env {site.name}",
        )
    else:
        yield ok(f"{len(taken)} objects are at work, none is stalled")
