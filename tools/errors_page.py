"""Write docs/errors.md from the tables that the handler itself speaks from."""

import re
from collections.abc import Mapping

from scandrop.errors import FAILURES, REJECTIONS
from scandrop.processors.dicom._warnings import WARNINGS as DICOM_WARNINGS
from scandrop.processors.nifti._warnings import WARNINGS as NIFTI_WARNINGS
from tools.common import ROOT

PAGE = ROOT / "docs" / "errors.md"

HEAD = """\
# Errors

Made from `lambda_src/scandrop/errors.py` by `.venv/bin/python -m tools.errors_page`; a test fails while the two differ.

`scandrop show KEY --env ENVIRONMENT` tells the code and the sentence of one object,
`scandrop status --status rejected --env ENVIRONMENT` those of many. The words in *italics* are filled in with numbers
and names of formats and attributes, never with text of the input; the dicom lane names no number that a header states.
"""

REJECTED = """
## Rejected

The input can never succeed. The object is settled: it is recorded with its code and not tried again.
"""

FAILED = """
## Failed

A later try may succeed. The queue tries again by itself; after the last try the message goes to the lane's dead-letter
queue, which raises an alarm. [Dead letters](runbooks/dead-letters.md) says what to do then.
"""


WARNED = """
## Warnings

A lane goes on in spite of these; their codes are in the ledger.

### dicom
"""

WARNED_OF_RUNS = """
### nifti

They stand in the report and in `qc.json` too.
"""


def table(sentences: Mapping[str, str]) -> str:
    """A Markdown table with a row per code, in the order of the source."""
    rows = [f"| `{code}` | {re.sub(r'{(\w+)}', r'*\1*', sentence)} |" for code, sentence in sentences.items()]
    return "\n".join(["", "| code | sentence |", "|---|---|", *rows, ""])


def page() -> str:
    """The whole page."""
    settled = HEAD + REJECTED + table(REJECTIONS) + FAILED + table(FAILURES)
    return settled + WARNED + table(DICOM_WARNINGS) + WARNED_OF_RUNS + table(NIFTI_WARNINGS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
