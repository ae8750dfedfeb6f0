"""The verbs of ``scandrop failures``: what failed for good, and what a person does about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, Keys, Lane, Misused, failures, refuse_no_key, verb
from scandrop_cli.errors import Absent
from scandrop_cli.verbs.results import load

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment


@verb("scandrop failures --env prod", "scandrop failures --lane dicom --json", group=failures, name="")
def list_failures(context: typer.Context, env: Env = "local", lane: Lane = None, json: Json = False) -> None:
    """List dead letters, and objects that failed and that nobody tries any more. Exits with 1 where there are any."""
    if context.invoked_subcommand:
        _refuse_options_before(context)
        return
    from rich.text import Text

    from scandrop_cli import terminal
    from scandrop_cli.failures.found import report
    from scandrop_cli.failures.letters import held
    from scandrop_cli.failures.table import besides, screen

    environment = load(env)
    with held(environment, _lanes(environment, lane), to_look=True) as mine:
        found = report(environment, mine, lane)
    if json:
        terminal.print_json(found.content())
    else:
        for part in screen(found, env):
            terminal.stdout().print(part, soft_wrap=isinstance(part, Text))
        if not found.failures and not found.unseen:
            terminal.stderr().print(f"Nothing failed for good in {env}.")
        for sentence in besides(found, env):
            terminal.stderr().print(sentence, soft_wrap=True)
    _tell_unseen(found.unseen)
    if found.failures:
        raise typer.Exit(BAD)


@verb(
    "scandrop failures redrive --code disk_full",
    "scandrop failures redrive --lane nifti --env prod",
    "scandrop failures redrive --all && scandrop wait",
    group=failures,
)
def redrive(
    key: Annotated[str | None, typer.Option(callback=refuse_no_key, help="Those of one object.", metavar="KEY")] = None,
    code: Annotated[str | None, typer.Option(help="Those that failed with this code.", metavar="CODE")] = None,
    lane: Lane = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    env: Env = "local",
    json: Json = False,
) -> None:
    """Give dead letters back to their lanes' queues, which try them from the start. Mend the cause first.

    It is safe at any time, and to break off: what was settled meanwhile is not processed twice.
    """
    from scandrop_cli import terminal
    from scandrop_cli.failures.found import NO_EVENT, failures_of
    from scandrop_cli.failures.letters import held, redrive
    from scandrop_cli.failures.table import per_lane

    if (every and (key or code)) or not (every or key or code or lane):
        raise Misused("Say which: --key, --code or --lane, or --all.")
    environment = load(env)
    name = environment.known_as(key) if key else None
    with held(environment, _lanes(environment, lane)) as mine:
        wanted = [
            (letter, failure)
            for letter, failure in failures_of(environment, mine.letters)
            if name in {None, failure.key} and code in {None, failure.error_code} and failure.error_code != NO_EVENT
        ]
        with terminal.count_progress("Redriving", len(wanted)) as on_count:
            redrive(environment, [letter for letter, _ in wanted], lambda count: on_count(count, ""))
    done = [failure for _, failure in wanted]
    if json:
        terminal.print_json(done)
    if done:
        terminal.stderr().print(
            f"In their queues again: {per_lane(done)}. To see what becomes of them:\n  {_wait(env)}"
        )
    _tell_unseen(mine.unseen.total())
    if not done:
        raise Absent(f"{env} has no such dead letter.", f"scandrop failures --env {env}")


@verb(
    "scandrop failures release study1/scan.dcm",
    "scandrop failures release --code dicom_needs_libjpeg --env prod",
    group=failures,
)
def release(
    keys: Keys = None,
    version: Annotated[str | None, typer.Option(help="Of one key: another than the newest one.", metavar="ID")] = None,
    code: Annotated[
        str | None, typer.Option(help="All that were rejected with this code in the last 30 days.", metavar="CODE")
    ] = None,
    env: Env = "local",
    json: Json = False,
) -> None:
    """Have objects processed once more that are settled already, after a fix, an upgrade or a changed limit.

    Their derivatives are replaced once the new ones are made. A version that a newer one took the place of is left.
    """
    from scandrop_cli import terminal
    from scandrop_cli.failures.table import released_table
    from scandrop_cli.requeue import requeue_all

    if bool(keys) == bool(code) or (version and len(keys or ()) != 1):
        raise Misused("Say which: one or more KEYs, or --code; --version goes with one KEY.")
    environment = load(env)
    names = keys or _rejected_with(environment, code)
    with terminal.count_progress("Releasing", len(names)) as on_count:
        released = requeue_all(environment, names, version, lambda count: on_count(count, ""))
    if json:
        terminal.print_json(released)
    else:
        terminal.stdout().print(released_table(released))
    if not all(one.refusal for one in released):
        terminal.stderr().print(f"To see what becomes of what is queued:\n  {_wait(env)}")
    if any(one.refusal for one in released):
        raise typer.Exit(BAD)


@verb("scandrop failures discard --env prod", group=failures)
def discard(env: Env = "local", json: Json = False) -> None:
    """Delete the dead letters that are of no use: no events of the raw bucket, or of what was settled since.

    All others are kept.
    """
    from scandrop_cli import terminal
    from scandrop_cli.failures.found import USELESS, failures_of
    from scandrop_cli.failures.letters import held, remove

    environment = load(env)
    with held(environment, environment.dead_letter_queue_urls) as mine:
        wanted = [
            (letter, failure)
            for letter, failure in failures_of(environment, mine.letters)
            if failure.error_code in USELESS
        ]
        for letter, _ in wanted:
            remove(environment, letter)
    if json:
        terminal.print_json([failure for _, failure in wanted])
    if wanted:
        terminal.stderr().print(f"Deleted {len(wanted):,} that were of no use.")
    _tell_unseen(mine.unseen.total())
    if not wanted:
        raise Absent(f"{env} has no dead letter that is of no use.", f"scandrop failures --env {env}")


def _tell_unseen(count: int) -> None:
    """Letters that could not be looked at are no answer yet."""
    if count:
        from scandrop_cli import terminal
        from scandrop_cli.failures.table import unseen

        terminal.stderr().print(unseen(count), soft_wrap=True)
        raise typer.Exit(BAD)


def _refuse_options_before(context: typer.Context) -> None:
    """An option before the sub-verb would not reach it: another environment than the one meant would be redriven."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise Misused(f"Put --{name} behind {context.invoked_subcommand}.")


def _lanes(environment: "Environment", lane: str | None) -> list[str]:
    return [lane] if lane else list(environment.dead_letter_queue_urls)


def _wait(env: str) -> str:
    return f"scandrop wait --env {env}"


def _rejected_with(environment: "Environment", code: str | None) -> list[str]:
    """What the ledger calls the keys whose newest rejection has this code."""
    from scandrop_cli import when
    from scandrop_cli.failures.found import DAYS_BACK
    from scandrop_cli.records import Question, recent

    rejected = recent(environment, Question(when.since(f"{DAYS_BACK}d"), 100_000, "rejected"))
    names = list(dict.fromkeys(record.key for record in rejected if record.error_code == code))
    if not names:
        raise Absent(
            f"Nothing was rejected with {code!r} in {environment.name} in the last {DAYS_BACK} days.",
            f"scandrop status --env {environment.name} --status rejected --since {DAYS_BACK}d",
        )
    return names
