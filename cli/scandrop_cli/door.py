"""Putting files through the upload door, and waiting for them: that needs the right to ask it, and no other.

Each file takes two requests: a signed one to the door, without a body, and a PUT to where that says. The file's size
and SHA-256 are bound into the second, so that S3 takes those bytes and no others.
"""

import base64
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import IO
from urllib.parse import quote, urlsplit

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from urllib3.exceptions import HTTPError

from scandrop.door.asking import LARGEST_BYTES, SIZE
from scandrop.lanes import lane_of
from scandrop.processing import file_sha256
from scandrop_cli.environment import load
from scandrop_cli.errors import WHOSE, OperatorError
from scandrop_cli.files import LocalFile
from scandrop_cli.records import Record
from scandrop_cli.upload import Upload

ADDRESS, API_KEY = "SCANDROP_DOOR", "SCANDROP_API_KEY"  # environment variables

_FILES_AT_ONCE = 8
_CHUNK_BYTES = 1 << 20
_WAITS_S = (0, 0.5, 1, 2)  # before each try
_LOOK_S = 5  # as the door's Retry-After has it
_PASSING = frozenset({429, 500, 502, 503, 504})
_ABOUT_THE_FILE = frozenset({400, 411, 413})
_SENT_ON, _STORED = 307, 200
_TOLD, _UNKNOWN = frozenset({200, 202}), 404
_AT_AWS = re.compile(r"\w+\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class NotSentError(Exception):
    """What the door or S3 has against one file."""


class Door:
    """The upload door at an address."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url.rstrip("/")
        self._region = region
        self._http = urllib3.PoolManager(
            maxsize=_FILES_AT_ONCE, retries=False, timeout=urllib3.Timeout(connect=5, read=120)
        )

    def put(self, file: LocalFile, on_bytes: Callable[[int], object]) -> None:
        """Send one file. Raises `NotSentError` for what ails the file, `OperatorError` where no file would do."""
        if file.size_bytes > LARGEST_BYTES:
            raise NotSentError("The door takes at most 5 GB. Leave --via-api out")
        digest = base64.b64encode(bytes.fromhex(file_sha256(file.path))).decode()
        asked = {SIZE: str(file.size_bytes), "x-amz-checksum-sha256": digest}
        for wait_s in _WAITS_S:
            time.sleep(wait_s)
            hindrance = self._try(file, asked, on_bytes)
            if hindrance is None:
                return
        raise NotSentError(hindrance)

    def _try(self, file: LocalFile, asked: Mapping[str, str], on_bytes: Callable[[int], object]) -> str | None:
        """One try; returns what hindered it and may pass. Raises as `put` does."""
        sent = 0

        def count(length: int) -> None:
            nonlocal sent
            sent += length
            on_bytes(length)

        try:
            hindrance = self._carry(file, asked, count)
        except HTTPError as error:
            hindrance = f"The connection broke ({type(error).__name__})"
        if hindrance:
            on_bytes(-sent)
        return hindrance

    def _carry(self, file: LocalFile, asked: Mapping[str, str], on_bytes: Callable[[int], object]) -> str | None:
        url, headers = self.signed("PUT", file.key, asked)
        answer = self._http.request("PUT", url, headers=headers, redirect=False)
        if answer.status in _PASSING:
            return f"The door answered {answer.status}"
        if answer.status != _SENT_ON:
            raise self._refusal(answer, file.key)
        place = answer.json()
        with file.path.open("rb") as body:
            stored = self._http.request("PUT", place["url"], body=_counted(body, on_bytes), headers=place["headers"])
        if stored.status in _PASSING:
            return f"S3 answered {stored.status}"
        if stored.status != _STORED:
            raise NotSentError(f"S3 answered {stored.status}: the file changed meanwhile, or the link was altered")
        return None

    def settled(
        self, keys: Sequence[str], *, timeout_s: float, on_change: Callable[[Sequence[Record]], object]
    ) -> list[Record]:
        """Ask until the newest version of each key is over, or the time is; tells `on_change` after each look."""
        records = {key: Record(key, "missing", lane_of(key)) for key in keys}
        deadline = time.monotonic() + timeout_s
        with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            while True:
                pending = [record for record in records.values() if not record.over]
                records |= {record.key: record for record in pool.map(self._look, pending)}
                on_change(list(records.values()))
                left_s = deadline - time.monotonic()
                if all(record.over for record in records.values()) or left_s <= 0:
                    return list(records.values())
                time.sleep(min(_LOOK_S, left_s))

    def _look(self, record: Record) -> Record:
        """What the door tells of a record by now; what may pass leaves it as it was."""
        url, headers = self.signed("GET", record.key, {})
        try:
            answer = self._http.request("GET", url, headers=headers)
        except HTTPError:
            return record
        if answer.status in _PASSING or answer.status == _UNKNOWN:
            return record
        if answer.status not in _TOLD:
            raise self._refusal(answer, record.key)
        told = {"lane": record.lane, **answer.json()}
        told |= {"object_key": told.pop("key")}
        if "derivatives" in told:
            told["derivatives"] = len(told["derivatives"])
        return Record.of(told)

    def signed(self, method: str, key: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The address of a key, and the headers with the caller's signature and API key."""
        url = f"{self._url}/{quote(key)}"
        api_key = os.environ.get(API_KEY)
        request = AWSRequest(method, url, {**headers, **({"x-api-key": api_key} if api_key else {})})
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(request)
        return url, dict(request.headers)

    @cached_property
    def _credentials(self) -> Credentials:
        """Looked for once, since a sign-in may take a request; those that end renew themselves."""
        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials

    def _refusal(self, answer: urllib3.BaseHTTPResponse, key: str) -> Exception:
        try:
            told = answer.json()
            sentence, mend = told["message"], told.get("mend", "")
        except (AttributeError, KeyError, TypeError, ValueError):
            sentence, mend = f"It answered {answer.status}.", ""
        if answer.status in _ABOUT_THE_FILE:
            return NotSentError(sentence.rstrip("."))
        sentence = f"The upload door refuses {key!r} to these credentials: {sentence} {mend}".rstrip()
        return OperatorError(f"{sentence} Their policy may let other keys through; --prefix sets the folder.", WHOSE)


def _counted(body: IO[bytes], on_bytes: Callable[[int], object]) -> Iterator[bytes]:
    """A file's bytes, told as they are sent."""
    while chunk := body.read(_CHUNK_BYTES):
        yield chunk
        on_bytes(len(chunk))


def find(url: str, env: str) -> Door:
    """The door at an address, or at that of `ADDRESS`, or else the one that an environment's state names."""
    url = url or os.environ.get(ADDRESS, "")
    if url:
        return Door(url, _region_of(url))
    environment = load(env)
    return Door(environment.door_url, environment.region)


def _region_of(url: str) -> str:
    """The region that requests to an address are signed for."""
    address = urlsplit(url)
    host = address.hostname or ""
    if not host or (address.scheme != "https" and not (address.scheme == "http" and host in _LOOPBACK)):
        raise OperatorError(
            f"{url!r} is no upload door's address, such as https://ID.execute-api.REGION.amazonaws.com/v1."
        )
    at_aws = _AT_AWS.fullmatch(host)
    region = at_aws["region"] if at_aws else os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise OperatorError(f"{url} does not tell which region it is in. Set AWS_REGION.", "export AWS_REGION=REGION")
    return str(region)


def upload_by_door(door: Door, files: Sequence[LocalFile], on_bytes: Callable[[int], object]) -> list[Upload]:
    """Send each file, also what is there already; one that is not taken does not stop the others."""

    def upload(file: LocalFile) -> Upload:
        try:
            door.put(file, on_bytes)
        except NotSentError as error:
            return Upload(file, "failed", str(error))
        except OSError as error:
            return Upload(file, "failed", error.strerror)
        return Upload(file, "uploaded")

    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        uploads = [pool.submit(upload, file) for file in files]
        try:
            return [upload.result() for upload in uploads]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
