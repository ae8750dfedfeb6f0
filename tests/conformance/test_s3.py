"""What the pipeline relies on of S3."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from implementations import Aws, Difference, refused, rule

from scandrop.aws import Deadline

CHECKSUM = Difference("a checksum is not compared with the bytes", "S3 User Guide, Checking object integrity")
EXPIRY = Difference(
    "the expiry of a signature is not looked at",
    "S3 API Reference, Authenticating Requests: Using Query Parameters",
)
KEY_LENGTH = Difference("a key may have more than 1,024 bytes", "S3 User Guide, Naming Amazon S3 objects")
MARKER_ABSENT = Difference(
    "deleting what never was leaves no delete marker", "S3 User Guide, Working with delete markers"
)
MARKER_GONE = Difference("deleting a delete marker is not told as such", "S3 API Reference, DeleteObject")
MARKER_READ = Difference(
    "a delete marker that is read by its version is `NoSuchVersion`", "S3 User Guide, Working with delete markers"
)
RANGE = Difference("a range of a named version is the whole object", "S3 API Reference, GetObject")


def put(aws: Aws, bucket: str, key: str = "a", body: bytes = b"one", **more):
    return aws.s3.put_object(Bucket=bucket, Key=key, Body=body, **more)


def read(aws: Aws, bucket: str, key: str = "a", **more) -> bytes:
    return aws.s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def delete(aws: Aws, bucket: str, key: str = "a", **more):
    return aws.s3.delete_object(Bucket=bucket, Key=key, **more)


def listed(aws: Aws, bucket: str, **more) -> list[str]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **more)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


@rule()
def test_each_put_is_a_version_of_its_own_that_stays_readable(aws):
    bucket = aws.bucket()
    first, second = put(aws, bucket), put(aws, bucket, body=b"two")
    assert first["VersionId"] != second["VersionId"]
    assert read(aws, bucket) == b"two"
    assert read(aws, bucket, VersionId=first["VersionId"]) == b"one"


@rule()
def test_the_same_bytes_again_are_another_version_with_the_same_etag(aws):
    bucket = aws.bucket()
    first, second = put(aws, bucket), put(aws, bucket)
    assert first["ETag"] == second["ETag"]
    assert first["VersionId"] != second["VersionId"]


@rule()
def test_an_etag_is_quoted_and_the_same_in_every_answer(aws):
    bucket = aws.bucket()
    etag = put(aws, bucket)["ETag"]
    assert etag == f'"{hashlib.md5(b"one").hexdigest()}"'  # noqa: S324  it is what S3 says
    assert aws.s3.head_object(Bucket=bucket, Key="a")["ETag"] == etag
    assert aws.s3.get_object(Bucket=bucket, Key="a")["ETag"] == etag
    assert aws.s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == etag


@rule()
def test_without_versions_a_put_replaces_and_names_no_version(aws):
    bucket = aws.bucket(versioned=False)
    put(aws, bucket)
    assert "VersionId" not in put(aws, bucket, body=b"two")
    assert read(aws, bucket) == b"two"


@rule()
def test_without_versions_a_delete_leaves_nothing(aws):
    bucket = aws.bucket(versioned=False)
    put(aws, bucket)
    delete(aws, bucket)
    with refused("NoSuchKey", 404):
        read(aws, bucket)


@rule()
def test_metadata_and_the_kind_of_content_come_back(aws):
    bucket = aws.bucket()
    put(aws, bucket, Metadata={"source-key": "a%20b"}, ContentType="text/plain")
    head = aws.s3.head_object(Bucket=bucket, Key="a")
    assert (head["Metadata"], head["ContentType"]) == ({"source-key": "a%20b"}, "text/plain")


@rule()
def test_the_storage_class_that_was_asked_for_is_listed(aws):
    bucket = aws.bucket()
    put(aws, bucket, StorageClass="INTELLIGENT_TIERING")
    assert aws.s3.list_objects_v2(Bucket=bucket)["Contents"][0]["StorageClass"] == "INTELLIGENT_TIERING"


@rule()
def test_what_must_not_be_there_is_put_where_nothing_is(aws):
    bucket = aws.bucket()
    put(aws, bucket, IfNoneMatch="*")
    assert read(aws, bucket) == b"one"


@rule()
def test_what_must_not_be_there_is_refused_where_something_is(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    with refused("PreconditionFailed", 412):
        put(aws, bucket, body=b"two", IfNoneMatch="*")
    assert read(aws, bucket) == b"one"


@rule()
def test_what_must_not_be_there_is_put_over_a_delete_marker(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    delete(aws, bucket)
    put(aws, bucket, body=b"two", IfNoneMatch="*")
    assert read(aws, bucket) == b"two"


@rule()
def test_what_replaces_a_known_object_is_put_over_it(aws):
    bucket = aws.bucket()
    put(aws, bucket, body=b"two", IfMatch=put(aws, bucket)["ETag"])
    assert read(aws, bucket) == b"two"


@rule()
def test_what_replaces_a_known_object_is_refused_over_another(aws):
    bucket = aws.bucket()
    first = put(aws, bucket)
    put(aws, bucket, body=b"two")
    with refused("PreconditionFailed", 412):
        put(aws, bucket, body=b"three", IfMatch=first["ETag"])
    assert read(aws, bucket) == b"two"


@rule()
def test_what_replaces_a_known_object_is_refused_where_none_ever_was(aws):
    bucket = aws.bucket()
    with refused("NoSuchKey", 404):
        put(aws, bucket, IfMatch='"0123"')
    assert listed(aws, bucket) == []


@rule()
def test_what_replaces_a_known_object_is_refused_over_a_delete_marker(aws):
    bucket = aws.bucket()
    etag = put(aws, bucket)["ETag"]
    delete(aws, bucket)
    with refused("NoSuchKey", 404):
        put(aws, bucket, IfMatch=etag)


@rule()
def test_a_refused_put_leaves_no_version(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    with refused("PreconditionFailed", 412):
        put(aws, bucket, IfNoneMatch="*")
    assert len(aws.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


@rule()
def test_bytes_that_are_what_their_checksum_says_are_stored(aws):
    bucket = aws.bucket()
    put(aws, bucket, ChecksumSHA256=sha256(b"one"))
    assert read(aws, bucket) == b"one"


@rule(moto=CHECKSUM)
def test_bytes_that_are_not_what_their_checksum_says_are_refused(aws):
    bucket = aws.bucket()
    with refused("BadDigest", 400):
        put(aws, bucket, ChecksumSHA256=sha256(b"other"))
    assert listed(aws, bucket) == []


@rule()
def test_a_key_that_never_was_is_told_by_the_class_of_the_error(aws):
    with pytest.raises(aws.s3.exceptions.NoSuchKey):
        read(aws, aws.bucket())


@rule()
def test_a_head_has_no_body_so_its_code_is_the_status(aws):
    with refused("404", 404):
        aws.s3.head_object(Bucket=aws.bucket(), Key="a")


@rule()
def test_a_bucket_that_is_not_there_is_told_as_such(aws):
    with refused("NoSuchBucket", 404):
        read(aws, "bucket-that-is-not-there")


@rule()
def test_a_version_that_was_deleted_is_told_as_such(aws):
    bucket = aws.bucket()
    version = put(aws, bucket)["VersionId"]
    put(aws, bucket, body=b"two")
    delete(aws, bucket, VersionId=version)
    with refused("NoSuchVersion", 404):
        read(aws, bucket, VersionId=version)


@rule()
def test_a_version_is_of_its_own_key_alone(aws):
    bucket = aws.bucket()
    put(aws, bucket, "other", b"two")
    version = put(aws, bucket)["VersionId"]
    with refused("NoSuchVersion", 404):
        read(aws, bucket, "other", VersionId=version)


@rule()
def test_a_delete_hides_the_object_and_keeps_its_versions(aws):
    bucket = aws.bucket()
    version = put(aws, bucket)["VersionId"]
    assert delete(aws, bucket)["DeleteMarker"] is True
    with refused("NoSuchKey", 404):
        read(aws, bucket)
    with refused("404", 404):
        aws.s3.head_object(Bucket=bucket, Key="a")
    assert read(aws, bucket, VersionId=version) == b"one"


@rule(moto=MARKER_READ)
def test_a_delete_marker_cannot_be_read_by_its_version(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    marker = delete(aws, bucket)["VersionId"]
    with refused("MethodNotAllowed", 405):
        read(aws, bucket, VersionId=marker)


@rule(moto=MARKER_GONE)
def test_a_delete_marker_that_is_deleted_brings_the_object_back(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    answer = delete(aws, bucket, VersionId=delete(aws, bucket)["VersionId"])
    assert answer["DeleteMarker"] is True
    assert read(aws, bucket) == b"one"


@rule()
def test_a_version_that_is_deleted_uncovers_the_one_before(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    delete(aws, bucket, VersionId=put(aws, bucket, body=b"two")["VersionId"])
    assert read(aws, bucket) == b"one"


@rule()
def test_a_version_can_be_deleted_again(aws):
    bucket = aws.bucket()
    version = put(aws, bucket)["VersionId"]
    put(aws, bucket, body=b"two")
    for _ in range(2):
        delete(aws, bucket, VersionId=version)
    assert read(aws, bucket) == b"two"


@rule(moto=MARKER_ABSENT)
def test_deleting_what_never_was_leaves_a_delete_marker(aws):
    bucket = aws.bucket()
    delete(aws, bucket)
    (marker,) = aws.s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
    assert (marker["Key"], marker["IsLatest"]) == ("a", True)


@rule()
def test_what_is_known_is_deleted_where_it_still_stands(aws):
    bucket = aws.bucket()
    delete(aws, bucket, IfMatch=put(aws, bucket)["ETag"])
    assert listed(aws, bucket) == []


@rule()
def test_what_is_known_is_not_deleted_where_another_stands(aws):
    bucket = aws.bucket()
    first = put(aws, bucket)
    put(aws, bucket, body=b"two")
    with refused("PreconditionFailed", 412):
        delete(aws, bucket, IfMatch=first["ETag"])
    assert read(aws, bucket) == b"two"


@rule()
def test_what_is_known_cannot_be_deleted_again(aws):
    bucket = aws.bucket()
    etag = put(aws, bucket)["ETag"]
    delete(aws, bucket)
    with refused("NoSuchKey", 404):
        delete(aws, bucket, IfMatch=etag)


@rule()
def test_a_range_is_that_part_of_the_object(aws):
    bucket = aws.bucket()
    put(aws, bucket, body=b"0123456789")
    assert read(aws, bucket, Range="bytes=2-4") == b"234"
    assert read(aws, bucket, Range="bytes=8-99") == b"89"


@rule(ministack=RANGE)
def test_a_range_is_that_part_of_a_named_version(aws):
    bucket = aws.bucket()
    version = put(aws, bucket, body=b"0123456789")["VersionId"]
    assert read(aws, bucket, Range="bytes=2-4", VersionId=version) == b"234"


@rule()
def test_an_empty_object_has_no_range(aws):
    bucket = aws.bucket()
    put(aws, bucket, body=b"")
    with refused("InvalidRange", 416):
        read(aws, bucket, Range="bytes=0-9")


@rule()
def test_keys_are_listed_in_the_order_of_their_utf8(aws):
    bucket, keys = aws.bucket(), ["A", "a", "a/b", "a0", "z", "é", "あ", "😀"]
    for key in reversed(keys):
        put(aws, bucket, key)
    assert listed(aws, bucket) == keys


@rule()
def test_a_prefix_is_of_text_and_not_of_folders(aws):
    bucket = aws.bucket()
    for key in ("a/b", "a/bc", "ab"):
        put(aws, bucket, key)
    assert listed(aws, bucket, Prefix="a/b") == ["a/b", "a/bc"]


@rule()
def test_a_delimiter_leaves_out_what_lies_deeper(aws):
    bucket = aws.bucket()
    for key in ("a/1", "a/b/2", "a/b/3", "a/c"):
        put(aws, bucket, key)
    answer = aws.s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")
    assert [entry["Key"] for entry in answer["Contents"]] == ["a/1", "a/c"]
    assert answer["CommonPrefixes"] == [{"Prefix": "a/b/"}]


@rule()
def test_pages_of_a_listing_leave_nothing_out_and_repeat_nothing(aws):
    bucket = aws.bucket()
    keys = ["a/1", "a/2", "b", "c/1", "d", "e"]
    for key in keys:
        put(aws, bucket, key)
    assert listed(aws, bucket, MaxKeys=2) == keys
    assert listed(aws, bucket, Delimiter="/", MaxKeys=1) == ["b", "d", "e"]


@rule()
def test_a_page_that_holds_all_there_is_has_none_after_it(aws):
    bucket = aws.bucket()
    for key in ("a", "b"):
        put(aws, bucket, key)
    answer = aws.s3.list_objects_v2(Bucket=bucket, MaxKeys=2)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (2, False)
    assert "NextContinuationToken" not in answer
    assert aws.s3.list_object_versions(Bucket=bucket, MaxKeys=2)["IsTruncated"] is False


@rule()
def test_a_key_whose_last_version_is_deleted_is_in_no_listing(aws):
    bucket = aws.bucket()
    delete(aws, bucket, VersionId=put(aws, bucket)["VersionId"])
    answer = aws.s3.list_object_versions(Bucket=bucket)
    assert not answer.keys() & {"Versions", "DeleteMarkers"}
    assert listed(aws, bucket) == []


@rule()
def test_what_was_deleted_is_not_listed(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    put(aws, bucket, "b")
    delete(aws, bucket)
    assert listed(aws, bucket) == ["b"]


@rule()
def test_versions_are_listed_newest_first_and_delete_markers_apart(aws):
    bucket = aws.bucket()
    versions = [put(aws, bucket)["VersionId"], put(aws, bucket, body=b"two")["VersionId"]]
    delete(aws, bucket)
    answer = aws.s3.list_object_versions(Bucket=bucket, Prefix="a")
    assert [entry["VersionId"] for entry in answer["Versions"]] == versions[::-1]
    assert [entry["IsLatest"] for entry in answer["Versions"]] == [False, False]
    assert [entry["IsLatest"] for entry in answer["DeleteMarkers"]] == [True]


@rule()
def test_a_delimiter_leaves_out_versions_that_lie_deeper(aws):
    bucket = aws.bucket()
    for key in ("a/1", "a/b/2", "ab"):
        put(aws, bucket, key)
        delete(aws, bucket, key)
    pages = aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="a/", Delimiter="/")
    found = [entry["Key"] for page in pages for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]]
    assert found == ["a/1", "a/1"]


@rule()
def test_a_head_of_a_version_that_was_deleted_finds_nothing(aws):
    bucket = aws.bucket()
    version = put(aws, bucket)["VersionId"]
    put(aws, bucket)
    delete(aws, bucket, VersionId=version)
    with refused("404", 404):
        aws.s3.head_object(Bucket=bucket, Key="a", VersionId=version)


@rule()
def test_a_head_of_a_delete_marker_is_not_allowed(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    marker = delete(aws, bucket)["VersionId"]
    with refused("405", 405):
        aws.s3.head_object(Bucket=bucket, Key="a", VersionId=marker)


HOSTILE = ("<img src=x onerror=alert(1)>.png", "a b+c%20&=?#.dcm", "../../etc/passwd", "あ" * 341 + "x", "\u202ea.dcm")


@pytest.mark.parametrize("key", HOSTILE, ids=range(len(HOSTILE)))
@rule()
def test_a_hostile_key_is_a_key_like_any_other(aws, key):
    bucket = aws.bucket()
    put(aws, bucket, key)
    assert listed(aws, bucket, Prefix=key) == [key]
    assert read(aws, bucket, key) == b"one"


@rule(moto=KEY_LENGTH, ministack=KEY_LENGTH)
def test_a_key_of_more_than_1024_bytes_is_refused(aws):
    with refused("KeyTooLongError", 400):
        put(aws, aws.bucket(), "あ" * 342)


def deadline_in(seconds: float) -> Deadline:
    """S3 knows it in whole seconds."""
    deadline = Deadline()
    deadline.at = datetime.now(UTC) + timedelta(seconds=seconds)
    return deadline


@rule()
def test_a_fenced_put_is_made_in_time(aws):
    bucket = aws.bucket()
    aws.fenced(deadline_in(60), 0).put_object(
        Bucket=bucket, Key="a", Body=b"one", IfNoneMatch="*", Metadata={"a": "b"}, ChecksumSHA256=sha256(b"one")
    )
    assert read(aws, bucket) == b"one"


@rule()
def test_a_fenced_put_keeps_its_condition(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    with refused("PreconditionFailed", 412):
        aws.fenced(deadline_in(60), 0).put_object(Bucket=bucket, Key="a", Body=b"two", IfNoneMatch="*")


@rule(moto=EXPIRY)
def test_a_fenced_put_that_arrives_after_the_deadline_is_refused(aws):
    bucket = aws.bucket()
    with refused("AccessDenied", 403):
        aws.fenced(deadline_in(1.5), 1.8).put_object(Bucket=bucket, Key="a", Body=b"one")
    assert listed(aws, bucket) == []


@rule()
def test_a_fenced_delete_is_made_in_time(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    aws.fenced(deadline_in(60), 0).delete_object(Bucket=bucket, Key="a")
    assert listed(aws, bucket) == []


@rule(moto=EXPIRY)
def test_a_fenced_delete_that_arrives_after_the_deadline_is_refused(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    with refused("AccessDenied", 403):
        aws.fenced(deadline_in(1.5), 1.8).delete_object(Bucket=bucket, Key="a")
    assert listed(aws, bucket) == ["a"]


@rule()
def test_a_version_is_deleted_through_the_fence_and_no_other(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    newer = put(aws, bucket, body=b"two")["VersionId"]
    aws.fenced(deadline_in(60), 0).delete_object(Bucket=bucket, Key="a", VersionId=newer)
    assert read(aws, bucket) == b"one"


@rule()
def test_reading_is_not_fenced(aws):
    bucket = aws.bucket()
    put(aws, bucket)
    answer = aws.fenced(Deadline(), 0).get_object(Bucket=bucket, Key="a")
    assert answer["Body"].read() == b"one"
