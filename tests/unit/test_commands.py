"""The commands of deploy.sh: what stops them is one sentence, and a failure is never an exit code of 0."""

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from cli_stack import STATE, deployed, write_backend
from moto import mock_aws

from scandrop_cli.doctor import site as doctor
from scandrop_cli.environment import backend_of
from scandrop_cli.errors import OperatorError
from tests.load.traffic import SEED, any_seed
from tools import common, deploy, local, test
from tools.test import Check

ROOT = Path(__file__).resolve().parents[2]
VAR_FILE = """\
environments = {
  test = {
    aws_account_id = "123456789012"
    region         = "us-east-1"
  }
}
"""


def says(code):
    return [sys.executable, "-c", code]


def outcome(code):
    one = test.carry_out("part", Check("check", says(code)))
    return one.passed, one.failed


def test_help_needs_nothing_to_be_set_up(tmp_path):
    script = shutil.copy(ROOT / "deploy.sh", tmp_path)
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert "./deploy.sh local" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["deploy.sh"]


def test_an_unknown_command_is_refused_before_anything_is_set_up(tmp_path):
    script = shutil.copy(ROOT / "deploy.sh", tmp_path)
    done = subprocess.run([script, "deply"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "scandrop: There is no command or environment 'deply'. See ./deploy.sh --help\n"


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("print('== 12 passed, 1 skipped in 0.5s ==')", (12, 0)),
        ("print('== 2 failed, 10 passed in 0.5s =='); raise SystemExit(1)", (10, 2)),
        ("print('== 3 passed, 1 error in 0.5s =='); raise SystemExit(1)", (3, 1)),
        ("print('Success! 7 passed, 0 failed.')", (7, 0)),
        ("print('Failure! 6 passed, 1 failed.'); raise SystemExit(1)", (6, 1)),
        ("print('All checks passed!')", (1, 0)),
        ("print('Found 26 errors.'); raise SystemExit(1)", (0, 1)),
        ("print('5 passed'); raise SystemExit(3)", (5, 1)),
        ("print('Success! 0 passed, 0 failed.')", (0, 1)),
    ],
)
def test_each_check_is_counted_as_it_ended(code, counted):
    assert outcome(code) == counted


def test_all_parts_run_though_one_fails_and_the_last_line_sums_them(monkeypatch, capsys):
    parts = {"first": lambda: iter([Check("breaks", says("raise SystemExit(1)"))]), "second": lambda: iter([passing])}
    passing = Check("holds", says("print('4 passed in 1s')"))
    monkeypatch.setattr(test, "PARTS", parts)
    monkeypatch.setattr(sys, "argv", ["test"])
    assert test.main() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "4 passed, 1 failed"


def test_what_failed_is_told_again_at_the_end_and_what_passed_is_not(monkeypatch, capsys):
    breaks = Check("breaks", says("print('3 == 4'); raise SystemExit(1)"))
    holds = Check("holds", says("print('4 == 4')"))
    monkeypatch.setattr(test, "PARTS", {"sums": lambda: iter([breaks, holds])})
    monkeypatch.setattr(sys, "argv", ["test"])
    test.main()
    said = capsys.readouterr().out
    assert said.count("4 == 4") == 1
    _, _, end = said.partition("── sums: breaks failed, and ended like this (./deploy.sh test sums)\n")
    assert end.startswith("3 == 4\n")


def test_no_check_gets_credentials_of_the_shell(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    assert outcome("import os; assert not {'AWS_PROFILE', 'AWS_SESSION_TOKEN'} & set(os.environ)") == (1, 0)


def test_the_load_of_a_former_run_is_dropped_again_by_its_seed(monkeypatch):
    monkeypatch.setenv(SEED, "7")
    assert any_seed() == 7
    monkeypatch.delenv(SEED)
    assert {any_seed() for _ in range(20)} != {any_seed()}


def test_a_part_that_does_not_exist_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["test", "unti"])
    with pytest.raises(SystemExit, match="2"):
        test.main()
    assert "there is no part unti" in capsys.readouterr().err


@pytest.fixture
def account(monkeypatch):
    """Credentials of some account."""

    class Sts:
        def get_caller_identity(self):
            return {"Account": "333333333333"}

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Sts())


@pytest.mark.usefixtures("account")
def test_another_accounts_credentials_are_refused():
    with pytest.raises(OperatorError, match=r"account 333333333333, but prod lives in 222222222222"):
        deploy.check("prod")


def test_an_account_without_a_bucket_for_the_states_is_to_be_bootstrapped():
    backend = {"bucket": "scandrop-tfstate-222222222222", "region": "eu-central-1"}
    with mock_aws():
        with pytest.raises(OperatorError, match="scandrop-tfstate-222222222222, is not there") as trouble:
            deploy.check_state_bucket("prod", backend)
        assert trouble.value.mend == "terraform -chdir=env/bootstrap apply"
        boto3.client("s3", region_name="eu-central-1").create_bucket(
            Bucket=backend["bucket"], CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        deploy.check_state_bucket("prod", backend)


@pytest.mark.parametrize("line", ["encrypt = true", 'kms_key_id = "alias/mine"'])
def test_a_backend_file_that_names_an_encryption_is_refused_with_the_command_that_mends_it(line, tmp_path):
    file = tmp_path / "env/test.backend.hcl"
    write_backend(tmp_path, "test")
    clean = file.read_text()
    file.write_text(f"{clean}{line}\n")
    with pytest.raises(OperatorError, match=r"env/test\.backend\.hcl says how a state is encrypted") as trouble:
        deploy.check_state_bucket("test", backend_of("test", tmp_path))
    subprocess.run(shlex.split(trouble.value.mend), cwd=tmp_path, check=True)
    assert file.read_text() == clean


@pytest.fixture
def secret(tmp_path, monkeypatch):
    """The pseudonym key of a deployed `test`, and how its state comes to be without it."""
    with deployed(tmp_path) as world:
        secrets = boto3.client("secretsmanager")
        arn = secrets.create_secret(Name="scandrop-test-pseudonym-key")["ARN"]
        (tmp_path / "env/test.tfvars").write_text(VAR_FILE)
        monkeypatch.setattr(deploy, "ROOT", tmp_path)
        monkeypatch.setattr(deploy.build, "build", lambda: None)
        monkeypatch.setattr(deploy, "Terraform", None)  # nothing is reached

        def in_state(*kinds):
            state = json.loads(world.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
            state["resources"] = [
                {"mode": "managed", "type": kind, "instances": [{"attributes": {"arn": arn}}]} for kind in kinds
            ]
            world.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=json.dumps(state))

        yield SimpleNamespace(client=secrets, in_state=in_state)


def test_a_key_that_waits_for_its_deletion_stops_a_new_environment_before_it_is_planned(secret):
    secret.in_state()
    secret.client.delete_secret(SecretId="scandrop-test-pseudonym-key", RecoveryWindowInDays=7)
    with pytest.raises(OperatorError, match="of the test that was destroyed can be restored") as gone:
        deploy.plan("test")
    assert gone.value.mend == (
        "aws secretsmanager delete-secret --region us-east-1 --secret-id scandrop-test-pseudonym-key "
        "--force-delete-without-recovery"
    )
    secret.client.delete_secret(SecretId="scandrop-test-pseudonym-key", ForceDeleteWithoutRecovery=True)
    deploy.check_secret("test")


def test_a_key_of_what_still_stands_is_to_be_restored_and_never_given_up(secret):
    secret.in_state("aws_secretsmanager_secret")
    deploy.check_secret("test")
    secret.client.delete_secret(SecretId="scandrop-test-pseudonym-key", RecoveryWindowInDays=7)
    with pytest.raises(OperatorError, match="of test is marked for deletion") as marked:
        deploy.plan("test")
    assert marked.value.mend.startswith("aws secretsmanager restore-secret --region us-east-1 ")


def test_an_environment_without_its_two_files_is_refused():
    with pytest.raises(
        OperatorError, match=r"no pair env/stage\.tfvars and env/stage\.backend\.hcl; env/ has dev, local"
    ):
        deploy.check("stage")


def test_without_credentials_one_sentence_and_a_command_are_told(monkeypatch, capsys, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="1"):
        common.run(lambda: deploy.check("dev"))
    assert capsys.readouterr().err == (
        "scandrop: There are no AWS credentials here. Sign in, or set AWS_PROFILE.\n  aws sso login\n"
    )


@pytest.mark.parametrize("answer", ["", "n", "maybe"])
def test_only_a_yes_goes_on(monkeypatch, answer):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda _: answer)
    with pytest.raises(OperatorError, match="Nothing was changed"):
        deploy.ask("Apply?", sure=False)


def test_where_nobody_can_be_asked_nothing_is_done_without_the_option(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(OperatorError, match="no terminal to ask in; add --yes"):
        deploy.ask("Apply?", sure=False)
    deploy.ask("Apply?", sure=True)


@pytest.fixture
def policy():
    """The policy to re-identify as Terraform makes it for dev."""
    with mock_aws():
        yield boto3.client("iam").create_policy(
            PolicyName="scandrop-dev-reidentify",
            PolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}',
        )["Policy"]["Arn"]


def test_an_environment_whose_policy_somebody_holds_is_not_begun_to_be_destroyed(policy, monkeypatch):
    iam = boto3.client("iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=policy)
    iam.create_group(GroupName="radiology")
    iam.attach_group_policy(GroupName="radiology", PolicyArn=policy)
    monkeypatch.setattr(deploy, "Terraform", None)  # nothing is reached
    with pytest.raises(OperatorError, match=r"the group radiology, the user ann, .* Nothing was destroyed") as held:
        deploy.destroy("dev", sure=True)
    assert held.value.mend == (
        f"aws iam detach-group-policy --group-name radiology --policy-arn {policy} && "
        f"aws iam detach-user-policy --user-name ann --policy-arn {policy}"
    )
    iam.detach_user_policy(UserName="ann", PolicyArn=policy)
    iam.detach_group_policy(GroupName="radiology", PolicyArn=policy)
    deploy.check_attachments("dev")


@pytest.mark.usefixtures("policy")
def test_the_environments_own_region_is_asked(monkeypatch):
    seen, client = set(), boto3.client
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    def spy(service, region_name=None):
        seen.add((service, region_name))
        return client(service, region_name=region_name)

    monkeypatch.setattr(deploy.boto3, "client", spy)
    deploy.check_attachments("dev")
    assert seen == {("sts", "eu-central-1"), ("iam", "eu-central-1")}


@mock_aws
def test_an_environment_without_the_policy_can_be_destroyed():
    deploy.check_attachments("dev")


def test_an_apply_without_a_plan_says_what_makes_one(monkeypatch, tmp_path):
    monkeypatch.setattr(deploy, "BUILD", tmp_path)
    with pytest.raises(OperatorError, match="no plan of dev") as trouble:
        deploy.apply("dev")
    assert trouble.value.mend == "./deploy.sh plan dev"


def test_what_stands_is_applied_again_only_when_a_source_has_changed(monkeypatch, tmp_path):
    for name in ("main.tf", "modules/s3/main.tf", "env/local.tfvars", "lambda_src/scandrop/lanes.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(local, "ROOT", tmp_path)
    monkeypatch.setattr(local.build, "PACKAGES", tmp_path / "build/packages.json")
    seen = {local.fingerprint()}
    assert local.fingerprint() in seen
    for name in ("main.tf", "modules/s3/main.tf", "env/local.tfvars", "lambda_src/scandrop/lanes.json"):
        (tmp_path / name).write_text("changed")
        assert local.fingerprint() not in seen
        seen.add(local.fingerprint())
    (tmp_path / "build").mkdir()
    (tmp_path / "build/packages.json").write_text("{}")
    assert local.fingerprint() not in seen


@pytest.mark.parametrize(
    ("finding", "stands"),
    [
        (doctor.ok("all is well"), True),
        (doctor.wrong("An alarm rings.", "scandrop logs"), True),
        (doctor.warning("Alarms tell nobody.", "./deploy.sh local"), True),
        (doctor.wrong("The rule is gone.", "./deploy.sh local"), False),
    ],
)
def test_what_doctor_says_that_a_deploy_mends_is_mended_though_no_source_has_changed(monkeypatch, finding, stands):
    monkeypatch.setattr(local, "examine", lambda _: [finding])
    assert local.is_deployed() == stands


@mock_aws
def test_log_groups_that_a_function_made_anew_are_made_by_terraform_again(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    logs = boto3.client("logs", region_name="us-east-1")
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    logs.create_log_group(logGroupName="/aws/lambda/scandrop-local-image", kmsKeyId=key)
    for name in ("/aws/lambda/scandrop-local-dicom", "/aws/lambda/another"):
        logs.create_log_group(logGroupName=name)
    local.delete_plain_log_groups()
    left = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
    assert left == {"/aws/lambda/scandrop-local-image", "/aws/lambda/another"}


def test_a_stale_lock_of_the_local_state_is_ended_and_the_bucket_made_where_it_is_missing():
    backend = ROOT / "env/local.backend.hcl"
    bucket = re.search(r'bucket\s+= "(.+)"', backend.read_text())[1]
    with mock_aws():
        local.prepare_state()
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.put_object(Bucket=bucket, Key="local.tfstate", Body=b"{}")
        s3.put_object(Bucket=bucket, Key="local.tfstate.tflock", Body=b"{}")
        local.prepare_state()
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["local.tfstate"]


def test_the_line_that_follows_an_apply_counts_changes_and_no_reads(monkeypatch):
    told = []

    @contextmanager
    def status(_):
        yield SimpleNamespace(update=told.append)

    def events():
        yield from ({"type": "planned_change", "change": {"action": action}} for action in ("create", "read", "create"))
        yield from ({"type": "apply_complete", "hook": {"action": action}} for action in ("read", "create", "create"))

    monkeypatch.setattr(local, "CONSOLE", SimpleNamespace(status=status))
    local.follow(SimpleNamespace(init=lambda: None, apply_events=events, log=ROOT / "build/log"))
    assert told[-1] == "Terraform: 2 of 2 changes (log: build/log)"
