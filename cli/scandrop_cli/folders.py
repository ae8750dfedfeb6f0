"""Where the derivatives of a key lie on this machine: as in the processed bucket, and never outside their folder."""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scandrop import manifest
from scandrop_cli.errors import OperatorError

_NAME_BYTES = 255  # what file systems take
_ESCAPES = {"": "%", ".": "%2E", "..": "%2E%2E"}
_LIKE_CHANGED = re.compile(r"~[0-9a-f]{16}\Z")


def folder_of(base: Path, key: str) -> Path:
    """The folder for a key's derivatives. What would leave `base`, or has no name there, is escaped."""
    return base.joinpath(*(_name(part) for part in manifest.prefix_of(key)[:-1].split("/")))


def inside(folder: Path, name: str) -> Path:
    """The path of a derivative. Raises ValueError where its name, or a link that is there, leads out of the folder."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name!r} would lie outside {folder}.")
    return path


def check_writable(folder: Path) -> None:
    """Make a folder where there is none. Raises `OperatorError` where nothing can be written into it."""
    try:
        with scratch(folder):
            pass
    except OSError as error:
        raise OperatorError(
            f"Nothing can be written to the folder {folder}: {error.strerror}. Name another."
        ) from error


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder for unfinished files, on the file system of `folder`, so that they can be moved into it whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".scandrop-") as name:
        yield Path(name)


def commit(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest, last and whole, and clear away the derivatives of a former one that it does not have."""
    path = folder / manifest.NAME
    stale = _vouched(path) - {entry["name"] for entry in content["derivatives"]}
    with scratch(folder) as unfinished:
        (unfinished / manifest.NAME).write_bytes(manifest.dump(content))
        (unfinished / manifest.NAME).replace(path)
    for name in stale:
        inside(folder, name).unlink(missing_ok=True)


def _vouched(path: Path) -> set[str]:
    """The names that a manifest on this machine lists; none where it is not there or is somebody else's file."""
    try:
        return manifest.names(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()


def _name(part: str) -> str:
    """A name that file systems take, of one part alone: what is changed, or looks as if it were, ends in a digest."""
    name = _ESCAPES.get(part, part).replace("\0", "%00")
    if name == part and len(name.encode()) <= _NAME_BYTES and not _LIKE_CHANGED.search(name):
        return name
    digest = hashlib.sha256(part.encode()).hexdigest()[:16]
    return f"{name.encode()[: _NAME_BYTES - 17].decode(errors='ignore')}~{digest}"
