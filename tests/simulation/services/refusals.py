"""AWS's refusals, as botocore raises them."""

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

_MODELLED = (
    "ConditionalCheckFailedException",
    "InternalServerError",
    "NoSuchBucket",
    "NoSuchKey",
    "ProvisionedThroughputExceededException",
    "ResourceNotFoundException",
    "TransactionCanceledException",
    "TransactionConflictException",
)

# Shared by all clients, as botocore's own are by all clients of one session.
exceptions = SimpleNamespace(**{name: type(name, (ClientError,), {}) for name in _MODELLED})


def refusal(operation: str, code: str, status: int = 400, message: str = "", **members: Any) -> ClientError:
    """The error of one refused call: of botocore's class for the code where the service's model has one."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **members,
    }
    return getattr(exceptions, code, ClientError)(response, operation)
