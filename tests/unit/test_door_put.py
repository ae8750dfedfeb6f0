"""PUT at the door: which keys, sizes and checksums it takes, and what its link is good for."""

import base64
import contextlib
import hashlib
import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from aws_stack import RAW, stack
from door_requests import ORIGIN, ask, request, sized
from hypothesis import given
from hypothesis import strategies as st

from scandrop.aws import _session
from scandrop.door.asking import BODY_SHA256, DIGEST_BYTES, key_in
from scandrop.door.refusals import REFUSALS, RefusedError

BODY = b"bytes"
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()


@pytest.fixture(autouse=True)
def _aws():
    with stack():
        yield


def put(path="/scan.png", headers=None, **query):
    return ask(request("PUT", path, headers, **query))


def signed(url):
    return parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0].split(";")


def test_a_put_is_sent_on_to_that_very_key_of_the_raw_bucket_for_a_quarter_of_an_hour():
    answer = put("/study1/scan.nii.gz", sized())
    link = urlsplit(answer.headers["Location"])
    assert answer.status == 307
    assert RAW in link.netloc
    assert link.path == "/study1/scan.nii.gz"
    assert parse_qs(link.query)["X-Amz-Expires"] == ["900"]
    assert answer.json == {"url": link.geturl(), "headers": {"content-length": "5"}, "expires_in_s": 900}


def test_the_link_is_signed_by_version_four_at_the_regions_own_address():
    link = put("/a.png", sized()).headers["Location"]
    assert parse_qs(urlsplit(link).query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_the_size_is_bound_into_the_signature():
    assert signed(put(headers=sized()).headers["Location"]) == ["content-length", "host"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-checksum-sha256", SHA256),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-checksum-crc32c", "AAAAAA=="),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
        ("x-amz-checksum-sha1", base64.b64encode(bytes(20)).decode()),
        ("content-md5", MD5),
    ],
)
def test_a_checksum_is_bound_into_the_signature(name, value):
    answer = put(headers=sized(**{name.title(): value}))
    assert name in signed(answer.headers["Location"])
    assert answer.json["headers"] == {"content-length": "5", name: value}


def test_the_hash_that_curl_signs_a_body_by_is_bound_since_curl_sends_it_again():
    sha256 = hashlib.sha256(BODY).hexdigest()
    answer = put(headers={"Content-Length": "5", "x-amz-content-sha256": sha256})
    assert signed(answer.headers["Location"]) == ["content-length", "host", "x-amz-content-sha256"]


def test_the_hash_of_the_empty_body_of_an_ask_says_nothing_of_the_file():
    answer = put(headers=sized(**{"x-amz-content-sha256": hashlib.sha256().hexdigest()}))
    assert signed(answer.headers["Location"]) == ["content-length", "host"]


def test_the_size_of_a_body_is_told_without_its_header_which_api_gateway_keeps_to_itself():
    for length in (1, 2, 3, 4):
        event = request("PUT", "/a.png") | {
            "body": base64.b64encode(b"x" * length).decode(),
            "isBase64Encoded": True,
        }
        assert ask(event).json["headers"]["content-length"] == str(length)


def test_a_browser_which_cannot_see_where_it_is_sent_is_told():
    answer = put("/a.png", sized(), redirect="false")
    assert answer.status == 200
    assert "Location" not in answer.headers
    assert urlsplit(answer.json["url"]).path == "/a.png"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "size_missing"),
        ({"content-length": "0"}, "size_missing"),
        (sized(0), "empty"),
        (sized(5_000_000_001), "too_large"),
        (sized(10**15), "bad_size"),
        (sized(-1), "bad_size"),
        (sized("\N{ARABIC-INDIC DIGIT FIVE}"), "bad_size"),
        (sized("5 "), "bad_size"),
        (sized(**{"x-amz-checksum-sha256": "AAAA"}), "bad_checksum"),
        (sized(**{"x-amz-checksum-sha256": "é"}), "bad_checksum"),
        (sized(**{"content-md5": SHA256}), "bad_checksum"),
        (sized(**{"X-Amz-Checksum-Xxhash64": "AAAAAAAAAAA="}), "bad_checksum"),
        ({"content-length": "5", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, "bad_checksum"),
    ],
)
def test_a_size_or_checksum_of_no_use_is_refused_with_what_mends_it(headers, code):
    answer = put(headers=headers)
    assert (answer.status, answer.json["code"]) == (REFUSALS[code].status, code)
    assert answer.json["message"] == REFUSALS[code].message
    assert answer.json["mend"]


def test_the_largest_file_of_one_put_is_taken():
    assert put(headers=sized(5_000_000_000)).status == 307


LONG = "The key has {} bytes, and S3 takes at most 1,024."
CONTROLS = "The key has a control character, and takes none."
FOLDER = "The key ends with a slash, so it names a folder and not a file."
NO_TEXT = "The key is not UTF-8 once its percent signs are decoded."
PART = "Of the key's {} parts between slashes, number {} is {}."


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/", "The key is empty."),
        *[(path, FOLDER) for path in ("/a/", "/a/../")],
        *[("//a", PART.format(2, 1, "empty")), ("/a//b", PART.format(3, 2, "empty"))],
        *[("/.", PART.format(1, 1, "a dot")), ("/..", PART.format(1, 1, "two dots"))],
        ("/a/b/../c", PART.format(4, 3, "two dots")),
        *[(path, CONTROLS) for path in ("/%00", "/a%0Ab", "/a%1b[31m", "/%7f", "/%C2%85", "/%E2%80%A8")],
        *[(path, NO_TEXT) for path in ("/%ff", "/%C3")],
        *[("/" + "a" * 1025, LONG.format("1,025")), ("/" + "%C3%A9" * 513, LONG.format("1,026"))],
        *[(path, "/ is percent-encoded as %2F, and must come as it is.") for path in ("/study1%2Fa", "/a%2f%2Fb")],
        *[(path, ". is percent-encoded as %2E, and must come as it is.") for path in ("/a/%2e%2e/b", "/%2E/x")],
        ("/%73tudy1/a", "s is percent-encoded as %73, and must come as it is."),
        ("/a%41", "A is percent-encoded as %41, and must come as it is."),
        ("/a%7E", "~ is percent-encoded as %7E, and must come as it is."),
        ("/a%5fb", "_ is percent-encoded as %5F, and must come as it is."),
        ("/a%2Dgz", "- is percent-encoded as %2D, and must come as it is."),
        ("/a%39", "9 is percent-encoded as %39, and must come as it is."),
    ],
)
def test_a_key_that_no_object_should_have_is_refused_with_the_one_thing_that_is_wrong(path, message):
    answer = put(path, sized())
    assert (answer.status, answer.json["code"], answer.json["message"]) == (400, "bad_key", message)
    assert answer.json["mend"] == REFUSALS["bad_key"].mend


@pytest.mark.parametrize(
    "key",
    ["a b.png", "a+b.png", "100%.png", "a%41.png", "<b>&\"'.png", "é/日本.dcm", "a..b/...png", "a" * 1024, "é" * 512],
)
def test_any_other_key_is_decoded_exactly_once(key):
    link = put("/" + quote(key), sized()).headers["Location"]
    assert unquote(urlsplit(link).path) == "/" + key


@given(st.text(min_size=1, max_size=80))
def test_a_key_is_taken_as_it_is_or_not_at_all(key):
    event = request("PUT", "/" + quote(key, safe="/"))
    with contextlib.suppress(RefusedError):
        assert key_in(event) == key


def test_a_page_of_an_allowed_origin_may_read_the_answer_and_no_other():
    assert put(headers=sized(Origin=ORIGIN)).headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in put(headers=sized(Origin="https://other.example.org")).headers
    assert "Access-Control-Allow-Origin" not in put(headers=sized()).headers


def test_a_page_may_read_a_refusal_too():
    assert put("/a/", sized(Origin=ORIGIN)).headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_preflight_is_told_what_a_page_may_send():
    answer = ask(request("OPTIONS", "/a.png", {"origin": ORIGIN}))
    assert answer.status == 204
    assert "x-scandrop-size" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, PUT"


def test_only_put_and_get_are_known():
    for method in ("DELETE", "HEAD", "PATCH", "POST"):
        answer = ask(request(method, "/a.png", sized()))
        assert (answer.status, answer.json["code"]) == (405, "bad_method")


def test_a_page_may_send_each_checksum_to_the_door_and_to_the_bucket():
    allowed = ask(request("OPTIONS", "/a.png", {"origin": ORIGIN})).headers["Access-Control-Allow-Headers"].split(", ")
    assert {*DIGEST_BYTES, BODY_SHA256} <= set(allowed)
    module = (Path(__file__).parents[2] / "modules/s3/main.tf").read_text()
    patterns = json.loads(re.search(r"allowed_headers = (\[.*\])", module)[1])
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in [*DIGEST_BYTES, BODY_SHA256])


def test_no_key_is_logged(capsys):
    put("/Miller%201937.png", sized())
    put("/Miller%201937/", sized())
    assert "Miller" not in "".join(capsys.readouterr())


def test_what_breaks_is_answered_and_logged_without_its_words(monkeypatch, capsys):
    def crash(_event):
        raise ValueError("Miller 1937")

    monkeypatch.setattr("scandrop.door.handler.upload_in", crash)
    answer = put(headers=sized())
    assert (answer.status, answer.json["code"]) == (500, "broken")
    logged = "".join(capsys.readouterr())
    assert '"exception":"ValueError","where":"crash:' in logged
    assert "Miller" not in logged


def test_the_door_imports_no_processor():
    code = "import sys, scandrop.door.handler; print([m for m in sys.modules if m.startswith('scandrop.processors.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_link_leads_to_the_buckets_own_name_in_its_region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    _session.cache_clear()
    try:
        link = urlsplit(put(headers=sized()).headers["Location"])
    finally:
        _session.cache_clear()
    assert link.netloc == f"{RAW}.s3.eu-central-1.amazonaws.com"
