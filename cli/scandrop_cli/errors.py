"""What stops a verb, as one sentence and the command that mends it; never a traceback.

`OperatorError` is raised where the cause is known; `explain` makes one of what botocore raises.
"""

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

START_LOCAL = "./deploy.sh local"
SIGN_IN = "aws sso login"
WHO_AM_I = "aws sts get-caller-identity"

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
}
_SKEWED = {"RequestTimeTooSkewed", "RequestInTheFuture"}


class OperatorError(Exception):
    """A verb cannot do its work. `mend` is the command to type next, where there is one."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        self.mend = mend
        super().__init__(sentence)


def explain(error: BotoCoreError | ClientError) -> OperatorError:
    """Say what AWS or the way to it refused, and what to do about it."""
    if isinstance(error, ClientError):
        return _explain_refusal(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return OperatorError("There are no AWS credentials here. Sign in, or set AWS_PROFILE.", SIGN_IN)
    if isinstance(error, ProfileNotFound):
        return OperatorError(f"{error}. Set AWS_PROFILE to one that exists.", "aws configure list-profiles")
    if isinstance(error, SSOError | TokenRetrievalError):
        return OperatorError("The AWS sign-in has expired. Sign in again.", SIGN_IN)
    if isinstance(error, ConnectionError | HTTPClientError):
        return _explain_silence(str(error.kwargs.get("endpoint_url") or ""))
    return OperatorError(f"The AWS client cannot go on: {error}.")


def _explain_refusal(error: ClientError) -> OperatorError:
    code = error.response["Error"]["Code"]
    if code in _EXPIRED:
        return OperatorError("The AWS credentials have expired. Sign in again.", SIGN_IN)
    if code in _UNKNOWN:
        return OperatorError(f"AWS does not know these credentials ({code}). Sign in, or set AWS_PROFILE.", SIGN_IN)
    if code in _DENIED:
        return OperatorError(
            f"AWS denied {error.operation_name} to these credentials. See whose they are, and ask for that permission.",
            WHO_AM_I,
        )
    if code in _GONE:
        return OperatorError(
            f"A part of the environment is gone ({error.operation_name}: {code}). Deploy it again.", "./deploy.sh <env>"
        )
    if code in _SKEWED:
        return OperatorError("This machine's clock is wrong, so AWS refuses its signatures. Set the clock.")
    return OperatorError(f"AWS refused {error.operation_name} ({code}): {error.response['Error'].get('Message', '')}")


def _explain_silence(url: str) -> OperatorError:
    endpoint = urlsplit(url)
    if endpoint.hostname in {"127.0.0.1", "localhost"}:
        return OperatorError(f"The embedded AWS at {endpoint.netloc} does not answer. Start it.", START_LOCAL)
    return OperatorError(f"{endpoint.netloc or 'AWS'} does not answer. Check the network and the region.")
