"""Queues, buckets and the key let in whom they are for, whoever else has the rights of an identity."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Deployed
from policies import Request, allows, denies, listed
from privileges import ACCOUNT

STRANGER = "999999999999"
STRANGER_ROLE = f"arn:aws:iam::{STRANGER}:role/any"


def test_a_queue_takes_messages_of_its_lanes_own_rule_and_of_no_other_service_or_account(deployed: Deployed) -> None:
    sqs, own = deployed.client("sqs"), deployed.outputs
    for urls in (own["queue_urls"], own["dead_letter_queue_urls"]):
        for lane, url in urls.items():
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])["Attributes"]
            policy = json.loads(told["Policy"])
            senders = {
                (account, name)
                for account in (ACCOUNT, STRANGER)
                for name in ("local-image", "local-" + lane, "other-" + lane)
            }
            let_in = {sender for sender in senders if allows(policy, by_rule(told["QueueArn"], *sender))}
            assert let_in == {(ACCOUNT, f"local-{lane}")}
            assert not allows(policy, Request(STRANGER_ROLE, "sqs:SendMessage", told["QueueArn"]))


def by_rule(queue: str, account: str, name: str) -> Request:
    source = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:events:us-east-1:{account}:rule/scandrop-{name}"}
    return Request("events.amazonaws.com", "sqs:SendMessage", queue, source)


def test_a_topic_or_another_account_gets_nothing_into_a_queue(deployed: Deployed) -> None:
    sqs, url = deployed.client("sqs"), deployed.outputs["dead_letter_queue_urls"]["other"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = deployed.client("sns").create_topic(Name="scandrop-other-topic")["TopicArn"]
    deployed.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    deployed.client("sns").publish(TopicArn=topic, Message="let in")
    stranger = deployed.client("sqs", aws_access_key_id=STRANGER)
    with pytest.raises(ClientError, match=r"AccessDenied|NonExistentQueue"):
        stranger.send_message(QueueUrl=url, MessageBody="let in")
    came = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert not [message for message in came if "let in" in message["Body"]]


def test_who_may_put_anything_puts_nothing_under_another_encryption(deployed: Deployed) -> None:
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    with somebody(deployed, rights) as client:
        for bucket in (deployed.outputs["raw_bucket"], deployed.outputs["processed_bucket"]):
            with pytest.raises(ClientError, match="AccessDenied"):
                client("s3").put_object(Bucket=bucket, Key="a", Body=b"", ServerSideEncryption="AES256")
            policy = json.loads(client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
            put = Request(STRANGER_ROLE, "s3:PutObject", f"arn:aws:s3:::{bucket}/a")
            assert not denies(policy, put)
            for headers in OTHER_ENCRYPTION:
                named = {f"s3:x-amz-server-side-encryption{name}": value for name, value in headers.items()}
                assert denies(policy, replace(put, context=named)), headers
            assert not allows(policy, Request(STRANGER_ROLE, "s3:GetObject", f"arn:aws:s3:::{bucket}/a"))


OTHER_ENCRYPTION = (
    {"": "AES256"},
    {"": "aws:kms"},  # for which S3 would take a key of its own
    {"": "aws:kms", "-aws-kms-key-id": f"arn:aws:kms:us-east-1:{STRANGER}:key/a"},
    {"-customer-algorithm": "AES256"},
)


@contextmanager
def somebody(deployed: Deployed, *statements: dict[str, str]) -> Iterator[Callable[[str], Any]]:
    """Clients of a user with these rights and no others."""
    iam, name = deployed.client("iam"), "somebody-with-rights"
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    mine = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    yield lambda service: deployed.client(service, **mine)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="rights")
    iam.delete_user(UserName=name)


LOG_GROUP = "kms:EncryptionContext:aws:logs:arn"
KEY_USERS = {  # each service that the key is for, and what it must say to be ours: `source` of this or another place
    "budgets.amazonaws.com": "arn:aws:budgets::{account}:budget/scandrop-{name}",
    "cloudwatch.amazonaws.com": "arn:aws:cloudwatch:us-east-1:{account}:alarm:scandrop-{name}-x",
    "events.amazonaws.com": "arn:aws:events:us-east-1:{account}:rule/scandrop-{name}-image",
    "logs.us-east-1.amazonaws.com": "arn:aws:logs:us-east-1:{account}:log-group:/aws/lambda/scandrop-{name}-image",
}


def test_the_key_is_for_this_accounts_identities_and_services_alone(deployed: Deployed) -> None:
    kms = deployed.client("kms")
    key = kms.describe_key(KeyId="alias/scandrop-local")["KeyMetadata"]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    named = {who for statement in policy["Statement"] for who in listed(statement["Principal"].get("Service", []))}
    assert named == set(KEY_USERS)
    for service, source in KEY_USERS.items():
        assert not allows(policy, Request(service, "kms:Decrypt", key["Arn"]))
        assert allows(policy, by_service(service, key["Arn"], source.format(account=ACCOUNT, name="local"), ACCOUNT))
        assert not allows(
            policy, by_service(service, key["Arn"], source.format(account=STRANGER, name="local"), STRANGER)
        )
        other = source.format(account=ACCOUNT, name="other")
        assert allows(policy, by_service(service, key["Arn"], other, ACCOUNT)) == (service == "budgets.amazonaws.com")
    assert not allows(policy, Request(STRANGER_ROLE, "kms:Decrypt", key["Arn"]))
    assert allows(policy, Request(f"arn:aws:iam::{ACCOUNT}:role/any", "kms:Decrypt", key["Arn"]))


def by_service(service: str, key: str, source: str, account: str) -> Request:
    context = {"aws:SourceAccount": account, "aws:SourceArn": source, LOG_GROUP: source}
    return Request(service, "kms:Decrypt", key, context)
