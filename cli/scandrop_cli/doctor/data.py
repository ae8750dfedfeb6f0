"""What holds the data: buckets, ledger, keys."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from scandrop_cli.doctor.site import Attributes, Finding, Site, each, ok, warning, wrong
from scandrop_cli.wording import counted


def buckets(site: Site) -> Iterator[Finding]:
    yield from each(site, "aws_s3_bucket", _bucket) or [
        ok(f"{len(site.of('aws_s3_bucket'))} buckets keep versions and are closed to the public")
    ]


def _bucket(site: Site, bucket: Attributes) -> Iterator[Finding]:
    s3, name = site.client("s3"), bucket["bucket"]
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        yield wrong(f"{name} keeps no versions: what is overwritten there is lost.", site.deploy)
    if not _is_closed(site, name):
        yield wrong(f"{name} is not closed to the public.", site.deploy)


def _is_closed(site: Site, name: str) -> bool:
    try:
        blocked = site.client("s3").get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        return False
    return all(blocked.values())


def events(site: Site) -> Iterator[Finding]:
    raw = site.outputs["raw_bucket"]
    if "EventBridgeConfiguration" in site.client("s3").get_bucket_notification_configuration(Bucket=raw):
        yield ok(f"{raw} tells EventBridge what is dropped")
    else:
        yield wrong(f"{raw} tells nobody what is dropped, so nothing is processed.", site.deploy)


def ledger(site: Site) -> Iterator[Finding]:
    dynamodb, name = site.client("dynamodb"), site.outputs["ledger_table"]
    table = dynamodb.describe_table(TableName=name)["Table"]
    indexes = table.get("GlobalSecondaryIndexes", [])
    making = [index["IndexName"] for index in indexes if index.get("IndexStatus", "ACTIVE") != "ACTIVE"]
    if table["TableStatus"] != "ACTIVE":
        yield wrong(f"{name} is {table['TableStatus']}.", site.deploy)
    if making:
        yield warning(f"The indexes {', '.join(making)} of {name} are being made: lists are incomplete meanwhile.")
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    if recovery == "ENABLED":
        items = counted(table.get("ItemCount", 0), "item")
        yield ok(f"{name} is {table['TableStatus'].lower()}, {items}, restorable to the second")
    else:
        yield wrong(f"{name} cannot be restored to a point in time.", site.deploy)


def encryption(site: Site) -> Iterator[Finding]:
    yield from each(site, "aws_kms_key", _key)


def _key(site: Site, key: Attributes) -> Iterator[Finding]:
    state = site.client("kms").describe_key(KeyId=key["arn"])["KeyMetadata"]["KeyState"]
    if state == "Enabled":
        yield ok(f"the KMS key {key['key_id']} is enabled")
    elif state == "PendingDeletion":
        saved = f"aws kms cancel-key-deletion --region {site.region} --key-id {key['key_id']}"
        yield wrong("The KMS key is about to be deleted, and all that is encrypted with it.", saved)
    else:
        on = f"aws kms enable-key --region {site.region} --key-id {key['key_id']}"
        yield wrong(f"The KMS key is {state}, so nothing can be read or written.", on)


def pseudonyms(site: Site) -> Iterator[Finding]:
    """Only whether there is a key: what it is would take the right to read it."""
    arn = site.outputs["pseudonym_secret_arn"]
    secret = site.client("secretsmanager").describe_secret(SecretId=arn)
    if secret.get("DeletedDate"):
        restore = f"aws secretsmanager restore-secret --region {site.region} --secret-id {arn}"
        yield wrong("The pseudonym key is about to be deleted, and what makes pseudonyms fails.", restore)
    elif not secret.get("VersionIdsToStages"):
        make = f".venv/bin/python -m tools.pseudonym_key {site.name}"
        yield wrong("There is no pseudonym key yet, and what makes pseudonyms fails.", make)
    else:
        yield ok("there is a pseudonym key (it was not read)")
