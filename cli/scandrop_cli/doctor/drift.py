"""What Terraform put there, held against what AWS has: which resource is gone, and which of its attributes differ."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from scandrop_cli.doctor.site import Attributes, Finding, Site, ok, refused, wrong
from scandrop_cli.errors import is_part_gone

_AT_ONCE = 8

_DAYS = {  # of a lifecycle's rule, as S3 calls them and as Terraform does
    ("Expiration", "Days"): ("expiration", "days"),
    ("NoncurrentVersionExpiration", "NoncurrentDays"): ("noncurrent_version_expiration", "noncurrent_days"),
    ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"): (
        "abort_incomplete_multipart_upload",
        "days_after_initiation",
    ),
}

type Reader = Callable[[Site, Attributes], Mapping[str, Any] | None]  # None where it is gone


@dataclass(frozen=True)
class Kind:
    """What the resources of one type are called, how AWS is asked for their attributes, and what goes without them."""

    word: str
    named: str
    read: Reader
    else_: str


def _rule(site: Site, rule: Attributes) -> Mapping[str, Any]:
    now = site.client("events").describe_rule(Name=rule["name"])
    return {"event_pattern": now.get("EventPattern", ""), "schedule_expression": now.get("ScheduleExpression", "")}


def _target(site: Site, target: Attributes) -> Mapping[str, Any] | None:
    pages = site.client("events").get_paginator("list_targets_by_rule").paginate(Rule=target["rule"])
    found = {each["Id"]: each for page in pages for each in page["Targets"]}
    if target["target_id"] not in found:
        return None
    now = found[target["target_id"]]
    dead = [{"arn": now["DeadLetterConfig"]["Arn"]}] if "DeadLetterConfig" in now else []
    return {"arn": now["Arn"], "dead_letter_config": dead}


def _queue(site: Site, queue: Attributes) -> Mapping[str, Any]:
    now = site.client("sqs").get_queue_attributes(QueueUrl=queue["url"], AttributeNames=["All"]).get("Attributes", {})
    return {
        "policy": now.get("Policy", ""),
        "redrive_policy": now.get("RedrivePolicy", ""),
        "visibility_timeout_seconds": int(now.get("VisibilityTimeout", 0)),
        "message_retention_seconds": int(now.get("MessageRetentionPeriod", 0)),
    }


def _function(site: Site, function: Attributes) -> Mapping[str, Any]:
    client, name = site.client("lambda"), function["function_name"]
    now = client.get_function_configuration(FunctionName=name)
    reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions", -1)
    environment = now.get("Environment", {})  # an error where the caller may not decrypt it
    return {
        **({} if "Error" in environment else {"environment": [{"variables": environment.get("Variables", {})}]}),
        "handler": now.get("Handler", ""),
        "layers": [layer["Arn"] for layer in now.get("Layers", [])],
        "memory_size": now["MemorySize"],
        "reserved_concurrent_executions": reserved,
        "role": now["Role"],
        "timeout": now["Timeout"],
    }


def _mapping(site: Site, mapping: Attributes) -> Mapping[str, Any]:
    now = site.client("lambda").get_event_source_mapping(UUID=mapping["uuid"])
    most = now.get("ScalingConfig", {}).get("MaximumConcurrency")
    return {
        "batch_size": now["BatchSize"],
        "function_response_types": now.get("FunctionResponseTypes", []),
        "scaling_config": [{"maximum_concurrency": most}] if most else [],
    }


def _role_policy(site: Site, policy: Attributes) -> Mapping[str, Any]:
    now = site.client("iam").get_role_policy(RoleName=policy["role"], PolicyName=policy["name"])
    return {"policy": now["PolicyDocument"]}


def _bucket(site: Site, bucket: Attributes) -> Mapping[str, Any]:
    site.client("s3").head_bucket(Bucket=bucket["bucket"])
    return {}


def _lifecycle(site: Site, lifecycle: Attributes) -> Mapping[str, Any]:
    now = site.client("s3").get_bucket_lifecycle_configuration(Bucket=lifecycle["bucket"])
    found = {rule["ID"]: (rule["Status"], *_days(rule, _DAYS)) for rule in now["Rules"]}
    wanted = {rule["id"]: (rule["status"], *_days(rule, _DAYS.values())) for rule in lifecycle["rule"]}
    return {} if found == wanted else {"rule": found}


def _days(rule: Attributes, places: Iterable[tuple[str, str]]) -> Iterator[int]:
    """After how many days a rule deletes what; 0 where never. A block is a list of one in the state."""
    for block, days in places:
        told = rule.get(block) or {}
        yield (told[0] if isinstance(told, list) else told).get(days) or 0


def _bucket_policy(site: Site, policy: Attributes) -> Mapping[str, Any]:
    return {"policy": site.client("s3").get_bucket_policy(Bucket=policy["bucket"])["Policy"]}


def _table(site: Site, table: Attributes) -> Mapping[str, Any]:
    site.client("dynamodb").describe_table(TableName=table["name"])
    return {}


def _key(site: Site, key: Attributes) -> Mapping[str, Any]:
    site.client("kms").describe_key(KeyId=key["arn"])
    return {}


def _topic_policy(site: Site, policy: Attributes) -> Mapping[str, Any]:
    """Not as the topic's own attribute, which in the state is that of before its policy was put."""
    return {"policy": site.client("sns").get_topic_attributes(TopicArn=policy["arn"])["Attributes"].get("Policy", "")}


def _subscription(site: Site, subscription: Attributes) -> Mapping[str, Any]:
    if not subscription["arn"].startswith("arn:"):  # a mail that nobody has confirmed yet
        return {}
    now = site.client("sns").get_subscription_attributes(SubscriptionArn=subscription["arn"])["Attributes"]
    return {"endpoint": now["Endpoint"]}


def _dashboard(site: Site, dashboard: Attributes) -> Mapping[str, Any]:
    now = site.client("cloudwatch").get_dashboard(DashboardName=dashboard["dashboard_name"])
    return {"dashboard_body": now["DashboardBody"]}


_NOT_PROCESSED = "what is dropped is not processed, or lost"
_NOT_WORKING = "functions fail or cannot do their work"
_NOT_TOLD = "nobody is told"

KINDS: Mapping[str, Kind] = {
    "aws_cloudwatch_event_rule": Kind("rule", "name", _rule, _NOT_PROCESSED),
    "aws_cloudwatch_event_target": Kind("target of the rule", "rule", _target, _NOT_PROCESSED),
    "aws_sqs_queue": Kind("queue", "name", _queue, _NOT_PROCESSED),
    "aws_lambda_event_source_mapping": Kind("mapping of", "function_arn", _mapping, _NOT_PROCESSED),
    "aws_lambda_function": Kind("function", "function_name", _function, _NOT_WORKING),
    "aws_iam_role_policy": Kind("policy of the role", "role", _role_policy, _NOT_WORKING),
    "aws_kms_key": Kind("KMS key", "key_id", _key, _NOT_WORKING),
    "aws_dynamodb_table": Kind("table", "name", _table, _NOT_WORKING),
    "aws_s3_bucket": Kind("bucket", "bucket", _bucket, _NOT_WORKING),
    "aws_s3_bucket_policy": Kind("policy of the bucket", "bucket", _bucket_policy, "requests without TLS are taken"),
    "aws_s3_bucket_lifecycle_configuration": Kind(
        "lifecycle of the bucket", "bucket", _lifecycle, "what should go is kept and paid for, or goes too soon"
    ),
    "aws_sns_topic_policy": Kind("policy of the topic", "arn", _topic_policy, _NOT_TOLD),
    "aws_sns_topic_subscription": Kind("subscription of", "topic_arn", _subscription, _NOT_TOLD),
    "aws_cloudwatch_dashboard": Kind("dashboard", "dashboard_name", _dashboard, "it does not show what it did"),
}


def drift(site: Site) -> Iterator[Finding]:
    """Each resource that is gone or other than Terraform left it; what may not be asked is told once."""
    resources = [(kind, resource) for name, kind in KINDS.items() for resource in site.of(name)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict.fromkeys(each for each in pool.map(lambda pair: _one(site, *pair), resources) if each)
    yield from found or [ok(f"{len(resources)} resources are as Terraform left them")]


def _one(site: Site, kind: Kind, resource: Attributes) -> Finding | None:
    name = f"The {kind.word} {resource[kind.named].rpartition(':')[2]}"
    try:
        now = kind.read(site, resource)
    except ClientError as error:
        if not is_part_gone(error):
            return refused(error, site)
        now = None
    if now is None:
        return wrong(f"{name} is gone: {kind.else_}.", site.deploy)
    if others := differing(resource, now):
        return wrong(f"{name} is not as Terraform left it ({', '.join(others)}): {kind.else_}.", site.deploy)
    return None


def differing(wanted: Attributes, now: Attributes) -> list[str]:
    """Which of the attributes that AWS told are not what the state says; what the state lacks is not compared."""
    return [name for name in now if name in wanted and not _same(_plain(wanted[name]), _plain(now[name]))]


def _same(wanted: object, now: object) -> bool:
    """Whether two values say the same; the order of a list means nothing in any of them."""
    if isinstance(wanted, Mapping) and isinstance(now, Mapping):
        return all(_same(wanted.get(name), now.get(name)) for name in {*wanted, *now})
    if isinstance(wanted, list) and isinstance(now, list):
        return len(wanted) == len(now) and all(any(_same(one, each) for one in wanted) for each in now)
    return wanted == now or (not wanted and not now)


def _plain(value: object) -> object:
    """A policy or a pattern, which is JSON in a string, as what it says; AWS writes a list of one as that one."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(each) for each in value]
    return value
