"""What a month costs: what was seen, carried on, and what the environment costs while nothing comes at all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scandrop.pricing import USD
from scandrop_cli.costs.spent import Spent

MONTH_DAYS = 30
GB = 1000**3
LOG_BYTES = 2000  # of an object, its share of its invocation's lines among them; measured on the embedded AWS: 1.8 kB
POLLS_PER_QUEUE = 5 * 3 * 60 * 24 * MONTH_DAYS  # Lambda keeps five pollers at each, which ask every 20 seconds

_STANDING = {  # resources in the state, the price of each, and what to call it
    "aws_kms_key": ("kms_key_month", "KMS key"),
    "aws_secretsmanager_secret": ("secret_month", "secret"),
    "aws_cloudwatch_metric_alarm": ("alarm_month", "metrics of alarms"),
    "aws_cloudwatch_dashboard": ("dashboard_month", "dashboard"),
}


@dataclass(frozen=True)
class Line:
    """One cost of a month: `quantity` at one price each."""

    what: str
    quantity: float
    usd: float
    note: str = ""


@dataclass(frozen=True)
class Month:
    """The forecast. `days` is how long was looked at, never less than one: an hour is no share of a day's work."""

    days: float
    lines: Sequence[Line]

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)


def forecast(spent: Spent, days: float, standing: Iterable[Line]) -> Month:
    """Carry on for a month as it went for `days`, and add what stands."""
    share = MONTH_DAYS / max(days, 1.0)
    return Month(max(days, 1.0), [*_worked(spent, share), *standing])


def _worked(spent: Spent, share: float) -> Iterator[Line]:
    objects, stored_gb = spent.objects * share, (spent.bytes_in + spent.bytes_out) / GB * share
    yield Line("objects", objects, spent.usd * share, "compute and requests")
    yield _line("traces", objects, "xray_trace", "at most: one of each object")
    yield _line("log lines, GB", objects * LOG_BYTES / GB, "logs_gb", "estimated, 2 kB of each object")
    yield _line("storage, GB", stored_gb, "s3_gb_month", "what came and was made; the next month adds as much")
    yield _line("moves to Intelligent-Tiering", spent.moved * share, "s3_tiering", "raw objects from 128 KB, once each")
    yield _line("watched objects", spent.watched * share, "s3_monitoring_month", "by Intelligent-Tiering, from 128 KB")


def standing(resources: Iterable[tuple[str, Mapping[str, Any]]], custom_metrics: int) -> list[Line]:
    """What an environment costs while nothing comes: of what Terraform made, and the metrics that it sent lately."""
    counts: Counter[str] = Counter()
    for kind, attributes in resources:
        counts[kind] += _counted(kind, attributes)
    lines = [_line(what, counts[kind], price) for kind, (price, what) in _STANDING.items() if counts[kind]]
    queues = counts["aws_lambda_event_source_mapping"]
    polls = _line(
        "polling of the queues", queues * POLLS_PER_QUEUE, "sqs_request", f"{queues} queues, asked while idle"
    )
    metrics = _line("custom metrics", custom_metrics, "metric_month", "those of the last two weeks")
    return [*lines, *([polls] if queues else []), *([metrics] if custom_metrics else [])]


def _counted(kind: str, attributes: Mapping[str, Any]) -> int:
    """As how many it is paid: an alarm for each metric it looks at, a mapping if it polls a queue and no stream."""
    match kind:
        case "aws_cloudwatch_metric_alarm":
            return max(1, sum(bool(query.get("metric")) for query in attributes.get("metric_query") or []))
        case "aws_lambda_event_source_mapping":
            return int(":sqs:" in attributes["event_source_arn"])
        case _:
            return 1


def _line(what: str, quantity: float, price: str, note: str = "") -> Line:
    return Line(what, quantity, quantity * USD[price], note)
