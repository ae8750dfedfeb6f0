"""AWS clients, and AWS's refusals as this package's errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004

from scandrop.errors import Failed, Gone

type Client = Any  # botocore builds its clients at run time

# HeadObject has no body, so its code is the number; MethodNotAllowed (405) is how a delete marker answers.
_GONE = {"404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion"}
_EXPIRED = "Request has expired"  # which S3 says under the code of any other refusal
_RACED = {"ConditionalRequestConflict", "PreconditionFailed"}
_CONFLICTS = {"TransactionConflictException", "TransactionInProgressException"}
_UNAVAILABLE = {"InternalError", "InternalFailure", "InternalServerError", "RequestTimeout"}
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
}

_CODES = {
    **dict.fromkeys(_CONFLICTS, "conflict"),
    **dict.fromkeys(_THROTTLED, "throttled"),
    **dict.fromkeys(_UNAVAILABLE, "aws_unavailable"),
}

# Retries stay few: the queue tries again, and a function that waits is paid for. Parameters are checked by AWS itself.
_CONFIG = Config(
    connect_timeout=5,
    parameter_validation=False,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
)


def client(service: str, config: Config | None = None) -> Client:
    """A client of one service: botocore's, since importing boto3 on top of it costs 15 ms of every cold start."""
    return _session().create_client(service, config=_CONFIG.merge(config) if config else _CONFIG)


class Deadline:
    """Until when a fenced client may write: nothing before a try has set `at`, a time in UTC, and nothing after it."""

    at: datetime = datetime.min.replace(tzinfo=UTC)


def fence(s3: Client, deadline: Deadline) -> None:
    """Sign each PUT and DELETE of an S3 client to expire at the deadline, however late the request arrives.

    S3 checks the expiry of a signature in the query string (Amazon S3 API Reference, "Authenticating Requests: Using
    Query Parameters"), so a try whose time is up is refused by the store itself. Raises `Failed` ``lease_over`` where
    it is up at once.
    """

    def sign(request: AWSRequest, **_: object) -> None:
        expires_s = int((deadline.at - datetime.now(UTC)).total_seconds())
        if expires_s < 1:
            raise Failed("lease_over")
        credentials: Any = _session().get_credentials()
        body, request.data = request.data, b""  # which botocore would make a query of
        S3SigV4QueryAuth(credentials, "s3", s3.meta.region_name, expires_s).add_auth(request)
        request.data = body

    for operation in ("PutObject", "DeleteObject"):
        s3.meta.events.register(f"choose-signer.s3.{operation}", lambda **_: UNSIGNED)
        s3.meta.events.register(f"before-sign.s3.{operation}", sign)


def presigned_put(s3: Client, bucket: str, key: str, headers: Mapping[str, str], expires_s: int) -> str:
    """A link that takes one PUT to a key, with these headers and no others of S3's own.

    botocore's own links cannot bind ``x-amz-content-sha256``, which curl sends again to where it is redirected.
    """
    address = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": key}).partition("?")[0]
    request = AWSRequest("PUT", address, dict(headers))
    credentials: Any = _session().get_credentials()
    S3SigV4QueryAuth(credentials, "s3", s3.meta.region_name, expires_s).add_auth(request)
    return str(request.prepare().url)


@cache
def _session() -> botocore.session.Session:
    """One for all clients, since what each has to read for itself costs 45 ms of every cold start."""
    return botocore.session.get_session()


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Raise `Gone` where the object is and `Failed` for every other refusal of AWS."""
    try:
        yield
    except ClientError as error:
        aws_code = error.response["Error"]["Code"]
        if aws_code in _GONE:
            raise Gone from error
        if aws_code in _RACED:
            raise Failed("lost_race") from error
        if error.response["Error"].get("Message") == _EXPIRED:
            raise Failed("lease_over") from error
        raise Failed(_CODES.get(aws_code, "aws_error"), operation=operation, aws_code=aws_code) from error
    except BotoCoreError as error:
        code = "aws_unavailable" if isinstance(error, (ConnectionError, HTTPClientError)) else "aws_error"
        raise Failed(code, operation=operation, aws_code=type(error).__name__) from error
