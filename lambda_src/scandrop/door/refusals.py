"""What the door refuses, as a code, an HTTP status, a sentence and what mends it.

None holds more of the request than a number or a single character.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One way to be refused: the HTTP status, the sentence, and what to do."""

    status: int
    message: str
    mend: str


REFUSALS: dict[str, Refusal] = {
    "bad_key": Refusal(
        400,
        "The key is none that an object can have.",
        "Name the object as it shall be called in the raw bucket, percent-encoded once.",
    ),
    "bad_size": Refusal(
        400,
        "The size is not a number of bytes.",
        "Send the file's size in bytes as digits in the header x-scandrop-size.",
    ),
    "empty": Refusal(400, "The file has no bytes.", "Send a file that has some."),
    "bad_checksum": Refusal(
        400,
        "A checksum header is none that the door knows, or not the base64 form of its digest.",
        "Send a digest of docs/openapi.yaml in base64, or x-amz-content-sha256 in 64 hexadecimal digits, or none.",
    ),
    "bad_method": Refusal(405, "The door knows GET and PUT.", "Upload by PUT, and ask by GET what became of it."),
    "size_missing": Refusal(
        411,
        "The request does not say how large the file is.",
        "Send the file's size in bytes in the header x-scandrop-size.",
    ),
    "too_large": Refusal(
        413,
        "The file is larger than the 5,000,000,000 bytes that one PUT takes.",
        "Upload it in parts: scandrop upload FILE, without --via-api.",
    ),
    "not_found": Refusal(
        404,
        "There is no such object or version.",
        "Look at the key and the version, or upload the file by PUT.",
    ),
    "unavailable": Refusal(
        503,
        "A part of the environment does not answer, or refused the door.",
        "Try again in a few seconds; if it stays so, tell the operator, who finds the request id in the door's log.",
    ),
    "broken": Refusal(
        500,
        "The door itself broke.",
        "Tell the operator, who finds the request id in the door's log.",
    ),
}


class RefusedError(Exception):
    """A request that is answered with one of `REFUSALS`; `message` is said in its place where it tells more."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message or REFUSALS[code].message
        super().__init__(code)
