"""The end of the environment that this folder shares, so this file is the last by its name."""

from conftest import Deployed


def test_cleanup_empties_everything_and_destroy_then_leaves_nothing(deployed: Deployed) -> None:
    deployed.drop({"a +b & é/%2B.png": b"x"})
    refused = deployed.scandrop("cleanup", "--env", "local", "--yes-i-mean", "loc")
    assert (refused.returncode, "'loc' is not local" in refused.stderr) == (2, True)
    assert deployed.client("s3").list_objects_v2(Bucket=deployed.outputs["raw_bucket"])["KeyCount"]
    done = deployed.scandrop("cleanup", "--env", "local", "--yes-i-mean", "local")
    assert done.returncode == 0, done.stderr
    deployed.drop({"after": b"x"})
    assert deployed.settled("after")["after"]["finished_at"]
    deployed.apply()  # though functions have logged since
    deployed.terraform.destroy()
    deployed.client("logs").create_log_group(logGroupName="/aws/lambda/scandrop-local-notices")
    again = deployed.scandrop("cleanup", "--env", "local", "--yes-i-mean", "local")
    assert again.returncode == 0, again.stderr
    names = [
        *(bucket["Name"] for bucket in deployed.client("s3").list_buckets()["Buckets"]),
        *deployed.client("dynamodb").list_tables()["TableNames"],
        *deployed.client("sqs").list_queues().get("QueueUrls", []),
        *(function["FunctionName"] for function in deployed.client("lambda").list_functions()["Functions"]),
        *(layer["LayerName"] for layer in deployed.client("lambda").list_layers()["Layers"]),
        *(role["RoleName"] for role in deployed.client("iam").list_roles()["Roles"]),
        *(group["logGroupName"] for group in deployed.client("logs").describe_log_groups()["logGroups"]),
        *(topic["TopicArn"] for topic in deployed.client("sns").list_topics()["Topics"]),
        *(rule["Name"] for rule in deployed.client("events").list_rules()["Rules"]),
        *(alias["AliasName"] for alias in deployed.client("kms").list_aliases()["Aliases"]),
        *(secret["Name"] for secret in deployed.client("secretsmanager").list_secrets()["SecretList"]),
        *(policy["PolicyName"] for policy in deployed.client("iam").list_policies(Scope="Local")["Policies"]),
        *(alarm["AlarmName"] for alarm in deployed.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(board["DashboardName"] for board in deployed.client("cloudwatch").list_dashboards()["DashboardEntries"]),
        *(api["name"] for api in deployed.client("apigateway").get_rest_apis()["items"]),
    ]
    assert [name for name in names if "scandrop-local" in name] == []
