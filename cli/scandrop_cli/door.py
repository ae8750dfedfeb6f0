"""Putting files through the upload door, which needs the right to ask it and none on a bucket.

Each file takes two requests: a signed one to the door, without a body, and a PUT to where that says. The file's size
and SHA-256 are bound into the second, so that S3 takes those bytes and no others.
"""

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO
from urllib.parse import quote

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from urllib3.exceptions import HTTPError

from scandrop.door.asking import LARGEST_BYTES, SIZE
from scandrop.processing import file_sha256
from scandrop_cli.environment import Environment
from scandrop_cli.errors import OperatorError
from scandrop_cli.files import LocalFile
from scandrop_cli.upload import Upload

_FILES_AT_ONCE = 8
_CHUNK_BYTES = 1 << 20
_WAITS_S = (0, 0.5, 1, 2)  # before each try
_PASSING = frozenset({429, 500, 502, 503, 504})
_ABOUT_THE_FILE = frozenset({400, 411, 413})
_SENT_ON, _STORED = 307, 200
_WHOSE = "aws sts get-caller-identity"


class NotSentError(Exception):
    """What the door or S3 has against one file."""


class Door:
    """The upload door of an environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
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
        url, headers = self.signed(file.key, asked)
        answer = self._http.request("PUT", url, headers=headers, redirect=False)
        if answer.status in _PASSING:
            return f"The door answered {answer.status}"
        if answer.status != _SENT_ON:
            raise self._refusal(answer)
        place = answer.json()
        with file.path.open("rb") as body:
            stored = self._http.request("PUT", place["url"], body=_counted(body, on_bytes), headers=place["headers"])
        if stored.status in _PASSING:
            return f"S3 answered {stored.status}"
        if stored.status != _STORED:
            raise NotSentError(f"S3 answered {stored.status}: the file changed meanwhile, or the link was altered")
        return None

    def signed(self, key: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """The address of a key, and the headers with the caller's signature."""
        credentials = boto3.Session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        url = f"{self._environment.door_url}/{quote(key)}"
        request = AWSRequest("PUT", url, dict(headers))
        SigV4Auth(credentials, "execute-api", self._environment.region).add_auth(request)
        return url, dict(request.headers)

    def _refusal(self, answer: urllib3.BaseHTTPResponse) -> Exception:
        try:
            told = answer.json()
            sentence, mend = told["message"], told["mend"]
        except (ValueError, KeyError, TypeError):
            sentence, mend = f"It answered {answer.status}.", ""
        if answer.status in _ABOUT_THE_FILE:
            return NotSentError(sentence.rstrip("."))
        return OperatorError(
            f"The door of {self._environment.name} refuses these credentials: {sentence} {mend}", _WHOSE
        )


def _counted(body: IO[bytes], on_bytes: Callable[[int], object]) -> Iterator[bytes]:
    """A file's bytes, told as they are sent."""
    while chunk := body.read(_CHUNK_BYTES):
        yield chunk
        on_bytes(len(chunk))


def upload_by_door(
    environment: Environment, files: Sequence[LocalFile], on_bytes: Callable[[int], object]
) -> list[Upload]:
    """Send each file, also what is there already; one that is not taken does not stop the others."""
    door = Door(environment)

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
