"""Colour profiles with text planted where their structure has room for it."""

import struct

import pytest

from scandrop.processors.dicom._icc import without_words

CANARY = b"Zephyr^Zdenka 12.03.1954"


def icc_of(tags):
    """A profile of tags that are pairs of a signature and data."""
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for signature, data in tags:
        table += struct.pack(">4sII", signature, at + len(body), len(data))
        body += data
    header = struct.pack(">I", at + len(body)).ljust(36, b"\0") + b"acsp"
    return header.ljust(128, b"\0") + table + body


@pytest.mark.parametrize(
    "tag",
    [
        b"curv" + bytes(4) + struct.pack(">I3H", 3, 1, 2, 3),
        b"para" + bytes(4) + struct.pack(">HH3I", 1, 0, 1, 2, 3),
        b"XYZ " + bytes(4) + struct.pack(">3I", 1, 2, 3),
        b"sf32" + bytes(4) + struct.pack(">9I", *range(9)),
        b"chrm" + bytes(4) + struct.pack(">HH6I", 3, 1, *range(6)),
        b"mft1" + bytes(4) + b"\3\1\2\0" + bytes(36) + bytes(range(256)) * 4 + bytes(range(8)),
        b"mft2" + bytes(4) + b"\3\1\2\0" + bytes(36) + struct.pack(">24H", 4, 4, *range(22)) + b"\1\2" * 2,
    ],
)
def test_a_tag_of_a_colour_profile_is_as_long_as_its_own_counts_say(tag):
    def profile(text, reserved):
        return icc_of([(b"rTRC", tag[:4] + reserved + tag[8:] + text), (b"wtpt", b"XYZ " + bytes(16))])

    made = without_words(profile(CANARY, b"Zeph"))
    assert made == profile(bytes(len(CANARY)), bytes(4))


def test_a_tag_that_the_standard_of_colour_profiles_does_not_have_is_left_out():
    number = b"XYZ " + struct.pack(">4I", 0, 1, 2, 3)
    profile = icc_of([(b"Zeph", number), (b"wtpt", number), (b"yr^Z", number)])
    kept = without_words(profile)
    assert kept[128:144] == struct.pack(">I4sII", 1, b"wtpt", 168 + 20, 20)
    assert kept[144:188] == bytes(44)
    assert kept[188:] == number + bytes(20)
    assert without_words(icc_of([(b"Zeph", number)])) is None
