"""Make the dicom lane's ``_vocabulary.py``: the words that text of a header may keep.

Sources of the words of any text, of which every word that is a name, a place or tells of a person is taken out again:

``pydicom.sr``              (MIT, installed for development) the code meanings of PS3.16: regions, views, agents
``ps3.3-defined-terms.txt`` (innolitics' dicom-standard, MIT) what code strings may be
``usual-words.txt``         what scanners and radiographers usually write; written for this project
``names-among-words.txt``   the names and places among all these, found by ``tools.dicom_names``
``kept-in-spite.txt``       those of them that cannot be done without
``telling-words.txt``       what is no name and goes nevertheless

Source of those that only the attributes of a device may have besides, names or not:

``technical-words.txt``     makers, models, versions and sequences; written for this project
"""

import hashlib
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from typing import Final, cast

from pydicom.sr import _concepts_dict

from tools.dicom_standard import STANDARD

ANIMALS: Final = {7480, 7481, 7486}  # breeds and their registries (PS3.16): names of places and of people
LETTERS: Final = "abfhilmnpruy"  # orientation, laterality, kinds of pixels, yes and no: code strings of one letter

type Meanings = dict[str, dict[str, dict[str, tuple[str, list[int]]]]]  # by scheme, keyword and code: with its groups

MODULE: Final = '''\
"""The words that text of a de-identified header may keep: what the standard and its trade say, and no one's name.

Made by ``python -m tools.dicom_tables`` from the lists in ``tools/standard``: not to be edited. A word is a longest run
of a to z and 0 to 9 with a letter in it, of the text in lower case and without accents. Not one of WORDS says by itself
who somebody is, where or when; that several together do not, and numbers, are for the caller to see to. TECHNICAL
are for where devices are described: elsewhere many of them would name people.
"""

from typing import Final

WORDS: Final = frozenset(
    """
{words}
""".split()  # noqa: SIM905 - as a list it takes twenty times as long to compile
)

TECHNICAL: Final = frozenset(
    """
{technical}
""".split()  # noqa: SIM905
)
'''


def module() -> str:
    """The source of ``_vocabulary.py``."""
    return MODULE.format(words=_filled(words()), technical=_filled(listed("technical-words.txt")))


def _filled(found: set[str]) -> str:
    return textwrap.fill(" ".join(sorted(found)), 120)


def words() -> set[str]:
    """Every word that any text may keep."""
    found, stamp, names = candidates(), *_names()
    if stamp != digest(found):
        message = "The sources have other words than those searched for names: run `python -m tools.dicom_names` anew."
        raise SystemExit(message)
    return (found - (names - listed("kept-in-spite.txt")) - listed("telling-words.txt")) | set(LETTERS)


def candidates() -> set[str]:
    """The words of all sources, of two letters or digits at least."""
    texts = (*_meanings(), *listed("ps3.3-defined-terms.txt"), *listed("usual-words.txt"))
    return {word for text in texts for word in split(text) if len(word) > 1}


def digest(of: set[str]) -> str:
    return hashlib.sha256(" ".join(sorted(of)).encode()).hexdigest()


def split(text: str) -> list[str]:
    """The words of a text: runs of a-z and 0-9 with a letter among them, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return [word for word in re.findall(r"[a-z0-9]+", plain) if not word.isdigit()]


def listed(name: str) -> set[str]:
    """The words of a list in ``tools/standard``."""
    lines = (STANDARD / name).read_text().splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def _meanings() -> Iterator[str]:
    """The code meanings, of SNOMED CT those of a context group that is not of animals."""
    for scheme, by_keyword in cast("Meanings", _concepts_dict.concepts).items():
        for by_code in by_keyword.values():
            for meaning, groups in by_code.values():
                if set(groups) - ANIMALS or (scheme != "SCT" and not groups):
                    yield meaning


def _names() -> tuple[str, set[str]]:
    """The names among the words, after the digest of the words that were searched."""
    stamp = re.search(
        r"^# SHA-256 of the words: (\w+)$", (STANDARD / "names-among-words.txt").read_text(), re.MULTILINE
    )
    return stamp[1] if stamp else "", listed("names-among-words.txt")
