"""What S3 tells EventBridge of a bucket, as far as the lanes read it."""

import pytest
from implementations import Aws, Difference, refused, rule

from scandrop.events import objects_in

PAGE = "S3 User Guide, EventBridge event message structure"
EXAMPLE = Difference(
    "an S3 event on EventBridge has the page's example of a sequencer, `eTag`, and no `deletion-type`", PAGE
)
VERSION = Difference("an S3 event on EventBridge names no version", PAGE)


def told(aws: Aws, *, changes) -> list[dict]:
    """The events of a versioned bucket on which `changes` are made, in the order of their sequencers."""
    bucket = aws.bucket()
    events = aws.events_of(bucket)
    count = changes(bucket)
    came = [event for event in events(count) if event["detail-type"] in {"Object Created", "Object Deleted"}]
    return sorted(came, key=lambda event: event["detail"]["object"]["sequencer"].upper().ljust(32, "0"))


@rule(moto=EXAMPLE, ministack=VERSION)
def test_a_put_is_told_with_its_key_size_etag_and_version(aws):
    key, answers = "study 1/é+<b>&%20.dcm", []

    def put(bucket):
        answers.append(aws.s3.put_object(Bucket=bucket, Key=key, Body=b"one"))
        return 1

    (event,) = told(aws, changes=put)
    (raw,) = objects_in(event, lambda key: key)
    assert (raw.key, raw.size_bytes, raw.etag) == (key, 3, answers[0]["ETag"].strip('"'))
    assert raw.version_id == answers[0]["VersionId"]
    assert raw.context["reason"] == "PutObject"


@rule(moto=EXAMPLE)
def test_sequencers_of_a_key_are_hexadecimal_and_grow(aws):
    def puts(bucket):
        for number in range(5):
            aws.s3.put_object(Bucket=bucket, Key="a", Body=bytes(number))
        return 5

    events = told(aws, changes=puts)
    assert [event["detail"]["object"]["size"] for event in events] == [0, 1, 2, 3, 4]
    assert len({int(event["detail"]["object"]["sequencer"], 16) for event in events}) == 5


@rule(moto=EXAMPLE, ministack=VERSION)
def test_a_delete_marker_is_told_with_its_version_and_a_later_sequencer(aws):
    versions = []

    def put_and_delete(bucket):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")
        versions.append(aws.s3.delete_object(Bucket=bucket, Key="a")["VersionId"])
        return 2

    event = told(aws, changes=put_and_delete)[-1]
    assert (event["detail-type"], event["detail"]["deletion-type"]) == ("Object Deleted", "Delete Marker Created")
    assert event["detail"]["object"]["version-id"] == versions[0]


@rule(moto=EXAMPLE, ministack=VERSION)
def test_a_version_deleted_for_good_is_told_as_such(aws):
    versions = []

    def put_and_delete(bucket):
        versions.append(aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")["VersionId"])
        aws.s3.delete_object(Bucket=bucket, Key="a", VersionId=versions[0])
        return 2

    event = told(aws, changes=put_and_delete)[-1]
    assert (event["detail-type"], event["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")
    assert event["detail"]["object"]["version-id"] == versions[0]


@pytest.mark.parametrize("condition", [{"IfNoneMatch": "*"}, {"IfMatch": '"0"'}])
@rule()
def test_a_refused_put_is_not_told(aws, condition):
    def put_and_fail(bucket):
        aws.s3.put_object(Bucket=bucket, Key="a", Body=b"one")
        with refused("PreconditionFailed"):
            aws.s3.put_object(Bucket=bucket, Key="a", Body=b"two!", **condition)
        aws.s3.put_object(Bucket=bucket, Key="b", Body=b"three")
        return 2

    assert sorted(event["detail"]["object"]["size"] for event in told(aws, changes=put_and_fail)) == [3, 5]
