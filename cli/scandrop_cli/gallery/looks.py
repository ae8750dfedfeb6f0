"""What each lane's specialist looks at first."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from scandrop.processors import Json
from scandrop_cli.gallery.facts import TIMES, facts_of
from scandrop_cli.gallery.flags import FACE_WHY
from scandrop_cli.gallery.histograms import histogram_of
from scandrop_cli.gallery.reasons import count_said, reason_said
from scandrop_cli.gallery.source import Manifest, Source

MOST_REJECTS = 200  # that a page lists

FIRST: Mapping[str, tuple[str, ...]] = {
    "image": ("format", "bits", "web_reduction_percent", "half_reduction_percent"),
    "dicom": (
        *("modality", "body_part", "series_number", "instance_number", "spacing_mm", "slice_thickness_mm"),
        *("bits_stored", "burned_in_risk", "recognisable"),
    ),
    "nifti": (  # of a run, then of an image
        *("shape", "voxel_mm", "tr_s", "fd_mean", "fd_max", "kept_percent", "tsnr", "tsnr_before", "dvars_std"),
        *("orientation", "mask_ml", "snr", "mask_mean", "mask_sd", "recognisable"),
    ),
    "record": ("records", "extracted", "rejected", "form"),
}
SIDES: Mapping[str, tuple[str, str]] = {"image": ("width", "height"), "dicom": ("columns", "rows")}
ELSEWHERE = {"histogram", "passed", "reasons", "verdict", "warnings", "window"}  # beside the metadata's own table


def look_of(lane: str, source: Source, metadata: Mapping[str, Any], manifest: Manifest | None) -> dict[str, Json]:
    """What stands at the head of an object's page. Where nothing was made of it, there is nothing to look at."""
    look: dict[str, Json] = {"first": first_facts(lane, metadata), "histogram": histogram_of(metadata)}
    if manifest:
        look |= {"picture": _picture(source, metadata, manifest), **_OF_LANE.get(lane, _nothing)(source, metadata)}
    return look


def first_facts(lane: str, metadata: Mapping[str, Any]) -> list[Json]:
    """The few numbers that stand beside the picture."""
    facts = facts_of(metadata, FIRST.get(lane, ()), {"recognisable": FACE_WHY} if metadata.get("recognisable") else {})
    names = SIDES.get(lane, ())
    if names and all(metadata.get(name) for name in names):
        sides = f" {TIMES} ".join(f"{metadata[name]:,}" for name in names)
        facts.insert(0, [f" {TIMES} ".join(names).capitalize(), sides])
    return facts


def _picture(source: Source, metadata: Mapping[str, Any], manifest: Manifest) -> dict[str, Json] | None:
    """The largest picture that a browser shows as it is."""
    for entry in sorted(manifest["derivatives"], key=lambda entry: not entry["name"].startswith("web.")):
        if entry["name"].startswith("web.") or entry["name"].endswith("preview.png"):
            size = {side: entry[side] for side in ("width", "height") if side in entry}
            return {"url": source.copy(entry["name"]), **size, "says": _which_of(metadata)}
    return None


def _which_of(metadata: Mapping[str, Any]) -> str | None:
    """Which of several the picture shows; frames of an image are played."""
    if (pages := metadata.get("pages") or 1) > 1:
        return f"Page 1 of {pages:,}"
    if (frames := metadata.get("frames") or 1) > 1 and "modality" in metadata:
        return f"Frame {frames // 2 + 1:,} of {frames:,}"
    return None


def _run(source: Source, metadata: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "verdict": metadata.get("verdict"),
        "reasons": [
            *([True, reason] for reason in metadata.get("reasons", [])),
            *([False, passed] for passed in metadata.get("passed", [])),
        ],
        "report": source.copy("report.html"),
    }


def _records(source: Source, metadata: Mapping[str, Any]) -> dict[str, Json]:
    body = source.derivative("rejects.jsonl") or b""
    return {
        "rejects": list(islice(_rejects(body), MOST_REJECTS)),
        "rejected": metadata.get("rejected"),
        "reasons": [[count_said(reason), count] for reason, count in (metadata.get("reasons") or {}).items()],
    }


def _rejects(body: bytes) -> Iterator[list[Json]]:
    """Line, path and reason of each; there is no value in them."""
    for line in body.splitlines():
        one = json.loads(line)
        yield [one["line"], one["path"], reason_said(one["reason"])]


def _nothing(source: Source, metadata: Mapping[str, Any]) -> dict[str, Json]:  # noqa: ARG001
    return {}


_OF_LANE: Mapping[str, Callable[[Source, Mapping[str, Any]], dict[str, Json]]] = {"nifti": _run, "record": _records}
