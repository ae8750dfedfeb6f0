"""A histogram and the window over it, with the sentence that says the same to who cannot see it."""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from scandrop.processors import Json
from scandrop_cli.gallery.facts import number

_ALL = 0.995  # as shares are rounded
_UNIT = {"CT": "HU"}  # of the modalities whose values have one unit whoever made them


def histogram_of(metadata: Mapping[str, Any]) -> dict[str, Json] | None:
    """What the page draws: the counts, the window's ends where one is stated, and both in words.

    None of a record from before there were histograms, and of what has no pixels.
    """
    match metadata.get("histogram"):
        case {"lowest": lowest, "highest": highest, "counts": [_, *_] as counts} if sum(counts) > 0:
            window = _window(metadata, lowest, highest)
            unit = _UNIT.get(metadata.get("modality") or "", "")
            return {
                "lowest": lowest,
                "highest": highest,
                "counts": counts,
                "unit": unit,
                "window": None if window and _is_all(window, lowest, highest) else window,
                "inverted": metadata.get("photometric_interpretation") == "MONOCHROME1",
                "says": " ".join(_sentences(lowest, highest, counts, window, unit)),
            }
    return None


def share_below(value: float, lowest: float, highest: float, counts: list[int]) -> float:
    """How much of all lies below a value, taken evenly within the bin that it falls into; 0 to 1."""
    if highest <= lowest:
        return float(value > lowest)
    place = min(max((value - lowest) / (highest - lowest), 0.0), 1.0) * len(counts)
    whole = int(place)
    part = (place - whole) * counts[whole] if whole < len(counts) else 0.0
    return (sum(counts[:whole]) + part) / sum(counts)


def _window(metadata: Mapping[str, Any], lowest: float, highest: float) -> list[Json] | None:
    if window := metadata.get("window"):  # of an image: what is black and what is white
        black, white = window
        return None if black <= lowest and highest <= white else [black, white]  # nothing is to be seen of one
    center, width = metadata.get("window_center"), metadata.get("window_width")
    return [center - width / 2, center + width / 2] if center is not None and width is not None else None


def _is_all(window: list[Any], lowest: float, highest: float) -> bool:
    """Whether a window's ends are those of the values, so that there is nothing to draw."""
    near = (highest - lowest) / 100
    low, high = map(float, window)
    return abs(low - lowest) <= near and abs(high - highest) <= near


def _sentences(lowest: float, highest: float, counts: list[int], window: list[Any] | None, unit: str) -> list[str]:
    median = _median(lowest, highest, counts)
    values = _with(unit, f"Values from {number(lowest)} to {number(highest)}")
    sentences = [f"{values}, half of them below about {number(median)}."]
    if window:
        ends = _with(unit, f"The window shows {number(window[0])} to {number(window[1])}")
        under, upto = (share_below(end, lowest, highest, counts) for end in window)
        sentences.append(f"{ends}: {_shares(under, upto - under, 1 - upto)}.")
    return sentences


def _shares(under: float, inside: float, above: float) -> str:
    if inside > _ALL:
        return "all of them"
    return f"{inside:.0%} of them; {under:.0%} lie below and {above:.0%} above"


def _median(lowest: float, highest: float, counts: list[int]) -> float:
    half = sum(counts) / 2
    place = next(place for place, below in enumerate(accumulate(counts)) if below >= half)
    return lowest + (highest - lowest) * (place + 0.5) / len(counts)


def _with(unit: str, text: str) -> str:
    return f"{text} {unit}".rstrip()
