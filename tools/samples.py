"""Real files for each lane: photographs out of scikit-image's wheel, and a page of patient records."""

import json
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from scandrop_cli import tables, terminal
from scandrop_cli.environment import Environment
from scandrop_cli.settling import settle

PHOTOGRAPHS = (
    "retina.jpg",  # a fundus photograph of 1411 x 1411
    "astronaut.png",
    "multipage.tif",
    "no_time_for_that_tiny.gif",  # animated
)
RECORDS = [
    {
        "patient_id": "A12345",
        "patient_name": "Ikerian A",
        "scan_date": "2025-01-01",
        "retina_thickness_microns": 275,
        "optic_disc_cup_ratio": 0.4,
        "diagnosis": "normal",
    },
    {
        "patient_id": "B67890",
        "patient_name": "Ikerian B",
        "scan_date": "2025-01-02",
        "retina_thickness_microns": 310,
        "optic_disc_cup_ratio": 0.7,
        "diagnosis": "glaucoma suspect",
    },
]


def write(folder: Path) -> list[Path]:
    """Put a few samples of each lane into a folder. The one without a suffix goes by way of the `other` lane."""
    with as_file(files("skimage") / "data") as data:
        for name in PHOTOGRAPHS:
            shutil.copyfile(data / name, folder / name)
        shutil.copyfile(data / "camera.png", folder / "photo-without-suffix")
    (folder / "patients.json").write_text(json.dumps(RECORDS, indent=2) + "\n")
    return sorted(folder.iterdir())


def drop(environment: Environment, prefix: str, timeout_s: float) -> bool:
    """Drop the samples anew, wait until each is settled, show the results and return whether all are good."""
    with tempfile.TemporaryDirectory() as folder:
        keys = {f"{prefix}/{path.name}": path for path in write(Path(folder))}
        with terminal.count_progress("Waiting for results", len(keys)) as on_count:
            for key, path in keys.items():
                environment.s3.upload_file(str(path), environment.raw_bucket, key)
            awaited = settle(
                environment,
                keys,
                timeout_s=timeout_s,
                on_change=lambda now: on_count(sum(one.over for one in now), tables.counts(now)),
            )
    console = terminal.stdout()
    console.print(tables.results_table(awaited), *tables.explanations(awaited), sep="\n")
    return all(one.good for one in awaited)
