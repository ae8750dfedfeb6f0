"""Find or install the Chromium that the tests of tests/browser look through.

One on the PATH is taken, or Playwright's own where that has been fetched; else Playwright fetches it, and where that
fails, root on a Debian installs the system's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from scandrop_cli.errors import OperatorError
from tools.common import run

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def chromium() -> str:
    """The path of a Chromium that starts."""
    for install in (None, fetch, install_on_debian):
        if install is not None:
            install()
        for candidate in _candidates():
            if _starts(candidate):
                return candidate
    raise OperatorError(
        "No Chromium was found or could be installed, and the tests of the pages need one. Install Chromium or "
        "Google Chrome so that it is on the PATH.",
        "./deploy.sh test browser",
    )


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, (*NAMES, ON_MAC)))
    with sync_playwright() as playwright:
        fetched = playwright.chromium.executable_path
    if Path(fetched).exists():
        yield fetched


def _starts(binary: str) -> bool:
    return _succeeds(binary, "--version")


def fetch() -> None:
    _tell("Fetching Chromium with Playwright")
    _succeeds(sys.executable, "-m", "playwright", "install", "chromium")


def install_on_debian() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _tell("Installing the system's Chromium with apt-get")
        _succeeds("apt-get", "update", "-qq")
        _succeeds("apt-get", "install", "-qq", "--yes", "--no-install-recommends", "chromium")


def _succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(
            command,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    print(chromium())


if __name__ == "__main__":
    run(main)
