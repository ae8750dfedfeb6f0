"""One headless Chromium for all of this folder, and the pages that are looked at in it."""

import os

import numpy as np
import pytest
from playwright.sync_api import sync_playwright
from report_findings import findings

from scandrop.processors.nifti._report import render
from tools.browser import chromium

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)
NAN = np.full((60, 6), np.nan)
REPORTS = {
    "usual": {},
    "short": {"volumes": 2, "regions": 1, "tr_s": None, "non_steady": [], "outliers": [], "warnings": []},
    "long": {"volumes": 3000, "regions": 300, "prefix": "sub-" + "0123456789" * 12, "outliers": range(0, 3000, 3)},
    "undetermined": {"parameters": NAN, "framewise_displacement": NAN[:, 0], "rmsd": NAN[:, 0]},
}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        is_root = os.geteuid() == 0  # whom Chromium's sandbox does not serve
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, chromium_sandbox=not is_root)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Where each report lies on the disk, by its name."""
    folder = tmp_path_factory.mktemp("reports")
    for name, changes in REPORTS.items():
        (folder / f"{name}.html").write_text(render(findings(**changes)), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in REPORTS}


@pytest.fixture
def open_page(browser):
    """Opens a URL at a width, in a colour scheme; the page's `.asked` are its requests, `.said` its complaints."""
    contexts = []

    def opened(url, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_report(open_page, reports):
    return lambda name="usual", width=1280, scheme="light": open_page(reports[name], width, scheme)
