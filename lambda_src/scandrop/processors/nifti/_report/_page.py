"""The page: its head, and its sections in their order."""

import base64
import hashlib

from scandrop.processors.nifti._report import Findings, _figures, _tables
from scandrop.processors.nifti._report._html import Html, joined, tag
from scandrop.processors.nifti._report._style import STYLE

_FIGURES = "figures"  # report.html#figures shows these alone, for a page that tells the rest itself
# A page that shows the report in a frame may not ask how tall it is, so it is told; a page of its own runs nothing.
_TELL_HEIGHT = """if (parent !== window) new ResizeObserver(([{target: page}]) =>
parent.postMessage({height: Math.ceil(page.getBoundingClientRect().height)}, "*")).observe(document.documentElement)"""
_ITS_HASH = base64.b64encode(hashlib.sha256(_TELL_HEIGHT.encode()).digest()).decode()
_FROM_ELSEWHERE = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{_ITS_HASH}'"


def page(found: Findings) -> str:
    sections = _sections(found)
    body = tag(
        "body",
        tag("a", "Skip to the figures", href="#time", class_="skip"),
        _header(found),
        _contents(sections),
        tag("main", *(_section(key, title, content) for key, title, content in sections), id=_FIGURES),
        tag("footer", "Made by Scandrop. Derivatives and definitions: see the files beside this one."),
        tag("script", Html(_TELL_HEIGHT)),
    )
    return "<!doctype html>" + tag("html", _head(found), body, lang="en") + "\n"


def _head(found: Findings) -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=_FROM_ELSEWHERE),
        tag("title", f"{found.prefix}: fMRI quality report"),
        tag("style", Html(STYLE)),
    )


def _header(found: Findings) -> Html:
    kind = tag("p", "fMRI quality report", class_="kind")
    return tag("header", kind, tag("h1", found.prefix), _tables.verdict(found), _tables.facts(found))


def _sections(found: Findings) -> list[tuple[str, str, Html]]:
    """Anchor, title and content; a section without content is left out."""
    sections = (
        ("warnings", "Warnings", _tables.warnings(found)),
        ("time", "Over time", _figures.over_time(found)),
        ("volumes", "Volumes", _tables.volumes(found)),
        ("mean", "Mean image and brain mask", _figures.mean_image(found)),
        ("tsnr", "Temporal SNR", _figures.tsnr(found)),
        ("correction", "Before and after", _figures.before_and_after(found)),
        ("connectivity", "Connectivity", _figures.connectivity(found)),
        ("numbers", "Numbers", _tables.numbers(found)),
        ("provenance", "Provenance", _tables.provenance(found)),
        ("references", "References", _tables.references()),
    )
    return [(key, title, content) for key, title, content in sections if content is not None]


def _contents(sections: list[tuple[str, str, Html]]) -> Html:
    links = (tag("li", tag("a", title, href=f"#{key}")) for key, title, _ in sections)
    return tag("nav", tag("ul", *links), aria_label="Sections")


def _section(key: str, title: str, content: Html) -> Html:
    heading = tag("h2", title, id=f"{key}-title")
    return tag("section", joined(heading, content), id=key, aria_labelledby=f"{key}-title")
