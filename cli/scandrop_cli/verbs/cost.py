"""`scandrop cost`: what was spent on objects, and what a month of it comes to."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Env, Json, Since, one_of, verb

_BY = ("lane", "day", "prefix")


@verb("scandrop cost --env prod", "scandrop cost --since 7d --by day", "scandrop cost --by prefix --json")
def cost(
    env: Env = "local",
    since: Since = "30d",
    by: Annotated[
        str, typer.Option(callback=one_of(*_BY), help=f"What to group by: {', '.join(_BY)}.", metavar="WHAT")
    ] = "lane",
    json: Json = False,
) -> None:
    """Show what objects cost, and the forecast for a month."""
    from scandrop_cli import terminal, when
    from scandrop_cli.costs.report import report
    from scandrop_cli.costs.tables import screen

    start = when.since(since)
    with terminal.days_progress(start) as on_days:
        found = report(env, start, by, on_days)
    if json:
        terminal.print_json(found.as_json())
    else:
        terminal.stdout().print(screen(found))
