"""Requests to the door as API Gateway hands them on, and a door that works on moto."""

import json
from collections.abc import Mapping
from typing import Any

from aws_stack import PROCESSED, RAW, TABLE, Clock

from scandrop.door.handler import Door

ORIGIN = "https://viewer.example.org"


def environ(**more: str) -> dict[str, str]:
    return {
        "SCANDROP_CORS_ORIGINS": json.dumps([ORIGIN]),
        "SCANDROP_PROCESSED_BUCKET": PROCESSED,
        "SCANDROP_RAW_BUCKET": RAW,
        "SCANDROP_TABLE": TABLE,
        **more,
    }


def request(method: str, path: str, headers: Mapping[str, str] | None = None, **query: str) -> dict[str, Any]:
    """An event of a REST API's Lambda proxy integration; `path` is percent-encoded, as there."""
    return {
        "httpMethod": method,
        "path": path,
        "headers": dict(headers or {}),
        "queryStringParameters": query or None,
        "body": None,
        "isBase64Encoded": False,
    }


class Asked:
    """What the door answered."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.headers: dict[str, str] = answer["headers"]
        self.json: Any = json.loads(answer["body"]) if answer["body"] else None


def ask(event: dict[str, Any], **more: str) -> Asked:
    return Asked(Door.from_environ(environ(**more)).handle(event, Clock()))


def sized(size_bytes: object = 5, **more: str) -> dict[str, str]:
    return {"x-scandrop-size": str(size_bytes), **more}
