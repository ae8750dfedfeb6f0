"""What every tool shares: the folders, and how trouble is told."""

import sys
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from scandrop_cli.errors import OperatorError, explain

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


def run(main: Callable[[], int | None]) -> None:
    """Run a tool's `main` and exit with its code; tell what stops it as a sentence and the command that mends it."""
    try:
        sys.exit(main())
    except (BotoCoreError, ClientError) as error:
        _stop(explain(error))
    except OperatorError as error:
        _stop(error)
    except KeyboardInterrupt:
        sys.exit(130)


def _stop(error: OperatorError) -> None:
    print(f"scandrop: {error}", file=sys.stderr)
    if error.mend:
        print(f"  {error.mend}", file=sys.stderr)
    sys.exit(1)
