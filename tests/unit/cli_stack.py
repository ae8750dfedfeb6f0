"""A deployed environment named `test` for the command line: a checkout's env/ folder, a Terraform state, a stack."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
from aws_stack import PROCESSED, RAW, TABLE, Clock, Stack, stack
from botocore.awsrequest import AWSResponse
from typer.testing import CliRunner

from scandrop import ledger
from scandrop_cli import environment
from scandrop_cli.main import app

STATE = "scandrop-tfstate-test"
TRIES = 3
KEY = "0123456789 a key that is long enough to be taken"
LANES = ("image", "record", "other")


@dataclass
class Deployed:
    """The environment as the command line sees it, and the stack behind it."""

    root: Path
    stack: Stack
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> environment.Environment:
        return environment.load("test", self.root)

    def give_key(self, text: str = KEY, *, pseudonymous_keys: bool = False, **outputs: object) -> None:
        """Give the environment a secret with this text, let raw keys be pseudonymous or not, and change outputs."""
        arn = boto3.client("secretsmanager").create_secret(Name="scandrop-test-pseudonym-key", SecretString=text)["ARN"]
        values = json.loads(self.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
        more = {"pseudonym_secret_arn": arn, "pseudonymous_keys": pseudonymous_keys, **outputs}
        put_state(self.stack, "test", {"test": values["outputs"]["environments"]["value"]["test"] | more})
        self.environ = {
            "SCANDROP_PSEUDONYM_SECRET_ARN": arn,
            "SCANDROP_PSEUDONYMOUS_KEYS": json.dumps(pseudonymous_keys),
        }

    def drop(self, key: str, body: bytes, lane: str = "record") -> str:
        """Put an object and let its lane settle it; returns its version id."""
        event = self.stack.drop(key, body)
        self.stack.handler(lane, **self.environ).handle(event, Clock())
        return str(event["detail"]["object"]["version-id"])

    def settle_newest(self, key: str, lane: str = "record", **environ: str) -> None:
        """Let a lane settle what lies in the raw bucket."""
        head = self.stack.s3.head_object(Bucket=RAW, Key=key)
        self.stack.sequence += 1
        entry = {
            "key": key,
            "size": head["ContentLength"],
            "etag": head["ETag"].strip('"'),
            "version-id": head["VersionId"],
            "sequencer": f"{self.stack.sequence:X}",
        }
        detail = {"bucket": {"name": RAW}, "object": entry, "reason": "PutObject"}
        self.stack.handler(lane, **environ).handle(
            {
                "id": "e",
                "time": "2026-11-21T00:00:00Z",
                "source": "aws.s3",
                "detail-type": "Object Created",
                "detail": detail,
            },
            Clock(),
        )


def outputs(queue_urls: dict[str, str]) -> dict[str, Any]:
    return {
        "region": "us-east-1",
        "raw_bucket": RAW,
        "processed_bucket": PROCESSED,
        "ledger_table": TABLE,
        "queue_urls": queue_urls,
        "dead_letter_queue_urls": {},
        "log_groups": {lane: f"/aws/lambda/scandrop-test-{lane}" for lane in queue_urls},
        "settings": {lane: {} for lane in queue_urls},
        "max_object_bytes": dict.fromkeys(queue_urls, 1_000_000),
        "on_delete": "keep",
        "pseudonymous_keys": False,
        "pseudonym_secret_arn": "scandrop-test-pseudonym-key",
        "audit_log_group": "/scandrop-test/audit",
        "api_url": "https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/v1",
        "dashboard_url": "https://dashboard.invalid",
    }


def write_backend(root: Path, name: str) -> None:
    (root / "env").mkdir(exist_ok=True)
    lines = [f'bucket       = "{STATE}"', f'key = "{name}.tfstate"', 'region = "us-east-1"', "use_lockfile = true"]
    (root / "env" / f"{name}.backend.hcl").write_text("\n".join(lines) + "\n")


def refuse(service: str, code: str = "AccessDeniedException", status: int = 400) -> None:
    """Let AWS answer every request to a service so from now on, as bytes on the wire."""
    body = json.dumps({"__type": code, "message": "no"}).encode()

    def send(request: Any, **_: Any) -> AWSResponse:
        raw = SimpleNamespace(stream=lambda *_, **__: iter([body]))
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.1"}, raw)

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register_first(f"before-send.{service}", send)


def put_state(stack: Stack, name: str, environments: dict[str, Any]) -> None:
    state = {"version": 4, "outputs": {"environments": {"value": environments, "type": "dynamic"}}}
    stack.s3.put_object(Bucket=STATE, Key=f"{name}.tfstate", Body=json.dumps(state))


def put(key: str, *, ago: timedelta, status: str = "succeeded", lane: str = "record", **more: object) -> None:
    """A ledger item as a lane writes it, that long ago."""
    facts = ledger.indexed(key, lane, status, datetime.now(UTC) - ago)
    item = {"object_key": key, "version_id": "v1", "lane": lane, **facts, **more}
    boto3.resource("dynamodb").Table(TABLE).put_item(Item=item)


def give_log_groups(made: "Deployed") -> None:
    """The lanes' log groups, each with the one stream that `write_log` writes to."""
    logs = boto3.client("logs")
    for group in made.environment.log_groups.values():
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")


def write_log(lane: str, message: str | dict[str, Any], ago_s: float = 1.0) -> None:
    text = message if isinstance(message, str) else json.dumps(message)
    event = {"timestamp": int((time.time() - ago_s) * 1000), "message": text}
    boto3.client("logs").put_log_events(
        logGroupName=f"/aws/lambda/scandrop-test-{lane}", logStreamName="s", logEvents=[event]
    )


@contextmanager
def deployed(root: Path) -> Iterator[Deployed]:
    with stack() as aws, mock.patch.dict(os.environ):
        urls = {lane: aws.sqs.create_queue(QueueName=f"scandrop-test-{lane}")["QueueUrl"] for lane in LANES}
        dead = aws.sqs.create_queue(QueueName="scandrop-test-dead")["QueueUrl"]
        arn = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": TRIES})
        for url in urls.values():
            aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
        aws.s3.create_bucket(Bucket=STATE)
        write_backend(root, "test")
        put_state(aws, "test", {"test": outputs(urls) | {"dead_letter_queue_urls": dict.fromkeys(LANES, dead)}})
        yield Deployed(root, aws)


def scandrop(*arguments: str) -> Any:
    """The command as typed; its standard output and standard error are apart."""
    return CliRunner().invoke(app, arguments, env={"SCANDROP_ENV": "test"})
