"""A data set of which nothing tells who the patient is (PS3.15 Annex E), by one rule for every element at every depth.

named by Table E.1-1    what the table says, with the settings' options (`_actions`)
of a public VR          a UID of someone's own is replaced, text keeps harmless words (`_clean`), a number must be one
anything else           is removed: private, unknown and retired elements, and bytes that show no pixels
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._actions import Action, basic, chosen
from scandrop.processors.dicom._bulk import BULK, is_needed, pixels_alone
from scandrop.processors.dicom._clean import OWN_WORDS, REMOVED, Cleaner, fold
from scandrop.processors.dicom._codes import CODE_TAGS, cleaned_code, is_coded, unknown_code
from scandrop.processors.dicom._dataset import (
    NOT_SPLIT,
    PIXEL_DATA,
    SPECIFIC_CHARACTER_SET,
    Dataset,
    Element,
    File,
    charsets,
    raw,
    text,
    uid,
)
from scandrop.processors.dicom._dates import shifted
from scandrop.processors.dicom._declare import declaration
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._identities import (
    IDENTIFIERS,
    PATIENT_ID,
    PATIENT_NAME,
    Patient,
    patient_of,
    telling_words,
)
from scandrop.processors.dicom._private import Safe, is_private, safe_private
from scandrop.processors.dicom._text import decode
from scandrop.processors.dicom._vocabulary import WORDS
from scandrop.processors.dicom._vr import decided
from scandrop.processors.dicom._warnings import Warned
from scandrop.pseudonyms import Pseudonyms

SOP_CLASS_UID: Final = 0x00080016
PATIENT_AGE: Final = 0x00101010

_CURVES_AND_OVERLAYS: Final = (0x50, 0x60)
_FIRST_OF_DATA: Final = 0x00040000  # below are commands and file meta
_TEXT: Final = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_NUMBERS: Final = frozenset({"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"})
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_DATES: Final = frozenset({"DA", "DT", "TM"})
_DECIMAL: Final = rb" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *"
_FORMS: Final = {
    "DS": re.compile(rb"(?:%b)?(?:\\(?:%b)?)*[ \0]*" % (_DECIMAL, _DECIMAL)),
    "IS": re.compile(rb"(?: *[+-]?[0-9]{1,10} *)?(?:\\(?: *[+-]?[0-9]{1,10} *)?)*[ \0]*"),
    "AS": re.compile(rb"[0-9]{3}[DWMY]"),
}
_DUMMIES: Final = {
    **dict.fromkeys((*_TEXT, "PN"), REMOVED.encode() + b" "),
    "DA": b"19000101",
    "DT": b"19000101000000",
    "TM": b"000000",
    "AS": b"000D",
    "DS": b"1 ",
    "IS": b"1 ",
    "US": bytes(2),
    "SS": bytes(2),
    "UL": bytes(4),
    "SL": bytes(4),
    "FL": bytes(4),
    "AT": bytes(4),
    "FD": bytes(8),
    "SV": bytes(8),
    "UV": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OD": bytes(8),
    "OV": bytes(8),
    "OB": bytes(2),
    "OW": bytes(2),
    "UN": bytes(2),
}
_CHARSET: Final = re.compile(r"|ISO_IR [0-9]{1,3}|ISO 2022 IR [0-9]{1,3}|GB18030|GBK")
_CONTEXT: Final = {0x0008010F: re.compile(r"[0-9]{1,5}"), 0x0040DB00: re.compile(r"[0-9]{1,5}")}  # of CID and TID
_ANY_UID: Final = re.compile(r"(?=.{1,64}$)(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")
_STANDARD_UID: Final = re.compile(r"1\.2\.840\.10008(?:\.[0-9]{1,4}){1,8}")
_WELL_KNOWN_INSTANCE: Final = re.compile(r"1\.2\.840\.10008\.1\.[45](?:\.[0-9]{1,2}){1,2}")  # atlases, palettes
_OVER_89: Final = re.compile(rb"(?:09|[1-9][0-9])[0-9]Y")


class _Level(NamedTuple):
    """One data set on its way. target: what it becomes; parents: the sequences around it, outermost first.

    mode: what becomes of text that no row of the table names: CLEAN, KEEP inside a sequence that an option keeps, DUMMY
    inside one of which only the form may stay.
    """

    source: Dataset
    target: Dataset
    ancestors: tuple[Dataset, ...]
    parents: tuple[int, ...]
    charsets: Sequence[str]
    mode: Action
    patient: Patient


def deidentify(
    file: File,
    pseudonyms: Pseudonyms,
    settings: Settings,
    warned: Warned,
    *,
    recognisable: bool,
    pixels_cleaned: bool,
) -> File:
    """A new file without what identifies its patient; `file` stays as it is. Its meta group is for the writer to make.

    recognisable: whether the pixels could show a face, which is declared. pixels_cleaned: whether text in the pixels
    was masked. Doing it twice is doing it once.
    """
    engine = _Deidentifier(file, pseudonyms, settings, warned)
    dataset = engine.dataset() | declaration(settings, recognisable=recognisable, pixels_cleaned=pixels_cleaned)
    return File(file.syntax, {}, dict(sorted(dataset.items())))


class _Deidentifier:
    def __init__(self, file: File, pseudonyms: Pseudonyms, settings: Settings, warned: Warned) -> None:
        self._file = file
        self._pseudonyms = pseudonyms
        self._settings = settings
        self._warned = warned
        self._chosen = _chosen(settings.dates, tuple(settings.retain), settings.clean_descriptors)
        self._sop_class = uid(file.dataset, SOP_CLASS_UID) or ""
        telling, vocabulary = telling_words(file.dataset, pseudonyms), _vocabulary(tuple(settings.words))
        self._cleaner = Cleaner(vocabulary, telling.names | telling.identifiers)
        self._code_cleaner = Cleaner(vocabulary, {name for name in telling.names if len(name) > 2})
        self._numbers = {word.encode() for word in telling.identifiers if len(word) > 4 and word.isdecimal()}
        self._unusable: set[int] = set()

    def dataset(self) -> Dataset:
        source = self._file.dataset
        patient = patient_of(source, self._pseudonyms, self._settings)
        top = _Level(source, {}, (), (), charsets(source), Action.CLEAN, patient)
        self._levels = [top]  # not by recursion: a hostile object nests deep
        while self._levels:
            self._level(self._levels.pop())
        for tag, vr in ((PATIENT_NAME, "PN"), (PATIENT_ID, "LO")):
            top.target[tag] = _text(tag, vr, patient.token)
        if self._unusable:
            self._warned.add("dicom_values_unusable", count=len(self._unusable))
        return top.target

    def _level(self, level: _Level) -> None:
        safe = safe_private(level.source) if "safe_private" in self._settings.retain else {}
        for element in level.source.values():
            made = self._private(element, safe, level) if is_private(element.tag) else self._element(element, level)
            if made is not None:
                level.target[made.tag] = made
        if is_coded(level.source):
            dummy = level.mode is Action.DUMMY
            code = unknown_code() if dummy else cleaned_code(level.source, level.charsets, self._cleaner)
            level.target.update(code)
        _sort(level.target)

    def _private(self, element: Element, safe: dict[int, Safe], level: _Level) -> Element | None:
        known = safe.get(element.tag)
        if known is None or level.mode is Action.DUMMY:
            return None
        vr = _agreed(element, known.vr, level, self._file)
        made = self._by_vr(element._replace(vr=vr), level) if vr else None
        if made is not None:
            level.target[known.creator_tag] = _text(known.creator_tag, "LO", known.creator)
        return made

    def _element(self, element: Element, level: _Level) -> Element | None:
        tag = element.tag
        if tag < _FIRST_OF_DATA or tag >> 24 in _CURVES_AND_OVERLAYS or (tag in CODE_TAGS and is_coded(level.source)):
            return None
        dictionary = VR.get(tag)
        if dictionary is None:
            return None
        action = self._action(tag, level)
        if action is Action.REMOVE:
            return None
        vr = _agreed(element, dictionary, level, self._file)
        if vr is None:
            self._unusable.add(tag)
            if basic(tag, self._sop_class, level.parents) is None:
                return None
            vr = dictionary.split(" or ")[0]
            element = Element(tag, vr, () if vr == "SQ" else b"")
        return self._done(action, element._replace(vr=vr), level)

    def _action(self, tag: int, level: _Level) -> Action:
        """Inside a sequence of dummies no option counts but that UIDs are kept."""
        option = self._chosen.get(tag)
        if option is not None and (level.mode is not Action.DUMMY or (option is Action.KEEP and VR[tag] == "UI")):
            return option
        return basic(tag, self._sop_class, level.parents) or level.mode

    def _done(self, action: Action, element: Element, level: _Level) -> Element | None:
        if action is Action.EMPTY or action is Action.DUMMY:
            return self._replaced(action, element, level)
        if action is Action.UID:
            return self._uids(element, _WELL_KNOWN_INSTANCE)
        if action is Action.KEEP:
            return self._kept(element, level)
        made = self._date(element, level) if action is Action.DATE else self._by_vr(element, level)
        return made if made is not None else self._fallen_back(element, level)

    def _fallen_back(self, element: Element, level: _Level) -> Element | None:
        """What becomes of an element of which nothing may stay as it is."""
        action = basic(element.tag, self._sop_class, level.parents)
        if action is Action.EMPTY or action is Action.DUMMY:
            return self._replaced(action, element, level)
        if action is None and element.vr in _TEXT and element.tag != SPECIFIC_CHARACTER_SET:
            return _dummy(element)
        return element._replace(value=b"") if action is None and element.vr in ("DS", "IS", "AS") else None

    def _replaced(self, action: Action, element: Element, level: _Level) -> Element:
        """By a pseudonym where objects are grouped by it, else by nothing or a dummy."""
        if element.vr == "SQ":
            return self._walked(element, level, action) if action is Action.DUMMY else element._replace(value=())
        if element.tag in IDENTIFIERS or element.tag in (PATIENT_ID, PATIENT_NAME):
            return self._identifier(element, level)
        if element.vr == "UI" and action is Action.DUMMY:
            return self._uids(element, _STANDARD_UID)
        if action is Action.EMPTY:
            return element._replace(value=b"")
        if element.vr == "CS" and level.mode is Action.DUMMY:
            return self._words(element, level) or _dummy(element)
        return _dummy(element)

    def _identifier(self, element: Element, level: _Level) -> Element:
        if element.tag in (PATIENT_ID, PATIENT_NAME):
            return _text(element.tag, element.vr, level.patient.token)
        value = text(level.source, element.tag, level.charsets)
        made = IDENTIFIERS[element.tag](value, self._pseudonyms, level.patient) if value else ""
        return _text(element.tag, element.vr, made)

    def _kept(self, element: Element, level: _Level) -> Element | None:
        if element.vr == "SQ":
            return self._walked(element, level, Action.KEEP)
        if element.vr == "UI":
            return self._uids(element, _ANY_UID)
        if element.tag == PATIENT_AGE:  # 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one
            value = bytes(raw(level.source, PATIENT_AGE) or b"").strip(b" \0")
            usable = not value or _FORMS["AS"].fullmatch(value)
            return element._replace(value=b"090Y" if _OVER_89.fullmatch(value) else value) if usable else None
        return element

    def _by_vr(self, element: Element, level: _Level) -> Element | None:
        """What becomes of an element that no row names, or whose row says to clean it; None for nothing."""
        vr = element.vr
        if vr == "SQ":
            return self._walked(element, level, level.mode)
        if vr == "UI":
            return self._uids(element, _STANDARD_UID)
        if level.mode is Action.DUMMY:
            return None if vr in _BYTES else self._replaced(Action.DUMMY, element, level)
        if vr in _DATES:
            return self._date(element, level) if self._settings.dates != "removed" else None
        return self._leaf(element, level)

    def _leaf(self, element: Element, level: _Level) -> Element | None:
        vr = element.vr
        if vr in _TEXT:
            return element if level.mode is Action.KEEP else self._words(element, level)
        if vr in _FORMS:
            return self._number(element)
        if element.tag == PIXEL_DATA:  # inside a sequence it is an icon's or another object's
            return None if level.parents else pixels_alone(element, level.source, self._file.syntax)
        if element.tag in BULK:
            return element if is_needed(element, level.source, self._file.syntax, is_top=not level.parents) else None
        return element if vr in _NUMBERS else None

    def _walked(self, element: Element, level: _Level, mode: Action) -> Element:
        """A sequence whose items are in the making: they are filled in when their turn comes."""
        items = element.value if isinstance(element.value, tuple) else ()
        ancestors, parents = (level.source, *level.ancestors), (*level.parents, element.tag)
        targets: list[Dataset] = []
        for item in items:
            patient = patient_of(item, self._pseudonyms, self._settings) if PATIENT_ID in item else level.patient
            inner = charsets(item, level.charsets)
            targets.append({})
            self._levels.append(_Level(item, targets[-1], ancestors, parents, inner, mode, patient))
        return element._replace(value=tuple(targets))

    def _words(self, element: Element, level: _Level) -> Element | None:
        """Text of harmless words only. A value that nothing is left of is empty: the others keep their places."""
        text = decode(raw_of(element), element.vr, level.charsets)
        values = [text] if element.vr in NOT_SPLIT else text.split("\\")
        cleaned = [self._value(value.strip(" \0"), element) for value in values]
        if any(values) and not any(cleaned):
            return None if any(value.strip(" \0") for value in values) else element._replace(value=b"")
        return _text(element.tag, element.vr, "\\".join(cleaned))

    def _value(self, value: str, element: Element) -> str:
        if element.tag == SPECIFIC_CHARACTER_SET or element.tag in _CONTEXT:
            pattern = _CONTEXT.get(element.tag, _CHARSET)
            return value if pattern.fullmatch(value) else ""
        return (self._code_cleaner if element.vr == "CS" else self._cleaner).clean(value)

    def _number(self, element: Element) -> Element | None:
        value = bytes(raw_of(element)).strip(b" \0")
        if value and not _FORMS[element.vr].fullmatch(value):
            self._unusable.add(element.tag)
            return None
        if self._numbers and not self._numbers.isdisjoint(part.strip(b" +-") for part in value.split(b"\\")):
            return None
        return element

    def _uids(self, element: Element, stays: re.Pattern[str]) -> Element:
        values = bytes(raw_of(element)).decode("latin-1").split("\\")
        made = [self._uid(value.strip(" \0"), stays) for value in values]
        return _text(element.tag, "UI", "\\".join(made))

    def _uid(self, value: str, stays: re.Pattern[str]) -> str:
        return value if not value or stays.fullmatch(value) else self._pseudonyms.uid(value)

    def _date(self, element: Element, level: _Level) -> Element | None:
        if level.mode is Action.DUMMY:
            return None
        values = decode(raw_of(element), element.vr, ()).split("\\")
        moved = [shifted(value.strip(" \0"), element.vr, level.patient.shift_days) for value in values]
        if None in moved:
            self._unusable.add(element.tag)
            return None
        return _text(element.tag, element.vr, "\\".join(map(str, moved)))


@lru_cache(maxsize=16)
def _chosen(dates: str, retain: tuple[str, ...], clean_descriptors: bool) -> dict[int, Action]:  # noqa: FBT001
    return chosen(Settings(dates=dates, retain=retain, clean_descriptors=clean_descriptors))


@lru_cache(maxsize=16)
def _vocabulary(words: tuple[str, ...]) -> frozenset[str]:
    return WORDS | OWN_WORDS | {fold(word) for word in words}


def _agreed(element: Element, known: str, level: _Level, file: File) -> str | None:
    """The VR that an element and the dictionary agree on, None where its value can be nothing of the kind."""
    said = element.vr
    choices = known.split(" or ")
    if said == "UN" and not isinstance(element.value, tuple):
        said = choices[0] if len(choices) == 1 else decided(known, level.source, level.ancestors, file.syntax)
    if (said == "SQ") != isinstance(element.value, tuple):
        return None
    alike = said in choices or any(said in kind and choices[0] in kind for kind in (_TEXT, _FORMS.keys() - {"AS"}))
    return said if alike else None


def raw_of(element: Element) -> bytes | memoryview:
    return element.value if isinstance(element.value, bytes | memoryview) else b""


def _dummy(element: Element) -> Element:
    return element._replace(value=_DUMMIES.get(element.vr, b""))


def _text(tag: int, vr: str, value: str) -> Element:
    raw = value.encode("ascii", "ignore")
    return Element(tag, vr, raw + (b"\0" if vr == "UI" else b" ") * (len(raw) % 2))


def _sort(dataset: Dataset) -> None:
    ordered = sorted(dataset.items())
    dataset.clear()
    dataset.update(ordered)
