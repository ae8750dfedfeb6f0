"""Where records begin and end in JSON text, found without parsing it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

WHITESPACE = b" \t\r\n"
CHUNK_BYTES = 256 * 1024  # what a core's own cache holds: the decoder is fastest there

type Span = tuple[int, int]

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TO_SEPARATOR = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+([\[\]{},])?+", re.DOTALL)
_TO_BRACKETS = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[{]*+)([\]}]*+)", re.DOTALL)


@dataclass(frozen=True)
class Elements:
    """The elements of an array as far as its text goes.

    spans: those that are whole, which a comma or a closing bracket behind them shows.
    end: the position behind the last of these.
    closed: whether it was a bracket, so that the array ends there.
    """

    spans: list[Span]
    end: int
    closed: bool


def find_elements(text: mmap | bytes, start: int, limit: int) -> Elements:
    """Splits the inside of an array at its own commas, in one pass, however deep its elements are.

    For text that is not JSON the spans are those of no particular place: parsing them tells.
    """
    spans: list[Span] = []
    position = start
    while (match := _TO_SEPARATOR.match(text, position, limit)) and match[1]:
        position = match.end()
        if match[1] in b"[{":
            position = _skip_nested(text, position - 1, limit)
            continue
        spans.append((start, position - 1))
        start = position
        if match[1] != b",":
            return Elements(spans, start, closed=True)
    return Elements(spans, start, closed=False)


def _skip_nested(text: mmap | bytes, position: int, limit: int) -> int:
    depth = 0
    while match := _TO_BRACKETS.match(text, position, limit):
        opened, closed = match.end(1) - match.start(1), match.end(2) - match.start(2)
        depth += opened
        if closed >= depth:
            return match.start(2) + depth
        if not (opened or closed):  # the end, perhaps inside a string
            break
        depth -= closed
        position = match.end()
    return limit


def find_lines(text: mmap | bytes, start: int, limit: int) -> Iterator[Span]:
    """The lines that hold more than whitespace, without what there is of it around them."""
    while start < limit:
        newline = text.find(b"\n", start, limit)
        end = newline if newline >= 0 else limit
        line = text[start:end].rstrip(WHITESPACE)
        if line:
            stop = start + len(line)
            yield stop - len(line.lstrip(WHITESPACE)), stop
        start = end + 1


class NotFiniteError(ValueError):
    """NaN or an infinity, which JSON does not have and many programs write."""


def find_break(text: bytes) -> int | None:
    """The position where `text` stops being one JSON value, or None where it is one.

    Takes lone surrogates, which the grammar allows.
    Raises `NotFiniteError`, `UnicodeDecodeError` and `RecursionError` for what has no such place.
    """
    characters = text.decode()
    try:
        json.loads(characters, parse_constant=_refuse_constant, parse_int=len, parse_float=len)
    except json.JSONDecodeError as error:
        return len(characters[: error.pos].encode())
    return None


def _refuse_constant(_name: str) -> None:
    raise NotFiniteError
