"""What the verbs share: the environment by its name, and what became of objects as people see it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scandrop_cli.errors import Absent

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment
    from scandrop_cli.records import Record


def load(name: str) -> "Environment":
    from scandrop_cli.environment import load

    return load(name)


def unknown(key: str, env: str) -> Absent:
    return Absent(f"Nothing is known of {key!r} in {env}.", f"scandrop status --env {env}")


def settle(environment: "Environment", keys: Mapping[str, str], timeout_s: float, *, json: bool) -> bool:
    """Wait for keys, show what became of them under the names given, and return whether all is well."""
    from scandrop_cli import settling, tables, terminal

    with terminal.count_progress("Waiting", len(keys)) as on_count:
        records = settling.settle(
            environment,
            keys,
            timeout_s=timeout_s,
            on_change=lambda now: on_count(sum(record.over for record in now), tables.counts(now)),
        )
    good = show_results([replace(record, key=keys[record.key]) for record in records], json=json)
    waiting = sorted({record.lane for record in records if record.status == "waiting"})
    tell_dead_letters(environment, settling.dead_letters(environment, waiting))
    return good


def tell_dead_letters(environment: "Environment", counts: Mapping[str, int]) -> None:
    """Say of each lane how many messages its dead-letter queue holds, and where to read why."""
    from scandrop_cli import terminal

    for lane, count in counts.items():
        if count:
            messages = "1 message" if count == 1 else f"{count:,} messages"
            terminal.stderr().print(
                f"The dead-letter queue of the {lane} lane holds {messages}; see why:\n"
                f"  scandrop failures --env {environment.name} --lane {lane}"
            )


def show_results(records: Sequence["Record"], *, json: bool) -> bool:
    """Print what became of files or keys, and return whether all is well."""
    from scandrop_cli import tables, terminal

    if json:
        terminal.print_json(records)
    elif records:
        terminal.stdout().print(tables.results_table(records))
        for sentence in tables.explanations(records):
            terminal.stderr().print(sentence)
    return all(record.good for record in records)
