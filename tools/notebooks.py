"""Run the notebooks against an environment, SCANDROP_ENV or local, into build/notebooks/.

With --keep their outputs stay in the notebooks themselves, as the documents show them: those of the local samples and
of made ones, which the lesson on images says how to drop, and without the times of execution, so that a diff shows
results.
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

from scandrop_cli.errors import OperatorError
from tools.common import BUILD, ROOT, run

FOLDER = ROOT / "notebooks"
MADE = BUILD / "notebooks"
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
            notebook,
            km=kernel,
            timeout=CELL_TIMEOUT_S,
            coalesce_streams=True,  # what a cell prints is one output, however the kernel cut it
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute(env=dict(environ), cleanup_kc=True)  # which it leaves to whoever made the manager
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, default=NOTEBOOKS, metavar="NOTEBOOK")
    parser.add_argument("--keep", action="store_true", help="write into the notebooks themselves")
    asked = parser.parse_args()
    if asked.keep and os.environ.get("SCANDROP_ENV", "local") != "local":
        raise OperatorError("Only what the local samples show is kept, which anybody may see.", "unset SCANDROP_ENV")
    MADE.mkdir(parents=True, exist_ok=True)
    for path in asked.notebooks:
        print(f"running {path.name}", flush=True)
        done = path if asked.keep else MADE / path.name
        nbformat.write(execute(read(path), FOLDER), done)
        print(f"wrote {done}")


if __name__ == "__main__":
    run(main)
