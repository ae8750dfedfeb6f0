"""``./deploy.sh local``: the whole of Scandrop on this machine, from nothing to results on the screen."""

import argparse
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3
from rich.table import Table

from scandrop_cli import hcl, terminal
from scandrop_cli.doctor.examine import examine
from scandrop_cli.environment import Environment, apply_env_file, load, variables
from tools import build, pseudonym_key, samples
from tools.common import BUILD, ROOT, run
from tools.emulator import Emulator
from tools.terraform import Terraform

FOLDER = ROOT / ".local"
APPLIED = FOLDER / "applied"  # what stands, as a fingerprint; goes when the emulator's state goes
APPLYING = FOLDER / "applying"  # left by a Terraform that was killed before it wrote down what it had made
LOCK = BUILD / "local.lock"
PREFIX = "samples"
CONSOLE = terminal.stdout()


class Clock:
    """Where the time went, part by part, since `began` in seconds of the epoch."""

    def __init__(self, began: float) -> None:
        self.parts = {"setup": time.time() - began}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        if not CONSOLE.is_terminal:  # where no line is alive to tell what goes on
            CONSOLE.print(f"{name} …")
        began = time.monotonic()
        yield
        self.parts[name] = time.monotonic() - began

    def table(self) -> Table:
        table = Table("where the time went", box=None, pad_edge=False)
        table.add_column("s", justify="right")
        for name, seconds in self.parts.items():
            table.add_row(name, f"{seconds:.1f}")
        total = sum(self.parts.values())
        table.add_row("all", f"{total:.1f}", style="bold")
        table.add_row("all but Terraform", f"{total - self.parts.get('Terraform', 0):.1f}")
        return table


def emulator() -> Emulator:
    """The embedded AWS where ``env/local.env`` says that it is."""
    port = urlsplit(variables(ROOT / "env/local.env")["AWS_ENDPOINT_URL"]).port
    return Emulator(FOLDER, port or 4566)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other run of this command in this checkout is at work."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare_state() -> None:
    """Make the state bucket where there is none, and end a lock that a killed Terraform left; no other can run now."""
    backend = hcl.read(ROOT / "env/local.backend.hcl")
    s3 = boto3.client("s3", region_name=backend["region"])
    try:
        s3.delete_object(Bucket=backend["bucket"], Key=f"{backend['key']}.tflock")
    except s3.exceptions.NoSuchBucket:
        s3.create_bucket(Bucket=backend["bucket"])


def fingerprint() -> str:
    """A hash of all that Terraform reads to make the local environment."""
    sources = [*ROOT.glob("*.tf"), *ROOT.glob("modules/**/*"), *ROOT.glob("env/local.*")]
    sources += [ROOT / ".terraform.lock.hcl", ROOT / "lambda_src/scandrop/lanes.json", build.PACKAGES]
    digest = hashlib.sha256()
    for path in sorted(path for path in sources if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def is_deployed() -> bool:
    """Whether nothing is wrong of which `scandrop doctor` says that this command mends it."""
    return not any(finding.level == "wrong" and finding.mend == "./deploy.sh local" for finding in examine("local"))


def delete_plain_log_groups() -> None:
    """Delete log groups without a key: functions made them anew, and the embedded AWS gives none a key later."""
    logs = boto3.client("logs", region_name=hcl.read(ROOT / "env/local.backend.hcl")["region"])
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda/scandrop-local-"):
        for group in page["logGroups"]:
            if not group.get("kmsKeyId"):
                logs.delete_log_group(logGroupName=group["logGroupName"])


def apply() -> None:
    """Bring the environment to what the sources say, unless it is there already."""
    wanted = fingerprint()
    if APPLIED.exists() and APPLIED.read_text() == wanted and is_deployed():
        return
    APPLIED.unlink(missing_ok=True)
    APPLYING.touch()
    terraform = Terraform("local")
    try:
        delete_plain_log_groups()
        follow(terraform)
    finally:
        if not terraform.was_killed:
            APPLYING.unlink()
    APPLIED.write_text(wanted)


def follow(terraform: Terraform) -> None:
    """Apply, with one line that tells how far Terraform is."""
    total, done = 0, 0
    with CONSOLE.status("Terraform: init") as status:
        terraform.init()
        status.update("Terraform: reading what stands")
        for event in terraform.apply_events():
            total += event.get("type") == "planned_change" and event["change"]["action"] != "read"
            done += event.get("type") == "apply_complete" and event["hook"]["action"] != "read"
            if total:
                status.update(f"Terraform: {done} of {total} changes (log: {terraform.log.relative_to(ROOT)})")


def next_steps(environment: Environment, aws: Emulator) -> str:
    return f"""
Where to look:
  .venv/bin/scandrop gallery --out build/gallery      all of it on one page, build/gallery/index.html
  .venv/bin/scandrop watch                            the lanes at work, until Ctrl-C
  .venv/bin/scandrop show {PREFIX}/retina.jpg          all that is known of one object
  .venv/bin/scandrop download {PREFIX}/retina.jpg .    its derivatives
  .venv/bin/scandrop study list                       the DICOM studies, by pseudonym
  .venv/bin/scandrop logs --key {PREFIX}/chest.dcm     what the functions said of one object
  s3://{environment.raw_bucket}, s3://{environment.processed_bucket} at {aws.url}
  {environment.door_url}, the upload door
Drop your own, or made ones:
  .venv/bin/scandrop upload FILE --wait
  .venv/bin/scandrop samples made && .venv/bin/scandrop upload made/drop/ --wait
Take it down (its state is kept, --wipe deletes it):
  ./deploy.sh local --stop
"""


def up() -> int:
    clock = Clock(float(os.environ.get("SCANDROP_STARTED", time.time())))
    aws = emulator()
    with clock.part("packages"), CONSOLE.status("Building the packages"):
        build.build()
    with clock.part("embedded AWS"), CONSOLE.status("Starting the embedded AWS"):
        apply_env_file(ROOT / "env/local.env")
        if APPLYING.exists():
            aws.wipe()
        aws.start()
        prepare_state()
    with clock.part("Terraform"):
        apply()
    with clock.part("results"):
        environment = load("local", ROOT)
        pseudonym_key.ensure(environment)
        good = samples.drop(environment, PREFIX, timeout_s=300)
    CONSOLE.print(next_steps(environment, aws))
    CONSOLE.print(clock.table())
    return 0 if good else 1


def down(*, wipe: bool) -> int:
    if wipe:
        emulator().wipe()
        print("The embedded AWS is down and its state is deleted.")
    else:
        emulator().stop()
        print("The embedded AWS is down; ./deploy.sh local goes on from here.")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./deploy.sh local",
        description="The whole of Scandrop on this machine, from nothing to results on the screen.",
    )
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--stop", action="store_true", help="end the embedded AWS and keep its state")
    end.add_argument("--wipe", action="store_true", help="end it and delete its state")
    arguments = parser.parse_args()
    if arguments.stop or arguments.wipe:
        return down(wipe=arguments.wipe)
    BUILD.mkdir(exist_ok=True)
    with alone():
        return up()


if __name__ == "__main__":
    run(main)
