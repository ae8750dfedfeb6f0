"""``./deploy.sh test audit``: whether anything that is installed or shipped has a weakness that PyPI knows of."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scandrop_cli.errors import OperatorError
from tools import pinned
from tools.common import ROOT, run

UNREACHABLE = "The audit did not run: PyPI's advisories cannot be had from here, so nothing is known."
AGAIN = "./deploy.sh test audit"

type Package = dict[str, Any]  # as pip-audit tells of it


def lists() -> list[Path]:
    """All that is pinned: of the layers that are shipped, and of the tools that check and ship them."""
    return sorted([*ROOT.glob("layers/*.txt"), *ROOT.glob("requirements/*.txt")])


def weaknesses(packages: list[Package]) -> Iterator[str]:
    """A line for each advisory, with what mends it."""
    for package in packages:
        for advisory in package.get("vulns", []):
            mended = ", ".join(advisory["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {advisory['id']}, mended by {mended}"


def unknown(packages: list[Package]) -> list[str]:
    """The packages that the advisories said nothing of, not even that there are none."""
    return sorted({package["name"] for package in packages if "skip_reason" in package})


def ask(pins: Path) -> list[Package]:
    """What pip-audit says of each package of a list. Raises OperatorError where it cannot say anything."""
    options = (
        "--disable-pip",
        "--require-hashes",
        "--format=json",
        "--progress-spinner=off",
        "--vulnerability-service=pypi",
    )
    command = [str(pinned.binary("audit", "pip-audit")), *options, "--requirement", str(pins)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except json.JSONDecodeError as error:
        raise OperatorError(f"{UNREACHABLE} {done.stderr.strip()[-300:]}", AGAIN) from error


def main() -> int:
    packages = [package for pins in lists() for package in ask(pins)]
    silent, found = unknown(packages), sorted(set(weaknesses(packages)))
    if len(silent) == len({package["name"] for package in packages}):
        raise OperatorError(UNREACHABLE, AGAIN)
    if silent:
        print(f"PyPI tells nothing of {', '.join(silent)}.", file=sys.stderr)
    print("\n".join(found) or "No known weakness in what PyPI tells of.")
    return int(bool(found or silent))


if __name__ == "__main__":
    run(main)
