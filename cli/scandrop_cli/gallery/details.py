"""What an object's own page shows beyond its card, by lane."""

from scandrop.processors import Json
from scandrop_cli.gallery.source import Manifest, Source
from scandrop_cli.records import Item


def details_of(source: Source, item: Item, manifest: Manifest | None) -> dict[str, Json]:  # noqa: ARG001
    """The facts of one object, as its page's script takes them."""
    return {"metadata": item.get("metadata", {})}
