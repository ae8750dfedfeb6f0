"""What is dropped under load: small objects of every lane, each with a number that what is made of it still shows."""

import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
from random import Random

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.data import get_testdata_file

SEED = "SCANDROP_LOAD_SEED"  # drops what a former run dropped
TWICE = "twice/"  # the keys below it have their events sent a second time
BURST = 250


@dataclass(frozen=True)
class Drop:
    """One PUT: `lane` is the one that settles it, `number` is in its bytes unless it is bad."""

    key: str
    lane: str
    number: int
    body: bytes
    bad: bool


@dataclass(frozen=True)
class Kind:
    """A sort of object: what of a hundred it is, its lane, its file name, and its bytes by a number."""

    percent: int
    lane: str
    name: str
    body: Callable[[int], bytes]
    bad: bytes


def any_seed() -> int:
    return int(os.environ.get(SEED) or secrets.randbelow(10_000))


def record(number: int) -> bytes:
    return json.dumps([{"patient_id": f"A{number:05}", "patient_name": "Zyxwvut"}]).encode()


def picture(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (number // 256, number % 256, 7)).save(stream, "PNG")
    return stream.getvalue()


def dicom(number: int) -> bytes:
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    del dataset.DataSetTrailingPadding
    dataset.Rows = dataset.Columns = 16
    dataset.PixelData = np.full((16, 16), number % 4096, np.int16).tobytes()
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def run(number: int) -> bytes:
    voxels = np.random.default_rng(number).integers(0, 500, (8, 8, 4, 6)).astype(np.int16)
    return bytes(nibabel.Nifti1Image(voxels, np.diag([3, 3, 3, 1])).to_bytes())


def sidecar(number: int) -> bytes:
    return json.dumps({"RepetitionTime": 1 + number % 100 / 100, "TaskName": "rest"}).encode()


KINDS = (
    Kind(46, "record", "{}.json", record, b"["),
    Kind(25, "image", "{}.png", picture, b"no picture"),
    Kind(10, "image", "{}", picture, b"PK\x03\x04"),  # by way of `other`, which rejects the bad ones
    Kind(11, "dicom", "{}.dcm", dicom, b"no object"),
    Kind(4, "nifti", "{}_bold.nii", run, b"no scan"),
)
SIDECAR = Kind(4, "nifti", "{}_bold.json", sidecar, b"")  # by way of `record`


def bursts(total: int, random: Random, prefix: str) -> Iterator[tuple[Drop, ...]]:
    """So many drops: one in ten overwrites a key of before, one in fifty is bad, one in twenty is told twice."""
    return batched(_drops(total, random, prefix), BURST)


def _drops(total: int, random: Random, prefix: str) -> Iterator[Drop]:
    before: list[tuple[Kind, str]] = []
    for number in range(1, total + 1):
        if before and random.random() < 0.1:
            kind, key = random.choice(before[-BURST:])
        else:
            kind, key = _new(number, random, prefix, before)
            before.append((kind, key))
        bad = bool(kind.bad) and random.random() < 0.02
        lane = "other" if bad and kind.name == "{}" else kind.lane
        yield Drop(key, lane, number, kind.bad + b" %d" % number if bad else kind.body(number), bad)


def _new(number: int, random: Random, prefix: str, before: list[tuple[Kind, str]]) -> tuple[Kind, str]:
    """A key that was not there before; a sidecar goes beside a run that was."""
    runs = [key for kind, key in before[-BURST:] if kind.body is run]
    (kind,) = random.choices([*KINDS, SIDECAR], [it.percent for it in (*KINDS, SIDECAR)])
    if kind is SIDECAR and runs:
        return kind, random.choice(runs).removesuffix(".nii") + ".json"
    kind = KINDS[0] if kind is SIDECAR else kind
    where = TWICE if random.random() < 0.05 else ""
    return kind, f"{prefix}{where}{number // BURST}/{kind.name.format(number)}"
