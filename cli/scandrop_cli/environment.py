"""A deployed environment, as Terraform's state tells it: nothing about it is configured a second time.

``env/<name>.backend.hcl`` says where the state lies and ``env/<name>.env``, where there is one, how to reach AWS;
the state's output `environments` says everything else.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from scandrop.pseudonyms import Pseudonyms, key_of, may_be_object_key
from scandrop_cli.errors import NoKey, OperatorError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONNECTIONS = 32  # as many requests at once as any verb makes

_BACKEND = ".backend.hcl"
_ASSIGNMENT = re.compile(r'^\s*(?:export\s+)?(\w+)\s*=\s*"?([^"\n]*?)"?\s*$', re.MULTILINE)
_NO_STATE = {"404", "NoSuchBucket", "NoSuchKey"}
_WHOSE = "aws sts get-caller-identity"
_DENIED = {"AccessDenied", "AccessDeniedException"}
_AMBIENT_CREDENTIALS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


@dataclass(frozen=True)
class Environment:
    """Where an environment's parts are, and the clients that reach them. The mappings are by lane."""

    name: str
    region: str
    raw_bucket: str
    processed_bucket: str
    ledger_table: str
    queue_urls: Mapping[str, str]
    dead_letter_queue_urls: Mapping[str, str]
    log_groups: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]
    max_object_bytes: Mapping[str, int]
    pseudonymous_keys: bool
    pseudonym_secret_arn: str
    audit_log_group: str

    @cached_property
    def s3(self) -> "S3Client":
        return boto3.client("s3", region_name=self.region, config=_config())

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return boto3.client("dynamodb", region_name=self.region, config=_config())

    @cached_property
    def sqs(self) -> "SQSClient":
        return boto3.client("sqs", region_name=self.region, config=_config())

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        return boto3.client("logs", region_name=self.region, config=_config())

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        return boto3.client("secretsmanager", region_name=self.region, config=_config())

    @cached_property
    def sts(self) -> "STSClient":
        return boto3.client("sts", region_name=self.region, config=_config())

    @cached_property
    def pseudonym_key(self) -> bytes:
        """The key of the environment's pseudonyms. Raises `NoKey` where there is none, or not for the caller."""
        try:
            return key_of(self.secrets.get_secret_value(SecretId=self.pseudonym_secret_arn)["SecretString"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                raise NoKey(f"These credentials may not read the pseudonym key of {self.name}.", _WHOSE) from error
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise NoKey(f"{self.name} has no pseudonym key yet. Deploy it.", f"./deploy.sh {self.name}") from error
            if error.response["Error"]["Code"] == "InvalidRequestException":
                raise self.key_is_to_be_deleted() from error
            raise
        except (KeyError, ValueError):
            raise NoKey(
                f"The pseudonym key of {self.name} is no text of 32 or more characters. Put another, as "
                'docs/operating.md says under "The pseudonym key".',
                f"aws secretsmanager put-secret-value {self._secret} --secret-string file://key.txt",
            ) from None

    def key_is_to_be_deleted(self) -> NoKey:
        """What to say of a secret that is marked for deletion."""
        sentence = (
            f"The pseudonym key of {self.name} is marked for deletion, and nobody can read it until it is restored."
        )
        return NoKey(sentence, f"aws secretsmanager restore-secret {self._secret}")

    @property
    def _secret(self) -> str:
        """The secret as the AWS command line is told it."""
        return f"--region {self.region} --secret-id {self.pseudonym_secret_arn}"

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """What stands for an original in this environment. Raises `NoKey` as `pseudonym_key` does."""
        return Pseudonyms(self.pseudonym_key)

    def known_as(self, key: str) -> str:
        """What a raw key is called everywhere but in the raw bucket; what is called so already stays.

        Raises `OperatorError` where that takes the environment's key, and the caller may not read it.
        """
        if not self.pseudonymous_keys:
            return key
        try:
            return self.pseudonyms.object_key(key)
        except NoKey as refusal:
            if may_be_object_key(key):
                return key
            raise OperatorError(
                f"{refusal} Its keys are pseudonymous: name an object as `scandrop status` does.",
                f"scandrop status --env {self.name}",
            ) from refusal


def load(name: str, root: Path | None = None) -> Environment:
    """Read an environment from its Terraform state. Raises `OperatorError` where there is none to read."""
    folder = (root or repository_root()) / "env"
    backend_file = folder / f"{name}{_BACKEND}"
    if not backend_file.is_file():
        known = ", ".join(environment_names(folder))
        raise OperatorError(f"There is no environment {name!r}; env/ has {known}.")
    apply_env_file(folder / f"{name}.env")
    backend = assignments(backend_file)
    if missing := {"bucket", "key", "region"} - set(backend):
        raise OperatorError(f"{backend_file} does not say {', '.join(sorted(missing))}.")
    outputs = _outputs(name, backend)
    try:
        return Environment(name, **{field.name: outputs[field.name] for field in fields(Environment)[1:]})
    except KeyError as error:
        raise _not_deployed(name, f"was deployed by another version: its state has no {error}") from error


def repository_root() -> Path:
    """The folder that holds ``env/``: the working directory or one above it, else where this code lies."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).parents[2]):
        if any(folder.glob(f"env/*{_BACKEND}")):
            return folder
    raise OperatorError("No env/<name>.backend.hcl is here or above. Change into the folder that Scandrop is in.")


def environment_names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(_BACKEND) for path in folder.glob(f"*{_BACKEND}"))


def apply_env_file(env_file: Path) -> None:
    """Set the file's variables. Where it brings its own keys, no profile or token of the shell may mix with them."""
    if not env_file.is_file():
        return
    values = assignments(env_file)
    if "AWS_ACCESS_KEY_ID" in values:
        for variable in _AMBIENT_CREDENTIALS:
            os.environ.pop(variable, None)
    os.environ.update(values)


def assignments(path: Path) -> dict[str, str]:
    """The ``key = "value"`` lines of an HCL or a dotenv file."""
    return dict(_ASSIGNMENT.findall(path.read_text()))


def _outputs(name: str, backend: Mapping[str, str]) -> Mapping[str, Any]:
    s3 = boto3.client("s3", region_name=backend["region"], config=_config(attempts=2))
    try:
        body = s3.get_object(Bucket=backend["bucket"], Key=backend["key"])["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_STATE:
            raise _not_deployed(name, "has no state yet") from error
        raise
    outputs = json.loads(body).get("outputs", {}).get("environments", {}).get("value", {})
    if name not in outputs:
        raise _not_deployed(name, "is not deployed: its state holds no outputs")
    return outputs[name]  # type: ignore[no-any-return]  # JSON


def _not_deployed(name: str, why: str) -> OperatorError:
    return OperatorError(f"The environment {name} {why}. Deploy it.", f"./deploy.sh {name}")


def _config(attempts: int = 5) -> Config:
    return Config(
        connect_timeout=5,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="scandrop",
    )
