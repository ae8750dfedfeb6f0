"""Where one object's derivatives are read, and how its page may refer to them."""

from collections.abc import Mapping
from typing import Any, Protocol

type Manifest = Mapping[str, Any]

MOST_BYTES = 32 << 20  # of a derivative that is read for a picture or a plot


class Source(Protocol):
    """The derivatives that one manifest vouches for, by their names."""

    def derivative(self, name: str) -> bytes | None:
        """Its bytes; None where the manifest has none of this name, or it is past `MOST_BYTES` or gone."""

    def link(self, name: str) -> str | None:
        """A link to it that holds as long as the gallery's; None on disk, where a link would outlive its reader."""

    def copy(self, name: str) -> str | None:
        """A URL that a browser shows it at, from beside the page; None where there is none to show."""
