"""`scandrop upload`: files into the raw bucket."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from scandrop_cli.arguments import BAD, Env, Json, Timeout, verb
from scandrop_cli.verbs.results import load, settle, show_results

if TYPE_CHECKING:
    from scandrop_cli.door import Door
    from scandrop_cli.environment import Environment
    from scandrop_cli.files import LocalFile
    from scandrop_cli.upload import Upload


@verb(
    "scandrop upload scan.png --env dev",
    "scandrop upload study1 --wait         keys study1/...",
    "scandrop upload study1/ --prefix p7   keys p7/...",
    "scandrop upload scan.png --force      processes it again",
    "scandrop upload scan.png --via-api    without a right on the bucket",
    "scandrop upload scan.png --door URL   without Terraform's state too",
)
def upload(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders.")],
    *,
    env: Env = "local",
    prefix: Annotated[str, typer.Option(help="The folder of the bucket to put them in.", metavar="FOLDER")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Send even what is there, to have it processed again.")
    ] = False,
    via_api: Annotated[
        bool, typer.Option("--via-api", help="Ask the upload door, which sends even what is there; files up to 5 GB.")
    ] = False,
    door: Annotated[
        str, typer.Option(help="Ask the upload door at this address, whatever --env says.", metavar="URL")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all are settled and show the results.")] = False,
    timeout: Timeout = 900,
    json: Json = False,
) -> None:
    """Put files into the raw bucket; what is already there is skipped.

    A folder's name becomes part of the keys, unless it ends in a slash. Hidden files in a folder stay out.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.door import find
    from scandrop_cli.files import collect

    way = _ThroughDoor(find(door, env)) if door or via_api else _IntoBucket(load(env), force)
    files = collect(paths, prefix)
    if wait:
        way.check(files[0].key)
    with terminal.bytes_progress("Uploading", sum(file.size_bytes for file in files)) as on_bytes:
        uploads = way.send(files, on_bytes)
    terminal.stderr().print(tables.upload_summary(uploads))
    if json and not wait:
        terminal.print_json(
            [{**asdict(upload.file), "status": upload.status, "error": upload.error} for upload in uploads]
        )
    settled = way.settle(uploads, timeout, json=json) if wait else True
    if not settled or any(upload.error for upload in uploads):
        raise typer.Exit(BAD)


@dataclass(frozen=True)
class _IntoBucket:
    """By the rights on the raw bucket, and waiting by those on the ledger."""

    environment: "Environment"
    force: bool

    def check(self, key: str) -> None:
        """Before anything is sent: whether the caller can follow it at all."""
        self.environment.known_as(key)

    def send(self, files: Sequence["LocalFile"], on_bytes: Callable[[int], object]) -> list["Upload"]:
        from scandrop_cli.upload import upload_files

        return upload_files(self.environment, files, on_bytes, force=self.force)

    def settle(self, uploads: Sequence["Upload"], timeout_s: float, *, json: bool) -> bool:
        return _settle_uploads(self.environment, uploads, timeout_s, json=json)


@dataclass(frozen=True)
class _ThroughDoor:
    """By the right to ask the upload door alone."""

    door: "Door"

    def check(self, key: str) -> None:
        """The door knows every key."""

    def send(self, files: Sequence["LocalFile"], on_bytes: Callable[[int], object]) -> list["Upload"]:
        from scandrop_cli.door import upload_by_door

        return upload_by_door(self.door, files, on_bytes)

    def settle(self, uploads: Sequence["Upload"], timeout_s: float, *, json: bool) -> bool:
        from scandrop_cli import tables, terminal

        keys = [upload.file.key for upload in uploads if not upload.error]
        with terminal.count_progress("Waiting", len(keys)) as on_count:
            records = self.door.settled(
                keys,
                timeout_s=timeout_s,
                on_change=lambda now: on_count(sum(record.over for record in now), tables.counts(now)),
            )
        return show_results(records, json=json)


def _settle_uploads(environment: "Environment", uploads: Sequence["Upload"], timeout_s: float, *, json: bool) -> bool:
    """`settle` for what was uploaded or there already, without what no lane will take up again, which is told."""
    from scandrop_cli import terminal
    from scandrop_cli.settling import under_raw_names

    old = set(under_raw_names(environment, [upload.file.key for upload in uploads if upload.status == "skipped"]))
    awaited = {
        upload.file.key: upload.file.key for upload in uploads if not upload.error and upload.file.key not in old
    }
    settled = settle(environment, awaited, timeout_s, json=json)
    if old:
        terminal.stderr().print(
            f"{len(old)} of the files were processed before the keys of {environment.name} became pseudonymous and not "
            "since. They are not waited for; upload them with --force."
        )
    return settled and not old
