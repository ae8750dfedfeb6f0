"""Make an environment's pseudonym key: random, put straight into its secret once, and read by nobody here.

    python -m tools.pseudonym_key dev

``./deploy.sh`` does it after each apply. Terraform could only by reading the key back at every plan.
"""

import argparse
import os
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import boto3

from scandrop_cli.environment import Environment, load
from tools.common import run

KEY_BYTES = 48  # 64 characters

_HAD_ONE = (
    "has a value in its secret already, and it stays. It was not read: if the lanes say no_pseudonym_key, it is no "
    "text or shorter than 32 characters, and docs/operating.md says how to put another."
)


def ensure(environment: Environment) -> bool:
    """Give the environment a key where it has none, and return whether it was given one. None is ever replaced.

    Raises `OperatorError` where the secret is about to be deleted. Whether a value that is there can be a key is not
    seen: that would take the right to read it.
    """
    client: Any = boto3.client("secretsmanager", region_name=environment.region)
    secret = environment.pseudonym_secret_arn
    found = client.describe_secret(SecretId=secret)
    if found.get("DeletedDate"):
        raise environment.key_is_to_be_deleted()
    if _has_value(found):
        return False
    first = str(uuid.uuid5(uuid.NAMESPACE_URL, secret))  # of two that make it at once, AWS refuses the second
    try:
        client.put_secret_value(
            SecretId=secret, SecretString=secrets.token_urlsafe(KEY_BYTES), ClientRequestToken=first
        )
    except client.exceptions.ResourceExistsException:
        return False
    return True


def _has_value(secret: Mapping[str, Any]) -> bool:
    """Whether a secret holds anything, told without reading it: the right to is for the lanes and a few people."""
    if "AWS_ENDPOINT_URL" in os.environ and secret["LastChangedDate"] == secret["CreatedDate"]:
        return False  # the embedded AWS gives a new secret a version, but no value
    return bool(secret.get("VersionIdsToStages"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.pseudonym_key", description="Make the pseudonym key, once.")
    parser.add_argument("environment", metavar="ENV")
    environment = load(parser.parse_args().environment)
    print(f"{environment.name} {'has a new pseudonym key.' if ensure(environment) else _HAD_ONE}")


if __name__ == "__main__":
    run(main)
