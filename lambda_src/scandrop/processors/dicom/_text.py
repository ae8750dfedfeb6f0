"""Text of any of the standard's character sets (PS3.3 C.12.1.1.2), with code extensions (PS3.5 6.1.2.5).

With extensions a value has two sets at a time: G0 for bytes below 80 and G1 for those above. Escape sequences change
one of them; delimiters bring back those that the value began with.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

CHARACTERS: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # all others are ASCII (PS3.5 6.1.2.2)
ESCAPE: Final = 0x1B

WHOLE: Final = {"ISOIR192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}  # sets without code extensions

G1_BY_NUMBER: Final = {
    "6": "ascii",
    "13": "shift_jis",
    "58": "gb2312",
    "87": "ascii",
    "100": "iso8859-1",
    "101": "iso8859-2",
    "109": "iso8859-3",
    "110": "iso8859-4",
    "126": "iso8859-7",
    "127": "iso8859-6",
    "138": "iso8859-8",
    "144": "iso8859-5",
    "148": "iso8859-9",
    "149": "euc_kr",
    "159": "ascii",
    "166": "iso8859-11",
    "203": "iso8859-15",
}
G0_BY_ESCAPE: Final = {b"(B": "ascii", b"(J": "shift_jis", b"$B": "jisx0208", b"$(D": "jisx0212"}
G1_BY_ESCAPE: Final = {
    b")I": "shift_jis",
    b"-A": "iso8859-1",
    b"-B": "iso8859-2",
    b"-C": "iso8859-3",
    b"-D": "iso8859-4",
    b"-F": "iso8859-7",
    b"-G": "iso8859-6",
    b"-H": "iso8859-8",
    b"-L": "iso8859-5",
    b"-M": "iso8859-9",
    b"-T": "iso8859-11",
    b"-b": "iso8859-15",
    b"$)A": "gb2312",
    b"$)C": "euc_kr",
}
TWO_BYTES: Final = {"jisx0208": b"", "jisx0212": b"\x8f"}  # what stands before each pair in EUC-JP

ESCAPES: Final = re.compile(rb"\x1b(\$[()]?.|[()-].)", re.DOTALL)
HALVES: Final = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")
CONTROLS: Final = b"\t\n\f\r"
DELIMITERS: Final = {
    vr: re.compile(b"([" + re.escape(CONTROLS + more) + b"])")
    for vr, more in {"PN": b"\\^=", "LT": b"", "ST": b"", "UT": b"", "": b"\\"}.items()
}


class Sets(NamedTuple):
    """The codecs of G0 and G1."""

    g0: str
    g1: str


def decode(value: bytes | memoryview, vr: str, charsets: Sequence[str]) -> str:
    """The text of a value, padding included; `charsets` are the values of SpecificCharacterSet.

    Bytes that the set does not have, or a set that the standard does not define, make the whole value Latin-1.
    Never raises.
    """
    content = bytes(value)
    if vr not in CHARACTERS or (content.isascii() and ESCAPE not in content):
        return content.decode("latin-1")
    first = _plain(charsets[0]) if charsets else ""
    try:
        return content.decode(WHOLE[first]) if first in WHOLE else _extended(content, vr, Sets("ascii", _g1(first)))
    except (UnicodeDecodeError, KeyError):
        return content.decode("latin-1")


def is_known_charset(name: str) -> bool:
    plain = _plain(name)
    return not plain or plain in WHOLE or _number(plain) in G1_BY_NUMBER


def _plain(name: str) -> str:
    """Without what senders spell in their own ways, as in ISO_IR 100, ISO-IR 100 and ISO IR 100."""
    return re.sub(r"[ _-]", "", name.upper())


def _number(plain: str) -> str:
    return plain.removeprefix("ISO").removeprefix("2022").removeprefix("IR")


def _g1(plain: str) -> str:
    """Raises KeyError for a set that the standard does not define."""
    return G1_BY_NUMBER[_number(plain)] if plain else "ascii"


def _extended(content: bytes, vr: str, initial: Sets) -> str:
    """Raises KeyError for an escape sequence that the standard does not define."""
    pieces = [b"", *ESCAPES.split(content)]
    sets, found = initial, []
    for escape, piece in zip(pieces[::2], pieces[1::2], strict=True):
        decoded, sets = _run(piece, vr, _switched(sets, escape), initial)
        found.append(decoded)
    return "".join(found)


def _switched(sets: Sets, escape: bytes) -> Sets:
    if not escape:
        return sets
    g0 = G0_BY_ESCAPE.get(escape)
    return sets._replace(g0=g0) if g0 else sets._replace(g1=G1_BY_ESCAPE[escape])


def _run(piece: bytes, vr: str, sets: Sets, initial: Sets) -> tuple[str, Sets]:
    """What a piece without escapes says, and the sets after it: the initial ones from its first delimiter on."""
    if sets.g0 in TWO_BYTES:
        return _halves(piece, sets), sets
    start, *rest = _delimiters(vr).split(piece, maxsplit=1)
    return _halves(start, sets) + "".join(_halves(part, initial) for part in rest), initial if rest else sets


def _delimiters(vr: str) -> re.Pattern[bytes]:
    return DELIMITERS.get(vr, DELIMITERS[""])


def _halves(piece: bytes, sets: Sets) -> str:
    return "".join(_half(half, sets.g0 if half.isascii() else sets.g1) for half in HALVES.findall(piece))


def _half(half: bytes, codec: str) -> str:
    if codec not in TWO_BYTES:
        return half.decode(codec)
    high, lead = bytes(byte | 0x80 for byte in half), TWO_BYTES[codec]
    return b"".join(lead + high[at : at + 2] for at in range(0, len(high), 2)).decode("euc_jp")
