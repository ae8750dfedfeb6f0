"""What can go wrong, as codes and sentences.

    ScandropError
    ├── Rejected   the input can never succeed: recorded with its code, not retried
    └── Failed     a try that may succeed later: given back to the queue

Every sentence says what to do. The facts filled into it are numbers and format names, never text
taken from the input, so that an error can be logged, stored and shown without leaking a value.
"""

from typing import ClassVar

REJECTIONS: dict[str, str] = {
    "empty": "The object has no bytes. Upload the file again.",
    "too_large": "The object is {size_bytes} bytes and its lane takes at most {max_bytes}. Split it, or raise max_object_bytes.",
    "unsupported": "The object is in no known format. Accepted are {accepted}.",
    "misplaced": "The object is {found}, which its suffix does not say. Rename it to one of {suffixes} and upload it again.",
    "version_gone": "This version of the object is no longer in the raw bucket. Upload the file again.",
    "processor_crashed": "The {lane} processor broke on this input ({exception}). Report it with the package version.",
    "out_of_memory": "The {lane} lane's memory does not hold this input. Split it, or raise the lane's memory_mb.",
}

FAILURES: dict[str, str] = {
    "throttled": "AWS asked to slow down ({operation}: {aws_code}). It is tried again by itself.",
    "aws_error": "AWS refused {operation} with {aws_code}. Check the lane's role and redrive the dead letter.",
    "unknown_event": "The message is no event that S3 or EventBridge sends. Look at it in the dead-letter queue and delete it.",
    "leased": "Another try of this object is at work. It is tried again by itself.",
    "out_of_time": "The function's time did not allow another object. It is tried again by itself.",
    "unexpected": "The pipeline itself broke ({exception}). Read the log of the request id and redrive the dead letter.",
    "disk_full": "The lane's ephemeral disk is full. Raise ephemeral_mb and redrive the dead letter.",
    "lost_race": "Another try of this object wrote first. It is tried again by itself.",
}


class ScandropError(Exception):
    """An error with a code from the class's table and the facts its sentence needs.

    Raises KeyError at once where the code is unknown or a fact is missing, so that a test which provokes
    the error finds a sentence that could not be said.
    """

    sentences: ClassVar[dict[str, str]] = {}

    def __init__(self, code: str, **facts: float | str) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.sentences[code].format(**facts))


class Rejected(ScandropError):
    """The input can never succeed."""

    sentences = REJECTIONS


class Failed(ScandropError):
    """The try did not succeed; a later one may."""

    sentences = FAILURES
