"""A whole environment in process: moto's S3, DynamoDB and SQS, and lane handlers that work on them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto import mock_aws

from scandrop.handler import Handler

RAW, PROCESSED, TABLE = "scandrop-test-raw", "scandrop-test-processed", "scandrop-test-ledger"


@dataclass
class Clock:
    """Lambda's context with a remaining time that the test sets."""

    remaining_ms: list[int] = field(default_factory=lambda: [60_000])
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms.pop(0) if len(self.remaining_ms) > 1 else self.remaining_ms[0]


@dataclass
class Stack:
    s3: Any
    dynamodb: Any
    sqs: Any
    queue_urls: dict[str, str]
    dead_letter_queue_url: str
    sequence: int = 0

    def environ(self, lane: str, **more: str) -> dict[str, str]:
        return {
            "SCANDROP_LANE": lane,
            "SCANDROP_TABLE": TABLE,
            "SCANDROP_PROCESSED_BUCKET": PROCESSED,
            "SCANDROP_RAW_BUCKET": RAW,
            "SCANDROP_MAX_OBJECT_BYTES": "1000000",
            "SCANDROP_SETTINGS": "{}",
            "SCANDROP_QUEUE_URL": self.queue_urls.get(lane, "none"),
            "SCANDROP_DEAD_LETTER_QUEUE_URL": self.dead_letter_queue_url,
            "SCANDROP_ON_DELETE": "keep",
            "SCANDROP_RECEIVES": "5",
            "SCANDROP_QUEUE_URLS": json.dumps(self.queue_urls),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            **more,
        }

    def handler(self, lane: str, **more: str) -> Handler:
        return Handler.from_environ(self.environ(lane, **more))

    def drop(self, key: str, body: bytes) -> dict[str, Any]:
        """Put an object into the raw bucket; returns the EventBridge event that tells of it."""
        answer = self.s3.put_object(Bucket=RAW, Key=key, Body=body)
        self.sequence += 1
        entry = {
            "key": key,
            "size": len(body),
            "etag": answer["ETag"].strip('"'),
            "version-id": answer["VersionId"],
            "sequencer": f"{self.sequence:X}",
        }
        detail = {"bucket": {"name": RAW}, "object": entry, "reason": "PutObject"}
        return {
            "id": "e",
            "time": "2026-11-21T00:00:00Z",
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": detail,
        }

    def delete(self, key: str, version_id: str = "") -> dict[str, Any]:
        """Delete an object from the raw bucket, or one version of it for good; returns the event that tells of it."""
        version = {"VersionId": version_id} if version_id else {}
        answer = self.s3.delete_object(Bucket=RAW, Key=key, **version)
        self.sequence += 1
        entry = {"key": key, "version-id": answer.get("VersionId"), "sequencer": f"{self.sequence:X}"}
        kind = "Permanently Deleted" if version_id else "Delete Marker Created"
        detail = {"bucket": {"name": RAW}, "object": entry, "reason": "DeleteObject", "deletion-type": kind}
        return {
            "id": "e",
            "time": "2026-11-21T00:00:00Z",
            "source": "aws.s3",
            "detail-type": "Object Deleted",
            "detail": detail,
        }

    def versions(self, key: str) -> dict[str, dict[str, Any]]:
        """The ledger's items of a key, by version id."""
        found = (
            boto3.resource("dynamodb")
            .Table(TABLE)
            .query(
                KeyConditionExpression="object_key = :key", ExpressionAttributeValues={":key": key}, ConsistentRead=True
            )
        )
        return {item["version_id"]: item for item in found["Items"]}

    def item(self, event: dict[str, Any]) -> dict[str, Any]:
        """The ledger's item of the version that an event tells of."""
        entry = event["detail"]["object"]
        return self.versions(entry["key"])[entry["version-id"]]

    def processed(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=PROCESSED).get("Contents", [])]

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=PROCESSED, Key=key)["Body"].read())

    def manifest(self, key: str) -> dict[str, Any]:
        return dict(json.loads(self.read(f"{key}/manifest.json")))


def queued(*events: Any) -> dict[str, Any]:
    """A batch as SQS delivers it; message ids are m0, m1, …"""
    bodies = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return {
        "Records": [
            {
                "eventSource": "aws:sqs",
                "messageId": f"m{i}",
                "receiptHandle": f"r{i}",
                "attributes": {"ApproximateReceiveCount": "1"},
                "body": body,
            }
            for i, body in enumerate(bodies)
        ]
    }


@contextmanager
def stack() -> Iterator[Stack]:
    with mock_aws():
        s3 = boto3.client("s3")
        for bucket in (RAW, PROCESSED):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        dynamodb = boto3.client("dynamodb")
        names = ("object_key", "version_id", "status_day", "lane_day", "updated_at")
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[
                {"AttributeName": "object_key", "KeyType": "HASH"},
                {"AttributeName": "version_id", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": attribute, "KeyType": "HASH"},
                        {"AttributeName": "updated_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, attribute in (("by_status", "status_day"), ("by_lane", "lane_day"))
            ],
        )
        sqs = boto3.client("sqs")
        queue_urls = {
            lane: sqs.create_queue(QueueName=f"scandrop-test-{lane}")["QueueUrl"]
            for lane in ("dicom", "image", "nifti", "record")
        }
        dead = sqs.create_queue(QueueName="scandrop-test-dead-letters")["QueueUrl"]
        yield Stack(s3, dynamodb, sqs, queue_urls, dead)
