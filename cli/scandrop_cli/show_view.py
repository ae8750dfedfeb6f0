"""How `scandrop show` looks: what became of an object, what was made of it, what helps, then what is known of it.

What only a program needs (owner, lease, sequencer, ETag, the event) is in ``--json``.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scandrop_cli.environment import Environment
from scandrop_cli.gallery.advice import advice
from scandrop_cli.gallery.details import what_is
from scandrop_cli.gallery.facts import TIMES, label, said
from scandrop_cli.records import Item, Record
from scandrop_cli.settling import as_of_now, tries_of
from scandrop_cli.tables import add_numbers, cell, headline, new_table, size
from scandrop_cli.terminal import plain
from scandrop_cli.wording import took, usd

_PHASES = ("download", "process", "upload")
_BARS = "▁▂▃▄▅▆▇█"


def screen(environment: Environment, item: Item, manifest: Mapping[str, Any] | None) -> Iterator[RenderableType]:
    """All of it. The manifest is that of this very version, or None."""
    record = _now(environment, item)
    yield headline(record)
    yield from _advice(environment, item, record)
    if manifest and manifest["derivatives"]:
        yield ""
        yield _derivatives(manifest["derivatives"])
    yield ""
    yield _facts(_of_the_try(item))
    if metadata := _metadata(item, manifest):
        yield ""
        yield _facts(_said_each(metadata))


def _now(environment: Environment, item: Item) -> Record:
    """The record, given up where its queue tries it no more; the queues are asked only of what is open."""
    record = Record.of(item)
    return record if record.over else as_of_now(record, item, tries_of(environment))


def _advice(environment: Environment, item: Item, record: Record) -> Iterator[RenderableType]:
    """What helps, and what comes before it; the command on one line, to be copied."""
    advised = advice(environment, {**item, "status": "stalled" if record.stalled else record.status})
    if advised is None:
        return
    says = advised.says.removeprefix(item.get("error") or "").strip()  # the headline has the error
    yield from (Text(plain(sentence)) for sentence in (says, advised.first) if sentence)
    if advised.command:
        line = Text(f"  {plain(advised.command)}", style="cyan", no_wrap=True, overflow="ignore")
        yield Group(line)  # of a text alone rich forgets that it is not to be folded


def _derivatives(entries: Iterable[Mapping[str, Any]]) -> Table:
    table = new_table("derivative", "what it is")
    add_numbers(table, "pixels", "size")
    for entry in entries:
        sides = f"{entry['width']} {TIMES} {entry['height']}" if {"width", "height"} <= entry.keys() else ""
        table.add_row(cell(entry["name"]), what_is(entry["name"]), sides, size(entry["bytes"]))
    return table


def _of_the_try(item: Item) -> Iterator[tuple[str, str]]:
    """What the object and its last try took."""
    if item.get("size_bytes") is not None:
        yield "Size", size(item["size_bytes"])
    if item.get("duration_ms") is not None:
        phases = item.get("phases_ms") or {}
        each = ", ".join(f"{phase} {took(round(phases[phase]))}" for phase in _PHASES if phase in phases)
        yield "Took", f"{took(round(item['duration_ms']))}{f': {each}' if each else ''}"
    if item.get("cost_usd") is not None:
        yield "Cost", f"{usd(float(item['cost_usd']))} USD"
    settled = "finished_at" if item.get("finished_at") else "updated_at"
    yield from _said_each({name: item.get(name) for name in ("peak_memory_mb", settled)})


def _metadata(item: Item, manifest: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The lane's own facts, which the manifest has where they are too large for the ledger."""
    metadata = item.get("metadata") or {}
    if metadata == {"see": "manifest"}:
        metadata = manifest["metadata"] if manifest else {}
    return {name: value for name, value in metadata.items() if name != "size_bytes"}  # it is told above


def _said_each(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each fact that says something, in words and with its unit."""
    for name, value in values.items():
        match value:
            case {"lowest": lowest, "highest": highest, "counts": [_, *_] as counts}:
                yield label(name), f"{said('', lowest)} {sparkline(counts)} {said('', highest)}"
            case [str(first), *_] if first.endswith("."):
                yield label(name), "\n".join(value)  # whole sentences
            case _:
                if value not in (None, "", [], {}):
                    yield label(name), said(name, value)


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(Text(plain(name)), Text("\n".join(map(plain, value.split("\n")))))
    return table


def sparkline(counts: Sequence[float]) -> str:
    """A histogram in half as many characters. Heights are square roots: a black background leaves room for the rest."""
    heights = [math.sqrt(sum(pair)) for pair in batched(counts, 2)]
    return "".join(_BARS[math.ceil(height / (max(heights) or 1) * (len(_BARS) - 1))] for height in heights)
