"""A data set of which nothing tells who the patient is (PS3.15 Annex E), by one rule for every element at every depth.

named by Table E.1-1    what the table says, with the settings' options (`_actions`)
of a public VR          a UID of someone's own is replaced, text keeps harmless words (`_clean`), a number must be one
anything else           is removed: private, unknown and retired elements, and bytes that show no pixels
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._actions import Action, basic, chosen
from scandrop.processors.dicom._bulk import BULK, PIXELS, Place, kept
from scandrop.processors.dicom._codes import CODE_TAGS, is_coded, unknown_code
from scandrop.processors.dicom._dataset import Dataset, Element, File, charsets, raw, text, uid
from scandrop.processors.dicom._dates import shifted
from scandrop.processors.dicom._declare import declaration
from scandrop.processors.dicom._dictionary import KEYWORD, VR
from scandrop.processors.dicom._identities import IDENTIFIERS, Patient, patient_of, telling_words
from scandrop.processors.dicom._numbers import BINARY, FORMS
from scandrop.processors.dicom._private import Safe, is_private, safe_private
from scandrop.processors.dicom._published import INSTANCE_UIDS, UIDS
from scandrop.processors.dicom._structures import empty_names_alike
from scandrop.processors.dicom._tags import PATIENT_ID, PATIENT_NAME, SOP_CLASS_UID, SPECIFIC_CHARACTER_SET
from scandrop.processors.dicom._text import decode
from scandrop.processors.dicom._types import attribute_type
from scandrop.processors.dicom._values import (
    ANY_UID,
    BYTES,
    DATES,
    OVER_89,
    TEXT,
    Values,
    agreed,
    dummy,
    raw_of,
    written,
)
from scandrop.processors.dicom._warnings import Warned
from scandrop.pseudonyms import Pseudonyms

PATIENT_AGE: Final = 0x00101010
MEASURED: Final = frozenset(  # which a dummy would make a finding, or its place
    {
        *(0x0040A300, 0x0040A30A, 0x0040A161, 0x0040A162, 0x0040A163),  # MeasuredValueSequence and values
        *(0x00700022, 0x00081160, 0x0062000B, 0x0040A136),  # GraphicData, numbers of frames and segments
        *(0x0040A0B0, 0x0040A132, 0x0040A138),  # channels, samples and times of a waveform
    }
)

_CURVES_AND_OVERLAYS: Final = (0x50, 0x60)
_FIRST_OF_DATA: Final = 0x00040000  # below are commands and file meta


class _Level(NamedTuple):
    """One data set on its way. target: what it becomes; parents: the sequences around it, outermost first.

    mode: what becomes of what no row of the table names: CLEAN, or DUMMY inside a sequence of which only the form may
    stay. In a sequence that an option keeps, the option speaks for the leaves that it names.
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
    dataset = engine.dataset()
    dataset |= declaration(file.dataset, settings, recognisable=recognisable, pixels_cleaned=pixels_cleaned)
    return File(file.syntax, {}, dict(sorted(dataset.items())))


class _Deidentifier:
    def __init__(self, file: File, pseudonyms: Pseudonyms, settings: Settings, warned: Warned) -> None:
        self._file = file
        self._pseudonyms = pseudonyms
        self._settings = settings
        self._warned = warned
        self._chosen = _chosen(settings.dates, tuple(settings.retain), settings.clean_descriptors)
        self._sop_class = uid(file.dataset, SOP_CLASS_UID) or ""
        self._patient = patient_of(file.dataset, pseudonyms, settings)
        dates_stay = settings.dates != "removed" and not self._patient.shift_days
        telling = telling_words(file.dataset, pseudonyms, dates_stay=dates_stay)
        self._values = Values(telling, pseudonyms, tuple(settings.words))
        self._cut = dict[int, int]()  # bytes behind what is described, by their element's tag

    def dataset(self) -> Dataset:
        source = self._file.dataset
        top = _Level(source, {}, (), (), charsets(source), Action.CLEAN, self._patient)
        self._levels = [top]  # not by recursion: a hostile object nests deep
        while self._levels:
            self._level(self._levels.pop())
        for tag, vr in ((PATIENT_NAME, "PN"), (PATIENT_ID, "LO")):
            top.target[tag] = written(tag, vr, self._patient.token)
        if count := empty_names_alike(source, top.target):
            self._warned.add("dicom_names_alike", count=count)
        if self._values.unusable:
            self._warned.add("dicom_values_unusable", count=len(self._values.unusable))
        if count := sum(self._cut.values()):
            self._warned.add("dicom_data_longer", count=count, keyword=KEYWORD[next(iter(self._cut))])
        return top.target

    def _level(self, level: _Level) -> None:
        safe = safe_private(level.source) if "safe_private" in self._settings.retain else {}
        for element in level.source.values():
            made = self._private(element, safe, level) if is_private(element.tag) else self._element(element, level)
            if made is not None:
                level.target[made.tag] = made
        if is_coded(level.source):
            dummy = level.mode is Action.DUMMY
            level.target.update(unknown_code() if dummy else self._values.code(level.source, level.charsets))
        _sort(level.target)

    def _private(self, element: Element, safe: dict[int, Safe], level: _Level) -> Element | None:
        known = safe.get(element.tag)
        if known is None or level.mode is Action.DUMMY:
            return None
        vr = agreed(element, known.vr, level.source, level.ancestors, self._file.syntax)
        made = self._by_vr(element._replace(vr=vr), level) if vr else None
        if made is not None:
            level.target[known.creator_tag] = written(known.creator_tag, "LO", known.creator)
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
        vr = agreed(element, dictionary, level.source, level.ancestors, self._file.syntax)
        if vr is None:
            self._values.unusable.add(tag)
            if basic(tag, self._sop_class, level.parents) is None:
                return None
            vr = dictionary.split(" or ")[0]
            element = Element(tag, vr, () if vr == "SQ" else b"")
        return self._done(action, element if vr == element.vr else element._replace(vr=vr), level)

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
            return self._values.uids(element, INSTANCE_UIDS.__contains__)
        if action is Action.KEEP:
            made = self._kept(element, level)
        else:
            made = self._date(element, level) if action is Action.DATE else self._by_vr(element, level)
        return made if made is not None else self._fallen_back(element, level)

    def _fallen_back(self, element: Element, level: _Level) -> Element | None:
        """What becomes of an element of which nothing may stay as it is."""
        action = basic(element.tag, self._sop_class, level.parents)
        if action is Action.EMPTY or action is Action.DUMMY:
            return self._replaced(action, element, level)
        if action is None and element.vr in TEXT and element.tag != SPECIFIC_CHARACTER_SET:
            return self._without_text(element, level)
        return element._replace(value=b"") if action is None and element.vr in ("DS", "IS", "AS") else None

    def _without_text(self, element: Element, level: _Level) -> Element | None:
        """Text of which nothing is left and that no row names: a dummy only where it must have a value."""
        required = "1" if level.parents else attribute_type(element.tag, self._sop_class, ())
        if required in ("1", "1C"):
            return dummy(element, self._file.syntax)
        return element._replace(value=b"") if required else None

    def _replaced(self, action: Action, element: Element, level: _Level) -> Element:
        """By a pseudonym where objects are grouped by it, else by nothing or a dummy."""
        if element.tag in IDENTIFIERS or element.tag in (PATIENT_ID, PATIENT_NAME):
            return self._identifier(element, level)
        if action is Action.EMPTY or element.tag in MEASURED:
            return element._replace(value=() if element.vr == "SQ" else b"")
        if element.vr == "SQ":
            return self._walked(element, level, action)
        if element.vr == "UI":
            return self._values.uids(element, UIDS.__contains__)
        cleaned = self._values.words(element, level.charsets) if element.vr == "CS" and level.mode is action else None
        return cleaned or dummy(element, self._file.syntax)

    def _identifier(self, element: Element, level: _Level) -> Element:
        if element.tag in (PATIENT_ID, PATIENT_NAME):
            return written(element.tag, element.vr, level.patient.token)
        value = text(level.source, element.tag, level.charsets)
        made = IDENTIFIERS[element.tag](value, self._pseudonyms, level.patient) if value else ""
        return written(element.tag, element.vr, made)

    def _kept(self, element: Element, level: _Level) -> Element | None:
        if element.vr == "UI":
            return self._values.uids(element, ANY_UID.fullmatch)
        if element.tag == PATIENT_AGE:  # 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one
            value = bytes(raw(level.source, PATIENT_AGE) or b"").strip(b" \0")
            usable = not value or FORMS["AS"].fullmatch(value)
            return element._replace(value=b"090Y" if OVER_89.fullmatch(value) else value) if usable else None
        return self._values.retained(element, level.charsets) if element.vr in TEXT else self._by_vr(element, level)

    def _by_vr(self, element: Element, level: _Level) -> Element | None:
        """What becomes of an element that no row names, or whose row says to clean it; None for nothing."""
        vr = element.vr
        if vr == "SQ":
            return self._walked(element, level, level.mode)
        if vr == "UI":
            return self._values.uids(element, UIDS.__contains__)
        if level.mode is Action.DUMMY:
            return None if vr in BYTES else self._replaced(Action.DUMMY, element, level)
        if vr in DATES:
            return self._date(element, level) if self._settings.dates == "full" else None  # no row: of no patient
        return self._leaf(element, level)

    def _leaf(self, element: Element, level: _Level) -> Element | None:
        vr = element.vr
        if vr in TEXT:
            return self._values.words(element, level.charsets)
        if element.tag in BULK:
            return self._bulk(element, level)
        return self._values.number(element, self._file.syntax) if vr in FORMS or vr in BINARY else None

    def _bulk(self, element: Element, level: _Level) -> Element | None:
        place = Place(level.source, level.ancestors, level.parents, self._sop_class, self._file.syntax)
        made = kept(element, place)
        if made is not None and made is not element and element.tag not in PIXELS:  # of pixels their reader warns
            self._cut[element.tag] = self._cut.get(element.tag, 0) + len(raw_of(element)) - len(raw_of(made))
        return made

    def _walked(self, element: Element, level: _Level, mode: Action) -> Element:
        """A sequence whose items are in the making: they are filled in when their turn comes."""
        items = element.value if isinstance(element.value, tuple) else ()
        ancestors, parents = (level.source, *level.ancestors), (*level.parents, element.tag)
        targets: list[Dataset] = []
        for item in items:
            inner = charsets(item, level.charsets)
            patient = level.patient
            if text(item, PATIENT_ID, inner):  # another patient's, as in what an object was made of
                patient = patient_of(item, self._pseudonyms, self._settings, inner)
            targets.append({})
            self._levels.append(_Level(item, targets[-1], ancestors, parents, inner, mode, patient))
        return element._replace(value=tuple(targets))

    def _date(self, element: Element, level: _Level) -> Element | None:
        if level.mode is Action.DUMMY or element.vr in BYTES:  # a time stamp in bytes cannot be moved
            return None
        values = [value.strip(" \0") for value in decode(raw_of(element), element.vr, ()).split("\\")]
        moved = [shifted(value, element.vr, level.patient.shift_days) for value in values]
        if None in moved:
            self._values.unusable.add(element.tag)
            return None
        return written(element.tag, element.vr, "\\".join(map(str, moved))) if any(moved) or not any(values) else None


@lru_cache(maxsize=16)
def _chosen(dates: str, retain: tuple[str, ...], clean_descriptors: bool) -> dict[int, Action]:  # noqa: FBT001
    return chosen(Settings(dates=dates, retain=retain, clean_descriptors=clean_descriptors))


def _sort(dataset: Dataset) -> None:
    ordered = sorted(dataset.items())
    dataset.clear()
    dataset.update(ordered)
