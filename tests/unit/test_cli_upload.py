"""Which keys files get, what is sent, and what is skipped."""

import json
import os

import pytest
from aws_stack import RAW
from cli_stack import scandrop

from scandrop_cli.errors import OperatorError
from scandrop_cli.files import LocalFile, collect
from scandrop_cli.upload import MULTIPART_BYTES, upload_files


@pytest.fixture
def study(tmp_path, monkeypatch):
    """study1/ with two scans, one of them deeper, and what macOS and git leave behind."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "sub/b c.json", ".DS_Store", ".git/config", "sub/.hidden/c.png"):
        path = tmp_path / "study1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "study1"


def versions(world):
    found = world.stack.s3.list_object_versions(Bucket=RAW).get("Versions", [])
    return sorted((entry["Key"], entry["Size"]) for entry in found)


def keys(*arguments, prefix=""):
    return [file.key for file in collect(arguments, prefix)]


@pytest.mark.usefixtures("study")
def test_a_folder_gives_its_name_to_the_keys_and_hidden_files_stay_out():
    assert keys("study1") == ["study1/a.png", "study1/sub/b c.json"]


@pytest.mark.usefixtures("study")
def test_a_folder_with_a_slash_gives_only_what_is_in_it():
    assert keys("study1/") == ["a.png", "sub/b c.json"]


def test_a_dot_gives_what_is_in_the_working_directory(study, monkeypatch):
    monkeypatch.chdir(study)
    assert keys(".") == ["a.png", "sub/b c.json"]


def test_a_path_elsewhere_gives_only_its_last_part(study):
    assert keys(str(study / "sub")) == ["sub/b c.json"]
    assert keys(str(study / "a.png")) == ["a.png"]


@pytest.mark.usefixtures("study")
def test_a_hidden_file_that_is_named_itself_is_taken():
    assert keys("study1/.DS_Store") == [".DS_Store"]


@pytest.mark.parametrize("prefix", ["p7", "p7/", "/p7"])
@pytest.mark.usefixtures("study")
def test_a_prefix_is_a_folder_of_the_bucket(prefix):
    assert keys("study1/a.png", prefix=prefix) == ["p7/a.png"]


def test_two_files_for_one_key_are_refused(study):
    (study / "sub" / "a.png").write_text("another")
    with pytest.raises(OperatorError, match=r"Two of these files would be 'a\.png'"):
        collect(["study1/a.png", "study1/sub/a.png"])


def test_what_is_not_there_and_what_is_empty_is_said_before_anything_is_sent(world, study):
    result = scandrop("upload", str(study), "nowhere.png")
    assert result.exit_code == 2
    assert "There is no file or folder 'nowhere.png'" in result.stderr
    (world.root / "void").mkdir()
    assert "There is no file in there" in scandrop("upload", "void").stderr
    assert versions(world) == []


def test_a_name_that_cannot_be_a_key_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ("d" * 250) / ("e" * 250) / ("f" * 250) / ("g" * 250)
    folder.mkdir(parents=True)
    (folder / ("h" * 30)).write_text("x")
    with pytest.raises(OperatorError, match="1034 bytes and S3 takes 1024"):
        collect(["d" * 250])
    latin = os.fsdecode(b"caf\xe9.png")
    (tmp_path / latin).write_text("x")
    with pytest.raises(OperatorError, match="not UTF-8"):
        collect([latin])


@pytest.mark.parametrize("name", ["new\nline.png", "bell\a.png", "next\u0085line.png", "line\u2028separator.png"])
def test_a_control_character_in_a_key_is_refused_before_anything_is_sent(world, name):
    (world.root / "study").mkdir()
    for each in ("a.png", name):
        (world.root / "study" / each).write_text("x")
    result = scandrop("upload", "study")
    assert result.exit_code == 2
    assert f"The key {'study/' + name!r} has a control character," in result.stderr
    assert versions(world) == []


def test_files_arrive_under_their_keys(world, study):
    (study / "grün + 100%.json").write_text("[]")
    result = scandrop("upload", "study1")
    assert result.exit_code == 0
    assert versions(world) == [("study1/a.png", 5), ("study1/grün + 100%.json", 2), ("study1/sub/b c.json", 12)]
    assert result.stderr.strip() == "3 uploaded (19 B), 0 already there"


@pytest.mark.usefixtures("study")
def test_what_is_there_already_is_not_sent_again(world):
    scandrop("upload", "study1")
    before = versions(world)
    result = scandrop("upload", "study1", "--json")
    assert versions(world) == before
    assert [(one["key"], one["status"]) for one in json.loads(result.stdout)] == [
        ("study1/a.png", "skipped"),
        ("study1/sub/b c.json", "skipped"),
    ]


@pytest.mark.usefixtures("study")
def test_what_is_there_already_is_sent_again_as_a_new_version_where_it_is_forced(world):
    scandrop("upload", "study1")
    result = scandrop("upload", "study1/a.png", "--prefix", "study1", "--force")
    assert result.stderr.strip() == "1 uploaded (5 B), 0 already there"
    assert versions(world) == [("study1/a.png", 5), ("study1/a.png", 5), ("study1/sub/b c.json", 12)]


def test_a_rejected_file_is_processed_again_after_a_limit_was_raised(world):
    (world.root / "patients.json").write_text('[{"patient_id": "A1", "patient_name": "B"}]')
    scandrop("upload", "patients.json")
    world.settle_newest("patients.json", SCANDROP_MAX_OBJECT_BYTES="10")
    assert scandrop("upload", "patients.json", "--wait").exit_code == 1
    scandrop("upload", "patients.json", "--force")
    world.settle_newest("patients.json")
    assert scandrop("wait", "patients.json").exit_code == 0


def test_other_bytes_of_the_same_length_are_sent(world, study):
    scandrop("upload", "study1")
    (study / "a.png").write_text("A.PNG")
    result = scandrop("upload", "study1")
    assert result.stderr.strip() == "1 uploaded (5 B), 1 already there"
    assert world.stack.s3.get_object(Bucket=RAW, Key="study1/a.png")["Body"].read() == b"A.PNG"


def test_an_object_that_somebody_else_put_there_is_replaced_once(world, study):
    world.stack.s3.put_object(Bucket=RAW, Key="a.png", Body=(study / "a.png").read_bytes())
    assert "1 uploaded" in scandrop("upload", "study1/a.png").stderr
    assert "0 uploaded" in scandrop("upload", "study1/a.png").stderr


@pytest.mark.parametrize(("size_bytes", "parts"), [(MULTIPART_BYTES - 1, 1), (MULTIPART_BYTES + 1, 3)])
def test_a_large_file_goes_in_parts_and_is_skipped_all_the_same(world, size_bytes, parts):
    path = world.root / "scan.bin"
    path.write_bytes(os.urandom(1 << 20) * (size_bytes >> 20) + b"x" * (size_bytes & 0xFFFFF))
    files, told = collect(["scan.bin"]), []
    assert [upload.status for upload in upload_files(world.environment, files, told.append)] == ["uploaded"]
    etag = world.stack.s3.head_object(Bucket=RAW, Key="scan.bin")["ETag"].strip('"')
    assert etag.partition("-")[2] == ("" if parts == 1 else str(parts))
    assert sum(told) == size_bytes
    assert [upload.status for upload in upload_files(world.environment, files, told.append)] == ["skipped"]
    assert sum(told) == 2 * size_bytes


def test_a_file_that_cannot_be_read_does_not_stop_the_others(world, study):
    gone = LocalFile("gone.png", study / "gone.png", 5)
    uploads = upload_files(world.environment, [gone, *collect(["study1"])])
    assert [upload.status for upload in uploads] == ["failed", "uploaded", "uploaded"]
    assert uploads[0].error == "No such file or directory"


@pytest.mark.usefixtures("study")
def test_a_failed_file_makes_the_exit_code_one(world, monkeypatch):
    files = collect(["study1"])
    monkeypatch.setattr("scandrop_cli.files.collect", lambda *_: files)
    files[0].path.unlink()
    result = scandrop("upload", "study1")
    assert result.exit_code == 1
    assert "study1/a.png: No such file or directory. It was not uploaded." in result.stderr
    assert versions(world) == [("study1/sub/b c.json", 12)]


@pytest.mark.usefixtures("study")
def test_what_aws_refuses_stops_the_upload_with_a_sentence(world):
    world.stack.s3.delete_bucket(Bucket=RAW)
    result = scandrop("upload", "study1")
    assert result.exit_code == 2
    assert "A part of the environment is gone (" in result.stderr


def test_upload_can_wait_for_the_results(world):
    (world.root / "patients.json").write_text('[{"patient_id": "A1", "patient_name": "B"}]')
    scandrop("upload", "patients.json")
    world.settle_newest("patients.json")
    result = scandrop("upload", "patients.json", "--wait", "--json")
    assert result.exit_code == 0
    (settled,) = json.loads(result.stdout)
    assert (settled["key"], settled["status"]) == ("patients.json", "succeeded")


def test_upload_that_waits_exits_with_one_where_something_was_rejected(world):
    (world.root / "patients.json").write_text("[")
    scandrop("upload", "patients.json")
    world.settle_newest("patients.json")
    assert scandrop("upload", "patients.json", "--wait").exit_code == 1
