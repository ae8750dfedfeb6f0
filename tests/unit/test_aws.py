"""AWS's refusals as this package's errors."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scandrop.aws import translated
from scandrop.errors import Failed, ScandropError


@pytest.mark.parametrize(
    ("aws_code", "code"),
    [
        ("SlowDown", "throttled"),
        ("ThrottlingException", "throttled"),
        ("ProvisionedThroughputExceededException", "throttled"),
        ("PreconditionFailed", "lost_race"),
        ("ConditionalRequestConflict", "lost_race"),
        ("AccessDenied", "aws_error"),
        ("InternalError", "aws_error"),
        ("NoSuchVersion", "version_gone"),
        ("NoSuchKey", "version_gone"),
        ("404", "version_gone"),
    ],
)
def test_a_refusal_becomes_the_error_that_says_whether_to_try_again(aws_code, code):
    secret = {"Error": {"Code": aws_code, "Message": "study/Ikerian A.png"}}
    with pytest.raises(ScandropError) as raised, translated("PutObject"):
        raise ClientError(secret, "PutObject")
    assert raised.value.code == code
    assert isinstance(raised.value, Failed) == (code != "version_gone")
    assert "Ikerian" not in str(raised.value)


def test_an_aws_that_cannot_be_reached_is_tried_again():
    with pytest.raises(Failed) as raised, translated("GetObject"):
        raise EndpointConnectionError(endpoint_url="https://example.invalid")
    assert raised.value.code == "aws_error"
    assert "GetObject" in str(raised.value)
