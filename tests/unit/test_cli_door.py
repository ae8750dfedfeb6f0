"""`scandrop upload --via-api`, with an HTTP server that hands what it is asked to the door, and stands in for S3."""

import base64
import hashlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from cli_stack import deployed, scandrop
from door_requests import ask, request

from scandrop_cli.door import find
from scandrop_cli.errors import OperatorError

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

    def do_GET(self):
        self.server.seen.append(self)
        status, told = self.server.told_answers.pop(0)
        self.answer(status, json.dumps(told).encode())

    def ask(self, path, body):
        assert body == b""
        if self.server.asked_answers:
            return self.answer(self.server.asked_answers.pop(0), self.server.refusal)
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
        server.told_answers, server.refusal = [], b'{"message": "No.", "mend": "Ask."}'
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_address[1]}/_aws/execute-api/a1b2c3d4/v1"
        monkeypatch.setattr("scandrop_cli.environment.Environment.door_url", server.url)
        monkeypatch.setattr("scandrop_cli.door._WAITS_S", (0, 0, 0))
        monkeypatch.setattr("scandrop_cli.door._LOOK_S", 0)
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
    assert (
        "refuses 'study 1/é+%.png' to these credentials: No. Ask. Their policy may let other keys through"
        in done.output
    )
    assert "aws sts get-caller-identity" in done.output


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (b'{"__type": "AccessDeniedException", "message": "No right."}', "to these credentials: No right. Their"),
        (b"no json", "to these credentials: It answered 403. Their"),
        (b"[]", "to these credentials: It answered 403. Their"),
    ],
)
def test_a_refusal_in_another_form_is_told_as_far_as_it_goes(front, refusal, said):
    front.asked_answers, front.refusal = [403], refusal
    done = upload()
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("way", ["option", "variable"])
def test_an_address_is_enough_where_no_state_can_be_read(front, monkeypatch, way):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    if way == "variable":
        monkeypatch.setenv("SCANDROP_DOOR", front.url)
    how = ["--door", front.url] if way == "option" else ["--via-api"]
    done = scandrop("upload", "study 1", *how, "--env", "nowhere")
    assert done.exit_code == 0, done.output
    assert "/eu-central-1/execute-api/" in front.seen[0].headers["authorization"]


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://a1b2.execute-api.ap-south-1.amazonaws.com/v1", "ap-south-1"),
        ("https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/v1", "cn-north-1"),
        ("https://door.example.org", "eu-west-3"),
    ],
)
def test_the_region_is_the_addresss_own_or_else_the_callers(monkeypatch, url, region):
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    _, headers = find(url, "nowhere").signed("GET", "a.png", {})
    assert f"/{region}/execute-api/" in headers["Authorization"]


@pytest.mark.parametrize("url", ["door", "http://door.example.org/v1", "ftp://a.example.org", "https:///v1"])
def test_what_is_no_address_of_a_door_is_told(url):
    with pytest.raises(OperatorError, match="is no upload door's address"):
        find(url, "nowhere")


def test_an_api_key_comes_from_the_environment_and_goes_to_the_door_alone(front, monkeypatch):
    monkeypatch.setenv("SCANDROP_API_KEY", "k" * 20)
    assert upload().exit_code == 0
    asked, put = front.seen
    assert asked.headers["x-api-key"] == "k" * 20
    assert "x-api-key" in asked.headers["authorization"]
    assert put.headers["x-api-key"] is None


def test_waiting_asks_the_door_until_the_object_is_settled(front):
    settled = {"key": KEY, "version_id": "v1", "status": "succeeded", "derivatives": [{}, {}, {}], "duration_ms": 1234}
    front.told_answers = [(404, {}), (429, {}), (202, {"key": KEY, "status": "waiting"}), (200, settled)]
    done = upload("--wait", "--json")
    assert done.exit_code == 0, done.output
    (record,) = json.loads("[\n" + done.stdout.partition("\n[\n")[2])  # behind what the door logged in this process
    assert (record["key"], record["lane"], record["status"]) == (KEY, "image", "succeeded")
    assert (record["derivatives"], record["duration_ms"]) == (3, 1234)
    assert "/execute-api/aws4_request" in front.seen[-1].headers["authorization"]
    assert unquote(front.seen[-1].path).endswith(KEY)


def test_waiting_shows_what_was_rejected_and_why(front):
    told = {"key": KEY, "status": "rejected", "error_code": "empty", "error": "The object has no bytes."}
    front.told_answers = [(200, told)]
    done = upload("--wait")
    assert done.exit_code == 1
    assert "rejected (empty)" in done.output
    assert "The object has no bytes." in done.output


def test_waiting_ends_with_its_time(front):
    front.told_answers = [(202, {"key": KEY, "status": "waiting"})]
    done = upload("--wait", "--timeout", "0")
    assert done.exit_code == 1
    assert "study 1/é+%.png  image  waiting" in done.output


def test_who_may_put_but_not_get_is_told_so(front):
    front.told_answers = [(403, {"message": "No GET."})]
    done = upload("--wait")
    assert done.exit_code == 2
    assert "to these credentials: No GET." in done.output


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


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (None, "https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/v1"),
        ("http://127.0.0.1:4611", "http://127.0.0.1:4611/_aws/execute-api/a1b2c3d4/v1"),
    ],
    ids=["AWS", "embedded AWS"],
)
def test_the_verb_prints_the_address_and_nothing_else(tmp_path, monkeypatch, endpoint, url):
    with deployed(tmp_path) as world:
        environment = replace(world.environment, api_url="https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/v1")
        monkeypatch.setattr("scandrop_cli.environment.load", lambda _: environment)
        if endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        else:
            monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        assert scandrop("door").stdout == f"{url}\n"
