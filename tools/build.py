"""Build the packages that Terraform uploads: the handler's zip, and one zip per layer and architecture.

The same commit gives byte-identical zips in any folder: wheels pinned by hash, entries sorted, times and
permissions fixed, nothing deflated (zlib builds differ). Modules are compiled here, because Lambda's folders are
read-only and each cold start would compile them again; the bytecode depends on the compiler's own release, which
``packages.json`` therefore names.
"""

import base64
import hashlib
import importlib.util
import json
import marshal
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.table import Table

from scandrop.version import BUILD_FILE, source_hash
from scandrop_cli.errors import OperatorError
from tools.common import BUILD, ROOT, run

PACKAGES = BUILD / "packages.json"
HOST = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
MEGABYTE = 1_000_000

DROPPED_FOLDERS = {"__pycache__", "bin", "include", "test", "tests"}
DROPPED_SUFFIXES = {".css", ".js", ".pyi"}  # the scripts and styles are those of API documentation pages
KEPT_METADATA = {"METADATA", "entry_points.txt"}  # what importlib.metadata and plug-in discovery read


@dataclass(frozen=True)
class Package:
    """One zip as Terraform reads it from ``packages.json``; `inputs` is a hash of all that it was made from."""

    path: str
    sha256: str
    sha256_base64: str
    bytes: int
    unpacked_bytes: int
    inputs: str


def is_shipped(name: PurePosixPath) -> bool:
    """Whether a file that a wheel installed is of any use inside Lambda."""
    metadata = next((part for part in name.parts if part.endswith(".dist-info")), None)
    if metadata:
        return name.name in KEPT_METADATA or "LICEN" in name.name.upper()
    return name.suffix not in DROPPED_SUFFIXES and DROPPED_FOLDERS.isdisjoint(name.parts[:-1])


def compiled(source: bytes, runtime_path: str) -> bytes:
    """Bytecode that is never checked against its source.

    The second version of the marshal format has no references, whose marks depend on what else the compiling
    process holds in memory: it is a third larger and the same everywhere.
    """
    code = compile(source, runtime_path, "exec", dont_inherit=True, optimize=0)
    unchecked_hash = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked_hash + importlib.util.source_hash(source) + marshal.dumps(code, 2)


def with_bytecode(files: dict[str, bytes], mount: str) -> dict[str, bytes]:
    """`files` and the bytecode of each module among them, as it will lie under `mount` in Lambda."""
    bytecode = {}
    for name, content in files.items():
        if name.endswith(".py"):
            try:
                bytecode[importlib.util.cache_from_source(name, optimization="")] = compiled(content, f"{mount}/{name}")
            except SyntaxError:  # a template or a module for another Python, which nothing imports
                continue
    return files | bytecode


def write_zip(path: Path, files: dict[str, bytes], inputs: str) -> Package:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, files[name])
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    content = path.read_bytes()
    digest = hashlib.sha256(content)
    return Package(
        path=path.relative_to(ROOT).as_posix(),
        sha256=digest.hexdigest(),
        sha256_base64=base64.b64encode(digest.digest()).decode(),
        bytes=len(content),
        unpacked_bytes=sum(map(len, files.values())),
        inputs=inputs,
    )


def files_under(folder: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield PurePosixPath(path.relative_to(folder).as_posix()), path


def handler_sources() -> dict[str, bytes]:
    files = {str(name): path.read_bytes() for name, path in files_under(ROOT / "lambda_src") if is_shipped(name)}
    return files | {f"scandrop/{BUILD_FILE}": f"{source_hash()}\n".encode()}


def layer_files(requirements: Path, uv_platform: str | None) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        install_wheels(requirements, uv_platform, folder)
        files = {f"python/{name}": path.read_bytes() for name, path in files_under(Path(folder)) if is_shipped(name)}
    return with_bytecode(without_copies(files), "/opt")


def without_copies(files: dict[str, bytes]) -> dict[str, bytes]:
    """`files` less the copies that a library's links become in a wheel: the one that libraries name is loaded."""
    libraries = {name: content for name, content in files.items() if ".so" in PurePosixPath(name).suffixes}
    alike: dict[tuple[PurePosixPath, bytes], list[str]] = {}
    for name, content in libraries.items():
        alike.setdefault((PurePosixPath(name).parent, content), []).append(name)
    dropped: set[str] = set()
    for names in alike.values():
        named = {name for name in names if len(names) > 1 and _is_named(name, libraries)}
        dropped |= set(names) - named if named else set()
    return {name: content for name, content in files.items() if name not in dropped}


def _is_named(name: str, libraries: Mapping[str, bytes]) -> bool:
    """Whether a library asks for it by its file name, or it calls itself so."""
    entry = b"\0" + PurePosixPath(name).name.encode() + b"\0"
    return any(entry in content for content in libraries.values())


def install_wheels(requirements: Path, uv_platform: str | None, folder: str) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".tools/bin"))
    if uv is None:
        raise OperatorError("uv is not installed.", "./deploy.sh setup")
    command = [uv, "pip", "install", "--quiet", "--target", folder, "--python", sys.executable, "--no-deps"]
    command += ["--python-version", "3.12", "--only-binary", ":all:", "--require-hashes"]
    command += ["--requirements", str(requirements)]
    if uv_platform:
        command += ["--python-platform", uv_platform]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OperatorError(
            f"uv could not install {requirements.relative_to(ROOT)}:\n{done.stderr.strip()}\n"
            "If the package index was out of reach, try again when it is back.",
            "./deploy.sh build",
        )


def fingerprint(*parts: str) -> str:
    """A hash of what decides a package's bytes: `parts`, this module and the release of the compiler."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for part in (platform.python_version(), *parts):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


class Builder:
    """Builds each package, or hands back the one of the run before where nothing that it is made from has changed."""

    def __init__(self) -> None:
        try:
            last = json.loads(PACKAGES.read_text())
            packages = [last["handler"], *(package for layer in last["layers"].values() for package in layer.values())]
        except (OSError, ValueError, KeyError):
            packages = []
        self._last = {package["inputs"]: package for package in packages}

    def handler(self) -> Package:
        sources = handler_sources()
        inputs = fingerprint(*(f"{name} {hashlib.sha256(sources[name]).hexdigest()}" for name in sorted(sources)))
        path = BUILD / "packages/handler.zip"
        return self._reused(inputs) or write_zip(path, with_bytecode(sources, "/var/task"), inputs)

    def layer(self, name: str, architecture: str, uv_platform: str | None) -> Package:
        requirements = ROOT / f"layers/{name}.txt"
        inputs = fingerprint(name, architecture, str(uv_platform), requirements.read_text())
        path = BUILD / f"packages/{architecture}/layer-{name}.zip"
        return self._reused(inputs) or write_zip(path, layer_files(requirements, uv_platform), inputs)

    def _reused(self, inputs: str) -> Package | None:
        last = self._last.get(inputs)
        path = ROOT / last["path"] if last else None
        if last and path and path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == last["sha256"]:
            return Package(**last)
        return None


def targets() -> dict[str, str | None]:
    """Each set of layers and the platform whose wheels it holds: Lambda's two, and this machine's where it is neither.

    The embedded AWS runs the functions on this machine, so that macOS needs wheels of its own.
    """
    return {**PLATFORMS} if platform.system() == "Linux" else {**PLATFORMS, "host": None}


def build() -> dict[str, dict[str, Package]]:
    """Build all packages and write ``packages.json``. Returns each package's variants by architecture."""
    builder = Builder()
    names = sorted(path.stem for path in (ROOT / "layers").glob("*.txt"))
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor() as pool:  # of other people's sources
        handler = pool.submit(builder.handler)
        futures = {
            architecture: {name: pool.submit(builder.layer, name, architecture, target) for name in names}
            for architecture, target in targets().items()
        }
        layers = {arch: {name: future.result() for name, future in each.items()} for arch, each in futures.items()}
    layers.setdefault("host", layers[HOST])
    document = {
        "compiler": f"{platform.python_implementation()} {platform.python_version()}",
        "host": HOST,
        "handler": asdict(handler.result()),
        "layers": {arch: {name: asdict(package) for name, package in each.items()} for arch, each in layers.items()},
    }
    new = PACKAGES.with_suffix(f".{os.getpid()}.json")
    new.write_text(json.dumps(document, indent=2) + "\n")
    new.replace(PACKAGES)
    by_name = {name: {arch: layers[arch][name] for arch in PLATFORMS} for name in names}
    return {"handler": dict.fromkeys(PLATFORMS, handler.result())} | by_name


def over_budget(packages: dict[str, dict[str, Package]], budget: dict[str, float]) -> list[str]:
    """The packages that are larger, unpacked, than their entry in ``layers/budget.json``."""
    return [
        name
        for name, variants in packages.items()
        if max(package.unpacked_bytes for package in variants.values()) > budget.get(name, 0) * MEGABYTE
    ]


def size_table(packages: dict[str, dict[str, Package]], budget: dict[str, float]) -> Table:
    table = Table("package", *(f"{arch} MB" for arch in PLATFORMS), "budget MB", title="Packages, unpacked")
    for name, variants in packages.items():
        sizes = (f"{variants[arch].unpacked_bytes / MEGABYTE:.1f}" for arch in PLATFORMS)
        table.add_row(name, *sizes, f"{budget.get(name, 0):g}")
    return table


def main() -> None:
    budget = json.loads((ROOT / "layers/budget.json").read_text())
    packages = build()
    Console().print(size_table(packages, budget))
    if too_large := over_budget(packages, budget):
        raise OperatorError(
            f"Over budget: {', '.join(too_large)}. Drop what the lane does not import, "
            "or raise the figure in layers/budget.json and say why in the commit."
        )


if __name__ == "__main__":
    run(main)
