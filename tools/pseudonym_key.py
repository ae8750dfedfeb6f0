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


def ensure(environment: Environment) -> bool:
    """Give the environment a key where it has none, and return whether it was given one. None is ever replaced."""
    client: Any = boto3.client("secretsmanager", region_name=environment.region)
    secret = environment.pseudonym_secret_arn
    if _has_value(client.describe_secret(SecretId=secret)):
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
    made = ensure(environment)
    print(f"{environment.name} {'has a new pseudonym key' if made else 'had its pseudonym key already'}.")


if __name__ == "__main__":
    run(main)
