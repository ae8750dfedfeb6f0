"""`scandrop cleanup`: what it shows, whom it asks, what it deletes and what it leaves."""

import json
from types import SimpleNamespace

import boto3
import pytest
from aws_stack import PROCESSED, RAW
from botocore.awsrequest import AWSResponse
from cli_stack import STATE, deployed, scandrop

from scandrop_cli.cleanup import emptying
from scandrop_cli.cleanup.emptying import clean
from scandrop_cli.cleanup.holdings import Bucket, Holdings, look
from scandrop_cli.errors import OperatorError
from tools import deploy

ACCOUNT = "123456789012"
KEYS = ("plain.png", "a +b&<c>é/%2B.png", "x" * 1024, "smile \U0001f600.png")


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An environment with odd keys, versions, delete markers, parts, messages, logs, and a neighbour's of each."""
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        write_settings(made, 'deletion_protection = false\nregion = "us-east-1"')
        put_resources(made)
        for key in KEYS:
            for body in (b"one", b"three"):
                made.stack.s3.put_object(Bucket=RAW, Key=key, Body=body)
        made.stack.s3.delete_object(Bucket=RAW, Key="plain.png")
        made.stack.s3.create_multipart_upload(Bucket=RAW, Key="half.nii")
        made.stack.s3.put_object(Bucket=PROCESSED, Key="d.png", Body=b"12345")
        made.stack.s3.create_bucket(Bucket="scandrop-test2-raw")
        made.stack.s3.put_object(Bucket="scandrop-test2-raw", Key="a", Body=b"x")
        logs = boto3.client("logs")
        for name in ("/aws/lambda/scandrop-test-image", "/aws/lambda/scandrop-test-herald", "/scandrop-test/audit"):
            logs.create_log_group(logGroupName=name)
        logs.create_log_group(logGroupName="/aws/lambda/scandrop-test2-image")
        made.stack.sqs.send_message(QueueUrl=queue(made, "dead"), MessageBody="{}")
        yield made


def queue(made, name):
    return made.stack.sqs.get_queue_url(QueueName=f"scandrop-test-{name}")["QueueUrl"]


def versions(made, bucket):
    page = made.stack.s3.list_object_versions(Bucket=bucket)
    return [*page.get("Versions", []), *page.get("DeleteMarkers", [])]


def groups():
    return {group["logGroupName"] for group in boto3.client("logs").describe_log_groups()["logGroups"]}


def write_settings(made, settings):
    (made.root / "env/test.tfvars").write_text(
        f'environments = {{ test = {{\n  aws_account_id = "{ACCOUNT}"\n{settings}\n}} }}\n'
    )


def put_resources(made, *, protected=False, log_groups=()):
    """Let the state have the buckets and the queue whose names here are not as Terraform would give them."""
    kinds = [
        ("aws_dynamodb_table", {"name": "scandrop-test-ledger", "deletion_protection_enabled": protected}),
        *(("aws_s3_bucket", {"bucket": bucket}) for bucket in (RAW, PROCESSED)),
        ("aws_sqs_queue", {"name": "scandrop-test-dead"}),
        *(("aws_cloudwatch_log_group", {"name": group}) for group in log_groups),
    ]
    resources = [{"mode": "managed", "type": kind, "instances": [{"attributes": each}]} for kind, each in kinds]
    state = json.loads(made.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
    made.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=json.dumps(state | {"resources": resources}))


def test_it_shows_what_there_is_before_anything_is_asked(world):
    result = scandrop("cleanup", "--env", "test")
    lines = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line}
    assert lines[RAW][:3] == ["bucket", str(len(KEYS) - 1), str(2 * len(KEYS) + 1)]
    assert lines[PROCESSED] == ["bucket", "1", "1", "5", "B"]
    assert lines["scandrop-test-dead"] == ["queue", "1"]
    assert "/aws/lambda/scandrop-test-herald" in lines
    assert "test2" not in result.stdout
    assert "Export it first" in result.stdout
    assert "Back it up first" in result.stdout
    assert (result.exit_code, len(versions(world, RAW))) == (2, 2 * len(KEYS) + 1)
    assert "scandrop cleanup --env test --yes-i-mean test" in result.stderr


@pytest.mark.parametrize("meant", ["tes", "test2", "TEST", ""])
def test_another_name_deletes_nothing(world, meant):
    result = scandrop("cleanup", "--env", "test", "--yes-i-mean", meant)
    assert (result.exit_code, len(versions(world, RAW))) == (2, 2 * len(KEYS) + 1)
    assert f"Nothing was deleted: {meant!r} is not test." in result.stderr


def test_the_name_typed_deletes_all_of_this_environment_and_nothing_of_another(world):
    result = scandrop("cleanup", "--env", "test", "--yes-i-mean", "test")
    assert result.exit_code == 0, result.stderr
    assert versions(world, RAW) == versions(world, PROCESSED) == []
    assert world.stack.s3.list_multipart_uploads(Bucket=RAW).get("Uploads", []) == []
    assert groups() == {"/aws/lambda/scandrop-test2-image"}
    assert len(versions(world, "scandrop-test2-raw")) == 1
    assert world.stack.s3.list_objects_v2(Bucket=STATE)["KeyCount"] == 1  # the state is none of its buckets
    letters = world.stack.sqs.get_queue_attributes(QueueUrl=queue(world, "dead"), AttributeNames=["All"])
    assert letters["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert "./deploy.sh destroy test" in result.stderr


def test_what_only_begins_as_the_environments_parts_do_is_told_and_left_alone(world):
    theirs = ("scandrop-test-archive", f"scandrop-test-raw-{ACCOUNT}1", "scandrop-test-image")
    for bucket in theirs:
        world.stack.s3.create_bucket(Bucket=bucket)
        world.stack.s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/scandrop-test-mine")
    url = world.stack.sqs.create_queue(QueueName="scandrop-test-mine")["QueueUrl"]
    world.stack.sqs.send_message(QueueUrl=url, MessageBody="{}")
    told = " ".join(scandrop("cleanup", "--env", "test", "--yes-i-mean", "test").stdout.split())
    for what in (*(f"bucket {each}" for each in theirs), "log group /aws/lambda/scandrop-test-mine"):
        assert f"The {what} is left alone" in told
    assert "The queue scandrop-test-mine is left alone" in told
    assert [len(versions(world, bucket)) for bucket in (*theirs, RAW)] == [1, 1, 1, 0]
    assert groups() == {"/aws/lambda/scandrop-test2-image", "/aws/lambda/scandrop-test-mine"}
    count = "ApproximateNumberOfMessages"
    found = world.stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[count])
    assert found["Attributes"][count] == "1"


def test_a_log_group_that_terraform_manages_is_emptied_and_stays_for_the_next_apply(world):
    logs, managed = boto3.client("logs"), "/aws/lambda/scandrop-test-image"
    put_resources(world, log_groups=[managed])
    for number in range(60):  # more than a page
        logs.create_log_stream(logGroupName=managed, logStreamName=f"2026/11/21/[$LATEST]{number:032x}")
    assert scandrop("cleanup", "--env", "test", "--yes-i-mean", "test").exit_code == 0
    assert groups() == {managed, "/aws/lambda/scandrop-test2-image"}
    assert logs.describe_log_streams(logGroupName=managed)["logStreams"] == []


def test_without_a_state_the_four_buckets_are_known_by_role_and_account(world):
    world.stack.s3.delete_object(Bucket=STATE, Key="test.tfstate")
    four = [f"scandrop-test-{role}-{ACCOUNT}" for role in ("artifacts", "logs", "processed", "raw")]
    for bucket in four:
        world.stack.s3.create_bucket(Bucket=bucket)
    found = look("test")
    assert [bucket.name for bucket in found.buckets] == four
    assert {stranger.name for stranger in found.strangers} >= {RAW, PROCESSED}


def test_what_was_emptied_can_be_emptied_again_and_without_a_state(world):
    clean(look("test"))
    world.stack.s3.delete_object(Bucket=STATE, Key="test.tfstate")
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/scandrop-test-notices")
    assert scandrop("cleanup", "--env", "test", "--yes-i-mean", "test").exit_code == 0
    assert groups() == {"/aws/lambda/scandrop-test2-image"}


@pytest.mark.parametrize("value", ["true", "null"])
def test_a_protected_environment_is_refused_with_the_line_to_change(world, value):
    write_settings(world, f"deletion_protection = {value}")
    result = scandrop("cleanup", "--env", "test", "--yes-i-mean", "test")
    assert (result.exit_code, len(versions(world, RAW))) == (2, 2 * len(KEYS) + 1)
    assert "Set deletion_protection = false in env/test.tfvars" in result.stderr


def test_protection_that_is_off_in_the_file_alone_still_holds(world):
    put_resources(world, protected=True)
    result = scandrop("cleanup", "--env", "test", "--yes-i-mean", "test")
    assert (result.exit_code, len(versions(world, RAW))) == (2, 2 * len(KEYS) + 1)
    assert "that is not deployed yet" in result.stderr
    put_resources(world, protected=False)
    assert scandrop("cleanup", "--env", "test", "--yes-i-mean", "test").exit_code == 0


class Refusing:
    """An S3 that deletes nothing of 2,500 versions."""

    def __init__(self):
        self.asked = []
        self.alone = []

    def get_paginator(self, operation):
        pages = {
            "list_object_versions": [
                {"Versions": [{"Key": f"k{page}-{number}", "VersionId": "v"} for number in range(count)]}
                for page, count in enumerate((1000, 1000, 500))
            ],
            "list_multipart_uploads": [{}],
        }
        return type("Pages", (), {"paginate": staticmethod(lambda **_: iter(pages[operation]))})

    def delete_object(self, *, Key, **_):  # noqa: N803  as boto3 has it
        self.alone.append(Key)

    def delete_objects(self, *, Delete, **_):  # noqa: N803  as boto3 has it
        self.asked.append(len(Delete["Objects"]))
        return {"Errors": [{"Code": "AccessDenied", "Key": entry["Key"]} for entry in Delete["Objects"]]}


def fail_to_list(bucket):
    """Let S3 answer each listing of a bucket's versions with 500, as the embedded AWS does for some keys."""

    def send(request, **_):
        if bucket in request.url:
            return AWSResponse(request.url, 500, {}, SimpleNamespace(stream=lambda *_, **__: iter([b""])))
        return None

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register_first("before-send.s3.ListObjectVersions", send)


def test_a_bucket_that_cannot_be_listed_stops_no_other_and_is_named_with_the_way_out(world, monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # between its tries
    fail_to_list(PROCESSED)
    result = scandrop("cleanup", "--env", "test", "--yes-i-mean", "test")
    assert f"S3 fails to list {PROCESSED} (500), so it cannot be emptied" in " ".join(result.stdout.split())
    told = " ".join(result.stderr.split())
    assert f"S3 fails to list {PROCESSED} (500), so that is as it was. All else is gone." in told
    assert "scandrop cleanup --env test" in told
    assert (result.exit_code, versions(world, RAW), len(versions(world, PROCESSED))) == (2, [], 1)
    assert groups() == {"/aws/lambda/scandrop-test2-image"}


def test_on_the_embedded_aws_the_way_out_of_a_bucket_that_cannot_be_listed_is_a_fresh_start(monkeypatch):
    monkeypatch.setattr(Holdings, "client", lambda *_: Refusing())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    with pytest.raises(OperatorError, match=r"S3 fails to list b \(500\)") as trouble:
        clean(Holdings("local", "us-east-1", [Bucket("b", failure="500")], [], [], None, []))
    assert trouble.value.mend == "./deploy.sh local --wipe"


def test_what_s3_refuses_is_counted_by_its_code_and_no_key_is_told(monkeypatch):
    s3, told = Refusing(), []
    monkeypatch.setattr(Holdings, "client", lambda *_: s3)
    holdings = Holdings("test", "us-east-1", [Bucket("b", 0, 2500, 0)], [], [], None, [])
    with pytest.raises(OperatorError, match=r"2,500 versions could not be deleted \(AccessDenied: 2,500\)") as trouble:
        clean(holdings, told.append)
    assert sorted(s3.asked) == [500, 1000, 1000]  # a thousand at once
    assert told[-1] == 0
    assert "k0" not in str(trouble.value)


@pytest.mark.parametrize("workflow", ["", "true"])
def test_a_destroy_begins_with_the_same_question_in_a_workflow_too(world, monkeypatch, workflow):
    monkeypatch.setenv("CI", workflow)
    monkeypatch.setattr(deploy, "Terraform", None)  # nothing is reached
    with pytest.raises(OperatorError, match="no terminal to ask in") as trouble:
        deploy.destroy("test", sure=False)
    assert trouble.value.mend == "./deploy.sh destroy test --yes"
    assert len(versions(world, RAW)) == 2 * len(KEYS) + 1


def test_a_destroy_empties_before_terraform_and_sweeps_after_it(world, monkeypatch, capsys):
    seen = []

    class Terraform:
        def __init__(self, name):
            seen.append((name, versions(world, RAW)))

        def init(self):
            pass

        def destroy(self):
            boto3.client("logs").create_log_group(logGroupName="/aws/lambda/scandrop-test-record")

    monkeypatch.setattr(deploy, "Terraform", Terraform)
    monkeypatch.setattr(deploy, "ROOT", world.root)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    deploy.destroy("test", sure=True)
    assert seen == [("test", [])]
    assert groups() == {"/aws/lambda/scandrop-test2-image"}
    said = capsys.readouterr().out
    assert "test is gone. What is left" in said
    assert "--secret-id scandrop-test-pseudonym-key --force-delete-without-recovery" in said


def test_keys_that_xml_cannot_hold_are_deleted_alone():
    s3, odd, plain = Refusing(), ["a\tb", "\x1b[31m\x07bell", "\ufffe", "\uffff"], ["\U0001f600 é", "a+b & <c>"]
    entries = [{"Key": key, "VersionId": "v"} for key in [*odd, *plain]]
    assert emptying._delete(s3, "b", entries) == ["AccessDenied"] * 2  # noqa: SLF001
    assert (s3.alone, s3.asked) == (odd, [2])
