# mypy: disable-error-code="import-not-found,import-untyped"
"""image_variant.py VARIANT SOURCE WARM_UP TARGET: one timed run of one way to handle a photograph.

Writes the pixels, fitted into 800x600, to TARGET and prints the figures as JSON.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

type Pixels = tuple[tuple[int, int], bytes]
BOX = (800, 600)


def pillow_plain(path: str) -> Pixels:
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        width, height = image.size
        scale = min(BOX[0] / width, BOX[1] / height)
        small = image.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)
    return small.size, small.tobytes()


def pillow_thumbnail(path: str) -> Pixels:
    from PIL import Image

    with Image.open(path) as image:
        image.thumbnail(BOX, Image.Resampling.LANCZOS)
        return image.size, image.tobytes()


def scandrop(path: str) -> Pixels:
    """What the lane does for `web`, from the decode that `half` shares."""
    from PIL import Image

    from scandrop.processors.image import Settings
    from scandrop.processors.image._colour import read
    from scandrop.processors.image._pipeline import Sizes
    from scandrop.processors.image._source import opened

    with opened(Path(path), Settings()) as source:
        sizes = Sizes.of(source.size, Settings())
        small = read(source, at_least=sizes.at_least).resized(sizes.web, Image.Resampling.LANCZOS).planes[0]
    return small.size, small.tobytes()


def opencv_reduced(path: str) -> Pixels:
    import cv2

    image = cv2.imread(path, cv2.IMREAD_REDUCED_COLOR_2)
    if image is None:
        raise SystemExit("OpenCV cannot read the photograph")
    height, width = image.shape[:2]
    scale = min(BOX[0] / width, BOX[1] / height)
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    return (rgb.shape[1], rgb.shape[0]), rgb.tobytes()


def pyvips_thumbnail(path: str) -> Pixels:
    import pyvips

    image = pyvips.Image.thumbnail(path, BOX[0], height=BOX[1])
    return (image.width, image.height), bytes(image.write_to_memory())


def pillow_decode(path: str) -> Pixels:
    from PIL import Image

    with Image.open(path) as image:
        image.load()
    return (0, 0), b""


def scandrop_all(path: str) -> Pixels:
    """All derivatives, written."""
    from scandrop.processors import Source
    from scandrop.processors.image import Settings, process

    with tempfile.TemporaryDirectory() as work:
        process(Source(Path(path), Path(path).name), Settings(), Path(work))
    return (0, 0), b""


VARIANTS: dict[str, Callable[[str], Pixels]] = {
    variant.__name__: variant
    for variant in (
        pillow_plain,
        pillow_thumbnail,
        scandrop,
        opencv_reduced,
        pyvips_thumbnail,
        pillow_decode,
        scandrop_all,
    )
}


def peak_bytes() -> int:
    """The most memory that this process has held: unlike getrusage, without what its parent held before it."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return 1024 * int(found[1]) if found else 0


def main() -> None:
    variant, source, warm_up, target = sys.argv[1:]
    run = VARIANTS[variant]
    run(warm_up)
    bytes_before = peak_bytes()
    started = time.perf_counter()
    size, pixels = run(source)
    seconds = time.perf_counter() - started
    Path(target).write_bytes(pixels)
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes() - bytes_before, "size": size}))


if __name__ == "__main__":
    main()
