"""Where records begin and end in JSON text, found without parsing it and at constant memory."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

WHITESPACE = b" \t\r\n"
CHUNK_BYTES = 256 * 1024  # what a core's own cache holds: the decoder is fastest there

type Span = tuple[int, int]

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TO_SEPARATOR = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+", re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[{])?+([\]}])?+", re.DOTALL)


class Window:
    """The part of a file that is in memory.

    data: the bytes from `offset` on.
    ended: whether `data` reaches the end of the file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._counted_to = 0
        self._newlines = 0
        self.data = b""
        self.offset = 0
        self.ended = False

    def fill(self, size: int = CHUNK_BYTES) -> None:
        more = self._file.read(size)
        self.ended = len(more) < size
        self.data += more

    def grow(self) -> None:
        """Doubles the window, so that looking at it again each time stays linear in the file's size."""
        self.fill(max(CHUNK_BYTES, len(self.data)))

    def drop(self, size: int) -> None:
        self.offset += size
        self.data = self.data[size:]

    def drop_whitespace(self) -> None:
        while True:
            self.drop(len(self.data) - len(self.data.lstrip(WHITESPACE)))
            if self.data or self.ended:
                return
            self.fill()

    def line_at(self, position: int) -> int:
        """The line, from 1, of a position in `data` that is not before the one asked for last.

        Few files ask for one, so the newlines are counted by reading on from there, not while the file streams by.
        """
        end = self.offset + position
        while self._counted_to < end:
            text = os.pread(self._file.fileno(), min(CHUNK_BYTES, end - self._counted_to), self._counted_to)
            self._newlines += text.count(b"\n")
            self._counted_to += len(text)
        return self._newlines + 1


@dataclass(frozen=True)
class Elements:
    """The elements of an array as far as its text goes.

    spans: those that are whole, which a comma or the closing bracket behind them shows.
    end: the position behind the last of these commas, or of the bracket that closes the array.
    closed: whether that bracket was found.
    """

    spans: list[Span]
    end: int
    closed: bool


def find_elements(text: bytes) -> Elements:
    """Splits the inside of an array at its own commas, in one pass, however deep its elements are.

    For text that is not JSON the spans are those of no particular place: parsing them tells.
    """
    spans: list[Span] = []
    start = position = 0
    while True:
        position = _TO_SEPARATOR.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
        found = text[position : position + 1]
        if found in (b",", b"]", b"}"):
            spans.append((start, position))
            start = position = position + 1
            if found != b",":
                return Elements(spans, start, closed=True)
        elif found in (b"[", b"{"):
            position = _skip_nested(text, position)
        else:  # the end of the text, perhaps inside a string
            return Elements(spans, start, closed=False)


def _skip_nested(text: bytes, position: int) -> int:
    depth = 0
    while True:
        match = _TO_BRACKET.match(text, position)
        opened, closed = match.groups()  # type: ignore[union-attr]  # it matches nothing, too
        position = match.end()  # type: ignore[union-attr]
        depth += bool(opened) - bool(closed)
        if depth == 0 and closed:
            return position
        if not (opened or closed):
            return len(text)


def find_lines(text: bytes) -> Iterator[Span]:
    """The lines that hold more than whitespace, without what there is of it around them."""
    start = 0
    while start < len(text):
        newline = text.find(b"\n", start)
        end = newline if newline >= 0 else len(text)
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
