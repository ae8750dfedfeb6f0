"""One object from its first byte to its last derivative: read, held against the settings, de-identified, shown."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from scandrop.errors import Failed, Rejected
from scandrop.processors import Derivative, Result, Source
from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._burned_in import Risk, annotated, burned_in_risk
from scandrop.processors.dicom._comments import without_comments
from scandrop.processors.dicom._dataset import File
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._frames import Pixels
from scandrop.processors.dicom._json import header_json
from scandrop.processors.dicom._labels import rightly_labelled
from scandrop.processors.dicom._mask import masked
from scandrop.processors.dicom._mask_rules import Rule, rules_of
from scandrop.processors.dicom._metadata import Findings, metadata
from scandrop.processors.dicom._picture import Pictures, pictures
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._recognisable import recognisable
from scandrop.processors.dicom._warnings import Warned
from scandrop.processors.dicom._write import write
from scandrop.pseudonyms import Pseudonyms


class _Taken(NamedTuple):
    """An object that the environment takes, and its pixels as they may go on: masked, and without text around them."""

    file: File
    pixels: Pixels | None
    risk: Risk
    is_masked: bool


def derive(source: Source, settings: Settings, work: Path) -> Result:
    """Everything of one DICOM file; see `scandrop.processors.dicom.process`."""
    if source.pseudonym_key is None:
        raise Failed("no_pseudonym_key")
    warned, pseudonyms = Warned(), Pseudonyms(source.pseudonym_key)
    with tempfile.TemporaryDirectory(dir=work) as scratch:  # what is mapped from there stays until nothing needs it
        file, pixels, risk, is_masked = _taken(source, settings, Path(scratch), warned)
    is_recognisable = bool(recognisable(file))
    clean = deidentify(file, pseudonyms, settings, warned, recognisable=is_recognisable, pixels_cleaned=is_masked)
    made, shown = _header_derivatives(clean, work), Pictures([])
    if pixels is not None:
        shown = pictures(clean, pixels, settings, work, warned)
    findings = Findings(risk, is_recognisable, shown.window, shown.histogram, pseudonyms.fingerprint)
    return Result([*made, *shown.derivatives], metadata(clean, findings, warned))


def _taken(source: Source, settings: Settings, scratch: Path, warned: Warned) -> _Taken:
    raw = rightly_labelled(read(source.path, scratch, warned, max_bytes=settings.max_decoded_bytes), warned)
    pixels = Pixels.of(raw, settings, warned)
    risk = _risk(raw, pixels, settings)
    if pixels is None:
        return _Taken(raw, None, risk, is_masked=False)
    file = raw
    if settings.burned_in == "mask":
        file = masked(raw, pixels, risk, _rules(source), scratch)
    if file is not raw:
        pixels = Pixels.of(file, settings, warned) or pixels
    return _Taken(without_comments(annotated(file, risk), pixels, warned, scratch), pixels, risk, file is not raw)


def _risk(file: File, pixels: Pixels | None, settings: Settings) -> Risk:
    """Of text in the pixels. Raises `Rejected` where the settings do not take it, or do not take what has no pixels."""
    if pixels is None:
        if settings.without_pixels == "reject":
            raise Rejected("dicom_without_pixels")
        return Risk("none")
    looked_at = pixels.shown(settings) if settings.burned_in == "pass" else range(pixels.frames)
    risk = burned_in_risk(file, embedded_overlay=pixels.overlay_in_bits(looked_at))
    if risk.level != "none" and settings.burned_in == "reject":
        raise Rejected("dicom_burned_in", reasons=", ".join(risk.reasons))
    return risk


def _rules(source: Source) -> tuple[Rule, ...]:
    path = source.assets.get("mask_rules")
    return rules_of(path.read_bytes()) if path else ()


def _header_derivatives(clean: File, work: Path) -> list[Derivative]:
    deid, header = work / "deid.dcm", work / "header.json"
    write(deid, clean)
    header.write_bytes(header_json(clean.dataset, clean.syntax))
    return [
        Derivative(deid.name, deid, "application/dicom", {"transfer_syntax": clean.syntax.name}),
        Derivative(header.name, header, "application/dicom+json"),
    ]
