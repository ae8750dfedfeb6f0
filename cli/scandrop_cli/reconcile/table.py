"""What differs, as a line for each kind."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from scandrop_cli.reconcile.healing import DELETED, ERASED, QUEUED
from scandrop_cli.reconcile.judge import MEANS, Difference
from scandrop_cli.tables import add_numbers, age, new_table, number
from scandrop_cli.terminal import plain, shortened
from scandrop_cli.wording import counted

_EXAMPLES = 5
_KEY_COLUMNS = 60
_BUT = "but not what the ledger has of them: nothing knows their raw keys any more"


def table(found: Sequence[Difference]) -> Table:
    """Each kind with what it means, how many there are, and the first few keys with their ages."""
    lines = new_table("difference")
    add_numbers(lines, "objects", "age")
    now = datetime.now(UTC)
    for kind, means in MEANS.items():
        mine = [one for one in found if one.kind == kind]
        if not mine:
            continue
        lines.add_row(Text.assemble((kind, "bold red"), f": {means}"), number(len(mine)), "")
        for one in mine[:_EXAMPLES]:
            named = one.key or ", ".join(one.names)  # what lies at the root of the bucket is of no object
            key = Text(f"  {shortened(plain(named), _KEY_COLUMNS)}")
            lines.add_row(key, "", age(one.since.isoformat(), now))
        if len(mine) > _EXAMPLES:
            lines.add_row(Text(f"  … and {len(mine) - _EXAMPLES:,} more, which --json lists", style="dim"), "", "")
    return lines


def healed(found: Sequence[Difference]) -> Iterator[str]:
    """What was done about how many, and why not more, a sentence each."""
    done = Counter(one.healed for one in found)
    if done[QUEUED]:
        yield f"Queued again: {done.pop(QUEUED):,}."
    if done[DELETED]:
        yield f"The orphans of {counted(done.pop(DELETED), 'object')} were deleted."
    if done[ERASED]:
        yield f"The derivatives of {counted(done.pop(ERASED), 'object')} were erased, {_BUT}."
    yield from (f"Left as they are: {count:,}. {reason}" for reason, count in done.items() if count)


def content(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """For scripts: all but the raw keys."""
    return [
        {
            "kind": one.kind,
            "key": one.key,
            "version_id": one.version_id,
            "since": one.since,
            "derivatives": list(one.names),
            "healed": one.healed,
        }
        for one in found
    ]
