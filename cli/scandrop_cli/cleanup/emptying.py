"""Deleting what an environment holds. Broken off, it goes on where it was when it is asked for again."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from scandrop_cli.cleanup.holdings import Holdings
from scandrop_cli.errors import OperatorError

_AT_ONCE = 4  # requests of up to 1,000 versions for each bucket; S3 asks for no more than 3,500 deletions a second

type Entry = Mapping[str, str]


def clean(holdings: Holdings, deleted: Callable[[int], None] = lambda _: None) -> None:
    """Delete messages, versions and log lines; `deleted` is told how many versions so far.

    Raises `OperatorError` where something was refused or a bucket could not be listed, after all else is gone.
    """
    sqs = holdings.client("sqs")
    for queue in holdings.queues:  # before the buckets, so that no lane goes on writing to them
        _unless("PurgeQueueInProgress", sqs.purge_queue, QueueUrl=queue.url)
    refused = _empty([bucket.name for bucket in holdings.buckets if not bucket.failure], holdings.client("s3"), deleted)
    clear_logs(holdings)
    if unlisted := [f"{bucket.name} ({bucket.failure})" for bucket in holdings.buckets if bucket.failure]:
        raise OperatorError(
            f"S3 fails to list {', '.join(unlisted)}, so that is as it was. All else is gone.",
            _another_way(holdings.environment),
        )
    if refused:
        raise OperatorError(
            f"{sum(refused.values()):,} versions could not be deleted "
            f"({', '.join(f'{code}: {count:,}' for code, count in refused.items())}). All else is gone.",
            f"scandrop cleanup --env {holdings.environment}",
        )


def _another_way(environment: str) -> str:
    """What helps where a bucket cannot be listed: the embedded AWS can do without it, AWS may list it later."""
    if "AWS_ENDPOINT_URL" in os.environ:
        return "./deploy.sh local --wipe"
    return f"scandrop cleanup --env {environment}"


def clear_logs(holdings: Holdings) -> None:
    """Empty the log groups that Terraform has in its state, and delete those that a destroy left.

    Without its group a function on AWS logs nothing; on the embedded AWS it makes one, which stops the next apply.
    """
    logs = holdings.client("logs")
    for group in holdings.log_groups:
        if group.managed:
            _delete_streams(logs, group.name)
        else:
            _unless("ResourceNotFoundException", logs.delete_log_group, logGroupName=group.name)


def _delete_streams(logs: Any, group: str) -> None:  # noqa: ANN401
    """AWS deletes a few streams a second; the client waits and asks again where it is told to."""
    pages = list(logs.get_paginator("describe_log_streams").paginate(logGroupName=group))  # all, before any is gone
    for stream in (stream for page in pages for stream in page["logStreams"]):
        name = stream["logStreamName"]
        _unless("ResourceNotFoundException", logs.delete_log_stream, logGroupName=group, logStreamName=name)


def _empty(names: Sequence[str], s3: Any, deleted: Callable[[int], None]) -> dict[str, int]:  # noqa: ANN401
    """Delete every version in some buckets. Returns how many were refused, by AWS's codes."""
    refused: dict[str, int] = {}
    lock, gone = Lock(), 0

    def count(entries: Sequence[Entry], errors: Sequence[str]) -> None:
        nonlocal gone
        with lock:
            gone += len(entries) - len(errors)
            for code in errors:
                refused[code] = refused.get(code, 0) + 1
            deleted(gone)

    def empty(name: str) -> None:
        _abort_uploads(s3, name)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for pages in batched(_pages(s3, name), _AT_ONCE):
                for page, errors in zip(pages, pool.map(lambda page: _delete(s3, name, page), pages), strict=True):
                    count(page, errors)

    with ThreadPoolExecutor(max(1, len(names))) as pool:
        list(pool.map(empty, names))
    return refused


def _pages(s3: Any, name: str) -> Iterator[list[Entry]]:  # noqa: ANN401
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]


def _delete(s3: Any, name: str, entries: Sequence[Entry]) -> list[str]:  # noqa: ANN401
    """Delete up to 1,000 versions. Returns the codes of those that were refused."""
    alone = [entry for entry in entries if not _fits_xml(entry["Key"])]
    together = [entry for entry in entries if _fits_xml(entry["Key"])]
    for entry in alone:
        s3.delete_object(Bucket=name, **entry)
    if not together:
        return []
    answer = s3.delete_objects(Bucket=name, Delete={"Objects": together, "Quiet": True})
    return [error["Code"] for error in answer.get("Errors", [])]


def _fits_xml(key: str) -> bool:
    """Whether a list of keys, which S3 takes as XML, can hold this one."""
    return all(" " <= char <= "\ufffd" or char > "\uffff" for char in key)


def _abort_uploads(s3: Any, name: str) -> None:  # noqa: ANN401
    """End uploads in parts that nobody finished: their parts are paid for, and no listing shows them."""
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])


def _unless(code: str, call: Callable[..., Any], **arguments: str) -> None:
    try:
        call(**arguments)
    except ClientError as error:
        if not error.response["Error"]["Code"].endswith(code):  # SQS puts its own name before some
            raise
