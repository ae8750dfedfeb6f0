"""Run the notebooks against an environment and keep their outputs in them, as the documents show them.

What changes from run to run without a meaning (times of execution, counts) is left out, so a diff shows results.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools.common import ROOT, run

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CELL_TIMEOUT_S = 300


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def execute(notebook: NotebookNode, folder: Path, environ: Mapping[str, str] = os.environ) -> NotebookNode:
    """The notebook with its outputs, as it runs in a folder at or under the one that holds ``env/``.

    Raises nbclient's `CellExecutionError` where a cell fails.
    """
    with TemporaryDirectory() as sockets:  # rather than ports, which others could reach
        kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{sockets}/kernel")
        client = NotebookClient(
            notebook, km=kernel, timeout=CELL_TIMEOUT_S, resources={"metadata": {"path": str(folder)}}
        )
        client.execute(env=dict(environ))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOKS, metavar="NOTEBOOK")
    for path in parser.parse_args().notebooks:
        print(f"running {path.name}", flush=True)
        nbformat.write(execute(read(path), FOLDER), path)


if __name__ == "__main__":
    run(main)
