"""Text of which only harmless words are left (PS3.15 section E.3.5, Clean Descriptors).

A word is harmless where the standard's own vocabulary or the environment has it and the object names nobody and nothing
by it. All else is dropped, with the bare numbers next to it, and what stood there leaves no gap.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

REMOVED: Final = "REMOVED"  # stands where a value must not be empty
OWN_WORDS: Final = frozenset({"removed", "unknown"})  # that stand for what was dropped, and stay

_UNITS: Final = "mm|cm|m|t|kv|kvp|ma|mas|ms|us|s|sec|min|h|hz|khz|mhz|ml|cc|mg|g|kg|mbq|mgy|gy|deg|px|bit|x"
_TOKEN: Final = re.compile(rf"(?<![^\W_])([0-9]+(?:[-.,/:][0-9]+)*)(?:{_UNITS})?(?![^\W_])|[^\W_]+", re.IGNORECASE)
_UNIT_WORDS: Final = frozenset(unit for unit in _UNITS.split("|") if len(unit) > 1)  # a letter stands for too much
_WORD: Final = re.compile(r"[^\W_]+")
_MOST_DIGITS: Final = 3  # in a row, however they are split: longer ones number people, or are dates
# A larger number without a unit may be a telling age, or part of a longer one.
_SMALL: Final = re.compile(r"[0-8]?[0-9]")
_PLAIN: Final = re.compile(r"[\x20-\x7e\t\r\n\f]*")
_SEPARATOR: Final = re.compile(r"[ -/:-@\[-`{-~]{1,2}|\r?\n")
_MONTHS: Final = frozenset(
    str.split("""
    jan january feb february mar march apr april may jun june jul july aug august sep sept september
    oct october nov november dec december
    """)
)
_YEARS: Final = frozenset(str.split("y yo yr yrs year years yearold jahre jahr ans old"))


class _Word(NamedTuple):
    """number: digits and what is between them, empty for what is no number; has_unit: one of two letters or more."""

    start: int
    end: int
    folded: str
    number: str
    has_unit: bool

    @property
    def digits(self) -> int:
        return sum(map(str.isdigit, self.number))


class Cleaner:
    """Cleans text by a vocabulary (folded words) and the words that tell of the people and places of one object.

    counts_things: whether a short number may stay without a unit whatever it is, as in versions and code strings; in
    free text it may be an age or half a date. whole: whether a text of which a word goes goes whole.
    """

    def __init__(
        self,
        vocabulary: Collection[str],
        forbidden: Collection[str],
        *,
        counts_things: bool = False,
        whole: bool = False,
    ) -> None:
        self._vocabulary = vocabulary
        self._forbidden = forbidden
        self._counts_things = counts_things
        self._whole = whole

    def clean(self, text: str) -> str:
        """The harmless words of `text` in plain ASCII, with what separated those that stood together."""
        words = [_word(match) for match in _TOKEN.finditer(text)]
        measured = {word for word, after in pairwise(words) if word.digits and after.folded in _UNIT_WORDS}
        staying = {word for word in words if self._may_stay(word, is_measured=word.has_unit or word in measured)}
        kept = _without_long_numbers(_without_stray_numbers(words, staying))
        if len(kept) == len(words) and _PLAIN.fullmatch(text):
            return text if words else ""
        if self._whole and len(kept) < len(words):
            return ""
        return _ascii("".join(_pieces(text, words, kept)))

    def names_someone(self, text: str) -> bool:
        """Whether a word of `text` is one that tells of this object's people and places."""
        return any(word in self._forbidden for word in words_of(text))

    def _may_stay(self, word: _Word, *, is_measured: bool) -> bool:
        if word.folded in self._forbidden:
            return False
        if word.digits:
            any_number = is_measured or self._counts_things
            return word.digits <= _MOST_DIGITS if any_number else _SMALL.fullmatch(word.number) is not None
        return word.folded in self._vocabulary and word.folded not in _MONTHS


def fold(text: str) -> str:
    """Text without letter case and accents, as words are compared."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))


def words_of(text: str) -> Iterator[str]:
    """The folded words of a name or an identifier."""
    return (fold(match[0]) for match in _WORD.finditer(text))


def _word(match: re.Match[str]) -> _Word:
    number = match[1] or ""
    has_unit = len(match[0]) - len(number) > 1  # "92M" is a man of 92 as often as it is metres
    return _Word(match.start(), match.end(), fold(match[0]), number, has_unit=bool(number) and has_unit)


def _without_stray_numbers(words: list[_Word], staying: set[_Word]) -> list[_Word]:
    """A bare number next to a word that goes is of the same address, date or telephone number, and so is its next."""
    measured = {word for word, after in pairwise(words) if after.folded in _UNIT_WORDS and after in staying}
    for ordered in (words, words[::-1]):
        for before, word in pairwise(ordered):
            if before not in staying and word.digits and not (word.has_unit or word in measured):
                staying.discard(word)
    return [word for word in words if word in staying]


def _without_long_numbers(words: list[_Word]) -> list[_Word]:
    """Numbers with no word between them are one; a number of years may be an age over 89."""
    kept: list[_Word] = []
    run: list[_Word] = []
    for word in [*words, None]:
        if word is not None and word.digits:
            run.append(word)
            continue
        if sum(number.digits for number in run) <= _MOST_DIGITS and not (word and word.folded in _YEARS):
            kept += run
        run = []
        kept += [word] if word else []
    return kept


def _pieces(text: str, words: list[_Word], kept: list[_Word]) -> Iterator[str]:
    staying, before = set(kept), None
    for left, word in zip([None, *words], words, strict=False):
        if word in staying:
            between = text[before.end : word.start] if before else ""
            yield between if before is left and _SEPARATOR.fullmatch(between) else " " if before else ""
            yield text[word.start : word.end]
            before = word


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return decomposed.encode("ascii", "ignore").decode()
