"""The gallery's page and its shards: everything in it is text or data, whatever an object's key or metadata say.

index.html     the page, with its style, its scripts and a compact listing of all objects
data/000.js    thumbnails and details of the first `SHARD` objects, loaded by a script tag when they are needed,
               since a page that was opened from disk may not fetch
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from itertools import batched
from string import Template
from typing import Protocol

from scandrop.processors import Json
from scandrop_cli.gallery.source import Manifest, Source

SHARD = 100  # objects
SCRIPTS = ("common.js", "list.js", "gallery.js", "object.js")  # in the order in which they run
STYLES = ("gallery.css", "object.css")

_PAGE = files("scandrop_cli.gallery") / "page"
_NO_MARKUP = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


@dataclass(frozen=True)
class Looked:
    """One object as the gallery shows it.

    entry: what its card, the filters and the search need (`looking.entry_of`); thumbnail: a data: URL.
    details: what its own page shows (`details.details_of`).
    """

    entry: Mapping[str, Json]
    thumbnail: str | None
    details: Mapping[str, Json]


class Place(Protocol):
    """Where a gallery is written to."""

    @property
    def origin(self) -> str:
        """The CSP source of all that its page may load beside itself."""

    def write(self, name: str, body: bytes, content_type: str) -> str:
        """Write one file; returns its URL as the page refers to it."""

    def source(self, key: str, content: Manifest) -> Source:
        """One object's derivatives, as this place's page may refer to them."""


def write(place: Place, about: Mapping[str, Json], objects: Iterable[Looked]) -> str:
    """Write a gallery of these objects, shard by shard and its page last; returns the page's URL.

    about: what the page says of the whole, such as the environment's name.
    """
    entries: list[Json] = []
    shards: list[Json] = []
    for number, batch in enumerate(batched(objects, SHARD)):
        shards.append(place.write(f"data/{number:03}.js", _shard(number, batch), "text/javascript; charset=utf-8"))
        entries += [one.entry for one in batch]
    listing: dict[str, Json] = {
        **about,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "shard": SHARD,
        "shards": shards,
    }
    page = _index({**listing, "objects": entries}, place.origin)
    return place.write("index.html", page, "text/html; charset=utf-8")


def _shard(number: int, batch: Sequence[Looked]) -> bytes:
    """A script, parsed as JSON, so that no name in it means anything to JavaScript."""
    content = [{"thumbnail": one.thumbnail, "details": one.details} for one in batch]
    return f"scandrop.shard({number}, JSON.parse({_json(_json(content))}));\n".encode()


def _index(listing: Mapping[str, Json], origin: str) -> bytes:
    script = "\n".join(["'use strict';", *map(_read, SCRIPTS), "scandrop.start();\n"])
    style = "\n".join(map(_read, STYLES))
    page = Template(_read("index.html")).substitute(
        policy=_policy(script, style, origin), style=style, listing=_json(listing), script=script
    )
    return page.encode()


def _policy(script: str, style: str, origin: str) -> str:
    """A content security policy under which nothing runs or loads but the gallery's own parts."""
    directives = {
        "default-src": "'none'",
        "script-src": f"{_hash(script)} {origin}",
        "style-src": _hash(style),
        "img-src": f"data: {origin}",
        "frame-src": origin,
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: object) -> str:
    """JSON in ASCII that may stand in a script element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_NO_MARKUP)


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")
