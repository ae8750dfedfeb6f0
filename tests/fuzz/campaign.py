"""Many inputs per format over all cores, and what was found; a finding is shrunk to the steps that it needs."""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context

from scandrop import cores

from .formats import FORMATS, format_named
from .mutate import Format, Recipe, made, recipe, without_each
from .sandbox import Verdict, prepare, verdict_on

_CHUNK = 50


@dataclass(frozen=True)
class Finding:
    """An input that did what no input may, as few steps of it as will do."""

    format: str
    number: int
    recipe: Recipe
    what: list[str]
    data: bytes = field(repr=False)


@dataclass
class Tally:
    """What became of a format's inputs."""

    inputs: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    peak_mb: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.inputs += 1
        self.ended[verdict.ended] += 1
        self.slowest_s = max(self.slowest_s, verdict.cpu_s)
        self.peak_mb = max(self.peak_mb, verdict.peak_mb)

    def merge(self, other: "Tally") -> None:
        self.inputs += other.inputs
        self.ended += other.ended
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.findings += other.findings


def new_seed() -> str:
    return secrets.token_hex(4)


def campaign(run: str, inputs: int, names: Sequence[str] = FORMATS) -> Iterator[tuple[str, Tally]]:
    """`inputs` inputs of each format, some at a time as they are done; those of the same run are the same."""
    with ProcessPoolExecutor(cores.available(), get_context("spawn")) as pool:
        pending = {
            pool.submit(stretch, run, name, first, min(_CHUNK, inputs - first)): name
            for first in range(0, inputs, _CHUNK)
            for name in names
        }
        try:
            for done in as_completed(pending):
                yield pending[done], done.result()
        finally:  # also where the one who asked has enough
            pool.shutdown(cancel_futures=True)


def stretch(run: str, name: str, first: int, count: int) -> Tally:
    """Some inputs of one format, one after the other."""
    form, tally = format_named(name), Tally()
    prepare(form)
    for number in range(first, first + count):
        wanted = recipe(form, run, number)
        verdict = verdict_on(form, made(form, wanted))
        tally.add(verdict)
        if verdict.findings:
            least = _shrunk(form, wanted)
            tally.findings.append(Finding(name, number, least, verdict.findings, made(form, least)))
    return tally


def _shrunk(form: Format, wanted: Recipe) -> Recipe:
    """The recipe without the steps that its finding does not need."""
    for shorter in without_each(wanted):
        if verdict_on(form, made(form, shorter)).findings:
            return _shrunk(form, shorter)
    return wanted
