"""What an environment holds, found by the names in its state and those that Terraform gives.

An environment's name has no dash, so no other one's resources begin with ``scandrop-<name>-``.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from scandrop.queues import depth
from scandrop_cli import environment
from scandrop_cli.cleanup.names import BUCKET, LOG_GROUP, QUEUE, managed_names, usual_names
from scandrop_cli.errors import OperatorError, is_part_gone

_LOG_PREFIXES = ("/aws/lambda/scandrop-{}-", "/aws/apigateway/scandrop-{}-", "/scandrop-{}/")


@dataclass(frozen=True)
class Bucket:
    """objects: keys that are there now; versions: all that is to be deleted, delete markers among them.

    Where S3 failed to list it, `failure` is the code, and nothing is counted.
    """

    name: str
    objects: int = 0
    versions: int = 0
    size_bytes: int = 0
    failure: str | None = None


@dataclass(frozen=True)
class LogGroup:
    """managed: Terraform has it in its state, so it is emptied and stays."""

    name: str
    size_bytes: int
    managed: bool


@dataclass(frozen=True)
class Queue:
    """messages: all, those that are being tried among them."""

    url: str
    messages: int

    @property
    def name(self) -> str:
        return _queue_name(self.url)


@dataclass(frozen=True)
class Stranger:
    """What begins as the environment's parts do, and is none of them."""

    kind: str
    name: str


@dataclass(frozen=True)
class Holdings:
    """All of it. `ledger_items` is about right: DynamoDB counts every six hours; None where there is no table."""

    environment: str
    region: str
    buckets: list[Bucket]
    log_groups: list[LogGroup]
    queues: list[Queue]
    ledger_items: int | None
    strangers: list[Stranger]

    @property
    def versions(self) -> int:
        return sum(bucket.versions for bucket in self.buckets)

    def client(self, service: str) -> Any:  # noqa: ANN401  as boto3's own
        return _client(service, self.region)


def look(name: str, counted: Callable[[int], None] = lambda _: None) -> Holdings:
    """Count what an environment holds; `counted` is told how many versions so far.

    Raises `OperatorError` where there is no such environment, or it is protected.
    """
    root = environment.repository_root()
    backend = environment.backend_of(name, root)
    settings = environment.settings_of(name, root)
    managed = _managed(name, root)
    _refuse_protected(name, managed, setting=settings.get("deletion_protection"))
    region = settings.get("region") or backend["region"]
    usual, known = usual_names(name, str(settings["aws_account_id"])), managed_names(managed)
    own = {kind: usual[kind] | known[kind] for kind in usual}
    buckets, groups, urls = (
        _bucket_names(name, region),
        _log_groups(name, region, known[LOG_GROUP]),
        _queue_urls(name, region),
    )
    return Holdings(
        name,
        region,
        _count([bucket for bucket in buckets if bucket in own[BUCKET]], region, counted),
        [group for group in groups if group.name in own[LOG_GROUP]],
        _queues([url for url in urls if _queue_name(url) in own[QUEUE]], region),
        _ledger_items(name, region),
        [
            *(Stranger(BUCKET, bucket) for bucket in buckets if bucket not in own[BUCKET]),
            *(Stranger(LOG_GROUP, group.name) for group in groups if group.name not in own[LOG_GROUP]),
            *(Stranger(QUEUE, _queue_name(url)) for url in urls if _queue_name(url) not in own[QUEUE]),
        ],
    )


def _refuse_protected(name: str, managed: list[tuple[str, Mapping[str, Any]]], *, setting: bool | None) -> None:
    if setting is not False:
        raise OperatorError(
            f"{name} is protected, and nothing was deleted. Set deletion_protection = false in env/{name}.tfvars, and "
            "deploy that first.",
            f"./deploy.sh {name}",
        )
    if any(kind == "aws_dynamodb_table" and table.get("deletion_protection_enabled") for kind, table in managed):
        raise OperatorError(
            f"{name} is still protected, and nothing was deleted: env/{name}.tfvars says "
            "deletion_protection = false, and that is not deployed yet.",
            f"./deploy.sh {name}",
        )


def _managed(name: str, root: Path) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        state = environment.state(name, root)
    except OperatorError:  # there is none any more
        return []
    return [*environment.resources(state)]


def _bucket_names(name: str, region: str) -> list[str]:
    buckets = _client("s3", region).list_buckets()["Buckets"]
    return [bucket["Name"] for bucket in buckets if bucket["Name"].startswith(f"scandrop-{name}-")]


def _count(names: list[str], region: str, counted: Callable[[int], None]) -> list[Bucket]:
    s3 = _client("s3", region)
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

    def try_to_count(bucket: str) -> Bucket:
        try:
            return count(bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return Bucket(bucket, failure=error.response["Error"]["Code"])

    with ThreadPoolExecutor(max(1, len(names))) as pool:
        return list(pool.map(try_to_count, names))


def _log_groups(name: str, region: str, managed: set[str]) -> list[LogGroup]:
    pages = _client("logs", region).get_paginator("describe_log_groups")
    return [
        LogGroup(group["logGroupName"], group.get("storedBytes", 0), group["logGroupName"] in managed)
        for prefix in _LOG_PREFIXES
        for page in pages.paginate(logGroupNamePrefix=prefix.format(name))
        for group in page["logGroups"]
    ]


def _queue_urls(name: str, region: str) -> list[str]:
    pages = _client("sqs", region).get_paginator("list_queues").paginate(QueueNamePrefix=f"scandrop-{name}-")
    return sorted((url for page in pages for url in page.get("QueueUrls", [])), key=_queue_name)


def _queue_name(url: str) -> str:
    return url.rpartition("/")[2]


def _queues(urls: list[str], region: str) -> list[Queue]:
    sqs = _client("sqs", region)
    return [Queue(url, depth(sqs, url)) for url in urls]


def _ledger_items(name: str, region: str) -> int | None:
    try:
        table = _client("dynamodb", region).describe_table(TableName=f"scandrop-{name}-ledger")["Table"]
    except ClientError as error:
        if not is_part_gone(error):
            raise
        return None
    return int(table.get("ItemCount", 0))


def _client(service: str, region: str) -> Any:  # noqa: ANN401  as boto3's own
    """More patient than others: AWS empties slowly, and asks to slow down."""
    return environment.client(service, region, attempts=8)
