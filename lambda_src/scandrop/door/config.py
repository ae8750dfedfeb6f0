"""What Terraform tells the door through its function's environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """The door of one environment.

    cors_origins: the web pages that may ask, by scheme, host and port.
    pseudonym_secret_arn: of the pseudonym key; empty where keys are not pseudonymous.
    """

    table: str
    raw_bucket: str
    processed_bucket: str
    cors_origins: frozenset[str]
    pseudonym_secret_arn: str
    pseudonymous_keys: bool

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Raises KeyError for a missing variable."""
        return cls(
            table=environ["SCANDROP_TABLE"],
            raw_bucket=environ["SCANDROP_RAW_BUCKET"],
            processed_bucket=environ["SCANDROP_PROCESSED_BUCKET"],
            cors_origins=frozenset(json.loads(environ.get("SCANDROP_CORS_ORIGINS", "[]"))),
            pseudonym_secret_arn=environ.get("SCANDROP_PSEUDONYM_SECRET_ARN", ""),
            pseudonymous_keys=environ.get("SCANDROP_PSEUDONYMOUS_KEYS") == "true",
        )
