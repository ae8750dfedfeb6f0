"""What a processor goes on in spite of, as codes and sentences from its own table.

The facts filled in are numbers and format names, never text of the input, as in `scandrop.errors`.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Caution:
    code: str
    sentence: str


class Cautions(list[Caution]):
    """The warnings of one input, in the order in which they were met."""

    sentences: ClassVar[dict[str, str]] = {}

    def add(self, code: str, **facts: float | str) -> None:
        """Raises KeyError where the code is unknown or a fact is missing."""
        self.append(Caution(code, self.sentences[code].format(**facts)))
