"""What an environment holds, found by name, so that what a lost state or a former version left is found too.

An environment's name has no dash, so no other one's resources begin with ``scandrop-<name>-``.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from scandrop_cli import environment
from scandrop_cli.errors import OperatorError

_CONFIG = Config(connect_timeout=5, max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 8})
_LOG_PREFIXES = ("/aws/lambda/scandrop-{}-", "/aws/apigateway/scandrop-{}-", "/scandrop-{}/")


@dataclass(frozen=True)
class Bucket:
    """objects: keys that are there now; versions: all that is to be deleted, delete markers among them."""

    name: str
    objects: int
    versions: int
    size_bytes: int


@dataclass(frozen=True)
class LogGroup:
    name: str
    size_bytes: int


@dataclass(frozen=True)
class Queue:
    """messages: all, those that are being tried among them."""

    url: str
    messages: int

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Holdings:
    """All of it. `ledger_items` is about right: DynamoDB counts every six hours; None where there is no table."""

    environment: str
    region: str
    buckets: list[Bucket]
    log_groups: list[LogGroup]
    queues: list[Queue]
    ledger_items: int | None

    @property
    def versions(self) -> int:
        return sum(bucket.versions for bucket in self.buckets)

    def client(self, service: str) -> Any:  # noqa: ANN401  as boto3's own
        return client(service, self.region)


def client(service: str, region: str) -> Any:  # noqa: ANN401  as boto3's own, where the name is no literal
    return boto3.client(service, region_name=region, config=_CONFIG)  # type: ignore[call-overload]


def look(name: str, counted: Callable[[int], None] = lambda _: None) -> Holdings:
    """Count what an environment holds; `counted` is told how many versions so far.

    Raises `OperatorError` where there is no such environment, or it is protected.
    """
    root = environment.repository_root()
    backend = environment.backend_of(name, root)
    settings = environment.assignments(root / f"env/{name}.tfvars")
    _refuse_protected(name, root, settings.get("deletion_protection", "true"))
    region = settings.get("region") or backend["region"]
    return Holdings(name, region, _buckets(name, region, counted), *_others(name, region))


def _refuse_protected(name: str, root: Path, setting: str) -> None:
    if setting != "false":
        raise OperatorError(
            f"{name} is protected, and nothing was deleted. Set deletion_protection = false in env/{name}.tfvars, and "
            "deploy that first.",
            f"./deploy.sh {name}",
        )
    if any(table.get("deletion_protection_enabled") for table in _tables(name, root)):
        raise OperatorError(
            f"{name} is still protected, and nothing was deleted: env/{name}.tfvars says "
            "deletion_protection = false, and that is not deployed yet.",
            f"./deploy.sh {name}",
        )


def _tables(name: str, root: Path) -> list[Mapping[str, Any]]:
    try:
        state = environment.state(name, root)
    except OperatorError:  # there is none any more
        return []
    return [attributes for kind, attributes in environment.resources(state) if kind == "aws_dynamodb_table"]


def _buckets(name: str, region: str, counted: Callable[[int], None]) -> list[Bucket]:
    s3 = client("s3", region)
    names = [each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith(f"scandrop-{name}-")]
    seen = 0

    def count(bucket: str) -> Bucket:
        nonlocal seen
        objects = versions = size_bytes = 0
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            kept = page.get("Versions", [])
            objects += sum(entry["IsLatest"] for entry in kept)
            versions += len(kept) + len(page.get("DeleteMarkers", []))
            size_bytes += sum(entry["Size"] for entry in kept)
            seen += len(kept)
            counted(seen)
        return Bucket(bucket, objects, versions, size_bytes)

    with ThreadPoolExecutor(max(1, len(names))) as pool:
        return list(pool.map(count, names))


def _others(name: str, region: str) -> tuple[list[LogGroup], list[Queue], int | None]:
    queues = sorted(_queues(name, region), key=attrgetter("name"))
    return [*_log_groups(name, region)], queues, _ledger_items(name, region)


def _log_groups(name: str, region: str) -> Iterator[LogGroup]:
    pages = client("logs", region).get_paginator("describe_log_groups")
    for prefix in _LOG_PREFIXES:
        for page in pages.paginate(logGroupNamePrefix=prefix.format(name)):
            for group in page["logGroups"]:
                yield LogGroup(group["logGroupName"], group.get("storedBytes", 0))


def _queues(name: str, region: str) -> Iterator[Queue]:
    sqs = client("sqs", region)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"scandrop-{name}-"):
        for url in page.get("QueueUrls", []):
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            yield Queue(url, sum(map(int, found.values())))


def _ledger_items(name: str, region: str) -> int | None:
    try:
        table = client("dynamodb", region).describe_table(TableName=f"scandrop-{name}-ledger")["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return int(table.get("ItemCount", 0))
