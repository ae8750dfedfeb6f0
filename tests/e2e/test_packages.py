"""The packages of this checkout are the same, byte for byte, when they are built elsewhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import build

ROOT = Path(__file__).parents[2]
SOURCES = ("cli", "lambda_src", "layers", "tools")


def hashes(root: Path) -> dict[str, str]:
    packages = json.loads((root / "build/packages.json").read_text())
    layers = [package for layers in packages["layers"].values() for package in layers.values()]
    return {package["path"]: package["sha256"] for package in [packages["handler"], *layers]}


def test_a_build_in_another_folder_and_process_gives_identical_zips(tmp_path: Path) -> None:
    elsewhere = tmp_path / "a much longer path" / "to another clone"
    for name in SOURCES:
        shutil.copytree(ROOT / name, elsewhere / name, ignore=shutil.ignore_patterns("__pycache__"))
    environ = os.environ | {
        "PATH": f"{ROOT / '.tools/bin'}:{os.environ['PATH']}",
        "PYTHONHASHSEED": "12345",
        "PYTHONPATH": f"{elsewhere / 'lambda_src'}:{elsewhere / 'cli'}",
        "TZ": "Pacific/Kiritimati",
    }
    subprocess.run([sys.executable, "-m", "tools.build"], cwd=elsewhere, env=environ, check=True)
    build.build()
    assert hashes(elsewhere) == hashes(ROOT)
