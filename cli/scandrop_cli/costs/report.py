"""From the ledger and the state to what is shown."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from scandrop.pricing import PRICES_AS_OF, PRICES_REGION
from scandrop_cli import environment
from scandrop_cli.costs import month
from scandrop_cli.costs.month import Month
from scandrop_cli.costs.spent import Spent, grouped, spent_since, total
from scandrop_cli.environment import Environment
from scandrop_cli.records import Record

_NO_METRICS = "The custom metrics are not in the forecast: CloudWatch lists none of them."


@dataclass(frozen=True)
class Report:
    """What is shown. `budget_usd` is the environment's for a month, where it has one."""

    by: str
    groups: Mapping[str, Spent]
    total: Spent
    month: Month
    budget_usd: float | None
    cautions: Sequence[str]

    def as_json(self) -> Mapping[str, Any]:
        return {
            "by": self.by,
            "groups": {name: _spent_json(spent) for name, spent in self.groups.items()},
            "total": _spent_json(self.total),
            "month": {**asdict(self.month), "usd": self.month.usd},
            "budget_usd": self.budget_usd,
            "prices": {"as_of": PRICES_AS_OF, "region": PRICES_REGION, "currency": "USD"},
            "cautions": self.cautions,
        }


def report(name: str, since: datetime, by: str, on_days: Callable[[int], object] = lambda _: None) -> Report:
    """Read what an environment did since a moment, and work out what that costs."""
    deployed, state = environment.load(name), environment.state(name)
    records = spent_since(deployed, since, on_days)
    spent = total(records)
    days = (datetime.now(UTC) - _began(records, since, environment.resources(state))).total_seconds() / 86_400
    metrics, unseen = _custom_metrics(deployed)
    return Report(
        by=by,
        groups=grouped(records, by),
        total=spent,
        month=month.forecast(spent, days, month.standing(environment.resources(state), metrics)),
        budget_usd=state["outputs"]["environments"]["value"][name].get("monthly_budget_usd"),
        cautions=[*_cautions(deployed, spent, days), *unseen],
    )


def _began(records: Sequence[Record], since: datetime, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> datetime:
    """From when on what was seen is all that there was.

    That is the moment that was asked for; of an environment that is younger, its first object. What came long ago and
    was settled lately, after a redrive say, makes the time no longer.
    """
    roles = [attributes.get("create_date") for kind, attributes in resources if kind == "aws_iam_role"]
    if any(made and datetime.fromisoformat(made) < since for made in roles):
        return since
    received = (datetime.fromisoformat(record.received_at or record.updated_at) for record in records)
    return max(since, min(received, default=since))


def _spent_json(spent: Spent) -> Mapping[str, Any]:
    return {**asdict(spent), "usd_per_1000": spent.usd_per_1000}


def _custom_metrics(deployed: Environment) -> tuple[int, list[str]]:
    """How many metrics the environment's functions sent lately; where none is known of, a sentence that says so."""
    service = {"Name": "service", "Value": f"scandrop-{deployed.name}"}
    pages = deployed.client("cloudwatch").get_paginator("list_metrics")
    try:
        found = pages.paginate(Namespace="Scandrop", Dimensions=[service])
        count = sum(len(page["Metrics"]) for page in found)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return 0, [f"The custom metrics are not in the forecast: cloudwatch:ListMetrics was refused ({code})."]
    return count, [] if count else [_NO_METRICS]


def _cautions(deployed: Environment, spent: Spent, days: float) -> Iterator[str]:
    """What is to be known before one trusts the numbers."""
    if spent.objects and days < 1:
        yield "You looked at less than a day: the forecast takes what was seen for a whole day's work."
    if deployed.region != PRICES_REGION:
        yield f"The prices are those of {PRICES_REGION}; this environment is in {deployed.region}, where some differ."
    if os.environ.get("AWS_ENDPOINT_URL"):
        yield "The embedded AWS bills nothing, and this machine's milliseconds are not those of Lambda."
    if spent.unmeasured:
        yield (
            f"{spent.unmeasured:,} of the objects have no measured try, because a newer version overtook them or their "
            "function died: only their requests are counted."
        )
    if spent.older:
        yield (
            f"{spent.older:,} of the objects were settled by an older version, which kept neither memory nor bytes: "
            "their USD are right, their GB out and GB-seconds are missing."
        )
