"""The environment's pseudonym key on the command line: who needs it, who may have it, and what keys are called."""

import json
import logging
import os
from pathlib import Path

import boto3
import pytest
from aws_stack import RAW
from cli_stack import KEY, deployed, refuse, scandrop

from scandrop.errors import Failed
from scandrop.lanes import processor
from scandrop.processors import Derivative, Result
from scandrop.pseudonyms import Pseudonyms
from scandrop_cli import local
from scandrop_cli.files import collect

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B"}]'
TYPED = "ward 7/Doe_Jane_1950.json"
KNOWN = Pseudonyms(KEY.encode()).object_key(TYPED)
DICOM = bytes(128) + b"DICM" + bytes(64)
SHELL = "a key of the shell: 0123456789 0123456789"


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made


@pytest.fixture
def prod(world):
    """An environment whose keys are pseudonymous, with one object in it."""
    world.give_key(pseudonymous_keys=True)
    world.drop(TYPED, PATIENTS)
    return world


@pytest.fixture
def given(monkeypatch):
    """The keys that the dicom lane was given; without one it does as the lane does."""
    keys = []

    def process(source, _settings, work):
        keys.append(source.pseudonym_key)
        if source.pseudonym_key is None:
            raise Failed("no_pseudonym_key")
        (work / "deid.dcm").write_bytes(b"d")
        return Result([Derivative("deid.dcm", work / "deid.dcm", "application/dicom")], {})

    monkeypatch.setattr(processor("dicom"), "process", process, raising=False)
    return keys


def processed(*arguments):
    result = scandrop("process", *arguments, "--out", "out", "--json")
    return {record["key"]: record for record in json.loads(result.stdout)}


def put_files():
    Path("scan.dcm").write_bytes(DICOM)
    Path("a.json").write_bytes(PATIENTS)


def test_the_shells_key_reaches_the_lane(world, given, monkeypatch):
    put_files()
    monkeypatch.setenv(local.KEY_VARIABLE, f" {SHELL}\n")
    assert processed("scan.dcm")["scan.dcm"]["status"] == "succeeded"
    world.give_key()
    processed("scan.dcm", "--env", "test")
    assert given == [SHELL.encode(), SHELL.encode()]


def test_with_an_environment_and_no_key_in_the_shell_its_own_counts(world, given):
    put_files()
    world.give_key()
    assert processed("scan.dcm", "--env", "test")["scan.dcm"]["status"] == "succeeded"
    assert given == [KEY.encode()]


@pytest.mark.usefixtures("given")
def test_without_a_key_only_what_is_dicom_fails_with_the_command_that_makes_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put_files()
    records = processed("scan.dcm", "a.json")
    assert {key: record["status"] for key, record in records.items()} == {"scan.dcm": "failed", "a.json": "succeeded"}
    assert records["scan.dcm"]["error"].endswith("export SCANDROP_PSEUDONYM_KEY=$(openssl rand -hex 32)")


def test_records_are_pseudonymised_here_where_the_environment_has_it_so(world):
    put_files()
    settings = {"dicom": {}, "record": {"pseudonymised_fields": ["patient_id"]}}
    world.give_key(settings=settings)
    assert processed("a.json", "--env", "test")["a.json"]["status"] == "succeeded"
    made = json.loads(Path("out/a.json/patients.json").read_bytes())
    assert made == [{"patient_id": Pseudonyms(KEY.encode()).patient_id("A1"), "patient_name": "B"}]
    refuse("secrets-manager")
    failed = processed("a.json", "--env", "test")["a.json"]
    assert failed["status"] == "failed"
    assert "These credentials may not read the pseudonym key of test." in failed["error"]


def test_a_key_that_the_caller_may_not_read_is_told_and_the_others_go_on(world, given):
    put_files()
    world.give_key()
    refuse("secrets-manager")
    records = processed("scan.dcm", "a.json", "--env", "test")
    assert records["a.json"]["status"] == "succeeded"
    assert "These credentials may not read the pseudonym key of test." in records["scan.dcm"]["error"]
    assert given == [None]


@pytest.mark.parametrize(
    ("key", "deleted", "told"),
    [(KEY, True, "marked for deletion"), ("too short", False, "no text of 32 or more characters")],
)
def test_a_key_that_is_no_use_is_told_with_what_mends_it_and_the_others_go_on(world, given, key, deleted, told):
    put_files()
    world.give_key(key)
    arn = world.environ["SCANDROP_PSEUDONYM_SECRET_ARN"]
    if deleted:
        boto3.client("secretsmanager").delete_secret(SecretId=arn)
    records = processed("scan.dcm", "a.json", "--env", "test")
    assert records["a.json"]["status"] == "succeeded"
    assert told in records["scan.dcm"]["error"]
    verb = "restore-secret" if deleted else "put-secret-value"
    assert f"aws secretsmanager {verb} --region us-east-1 --secret-id {arn}" in records["scan.dcm"]["error"]
    assert given == [None]


@pytest.mark.usefixtures("world")
def test_a_key_that_is_too_short_stops_the_verb_and_is_not_repeated(monkeypatch):
    put_files()
    monkeypatch.setenv(local.KEY_VARIABLE, "hunter2")
    result = scandrop("process", "scan.dcm", "--out", "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "SCANDROP_PSEUDONYM_KEY: The pseudonym key has 7 characters" in result.stderr
    assert "hunter2" not in result.stderr


def test_the_key_is_in_no_output_help_or_file(world, given, monkeypatch):
    put_files()
    monkeypatch.setenv(local.KEY_VARIABLE, SHELL)
    texts = [scandrop("process", *more).output for more in (["--help"], ["scan.dcm", "a.json", "--out", "out"])]
    texts.append(scandrop("process", "scan.dcm", "--out", "out", "--json").output)
    texts += [path.read_text() for path in world.root.rglob("manifest.json")]
    texts.append(repr(local.Rules.of(None)))
    assert given
    assert not [text for text in texts if SHELL in text]


def told(_file, _out, rules):
    """In a worker: its key, and its arguments and environment as the system has them."""
    command = Path("/proc/self/cmdline").read_text()
    return rules.pseudonym_key, SHELL in command, SHELL in str(dict(os.environ))


def test_workers_have_the_key_and_not_as_an_argument(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "_WORTH_A_WORKER_BYTES", 0)
    monkeypatch.setattr(local, "process_file", told)
    monkeypatch.setattr(local.cores, "available", lambda: 2)
    put_files()
    rules = local.Rules(pseudonym_key=SHELL.encode())
    assert list(local.process_files(collect(["."]), Path("out"), rules)) == [(SHELL.encode(), False, False)] * 2


def test_keys_stay_as_they_are_where_files_are_processed_here(world, given):
    world.give_key(pseudonymous_keys=True)
    (world.root / "Doe.dcm").write_bytes(DICOM)
    assert list(processed("Doe.dcm", "--env", "test")) == ["Doe.dcm"]
    assert (world.root / "out" / "Doe.dcm" / "deid.dcm").is_file()
    assert given


@pytest.mark.parametrize("key", [TYPED, KNOWN])
@pytest.mark.usefixtures("prod")
def test_an_object_is_shown_by_its_raw_key_and_by_its_pseudonymous_one(key):
    shown = json.loads(scandrop("show", key, "--json").stdout)
    assert shown["record"]["object_key"] == shown["manifest"]["source"]["key"] == KNOWN
    assert "Doe" not in scandrop("show", key).output


@pytest.mark.parametrize("key", [TYPED, KNOWN])
def test_its_derivatives_lie_here_under_the_pseudonymous_key(prod, key):
    assert scandrop("download", key, "out").exit_code == 0
    assert (prod.root / "out" / KNOWN / "patients.json").is_file()
    assert not list(prod.root.rglob("*Doe*"))


@pytest.mark.usefixtures("prod")
def test_waiting_answers_with_the_keys_as_they_were_typed():
    for key in (TYPED, KNOWN):
        (record,) = json.loads(scandrop("wait", key, "--json").stdout)
        assert (record["key"], record["status"]) == (key, "succeeded")


@pytest.mark.usefixtures("prod")
def test_waiting_for_a_prefix_answers_with_pseudonymous_keys():
    assert [record["key"] for record in json.loads(scandrop("wait", "--prefix", "ward", "--json").stdout)] == [KNOWN]


@pytest.mark.usefixtures("prod")
def test_a_pseudonymous_key_that_no_lane_has_taken_is_waited_for():
    never = Pseudonyms(KEY.encode()).object_key("never.json")
    result = scandrop("wait", never, "--timeout", "0", "--json")
    assert result.exit_code == 1
    assert [record["status"] for record in json.loads(result.stdout)] == ["waiting"]


def test_an_upload_can_be_waited_for(prod):
    (prod.root / "ward 7").mkdir()
    (prod.root / TYPED).write_bytes(PATIENTS)
    prod.stack.s3.put_object(
        Bucket=RAW, Key=TYPED, Body=PATIENTS, Metadata={"sha256": local.file_sha256(prod.root / TYPED)}
    )
    prod.settle_newest(TYPED, **prod.environ)
    result = scandrop("upload", "ward 7", "--wait", "--json")
    assert result.exit_code == 0, result.output
    assert [record["key"] for record in json.loads(result.stdout)] == [TYPED]


def test_what_was_settled_before_keys_became_pseudonymous_is_told_and_not_waited_for(world):
    (world.root / "ward 7").mkdir()
    for key in (TYPED, "ward 7/new.json"):
        (world.root / key).write_bytes(PATIENTS)
        sha256 = local.file_sha256(world.root / key)
        world.stack.s3.put_object(Bucket=RAW, Key=key, Body=PATIENTS, Metadata={"sha256": sha256})
    world.settle_newest(TYPED)
    world.give_key(pseudonymous_keys=True)
    world.settle_newest("ward 7/new.json", **world.environ)
    result = scandrop("upload", "ward 7", "--wait", "--timeout", "30", "--json")
    assert result.exit_code == 1
    assert [record["key"] for record in json.loads(result.stdout)] == ["ward 7/new.json"]
    told = " ".join(result.stderr.split())
    assert "1 of the files were processed before the keys of test became pseudonymous" in told
    assert "upload them with --force." in told
    scandrop("upload", "ward 7", "--force")
    for key in (TYPED, "ward 7/new.json"):
        world.settle_newest(key, **world.environ)
    assert scandrop("upload", "ward 7", "--wait").exit_code == 0


def test_who_may_not_read_the_key_names_objects_as_status_does(prod):
    refuse("secrets-manager")
    assert json.loads(scandrop("show", KNOWN, "--json").stdout)["record"]["object_key"] == KNOWN
    assert scandrop("wait", KNOWN).exit_code == 0
    for arguments in (["show", TYPED], ["download", TYPED, "out"], ["wait", TYPED], ["wait", "--prefix", "ward"]):
        result = scandrop(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "These credentials may not read the pseudonym key of test. Its keys are pseudonymous" in result.stderr
        assert result.stderr.endswith("\n  scandrop status --env test\n")
    (prod.root / "new.json").write_bytes(PATIENTS)
    assert scandrop("upload", "new.json", "--wait").exit_code == 2
    assert "Contents" not in prod.stack.s3.list_objects_v2(Bucket=RAW, Prefix="new.json")


def test_a_secret_that_is_not_there_is_told_with_the_command_that_makes_it(prod):
    boto3.client("secretsmanager").delete_secret(
        SecretId=prod.environ["SCANDROP_PSEUDONYM_SECRET_ARN"], ForceDeleteWithoutRecovery=True
    )
    result = scandrop("show", TYPED)
    assert result.exit_code == 2
    assert "test has no pseudonym key yet. Deploy it." in result.stderr


@pytest.mark.usefixtures("prod")
def test_the_clients_log_neither_key_nor_raw_key(caplog):
    caplog.set_level(logging.INFO)
    scandrop("show", TYPED)
    assert not [record for record in caplog.records if KEY in record.getMessage() or "Doe" in record.getMessage()]
