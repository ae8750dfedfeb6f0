"""The Chromium of the browser tests: found where there is one, fetched where not, asked for where nothing helps."""

import pytest

from scandrop_cli.errors import OperatorError
from tools import browser


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with nothing on it, and the list of commands that it is asked to run."""
    asked = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "ON_MAC", str(tmp_path / "Google Chrome"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(browser, "fetch", lambda: asked.append("fetch"))
    monkeypatch.setattr(browser, "install_on_debian", lambda: asked.append("install"))
    return tmp_path, asked


def put(path, ending="exit 0"):
    path.write_text(f"#!/bin/sh\n{ending}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["chromium", "google-chrome", "Google Chrome"])
def test_one_that_is_there_is_taken_and_nothing_is_installed(machine, name):
    folder, asked = machine
    there = put(folder / name)
    assert browser.chromium() == there
    assert asked == []


def test_one_that_does_not_start_is_passed_over(machine):
    folder, _ = machine
    put(folder / "chromium", "exit 1")
    works = put(folder / "google-chrome")
    assert browser.chromium() == works


def test_root_on_a_debian_installs_the_systems_and_nobody_else_tries(monkeypatch, tmp_path):
    log, uids = tmp_path / "log", iter([0, 1000])
    put(tmp_path / "apt-get", f'echo "$@" >>{log}')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(browser.os, "geteuid", lambda: next(uids))
    for _ in range(2):
        browser.install_on_debian()
    assert log.read_text().splitlines() == ["update -qq", "install -qq --yes --no-install-recommends chromium"]


def test_what_playwright_fetches_is_taken(machine, monkeypatch):
    folder, asked = machine

    def fetch():
        asked.append("fetch")
        put(folder / "chrome")

    monkeypatch.setattr(browser, "fetch", fetch)
    assert browser.chromium() == str(folder / "chrome")
    assert asked == ["fetch"]


def test_a_machine_on_which_nothing_helps_is_told_what_to_install(machine):
    _, asked = machine
    with pytest.raises(OperatorError, match="Install Chromium or Google Chrome"):
        browser.chromium()
    assert asked == ["fetch", "install"]
