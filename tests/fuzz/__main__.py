"""``./deploy.sh test fuzz``: 10,000 hostile inputs per format, a table of what became of them, and every finding."""

import argparse
import hashlib
import sys
from pathlib import Path

from rich.progress import Progress

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
    tallies = {name: Tally() for name in names}
    code = _carried_out(asked.seed, asked.inputs, tallies)
    print(table(tallies))
    for name, tally in tallies.items():
        for finding in tally.findings:
            print(f"{name} input {finding.number} of seed {asked.seed}: {kept(finding)}", *finding.what, sep="\n  ")
    return code or int(any(tally.findings for tally in tallies.values()))


def _carried_out(seed: str, inputs: int, tallies: dict[str, Tally]) -> int:
    """Fill the tallies; 130 where the person at the keyboard had enough."""
    with Progress(console=terminal.stdout()) as bar:
        task = bar.add_task("inputs", total=inputs * len(tallies))
        try:
            for name, tally in campaign(seed, inputs, list(tallies)):
                tallies[name].merge(tally)
                bar.advance(task, tally.inputs)
        except KeyboardInterrupt:
            return 130
    return 0


def kept(finding: Finding) -> Path:
    """The file that a finding's input is written to."""
    _FINDINGS.mkdir(parents=True, exist_ok=True)
    path = _FINDINGS / f"{finding.format}-{hashlib.sha256(finding.data).hexdigest()[:12]}"
    path.write_bytes(finding.data)
    return path


def table(tallies: dict[str, Tally]) -> str:
    """As Markdown, for docs/limits.md."""
    head = ("format", "inputs", "succeeded", "rejected", "codes", "slowest, s of CPU", "most MB", "findings")
    lines = [head, ("---",) + ("---:",) * (len(head) - 1), *(_row(name, tally) for name, tally in tallies.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(name: str, tally: Tally) -> tuple[str, ...]:
    succeeded = tally.ended["succeeded"]
    counts = (tally.inputs, succeeded, tally.inputs - succeeded, len(tally.ended) - bool(succeeded))
    return (
        name,
        *(f"{count:,}" for count in counts),
        f"{tally.slowest_s:.1f}",
        f"{tally.peak_mb:,}",
        str(len(tally.findings)),
    )


if __name__ == "__main__":
    sys.exit(main())
