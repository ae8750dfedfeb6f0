"""Reads a file of records in one pass: finds its form, hands each valid record on and lists the others."""

import re
from mmap import MADV_DONTNEED, PAGESIZE, mmap

from scandrop.errors import Rejected
from scandrop.processors.record._outcome import Fault, Outcome
from scandrop.processors.record._rules import BrokenJsonError, Rules
from scandrop.processors.record._text import (
    WHITESPACE,
    find_break,
    find_elements,
    find_lines,
    guess_commas,
    is_object,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CHUNK_BYTES = 256 * 1024  # what a core's own cache holds: the decoder is fastest there
SCAN_BYTES = 4 * 1024  # what is looked at record by record where one of them is refused
MAPPED_BYTES = 16 * 2**20  # read before their memory is given back

_SPACE = re.compile(rb"[ \t\r\n]*+")


class Reader:
    """One pass over one file, which is mapped so that only the pages at work are in memory."""

    def __init__(self, text: mmap, rules: Rules, outcome: Outcome, max_record_bytes: int) -> None:
        self._text = text
        self._size = len(text)
        self._at = 0
        self._chunk_bytes = CHUNK_BYTES
        self._release_at = MAPPED_BYTES
        self._counted_to = 0
        self._newlines = 0
        self._rules = rules
        self._outcome = outcome
        self._max_record_bytes = max_record_bytes

    def read(self) -> str:
        """Reads all there is and says whether it was an ``array``, an ``object`` or ``lines``."""
        self._advance(len(BYTE_ORDER_MARK) if self._text[:3] == BYTE_ORDER_MARK else 0)
        form = self._find_form()
        if form == "array":
            self._read_array()
        elif form == "lines":
            self._read_lines()
        else:
            self._settle(self._at, self._size, breaks_all=True)
        return form

    def _find_form(self) -> str:
        first = self._text[self._at : self._at + 1]
        if first == b"[":
            return "array"
        head = self._text[self._at : self._at + self._max_record_bytes]
        is_whole = self._at + len(head) == self._size
        if is_whole and is_object(head.rstrip(WHITESPACE)):
            return "object"
        lines = head if is_whole else head[: head.rfind(b"\n") + 1]
        if any(is_object(lines[start:stop]) for start, stop in find_lines(lines)):
            return "lines"
        if first != b"{":
            raise Rejected("not_records")
        raise self._unfinished(self._size)

    def _read_array(self) -> None:
        self._advance(self._at + 1)
        closed = False
        while not closed:
            closed = not self._take_elements() and not self._narrow() and self._settle_elements()
        if self._at < self._size:
            raise self._broken_at(self._at)

    def _take_elements(self) -> bool:
        """Takes a chunk of elements unseen, up to a comma that is likely to be between two of them.

        That they parse as a list of valid records proves that it is. Where it is not, or one of them is refused,
        nothing is taken.
        """
        furthest = self._at + self._max_record_bytes
        for comma in guess_commas(self._text, self._at, self._at + self._chunk_bytes, furthest):
            taken = self._rules.array(self._text[self._at : comma])
            if taken and comma <= furthest:
                self._take(*taken, comma + 1)
                return True
        return False

    def _settle_elements(self) -> bool:
        """Settles the next elements one by one, and says whether the array ends there."""
        found = find_elements(self._text[self._at : self._at + SCAN_BYTES])
        if not found.spans:
            longest = self._text[self._at : self._at + self._max_record_bytes + 1]
            found = find_elements(longest, only_first=True)
            if not found.spans:
                raise self._unfinished(self._at + len(longest))
        end = self._at + found.end
        if self._outcome.records or self._text[self._at : end] != b"]":
            for start, stop in found.spans:
                self._settle(self._at + start, self._at + stop, breaks_all=True)
        if found.closed and self._text[end - 1 : end] != b"]":
            raise self._broken_at(end - 1)
        self._advance(end)
        return found.closed

    def _read_lines(self) -> None:
        while self._at < self._size:
            end = self._end_of_lines(self._at + self._chunk_bytes)
            if end - self._at > self._max_record_bytes:
                self._outcome.refuse(self._line_at(self._at), Fault("too_large"))
                self._advance(end)
                continue
            text = self._text[self._at : end].rstrip(WHITESPACE)
            if taken := self._rules.lines(text):
                self._take(*taken, end)
            elif not self._narrow():
                for start, stop in find_lines(text):
                    self._settle(self._at + start, self._at + stop, breaks_all=False)
                self._advance(end)

    def _end_of_lines(self, limit: int) -> int:
        """The end of the last line that ends before `limit`, or of the only one that begins there; no newline in it."""
        if limit >= self._size:
            return self._size
        newline = self._text.rfind(b"\n", self._at, limit)
        if newline < 0:
            newline = self._text.find(b"\n", limit)
        return newline if newline >= 0 else self._size

    def _take(self, count: int, rows: bytes, end: int) -> None:
        self._outcome.keep(count, rows)
        self._advance(end)
        self._chunk_bytes = min(CHUNK_BYTES, self._chunk_bytes * 2)

    def _narrow(self) -> bool:
        """Makes the chunks smaller, so that a refused record has few others looked at one by one, if that helps."""
        helps = self._chunk_bytes > SCAN_BYTES
        if helps:
            self._chunk_bytes //= 8
        return helps

    def _settle(self, start: int, stop: int, *, breaks_all: bool) -> None:
        """Keeps or refuses one record; where it is no JSON, it may make no JSON of the whole file."""
        start = min(stop, self._skip_space(start))
        text = self._text[start:stop]
        if len(text) > self._max_record_bytes:
            raise self._too_large(start)
        taken = self._rules.array(text)
        if taken and taken[0] == 1:  # a line can hold two, and between two commas there may be none
            self._outcome.keep(*taken)
            return
        try:
            verdict = self._rules.judge(text)
        except BrokenJsonError as error:
            if breaks_all:
                raise self._broken_at(start + error.position) from None
            verdict = Fault("invalid_json")
        if isinstance(verdict, Fault):
            self._outcome.refuse(self._line_at(start), verdict)
        else:
            self._outcome.keep(1, verdict)

    def _advance(self, position: int) -> None:
        self._at = self._skip_space(position)
        if self._at > self._release_at:
            self._release(self._at)
            self._release_at = self._at + MAPPED_BYTES

    def _skip_space(self, position: int) -> int:
        return _SPACE.match(self._text, position).end()  # type: ignore[union-attr]  # it matches nothing, too

    def _release(self, end: int) -> None:
        """Gives back the memory of what was read, which can be read again."""
        self._text.madvise(MADV_DONTNEED, 0, end // PAGESIZE * PAGESIZE)

    def _line_at(self, position: int) -> int:
        """The line, from 1, of a position that is not before the one asked for last.

        Few files ask for one, so newlines are counted here and not while the text streams by.
        """
        while self._counted_to < position:
            end = min(position, self._counted_to + MAPPED_BYTES)
            self._newlines += self._text[self._counted_to : end].count(b"\n")
            self._counted_to = end
            if end < position:
                self._release(end)
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


def _break_in(text: bytes) -> int:
    """Where text that was never finished stops being JSON: at its end, if not before."""
    try:
        position = find_break(text)
    except (ValueError, RecursionError):
        return 0
    return len(text) if position is None else position
