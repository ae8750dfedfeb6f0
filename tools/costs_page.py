"""Write docs/costs.md: what is measured of the samples, and an example month, at the prices of the one table."""

import json
from collections.abc import Iterable, Iterator, Mapping

from scandrop.pricing import PRICES_AS_OF, PRICES_REGION, TABLE_FILE, cost_usd
from scandrop_cli.costs.month import MONTH_DAYS, Line, forecast, standing
from scandrop_cli.costs.spent import Spent, total
from scandrop_cli.records import Record
from scandrop_cli.tables import size
from tools.common import ROOT

PAGE = ROOT / "docs" / "costs.md"

# Dropped into the embedded AWS on 2026-11-21, on two cores of a server, warm; four are files of `scandrop samples`.
MEASURED = {  # lane, memory in MB; bytes in, milliseconds, derivatives, bytes out
    "fMRI run, 64 x 64 x 32, 150 volumes": ("nifti", 3008, 22_717_209, 2017, 24, 65_316_484),
    "radiograph, DICOM": ("dicom", 2048, 6_881_804, 146, 5, 7_190_126),
    "CT slice, DICOM": ("dicom", 2048, 526_056, 105, 5, 789_420),
    "radiograph, PNG of 16 bits": ("image", 2048, 5_398_549, 303, 5, 1_754_936),
    "photograph, JPEG": ("image", 2048, 269_564, 784, 5, 842_526),
    "page of patient records": ("record", 512, 407, 303, 2, 103),
}

# A day of a hospital: kinds of objects and how many of each.
A_DAY = {
    "radiograph, DICOM": 2000,
    "CT slice, DICOM": 20_000,
    "fMRI run, 64 x 64 x 32, 150 volumes": 20,
    "page of patient records": 50,
}

# What `scandrop cost` finds standing, of an environment in which every lane works.
STANDING = {
    "aws_kms_key": 1,
    "aws_secretsmanager_secret": 1,
    "aws_cloudwatch_metric_alarm": 46,
    "aws_cloudwatch_dashboard": 1,
    "aws_lambda_event_source_mapping": 5,
}
ATTRIBUTES = {"aws_lambda_event_source_mapping": {"event_source_arn": "arn:aws:sqs:eu-central-1:111111111111:lane"}}
CUSTOM_METRICS = 35

HEAD = f"""\
# Costs

Made by `.venv/bin/python -m tools.costs_page` from prices and measurements; a test fails while they differ.

```console
scandrop cost --env ENV
```

shows what your own objects cost, by lane, day or first folder, and the forecast of a month. This page is for before you
have any. All prices are list prices of {PRICES_REGION} in US dollars, as of {PRICES_AS_OF}, without free tiers and
discounts. **Compare them with AWS's pages before you budget with them**: [the table](#the-prices) says what each was
compared with.

## Of one object
"""

OBJECTS = """
Times were taken on the embedded AWS, on a server's cores and not on Lambda's, so take them as an order of size. An
object that comes alone after a pause also pays for the start of its function, 0.5 to 2 seconds.

## An example month

A hospital that drops so many objects each day:

| kind | a day |
|---|---|
"""

MONTH = """
Storage is that of one month's objects, newest versions alone. It stays, so the second month pays for it twice; after 30
days without a look S3 moves what is 128 KB or larger to a tier that costs about half.

## How it is worked out

| what | how |
|---|---|
| compute | the measured milliseconds of an object, times its function's memory |
| requests | what an object asks for: event, message, invocation, S3, ledger |
| tries | each further one counts as much as the last, which is the one measured |
| log lines | 2 kB of each object; 1.8 kB were measured |
| traces | one of each object, which is the most that X-Ray records |
| what stands | what the Terraform state holds, and the custom metrics that CloudWatch lists |
| a month | what was seen since `--since`, or a young environment's first object, for 30 days; and what stands |

Not in it: free tiers, starts of functions, a batch's own overhead, requests to KMS (bucket keys make them few),
downloads out of AWS, the access logs, replaced versions, which are kept for 30 days, functions that died before they
could say what they took, what the `other` lane takes to hand an object on, what `settled_events`, `notices` and the
upload door call for, and [the endpoints of a private network](terraform.md#the-private-network). `scandrop cost` says
where something could not be measured, and counts less than a day as a whole one.

## A budget

With `monthly_budget_usd` AWS tells `alert_emails` when a month is about to cost more ([Terraform](terraform.md)), and
`scandrop cost` shows the forecast beside it.

## The prices

They are kept in `lambda_src/scandrop/prices.json`. AWS's own pages fill in their numbers by script and could not be
read as text, so they were compared with what others quote of them.

| price | US dollars | per | compared with |
|---|---|---|---|
"""


def records(kinds: Mapping[str, int]) -> Iterator[Record]:
    """Ledger records of so many objects of each kind."""
    for kind, count in kinds.items():
        lane, memory_mb, bytes_in, ms, derivatives, bytes_out = MEASURED[kind]
        record = Record(
            key=kind,
            status="succeeded",
            lane=lane,
            size_bytes=bytes_in,
            bytes_out=bytes_out,
            duration_ms=ms,
            memory_mb=memory_mb,
            derivatives=derivatives,
            cost_usd=cost_usd(lane, ms, memory_mb, derivatives, "arm64"),
        )
        yield from (record for _ in range(count))


def page() -> str:
    """The whole page."""
    return "".join([HEAD, *_objects(), OBJECTS, *_day(), *_month(), MONTH, *_prices()])


def _objects() -> Iterator[str]:
    yield "\n| kind | lane | in | out | ms | GB-seconds | US dollars per 1,000 |\n|---|---|---|---|---|---|---|\n"
    for kind, (lane, _, bytes_in, ms, _, bytes_out) in MEASURED.items():
        spent = total(records({kind: 1}))
        sizes = f"{size(bytes_in)} | {size(bytes_out)}"
        yield f"| {kind} | `{lane}` | {sizes} | {ms:,} | {spent.gb_seconds:.2f} | {spent.usd_per_1000:.3f} |\n"


def _day() -> Iterator[str]:
    for kind, count in A_DAY.items():
        yield f"| {kind} | {count:,} |\n"


def _month() -> Iterator[str]:
    day: Spent = total(records(A_DAY))
    month = forecast(day, 1, _standing())
    yield "\n| what | quantity | US dollars |\n|---|---|---|\n"
    for line in month.lines:
        yield f"| {line.what} | {line.quantity:,.0f} | {line.usd:,.2f} |\n"
    yield f"| **a month of {MONTH_DAYS} days** | | **{month.usd:,.2f}** |\n"


def _standing() -> Iterable[Line]:
    return standing(
        [(kind, ATTRIBUTES.get(kind, {})) for kind, count in STANDING.items() for _ in range(count)], CUSTOM_METRICS
    )


def _prices() -> Iterator[str]:
    for name, entry in json.loads(TABLE_FILE.read_text())["prices"].items():
        amount = f"{entry['usd']:.10f}".rstrip("0").rstrip(".") if entry["usd"] < 0.01 else f"{entry['usd']:.3g}"
        compared = entry["compared"] or "nothing was found"
        yield f"| [`{name}`]({entry['page']}) | {amount} | {entry['per']} | {compared} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
