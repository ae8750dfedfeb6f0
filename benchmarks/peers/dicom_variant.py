"""dicom_variant.py VARIANT TIMES SOURCE [FRAMES]: the dicom lane, pydicom's plain pipeline or a peer on one object.

Prints the figures as JSON: the median seconds of so many calls, a first one left out, or what the variant is about.
FRAMES is `middle` or `each`, of a multi-frame object.
"""

import ctypes
import gc
import io
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIDE, BOX = 224, 256
KEY = b"a key of the benchmark, of no use"

type Figures = dict[str, Any]
type Work = Callable[[Path], object]  # one go, into an empty folder


def median(work: Work, times: int) -> Figures:
    seconds = []
    for _ in range(times + 1):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            work(Path(folder))
            seconds.append(time.perf_counter() - start)
    return {"seconds": statistics.median(seconds[1:])}


def lane(source: Path, frames: str) -> Work:
    """Every derivative, as the lane's function makes them."""
    from scandrop.processing import run
    from scandrop.processors import Source
    from scandrop.processors.dicom import Settings

    given, settings = Source(source, source.name, pseudonym_key=KEY), Settings(burned_in="pass", frames=frames)

    def work(folder: Path) -> None:
        outcome = run("dicom", given, settings, folder)
        assert outcome.status == "succeeded", outcome.error

    return work


def plain(source: Path, frames: str) -> Work:
    """The same derivatives the way a script does it: a walk over the header, whole frames, Pillow's resizing."""
    import numpy as np
    from PIL import Image
    from pydicom import dcmread
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
    from pydicom.pixels.utils import iter_pixels, pixel_array

    def shown(array: Any, dataset: Any) -> Any:
        if array.ndim == 3:
            return Image.fromarray(array)
        values = apply_voi_lut(apply_modality_lut(array, dataset), dataset).astype(np.float32)
        values = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
        return Image.fromarray(1 - values if dataset.PhotometricInterpretation == "MONOCHROME1" else values)

    def sized(image: Any, side: int) -> Any:
        scale = side / max(image.size)
        return image.resize([round(length * scale) for length in image.size], Image.Resampling.LANCZOS)

    def saved(image: Any, path: Path) -> None:
        values = np.asarray(image)
        Image.fromarray((values * 255).clip(0, 255).astype(np.uint8) if values.dtype != np.uint8 else values).save(path)

    def work(folder: Path) -> None:
        dataset = dcmread(source)
        walked(dataset)
        count = int(dataset.get("NumberOfFrames", 1))
        chosen = iter_pixels(source) if frames == "each" else [pixel_array(source, index=count // 2)]
        models = []
        for index, array in enumerate(chosen):
            image = shown(array, dataset)
            models.append(sized(image, SIDE))
            if frames == "middle" or index == count // 2:
                saved(sized(image, BOX), folder / "preview.png")
                saved(models[-1], folder / "model.png")
        np.savez(folder / "model.npz", np.stack([np.asarray(model, np.float32) for model in models]))
        (folder / "header.json").write_text(dataset.to_json(bulk_data_threshold=64, bulk_data_element_handler=str))
        dataset.save_as(folder / "deid.dcm")

    return work


def walked(dataset: Any) -> None:
    """The least that a script does: no private elements, no names, no dates of birth, other UIDs."""
    from pydicom.uid import generate_uid

    def anonymise(level: Any, element: Any) -> None:
        if element.VR == "PN" or element.VR in ("DA", "DT"):
            element.value = ""
        elif element.VR == "UI" and element.value and not str(element.value).startswith("1.2.840.10008"):
            element.value = generate_uid(entropy_srcs=[str(element.value)])
        elif element.keyword in ("PatientID", "AccessionNumber", "InstitutionName", "StationName"):
            del level[element.tag]

    dataset.remove_private_tags()
    dataset.walk(anonymise)


def header(source: Path, frames: str) -> Work:
    """Read, de-identified and written, the lane's own."""
    del frames
    from scandrop.processors.dicom import Settings
    from scandrop.processors.dicom._deidentify import deidentify
    from scandrop.processors.dicom._read import read
    from scandrop.processors.dicom._warnings import Warned
    from scandrop.processors.dicom._write import write
    from scandrop.pseudonyms import Pseudonyms

    settings, pseudonyms = Settings(burned_in="pass"), Pseudonyms(KEY)

    def work(folder: Path) -> None:
        warned = Warned()
        file = read(source, folder, warned, max_bytes=settings.max_decoded_bytes)
        clean = deidentify(file, pseudonyms, settings, warned, recognisable=False, pixels_cleaned=False)
        write(folder / "deid.dcm", clean)

    return work


def by_peer(name: str) -> Callable[[Path, str], Work]:
    def header_of(source: Path, frames: str) -> Work:
        del frames
        import deid_variant

        deidentify = getattr(deid_variant, name)("default")
        return lambda folder: deidentify(source).save_as(folder / "deid.dcm")

    return header_of


def peak(work: Work) -> Figures:
    """The most memory that this process and its children hold at once, files that are mapped left out."""
    with tempfile.TemporaryDirectory() as folder:
        work(Path(folder))
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the first go has freed goes back
    before, most, ended = held_bytes(), [0], threading.Event()

    def watch() -> None:
        while not ended.is_set():
            most[0] = max(most[0], held_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    with tempfile.TemporaryDirectory() as folder:
        work(Path(folder))
    ended.set()
    watcher.join()
    return {"peak_bytes": most[0] - before}


def held_bytes() -> int:
    """Anonymous and shared memory, what is shared divided by how many share it."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return sum(of_process(pid) for pid in ("self", *children))


def of_process(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


def cold() -> Figures:
    """What a new function has to import before its first object."""
    start = time.perf_counter()
    import scandrop.processors.dicom._derive

    del scandrop
    return {"seconds": time.perf_counter() - start}


VARIANTS: dict[str, Callable[[Path, str], Work]] = {
    "lane": lane,
    "plain": plain,
    "header": header,
    **{f"header_{name}": by_peer(name) for name in ("dicognito", "deid", "dicom_anonymizer")},
}


def main() -> None:
    variant, times, source, frames = (*sys.argv[1:], "middle")[:4]
    said, sys.stdout = sys.stdout, io.StringIO()  # some peers talk
    if variant == "cold":
        figures = cold()
    elif times == "peak":
        figures = peak(VARIANTS[variant](Path(source), frames))
    else:
        figures = median(VARIANTS[variant](Path(source), frames), int(times))
    print(json.dumps(figures), file=said)


if __name__ == "__main__":
    main()
