"""One environment for all of this folder: the embedded AWS on a port of its own and a real ``terraform apply``."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from scandrop.ledger import Ledger
from scandrop.manifest import prefix_of
from tools.emulator import Emulator, free_port
from tools.terraform import Terraform

ROOT = Path(__file__).parents[2]
STATE_BUCKET = "scandrop-tfstate-000000000000"
SETTLES_WITHIN_S = 120


@dataclass
class Deployed:
    """The `local` environment as a user has it, but on this test's own port and with its own state."""

    folder: Path
    emulator: Emulator
    terraform: Terraform

    def client(self, service: str, **more: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.emulator.url,
            region_name="us-east-1",
            **{"aws_access_key_id": "test", "aws_secret_access_key": "test", **more},
        )

    @property
    def outputs(self) -> dict[str, Any]:
        state = self.client("s3").get_object(Bucket=STATE_BUCKET, Key="local.tfstate")["Body"].read()
        return dict(json.loads(state)["outputs"]["environments"]["value"]["local"])

    def scandrop(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The command line, in a folder whose ``env/`` points at this emulator."""
        command = [Path(sys.executable).with_name("scandrop"), *arguments]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False, timeout=300
        )

    def apply(self, **settings: str) -> None:
        """What ``./deploy.sh`` does, with further settings in the var file, or others in the place of earlier ones."""
        var_file = self.folder / "env/local.tfvars"
        text = var_file.read_text()
        for name, value in settings.items():
            text = re.sub(rf"(?m)^    {name} +=.*\n", "", text)
            text = text.replace("  local = {\n", f"  local = {{\n    {name} = {value}\n")
        var_file.write_text(text)
        for _ in self.terraform.apply_events():
            pass
        command = [sys.executable, "-m", "tools.pseudonym_key", "local"]
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=self.folder, env=environ, check=True, capture_output=True)

    def drop(self, files: dict[str, bytes]) -> dict[str, str]:
        """Put objects into the raw bucket; returns each one's version id."""
        s3, bucket = self.client("s3"), self.outputs["raw_bucket"]
        return {key: s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"] for key, body in files.items()}

    def settled(self, *keys: str) -> dict[str, dict[str, Any]]:
        """Wait for the keys' newest versions; returns each one's ledger item."""
        waited = self.scandrop("wait", *keys, "--timeout", str(SETTLES_WITHIN_S))
        assert waited.returncode in {0, 1}, waited.stdout + waited.stderr
        return {key: self._record(key) for key in keys}

    def _record(self, key: str) -> dict[str, Any]:
        """As `scandrop show` has it, which alone knows pseudonymous names; a process for each key takes a second."""
        if self.outputs["pseudonymous_keys"]:
            return dict(json.loads(self.scandrop("show", key, "--json").stdout)["record"])
        ledger = Ledger(self.client("dynamodb"), self.outputs["ledger_table"])
        return ledger.facts(key, ledger.current_version(key) or "")

    def manifest(self, key: str) -> dict[str, Any]:
        return dict(json.loads(self.derivative(key, "manifest.json")))

    def committed(self) -> set[str]:
        """What the keys are called whose newest version is settled."""
        return {item["object_key"]["S"] for item in self.ledger() if "finished_at" in item}

    def derivative(self, key: str, name: str) -> bytes:
        where = {"Bucket": self.outputs["processed_bucket"], "Key": prefix_of(key) + name}
        return bytes(self.client("s3").get_object(**where)["Body"].read())

    def ledger(self) -> list[dict[str, Any]]:
        return list(self.client("dynamodb").scan(TableName=self.outputs["ledger_table"])["Items"])

    def log_text(self) -> str:
        """Every line of every lane's log group."""
        logs = self.client("logs")
        return "\n".join(
            event["message"]
            for group in self.outputs["log_groups"].values()
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        )

    def complaints(self) -> str:
        """What the lanes said on giving a message back, and what the emulator warned of."""
        lines = self.emulator.log.read_text().splitlines()
        with suppress(BotoCoreError, ClientError, KeyError):  # the environment is gone
            lines += self.log_text().splitlines()
        return "\n".join(line for line in lines if "WARNING" in line or "ERROR" in line)

    def event(self, key: str) -> dict[str, Any]:
        """The EventBridge event of a key's newest version."""
        head = self.client("s3").head_object(Bucket=self.outputs["raw_bucket"], Key=key)
        entry = {
            "key": key,
            "size": head["ContentLength"],
            "etag": head["ETag"].strip('"'),
            "version-id": head["VersionId"],
            "sequencer": f"{time.time_ns():X}",
        }
        detail = {"bucket": {"name": self.outputs["raw_bucket"]}, "object": entry, "reason": "PutObject"}
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}

    def invoke(self, lane: str, event: dict[str, Any]) -> dict[str, Any]:
        """Call a lane's function directly; an error comes back as ``errorMessage``."""
        return self.call(self.outputs["functions"][lane], event)

    def call(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """As `invoke`, of a function that is no lane's."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return dict(json.loads(answer["Payload"].read()))

    def eventually(self, is_so: Callable[[], bool]) -> bool:
        """Whether it comes to be so in time."""
        end = time.monotonic() + SETTLES_WITHIN_S
        while not is_so():
            if time.monotonic() > end:
                return False
            time.sleep(1)
        return True

    @contextmanager
    def tracer(self, name: str) -> Iterator["Person"]:
        """Somebody with the policy of `reidentify` and the state, for as long as the test needs them."""
        state = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{STATE_BUCKET}/local.tfstate"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [state]})
        with self.person(name, self.outputs["reidentify_policy_arn"]) as person:
            self.client("iam").put_user_policy(UserName=name, PolicyName="state", PolicyDocument=policy)
            yield person

    @contextmanager
    def person(self, name: str, policy_arn: str) -> Iterator["Person"]:
        """Somebody with this policy alone, for as long as the test needs them."""
        iam, folder = self.client("iam"), self.folder / name
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=policy_arn)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        shutil.copytree(self.folder / "env", folder / "env")
        with (folder / "env/local.env").open("a") as variables:
            variables.write(f"AWS_ACCESS_KEY_ID={key['AccessKeyId']}\nAWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}\n")
        try:
            yield Person(self, folder, name)
        finally:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
            for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
                iam.delete_user_policy(UserName=name, PolicyName=policy)
            iam.detach_user_policy(UserName=name, PolicyArn=policy_arn)
            iam.delete_user(UserName=name)

    @contextmanager
    def inbox(self, name: str, source: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """A queue of the test's own that an event bus or topic sends to; gives what has come so far."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        if ":sns:" in source:
            self.client("sns").subscribe(TopicArn=source, Protocol="sqs", Endpoint=arn)
        else:
            pattern = json.dumps({"source": [source]})
            self.client("events").put_rule(Name=name, EventPattern=pattern)
            self.client("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        came: list[dict[str, Any]] = []

        def look() -> list[dict[str, Any]]:
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            came.extend(json.loads(message["Body"]) for message in messages)
            return came

        yield look
        sqs.delete_queue(QueueUrl=url)
        if ":sns:" not in source:
            self.client("events").remove_targets(Rule=name, Ids=["queue"])
            self.client("events").delete_rule(Name=name)

    @contextmanager
    def rule_disabled(self, lane: str) -> Iterator[None]:
        """Keep the lane's events from its queue, so that the test alone calls the function."""
        events = self.client("events")
        (rule,) = [rule["Name"] for rule in events.list_rules()["Rules"] if rule["Name"] == f"scandrop-local-{lane}"]
        events.disable_rule(Name=rule)
        try:
            yield
        finally:
            events.enable_rule(Name=rule)


@dataclass
class Person:
    """A user of the account with one policy, and what a test gives them beside it."""

    deployed: Deployed
    folder: Path
    name: str

    def scandrop(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return replace(self.deployed, folder=self.folder).scandrop(*arguments)

    @contextmanager
    def without(self, action: str) -> Iterator[None]:
        """The same rights but one action."""
        iam, arn = self.deployed.client("iam"), self.deployed.outputs["reidentify_policy_arn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        policy = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        kept = [less(statement, action) for statement in policy["Statement"]]
        assert kept != policy["Statement"]
        policy = {**policy, "Statement": [statement for statement in kept if statement["Action"]]}
        iam.put_user_policy(UserName=self.name, PolicyName="reduced", PolicyDocument=json.dumps(policy))
        iam.detach_user_policy(UserName=self.name, PolicyArn=arn)
        try:
            yield
        finally:
            iam.attach_user_policy(UserName=self.name, PolicyArn=arn)
            iam.delete_user_policy(UserName=self.name, PolicyName="reduced")


def less(statement: dict[str, Any], action: str) -> dict[str, Any]:
    """A policy's statement less one action."""
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    return {**statement, "Action": [kept for kept in actions if kept != action]}


@contextmanager
def deploy(folder: Path, **settings: str) -> Iterator[Deployed]:
    """An embedded AWS with its state in `folder`, and the `local` environment on it with further settings."""
    emulator = Emulator(folder / "aws", free_port())
    shutil.copytree(ROOT / "env", folder / "env")
    variables = "".join(f"{name}={value}\n" for name, value in emulator.variables.items())
    (folder / "env/local.env").write_text(variables)
    terraform = Terraform("local", folder / "terraform", emulator.variables, folder / "env/local.tfvars")
    made = Deployed(folder, emulator, terraform)
    with emulator:
        made.client("s3").create_bucket(Bucket=STATE_BUCKET)
        terraform.init()
        made.apply(**settings)
        yield made


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    settings = {"settled_events": "true", "notices": "{ emails = [], quiet_minutes = 1 }"}
    with deploy(tmp_path_factory.mktemp("deployed"), **settings) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell beside a failure what the lanes gave back and what the emulator warned of: both end with the folder."""
    report = yield
    deployed = getattr(item, "funcargs", {}).get("deployed")
    if report.failed and deployed is not None:
        report.sections.append(("Given back, and warned of", deployed.complaints()))
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-role", action="store_true", help="prove each grant of every role; minutes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last what changes the environment for all that comes after it, and what takes it down."""
    ends = ("test_environment.py", "test_privileges.py", "test_teardown.py")
    items.sort(key=lambda item: ends.index(item.path.name) if item.path.name in ends else -1)
