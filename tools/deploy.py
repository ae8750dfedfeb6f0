"""``./deploy.sh`` on an environment: plan, drift, apply, smoke, destroy, or all with a question before the apply."""

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from scandrop_cli import terminal
from scandrop_cli.cleanup.emptying import clean, clear_logs
from scandrop_cli.cleanup.holdings import look
from scandrop_cli.cleanup.table import ask as confirm
from scandrop_cli.cleanup.table import screen
from scandrop_cli.environment import apply_env_file, backend_of, environment_names, load, resources, settings_of, state
from scandrop_cli.errors import WHOSE, OperatorError, is_part_gone
from tools import build, pseudonym_key, samples
from tools.common import BUILD, ROOT, run
from tools.terraform import Terraform

SMOKE_WITHIN_S = 480  # EventBridge hears nothing of a new bucket for about five minutes
CONSOLE = terminal.stdout()


def check(name: str) -> None:
    """Refuse what Terraform would stumble over: half an environment, wrong credentials, an account without a bucket."""
    var_file = ROOT / f"env/{name}.tfvars"
    if not var_file.is_file() or not (ROOT / f"env/{name}.backend.hcl").is_file():
        known = ", ".join(environment_names(ROOT / "env"))
        raise OperatorError(f"There is no pair env/{name}.tfvars and env/{name}.backend.hcl; env/ has {known}.")
    apply_env_file(ROOT / f"env/{name}.env")
    found = _client("sts", name).get_caller_identity()["Account"]
    wanted = str(settings_of(name, ROOT)["aws_account_id"])
    if found != wanted:
        raise OperatorError(
            f"These credentials are of account {found}, but {name} lives in {wanted} (env/{name}.tfvars). "
            "Sign in to that one, or set AWS_PROFILE.",
            WHOSE,
        )
    check_state_bucket(name, backend_of(name, ROOT))


def check_state_bucket(name: str, backend: Mapping[str, Any]) -> None:
    """Refuse a bucket that is not there, and a backend file that names an encryption, for the bucket has its own."""
    if backend.get("encrypt") or "kms_key_id" in backend:
        raise OperatorError(
            f"env/{name}.backend.hcl says how a state is encrypted (encrypt or kms_key_id). Its bucket does that by "
            "itself and denies an upload that says it too. Take these lines out.",
            f"sed -i.bak -E '/^ *(encrypt|kms_key_id) *=/d' env/{name}.backend.hcl",
        )
    try:
        boto3.client("s3", region_name=backend["region"]).head_bucket(Bucket=backend["bucket"])
    except ClientError as error:
        if not is_part_gone(error):
            raise
        raise OperatorError(
            f"The bucket for the states, {backend['bucket']}, is not there. Bootstrap its account first, "
            "as docs/first-deployment.md shows.",
            "terraform -chdir=env/bootstrap apply",
        ) from error


def check_secret(name: str) -> None:
    """Refuse while a pseudonym key waits for its deletion: AWS makes no other by its name, and an apply would end."""
    secret = f"scandrop-{name}-pseudonym-key"
    try:
        waits = "DeletedDate" in _client("secretsmanager", name).describe_secret(SecretId=secret)
    except ClientError as error:
        if not is_part_gone(error):
            raise
        return
    if waits and "aws_secretsmanager_secret" in dict(resources(state(name, ROOT))):
        raise load(name, ROOT).key_is_to_be_deleted()
    if waits:
        raise OperatorError(
            f"The pseudonym key of the {name} that was destroyed can be restored for up to 7 days, and AWS makes "
            'no other by its name. Restore it as docs/upgrading.md says under "Taking an environment down", or give it '
            "up for good, with all that its pseudonyms stand for.",
            _for_good(name),
        )


def _for_good(name: str) -> str:
    """What ends a pseudonym key that could be restored."""
    return (
        f"aws secretsmanager delete-secret --region {settings_of(name, ROOT).get('region')} "
        f"--secret-id scandrop-{name}-pseudonym-key --force-delete-without-recovery"
    )


def _client(service: str, name: str) -> Any:  # noqa: ANN401  as boto3's own, where the name is no literal
    """A client in the environment's region, which says which partition it is in too."""
    return boto3.client(service, region_name=settings_of(name, ROOT).get("region"))  # type: ignore[call-overload]


def plan_file(name: str) -> Path:
    return BUILD / f"{name}.tfplan"


def plan(name: str) -> bool:
    """Build the packages and write the plan that `apply` takes. Returns whether there is anything in it."""
    check_secret(name)
    build.build()
    terraform = Terraform(name)
    terraform.init()
    return terraform.plan(plan_file(name))


def drift(name: str) -> int:
    """Say whether the environment is what this checkout makes of it: 2 where not, as Terraform's -detailed-exitcode."""
    if not plan(name):
        return 0
    terminal.stderr().print(
        f"{name} is not what this checkout says: it was changed by hand, is not deployed, or awaits its approval."
    )
    return 2


def apply(name: str) -> None:
    """Apply the written plan, with the packages that it was made from."""
    if not plan_file(name).is_file():
        raise OperatorError(f"There is no plan of {name} to apply.", f"./deploy.sh plan {name}")
    terraform = Terraform(name)
    terraform.init()
    terraform.apply(plan_file(name))
    plan_file(name).unlink()
    pseudonym_key.ensure(load(name, ROOT))


def smoke(name: str) -> int:
    """Drop a sample of each lane and wait for the results. Returns the exit code."""
    return 0 if samples.drop(load(name, ROOT), "smoke", SMOKE_WITHIN_S) else 1


def check_attachments(name: str) -> None:
    """Refuse while somebody may re-identify: AWS deletes no attached policy, and most else would be gone by then."""
    whose = _client("sts", name).get_caller_identity()
    partition, account = whose["Arn"].split(":")[1], whose["Account"]
    policy = f"arn:{partition}:iam::{account}:policy/scandrop-{name}-reidentify"
    pages = _client("iam", name).get_paginator("list_entities_for_policy").paginate(PolicyArn=policy)
    try:
        holders = [
            (kind, holder[f"{kind.title()}Name"])
            for page in pages
            for kind in ("group", "role", "user")
            for holder in page[f"Policy{kind.title()}s"]
        ]
    except ClientError as error:
        if not is_part_gone(error):
            raise
        return
    if holders:
        raise OperatorError(
            f"The policy scandrop-{name}-reidentify is attached to "
            f"{', '.join(f'the {kind} {holder}' for kind, holder in holders)}, and AWS deletes none that is. "
            "Nothing was destroyed. Detach it first.",
            " && ".join(
                f"aws iam detach-{kind}-policy --{kind}-name {holder} --policy-arn {policy}" for kind, holder in holders
            ),
        )


def destroy(name: str, *, sure: bool) -> None:
    """Delete what the environment holds, then what Terraform made, and tell what is left."""
    check_attachments(name)
    holdings = look(name)
    CONSOLE.print(screen(holdings))
    confirm(name, name if sure else None, f"./deploy.sh destroy {name} --yes")
    clean(replace(holdings, log_groups=[]))  # Terraform deletes those whole
    terraform = Terraform(name)
    terraform.init()
    terraform.destroy()
    clear_logs(look(name))  # what a function logged while it was taken down made its group anew
    CONSOLE.print(_left(name))


def _left(name: str) -> str:
    """What stands after an environment is gone, and what that costs."""
    if "AWS_ENDPOINT_URL" in os.environ:
        return f"{name} is gone."
    backend = backend_of(name, ROOT)
    return (
        f"{name} is gone. What is left of it costs nothing or less than a cent: its KMS key and its pseudonym key,\n"
        "which AWS deletes in 7 days; its empty state and the versions before in\n"
        f"s3://{backend['bucket']}/{backend['key']}; its metrics, which CloudWatch forgets after 15 months.\n"
        "The account's own KMS key for the states, 1 US dollar a month, and GitHub's roles stay for other\n"
        f"environments. {name} can be deployed anew in 7 days, or once its pseudonym key is given up for good:\n"
        f"  {_for_good(name)}"
    )


def everything(name: str, *, sure: bool) -> int:
    if plan(name):
        ask(f"Apply this plan to {name}?", sure=sure)
        apply(name)
    else:
        pseudonym_key.ensure(load(name, ROOT))
    return smoke(name)


def ask(question: str, *, sure: bool) -> None:
    """Go on only at a yes. Nobody is asked where `sure`, or in a workflow, whose approval came before."""
    if sure or os.environ.get("CI"):
        return
    if not sys.stdin.isatty():
        raise OperatorError(f"{question} There is no terminal to ask in; add --yes.")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise OperatorError("Nothing was changed.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./deploy.sh", description="Deploy an environment, or take a step of it.")
    parser.add_argument("verb", choices=["all", "plan", "drift", "apply", "smoke", "destroy"])
    parser.add_argument("environment", metavar="ENV")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    name, sure = arguments.environment, arguments.yes
    check(name)
    match arguments.verb:
        case "all":
            return everything(name, sure=sure)
        case "plan":
            plan(name)
        case "drift":
            return drift(name)
        case "apply":
            apply(name)
        case "smoke":
            return smoke(name)
        case "destroy":
            destroy(name, sure=sure)
    return 0


if __name__ == "__main__":
    run(main)
