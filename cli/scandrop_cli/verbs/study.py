"""The verbs of ``scandrop study``: what the dicom lane made, by study and series."""

from typing import Annotated

import typer

from scandrop_cli.arguments import Env, Json, Since, study, verb


@verb(
    "scandrop study list --env prod",
    "scandrop study list --since 2026-11-01 --patient 7QK2M0RX9T4W",
    group=study,
    name="list",
)
def list_studies(
    patient: Annotated[
        str, typer.Option(help="Only of the patient whose pseudonym begins so.", metavar="PATIENT")
    ] = "",
    since: Since = "30d",
    env: Env = "local",
    json: Json = False,
) -> None:
    """List the studies that were processed, newest first.

    A study is named by the end of its pseudonymous UID, which `scandrop study show` takes; --json has all of it.
    """
    from scandrop_cli import study_tables, terminal, when
    from scandrop_cli.environment import load
    from scandrop_cli.studies import studies

    found = studies(load(env), when.since(since), patient)
    if json:
        terminal.print_json([one.summary() for one in found])
    elif found:
        terminal.stdout().print(study_tables.studies_table(found))
    else:
        terminal.stderr().print(f"No study was found since {when.since(since):%Y-%m-%d %H:%M} UTC.")


@verb(
    "scandrop study show 482019384756",
    "scandrop study show 482019384756 --keys",
    "scandrop study show 482019384756 --json | jq -r '.series[].instances[].key'",
    group=study,
    name="show",
)
def show_study(
    uid: Annotated[str, typer.Argument(metavar="STUDY", help="Its pseudonymous UID, or the beginning or end of it.")],
    *,
    keys: Annotated[bool, typer.Option("--keys", help="List the key of each instance too.")] = False,
    since: Since = "30d",
    env: Env = "local",
    json: Json = False,
) -> None:
    """Show the series of one study, and which instances' numbers are missing."""
    from scandrop_cli import study_tables, terminal, when
    from scandrop_cli.environment import load
    from scandrop_cli.studies import study_of

    found = study_of(load(env), uid, when.since(since))
    if json:
        terminal.print_json(found.content())
        return
    console = terminal.stdout()
    console.print(study_tables.study_heading(found), "", study_tables.series_table(found.series))
    if keys:
        console.print("", study_tables.instances_table(found))
