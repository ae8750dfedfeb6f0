"""What stops a verb, as one sentence and the command that mends it; never a traceback.

`OperatorError` is raised where the cause is known; `explain` makes one of what botocore and the system raise.
"""

import traceback
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's own, the base of all that does not connect
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

WHOSE = "aws sts get-caller-identity"
_SIGN_IN = "aws sso login"

# HeadObject has no body, so its code is the number; MethodNotAllowed (405) is how a delete marker answers.
_NO_OBJECT = {"404", "405", "MethodNotAllowed", "NoSuchKey", "NoSuchVersion"}
_NO_PART = {
    *("AWS.SimpleQueueService.NonExistentQueue", "DashboardNotFoundError", "NoSuchBucket", "NoSuchBucketPolicy"),
    *("NoSuchEntity", "NoSuchLifecycleConfiguration", "NotFound", "NotFoundException", "QueueDoesNotExist"),
    *("ResourceNotFound", "ResourceNotFoundException"),
}
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}

_REFUSALS = (  # AWS's codes, what to say of them, the command that mends it
    (
        {"400", "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"},
        "The AWS credentials have expired. Sign in again.",  # 400 is all that a HEAD request tells of it
        _SIGN_IN,
    ),
    (
        {
            *("AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId"),
            *("InvalidSignatureException", "InvalidToken", "SignatureDoesNotMatch", "UnrecognizedClientException"),
        },
        "AWS does not know these credentials ({code}). Sign in, or set AWS_PROFILE.",
        _SIGN_IN,
    ),
    (
        _DENIED,
        "AWS denied {operation} to these credentials. See whose they are, and ask for that permission.",
        WHOSE,
    ),
    (
        _NO_PART,
        "A part of the environment is gone ({operation}: {code}). Deploy it again.",
        "./deploy.sh <env>",
    ),
    (
        {"RequestInTheFuture", "RequestTimeTooSkewed"},
        "This machine's clock is wrong, so AWS refuses its signatures. Set it.",
        "date --utc",
    ),
)


class OperatorError(Exception):
    """A verb cannot do its work. `mend` is the command to type next, where there is one."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        self.mend = mend
        super().__init__(sentence)


class Absent(OperatorError):
    """What was asked for is not there: an answer rather than a mistake."""


class NoKey(OperatorError):
    """The environment's pseudonym key is not there, or not for the caller."""


def is_gone(error: ClientError) -> bool:
    """Whether the object that was asked for is not there. Never at a 400, which expired credentials get too."""
    return _code(error) in _NO_OBJECT


def is_part_gone(error: ClientError) -> bool:
    """Whether the part of an environment that was asked for is not there; a HEAD of a bucket tells only a 404."""
    return _code(error) in {*_NO_PART, "404"}


def is_denied(error: ClientError) -> bool:
    return _code(error) in _DENIED


def explain(error: BotoCoreError | ClientError | OSError) -> OperatorError:
    """Say what AWS, the way to it or this machine refused, and what to do about it."""
    match error:
        case ClientError():
            found = _explain_refusal(error)
        case NoCredentialsError() | PartialCredentialsError():
            found = OperatorError("There are no AWS credentials here. Sign in, or set AWS_PROFILE.", _SIGN_IN)
        case ProfileNotFound():
            found = OperatorError(f"{error}. Set AWS_PROFILE to one that exists.", "aws configure list-profiles")
        case SSOError() | TokenRetrievalError():
            found = OperatorError("The AWS sign-in has expired. Sign in again.", _SIGN_IN)
        case ConnectionError() | HTTPClientError():
            found = _explain_silence(str(error.kwargs.get("endpoint_url") or ""))
        case OSError():
            found = OperatorError(f"{error.filename or 'This machine'}: {error.strerror or error}.")
        case _:
            found = OperatorError(f"The AWS client cannot go on: {error}")
    return found


def fault(error: Exception) -> OperatorError:
    """What nobody expected: by its kind and place alone, since its own words may hold a value."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind, where = type(error).__name__, f"{Path(place.filename).name}, line {place.lineno}"
    return OperatorError(f"This is a fault of scandrop itself: {kind} in {where}. Please report it.")


def _explain_refusal(error: ClientError) -> OperatorError:
    code, operation = _code(error), error.operation_name
    for codes, sentence, mend in _REFUSALS:
        if code in codes:
            return OperatorError(sentence.format(code=code, operation=operation), mend)
    return OperatorError(f"AWS refused {operation} ({code}): {error.response['Error'].get('Message', '')}")


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _explain_silence(url: str) -> OperatorError:
    endpoint = urlsplit(url)
    if endpoint.hostname in {"127.0.0.1", "localhost"}:
        return OperatorError(f"The embedded AWS at {endpoint.netloc} does not answer. Start it.", "./deploy.sh local")
    return OperatorError(f"{endpoint.netloc or 'AWS'} does not answer. Check the network and the region.")
