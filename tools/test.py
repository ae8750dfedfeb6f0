"""``./deploy.sh test``: the checks and tests that CI runs, or parts by name, and a table of how each fared."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from scandrop_cli import terminal
from tools import toolchain
from tools.common import BUILD, ROOT, run

PYTHON = sys.executable
BIN = Path(PYTHON).parent
_ENDING = 60  # lines


@dataclass(frozen=True)
class Check:
    """One command whose exit code says whether all is well, and its numbers where it counts tests."""

    name: str
    command: list[str]
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    part: str
    name: str
    passed: int
    failed: int
    seconds: float
    ending: str  # its last lines


def checks() -> Iterator[Check]:
    shell = [*ROOT.glob("*.sh"), *ROOT.glob(".ci/*"), *ROOT.glob(".github/**/*.sh")]
    yield Check("ruff", [_tool("ruff"), "check", "."])
    yield Check("ruff format", [_tool("ruff"), "format", "--check", "."])
    yield Check("mypy", [_tool("mypy"), "lambda_src", "cli", "tools", "benchmarks"])
    yield Check("shellcheck", [_tool("shellcheck"), *map(str, shell)])
    yield Check("zizmor", [_tool("zizmor"), "--offline", "--quiet", ".github"])
    for schema, files in {
        "github-workflows": ROOT.glob(".github/workflows/*.yml"),
        "github-actions": ROOT.glob(".github/actions/*/action.yml"),
        "dependabot": ROOT.glob(".github/dependabot.yml"),
    }.items():
        schema_check = [_tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
        yield Check(schema, [*schema_check, *map(str, files)])
    yield Check("checkov", [PYTHON, "-m", "tools.pinned", "checkov", "checkov", "--skip-download"])


_GATE_SEED = "scandrop"  # the same commit passes or fails each time; `fuzz` draws anew


def unit() -> Iterator[Check]:
    yield Check("pytest", [PYTHON, "-m", "pytest", "--numprocesses=auto", *_colour(), "tests/unit"])
    yield _hostile_input("--inputs=300", f"--seed={_GATE_SEED}")


def fuzz() -> Iterator[Check]:
    yield _hostile_input("--inputs=10000")


def _hostile_input(*options: str) -> Check:
    return Check("hostile input", [PYTHON, "-m", "tests.fuzz", *options])


def simulation() -> Iterator[Check]:
    yield Check("seeds", [PYTHON, "tests/simulation"])
    yield Check(
        "pytest", [PYTHON, "-m", "pytest", "--numprocesses=auto", *_colour(), "tests/simulation", "tests/conformance"]
    )


def terraform() -> Iterator[Check]:
    binary, settings = toolchain.terraform(), toolchain.environment()
    plain = [] if sys.stdout.isatty() else ["-no-color"]
    yield Check("packages", [PYTHON, "-m", "tools.build"])
    yield Check("terraform fmt", [binary, "fmt", "-check", "-diff", "-recursive", *plain], settings)
    for folder, tests in {".": ["-test-directory=tests/terraform"], "env/bootstrap": []}.items():
        data = BUILD / "terraform" / f"test-{Path(folder).name or 'root'}"
        variables = settings | {"TF_DATA_DIR": str(data)}
        there = [binary, f"-chdir={folder}"]
        init = [*there, "init", "-backend=false", "-lockfile=readonly", *tests, *plain]
        yield Check(f"terraform init in {folder}", init, variables)
        yield Check(f"terraform validate in {folder}", [*there, "validate", *tests, *plain], variables)
        if tests or any((ROOT / folder).glob("**/*.tftest.hcl")):
            yield Check(f"terraform test in {folder}", [*there, "test", *tests, *plain], variables)


def docs() -> Iterator[Check]:
    yield Check("packages", [PYTHON, "-m", "tools.build"])
    yield Check("site", [PYTHON, "-m", "tools.docs"])
    yield Check("chromium", [PYTHON, "-m", "tools.browser"])
    yield Check("pytest", [PYTHON, "-m", "pytest", *_colour(), "tests/docs"])


def e2e() -> Iterator[Check]:
    yield Check("packages", [PYTHON, "-m", "tools.build"])
    yield Check("pytest", [PYTHON, "-m", "pytest", *_colour(), "tests/e2e"])


def browser() -> Iterator[Check]:
    yield Check("chromium", [PYTHON, "-m", "tools.browser"])
    yield Check("pytest", [PYTHON, "-m", "pytest", *_colour(), "tests/browser"])


def load() -> Iterator[Check]:
    yield Check("packages", [PYTHON, "-m", "tools.build"])
    yield Check("pytest", [PYTHON, "-m", "pytest", "--capture=no", *_colour(), "tests/load"])


def privileges() -> Iterator[Check]:
    yield Check("packages", [PYTHON, "-m", "tools.build"])
    yield Check("pytest", [PYTHON, "-m", "pytest", *_colour(), "tests/e2e/test_privileges.py", "--every-role"])


def audit() -> Iterator[Check]:
    yield Check("pip-audit", [PYTHON, "-m", "tools.audit"])


PARTS = {
    "checks": checks,
    "unit": unit,
    "simulation": simulation,
    "browser": browser,
    "terraform": terraform,
    "docs": docs,
    "e2e": e2e,
}
# Run only where they are named, and by the workflows each week: they take long, or ask somebody.
LONG: dict[str, Callable[[], Iterator[Check]]] = {"audit": audit, "fuzz": fuzz, "load": load, "privileges": privileges}


def _tool(name: str) -> str:
    return str(BIN / name)


def _colour() -> list[str]:
    return ["--color=yes"] if sys.stdout.isatty() else []


def carry_out(part: str, check: Check) -> Outcome:
    """Run a check, show what it says, and count."""
    print(f"\n── {part}: {check.name}", flush=True)
    began = time.monotonic()
    said: deque[str] = deque(maxlen=_ENDING)
    with subprocess.Popen(
        check.command,
        cwd=ROOT,
        env=_without_aws() | dict(check.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            said.append(line)
    passed, failed = _counts(process.returncode, list(said)[-5:])
    return Outcome(part, check.name, passed, failed, time.monotonic() - began, "".join(said))


def _counts(code: int, ending: list[str]) -> tuple[int, int]:
    """How many passed and failed: as pytest and ``terraform test`` end, else the one command by its exit code."""
    number = {word: re.findall(rf"(\d+) {word}", "".join(ending)) for word in ("passed", "failed", "error")}
    passed, failed, broken = (sum(map(int, found)) for found in number.values())
    if not number["passed"] and not number["failed"]:
        return int(code == 0), int(code != 0)
    return passed, max(failed + broken, int(code != 0 or passed == 0))  # a suite without a test is no success


def _without_aws() -> dict[str, str]:
    """The shell's environment with credentials that open nothing, so that no test can reach an account."""
    shell = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return shell | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def summary(outcomes: list[Outcome]) -> Table:
    table = Table("part", "check", box=None, pad_edge=False)
    for column in ("passed", "failed", "s"):
        table.add_column(column, justify="right")
    for one in outcomes:
        style = "red" if one.failed else ""
        table.add_row(one.part, one.name, str(one.passed), str(one.failed), f"{one.seconds:.1f}", style=style)
    return table


def main() -> int:
    known = {**PARTS, **LONG}
    parser = argparse.ArgumentParser(
        prog="./deploy.sh test",
        description="Run the checks and tests that CI runs, or the parts that are named, and show how each fared.",
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; {', '.join(PARTS)} where none is named"
    )
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(known):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    outcomes = [carry_out(part, check) for part in parts for check in known[part]()]
    for one in outcomes:
        if one.failed:  # a log of thousands of lines is read from its end, where some keep no more than that
            print(f"\n── {one.part}: {one.name} failed, and ended like this (./deploy.sh test {one.part})")
            print(one.ending, end="")
    print()
    terminal.stdout().print(summary(outcomes))
    failed = sum(one.failed for one in outcomes)
    print(f"\n{sum(one.passed for one in outcomes)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    run(main)
