"""What stands before a value: tag, VR and length (PS3.5 7.1), also where the VR is one that the standard lacks."""

from collections.abc import Callable
from mmap import mmap
from struct import Struct
from typing import Final

from scandrop.processors.dicom._dataset import UNDEFINED, Syntax
from scandrop.processors.dicom._lookup import vr_of
from scandrop.processors.dicom._vr import KNOWN, LONG, SHORT

HEADER_BYTES: Final = 8
LONG_HEADER_BYTES: Final = 12
DELIMITERS: Final = 0xFFFE  # the group of items and of what ends them

type Header = tuple[int, str, int, int, bool]
"""Tag, VR, where the value starts, its length, and whether elements nested in it state their VRs."""


class Headers:
    """Reads the headers of one file. At least `HEADER_BYTES` must follow each position that is given."""

    def __init__(self, source: mmap, syntax: Syntax, note: Callable[[str, int], None]) -> None:
        order = "<" if syntax.little else ">"
        self._explicit = Struct(order + "HH2sH").unpack_from
        self._implicit = Struct(order + "HHI").unpack_from
        self._length = Struct(order + "I").unpack_from
        self._source, self._little, self._note = source, syntax.little, note

    def item(self, position: int) -> tuple[int, int]:
        """The tag and length of an item or a delimiter, which have no VR in any syntax."""
        group, low, length = self._implicit(self._source, position)
        return group << 16 | low, length

    def element(self, position: int, end: int, *, explicit: bool) -> Header | None:
        """The header of an element in what ends at `end`; None where the bytes can be none."""
        if not explicit:
            tag, length = self.item(position)
            return tag, vr_of(tag), position + HEADER_BYTES, length, False
        group, low, letters, length = self._explicit(self._source, position)
        vr = SHORT.get(letters)
        if vr is not None:
            return group << 16 | low, vr, position + HEADER_BYTES, length, True
        if group == DELIMITERS:
            return group << 16 | low, "", position + HEADER_BYTES, self.item(position)[1], True
        return self._long(group << 16 | low, letters, position, end)

    def states_vr(self, start: int, end: int, *, expected: bool) -> bool:
        """Whether an item's first element states its VR, whatever its sequence would make `expected`."""
        letters = self._source[start + 4 : start + 6]
        tag, length = self.item(start)
        if tag >> 16 == DELIMITERS or not self._little:
            return expected
        if expected:
            return letters in KNOWN or _is_printable(letters)
        return letters in KNOWN and length != UNDEFINED and start + HEADER_BYTES + length > end

    def _long(self, tag: int, letters: bytes, position: int, end: int) -> Header | None:
        vr, start = LONG.get(letters), position + LONG_HEADER_BYTES
        if vr is None or start > end:
            return self._strange(tag, letters, position, end)
        length = self._length(self._source, position + 8)[0]
        if vr == "UN" and self._little:  # its value is in implicit VR little endian (PS3.5 6.2.2)
            return tag, vr_of(tag), start, length, False
        return tag, vr, start, length, True

    def _strange(self, tag: int, letters: bytes, position: int, end: int) -> Header | None:
        """Of a VR that the standard lacks, or of an element without one: that length after which another follows."""
        short, implicit = self._explicit(self._source, position)[3], self.item(position)[1]
        forms = [(position + HEADER_BYTES, short)] if _is_printable(letters) else []
        if forms and not short and position + LONG_HEADER_BYTES <= end:
            forms.insert(0, (position + LONG_HEADER_BYTES, self._length(self._source, position + 8)[0]))
        if self._little:
            forms.append((position + HEADER_BYTES, implicit))
        for start, length in forms:
            if tag and self._follows(tag, start + length, end):
                self._note("dicom_unknown_vr", tag)
                return tag, vr_of(tag) if self._little else "UN", start, length, False
        return None

    def _follows(self, tag: int, position: int, end: int) -> bool:
        """Whether what is at a position may come after an element."""
        if position + HEADER_BYTES > end:
            return position == end
        following, length = self.item(position)
        is_header = self._source[position + 4 : position + 6] in KNOWN or position + HEADER_BYTES + length <= end
        return following > tag and is_header


def _is_printable(letters: bytes) -> bool:
    return all(0x20 <= letter < 0x7F for letter in letters)
