"""How the command line finds an environment, and what it says where it cannot."""

import os
import subprocess
import sys
from types import SimpleNamespace

import boto3
import pytest
from aws_stack import PROCESSED, RAW, TABLE
from botocore.awsrequest import AWSResponse
from cli_stack import STATE, deployed, outputs, put_state, scandrop, write_backend

from scandrop_cli import environment

ERROR = "<Error><Code>{}</Code><Message>no</Message></Error>"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Each test has a session of its own, since a session keeps the credentials that it first found."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made


def answer_with(status, code):
    """Let S3 itself answer every request so, as bytes on the wire."""
    body = ERROR.format(code).encode()

    def send(request, **_):
        raw = SimpleNamespace(stream=lambda *_, **__: iter([body]))
        return AWSResponse(request.url, status, {"content-type": "application/xml"}, raw)

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register_first("before-send.s3", send)


def complaint(result):
    """The sentence and the command of a verb that could not be carried out; a traceback would not be two lines."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    sentence, *mend = result.stderr.splitlines()
    return sentence, "".join(mend).strip()


def test_an_environment_is_what_its_terraform_state_says(world):
    read = world.environment
    assert (read.name, read.region) == ("test", "us-east-1")
    assert (read.raw_bucket, read.processed_bucket, read.ledger_table) == (RAW, PROCESSED, TABLE)
    assert set(read.queue_urls) == {"image", "record", "other"}


def test_the_checkout_is_found_from_a_folder_below_it(world, monkeypatch):
    below = world.root / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert environment.repository_root() == world.root


def test_an_unknown_environment_is_answered_with_those_there_are(world):
    write_backend(world.root, "prod")
    sentence, _ = complaint(scandrop("status", "--env", "tset"))
    assert sentence == "scandrop: There is no environment 'tset'; env/ has prod, test."


def test_an_environment_that_was_never_deployed_is_answered_with_the_command_that_does_it(world):
    write_backend(world.root, "prod")
    assert complaint(scandrop("status", "--env", "prod")) == (
        "scandrop: The environment prod has no state yet. Deploy it.",
        "./deploy.sh prod",
    )


def test_a_missing_state_bucket_means_the_same(world):
    backend = world.root / "env" / "test.backend.hcl"
    backend.write_text(backend.read_text().replace(STATE, "scandrop-nowhere"))
    assert complaint(scandrop("status"))[1] == "./deploy.sh test"


def test_a_destroyed_environment_has_a_state_without_outputs(world):
    put_state(world.stack, "test", {})
    assert complaint(scandrop("status")) == (
        "scandrop: The environment test is not deployed: its state holds no outputs. Deploy it.",
        "./deploy.sh test",
    )


def test_a_state_of_another_version_says_what_it_lacks(world):
    values = outputs({})
    del values["ledger_table"]
    put_state(world.stack, "test", {"test": values})
    sentence, mend = complaint(scandrop("status"))
    assert "has no 'ledger_table'" in sentence
    assert mend == "./deploy.sh test"


def test_a_backend_file_without_a_region_is_named(world):
    (world.root / "env" / "test.backend.hcl").write_text('bucket = "b"\nkey = "k"\n')
    assert "test.backend.hcl does not say region" in complaint(scandrop("status"))[0]


def test_outside_a_checkout_one_is_told_to_change_into_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "a" / "b" / "environment.py"))
    assert "Change into the folder" in complaint(scandrop("status"))[0]


def test_an_embedded_aws_that_is_down_is_answered_with_the_command_that_starts_it(world):
    (world.root / "env" / "test.env").write_text("AWS_ENDPOINT_URL=http://127.0.0.1:9\n")
    boto3.DEFAULT_SESSION = None
    assert complaint(scandrop("status")) == (
        "scandrop: The embedded AWS at 127.0.0.1:9 does not answer. Start it.",
        "./deploy.sh local",
    )


def test_keys_of_the_env_file_are_not_mixed_with_the_shells_profile_and_token(world, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "hospital")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    env_file = world.root / "env" / "test.env"
    env_file.write_text("# for the embedded AWS\nAWS_ACCESS_KEY_ID=mine\nAWS_SECRET_ACCESS_KEY=secret\n")
    assert world.environment.name == "test"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(os.environ)


def test_an_env_file_without_keys_leaves_the_shells_profile(world, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    (world.root / "env" / "test.env").write_text("AWS_REGION=eu-central-1\n")
    assert world.environment.name == "test"
    assert os.environ["AWS_SESSION_TOKEN"] == "t"


@pytest.mark.usefixtures("world")
def test_missing_credentials_are_answered_with_the_sign_in(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    boto3.DEFAULT_SESSION = None
    assert complaint(scandrop("status")) == (
        "scandrop: There are no AWS credentials here. Sign in, or set AWS_PROFILE.",
        "aws sso login",
    )


@pytest.mark.usefixtures("world")
def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "hospital")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    sentence, mend = complaint(scandrop("status"))
    assert "hospital" in sentence
    assert mend == "aws configure list-profiles"


@pytest.mark.parametrize(
    ("status", "code", "says", "mend"),
    [
        (400, "ExpiredToken", "have expired", "aws sso login"),
        (403, "InvalidAccessKeyId", "does not know these credentials", "aws sso login"),
        (403, "AccessDenied", "denied GetObject", "aws sts get-caller-identity"),
        (403, "RequestTimeTooSkewed", "clock is wrong", "date --utc"),
        (400, "SomethingNew", "AWS refused GetObject (SomethingNew): no", ""),
    ],
)
@pytest.mark.usefixtures("world")
def test_what_aws_refuses_is_one_sentence_and_the_command_that_mends_it(status, code, says, mend):
    answer_with(status, code)
    sentence, command = complaint(scandrop("status"))
    assert says in sentence
    assert command == mend


def test_a_part_that_is_gone_is_answered_with_a_deployment(world):
    world.stack.dynamodb.delete_table(TableName=TABLE)
    sentence, mend = complaint(scandrop("show", "a.json"))
    assert "gone (GetItem: ResourceNotFoundException)" in sentence
    assert mend == "./deploy.sh test"


@pytest.mark.parametrize("verb", ["process", "upload", "wait", "status", "show", "download", "logs", "reidentify"])
def test_every_verb_has_help_with_examples(verb):
    result = scandrop(verb, "--help")
    assert result.exit_code == 0
    assert f"Examples:\n    scandrop {verb} " in result.stdout


@pytest.mark.parametrize("verb", ["list", "show"])
def test_so_has_every_verb_of_a_study(verb):
    result = scandrop("study", verb, "--help")
    assert result.exit_code == 0
    assert f"Examples:\n    scandrop study {verb} " in result.stdout
    assert scandrop("study", verb.upper(), "--help").exit_code == 0


@pytest.mark.parametrize("verb", ["upload", "wait", "status", "show", "download", "logs", "reidentify"])
def test_the_environment_is_local_unless_said_otherwise(verb):
    assert "default: local" in scandrop(verb, "--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [["status", "--status", "good"], ["status", "--lane", "x"], ["logs", "--since", "soon"], ["show"], ["no"]],
)
def test_wrong_usage_exits_with_two(arguments):
    assert scandrop(*arguments).exit_code == 2


def test_help_is_there_without_importing_the_aws_client_or_the_tables():
    code = "import sys, scandrop_cli.main; print(sorted({'boto3', 'rich.table', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("world")
def test_a_client_says_whose_it_is_and_is_as_patient_as_its_verb():
    usual = environment.client("sqs", "eu-west-1").meta.config
    brisk = environment.client("s3", "eu-west-1", attempts=2, read_timeout=20).meta.config
    assert {usual.user_agent_extra, brisk.user_agent_extra} == {"scandrop"}
    assert (usual.retries["total_max_attempts"], usual.read_timeout) == (5, 60)
    assert (brisk.retries["total_max_attempts"], brisk.read_timeout) == (2, 20)
