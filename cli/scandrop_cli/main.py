"""The verbs of ``scandrop``, in the order of its help: arguments in, a table or JSON out, and an exit code.

Each verb imports what it needs when it runs, so that ``--help`` is there at once.
"""

import os
import signal
import sys
from typing import Annotated

import typer

from scandrop_cli.arguments import CLOSED, app

# isort: off
import scandrop_cli.verbs.process
import scandrop_cli.verbs.samples
import scandrop_cli.verbs.upload
import scandrop_cli.verbs.door
import scandrop_cli.verbs.wait
import scandrop_cli.verbs.status
import scandrop_cli.verbs.show
import scandrop_cli.verbs.download
import scandrop_cli.verbs.gallery
import scandrop_cli.verbs.watch
import scandrop_cli.verbs.logs
import scandrop_cli.verbs.failures
import scandrop_cli.verbs.reconcile
import scandrop_cli.verbs.cost
import scandrop_cli.verbs.doctor
import scandrop_cli.verbs.cleanup
import scandrop_cli.verbs.study
import scandrop_cli.verbs.reidentify  # noqa: F401  # importing a verb makes it known
# isort: on


def _tell_version(asked: bool) -> None:  # noqa: FBT001  # as typer calls it
    if asked:
        from scandrop.version import package_version

        typer.echo(f"scandrop {package_version()}")
        raise typer.Exit


@app.callback()
def scandrop(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Drop scans into Scandrop, follow them, and fetch what became of them."""


def run() -> None:
    """The console script. Ended from outside, it cleans up as after Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not where nohup has it ignored
            signal.signal(number, signal.default_int_handler)
    try:
        app()
    finally:
        _finish_writing()


def _finish_writing() -> None:
    """Flush here, since at its own end Python tells of a pipe that was closed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(CLOSED) from None
