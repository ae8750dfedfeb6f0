"""The pages as the tests take them: their blocks, what each is marked with, and the stand-ins."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
STAND_INS = ROOT / "docs" / "cli.md"

_MARK = re.compile(r"<!-- (needs|run by|exits): (.+) -->")
_METHODS = {"GET", "POST", "PUT"}  # words of HTTP, which stand for themselves


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, its language, the marks in the comments above it, and its text."""

    page: Path
    line: int
    language: str
    marks: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether the tests run it as it stands."""
        return self.language == "console" and not self.marks.keys() & {"needs", "run by"}

    @property
    def stand_ins(self) -> set[str]:
        """The words that a reader puts something in the place of."""
        commands = re.sub(r"#.*", "", self.text)
        return set(re.findall(r"(?<![\w$={-])[A-Z]{2,}(?![\w=])", commands)) - _METHODS


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    found: list[Block] = []
    marks: dict[str, str] = {}
    begun: tuple[int, str] | None = None
    text: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = line.strip().startswith("```")
        if begun and fence:
            found.append(Block(page, *begun, marks, "\n".join(text) + "\n"))
            begun, marks, text = None, {}, []
        elif fence:
            begun = number, line.strip().removeprefix("```")
        elif begun:
            text.append(line)
        elif mark := _MARK.fullmatch(line.strip()):
            marks[mark[1]] = mark[2]
        elif line:
            marks = {}
    return found


def indented(page: Path) -> Iterator[str]:
    """The commands that stand in indented blocks, where nothing can mark them and no site colours them."""
    fenced = False
    for line in page.read_text().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and re.match(r" {4}(scandrop|aws|terraform|git|\./deploy\.sh|\.venv/bin/\w+|python) ", line):
            yield line


def stand_ins() -> dict[str, str]:
    """What the table of stand-ins gives as an example of each; empty where it depends on what is deployed."""
    section = STAND_INS.read_text().partition("\n## Stand-ins\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([A-Z]+)` \|.*\| (?:`(.+)`)? ?\|$", section, re.MULTILINE))
