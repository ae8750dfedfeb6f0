"""`scandrop gallery`: what became of all objects, to look at."""

import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import Env, Json, Lane, Misused, Since, Status, verb
from scandrop_cli.verbs.results import load
from scandrop_cli.when import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scandrop_cli.environment import Environment
    from scandrop_cli.gallery.writing import Looked, Place
    from scandrop_cli.records import Record

_LONGEST = timedelta(days=7)  # that S3 honours a presigned link


def _lifetime(text: str) -> str:
    try:
        life = span(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not timedelta() < life <= _LONGEST:
        raise typer.BadParameter(f"{text!r} is not between 1s and 7d, the longest that S3 lets a link hold.")
    return text


@verb(
    "scandrop gallery --out gallery --since 7d",
    "scandrop gallery --publish --expires 2d --env prod",
    "scandrop gallery --unpublish --env prod",
)
def gallery(
    *,
    out: Annotated[Path | None, typer.Option(help="Write it to this folder.", metavar="DIR")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Write it to the processed bucket, for a link.")] = False,
    unpublish: Annotated[
        bool, typer.Option("--unpublish", help="Delete the published one; its links open nothing then.")
    ] = False,
    expires: Annotated[
        str, typer.Option(callback=_lifetime, help="How long the links hold, at most 7d.", metavar="SPAN")
    ] = "12h",
    env: Env = "local",
    since: Since = "30d",
    lane: Lane = None,
    status: Status = None,
    json: Json = False,
) -> None:
    """Make a web page of all objects, to look at, filter and search.

    It shows the newest version of each key, and opens from disk or through a link; nothing is made public.
    """
    from scandrop_cli import terminal, when
    from scandrop_cli.gallery import collecting
    from scandrop_cli.records import Question

    if unpublish == bool(out or publish):
        raise Misused("Say --out DIR, --publish or both, or --unpublish alone.")
    environment = load(env)
    if unpublish:
        _unpublish(environment, json=json)
        return
    start = when.since(since)
    with terminal.days_progress(start) as on_days:
        records = collecting.newest(environment, Question(start, sys.maxsize, status, lane), on_days)
    made: dict[str, str | int] = {}
    if out:
        made |= _write_to(environment, out, records)
    if publish:
        made |= _publish(environment, span(expires), records)
    if json:
        terminal.print_json(made)
    else:
        _tell(made)


def _write_to(environment: "Environment", folder: Path, records: "Sequence[Record]") -> dict[str, str | int]:
    from scandrop_cli.gallery.places import Folder

    with Folder.at(environment, folder) as place:
        _, shown = _write(environment, place, records)
    return {"objects": shown, "page": str(folder / "index.html")}


def _publish(environment: "Environment", life: timedelta, records: "Sequence[Record]") -> dict[str, str | int]:
    from scandrop_cli.gallery.places import Bucket

    until = datetime.now(UTC) + life
    place = Bucket(environment, life)
    link, shown = _write(environment, place, records)
    place.clear()
    return {"objects": shown, "link": link, "until": until.isoformat(timespec="seconds")}


def _unpublish(environment: "Environment", *, json: bool) -> None:
    from scandrop_cli import terminal
    from scandrop_cli.gallery.places import Bucket

    deleted = Bucket(environment, timedelta()).clear()
    if json:
        terminal.print_json({"deleted": deleted})
    elif deleted:
        terminal.stderr().print(
            "The published gallery is deleted for good. Links to single derivatives hold until they expire."
        )
    else:
        terminal.stderr().print("No gallery is published.")


def _write(environment: "Environment", place: "Place", records: "Sequence[Record]") -> tuple[str, int]:
    """Write all of it; returns the page's URL, and how many objects it shows."""
    from scandrop_cli import terminal
    from scandrop_cli.gallery import collecting, looking, writing

    with terminal.count_progress("Collecting", len(records)) as on_count:
        shown = 0

        def counted() -> "Iterator[Looked]":
            nonlocal shown
            items = collecting.items_of(environment, records)
            for shown, looked in enumerate(looking.looked_at(environment, items, place.source), 1):
                on_count(shown, "")
                yield looked

        return writing.write(place, looking.about(environment), counted()), shown


def _tell(made: dict[str, str | int]) -> None:
    """The path and the link alone on standard output, so that they can be piped; what to know of them beside it."""
    from scandrop_cli import terminal

    err, out = terminal.stderr(), terminal.stdout()
    err.print(f"The gallery shows {made['objects']:,} object{'' if made['objects'] == 1 else 's'}.")
    if page := made.get("page"):
        err.print("Open it:")
        out.print(f"{_opener()} {shlex.quote(str(page))}", soft_wrap=True, markup=False)
    if link := made.get("link"):
        until = datetime.fromisoformat(str(made["until"]))
        err.print(f"Whoever has this link may look, until {until:%Y-%m-%d %H:%M} UTC:")
        out.print(str(link), soft_wrap=True, markup=False)
        if _credentials_are_temporary():
            err.print("Your credentials are temporary: when they end, the link and all in the page end with them.")


def _opener() -> str:
    return {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")


def _credentials_are_temporary() -> bool:
    import boto3

    credentials = boto3.Session().get_credentials()
    return bool(credentials and credentials.token)
