"""Samples of each lane's files, made up from a seed, and what is true of them.

Below a folder ``drop/<key>`` is a file to drop and ``truth/<key>/`` what is known of it, as the processed bucket has
``<key>/``. A kind of sample is one module with ``make(store, seed, count)``, which yields each sample as it is made.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scandrop_cli.errors import OperatorError
from scandrop_cli.folders import check_writable, scratch

COUNTS = {"image": 2, "dicom": 12, "fmri": 1, "records": 500}  # of radiographs, CT slices, subjects, records per file

_PARTS = ("drop", "truth")


@dataclass(frozen=True)
class Sample:
    """One file, or a series of them, to drop.

    key: the file's key, or the series' folder; truth: where the truth lies, from the samples' folder.
    """

    kind: str
    key: str
    files: int
    size_bytes: int
    about: str
    truth: str


@dataclass(frozen=True)
class Store:
    """Where the samples of one kind are written."""

    folder: Path
    kind: str

    def drop(self, name: str) -> Path:
        return self._path("drop", name)

    def truth(self, name: str, file: str = "truth.json") -> Path:
        return self._path("truth", name, file)

    def keep(self, name: str, truth: Mapping[str, Any], about: str, beside: str = "") -> Sample:
        """Write the truth of what was dropped under a name, a file's or a folder's, and maybe of one beside it."""
        self.truth(name).write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        dropped = [self.drop(each) for each in (name, beside) if each]
        files = [file for path in dropped for file in (path, *path.rglob("*")) if file.is_file()]
        key, size_bytes = f"{self.kind}/{name}", sum(file.stat().st_size for file in files)
        return Sample(self.kind, key, len(files), size_bytes, about, f"truth/{key}/truth.json")

    def _path(self, *parts: str) -> Path:
        path = self.folder.joinpath(parts[0], self.kind, *parts[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def make(folder: Path, kinds: Iterable[str], count: int | None, seed: int) -> Iterator[Sample]:
    """Write samples of each kind into a folder, and tell of each as soon as it is made. A kind appears whole or not.

    Raises `OperatorError` where samples of such a kind are there already, or nothing can be written.
    """
    kinds = list(kinds)
    for kind in kinds:
        if there := [folder / part / kind for part in _PARTS if (folder / part / kind).exists()]:
            raise OperatorError(
                f"{there[0]} is there already. Name another folder, or remove it first.",
                f"rm -r {shlex.join(map(str, there))}",
            )
    check_writable(folder)
    for kind in kinds:
        with scratch(folder) as unfinished:
            yield from _module(kind).make(Store(unfinished, kind), seed, count or COUNTS[kind])
            for part in _PARTS:
                (folder / part).mkdir(exist_ok=True)
                (unfinished / part / kind).rename(folder / part / kind)


def _module(kind: str) -> Any:  # noqa: ANN401  # a module
    return import_module(f"scandrop_cli.samples.{kind}")
