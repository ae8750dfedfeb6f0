"""Hostile variants of a file that is taken apart, spoilt in a few steps and put together again.

A step is a name and a seed of its own, so that any of them can be left out and the others do as before: that is how a
finding is shrunk.
"""

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

type Parts = list[bytes]

INTEGERS = (0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 64, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, 10**6,
            2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -1, -2, -128, -32768,
            -2**31)  # fmt: skip
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e-30, 1e-10, 1e10, 1e30, 3.4e38, *map(float, ("inf", "-inf", "nan")))
MOST_STEPS = 4
MOST_BYTES = 1 << 22  # of what a step may make


@dataclass(frozen=True)
class Format:
    """One kind of file: real ones to begin with, how they fall apart, and what only this kind can be made to do."""

    lane: str
    suffix: str
    seeds: Sequence[bytes]
    split: Callable[[bytes], Parts]
    join: Callable[[Parts], bytes]
    tricks: Sequence[Callable[[random.Random, Parts], Parts]] = ()
    beside: bytes | None = None  # the run that this kind is the sidecar of


@dataclass(frozen=True)
class Step:
    name: str
    seed: int


@dataclass(frozen=True)
class Recipe:
    """Which seed file, and what is done to it."""

    base: int
    steps: tuple[Step, ...]


def recipe(form: Format, run: str, number: int) -> Recipe:
    """The recipe of input `number` of a run; its first ones are the seed files as they are."""
    rng = random.Random(f"{run}:{form.lane}:{form.suffix}:{number}")  # noqa: S311 (repeatable on purpose)
    if number < len(form.seeds):
        return Recipe(number, ())
    names = [*_STEPS, *["trick"] * (2 if form.tricks else 0)]
    steps = tuple(Step(rng.choice(names), rng.getrandbits(32)) for _ in range(rng.randint(1, MOST_STEPS)))
    return Recipe(rng.randrange(len(form.seeds)), steps)


def made(form: Format, wanted: Recipe) -> bytes:
    """The input that a recipe makes."""
    parts = form.split(form.seeds[wanted.base])
    whole = [step for step in wanted.steps if step.name in _WHOLE]
    for step in wanted.steps:
        if step not in whole:
            parts = _stepped(form, parts, step)
    return reduce(lambda data, step: _WHOLE[step.name](_rng(step), data), whole, form.join(parts))


def without_each(wanted: Recipe) -> list[Recipe]:
    """The recipes that are one step shorter."""
    return [Recipe(wanted.base, wanted.steps[:index] + wanted.steps[index + 1 :]) for index in range(len(wanted.steps))]


def _rng(step: Step) -> random.Random:
    return random.Random(step.seed)  # noqa: S311


def _stepped(form: Format, parts: Parts, step: Step) -> Parts:
    rng = _rng(step)
    if step.name == "trick":
        changed = rng.choice(form.tricks)(rng, parts)
    elif step.name == "splice":
        changed = _splice(rng, parts, form.split(rng.choice(form.seeds)))
    else:
        changed = _PARTS[step.name](rng, parts)
    return changed if sum(map(len, changed)) <= MOST_BYTES else parts


def number_into(rng: random.Random, data: bytes) -> bytes:
    """One place of some bytes overwritten with a number at the edge of what its width holds."""
    width = rng.choice((1, 2, 2, 4, 4, 8))
    if len(data) < width:
        return data
    order = rng.choice("<>")
    if width > 2 and rng.random() < 0.3:
        with_nan = rng.choice(FLOATS)
        packed = struct.pack(order + ("f" if width == 4 else "d"), with_nan)
    else:
        packed = (rng.choice(INTEGERS) % (1 << 8 * width)).to_bytes(width, "little" if order == "<" else "big")
    at = rng.randrange(0, len(data) - width + 1)
    if len(data) < 64:
        at -= at % min(width, 2)  # fields of headers lie even
    return data[:at] + packed + data[at + width :]


def _in_one_part(change: Callable[[random.Random, bytes], bytes]) -> Callable[[random.Random, Parts], Parts]:
    def step(rng: random.Random, parts: Parts) -> Parts:
        index = rng.randrange(len(parts)) if parts else 0
        return [change(rng, part) if place == index else part for place, part in enumerate(parts)]

    return step


def _drop(rng: random.Random, parts: Parts) -> Parts:
    index = rng.randrange(len(parts) + 1)
    return parts[:index] + parts[index + 1 :]


def _repeat(rng: random.Random, parts: Parts) -> Parts:
    index = rng.randrange(len(parts) + 1)
    return parts[:index] + parts[index : index + 1] * rng.choice((2, 3, 10, 1000)) + parts[index + 1 :]


def _swap(rng: random.Random, parts: Parts) -> Parts:
    mixed = list(parts)
    if parts:
        one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        mixed[one], mixed[other] = mixed[other], mixed[one]
    return mixed


def _splice(rng: random.Random, parts: Parts, others: Parts) -> Parts:
    low, high = sorted((rng.randrange(len(others) + 1), rng.randrange(len(others) + 1)))
    at = rng.randrange(len(parts) + 1)
    return parts[:at] + others[low:high] + parts[at + (high - low) * rng.choice((0, 1)) :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _grow(rng: random.Random, data: bytes) -> bytes:
    return data + rng.choice((b"\0", b"\xff", b"<b>\x1b[31m", rng.randbytes(1))) * rng.choice((1, 2, 7, 64, 5000))


def _fill(rng: random.Random, data: bytes) -> bytes:
    return rng.choice((b"\0", b"\xff", b"\x80", b"A")) * len(data)


def _flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


_PARTS = {
    "number": _in_one_part(number_into),
    "another number": _in_one_part(number_into),
    "cut": _in_one_part(_cut),
    "grow": _in_one_part(_grow),
    "fill": _in_one_part(_fill),
    "flip": _in_one_part(_flip),
    "drop": _drop,
    "repeat": _repeat,
    "swap": _swap,
}
_WHOLE = {"cut off": _cut, "more behind": _grow, "number anywhere": number_into, "flip anywhere": _flip}
_STEPS = (*_PARTS, *_WHOLE, "splice")
