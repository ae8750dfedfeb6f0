"""Text in every character set of the standard, as PS3.5 and pydicom read it."""

# ruff: noqa: RUF001 (other scripts are what this is about)

import warnings
from collections.abc import Iterator

import pydicom
import pytest
from dicom_files import PYDICOM_FILES
from hypothesis import given
from hypothesis import strategies as st

from scandrop.processors.dicom._dataset import Dataset, charsets, strings
from scandrop.processors.dicom._read import read
from scandrop.processors.dicom._text import decode, is_known_charset
from scandrop.processors.dicom._warnings import Warned

CHARSET_FILES = sorted((PYDICOM_FILES / "charset_files").glob("*.dcm"))
TEXT_VRS = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}

# The examples of PS3.5 Annex H, I and J, and one word in each single-byte set.
EXAMPLES = {
    "H.3.1 Japanese": (
        ["", "ISO 2022 IR 87"],
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    "H.3.2 Japanese with katakana": (
        ["ISO 2022 IR 13", "ISO 2022 IR 87"],
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    "I.2 Korean": (
        ["", "ISO 2022 IR 149"],
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    "K.2 simplified Chinese": (
        ["", "ISO 2022 IR 58"],
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    "supplementary kanji": (["", "ISO 2022 IR 159"], b"\x1b$(D0!\x1b(B^A", "丂^A"),
    "J.1 UTF-8": (["ISO_IR 192"], "Wang^XiaoDong=王^小東".encode(), "Wang^XiaoDong=王^小東"),
    "J.3 GB18030": (["GB18030"], "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
    "GBK": (["GBK"], "王^小东".encode("gbk"), "王^小东"),
    "Latin-1": (["ISO_IR 100"], b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    "Latin-2": (["ISO_IR 101"], "Wałęsa".encode("iso8859-2"), "Wałęsa"),
    "Latin-3": (["ISO_IR 109"], "Ħal".encode("iso8859-3"), "Ħal"),
    "Latin-4": (["ISO_IR 110"], "ņemt".encode("iso8859-4"), "ņemt"),
    "Cyrillic": (["ISO_IR 144"], b"\xbb\xee\xdace\xdc\xd1\xe3\xe0\xd3", "Люкceмбург"),
    "Arabic": (["ISO_IR 127"], b"\xe2\xc8\xc7\xe6\xea", "قباني"),
    "Greek": (["ISO_IR 126"], b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    "Hebrew": (["ISO_IR 138"], b"\xf9\xf8\xe5\xef", "שרון"),
    "Latin-5": (["ISO_IR 148"], "Çavuşoğlu".encode("iso8859-9"), "Çavuşoğlu"),
    "Thai": (["ISO_IR 166"], "นามสกุล".encode("iso8859-11"), "นามสกุล"),
    "Latin-9": (["ISO_IR 203"], "Œuvre €".encode("iso8859-15"), "Œuvre €"),
    "katakana": (["ISO_IR 13"], b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
    "several sets": (
        ["ISO 2022 IR 100", "ISO 2022 IR 144", "ISO 2022 IR 126"],
        b"Dionys^\x1b-F\xc4\xe9\xef\xed=\x1b-L\xbb\xee\xda=\xe9",
        "Dionys^Διον=Люк=é",
    ),
}


@pytest.mark.parametrize(("names", "value", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_each_character_set_is_read(names, value, expected):
    assert decode(value, "PN", names) == expected


@pytest.mark.parametrize("delimiter", [b"^", b"=", b"\\", b"\r", b"\n", b"\f", b"\t"])
def test_a_delimiter_brings_back_the_first_set(delimiter):
    value = b"\x1b-F\xc4" + delimiter + b"\xc4"
    assert decode(value, "PN", ["ISO 2022 IR 100", "ISO 2022 IR 126"]) == "Δ" + delimiter.decode() + "Ä"


def test_carets_are_no_delimiters_outside_of_names():
    assert decode(b"\x1b-F\xc4^\xc4", "LO", ["ISO 2022 IR 100", "ISO 2022 IR 126"]) == "Δ^Δ"


def test_backslashes_are_no_delimiters_in_long_text():
    assert decode(b"\x1b-F\xc4\\\xc4", "UT", ["ISO 2022 IR 100", "ISO 2022 IR 126"]) == "Δ\\Δ"


def test_bytes_of_a_pair_are_no_delimiters():
    kanji = "構".encode("iso2022_jp")[3:-3]  # its bytes are 39 3D, and 3D is =
    assert b"=" in kanji
    assert decode(b"\x1b$B" + kanji + b"\x1b(B", "PN", ["", "ISO 2022 IR 87"]) == "構"


def test_a_backslash_within_a_pair_does_not_split_values():
    value = "誠\\B".encode("gb18030")
    assert decode(value, "LO", ["GB18030"]).split("\\") == ["誠", "B"]


@pytest.mark.parametrize("name", ["ISO_IR 100", "ISO-IR 100", "ISO IR 100", "iso_ir_100", "ISO 2022 IR 100"])
def test_a_set_is_known_however_it_is_spelt(name):
    assert is_known_charset(name)
    assert decode(b"\xe9", "LO", [name]) == "é"


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (["KOI8"], b"\xe9t\xe9"),
        (["ISO_IR 192"], b"\xe9t\xe9"),
        (["ISO_IR 127"], b"\xe9t\xff"),
        (["", "ISO 2022 IR 87"], b"\x1b$B\xff\xff"),
        (["", "ISO 2022 IR 87"], b"\x1b$Z12"),
        ([], b"\xe9t\xe9"),
    ],
    ids=["unknown set", "no UTF-8", "no Arabic", "no kanji", "unknown escape", "no set"],
)
def test_what_the_set_does_not_have_is_read_as_latin_1(names, value):
    assert decode(value, "LO", names) == value.decode("latin-1")


def test_an_unknown_set_is_told_from_a_known_one():
    assert not is_known_charset("KOI8")
    assert is_known_charset("")


def test_sets_hold_for_text_alone():
    assert decode(b"\xc4", "CS", ["ISO_IR 126"]) == "Ä"


@given(
    value=st.binary(max_size=60),
    name=st.sampled_from([names for names, _, _ in EXAMPLES.values()]),
    vr=st.sampled_from(["PN", "LO", "UT"]),
)
def test_any_bytes_can_be_decoded(value, name, vr):
    assert isinstance(decode(value, vr, name), str)
    assert isinstance(decode(b"\x1b$B" + value + b"\x1b(J" + value, vr, name), str)


@pytest.mark.parametrize("path", CHARSET_FILES, ids=lambda path: path.stem)
def test_text_is_what_pydicom_reads(path, tmp_path):
    ours = read(path, tmp_path, Warned(), max_bytes=1).dataset
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pydicom.dcmread(path)
        theirs.decode()
        compared = [(tag, mine, said(found)) for tag, mine, found in pairs(ours, theirs, ())]
    assert [(tag, mine) for tag, mine, _ in compared] == [(tag, other) for tag, _, other in compared]
    assert any(tag == 0x00100010 for tag, _, _ in compared)


def pairs(ours: Dataset, theirs: pydicom.Dataset, inherited: tuple[str, ...]) -> Iterator[tuple[int, str, object]]:
    names = charsets(ours, inherited)
    for tag, element in ours.items():
        if isinstance(element.value, tuple):
            for mine, other in zip(element.value, theirs[tag].value, strict=True):
                yield from pairs(mine, other, names)
        elif element.vr in TEXT_VRS:
            yield tag, "\\".join(strings(ours, tag, names)).rstrip("="), theirs[tag].value


def said(value: object) -> str:
    parts = value if isinstance(value, pydicom.multival.MultiValue) else [value]
    return "\\".join("" if part is None else str(part).strip() for part in parts)
