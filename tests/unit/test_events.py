"""Every event shape of the design, and keys that break careless readers."""

import json
from functools import partial
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scandrop import events
from scandrop.errors import Failed
from scandrop.events import UNSEQUENCED, is_from_queue, to_message

objects_in, objects_in_message = (
    partial(read, known_as=str.upper) for read in (events.objects_in, events.objects_in_message)
)

AWKWARD_KEYS = [
    "plain.png",
    "with space.png",
    "plus+and%20percent%.png",
    "ünïcödé/日本語/🧠.png",
    "a//b/../c.png",
    "k" * 1020 + ".png",
]


def eventbridge(key: str, **entry: object) -> dict[str, object]:
    return {
        "id": "e-1",
        "time": "2026-11-21T01:02:03Z",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": "raw"},
            "object": {
                "key": key,
                "size": 7,
                "etag": "abc",
                "version-id": "v1",
                "sequencer": "0055AED6DCD90281E5",
                **entry,
            },
            "reason": "PutObject",
        },
    }


def notification(key: str, event_name: str = "ObjectCreated:Put") -> dict[str, object]:
    entry = {"key": quote_plus(key), "size": 7, "eTag": "abc", "versionId": "v1", "sequencer": "0055AED6DCD90281E5"}
    record = {
        "eventSource": "aws:s3",
        "eventName": event_name,
        "eventTime": "2026-11-21T01:02:03Z",
        "s3": {"bucket": {"name": "raw"}, "object": entry},
    }
    return {"Records": [record]}


def test_an_object_is_known_by_what_its_key_is_made_into_whatever_the_event():
    for event in (eventbridge("a b.png"), notification("a b.png")):
        assert [(raw.key, raw.known_as) for raw in objects_in(event)] == [("a b.png", "A B.PNG")]


@pytest.mark.parametrize("key", AWKWARD_KEYS)
@pytest.mark.parametrize("shape", [eventbridge, notification])
@pytest.mark.parametrize("in_queue", [False, True])
def test_every_shape_gives_the_same_object_with_its_key_as_s3_has_it(shape, key, in_queue):
    event = shape(key)
    (raw,) = objects_in_message(json.dumps(event)) if in_queue else objects_in(event)
    assert (raw.bucket, raw.key, raw.version_id, raw.etag, raw.size_bytes) == ("raw", key, "v1", "abc", 7)


@given(st.text(min_size=1).filter(lambda key: "\x00" not in key))
def test_any_text_survives_the_form_encoding_of_a_notification(key):
    assert objects_in(notification(key))[0].key == key


def test_a_notification_of_several_objects_gives_each_of_them():
    records = notification("a.png")["Records"] + notification("b.png")["Records"]
    assert [raw.key for raw in objects_in({"Records": records})] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("early", "late"), [("0055AED6", "0055AED6DC"), ("0055AED6DC", "0055AED7"), ("00FF", "0100"), ("0a", "0B")]
)
def test_sequencers_are_padded_on_the_right_and_compared_as_text_as_s3_says(early, late):
    first, second = (objects_in(eventbridge("k", sequencer=digits))[0].sequencer for digits in (early, late))
    assert first < second
    assert len(first) == len(second)


def test_an_event_without_a_sequencer_or_version_is_read_all_the_same():
    (raw,) = objects_in(eventbridge("k", **{"sequencer": None, "version-id": None}))
    assert (raw.sequencer, raw.version_id) == (UNSEQUENCED, "null")
    assert json.loads(to_message(raw))["detail"]["object"]["sequencer"] is None


@pytest.mark.parametrize(
    "event",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "raw"},
        notification("thawed.png", "ObjectRestore:Completed"),
        {**eventbridge("thawed.png"), "detail-type": "Object Restore Completed"},
        {**eventbridge("other.png"), "source": "aws.ec2"},
    ],
    ids=["test event", "notified restore", "restore", "other source"],
)
def test_an_event_that_tells_of_no_object_gives_none(event):
    assert objects_in(event) == []


@pytest.mark.parametrize(
    "body",
    ["", "not json", "[]", "{}", '"text"', "null", "7", '{"Records": [{"eventSource": "aws:sns"}]}', '{"detail": 1}'],
)
def test_a_message_that_is_no_event_fails_so_that_it_reaches_the_dead_letter_queue(body):
    with pytest.raises(Failed) as failure:
        objects_in_message(body)
    assert failure.value.code == "unknown_event"


@pytest.mark.parametrize("key", [None, 7, ["a.png"], {"a": "b"}])
@pytest.mark.parametrize("shape", [eventbridge, notification])
def test_a_key_that_is_no_text_is_no_event(shape, key):
    event = shape("a.png")
    entry = event["detail"]["object"] if "detail" in event else event["Records"][0]["s3"]["object"]
    entry["key"] = key
    with pytest.raises(Failed) as failure:
        objects_in_message(json.dumps(event))
    assert failure.value.code == "unknown_event"


def test_an_object_handed_on_to_another_lane_reads_back_the_same():
    (raw,) = objects_in(eventbridge("ünïcödé +%.bin"))
    assert objects_in_message(to_message(raw)) == [raw]


def test_only_a_zero_byte_key_that_ends_in_a_slash_is_a_folder_marker():
    marker, folder_with_bytes, empty_file = (
        objects_in(eventbridge(key, size=size))[0].is_folder_marker for key, size in (("a/", 0), ("a/", 1), ("a", 0))
    )
    assert (marker, folder_with_bytes, empty_file) == (True, False, False)


def test_a_queue_batch_is_told_from_a_notification():
    assert is_from_queue({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]})
    assert not is_from_queue(notification("a.png"))
    assert not is_from_queue(eventbridge("a.png"))


# As the S3 User Guide has it in "EventBridge event message structure": no size, and the ETag of an empty object.
MARKER = {"etag": "d41d8cd98f00b204e9800998ecf8427e", "version-id": "m1", "sequencer": "617F0837B476E463"}


def deletion(key, deletion_type, **entry):
    event = eventbridge(key)
    event["detail"] |= {"object": {"key": key, **entry}, "reason": "DeleteObject", "deletion-type": deletion_type}
    return event | {"detail-type": "Object Deleted"}


@pytest.mark.parametrize("key", AWKWARD_KEYS)
@pytest.mark.parametrize(
    ("event_of", "deleted"),
    [
        (lambda key: deletion(key, "Delete Marker Created", **MARKER), "key"),
        (lambda key: deletion(key, "Permanently Deleted", **MARKER), "version"),
        (lambda key: notification(key, "ObjectRemoved:DeleteMarkerCreated"), "key"),
        (lambda key: notification(key, "ObjectRemoved:Delete"), "version"),
        (lambda key: notification(key, "LifecycleExpiration:DeleteMarkerCreated"), "key"),
        (lambda key: notification(key, "LifecycleExpiration:Delete"), "version"),
    ],
)
def test_every_shape_of_a_deletion_says_whether_the_key_or_a_version_is_gone(event_of, deleted, key):
    (raw,) = objects_in(event_of(key))
    assert (raw.key, raw.deletion, raw.size_bytes, raw.etag) == (key, deleted, 0, "")
    assert raw.version_id == f"deleted-{raw.sequencer}"


def test_a_deletion_that_says_nothing_of_its_order_is_called_by_its_event():
    (raw,) = objects_in(deletion("k", "Permanently Deleted"))
    assert (raw.version_id, raw.sequencer) == ("deleted-e-1", events.UNSEQUENCED)


def test_a_deletion_of_an_unknown_kind_fails_so_that_it_reaches_the_dead_letter_queue():
    for event in (deletion("k", "Archived"), notification("k", "ObjectRemoved:Archived")):
        with pytest.raises(Failed) as failure:
            objects_in(event)
        assert failure.value.code == "unknown_event"


def test_a_deletion_handed_on_to_another_lane_is_read_as_the_same():
    for kind in ("Delete Marker Created", "Permanently Deleted"):
        (raw,) = objects_in(deletion("a b.json", kind, **MARKER))
        assert objects_in_message(to_message(raw)) == [raw]


def test_the_deletion_of_what_is_called_like_a_folder_is_no_folder_marker():
    assert not objects_in(deletion("a/", "Delete Marker Created", **MARKER))[0].is_folder_marker
