"""Each role may do what it needs and nothing else: every grant is needed, and every other thing is refused."""

from collections.abc import Callable
from typing import Any

import behaviours
import pytest
from botocore.exceptions import ClientError
from conftest import ROOT, Deployed
from policies import listed
from privileges import (
    ACCOUNT,
    NOT_ENFORCED,
    Grant,
    attached,
    every_grant,
    every_policy,
    grants,
    page,
    prove,
    roles,
    told_by,
)

PAGE = ROOT / "docs/privileges.md"
AN_ITEM = {"object_key": {"S": "a"}, "version_id": {"S": "1"}}
# AWS asks the caller for these on an encrypted bucket, queue, topic, table or secret, by each service's own page on
# encryption in docs.aws.amazon.com: S3 "Using server-side encryption with AWS KMS keys", SQS and SNS "Key management",
# DynamoDB "Encryption at rest: usage notes", Secrets Manager "Secret encryption and decryption".
READS, WRITES = {"kms:Decrypt"}, {"kms:GenerateDataKey"}
KEY_NEEDED = {
    "dynamodb:BatchGetItem": READS,
    "dynamodb:GetItem": READS,
    "dynamodb:GetRecords": READS,
    "dynamodb:Query": READS,
    "dynamodb:UpdateItem": READS,
    "s3:GetObject": READS,
    "s3:GetObjectVersion": READS,
    "s3:PutObject": WRITES,
    "secretsmanager:GetSecretValue": READS,
    "sns:Publish": READS | WRITES,
    "sqs:ReceiveMessage": READS,
    "sqs:SendMessage": READS | WRITES,
}


EVERYTHING = {  # that brings a grant with it
    "dicom": '{ burned_in = "mask", mask_rules = "env/mask_rules.example.json" }',
    "nifti": '{ parcellation = "tests/terraform/labels.nii" }',
    "on_delete": '"delete"',
    "pseudonymous_keys": "true",
}


@pytest.fixture(scope="module")
def proven(deployed: Deployed, request: pytest.FixtureRequest) -> dict[Grant, str]:
    """What breaks without each grant there is."""
    if not request.config.getoption("--every-role"):
        pytest.skip("It takes minutes: ./deploy.sh test privileges")
    deployed.apply(**EVERYTHING)
    told, proofs = told_by(PAGE.read_text()), dict[Grant, str]()
    with behaviours.asleep(deployed):
        for role in roles(deployed):
            proofs |= prove(role, behaviours.of(role.name, deployed), told)
        with deployed.tracer("tracer") as person, attached(person) as holder:
            proofs |= prove(holder, behaviours.of_person(person, deployed), told)
    return proofs


def test_the_page_has_each_grant_of_every_role(deployed: Deployed) -> None:
    told = told_by(PAGE.read_text())
    unheard_of = [grant for grant in every_grant(deployed) if grant.told not in told]
    assert not unheard_of, "Show what each is for: ./deploy.sh test privileges"


def test_something_breaks_without_any_one_grant_and_the_page_says_what(proven: dict[Grant, str]) -> None:
    made = ROOT / "build/privileges.md"
    made.write_text(page(proven))
    assert page(proven) in PAGE.read_text(), f"Put the tables of {made} into {PAGE}."


def test_nothing_is_said_not_to_be_enforced_that_nobody_is_granted(proven: dict[Grant, str]) -> None:
    silent = {(grant.sid, grant.action) for grant, broken in proven.items() if broken.startswith("(")}
    assert silent == set(NOT_ENFORCED)


def test_a_role_has_the_key_for_what_its_other_actions_need_and_no_more(deployed: Deployed) -> None:
    for name, policy in every_policy(deployed).items():
        actions = {grant.action for grant in grants(name, policy)}
        needed = set().union(*(KEY_NEEDED.get(action, set()) for action in actions))
        assert {action for action in actions if action.startswith("kms:")} == needed, name


def test_a_role_has_the_key_through_the_services_that_it_asks_and_not_by_itself(deployed: Deployed) -> None:
    keepers = {_service(action) for action in KEY_NEEDED}
    for name, policy in every_policy(deployed).items():
        asked = {_service(grant.action) for grant in grants(name, policy)}
        (of_key,) = [one for one in policy["Statement"] if "kms:Decrypt" in listed(one["Action"])]
        through = {service.partition(".")[0] for service in of_key["Condition"]["StringEquals"]["kms:ViaService"]}
        assert through - {"lambda"} == asked & keepers, name  # Lambda opens a function's variables


def _service(action: str) -> str:
    return action.partition(":")[0]


def test_no_role_is_granted_anything_of_another_environment_or_lane(deployed: Deployed) -> None:
    key = deployed.client("kms").describe_key(KeyId="alias/scandrop-local")["KeyMetadata"]["Arn"]
    own = ("scandrop-local-", ":/scandrop-local/", key, "event-bus/default")
    for grant in every_grant(deployed):
        nothing_of_anybody = grant.resource == "*" and grant.action.startswith("xray:")
        assert nothing_of_anybody or any(name in grant.resource for name in own), grant
        assert grant.sid not in {"ReceiveOwn", "WriteLogs"} or f"scandrop-local-{grant.role}" in grant.resource, grant


# What no role may do, whatever else it may: each by a client of the role's own, in an environment beside another one.
type Client = Callable[[str], Any]
FORBIDDEN: dict[str, Callable[[Client, dict[str, Any]], object]] = {
    "delete a raw object": lambda client, own: client("s3").delete_object(Bucket=own["raw_bucket"], Key="a"),
    "erase a raw version": lambda client, own: client("s3").delete_object(
        Bucket=own["raw_bucket"], Key="a", VersionId="a"
    ),
    "open a bucket": lambda client, own: client("s3").delete_bucket_policy(Bucket=own["processed_bucket"]),
    "put itself into a published gallery": lambda client, own: client("s3").put_object(
        Bucket=own["processed_bucket"], Key="_gallery/index.html"
    ),
    "delete of a published gallery": lambda client, own: client("s3").delete_object(
        Bucket=own["processed_bucket"], Key="_gallery/index.html"
    ),
    "read the whole ledger": lambda client, own: client("dynamodb").scan(TableName=own["ledger_table"]),
    "delete of the ledger": lambda client, own: client("dynamodb").delete_item(
        TableName=own["ledger_table"], Key=AN_ITEM
    ),
    "empty a queue": lambda client, own: client("sqs").purge_queue(QueueUrl=own["queue_urls"]["other"]),
    "call a function": lambda client, own: client("lambda").invoke(FunctionName=own["functions"]["other"]),
    "give itself rights": lambda client, _: client("iam").put_role_policy(
        RoleName="scandrop-local-door", PolicyName="lane", PolicyDocument="{}"
    ),
    "read another bucket": lambda client, _: client("s3").get_object(Bucket="scandrop-other-raw", Key="a"),
    "write to another bucket": lambda client, _: client("s3").put_object(Bucket="scandrop-other-raw", Key="a"),
    "read another ledger": lambda client, _: client("dynamodb").get_item(
        TableName="scandrop-other-ledger", Key=AN_ITEM
    ),
    "send to another queue": lambda client, _: client("sqs").send_message(QueueUrl=other_queue(), MessageBody="a"),
    "use another key": lambda client, _: client("kms").encrypt(KeyId="alias/scandrop-other", Plaintext=b"a"),
    "read another secret": lambda client, _: client("secretsmanager").get_secret_value(SecretId="scandrop-other-key"),
}


def other_queue() -> str:
    return f"http://sqs.us-east-1.amazonaws.com/{ACCOUNT}/scandrop-other-record"


@pytest.fixture(scope="module")
def beside(deployed: Deployed) -> None:
    """Another environment in the same account, as far as any role may want something of it."""
    deployed.client("s3").create_bucket(Bucket="scandrop-other-raw")
    deployed.client("sqs").create_queue(QueueName="scandrop-other-record")
    deployed.client("secretsmanager").create_secret(Name="scandrop-other-key", SecretString="a")
    key = deployed.client("kms").create_key()["KeyMetadata"]["KeyId"]
    deployed.client("kms").create_alias(AliasName="alias/scandrop-other", TargetKeyId=key)


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_no_role_can(deployed: Deployed, attempt: str) -> None:
    own = deployed.outputs
    for role in roles(deployed):
        with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
            FORBIDDEN[attempt](role.client, own)
