"""What holds for any object: twice is once, order and worker do not matter, and no input identifier survives."""

import random
import re
import subprocess
import sys

from dicom_objects import OURS, THEIRS, WHO, ct, dataset, done, element, leaves, raw_bytes, value
from hypothesis import given, settings
from hypothesis import strategies as st

from scandrop.processors.dicom import Settings
from scandrop.processors.dicom._dataset import Dataset, File
from scandrop.processors.dicom._deidentify import deidentify
from scandrop.processors.dicom._dictionary import VR
from scandrop.processors.dicom._numbers import SIZES
from scandrop.processors.dicom._table import SAFE_PRIVATE
from scandrop.processors.dicom._warnings import Warned
from scandrop.pseudonyms import Pseudonyms, key_of

TAGS = sorted(tag for tag, vr in VR.items() if tag > 0x00040000 and vr != "SQ")
SEQUENCES = sorted(tag for tag, vr in VR.items() if vr == "SQ" and tag > 0x00080000)
PRIVATE = [(creator, *entry) for creator, entries in SAFE_PRIVATE.items() for entry in entries.items()]
WORDS = st.sampled_from(
    ["chest", "CT", "Zdenka", "axial", "1.5", "4711", "removed", "\u00e9", "^", "\\", "/", "93", "y"]
)
TEXTS = st.lists(WORDS | st.text(max_size=6), max_size=5).map(" ".join)
DATES = st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0"))
UIDS = st.lists(st.integers(0, 10**9), min_size=3, max_size=6).map(lambda arcs: ".".join(map(str, ["1.2", *arcs])))
BY_VR = {
    "DA": DATES,
    "DT": DATES.map(lambda day: f"{day}1011"),
    "UI": UIDS,
    "DS": st.floats(-99, 99).map("{:.4f}".format),
}
OPTIONS = st.builds(
    Settings,
    dates=st.sampled_from(["modified", "full", "removed"]),
    retain=st.sets(
        st.sampled_from(["device_identity", "institution_identity", "patient_characteristics", "safe_private", "uids"])
    ).map(sorted),
    clean_descriptors=st.booleans(),
)


@st.composite
def elements(draw):
    tag = draw(st.sampled_from(TAGS))
    vr = VR[tag].split(" or ")[-1]
    text = draw(BY_VR.get(vr, TEXTS) | TEXTS)
    return element(tag, text.encode(), draw(st.sampled_from([vr, vr, vr, "UN", "LO"])))


@st.composite
def privates(draw):
    creator, (group, low), vr = draw(st.sampled_from(PRIVATE))
    return [
        element(group << 16 | 0x10, creator, "LO"),
        element(group << 16 | 0x1000 | low, draw(TEXTS), vr.split()[-1]),
    ]


@st.composite
def datasets(draw, depth=2) -> Dataset:
    found = draw(st.lists(elements(), max_size=8)) + draw(st.just([]) | privates())
    if depth:
        for tag in draw(st.lists(st.sampled_from(SEQUENCES), max_size=2)):
            found.append(element(tag, draw(st.lists(datasets(depth - 1), max_size=2))))
    return {each.tag: each for each in sorted(found, key=lambda each: each.tag)}


OBJECTS = datasets().map(lambda inside: ct({tag: found for tag, found in inside.items() if tag not in WHO}))


def deidentified(file: File, chosen: Settings, pseudonyms: Pseudonyms = OURS) -> File:
    return deidentify(file, pseudonyms, chosen, Warned(), recognisable=False, pixels_cleaned=False)


@settings(max_examples=150, deadline=None)
@given(OBJECTS | datasets().map(lambda inside: ct(dict(inside))), OPTIONS)
def test_twice_is_once(file, chosen):
    once = deidentified(file, chosen)
    assert deidentified(once, chosen) == once


@settings(max_examples=150, deadline=None)
@given(OBJECTS, OPTIONS)
def test_what_comes_out_is_in_order_and_of_the_form_that_its_vr_has(file, chosen):
    levels = [deidentified(file, chosen).dataset]
    while levels:
        level = levels.pop()
        assert list(level) == sorted(level)
        for tag, found in level.items():
            assert found.tag == tag
            if isinstance(found.value, tuple):
                levels += found.value
            else:
                assert_formed(found)


FORMS = {
    "UI": r"(?:(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*)?",
    "DA": r"(?:[0-9]{8})?",
    "DT": r"(?:[0-9]{8}(?:[0-9]{2,6}(?:\.[0-9]{1,6})?)?(?:[+-][0-9]{4})?)?",
    "IS": r" *[+-]?[0-9]* *",
    "DS": r" *[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)? *",
    "AS": r"(?:[0-9]{3}[DWMY])?",
}


def assert_formed(found):
    raw = bytes(found.value).decode("latin-1").rstrip(" \0")
    assert found.vr != "PN" or OURS.is_own_identifier(raw) or raw in ("", "REMOVED")
    assert found.vr not in SIZES or len(found.value) % SIZES[found.vr] == 0
    assert found.vr not in SIZES or not re.fullmatch("[0-9A-Za-z ^'.,_-]{6,}", raw)
    pattern = FORMS.get(found.vr)
    if pattern:
        assert all(re.fullmatch(pattern, each.strip(" \0")) and len(each) <= 64 for each in raw.split("\\"))


@settings(max_examples=80, deadline=None)
@given(OBJECTS, UIDS, OPTIONS)
def test_no_uid_name_or_number_of_the_patient_survives(file, secret, chosen):
    name = "Zephyrine"
    tagged = {0x00100010: name, 0x00100020: "Q-774411", 0x0020000D: secret, 0x00080018: secret + ".7"}
    made = deidentified(ct({**file.dataset, **tagged}), chosen).dataset
    raw = raw_bytes(leaves(made))
    assert b"Zephyrine" not in raw
    assert b"774411" not in raw
    assert "uids" in chosen.retain or secret.encode() not in [bytes(e.value).rstrip(b"\0") for e in leaves(made)]


@settings(max_examples=40, deadline=None)
@given(OBJECTS, OPTIONS)
def test_the_object_that_came_in_stays_as_it_is(file, chosen):
    before = repr(file)
    deidentified(file, chosen)
    assert repr(file) == before


def slice_of(number):
    return ct({0x00080018: f"1.2.826.0.1.77.{number}", 0x0020000E: "1.2.826.0.1.77.2", 0x00080050: "ACC1"})


def test_a_thousand_slices_in_any_order_by_many_workers_are_one_study_of_one_patient():
    numbers = random.Random(4).sample(range(1000), 1000)  # noqa: S311 (an order, the same each time)
    workers = [Pseudonyms(key_of("a key for the tests, long enough to be one")) for _ in range(32)]
    made = [done(slice_of(number), pseudonyms=workers[number % 32]) for number in numbers]
    for tag in (0x0020000D, 0x0020000E, 0x00100020, 0x00080050, 0x00100010):
        assert len({value(each, tag) for each in made}) == 1
    assert len({value(each, 0x00080018) for each in made}) == 1000


def test_another_process_makes_the_same_object():
    code = "from test_dicom_deid_properties import *; print(repr(done(slice_of(5))))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "77"},
    )
    assert run.stdout.strip() == repr(done(slice_of(5)))


def test_outputs_under_two_keys_share_nothing_that_identifies():
    dated = {0x00080022: "20190308", 0x00080050: "ACC1", 0x00200010: "7"}
    ours, theirs = done(ct(dated)), done(ct(dated), pseudonyms=THEIRS)
    for tag in (*WHO, *dated):
        assert value(ours, tag) != value(theirs, tag)
    again = done(File(ct().syntax, {}, ours), pseudonyms=THEIRS)
    assert {value(again, tag) for tag in WHO}.isdisjoint({value(ours, tag) for tag in WHO})


def test_an_object_nested_as_deep_as_the_reader_lets_it_is_done_without_recursion():
    inside = dataset({0x00181020: "Zephyrine"})
    for _ in range(5_000):
        inside = {0x52009229: element(0x52009229, [inside])}
    made = done(ct(inside))
    depth = 0
    while 0x52009229 in made:
        (made,) = value(made, 0x52009229)
        depth += 1
    assert (depth, value(made, 0x00181020)) == (5_000, b"REMOVED")
