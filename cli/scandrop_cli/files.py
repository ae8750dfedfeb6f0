"""Which files the arguments of `upload` and `process` name, and the key of each.

As rsync has it: ``study1`` gives ``study1/scan.png``, while ``study1/`` and ``.`` give what is in the folder.
Hidden files inside a folder are left out; one that is named itself is taken.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scandrop.keys import has_controls
from scandrop.manifest import KEY_BYTES
from scandrop_cli.errors import OperatorError


@dataclass(frozen=True)
class LocalFile:
    """A file, and the key that it has, or would have, in the raw bucket."""

    key: str
    path: Path
    size_bytes: int


def collect(arguments: Sequence[str], prefix: str = "") -> list[LocalFile]:
    """The files of all arguments in the order of their keys. Raises `OperatorError` where one is of no use."""
    folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    files = [
        LocalFile(folder + key, path, path.stat().st_size) for argument in arguments for key, path in _named(argument)
    ]
    if not files:
        raise OperatorError("There is no file in there. Name a file, or a folder that has some.")
    for file in files:
        _check(file.key)
    twice = [key for key, count in Counter(file.key for file in files).items() if count > 1]
    if twice:
        raise OperatorError(f"Two of these files would be {twice[0]!r}. Name the folder that holds both instead.")
    return sorted(files, key=lambda file: file.key)


def _named(argument: str) -> Iterator[tuple[str, Path]]:
    path = Path(argument)
    if path.is_file():
        yield path.name, path
    elif path.is_dir():
        last = os.path.basename(argument)  # noqa: PTH119  pathlib drops the slash that matters here
        base = path if last in {"", ".", ".."} else path.parent
        for found in _walk(path):
            yield found.relative_to(base).as_posix(), found
    else:
        raise OperatorError(f"There is no file or folder {argument!r}.", "ls")


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in folder.walk(on_error=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (parent / name for name in names if not name.startswith(".") and (parent / name).is_file())


def _raise(error: OSError) -> None:
    """A folder that cannot be read stops the verb; walking on would leave its files out without a word."""
    raise error


def _check(key: str) -> None:
    try:
        size_bytes = len(key.encode())
    except UnicodeEncodeError:
        raise OperatorError(f"The name {key!r} is not UTF-8, so it cannot be a key. Rename the file.") from None
    if has_controls(key):
        raise OperatorError(
            f"The key {key!r} has a control character, which listings and policies may not match. Rename the file."
        )
    if size_bytes > KEY_BYTES:
        raise OperatorError(f"The key {key[:60]!r}… has {size_bytes} bytes and S3 takes {KEY_BYTES}. Shorten the path.")
