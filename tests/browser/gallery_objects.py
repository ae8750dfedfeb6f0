"""A gallery of real outputs: the lanes run on files out of wheels, and what they made is written by the gallery's own
writer, without an AWS."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import nibabel
import numpy as np

from scandrop_cli.files import LocalFile
from scandrop_cli.gallery import looking, writing
from scandrop_cli.gallery.advice import Advice
from scandrop_cli.gallery.details import details_of
from scandrop_cli.gallery.thumbnails import thumbnail
from scandrop_cli.local import Rules, process_file
from scandrop_cli.samples import phantom
from tools.samples import write_scans

HOSTILE = "study/<img src=x onerror=alert(1)>\x1b[2J\u202egnp.json"
ENVIRONMENT = SimpleNamespace(name="test", region="eu-central-1", pseudonymous_keys=False, dead_letter_queue_urls={})
RULES = Rules(pseudonym_key=b"0123456789 a key that is long enough to be taken")
MEASURED = {
    "attempts": 1,
    "cost_usd": 0.0000123,
    "duration_ms": 1333,
    "finished_at": "2026-11-20T09:00:01.456Z",
    "package_version": "1.2.3",
    "peak_memory_mb": 212,
    "phases_ms": {"download": 40, "process": 1100, "upload": 120},
    "received_at": "2026-11-20T09:00:00.123Z",
    "request_id": "r-1",
}


def write_inputs(folder: Path) -> dict[str, Path]:
    """Files of every lane by the keys that they are dropped as."""
    import skimage  # noqa: PLC0415  # slow to import

    write_scans(folder)
    run = folder / "sub-01_task-rest_bold.nii.gz"
    phantom.write(phantom.phantom("typical", seed=1, shape=(24, 24, 12), volumes=40), run)
    records = [{"patient_id": f"A{number}", "patient_name": "Ikerian A"} for number in range(1000)]
    records[::4] = [{"patient_name": "Ikerian B"}] * 250
    (folder / "patients.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "hostile.json").write_text("[{}]")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    photo = Path(skimage.__file__).parent / "data" / "retina.jpg"
    return {
        "eyes/retina.jpg": photo,
        "chest/chest.dcm": folder / "chest.dcm",
        "head/ct-slice.dcm": folder / "ct-slice.dcm",
        "head/mr.dcm": folder / "mr-without-suffix",
        "rest/sub-01_task-rest_bold.nii.gz": run,
        "head/sub-01_T1w.nii.gz": _head(folder / "sub-01_T1w.nii.gz"),
        "records/patients.jsonl": folder / "patients.jsonl",
        HOSTILE: folder / "hostile.json",
        "eyes/broken.png": folder / "broken.png",
    }


def _head(path: Path) -> Path:
    """A bright ball in a dark room."""
    from_middle = np.linalg.norm(np.indices((40, 44, 36)).T - (20, 22, 18), axis=-1).T
    noise = np.random.default_rng(0).normal(20, 5, from_middle.shape)
    nibabel.save(nibabel.Nifti1Image(((from_middle < 16) * 600 + noise).astype(np.int16), np.diag([2, 2, 3, 1])), path)
    return path


def write_gallery(inputs: Mapping[str, Path], work: Path, folder: Path) -> Path:
    """Process the files, write their gallery and return its page."""
    place = _Folder(folder)
    writing.write(place, looking.about(ENVIRONMENT), (_looked(key, path, work, place) for key, path in inputs.items()))
    return folder / "index.html"


def write_gallery_of_report(folder: Path, report: str) -> str:
    """A gallery of one run whose report is this; returns where its page is."""
    place, item = _Folder(folder), {"object_key": "r", "version_id": "v1", "lane": "nifti", "status": "succeeded"}
    url = place.write("files/report.html", report.encode(), "")
    looked = writing.Looked(looking.entry_of(item), None, {"look": {"report": url}})
    writing.write(place, looking.about(ENVIRONMENT), [looked])
    return f"{(folder / 'index.html').as_uri()}#/o/r"


class _Folder:
    origin = "'self' file:"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, body: bytes, content_type: str) -> str:  # noqa: ARG002
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return quote(name)


class _Made:
    """What `process_file` made of one file."""

    def __init__(self, made: Path, place: _Folder) -> None:
        self.made, self.place = made, place

    def derivative(self, name: str) -> bytes | None:
        path = self.made / name
        return path.read_bytes() if path.is_file() else None

    def link(self, name: str) -> None: ...

    def copy(self, name: str) -> str | None:
        body = self.derivative(name)
        return body and self.place.write(f"files/{abs(hash(self.made))}/{name}", body, "")


def _looked(key: str, path: Path, work: Path, place: _Folder) -> writing.Looked:
    record = process_file(LocalFile(key, path, path.stat().st_size), work, RULES)
    folder = next(one.parent for one in work.rglob("manifest.json") if _is_of(one, key))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["source"]["version_id"] = "v1"
    status = {name: manifest[name] for name in ("status", "lane", "metadata", "error_code", "error")}
    item = {"object_key": key, "version_id": "v1", "etag": "e1", "size_bytes": record.size_bytes, **MEASURED, **status}
    source = _Made(folder, place)
    advised = Advice(manifest["error"], "scandrop logs --key K", "To find the cause:") if manifest["error"] else None
    return writing.Looked(
        looking.entry_of(item, advised),
        thumbnail(source, manifest),
        details_of(ENVIRONMENT, source, item, manifest),
    )


def _is_of(manifest: Path, key: str) -> bool:
    return bool(json.loads(manifest.read_text())["source"]["key"] == key)
