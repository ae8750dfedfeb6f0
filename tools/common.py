"""What every tool shares: the root of the repository and how trouble is told."""

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class ToolError(Exception):
    """Something that the user can mend: one sentence that says what is wrong and the command that mends it."""


def run(main: Callable[[], int | None]) -> None:
    """Run a tool's `main` and exit with its code; tell a `ToolError` as a sentence instead of a traceback."""
    try:
        sys.exit(main())
    except ToolError as error:
        sys.exit(f"scandrop: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
