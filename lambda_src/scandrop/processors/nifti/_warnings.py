"""What the lane goes on in spite of, as codes and sentences: each is in the report, ``qc.json`` and the ledger.

The facts filled in are numbers and format names, never text of the input, as in `scandrop.errors`.
"""

from dataclasses import dataclass

WARNINGS: dict[str, str] = {}


@dataclass(frozen=True)
class Caution:
    code: str
    sentence: str


class Warned(list[Caution]):
    """The warnings of one input, in the order in which they were met."""

    def add(self, code: str, **facts: float | str) -> None:
        """Raises KeyError where the code is unknown or a fact is missing."""
        self.append(Caution(code, WARNINGS[code].format(**facts)))
