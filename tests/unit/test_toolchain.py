"""Terraform and its providers: found on this machine where they are, fetched by their SHA-256 where they are not."""

import hashlib
import stat
import zipfile

import pytest

from scandrop_cli.errors import OperatorError
from tools import toolchain
from tools.toolchain import PLATFORM, Pin, fetch, find_mirror

AWS = "registry.terraform.io/hashicorp/aws"
LOCKED = {AWS: "5.100.0"}


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path, monkeypatch):
    """A machine with no configuration, no mirror and no tools of ours."""
    for name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "XDG_DATA_DIRS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(toolchain, "CONFIG", tmp_path / "tools/terraform.rc")
    monkeypatch.setattr(toolchain, "SEARCHED", (str(tmp_path / "opt"),))


@pytest.fixture
def release(tmp_path):
    """A release of Terraform as it is served, and its pin."""
    archive = tmp_path / "terraform.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("LICENSE.txt", "")
        file.writestr("terraform", '#!/bin/sh\necho \'{"terraform_version":"1.11.4"}\'\n')
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    return archive.as_uri(), Pin(at_least="1.11", version="1.11.4", sha256={PLATFORM: sha256})


def test_the_pinned_release_is_fetched_and_can_be_run(release, tmp_path):
    url, pin = release
    fetch(pin, url, tmp_path / "bin/terraform")
    assert (tmp_path / "bin/terraform").stat().st_mode & stat.S_IXUSR
    assert toolchain._version(str(tmp_path / "bin/terraform")) == "1.11.4"  # noqa: SLF001


def test_a_release_with_another_sha256_is_never_put_in_place(release, tmp_path):
    url, pin = release
    other = Pin(pin.at_least, pin.version, {PLATFORM: "0" * 64})
    with pytest.raises(OperatorError, match="not the pinned 0000"):
        fetch(other, url, tmp_path / "bin/terraform")
    assert list((tmp_path / "bin").iterdir()) == []


def test_a_release_out_of_reach_says_what_to_do(release, tmp_path):
    _, pin = release
    with pytest.raises(
        OperatorError, match=r"could not be fetched .* put Terraform 1\.11 or newer on the PATH"
    ) as trouble:
        fetch(pin, (tmp_path / "nowhere.zip").as_uri(), tmp_path / "bin/terraform")
    assert trouble.value.mend == "./deploy.sh setup"


def test_a_machine_that_no_release_is_pinned_for_says_so(release, tmp_path):
    url, _ = release
    with pytest.raises(OperatorError, match=f"No Terraform is pinned for {PLATFORM}"):
        fetch(Pin("1.11", "1.11.4", {}), url, tmp_path / "bin/terraform")


def executable(path, version):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho \'{{"terraform_version":"{version}"}}\'\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.14.2", "2.0.0"])
def test_a_recent_terraform_on_the_path_is_taken(tmp_path, monkeypatch, version):
    there = executable(tmp_path / "path/terraform", version)
    monkeypatch.setenv("PATH", str(there.parent), prepend=":")
    assert toolchain.terraform() == str(there)


@pytest.mark.parametrize("version", ["1.5.7", "1.10.5", "0.14.11", ""])
def test_an_old_or_broken_terraform_on_the_path_gives_way_to_the_fetched_one(tmp_path, monkeypatch, version):
    old = executable(tmp_path / "path/terraform", version)
    monkeypatch.setenv("PATH", str(old.parent), prepend=":")
    monkeypatch.setattr(toolchain, "FETCHED", executable(tmp_path / "tools/bin/terraform", "1.11.4"))
    assert toolchain.terraform() == str(toolchain.FETCHED)


def test_an_unpacked_mirror_is_found(tmp_path):
    (tmp_path / f"opt/some/mirror/{AWS}/5.100.0/{PLATFORM}").mkdir(parents=True)
    assert find_mirror(LOCKED) == tmp_path / "opt/some/mirror"


def test_a_packed_mirror_is_found(tmp_path):
    folder = tmp_path / f"home/.terraform.d/plugins/{AWS}"
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_5.100.0_{PLATFORM}.zip").touch()
    assert find_mirror(LOCKED) == tmp_path / "home/.terraform.d/plugins"


@pytest.mark.parametrize("below", [f"5.99.0/{PLATFORM}", "5.100.0/plan9_mips"])
def test_a_mirror_without_the_locked_version_for_this_machine_is_of_no_use(tmp_path, below):
    (tmp_path / f"opt/{AWS}/{below}").mkdir(parents=True)
    assert find_mirror(LOCKED) is None


def test_with_a_mirror_terraform_is_told_to_use_it_for_what_it_holds(tmp_path):
    mirror = tmp_path / "opt"
    (mirror / f"{AWS}/5.100.0/{PLATFORM}").mkdir(parents=True)
    toolchain.configure()
    text = toolchain.CONFIG.read_text()
    assert f'path    = "{mirror}"' in text
    assert text.count(f'["{AWS}"]') == 2, "included in the mirror, excluded from the registry"
    assert toolchain.environment()["TF_CLI_CONFIG_FILE"] == str(toolchain.CONFIG)


def test_without_a_mirror_the_registry_and_a_cache_serve(tmp_path):
    toolchain.configure()
    text = toolchain.CONFIG.read_text()
    assert f'plugin_cache_dir = "{tmp_path / "tools/terraform-providers"}"' in text
    assert "provider_installation" not in text


def test_a_mirror_that_has_gone_is_looked_for_again(tmp_path):
    mirror = tmp_path / f"opt/{AWS}/5.100.0/{PLATFORM}"
    mirror.mkdir(parents=True)
    toolchain.configure()
    mirror.rmdir()
    toolchain.configure()
    assert "filesystem_mirror" not in toolchain.CONFIG.read_text()


def test_the_users_own_configuration_rules(tmp_path):
    toolchain.configure()
    own = tmp_path / "home/.terraformrc"
    own.parent.mkdir(exist_ok=True)
    own.write_text("disable_checkpoint = true\n")
    assert "TF_CLI_CONFIG_FILE" not in toolchain.environment()


def test_a_configuration_that_is_named_but_not_there_does_not_count(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "gone"))
    toolchain.configure()
    assert toolchain.environment()["TF_CLI_CONFIG_FILE"] == str(toolchain.CONFIG)
