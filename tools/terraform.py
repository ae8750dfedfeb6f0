"""Terraform on one environment: its var file, its backend and a working folder of its own, always together."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

from scandrop_cli.errors import OperatorError
from scandrop_cli.local import check_settings
from tools import toolchain
from tools.common import BUILD, ROOT
from tools.settings import check_names

PARALLEL = "-parallelism=64"  # the provider mostly waits
PATIENT = "-lock-timeout=5m"  # as long as another's apply may hold the state

type Event = dict[str, Any]  # one line of Terraform's machine-readable output


class Terraform:
    """`folder` is Terraform's own working folder, `variables` what its process gets beyond the shell's environment.

    The var file is the environment's in ``env/`` where no other `var_file` is given.
    """

    def __init__(
        self,
        environment: str,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
        var_file: Path | None = None,
    ) -> None:
        self.environment = environment
        self.folder = folder or BUILD / "terraform" / environment
        self.log = self.folder.with_suffix(".log")
        self.was_killed = False  # so that what it made is not all in its state
        self._settings = ROOT / (var_file or f"env/{environment}.tfvars")
        self._var_file = f"-var-file={self._settings}"
        self._binary = toolchain.terraform()
        self._variables = (
            os.environ | toolchain.environment() | {"TF_DATA_DIR": str(self.folder)} | dict(variables or {})
        )

    def init(self) -> None:
        backend = f"-backend-config=env/{self.environment}.backend.hcl"
        done = subprocess.run(
            [self._binary, "init", "-reconfigure", "-lockfile=readonly", "-no-color", backend],
            cwd=ROOT,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            self._fail("init", done.stdout)

    def plan(self, file: Path) -> bool:
        """Write a plan that can work and show it. Returns whether there is anything in it."""
        code = self.run("plan", self._var_file, PARALLEL, PATIENT, "-detailed-exitcode", f"-out={file}")
        if code not in {0, 2}:
            raise OperatorError(f"Terraform could not plan {self.environment}; what it said is above.")
        self._check(file)
        return code == 2

    def show(self, plan: Path) -> dict[str, Any]:
        """A plan as Terraform's JSON representation has it."""
        command = [self._binary, "show", "-json", str(plan)]
        done = subprocess.run(command, cwd=ROOT, env=self._variables, capture_output=True, check=True)
        return dict(json.loads(done.stdout))

    def apply(self, plan: Path) -> None:
        if self.run("apply", PARALLEL, PATIENT, str(plan)):
            raise OperatorError(
                f"Terraform could not apply the whole plan to {self.environment}; what it said is above. "
                "What it made stays and is taken up by the next plan.",
                f"./deploy.sh {self.environment}",
            )

    def destroy(self) -> None:
        if self.run("destroy", "-auto-approve", self._var_file, PARALLEL, PATIENT):
            raise OperatorError(
                f"Terraform could not take all of {self.environment} down; what it said is above.",
                f"./deploy.sh destroy {self.environment}",
            )

    def run(self, *arguments: str) -> int:
        """Run a command of Terraform in the terminal. Returns its exit code."""
        command, *others = arguments
        plain = [] if sys.stdout.isatty() else ["-no-color"]
        done = subprocess.run([self._binary, command, *plain, *others], cwd=ROOT, env=self._variables, check=False)
        return done.returncode

    def apply_events(self) -> Iterator[Event]:
        """Plan and apply without asking, and yield what Terraform reports as it goes; all of it goes to the log too."""
        plan = self.folder.with_suffix(".tfplan")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            yield from self._events(log, "plan", self._var_file, f"-out={plan}")
            self._check(plan)
            for event in self._events(log, "apply", str(plan)):
                if event.get("type") != "planned_change":  # told before
                    yield event
        plan.unlink()

    def _check(self, plan: Path) -> None:
        """Hold the settings in a plan to the package's own rules, and let nobody apply one that breaks them."""
        shown = self.show(plan)
        planned = shown["output_changes"]["environments"]["after"][self.environment]
        try:
            check_names(self._settings, shown["variables"]["environments"]["value"])
            check_settings(self.environment, planned["settings"])
        except OperatorError:
            plan.unlink()
            raise

    def _events(self, log: TextIO, command: str, *arguments: str) -> Iterator[Event]:
        whole = [self._binary, command, "-json", PARALLEL, PATIENT, *arguments]
        with subprocess.Popen(
            whole, cwd=ROOT, env=self._variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            errors = []
            try:
                for line in process.stdout or ():
                    log.write(line)
                    event = _event(line)
                    if event.get("@level") == "error":
                        errors.append(event.get("diagnostic", {}).get("detail") or event["@message"])
                    yield event
            except KeyboardInterrupt:
                process.wait()  # it got the Ctrl-C too, and writes down what it has made
                raise
        self.was_killed = command == "apply" and process.returncode < 0
        if process.returncode:
            self._fail(command, "\n".join(errors) or f"It was ended; {self.log} has what it said.")

    def _fail(self, command: str, said: str) -> NoReturn:
        raise OperatorError(f"terraform {command} failed for {self.environment}:\n{said.strip()[-3000:]}")


def _event(line: str) -> Event:
    try:
        return dict(json.loads(line))
    except ValueError:  # a crash or a warning before the machine-readable output begins
        return {"@level": "info", "@message": line.strip()}
