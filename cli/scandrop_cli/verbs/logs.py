"""`scandrop logs`: what the lanes said."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Env, Json, Lane, Since, verb
from scandrop_cli.verbs.results import load


@verb("scandrop logs --lane image --since 2h", "scandrop logs --follow")
def logs(
    env: Env = "local",
    lane: Lane = None,
    since: Since = "15m",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each new line until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show what the lanes logged, merged by time.

    With --json each line is as CloudWatch has it, metrics and platform reports included.
    """
    from scandrop_cli import logs, terminal, when

    environment = load(env)
    lanes = [lane] if lane else sorted(environment.log_groups)
    lines = (logs.follow if follow else logs.read)(environment, lanes, when.since(since))
    console = terminal.stdout()
    for line in lines:
        if json:
            typer.echo(line.message.rstrip())
        elif text := logs.readable(line):
            console.print(text, soft_wrap=True)
