"""A decoder in a process of its own: whatever becomes of it, the parent goes on."""

import atexit
import ctypes
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from scandrop.errors import Rejected
from scandrop.processors.dicom._isolated import isolated

SECONDS = 20.0


def rejected(call, seconds=SECONDS):
    with pytest.raises(Rejected) as caught:
        isolated(call, (3, 5), np.uint8, seconds, "test")
    return caught.value


def works():
    def fill(result):
        result[...] = np.arange(15).reshape(3, 5)

    return isolated(fill, (3, 5), np.int16, SECONDS, "test").tolist() == np.arange(15).reshape(3, 5).tolist()


def test_what_the_child_fills_in_is_there_in_the_parent_with_its_shape_and_type():
    def fill(result):
        assert result.shape == (2, 3, 5)
        result[1] = -7

    made = isolated(fill, (2, 3, 5), np.int16, SECONDS, "test")
    assert (made.shape, made.dtype) == ((2, 3, 5), np.dtype(np.int16))
    assert (made[0] == 0).all()
    assert (made[1] == -7).all()


def test_a_decoder_that_segfaults_is_rejected_with_the_signal_and_the_next_one_works():
    error = rejected(lambda _: ctypes.string_at(0))
    assert error.code == "dicom_decoder_died"
    assert error.facts == {"decoder": "test", "how": "signal 11"}
    assert works()


def test_a_decoder_that_aborts_or_leaves_is_rejected():
    assert rejected(lambda _: os.abort()).facts["how"] == "signal 6"
    assert rejected(lambda _: os._exit(3)).facts["how"] == "exit 3"


def test_a_decoder_that_hangs_is_killed_when_its_time_is_over():
    started = time.monotonic()

    def hang(_):
        time.sleep(60)

    error = rejected(hang, seconds=0.2)
    assert (error.code, error.facts["seconds"]) == ("dicom_decoder_too_slow", 1)
    assert time.monotonic() - started < 10
    with pytest.raises(ChildProcessError):  # none is left, neither running nor dead
        os.waitpid(-1, os.WNOHANG)
    assert works()


def test_a_decoder_that_allocates_without_bound_is_stopped():
    def hoard(_):
        held = []
        while True:
            held.append(bytearray(100_000_000))

    error = rejected(hoard)
    assert (error.code, error.facts["how"]) == ("dicom_decoder_died", "out of memory")
    assert works()


def test_a_decoder_that_complains_is_an_input_that_is_damaged():
    def complain(_):
        raise RuntimeError("some text of the input")

    error = rejected(complain)
    assert error.code == "dicom_pixels_damaged"
    assert "text" not in str(error)


def test_what_is_no_exception_but_a_panic_is_caught_too():
    def panic(_):
        raise BaseException("panic")  # noqa: TRY002

    assert rejected(panic).code == "dicom_pixels_damaged"


def test_nothing_of_the_parent_runs_or_is_written_in_the_child(capfd, tmp_path):
    trace = tmp_path / "trace"
    leave = lambda: trace.write_text("left")  # noqa: E731
    atexit.register(leave)
    try:

        def speak(_):
            os.write(1, b"to stdout")
            os.write(2, b"to stderr")

        isolated(speak, (1,), np.uint8, SECONDS, "test")
        rejected(lambda _: ctypes.string_at(0))
    finally:
        atexit.unregister(leave)
    assert not trace.exists()
    assert capfd.readouterr() == ("", "")


def test_a_crash_leaves_no_traceback_where_python_would_write_one():
    code = f"""
import ctypes, faulthandler, os, sys
faulthandler.enable(os.dup(2))
sys.path[:0] = {sys.path!r}
from scandrop.errors import Rejected
from scandrop.processors.dicom._isolated import isolated
try:
    isolated(lambda _: ctypes.string_at(0), (1,), "u1", 20, "test")
except Rejected as rejection:
    print(rejection.code)
"""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("dicom_decoder_died\n", "")


def test_files_that_the_parent_has_open_stay_open(tmp_path):
    with (tmp_path / "open").open("w+b") as stream:
        assert works()
        stream.write(b"still")
        stream.flush()
        assert (tmp_path / "open").read_bytes() == b"still"


def test_no_descriptor_is_left_behind():
    rejected(lambda _: os.abort())
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        assert works()
        rejected(lambda _: os.abort())
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_other_threads_neither_warn_nor_block():
    stop = threading.Event()
    lock = threading.Lock()

    def busy():
        while not stop.wait(0.001):
            with lock:
                bytes(1000)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert all(works() for _ in range(10))
        assert not caught
    finally:
        stop.set()
        thread.join()
