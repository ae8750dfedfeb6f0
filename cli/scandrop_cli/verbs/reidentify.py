"""`scandrop reidentify`: what a pseudonym stands for."""

from typing import Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, verb
from scandrop_cli.verbs.results import load


@verb(
    "scandrop reidentify 7QK2M0RX9T4WZB3HV1AE --env prod",
    "scandrop reidentify 2.25.111111111111111111111111111111482019384756 --env prod --json",
)
def reidentify(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN...", help="Pseudonyms, or pseudonymous object keys.")],
    env: Env = "local",
    json: Json = False,
) -> None:
    """Tell what a pseudonym stands for; every question is written to the audit log.

    That takes the environment's key and the raw bucket. A token is the pseudonym of a patient, of an accession number
    or a StudyID, of a study, series or instance, or of an object key.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.reidentify import KINDS, check_forms, reidentify

    environment = load(env)
    check_forms(tokens)
    found = {token: reidentify(environment, token, terminal.headers_progress) for token in tokens}
    if json:
        terminal.print_json([{"token": token, "matches": matches} for token, matches in found.items()])
    elif any(found.values()):
        terminal.stdout().print(tables.matches_table([match for matches in found.values() for match in matches]))
    for token in (token for token, matches in found.items() if not matches):
        terminal.stderr().print(f"No object in the raw bucket of {env} has {token}. What is looked for is {KINDS}.")
    if not all(found.values()):
        raise typer.Exit(BAD)
