"""The site opens from disk, asks nobody else for anything, and reads well on a telephone and a desk."""

import re
from html.parser import HTMLParser

import pytest

from tools.common import ROOT

SOURCES = [path for ending in ("md", "ipynb") for path in (ROOT / "docs").rglob(f"*.{ending}")]
PAGES = sorted(path.relative_to(ROOT / "docs").with_suffix("") for path in SOURCES)
LOADING = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "script": "src",
    "source": "src",
}
FOREIGN = re.compile(r"(https?:)?//")

each_page = pytest.mark.parametrize("page", PAGES, ids=str)


class Loaded(HTMLParser):
    """What a page has the browser fetch by itself, and the words that stand for each picture."""

    def __init__(self, html):
        super().__init__()
        self.addresses, self.alternatives = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.addresses.append(named.get(LOADING.get(tag, ""), "") or "")
        if tag == "img":
            self.alternatives.append(named.get("alt"))


@each_page
def test_a_page_is_on_the_site_and_has_the_browser_fetch_nothing_from_anybody_else(site, page):
    loaded = Loaded((site / f"{page}.html").read_text())
    assert [address for address in loaded.addresses if FOREIGN.match(address)] == []


def test_neither_does_any_style(site):
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert styles
    assert [
        at for text in styles for at in re.findall(r"(?:@import\s*|url\()[\"']?(?:https?:)?//[^\s)\"']+", text)
    ] == []


@each_page
def test_each_picture_is_told_in_words_too(site, page):
    assert all(Loaded((site / f"{page}.html").read_text()).alternatives)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_each_page_fits_the_screen_without_a_complaint_or_a_request_elsewhere(look, width, scheme):
    for page in PAGES:
        opened = look(page, width, scheme)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width, page
        assert opened.said == [], page
        assert [url for url in opened.asked if not url.startswith(("file:", "data:"))] == [], page
        opened.close()


def test_on_a_telephone_a_command_is_read_without_scrolling(look):
    is_cut = "block => block.scrollWidth > block.clientWidth"
    for page in PAGES:
        opened = look(page, 390)
        blocks = f"[...document.querySelectorAll('.highlight-console pre, .highlight-none pre')].some({is_cut})"
        assert not opened.evaluate(blocks), page
        opened.close()


def test_the_light_and_the_dark_page_differ(look):
    backgrounds = {
        look("index", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(backgrounds) == 2


def test_a_search_finds_the_page_that_has_the_word(look):
    page = look("index")
    page.get_by_placeholder("Search").first.fill("smoothing_fwhm_mm")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results a")
    assert "The nifti lane" in page.inner_text("#search-results")


def test_a_block_of_commands_has_a_button_that_copies_it(look):
    page = look("getting-started")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("button.copy").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("./deploy.sh setup")
