"""Find or fetch Terraform, and a mirror on this machine of the providers that the lock file names.

The last step of ``./deploy.sh setup``; `environment` is what every call of Terraform runs with.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scandrop_cli.errors import OperatorError
from tools.common import ROOT, run

TOOLS = ROOT / ".tools"
FETCHED = TOOLS / "bin/terraform"
CONFIG = TOOLS / "terraform.rc"
LOCK = ROOT / ".terraform.lock.hcl"
PIN = ROOT / "requirements/terraform.json"
RELEASES = "https://releases.hashicorp.com/terraform"
PLATFORM = "_".join(
    [platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())]
)
SEARCHED = ("/opt", "/srv", "/usr/local", "/usr/share", "/var/lib", "~")
SEARCH_DEPTH = 4


@dataclass(frozen=True)
class Pin:
    """The release of Terraform that is fetched, and the oldest one that is taken from the PATH."""

    at_least: str
    version: str
    sha256: dict[str, str]


def terraform() -> str:
    """The path of a Terraform that works: the one on the PATH if it is recent enough, else the pinned release."""
    pin = Pin(**json.loads(PIN.read_text()))
    for candidate in (shutil.which("terraform"), str(FETCHED)):
        if candidate and _release(_version(candidate)) >= _release(pin.at_least):
            return candidate
    fetch(pin, f"{RELEASES}/{pin.version}/terraform_{pin.version}_{PLATFORM}.zip", FETCHED)
    return str(FETCHED)


def _version(binary: str) -> str:
    """What a Terraform says of itself; empty where there is none, or one that does not run here."""
    try:
        done = subprocess.run([binary, "version", "-json"], capture_output=True, text=True, check=True)
        return str(json.loads(done.stdout)["terraform_version"])
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError):
        return ""


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))


def fetch(pin: Pin, url: str, target: Path) -> None:
    """Download the release at `url`, hold it to the pinned SHA-256 of this platform and put its binary at `target`."""
    wanted = pin.sha256.get(PLATFORM)
    if wanted is None:
        raise OperatorError(
            f"No Terraform is pinned for {PLATFORM}. Put Terraform {pin.at_least} or newer on the PATH.",
            "./deploy.sh setup",
        )
    print(f"Fetching Terraform {pin.version}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = Path(folder, "terraform.zip")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, archive.open("wb") as file:  # noqa: S310  # pinned
                shutil.copyfileobj(answer, file)
        except (urllib.error.URLError, OSError) as error:
            raise OperatorError(
                f"Terraform {pin.version} could not be fetched from {url} ({error}). "
                f"Try again when the network is back, or put Terraform {pin.at_least} or newer on the PATH.",
                "./deploy.sh setup",
            ) from error
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != wanted:
            raise OperatorError(
                f"The SHA-256 of {url} is {found}, not the pinned {wanted}. Nothing of it was run. "
                "Try again on another network, or put Terraform on the PATH.",
                "./deploy.sh setup",
            )
        with zipfile.ZipFile(archive) as release:
            binary = Path(release.extract("terraform", folder))
        binary.chmod(0o755)
        binary.replace(target)


def environment() -> dict[str, str]:
    """What Terraform's own settings add to the process environment: the user's configuration, else the found mirror."""
    settings = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    if user_configuration() is None and CONFIG.exists():
        settings["TF_CLI_CONFIG_FILE"] = str(CONFIG)
    return settings


def user_configuration() -> Path | None:
    """The user's own Terraform configuration, which is left to rule where there is one."""
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    candidates = [Path(named)] if named else [Path("~/.terraformrc"), Path("~/.tofurc")]
    return next((path for path in map(Path.expanduser, candidates) if path.is_file() and path.stat().st_size), None)


def locked_providers() -> dict[str, str]:
    """Each provider's address and version in the lock file."""
    text = LOCK.read_text() if LOCK.exists() else ""
    return dict(re.findall(r'provider "([^"]+)" \{\s+version\s+=\s+"([^"]+)"', text))


def holds(mirror: Path, providers: dict[str, str]) -> bool:
    """Whether a folder in the layout of a filesystem mirror has each provider for this platform, unpacked or zipped."""
    return all(
        (mirror / address / version / PLATFORM).is_dir()
        or (mirror / address / f"terraform-provider-{address.rpartition('/')[2]}_{version}_{PLATFORM}.zip").is_file()
        for address, version in providers.items()
    )


def find_mirror(providers: dict[str, str]) -> Path | None:
    """The first folder on this machine that can stand in for the registry."""
    return next((mirror for mirror in _candidates() if providers and holds(mirror, providers)), None)


def _candidates() -> Iterator[Path]:
    """Where Terraform itself looks for providers, then what else has a folder named after the registry."""
    data = [os.environ.get("XDG_DATA_HOME", "~/.local/share"), *os.environ.get("XDG_DATA_DIRS", "").split(":")]
    plugins = [f"{folder}/terraform/plugins" for folder in data if folder]
    cache = os.environ.get("TF_PLUGIN_CACHE_DIR")
    yield from (
        Path(folder).expanduser() for folder in ["~/.terraform.d/plugins", *plugins, *([cache] if cache else [])]
    )
    for root in SEARCHED:
        yield from _registries(Path(root).expanduser(), SEARCH_DEPTH)


def _registries(folder: Path, depth: int) -> Iterator[Path]:
    """Each folder at most `depth` below that has a ``registry.terraform.io`` in it."""
    try:
        children = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    if any(child.name == "registry.terraform.io" for child in children):
        yield folder
    elif depth:
        for child in sorted(children):
            if child.name not in {".git", "node_modules", "site-packages"}:
                yield from _registries(child, depth - 1)


def configure() -> None:
    """Write the configuration that `environment` names, unless the one there still serves the lock file."""
    providers = locked_providers()
    heading = f"# written by setup for {json.dumps(providers, sort_keys=True)}\n"
    if CONFIG.exists() and CONFIG.read_text().startswith(heading):
        mirrors = re.findall(r'path\s+= "(.+)"', CONFIG.read_text())
        if all(holds(Path(mirror), providers) for mirror in mirrors):
            return
    cache = TOOLS / "terraform-providers"
    cache.mkdir(parents=True, exist_ok=True)
    text = f'{heading}plugin_cache_dir = "{cache}"\n'
    if mirror := find_mirror(providers):
        addresses = json.dumps(sorted(providers))
        text += (
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = {addresses}\n  }}\n'
            f"  direct {{\n    exclude = {addresses}\n  }}\n"
            "}\n"
        )
    new = CONFIG.with_suffix(f".{os.getpid()}")
    new.write_text(text)
    new.replace(CONFIG)


def main() -> None:
    terraform()
    if user_configuration() is None:
        configure()


if __name__ == "__main__":
    run(main)
