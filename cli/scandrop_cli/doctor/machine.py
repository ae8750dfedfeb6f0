"""The machine that the command runs on, and what was built there."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator

from scandrop.version import BUILD_FILE, package_version, source_hash
from scandrop_cli.doctor.site import Finding, Site, ok, warning, wrong

_PYTHON = (3, 12)  # the functions' own, whose bytecode the packages hold
_AWS = 2  # the AWS command line's version; the first has no `aws logs tail`
_AWS_GUIDE = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
_JQ_GUIDE = "https://jqlang.org/download/"
_SETUP = "./deploy.sh setup"


def tools(site: Site) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _PYTHON:
        yield ok(f"Python {version}, scandrop {package_version()}")
    else:
        yield wrong(f"This is Python {version}, and the lanes run on {'.'.join(map(str, _PYTHON))}.", _SETUP)
    for name in ("terraform", "uv"):
        found = shutil.which(name, path=str(site.root / ".tools/bin")) or shutil.which(name)
        yield ok(f"{name} is here") if found else warning(f"{name} is missing, which a deploy needs.", _SETUP)
    yield from _for_runbooks()


def _for_runbooks() -> Iterator[Finding]:
    """What the commands of docs/runbooks and docs/operating.md take beside this one."""
    if (version := _aws_version()) >= _AWS:
        yield ok("aws is here")
    else:
        what = f"aws is version {version}" if version else "aws is missing"
        yield warning(f"{what}, and some runbooks take version {_AWS}.", _AWS_GUIDE)
    if shutil.which("jq"):
        yield ok("jq is here")
    else:
        yield warning("jq is missing, which two tasks of docs/operating.md take.", _JQ_GUIDE)


def _aws_version() -> int:
    """The major version of the AWS command line; 0 where there is none that answers."""
    if not (aws := shutil.which("aws")):
        return 0
    try:
        said = subprocess.run(  # noqa: S603  # the aws of the PATH, as a runbook's reader has it
            [aws, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"aws-cli/(\d+)\.", said)
    return int(found[1]) if found else 0


def packages(site: Site) -> Iterator[Finding]:
    built = site.root / "build/packages.json"
    if not built.is_file():
        yield warning("No packages are built here, so nothing can be compared with what is deployed.", _build())
        return
    handler = json.loads(built.read_text())["handler"]
    with zipfile.ZipFile(site.root / handler["path"]) as archive:
        built_of = archive.read(f"scandrop/{BUILD_FILE}").decode().strip()
    if built_of == source_hash():
        yield ok(f"build/ holds this checkout's code, {built_of}")
    else:
        yield warning(f"build/ holds {built_of}, and the code is {source_hash()} by now.", _build())
    yield from _deployed(site, handler["sha256_base64"])


def _deployed(site: Site, built: str) -> Iterator[Finding]:
    functions = [
        function for function in site.of("aws_lambda_function") if function.get("s3_key", "").startswith("handler-")
    ]
    others = [function["function_name"] for function in functions if function.get("source_code_hash") != built]
    if others:
        yield warning(f"Another package than the one in build/ is deployed: {', '.join(others)}.", site.deploy)
    elif functions:
        yield ok("what is deployed is what build/ holds")


def _build() -> str:
    return "./deploy.sh build"
