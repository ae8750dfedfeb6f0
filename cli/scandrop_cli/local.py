"""Processing files on this machine: the lanes' own code and settings, with a folder in place of the buckets."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from scandrop import cores, manifest
from scandrop.config import settings_of
from scandrop.errors import Failed, Rejected
from scandrop.lanes import ASSETS, NIFTI, OTHER, lane_of, lane_of_record, may_be_sidecar
from scandrop.processing import Outcome, file_sha256, lane_of_unknown, run
from scandrop.processors import SIDECAR_BYTES, SNIFF_BYTES, Json, Source
from scandrop.processors.nifti import sidecar_name
from scandrop.pseudonyms import key_of
from scandrop_cli.environment import Environment, repository_root
from scandrop_cli.errors import NoKey, OperatorError, explain
from scandrop_cli.files import LocalFile
from scandrop_cli.folders import check_writable, commit, folder_of, inside, scratch
from scandrop_cli.records import Record

KEY_VARIABLE = "SCANDROP_PSEUDONYM_KEY"

_MAKE_KEY = f"export {KEY_VARIABLE}=$(openssl rand -hex 32)"
_WORTH_A_WORKER_BYTES = 8 << 20  # less is done sooner than the workers would be up


@dataclass(frozen=True)
class Rules:
    """What an environment asks of its lanes, by lane; by default the package's own settings and any size.

    assets: where the files that settings name lie on this machine, by setting.
    pseudonym_key: of the lanes that make pseudonyms, or None, and then why in `no_key` and in `make_key` what mends it.
    """

    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_object_bytes: Mapping[str, int] = field(default_factory=dict)
    assets: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    pseudonym_key: bytes | None = field(default=None, repr=False)
    no_key: str = "Its pseudonyms need a key, and there is none. Make one, and keep it:"
    make_key: str = _MAKE_KEY

    @classmethod
    def of(cls, environment: Environment | None) -> "Rules":
        """Those of an environment, or without one the defaults, with the key that this shell has or may read.

        Raises `OperatorError` where a lane cannot take its settings, a file that they name is not here, or the
        shell's key is too short.
        """
        if environment is None:
            return cls(pseudonym_key=_key_of_the_shell())
        check_settings(environment.name, environment.settings)
        rules = cls(environment.settings, environment.max_object_bytes, _assets(environment))
        try:
            return replace(rules, pseudonym_key=_key_of_the_shell() or environment.pseudonym_key)
        except NoKey as why:
            return replace(rules, no_key=f"Its pseudonyms need a key. {why}", make_key=why.mend)


def _key_of_the_shell() -> bytes | None:
    try:
        return key_of(os.environ[KEY_VARIABLE]) if os.environ.get(KEY_VARIABLE) else None
    except ValueError as error:
        raise OperatorError(f"{KEY_VARIABLE}: {error}", _MAKE_KEY) from None


def check_settings(environment: str, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Hold an environment's settings, by lane, to the package. Raises `OperatorError` where a lane cannot take them."""
    for lane, values in settings.items():
        try:
            settings_of(lane, values)
        except ValueError as error:
            raise OperatorError(
                f"The {lane} lane cannot take its settings of env/{environment}.tfvars: {str(error).rstrip('.')}.",
                f"./deploy.sh {environment}",
            ) from error


def _assets(environment: Environment) -> dict[str, dict[str, Path]]:
    """The files that each lane's settings name, by lane and setting."""
    return {
        lane: {
            setting: _asset(environment, f"{lane}.{setting}", str(values[setting]))
            for setting in ASSETS[lane]
            if values.get(setting)
        }
        for lane, values in environment.settings.items()
    }


def _asset(environment: Environment, setting: str, name: str) -> Path:
    """What a setting names, from the project's root as Terraform takes it."""
    path = repository_root() / name
    if not path.is_file():
        raise OperatorError(
            f"{setting} of env/{environment.name}.tfvars names {name}, and there is no such file in "
            f"{repository_root()}. Put it there, or process without --env."
        )
    return path


def process_files(files: Sequence[LocalFile], out: Path, rules: Rules) -> Iterator[Record]:
    """Process files, one per core at a time where that pays, and tell of each as soon as it is done.

    Raises `OperatorError` where nothing can be written to `out`.
    """
    check_writable(out)
    workers = min(len(files), cores.available())
    if workers < 2 or sum(file.size_bytes for file in files) < _WORTH_A_WORKER_BYTES:
        yield from (process_file(file, out, rules) for file in files)
        return
    orphans = []
    with _pool(workers) as pool:
        pending = {pool.submit(process_file, file, out, rules): file for file in files}
        try:
            for done in as_completed(pending):
                if isinstance(done.exception(), BrokenProcessPool):
                    orphans.append(pending[done])
                else:
                    yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for file in orphans:  # one of them took the pool down; alone, each answers for itself
        with _pool(1) as pool:
            yield _result(pool.submit(process_file, file, out, rules), file)


def process_file(file: LocalFile, out: Path, rules: Rules) -> Record:
    """Do with one file what its lane would: derivatives first, the manifest last."""
    folder = folder_of(out, file.key)
    try:
        with scratch(folder) as work:
            outcome, settings = _outcome(file, rules, work)
            for output in outcome.outputs:
                path = inside(folder, output.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                output.path.replace(path)
        source: dict[str, Json] = {"key": file.key, "bytes": file.size_bytes, "sha256": file_sha256(file.path)}
        commit(folder, manifest.build(source=source, outcome=outcome, settings=settings, stored={}))
    except Failed as failure:
        is_keyless = failure.code == "no_pseudonym_key"
        return _failed(file, f"{rules.no_key} {rules.make_key}" if is_keyless else str(failure))
    except OSError as error:
        return _failed(file, str(explain(error)))
    return Record(
        key=file.key,
        status=outcome.status,
        lane=outcome.lane,
        size_bytes=file.size_bytes,
        duration_ms=outcome.process_ms,
        derivatives=len(outcome.outputs),
        error_code=outcome.error_code,
        error=outcome.error,
    )


def _outcome(file: LocalFile, rules: Rules, work: Path) -> tuple[Outcome, object]:
    try:
        lane = _lane_of(file)
    except Rejected as rejection:
        return Outcome.rejected(OTHER, rejection), None
    max_bytes = rules.max_object_bytes.get(lane, file.size_bytes)
    if file.size_bytes > max_bytes:
        too_large = Rejected("too_large", size_bytes=file.size_bytes, max_bytes=max_bytes)
        return Outcome.rejected(lane, too_large), None
    settings = settings_of(lane, rules.settings.get(lane, {}))
    return run(lane, _source(file, lane, rules), settings, work), settings


def _lane_of(file: LocalFile) -> str:
    lane = lane_of(file.key)
    if lane != OTHER and not may_be_sidecar(file.key, file.size_bytes):
        return lane
    with file.path.open("rb") as stream:
        head = stream.read(SNIFF_BYTES)
    return lane_of_unknown(head) if lane == OTHER else lane_of_record(head)


def _source(file: LocalFile, lane: str, rules: Rules) -> Source:
    """The file, what its lane's settings name, the key, and for a run what lies beside it."""
    name, assets = file.key.rpartition("/")[2], rules.assets.get(lane, {})
    if lane != NIFTI:
        return Source(file.path, name, assets=assets, pseudonym_key=rules.pseudonym_key)
    beside = file.path.with_name(sidecar_name(file.path.name))
    sidecar = None
    if beside.is_file():
        with beside.open("rb") as stream:
            sidecar = stream.read(SIDECAR_BYTES + 1)
    return Source(file.path, name, sidecar, assets, threads=cores.available())


def _result(done: Future[Record], file: LocalFile) -> Record:
    try:
        return done.result()
    except BrokenProcessPool:
        return _failed(file, "Its process was killed, most likely for want of memory. Process it on a larger machine.")


def _failed(file: LocalFile, error: str) -> Record:
    return Record(key=file.key, status="failed", lane=lane_of(file.key), size_bytes=file.size_bytes, error=error)


def _pool(workers: int) -> ProcessPoolExecutor:
    """Workers that leave Ctrl-C to their parent; not forked, since the progress bar has a thread."""
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_begin_worker, initargs=(cores.available() // workers,)
    )


def _begin_worker(threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ[cores.THREADS] = str(max(threads, 1))
