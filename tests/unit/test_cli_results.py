"""Derivatives on this machine: downloaded, or made here; the same either way."""

import hashlib
import json
import os
from pathlib import Path

import nibabel
import numpy as np
import pytest
from aws_stack import PROCESSED
from cli_stack import outputs, put_state, scandrop
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scandrop.version import package_version
from scandrop_cli import local
from scandrop_cli.download import download_files
from scandrop_cli.files import collect
from scandrop_cli.folders import folder_of

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B", "age": 3}]'
NIBABEL_RUN = Path(nibabel.__file__).parent / "tests/data/functional.nii"


def tree(folder):
    """Every file below a folder with the SHA-256 of its bytes."""
    folder = Path(folder)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def derivatives(folder):
    return {name: digest for name, digest in tree(folder).items() if not name.endswith("manifest.json")}


def photograph(path, size=(37, 23)):
    Image.linear_gradient("L").resize(size).convert("RGB").save(path)
    return path.read_bytes()


def rewrite_manifest(world, key, change):
    content = world.stack.manifest(key)
    change(content["derivatives"])
    world.stack.s3.put_object(Bucket=PROCESSED, Key=f"{key}/manifest.json", Body=json.dumps(content).encode())


def test_all_derivatives_and_the_manifest_are_fetched(world):
    world.drop("study/a.json", PATIENTS)
    result = scandrop("download", "study/a.json", "out")
    assert result.exit_code == 0
    stored = {key: hashlib.sha256(world.stack.read(key)).hexdigest() for key in world.stack.processed()}
    assert tree("out") == stored
    assert "study/a.json/patients.json" in stored


def test_a_large_file_of_a_store_that_ignores_ranges_of_a_version_is_fetched_whole(world):
    body = os.urandom(9 << 20)  # past boto3's threshold for ranges
    version = world.stack.s3.put_object(Bucket=PROCESSED, Key="a.tif/half.tif", Body=body)["VersionId"]
    digest = hashlib.sha256(body).hexdigest()
    entry = {"name": "half.tif", "bytes": len(body), "sha256": digest, "version_id": version}
    environment, told = world.environment, []
    environment.s3.meta.events.register("before-parameter-build.s3.GetObject", lambda params, **_: ignore_range(params))
    (one,) = download_files(environment, "a.tif", {"derivatives": [entry]}, Path("out"), told.append)
    assert (one.status, one.error) == ("written", None)
    assert sum(told) == len(body)
    assert tree("out")["a.tif/half.tif"] == digest


def ignore_range(parameters):
    if "VersionId" in parameters:
        parameters.pop("Range", None)


def test_of_a_key_that_the_ledger_knows_and_that_has_no_derivatives_a_download_says_what_it_is(world):
    world.drop("a.json", PATIENTS)
    for name in ("manifest.json", "patients.json"):
        world.stack.s3.delete_object(Bucket=PROCESSED, Key=f"a.json/{name}")
    result = scandrop("download", "a.json", "out")
    assert (result.exit_code, result.stdout) == (1, "")
    sentence = "scandrop: 'a.json' is succeeded, and no derivatives of it are there."
    assert result.stderr == f"{sentence}\n  scandrop show --env test a.json\n"
    assert "Nothing is known of" in scandrop("download", "b.json", "out").stderr


def test_a_second_download_fetches_nothing_and_mends_what_was_changed(world):
    world.drop("a.json", PATIENTS)
    scandrop("download", "a.json", "out")
    again = json.loads(scandrop("download", "a.json", "out", "--json").stdout)
    assert {one["status"] for one in again} == {"skipped"}
    Path("out/a.json/patients.json").write_text("scribbled")
    mended = json.loads(scandrop("download", "a.json", "out", "--json").stdout)
    assert {Path(one["path"]).name: one["status"] for one in mended}["patients.json"] == "written"
    assert json.loads(Path("out/a.json/patients.json").read_text()) == [{"patient_id": "A1", "patient_name": "B"}]


def test_bytes_that_the_manifest_does_not_vouch_for_are_not_kept(world):
    world.drop("a.json", PATIENTS)
    rewrite_manifest(world, "a.json", lambda entries: entries[0].update(sha256="0" * 64))
    result = scandrop("download", "a.json", "out")
    assert result.exit_code == 1
    assert "Its bytes are not those that the manifest vouches for." in result.stderr
    name = world.stack.manifest("a.json")["derivatives"][0]["name"]
    assert name not in os.listdir("out/a.json")  # noqa: PTH208
    assert "manifest.json" not in os.listdir("out/a.json")  # noqa: PTH208


@pytest.mark.parametrize("key", ["../../evil.json", "/etc/evil.json", "a/../../../evil.json", "a//./b.json"])
def test_a_nasty_key_stays_inside_the_folder(world, key):
    before = set(tree(world.root.parent))
    world.drop(key, PATIENTS)
    assert scandrop("download", key, "out").exit_code == 0
    new = set(tree(world.root.parent)) - before
    assert new
    assert all(name.startswith(f"{world.root.name}/out/") for name in new)


@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/evil.txt", "link/evil.txt"])  # noqa: S108
def test_a_nasty_derivative_or_a_link_that_leads_out_is_refused(world, name):
    (world.root / "elsewhere").mkdir()
    (world.root / "out" / "a.json").mkdir(parents=True)
    (world.root / "out" / "a.json" / "link").symlink_to(world.root / "elsewhere")
    world.drop("a.json", PATIENTS)
    rewrite_manifest(world, "a.json", lambda entries: entries[0].update(name=name))
    result = scandrop("download", "a.json", "out")
    assert result.exit_code == 1
    assert "would lie outside" in result.stderr
    assert not [path for path in world.root.parent.rglob("evil.txt") if path.is_file()]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300))
def test_every_key_has_a_folder_below_and_never_beside(key):
    base = Path("/base")
    folder = folder_of(base, key)
    assert Path(os.path.normpath(folder)) == folder
    assert folder.is_relative_to(base)
    assert folder != base
    assert all(len(part.encode()) <= 255 for part in folder.parts)


def test_a_rejected_object_has_only_its_manifest_and_exits_with_one(world):
    world.drop("a.json", b"[")
    result = scandrop("download", "a.json", "out")
    assert (result.exit_code, result.stdout) == (1, "")
    manifest = world.stack.manifest("a.json")
    assert result.stderr == f"a.json was rejected ({manifest['error_code']}): {manifest['error']}\n"
    assert set(tree("out")) == {"a.json/manifest.json"}


def test_a_new_version_clears_the_old_ones_files_away_and_nobody_elses(world):
    world.drop("a.png", photograph(world.root / "a.png"), "image")
    scandrop("download", "a.png", "out")
    Path("out/a.png/notes.txt").write_text("mine")
    world.drop("a.png", b"no image", "image")
    scandrop("download", "a.png", "out")
    assert set(tree("out")) == {"a.png/manifest.json", "a.png/notes.txt"}


@pytest.mark.parametrize("former", ["not JSON", "[1]", '{"name": "mine"}'])
def test_somebody_elses_manifest_does_not_stop_the_results(tmp_path, monkeypatch, former):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_bytes(PATIENTS)
    (tmp_path / "out" / "a.json").mkdir(parents=True)
    (tmp_path / "out" / "a.json" / "manifest.json").write_text(former)
    assert scandrop("process", "a.json", "--out", "out").exit_code == 0
    assert json.loads((tmp_path / "out" / "a.json" / "manifest.json").read_text())["status"] == "succeeded"


def test_processing_here_gives_the_same_derivatives_as_the_lanes_hash_for_hash(world):
    study = world.root / "study"
    (study / "deep").mkdir(parents=True)
    scan = photograph(study / "scan.PNG", (1000, 700))
    (study / "deep" / "patients.json").write_bytes(PATIENTS)
    result = scandrop("process", "study", "--out", "here")
    assert result.exit_code == 0, result.stdout
    world.drop("study/scan.PNG", scan, "image")
    world.drop("study/deep/patients.json", PATIENTS, "record")
    for key in ("study/scan.PNG", "study/deep/patients.json"):
        scandrop("download", key, "there")
    assert derivatives("here") == derivatives("there")
    assert len(derivatives("here")) >= 6


def test_what_is_rejected_here_is_shown_with_its_code_and_sentence(world):
    (world.root / "bad.json").write_text("[")
    (world.root / "notes").write_text("plain text")
    result = scandrop("process", "bad.json", "notes", "--out", "out", "--json")
    assert result.exit_code == 1
    bad, notes = json.loads(result.stdout)
    assert (bad["key"], bad["status"], bad["lane"]) == ("bad.json", "rejected", "record")
    assert (notes["error_code"], notes["lane"]) == ("unsupported", "other")
    manifest = json.loads(Path("out/bad.json/manifest.json").read_text())
    assert (manifest["error_code"], manifest["error"]) == (bad["error_code"], bad["error"])
    assert bad["error"] in scandrop("process", "bad.json", "--out", "out").stderr


def test_a_file_without_a_suffix_goes_to_the_lane_of_its_content(world):
    photograph(world.root / "scan.png")
    (world.root / "scan.png").rename("scan")
    result = scandrop("process", "scan", "--out", "out", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["lane"] == "image"


def test_the_settings_and_limits_of_an_environment_hold_where_it_is_named(world):
    values = outputs({"record": "q"})
    values["settings"] = {"record": {"fields": ["patient_id"]}}
    values["max_object_bytes"] = {"record": 60}
    put_state(world.stack, "test", {"test": values})
    (world.root / "a.json").write_bytes(PATIENTS)
    (world.root / "b.json").write_bytes(PATIENTS + b" " * 60)
    result = scandrop("process", "a.json", "b.json", "--out", "out", "--env", "test", "--json")
    assert [record["error_code"] for record in json.loads(result.stdout)] == [None, "too_large"]
    assert json.loads(Path("out/a.json/patients.json").read_text()) == [{"patient_id": "A1"}]


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"properties": {"patient_id": {"pattern": "(?=A)."}}}])
def test_settings_that_the_lane_cannot_take_are_told_in_a_sentence(world, schema):
    values = outputs({"record": "q"})
    values["settings"] = {"record": {"schema": schema}}
    put_state(world.stack, "test", {"test": values})
    (world.root / "a.json").write_bytes(PATIENTS)
    result = scandrop("process", "a.json", "--out", "out", "--env", "test")
    assert result.exit_code == 2
    assert "The record lane cannot take its settings of env/test.tfvars: schema is no JSON Schema" in result.stderr
    assert result.stderr.endswith(".\n  ./deploy.sh test\n")


@pytest.fixture
def parcelled(world):
    """The environment names a label image, which lies in the project; the command is typed in a folder below."""
    values = outputs({"nifti": "q"})
    values["settings"] = {"nifti": {"parcellation": "atlases/halves.nii"}}
    put_state(world.stack, "test", {"test": values})
    (world.root / "study").mkdir()
    run = nibabel.load(NIBABEL_RUN)
    labels = np.ones(run.shape[:3], np.int16)
    labels[run.shape[0] // 2 :] = 2
    (world.root / "atlases").mkdir()
    nibabel.save(nibabel.Nifti1Image(labels, run.affine), world.root / "atlases" / "halves.nii")
    (world.root / "study" / "run.nii").write_bytes(NIBABEL_RUN.read_bytes())
    return world


def test_a_parcellation_is_found_from_a_folder_below_the_projects(parcelled, monkeypatch):
    monkeypatch.chdir(parcelled.root / "study")
    result = scandrop("process", "run.nii", "--out", "out", "--env", "test", "--json")
    assert [record["error"] for record in json.loads(result.stdout)] == [None]
    (regions,) = Path("out").rglob("*desc-regions_dseg.tsv")
    assert len(regions.read_text().splitlines()) == 3


def test_a_parcellation_that_is_not_here_is_told_in_a_sentence(parcelled):
    (parcelled.root / "atlases" / "halves.nii").unlink()
    result = scandrop("process", "study/run.nii", "--out", "out", "--env", "test")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nifti.parcellation of env/test.tfvars names atlases/halves.nii" in result.stderr


def test_processing_needs_no_aws_and_no_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (tmp_path / "a.json").write_bytes(PATIENTS)
    assert scandrop("process", "a.json", "--out", "out").exit_code == 0


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_stops_the_verb_with_a_sentence(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_bytes(PATIENTS)
    (tmp_path / "file").write_text("a file")
    result = scandrop("process", "a.json", "--out", out)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"scandrop: Nothing can be written to the folder {out}: ")


def test_a_place_for_one_files_results_that_is_taken_fails_that_file_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(PATIENTS)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.json").write_text("a file")
    result = scandrop("process", "a.json", "b.json", "--out", "out", "--json")
    assert result.exit_code == 1
    failed, succeeded = json.loads(result.stdout)
    assert (failed["status"], succeeded["status"]) == ("failed", "succeeded")
    assert "out/a.json" in failed["error"]


def test_the_version_is_the_one_that_manifests_have():
    assert scandrop("--version").stdout == f"scandrop {package_version()}\n"


def test_several_processes_give_what_one_gives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for number in range(3):
        photograph(tmp_path / "in" / f"{number}.png", (50 + number, 40))
    files = collect(["in"])
    alone = {record.key: record.status for record in local.process_files(files, Path("alone"), local.Rules())}
    monkeypatch.setattr(local, "_WORTH_A_WORKER_BYTES", 0)
    together = {record.key: record.status for record in local.process_files(files, Path("together"), local.Rules())}
    assert alone == together == dict.fromkeys(alone, "succeeded")
    assert derivatives("alone") == derivatives("together")


class Deadly(dict):
    """Settings that take the process down which asks for the image lane's."""

    def get(self, lane, default=None):
        return os._exit(9) if lane == "image" else super().get(lane, default)


def test_a_file_that_kills_its_process_fails_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "_WORTH_A_WORKER_BYTES", 0)
    photograph(tmp_path / "a.png")
    (tmp_path / "b.json").write_bytes(PATIENTS)
    found = local.process_files(collect(["."]), Path("out"), local.Rules(settings=Deadly()))
    assert {record.key: record.status for record in found} == {
        "a.png": "failed",
        "b.json": "succeeded",
    }
