"""Write the terminals' pictures in docs/pictures/: what commands leave on the screen, from real runs.

``python -m tools.terminal_picture watch`` draws that one, without a name all are drawn. They need no more than a
`local` environment, and `terminal` makes that.
"""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from rich.console import Console
from rich.text import Text

from scandrop_cli.errors import OperatorError
from tools.common import ROOT, run

PICTURES = ROOT / "docs/pictures"
ROWS, COLUMNS = 60, 110


@dataclass(frozen=True)
class Shown:
    """A command whose screen is drawn, and those that are run before it, which are not."""

    command: str
    before: Sequence[str] = ()


SCREENS = {
    "terminal": Shown("./deploy.sh local"),
    "watch": Shown(
        "scandrop watch --once",
        (
            "rm -rf build/watched",
            "scandrop samples build/watched --kind image --kind dicom --kind records --count 4",
            "scandrop upload build/watched/drop/ --force",
            "sleep 3",
        ),
    ),
    "cost": Shown("scandrop cost"),
    "doctor": Shown("scandrop doctor"),
    "one-objects-log": Shown("scandrop logs --key samples/mr-without-suffix"),
}

_LINE_UP, _CLEAR_LINE = "\x1b[1A", "\x1b[2K"
_PIECE = re.compile(r"\x1b\[\d*[AK]|\x1b\[[\d;]*m|\x1b\[[?\d;]*[a-zA-Z]|[\r\n]|[^\x1b\r\n]+")


def recorded(command: str) -> str:
    """What a command writes to a terminal. Raises OperatorError, and prints what was seen, where it fails."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        command.split(), cwd=ROOT, env=environ, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        written = b"".join(_chunks(screen)).decode()
    if process.returncode:
        print(left_on_screen(written))
        raise OperatorError(f"{command} failed with exit code {process.returncode}, which makes no picture.")
    return written


def _chunks(screen: int) -> list[bytes]:
    chunks = []
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not chunk:
            break
        chunks.append(chunk)
    return chunks


def left_on_screen(written: str) -> str:
    """The lines that are still there at the end, with their colours: progress that was cleared is gone."""
    lines = [""]
    for piece in _PIECE.findall(written):
        if piece == "\n":
            lines.append("")
        elif piece == _LINE_UP:
            lines.pop()
        elif piece == _CLEAR_LINE:
            lines[-1] = ""
        elif piece.endswith("m") or not piece.startswith(("\x1b", "\r")):
            lines[-1] += piece
    return "\n".join(lines).strip()


def drawn(screen: str, command: str) -> str:
    """The screen as an SVG, with a title for those who cannot see it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(f"$ {command}\n{screen}"))
    svg = console.export_svg(title=command)
    return svg.replace(">", f"><title>What {escape(command)} shows</title>", 1)


def main() -> None:
    for name in sys.argv[1:] or SCREENS:
        shown = SCREENS[name]
        for command in shown.before:
            recorded(command)
        picture = drawn(left_on_screen(recorded(shown.command)), shown.command)
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    run(main)
