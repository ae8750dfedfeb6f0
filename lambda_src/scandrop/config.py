"""What Terraform tells a lane function through its environment, read and checked once at cold start."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

from scandrop.lanes import OTHER, processor


@dataclass(frozen=True)
class Config:
    """One lane of one environment.

    settings: the processor's own `Settings`; None in the `other` lane.
    queue_url: the lane's queue; queue_urls: those of the lanes that this one hands objects on to.
    dead_letter_queue_url: where a message goes that was received `receives` times and failed each time.
    assets: where in which bucket lies the file that a setting names, by the setting.
    pseudonym_secret_arn: of the pseudonym key; empty in a lane that makes none.
    pseudonymous_keys: whether raw keys are known by their pseudonyms.
    on_delete: whether derivatives go with their raw object, ``delete``, or stay, ``keep``.
    """

    lane: str
    table: str
    raw_bucket: str
    processed_bucket: str
    max_object_bytes: int
    settings: object
    queue_url: str
    queue_urls: Mapping[str, str]
    dead_letter_queue_url: str
    receives: int
    assets: Mapping[str, Mapping[str, str]]
    pseudonym_secret_arn: str
    pseudonymous_keys: bool
    memory_mb: int
    on_delete: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Raises KeyError for a missing variable and ValueError, with a sentence, for a setting out of range."""
        lane = environ["SCANDROP_LANE"]
        return cls(
            lane=lane,
            table=environ["SCANDROP_TABLE"],
            raw_bucket=environ["SCANDROP_RAW_BUCKET"],
            processed_bucket=environ["SCANDROP_PROCESSED_BUCKET"],
            max_object_bytes=int(environ["SCANDROP_MAX_OBJECT_BYTES"]),
            settings=settings_of(lane, json.loads(environ["SCANDROP_SETTINGS"])),
            queue_url=environ["SCANDROP_QUEUE_URL"],
            queue_urls=json.loads(environ.get("SCANDROP_QUEUE_URLS", "{}")),
            dead_letter_queue_url=environ["SCANDROP_DEAD_LETTER_QUEUE_URL"],
            receives=int(environ["SCANDROP_RECEIVES"]),
            assets=json.loads(environ.get("SCANDROP_ASSETS", "{}")),
            pseudonym_secret_arn=environ.get("SCANDROP_PSEUDONYM_SECRET_ARN", ""),
            pseudonymous_keys=environ.get("SCANDROP_PSEUDONYMOUS_KEYS") == "true",
            memory_mb=int(environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")),
            on_delete=_on_delete(environ["SCANDROP_ON_DELETE"]),
        )


def _on_delete(value: str) -> str:
    if value not in {"delete", "keep"}:  # else a slip of the pen would keep what is to be forgotten
        raise ValueError(f"SCANDROP_ON_DELETE must be keep or delete, not '{value}'.")
    return value


def settings_of(lane: str, values: Mapping[str, object]) -> object:
    """A lane's settings from JSON. Raises ValueError where a name is unknown or a value out of range."""
    if lane == OTHER:
        return None
    settings = processor(lane).Settings
    unknown = set(values) - {field.name for field in dataclasses.fields(settings)}
    if unknown:
        raise ValueError(f"The {lane} lane has no setting {', '.join(sorted(unknown))}.")
    return settings(**values)
