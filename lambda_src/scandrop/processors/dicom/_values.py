"""What may stay of single values, by their VR (PS3.5 section 6.2), and what stands in place of others."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from scandrop.processors.dicom._clean import OWN_WORDS, REMOVED, Cleaner, fold, words_of
from scandrop.processors.dicom._codes import TERMS, cleaned_code
from scandrop.processors.dicom._dataset import NOT_SPLIT, Buffer, Dataset, Element, Syntax
from scandrop.processors.dicom._identities import Telling
from scandrop.processors.dicom._numbers import FORMS, SIZES, Numbers, binary_numbers, written_numbers
from scandrop.processors.dicom._published import TERMS as DEFINED_TERMS
from scandrop.processors.dicom._tags import (
    IMAGE_TYPE,
    MANUFACTURER,
    MANUFACTURER_MODEL_NAME,
    MODALITY,
    PHOTOMETRIC_INTERPRETATION,
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER,
    SECONDARY_CAPTURE_DEVICE_MANUFACTURER_MODEL_NAME,
    SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS,
    SOFTWARE_VERSIONS,
    SPECIFIC_CHARACTER_SET,
)
from scandrop.processors.dicom._text import decode
from scandrop.processors.dicom._vocabulary import TECHNICAL, WORDS
from scandrop.processors.dicom._vr import decided
from scandrop.pseudonyms import Pseudonyms

TEXT: Final = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
DATES: Final = frozenset({"DA", "DT", "TM"})
OVER_89: Final = re.compile(rb"(?:09|[1-9][0-9])[0-9]Y")
ANY_UID: Final = re.compile(r"(?=.{1,64}$)(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")

PATIENT_SEX: Final = 0x00100040
_PATIENT_GROUP: Final = 0x0010
_CHARSET: Final = re.compile(r"|ISO_IR [0-9]{1,3}|ISO 2022 IR [0-9]{1,3}|GB18030|GBK")
_NUCLIDES: Final = (0x00180030, 0x300A0226)  # Radionuclide, SourceIsotopeName
_ELEMENTS: Final = "Am|Au|C|Cf|Co|Cr|Cs|Cu|Er|F|Ga|Ho|I|In|Ir|Kr|Lu|N|O|P|Pd|Ra|Rb|Re|Ru|Sm|Sr|Tc|Tl|Xe|Y|Yb|Zr"
_NUCLIDE: Final = re.compile(rf"(?:{_ELEMENTS})[- ]?[0-9]{{1,3}}m?|[0-9]{{1,3}}m?[- ]?(?:{_ELEMENTS})", re.IGNORECASE)
_FORMED: Final = {  # of TemplateIdentifier, RescaleType and ModalityLUTType, and a document's MIME type
    0x0040DB00: re.compile(r"[0-9]{1,5}"),
    **dict.fromkeys((0x00281054, 0x00283004), re.compile(r"OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT")),
    **dict.fromkeys(_NUCLIDES, _NUCLIDE),
    0x00420012: re.compile(r"application/pdf|text/xml|model/(?:mtl|obj|stl)", re.IGNORECASE),
}
_STRUCTURAL: Final = frozenset(  # an object falls apart without them, whatever names are in it
    {
        MODALITY,
        PHOTOMETRIC_INTERPRETATION,
        0x0040A010,  # RelationshipType
        0x0040A040,  # ValueType
        0x0040A050,  # ContinuityOfContent
        0x00700023,  # GraphicType
    }
)
_OF_DEVICES: Final = frozenset(  # where a word of TECHNICAL is a product, not a person
    {
        *(MANUFACTURER, MANUFACTURER_MODEL_NAME),
        *(0x00080222, SOFTWARE_VERSIONS),  # and ManufacturerRelatedModelGroup
        SECONDARY_CAPTURE_DEVICE_MANUFACTURER,
        SECONDARY_CAPTURE_DEVICE_MANUFACTURER_MODEL_NAME,
        SECONDARY_CAPTURE_DEVICE_SOFTWARE_VERSIONS,
        *(0x00181017, 0x0018101A, 0x0018101B),  # the same of hardcopy devices
        *(0x00203404, 0x00189525, 0x00189526),  # ModifyingDeviceManufacturer, ApplicationVersion, its maker
        *(0x00180024, 0x00189005),  # SequenceName, PulseSequenceName
        *(0x00181160, 0x00181161, 0x00181180, 0x00181210, 0x00189320),  # filters, CollimatorGridName, ConvolutionKernel
        *(0x00181250, 0x00181251, 0x00189041, 0x00189046, 0x00189047, 0x00189050),  # coils
        *(0x00185010, 0x0018702A, 0x0018702B),  # TransducerData, the detector's maker and model
        *(0x00541103, 0x3010001A),  # ReconstructionMethod, ManufacturerModelVersion
        *_NUCLIDES,  # which are another if half is left
    }
)
_RUN: Final = re.compile("[0-9]+")
_LEAST_NAME_IN_BYTES: Final = 4  # shorter words are in any bytes
_LEAST_NAME_IN_CODE: Final = 3  # characters: shorter ones are needed too often, and say too little

_DUMMIES: Final = {
    **dict.fromkeys((*TEXT, "PN"), REMOVED),
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "AS": "000D",
    **dict.fromkeys(("OB", "OW", "UN"), "\0" * 2),
    **dict.fromkeys(("OF", "OL"), "\0" * 4),
    **dict.fromkeys(("OD", "OV"), "\0" * 8),
}


class Values:
    """The values of one object, of which `telling` gives its people and places away. None is what nothing may stay of.

    cleaner: of free text; unusable: the tags whose values were not what their VR claims.
    """

    def __init__(self, telling: Telling, pseudonyms: Pseudonyms, words: tuple[str, ...]) -> None:
        vocabulary, of_codes, of_devices = _vocabularies(words)
        self.cleaner = Cleaner(vocabulary, telling.names | telling.identifiers)
        self.unusable: set[int] = set()
        self._codes = Cleaner(
            of_codes, {name for name in telling.names if len(name) >= _LEAST_NAME_IN_CODE}, counts_things=True
        )
        self._structure = Cleaner(of_codes, (), counts_things=True)
        of_people_and_places = telling.names | (telling.identifiers - TECHNICAL)  # a station may be called by its maker
        self._devices = Cleaner(of_devices, of_people_and_places, counts_things=True, whole=True)
        self._pseudonyms = pseudonyms
        self._numbers = Numbers(telling.numbers, telling.days)
        self._people = Cleaner((), telling.people)
        self._telling_numbers = telling.numbers

    def words(self, element: Element, charsets: Sequence[str]) -> Element | None:
        """Text of harmless words only. A value that nothing is left of is empty: the others keep their places."""
        whole = decode(raw_of(element), element.vr, charsets)
        values = [whole] if element.vr in NOT_SPLIT else whole.split("\\")
        stripped = [value.strip(" \0") for value in values]
        cleaned = [self._cleaned(value, element) for value in stripped]
        if element.vr == "CS" and cleaned != stripped:
            cleaned = _without_gaps_behind(cleaned, 1 + (element.tag == IMAGE_TYPE))  # which has two at least
        return None if any(stripped) and not any(cleaned) else written(element.tag, element.vr, "\\".join(cleaned))

    def retained(self, element: Element, charsets: Sequence[str]) -> Element | None:
        """Text that an option names, as it is; cleaned where it is a term, or names the object's people."""
        is_term = element.vr == "CS" and element.tag >> 16 == _PATIENT_GROUP
        if is_term or self._people.names_someone(decode(raw_of(element), element.vr, charsets)):
            return self.words(element, charsets)
        return element

    def number(self, element: Element, syntax: Syntax) -> Element | None:
        """Numbers and AS as they are, where they are that, and number and name nobody."""
        raw = bytes(raw_of(element))
        values = written_numbers(raw, element.vr) if element.vr in FORMS else binary_numbers(element, raw, syntax)
        if values is None:
            self.unusable.add(element.tag)
            return None
        names = element.vr not in FORMS and len(raw) >= _LEAST_NAME_IN_BYTES and self._names(raw)
        return None if names or self._numbers.tell(element.tag, values) else element

    def uids(self, element: Element, stays: Callable[[str], object]) -> Element:
        """UIDs of this key, but for those that stay."""
        values = bytes(raw_of(element)).decode("latin-1").split("\\")
        made = [self._uid(value.strip(" \0"), stays) for value in values]
        return written(element.tag, "UI", "\\".join(made))

    def code(self, dataset: Dataset, charsets: Sequence[str]) -> Dataset:
        """The elements of a data set's code; see `cleaned_code`."""
        return cleaned_code(dataset, charsets, self.cleaner, self._tells)

    def _tells(self, text: str) -> bool:
        """Whether a word or number of a code is one of the object's people, places or devices."""
        runs = _RUN.findall(text)
        if self.cleaner.names_someone(text) or not self._telling_numbers.isdisjoint(run.lstrip("0") for run in runs):
            return True
        return any(map(self._numbers.tell_code, runs))

    def _names(self, raw: bytes) -> bool:
        """Whether bytes that should be numbers are a name's letters."""
        words = (word for word in words_of(raw.decode("latin-1")) if len(word) >= _LEAST_NAME_IN_BYTES)
        return any(map(self.cleaner.names_someone, words))

    def _uid(self, value: str, stays: Callable[[str], object]) -> str:
        return value if not value or stays(value) else self._pseudonyms.uid(value)

    def _cleaned(self, value: str, element: Element) -> str:
        if element.tag == SPECIFIC_CHARACTER_SET:
            return value if _CHARSET.fullmatch(value) else ""
        if element.tag == PATIENT_SEX:
            return value if value in ("M", "F", "O") else ""
        form = _FORMED.get(element.tag)
        if form and form.fullmatch(value) and value.lstrip("0") not in self._telling_numbers:
            return value
        if element.vr == "CS":
            if value in DEFINED_TERMS:  # which name nobody, whoever is called so
                return value
            return (self._structure if element.tag in _STRUCTURAL else self._codes).clean(value)
        return (self._devices if element.tag in _OF_DEVICES else self.cleaner).clean(value)


def agreed(element: Element, known: str, dataset: Dataset, ancestors: Sequence[Dataset], syntax: Syntax) -> str | None:
    """The VR that an element and the dictionary agree on, None where its value can be nothing of the kind."""
    said, choices = element.vr, known.split(" or ")
    if said == "UN" and not isinstance(element.value, tuple):
        said = choices[0] if len(choices) == 1 else decided(known, dataset, ancestors, syntax)
    if (said == "SQ") != isinstance(element.value, tuple):
        return None
    alike = said in choices or {said, choices[0]} <= TEXT or {said, choices[0]} <= {"DS", "IS"}
    return said if alike else None


def dummy(element: Element, syntax: Syntax) -> Element:
    """Numbers keep their count, which others tell: 0 where fractions may be, else 1."""
    vr, value = element.vr, bytes(raw_of(element))
    if vr in ("DS", "IS"):
        return written(element.tag, vr, "\\".join("1" * (value.count(b"\\") + 1)))
    if vr in SIZES:
        one = (vr not in ("FL", "FD")).to_bytes(SIZES[vr], "little" if syntax.little else "big")
        return element._replace(value=one * max(1, len(value) // len(one)))
    return written(element.tag, vr, _DUMMIES.get(vr, ""))


def written(tag: int, vr: str, value: str) -> Element:
    """An element of plain ASCII, padded to an even length."""
    raw = value.encode("ascii", "ignore")
    return Element(tag, vr, raw + (b"\0" if vr == "UI" else b" ") * (len(raw) % 2))


def raw_of(element: Element) -> Buffer:
    return element.value if isinstance(element.value, bytes | memoryview) else b""


def _without_gaps_behind(values: list[str], least: int) -> list[str]:
    """Without the empty values at the end; as many as there must be stand as removed."""
    last = max((place for place, value in enumerate(values, 1) if value), default=0)
    return values[:last] and values[:last] + [REMOVED] * (least - last)


@lru_cache(maxsize=16)
def _vocabularies(words: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Of free text, of code strings, and of what describes a device."""
    vocabulary = WORDS | OWN_WORDS | {fold(word) for word in words}
    return vocabulary, vocabulary | TERMS, vocabulary | TECHNICAL
