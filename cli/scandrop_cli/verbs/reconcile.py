"""`scandrop reconcile`: whether raw bucket, ledger and processed bucket agree."""

from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, Span, verb
from scandrop_cli.verbs.results import load

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment
    from scandrop_cli.reconcile.judge import Difference
    from scandrop_cli.reconcile.looking import Look


@verb(
    "scandrop reconcile --env prod",
    "scandrop reconcile --prefix study1/ --json",
    "scandrop reconcile --env prod --heal",
)
def reconcile(
    prefix: Annotated[str, typer.Option(help="Only raw keys that begin so.", metavar="TEXT")] = "",
    *,
    heal: Annotated[
        bool, typer.Option("--heal", help="Queue again what has to be processed or deleted, and delete orphans.")
    ] = False,
    older_than: Span = "20m",
    env: Env = "local",
    json: Json = False,
) -> None:
    """Compare raw bucket, ledger and processed bucket, and list what differs. Exits with 1 where anything does.

    What changed in the last 20 minutes is left alone, since a lane may be at work on it; so is what is being written.
    """
    from datetime import UTC, datetime

    from scandrop_cli import terminal, when
    from scandrop_cli.reconcile import table
    from scandrop_cli.reconcile.healing import QUEUED
    from scandrop_cli.reconcile.looking import Look
    from scandrop_cli.wording import counted

    environment = load(env)
    look = Look(environment, prefix, datetime.now(UTC) - when.span(older_than))
    found = _found(environment, look, heal=heal)
    if json:
        terminal.print_json({"objects": look.objects, "differences": table.content(found)})
    elif found:
        terminal.stdout().print(table.table(found))
    say = terminal.stderr().print
    say(f"{counted(look.objects, 'object')} compared; {counted(len(found), 'difference')}.")
    for sentence in table.healed(found) if heal else ():
        say(sentence)
    if any(one.healed == QUEUED for one in found):
        say(f"To see what becomes of them:\n  scandrop status --env {env} --since 10m")
    elif found and not heal:
        say(f"To mend them:\n  scandrop reconcile --env {env} --heal")
    if found:
        raise typer.Exit(BAD)


def _found(environment: "Environment", look: "Look", *, heal: bool) -> list["Difference"]:
    """All that differs; healed at once, while it is as it was seen."""
    from functools import partial

    from scandrop_cli import terminal
    from scandrop_cli.reconcile import healing

    with terminal.count_progress("Comparing") as on_count:
        mend = partial(healing.heal, environment) if heal else list
        return [one for few in look.differences(mend, on_count) for one in few]
