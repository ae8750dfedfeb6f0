"""Where records begin and end in JSON text, found without parsing it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

WHITESPACE = b" \t\r\n"

type Span = tuple[int, int]

_STRINGS = rb'(?:"[^"]*+"[^"\[\]{}%b]*+)*+'
_TO_SEPARATOR = re.compile(rb'[^"\[\]{},]*+' + _STRINGS % b"," + rb"([\[\]{},])?+")
_TO_BRACKETS = re.compile(rb'[^"\[\]{}]*+' + _STRINGS % b"" + rb"([\[{]*+)([\]}]*+)")
_OPENING = re.compile(rb'\{[ \t\r\n]*+(?:"[^"\\]*+"|\})')
_COMMA = re.compile(rb",[ \t\r\n]*+\Z")


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


def find_elements(text: bytes, *, only_first: bool = False) -> Elements:
    """Splits the inside of an array at its own commas, in one pass, however deep its elements are.

    For text that is not JSON the spans are those of no particular place: parsing them tells.
    """
    text = _without_escapes(text)
    spans: list[Span] = []
    start = position = 0
    while (match := _TO_SEPARATOR.match(text, position)) and match[1]:
        position = match.end()
        if match[1] in b"[{":
            position = _skip_nested(text, position - 1)
            if position < 0:
                break
            continue
        spans.append((start, position - 1))
        start = position
        closed = match[1] != b","
        if closed or only_first:
            return Elements(spans, start, closed)
    return Elements(spans, start, closed=False)


def is_object(text: bytes) -> bool:
    """Whether the brace that opens the text is closed at its end; what is between need not be JSON."""
    return text.startswith(b"{") and _skip_nested(_without_escapes(text), 0) == len(text)


def _skip_nested(text: bytes, position: int) -> int:
    """The position behind the bracket that closes the one at `position`, or -1."""
    depth = 0
    while match := _TO_BRACKETS.match(text, position):
        opened, closed = match.end(1) - match.start(1), match.end(2) - match.start(2)
        depth += opened
        if closed >= depth:
            return match.start(2) + depth
        if not (opened or closed):  # the end, perhaps inside a string
            break
        depth -= closed
        position = match.end()
    return -1


def guess_commas(text: mmap | bytes, start: int, limit: int, furthest: int) -> Iterator[int]:
    """Where a comma between two elements of an array is likely to be: at most two places, the second more likely.

    Elements are taken to begin alike. The last such beginning before `limit` is tried, or the first behind it and
    before `furthest`; then, should the same beginning be found within elements, the last that no bracket is open at.
    """
    opening = _OPENING.match(text, start, limit)
    if opening is None:
        return
    last = text.rfind(opening[0], opening.end(), limit)
    if last < 0:
        last = text.find(opening[0], limit, furthest)
    guess = _comma_before(text, last)
    if guess is None:
        return
    yield guess
    depth = _depth_gained(text[start:last])
    while depth and last > start:
        earlier = text.rfind(opening[0], start, last)
        depth -= _depth_gained(text[earlier:last])
        last = earlier
    comma = _comma_before(text, last)
    if last > start and comma not in (None, guess):
        yield comma


def _comma_before(text: mmap | bytes, position: int) -> int | None:
    comma = _COMMA.search(text, max(0, position - 256), max(0, position))
    return comma.start() if comma else None


def _depth_gained(text: bytes) -> int:
    outside = b"".join(_without_escapes(text).split(b'"')[::2])
    opened, closed = outside.count(b"{") + outside.count(b"["), outside.count(b"}") + outside.count(b"]")
    return opened - closed


def _without_escapes(text: bytes) -> bytes:
    """The same text, as long as it was, in which each quote begins or ends a string."""
    return text.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def find_lines(text: bytes) -> Iterator[Span]:
    """The lines that hold more than whitespace, without what there is of it around them."""
    start = 0
    for line in text.split(b"\n"):
        stop = start + len(line.rstrip(WHITESPACE))
        if stop > start:
            yield stop - len(line.strip(WHITESPACE)), stop
        start += len(line) + 1


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
