"""`scandrop watch`: lanes, queues, ages, rates and the latest objects, as they change."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import INTERRUPTED, Env, Json, verb
from scandrop_cli.verbs.results import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from scandrop_cli.watch_view import Moment


@verb("scandrop watch", "scandrop watch --env prod --interval 10", "scandrop watch --once --json")
def watch(
    env: Env = "local",
    interval: Annotated[float, typer.Option(help="Look again after so many seconds.", metavar="SECONDS", min=1)] = 2,
    once: Annotated[bool, typer.Option("--once", help="Show what is so now, and end.")] = False,
    json: Json = False,
) -> None:
    """Watch the lanes at work until Ctrl-C: queues, ages, rates, costs and the latest objects.

    With --json there is one line for each look.
    """
    from scandrop_cli import terminal, watch_view
    from scandrop_cli.watcher import Watcher

    watcher, console = Watcher(load(env).impatient()), terminal.stdout()
    shown = [watch_view.once(watcher.look)] if once else watch_view.moments(watcher.look, interval)
    if json or once or not console.is_terminal:
        _print(shown, json=json)
    else:
        _live(console, shown)


def _live(console: "Console", shown: "Iterable[Moment]") -> None:
    from scandrop_cli import watch_view

    try:
        watch_view.live(console, shown)
    except KeyboardInterrupt:
        console.file.flush()
        os._exit(INTERRUPTED)  # Python would wait for a look that AWS does not answer


def _print(shown: "Iterable[Moment]", *, json: bool) -> None:
    """Each look, below the one before."""
    from scandrop_cli import terminal, watch_view

    console, last = terminal.stdout(), None
    for moment in shown:
        if moment.silence:
            terminal.stderr().print(str(moment.silence), markup=False)
        if moment.view is last:
            continue
        last = moment.view
        if json:
            terminal.print_json_line(last)
        else:
            console.print(watch_view.frame(moment, terminal.columns(console)))
