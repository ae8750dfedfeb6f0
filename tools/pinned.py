"""A tool whose pins would quarrel with ours lives in an environment of its own, ``.tools/NAME``.

Its pins are ``requirements/NAME.txt``; the environment is made anew when they have changed.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from scandrop_cli.errors import OperatorError
from tools.common import ROOT, run


def binary(name: str, tool: str) -> Path:
    """A program of the environment `name`, which is made or brought up to date first."""
    home, pins = ROOT / ".tools" / name, ROOT / "requirements" / f"{name}.txt"
    stamp = home / ".synced"
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(home))
        _uv("pip", "sync", "--quiet", "--python", str(home), "--require-hashes", str(pins))
        stamp.write_text(pins.read_text())
    return home / "bin" / tool


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".tools/bin"))
    if uv is None or subprocess.run([uv, *arguments], check=False).returncode:
        raise OperatorError("The pinned packages could not be installed. Check the network.", "./deploy.sh setup")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.pinned", description="Run a tool from the environment that it has for itself."
    )
    parser.add_argument("name", help="of requirements/NAME.txt: audit, checkov, docs")
    parser.add_argument("tool", help="a program that its packages install")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    wanted = parser.parse_args()
    return subprocess.run([binary(wanted.name, wanted.tool), *wanted.arguments], check=False).returncode


if __name__ == "__main__":
    run(main)
