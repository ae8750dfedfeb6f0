"""One object as the gallery shows it: its card, its thumbnail and its details."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any

from scandrop.processors import Json
from scandrop_cli.download import manifest_of
from scandrop_cli.environment import CONNECTIONS, Environment
from scandrop_cli.gallery.advice import Advice, advice
from scandrop_cli.gallery.details import details_of
from scandrop_cli.gallery.flags import KINDS, flags_of
from scandrop_cli.gallery.source import Manifest, Source
from scandrop_cli.gallery.thumbnails import thumbnail
from scandrop_cli.gallery.writing import SHARD, Looked
from scandrop_cli.records import Item

type Sources = Callable[[str, Manifest], Source]

_SIDECAR = {"kind": "sidecar"}  # the metadata of one
_WORDS = 500  # characters of metadata that the search knows of one object


def looked_at(environment: Environment, items: Iterable[Item], sources: Sources) -> Iterator[Looked]:
    """Each item as the gallery shows it, in order; many are looked at at once.

    A sidecar that was read with its run has no card: the run's page names it.
    """
    shown = (item for item in items if item.get("metadata") != _SIDECAR)
    with ThreadPoolExecutor(CONNECTIONS // 2) as pool:
        for batch in batched(shown, SHARD):
            yield from pool.map(lambda item: _look(environment, item, sources), batch)


def about(environment: Environment) -> dict[str, Json]:
    """What the page says of the whole, and what its filters offer."""
    kinds = {name: {"label": kind.label, "tone": kind.tone, "why": kind.why} for name, kind in KINDS.items()}
    return {"environment": environment.name, "kinds": kinds}


def _look(environment: Environment, item: Item, sources: Sources) -> Looked:
    manifest = manifest_of(environment, item["object_key"])
    if manifest and manifest["source"]["version_id"] != item["version_id"]:
        manifest = None  # it is another version's
    if item.get("metadata") == {"see": "manifest"}:  # they are too large for the ledger
        item = {**item, "metadata": manifest["metadata"] if manifest else {}}
    source = sources(item["object_key"], manifest or {"derivatives": []})
    return Looked(
        entry_of(item, advice(environment, item)),
        thumbnail(source, manifest) if manifest else None,
        details_of(environment, source, item, manifest),
    )


def entry_of(item: Item, advised: Advice | None = None) -> dict[str, Json]:
    """What an object's card, the filters and the search need; what there is nothing to say of is left out."""
    metadata = item.get("metadata") or {}
    says, mend, first = advised or (None, None, None)
    entry: dict[str, Json] = {
        "key": item["object_key"],
        "lane": item["lane"],
        "status": item["status"],
        "received": item.get("received_at"),
        "finished": item.get("finished_at"),
        "bytes": item.get("size_bytes"),
        "ms": item.get("duration_ms"),
        "flags": flags_of(metadata),
        "words": _words(metadata),
        "code": item.get("error_code"),
        "error": says,
        "first": first,
        "mend": mend,
    }
    return {name: value for name, value in entry.items() if value not in (None, "", {})}


def _words(metadata: Mapping[str, Any]) -> str:
    """The metadata's words and whole numbers, for the search."""
    return " ".join(_said(metadata))[:_WORDS]


def _said(metadata: Mapping[str, Any]) -> Iterator[str]:
    for name, value in metadata.items():
        if isinstance(value, str | int):
            yield f"{name} {value}"
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))
