"""The site as ``./deploy.sh docs`` made it, and a headless Chromium to look at it with."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tools.browser import chromium
from tools.docs import SITE


@pytest.fixture(scope="session")
def site() -> Path:
    assert (SITE / "index.html").exists(), "run ./deploy.sh docs first"
    return SITE


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        is_root = os.geteuid() == 0  # whom Chromium's sandbox does not serve
        launched = playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=not is_root)
        yield launched
        launched.close()


@pytest.fixture
def look(browser, site):
    """Opens a page of the site from disk; its `.asked` are its requests, `.said` its complaints."""
    contexts = []

    def opened(name, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto((site / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
