"""All that an environment tells, by place: whatever a person, a log or a bucket could give away."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from conftest import Deployed

COMMANDS = ("status --json", "study list --json", "watch --once --json", "logs --json")


def everywhere(deployed: Deployed, known_as: Iterable[str]) -> dict[str, bytes]:
    """Logs, metrics, alarms, ledger, queues, functions, what the commands print, and what became of these objects."""
    return {
        **dict(_services(deployed)),
        **dict(_queues(deployed)),
        **dict(_said(deployed)),
        **dict(_stored(deployed, [*known_as, "_gallery"])),
    }


def _services(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    watch, logs = deployed.client("cloudwatch"), deployed.client("logs")
    yield "ledger", _bytes(deployed.ledger())
    yield "metrics", _bytes([page["Metrics"] for page in watch.get_paginator("list_metrics").paginate()])
    yield "alarms", _bytes([watch.describe_alarms(), watch.describe_alarm_history()])
    yield "functions", _bytes(deployed.client("lambda").list_functions())
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        yield f"log {group['logGroupName']}", _bytes([page["events"] for page in pages])


def _queues(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    sqs = deployed.client("sqs")
    for url in sqs.list_queues(QueueNamePrefix="scandrop-")["QueueUrls"]:
        messages = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        yield f"queue {url.rpartition('/')[2]}", _bytes(messages.get("Messages", []))


def _said(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    for command in COMMANDS:
        done = deployed.scandrop(*command.split())
        assert done.returncode in {0, 1}, done.stderr
        yield f"scandrop {command}", (done.stdout + done.stderr).encode()


def _stored(deployed: Deployed, known_as: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Each version of each derivative: its bytes, and its key, metadata and tags; a delete marker has a key alone."""
    s3, bucket = deployed.client("s3"), deployed.outputs["processed_bucket"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        yield "deleted derivatives", _bytes(page.get("DeleteMarkers", []))
        for entry in page.get("Versions", []):
            key, version = entry["Key"], {"Bucket": bucket, "Key": entry["Key"], "VersionId": entry["VersionId"]}
            yield f"listing of {key}", key.encode()
            if any(key.startswith(f"{known}/") for known in known_as):
                answer = s3.get_object(**version)
                yield f"derivative {key}", answer.pop("Body").read()
                yield f"metadata of {key}", _bytes([answer, s3.get_object_tagging(**version)["TagSet"]])


def _bytes(told: Any) -> bytes:
    return json.dumps(told, default=str, ensure_ascii=False).encode()
