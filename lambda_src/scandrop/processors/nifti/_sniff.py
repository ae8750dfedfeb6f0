"""What the first bytes of a file are, told by the standard library alone: NIfTI, or the BIDS sidecar of a run."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

GZIP_MAGIC: Final = b"\x1f\x8b"
NIFTI_1_BYTES: Final = 348
_NIFTI_1_MAGIC: Final = (b"n+1\0", b"ni1\0")
_NIFTI_2_MAGIC: Final = (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")

_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
_NUMBER, _LIST, _NUMBERS, _TEXT, _DIRECTION = rb"-?\d", rb"\[", rb"-?\d|\[", rb'"', rb'"[ijk]-?"'
# what a scanner's converter or BIDS itself puts at the top of an image's sidecar, and the kind of its value
_IMAGING_FIELDS: Final[dict[bytes, bytes]] = {
    b'"AcquisitionDuration"': _NUMBER,
    b'"ConversionSoftware"': _TEXT,
    b'"EchoTime"': _NUMBERS,
    b'"EffectiveEchoSpacing"': _NUMBER,
    b'"FlipAngle"': _NUMBERS,
    b'"ImagingFrequency"': _NUMBER,
    b'"InversionTime"': _NUMBERS,
    b'"MRAcquisitionType"': _TEXT,
    b'"MagneticFieldStrength"': _NUMBER,
    b'"MultibandAccelerationFactor"': _NUMBER,
    b'"PhaseEncodingDirection"': _DIRECTION,
    b'"PulseSequenceType"': _TEXT,
    b'"RepetitionTime"': _NUMBERS,
    b'"ScanningSequence"': _TEXT,
    b'"SliceTiming"': _LIST,
    b'"TaskName"': _TEXT,
    b'"TotalReadoutTime"': _NUMBER,
    b'"VolumeTiming"': _LIST,
}
_RECORD_FIELD: Final = b'"patient_'


def sniff(head: bytes) -> str | None:
    """``NIfTI-1`` or ``NIfTI-2`` where these first bytes, compressed by gzip or not, begin such a header, or None.

    The header of a ``.hdr``/``.img`` pair counts too: the lane refuses it with a sentence of its own.
    """
    head = _inflated(head) if head.startswith(GZIP_MAGIC) else head
    if head[344:348] in _NIFTI_1_MAGIC:
        return "NIfTI-1"
    return "NIfTI-2" if head[4:12] in _NIFTI_2_MAGIC else None


def is_sidecar(head: bytes) -> bool:
    """Whether these first bytes are one JSON object with a BIDS imaging field, of the right kind, at its top level.

    An object with a field such as ``patient_id`` is a patient's record whatever else is in it. A converter's own
    ``PatientName`` makes none: that is a sidecar which was not de-identified.
    """
    if not _OBJECT.match(head):
        return False
    fields = dict(_top_level(head))
    if any(name.startswith(_RECORD_FIELD) for name in fields):
        return False
    return any(name in fields and re.match(kind, fields[name]) for name, kind in _IMAGING_FIELDS.items())


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, NIFTI_1_BYTES)
    except zlib.error:
        return b""


def _top_level(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The names of the outermost object's fields, in their quotes, and the first token of each value.

    Nothing where a second value follows the object: those are JSON Lines.
    """
    tokens = _TOKEN.findall(text.removeprefix(b"\xef\xbb\xbf"))
    found, depth = [], 0
    for place, token in enumerate(tokens[:-1]):
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
        if depth == 0:
            return
        if depth == 1 and token == b":":
            found.append((tokens[place - 1], tokens[place + 1]))
    yield from found
