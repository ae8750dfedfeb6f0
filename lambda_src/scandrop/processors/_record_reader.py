"""Reads a file of records in one pass: finds its form, hands each valid record on and lists the others."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from mmap import MADV_DONTNEED, PAGESIZE, mmap

from scandrop.errors import Rejected
from scandrop.processors._record_outcome import Fault, Outcome
from scandrop.processors._record_rules import BrokenJsonError, Rules
from scandrop.processors._record_text import (
    CHUNK_BYTES,
    WHITESPACE,
    NotFiniteError,
    Span,
    find_break,
    find_elements,
    find_lines,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KEPT_BYTES = 16 * 2**20  # of what was read already, before its pages are given back

_SPACE = re.compile(rb"[ \t\r\n]*+")
_OPENING = re.compile(rb'\{[ \t\r\n]*+"[^"\\]*+"')
_COMMA = re.compile(rb",[ \t\r\n]*+$")


@dataclass(frozen=True)
class Series:
    """How records follow each other: what takes many at once, what is between them, whether one can break all."""

    take: Callable[[bytes], tuple[int, bytes] | None]
    separator: bytes
    one_breaks_all: bool


class Reader:
    """One pass over one file, which is mapped so that only the pages at work are in memory."""

    def __init__(self, text: mmap, rules: Rules, outcome: Outcome, max_record_bytes: int) -> None:
        self._text = text
        self._size = len(text)
        self._at = 0
        self._released = 0
        self._counted_to = 0
        self._newlines = 0
        self._rules = rules
        self._outcome = outcome
        self._max_record_bytes = max_record_bytes
        self._array = Series(rules.array, b",", one_breaks_all=True)
        self._lines = Series(rules.lines, b"\n", one_breaks_all=False)

    def read(self) -> str:
        """Reads all there is and says whether it was an ``array``, an ``object`` or ``lines``."""
        self._advance(len(BYTE_ORDER_MARK) if self._text[:3] == BYTE_ORDER_MARK else 0)
        form = self._find_form()
        if form == "array":
            self._read_array()
        elif form == "lines":
            self._read_lines()
        else:
            self._sift([(self._at, self._size)], self._array)
        return form

    def _find_form(self) -> str:
        first = self._text[self._at : self._at + 1]
        if first == b"[":
            return "array"
        head = self._text[self._at : self._at + self._max_record_bytes]
        is_whole = self._at + len(head) == self._size
        if is_whole and _is_object(head):
            return "object"
        end = len(head) if is_whole else head.rfind(b"\n") + 1
        if any(_is_object(head[start:stop]) for start, stop in find_lines(head, 0, end)):
            return "lines"
        if first != b"{":
            raise Rejected("not_records")
        raise self._unfinished(self._size)

    def _read_array(self) -> None:
        self._advance(self._at + 1)
        closed = False
        chunk_bytes = CHUNK_BYTES
        while not closed:
            limit = min(self._at + chunk_bytes, self._size)
            if self._take_unscanned(limit):
                continue
            found = find_elements(self._text, self._at, limit)
            if not found.spans:
                if limit == self._size or chunk_bytes > self._max_record_bytes:
                    raise self._unfinished(limit)
                chunk_bytes *= 2  # so that looking at a long record again and again stays linear in its length
                continue
            if self._outcome.records or self._text[self._at : found.end] != b"]":
                self._sift(found.spans, self._array)
            closed = found.closed
            if closed and self._text[found.end - 1 : found.end] != b"]":
                raise self._broken_at(found.end - 1)
            self._advance(found.end)
            chunk_bytes = CHUNK_BYTES
        if self._at < self._size:
            raise self._broken_at(self._at)

    def _take_unscanned(self, limit: int) -> bool:
        """Takes the records before the last that begins like the first one, if they parse as whole, valid records.

        That they do proves that the cut is between two records, without a look at what is in them. Where it is not,
        or one of them is refused, nothing is taken and the text has to be scanned.
        """
        opening = _OPENING.match(self._text, self._at, limit)
        last = self._text.rfind(opening[0], opening.end(), limit) if opening else -1
        comma = _COMMA.search(self._text, max(self._at, last - 256), last) if last >= 0 else None
        if comma is None or comma.start() - self._at > self._max_record_bytes:
            return False
        taken = self._array.take(self._text[self._at : comma.start()])
        if taken is None:
            return False
        self._outcome.keep(*taken)
        self._advance(last)
        return True

    def _read_lines(self) -> None:
        while self._at < self._size:
            limit = self._at + CHUNK_BYTES
            end = self._size
            if limit < self._size:
                newline = self._text.rfind(b"\n", self._at, limit)
                newline = newline if newline >= 0 else self._text.find(b"\n", limit)
                end = newline + 1 or self._size
            if end - self._at > self._max_record_bytes:
                self._outcome.refuse(self._line_at(self._at), Fault("too_large"))
            elif taken := self._lines.take(self._text[self._at : end].rstrip(WHITESPACE)):
                self._outcome.keep(*taken)
            else:
                self._sift(list(find_lines(self._text, self._at, end)), self._lines)
            self._advance(end)

    def _sift(self, spans: Sequence[Span], series: Series) -> None:
        """Parts the valid records from the others, by halves, so that a few bad ones among many cost little."""
        fits = all(stop - start <= self._max_record_bytes for start, stop in spans)
        taken = series.take(series.separator.join(self._text[start:stop] for start, stop in spans)) if fits else None
        if taken and taken[0] == len(spans):  # nothing between two commas would parse, too
            self._outcome.keep(*taken)
        elif len(spans) == 1:
            self._judge(*spans[0], series)
        else:
            middle = len(spans) // 2
            self._sift(spans[:middle], series)
            self._sift(spans[middle:], series)

    def _judge(self, start: int, stop: int, series: Series) -> None:
        start = min(stop, _SPACE.match(self._text, start).end())  # type: ignore[union-attr]  # it matches nothing, too
        if stop - start > self._max_record_bytes:
            raise self._too_large(start)
        try:
            verdict = self._rules.judge(self._text[start:stop])
        except BrokenJsonError as error:
            if series.one_breaks_all:
                raise self._broken_at(start + error.position) from None
            verdict = Fault("invalid_json")
        if isinstance(verdict, Fault):
            self._outcome.refuse(self._line_at(start), verdict)
        else:
            self._outcome.keep(1, verdict)

    def _advance(self, position: int) -> None:
        """Goes on behind the whitespace at `position` and gives back the pages that are done with."""
        self._at = _SPACE.match(self._text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
        if self._at - self._released > KEPT_BYTES:
            start = self._released // PAGESIZE * PAGESIZE
            self._text.madvise(MADV_DONTNEED, start, self._at // PAGESIZE * PAGESIZE - start)
            self._released = self._at

    def _line_at(self, position: int) -> int:
        """The line, from 1, of a position that is not before the one asked for last.

        Few files ask for one, so newlines are counted here and not while the text streams by.
        """
        while self._counted_to < position:
            end = min(position, self._counted_to + CHUNK_BYTES)
            self._newlines += self._text[self._counted_to : end].count(b"\n")
            self._counted_to = end
        return self._newlines + 1

    def _unfinished(self, limit: int) -> Rejected:
        """Why the record that begins here has no end before `limit`."""
        if limit - self._at > self._max_record_bytes:
            return self._too_large(self._at)
        return self._broken_at(self._at + _break_in(self._text[self._at : limit]))

    def _broken_at(self, position: int) -> Rejected:
        return Rejected("invalid_json", line=self._line_at(position), offset=position)

    def _too_large(self, position: int) -> Rejected:
        return Rejected("record_too_large", line=self._line_at(position), max_bytes=self._max_record_bytes)


def _is_object(text: bytes) -> bool:
    try:
        return text.startswith(b"{") and find_break(text) is None
    except (NotFiniteError, RecursionError):
        return True
    except UnicodeDecodeError:
        return False


def _break_in(text: bytes) -> int:
    """Where text that was never finished stops being JSON: at its end, if not before."""
    try:
        position = find_break(text)
    except (ValueError, RecursionError):
        return 0
    return len(text) if position is None else position
