"""The audit log of an environment: who asked what a pseudonym stands for, and whether it was found.

It has no original and no raw key, so that reading it tells nothing that asking would.
"""

import json
import time
import uuid
from datetime import UTC, datetime
from functools import cached_property

from botocore.exceptions import ClientError

from scandrop_cli.environment import Environment
from scandrop_cli.errors import WHOSE, OperatorError, is_denied, is_part_gone


class Audit:
    """One question's records, in a stream of their own. Raises `OperatorError` where one cannot be written."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._question = str(uuid.uuid4())

    def asked(self, token: str) -> None:
        self._write("reidentification asked", token=token)

    def answered(self, token: str, *, found: bool) -> None:
        self._write("reidentification answered", token=token, found=found)

    def refused(self, token: str) -> None:
        """It is no pseudonym of the environment's, which is an answer too."""
        self._write("reidentification refused", token=token)

    @cached_property
    def _who(self) -> str:
        return self._environment.sts.get_caller_identity()["Arn"]

    @cached_property
    def _stream(self) -> str:
        name = f"{datetime.now(UTC):%Y/%m/%d}/{self._question}"
        self._environment.logs.create_log_stream(logGroupName=self._environment.audit_log_group, logStreamName=name)
        return name

    def _write(self, event: str, **facts: str | bool) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        record = {"event": event, "question": self._question, "at": at, "who": self._who, **facts}
        try:
            answer = self._environment.logs.put_log_events(
                logGroupName=self._environment.audit_log_group,
                logStreamName=self._stream,
                logEvents=[{"timestamp": time.time_ns() // 1_000_000, "message": json.dumps(record)}],
            )
        except ClientError as error:
            if is_part_gone(error):
                raise self._refusal("is gone", f"./deploy.sh {self._environment.name}") from error
            if is_denied(error):
                raise self._refusal("cannot be written", WHOSE) from error
            raise
        if answer.get("rejectedLogEventsInfo"):
            raise self._refusal("has refused the record")

    def _refusal(self, why: str, mend: str = "") -> OperatorError:
        return OperatorError(
            f"The audit log {self._environment.audit_log_group} {why}, and without a record nobody is told "
            "what a pseudonym stands for.",
            mend,
        )
