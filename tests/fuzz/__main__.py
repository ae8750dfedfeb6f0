"""``./deploy.sh test fuzz``: 10,000 hostile inputs per format, a table of what became of them, and every finding."""

import argparse
import hashlib
import sys
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from scandrop_cli import terminal

from .campaign import Finding, Tally, campaign, new_seed
from .formats import FORMATS

_FINDINGS = Path("build/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="per format (default: %(default)s)")
    parser.add_argument("--seed", default=new_seed(), help="repeats a former run")
    parser.add_argument(
        "--format", action="append", choices=FORMATS, help="instead of all; may be given more than once"
    )
    asked = parser.parse_args()
    names = asked.format or FORMATS
    print(f"seed {asked.seed}", flush=True)
    with Progress(console=terminal.stdout()) as bar:
        task = bar.add_task("inputs", total=asked.inputs * len(names))
        tallies = campaign(asked.seed, asked.inputs, names, lambda done: bar.advance(task, done))
    terminal.stdout().print(table(tallies))
    findings = [finding for tally in tallies.values() for finding in tally.findings]
    for finding in findings:
        print(
            f"{finding.format} input {finding.number} of seed {asked.seed}: {kept(finding)}", *finding.what, sep="\n  "
        )
    return 1 if findings else 0


def kept(finding: Finding) -> Path:
    """The file that a finding's input is written to."""
    _FINDINGS.mkdir(parents=True, exist_ok=True)
    path = _FINDINGS / f"{finding.format}-{hashlib.sha256(finding.data).hexdigest()[:12]}"
    path.write_bytes(finding.data)
    return path


def table(tallies: dict[str, Tally]) -> Table:
    shown = Table("format", box=None, pad_edge=False)
    for column in ("inputs", "succeeded", "rejected", "codes", "slowest, CPU s", "most MB", "findings"):
        shown.add_column(column, justify="right")
    for name, tally in tallies.items():
        succeeded = tally.ended["succeeded"]
        cells = (tally.inputs, succeeded, tally.inputs - succeeded, len(tally.ended) - bool(succeeded))
        shown.add_row(name, *map(str, cells), f"{tally.slowest_s:.1f}", str(tally.peak_mb), str(len(tally.findings)))
    return shown


if __name__ == "__main__":
    sys.exit(main())
