"""All that an environment tells, by place: whatever a person, a log or a bucket could give away."""

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from conftest import Deployed
from privileges import Grant, Role, without

COMMANDS = (
    "status --json",
    "study list --json",
    "watch --once --json",
    "logs --json",
    "failures",
    "failures --json",
    "reconcile --older-than 0s",
    "cost --by prefix",
    "doctor",
)


def everywhere(deployed: Deployed, known_as: Collection[str]) -> dict[str, bytes]:
    """Logs, metrics, alarms, ledger, queues, functions, what is said of these objects, and what they became."""
    return {
        **dict(_services(deployed)),
        **dict(_queues(deployed)),
        **dict(_said(deployed, _one_of_each_lane(known_as))),
        **dict(_answered(deployed, known_as)),
        **dict(_stored(deployed, [*known_as, "_gallery"])),
    }


def fail_for_good(deployed: Deployed, key: str, body: bytes) -> None:
    """Have the dicom lane fail for the last time with an object it has processed: its function keeps the letter."""
    processed = f"arn:aws:s3:::{deployed.outputs['processed_bucket']}/*"
    write = Grant("dicom", "WriteProcessed", "s3:PutObject", processed)
    with deployed.rule_disabled("dicom"), without(Role(deployed, "dicom"), write):
        deployed.drop({key: body})
        record = {"messageId": "m", "receiptHandle": "r", "eventSource": "aws:sqs"}
        record |= {"attributes": {"ApproximateReceiveCount": "5"}, "body": json.dumps(deployed.event(key))}
        assert deployed.invoke("dicom", {"Records": [record]}) == {"batchItemFailures": []}


def _one_of_each_lane(known_as: Iterable[str]) -> Iterable[str]:
    of_suffix = {Path(known).suffix: known for known in known_as}
    return [of_suffix[suffix] for suffix in (".dcm", ".json", ".nii", ".png")]


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
        found, name = messages.get("Messages", []), url.rpartition("/")[2]
        yield f"letter {name}", _bytes([message.pop("MessageAttributes", {}) for message in found])
        yield f"queue {name}", _bytes(found)


def _said(deployed: Deployed, shown: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for command in (*map(str.split, COMMANDS), *(["show", key] for key in shown)):
        done = deployed.scandrop(*command)
        assert done.returncode in {0, 1}, done.stderr
        yield f"scandrop {' '.join(command)}", (done.stdout + done.stderr).encode()


def _answered(deployed: Deployed, known_as: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for key in known_as:
        event = {"httpMethod": "GET", "path": f"/{key}", "headers": {}, "queryStringParameters": None}
        yield f"door {key}", _bytes(deployed.call("scandrop-local-door", event))


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
