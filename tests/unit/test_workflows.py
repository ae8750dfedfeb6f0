"""What the workflows promise: pinned actions, least privilege, and a prod that gets the plan that was approved."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tools import deploy
from tools.test import LONG

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
FILES = sorted([*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("actions/*/action.yml")])
SIGN_IN = "$/.github/actions/sign-in"

type Tree = dict[str, Any]


def read(path: Path) -> Tree:
    tree: Tree = YAML(typ="safe").load(path)
    return tree


WORKFLOWS = {path.name: read(path) for path in FILES if path.parent.name == "workflows"}
DEPLOY = WORKFLOWS["deploy.yml"]["jobs"]
JOBS = [
    pytest.param(job, id=f"{file}:{name}")
    for file, workflow in WORKFLOWS.items()
    for name, job in workflow["jobs"].items()
]


def steps(job: Tree) -> list[Tree]:
    found: list[Tree] = job.get("steps", [])
    return found


def step_using(job: Tree, action: str) -> Tree:
    [step] = [step for step in steps(job) if step.get("uses", "").split("@")[0] == action]
    return step


def commands(job: Tree) -> list[str]:
    """What the job runs, in order, with the wrapper that copies into the summary taken off."""
    return [re.sub(r'^\.github/in-summary\.sh "[^"]*" ', "", step["run"]) for step in steps(job) if "run" in step]


def signs_in(job: Tree) -> bool:
    return any(step.get("uses") == SIGN_IN for step in steps(job))


def environment_name(job: Tree) -> str:
    environment = job["environment"]
    name: str = environment if isinstance(environment, str) else environment["name"]
    return name


def all_needs(name: str) -> set[str]:
    needs = DEPLOY[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(all_needs(job) for job in direct))


def run_blocks() -> Iterator[tuple[str, str]]:
    for path in FILES:
        tree = read(path)
        for owner in [*tree.get("jobs", {}).values(), tree.get("runs", {})]:
            yield from ((f"{path.parent.name}/{path.name}", step["run"]) for step in steps(owner) if "run" in step)


# Supply chain


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_action_is_pinned_by_a_commit_that_names_its_release(path: Path) -> None:
    for line in re.findall(r"uses: (.*)", path.read_text()):
        if line.startswith("$/"):
            assert (ROOT / line.removeprefix("$/")).exists()
        else:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_the_same_commit_wherever_it_is_used() -> None:
    pins = {use for path in FILES for use in re.findall(r"uses: ([\w-]+/[\w-]+@\w+)", path.read_text())}
    assert len(pins) == len({pin.split("@")[0] for pin in pins})


@pytest.mark.parametrize(("file", "script"), sorted(set(run_blocks())))
def test_a_script_is_clean_and_takes_nothing_from_a_template(file: str, script: str) -> None:
    assert "${{" not in script, f"{file}: a value goes through env, so that it cannot become code"
    shellcheck = Path(sys.executable).with_name("shellcheck")
    subprocess.run([shellcheck, "--shell=bash", "-"], input=script, text=True, check=True)


# Privilege


@pytest.mark.parametrize("file", WORKFLOWS)
def test_a_workflow_starts_with_no_permission_and_gives_a_reason_for_each_one(file: str) -> None:
    assert WORKFLOWS[file]["permissions"] == {}
    granted = re.findall(r"^ +[\w-]+: (?:read|write)\b.*$", (GITHUB / "workflows" / file).read_text(), re.MULTILINE)
    assert granted
    assert all(re.search(r" # \w+", line) for line in granted), granted


@pytest.mark.parametrize("job", JOBS)
def test_only_a_job_that_signs_in_may_ask_for_an_oidc_token(job: Tree) -> None:
    allowed = {"contents": "read", "id-token": "write"} if signs_in(job) else {"contents": "read"}
    assert job["permissions"] == allowed


@pytest.mark.parametrize("job", JOBS)
def test_only_a_job_with_a_github_environment_meets_credentials(job: Tree) -> None:
    asks = "secrets." in str(job) or "vars." in str(job)
    assert asks == signs_in(job) == ("environment" in job)


@pytest.mark.parametrize("job", JOBS)
def test_a_checkout_leaves_no_token_behind(job: Tree) -> None:
    for step in steps(job):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_runs_steps_ends_some_time(job: Tree) -> None:
    assert "timeout-minutes" in job or "uses" in job


def test_a_pull_request_of_this_repository_only_plans_and_that_of_a_fork_does_nothing() -> None:
    for_pull_requests = {name for name in DEPLOY if not ({name} | all_needs(name)) & {"checks"}}
    assert for_pull_requests == {"plan"}
    assert DEPLOY["checks"]["if"] == "github.event_name == 'push'"
    assert DEPLOY["plan"]["if"] == (
        "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository"
    )
    assert "pull_request_target" not in WORKFLOWS["deploy.yml"]["on"]


@pytest.mark.parametrize("name", ["plan", "plan-prod", "dev", "prod"])
def test_a_plan_reads_with_its_own_environment_and_only_a_deployment_uses_the_environment_itself(name: str) -> None:
    job = DEPLOY[name]
    if any(" apply " in command for command in commands(job)):
        assert job["environment"] == name
    else:
        assert environment_name(job).endswith("-plan")
        assert job["environment"]["deployment"] is False
        assert job["env"]["TF_CLI_ARGS_plan"] == "-lock=false"
        assert not any(" smoke " in command for command in commands(job))


def test_the_github_environments_are_those_that_the_first_deployment_sets_up() -> None:
    planned = DEPLOY["plan"]["strategy"]["matrix"]["environment"]
    named = [environment_name(job) for job in DEPLOY.values() if "environment" in job]
    used = {name.replace("${{ matrix.environment }}", one) for name in named for one in planned}
    page = (ROOT / "docs" / "first-deployment.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \| (?:reads|deploys) ", page, re.MULTILINE)) == used
    assert set(re.findall(r'"repo:OWNER/NAME:environment:([^"]+)"', page)) <= used


def test_access_keys_are_taken_only_where_no_role_is_set() -> None:
    action = read(GITHUB / "actions" / "sign-in" / "action.yml")
    given = action["runs"]["steps"][-1]["with"]
    assert given["role-to-assume"] == "${{ inputs.role-arn }}"
    for key in ("access-key-id", "secret-access-key"):
        assert given[f"aws-{key}"] == f"${{{{ inputs.role-arn == '' && inputs.{key} || '' }}}}"


# What runs when


def test_each_environment_that_is_deployed_is_compared_each_week_by_a_role_that_can_only_read() -> None:
    job = WORKFLOWS["drift.yml"]["jobs"]["drift"]
    assert "schedule" in WORKFLOWS["drift.yml"]["on"]
    assert job["if"] == "vars.DRIFT != ''", "where nothing is deployed, nothing is compared"
    assert job["strategy"] == {"fail-fast": False, "matrix": {"environment": "${{ fromJSON(vars.DRIFT) }}"}}
    assert job["environment"] == DEPLOY["plan"]["environment"]
    assert job["env"] == DEPLOY["plan"]["env"]
    assert commands(job) == ["./deploy.sh build", './deploy.sh drift "$ENVIRONMENT"']


@pytest.mark.parametrize(("is_changed", "code"), [(True, 2), (False, 0)])
def test_an_environment_that_differs_ends_the_comparison_with_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, *, is_changed: bool
) -> None:
    monkeypatch.setattr(deploy, "plan", lambda _: is_changed)
    monkeypatch.setattr(deploy, "check", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["deploy", "drift", "prod"])
    assert deploy.main() == code
    assert ("prod is not what this checkout says" in capsys.readouterr().err) == is_changed


def test_each_part_of_the_tests_that_ci_leaves_out_runs_each_week() -> None:
    weekly = [
        job | {"run": step["run"]}
        for workflow in WORKFLOWS.values()
        if "schedule" in workflow["on"]
        for job in workflow["jobs"].values()
        if "environment" not in job
        for step in steps(job)
        if "run" in step
    ]
    parts = {part for job in weekly for part in job.get("strategy", {}).get("matrix", {}).get("part", [])}
    assert parts | {job["run"].split()[-1] for job in weekly if "strategy" not in job} == set(LONG)
    assert all(re.fullmatch(r'\./deploy\.sh test (\w+|"\$PART")', job["run"]) for job in weekly)


# Order


def test_dev_is_checked_first_and_prod_comes_after_dev() -> None:
    assert all_needs("dev") == {"checks"}
    assert all_needs("prod") == {"checks", "dev", "plan-prod"}
    assert DEPLOY["checks"]["uses"] == "$/.github/workflows/ci.yml"


def test_a_deployment_is_never_cut_short_and_checks_are() -> None:
    groups = {name: DEPLOY[name]["concurrency"]["group"] for name in ("dev", "prod")}
    assert groups == {"dev": "deploy-dev", "prod": "deploy-prod"}
    assert not any(DEPLOY[name]["concurrency"]["cancel-in-progress"] for name in groups)
    assert WORKFLOWS["ci.yml"]["concurrency"]["cancel-in-progress"]
    assert "concurrency" not in WORKFLOWS["deploy.yml"], "a run that waits for approval must not hold up the next"


def test_dev_applies_the_plan_it_has_just_made_and_ends_with_the_smoke_drop() -> None:
    assert commands(DEPLOY["dev"]) == [
        "./deploy.sh build",
        "./deploy.sh plan dev",
        "./deploy.sh apply dev",
        "./deploy.sh smoke dev",
    ]


def test_prod_applies_what_was_approved_builds_nothing_and_ends_with_the_smoke_drop() -> None:
    assert commands(DEPLOY["plan-prod"]) == ["./deploy.sh build", "./deploy.sh plan prod"]
    assert commands(DEPLOY["prod"]) == ["./deploy.sh apply prod", "./deploy.sh smoke prod"]


def test_the_plan_and_its_packages_travel_together() -> None:
    kept = step_using(DEPLOY["plan-prod"], "actions/upload-artifact")["with"]
    fetched = step_using(DEPLOY["prod"], "actions/download-artifact")["with"]
    paths = kept["path"].split()
    assert kept["name"] == fetched["name"]
    assert paths == ["build/prod.tfplan", "build/packages.json", "build/packages/"]
    # The artifact's root is the folder that its paths share.
    assert os.path.commonpath(paths) == fetched["path"]
    assert kept["if-no-files-found"] == "error"
    assert kept["retention-days"] <= 7


# The job's summary


def in_summary(tmp_path: Path, script: str) -> tuple[subprocess.CompletedProcess[str], str]:
    summary = tmp_path / "summary.md"
    done = subprocess.run(
        [GITHUB / "in-summary.sh", "Plan of dev", "bash", "-c", script],
        env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, summary.read_text()


def test_the_summary_shows_what_the_log_shows_without_its_colours(tmp_path: Path) -> None:
    done, summary = in_summary(tmp_path, r"printf '\e[1mPlan:\e[0m 2 to add\n'; echo careful >&2")
    assert done.returncode == 0
    assert done.stdout == "\x1b[1mPlan:\x1b[0m 2 to add\ncareful\n"
    assert summary == "## Plan of dev: succeeded\n\n~~~\nPlan: 2 to add\ncareful\n\n~~~\n"


def test_a_failure_is_in_the_summary_and_in_the_exit_code(tmp_path: Path) -> None:
    done, summary = in_summary(tmp_path, "echo rejected; exit 3")
    assert done.returncode == 3
    assert summary == "## Plan of dev: failed with exit code 3\n\n~~~\nrejected\n\n~~~\n"


def test_a_summary_stays_under_the_mebibyte_that_github_takes_and_keeps_its_end(tmp_path: Path) -> None:
    done, summary = in_summary(tmp_path, "head -c 2000000 /dev/zero | tr '\\0' x; echo the end")
    assert done.returncode == 0
    assert len(summary) < 2**20
    assert summary.endswith("the end\n\n~~~\n")
