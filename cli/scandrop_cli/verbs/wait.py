"""`scandrop wait`: until objects are settled."""

from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, Keys, Timeout, verb
from scandrop_cli.errors import Absent
from scandrop_cli.verbs.results import load, settle, show_results, tell_dead_letters

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment


@verb(
    "scandrop wait study1/scan.png",
    "scandrop wait --prefix study1/ --timeout 60",
    "scandrop wait                         until the queues are empty",
)
def wait(
    keys: Keys = None,
    prefix: Annotated[str | None, typer.Option(help="All keys that begin so.", metavar="TEXT")] = None,
    env: Env = "local",
    timeout: Timeout = 900,
    json: Json = False,
) -> None:
    """Wait until objects are settled, and show the results.

    Without a key it waits until the queues are empty and shows what was settled meanwhile.
    """
    from scandrop_cli.settling import keys_under

    environment = load(env)
    awaited = {key: key for key in keys or ()}
    if prefix is not None:
        awaited |= {key: environment.known_as(key) for key in keys_under(environment, prefix) if key not in awaited}
        if not awaited:
            raise Absent(f"No key in {env} begins with {prefix!r}.", f"scandrop upload --env {env} --help")
    good = settle(environment, awaited, timeout, json=json) if awaited else _drain(environment, timeout, json=json)
    if not good:
        raise typer.Exit(BAD)


def _drain(environment: "Environment", timeout_s: float, *, json: bool) -> bool:
    """Wait for empty queues, show what was settled meanwhile, and return whether all is well."""
    from datetime import UTC, datetime

    from scandrop_cli import terminal
    from scandrop_cli.records import Question, recent
    from scandrop_cli.settling import dead_letters, drain

    began = datetime.now(UTC)
    dead = dead_letters(environment, environment.queue_urls)
    with terminal.count_progress("Waiting") as on_count:
        left = drain(
            environment, timeout_s=timeout_s, on_change=lambda left: on_count(0, f"{left} messages in the queues")
        )
    records = recent(environment, Question(began, 1000))
    if not (records or json):
        terminal.stderr().print("Nothing was settled meanwhile.")
    good = show_results(records, json=json)
    died = {lane: count for lane, count in dead_letters(environment, dead).items() if count > dead[lane]}
    tell_dead_letters(environment, died)
    if left:
        terminal.stderr().print(f"After {timeout_s:.0f} s the queues still hold {left} messages.")
    return good and not died and not left
