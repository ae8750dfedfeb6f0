"""Write docs/costs.md: what is measured of the samples, and an example month, at the prices of the one table."""

import json
from collections.abc import Iterator, Mapping

from scandrop.pricing import PRICES_AS_OF, PRICES_REGION, TABLE_FILE, cost_usd
from scandrop_cli.costs.month import MONTH_DAYS, Line, Month, forecast, standing
from scandrop_cli.costs.spent import total
from scandrop_cli.records import Record
from tools.common import ROOT

PAGE = ROOT / "docs" / "costs.md"
PRICES = json.loads(TABLE_FILE.read_text())["prices"]

# Dropped into the embedded AWS on 2026-11-21, on two cores of a server, warm; four are files of `scandrop samples`.
MEASURED = {  # lane, memory in MB; bytes in, milliseconds, derivatives, bytes out
    "fMRI run": ("nifti", 3008, 22_717_209, 2017, 24, 65_316_484),
    "DICOM radiograph": ("dicom", 2048, 6_881_804, 146, 5, 7_190_126),
    "CT slice": ("dicom", 2048, 526_056, 105, 5, 789_420),
    "PNG radiograph": ("image", 2048, 5_398_549, 303, 5, 1_754_936),
    "photograph": ("image", 2048, 269_564, 784, 5, 842_526),
    "record page": ("record", 512, 407, 303, 2, 103),
}

# A day of a hospital: kinds of objects and how many of each.
A_DAY = {
    "DICOM radiograph": 2000,
    "CT slice": 20_000,
    "fMRI run": 20,
    "record page": 50,
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

HEAD = """\
# Costs

- While nothing comes, an environment costs **{idle:.2f} US dollars a month**.
- A thousand objects cost, but for their storage: {thousands}.
- [A hospital](#an-example-month) that drops {hospital} a day pays **{month:.2f} a month**.

```console
scandrop cost --env ENV
```

shows what your own objects cost, by lane, day or first folder, and the forecast of a month. This page is for before you
have any. All prices are list prices of {region} in US dollars, as of {as_of}, without free tiers and discounts.
**Compare them with AWS's price list before you budget with them**: [it takes one command](#the-prices).

## Of one object
"""

OBJECTS = """
The fMRI run has 150 volumes of 64 x 64 x 32 voxels, the radiographs have 3.4 million pixels of 16 bits, the slice has
512 x 512, the photograph is a JPEG, the page has two records. Times were taken on the embedded AWS, on a server's cores
and not on Lambda's, so take them as an order of size. An object that comes alone after a pause also pays for the start
of its function, 0.5 to 2 seconds.

## An example month

A hospital that drops so many objects each day:

| kind | a day |
|---|---:|
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

They are kept in `lambda_src/scandrop/prices.json`. What holds is AWS's price list, which needs no account:
`curl -sS https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/current/us-east-1/index.json`, with the
name of the service from the table ("Getting price list files manually" in the AWS Billing user guide).

| price | US dollars | for | of | `SERVICE` |
|---|---:|---:|---|---|
"""

COMPARED = """
**This table has not been held against that list yet.** AWS's pages fill in their numbers by script and could not be
read as text where it was made. On 2026-11-21 it was compared with what others quote of them, which proves little:
"""

SERVICES = {  # in AWS's price list, by the page of a price
    "lambda": "AWSLambda",
    "s3": "AmazonS3",
    "dynamodb": "AmazonDynamoDB",
    "sqs": "AWSQueueService",
    "eventbridge": "AWSEvents",
    "xray": "AWSXRay",
    "cloudwatch": "AmazonCloudWatch",
    "kms": "awskms",
    "secrets-manager": "AWSSecretsManager",
}


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
    return "".join([_head(), *_objects(), OBJECTS, *_day(), *_month(), MONTH, *_prices(), COMPARED, *_compared()])


def _head() -> str:
    per_thousand = (f"{kind}s {total(records({kind: 1})).usd_per_1000:.2f}" for kind in MEASURED)
    return HEAD.format(
        idle=sum(line.usd for line in _standing(0)),
        thousands=", ".join(per_thousand),
        hospital=", ".join(f"{count:,} {kind}s" for kind, count in A_DAY.items()),
        month=_a_month().usd,
        region=PRICES_REGION,
        as_of=PRICES_AS_OF,
    )


def _objects() -> Iterator[str]:
    yield "\n| kind | lane | in, kB | out, kB | ms | GB-seconds | US dollars per 1,000 |\n"
    yield "|---|---|---:|---:|---:|---:|---:|\n"
    for kind, (lane, _, bytes_in, ms, _, bytes_out) in MEASURED.items():
        spent = total(records({kind: 1}))
        sizes = f"{bytes_in / 1000:,.1f} | {bytes_out / 1000:,.1f}"
        yield f"| {kind} | `{lane}` | {sizes} | {ms:,} | {spent.gb_seconds:.2f} | {spent.usd_per_1000:.3f} |\n"


def _day() -> Iterator[str]:
    for kind, count in A_DAY.items():
        yield f"| {kind} | {count:,} |\n"


def _month() -> Iterator[str]:
    month = _a_month()
    yield "\n| what | quantity | US dollars |\n|---|---:|---:|\n"
    for line in month.lines:
        yield f"| {line.what} | {line.quantity:,.0f} | {line.usd:,.2f} |\n"
    yield f"| **a month of {MONTH_DAYS} days** | | **{month.usd:,.2f}** |\n"


def _a_month() -> Month:
    return forecast(total(records(A_DAY)), 1, _standing(CUSTOM_METRICS))


def _standing(custom_metrics: int) -> list[Line]:
    """What stands; while nothing comes, no metrics are sent."""
    made = [(kind, ATTRIBUTES.get(kind, {})) for kind, count in STANDING.items() for _ in range(count)]
    return standing(made, custom_metrics)


def _prices() -> Iterator[str]:
    for name, entry in PRICES.items():
        pieces = 1_000_000 if entry["usd"] < 0.01 else 1
        service = SERVICES[entry["page"].split("/")[3]]
        amount = f"{entry['usd'] * pieces:.4f} | {pieces:,}"
        yield f"| [`{name}`]({entry['page']}) | {amount} | {entry['per']} | `{service}` |\n"


def _compared() -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for name, entry in PRICES.items():
        names.setdefault(entry["compared"] or "nothing that was found", []).append(f"`{name}`")
    for source, held in names.items():
        yield f"\n- {', '.join(held)}: {source}"
    yield "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
