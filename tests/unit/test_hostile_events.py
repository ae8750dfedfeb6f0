"""Messages of any shape: what no service of AWS sends is refused by its code, and nothing else comes out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scandrop import events
from scandrop.errors import Failed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
records = st.fixed_dictionaries(
    {},
    optional={
        "eventSource": st.sampled_from(("aws:s3", "aws:sqs")) | json_values,
        "eventName": st.sampled_from(("ObjectCreated:Put", "ObjectRemoved:Delete")) | json_values,
        "s3": st.fixed_dictionaries(
            {},
            optional={
                "bucket": st.just({"name": "raw"}) | json_values,
                "object": st.fixed_dictionaries(
                    {"key": st.sampled_from(("a", "%ff", "%00", "+")) | json_values},
                    optional=dict.fromkeys(("size", "versionId", "sequencer", "eTag"), json_values),
                )
                | json_values,
            },
        )
        | json_values,
        "responseElements": json_values,
    },
)
details = st.fixed_dictionaries(
    {},
    optional={
        "bucket": st.just({"name": "raw"}) | json_values,
        "object": st.fixed_dictionaries(
            {"key": st.just("a") | json_values},
            optional=dict.fromkeys(("size", "version-id", "sequencer", "etag"), json_values),
        )
        | json_values,
    },
)
bridged = st.fixed_dictionaries(
    {
        "source": st.just("aws.s3"),
        "detail-type": st.sampled_from(("Object Created", "Object Deleted")),
        "detail": details | json_values,
    }
)


@given(json_values | bridged | st.fixed_dictionaries({"Records": st.lists(records, max_size=2) | json_values}))
def test_a_message_of_any_shape_is_read_or_refused_by_its_code(content):
    for raw in _read(json.dumps(content)):
        assert raw.key.encode()
        assert isinstance(raw.version_id, str)
        assert isinstance(raw.size_bytes, int)


@given(st.text())
def test_a_message_that_is_no_json_is_refused_by_its_code(body):
    _read(body)


ODD = {
    "too deep to be read": "[" * 100_000,
    "half a character": '{"source": "aws.s3", "detail-type": "Object Created", '
    '"detail": {"bucket": {"name": "raw"}, "object": {"key": "\\ud800"}}}',
    "a size without end": '{"source": "aws.s3", "detail-type": "Object Created", '
    '"detail": {"bucket": {"name": "raw"}, "object": {"key": "a", "size": 1e999}}}',
    "a version that is a list": '{"source": "aws.s3", "detail-type": "Object Created", '
    '"detail": {"bucket": {"name": "raw"}, "object": {"key": "a", "version-id": [1]}}}',
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_message_is_refused_by_its_code(body):
    with pytest.raises(Failed) as caught:
        events.objects_in_message(body, known_as=lambda key: key)
    assert caught.value.code == "unknown_event"


def _read(body):
    """What a message tells of; nothing where it is refused as it should be."""
    try:
        return events.objects_in_message(body, known_as=lambda key: key)
    except Failed as failure:
        if failure.code != "unknown_event":
            raise
        return []
