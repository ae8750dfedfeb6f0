"""Which code made a derivative: the release and a hash of the package's own files."""

import hashlib
from functools import cache
from pathlib import Path

__version__ = "0.1.0"

_PACKAGE = Path(__file__).parent
BUILD_FILE = "BUILD"


def source_hash() -> str:
    """The first twelve hexadecimal digits of a SHA-256 over the package's ``.py`` and ``.json`` files, path by path."""
    digest = hashlib.sha256()
    files = (path for path in _PACKAGE.rglob("*") if path.suffix in {".py", ".json"})
    for path in sorted(files, key=lambda path: path.relative_to(_PACKAGE).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


@cache
def package_version() -> str:
    """``<release>+<source hash>``: from the ``BUILD`` file of a zipped package, else from the sources themselves."""
    build = _PACKAGE / BUILD_FILE
    return f"{__version__}+{build.read_text().strip() if build.exists() else source_hash()}"
