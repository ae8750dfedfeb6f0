"""What an object's own page shows beyond its card, by lane."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from scandrop.processors import Json
from scandrop.processors.dicom._warnings import WARNINGS as DICOM_WARNINGS
from scandrop.processors.nifti._warnings import WARNINGS as NIFTI_WARNINGS
from scandrop_cli.environment import Environment
from scandrop_cli.gallery.advice import command
from scandrop_cli.gallery.facts import TIMES, facts_of, number, said
from scandrop_cli.gallery.looks import ELSEWHERE, FIRST, SIDES, look_of
from scandrop_cli.gallery.source import Manifest, Source
from scandrop_cli.records import Item
from scandrop_cli.wording import usd

_PHASES = ("download", "process", "upload")
_WARNINGS = DICOM_WARNINGS | NIFTI_WARNINGS
_WHICH_FIRST = re.compile(r", the first of them (in )?\{(tag|keyword)\},?")
_UNKNOWN = {  # what stands for a fact that nobody kept
    "header": "one thing",
    "said": "something else",
    "found": "another form",
    "tag": "an attribute",
    "keyword": "an attribute",
    "most": "many",
}
_WHAT = {  # a derivative by its name; the first pattern that fits
    "web.*": "for the screen",
    "half.*": "smaller, with all of its depth",
    "*preview.png": "preview",
    "model.npz": "numbers for a model",
    "model.png": "what the model sees",
    "deid.dcm": "the object, de-identified",
    "header.json": "its header as DICOM JSON",
    "*preproc_bold.nii.gz": "the run, corrected for motion",
    "*_bold.nii.gz": "the same, smoothed",
    "*_boldref.nii.gz": "the reference volume",
    "*brain_mask.nii.gz": "brain mask",
    "*head_mask.nii.gz": "head mask",
    "*_tsnr.nii.gz": "map of the temporal SNR",
    "*_xfm.txt": "a transform for each volume",
    "*_timeseries.tsv": "confounds for each volume",
    "*connectivity_matrix.tsv": "correlations between regions",
    "*connectivityz_matrix.tsv": "the same as Fisher's z",
    "*_dseg.nii.gz": "the regions",
    "*_dseg.tsv": "their names",
    "*_qc.json": "quality metrics",
    "report.html": "quality report",
    "patients.json": "the fields that were asked for",
    "rejects.jsonl": "the records that were refused",
    "dataset_description.json": "what made these files",
    "*.json": "what the file beside it holds",
}


def details_of(environment: Environment, source: Source, item: Item, manifest: Manifest | None) -> dict[str, Json]:
    """Everything that an object's page shows and its card does not, in words and with units."""
    metadata = item.get("metadata") or {}
    lane, quality = item["lane"], _quality(source, manifest)
    details: dict[str, Json] = {
        "look": look_of(lane, source, metadata, manifest),
        "warnings": _warnings(metadata, quality),
        "metadata": _metadata(lane, metadata, quality),
        "took": _took(item, manifest),
        "derivatives": _derivatives(source, manifest) if manifest else [],
        "provenance": _provenance(item, manifest),
        "settings": _settings(manifest) if manifest else [],
        "download": _download(environment, item["object_key"], manifest),
        "study": _study(environment, metadata),
    }
    return {name: value for name, value in details.items() if value not in (None, [], {})}


def what_is(name: str) -> str:
    """What a derivative is, by its name; nothing of one that is not known."""
    return next((what for pattern, what in _WHAT.items() if fnmatchcase(name, pattern)), "")


def _quality(source: Source, manifest: Manifest | None) -> Mapping[str, Any]:
    """What ``qc.json`` of the nifti lane says: metrics with units and definitions, and warnings in whole sentences."""
    names = [entry["name"] for entry in manifest["derivatives"]] if manifest else []
    body = next((source.derivative(name) for name in names if name.endswith("_qc.json")), None)
    return dict(json.loads(body or "{}"))


def _metadata(lane: str, metadata: Mapping[str, Any], quality: Mapping[str, Any]) -> list[Json]:
    """What the page does not show elsewhere, each with its definition where there is one."""
    shown = {*ELSEWHERE, *FIRST.get(lane, ()), *SIDES.get(lane, ())}
    meanings = {name: _meaning(**one) for name, one in quality.get("definitions", {}).items()}
    if metadata.get("kind") == "run":
        shown |= meanings.keys()  # the report has them
    return facts_of(metadata, (name for name in metadata if name not in shown), meanings)


def _meaning(unit: str, definition: str) -> str:
    return f"{definition.removesuffix('.')}, in {unit}." if unit else definition


def _warnings(metadata: Mapping[str, Any], quality: Mapping[str, Any]) -> list[Json]:
    """Each code and its sentence, without its facts where no derivative tells them."""
    told = {one["code"]: one["sentence"] for one in quality.get("warnings", [])}
    return [[code, told.get(code) or _sentence(code)] for code in metadata.get("warnings") or []]


def _sentence(code: str) -> str:
    said = _WHICH_FIRST.sub("", _WARNINGS.get(code, "")).format_map(defaultdict(lambda: "some", _UNKNOWN))
    return said[:1].upper() + said[1:]


def _took(item: Item, manifest: Manifest | None) -> dict[str, Json]:
    """Milliseconds by phase, and what the try cost."""
    phases = dict(item.get("phases_ms") or {})
    if not (manifest and manifest["derivatives"]):
        phases.pop("upload", None)  # of the manifest alone
    steps: list[Json] = [[phase, round(phases[phase])] for phase in _PHASES if phase in phases]
    rest = round((item.get("duration_ms") or 0) - sum(phases.values()))
    if steps and rest > 0:
        steps.append(["commit and the rest", rest])
    return {"steps": steps, "facts": [*facts_of(item, ("duration_ms", "peak_memory_mb", "attempts")), *_cost(item)]}


def _cost(item: Item) -> list[Json]:
    cost = item.get("cost_usd")
    return [["Cost", f"{usd(float(cost))} USD"]] if cost is not None else []


def _derivatives(source: Source, manifest: Manifest) -> list[Json]:
    return [
        {
            "name": entry["name"],
            "what": what_is(entry["name"]),
            "sides": f"{entry['width']} {TIMES} {entry['height']}" if {"width", "height"} <= set(entry) else "",
            "bytes": number(entry["bytes"]),
            "sha256": entry["sha256"],
            "link": source.link(entry["name"]),
        }
        for entry in manifest["derivatives"]
    ]


def _provenance(item: Item, manifest: Manifest | None) -> list[Json]:
    """Which bytes it was made of, when, and by what."""
    source: Mapping[str, Any] = manifest["source"] if manifest else {}
    facts = {"version": item["version_id"], "sha256": source.get("sha256"), "sidecar": source.get("sidecar")}
    names = ("etag", "size_bytes", "received_at", "finished_at", "updated_at", "package_version", "request_id")
    return [*facts_of(facts, facts), *facts_of(item, names)]


def _settings(manifest: Manifest) -> list[Json]:
    return [[name, said(name, value)] for name, value in manifest["settings"].items() if value not in (None, "", [])]


def _download(environment: Environment, key: str, manifest: Manifest | None) -> str | None:
    return command("download", (), environment, key, ".") if manifest and manifest["derivatives"] else None


def _study(environment: Environment, metadata: Mapping[str, Any]) -> str | None:
    uid = metadata.get("study_instance_uid")
    return command("study", ("show",), environment, uid) if uid else None
