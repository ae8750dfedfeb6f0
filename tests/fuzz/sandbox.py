"""One input through its lane in a process of its own, held to the lane's memory and time, and watched."""

import json
import logging
import os
import re
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scandrop import lanes, manifest, memory
from scandrop.config import settings_of
from scandrop.errors import Failed, Rejected
from scandrop.processing import Outcome, lane_of_unknown, run
from scandrop.processors import SNIFF_BYTES, Source

from .formats import CANARY
from .mutate import Format

MOST_CPU_S = 60  # a third of the time that the shortest lane has
_MOST_WALL_S = 900  # for what waits for nothing; a machine that does much besides must not be taken for it
_TIMES_ADDRESSES = 2  # threads reserve more than they use, how much depends on who runs when: the peak decides
_MOST_TOLD = 2000  # characters of a finding
_THREADS = 2
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,159}")
_FORBIDDEN = ("os.exec", "os.posix_spawn", "os.system", "pickle.find_class", "socket.connect", "subprocess.Popen")
_LANE = re.compile(r"^ +(\w+) += \{ memory_mb = (\d+),", re.MULTILINE)
MEMORY_MB = {lane: int(most) for lane, most in _LANE.findall((Path(__file__).parents[2] / "main.tf").read_text())}


@dataclass
class Verdict:
    """What became of one input: its status or code, and what should not have been."""

    ended: str
    findings: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    peak_mb: int = 0


def verdict_on(form: Format, data: bytes) -> Verdict:
    """Process one input in a fork of this process, which must have no threads."""
    with tempfile.TemporaryDirectory(prefix="scandrop-fuzz-") as base:
        for place in ("source", "work", "cwd", "tmp"):
            (Path(base) / place).mkdir()
        return _watched(form, data, Path(base).resolve())


def _watched(form: Format, data: bytes, base: Path) -> Verdict:
    heard, tell = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        _work(form, data, base, tell)
    os.close(tell)
    said = _said(heard)
    if said is None:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    cpu_s = usage.ru_utime + usage.ru_stime
    if not said:
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        return Verdict("killed", ["hangs" if said is None else f"dies: {how}"], cpu_s)
    verdict = Verdict(**json.loads(said))
    verdict.cpu_s = cpu_s
    verdict.findings += _outside(base)
    if cpu_s > MOST_CPU_S:
        verdict.findings.append("too slow")
    return verdict


def _said(heard: int) -> bytes | None:
    """What the child says until it closes the pipe; None where its time is over."""
    ends = time.monotonic() + _MOST_WALL_S
    said = b""
    try:
        while select.select([heard], [], [], max(0, ends - time.monotonic()))[0]:
            piece = os.read(heard, 65536)
            if not piece:
                return said
            said += piece
    finally:
        os.close(heard)
    return None


def _outside(base: Path) -> list[str]:
    """What lies where nothing should; native code is not seen by the audit hook."""
    return [f"writes to {place}" for place in ("cwd", "tmp") if any((base / place).iterdir())]


def _work(form: Format, data: bytes, base: Path, tell: int) -> NoReturn:
    """All that the child does."""
    try:
        verdict = _processed(form, data, base)
    except BaseException:  # noqa: BLE001 (whatever comes out of `run` is the finding)
        verdict = Verdict("raised", [f"raises: {traceback.format_exc(limit=-3)}"])
    verdict.findings = [finding[:_MOST_TOLD] for finding in verdict.findings[:5]]  # a pipe holds 64 KiB
    os.write(tell, json.dumps(vars(verdict)).encode())
    os._exit(0)


def _processed(form: Format, data: bytes, base: Path) -> Verdict:
    path = base / "source" / f"scan{form.suffix}"
    path.write_bytes(data if form.beside is None else form.beside)
    sidecar = data if form.beside is not None else None
    source = Source(path, path.name, sidecar, pseudonym_key=b"k" * 32, threads=_THREADS)
    _confine(base, MEMORY_MB[form.lane])
    settings = settings_of(form.lane, {})
    memory.forget_peak()
    found = _watch(base)
    try:
        _sniffed(path)
        outcome = run(form.lane, source, settings, base / "work")
    except Failed as failure:
        return Verdict(failure.code, [*found, f"fails: {failure.code}"])
    peak_mb = memory.peak_mb() or 0
    found += _faults(outcome, base)
    if peak_mb > MEMORY_MB[form.lane]:
        found.append("takes more memory than the lane has")
    return Verdict(outcome.error_code or outcome.status, found, peak_mb=peak_mb)


def _sniffed(path: Path) -> None:
    """What the `other` lane does with an object: find its lane or reject it."""
    with path.open("rb") as stream:
        head = stream.read(SNIFF_BYTES)
    try:
        lane_of_unknown(head)
    except Rejected as rejection:
        if rejection.code not in ("empty", "unsupported"):
            raise


def _confine(base: Path, memory_mb: int) -> None:
    os.chdir(base / "cwd")
    os.environ["TMPDIR"] = tempfile.tempdir = str(base / "tmp")
    said = os.open(base / "said", os.O_CREAT | os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    warnings.simplefilter("default")
    logging.basicConfig(level=logging.DEBUG)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = held + _TIMES_ADDRESSES * memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _watch(base: Path) -> list[str]:
    """From now on what this process should not do is added to the list."""
    found: list[str] = []
    allowed = (str(base / "work") + "/", "/dev/null")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _FORBIDDEN:
            found.append(f"does {event}")
        if event == "open" and _writes(arguments) and not _whole(arguments[0]).startswith(allowed):
            found.append(f"opens for writing: {arguments[0]!r:.200}")

    sys.addaudithook(hook)
    return found


def _whole(path: str | bytes | os.PathLike) -> str:
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (a link's own place counts, not where it leads)


def _writes(arguments: tuple[object, ...]) -> bool:
    path, mode, flags = arguments
    is_write = bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(flags & (os.O_WRONLY | os.O_RDWR))
    return is_write and isinstance(path, str | bytes | os.PathLike)


def _faults(outcome: Outcome, base: Path) -> Iterator[str]:
    """What is wrong with an outcome, its derivatives and whatever was printed on the way."""
    if outcome.error_code in ("processor_crashed", "out_of_memory"):
        yield f"{outcome.error_code}: {outcome.error}"
    names = [output.name for output in outcome.outputs]
    if len(set(names)) < len(names) or manifest.NAME in names or not all(map(_PLAIN.fullmatch, names)):
        yield f"names derivatives {names}"
    if not all(output.path.resolve().is_relative_to(base / "work") for output in outcome.outputs):
        yield "has a derivative outside the work folder"
    told = _told(outcome)
    printed = (base / "said").read_text(errors="replace")
    for where, text in {"the outcome": told, "the log": printed}.items():
        if CANARY in text:
            yield f"{where} tells a text of the input"
    for output in outcome.outputs:
        if output.name.endswith((".json", ".jsonl")):
            yield from _json_faults(output.path)


def _told(outcome: Outcome) -> str:
    """All that manifest, ledger and events are told, as JSON; raises ValueError where it is none."""
    details = [dict(output.details) for output in outcome.outputs]
    said = [outcome.error_code, outcome.error, dict(outcome.metadata), details]
    return json.dumps(said, allow_nan=False, ensure_ascii=False).encode().decode()


def _json_faults(path: Path) -> Iterator[str]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    texts = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    for text in texts:
        try:
            json.loads(text, parse_constant=refuse)
        except (ValueError, RecursionError) as error:
            yield f"{path.name} is no JSON: {error}"


def prepare(form: Format) -> None:
    """Have the lane's modules imported once, before any fork."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{form.suffix}"
        path.write_bytes(form.seeds[0] if form.beside is None else form.beside)
        (work := Path(folder) / "work").mkdir()
        run(form.lane, Source(path, path.name, pseudonym_key=b"k" * 32), settings_of(form.lane, {}), work)
    for lane in lanes.SUFFIXES:
        if lane != lanes.OTHER:
            lanes.processor(lane)
