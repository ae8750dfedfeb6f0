"""Whose account it is, what Terraform left there, the clock, and how much may run at once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from scandrop_cli.doctor.site import Finding, Site, ok, warning, wrong
from scandrop_cli.errors import WHOSE, is_gone, is_part_gone

_SIGNATURES_END = timedelta(minutes=5)  # AWS refuses what is signed longer ago, or in its future
_SKEWED = timedelta(seconds=30)
_STALE = timedelta(hours=1)  # no apply of ours takes that long
_QUOTA = "L-B99A9384"  # Lambda, concurrent executions


def credentials(site: Site) -> Iterator[Finding]:
    whose = site.client("sts").get_caller_identity()
    wanted = site.settings.get("aws_account_id", whose["Account"])
    if whose["Account"] == wanted:
        yield ok(f"{whose['Arn']}, in the account of {site.name}")
    else:
        yield wrong(
            f"{whose['Arn']} is in account {whose['Account']}, and {site.name} in {wanted}.",
            WHOSE,
        )
    yield _clock(whose["ResponseMetadata"]["HTTPHeaders"].get("date", ""))


def _clock(date: str) -> Finding:
    skew = abs(datetime.now(UTC) - parsedate_to_datetime(date)) if date else timedelta()
    if skew < _SKEWED:
        return ok("the clock agrees with AWS's")
    sentence = f"This machine's clock is {skew.total_seconds():.0f} seconds off"
    if skew < _SIGNATURES_END:
        return warning(f"{sentence}; from 300 on AWS refuses every request. Set it.", "date --utc")
    return wrong(f"{sentence}, so AWS refuses its signatures. Set it.", "date --utc")


def state(site: Site) -> Iterator[Finding]:
    if site.state is None:
        yield wrong(f"{site.name} has no state: it was never deployed, or was destroyed.", site.deploy)
    elif not site.outputs:
        yield wrong(f"The state of {site.name} has no outputs: its apply broke off.", site.deploy)
    else:
        yield ok(f"s3://{site.backend['bucket']}/{site.backend['key']}, serial {site.state.get('serial', '?')}")
        if site.settings.get("region", site.region) != site.region:
            yield wrong(
                f"env/{site.name}.tfvars says {site.settings['region']}, and {site.name} stands in {site.region}: "
                "an apply would make all of it anew, elsewhere.",
                f"git diff env/{site.name}.tfvars",
            )
    if _broke_off(site):
        yield wrong("The last apply broke off, or is still going on.", site.deploy)
    yield from _lock(site)


def _broke_off(site: Site) -> bool:
    """Whether ``./deploy.sh local`` began to apply and never wrote down that it was done; elsewhere the lock tells."""
    folder = site.root / ".local"
    return site.name == "local" and folder.is_dir() and not (folder / "applied").exists()


def _lock(site: Site) -> Iterator[Finding]:
    s3 = site.client("s3", site.backend["region"])
    try:
        body = s3.get_object(Bucket=site.backend["bucket"], Key=f"{site.backend['key']}.tflock")["Body"].read()
    except ClientError as error:
        if not (is_gone(error) or is_part_gone(error)):
            raise
        return
    lock = json.loads(body)
    since = datetime.fromisoformat(lock["Created"])
    sentence = f"{lock.get('Who', 'Somebody')} has locked the state since {since:%Y-%m-%d %H:%M} UTC"
    if datetime.now(UTC) - since < _STALE:
        yield warning(f"{sentence}. Wait for it.")
    else:
        yield wrong(
            f"{sentence}, so nobody can deploy. Give it back if that was killed.",
            f"TF_DATA_DIR=build/terraform/{site.name} terraform force-unlock {lock['ID']}",
        )


def quotas(site: Site) -> Iterator[Finding]:
    limits = site.client("lambda").get_account_settings()["AccountLimit"]
    scaling = [mapping.get("scaling_config") or [{}] for mapping in site.of("aws_lambda_event_source_mapping")]
    wanted = sum(config[0].get("maximum_concurrency") or 0 for config in scaling)
    unreserved = limits.get("UnreservedConcurrentExecutions", limits["ConcurrentExecutions"])
    if wanted <= unreserved:
        yield ok(f"the lanes may run {wanted} at once, of {unreserved} that the account leaves them")
    else:
        yield warning(
            f"The lanes may run {wanted} at once, and the account leaves them {unreserved}: a flood is throttled, "
            "nothing is lost. Ask for more, or lower max_concurrency.",
            f"aws service-quotas request-service-quota-increase --region {site.region} --service-code lambda "
            f"--quota-code {_QUOTA} --desired-value {wanted + 100}",
        )
