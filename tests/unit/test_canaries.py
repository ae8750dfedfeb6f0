"""The canaries that the whole system is tried with: each can be heard in whatever form, and a leaking lane is found."""

import base64
import gzip
import io
import json
import zipfile

import nibabel
import pytest
from canaries import Nest, heard

from scandrop.processors import Source
from scandrop.processors.dicom import Settings, _derive, process
from scandrop.processors.dicom._deidentify import deidentify

INSTITUTION = 0x00080080
WORD = "zqv00007kx"


def zipped(raw):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", raw)
    return stream.getvalue()


FORMS = {
    "as it is": WORD.encode(),
    "upper case": WORD.upper().encode(),
    "reversed": WORD[::-1].encode(),
    "UTF-16": WORD.encode("utf-16-le"),
    "UTF-16, big end first": WORD.encode("utf-16-be"),
    "URL": "".join(f"%{ord(letter):02X}" for letter in WORD).encode(),
    "JSON escapes": "".join(f"\\u{ord(letter):04x}" for letter in WORD).encode(),
    "HTML entities": "".join(f"&#x{ord(letter):02X};" for letter in WORD).encode(),
    "hex": WORD.encode().hex().encode(),
    **{f"base64 after {pad} bytes": base64.b64encode(b"-" * pad + WORD.encode() + b"--") for pad in range(4)},
    "gzip": gzip.compress(WORD.encode()),
    "zip": zipped(WORD.encode()),
    "gzip in base64 in a zip": zipped(base64.b64encode(gzip.compress(WORD.encode()))),
}


@pytest.mark.parametrize("raw", FORMS.values(), ids=FORMS)
def test_a_canary_is_heard_in_whatever_form(raw):
    assert heard(b"before " + raw if raw[:2] not in (b"\x1f\x8b", b"PK") else raw) == {WORD}


def test_silence_is_silence():
    assert not heard(b"zqv0007kx zqv000007kx 99170000719 " + base64.b64encode(bytes(1000)))


def test_each_canary_that_is_planted_can_be_heard_in_its_file(tmp_path):
    nest = Nest()
    files = [
        nest.dicom(tmp_path),
        nest.nifti(),
        nest.nifti(form=nibabel.Nifti2Image),
        nest.zipped(nest.nifti()),
        nest.sidecar(),
        *nest.images().values(),
        nest.records(),
        nest.lines(),
        nest.asked_for(),
    ]
    missing = set(nest.planted) - set().union(*map(heard, files))
    assert not {nest.planted[song] for song in missing}
    assert len(nest.planted) > 3000


@pytest.fixture
def lane(tmp_path):
    """What the dicom lane tells of an object full of canaries, and those by where they were put."""
    nest = Nest()
    path = tmp_path / "in.dcm"
    path.write_bytes(nest.dicom(tmp_path))

    def told():
        (tmp_path / "work").mkdir()
        made = process(Source(path, "in.dcm", pseudonym_key=b"k" * 40), Settings(), tmp_path / "work")
        assert len(made.derivatives) > 2
        return [json.dumps(made.metadata).encode(), *(each.path.read_bytes() for each in made.derivatives)]

    return told, {where: song for song, where in nest.planted.items()}


def test_the_dicom_lane_as_it_is_leaks_nothing(lane):
    told, _ = lane
    assert not set().union(*map(heard, told()))


def test_a_lane_that_leaks_a_single_element_is_found(lane, monkeypatch):
    told, planted = lane

    def leaking(file, *others, **options):
        made = deidentify(file, *others, **options)
        made.dataset[INSTITUTION] = file.dataset[INSTITUTION]
        return made

    monkeypatch.setattr(_derive, "deidentify", leaking)
    assert set().union(*map(heard, told())) == {planted["DICOM 00080080"]}
