"""The upload door on the embedded AWS, as curl, the command line and a page meet it."""

import base64
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import schemathesis
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import ROOT, Deployed, less
from hypothesis import HealthCheck, settings
from playwright.sync_api import sync_playwright
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import checks

from tools.browser import chromium
from tools.emulator import free_port

PORT = free_port()
ORIGIN = f"http://127.0.0.1:{PORT}"
BODY = b'[{"patient_id":"A12345","patient_name":"Ikerian A"}]'
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
OPENAPI = schemathesis.openapi.from_path(ROOT / "docs/openapi.yaml")
CONFORMS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
INVOKE = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
CURL = shutil.which("curl") or ""
HTTP = urllib3.PoolManager(retries=False)
ROOT_USER = Credentials("test", "test")
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Door:
    """The door's address, and requests to it that are signed."""

    deployed: Deployed

    @property
    def host(self) -> str:
        """As at AWS, a host of its own: curl sends no signature on to another host."""
        api = urlsplit(self.deployed.outputs["api_url"])
        return f"http://{api.netloc.partition('.')[0]}.execute-api.localhost:{self.deployed.emulator.port}{api.path}"

    @property
    def path(self) -> str:
        api = urlsplit(self.deployed.outputs["api_url"])
        return f"{self.deployed.emulator.url}/_aws/execute-api/{api.netloc.partition('.')[0]}{api.path}"

    def ask(
        self, method: str, key: str, headers: Mapping[str, str] | None = None, who: Credentials = ROOT_USER
    ) -> urllib3.BaseHTTPResponse:
        url = f"{self.path}/{quote(key, safe='/?=&')}"
        request = AWSRequest(method, url, dict(headers or {}))
        SigV4Auth(who, "execute-api", "us-east-1").add_auth(request)
        return HTTP.request(method, url, headers=dict(request.headers), redirect=False)

    def curl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        signed = ["--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", "test:test"]
        command = [CURL, "--silent", "--show-error", *signed, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


@pytest.fixture(scope="module")
def door(deployed: Deployed) -> Door:
    deployed.apply(door=f'{{ cors_origins = ["{ORIGIN}"] }}')
    return Door(deployed)


def sized(**more: str) -> dict[str, str]:
    return {"x-scandrop-size": str(len(BODY)), **more}


def fresh() -> bytes:
    """Bytes of BODY's size that no version had: the emulator's events name an ETag and no version, so that two
    versions with the same bytes are one that is told twice, whose second message waits for the first one's lease.
    """
    return BODY.replace(b"A12345", b"A%05d" % next(NUMBERS))


def put(url: str, body: bytes = BODY, **headers: str) -> urllib3.BaseHTTPResponse:
    return HTTP.request("PUT", url, body=body, headers=headers)


@pytest.mark.skipif(not CURL, reason="curl is not installed")
def test_curl_uploads_by_one_command_that_is_sent_on(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "patients.json"
    file.write_bytes(BODY)
    told = door.curl(
        "--location",
        "--upload-file",
        str(file),
        "--write-out",
        "%{http_code} %{num_redirects}",
        f"{door.host}/curl/one.json",
    )
    assert told.stdout == "200 1"
    assert door.deployed.settled("curl/one.json")["curl/one.json"]["status"] == "succeeded"


@pytest.mark.skipif(not CURL, reason="curl is not installed")
def test_curl_uploads_in_two_steps_of_which_the_first_has_no_body(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "patients.json"
    file.write_bytes(BODY)
    size = f"x-scandrop-size: {len(BODY)}"
    asked = door.curl(
        "--request",
        "PUT",
        "--header",
        size,
        "--output",
        os.devnull,
        "--write-out",
        "%{redirect_url}",
        f"{door.host}/curl/two.json",
    )
    stored = subprocess.run([CURL, "--silent", "--fail", "--upload-file", str(file), asked.stdout], check=False)
    assert stored.returncode == 0
    assert door.deployed.settled("curl/two.json")["curl/two.json"]["size_bytes"] == len(BODY)


@pytest.mark.skipif(not CURL, reason="curl is not installed")
def test_the_pages_own_curl_commands_upload(door: Door, tmp_path: Path) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(BODY)
    in_two_steps, in_one = (text for text in fenced("console") if "redirect_url" in text or "localhost" in text)

    def typed(commands: str, who: Credentials) -> str:
        variables = {
            "AWS_ACCESS_KEY_ID": who.access_key,
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": who.secret_key,
            "AWS_SESSION_TOKEN": "",
            "PATH": os.environ["PATH"],
            "SCANDROP_DOOR": door.path,
        }
        command = ["/bin/sh", "-e", "-c", commands]
        done = subprocess.run(command, cwd=tmp_path, env=variables, check=True, timeout=60, stdout=subprocess.PIPE)
        return done.stdout.decode()

    with somebody(door.deployed, INVOKE) as who:
        typed(in_two_steps, who)
    assert door.ask("GET", "study1/scan.nii.gz").status in {200, 202}
    define = in_two_steps.partition("LINK=")[0].replace("study1", "study2")
    told = typed(define + in_one.replace("study1", "study2") + 'signed "$SCANDROP_DOOR/study2/scan.nii.gz"', ROOT_USER)
    assert json.loads(told)["key"] == "study2/scan.nii.gz"


def test_the_pages_own_python_uploads(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, names = tmp_path / "any.json", {}
    file.write_bytes(BODY)
    exec("".join(fenced("python")), names)  # noqa: S102  the page's own lines
    with somebody(door.deployed, INVOKE) as who:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", who.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", who.secret_key)
        names["upload"](file, "python/ä b+c.json", door.path, "us-east-1")
        file.write_bytes(b"")
        with pytest.raises(OSError, match=r"The file has no bytes\. Send a file"):
            names["upload"](file, "python/empty.json", door.path, "us-east-1")
    assert door.deployed.settled("python/ä b+c.json")


def test_the_example_page_uploads_and_says_why_where_it_does_not(door: Door) -> None:
    name = "from a page (1)+é!'*.json"
    with somebody(door.deployed, *the_pages_policy(door)) as who, served(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        page = browser.new_page()
        for secret, said in (("wrong", "signature"), (str(who.secret_key), f"{name} is uploaded.")):
            page.goto(f"{ORIGIN}/upload.html")
            fields = {"door": door.path, "region": "us-east-1", "id": str(who.access_key), "secret": secret}
            fields |= {"folder": "study1/", "apiKey": "k" * 20}
            for field, value in fields.items():
                page.fill(f"[name={field}]", value)
            page.set_input_files("[name=file]", {"name": name, "mimeType": "application/json", "buffer": BODY})
            page.click("button")
            page.wait_for_function("!document.querySelector('[role=status]').textContent.endsWith('…')")
            assert said in page.inner_text("[role=status]")
        browser.close()
    key = f"study1/{name}"
    assert door.deployed.settled(key)[key]["status"] == "succeeded"
    where = {"Bucket": door.deployed.outputs["raw_bucket"], "Key": key, "ChecksumMode": "ENABLED"}
    assert door.deployed.client("s3").head_object(**where)["ChecksumSHA256"] == SHA256


@contextmanager
def served() -> Iterator[None]:
    """The example page at the origin that the door knows."""
    files = partial(SimpleHTTPRequestHandler, directory=str(ROOT / "docs/examples"))
    with ThreadingHTTPServer(("127.0.0.1", PORT), files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def fenced(language: str) -> list[str]:
    """The blocks of docs/door.md in a language."""
    return re.findall(rf"(?s)^```{language}\n(.*?)^```$", (ROOT / "docs/door.md").read_text(), re.MULTILINE)


def test_the_link_takes_no_other_size_key_or_checksum(door: Door) -> None:
    url = door.ask("PUT", "bound.json", sized(**{"x-amz-checksum-sha256": SHA256})).headers["location"]
    right = {"x-amz-checksum-sha256": SHA256}
    assert put(url, BODY + b" ", **right).status == 403
    assert put(url.replace("/bound.json?", "/other.json?"), BODY, **right).status == 403
    assert put(url, BODY).status == 403
    assert put(url, BODY.replace(b"A12345", b"B12345"), **right).status == 400
    assert put(url, BODY, **{"x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()}).status == 403
    assert put(url, BODY, **right).status == 200


def test_an_object_is_waiting_then_settled_with_links_that_download(door: Door) -> None:
    with door.deployed.rule_disabled("record"):
        assert put(door.ask("PUT", "told.json", sized()).headers["location"]).status == 200
        waiting = door.ask("GET", "told.json")
    assert (waiting.status, waiting.json()["status"], waiting.headers["retry-after"]) == (202, "waiting", "5")
    assert put(door.ask("PUT", "told.json", sized()).headers["location"], fresh()).status == 200
    assert door.deployed.eventually(lambda: door.ask("GET", "told.json").status == 200)
    told = door.ask("GET", "told.json").json()
    assert told["status"] == "succeeded"
    for derivative in told["derivatives"]:
        content = HTTP.request("GET", derivative["url"]).data
        assert hashlib.sha256(content).hexdigest() == derivative["sha256"]


def test_the_command_line_uploads_by_the_door_under_awkward_keys(door: Door, tmp_path: Path) -> None:
    name = "ä b+c <i>.json"
    (tmp_path / name).write_bytes(BODY)
    done = door.deployed.scandrop("upload", tmp_path / name, "--via-api", "--wait", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["key"] == name


def test_the_command_line_needs_no_more_than_the_pages_policy(door: Door, tmp_path: Path) -> None:
    (tmp_path / "study1").mkdir()
    (tmp_path / "study1/patients.json").write_bytes(BODY)
    with somebody(door.deployed, *the_pages_policy(door)) as who:
        variables = {
            "AWS_ACCESS_KEY_ID": str(who.access_key),
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nothing but the door is asked
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": str(who.secret_key),
            "PATH": os.environ["PATH"],
            "SCANDROP_DOOR": door.path,
        }
        command = [Path(sys.executable).with_name("scandrop"), "upload", "--via-api"]
        run = partial(
            subprocess.run, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False, timeout=300
        )
        done = run([*command, "study1", "--wait", "--json"])
        assert done.returncode == 0, done.stderr
        (record,) = json.loads(done.stdout)
        assert (record["key"], record["status"]) == ("study1/patients.json", "succeeded")
        assert record["derivatives"] == len(door.ask("GET", record["key"], who=who).json()["derivatives"]) > 0
        elsewhere = run([*command, "study1/patients.json", "--prefix", "study2"])
        assert elsewhere.returncode == 2
        assert "to these credentials: " in elsewhere.stderr


def the_pages_policy(door: Door) -> list[dict[str, str]]:
    """The statements of the policy in docs/door.md, for this door."""
    (policy,) = [text for text in fenced("json") if "Statement" in text]
    api = urlsplit(door.deployed.outputs["api_url"]).netloc.partition(".")[0]
    for name, value in {"REGION": "us-east-1", "ACCOUNT": "000000000000", ":API/": f":{api}/"}.items():
        policy = policy.replace(name, value)
    return list(json.loads(policy)["Statement"])


@pytest.mark.parametrize("key", ["a/../b", "a//b", "a/", "%00", "a%1B", "x" * 1025])
def test_no_key_trick_gets_a_link(door: Door, key: str) -> None:
    headers = signed_as_sent("PUT", f"{door.path}/{key}", sized())
    answer = urllib3.HTTPConnectionPool("127.0.0.1", door.deployed.emulator.port).urlopen(
        "PUT", f"{urlsplit(door.path).path}/{key}", headers=headers, redirect=False, retries=False
    )
    assert answer.status in {400, 403}
    assert "location" not in answer.headers


def signed_as_sent(method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
    request = AWSRequest(method, url, dict(headers))
    SigV4Auth(ROOT_USER, "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers)


@contextmanager
def somebody(deployed: Deployed, *statements: dict[str, str]) -> Iterator[Credentials]:
    """A user with these rights and no others."""
    iam, name = deployed.client("iam"), f"somebody-{time.time_ns()}"
    iam.create_user(UserName=name)
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def test_who_may_only_get_cannot_put_and_a_stranger_neither(door: Door) -> None:
    api = urlsplit(door.deployed.outputs["api_url"]).netloc.partition(".")[0]
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api}/v1/GET/study1/*"
    with somebody(door.deployed, {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}) as reader:
        assert door.ask("GET", "study1/none.json", who=reader).status == 404
        assert door.ask("GET", "study2/none.json", who=reader).status == 403
        refused = door.ask("PUT", "study1/a.json", sized(), who=reader)
        assert refused.status == 403
        forged = Credentials(reader.access_key, "wrong")
        assert door.ask("GET", "study1/none.json", who=forged).status == 403
    with somebody(door.deployed) as stranger:
        assert door.ask("PUT", "study1/a.json", sized(), who=stranger).status == 403
    unsigned = HTTP.request("PUT", f"{door.path}/a.json", headers=sized())
    assert (unsigned.status, unsigned.json()["code"]) == (403, "unsigned")


def test_a_page_of_an_allowed_origin_may_ask_and_put_and_no_other(door: Door) -> None:
    asks = {
        "origin": ORIGIN,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,x-amz-date",
    }
    preflight = HTTP.request("OPTIONS", f"{door.path}/page.json", headers=asks)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, ORIGIN)
    stranger = HTTP.request("OPTIONS", f"{door.path}/page.json", headers=asks | {"origin": "http://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers
    place = door.ask("PUT", "page.json?redirect=false", sized(origin=ORIGIN))
    assert (place.status, place.headers["access-control-allow-origin"]) == (200, ORIGIN)
    stored = put(place.json()["url"], origin=ORIGIN)
    assert (stored.status, stored.headers["access-control-allow-origin"]) == (200, ORIGIN)


ACTIONS = {
    ("PutRaw", "s3:PutObject"): "put",
    ("UseKey", "kms:GenerateDataKey"): "not enforced",
    ("FindNewest", "s3:ListBucketVersions"): "get",
    ("ReadLedger", "dynamodb:GetItem"): "get",
    ("ReadProcessed", "s3:GetObject"): "get",
    ("ReadProcessed", "s3:GetObjectVersion"): "link",
}


@pytest.mark.parametrize(("sid", "action"), [place for place, what in ACTIONS.items() if what != "not enforced"])
def test_the_door_does_not_work_without_any_one_of_its_actions(door: Door, sid: str, action: str) -> None:
    key = "rights.json"
    if door.ask("GET", key).status == 404:
        put(door.ask("PUT", key, sized()).headers["location"])
        door.deployed.settled(key)
    with without(door.deployed, sid, action):
        assert not works(door, key)[ACTIONS[sid, action]]
    assert works(door, key) == {"put": True, "get": True, "link": True}


def works(door: Door, key: str) -> dict[str, bool]:
    """What goes well of a PUT to a link, a GET, and a download by a link of it."""
    told = door.ask("GET", key)
    links = [entry["url"] for entry in told.json().get("derivatives", [])] if told.status == 200 else []
    return {
        "put": put(door.ask("PUT", "put-" + key, sized()).headers["location"], fresh()).status == 200,
        "get": told.status == 200,
        "link": bool(links) and HTTP.request("GET", links[0]).status == 200,
    }


@contextmanager
def without(deployed: Deployed, sid: str, action: str) -> Iterator[None]:
    """The door's role less one action."""
    iam, name = deployed.client("iam"), {"RoleName": "scandrop-local-door", "PolicyName": "lane"}
    policy = iam.get_role_policy(**name)["PolicyDocument"]
    kept = [less(statement, action) if statement["Sid"] == sid else statement for statement in policy["Statement"]]
    assert kept != policy["Statement"]
    reduced = {**policy, "Statement": [statement for statement in kept if statement["Action"]]}
    iam.put_role_policy(**name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(**name, PolicyDocument=json.dumps(policy))


class Signature(AuthBase):
    """Signs what requests is about to send."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers.pop("Authorization", None)
        request.headers.update(signed_as_sent(str(request.method), str(request.url), {}))
        return request


@OPENAPI.parametrize()
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_door_answers_as_its_document_says(case: schemathesis.Case, door: Door) -> None:
    answer = case.call(base_url=door.path, auth=Signature(), allow_redirects=False)
    case.validate_response(answer, checks=CONFORMS)


def test_no_log_of_the_door_holds_a_key(door: Door) -> None:
    door.ask("PUT", "Zyxwvut Canary/a.json", sized())
    door.ask("GET", "Zyxwvut Canary/a.json")
    logs = door.deployed.client("logs")
    groups = [
        group["logGroupName"] for group in logs.describe_log_groups()["logGroups"] if "door" in group["logGroupName"]
    ]
    text = "\n".join(
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    )
    assert '"message":"answered"' in text
    assert "Zyxwvut" not in text
