"""What a check is given, and what it gives back."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from botocore.exceptions import ClientError

from scandrop_cli import environment
from scandrop_cli.errors import WHOSE, explain, is_denied, is_part_gone

type Attributes = Mapping[str, Any]
type Check = Callable[["Site"], Iterator["Finding"]]

_LACKING = {"InvalidAction", "NotImplemented", "UnknownOperationException", "UnsupportedOperation", "501"}


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

    state: None where there is none yet. settings: what the var file says of it.
    """

    name: str
    root: Path
    backend: Mapping[str, str]
    settings: Mapping[str, Any]
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
        return environment.client(service, region or self.region, attempts=2, read_timeout=20)


def ok(what: str) -> Finding:
    return Finding("ok", what)


def warning(what: str, mend: str = "") -> Finding:
    return Finding("warning", what, mend)


def wrong(what: str, mend: str = "") -> Finding:
    return Finding("wrong", what, mend)


def refused(error: ClientError, site: Site) -> Finding:
    """What to say of a request that AWS refused."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if is_denied(error):
        needed = re.search(r"perform: ([\w-]+:\w+)", message)
        return warning(f"May not look: needs {needed[1] if needed else error.operation_name}.", WHOSE)
    if code in _LACKING and _embedded():
        return ok(f"not asked here: the embedded AWS has no {error.operation_name}")
    found = explain(error)
    return wrong(str(found), found.mend.replace("<env>", site.name))


def each(site: Site, kind: str, look: Callable[[Site, Attributes], Iterator[Finding]]) -> list[Finding]:
    """What is found at each resource of a type. One that is gone is `drift`'s to name, and hides no other."""
    found: list[Finding] = []
    for resource in site.of(kind):
        try:
            found += look(site, resource)
        except ClientError as error:
            if not is_part_gone(error):
                raise
    return found


def _embedded() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL"))
