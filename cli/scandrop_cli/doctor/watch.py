"""Who would notice: alarms, those that they tell, logs."""

from collections.abc import Iterator

from scandrop_cli.doctor.site import Finding, Site, ok, warning, wrong


def alarms(site: Site) -> Iterator[Finding]:
    pages = (
        site.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"scandrop-{site.name}-")
    )
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    missing = {alarm["alarm_name"] for alarm in site.of("aws_cloudwatch_metric_alarm")} - set(found)
    if missing:
        yield wrong(f"{len(missing)} alarms are gone, {min(missing)} among them.", site.deploy)
    ringing = sorted(name for name, alarm in found.items() if alarm["StateValue"] == "ALARM")
    for name in ringing:
        yield wrong(f"{name} is in alarm.", f"scandrop status --since 1d --env {site.name}")
    if not ringing:
        yield ok(f"{len(found)} alarms, and none rings")


def told(site: Site) -> Iterator[Finding]:
    topic = site.outputs["alarm_topic_arn"]
    pages = site.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    subscriptions = [entry["SubscriptionArn"] for page in pages for entry in page["Subscriptions"]]
    pending = sum(not arn.startswith("arn:") for arn in subscriptions)
    if pending:
        yield warning(f"{pending} of those whom alarms are to tell have not confirmed the mail that AWS sent them.")
    elif subscriptions:
        yield ok(f"alarms tell {len(subscriptions)}")
    else:
        yield warning(f"Alarms tell nobody: add alert_emails in env/{site.name}.tfvars.", site.deploy)


def logs(site: Site) -> Iterator[Finding]:
    client, kept = site.client("logs"), {}
    for group in site.of("aws_cloudwatch_log_group"):
        for found in client.describe_log_groups(logGroupNamePrefix=group["name"])["logGroups"]:
            kept[found["logGroupName"]] = found.get("retentionInDays")
    audit = site.outputs.get("audit_log_group")
    wanted = {group["name"] for group in site.of("aws_cloudwatch_log_group")}
    if gone := sorted(wanted - set(kept)):
        yield wrong(f"Log groups are gone: {', '.join(gone)}.", site.deploy)
    if forever := sorted(name for name in wanted & set(kept) if kept[name] is None and name != audit):
        yield warning(f"Kept for good, which costs: {', '.join(forever)}.", site.deploy)
    if not gone and not forever:
        yield ok(f"{len(wanted)} log groups, each kept as long as it says")
