"""`scandrop upload --via-api`, with an HTTP server that hands what it is asked to the door, and stands in for S3."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from cli_stack import deployed, scandrop
from door_requests import ask, request

KEY = "study 1/é+%.png"


class Front(BaseHTTPRequestHandler):
    """API Gateway and S3 in one: the paths of the first begin with ``/_aws/``."""

    def do_PUT(self):
        self.server.seen.append(self)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/_aws/execute-api/a1b2c3d4/v1/"):
            self.ask(self.path.removeprefix("/_aws/execute-api/a1b2c3d4/v1"), body)
        else:
            self.store(body)

    def ask(self, path, body):
        assert body == b""
        if self.server.asked_answers:
            return self.answer(self.server.asked_answers.pop(0), b'{"message": "No.", "mend": "Ask."}')
        answer = ask(request("PUT", path, dict(self.headers)))
        here = f"http://127.0.0.1:{self.server.server_address[1]}/"
        return self.answer(answer.status, json.dumps(answer.json).replace("https://", here).encode())

    def store(self, body):
        if self.server.stored_answers:
            return self.answer(self.server.stored_answers.pop(0), b"")
        key = unquote(urlsplit(self.path).path.split("/", 2)[2])
        self.server.stored[key] = (body, dict(self.headers))
        return self.answer(200, b"")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def front(tmp_path, monkeypatch):
    with deployed(tmp_path), ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        server.seen, server.stored, server.asked_answers, server.stored_answers = [], {}, [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setattr("scandrop_cli.environment.Environment.door_url", f"{url}/_aws/execute-api/a1b2c3d4/v1")
        monkeypatch.setattr("scandrop_cli.door._WAITS_S", (0, 0, 0))
        monkeypatch.chdir(tmp_path)
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def file(tmp_path):
    path = tmp_path / KEY
    path.parent.mkdir()
    path.write_bytes(b"bytes")
    return path


def upload(*more):
    return scandrop("upload", "study 1", "--via-api", *more)


def test_a_file_goes_to_where_the_door_says_under_its_very_key_with_its_checksum(front, file):
    done = upload()
    assert done.exit_code == 0, done.output
    body, headers = front.stored[KEY]
    assert body == file.read_bytes()
    assert headers["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert "1 uploaded (5 B)" in done.output


def test_the_door_is_asked_with_a_signature_that_s3_never_sees(front):
    upload()
    asked, put = front.seen
    assert "/execute-api/aws4_request" in asked.headers["authorization"]
    assert "x-scandrop-size" in asked.headers["authorization"]
    assert put.headers["authorization"] is None


def test_what_passes_by_itself_is_tried_again_with_a_new_link(front):
    front.asked_answers, front.stored_answers = [429], [503]
    assert upload().exit_code == 0
    assert front.stored[KEY][0] == b"bytes"
    assert len(front.seen) == 5


def test_what_does_not_pass_is_given_up_after_a_few_tries(front):
    front.asked_answers = [503] * 9
    done = upload()
    assert done.exit_code == 1
    assert "The door answered 503. It was not uploaded." in done.output
    assert len(front.seen) == 3


def test_a_file_that_changed_under_way_is_not_taken(front):
    front.stored_answers = [403]
    done = upload()
    assert done.exit_code == 1
    assert "S3 answered 403" in done.output


def test_who_may_not_ask_is_told_how_to_see_who_they_are(front):
    front.asked_answers = [403]
    done = upload()
    assert done.exit_code == 2
    assert "refuses these credentials: No. Ask." in done.output
    assert "aws sts get-caller-identity" in done.output


@pytest.mark.usefixtures("front")
def test_a_file_that_the_door_refuses_does_not_stop_the_others(file):
    (file.parent / "empty.png").touch()
    done = upload()
    assert done.exit_code == 1
    assert "1 uploaded" in done.output
    assert "The file has no bytes. It was not uploaded." in done.output


def test_a_file_past_five_gigabytes_is_told_of_before_anything_is_sent(front, file):
    with file.open("r+b") as large:
        large.truncate(5_000_000_001)
    done = upload()
    assert done.exit_code == 1
    assert "The door takes at most 5 GB. Leave --via-api out. It was not uploaded." in done.output
    assert front.seen == []
