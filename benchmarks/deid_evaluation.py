"""How much of what de-identification has to do is done: by the lane and by its peers, over one answer key.

    python -m benchmarks.deid_evaluation

Writes the set of `deid_cases`, has each tool de-identify it under both profiles, scores every output against the key
and writes docs/deidentification-score.md. The peers run in environments of their own, all of the set in one process
each, so that what they remember from object to object counts in their favour.
"""

import contextlib
import logging
import math
import re
import shutil
import statistics
import subprocess
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag

from benchmarks.deid_cases import CLEAN, DEFAULT, Case, Place, Required, cases, occurs, plain
from benchmarks.deid_dates import CATEGORIES as DATED
from benchmarks.environments import PEERS, ROOT, python_of
from scandrop.processing import run
from scandrop.processors import Source
from scandrop.processors.dicom import Settings

PAGE: Final = ROOT / "docs" / "deidentification-score.md"
KEY: Final = b"a key of the evaluation, of no use"
OURS: Final = "Scandrop"
PEER_NAMES: Final = {  # environment and variant in deid_variant.py
    "dicognito": ("dicognito", "dicognito"),
    "deid": ("deid", "deid"),
    "deid, bundled recipe": ("deid", "deid_bundled"),
    "dicom-anonymizer": ("dicom_anonymizer", "dicom_anonymizer"),
}
SETTINGS: Final = {
    DEFAULT: Settings(burned_in="pass"),
    CLEAN: Settings(
        burned_in="pass",
        clean_descriptors=True,
        retain=("patient_characteristics", "device_identity", "safe_private"),
    ),
}
CATEGORIES: Final = {
    "text_removed": "an identifier is gone from the place where it stood",
    "identifier_gone": "an identifier of the patient, staff or clinic stands in no byte of the file",
    "private_removed": "a private element is gone",
    "uid_changed": "a UID that is not the standard's own is gone from its place",
    "uid_consistent": "wherever one UID stood there is one other valid UID, the same in every object",
    "patid_consistent": "the patient's number became another one, the same in all of the patient's objects",
    "date_shifted": "a date became another, at the same distance from it as the patient's other dates",
    **DATED,
    "pixels_retained": "the pixels are the same, bit for bit, and compressed as they were",
    "tag_retained": "an attribute that may be empty (Type 2) is still there",
    "text_notnull": "an attribute that may not be empty (Type 1) has a value",
    "text_retained": "a technical value or a harmless word is still there",
    "safe_private_retained": "a private element of PS3.15 Table E.3.10-1 is as it was",
}
MOST_SHOWN: Final = 12
UID: Final = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
WORDS: Final = re.compile(r"[^\W_]+")
DIGITS_THAT_IDENTIFY: Final = 6


type Scores = Mapping[str, Tally]  # by category


@dataclass
class Output:
    """What a tool made of one case."""

    content: bytes
    dataset: Dataset

    @classmethod
    def read(cls, path: Path) -> "Output | None":
        try:
            return cls(path.read_bytes(), dcmread(path, force=True))
        except Exception:  # noqa: BLE001  # whatever a tool wrote that cannot be read is no output
            return None

    def at(self, place: Place) -> Any:
        """The element there, or None."""
        level: Any = self.dataset.file_meta if place[0] >> 16 == 2 else self.dataset
        try:
            for step in place[:-1]:
                level = level[step].value if isinstance(level, Dataset) else level[step]
            return level.get(place[-1])
        except (AttributeError, IndexError, KeyError, TypeError):
            return None

    def text(self, place: Place) -> str | None:
        """The element's values as text, None where it is gone or no text can be made of it."""
        element = self.at(place)
        return None if element is None else plain(element)


@dataclass
class Tool:
    """All that one tool made of the set, and what can only be told from all of it."""

    cases: Sequence[Case]
    outputs: Mapping[str, Output | None]

    @cached_property
    def uids(self) -> dict[str, str]:
        """The UID that most often stands in place of each one, where no other's is the same."""
        return self._usual("uid_consistent", lambda _, required: required.value)

    @cached_property
    def numbers(self) -> dict[str, str]:
        return self._usual("patid_consistent", lambda case, _: str(case.patient))

    @cached_property
    def shifts(self) -> dict[int, dict[str, float]]:
        """By patient and day as it was, the days by which it moved."""
        found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for case, required, output in self._of("date_shifted"):
            days = days_between(required.value, output.text(required.place))
            if days is not None:
                found[case.patient][required.value[:8]].append(days)
        return {
            patient: {day: statistics.median(moved) for day, moved in days.items()} for patient, days in found.items()
        }

    def _of(self, category: str) -> Iterator[tuple[Case, Required, Output]]:
        for case in self.cases:
            output = self.outputs[case.name]
            for required in case.required if output else ():
                if output and required.category == category:
                    yield case, required, output

    def _usual(self, category: str, origin: Callable[[Case, Required], str]) -> dict[str, str]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for case, required, output in self._of(category):
            value = output.text(required.place)
            if value:
                found[origin(case, required)][value] += 1
        usual = {old: values.most_common(1)[0][0] for old, values in found.items()}
        shared = Counter(usual.values())
        return {old: new for old, new in usual.items() if shared[new] == 1}


@dataclass
class Tally:
    met: int = 0
    all: int = 0
    missed: Counter[str] = field(default_factory=Counter)

    def count(self, met: bool, where: str) -> None:  # noqa: FBT001
        self.met, self.all = self.met + met, self.all + 1
        if not met:
            self.missed[where] += 1

    @property
    def share(self) -> float:
        return 100 * self.met / self.all if self.all else 100.0


def score(some: Sequence[Case], folder: Path, profile: str) -> dict[str, Tally]:
    """What of the key is met by the files of a folder, by category. A file that is not there has met nothing."""
    tallies = {category: Tally() for category in CATEGORIES}
    with quiet():
        tool = Tool(some, {case.name: Output.read(folder / case.name) for case in some})
        for case in some:
            output = tool.outputs[case.name]
            for required in case.required:
                if required.profile in ("", profile):
                    met = output is not None and CHECKS[required.category](required, output, case, tool)
                    tallies[required.category].count(met, where(required))
    return {category: tally for category, tally in tallies.items() if tally.all}


def where(required: Required) -> str:
    """The place in words of the standard."""
    tags = [step for step in required.place if step > 0xFFFF]  # not the items' numbers
    return ".".join(keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})" for tag in tags) or "anywhere"


def text_removed(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    text = output.text(required.place)
    return text is None or not stands_in(required.value, text)


def stands_in(identifier: str, text: str) -> bool:
    """Whether an identifier's words stand in a text one after the other, or its digits, however they are separated."""
    if f" {' '.join(words(identifier))} " in f" {' '.join(words(text))} ":
        return True
    digits, found = ("".join(filter(str.isdigit, each)) for each in (identifier, text))
    return len(digits) >= DIGITS_THAT_IDENTIFY and digits in found


def words(text: str) -> list[str]:
    return WORDS.findall(text.casefold())


def identifier_gone(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return not occurs(required.value, output.content)


def element_gone(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return output.at(required.place) is None


def uid_changed(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return required.value not in (output.text(required.place) or "").split("\\")


def uid_consistent(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case
    found = output.text(required.place)
    if found is None and required.optional:
        return True
    valid = bool(found and UID.fullmatch(found)) and len(found or "") <= 64  # PS3.5 9.1
    return valid and found != required.value and tool.uids.get(required.value) == found


def patid_consistent(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    found = output.text(required.place)
    return bool(found) and found != required.value and tool.numbers.get(str(case.patient)) == found


def date_shifted(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    """As far as the patient's most distant date, or a day from it, for whoever moves the hours as well."""
    days, shifts = days_between(required.value, output.text(required.place)), tool.shifts.get(case.patient, {})
    farthest = max(shifts, key=lambda day: abs(days_between(required.value, day) or 0), default="")
    return bool(days) and abs((days or 0) - shifts[farthest]) <= 1


def shift_hidden(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    """Whether the patient's shift cannot be read from what stands there; a date that stayed in an object whose others
    stayed, too, hides none."""
    days, shifts = days_between(required.value, output.text(required.place)), tool.shifts.get(case.patient, {})
    return days is None or all(abs(days - shift) > 1 for shift in shifts.values())


def number_undated(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return required.value not in (output.text(required.place) or "")


def days_between(old: str, new: str | None) -> int | None:
    try:
        return (date.fromisoformat((new or "")[:8]) - date.fromisoformat(old[:8])).days
    except ValueError:
        return None


def pixels_retained(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    """Compressed data may have lost a comment, which is no pixel."""
    del tool
    element, syntax = output.at(required.place), output.dataset.file_meta.get("TransferSyntaxUID")
    if element is None or syntax != case.dataset.file_meta.TransferSyntaxUID:
        return False
    if bytes(element.value) == bytes(case.dataset.PixelData):
        return True
    return bool(syntax.is_compressed and np.array_equal(output.dataset.pixel_array, case.dataset.pixel_array))


def tag_retained(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return output.at(required.place) is not None


def text_notnull(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    return bool(output.text(required.place))


def text_retained(required: Required, output: Output, case: Case, tool: Tool) -> bool:
    del case, tool
    text = output.text(required.place)
    return text is not None and (text == required.value or set(words(required.value)) <= set(words(text)))


CHECKS: Final[dict[str, Callable[[Required, Output, Case, Tool], bool]]] = {
    "text_removed": text_removed,
    "identifier_gone": identifier_gone,
    "private_removed": element_gone,
    "uid_changed": uid_changed,
    "uid_consistent": uid_consistent,
    "patid_consistent": patid_consistent,
    "date_shifted": date_shifted,
    "shift_hidden": shift_hidden,
    "number_undated": number_undated,
    "pixels_retained": pixels_retained,
    "tag_retained": tag_retained,
    "text_notnull": text_notnull,
    "text_retained": text_retained,
    "safe_private_retained": text_retained,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What pydicom thinks of an output is not what is scored."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


def write(folder: Path, some: Iterable[Case]) -> None:
    for case in some:
        (folder / case.name).write_bytes(case.encoded())


def ours(source: Path, target: Path, profile: str) -> None:
    """The lane as a user has it: one file after the other, each by itself."""
    for path in sorted(source.iterdir()):
        with tempfile.TemporaryDirectory() as work:
            outcome = run("dicom", Source(path, path.name, pseudonym_key=KEY), SETTINGS[profile], Path(work))
            for output in outcome.outputs:
                if output.name == "deid.dcm":
                    shutil.copyfile(output.path, target / path.name)


def theirs(peer: str, source: Path, target: Path, profile: str) -> None:
    environment, variant = PEER_NAMES[peer]
    command = [str(python_of(environment)), str(PEERS / "deid_variant.py"), variant, profile, str(source), str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    some = cases()
    found: dict[str, dict[str, Scores]] = {DEFAULT: {}, CLEAN: {}}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        write(source, some)
        for profile, tools in found.items():
            for name in (OURS, *PEER_NAMES):
                target = Path(folder) / f"{name} {profile}"
                target.mkdir()
                ours(source, target, profile) if name == OURS else theirs(name, source, target, profile)
                tools[name] = score(some, target, profile)
    text = page(len(some), found)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


HEAD: Final = """\
# De-identification score

Made by `python -m benchmarks.deid_evaluation`, in the manner of MIDI-B, the public benchmark of medical image
de-identification. {objects} objects of twenty patients, all of them made up, most of the headers those of real files:
CT, MR, CR, DX, MG, PT, NM, US, SC, ECG, RT plans and structures, reports, key objects, presentation states and an
encapsulated document, in eight character sets. Identifiers stand where clinics put them: in descriptions, comments and
code meanings, at any depth, in private blocks, overlays, curves, padding, compressed data, file meta and preamble. An
answer key says of each place what has to become of it; a score is the share of required actions that were taken.
Burned-in text is not part of it: both profiles let pixels pass. The set was made beside the lane, and shows that what
was thought of is done; seeds other than the published one arrange it anew.

Each tool had the same set and was scored by the same key. Each peer had all of the set in one process and the options
that meet most of the key (`benchmarks/peers/deid_variant.py`); Scandrop had each object by itself. The peers aim at
less than the whole profile, and say so. dicom-anonymizer shifts no dates and numbers no patients; no peer cleans text,
each keeps or drops it whole. `deid` is its own recipe with the lines on UIDs, dates, times and Type 2 attributes
replaced by what its documentation offers; as it comes (`deid, bundled recipe`) it removes those.

What Scandrop does not retain are words that its vocabulary does not have and numbers of more than three digits: it
keeps a word only where it is known to be harmless, and an environment may name more (`words`). Its list of makers,
models and sequences was lengthened after this set had shown it to be short: of other devices it will have fewer.

An object that a tool fails on has met nothing.
"""
TITLES: Final = {
    DEFAULT: "The lane's default: the Basic Profile, dates modified",
    CLEAN: "Descriptors cleaned; patient characteristics, device and safe private elements retained; dates modified",
}


def page(objects: int, found: Mapping[str, Mapping[str, Scores]]) -> str:
    parts = [HEAD.format(objects=objects)]
    for profile, tools in found.items():
        parts += [f"## {TITLES[profile]}", table(tools)]
        parts += ["### What was missed, by place and number of actions", *map(missed, tools, tools.values())]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def table(tools: Mapping[str, Scores]) -> str:
    lines = [f"| category | actions | {' | '.join(tools)} |", f"|---|---|{'---|' * len(tools)}"]
    for category in tools[OURS]:
        shares = " | ".join(percent(tallies[category].share) for tallies in tools.values())
        lines.append(f"| `{category}`: {CATEGORIES[category]} | {tools[OURS][category].all} | {shares} |")
    totals = {tool: total(tallies) for tool, tallies in tools.items()}
    lines.append(f"| all | {totals[OURS].all} | {' | '.join(percent(each.share) for each in totals.values())} |")
    return "\n".join(lines)


def total(tallies: Scores) -> Tally:
    return Tally(sum(each.met for each in tallies.values()), sum(each.all for each in tallies.values()))


def percent(share: float) -> str:
    """Cut off rather than rounded: 100 is said of all only."""
    return f"{math.floor(100 * share) / 100:.2f} %"


def missed(tool: str, tallies: Scores) -> str:
    lines = [
        f"- `{category}`: "
        + ", ".join(f"{place} {count}" for place, count in tally.missed.most_common(MOST_SHOWN))
        + (f" and {len(tally.missed) - MOST_SHOWN} more places" if len(tally.missed) > MOST_SHOWN else "")
        for category, tally in tallies.items()
        if tally.missed
    ]
    return "\n".join([f"**{tool}**", "", *(lines or ["Nothing."])])


if __name__ == "__main__":
    main()
