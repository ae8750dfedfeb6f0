"""What is shown before anything is deleted, and the question."""

import sys
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from scandrop_cli.cleanup.holdings import Holdings
from scandrop_cli.errors import OperatorError
from scandrop_cli.tables import add_numbers, cell, new_table, number, size


def screen(holdings: Holdings) -> RenderableType:
    """All that is there, what is left alone, and what is lost that nobody can make again."""
    table = new_table("what", "kind")
    add_numbers(table, "objects", "versions", "size")
    for bucket in holdings.buckets:
        if bucket.failure:
            table.add_row(cell(bucket.name), "bucket", "?", "?", "?")
            continue
        counts = number(bucket.objects), number(bucket.versions), size(bucket.size_bytes)
        table.add_row(cell(bucket.name), "bucket", *counts)
    for group in holdings.log_groups:
        table.add_row(cell(group.name), "log group", "", "", size(group.size_bytes))
    for queue in holdings.queues:
        table.add_row(cell(queue.name), "queue", number(queue.messages), "", "")
    return Group(table, "", *(Text(line, style="yellow") for line in _told(holdings)))


def _told(holdings: Holdings) -> Iterator[str]:
    name = holdings.environment
    for bucket in holdings.buckets:
        if bucket.failure:
            yield f"S3 fails to list {bucket.name} ({bucket.failure}), so it cannot be emptied; all else can."
    for stranger in holdings.strangers:
        yield f"The {stranger.kind} {stranger.name} is left alone: nothing says that it is {name}'s."
    if any(group.name == f"/scandrop-{name}/audit" for group in holdings.log_groups):
        yield f"/scandrop-{name}/audit says who asked whom a pseudonym stands for. Export it first (docs/operating.md)."
    if holdings.ledger_items is not None:
        yield f"About {holdings.ledger_items:,} ledger items and the pseudonym key go with ./deploy.sh destroy {name}."
        yield "Without that key nobody can tell whom a pseudonym stands for. Back it up first (docs/operating.md)."


def ask(name: str, meant: str | None, again: str) -> None:
    """Go on only where the environment's name was typed, in the command or now; `again` is the command that does so."""
    if meant is None:
        if not sys.stdin.isatty():
            raise OperatorError("Nothing was deleted: there is no terminal to ask in. Say that you mean it.", again)
        meant = input(f"Type {name} to delete all of this: ").strip()
    if meant != name:
        raise OperatorError(f"Nothing was deleted: {meant!r} is not {name}.")
