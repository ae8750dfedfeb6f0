"""Reads a file of records in one pass: finds its form, hands each valid record on and lists the others."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from scandrop.errors import Rejected
from scandrop.processors._record_outcome import Outcome
from scandrop.processors._record_rules import BrokenJsonError, Fault, Rules
from scandrop.processors._record_text import (
    WHITESPACE,
    NotFiniteError,
    Span,
    Window,
    find_break,
    find_elements,
    find_lines,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_OPENING = re.compile(rb'[ \t\r\n]*(\{[ \t\r\n]*"[^"\\]*")')


@dataclass(frozen=True)
class Form:
    """How records stand together: what parses many of them, what is between them, and who answers for a broken one."""

    bulk: Callable[[bytes], tuple[int, bytes] | None]
    separator: bytes
    one_breaks_all: bool


class Reader:
    """One pass over one file."""

    def __init__(self, file: BinaryIO, rules: Rules, outcome: Outcome, max_record_bytes: int) -> None:
        self._window = Window(file)
        self._rules = rules
        self._outcome = outcome
        self._max_record_bytes = max_record_bytes
        self._array = Form(rules.array, b",", one_breaks_all=True)
        self._lines = Form(rules.lines, b"\n", one_breaks_all=False)

    def read(self) -> str:
        """Reads all there is and says whether it was an ``array``, an ``object`` or ``lines``."""
        self._window.fill(self._max_record_bytes + 1)
        if self._window.data.startswith(BYTE_ORDER_MARK):
            self._window.drop(len(BYTE_ORDER_MARK))
        self._window.drop_whitespace()
        form = self._find_form()
        {"array": self._read_array, "object": self._read_object, "lines": self._read_lines}[form]()
        return form

    def _find_form(self) -> str:
        window = self._window
        if window.data[:1] == b"[":
            return "array"
        if window.ended and _is_object(window.data):
            return "object"
        whole = window.data if window.ended else window.data[: window.data.rfind(b"\n") + 1]
        if any(_is_object(whole[start:stop]) for start, stop in find_lines(whole)):
            return "lines"
        if window.data[:1] != b"{":
            raise Rejected("not_records")
        if window.ended:
            raise self._malformed_at(_break_in(window.data))
        raise self._too_large(0)

    def _read_object(self) -> None:
        self._sift([(0, len(self._window.data))], self._array)

    def _read_array(self) -> None:
        window = self._window
        window.drop(1)
        closed = False
        while not closed:
            window.drop_whitespace()
            while self._take_unscanned():
                window.fill()
            found = find_elements(window.data)
            if not found.spans:
                self._widen()
            elif self._outcome.records or window.data[: found.end].strip(WHITESPACE) != b"]":
                self._sift(found.spans, self._array)
            if found.closed and window.data[found.end - 1 : found.end] != b"]":
                raise self._malformed_at(found.end - 1)
            window.drop(found.end)
            closed = found.closed
        window.drop_whitespace()
        if window.data:
            raise self._malformed_at(0)

    def _take_unscanned(self) -> bool:
        """Takes the records before the last that begins like the first one, if they parse as whole, valid records.

        That they do proves that the cut is between two records, without a look at what is in them. Where it is not,
        or one of them is refused, nothing is taken and the text has to be scanned.
        """
        data = self._window.data
        opening = _OPENING.match(data)
        if opening is None:
            return False
        last = max(0, data.rfind(opening[1], opening.end()))
        cut = last - len(data[max(0, last - 256) : last]) + len(data[max(0, last - 256) : last].rstrip(WHITESPACE)) - 1
        if not 0 < cut <= self._max_record_bytes or data[cut : cut + 1] != b",":
            return False
        taken = self._array.bulk(data[:cut])
        if taken is None:
            return False
        self._outcome.keep(*taken)
        self._window.drop(last)
        return True

    def _read_lines(self) -> None:
        window = self._window
        while window.data:
            end = len(window.data) if window.ended else window.data.rfind(b"\n") + 1
            taken = self._lines.bulk(window.data[:end].rstrip(WHITESPACE)) if end <= self._max_record_bytes else None
            if taken:
                self._outcome.keep(*taken)
            else:
                self._sift(list(find_lines(window.data[:end])), self._lines)
            window.drop(end)
            if len(window.data) > self._max_record_bytes:
                self._skip_line()
            if not window.ended:
                window.fill()

    def _skip_line(self) -> None:
        window = self._window
        self._outcome.refuse(window.line_at(0), Fault("too_large"))
        while (newline := window.data.find(b"\n")) < 0 and not window.ended:
            window.drop(len(window.data))
            window.fill()
        window.drop(newline + 1 or len(window.data))

    def _sift(self, spans: Sequence[Span], form: Form) -> None:
        """Parts the valid records from the others, by halves, so that a few bad ones among many cost little."""
        if not spans:
            return
        first, last = spans[0][0], spans[-1][1]
        fits = max(stop - start for start, stop in spans) <= self._max_record_bytes
        taken = form.bulk(form.separator.join(self._window.data[start:stop] for start, stop in spans)) if fits else None
        if taken and taken[0] == len(spans):  # nothing between two commas parses, too
            self._outcome.keep(*taken)
        elif len(spans) == 1:
            self._judge(first, last, form)
        else:
            middle = len(spans) // 2
            self._sift(spans[:middle], form)
            self._sift(spans[middle:], form)

    def _judge(self, start: int, stop: int, form: Form) -> None:
        text = self._window.data[start:stop].lstrip(WHITESPACE)
        start = stop - len(text)
        if len(text) > self._max_record_bytes:
            if form.one_breaks_all:
                raise self._too_large(start)
            self._outcome.refuse(self._window.line_at(start), Fault("too_large"))
            return
        try:
            fields = self._rules.judge(text)
        except BrokenJsonError as error:
            if form.one_breaks_all:
                raise self._malformed_at(start + error.position) from None
            self._outcome.refuse(self._window.line_at(start), Fault("invalid_json"))
            return
        if isinstance(fields, Fault):
            self._outcome.refuse(self._window.line_at(start), fields)
        else:
            self._outcome.keep(1, fields)

    def _widen(self) -> None:
        """Reads on where not one whole record is in memory."""
        if self._window.ended:
            raise self._malformed_at(_break_in(self._window.data))
        if len(self._window.data) > self._max_record_bytes:
            raise self._too_large(0)
        self._window.grow()

    def _malformed_at(self, position: int) -> Rejected:
        offset = self._window.offset + position
        return Rejected("invalid_json", line=self._window.line_at(position), offset=offset)

    def _too_large(self, position: int) -> Rejected:
        return Rejected("record_too_large", line=self._window.line_at(position), max_bytes=self._max_record_bytes)


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
