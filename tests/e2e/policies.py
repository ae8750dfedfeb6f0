"""What policies decide, as far as ours go: for what the embedded AWS does not enforce.

A condition that this page does not know raises KeyError, so that a new one cannot pass unread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

type Policy = Mapping[str, Any]

_TESTS = {
    "ArnEquals": fnmatchcase,
    "ArnLike": fnmatchcase,
    "Bool": lambda actual, wanted: actual == wanted,
    "StringEquals": lambda actual, wanted: actual == wanted,
}


@dataclass(frozen=True)
class Request:
    """Who wants to do what to what; `principal` is a service's name, an ARN or an account's number."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def allows(policy: Policy, request: Request) -> bool:
    """Whether a policy of a resource says yes and does not say no."""
    return bool(_matching(policy, request, "Allow")) and not denies(policy, request)


def denies(policy: Policy, request: Request) -> bool:
    return bool(_matching(policy, request, "Deny"))


def _matching(policy: Policy, request: Request, effect: str) -> list[str]:
    return [
        statement["Sid"]
        for statement in policy["Statement"]
        if statement["Effect"] == effect
        and _names(statement["Principal"], request.principal)
        and any(fnmatchcase(request.action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(request.resource, pattern) for pattern in listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), request.context)
    ]


def _names(principal: str | Mapping[str, Any], who: str) -> bool:
    if principal == "*":
        return True
    names = [name for kind in principal.values() for name in listed(kind)]
    return (
        "*" in names
        or who in names
        or any(name.endswith(":root") and _account(name) == _account(who) for name in names)
    )


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.startswith("arn:") else arn


def _holds(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _is_so(operator, context.get(name), listed(wanted))
        for operator, tested in conditions.items()
        for name, wanted in tested.items()
    )


def _is_so(operator: str, actual: str | None, wanted: Iterable[str]) -> bool:
    if operator == "Null":
        return [str(actual is None).lower()] == list(wanted)
    if operator == "StringNotEquals":
        return actual is None or actual not in wanted
    return actual is not None and any(_TESTS[operator](actual, one) for one in wanted)


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
