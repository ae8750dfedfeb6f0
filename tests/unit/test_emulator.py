"""The embedded AWS as a process: what it keeps, what it forgets, and whose it is."""

import os
import signal
import socket
import time
from pathlib import Path

import boto3
import pytest

from scandrop_cli.errors import OperatorError
from tools.emulator import HOST, Emulator


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@pytest.fixture
def emulator(tmp_path, port):
    with Emulator(tmp_path / "aws", port) as running:
        yield running


def s3_of(emulator):
    return boto3.client(
        "s3",
        endpoint_url=emulator.url,
        aws_access_key_id=emulator.variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator.variables["AWS_SECRET_ACCESS_KEY"],
    )


def test_what_was_stored_is_there_after_a_stop_and_a_start(emulator):
    s3_of(emulator).create_bucket(Bucket="kept")
    s3_of(emulator).put_object(Bucket="kept", Key="a key", Body=b"bytes")
    emulator.stop()
    assert not emulator.running
    emulator.start()
    assert s3_of(emulator).get_object(Bucket="kept", Key="a key")["Body"].read() == b"bytes"


def test_what_functions_unpack_stays_in_its_folder_and_goes_when_it_stops(emulator):
    settings = emulator._settings()  # noqa: SLF001
    assert Path(settings["TMPDIR"]).is_relative_to(emulator.folder)
    assert Path(settings["TMPDIR"]).is_dir()
    emulator.stop()
    assert not Path(settings["TMPDIR"]).exists()


def test_after_a_crash_it_starts_empty_and_its_owners_marks_are_gone(emulator):
    s3_of(emulator).create_bucket(Bucket="old")
    emulator.stop()
    emulator.start()
    (emulator.folder / "applied").write_text("what stands")
    os.kill(int((emulator.folder / "lock").read_text()), signal.SIGKILL)
    while emulator.running:
        time.sleep(0.01)
    emulator.start()
    assert s3_of(emulator).list_buckets()["Buckets"] == []
    assert not (emulator.folder / "applied").exists()


def test_a_second_start_takes_the_one_that_runs(emulator):
    server = (emulator.folder / "lock").read_text()
    Emulator(emulator.folder, emulator.port).start()
    assert (emulator.folder / "lock").read_text() == server


def test_another_program_on_the_port_is_named_as_the_trouble_and_left_alone(tmp_path, port):
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        with pytest.raises(OperatorError, match=rf"Port {port}, .* cannot be had .*env/local\.env") as trouble:
            Emulator(tmp_path, port).start()
        assert trouble.value.mend == f"lsof -nP -iTCP:{port} -sTCP:LISTEN"
        assert not Emulator(tmp_path, port).running


def test_it_listens_on_this_machine_alone(emulator):
    with socket.socket() as elsewhere:
        elsewhere.settimeout(1)
        assert elsewhere.connect_ex(("127.0.0.2", emulator.port)) != 0


def test_it_asks_who_is_there(emulator):
    stranger = boto3.client(
        "s3", endpoint_url=emulator.url, aws_access_key_id="AKIASTRANGER", aws_secret_access_key="wrong"
    )
    with pytest.raises(stranger.exceptions.ClientError, match=r"403|Forbidden|InvalidAccessKeyId|AccessDenied"):
        stranger.list_buckets()


def test_wiping_leaves_nothing(emulator):
    emulator.wipe()
    assert not emulator.folder.exists()
