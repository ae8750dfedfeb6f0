"""The verbs of ``scandrop``: arguments in, a table or JSON out, and an exit code.

Each verb imports what it needs when it runs, so that ``--help`` is there at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import scandrop_cli.study  # noqa: F401  # its verbs
from scandrop_cli.arguments import BAD, Env, Json, Key, Lane, Since, Status, Timeout, app, verb
from scandrop_cli.errors import Absent

if TYPE_CHECKING:
    from scandrop_cli.environment import Environment
    from scandrop_cli.records import Record
    from scandrop_cli.upload import Upload


def _tell_version(asked: bool) -> None:  # noqa: FBT001  # as typer calls it
    if asked:
        from scandrop.version import package_version

        typer.echo(f"scandrop {package_version()}")
        raise typer.Exit


@app.callback()
def scandrop(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Drop scans into Scandrop, follow them, and fetch what became of them."""


@verb("scandrop process scan.png --out results", "scandrop process study1 --out results --env prod --json")
def process(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files and folders.")],
    out: Annotated[Path, typer.Option(help="Where to put the results: DIR/<key>/", metavar="DIR")],
    env: Annotated[str | None, typer.Option(help="Take the settings of this environment.", metavar="NAME")] = None,
    json: Json = False,
) -> None:
    """Process files on this machine; only --env asks AWS, for the environment's settings.

    It is the lanes' own code, so the derivatives are the same, byte for byte. Keys are those that `scandrop upload`
    gives. Without --env the default settings hold.

    DICOM needs a key for its pseudonyms: that of SCANDROP_PSEUDONYM_KEY, or else the environment's own.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.files import collect
    from scandrop_cli.local import Rules, process_files

    files = collect(paths)
    rules = Rules.of(_load(env) if env else None)
    records: list[Record] = []
    with terminal.count_progress("Processing", len(files)) as on_count:
        for record in process_files(files, out, rules):
            records.append(record)
            on_count(len(records), tables.counts(records))
    if not _show_results(sorted(records, key=lambda record: record.key), json=json):
        raise typer.Exit(BAD)


@verb(
    "scandrop upload scan.png --env dev",
    "scandrop upload study1 --wait         keys study1/...",
    "scandrop upload study1/ --prefix p7   keys p7/...",
    "scandrop upload scan.png --force      processes it again",
)
def upload(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    *,
    env: Env = "local",
    prefix: Annotated[str, typer.Option(help="The folder of the bucket to put them in.", metavar="FOLDER")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Send even what is there, to have it processed again.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all are settled and show the results.")] = False,
    timeout: Timeout = 900,
    json: Json = False,
) -> None:
    """Put files into the raw bucket; what is already there is skipped.

    A folder's name becomes part of the keys, unless it ends in a slash. Hidden files in a folder stay out.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.files import collect
    from scandrop_cli.upload import upload_files

    environment = _load(env)
    files = collect(paths, prefix)
    if wait:
        environment.known_as(files[0].key)  # before anything is sent: whether the caller can follow it at all
    with terminal.bytes_progress("Uploading", sum(file.size_bytes for file in files)) as on_bytes:
        uploads = upload_files(environment, files, on_bytes, force=force)
    terminal.stderr().print(tables.upload_summary(uploads))
    if json and not wait:
        terminal.print_json(
            [{**asdict(upload.file), "status": upload.status, "error": upload.error} for upload in uploads]
        )
    settled = _settle_uploads(environment, uploads, timeout, json=json) if wait else True
    if not settled or any(upload.error for upload in uploads):
        raise typer.Exit(BAD)


@verb(
    "scandrop wait study1/scan.png",
    "scandrop wait --prefix study1/ --timeout 60",
    "scandrop wait                         until the queues are empty",
)
def wait(
    keys: Annotated[list[str] | None, typer.Argument(metavar="[KEY...]", help="Keys in the raw bucket.")] = None,
    prefix: Annotated[str | None, typer.Option(help="All keys that begin so.", metavar="TEXT")] = None,
    env: Env = "local",
    timeout: Timeout = 900,
    json: Json = False,
) -> None:
    """Wait until objects are settled, and show the results.

    Without a key it waits until the queues are empty and shows what was settled meanwhile.
    """
    from scandrop_cli.settling import keys_under

    environment = _load(env)
    awaited = {key: key for key in keys or ()}
    if prefix is not None:
        awaited |= {key: environment.known_as(key) for key in keys_under(environment, prefix) if key not in awaited}
        if not awaited:
            raise Absent(f"No key in {env} begins with {prefix!r}.", f"scandrop upload --env {env} --help")
    good = _settle(environment, awaited, timeout, json=json) if awaited else _drain(environment, timeout, json=json)
    if not good:
        raise typer.Exit(BAD)


@verb(
    "scandrop status --env prod", "scandrop status --status rejected --since 2d", "scandrop status --lane image --json"
)
def status(
    env: Env = "local",
    status: Status = None,
    lane: Lane = None,
    since: Since = "7d",
    limit: Annotated[int, typer.Option(help="At most so many.", metavar="COUNT", min=1)] = 50,
    json: Json = False,
) -> None:
    """List the newest objects and what became of them."""
    from scandrop_cli import tables, terminal, when
    from scandrop_cli.records import Question, recent

    records = recent(_load(env), Question(when.since(since), limit, status, lane))
    if json:
        terminal.print_json(records)
    elif records:
        terminal.stdout().print(tables.status_table(records))
    else:
        terminal.stderr().print(f"Nothing was found since {when.since(since):%Y-%m-%d %H:%M} UTC.")


@verb("scandrop show study1/scan.png", "scandrop show study1/scan.png --json | jq .record.phases_ms")
def show(
    key: Key,
    version: Annotated[str | None, typer.Option(help="Another than the current one.", metavar="ID")] = None,
    env: Env = "local",
    json: Json = False,
) -> None:
    """Show all that is known of one object."""
    from scandrop_cli import records, tables, terminal
    from scandrop_cli.download import manifest_of

    environment = _load(env)
    name = environment.known_as(key)
    wanted = version or records.current(environment, name)
    record = records.version(environment, name, wanted) if wanted else None
    if record is None:
        raise _unknown(key, env)
    manifest = manifest_of(environment, name)
    if manifest and manifest["source"]["version_id"] != wanted:
        manifest = None  # it is another version's
    if json:
        terminal.print_json({"record": record, "manifest": manifest})
        return
    terminal.stdout().print(tables.record_table(record))
    if manifest and manifest["derivatives"]:
        terminal.stdout().print("", tables.derivatives_table(manifest["derivatives"]))


@verb("scandrop download study1/scan.png results")
def download(
    key: Key,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put them: DIR/<key>/")],
    env: Env = "local",
    json: Json = False,
) -> None:
    """Fetch an object's derivatives and manifest.

    Each file is checked by its SHA-256; what is already there is skipped.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.download import download_files, manifest_of

    environment = _load(env)
    name = environment.known_as(key)
    manifest = manifest_of(environment, name)
    if manifest is None:
        raise _unknown(key, env)
    total = sum(entry["bytes"] for entry in manifest["derivatives"])
    with terminal.bytes_progress("Downloading", total) as on_bytes:
        downloads = download_files(environment, name, manifest, folder, on_bytes)
    if json:
        terminal.print_json(downloads)
    elif downloads:
        terminal.stdout().print(tables.downloads_table(downloads))
    complaints = [f"{one.path}: {one.error}" for one in downloads if one.error]
    if manifest["status"] != "succeeded":
        complaints.append(f"{key} was {manifest['status']} ({manifest['error_code']}): {manifest['error']}")
    for complaint in complaints:
        terminal.stderr().print(terminal.plain(complaint), markup=False)
    if complaints:
        raise typer.Exit(BAD)


@verb("scandrop logs --lane image --since 2h", "scandrop logs --follow")
def logs(
    env: Env = "local",
    lane: Lane = None,
    since: Since = "15m",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with each new line until Ctrl-C.")] = False,
    json: Json = False,
) -> None:
    """Show what the lanes logged, merged by time.

    With --json each line is as CloudWatch has it, metrics and platform reports included.
    """
    from scandrop_cli import logs, terminal, when

    environment = _load(env)
    lanes = [lane] if lane else sorted(environment.log_groups)
    lines = (logs.follow if follow else logs.read)(environment, lanes, when.since(since))
    console = terminal.stdout()
    for line in lines:
        if json:
            typer.echo(line.message.rstrip())
        elif text := logs.readable(line):
            console.print(text, soft_wrap=True)


@verb(
    "scandrop reidentify 7QK2M0RX9T4WZB3HV1AE --env prod",
    "scandrop reidentify 2.25.111111111111111111111111111111482019384756 --env prod --json",
)
def reidentify(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN...", help="Pseudonyms, or pseudonymous object keys.")],
    env: Env = "local",
    json: Json = False,
) -> None:
    """Tell what a pseudonym stands for; every question is written to the audit log.

    That takes the environment's key and the raw bucket. A token is the pseudonym of a patient, of an accession number
    or a StudyID, of a study, series or instance, or of an object key.
    """
    from scandrop_cli import tables, terminal
    from scandrop_cli.reidentify import KINDS, check_forms, reidentify

    environment = _load(env)
    check_forms(tokens)
    found = {token: reidentify(environment, token, terminal.headers_progress) for token in tokens}
    if json:
        terminal.print_json([{"token": token, "matches": matches} for token, matches in found.items()])
    elif any(found.values()):
        terminal.stdout().print(tables.matches_table([match for matches in found.values() for match in matches]))
    for token in (token for token, matches in found.items() if not matches):
        terminal.stderr().print(f"No object in the raw bucket of {env} has {token}. What is looked for is {KINDS}.")
    if not all(found.values()):
        raise typer.Exit(BAD)


def _unknown(key: str, env: str) -> Absent:
    return Absent(f"Nothing is known of {key!r} in {env}.", f"scandrop status --env {env}")


def _load(name: str) -> "Environment":
    from scandrop_cli.environment import load

    return load(name)


def _settle(environment: "Environment", keys: Mapping[str, str], timeout_s: float, *, json: bool) -> bool:
    """Wait for keys, show what became of them under the names given, and return whether all is well."""
    from scandrop_cli import tables, terminal
    from scandrop_cli.settling import settle

    with terminal.count_progress("Waiting", len(keys)) as on_count:
        records = settle(
            environment,
            keys,
            timeout_s=timeout_s,
            on_change=lambda now: on_count(sum(record.over for record in now), tables.counts(now)),
        )
    return _show_results([replace(record, key=keys[record.key]) for record in records], json=json)


def _settle_uploads(environment: "Environment", uploads: Sequence["Upload"], timeout_s: float, *, json: bool) -> bool:
    """`_settle` for what was uploaded or there already, without what no lane will take up again, which is told."""
    from scandrop_cli import terminal
    from scandrop_cli.settling import under_raw_names

    old = set(under_raw_names(environment, [upload.file.key for upload in uploads if upload.status == "skipped"]))
    awaited = {
        upload.file.key: upload.file.key for upload in uploads if not upload.error and upload.file.key not in old
    }
    settled = _settle(environment, awaited, timeout_s, json=json)
    if old:
        terminal.stderr().print(
            f"{len(old)} of the files were processed before the keys of {environment.name} became pseudonymous and not "
            "since. They are not waited for; upload them with --force."
        )
    return settled and not old


def _show_results(records: Sequence["Record"], *, json: bool) -> bool:
    """Print what became of files or keys, and return whether all is well."""
    from scandrop_cli import tables, terminal

    if json:
        terminal.print_json(records)
    elif records:
        terminal.stdout().print(tables.results_table(records))
        for sentence in tables.explanations(records):
            terminal.stderr().print(sentence)
    return all(record.good for record in records)


def _drain(environment: "Environment", timeout_s: float, *, json: bool) -> bool:
    """Wait for empty queues, show what was settled meanwhile, and return whether all is well."""
    from datetime import UTC, datetime

    from scandrop_cli import terminal
    from scandrop_cli.records import Question, recent
    from scandrop_cli.settling import drain

    began = datetime.now(UTC)
    with terminal.count_progress("Waiting") as on_count:
        left = drain(
            environment, timeout_s=timeout_s, on_change=lambda left: on_count(0, f"{left} messages in the queues")
        )
    records = recent(environment, Question(began, 1000))
    if not (records or json):
        terminal.stderr().print("Nothing was settled meanwhile.")
    good = _show_results(records, json=json)
    if left:
        terminal.stderr().print(f"After {timeout_s:.0f} s the queues still hold {left} messages.")
    return good and not left


def run() -> None:
    """The console script."""
    app()
