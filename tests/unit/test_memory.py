"""The peak that the ledger tells of an object."""

import sys

import pytest

from scandrop import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counted by Linux")


def test_the_peak_is_what_was_held_since_it_was_forgotten_last():
    memory.forget_peak()
    before = memory.peak_mb()
    held = bytearray(b"x") * 200_000_000
    peak = memory.peak_mb()
    del held
    memory.forget_peak()
    assert peak - before >= 150
    assert memory.peak_mb() < peak - 150
