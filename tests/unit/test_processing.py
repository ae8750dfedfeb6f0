"""One file through its processor, whatever the file or the processor does."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scandrop import lanes, manifest, processing
from scandrop.config import Config, settings_of
from scandrop.errors import FAILURES, REJECTIONS, Failed, Rejected
from scandrop.lanes import lane_of, lane_of_content
from scandrop.pricing import USD, cost_usd
from scandrop.processors import Source


@pytest.fixture
def breaking(monkeypatch, tmp_path):
    """Run a record whose processor raises what it is given."""

    def run(error):
        def process(*_):
            raise error

        monkeypatch.setattr(lanes.processor("record"), "process", process)
        (tmp_path / "in.json").write_text("[]")
        return processing.run("record", Source(tmp_path / "in.json", "in.json"), settings_of("record", {}), tmp_path)

    return run


def test_a_processor_that_breaks_rejects_the_input_and_names_only_the_kind_of_error(breaking):
    outcome = breaking(ValueError("Ikerian A"))
    assert (outcome.status, outcome.error_code) == ("rejected", "processor_crashed")
    assert "ValueError" in outcome.error
    assert "Ikerian" not in outcome.error


def test_a_processor_that_runs_out_of_memory_rejects_the_input(breaking):
    assert breaking(MemoryError()).error_code == "out_of_memory"


def test_a_package_that_lacks_a_module_is_no_fault_of_the_input(breaking):
    with pytest.raises(Failed, match="msgspec") as failure:
        breaking(ModuleNotFoundError("No module named 'msgspec'", name="msgspec"))
    assert failure.value.code == "package_broken"


def test_a_processor_that_lacks_what_the_environment_owes_it_fails_rather_than_rejects(breaking):
    with pytest.raises(Failed) as failure:
        breaking(Failed("no_pseudonym_key"))
    assert failure.value.code == "no_pseudonym_key"


def test_a_full_disk_is_no_fault_of_the_input(breaking):
    with pytest.raises(Failed) as failure:
        breaking(OSError(errno.ENOSPC, "No space left on device"))
    assert failure.value.code == "disk_full"


def test_a_process_that_had_dicom_objects_first_multiplies_on_one_thread_as_the_nifti_lane_must(tmp_path):
    """How many threads share a matrix product decides its last bits, and numpy asks once, when it is imported."""
    code = (
        "import pathlib, sys, threadpoolctl; from scandrop.processors import Source;"
        "from scandrop.processing import run; from scandrop.config import settings_of;"
        "path, work = map(pathlib.Path, sys.argv[1:]);"
        "made = run('dicom', Source(path, 'ct.dcm', pseudonym_key=b'k' * 64), settings_of('dicom', {}), work);"
        "print(made.status, {pool['num_threads'] for pool in threadpoolctl.threadpool_info()})"
    )
    (tmp_path / "work").mkdir()
    ct = Path(pydicom.__file__).parent / "data/test_files/CT_small.dcm"
    environ = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code, ct, tmp_path / "work"], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "succeeded {1}\n"


@pytest.mark.parametrize(
    ("key", "lane"),
    [
        ("a.png", "image"),
        ("a.JPeG", "image"),
        ("study.dir/a.TIFF", "image"),
        ("a.DCM", "dicom"),
        ("a.ima", "dicom"),
        ("a.json", "record"),
        ("a.ndjson", "record"),
        ("a", "other"),
        ("png", "other"),
        ("a.png.zip", "other"),
        ("a.png/", "other"),
    ],
)
def test_the_suffix_in_any_case_decides_the_lane(key, lane):
    assert lane_of(key) == lane


@pytest.mark.parametrize(
    ("head", "lane"),
    [
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b' [{"a": 1}]', "record"),
        (bytes(128) + b"DICM", "dicom"),
        (b"II*\0".ljust(128, b"\0") + b"DICM", "dicom"),
        (b"PK\x03\x04", None),
    ],
)
def test_the_first_bytes_decide_where_no_suffix_does(head, lane):
    assert lane_of_content(head) == lane


@pytest.mark.parametrize("mark", [b"II*\0", b"MM\0*"])
def test_a_dicom_object_whose_preamble_is_a_tiffs_belongs_to_the_dicom_lane_whatever_its_suffix(tmp_path, mark):
    ct = (Path(pydicom.__file__).parent / "data/test_files/CT_small.dcm").read_bytes()
    (tmp_path / "scan.tiff").write_bytes(mark + ct[4:])
    outcome = processing.run(
        "image", Source(tmp_path / "scan.tiff", "scan.tiff"), settings_of("image", {}), tmp_path / "work"
    )
    assert (outcome.status, outcome.error_code) == ("rejected", "misplaced")
    assert ".dcm" in outcome.error


def test_the_other_lane_may_hand_on_to_every_lane_that_it_can_find():
    listed = json.loads(Path(lanes.__file__).with_name("lanes.json").read_text())
    assert sorted(listed["other"]["forwards_to"]) == sorted(set(listed) - {"other"})


@given(st.text(min_size=1, max_size=1024))
def test_every_derivative_of_every_key_fits_into_s3s_1024_bytes(key):
    prefix = manifest.prefix_of(key)
    assert len((prefix + "x" * 160).encode()) <= manifest.KEY_BYTES
    assert prefix.endswith("/")


@given(st.text(alphabet="abé日", min_size=280, max_size=300), st.text(alphabet="abé日", min_size=280, max_size=300))
def test_two_long_keys_never_share_a_prefix(one, other):
    long_one, long_other = one * 3, other * 3
    assert (manifest.prefix_of(long_one) == manifest.prefix_of(long_other)) == (long_one == long_other)


def test_a_manifest_vouches_for_its_derivatives():
    assert manifest.names({"derivatives": [{"name": "web.webp"}]}) == {"web.webp"}
    assert manifest.names(None) == set()


def test_a_setting_that_the_lane_does_not_have_stops_the_cold_start_with_its_name():
    with pytest.raises(ValueError, match="wrong_name"):
        settings_of("image", {"wrong_name": 1})


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [("SCANDROP_SETTINGS", '{"quality": 101}', "quality"), ("SCANDROP_ON_DELETE", "Delete", "keep or delete")],
)
def test_a_setting_out_of_range_stops_the_cold_start(variable, value, named):
    environ = {
        "SCANDROP_LANE": "image",
        "SCANDROP_TABLE": "t",
        "SCANDROP_PROCESSED_BUCKET": "p",
        "SCANDROP_RAW_BUCKET": "r",
        "SCANDROP_MAX_OBJECT_BYTES": "1",
        "SCANDROP_SETTINGS": "{}",
        "SCANDROP_QUEUE_URL": "q",
        "SCANDROP_DEAD_LETTER_QUEUE_URL": "d",
        "SCANDROP_RECEIVES": "5",
        "SCANDROP_ON_DELETE": "keep",
    }
    Config.from_environ(environ)
    with pytest.raises(ValueError, match=named):
        Config.from_environ(environ | {variable: value})


def test_the_cost_grows_with_time_memory_and_derivatives():
    small = cost_usd("image", 100, 512, 1)
    slower, larger = cost_usd("image", 200, 512, 1), cost_usd("image", 200, 1024, 1)
    assert 0 < small < slower < larger < cost_usd("image", 200, 1024, 2)


def test_what_a_lane_looks_at_besides_the_object_is_in_its_cost():
    image, record, nifti = (cost_usd(lane, 100, 512, 1) for lane in ("image", "record", "nifti"))
    assert record - image == pytest.approx(USD["s3_get"])
    assert nifti - image == pytest.approx(3 * USD["s3_get"] + USD["dynamodb_read_unit"])


@pytest.mark.parametrize("sentence", [*REJECTIONS.values(), *FAILURES.values()])
def test_every_error_is_a_sentence_that_goes_on_to_say_what_to_do(sentence):
    assert sentence.endswith(".")
    assert len(sentence.rstrip(".").split(". ")) >= 2


def test_an_error_without_the_facts_of_its_sentence_cannot_be_raised():
    with pytest.raises(KeyError):
        Rejected("too_large", size_bytes=1)
