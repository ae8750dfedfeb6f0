"""Find the names of people and places among the words that text of a header might keep.

    uv pip install --target names-and-faker names==0.3.0 faker==40.54.0
    python -m tools.dicom_names names-and-faker     writes standard/names-among-words.txt

names (MIT) has the given names and surnames of the US census of 1990, by frequency; Faker (MIT) has those of some
eighty other countries and languages, and places. Neither is needed afterwards.
"""

import importlib
import pkgutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.dicom_standard import STANDARD
from tools.dicom_vocabulary import candidates, digest, split

COMMON: Final = 20_000  # surnames that are less common than so many others are rarer than the words that they are
OF_PEOPLE: Final = ("first_name", "last_name", "names")
OF_PLACES: Final = (
    *("cantons", "cities", "city", "city_names", "counties", "countries", "departments", "districts"),
    *("federal_states", "municipalities", "provinces", "regions", "states", "towns", "villages"),
)
ABOUT: Final = """\
# Those words of the vocabulary's sources that are a given name, one of the 20 000 most common surnames of the US census
# of 1990, or a name or place that Faker knows. Made by `python -m tools.dicom_names`, names 0.3.0 and Faker 40.54.0.
# SHA-256 of the words: {digest}
"""


def main(folder: Path) -> None:
    sys.path.insert(0, str(folder))
    found = candidates()
    names = found & {word for text in (*_census(folder / "names"), *_faker()) for word in split(text)}
    listing = textwrap.fill(" ".join(sorted(names)), 120)
    (STANDARD / "names-among-words.txt").write_text(f"{ABOUT.format(digest=digest(found))}{listing}\n")


def _census(folder: Path) -> Iterator[str]:
    """Given names, and the most common surnames: the most frequent stand first in each file."""
    for name, most in (("dist.female.first", None), ("dist.male.first", None), ("dist.all.last", COMMON)):
        yield from (line.split()[0] for line in (folder / name).read_text().splitlines()[:most])


def _faker() -> Iterator[str]:
    for kind, starts in (("person", OF_PEOPLE), ("address", OF_PLACES)):
        package = importlib.import_module(f"faker.providers.{kind}")
        for locale in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            provider = importlib.import_module(locale.name).Provider
            for attribute in dir(provider):
                if attribute in starts or (kind == "person" and attribute.startswith(starts)):
                    yield from _texts(getattr(provider, attribute))


def _texts(values: object) -> Iterator[str]:
    """The texts in a provider's list, which may be pairs, or the keys of frequencies; a method has none."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, (dict, list, tuple, set)):
        for value in values:
            yield from _texts(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
