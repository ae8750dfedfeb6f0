"""One file through its lane's processor, without AWS: what Lambda and ``scandrop process`` share."""

import errno
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scandrop.errors import Failed, Rejected
from scandrop.lanes import DICOM, SUFFIXES, accepted, lane_of_content, processor
from scandrop.processors import SNIFF_BYTES, Json, Source


@dataclass(frozen=True)
class Output:
    """A derivative as it will be stored: `name` under the raw object's key, `sha256` in hexadecimal."""

    name: str
    path: Path
    content_type: str
    size_bytes: int
    sha256: str
    details: Mapping[str, Json]


@dataclass(frozen=True)
class Outcome:
    """What became of one input: ``succeeded`` with outputs, or ``rejected`` with a code and a sentence."""

    status: str
    lane: str
    outputs: list[Output] = field(default_factory=list)
    metadata: Mapping[str, Json] = field(default_factory=dict)
    process_ms: int = 0
    error_code: str | None = None
    error: str | None = None

    @classmethod
    def rejected(cls, lane: str, rejection: Rejected, process_ms: int = 0) -> "Outcome":
        return cls("rejected", lane, process_ms=process_ms, error_code=rejection.code, error=str(rejection))


def run(lane: str, source: Source, settings: object, work: Path) -> Outcome:
    """Process one file into the empty folder `work`.

    Never raises for what the input holds: that is a rejected outcome. Raises `Failed` where the machine or the
    package is at fault (a full disk, a layer that lacks a module), or the environment's key is missing.
    """
    started = time.perf_counter()
    try:
        _check_content(lane, source.path)
        result = processor(lane).process(source, settings, work)
        outputs = [
            Output(
                made.name, made.path, made.content_type, made.path.stat().st_size, file_sha256(made.path), made.details
            )
            for made in result.derivatives
        ]
    except Rejected as rejection:
        return Outcome.rejected(lane, rejection, _ms_since(started))
    except Failed:  # what it needs is not there
        raise
    except MemoryError:
        return Outcome.rejected(lane, Rejected("out_of_memory", lane=lane), _ms_since(started))
    except ImportError as error:  # the package is at fault: no input is to be blamed for it
        raise Failed("package_broken", module=error.name or "one") from error
    except Exception as error:  # a bad input must never take the function down
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise Failed("disk_full") from error
        crash = Rejected("processor_crashed", lane=lane, exception=type(error).__name__)
        return Outcome.rejected(lane, crash, _ms_since(started))
    return Outcome("succeeded", lane, outputs, result.metadata, _ms_since(started))


def lane_of_unknown(head: bytes) -> str:
    """The lane that fits an object by its first bytes. Raises `Rejected` where none does."""
    lane = lane_of_content(head)
    if lane is None:
        raise Rejected("empty") if not head else Rejected("unsupported", accepted=accepted())
    return lane


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_content(lane: str, source: Path) -> None:
    """Refuse nothing at all, and what plainly belongs to another lane, before anything is decoded.

    What carries the mark of DICOM belongs to the dicom lane even where it is a TIFF too (PS3.10 7.1).
    """
    with source.open("rb") as stream:
        head = stream.read(SNIFF_BYTES)
    if not head:
        raise Rejected("empty")
    if processor(lane).sniff(head) and (lane == DICOM or not processor(DICOM).sniff(head)):
        return
    found = lane_of_content(head)
    if found is not None:
        raise Rejected("misplaced", found=f"in the {found} lane's format", suffixes=", ".join(SUFFIXES[found]))


def _ms_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
