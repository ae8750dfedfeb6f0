"""What a check is given, and what it gives back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import boto3
from botocore.config import Config

type Attributes = Mapping[str, Any]
type Check = Callable[["Site"], Iterator["Finding"]]

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2})


@dataclass(frozen=True)
class Finding:
    """One row: ``ok``, ``warning`` or ``wrong``, what was found, and the command that mends it."""

    level: Literal["ok", "warning", "wrong"]
    what: str
    mend: str = ""
    check: str = ""


@dataclass(frozen=True)
class Site:
    """An environment as the checkout and the state describe it; the checks hold AWS to that.

    state: None where there is none yet. settings: the plain ``key = "value"`` lines of the var file.
    """

    name: str
    root: Path
    backend: Mapping[str, str]
    settings: Mapping[str, str]
    state: Mapping[str, Any] | None
    resources: Mapping[str, list[Attributes]] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return str(self.outputs.get("region") or self.settings.get("region") or self.backend["region"])

    @property
    def outputs(self) -> Attributes:
        values = (self.state or {}).get("outputs", {}).get("environments", {}).get("value", {})
        return dict(values.get(self.name, {}))

    @property
    def deploy(self) -> str:
        return f"./deploy.sh {self.name}"

    def of(self, kind: str) -> list[Attributes]:
        """The state's resources of one type."""
        return self.resources.get(kind, [])

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  as boto3's own
        return boto3.client(service, region_name=region or self.region, config=_CONFIG)  # type: ignore[call-overload]


def ok(what: str) -> Finding:
    return Finding("ok", what)


def warning(what: str, mend: str = "") -> Finding:
    return Finding("warning", what, mend)


def wrong(what: str, mend: str = "") -> Finding:
    return Finding("wrong", what, mend)
