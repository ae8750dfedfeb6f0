"""Write two pictures into docs/pictures: the gallery of the environment `local` and an object in it, in Chromium.

They show what the product is where `scandrop samples` of each kind were dropped there, and a file that is rejected.
"""

import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from scandrop_cli.verbs.gallery import gallery
from tools.browser import chromium
from tools.common import ROOT, run

PICTURES = ROOT / "docs/pictures"
SHOWN = {  # each picture's name, where in the gallery it is taken, and what has to be there first
    "gallery.png": ("#/?sort=name", ".card img"),
    "gallery-object.png": ("#/o/dicom%2Fct%2F0007.dcm", ".histogram"),
}
WIDTH, HEIGHT = 1440, 900
COLOURS = 192  # so that it stays a small file


def screenshot(browser: Browser, url: str, awaited: str) -> bytes:
    """The first screen of a page, when its pictures are there."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(url)
    page.wait_for_selector(awaited)
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        gallery(out=Path(folder), env="local")
        url = (Path(folder) / "index.html").as_uri()
        browser = playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=os.geteuid() != 0)
        for name, (where, awaited) in SHOWN.items():
            taken = Image.open(io.BytesIO(screenshot(browser, url + where, awaited)))
            taken.convert("RGB").quantize(COLOURS).save(PICTURES / name, optimize=True)
            print(f"{name} has {(PICTURES / name).stat().st_size:,} bytes.")
        browser.close()


if __name__ == "__main__":
    run(main)
