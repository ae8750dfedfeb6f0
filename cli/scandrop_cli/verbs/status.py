"""`scandrop status`: the newest objects."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Env, Json, Lane, Since, Status, verb
from scandrop_cli.verbs.results import load


@verb(
    "scandrop status --env prod", "scandrop status --status rejected --since 2d", "scandrop status --lane image --json"
)
def status(
    env: Env = "local",
    status: Status = None,
    lane: Lane = None,
    since: Since = "7d",
    limit: Annotated[int, typer.Option(help="At most so many.", metavar="COUNT", min=1)] = 50,
    json: Json = False,
) -> None:
    """List the newest objects and what became of them."""
    from scandrop_cli import tables, terminal, when
    from scandrop_cli.records import Question, recent

    environment, start = load(env), when.since(since)
    with terminal.days_progress(start) as on_days:
        records = recent(environment, Question(start, limit, status, lane), on_days)
    if json:
        terminal.print_json(records)
    elif records:
        terminal.stdout().print(tables.status_table(records))
    else:
        terminal.stderr().print(f"Nothing was found since {start:%Y-%m-%d %H:%M} UTC.")
