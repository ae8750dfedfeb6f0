"""`scandrop doctor`: each check finds what it is for, and none that fails stops another."""

import json
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws_stack import RAW, TABLE
from botocore.exceptions import NoCredentialsError
from cli_stack import STATE, deployed, outputs, put_state, refuse, scandrop
from test_cli_ledger import put

from scandrop.version import BUILD_FILE, source_hash
from scandrop_cli.doctor import account, data, drift, examine, lanes, machine
from scandrop_cli.doctor.site import Site
from scandrop_cli.watch import meaning

ACCOUNT = "123456789012"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An environment in which everything is right: of each kind of resource one, in AWS and in the state."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for checks, name in ((examine._DEPLOYED, "events"), (examine._FIRST, "quotas")):  # noqa: SLF001
        monkeypatch.delitem(checks, name)  # moto cannot answer them; each has a test of its own
    with deployed(tmp_path) as made:
        write_settings(tmp_path, ACCOUNT, "us-east-1")
        build(tmp_path)
        write_state(made)
        yield made


def write_settings(root, account, region):
    (root / "env/test.tfvars").write_text(
        f'environments = {{\n  test = {{\n    aws_account_id = "{account}"\n    region = "{region}"\n  }}\n}}\n'
    )


def build(root, code=None):
    """The packages that ``./deploy.sh build`` leaves, of this code or another."""
    (root / "build").mkdir(exist_ok=True)
    with zipfile.ZipFile(root / "build/handler.zip", "w") as archive:
        archive.writestr(f"scandrop/{BUILD_FILE}", f"{code or source_hash()}\n")
    handler = {"path": "build/handler.zip", "sha256_base64": "the hash"}
    (root / "build/packages.json").write_text(json.dumps({"handler": handler}))


def write_state(made, **more):
    """Make what the state names, and the state."""
    s3, kms, sqs = boto3.client("s3"), boto3.client("kms"), made.stack.sqs
    s3.put_public_access_block(
        Bucket=RAW,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    boto3.client("dynamodb").update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    key = kms.create_key()["KeyMetadata"]
    secret = boto3.client("secretsmanager").create_secret(Name="scandrop-test-pseudonym-key", SecretString="x" * 32)
    topic = boto3.client("sns").create_topic(Name="scandrop-test-alarms")["TopicArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    boto3.client("events").put_rule(Name="scandrop-test-image", EventPattern='{"source": ["aws.s3"]}')
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/scandrop-test-image")
    boto3.client("logs").put_retention_policy(logGroupName="/aws/lambda/scandrop-test-image", retentionInDays=30)
    put_alarm()
    urls = {"record": sqs.get_queue_url(QueueName="scandrop-test-record")["QueueUrl"]}
    dead = {"record": sqs.get_queue_url(QueueName="scandrop-test-dead")["QueueUrl"]}
    told = {"pseudonym_secret_arn": secret["ARN"], "alarm_topic_arn": topic, "dead_letter_queue_urls": dead}
    put_state(made.stack, "test", {"test": outputs(urls) | told})
    resources = {
        "aws_s3_bucket": {"bucket": RAW},
        "aws_kms_key": {"arn": key["Arn"], "key_id": key["KeyId"]},
        "aws_cloudwatch_event_rule": {"name": "scandrop-test-image"},
        "aws_cloudwatch_log_group": {"name": "/aws/lambda/scandrop-test-image"},
        "aws_cloudwatch_metric_alarm": {"alarm_name": "scandrop-test-image-errors"},
        **more,
    }
    change_state(made, resources=[managed(kind, attributes) for kind, attributes in resources.items()])


def put_alarm():
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="scandrop-test-image-errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )


def managed(kind, attributes):
    return {"mode": "managed", "type": kind, "instances": [{"attributes": attributes}]}


def change_state(made, **more):
    state = json.loads(made.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
    made.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=json.dumps(state | more))


def found(*, exits=None):
    """What is not ok, by its check."""
    result = scandrop("doctor", "--json")
    assert exits is None or result.exit_code == exits, result.stdout
    return {each["check"]: each for each in json.loads(result.stdout) if each["level"] != "ok"}


def site(resources=None, **more):
    return Site("test", None, {"region": "us-east-1"}, {}, {}, resources or {}, **more)


@pytest.mark.usefixtures("world")
def test_where_all_is_right_nothing_but_this_machine_is_spoken_of():
    assert set(found(exits=0)) <= {"machine"}
    shown = scandrop("doctor")
    assert "no dead" not in shown.stdout
    assert "0 wrong" in shown.stderr


def test_each_check_finds_what_it_is_for(world):
    stack, root = world.stack, world.root
    stack.s3.put_bucket_versioning(Bucket=RAW, VersioningConfiguration={"Status": "Suspended"})
    stack.sqs.send_message(
        QueueUrl=stack.sqs.get_queue_url(QueueName="scandrop-test-dead")["QueueUrl"], MessageBody="x"
    )
    boto3.client("events").disable_rule(Name="scandrop-test-image")
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName="scandrop-test-image-errors", StateValue="ALARM", StateReason="a test"
    )
    boto3.client("secretsmanager").delete_secret(SecretId="scandrop-test-pseudonym-key")
    boto3.client("kms").schedule_key_deletion(KeyId=boto3.client("kms").list_keys()["Keys"][0]["KeyId"])
    boto3.client("logs").delete_log_group(logGroupName="/aws/lambda/scandrop-test-image")
    boto3.client("dynamodb").update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    boto3.client("sns").unsubscribe(
        SubscriptionArn=boto3.client("sns").list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
    )
    put("dead.json", ago=timedelta(minutes=17), status="processing")
    build(root, code="another")
    write_settings(root, "999999999999", "eu-central-1")

    problems = found(exits=2)  # the credentials are among them
    assert {name: each["level"] for name, each in problems.items() if name != "machine"} == {
        "packages": "warning",
        "credentials": "wrong",
        "state": "wrong",
        "rules": "wrong",
        "queues": "wrong",
        "objects": "warning",
        "buckets": "wrong",
        "ledger": "wrong",
        "encryption": "wrong",
        "pseudonyms": "wrong",
        "alarms": "wrong",
        "told": "warning",
        "logs": "wrong",
    }
    assert problems["credentials"]["what"].endswith(f"is in account {ACCOUNT}, and test in 999999999999.")
    assert problems["queues"]["mend"] == "scandrop failures --lane record --env test"
    assert problems["rules"]["mend"] == "aws events enable-rule --region us-east-1 --name scandrop-test-image"
    assert problems["pseudonyms"]["mend"].startswith(
        "aws secretsmanager restore-secret --region us-east-1 --secret-id "
    )
    assert problems["encryption"]["mend"].startswith("aws kms cancel-key-deletion ")


def test_before_the_first_deploy_it_says_how_to_deploy_and_asks_for_nothing_that_is_not_there(world):
    world.stack.s3.delete_object(Bucket=STATE, Key="test.tfstate")
    problems = found(exits=1)
    assert problems["state"]["mend"] == "./deploy.sh test"
    assert set(problems) <= {"state", "machine"}


def test_after_it_was_destroyed_it_says_how_to_deploy_and_asks_for_nothing_that_is_gone(world):
    world.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=b'{"version": 4, "outputs": {}, "resources": []}')
    problems = found(exits=1)
    assert "was never deployed, or was destroyed" in problems["state"]["what"]
    assert set(problems) <= {"state", "machine"}


def test_an_environment_that_is_not_in_the_folder_cannot_be_looked_at(world):
    del world
    result = scandrop("doctor", "--env", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no environment 'nowhere'; env/ has test." in result.stderr


@pytest.mark.usefixtures("world")
def test_without_a_way_to_aws_this_machine_is_looked_at_all_the_same(monkeypatch):
    def unreachable(*_):
        raise NoCredentialsError

    monkeypatch.setattr("scandrop_cli.environment.state", unreachable)
    result = scandrop("doctor", "--json")
    findings = {each["check"]: each for each in json.loads(result.stdout)}
    assert (result.exit_code, list(findings)) == (2, ["machine", "packages", "credentials"])
    assert findings["credentials"]["mend"] == "aws sso login"


@pytest.mark.usefixtures("world")
def test_what_may_not_be_looked_at_is_a_finding_and_stops_nothing():
    refuse("sqs")
    problems = found(exits=0)
    assert problems["queues"]["level"] == "warning"
    assert problems["queues"]["what"] == "May not look: needs GetQueueAttributes."
    assert "buckets" not in problems


@pytest.mark.usefixtures("world")
def test_a_call_that_the_embedded_aws_lacks_is_no_failure_there(monkeypatch):
    refuse("sqs", "UnsupportedOperation")
    assert found(exits=1)["queues"]["level"] == "wrong"
    monkeypatch.setattr("scandrop_cli.doctor.site._embedded", lambda: True)
    assert "queues" not in found(exits=0)


@pytest.mark.parametrize(("age", "level"), [(timedelta(minutes=5), "warning"), (timedelta(hours=2), "wrong")])
def test_a_lock_is_told_and_after_an_hour_how_to_give_it_back(world, age, level):
    lock = {"ID": "the-id", "Who": "somebody@there", "Created": (datetime.now(UTC) - age).isoformat()}
    world.stack.s3.put_object(Bucket=STATE, Key="test.tfstate.tflock", Body=json.dumps(lock))
    problem = found()["state"]
    assert (problem["level"], "somebody@there has locked the state" in problem["what"]) == (level, True)
    assert ("terraform force-unlock the-id" in problem["mend"]) == (level == "wrong")


def test_an_environment_of_another_version_is_looked_at_all_the_same(world):
    state = json.loads(world.stack.s3.get_object(Bucket=STATE, Key="test.tfstate")["Body"].read())
    del state["outputs"]["environments"]["value"]["test"]["alarm_topic_arn"]
    world.stack.s3.put_object(Bucket=STATE, Key="test.tfstate", Body=json.dumps(state))
    assert found(exits=1)["told"]["mend"] == "./deploy.sh test"


def test_packages_that_are_not_those_deployed_are_told(tmp_path):
    build(tmp_path)
    function = {"function_name": "scandrop-test-image", "s3_key": "handler-1.zip", "source_code_hash": "another"}
    looked_at = Site("test", tmp_path, {}, {}, {}, {"aws_lambda_function": [function]})
    assert [finding.level for finding in machine.packages(looked_at)] == ["ok", "warning"]
    function["source_code_hash"] = "the hash"
    assert [finding.level for finding in machine.packages(looked_at)] == ["ok", "ok"]


class Answers:
    """A client that knows one answer for each operation."""

    def __init__(self, **answers):
        self._answers = answers

    def __getattr__(self, operation):
        return lambda **_: self._answers[operation]


def answering(monkeypatch, **answers):
    monkeypatch.setattr(Site, "client", lambda *_: Answers(**answers))


@pytest.mark.parametrize(
    ("told", "level", "said"),
    [
        ({"State": "Active"}, "ok", "1 function is active"),
        ({"State": "Failed", "StateReason": "no image"}, "wrong", "scandrop-test-image is Failed: no image"),
        ({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no role"}, "wrong", "failed: no role"),
        ({"CodeSha256": "another"}, "wrong", "other code than Terraform put there"),
    ],
)
def test_a_function_that_is_not_as_terraform_left_it_is_told(monkeypatch, told, level, said):
    answering(monkeypatch, get_function_configuration={"CodeSha256": "the hash", **told})
    function = {"function_name": "scandrop-test-image", "source_code_hash": "the hash"}
    (finding,) = lanes.functions(site({"aws_lambda_function": [function]}))
    assert (finding.level, said in finding.what) == (level, True)


@pytest.mark.parametrize(("told", "level"), [({"EventBridgeConfiguration": {}}, "ok"), ({}, "wrong")])
def test_a_bucket_that_tells_nobody_what_is_dropped_is_told(monkeypatch, told, level):
    answering(monkeypatch, get_bucket_notification_configuration=told)
    state = {"outputs": {"environments": {"value": {"test": {"raw_bucket": RAW}}}}}
    (finding,) = data.events(Site("test", None, {"region": "x"}, {}, state))
    assert finding.level == level


@pytest.mark.parametrize(("state", "level"), [("Enabled", "ok"), ("Updating", "ok"), ("Disabled", "wrong")])
def test_a_mapping_that_is_off_is_told_with_what_turns_it_on(monkeypatch, state, level):
    answering(monkeypatch, get_event_source_mapping={"State": state, "FunctionArn": "arn:x:scandrop-test-image"})
    (finding,) = lanes.mappings(site({"aws_lambda_event_source_mapping": [{"uuid": "u-1"}]}))
    assert (finding.level, "--uuid u-1 --enabled" in finding.mend) == (level, level == "wrong")


@pytest.mark.parametrize(("limit", "level"), [(1000, "ok"), (70, "ok"), (69, "warning")])
def test_more_concurrency_than_the_account_has_is_told(monkeypatch, limit, level):
    answering(monkeypatch, get_account_settings={"AccountLimit": {"ConcurrentExecutions": limit}})
    scaling = [{"scaling_config": [{"maximum_concurrency": 50}]}, {"scaling_config": [{"maximum_concurrency": 20}]}]
    (finding,) = account.quotas(site({"aws_lambda_event_source_mapping": scaling}))
    assert finding.level == level


@pytest.mark.parametrize(("seconds", "level"), [(1, "ok"), (90, "warning"), (400, "wrong")])
def test_a_clock_that_is_off_is_told(seconds, level):
    date = (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert account._clock(date).level == level  # noqa: SLF001  moto's answers have no date


def test_a_setting_that_the_checkout_refuses_is_told():
    state = {"outputs": {"environments": {"value": {"test": {"settings": {"image": {"quality": 101}}}}}}}
    (finding,) = lanes.settings(Site("test", None, {"region": "x"}, {}, state))
    assert (finding.level, "quality" in finding.what) == ("wrong", True)


def test_another_python_than_the_lanes_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "version_info", (3, 11, 0, "final", 0))
    first, *_ = machine.tools(Site("test", tmp_path, {}, {}, None))
    assert (first.level, first.mend) == ("wrong", "./deploy.sh setup")


@pytest.mark.parametrize(
    ("aws", "said"),
    [
        ("echo aws-cli/2.31.0 Python/3.13", {"ok": ["aws is here"]}),
        ("echo aws-cli/1.44.0 Python/3.12", {"warning": ["aws is version 1, and some runbooks take version 2."]}),
        ("exit 127", {"warning": ["aws is missing, and some runbooks take version 2."]}),
    ],
)
def test_what_the_runbooks_take_and_the_machine_has_not_is_a_warning(monkeypatch, tmp_path, aws, said):
    (tmp_path / "aws").write_text(f"#!/bin/sh\n{aws}\n")
    (tmp_path / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = list(machine.tools(Site("test", tmp_path, {}, {}, None)))
    assert {each.level: [each.what] for each in findings if each.what.startswith("aws")} == said
    assert [each.level for each in findings if each.what.startswith("jq")] == ["warning"]


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}]}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scandrop-test-image"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:scandrop-test-image"
HOUSEKEEPING = {"ID": "housekeeping", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}


@pytest.fixture
def made(world):
    """A resource of each kind that is compared with the state attribute by attribute, in AWS and in the state."""
    events, sqs, iam, s3 = boto3.client("events"), world.stack.sqs, boto3.client("iam"), world.stack.s3
    pattern = json.dumps({"source": ["aws.s3"]})
    events.put_targets(Rule="scandrop-test-image", Targets=[{"Id": "queue", "Arn": QUEUE_ARN}])
    url = sqs.get_queue_url(QueueName="scandrop-test-image")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(POLICY)})
    iam.create_role(RoleName="scandrop-test-image", AssumeRolePolicyDocument=json.dumps(POLICY))
    iam.put_role_policy(RoleName="scandrop-test-image", PolicyName="lane", PolicyDocument=json.dumps(POLICY))
    s3.put_bucket_lifecycle_configuration(Bucket=RAW, LifecycleConfiguration={"Rules": [HOUSEKEEPING]})
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="scandrop-test-notices")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(POLICY))
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE_ARN)["SubscriptionArn"]
    boto3.client("cloudwatch").put_dashboard(DashboardName="scandrop-test", DashboardBody='{"widgets": []}')
    dead = sqs.create_queue(QueueName="scandrop-test-herald-dead")["QueueUrl"]
    more = [
        ("aws_cloudwatch_event_rule", {"name": "scandrop-test-image", "event_pattern": pattern}),
        ("aws_cloudwatch_event_target", {"rule": "scandrop-test-image", "target_id": "queue", "arn": QUEUE_ARN}),
        ("aws_sqs_queue", {"name": "scandrop-test-image", "url": url, "policy": json.dumps(POLICY)}),
        ("aws_sqs_queue", {"name": "scandrop-test-herald-dead", "url": dead}),
        ("aws_iam_role_policy", {"role": "scandrop-test-image", "name": "lane", "policy": json.dumps(POLICY)}),
        (
            "aws_s3_bucket_lifecycle_configuration",
            {"bucket": RAW, "rule": [{"id": "housekeeping", "status": "Enabled", "expiration": [{"days": 1}]}]},
        ),
        ("aws_sns_topic", {"name": "scandrop-test-notices", "arn": topic, "policy": "that of before it was put"}),
        ("aws_sns_topic_policy", {"arn": topic, "policy": json.dumps(POLICY)}),
        ("aws_sns_topic_subscription", {"arn": subscription, "topic_arn": topic, "endpoint": QUEUE_ARN}),
        ("aws_cloudwatch_dashboard", {"dashboard_name": "scandrop-test", "dashboard_body": '{"widgets":[]}'}),
        (
            "aws_cloudwatch_log_group",
            {"name": "/aws/lambda/scandrop-test-image", "retention_in_days": 30, "kms_key_id": ""},
        ),
        ("aws_cloudwatch_metric_alarm", {"alarm_name": "scandrop-test-image-errors", "alarm_actions": []}),
    ]
    change_state(world, resources=[managed(kind, attributes) for kind, attributes in more])
    return world


@pytest.mark.usefixtures("made")
def test_what_is_as_terraform_left_it_is_no_finding_however_aws_writes_it():
    assert set(found(exits=0)) <= {"machine"}


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "said"),
    [
        (
            *("events", "remove_targets", {"Rule": "scandrop-test-image", "Ids": ["queue"]}),
            "The target of the rule scandrop-test-image is gone: what is dropped is not processed, or lost.",
        ),
        (
            *("events", "put_rule", {"Name": "scandrop-test-image", "EventPattern": '{"source": ["other"]}'}),
            "The rule scandrop-test-image is not as Terraform left it (event_pattern)",
        ),
        (
            *("iam", "delete_role_policy", {"RoleName": "scandrop-test-image", "PolicyName": "lane"}),
            "The policy of the role scandrop-test-image is gone: functions fail",
        ),
        ("s3", "delete_bucket_lifecycle", {"Bucket": RAW}, f"The lifecycle of the bucket {RAW} is gone"),
        (
            "s3",
            "put_bucket_lifecycle_configuration",
            {"Bucket": RAW, "LifecycleConfiguration": {"Rules": [HOUSEKEEPING | {"Expiration": {"Days": 365}}]}},
            f"The lifecycle of the bucket {RAW} is not as Terraform left it (rule): what should go is kept",
        ),
        ("cloudwatch", "delete_dashboards", {"DashboardNames": ["scandrop-test"]}, "The dashboard scandrop-test is"),
    ],
)
@pytest.mark.usefixtures("made")
def test_what_somebody_changed_by_hand_is_named_with_what_goes_without_it(service, operation, arguments, said):
    getattr(boto3.client(service), operation)(**arguments)
    problem = found(exits=1)["drift"]
    assert (problem["level"], said in problem["what"], problem["mend"]) == ("wrong", True, "./deploy.sh test")


def test_a_queue_that_lets_nobody_in_and_a_subscriber_that_is_gone_are_both_told(made):
    url = made.stack.sqs.get_queue_url(QueueName="scandrop-test-image")["QueueUrl"]
    made.stack.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    for each in boto3.client("sns").list_subscriptions()["Subscriptions"]:
        boto3.client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    said = scandrop("doctor").stdout
    assert "The queue scandrop-test-image is not as Terraform left it (policy)" in " ".join(said.split())
    assert "The subscription of scandrop-test-notices is gone: nobody is told." in " ".join(said.split())


def test_a_resource_that_is_gone_is_named_and_hides_no_other(made):
    boto3.client("events").remove_targets(Rule="scandrop-test-image", Ids=["queue"])
    boto3.client("events").delete_rule(Name="scandrop-test-image")
    boto3.client("events").put_rule(Name="scandrop-test-record", EventPattern='{"source": ["x"]}', State="DISABLED")
    rules = [managed("aws_cloudwatch_event_rule", {"name": f"scandrop-test-{lane}"}) for lane in ("image", "record")]
    change_state(made, resources=rules)
    problems = found(exits=1)
    assert problems["drift"]["what"].startswith("The rule scandrop-test-image is gone")
    assert problems["rules"]["what"].startswith("The rule scandrop-test-record is off")


def test_alarms_that_tell_nobody_and_logs_kept_otherwise_are_told(made):
    boto3.client("logs").put_retention_policy(logGroupName="/aws/lambda/scandrop-test-image", retentionInDays=1)
    boto3.client("cloudwatch").disable_alarm_actions(AlarmNames=["scandrop-test-image-errors"])
    made.stack.sqs.send_message(
        QueueUrl=made.stack.sqs.get_queue_url(QueueName="scandrop-test-herald-dead")["QueueUrl"], MessageBody="x"
    )
    problems = found(exits=1)
    assert problems["logs"]["what"].endswith("is not as Terraform left it (retention_in_days).")
    assert problems["alarms"]["what"].startswith("1 alarm switched off")
    assert problems["queues"]["what"].startswith("1 dead letter of the herald")
    assert problems["queues"]["mend"] == "scandrop logs --lane herald --since 1d --env test"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, ""),
        ({"Timeout": 1, "MemorySize": 128}, "(memory_size, timeout)"),
        ({"Environment": {"Variables": {}}}, "(environment)"),
        ({"Environment": {"Error": {"ErrorCode": "AccessDenied"}}}, ""),
        ({"reserved": 0}, "(reserved_concurrent_executions)"),
    ],
)
def test_a_function_that_was_set_otherwise_is_told(monkeypatch, now, said):
    reserved = {"ReservedConcurrentExecutions": now.pop("reserved")} if "reserved" in now else {}
    told = {"Timeout": 180, "MemorySize": 2048, "Role": ROLE, "Environment": {"Variables": {"A": "1"}}} | now
    answering(monkeypatch, get_function_configuration=told, get_function_concurrency=reserved)
    function = {
        "function_name": "scandrop-test-image",
        "environment": [{"variables": {"A": "1"}}],
        "memory_size": 2048,
        "reserved_concurrent_executions": -1,
        "role": ROLE,
        "timeout": 180,
    }
    (finding,) = drift.drift(site({"aws_lambda_function": [function]}))
    assert (finding.level, said in finding.what) == ("wrong" if said else "ok", True)


def test_an_alarm_that_rings_says_what_it_means_and_what_its_own_text_says_to_type():
    text = "It crashed.\nSee why: scandrop logs --lane image\nTry again: aws x\nRunbook: docs/runbooks/errors.md"
    assert meaning(text) == ("It crashed. Runbook: docs/runbooks/errors.md", "scandrop logs --lane image")
    assert meaning("") == ("", "")
