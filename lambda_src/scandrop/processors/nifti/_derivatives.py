"""The files of one input as they are made, under the names that BIDS gives them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from scandrop.processors import Derivative, Json
from scandrop.processors.nifti._sidecar import write_json

_CONTENT_TYPES: Final = {
    ".nii.gz": "application/gzip",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
}


class Derivatives:
    """Hands out paths in the work folder and keeps the list of what was made there.

    prefix: the BIDS entities that all names begin with. desc: the input's own, so that nothing is called as it is.
    """

    def __init__(self, work: Path, prefix: str, desc: str | None = None) -> None:
        self.made: list[Derivative] = []
        self._work = work
        self._prefix = prefix
        self._desc = desc

    def name(self, ending: str) -> str:
        """``<prefix>_<ending>``; of an input with a ``desc``, ours follows it after a plus."""
        if self._desc and "desc-" in ending:
            ending = ending.replace("desc-", f"desc-{self._desc}+")
        elif self._desc:
            ending = f"desc-{self._desc}_{ending}"
        return f"{self._prefix}_{ending}"

    def path(self, name: str, **details: Json) -> Path:
        """Where to write a derivative of this name, which is listed from now on."""
        path = self._work / name
        content_type = next(kind for suffix, kind in _CONTENT_TYPES.items() if name.endswith(suffix))
        self.made.append(Derivative(name, path, content_type, details))
        return path

    def json(self, name: str, content: Mapping[str, Json]) -> None:
        write_json(self.path(name), content)
