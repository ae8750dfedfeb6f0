"""What a request to the door asks for, checked. The body of a request is never looked into."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scandrop.door.refusals import RefusedError
from scandrop.keys import has_controls
from scandrop.manifest import KEY_BYTES

LARGEST_BYTES = 5_000_000_000  # S3's own limit for one PUT

SIZE = "x-scandrop-size"
BODY_SHA256 = "x-amz-content-sha256"
_CHECKSUM = "x-amz-checksum-"
DIGEST_BYTES = {  # of each checksum that S3 compares with what it received
    "content-md5": 16,
    f"{_CHECKSUM}crc32": 4,
    f"{_CHECKSUM}crc32c": 4,
    f"{_CHECKSUM}crc64nvme": 8,
    f"{_CHECKSUM}sha1": 20,
    f"{_CHECKSUM}sha256": 32,
}
_NEEDLESS = re.compile(r"%(2[D-F]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)  # a slash, A-Z a-z 0-9 - . _ ~
_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)

type Event = Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file that somebody wants to put: `headers` are those that its PUT must have, and are signed."""

    key: str
    headers: Mapping[str, str]


def header(event: Event, name: str) -> str | None:
    """A request header by its name in small letters, in whatever letters it came."""
    return next((value for given, value in (event.get("headers") or {}).items() if given.lower() == name), None)


def parameter(event: Event, name: str) -> str | None:
    """A parameter of the query, or None."""
    value: str | None = (event.get("queryStringParameters") or {}).get(name)
    return value


def key_in(event: Event) -> str:
    """The key that the path names. Raises `RefusedError` ``bad_key``."""
    # A REST API hands on its path as it was sent, but its path parameters partly decoded. What need not be encoded must
    # not be, since IAM matched the path before anything here decoded it.
    path = event["path"].removeprefix("/")
    if needless := _NEEDLESS.search(path):
        plain, code = unquote(needless[0]), needless[0].upper()
        raise RefusedError("bad_key", f"{plain} is percent-encoded as {code}, and must come as it is.")
    try:
        key = unquote(path, errors="strict")
        key.encode()
    except UnicodeError:
        raise RefusedError("bad_key", "The key is not UTF-8 once its percent signs are decoded.") from None
    if fault := _fault_of(key):
        raise RefusedError("bad_key", fault)
    return key


def _fault_of(key: str) -> str:
    """What keeps a text from being a key, without any of it; nothing where it is one."""
    length, parts = len(key.encode()), key.split("/")
    if not key:
        return "The key is empty."
    if length > KEY_BYTES:
        return f"The key has {length:,} bytes, and S3 takes at most {KEY_BYTES:,}."
    if has_controls(key):
        return "The key has a control character, and takes none."
    if key.endswith("/"):
        return "The key ends with a slash, so it names a folder and not a file."
    at = next((number for number, part in enumerate(parts, 1) if part in {"", ".", ".."}), 0)
    named = {"": "empty", ".": "a dot", "..": "two dots"}
    return f"Of the key's {len(parts)} parts between slashes, number {at} is {named[parts[at - 1]]}." if at else ""


def upload_in(event: Event) -> Upload:
    """The upload that a PUT asks for. Raises `RefusedError`."""
    key = key_in(event)
    size_bytes = _size_bytes(event)
    if size_bytes == 0:
        raise RefusedError("empty")
    if size_bytes > LARGEST_BYTES:
        raise RefusedError("too_large")
    return Upload(key, {"content-length": str(size_bytes), **_checksums(event)})


def _size_bytes(event: Event) -> int:
    told = header(event, SIZE)
    if told is None:
        return _body_bytes(event)
    if not _DIGITS.fullmatch(told):
        raise RefusedError("bad_size")
    return int(told)


def _body_bytes(event: Event) -> int:
    """How long the request's own body is, which its sender will send again to where it is redirected."""
    length = header(event, "content-length")  # API Gateway keeps it to itself, the embedded AWS does not
    if length is not None and _DIGITS.fullmatch(length) and int(length):
        return int(length)
    body = event.get("body") or ""
    if not body or not event.get("isBase64Encoded"):
        raise RefusedError("size_missing")
    return len(body) * 3 // 4 - body[-2:].count("=")


def _checksums(event: Event) -> dict[str, str]:
    """The checksum headers of the request."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    found = {name: headers[name] for name in headers if name in DIGEST_BYTES or name.startswith(_CHECKSUM)}
    if any(_decoded_bytes(value) != DIGEST_BYTES.get(name) for name, value in found.items()):
        raise RefusedError("bad_checksum")
    body_sha256 = header(event, BODY_SHA256)
    if body_sha256 is not None and header(event, SIZE) is None:  # else it is that of an empty body
        if not _HEX_SHA256.fullmatch(body_sha256):
            raise RefusedError("bad_checksum")
        found[BODY_SHA256] = body_sha256
    return found


def _decoded_bytes(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return -1
