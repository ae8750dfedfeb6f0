"""What the lane goes on in spite of, as codes and sentences: each code is in the ledger.

The facts filled in are numbers, format names and tags or keywords of the standard, never text of the input, as in
`scandrop.errors`.
"""

from scandrop.processors.cautions import Cautions

WARNINGS: dict[str, str] = {}


class Warned(Cautions):
    """The warnings of one input, in the order in which they were met."""

    sentences = WARNINGS
