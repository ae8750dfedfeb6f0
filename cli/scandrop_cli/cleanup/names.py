"""What an environment's own parts are called. Anything else that begins so is somebody's, and is left alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from scandrop.lanes import SUFFIXES

BUCKET, LOG_GROUP, QUEUE = "bucket", "log group", "queue"

_ROLES = ("artifacts", "logs", "processed", "raw")
_FUNCTIONS = (*SUFFIXES, "door", "herald", "notices")
_IN_STATE = {  # a resource's type, its kind, and the attribute that has its name
    "aws_cloudwatch_log_group": (LOG_GROUP, "name"),
    "aws_s3_bucket": (BUCKET, "bucket"),
    "aws_sqs_queue": (QUEUE, "name"),
}

type Names = Mapping[str, set[str]]
type Managed = Iterable[tuple[str, Mapping[str, Any]]]


def managed_names(managed: Managed) -> Names:
    """The names that a state has, by kind."""
    names: dict[str, set[str]] = {kind: set() for kind, _ in _IN_STATE.values()}
    for resource, attributes in managed:
        if resource in _IN_STATE:
            kind, attribute = _IN_STATE[resource]
            names[kind].add(attributes[attribute])
    return names


def usual_names(environment: str, account: str) -> Names:
    """The names that Terraform gives, by kind, so that what a lost state or a destroy left is found too."""
    prefix = f"scandrop-{environment}"
    functions = [f"{prefix}-{function}" for function in _FUNCTIONS]
    return {
        BUCKET: {f"{prefix}-{role}-{account}" for role in _ROLES},
        LOG_GROUP: {
            *(f"/aws/lambda/{function}" for function in functions),
            f"/aws/apigateway/{prefix}-door",
            f"/{prefix}/audit",
        },
        QUEUE: {*(f"{prefix}-{lane}" for lane in SUFFIXES), *(f"{function}-dead" for function in functions)},
    }
