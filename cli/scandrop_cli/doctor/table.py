"""How findings are shown."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from scandrop_cli.doctor.site import Finding
from scandrop_cli.tables import cell, new_table

_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red"}


def findings_table(findings: Sequence[Finding]) -> Table:
    """A row for each finding, with the command that mends it beneath."""
    table = new_table("check", "", "")
    table.columns[2].overflow = "fold"
    shown = ""
    for finding in findings:
        what = cell(finding.what)
        if finding.mend:
            what.append(f"\n  {finding.mend}", style="bold")
        table.add_row(
            finding.check if finding.check != shown else "", Text(finding.level, _COLOURS[finding.level]), what
        )
        shown = finding.check
    return table


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many of which."""
    counts = Counter(finding.level for finding in findings)
    return f"{counts['ok']} ok, {counts['warning']} to look at, {counts['wrong']} wrong."
