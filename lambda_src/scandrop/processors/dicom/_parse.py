"""The elements of a data set (PS3.5 section 7), read in one pass without recursion.

Whatever the bytes claim, the work is bounded by their number, the memory by `MAX_ELEMENTS` and the nesting by
`MAX_DEPTH`; no length is believed before it was compared with what encloses it.
"""

from mmap import mmap
from typing import Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import UNDEFINED, Buffer, Dataset, Element, Encapsulated, Syntax, strings
from scandrop.processors.dicom._headers import DELIMITERS, HEADER_BYTES, Header, Headers
from scandrop.processors.dicom._levels import Level, Sequence
from scandrop.processors.dicom._lookup import keyword_of
from scandrop.processors.dicom._tags import (
    DOUBLE_FLOAT_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    PIXEL_DATA,
    SPECIFIC_CHARACTER_SET,
)
from scandrop.processors.dicom._text import is_known_charset
from scandrop.processors.dicom._vr import UNDECIDED, decided
from scandrop.processors.dicom._warnings import Warned

MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 400_000  # of 1.3 kB; ten thousand frames with their functional groups have 290,000
COPIED_BYTES: Final = 4096  # a view takes more memory than a short value

ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
PIXELS: Final = frozenset({PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA})
PADDING: Final = b"\0 \t\r\n"


class Parser:
    """Reads one stretch of a mapped file.

    What was odd is counted by its warning's code, and said once at the end.
    """

    def __init__(self, source: mmap, syntax: Syntax, warned: Warned) -> None:
        self._headers = Headers(source, syntax, self._note)
        self._source, self._view = source, memoryview(source)
        self._syntax, self._warned = syntax, warned
        self._odd: dict[str, tuple[int, int]] = {}
        self._undecided: list[tuple[Level, int]] = []
        self._count = 0
        self._position = 0
        self._root = Level(0, is_open=False, explicit=True)

    def parse(self, start: int, end: int, *, explicit: bool) -> Dataset:
        """The data set between two offsets, sorted by tag.

        Raises Rejected: dicom_damaged, dicom_truncated, dicom_length, dicom_too_deep, dicom_too_many_elements.
        """
        self._position = start
        level = self._root = Level(end, is_open=False, explicit=explicit)
        while True:
            sequence = self._elements(level)
            if sequence is None:
                self._settle(level)
                if level.within is None:
                    break
                sequence = level.within
            level = self._item(sequence) or self._closed(sequence)
        self._decide()
        for code, (count, tag) in self._odd.items():
            self._warned.add(code, count=count, tag=named(tag))
        return level.dataset

    def _elements(self, level: Level) -> Sequence | None:
        """Fill a data set up to its end, or up to a sequence, which is returned."""
        end, headers = level.end, self._headers
        while end - self._position >= HEADER_BYTES:
            self._spend()
            header = headers.element(self._position, end, explicit=level.explicit)
            if header is None:
                self._give_up(level, "dicom_damaged", level.place)
                continue
            tag, vr, start, length, _ = header
            if tag >> 16 == DELIMITERS:
                if self._delimits(level, tag):
                    return None
            elif vr == "SQ" or length == UNDEFINED:
                if sequence := self._nested(level, header):
                    return sequence
            elif start + length > end or not tag:
                self._cut_off(level, tag)
            else:
                self._value(level, tag, vr, start, start + length)
        self._ended(level)
        return None

    def _value(self, level: Level, tag: int, vr: str, start: int, stop: int) -> None:
        is_short = stop - start < COPIED_BYTES
        value: Buffer = self._source[start:stop] if is_short else self._view[start:stop]
        self._position = stop
        if (stop - start) & 1:
            self._note("dicom_odd_length", tag)
        if len(vr) > 2:
            self._undecided.append((level, tag))
        if code := level.put(Element(tag, vr, value)):
            self._note(code, tag)

    def _nested(self, level: Level, header: Header) -> Sequence | None:
        """Begin a sequence, or take encapsulated pixel data as one value."""
        tag, vr, start, length, explicit = header
        is_open = length == UNDEFINED
        if is_open and (vr in ("OB", "OW") or tag == PIXEL_DATA):
            self._encapsulated(level, tag, start)
            return None
        if is_open and level.explicit and vr not in ("SQ", "UN" if self._syntax.little else ""):
            raise Rejected("dicom_damaged", tag=named(tag), offset=self._position)
        if not is_open and start + length > level.end:
            self._cut_off(level, tag)
            return None
        if level.depth == MAX_DEPTH:
            raise Rejected("dicom_too_deep", tag=named(tag), max_depth=MAX_DEPTH)
        self._position = start
        end = level.end if is_open else start + length
        return Sequence(tag, end, is_open, explicit, level, level.depth + 1)

    def _item(self, sequence: Sequence) -> Level | None:
        """The next item of a sequence, None after the last."""
        while sequence.end - self._position >= HEADER_BYTES:
            tag, length = self._headers.item(self._position)
            if tag == ITEM:
                return self._begun(sequence, length)
            if tag not in (ITEM_END, SEQUENCE_END):
                raise Rejected("dicom_damaged", tag=named(sequence.tag), offset=self._position)
            self._position += HEADER_BYTES
            if tag == SEQUENCE_END and sequence.is_open:
                return None
            self._note("dicom_delimiters", sequence.tag)
        if sequence.is_open:
            self._unclosed(sequence)
        elif self._position != sequence.end:
            raise Rejected("dicom_length", tag=named(sequence.tag))
        return None

    def _begun(self, sequence: Sequence, length: int) -> Level:
        start = self._position + HEADER_BYTES
        is_open = length == UNDEFINED
        end = sequence.end if is_open else start + length
        if end > sequence.end:
            raise Rejected("dicom_length", tag=named(sequence.tag))
        self._spend()
        self._position = start
        explicit = sequence.explicit
        if end - start >= HEADER_BYTES and self._headers.states_vr(start, end, expected=explicit) != explicit:
            explicit = not explicit
            self._note("dicom_mixed_encoding", sequence.tag)
        level = Level(end, is_open, explicit, sequence)
        sequence.items.append(level.dataset)
        return level

    def _closed(self, sequence: Sequence) -> Level:
        """The data set that a sequence ends in, the sequence now in it."""
        if code := sequence.parent.put(Element(sequence.tag, "SQ", tuple(sequence.items))):
            self._note(code, sequence.tag)
        return sequence.parent

    def _delimits(self, level: Level, tag: int) -> bool:
        """Whether an item ends at this delimiter; one that has no business here is passed over."""
        if tag == ITEM_END:
            self._position += HEADER_BYTES
            if level.is_open:
                return True
        elif level.is_open:
            self._note("dicom_delimiters", level.place)
            return True
        elif tag == SEQUENCE_END:
            self._position += HEADER_BYTES
        else:
            raise Rejected("dicom_damaged", tag=named(tag), offset=self._position)
        self._note("dicom_delimiters", level.place)
        return False

    def _encapsulated(self, level: Level, tag: int, start: int) -> None:
        position, ends_here = start, False
        while position + HEADER_BYTES <= level.end:
            self._spend()
            mark, length = self._headers.item(position)
            ends_here = mark == SEQUENCE_END
            if mark != ITEM:
                break
            position += HEADER_BYTES + length
        if position != level.end and not ends_here:
            raise Rejected("dicom_truncated", tag=named(tag))
        if not ends_here:
            self._note("dicom_delimiters", tag)
        if code := level.put(Element(tag, "OB", Encapsulated(self._view[start:position]))):
            self._note(code, tag)
        self._position = position + HEADER_BYTES * ends_here

    def _ended(self, level: Level) -> None:
        """A data set ends with what encloses it."""
        if self._position < level.end:
            self._cut_off(level, level.place)
        elif level.is_open and level.within:
            self._unclosed(level.within)

    def _unclosed(self, sequence: Sequence) -> None:
        """A delimiter is missing: its place is told by the length around it, at the end of the file only if need be."""
        if self._position >= self._root.end and not PIXELS & self._root.dataset.keys():
            raise Rejected("dicom_truncated", tag=named(sequence.tag))
        self._note("dicom_delimiters", sequence.tag)
        self._position = sequence.end

    def _cut_off(self, level: Level, tag: int) -> None:
        """A value goes on past the end of what it lies in."""
        if level.within is not None:
            raise Rejected("dicom_length", tag=named(level.place))
        if tag in PIXELS:
            raise Rejected("dicom_truncated", tag=named(tag))
        self._give_up(level, "dicom_truncated", tag)

    def _give_up(self, level: Level, code: str, tag: int) -> None:
        """What is left is no element, or not a whole one.

        Nothing that comes after the pixels is needed to show them, and padding says nothing: both are dropped.
        Elsewhere the object lacks something that it promised, maybe its pixels, and must be sent again.
        """
        if level.within is not None or not (PIXELS & level.dataset.keys() or self._is_padding(level.end)):
            facts: dict[str, int] = {"offset": self._position} if code == "dicom_damaged" else {}
            raise Rejected(code, tag=named(tag), **facts)
        self._warned.add("dicom_trailing_bytes", count=level.end - self._position)
        self._position = level.end

    def _is_padding(self, end: int) -> bool:
        steps = range(self._position, end, 1 << 16)
        return not any(self._source[step : min(step + (1 << 16), end)].strip(PADDING) for step in steps)

    def _settle(self, level: Level) -> None:
        if SPECIFIC_CHARACTER_SET in level.dataset:
            names = strings(level.dataset, SPECIFIC_CHARACTER_SET)
            if not all(map(is_known_charset, names)):
                self._note("dicom_charset_unknown", SPECIFIC_CHARACTER_SET)
        level.sort()

    def _decide(self) -> None:
        for level, tag in self._undecided:
            element = level.dataset[tag]
            if element.vr in UNDECIDED:
                vr = decided(element.vr, level.dataset, level.ancestors, self._syntax)
                level.dataset[tag] = element._replace(vr=vr)

    def _spend(self) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise Rejected("dicom_too_many_elements", max_elements=MAX_ELEMENTS)

    def _note(self, code: str, tag: int) -> None:
        count, first = self._odd.get(code, (0, tag))
        self._odd[code] = count + 1, first


def named(tag: int) -> str:
    """Keyword and (gggg,eeee) of what the standard knows: any other four bytes could be letters of a name."""
    keyword = keyword_of(tag)
    if not keyword and tag >> 16 != DELIMITERS:
        return "an element that PS3.6 does not name"
    return f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})".lstrip()
