"""A deployed environment, as Terraform's state tells it: nothing about it is configured a second time.

``env/<name>.backend.hcl`` says where the state lies and ``env/<name>.env``, where there is one, how to reach AWS;
the state's output `environments` says everything else.
"""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from scandrop.pseudonyms import Pseudonyms, key_of, may_be_object_key
from scandrop_cli import hcl
from scandrop_cli.errors import WHOSE, NoKey, OperatorError, is_denied, is_gone, is_part_gone

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONNECTIONS = 32  # as many requests at once as any verb makes

_ONE_AT_A_TIME = threading.Lock()  # boto3's session makes clients for one thread only
_BACKEND = ".backend.hcl"
_VARIABLE = re.compile(r"""^\s*(?:export\s+)?(\w+)=(["']?)(.*?)\2(?:\s+\#.*|\s*)$""", re.MULTILINE)
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
    on_delete: str
    pseudonymous_keys: bool
    pseudonym_secret_arn: str
    audit_log_group: str
    api_url: str

    @cached_property
    def s3(self) -> "S3Client":
        return boto3.client("s3", region_name=self.region, config=_config())

    @cached_property
    def s3_signer(self) -> "S3Client":
        """For presigned links: by signature version 4, as KMS asks for, and to the region's host, so none redirects."""
        links = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
        return boto3.client("s3", region_name=self.region, config=_config().merge(links))

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
    def cloudwatch(self) -> "CloudWatchClient":
        return boto3.client("cloudwatch", region_name=self.region, config=_config())

    def impatient(self) -> "Environment":
        """The same, for who asks again anyway: its clients of what changes all the time give up soon."""
        brisk = replace(self)
        for service in ("cloudwatch", "dynamodb", "sqs"):
            vars(brisk)[service] = client(service, self.region, attempts=2, connect_timeout=2, read_timeout=5)
        return brisk

    def client(self, service: str) -> Any:  # noqa: ANN401  as boto3's own
        """The client of a service that few verbs ask."""
        return client(service, self.region)

    @property
    def door_url(self) -> str:
        """Where the upload door is: at AWS, or at the embedded AWS, which serves it under its one address."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if not endpoint:
            return self.api_url
        address = urlsplit(self.api_url)
        return f"{endpoint.rstrip('/')}/_aws/execute-api/{address.netloc.partition('.')[0]}{address.path}"

    @cached_property
    def pseudonym_key(self) -> bytes:
        """The key of the environment's pseudonyms. Raises `NoKey` where there is none, or not for the caller."""
        try:
            return key_of(self.secrets.get_secret_value(SecretId=self.pseudonym_secret_arn)["SecretString"])
        except ClientError as error:
            if is_denied(error):
                raise NoKey(f"These credentials may not read the pseudonym key of {self.name}.", WHOSE) from error
            if is_part_gone(error):
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


def client(service: str, region: str, **limits: int) -> Any:  # noqa: ANN401  as boto3's own, where the name is no literal
    """A client of any service, with the limits that `_config` knows, from any thread."""
    with _ONE_AT_A_TIME:
        return boto3.client(service, region_name=region, config=_config(**limits))  # type: ignore[call-overload]


def load(name: str, root: Path | None = None) -> Environment:
    """Read an environment from its Terraform state. Raises `OperatorError` where there is none to read."""
    outputs = state(name, root).get("outputs", {}).get("environments", {}).get("value", {})
    if name not in outputs:
        raise _not_deployed(name, "is not deployed: its state holds no outputs")
    try:
        return Environment(name, **{field.name: outputs[name][field.name] for field in fields(Environment)[1:]})
    except KeyError as error:
        raise _not_deployed(name, f"was deployed by another version: its state has no {error}") from error


def state(name: str, root: Path | None = None) -> Mapping[str, Any]:
    """An environment's whole Terraform state. Raises `OperatorError` where there is none to read."""
    return _state(name, backend_of(name, root))


def settings_of(name: str, root: Path | None = None) -> Mapping[str, Any]:
    """What an environment's var file says of it; nothing where there is no such file."""
    var_file = (root or repository_root()) / f"env/{name}.tfvars"
    if not var_file.is_file():
        return {}
    environments = hcl.read(var_file).get("environments")
    settings = environments.get(name) if isinstance(environments, Mapping) else None
    if not isinstance(settings, Mapping) or "aws_account_id" not in settings:
        raise OperatorError(f"{var_file} does not say the aws_account_id of {name}.")
    return settings


def backend_of(name: str, root: Path | None = None) -> Mapping[str, str]:
    """Where the state lies; the environment's own variables are set from here on."""
    folder = (root or repository_root()) / "env"
    backend_file = folder / f"{name}{_BACKEND}"
    if not backend_file.is_file():
        known = ", ".join(environment_names(folder))
        raise OperatorError(f"There is no environment {name!r}; env/ has {known}.")
    apply_env_file(folder / f"{name}.env")
    backend = hcl.read(backend_file)
    if missing := {"bucket", "key", "region"} - set(backend):
        raise OperatorError(f"{backend_file} does not say {', '.join(sorted(missing))}.")
    return backend


def resources(state: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Type and attributes of each resource that a state manages."""
    for resource in state.get("resources", []):
        if resource["mode"] == "managed":
            for instance in resource["instances"]:
                yield resource["type"], instance["attributes"]


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
    values = variables(env_file)
    if "AWS_ACCESS_KEY_ID" in values:
        for variable in _AMBIENT_CREDENTIALS:
            os.environ.pop(variable, None)
    os.environ.update(values)


def variables(env_file: Path) -> dict[str, str]:
    """The ``NAME=value`` lines of a file that a shell could read too."""
    return {name: value for name, _, value in _VARIABLE.findall(env_file.read_text())}


def _state(name: str, backend: Mapping[str, str]) -> Mapping[str, Any]:
    s3 = client("s3", backend["region"], attempts=2)
    try:
        body = s3.get_object(Bucket=backend["bucket"], Key=backend["key"])["Body"].read()
    except ClientError as error:
        if is_gone(error) or is_part_gone(error):
            raise _not_deployed(name, "has no state yet") from error
        raise
    return json.loads(body)  # type: ignore[no-any-return]  # JSON


def _not_deployed(name: str, why: str) -> OperatorError:
    return OperatorError(f"The environment {name} {why}. Deploy it.", f"./deploy.sh {name}")


def _config(*, attempts: int = 5, connect_timeout: int = 5, read_timeout: int = 60) -> Config:
    return Config(
        connect_timeout=connect_timeout,
        max_pool_connections=CONNECTIONS,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="scandrop",
    )
