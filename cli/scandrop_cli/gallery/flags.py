"""What a card warns of, or vouches for: read from the lanes' metadata, without a value of the input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scandrop.processors import Json


@dataclass(frozen=True)
class Kind:
    """A kind of flag, as the filter names it. tone: ``good``, ``look`` or ``bad``."""

    label: str
    tone: str


KINDS = {
    "pass": Kind("quality: pass", "good"),
    "warn": Kind("quality: warn", "look"),
    "fail": Kind("quality: fail", "bad"),
    "face": Kind("face could be made out", "look"),
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
        yield "rejects", f"{rejected:,} of {metadata['records']:,} records rejected"
    if warnings := metadata.get("warnings"):
        yield "warnings", "1 warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
