"""Numbers that may stay: of the form and count that the standard gives them, and no digits that number a person."""

import re
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from scandrop.processors.dicom._dataset import BINARY_NUMBERS, Element, Syntax
from scandrop.processors.dicom._dictionary import VM
from scandrop.processors.dicom._luts import PALETTE_DESCRIPTORS
from scandrop.processors.dicom._tags import (
    BITS_ALLOCATED,
    BITS_STORED,
    COLUMNS,
    HIGH_BIT,
    IMAGER_PIXEL_SPACING,
    INSTANCE_NUMBER,
    LUT_DESCRIPTOR,
    NUMBER_OF_FRAMES,
    PIXEL_PADDING_RANGE_LIMIT,
    PIXEL_PADDING_VALUE,
    PIXEL_REPRESENTATION,
    PIXEL_SPACING,
    PLANAR_CONFIGURATION,
    POINT_COORDINATES_DATA,
    RESCALE_INTERCEPT,
    RESCALE_SLOPE,
    ROWS,
    SAMPLES_PER_PIXEL,
    SLICE_THICKNESS,
    WINDOW_CENTER,
    WINDOW_WIDTH,
)

BINARY: Final = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
SIZES: Final = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "AT": 4, "FD": 8, "SV": 8, "UV": 8}
LEAST_DIGITS: Final = 4  # shorter identifiers are numbers that anything may have
DIGITS_OF_A_DAY: Final = 8
LEAST_ALONE: Final = 6  # so many digits are an identifier's wherever their point is

_LARGEST_FL: Final = 3e38
_LEAST, _LEAST_OF_PIXELS = 10 ** (LEAST_DIGITS - 1), 10 ** (LEAST_ALONE - 1)
_SHORT: Final = 6  # digits of YYMMDD
_LARGEST_TIME: Final = 10**18  # of what may be a date with the time behind it, or the time since an epoch
# A date alone, numbered by up to four digits, or with hours and minutes, seconds, thousandths of them.
_BEHIND: Final = (1, 10, 100, 10**3, 10**4, 10**6, 10**9)
_MOST_BEHIND: Final = 4  # digits, of a date that is told apart by six or seven
_SECONDS: Final = 86_400
_DAYS_OF_UNIX: Final = (24, 24 * 60, *(_SECONDS * unit for unit in (1, 10**3, 10**6)))  # of hours to microseconds
_NEARBY: Final = tuple(timedelta(days) for days in range(-31, 32))  # a day close by tells as much
_ROUND_THE_WORLD: Final = (-1, 0, 1)  # days by which a clock elsewhere may differ
_UNIX_EPOCH: Final = date(1970, 1, 1)

_DECIMAL: Final = rb" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *"
_INTEGER: Final = rb" *[+-]?[0-9]{1,10} *"
FORMS: Final = {
    "DS": re.compile(rb"(?:%b)?(?:\\(?:%b)?)*" % (_DECIMAL, _DECIMAL)),
    "IS": re.compile(rb"(?:%b)?(?:\\(?:%b)?)*" % (_INTEGER, _INTEGER)),
    "AS": re.compile(rb"[0-9]{3}[DWMY]"),
}
_TEXT: Final = re.compile(rb"(?=.*[0-9A-Za-z])[0-9A-Za-z ^'.,_-]{6,}[\0 ]*", re.DOTALL)  # no usual number is so written
_COUNT: Final = re.compile(r"([0-9]+)(?:-([0-9]*)(n?))?")
_OF_PIXELS: Final = frozenset(  # a short identifier's digits do not take these away: pixels mean nothing without them
    {
        *(SAMPLES_PER_PIXEL, PLANAR_CONFIGURATION, NUMBER_OF_FRAMES, ROWS, COLUMNS),
        *(BITS_ALLOCATED, BITS_STORED, HIGH_BIT, PIXEL_REPRESENTATION),
        *(PIXEL_PADDING_VALUE, PIXEL_PADDING_RANGE_LIMIT),
        *(0x00280106, 0x00280107),  # SmallestImagePixelValue, LargestImagePixelValue
        *(PIXEL_SPACING, IMAGER_PIXEL_SPACING, SLICE_THICKNESS),
        *(0x00180088, 0x00201041),  # SpacingBetweenSlices, SliceLocation
        *(INSTANCE_NUMBER, 0x00200032, 0x00200037),  # and position and orientation
        *(WINDOW_CENTER, WINDOW_WIDTH, RESCALE_INTERCEPT, RESCALE_SLOPE),
        *(*PALETTE_DESCRIPTORS, LUT_DESCRIPTOR),
        *(POINT_COORDINATES_DATA, 0x3004000C, 0x30060050),  # and GridFrameOffsetVector, ContourData
    }
)


class Numbers:
    """The numbers of one object. telling: the digits, without leading zeros, of what identifies its people.

    days: those of the object, which no number may be, with a time or without.
    """

    def __init__(self, telling: Iterable[str], days: Collection[date] = ()) -> None:
        told = set(telling)
        long = (int(digits) for digits in told if len(digits) >= LEAST_ALONE)
        self._all = _in_any_precision(map(int, told))
        self._long = _in_any_precision(long)
        self._alone = {digits for each in told if len(digits := each.rstrip("0")) >= LEAST_ALONE}
        self._days = _Days(days)

    def tell(self, tag: int, values: Sequence[str | float]) -> bool:
        """Whether any of the values of an element, as written or as numbers, is one of someone's."""
        of_pixels = tag in _OF_PIXELS
        told, least = (self._long, _LEAST_OF_PIXELS) if of_pixels else (self._all, 0)
        if not told and not self._days:
            return False
        numbers = [abs(float(value)) if isinstance(value, str) else abs(value) for value in values]
        if not told.isdisjoint(numbers):
            return True
        if self._days and any(self._days.are_of(each, whole=of_pixels) for each in numbers if each >= least):
            return True
        return bool(self._alone) and any(
            _digits(value) in self._alone for value in values if not isinstance(value, int)
        )

    def tell_code(self, digits: str) -> bool:
        """Whether the digits of a code are a day; of six that begin one and more behind, too many are a code's."""
        return len(digits) >= _SHORT and self._days.are_in_code(digits)


class _Days:
    """The days of an object and those nearby, in the ways in which a number can be one."""

    def __init__(self, days: Collection[date]) -> None:
        nearby = {day + more for day in days for more in _NEARBY}
        orders = {number for day in days for number in _orders(day)}
        self._exact = _in_any_precision(number for number in orders if number >= _LEAST)
        self._long = {f"{day:%Y%m%d}" for day in nearby} | {text for text in map(str, orders) if len(text) > _SHORT}
        self._short = {f"{day:%y%m%d}" for day in nearby}
        self._ordinal = {f"{day:%Y%j}" for day in nearby}
        self._since_epoch = {(day - _UNIX_EPOCH).days for day in nearby}
        self._counted = {(day - _UNIX_EPOCH).days + more for day in days for more in _ROUND_THE_WORLD}

    def __bool__(self) -> bool:
        return bool(self._exact or self._long)

    def are_of(self, number: float, *, whole: bool) -> bool:
        """Whether a number is one of the days, whatever follows. whole: whether the digits behind its point do not."""
        if not number < _LARGEST_TIME:
            return self._leads(_digits(number))
        before = int(number)
        if self._leads(str(before) if whole else _digits(number)):
            return True
        if before < _LEAST:
            return False
        of_times = before in self._counted or any(before // behind in self._exact for behind in _BEHIND)
        of_epoch = any(before // day in self._since_epoch for day in _DAYS_OF_UNIX)
        return of_times or of_epoch or self._numbers(str(before))

    def are_in_code(self, digits: str) -> bool:
        of_seconds = int(digits) // _SECONDS in self._since_epoch
        return digits in self._short or self._leads(digits) or int(digits) in self._exact or of_seconds

    def _leads(self, digits: str) -> bool:
        """By eight digits, or seven where the day comes first and has one."""
        padded = digits.ljust(DIGITS_OF_A_DAY, "0")  # 2019.031 is the tenth
        return padded[:DIGITS_OF_A_DAY] in self._long or padded[: DIGITS_OF_A_DAY - 1] in self._long

    def _numbers(self, digits: str) -> bool:
        """YYMMDD and YYYYDDD, by what follows numbered."""
        forms = ((_SHORT, self._short), (_SHORT + 1, self._ordinal))
        return any(len(digits) <= size + _MOST_BEHIND and digits[:size] in days for size, days in forms)


def written_numbers(raw: bytes, vr: str) -> list[str] | None:
    """The values of DS, IS or AS without padding, None where they are none."""
    stripped = raw.strip(b" \0")
    if stripped and not FORMS[vr].fullmatch(stripped):
        return None
    parts = (part.strip() for part in stripped.decode().split("\\"))
    return [part for part in parts if part and vr != "AS"]


def binary_numbers(element: Element, raw: bytes, syntax: Syntax) -> Sequence[float] | None:
    """The values of binary numbers; None where they are not as many as PS3.6 says, or where they read as text."""
    count, rest = divmod(len(raw), SIZES[element.vr])
    if rest or not _fits(count, "1-n" if element.tag & 0x10000 else VM.get(element.tag, "1")) or _TEXT.fullmatch(raw):
        return None
    order = "<" if syntax.little else ">"
    if element.vr == "AT":
        tags = struct.iter_unpack(order + "2H", raw)
        return [int(tag) for group, low in tags if (tag := f"{group:04X}{low:04X}").isdecimal()]
    values = struct.unpack(f"{order}{count}{BINARY_NUMBERS[element.vr]}", raw)
    return [float(f"{value:.8g}") for value in values] if element.vr == "FL" else values


def _in_any_precision(told: Iterable[int]) -> set[float]:
    """The numbers as they are, and as FL holds and tells them."""
    numbers = set(told)
    singles = (struct.unpack("<f", struct.pack("<f", number))[0] for number in numbers if number < _LARGEST_FL)
    return numbers | {float(f"{single:.8g}") for single in singles}


def _fits(count: int, multiplicity: str) -> bool:
    """Whether an element may have so many values; none it may always have."""
    match = _COUNT.match(multiplicity)
    if match is None or not count:
        return True
    least, step_or_most, is_open = int(match[1]), match[2], bool(match[3])
    if is_open:
        return count >= least and count % int(step_or_most or 1) == 0
    return least <= count <= int(step_or_most or least)


def _orders(day: date) -> Iterator[int]:
    """The ways in which a day is written as one number: 20190308, 8032019, 3082019, and each with the year as 19."""
    for year, digits in ((day.year, 4), (day.year % 100, 2)):
        yield year * 10**4 + day.month * 100 + day.day
        yield (day.day * 100 + day.month) * 10**digits + year
        yield (day.month * 100 + day.day) * 10**digits + year


def _digits(value: str | float) -> str:
    """Without sign, point, exponent, and the zeros around them."""
    mantissa = (value if isinstance(value, str) else repr(value)).lower().partition("e")[0]
    return mantissa.lstrip("+-").replace(".", "").strip("0")
