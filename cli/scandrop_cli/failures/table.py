"""Failures as text, by what went wrong: a cause is mended once, however many objects it has."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scandrop.events import TOMBSTONE
from scandrop_cli.failures.found import DAYS_BACK, DEAD_LETTER, STUCK, USELESS, Failure, Report, by_code
from scandrop_cli.failures.letters import HELD_S
from scandrop_cli.gallery.advice import quoted
from scandrop_cli.requeue import Requeued
from scandrop_cli.tables import add_numbers, age, cell, new_table, number
from scandrop_cli.terminal import plain, shortened

_SHOWN = 10  # of each code
_KEY_COLUMNS = 60


def screen(report: Report, env: str) -> Iterator[RenderableType]:
    """Each code with its sentence, its objects, and what to type to see more of one and to have them tried again.

    A text of its own is one line, to be copied from the terminal, however narrow that is.
    """
    for code, mine in by_code(report.failures).items():
        yield from _of_code(code, mine, env)


def _of_code(code: str, failures: Sequence[Failure], env: str) -> Iterator[RenderableType]:
    yield Text.assemble((code, "bold red"), f"  {_counted(failures)}")
    for sentence in dict.fromkeys(plain(failure.error) for failure in failures[:_SHOWN]):
        yield Text(f"  {sentence}")
    yield Padding(_objects(failures[:_SHOWN]), (0, 0, 0, 4), expand=False)
    if len(failures) > _SHOWN:
        yield Text(f"    … and {len(failures) - _SHOWN:,} more, which --json lists.", style="dim")
    for command in _commands(code, failures, env):
        yield Text(f"  {plain(command)}", style="cyan")
    yield Text()


def _counted(failures: Sequence[Failure]) -> str:
    kinds = Counter((failure.kind, failure.lane) for failure in failures)
    return ", ".join(f"{count:,} {kind}{_plural(kind, count)} of {lane}" for (kind, lane), count in kinds.items())


def _plural(kind: str, count: int) -> str:
    return "s" if kind == DEAD_LETTER and count > 1 else ""


def _objects(failures: Sequence[Failure]) -> Table:
    table = new_table("key", "version")
    add_numbers(table, "tries", "age")
    now = datetime.now(UTC)
    for failure in failures:
        key = shortened(plain(failure.key), _KEY_COLUMNS) or "(no object)"
        version = shortened(plain(failure.version_id), 12)
        table.add_row(Text(key), version, number(failure.attempts), age(failure.failed_at, now))
    return table


def _commands(code: str, failures: Sequence[Failure], env: str) -> Iterator[str]:
    yield failures[0].command
    if code in USELESS:
        yield f"scandrop failures discard --env {env}"
        return
    if any(failure.kind == DEAD_LETTER for failure in failures):
        yield f"scandrop failures redrive --env {env} --code {quoted(code)}"
    stuck = [failure for failure in failures if failure.kind == STUCK]
    deletions = [failure for failure in stuck if failure.version_id.startswith(TOMBSTONE)]
    keys = [quoted(failure.key) for failure in stuck if failure not in deletions]
    if len(stuck) > _SHOWN:
        yield f"scandrop reconcile --heal --env {env}"
        return
    if keys:
        yield " ".join(("scandrop failures release --env", env, "--", *keys))
    for failure in deletions:
        yield f"scandrop failures release --env {env} --version {quoted(failure.version_id)} -- {quoted(failure.key)}"


def besides(report: Report, env: str) -> Iterator[str]:
    """What is no failure for a person, but told so that nobody looks for it in vain."""
    if report.retried:
        tried = f"{report.retried:,} failed and {_are(report.retried)} tried again"
        yield f"{tried}: scandrop status --env {env} --status failed"
    if report.waiting:
        yield (
            f"{report.waiting:,} {_were(report.waiting)} last tried over two hours ago, and may be among the messages "
            f"that wait in the lane's queue: scandrop watch --env {env}"
        )
    if report.rejected:
        yield (
            f"{report.rejected:,} {_were(report.rejected)} rejected in the last {DAYS_BACK} days, which is a result: "
            f"scandrop status --env {env} --status rejected --since {DAYS_BACK}d"
        )


def unseen(count: int) -> str:
    """What to say of letters that SQS counts and did not give out."""
    until = datetime.now(UTC) + timedelta(seconds=HELD_S)
    letters, were, them = (f"{count:,} more letters", "they were", "them")
    if count == 1:
        letters, were, them = ("1 more letter", "it was", "it")
    return (
        f"SQS counts {letters}, and could not show {them}: somebody else has {them} in hand, until about "
        f"{until:%H:%M} UTC at the latest, or {were} dealt with in the last minute. Look again then."
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def per_lane(failures: Sequence[Failure]) -> str:
    """How many of each lane, as a sentence counts them."""
    return ", ".join(f"{lane} {count:,}" for lane, count in sorted(Counter(one.lane for one in failures).items()))


def released_table(released: Sequence[Requeued]) -> Table:
    """What became of objects that were to be processed once more."""
    table = new_table("key", "lane", "now")
    for one in released:
        table.add_row(cell(one.key), one.lane, Text(one.refusal or "queued", style="red" if one.refusal else "green"))
    return table
