"""Hostile inputs for each lane, drawn by a seed: a table of what became of them, and how to repeat each finding.

A finding's input is kept in build/fuzz/ too, without the steps that it does not need.
"""

import argparse
import hashlib
import shlex
import sys
from pathlib import Path

from rich.progress import Progress

from scandrop_cli import terminal

from .campaign import Finding, Tally, campaign, new_seed, stretch
from .formats import FORMATS

_FINDINGS = Path("build/fuzz")
_EXAMPLES = """examples:
  .venv/bin/python -m tests.fuzz --inputs 1000 --format GIF --format WebP
  .venv/bin/python -m tests.fuzz --seed 780734fa --format GIF --input 1234
"""


def main() -> int:
    parser = _parser()
    asked = parser.parse_args()
    names = asked.format or FORMATS
    if asked.input is not None and len(names) > 1:
        parser.error("--input is of one format: name it with --format")
    print(f"seed {asked.seed}", flush=True)
    tallies = {name: Tally() for name in names}
    code = 0
    if asked.input is None:
        code = _carried_out(asked.seed, asked.inputs, tallies)
    else:
        _count(asked.seed, tallies[names[0]], stretch(asked.seed, names[0], asked.input, 1))
    print(table(tallies))
    return code or int(any(tally.findings for tally in tallies.values()))


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__, epilog=_EXAMPLES, formatter_class=raw)
    parser.add_argument("--inputs", type=int, default=10_000, help="per format (default: %(default)s)")
    parser.add_argument("--seed", default=new_seed(), help="the same one draws the same inputs (default: a new one)")
    parser.add_argument(
        "--format", action="append", choices=FORMATS, help="instead of all; may be given more than once"
    )
    parser.add_argument("--input", type=int, metavar="N", help="this one alone, as a finding names it")
    return parser


def _carried_out(seed: str, inputs: int, tallies: dict[str, Tally]) -> int:
    """Fill the tallies; 130 where the person at the keyboard had enough."""
    with Progress(console=terminal.stdout()) as bar:
        task = bar.add_task("inputs", total=inputs * len(tallies))
        try:
            for name, tally in campaign(seed, inputs, list(tallies)):
                _count(seed, tallies[name], tally)
                bar.advance(task, tally.inputs)
        except KeyboardInterrupt:
            return 130
    return 0


def _count(seed: str, all_of_it: Tally, tally: Tally) -> None:
    """Findings are told at once, so that a run that is broken off loses none."""
    all_of_it.merge(tally)
    for finding in tally.findings:
        print(told(seed, finding), flush=True)


def told(seed: str, finding: Finding) -> str:
    """A finding for people: what is wrong, the command that repeats it, and the file to look at."""
    again = shlex.join(["--seed", seed, "--format", finding.format, "--input", str(finding.number)])
    return "\n  ".join(
        (
            f"\n{finding.format}, input {finding.number} of seed {seed}:",
            *finding.what,
            f"repeat it: .venv/bin/python -m tests.fuzz {again}",
            f"least input that does it: {kept(finding)}",
        )
    )


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
