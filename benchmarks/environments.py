"""The environments that the peers run in, one each, with what `benchmarks/peers` pins by its hashes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
CACHE = ROOT / "build" / "bench"


def python_of(environment: str) -> Path:
    """The interpreter of an environment, which is made where it is not there yet."""
    python = CACHE / environment / "bin" / "python"
    finished = CACHE / environment / "installed"
    if not finished.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(CACHE / environment)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "--requirement", str(PEERS / f"{environment}.txt")], check=True)
        finished.touch()
    return python


def packages_of(environment: str) -> Path:
    """The folder that an environment's packages lie in."""
    return next((python_of(environment).parent.parent / "lib").glob("python*")) / "site-packages"
