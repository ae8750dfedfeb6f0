"""Write docs/pictures/gallery.png: the gallery of the environment `local`, as Chromium shows it."""

import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scandrop_cli.verbs.gallery import gallery
from tools.browser import chromium
from tools.common import ROOT, run

PICTURE = ROOT / "docs/pictures/gallery.png"
WIDTH, HEIGHT = 1280, 800
COLOURS = 192  # so that it stays a small file


def screenshot(page: Path) -> bytes:
    """The first screen of a page, when its thumbnails are there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=os.geteuid() != 0)
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        shown.goto(page.as_uri())
        shown.wait_for_selector(".card img")
        shown.wait_for_load_state("networkidle")
        taken = shown.screenshot()
        browser.close()
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        gallery(out=Path(folder), env="local")
        taken = screenshot(Path(folder) / "index.html")
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)} has {PICTURE.stat().st_size:,} bytes.")


if __name__ == "__main__":
    run(main)
