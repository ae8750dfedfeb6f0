"""Every block of commands in the pages is run as it stands, but for those that say what they need or who runs them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import pydicom
import pytest
import skimage
from conftest import Deployed
from documents import PAGES, ROOT, Block, blocks, stand_ins

RUN = {page: [block for block in blocks(page) if block.is_run] for page in PAGES}
PHOTO = Path(skimage.__file__).parent / "data/coins.png"
OBJECT = Path(pydicom.__file__).parent / "data/test_files/CT_small.dcm"
SCAN = Path(nibabel.__file__).parent / "tests/data/functional.nii"
EXAMPLES = {
    "scan.png": PHOTO,
    "results/left.png": PHOTO,
    "study1/scan.png": PHOTO,
    "study1/scan.dcm": OBJECT,
    "sub-01_task-rest_bold.nii": SCAN,
}
LASTS_AT_MOST_S = 600


@pytest.fixture
def folder(deployed: Deployed, tmp_path: Path) -> Path:
    """A folder as a page takes it for granted: the examples' files, ``env/``, and ``.venv/`` with the commands."""
    for name, source in EXAMPLES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / name)
    (tmp_path / "env").symlink_to(deployed.folder / "env")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return tmp_path


@pytest.fixture(scope="module")
def values(deployed: Deployed) -> dict[str, str]:
    """What each stand-in becomes: the table's example, or what there is once the examples were dropped."""
    files = {key: source.read_bytes() for key, source in EXAMPLES.items() if key.startswith("study1/")}
    deployed.drop(files)
    settled = deployed.settled(*files)
    assert {item["status"] for item in settled.values()} == {"succeeded"}
    (study,) = {item["metadata"].get("study_instance_uid") for item in settled.values()} - {None}
    token = settled["study1/scan.dcm"]["metadata"]["patient_id"]
    return stand_ins() | {"STUDY": study[-12:], "TOKEN": token}


@pytest.mark.parametrize("page", [page for page in PAGES if RUN[page]], ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_end_as_it_says(folder: Path, values: dict[str, str], page: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SCANDROP_"))}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    script = "set -eo pipefail\n" + "".join(commands(block, values) for block in RUN[page])
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607 - whichever the reader has
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=LASTS_AT_MOST_S,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def commands(block: Block, values: dict[str, str]) -> str:
    """A block's commands in the shell of its page, with something real for each stand-in, and where it stands."""
    text = block.text
    for name in sorted(block.stand_ins):
        text = re.sub(rf"\b{name}\b", values[name], text)
    if wanted := block.marks.get("exits"):
        allowed = wanted.replace(" or ", "|")
        check = f'case $code in {allowed}) ;; *) echo "It ended with $code." >&2; false ;; esac\n'
        text = f"set +e\n{text}code=$?\nset -e\n{check}"
    return f"echo '== {block}' >&2\n{text}"


def test_an_object_that_is_copied_onto_itself_is_processed_anew(deployed: Deployed) -> None:
    """What docs/backfill.md does with the aws command."""
    key, s3, bucket = "backfill/scan.png", deployed.client("s3"), deployed.outputs["raw_bucket"]
    versions = {deployed.drop({key: PHOTO.read_bytes()})[key]}
    assert deployed.settled(key)[key]["status"] == "succeeded"
    copied = s3.copy_object(
        Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, MetadataDirective="REPLACE"
    )
    versions.add(copied["VersionId"])
    again = deployed.settled(key)[key]
    assert (again["status"], again["version_id"]) == ("succeeded", copied["VersionId"])
    assert len(versions) == 2
