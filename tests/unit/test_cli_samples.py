"""`scandrop samples`: what it makes, that a seed names it, and what it says."""

import hashlib
import json
import shlex

import numpy as np
import pytest
from cli_stack import scandrop

from scandrop_cli.files import collect
from scandrop_cli.samples import COUNTS, Store, fmri, make, radiograph
from scandrop_cli.verbs.samples import KINDS


def hashes(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def small(monkeypatch):
    """Makes samples of all kinds but radiographs, as few and as small as they can be."""
    monkeypatch.setattr(radiograph, "radiograph", lambda *_: np.zeros((40, 50), np.float32))
    monkeypatch.setattr(radiograph, "lung_mask", lambda _: np.ones((40, 50), bool))

    def small(folder, seed):
        list(make(folder, ["records"], 40, seed))
        list(make(folder, ["dicom"], 1, seed))
        list(fmri.make(Store(folder, "fmri"), seed, 1, shape=(24, 26, 14), volumes=6))
        return hashes(folder)

    return small


def test_a_seed_names_the_samples_byte_by_byte_and_another_gives_others(tmp_path, small):
    first, again, other = (small(tmp_path / name, seed) for name, seed in (("one", 1), ("two", 1), ("other", 2)))
    assert first == again
    same = {path.name for path, digest in other.items() if first[path] == digest}
    assert same == {"sub-01_task-fingertapping_bold.json", "events.tsv", "strict-schema.json"}


def test_a_seed_names_the_radiographs_byte_by_byte_however_many_there_are(tmp_path):
    for name, count in {"one": 1, "two": 2}.items():
        list(make(tmp_path / name, ["image"], count, 1))
    one, two = hashes(tmp_path / "one"), hashes(tmp_path / "two")
    assert one.items() < two.items()
    new = {path.as_posix(): digest for path, digest in two.items() if path not in one}
    assert sorted(new) == [
        "drop/image/chest-002.png",
        "truth/image/chest-002.png/lungs.png",
        "truth/image/chest-002.png/truth.json",
    ]
    assert not set(new.values()) & set(one.values())


def test_what_is_below_drop_is_what_is_told_and_nothing_of_the_truth(tmp_path):
    made = list(make(tmp_path, ["records"], 40, 1))
    assert [file.key for file in collect([f"{tmp_path}/drop/"])] == [sample.key for sample in made]
    assert all((tmp_path / sample.truth).is_file() for sample in made)


def test_the_verb_shows_what_it_made_and_what_to_type_next(tmp_path):
    result = scandrop("samples", str(tmp_path / "made"), "--kind", "records", "--count", "40")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "made",
        "drop/records/patients.json",
        "drop/records/patients.jsonl",
    ]
    assert "40 records; the lane rejects " in result.stdout
    assert f"scandrop upload {tmp_path}/made/drop/ --wait" in result.stderr


def test_what_to_type_next_can_be_typed_whatever_the_folder_is_called(tmp_path):
    folder = f"{tmp_path}/s 5/[red]ü'x"
    arguments = "samples", folder, "--kind", "records", "--count", "3"
    upload, process = map(shlex.split, scandrop(*arguments).stderr.splitlines())
    assert upload == ["scandrop", "upload", f"{folder}/drop/", "--wait"]
    assert process == ["scandrop", "process", f"{folder}/drop/", "--out", f"{folder}/results"]
    mend = scandrop(*arguments).stderr.splitlines()[-1]
    assert shlex.split(mend) == ["rm", "-r", f"{folder}/drop/records", f"{folder}/truth/records"]


@pytest.mark.parametrize(("count", "faulty"), [(1, 0), (2, 1), (500, 50)])
def test_two_records_or_more_have_a_faulty_one(tmp_path, count, faulty):
    for sample in list(make(tmp_path, ["records"], count, 1)):
        assert len(json.loads((tmp_path / sample.truth).read_text())["faults"]) == faulty


def test_records_are_told_by_what_the_lane_rejects_of_them_and_what_a_strict_schema_does(tmp_path):
    for sample in list(make(tmp_path, ["records"], 500, 1)):
        truth = json.loads((tmp_path / sample.truth).read_text())
        assert 10 < truth["rejected"] < truth["rejected_strictly"] < len(truth["faults"])
        refused = f"the lane rejects {truth['rejected']}, a strict schema {truth['rejected_strictly']}"
        assert sample.about == f"500 records; {refused}"


def test_a_folder_that_cannot_be_one_is_a_sentence_with_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", "/proc/samples"):
        result = scandrop("samples", str(folder), "--kind", "records")
        assert result.exit_code == 2
        assert f"Nothing can be written to the folder {folder}: " in result.stderr
        assert "Name another." in result.stderr


def test_json_tells_the_same_to_scripts(tmp_path):
    told = json.loads(scandrop("samples", str(tmp_path), "--kind", "records", "--json").stdout)
    assert [sample["key"] for sample in told] == ["records/patients.json", "records/patients.jsonl"]
    assert told[0]["size_bytes"] == (tmp_path / "drop" / told[0]["key"]).stat().st_size
    assert told[0]["about"].startswith(f"{COUNTS['records']} records")


def test_samples_are_not_mixed_with_those_that_are_there(tmp_path):
    arguments = "samples", str(tmp_path), "--kind", "records"
    assert scandrop(*arguments).exit_code == 0
    before = hashes(tmp_path)
    again = scandrop(*arguments, "--seed", "2")
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert f"rm -r {tmp_path}/drop/records {tmp_path}/truth/records" in again.stderr
    assert hashes(tmp_path) == before


def test_an_unknown_kind_is_a_sentence(tmp_path):
    result = scandrop("samples", str(tmp_path / "made"), "--kind", "xray")
    assert result.exit_code == 2
    assert "'xray' is not one of image, dicom, fmri, records." in result.stderr
    assert not (tmp_path / "made").exists()


def test_samples_that_could_not_be_finished_leave_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "keep", full)
    result = scandrop("samples", str(tmp_path), "--kind", "records")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert hashes(tmp_path) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_count_of_its_own(kind):
    assert COUNTS[kind] > 0
