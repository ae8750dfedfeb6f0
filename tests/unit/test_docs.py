"""The pages tell the truth where a machine can check it: links, paths, commands, errors, alarms, pictures."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from documents import PAGES, ROOT, Block, blocks, indented, stand_ins
from typer.main import get_command

import scandrop_cli.main  # noqa: F401 - makes the verbs known to app
from scandrop import telemetry
from scandrop_cli.arguments import app
from tools import errors_page
from tools.test import LONG, PARTS

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
USAGE = subprocess.run([ROOT / "deploy.sh", "--help"], capture_output=True, text=True, check=True).stdout

COMMANDS = [block for page in PAGES for block in blocks(page) if block.language == "console"]
NEEDED = {"account", "GitHub", "the aws command", "time"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
each_picture = pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)


def code(page: Path) -> Iterator[str]:
    """Each command line of a page's code blocks and each code span of its prose, with real names for the stand-ins."""
    fenced = False
    for line in page.read_text().replace("LANE", "image").replace("env/ENV.", "env/dev.").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield re.sub(r"\s+#.*", "", line.strip())
        else:
            yield from re.findall(r"`([^`]+)`", line)


def prose(page: Path) -> str:
    return re.sub(r"(?ms)^```.*?^```$", "", page.read_text())


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_each_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", prose(page)):
        target, _, anchor = "".join(link).partition("#")
        if target.startswith("https://"):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


def test_each_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), {ROOT / "README.md"}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        links = re.findall(r"\]\(([^)\s#]+\.md)", prose(page))
        ahead |= {(page.parent / link).resolve() for link in links if "://" not in link} - reached
    assert reached == set(PAGES)


@each_page
def test_each_path_that_is_named_exists(page: Path) -> None:
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "build"))
    made = set(
        re.findall(r"^`(.+)`\n\n```(?!diff)", page.read_text(), re.MULTILINE)
    )  # a path above what is to be put there
    for span in set(code(page)) - made:
        if re.fullmatch(rf"(?:{folders})/[\w./-]*", span) and not span.startswith((".venv/", ".tools/")):
            assert (ROOT / span).exists(), span


@each_page
def test_each_command_of_deploy_sh_is_in_its_usage(page: Path) -> None:
    commands = set(re.findall(r"^  ([a-z]+) ", USAGE, re.MULTILINE))
    environments = {"ENV", "NAME"} | {path.stem for path in (ROOT / "env").glob("*.tfvars")}
    for line in code(page):
        if not line.startswith("./deploy.sh "):
            continue
        command, *arguments = shlex.split(line)[1:]
        assert command in commands | environments, line
        for argument in arguments:
            assert argument in environments or re.search(rf"\b{command}\b.*{argument}|: .*\b{argument}\b", USAGE), line


@each_page
def test_each_scandrop_command_is_one_that_the_command_line_takes(page: Path) -> None:
    for line in code(page):
        if re.match(r"(\.venv/bin/)?scandrop [a-z]+( |$)", line):
            _, *arguments = shlex.split(line.partition(" || ")[0])
            group = get_command(app)
            context = group.make_context("scandrop", list(arguments))
            while hasattr(group, "resolve_command") and arguments and not arguments[0].startswith("-"):
                name, group, arguments = group.resolve_command(context, arguments)
                context = group.make_context(name, list(arguments), parent=context)


@each_page
def test_each_tool_that_is_named_can_be_run(page: Path) -> None:
    for tool in re.findall(r"python -m tools\.(\w+)", page.read_text()):
        assert '__name__ == "__main__"' in (ROOT / "tools" / f"{tool}.py").read_text(), tool


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_each_block_of_commands_is_run_or_says_who_runs_it_or_what_it_needs(block: Block) -> None:
    assert block.is_run or block.marks.keys() == {"needs"} or block.marks.keys() == {"run by"}
    assert block.marks.get("needs", "account") in NEEDED
    for path in block.marks.get("run by", "README.md").split(", "):
        assert (ROOT / path).exists(), path
    assert not block.is_run or block.stand_ins <= stand_ins().keys()


def test_pages_have_commands_that_are_run() -> None:
    assert any(block.is_run for block in COMMANDS)


@each_page
def test_commands_stand_where_they_can_be_marked_and_coloured(page: Path) -> None:
    assert list(indented(page)) == []
    assert {block.language for block in blocks(page)}.isdisjoint({"", "bash", "sh", "shell"})


def test_the_errors_page_is_what_the_tables_make() -> None:
    assert errors_page.PAGE.read_text() == errors_page.page(), "run .venv/bin/python -m tools.errors_page"


def test_each_alarm_has_its_runbook_and_each_runbook_its_alarm() -> None:
    """By the last part of an alarm's name; `terraform test` shows that each alarm's text names that page."""
    terraform = (ROOT / "modules" / "monitoring" / "alarms.tf").read_text()
    alarms = set(re.findall(r'"(?:\$\{lane\}|door|herald|notices)-([a-z-]+)"\s*=', terraform))
    alarms |= set(re.findall(r'"(?:\$\{lane\}|door)-([a-z-]+)" =>', terraform))
    assert {path.stem for path in RUNBOOKS} == alarms | {"budget", "index"}
    index = (ROOT / "docs" / "runbooks" / "index.md").read_text()
    assert all(f"]({path.name})" in index for path in RUNBOOKS if path.stem != "index")


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_no_command_hides_how_it_ended(block: Block) -> None:
    """Expired credentials end with 2: what follows an ``||`` would say something else of them."""
    assert "||" not in block.text


def test_the_runbook_of_failing_tries_names_each_code_that_the_alarm_leaves_out() -> None:
    text = (ROOT / "docs" / "runbooks" / "failing.md").read_text()
    named = re.search(r"their turn \(([^)]+)\) are not counted", text)
    assert named
    assert set(re.findall(r"`(\w+)`", named[1])) == telemetry._ORDINARY  # noqa: SLF001


@pytest.mark.parametrize("page", [path for path in RUNBOOKS if path.stem != "index"], ids=lambda page: page.stem)
def test_a_runbook_starts_with_what_to_type_and_ends_with_how_to_know_that_it_is_over(page: Path) -> None:
    text = page.read_text()
    assert re.match(r"# [^\n]+\n\n(<!-- [^\n]+ -->\n)?```console\n(scandrop|aws|\./deploy\.sh) ", text)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["What it means", "Likely causes", "Mend it", "It is over when"]


def test_each_task_of_operating_begins_with_a_command() -> None:
    for section in (ROOT / "docs" / "operating.md").read_text().split("\n## ")[1:]:
        begins = r"[^\n]+\n\n(<!-- [^\n]+ -->\n)?```console\n(scandrop|aws|\./deploy\.sh) "
        assert re.match(begins, section), section.splitlines()[0]


def test_there_are_pictures() -> None:
    assert PICTURES


@each_picture
def test_a_picture_is_told_in_words_too(picture: Path) -> None:
    svg = "{http://www.w3.org/2000/svg}"
    root = ET.parse(picture).getroot()  # noqa: S314 - our own file
    assert root.tag == f"{svg}svg"
    assert root.findtext(f"{svg}title")


def test_the_picture_of_the_way_shows_lanes_and_suffixes_that_exist_in_light_and_dark() -> None:
    picture = (ROOT / "docs" / "pictures" / "way-of-an-object.svg").read_text()
    lanes = json.loads((ROOT / "lambda_src" / "scandrop" / "lanes.json").read_text())
    shown = re.findall(r'<g id="lane-(\w+)">(.*?)</g>', picture, re.DOTALL)
    assert shown
    for lane, drawing in shown:
        assert set(re.findall(r"\.[a-z.]+\b", re.sub(r"<[^>]*>", " ", drawing))) == set(lanes[lane]["suffixes"])
    assert "@media (prefers-color-scheme: dark)" in picture


def test_each_threat_names_tests_that_there_are() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    rows = page.partition("| who | could |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(rows) > 10
    for row in rows:
        cell = row.split("|")[-2]
        named = re.findall(r"((?:`\w+`(?:, | and )?)+) in `(tests/[^`]+)`", cell)
        assert "".join(names for names, _ in named).count("`") == 2 * len(re.findall(r"`\w+`", cell)) > 0, row
        for names, file in named:
            for name in re.findall(r"`(\w+)`", names):
                assert re.search(rf'^(def {name}\(|run "{name}")', (ROOT / file).read_text(), re.MULTILINE), name


def test_each_part_of_the_tests_is_in_the_table_and_in_the_usage():
    table = (ROOT / "docs/contributing.md").read_text()
    parts = dict(re.findall(r"^\| `(\w+)` \| .+ \| .+ \| (CI|weekly)\b", table, re.MULTILINE))
    assert parts == dict.fromkeys(PARTS, "CI") | dict.fromkeys(LONG, "weekly")
    assert all(re.search(rf"\b{part}\b", USAGE.partition("bench ")[0].partition("test [PART")[2]) for part in parts)
