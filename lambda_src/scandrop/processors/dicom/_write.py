"""A DICOM file of ours (PS3.10): a preamble of zeros, our own meta group, the data set encoded as it came."""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import Final

from scandrop.processors.dicom import MARK, PREAMBLE_BYTES
from scandrop.processors.dicom._dataset import (
    EXPLICIT,
    UNDEFINED,
    Buffer,
    Dataset,
    Element,
    Encapsulated,
    File,
    Items,
    Syntax,
    uid,
)
from scandrop.processors.dicom._lookup import vr_of
from scandrop.processors.dicom._tags import (
    MEDIA_STORAGE_SOP_CLASS_UID,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    TRANSFER_SYNTAX_UID,
)
from scandrop.processors.dicom._vr import LONG_NAMES
from scandrop.version import __version__

type Chunks = list[Buffer]

IMPLEMENTATION_CLASS_UID: Final = "2.25.318564990641575900619275080411012100774"  # a random UUID (PS3.5 B.2)
IMPLEMENTATION_VERSION_NAME: Final = f"SCANDROP_{__version__}"[:16]

FILE_META_INFORMATION_VERSION: Final = 0x00020001
MEDIA_STORAGE_SOP_INSTANCE_UID: Final = 0x00020003
IMPLEMENTATION_CLASS: Final = 0x00020012  # ImplementationClassUID
IMPLEMENTATION_VERSION: Final = 0x00020013  # ImplementationVersionName

ZERO_PADDED: Final = frozenset({"OB", "UI", "UN"})  # all others with a space (PS3.5 6.2)
LONGEST_SHORT: Final = 0xFFFE


def write(path: Path, file: File) -> None:
    """Write `file` to `path`: lengths of sequences and items defined, values as they are but padded to even lengths.

    The same file gives the same bytes. Values are passed on without a copy.
    """
    chunks, _ = _Encoder(file.syntax).dataset(file.dataset)
    with path.open("wb") as stream:
        stream.write(bytes(PREAMBLE_BYTES) + MARK + _meta(file))
        stream.writelines(_deflated(chunks) if file.syntax.deflated else chunks)


def _meta(file: File) -> bytes:
    identifiers = {
        MEDIA_STORAGE_SOP_CLASS_UID: uid(file.dataset, SOP_CLASS_UID),
        MEDIA_STORAGE_SOP_INSTANCE_UID: uid(file.dataset, SOP_INSTANCE_UID),
        TRANSFER_SYNTAX_UID: file.syntax.uid,
        IMPLEMENTATION_CLASS: IMPLEMENTATION_CLASS_UID,
    }
    elements = [Element(FILE_META_INFORMATION_VERSION, "OB", b"\0\1")]
    elements += [Element(tag, "UI", value.encode("latin-1")) for tag, value in identifiers.items() if value]
    elements.append(Element(IMPLEMENTATION_VERSION, "SH", IMPLEMENTATION_VERSION_NAME.encode()))
    chunks, length = _Encoder(EXPLICIT).dataset({element.tag: element for element in elements})
    return b"".join((b"\x02\0\0\0UL\x04\0", length.to_bytes(4, "little"), *chunks))


class _Encoder:
    """Elements to bytes; data sets nest as deep as the reader lets them, so that calls may nest as deep."""

    def __init__(self, syntax: Syntax) -> None:
        order = "<" if syntax.little else ">"
        self._is_explicit = syntax.explicit
        self._short = Struct(order + "HH2sH").pack
        self._long = Struct(order + "HH2sHI").pack
        self._implicit = Struct(order + "HHI").pack

    def dataset(self, dataset: Dataset) -> tuple[Chunks, int]:
        """The chunks of a data set and their length."""
        chunks: Chunks = []
        total = 0
        for element in dataset.values():
            value = element.value
            if isinstance(value, bytes | memoryview):
                length = len(value) + len(value) % 2
                header = self._header(element.tag, element.vr, length)
                chunks += (header, value) if length == len(value) else (header, value, _padding(element.vr))
            elif isinstance(value, Encapsulated):
                length = len(value.raw) + 8
                header = self._header(element.tag, element.vr, UNDEFINED)
                chunks += (header, value.raw, self._implicit(0xFFFE, 0xE0DD, 0))
            else:
                nested, length = self._sequence(element.tag, value)
                header = self._header(element.tag, "SQ", UNDEFINED if self._is_hidden(element.tag) else length)
                chunks.append(header)
                chunks += nested
            total += len(header) + length
        return chunks, total

    def _sequence(self, tag: int, items: Items) -> tuple[Chunks, int]:
        chunks: Chunks = []
        total = 0
        for item in items:
            nested, length = self.dataset(item)
            chunks.append(self._implicit(0xFFFE, 0xE000, length))
            chunks += nested
            total += 8 + length
        if self._is_hidden(tag):
            chunks.append(self._implicit(0xFFFE, 0xE0DD, 0))
            total += 8
        return chunks, total

    def _is_hidden(self, tag: int) -> bool:
        """Whether only an undefined length can tell that this is a sequence, as with private ones in implicit VR."""
        return not self._is_explicit and vr_of(tag) != "SQ"

    def _header(self, tag: int, vr: str, length: int) -> bytes:
        """A value too long for its VR's two bytes of length is UN (PS3.5 6.2.2)."""
        if not self._is_explicit:
            return self._implicit(tag >> 16, tag & 0xFFFF, length)
        if vr in LONG_NAMES:
            return self._long(tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
        if length > LONGEST_SHORT:
            return self._long(tag >> 16, tag & 0xFFFF, b"UN", 0, length)
        return self._short(tag >> 16, tag & 0xFFFF, vr.encode(), length)


def _padding(vr: str) -> bytes:
    return b"\0" if vr in ZERO_PADDED else b" "


def _deflated(chunks: Iterable[Buffer]) -> Iterator[bytes]:
    """As a raw stream of an even number of bytes (PS3.5 A.5)."""
    stream, total = zlib.compressobj(wbits=-zlib.MAX_WBITS), 0
    for chunk in chunks:
        compressed = stream.compress(chunk)
        total += len(compressed)
        yield compressed
    rest = stream.flush()
    yield rest + b"\0" * ((total + len(rest)) % 2)
