"""`scandrop logs`: what the lanes said."""

from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import Env, Json, Logged, Misused, SinceOrUnset, refuse_no_key, verb
from scandrop_cli.verbs.results import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scandrop_cli.environment import Environment
    from scandrop_cli.logs import Line


@verb("scandrop logs --lane image --since 2h", "scandrop logs --follow", "scandrop logs --key study1/scan.dcm")
def logs(  # noqa: PLR0917  # typer calls it by name
    env: Env = "local",
    key: Annotated[
        str | None,
        typer.Option(
            callback=refuse_no_key, help="Only what was logged about this object, in every lane.", metavar="KEY"
        ),
    ] = None,
    version: Annotated[str | None, typer.Option(help="With --key: another than the newest one.", metavar="ID")] = None,
    lane: Logged = None,
    since: SinceOrUnset = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each new line until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show what the lanes logged, merged by time: of the last 15 minutes, or of one object since it was dropped.

    With --json each line is as CloudWatch has it; without --key, metrics and platform reports are included.
    """
    from scandrop_cli import logs, when
    from scandrop_cli.errors import OperatorError

    if version and not key:
        raise Misused("--version is of use with --key alone.")
    environment = load(env)
    lanes = [lane] if lane else sorted(environment.queue_urls)
    if missing := set(lanes) - set(environment.log_groups):
        no, has = (", ".join(sorted(names)) for names in (missing, environment.log_groups))
        raise OperatorError(
            f"{env} has no log of {no}; it has {has}. What env/{env}.tfvars asks for is there once deployed.",
            f"./deploy.sh {env}",
        )
    if key:
        _of_one(environment, lanes, key, version, since, follow=follow, json=json)
        return
    lines = (logs.follow if follow else logs.read)(environment, lanes, when.since(since or "15m"))
    _print(lines, json=json)


def _of_one(
    environment: "Environment",
    lanes: "Sequence[str]",
    key: str,
    version: str | None,
    since: str | None,
    *,
    follow: bool,
    json: bool,
) -> None:
    """The lines about one object, under a line that says what became of it."""
    from scandrop_cli import tables, terminal, trail, when

    what = trail.subject(environment, key, version)
    start = when.since(since) if since else what.since or when.since("1d")
    if not json:
        terminal.stdout().print(tables.headline(what.record), soft_wrap=True)
    lines = (trail.follow if follow else trail.read)(environment, lanes, what, start)
    if not _print(lines, json=json, of_one=True):
        terminal.stderr().print(trail.why_none(environment, what, start))


def _print(lines: "Iterable[Line]", *, json: bool, of_one: bool = False) -> bool:
    """Print lines as they come; returns whether there was one."""
    from scandrop_cli import logs, terminal

    console, any_line = terminal.stdout(), False
    for line in lines:
        any_line = True
        if json:
            typer.echo(line.message.rstrip())
        elif text := logs.readable(line, of_one=of_one):
            console.print(text, soft_wrap=True)
    return any_line
