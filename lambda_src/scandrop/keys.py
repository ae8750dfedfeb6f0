"""Which keys nobody can work with."""

import unicodedata

_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}


def has_controls(key: str) -> bool:
    """Whether a key has a control character or a line's end: S3 takes it, but not every listing or policy does."""
    return any(unicodedata.category(char) in _CONTROLS for char in key)
