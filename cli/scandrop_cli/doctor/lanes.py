"""The way through a lane: rule, queue, mapping, function, settings."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from scandrop.config import settings_of
from scandrop.queues import WAITING, held
from scandrop_cli.doctor.site import Attributes, Finding, Site, each, ok, warning, wrong
from scandrop_cli.environment import load
from scandrop_cli.errors import is_part_gone
from scandrop_cli.records import Question, recent
from scandrop_cli.when import since
from scandrop_cli.wording import counted

_TIMES = 6  # the visibility timeout in function timeouts, as AWS asks for


def functions(site: Site) -> Iterator[Finding]:
    yield from each(site, "aws_lambda_function", _function) or [
        ok(counted(len(site.of("aws_lambda_function")), "function is active", "functions are active"))
    ]


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
    yield from each(site, "aws_lambda_event_source_mapping", _mapping) or [
        ok(counted(len(site.of("aws_lambda_event_source_mapping")), "mapping is on", "mappings are on"))
    ]


def _mapping(site: Site, mapping: Attributes) -> Iterator[Finding]:
    now = site.client("lambda").get_event_source_mapping(UUID=mapping["uuid"])
    if now["State"] not in {"Enabled", "Enabling", "Updating"}:
        name = now["FunctionArn"].rpartition(":")[2]
        on = f"aws lambda update-event-source-mapping --region {site.region} --uuid {mapping['uuid']} --enabled"
        yield wrong(f"Nothing is taken from the source of {name}: its mapping is {now['State']}.", on)


def rules(site: Site) -> Iterator[Finding]:
    yield from each(site, "aws_cloudwatch_event_rule", _rule) or [
        ok(counted(len(site.of("aws_cloudwatch_event_rule")), "rule is on", "rules are on"))
    ]


def _rule(site: Site, rule: Attributes) -> Iterator[Finding]:
    now = site.client("events").describe_rule(Name=rule["name"])
    if now["State"] == "DISABLED":
        scheduled = now.get("ScheduleExpression")
        then = (
            "nobody is told that a batch is through" if scheduled else "what is dropped reaches no queue, and is lost"
        )
        on = f"aws events enable-rule --region {site.region} --name {rule['name']}"
        yield wrong(f"The rule {rule['name']} is off: {then}.", on)


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
    waiting = 0
    for lane, url in site.outputs.get("queue_urls", {}).items():
        if not (now := _attributes(site, url)):
            continue
        waiting += held(now)
        if "RedrivePolicy" not in now:
            yield wrong(f"The {lane} queue has no dead-letter queue: what fails is tried for ever.", site.deploy)
        timeout_s = timeouts.get(f"scandrop-{site.name}-{lane}", 0)
        if int(now.get("VisibilityTimeout", 0)) < _TIMES * timeout_s:
            yield wrong(f"A message of the {lane} queue comes back before its function is through.", site.deploy)
    letters = list(_letters(site))
    yield from letters
    yield ok(f"{counted(waiting, 'message waits or is', 'messages wait or are')} at work")
    if not letters:
        yield ok("no message is dead")


def _letters(site: Site) -> Iterator[Finding]:
    """What the lanes gave up on, and what the functions besides them did."""
    lanes = site.outputs.get("dead_letter_queue_urls", {})
    for lane, url in lanes.items():
        if dead := int(_attributes(site, url).get(WAITING, 0)):
            yield wrong(
                f"{counted(dead, 'dead letter')} of the {lane} lane. See why, mend that, and redrive.",
                f"scandrop failures --lane {lane} --env {site.name}",
            )
    for queue in site.of("aws_sqs_queue"):
        if not queue["name"].endswith("-dead") or queue["url"] in lanes.values():
            continue
        if dead := int(_attributes(site, queue["url"]).get(WAITING, 0)):
            of = queue["name"].removeprefix(f"scandrop-{site.name}-").removesuffix("-dead")
            yield wrong(
                f"{counted(dead, 'dead letter')} of the {of} (docs/runbooks/lost-events.md). See why.",
                f"scandrop logs --lane {of} --since 1d --env {site.name}",
            )


def _attributes(site: Site, url: str) -> Mapping[str, Any]:
    """A queue's attributes; none where it is gone, which is `drift`'s to say."""
    try:
        found = site.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    except ClientError as error:
        if not is_part_gone(error):
            raise
        return {}
    return dict(found.get("Attributes", {}))


def stalled(site: Site) -> Iterator[Finding]:
    taken = recent(load(site.name, site.root), Question(since("7d"), 1000, "processing"))
    if stuck := sum(record.stalled for record in taken):
        yield warning(
            f"{counted(stuck, 'object was', 'objects were')} taken more than 16 minutes ago and not finished: "
            "the function died.",
            f"scandrop status --status processing --env {site.name}",
        )
    else:
        yield ok(f"{counted(len(taken), 'object is', 'objects are')} at work, none is stalled")
