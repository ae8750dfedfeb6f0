"""The elements of a data set (PS3.5 section 7), read in one pass without recursion.

Whatever the bytes claim, the work is bounded by their number, the memory by `MAX_ELEMENTS` and the nesting by
`MAX_DEPTH`; no length is believed before it was compared with what encloses it.
"""

from dataclasses import dataclass, field
from mmap import mmap
from struct import Struct
from typing import Final

from scandrop.errors import Rejected
from scandrop.processors.dicom._dataset import (
    PIXEL_DATA,
    SPECIFIC_CHARACTER_SET,
    UNDEFINED,
    Buffer,
    Dataset,
    Element,
    Encapsulated,
    Syntax,
    strings,
)
from scandrop.processors.dicom._dictionary import vr_of
from scandrop.processors.dicom._text import is_known_charset
from scandrop.processors.dicom._vr import KNOWN, LONG, SHORT, UNDECIDED, decided
from scandrop.processors.dicom._warnings import Warned

MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 1_000_000
COPIED_BYTES: Final = 4096  # a view takes more memory than a short value

ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
HEADER_BYTES: Final = 8
LONG_HEADER_BYTES: Final = 12
PIXELS: Final = frozenset({PIXEL_DATA, 0x7FE00008, 0x7FE00009})  # and Float and Double Float Pixel Data

type Header = tuple[int, str, int, int, bool]
"""Tag, VR, where the value starts, its length, and whether elements nested in it have explicit VRs."""


@dataclass(slots=True)
class Sequence:
    """A sequence that is being read. end: of its value, or of what encloses it where its length is undefined."""

    tag: int
    end: int
    is_open: bool
    explicit: bool
    parent: "Level"
    depth: int
    kept: bool = True
    items: list[Dataset] = field(default_factory=list)


@dataclass(slots=True)
class Level:
    """A data set that is being filled: the outermost one, or an item of the sequence `within`."""

    end: int
    is_open: bool
    explicit: bool
    within: Sequence | None = None
    last: int = -1
    is_sorted: bool = True
    dataset: Dataset = field(default_factory=dict)


class Parser:
    """Reads one stretch of a mapped file.

    What was odd is counted by its warning's code, and said once at the end.
    """

    def __init__(self, source: mmap, syntax: Syntax, warned: Warned) -> None:
        order = "<" if syntax.little else ">"
        self._explicit = Struct(order + "HH2sH").unpack_from
        self._implicit = Struct(order + "HHI").unpack_from
        self._long = Struct(order + "I").unpack_from
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
        end, source, dataset = level.end, self._source, level.dataset
        while end - self._position >= HEADER_BYTES:
            tag, vr, start, length, explicit = self._header(level)
            self._spend()
            stop = start + length
            if tag >= ITEM and tag >> 16 == 0xFFFE:
                if self._delimits(level, tag):
                    return None
            elif vr == "SQ" or length == UNDEFINED:
                if sequence := self._nested(level, (tag, vr, start, length, explicit)):
                    return sequence
            elif stop > end or not tag:
                self._cut_off(level, tag)
            else:
                value: Buffer = source[start:stop] if length < COPIED_BYTES else self._view[start:stop]
                self._position = stop
                if length & 1:
                    self._note("dicom_odd_length", tag)
                if len(vr) > 2:
                    self._undecided.append((level, tag))
                if tag > level.last and tag & 0xFFFF:
                    level.last = tag
                    dataset[tag] = Element(tag, vr, value)
                else:
                    self._irregular(level, Element(tag, vr, value))
        self._ended(level)
        return None

    def _header(self, level: Level) -> Header:
        position = self._position
        if not level.explicit:
            group, low, length = self._implicit(self._source, position)
            tag = group << 16 | low
            return tag, vr_of(tag), position + HEADER_BYTES, length, False
        group, low, letters, length = self._explicit(self._source, position)
        vr = SHORT.get(letters)
        if vr is not None:
            return group << 16 | low, vr, position + HEADER_BYTES, length, True
        return self._long_header(level, group << 16 | low, letters)

    def _long_header(self, level: Level, tag: int, letters: bytes) -> Header:
        position = self._position
        vr = LONG.get(letters)
        if tag >> 16 == 0xFFFE:
            return tag, "", position + HEADER_BYTES, self._long(self._source, position + 4)[0], True
        if vr is None or position + LONG_HEADER_BYTES > level.end:
            return self._strange_header(level, tag, letters)
        length = self._long(self._source, position + 8)[0]
        if vr == "UN" and self._syntax.little:  # its value is in implicit VR little endian (PS3.5 6.2.2)
            return tag, vr_of(tag), position + LONG_HEADER_BYTES, length, False
        return tag, vr, position + LONG_HEADER_BYTES, length, vr != "UN"

    def _strange_header(self, level: Level, tag: int, letters: bytes) -> Header:
        """Of a VR that the standard does not know: the first form of length after which another element begins."""
        position, end = self._position, level.end
        short = self._explicit(self._source, position)[3]
        implicit = self._long(self._source, position + 4)[0]
        vr = vr_of(tag) if self._syntax.little else "UN"
        forms = [(position + HEADER_BYTES, short)] if _is_printable(letters) else []
        if forms and not short and position + LONG_HEADER_BYTES <= end:
            forms.insert(0, (position + LONG_HEADER_BYTES, self._long(self._source, position + 8)[0]))
        if self._syntax.little:
            forms.append((position + HEADER_BYTES, implicit))
        for start, length in forms:
            if tag and self._follows(tag, start + length, end):
                self._note("dicom_unknown_vr", tag)
                return tag, vr, start, length, False
        return tag, "UN", position + HEADER_BYTES, UNDEFINED - 1, False  # past any end: cut off, or trailing bytes

    def _follows(self, tag: int, position: int, end: int) -> bool:
        if position == end:
            return True
        if position + HEADER_BYTES > end:
            return False
        group, low, letters, _ = self._explicit(self._source, position)
        fits = position + HEADER_BYTES + self._long(self._source, position + 4)[0] <= end
        return (group << 16 | low) > tag and (letters in KNOWN or fits)

    def _nested(self, level: Level, header: Header) -> Sequence | None:
        """Begin a sequence, or take encapsulated pixel data as one value."""
        tag, vr, start, length, explicit = header
        is_open = length == UNDEFINED
        if is_open and (vr in ("OB", "OW") or tag == PIXEL_DATA):
            self._encapsulated(level, tag, start)
            return None
        if is_open and level.explicit and vr not in ("SQ", "UN"):
            raise Rejected("dicom_damaged", tag=named(tag), offset=self._position)
        if not is_open and start + length > level.end:
            self._cut_off(level, tag)
            return None
        depth = 1 + (level.within.depth if level.within else 0)
        if depth > MAX_DEPTH:
            raise Rejected("dicom_too_deep", tag=named(tag), max_depth=MAX_DEPTH)
        self._position = start
        end = level.end if is_open else start + length
        return Sequence(tag, end, is_open, explicit, level, depth, kept=explicit or self._syntax.little)

    def _item(self, sequence: Sequence) -> Level | None:
        """The next item of a sequence, None after the last."""
        while sequence.end - self._position >= HEADER_BYTES:
            group, low, length = self._implicit(self._source, self._position)
            tag = group << 16 | low
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
        if end - start >= HEADER_BYTES:
            explicit = self._encoding(start, end, sequence)
        level = Level(end, is_open, explicit, sequence)
        sequence.items.append(level.dataset)
        return level

    def _encoding(self, start: int, end: int, sequence: Sequence) -> bool:
        """Whether an item's elements have explicit VRs, whatever its sequence would have."""
        letters = self._source[start + 4 : start + 6]
        length = self._long(self._source, start + 4)[0]
        is_delimiter = self._implicit(self._source, start)[0] == 0xFFFE
        if sequence.explicit:
            explicit = letters in KNOWN or _is_printable(letters) or is_delimiter or not self._syntax.little
        else:
            explicit = letters in KNOWN and length != UNDEFINED and start + HEADER_BYTES + length > end
        if explicit != sequence.explicit:
            self._note("dicom_mixed_encoding", sequence.tag)
        return explicit

    def _closed(self, sequence: Sequence) -> Level:
        """The data set that a sequence ends in, the sequence now in it."""
        level = sequence.parent
        if sequence.kept:
            self._store(level, Element(sequence.tag, "SQ", tuple(sequence.items)))
        else:
            self._note("dicom_unknown_dropped", sequence.tag)
        return level

    def _delimits(self, level: Level, tag: int) -> bool:
        """Whether an item ends at this delimiter; one that has no business here is passed over."""
        if tag == ITEM_END:
            self._position += HEADER_BYTES
            if level.is_open:
                return True
        elif level.is_open:
            self._note("dicom_delimiters", level.within.tag if level.within else tag)
            return True
        elif tag == SEQUENCE_END:
            self._position += HEADER_BYTES
        else:
            raise Rejected("dicom_damaged", tag=named(tag), offset=self._position)
        self._note("dicom_delimiters", level.within.tag if level.within else tag)
        return False

    def _encapsulated(self, level: Level, tag: int, start: int) -> None:
        position = start
        while position + HEADER_BYTES <= level.end:
            group, low, length = self._implicit(self._source, position)
            self._spend()
            if group << 16 | low != ITEM:
                break
            position += HEADER_BYTES + length
        ends_here = position + HEADER_BYTES <= level.end and group << 16 | low == SEQUENCE_END
        if position != level.end and not ends_here:
            raise Rejected("dicom_truncated", tag=named(tag))
        if not ends_here:
            self._note("dicom_delimiters", tag)
        self._store(level, Element(tag, "OB", Encapsulated(self._view[start:position])))
        self._position = position + HEADER_BYTES * ends_here

    def _store(self, level: Level, element: Element) -> None:
        if element.tag > level.last:
            level.last = element.tag
            level.dataset[element.tag] = element
        else:
            self._irregular(level, element)

    def _irregular(self, level: Level, element: Element) -> None:
        """An element out of its place. Lengths of groups (PS3.5 7.2) are dropped: they tell nothing that is needed."""
        if not element.tag & 0xFFFF:
            return
        if element.tag in level.dataset:
            self._note("dicom_duplicates", element.tag)
            return
        self._note("dicom_unsorted", element.tag)
        level.is_sorted = False
        level.dataset[element.tag] = element

    def _ended(self, level: Level) -> None:
        """A data set ends with what encloses it."""
        if self._position < level.end:
            self._cut_off(level, level.last)
        elif level.is_open and level.within:
            self._unclosed(level.within)

    def _unclosed(self, sequence: Sequence) -> None:
        """A delimiter is missing: its place is told by the length around it, at the end of the file only if need be."""
        if self._position >= self._root.end and not PIXELS & self._root.dataset.keys():
            raise Rejected("dicom_truncated", tag=named(sequence.tag))
        self._note("dicom_delimiters", sequence.tag)
        self._position = sequence.end

    def _cut_off(self, level: Level, tag: int) -> None:
        """A value goes on past the end, or what is left is no element.

        Nothing that comes after the pixels is needed to show them, and zeros say nothing: both are dropped. Elsewhere
        the object lacks something that it promised, its pixels most of all, and must be sent again.
        """
        if level.within is not None:
            raise Rejected("dicom_length", tag=named(level.within.tag))
        if tag in PIXELS or not (PIXELS & level.dataset.keys() or self._is_zero(level.end)):
            raise Rejected("dicom_truncated", tag=named(max(tag, 0)))
        self._warned.add("dicom_trailing_bytes", count=level.end - self._position)
        self._position = level.end

    def _is_zero(self, end: int) -> bool:
        steps = range(self._position, end, 1 << 16)
        return not any(self._source[step : min(step + (1 << 16), end)].strip(b"\0") for step in steps)

    def _settle(self, level: Level) -> None:
        if SPECIFIC_CHARACTER_SET in level.dataset:
            names = strings(level.dataset, SPECIFIC_CHARACTER_SET)
            if not all(map(is_known_charset, names)):
                self._note("dicom_charset_unknown", SPECIFIC_CHARACTER_SET)
        if not level.is_sorted:
            elements = sorted(level.dataset.items())
            level.dataset.clear()
            level.dataset.update(elements)

    def _decide(self) -> None:
        for level, tag in self._undecided:
            element = level.dataset[tag]
            if element.vr in UNDECIDED:
                vr = decided(element.vr, level.dataset, _ancestors(level), self._syntax)
                level.dataset[tag] = element._replace(vr=vr)

    def _spend(self) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise Rejected("dicom_too_many_elements", max_elements=MAX_ELEMENTS)

    def _note(self, code: str, tag: int) -> None:
        count, first = self._odd.get(code, (0, tag))
        self._odd[code] = count + 1, first


def named(tag: int) -> str:
    """(gggg,eeee), as the standard writes it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _is_printable(letters: bytes) -> bool:
    return all(0x20 <= letter < 0x7F for letter in letters)


def _ancestors(level: Level) -> list[Dataset]:
    found = []
    while level.within is not None:
        level = level.within.parent
        found.append(level.dataset)
    return found
