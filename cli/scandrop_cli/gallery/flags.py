"""What a card warns of, or vouches for: read from the lanes' metadata, without a value of the input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scandrop.processors import Json


@dataclass(frozen=True)
class Kind:
    """A kind of flag, as the filter names it. tone: ``good``, ``look`` or ``bad``. why: what raises it."""

    label: str
    tone: str
    why: str = ""


FACE_WHY = (
    "A face may be recognisable in volumes and photographs that show a head, or of which nothing says that they show "
    "another part of the body. Nobody has looked at the pixels."
)
KINDS = {
    "pass": Kind("quality: pass", "good"),
    "warn": Kind("quality: warn", "look"),
    "fail": Kind("quality: fail", "bad"),
    "face": Kind("a face may be recognisable", "look", FACE_WHY),
    "text": Kind("text burned in", "bad"),
    "maybe_text": Kind("text may be burned in", "look"),
    "not_finite": Kind("pixels not finite", "look"),
    "rejects": Kind("records rejected", "look"),
    "warnings": Kind("warnings", "look"),
}
_BURNED_IN = {"stated": "text", "possible": "maybe_text"}


def flags_of(metadata: Mapping[str, Any]) -> dict[str, Json]:
    """The flags that an object's metadata raise, each with what its card says."""
    return {kind: says or KINDS[kind].label for kind, says in _raised(metadata)}


def _raised(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if (verdict := metadata.get("verdict")) in {"pass", "warn", "fail"}:
        yield verdict, ""
    if risk := _BURNED_IN.get(metadata.get("burned_in_risk") or ""):
        yield risk, ""
    if metadata.get("recognisable"):
        yield "face", ""
    if holes := metadata.get("nonfinite_pixels") or metadata.get("non_finite"):
        yield "not_finite", f"{holes:,} not finite"
    if rejected := metadata.get("rejected"):
        records = metadata["records"]
        yield "rejects", f"{rejected:,} of {records:,} {'record' if records == 1 else 'records'} rejected"
    if warnings := metadata.get("warnings"):
        yield "warnings", "1 warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
