"""`scandrop doctor`: what stands between an environment and its work."""

import typer

from scandrop_cli.arguments import BAD, UNUSABLE, Env, Json, verb


@verb("scandrop doctor", "scandrop doctor --env prod", "scandrop doctor --env prod --json")
def doctor(env: Env = "local", json: Json = False) -> None:
    """Look for what is wrong with an environment, and say what mends it."""
    from scandrop_cli import terminal
    from scandrop_cli.doctor.examine import examine
    from scandrop_cli.doctor.table import findings_table, summary

    findings = examine(env)
    if json:
        terminal.print_json(findings)
    else:
        terminal.stdout().print(findings_table(findings))
        terminal.stderr().print(summary(findings))
    wrong = {finding.check for finding in findings if finding.level == "wrong"}
    if wrong:
        raise typer.Exit(UNUSABLE if "credentials" in wrong else BAD)
