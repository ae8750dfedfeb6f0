"""What each role is granted, taken away again one by one, and what then breaks.

A grant is one action on one resource of one statement, as IAM has it: nothing here lists what there is, so that an
action that Terraform adds has to break something here when it goes, or to stand in `NOT_ENFORCED` with a reason.
"""

import copy
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from conftest import Deployed, Person

from scandrop.lanes import SUFFIXES

ACCOUNT = "000000000000"
type Policy = dict[str, Any]
_NUMBERS = "| role | permissions | something breaks without | AWS alone asks for |\n|---|---|---|---|"
_ROWS = "| action | on | roles | without it |\n|---|---|---|---|"

# The embedded AWS carries these out without asking IAM, or asks for nothing where AWS does. By statement and action.
_MAPPING = "Lambda polls under the function's role and makes no event source mapping without it"
_KEY = "AWS refuses what the role reads or writes under the key: see below"
_MATCH = (  # Amazon S3 User Guide, "Enforce conditional deletes on Amazon S3 buckets" and the like of writes
    "S3 lets nobody who may not read an object put or delete it on the condition that it is still the same"
)
_LOGS = "Lambda writes the function's log under its role"
_STREAM = "AWS asks for the stream, the embedded AWS for its group"
_TRACES = "Lambda's X-Ray daemon sends the function's traces under its role"
NOT_ENFORCED = {
    ("KeepRefused", "sqs:SendMessage"): "Lambda sends what a stream's reader gives up on under the function's role",
    ("ReadStream", "dynamodb:DescribeStream"): _MAPPING,
    ("ReadStream", "dynamodb:GetRecords"): _MAPPING,
    ("ReadStream", "dynamodb:GetShardIterator"): _MAPPING,
    ("ReadStream", "dynamodb:ListStreams"): _MAPPING,
    ("ReceiveOwn", "sqs:DeleteMessage"): _MAPPING,
    ("ReceiveOwn", "sqs:GetQueueAttributes"): _MAPPING,
    ("ReceiveOwn", "sqs:ReceiveMessage"): _MAPPING,
    ("TellAbsent", "s3:ListBucket"): "S3 answers 403 instead of 404 without it where no object is",
    ("UseKey", "kms:Decrypt"): _KEY,
    ("UseKey", "kms:GenerateDataKey"): _KEY,
    ("Decrypt", "kms:Decrypt"): _KEY,
    ("WriteProcessed", "s3:GetObject"): _MATCH,
    ("WriteLogs", "logs:CreateLogStream"): _LOGS,
    ("WriteLogs", "logs:PutLogEvents"): _LOGS,
    ("WriteStream", "logs:CreateLogStream"): _STREAM,
    ("WriteStream", "logs:PutLogEvents"): _STREAM,
    ("WriteTraces", "xray:PutTelemetryRecords"): _TRACES,
    ("WriteTraces", "xray:PutTraceSegments"): _TRACES,
}


class Grant(NamedTuple):
    """One action on one resource, by one statement of one role's policy."""

    role: str
    sid: str
    action: str
    resource: str

    @property
    def may_be_silent(self) -> bool:
        return (self.sid, self.action) in NOT_ENFORCED

    @property
    def told(self) -> tuple[str, str, str]:
        """As the page has it: the action, on what, whose."""
        return f"`{self.action}`", _named(self), self.role


class Behaviour(NamedTuple):
    """Something that a role lets happen: `works` says whether it did, and raises where it broke for another reason."""

    says: str
    works: Callable[[], bool]


class Holder(Protocol):
    """Who has a policy."""

    @property
    def name(self) -> str: ...

    def policy(self) -> Policy: ...

    def put(self, policy: Policy) -> None: ...


@dataclass(frozen=True)
class Role:
    """The execution role of one function."""

    deployed: Deployed
    name: str

    @property
    def _place(self) -> dict[str, str]:
        return {"RoleName": f"scandrop-local-{self.name}", "PolicyName": "lane"}

    def policy(self) -> Policy:
        return dict(self.deployed.client("iam").get_role_policy(**self._place)["PolicyDocument"])

    def put(self, policy: Policy) -> None:
        self.deployed.client("iam").put_role_policy(**self._place, PolicyDocument=json.dumps(policy))

    def client(self, service: str) -> Any:
        """A client with the role's own credentials."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/scandrop-local-{self.name}"
        mine = self.deployed.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return self.deployed.client(
            service,
            aws_access_key_id=mine["AccessKeyId"],
            aws_secret_access_key=mine["SecretAccessKey"],
            aws_session_token=mine["SessionToken"],
        )


@dataclass(frozen=True)
class _Attached:
    """Somebody with a policy that is attached to them: what it says stands in one of their own instead."""

    person: Person
    name = "reidentify"

    @property
    def _place(self) -> dict[str, str]:
        return {"UserName": self.person.name, "PolicyName": "copied"}

    def policy(self) -> Policy:
        return dict(self.person.deployed.client("iam").get_user_policy(**self._place)["PolicyDocument"])

    def put(self, policy: Policy) -> None:
        self.person.deployed.client("iam").put_user_policy(**self._place, PolicyDocument=json.dumps(policy))


@contextmanager
def attached(person: Person) -> Iterator[Holder]:
    """What the person has, so that it can be taken away piece by piece."""
    iam, arn = person.deployed.client("iam"), person.deployed.outputs["reidentify_policy_arn"]
    holder = _Attached(person)
    holder.put(_to_reidentify(person.deployed))
    iam.detach_user_policy(UserName=person.name, PolicyArn=arn)
    try:
        yield holder
    finally:
        iam.attach_user_policy(UserName=person.name, PolicyArn=arn)
        iam.delete_user_policy(UserName=person.name, PolicyName="copied")


def _to_reidentify(deployed: Deployed) -> Policy:
    iam, arn = deployed.client("iam"), deployed.outputs["reidentify_policy_arn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def roles(deployed: Deployed) -> list[Role]:
    """Every execution role that the environment has, the lanes' first: the others tell of what those have settled."""
    names = [role["RoleName"].removeprefix("scandrop-local-") for role in deployed.client("iam").list_roles()["Roles"]]
    return [Role(deployed, name) for name in sorted(names, key=lambda name: (name not in SUFFIXES, name))]


def every_policy(deployed: Deployed) -> dict[str, Policy]:
    """What each execution role may do, and who has been given the policy of reidentify."""
    return {role.name: role.policy() for role in roles(deployed)} | {_Attached.name: _to_reidentify(deployed)}


def every_grant(deployed: Deployed) -> list[Grant]:
    """All that the environment's policies grant."""
    return [grant for name, policy in every_policy(deployed).items() for grant in grants(name, policy)]


def grants(role: str, policy: Policy) -> Iterator[Grant]:
    for statement in (one for one in policy["Statement"] if one["Effect"] == "Allow"):
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Grant(role, statement["Sid"], action, resource)


def prove(holder: Holder, behaviours: list[Behaviour], told: Mapping[tuple[str, ...], str]) -> dict[Grant, str]:
    """What breaks without each grant, where what was `told` of it is tried first. Raises AssertionError for nothing.

    Of those that are not enforced, each that breaks something here all the same is proven like any other.
    """
    proven: dict[Grant, str] = {}
    wanted = list(grants(holder.name, holder.policy()))
    silent = [grant for grant in wanted if grant.may_be_silent]
    while broken := broken_without(holder, behaviours, silent):
        enforced = [grant for grant in silent if broken_without(holder, [broken], [grant])]
        assert enforced, f"{holder.name}: {broken.says} does not work, or not without all of {silent}"
        proven |= dict.fromkeys(enforced, broken.says)
        silent = [grant for grant in silent if grant not in enforced]
    proven |= {grant: f"({NOT_ENFORCED[grant.sid, grant.action]})" for grant in silent}
    for grant in (one for one in wanted if one not in proven):
        likely_first = sorted(behaviours, key=lambda one: one.says != told.get(grant.told))
        broken = broken_without(holder, likely_first, [grant])
        assert broken, f"Nothing breaks without {grant}: take it out of Terraform, or add a behaviour"
        proven[grant] = broken.says
    return proven


def broken_without(holder: Holder, behaviours: Iterable[Behaviour], taken: Iterable[Grant]) -> Behaviour | None:
    """The first behaviour that does not work without some grants."""
    with without(holder, *taken):
        return next((behaviour for behaviour in behaviours if not behaviour.works()), None)


@contextmanager
def without(holder: Holder, *taken: Grant) -> Iterator[None]:
    """The holder's policy less some grants, for the time of the block."""
    policy = holder.policy()
    holder.put(reduced(policy, set(taken)))
    try:
        yield
    finally:
        holder.put(policy)


def reduced(policy: Policy, taken: set[Grant]) -> Policy:
    """A policy less some grants and no other: a statement falls apart into one per action that lost a resource."""
    lost = defaultdict(set)
    for grant in taken:
        lost[grant.sid, grant.action].add(grant.resource)
    statements = []
    for statement in policy["Statement"]:
        for action in listed(statement["Action"]):
            kept = [one for one in listed(statement["Resource"]) if one not in lost[statement["Sid"], action]]
            if kept:
                piece = {"Sid": f"{statement['Sid']}{len(statements)}", "Action": action, "Resource": kept}
                statements.append({**copy.deepcopy(statement), **piece})
    return {**policy, "Statement": statements}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def page(proven: Mapping[Grant, str]) -> str:
    """The page's tables: how many permissions each role has, and each of them, with the roles that have it alike."""
    holders: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for grant, broken in proven.items():
        action, place, role = grant.told
        holders[action, place, broken].append(role)
        counts[role][broken.startswith("(")] += 1
    counts["all"] = sum(counts.values(), Counter())
    numbers = [f"| {role} | {count.total()} | {count[False]} | {count[True]} |" for role, count in counts.items()]
    rows = [
        f"| {action} | {place} | {', '.join(sorted(who))} | {broken} |"
        for (action, place, broken), who in sorted(holders.items())
    ]
    return "\n".join([_NUMBERS, *numbers, "", _ROWS, *rows]) + "\n"


def told_by(page: str) -> dict[tuple[str, ...], str]:
    """What a page tells of each permission of each role."""
    cells = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return {(action, place, role): broken for action, place, names, broken in cells for role in names.split(", ")}


def _named(grant: Grant) -> str:
    """A resource by the words of the documentation: without account, region and what AWS makes up."""
    if grant.resource == "*":
        return "everything (it has no resources)"
    resource = re.sub(rf"^arn:aws:([a-z0-9]+):[^:]*:[^:]*:|-{ACCOUNT}", r"\1 ", grant.resource).replace(" /", "/")
    resource = re.sub(r"assets/\w+", "assets/…", resource.replace("scandrop-local-", ""))
    resource = re.sub(r"(key)/[\w-]+|(pseudonym-key)-\w+", r"\1\2", resource)
    return f"`{re.sub(rf'\b{grant.role}\b', 'OWN', resource).strip()}`"
