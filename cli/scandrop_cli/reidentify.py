"""What a pseudonym stands for, for whoever holds the environment's key and the raw bucket.

Nothing is looked up, since nothing was stored: the pseudonyms of raw objects are made again until one is the token.
The ledger says which objects to begin with; where it knows none, the headers of all that may be DICOM are read.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from scandrop.config import settings_of
from scandrop.errors import Rejected
from scandrop.lanes import OTHER, lane_of
from scandrop.processors.dicom.originals import originals_in
from scandrop.pseudonyms import PATIENT_CHARS, may_be_pseudonym
from scandrop_cli.audit import Audit
from scandrop_cli.environment import Environment
from scandrop_cli.errors import OperatorError, is_gone
from scandrop_cli.records import Version, current
from scandrop_cli.settling import keys_under
from scandrop_cli.studies import LANE, current_items

if TYPE_CHECKING:
    from scandrop.processors.dicom import Settings

OBJECT_KEY = "object_key"
KINDS = (
    "a patient, an accession number, a StudyID, a study, series or instance, or a whole object key; "
    "not another UID, such as a frame of reference, nor a folder alone"
)

_TOLD = ("patient_id", "study_instance_uid", "series_instance_uid", "sop_instance_uid")  # in the ledger
_BACK_DAYS = (7, 90, 366)  # how far the ledger is asked, one after the other
_HEADER_BYTES = 1 << 20
_AT_ONCE = 8

type OnWalk = Callable[[int], AbstractContextManager[Callable[[int, str], object]]]


@dataclass(frozen=True)
class Match:
    """One original that a token stands for, and the raw object that it was found in."""

    token: str
    kind: str
    original: str
    key: str


def check_forms(tokens: Iterable[str]) -> None:
    """Raises `OperatorError` where one has not even the form of a pseudonym, which takes no key to see.

    So what was typed by mistake, such as a name, does not reach the audit log.
    """
    for token in tokens:
        if not may_be_pseudonym(token):
            raise OperatorError(f"{token!r} is no pseudonym: it has the form of none.")


def reidentify(environment: Environment, token: str, on_walk: OnWalk) -> list[Match]:
    """All that a token stands for in the first raw object that it is found in; nothing where there is none.

    What is asked is in the audit log before the key or anything else is read, and whether it was found before it is
    returned. Raises `OperatorError` where it is no pseudonym under the environment's key, once that is in the log too.
    on_walk: opened with their number where all headers have to be read; what it yields hears how many were.
    """
    audit = Audit(environment)
    audit.asked(token)
    own = environment.pseudonyms
    if not (own.is_own_uid(token) or own.is_own_identifier(token) or own.is_own_object_key(token)):
        audit.refused(token)
        raise OperatorError(
            f"{token!r} is no pseudonym of {environment.name}: it is misspelt, or another environment's or key's."
        )
    found = _Search(environment, token).found(on_walk)
    audit.answered(token, found=bool(found))
    return found


class _Search:
    def __init__(self, environment: Environment, token: str) -> None:
        self._environment = environment
        self._token = token
        self._pseudonyms = environment.pseudonyms
        self._settings = cast("Settings", settings_of(LANE, environment.settings.get(LANE, {})))

    def found(self, on_walk: OnWalk) -> list[Match]:
        """Where it is cheapest to look first."""
        is_uid = self._pseudonyms.is_own_uid(self._token)
        is_identifier = self._pseudonyms.is_own_identifier(self._token)
        may_be_told = is_uid or (is_identifier and len(self._token) == PATIENT_CHARS)
        may_be_key = not is_uid and (not is_identifier or current(self._environment, self._token) is not None)
        return (
            (may_be_told and self._in_ledger())
            or (may_be_key and self._among_keys())
            or ((is_uid or is_identifier) and self._in_raw_bucket(on_walk))
            or []
        )

    def _among_keys(self) -> list[Match]:
        """The raw key whose pseudonym the token is."""
        keys = (key for key, _ in self._raw({self._token: ""}) if key != self._token)
        return next(([Match(self._token, OBJECT_KEY, key, key)] for key in keys), [])

    def _in_ledger(self) -> list[Match]:
        """What the headers say of the objects that the ledger knows by the token."""
        for days in _BACK_DAYS:
            items = current_items(self._environment, datetime.now(UTC) - timedelta(days=days))
            known = {
                item["object_key"]: item["version_id"]
                for item in items
                if self._token in {item["metadata"].get(name) for name in _TOLD}
            }
            if known:
                versions = self._raw(known) if self._environment.pseudonymous_keys else known.items()
                return next(filter(None, map(self._in_object, versions)), [])
        return []

    def _raw(self, known: dict[str, str]) -> Iterator[Version]:
        """The raw keys that are called so, each with the version given."""
        for key in keys_under(self._environment, ""):
            name = self._pseudonyms.object_key(key)
            if name in known:
                yield key, known[name]

    def _in_raw_bucket(self, on_walk: OnWalk) -> list[Match]:
        """What the headers say of all objects that may be DICOM."""
        keys = [key for key in keys_under(self._environment, "") if lane_of(key) in {LANE, OTHER}]
        with on_walk(len(keys)) as on_count, ThreadPoolExecutor(_AT_ONCE) as pool:
            for place, few in enumerate(batched(keys, _AT_ONCE)):
                for found in pool.map(lambda key: self._in_object((key, ""), _HEADER_BYTES), few):
                    if found:
                        return found
                on_count(place * _AT_ONCE + len(few), "")
        return []

    def _in_object(self, version: Version, first_bytes: int | None = None) -> list[Match]:
        """What the token stands for in one raw object, or in what its first bytes tell of it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "raw")
            try:
                is_whole = self._fetch(version, path, first_bytes)
                told = originals_in(path, self._pseudonyms, self._settings)
            except FileNotFoundError:
                return []
            except Rejected:
                return [] if is_whole else self._in_object(version)
        return self._matching(told, version[0])

    def _matching(self, told: dict[str, tuple[str, str]], key: str) -> list[Match]:
        found = [
            Match(self._token, kind, original, key)
            for kind, (original, pseudonym) in told.items()
            if pseudonym == self._token != original
        ]
        return [match for match in found if match.original] or found

    def _fetch(self, version: Version, path: Path, first_bytes: int | None) -> bool:
        """Write an object, or its first bytes and nothing but zeros after them; returns whether it is all there.

        Raises FileNotFoundError where the object is gone.
        """
        key, version_id = version
        request: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        if first_bytes:
            request["Range"] = f"bytes=0-{first_bytes - 1}"
        try:
            answer = self._environment.s3.get_object(Bucket=self._environment.raw_bucket, Key=key, **request)
        except ClientError as error:
            is_empty = error.response["Error"]["Code"] == "InvalidRange"  # so that it has no first byte
            if is_empty or is_gone(error):
                raise FileNotFoundError(key) from error
            raise
        with path.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(1 << 20):
                file.write(chunk)
        size_bytes = int(answer.get("ContentRange", f"/{path.stat().st_size}").rpartition("/")[2])
        is_whole = path.stat().st_size >= size_bytes
        os.truncate(path, size_bytes)  # so that the lengths in its header hold
        return is_whole
