"""Whoever is on call can do what the runbooks say with the policy that env/bootstrap makes for them, and no more."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Deployed, Person
from test_failures import PATIENTS, differences, poisoned, received

from tools import toolchain
from tools.common import ROOT

SUBJECT = "repo:example/scandrop:environment:local"


@pytest.fixture(scope="module")
def operator(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody with that policy alone."""
    arn = apply_policy(deployed, tmp_path_factory.mktemp("bootstrap"))
    with deployed.person("operator", arn) as person:
        yield person
    deployed.client("iam").delete_policy(PolicyArn=arn)


def apply_policy(deployed: Deployed, folder: Path) -> str:
    """Let env/bootstrap make the policy on the embedded AWS, and nothing else; returns its ARN."""
    account = deployed.client("sts").get_caller_identity()["Account"]
    subjects = {"deploy_subject": SUBJECT, "plan_subject": f"{SUBJECT}-plan"}
    variables = {"aws_account_id": account, "region": "us-east-1", "environments": json.dumps({"local": subjects})}
    given = {f"TF_VAR_{name}": value for name, value in variables.items()}
    environ = toolchain.environment() | deployed.emulator.variables | given | {"TF_DATA_DIR": str(folder / "data")}
    for command in (
        ["init", "-input=false", "-lockfile=readonly"],
        ["apply", "-input=false", "-auto-approve", f"-state={folder / 'state'}", "-target=aws_iam_policy.operate"],
    ):
        terraform = [toolchain.terraform(), f"-chdir={ROOT / 'env/bootstrap'}", *command]
        done = subprocess.run(terraform, env=os.environ | environ, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return f"arn:aws:iam::{account}:policy/scandrop-local-operate"


def test_an_operator_sees_what_there_is_to_see(deployed: Deployed, operator: Person) -> None:
    key = "study1/operated.json"
    deployed.drop({key: PATIENTS})
    deployed.settled(key)
    about_one = (f"show {key}", f"download {key} out", f"wait {key}", f"logs --key {key}")
    for typed in (*about_one, "status", "watch --once", "logs --since 5m", "study list", "cost"):
        done = operator.scandrop(*typed.split())
        assert done.returncode == 0, f"{typed}: {done.stderr}"
        assert not re.search("denied|was refused", done.stdout + done.stderr), f"{typed}: {done.stdout}{done.stderr}"


def test_an_operator_redrives_and_throws_away_dead_letters(deployed: Deployed, operator: Person) -> None:
    _, mend = poisoned(deployed, "operated/poison.json")
    assert deployed.invoke("image", received("no event")) == {"batchItemFailures": []}
    listed = operator.scandrop("failures", "--json")
    assert listed.returncode == 1, listed.stderr
    codes = {"aws_error", "unknown_event"}
    assert {one["error_code"] for one in json.loads(listed.stdout)["failures"]} >= codes
    mend()
    for typed in ("redrive --key operated/poison.json", "discard"):
        done = operator.scandrop("failures", *typed.split())
        assert done.returncode == 0, done.stderr
    assert deployed.settled("operated/poison.json")["operated/poison.json"]["status"] == "succeeded"


def test_an_operator_releases_what_was_rejected(deployed: Deployed, operator: Person) -> None:
    deployed.drop({"operated/bad.json": b"["})
    assert deployed.settled("operated/bad.json")["operated/bad.json"]["status"] == "rejected"
    released = operator.scandrop("failures", "release", "operated/bad.json")
    assert released.returncode == 0, released.stderr


def test_an_operator_has_each_difference_healed(deployed: Deployed, operator: Person) -> None:
    s3, bucket = deployed.client("s3"), deployed.outputs["processed_bucket"]
    deployed.drop({"reconcile/no manifest.json": PATIENTS})
    deployed.settled("reconcile/no manifest.json")
    s3.delete_object(Bucket=bucket, Key="reconcile/no manifest.json/manifest.json")
    s3.put_object(Bucket=bucket, Key="reconcile/orphan.json/patients.json", Body=b"x")
    found = {("no manifest", "reconcile/no manifest.json"), ("orphan", "reconcile/orphan.json")}
    assert differences(operator, "--heal") == found
    assert deployed.eventually(lambda: differences(operator) == set())


def test_an_operator_neither_uploads_nor_traces_pseudonyms_back(operator: Person) -> None:
    (operator.folder / "scan.json").write_bytes(PATIENTS)
    refused = {"upload scan.json": "AWS denied PutObject", "reidentify 7QK2M0RX9T4W": "audit log .* cannot be written"}
    for typed, why in refused.items():
        done = operator.scandrop(*typed.split())
        assert done.returncode == 2, typed
        assert re.search(why, done.stderr), done.stderr
