"""AWS's refusals as this package's errors."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_stack import PROCESSED, stack
from botocore.exceptions import ClientError, EndpointConnectionError

from scandrop.aws import Deadline, client, fence, translated
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
        ("InternalError", "aws_unavailable"),
        ("TransactionConflictException", "conflict"),
        ("NoSuchVersion", "version_gone"),
        ("NoSuchKey", "version_gone"),
        ("404", "version_gone"),
        ("405", "version_gone"),
    ],
)
def test_a_refusal_becomes_the_error_that_says_whether_to_try_again(aws_code, code):
    secret = {"Error": {"Code": aws_code, "Message": "study/Ikerian A.png"}}
    with pytest.raises(ScandropError) as raised, translated("PutObject"):
        raise ClientError(secret, "PutObject")
    assert raised.value.code == code
    assert isinstance(raised.value, Failed) == (code != "version_gone")
    assert "Ikerian" not in str(raised.value)


def test_a_write_that_came_too_late_is_no_fault_of_the_role():
    late = {"Error": {"Code": "AccessDenied", "Message": "Request has expired"}}
    with pytest.raises(Failed) as raised, translated("PutObject"):
        raise ClientError(late, "PutObject")
    assert raised.value.code == "lease_over"


def test_an_aws_that_cannot_be_reached_is_tried_again():
    with pytest.raises(Failed) as raised, translated("GetObject"):
        raise EndpointConnectionError(endpoint_url="https://example.invalid")
    assert raised.value.code == "aws_unavailable"
    assert "GetObject" in str(raised.value)


@pytest.fixture
def fenced():
    with stack():
        s3, deadline, sent = client("s3"), Deadline(), []
        fence(s3, deadline)
        s3.meta.events.register(
            "before-send.s3", lambda request, **_: sent.append(parse_qs(urlsplit(request.url).query))
        )
        yield s3, deadline, sent


def test_a_fenced_client_signs_its_writes_to_expire_with_the_deadline(fenced):
    s3, deadline, sent = fenced
    deadline.at = datetime.now(UTC) + timedelta(seconds=45)
    s3.put_object(Bucket=PROCESSED, Key="a", Body=b"body", IfNoneMatch="*")
    s3.delete_object(Bucket=PROCESSED, Key="b")
    assert all(40 <= int(query["X-Amz-Expires"][0]) <= 45 for query in sent)
    assert len(sent) == 2
    assert "if-none-match" in sent[0]["X-Amz-SignedHeaders"][0]
    assert s3.get_object(Bucket=PROCESSED, Key="a")["Body"].read() == b"body"


@pytest.mark.parametrize("deadline_s", [None, -1, 0])
def test_a_fenced_client_writes_nothing_before_its_deadline_is_set_or_after_it(fenced, deadline_s):
    s3, deadline, sent = fenced
    if deadline_s is not None:
        deadline.at = datetime.now(UTC) + timedelta(seconds=deadline_s)
    for write in (s3.put_object, s3.delete_object):
        with pytest.raises(Failed) as raised:
            write(Bucket=PROCESSED, Key="a")
        assert raised.value.code == "lease_over"
    assert sent == []
