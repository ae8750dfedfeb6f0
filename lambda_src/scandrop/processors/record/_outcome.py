"""What became of the records of one file: those that go through, those that are refused, and how many of each."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from scandrop.errors import Rejected


@dataclass(frozen=True)
class Fault:
    """Why a record is refused: a known word, and a path in which only names from the schema are spelled out."""

    reason: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.reason} at {self.path}" if self.path else self.reason


@dataclass
class Outcome:
    """Writes what goes through to `kept` and the places of what is refused to `refused`, and counts both.

    first_refused: the line of the first record that was refused, and why.
    """

    kept: BinaryIO
    refused: BinaryIO
    max_rejects: int
    extracted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first_refused: tuple[int, Fault] | None = None

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    @property
    def records(self) -> int:
        return self.extracted + self.rejected

    def keep(self, count: int, rows: bytes) -> None:
        self.kept.write(b"," + rows if self.extracted else rows)
        self.extracted += count

    def refuse(self, line: int, fault: Fault) -> None:
        if self.rejected == self.max_rejects:
            raise Rejected("too_many_rejects", max_rejects=self.max_rejects)
        self.first_refused = self.first_refused or (line, fault)
        self.reasons[fault.reason] += 1
        entry = {"record": self.records, "line": line, "path": fault.path, "reason": fault.reason}
        self.refused.write(json.dumps(entry).encode() + b"\n")
