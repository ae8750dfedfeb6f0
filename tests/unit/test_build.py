"""The packages: the same bytes everywhere, pruned, compiled and small enough."""

import importlib.util
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from scandrop.version import source_hash
from tools import build
from tools.build import MEGABYTE, Package, compiled, handler_sources, is_shipped, over_budget, with_bytecode, write_zip

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_LIMIT_MB = 250
ASKED_FOR = {"libjpeg"}  # by dicom.gpl_decoders; under the GPL, so that no one gets it unasked, here neither
SOURCE = b'def greet(name):\n    """Say hello."""\n    return f"hello {name}", {"a", "b", "c"} - {"b"}, len\n'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository in which building touches nothing of ours."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "PIL/Image.py",
        "PIL/_imaging.cpython-312-x86_64-linux-gnu.so",
        "pillow.libs/libtiff-20b7e810.so.6.3.0",
        "numpy/testing/__init__.py",
        "orjson-3.13.0.dist-info/METADATA",
        "orjson-3.13.0.dist-info/licenses/LICENSE-MIT",
        "plugin-1.0.dist-info/entry_points.txt",
        "jmespath-1.1.0.dist-info/LICENSE",
        "package/test.py",
    ],
)
def test_what_runs_and_what_the_licences_ask_for_is_shipped(name):
    assert is_shipped(PurePosixPath(name))


@pytest.mark.parametrize(
    "name",
    [
        "bin/f2py",
        "numpy/_core/include/numpy/ndarraytypes.h",
        "nibabel/tests/data/functional.nii",
        "package/__pycache__/module.cpython-311.pyc",
        "PIL/Image.pyi",
        "swagger_ui/swagger-ui-bundle.min.js",
        "orjson-3.13.0.dist-info/RECORD",
        "orjson-3.13.0.dist-info/sboms/orjson.cyclonedx.json",
        "orjson-3.13.0.dist-info/direct_url.json",
    ],
)
def test_what_nothing_reads_in_lambda_stays_out(name):
    assert not is_shipped(PurePosixPath(name))


def test_of_a_library_and_its_links_the_one_that_libraries_name_is_shipped():
    one, other = b"ELF\0libone.so.3\0", b"ELF\0libother.so\0libone.so.3\0"
    files = {"a/libone.so": one, "a/libone.so.3": one, "a/libone.so.3.2": one, "a/libother.so": other, "a/x.txt": one}
    assert set(build.without_copies(files)) == {"a/libone.so.3", "a/libother.so", "a/x.txt"}


def test_libraries_that_nothing_names_are_shipped_as_they_are():
    files = {"a/plugin.so": b"ELF", "a/plugin.so.1": b"ELF", "b/plugin.so": b"ELF"}
    assert build.without_copies(files) == files


def test_bytecode_is_loaded_without_a_look_at_the_source(tmp_path):
    module = tmp_path / "greeting.py"
    bytecode = Path(importlib.util.cache_from_source(str(module), optimization=""))
    bytecode.parent.mkdir()
    bytecode.write_bytes(compiled(SOURCE, "/var/task/greeting.py"))
    module.write_text("raise RuntimeError('the source was compiled')")
    spec = importlib.util.spec_from_file_location("greeting", module)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert loaded.greet("you") == ("hello you", {"a", "c"}, len)


@pytest.mark.parametrize("seed", ["0", "1", "1234"])
@pytest.mark.parametrize("imports", ["", "import decimal, email, sqlite3, xml.dom.minidom"])
def test_bytecode_depends_neither_on_the_hash_seed_nor_on_what_else_is_in_memory(seed, imports):
    lines = [imports, "import sys", "from tools.build import compiled"]
    code = "\n".join([*lines, f"sys.stdout.buffer.write(compiled({SOURCE!r}, '/opt/x.py'))"])
    environ = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, check=True)
    assert done.stdout == compiled(SOURCE, "/opt/x.py")


def test_each_module_is_compiled_where_lambda_will_mount_it():
    files = with_bytecode({"python/a/b.py": SOURCE, "python/a/data.json": b"{}"}, "/opt")
    assert set(files) == {"python/a/b.py", "python/a/data.json", "python/a/__pycache__/b.cpython-312.pyc"}
    assert b"/opt/python/a/b.py" in files["python/a/__pycache__/b.cpython-312.pyc"]


def test_a_file_that_is_no_python_of_ours_is_shipped_uncompiled():
    assert with_bytecode({"template.py": b"print {{ name }} !"}, "/opt") == {"template.py": b"print {{ name }} !"}


def test_a_zip_has_sorted_plain_entries_whatever_the_order_and_the_clock(root):
    files = {"b.py": b"2", "a/c.json": b"{}", "a/b.so": b"\0"}
    one = write_zip(root / "one.zip", files, "inputs")
    other = write_zip(root / "other.zip", dict(reversed(files.items())), "inputs")
    assert one.sha256 == other.sha256
    with zipfile.ZipFile(root / "one.zip") as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a/b.so", "a/c.json", "b.py"]
    for entry in entries:
        assert entry.compress_type == zipfile.ZIP_STORED
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert stat.S_IMODE(entry.external_attr >> 16) == 0o644
    assert one.unpacked_bytes == 4


def test_a_package_says_which_sources_it_was_made_from():
    assert handler_sources()["scandrop/BUILD"].decode().strip() == source_hash()


def test_a_package_over_its_budget_is_named():
    def package(megabytes):
        return Package("p", "s", "b", 1, int(megabytes * MEGABYTE), "i")

    packages = {
        "fits": {"x86_64": package(9), "arm64": package(10)},
        "grew": {"x86_64": package(9), "arm64": package(10.1)},
        "new": {"x86_64": package(0.1), "arm64": package(0.1)},
    }
    assert over_budget(packages, {"fits": 10, "grew": 10}) == ["grew", "new"]


def test_what_a_lane_ships_fits_lambdas_limit_with_every_layer_that_can_be_asked_for():
    budget = json.loads((ROOT / "layers/budget.json").read_text())
    for lane in json.loads((ROOT / "lambda_src/scandrop/lanes.json").read_text()).values():
        layers = {*lane["layers"], *ASKED_FOR}
        assert budget["handler"] + sum(budget[layer] for layer in layers) < LAMBDA_LIMIT_MB


def test_layers_have_the_versions_that_the_tests_run_with():
    def pins(path):
        return {line.split(" ")[0] for line in path.read_text().splitlines() if "==" in line}

    tested = pins(ROOT / "requirements/dev.txt")
    for layer in (ROOT / "layers").glob("*.txt"):
        assert layer.stem in ASKED_FOR or pins(layer) <= tested, layer.name
