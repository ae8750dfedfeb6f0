"""The simulation from a shell: ``python tests/simulation``."""

# ruff: noqa: T201 (it is for people)
import argparse
import os
import secrets
import sys
from pathlib import Path

import runs

SEED = "SCANDROP_SIMULATION_SEED"
_MOST = 3000  # seeds per mutation
_PAGE = Path(__file__).parents[2] / "docs/simulation.md"
_BEGIN, _END = "<!-- mutations: written by `python tests/simulation mutations` -->", "<!-- end of mutations -->"
_EXAMPLES = """
examples:
  python tests/simulation                      10,000 seeds that were never tried before
  python tests/simulation --seed 7 --seeds 100 the seeds 7 to 106
  python tests/simulation repeat 7             one seed, told as a story, at its shortest
  python tests/simulation mutations            what it takes to notice each broken condition
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python tests/simulation",
        description="Run the handler code through schedules that AWS is allowed to make, and check what must hold.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=_count, default=10_000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument(
        "--seed",
        type=int,
        default=os.environ.get(SEED) or secrets.randbelow(10**9),
        metavar="FIRST",
        help=f"the first of them (default: ${SEED}, else any)",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    repeat = verbs.add_parser("repeat", help="tell one seed's run as a story, shrunk where it breaks an invariant")
    repeat.add_argument("of", type=int, metavar="SEED")
    verbs.add_parser("mutations", help="break each condition on purpose, and write what it took into the docs")
    given = parser.parse_args()
    if given.verb == "mutations":
        return _mutations()
    if given.verb == "repeat":
        return _repeat(given.of)
    print(f"The seeds begin at {given.seed}; {SEED}={given.seed} tries them again.", flush=True)
    lines = list(runs.report(given.seed, given.seeds))
    print("\n".join(lines))
    if len(lines) == 1:
        return 0
    print("`python tests/simulation repeat SEED` tells one of them again.")
    return 1


def _count(text: str) -> int:
    """At least one: none would find nothing, and pass."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError("it must be a number from 1 on")
    return int(text)


def _mutations() -> int:
    import mutations  # noqa: PLC0415 (it takes the ledger's conditions apart)

    table = mutations.table(mutations.run_all(_MOST))
    print(table)
    before, rest = _PAGE.read_text().split(_BEGIN)
    _PAGE.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{rest.partition(_END)[2]}")
    return 0


def _repeat(seed: int) -> int:
    run, shortest = runs.repeated(seed)
    if run.broken is None:
        print("\n".join(run.story), "", f"Seed {seed} breaks nothing.", sep="\n")
        return 0
    print("\n".join(runs.told(run, shortest)))
    return 1


if __name__ == "__main__":
    sys.exit(main())
