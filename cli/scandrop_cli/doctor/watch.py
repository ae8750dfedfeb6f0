"""Who would notice: alarms, those that they tell, logs."""

from collections.abc import Iterator, Mapping

from scandrop_cli.doctor.drift import differing
from scandrop_cli.doctor.site import Attributes, Finding, Site, ok, warning, wrong
from scandrop_cli.watch import meaning
from scandrop_cli.wording import counted


def alarms(site: Site) -> Iterator[Finding]:
    pages = (
        site.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"scandrop-{site.name}-")
    )
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    troubles = [*_changed(site, found), *_ringing(site, found)]
    yield from troubles or [ok(f"{counted(len(found), 'alarm')}, and none rings")]


def _changed(site: Site, found: Mapping[str, Attributes]) -> Iterator[Finding]:
    troubles: dict[str, list[str]] = {}
    for alarm in site.of("aws_cloudwatch_metric_alarm"):
        if what := _change(alarm, found.get(alarm["alarm_name"])):
            troubles.setdefault(what, []).append(alarm["alarm_name"])
    for what, names in troubles.items():
        yield wrong(f"{counted(len(names), 'alarm')} {what}: {', '.join(names)}.", site.deploy)


def _change(wanted: Attributes, now: Attributes | None) -> str:
    if now is None:
        return "gone"
    if not now.get("ActionsEnabled", True):  # the embedded AWS leaves this out of the state
        return "switched off, so that nobody is told"
    told = {"alarm_actions": now.get("AlarmActions", []), "threshold": now.get("Threshold")}
    others = differing(wanted, told)
    return f"not as Terraform left it ({', '.join(others)})" if others else ""


def _ringing(site: Site, found: Mapping[str, Attributes]) -> Iterator[Finding]:
    for name, alarm in sorted(found.items()):
        if alarm["StateValue"] == "ALARM":
            text, command = meaning(alarm.get("AlarmDescription", ""))
            yield wrong(f"{name} is in alarm. {text}".strip(), command or f"scandrop watch --env {site.name}")


def told(site: Site) -> Iterator[Finding]:
    topic = site.outputs["alarm_topic_arn"]
    pages = site.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    subscriptions = [entry["SubscriptionArn"] for page in pages for entry in page["Subscriptions"]]
    pending = sum(not arn.startswith("arn:") for arn in subscriptions)
    if pending:
        yield warning(
            f"{counted(pending, 'mail address is', 'mail addresses are')} not told of alarms yet: each has a mail "
            'from AWS, "Subscription Confirmation", with a link to follow. See which:',
            f"aws sns list-subscriptions-by-topic --region {site.region} --topic-arn {topic}",
        )
    elif subscriptions:
        yield ok(f"alarms tell {len(subscriptions)}")
    else:
        yield warning(f"Alarms tell nobody: add alert_emails in env/{site.name}.tfvars.", site.deploy)


def logs(site: Site) -> Iterator[Finding]:
    found = {
        group["logGroupName"]: group
        for wanted in site.of("aws_cloudwatch_log_group")
        for page in site.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=wanted["name"])
        for group in page["logGroups"]
    }
    troubles = [trouble for wanted in site.of("aws_cloudwatch_log_group") for trouble in _group(site, wanted, found)]
    total = len(site.of("aws_cloudwatch_log_group"))
    yield from troubles or [ok(f"{counted(total, 'log group is', 'log groups are')} kept as long as Terraform says")]


def _group(site: Site, wanted: Attributes, found: Mapping[str, Attributes]) -> Iterator[Finding]:
    name = wanted["name"]
    if name not in found:
        yield wrong(f"The log group {name} is gone.", site.deploy)
        return
    now = {"retention_in_days": found[name].get("retentionInDays", 0), "kms_key_id": found[name].get("kmsKeyId", "")}
    if others := differing(wanted, now):
        yield wrong(f"The log group {name} is not as Terraform left it ({', '.join(others)}).", site.deploy)
