"""`scandrop cost`: a case worked out by hand, what it groups by, and what it says of itself."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws_stack import TABLE
from cli_stack import STATE, deployed, put_state, refuse, scandrop

from scandrop import ledger, pricing
from scandrop_cli.costs import report
from tools import costs_page

STANDING = [
    ("aws_kms_key", {}),
    ("aws_secretsmanager_secret", {}),
    ("aws_cloudwatch_metric_alarm", {"metric_query": []}),
    ("aws_cloudwatch_metric_alarm", {"metric_query": [{"metric": [1]}, {"metric": [1]}, {"metric": []}]}),
    ("aws_cloudwatch_dashboard", {}),
    *[("aws_lambda_event_source_mapping", {"event_source_arn": f"arn:aws:sqs:x:1:{lane}"}) for lane in ("a", "b")],
    ("aws_lambda_event_source_mapping", {"event_source_arn": "arn:aws:dynamodb:x:1:table/ledger/stream/1"}),
    ("aws_s3_bucket", {}),
]


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with deployed(tmp_path) as made:
        yield made


def put(key, *, ago, lane="image", measured=None, **more):
    """A ledger item as a lane writes it, that long ago."""
    moment = datetime.now(UTC) - ago
    item = {"object_key": key, "version_id": "v1", "lane": lane, "attempts": 1, "received_at": moment.isoformat()}
    item |= ledger.indexed(key, lane, "succeeded", moment)
    if measured:
        ms, memory_mb, derivatives, bytes_out = measured
        cost = pricing.cost_usd(lane, ms, memory_mb, derivatives, "arm64")
        item |= {"duration_ms": ms, "memory_mb": memory_mb, "derivatives": derivatives, "bytes_out": bytes_out}
        item["cost_usd"] = cost
    attributes = ledger._attributes({**item, **more})  # noqa: SLF001
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=attributes)


def put_resources(world, resources, **outputs):
    """Let Terraform's state manage these resources, and tell these outputs."""
    values = json.loads(world.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
    put_state(world.stack, "test", {"test": values["outputs"]["environments"]["value"]["test"] | outputs})
    state = json.loads(world.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
    state["resources"] = [
        {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]} for kind, attributes in resources
    ]
    state["resources"].append({"mode": "data", "type": "aws_kms_key", "instances": [{"attributes": {}}]})
    world.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=json.dumps(state))


def told(*arguments):
    result = scandrop("cost", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def days(count):
    return timedelta(days=count)


def test_a_month_worked_out_by_hand(world):
    # Two radiographs, the second at its second try, and one run; the first of them ten days ago; on arm64.
    put("scans/a.png", ago=days(10), measured=(2000, 2048, 4, 500_000), size_bytes=1_000_000)
    put("scans/b.png", ago=days(2), measured=(2000, 2048, 4, 500_000), size_bytes=1_000_000, attempts=2)
    put("run.nii", ago=days(1), lane="nifti", measured=(60_000, 3538, 20, 200_000_000), size_bytes=100_000_000)
    put_resources(world, STANDING, queue_urls={"image": "its url", "nifti": "its url"})
    found = told()

    # A radiograph computes 2 s x 2 GB = 4 GB-seconds, at 13.3334 millionths of a dollar                   53.3336
    # and asks for: an event 1.00, three of the queue 3 x 0.40, an invocation 0.20, a GET 0.40,
    #   a PUT for each of 4 derivatives and the manifest 5 x 5.00, 17 units written 10.625                  38.425
    # together 91.7586 millionths, which the ledger keeps as 0.000091759. The two of them were tried three times.
    assert found["groups"]["image"]["gb_seconds"] == pytest.approx(3 * 4)
    assert found["groups"]["image"]["usd"] == pytest.approx(3 * 0.000091759)
    assert found["groups"]["image"]["usd_per_1000"] == pytest.approx(3 * 0.000091759 / 2 * 1000)
    # billed by the piece: 1 event, 3 of the queue, 1 invocation, 1 GET, 5 PUT, 17 units
    assert found["groups"]["image"]["requests"] == 3 * 28

    # The run computes 60 s x 3538/1024 GB = 207.3046875 GB-seconds, at 13.3334                           2764.0763
    # and asks for: 1.00 + 1.20 + 0.20, four GETs 1.60, 21 PUTs 105.00, 10.625 written, 0.125 read         119.75
    # together 2883.8263 millionths.
    assert found["groups"]["nifti"]["usd"] == pytest.approx(0.002883826, abs=5e-10)
    assert found["total"]["usd"] == pytest.approx(0.003159103, abs=5e-10)

    # Thirty days are three times the ten that were seen.
    lines = {line["what"]: (line["quantity"], line["usd"]) for line in found["month"]["lines"]}
    assert found["month"]["days"] == pytest.approx(10, abs=0.01)
    assert lines == {
        "objects": pytest.approx((9, 0.009477309), rel=1e-3),  # 3 x 0.003159103
        "traces": pytest.approx((9, 0.000045), rel=1e-3),  # 9 x 5 millionths
        "log lines, GB": pytest.approx((0.000018, 0.000009), rel=1e-3),  # 9 x 2 kB, at 0.50 a GB
        "storage, GB": pytest.approx((0.909, 0.020907), rel=1e-3),  # 3 x (102 MB in + 201 MB out), at 0.023
        # watched, of 128 KB or more: each radiograph, and 500 kB of derivatives can be three; the run and its 20:
        # 4 + 4 + 21
        "moves to Intelligent-Tiering": pytest.approx((9, 0.00009), rel=1e-3),  # the raw ones alone
        "watched objects": pytest.approx((87, 0.0002175), rel=1e-3),
        "KMS key": (1, pytest.approx(1.00)),
        "secret": (1, pytest.approx(0.40)),
        "metrics of alarms": (3, pytest.approx(0.30)),  # the second alarm looks at two
        "dashboard": (1, pytest.approx(3.00)),
        # each queue: 5 pollers, a request every 20 s: 5 x 3 x 60 x 24 x 30 = 648,000, at 0.40 a million
        "polling of the queues": (1_296_000, pytest.approx(0.5184)),
    }
    assert found["month"]["usd"] == pytest.approx(0.030739809 + 5.2184, rel=1e-5)
    assert found["cautions"] == ["The custom metrics are not in the forecast: CloudWatch lists none of them."]


@pytest.mark.usefixtures("world")
def test_it_groups_by_lane_day_or_first_folder():
    put("site-a/x/1.png", ago=days(2), measured=(10, 512, 1, 5))
    put("site-b/2.png", ago=days(1), measured=(10, 512, 1, 5))
    put("site-a/3.json", ago=days(1), lane="record", measured=(10, 512, 1, 5))
    put("4.json", ago=days(1), lane="record", measured=(10, 512, 1, 5))
    counts = {by: [each["objects"] for each in told("--by", by)["groups"].values()] for by in ("lane", "day", "prefix")}
    assert counts == {"lane": [2, 2], "day": [1, 3], "prefix": [1, 2, 1]}
    assert list(told("--by", "prefix")["groups"]) == ["(no folder)", "site-a/", "site-b/"]
    assert list(told("--by", "day")["groups"]) == [f"{datetime.now(UTC) - days(back):%Y-%m-%d}" for back in (2, 1)]
    assert told("--since", "30h")["total"]["objects"] == 3


def test_less_than_a_day_is_taken_for_a_day_and_that_is_said(world):
    put("a.png", ago=timedelta(minutes=5), measured=(1000, 1024, 1, 5))
    put_resources(world, [])
    found = told()
    assert found["month"]["days"] == 1
    assert found["month"]["lines"][0]["quantity"] == 30
    assert "You looked at less than a day" in scandrop("cost").stdout


def made(ago):
    """The state's word for when an environment was made."""
    return ("aws_iam_role", {"create_date": f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"})


@pytest.mark.parametrize(
    ("since", "environment_age", "object_ages", "counted"),
    [
        ("1h", days(60), (days(20),), 1),  # redriven within the hour; an hour is taken for a day
        ("7d", days(60), (timedelta(hours=3),), 7),  # six idle days are days too
        ("7d", days(4), (days(2), days(1)), 2),  # the first object that it ever had
        ("7d", days(60), (days(20), days(1)), 7),
    ],
)
def test_the_days_are_those_that_were_looked_at(world, since, environment_age, object_ages, counted):
    for number, age in enumerate(object_ages):
        put(
            f"{number}.png",
            ago=timedelta(minutes=5),
            received_at=(datetime.now(UTC) - age).isoformat(),
            measured=(1000, 1024, 1, 5),
        )
    put_resources(world, [made(environment_age)])
    assert told("--since", since)["month"]["days"] == pytest.approx(counted, abs=0.01)


@pytest.mark.usefixtures("world")
def test_what_was_not_measured_costs_its_requests_and_is_said():
    put("overtaken.png", ago=days(2), size_bytes=5)
    found = told()
    # an event 1.00, the queue 1.20, an invocation 0.20, a GET 0.40, the manifest 5.00, written 10.625
    assert found["total"]["usd"] == pytest.approx(18.425e-6)
    assert found["total"]["unmeasured"] == 1
    assert "1 of the objects have no measured try" in scandrop("cost").stdout


@pytest.mark.usefixtures("world")
def test_prices_of_another_region_are_said_to_be(monkeypatch):
    monkeypatch.setattr(report, "PRICES_REGION", "eu-central-1")
    assert "The prices are those of eu-central-1; this environment is in us-east-1" in scandrop("cost").stdout


def test_the_forecast_stands_beside_the_budget(world):
    put_resources(world, STANDING, monthly_budget_usd=2)
    assert told()["budget_usd"] == 2
    assert "budget" in scandrop("cost").stdout
    assert "261% of it" in scandrop("cost").stdout  # 5.2184 of 2


@pytest.mark.usefixtures("world")
def test_custom_metrics_that_were_sent_are_counted_for_this_environment_alone():
    cloudwatch = boto3.client("cloudwatch")
    for service in ("scandrop-test", "scandrop-other"):
        dimensions = [{"Name": "service", "Value": service}, {"Name": "lane", "Value": "image"}]
        data = [{"MetricName": name, "Dimensions": dimensions, "Value": 1} for name in ("Objects", "BytesIn")]
        cloudwatch.put_metric_data(Namespace="Scandrop", MetricData=data)
    lines = {line["what"]: line for line in told()["month"]["lines"]}
    assert (lines["custom metrics"]["quantity"], lines["custom metrics"]["usd"]) == (2, pytest.approx(0.60))
    assert "custom metrics are not in the forecast" not in scandrop("cost").stdout


@pytest.mark.parametrize("columns", ["80", "140"])
@pytest.mark.usefixtures("world")
def test_amounts_stand_under_each_other_and_nothing_that_costs_is_free(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    put("small/a.json", lane="record", ago=days(1), measured=(10, 512, 1, 5), size_bytes=700)
    put("large/a.tiff", ago=days(1), measured=(600_000, 3008, 24, 2_500_000_000), size_bytes=30_000_000)
    lines = [line.rstrip() for line in scandrop("cost", "--by", "prefix").stdout.splitlines()]
    (small,) = (line for line in lines if line.startswith("small/"))
    (large,) = (line for line in lines if line.startswith("large/"))
    assert "700 B     5 B" in small
    assert "< 0.0001" in small
    assert " 30 MB  2.5 GB" in large
    assert {len(line.rpartition(".")[2]) for line in (small, large)} == {4}
    assert len(small) == len(large)
    assert max(map(len, lines)) <= int(columns)


@pytest.mark.usefixtures("world")
def test_the_screen_says_what_its_forecast_leaves_out():
    shown = scandrop("cost").stdout
    assert "The custom metrics are not in the forecast: CloudWatch lists none of them." in shown
    assert "The forecast leaves out what docs/costs.md lists" in shown


@pytest.mark.usefixtures("world")
def test_where_metrics_may_not_be_listed_the_rest_is_told():
    refuse("monitoring")
    refuse("cloudwatch")
    found = told()
    assert "cloudwatch:ListMetrics was refused (AccessDeniedException)" in found["cautions"][-1]


@pytest.mark.usefixtures("world")
def test_a_folder_that_would_steer_the_terminal_is_escaped():
    put("\x1b[31mred/a.png", ago=days(1), measured=(10, 512, 1, 5))
    shown = scandrop("cost", "--by", "prefix").stdout
    assert "\x1b" not in shown
    assert r"\x1b[31mred/" in shown


def test_the_page_of_costs_is_the_one_that_the_prices_make():
    assert costs_page.PAGE.read_text() == costs_page.page()


def test_each_price_says_of_what_it_is_and_on_which_page_it_stands():
    table = json.loads(pricing.TABLE_FILE.read_text())
    assert table["as_of"] == pricing.PRICES_AS_OF
    for name, entry in table["prices"].items():
        assert entry["usd"] > 0, name
        assert entry["per"], name
        assert entry["page"].startswith("https://aws.amazon.com/"), name
        assert entry["compared"] is None or entry["compared"], name
