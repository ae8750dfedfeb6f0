"""fmri_variant.py VARIANT SOURCE: one timed run of the nifti lane, of one of its steps, or of a peer's same step.

Prints the figures as JSON.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FWHM_MM = 6.0
THREADS = 2

type Figures = dict[str, Any]


def whole(source: Path) -> Figures:
    """The lane as its function runs it: once with all imports, then again; its peak memory above the interpreter's."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    bare = memory_bytes("VmRSS")
    start = time.perf_counter()
    from scandrop.processors import Source
    from scandrop.processors.nifti import Settings, process

    given = Source(source, source.name, threads=THREADS)
    with tempfile.TemporaryDirectory() as work:
        process(given, Settings(), Path(work))
    cold = {"cold_seconds": time.perf_counter() - start, "cold_peak_bytes": memory_bytes("VmHWM") - bare}
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    phases: dict[str, float] = {}
    time_phases(phases)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        process(given, Settings(), Path(work))
    seconds = time.perf_counter() - start
    return {**cold, "warm_seconds": seconds, "warm_peak_bytes": memory_bytes("VmHWM") - bare, "phases": phases}


def memory_bytes(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def time_phases(phases: dict[str, float]) -> None:
    """Have each step of a run add its seconds to these."""
    from scandrop.processors.nifti import _run

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return step(*arguments)
            finally:
                phases[name] = time.perf_counter() - start

        return run

    for step, label in (
        ("look", "look: decompress, check to the last byte, choose the reference"),
        ("correct", "correct: read again, motion found and undone, the corrected run on disk"),
        ("assess", "assess: smooth, write both runs, confounds, quality, connectivity"),
        ("tell", "tell: maps, tables, sidecars, report"),
    ):
        setattr(_run, step, timed(label, getattr(_run, step)))


def smooth(source: Path) -> Figures:
    import numpy as np

    from scandrop.processors.nifti._smooth import Smoother

    image, run = loaded(source)
    volumes = [np.asfortranarray(run[..., t]) for t in range(run.shape[3])]
    smoother = Smoother(run.shape[:3], image.header.get_zooms()[:3], FWHM_MM)
    smoother.smooth(volumes[0])
    start = time.perf_counter()
    smoothed = [smoother.smooth(volume) for volume in volumes]
    seconds = time.perf_counter() - start
    difference = np.abs(np.stack(smoothed[:3], axis=-1) - nilearn_smoothed(image, run[..., :3])).max() / run.max()
    return {"seconds": seconds, "note": f"largest difference from nilearn {difference:.0e} of the brightest voxel"}


def smooth_nilearn(source: Path) -> Figures:
    image, run = loaded(source)
    nilearn_smoothed(image, run[..., :1])
    start = time.perf_counter()
    nilearn_smoothed(image, run)
    return {"seconds": time.perf_counter() - start}


def nilearn_smoothed(image: Any, run: Any) -> Any:
    from nibabel import Nifti1Image
    from nilearn.image import smooth_img

    return smooth_img(Nifti1Image(run, image.affine), FWHM_MM).get_fdata(dtype="float32")


def write_int16(source: Path) -> Figures:
    return written(source, "int16")


def write_float32(source: Path) -> Figures:
    return written(source, "float32")


def written(source: Path, dtype: str) -> Figures:
    """A run in the lane's own coding into `.nii.gz`."""
    import numpy as np

    from scandrop.processors.nifti._header import read_header
    from scandrop.processors.nifti._store import Coding
    from scandrop.processors.nifti._warnings import Warned
    from scandrop.processors.nifti._writer import Writer

    header = read_header(source, Warned(), max_run_bytes=2**40, max_volume_voxels=2**40)
    volumes = [np.asfortranarray(volume) for volume in np.moveaxis(moved(source), 3, 0)]
    coding = Coding(np.dtype(dtype), 0.125 if dtype == "int16" else 1.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.nii.gz"
        start = time.perf_counter()
        with Writer(path, header, coding) as out:
            for volume in volumes:
                out.write(volume)
        return {"seconds": time.perf_counter() - start, "note": f"{path.stat().st_size / 1e6:.0f} MB"}


def write_int16_nibabel(source: Path) -> Figures:
    return saved(source, "int16")


def write_float32_nibabel(source: Path) -> Figures:
    return saved(source, "float32")


def saved(source: Path, dtype: str) -> Figures:
    import nibabel

    image, _ = loaded(source)
    header = image.header.copy()
    header.set_data_dtype(dtype)
    made = nibabel.Nifti1Image(moved(source), image.affine, header)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.nii.gz"
        start = time.perf_counter()
        nibabel.save(made, path)
        return {"seconds": time.perf_counter() - start, "note": f"{path.stat().st_size / 1e6:.0f} MB"}


def moved(source: Path) -> Any:
    """The run as the lane's own resampling moves it by part of a voxel: the intensities that a corrected run has."""
    import numpy as np

    from scandrop.processors.nifti._resample import Resampler

    _, run = loaded(source)
    resampler, to_source = Resampler(run.shape[:3]), np.eye(4)
    to_source[:3, 3] = 0.3, -0.2, 0.1
    order, written = resampler.order(to_source), np.empty_like(run, order="F")
    for t in range(run.shape[3]):
        written[..., t] = resampler.resample(np.asfortranarray(run[..., t]), to_source, order)
    return written


def loaded(source: Path) -> tuple[Any, Any]:
    import nibabel
    import numpy as np

    image = nibabel.Nifti1Image.from_filename(source)
    return image, np.asarray(image.dataobj, np.float32)


VARIANTS: dict[str, Callable[[Path], Figures]] = {
    each.__name__: each
    for each in (
        whole,
        smooth,
        smooth_nilearn,
        write_int16,
        write_int16_nibabel,
        write_float32,
        write_float32_nibabel,
    )
}

if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    print(json.dumps(VARIANTS[sys.argv[1]](Path(sys.argv[2]))))
