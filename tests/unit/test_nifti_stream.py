"""Volumes come in as nibabel reads them and go out as nibabel reads them again, one at a time."""

import gzip
import hashlib
import os
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nifti_files import AFFINE, REAL_FILES, codes, header_of, nifti_bytes, run_array, saved

from scandrop.errors import Rejected
from scandrop.processors.nifti._store import FLOAT32, Coding, Store, choose_coding
from scandrop.processors.nifti._stream import Survey, survey, volumes
from scandrop.processors.nifti._warnings import Warned
from scandrop.processors.nifti._writer import Writer, write_image

CANARY = b"CANARY^PATIENT"
INT16 = Coding(np.dtype(np.int16), 0.25)


def run_of(path):
    """The whole run as the lane reads it."""
    return np.stack(list(volumes(path, header_of(path))), axis=-1)


def surveyed(path, keep=0):
    warned = Warned()
    return survey(path, header_of(path), keep, warned), codes(warned)


def refusal(path):
    with pytest.raises(Rejected) as raised:
        surveyed(path)
    return raised.value.code


def bold(seed=0, shape=(7, 8, 9, 5)):
    """A run of ordinary intensities, with negative ones, as the corrected volumes are."""
    return np.asfortranarray(np.random.default_rng(seed).normal(900, 300, shape).astype(np.float32))


def survey_of(volume):
    return Survey(float(volume.min()), float(volume.max()), np.array([volume.mean(dtype=float)]), 0, (), [])


def written(folder, run, header, coding=FLOAT32):
    path = folder / "out.nii.gz"
    with Writer(path, header, coding) as writer:
        for t in range(run.shape[3]):
            writer.write(run[..., t])
    return path


@pytest.fixture
def header(tmp_path):
    return header_of(saved(tmp_path, nifti_bytes()))


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_is_read_as_nibabel_reads_it(name):
    path = REAL_FILES[name]
    expected = nibabel.load(path).get_fdata()
    np.testing.assert_allclose(run_of(path), expected.reshape(header_of(path).shape), rtol=1e-6)


@pytest.mark.parametrize("scaling", [(1, 0), (0.37, -11)], ids=["unscaled", "scaled"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_dtype_byte_order_and_scaling_is_read_as_nibabel_reads_it(tmp_path, kind, order, scaling):
    info = np.iinfo(kind) if kind[0] in "iu" else np.finfo("f4")
    array = np.random.default_rng(1).uniform(info.min / 9, info.max / 9, (7, 8, 9, 3)).astype(kind)
    data = nifti_bytes(array, order=order, scl_slope=scaling[0], scl_inter=scaling[1])
    path = saved(tmp_path, data).rename(tmp_path / "run.nii")
    np.testing.assert_allclose(run_of(path), nibabel.load(path).get_fdata(), rtol=1e-6, atol=1e-6)


def test_a_large_intercept_costs_an_integer_no_digits(tmp_path):
    array = run_array().astype(np.int32) + 2_000_000_000
    path = saved(tmp_path, nifti_bytes(array, scl_slope=1, scl_inter=-2_000_000_000))
    np.testing.assert_array_equal(run_of(path), run_array())


def test_each_volume_is_a_fresh_fortran_ordered_float32_array(tmp_path):
    for data in (nifti_bytes(), nifti_bytes(bold()), nifti_bytes(bold().astype(">f4"), order=">")):
        path = saved(tmp_path, data)
        first, second, *_ = volumes(path, header_of(path))
        assert (first.dtype, first.dtype.isnative, first.flags.f_contiguous) == (np.float32, True, True)
        before = second.copy()
        first[:] = 0  # what a caller changes is its own
        np.testing.assert_array_equal(second, before)


def test_extensions_are_passed_over_and_never_written(tmp_path):
    image = nibabel.Nifti1Image(run_array(), AFFINE)
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", CANARY * 100))
    path = saved(tmp_path, image.to_bytes(), compressed=True)
    np.testing.assert_array_equal(run_of(path), run_array())
    out = nibabel.load(written(tmp_path, run_of(path), header_of(path)))
    assert not out.header.extensions


def test_gzip_of_several_members_is_read_whole(tmp_path):
    data = nifti_bytes()
    path = tmp_path / "source"
    path.write_bytes(b"".join(gzip.compress(data[at : at + 1000]) for at in range(0, len(data), 1000)))
    np.testing.assert_array_equal(run_of(path), run_array())
    assert surveyed(path)[1] == []


def test_survey_tells_range_means_and_the_first_volumes(tmp_path):
    run = bold()
    found, warned = surveyed(saved(tmp_path, nifti_bytes(run), compressed=True), keep=2)
    assert (found.minimum, found.maximum) == (run.min(), run.max())
    np.testing.assert_allclose(found.means, run.mean((0, 1, 2), dtype=np.float64), rtol=1e-12)
    np.testing.assert_array_equal(np.stack(found.early, -1), run[..., :2])
    assert (found.non_finite, found.constant, warned) == (0, (), [])


def test_voxels_that_are_not_finite_become_zero_and_are_counted(tmp_path):
    run = bold()
    run[1, 2, 3, 0], run[2, 3, 4, 3], run[6, 7, 8, 4] = np.nan, np.inf, -np.inf
    path = saved(tmp_path, nifti_bytes(run))
    found, warned = surveyed(path)
    assert (found.non_finite, warned) == (3, ["non_finite_voxels"])
    np.testing.assert_array_equal(run_of(path), np.nan_to_num(run, posinf=0, neginf=0))


def test_values_beyond_float32_count_as_not_finite(tmp_path):
    run = bold().astype(np.float64)
    run[1, 2, 3, 0] = 1e300
    assert surveyed(saved(tmp_path, nifti_bytes(run)))[0].non_finite == 1


def test_constant_volumes_are_listed(tmp_path):
    run = bold()
    run[..., 1], run[..., 4] = 0, 7
    found, warned = surveyed(saved(tmp_path, nifti_bytes(run)))
    assert (found.constant, warned) == ((1, 4), ["constant_volumes"])


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (np.full((7, 8, 9, 2), np.nan, np.float32), "nifti_not_finite"),
        (np.ones((7, 8, 9, 2), np.int16), "nifti_constant"),
    ],
)
def test_a_file_that_shows_nothing_is_refused(tmp_path, run, code):
    assert refusal(saved(tmp_path, nifti_bytes(run))) == code


@pytest.mark.parametrize("cut", [400, 3000, -20, -8, -1])
def test_cut_off_gzip_is_refused(tmp_path, cut):
    path = tmp_path / "source"
    path.write_bytes(gzip.compress(nifti_bytes())[:cut])
    assert refusal(path) == "nifti_damaged"


@pytest.mark.parametrize("place", [3000, -6, -2], ids=["data", "checksum", "length"])
def test_damaged_gzip_is_refused(tmp_path, place):
    data = bytearray(gzip.compress(nifti_bytes()))
    data[place] ^= 0x55
    path = tmp_path / "source"
    path.write_bytes(data)
    assert refusal(path) == "nifti_damaged"


def test_whole_gzip_with_too_few_volumes_is_refused(tmp_path):
    path = saved(tmp_path, nifti_bytes()[:-1], compressed=True)
    assert refusal(path) == "nifti_cut_off"
    with pytest.raises(Rejected, match="asks for"):
        run_of(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_volume_more_than_declared_is_refused_and_less_is_told(tmp_path, compressed):
    volume_bytes = 7 * 8 * 9 * 2
    assert refusal(saved(tmp_path, nifti_bytes() + bytes(volume_bytes), compressed=compressed)) == "nifti_longer"
    path = saved(tmp_path, nifti_bytes() + bytes(volume_bytes - 1), compressed=compressed)
    assert surveyed(path)[1] == ["trailing_bytes"]


def test_a_datatype_that_is_too_narrow_is_found_by_the_length_of_the_data(tmp_path):
    assert refusal(saved(tmp_path, nifti_bytes(bold(), datatype=4, bitpix=16))) == "nifti_longer"


def test_garbage_after_the_gzip_data_is_told_and_padding_is_not(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(gzip.compress(nifti_bytes()) + b"garbage")
    assert surveyed(path)[1] == ["trailing_garbage"]
    path.write_bytes(gzip.compress(nifti_bytes()) + bytes(512))
    assert surveyed(path)[1] == []


def test_a_gzip_bomb_behind_the_image_is_not_inflated(tmp_path):
    path = tmp_path / "source"
    bomb = gzip.compress(bytes(20_000_000))[:-1]  # who came to its end would find it damaged
    path.write_bytes(gzip.compress(nifti_bytes()) + bomb)
    tracemalloc.start()
    try:
        assert refusal(path) == "nifti_longer"
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


def test_a_run_is_read_at_the_memory_of_a_few_volumes(tmp_path):
    run = np.zeros((64, 64, 30, 200), np.int16)
    run[1, 2, 3] = 1
    path = saved(tmp_path, nifti_bytes(run), compressed=True)
    header = header_of(path)
    tracemalloc.start()
    try:
        survey(path, header, 2, Warned())
        assert tracemalloc.get_traced_memory()[1] < 8 * 64 * 64 * 30 * 4
    finally:
        tracemalloc.stop()


def test_whole_numbers_and_zero_are_stored_exactly():
    volume = run_array().astype(np.float32)[..., 0]
    found = survey_of(volume)
    coding = choose_coding(found, "int16", Warned())
    stored, clipped = coding.encode(volume)
    assert (stored.dtype, clipped) == (np.int16, 0)
    np.testing.assert_array_equal(coding.decode(stored), volume)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_int16_keeps_intensities_to_a_part_of_the_brightest_with_room_above_it(scale):
    volume = bold()[..., 0] * np.float32(scale)
    coding = choose_coding(survey_of(volume), "int16", Warned())
    stored, clipped = coding.encode(volume * np.float32(1.25))
    assert (coding.dtype, clipped) == (np.int16, 0)
    error = np.abs(coding.decode(stored) - volume * np.float32(1.25)).max()
    assert error <= volume.max() * 1.25 / 32767  # half a step of at most twice that


def test_one_blinding_voxel_makes_the_run_float32_and_is_told():
    volume = bold()[..., 0]
    volume[1, 2, 3] = 1e6
    warned = Warned()
    assert choose_coding(survey_of(volume), "int16", warned) == FLOAT32
    assert codes(warned) == ["int16_too_coarse"]


@pytest.mark.parametrize("scale", [1e-38, 3e38])
def test_intensities_at_the_ends_of_float32_are_stored(scale):
    volume = np.linspace(0, 1, 504, dtype=np.float32).reshape((7, 8, 9), order="F") * np.float32(scale)
    coding = choose_coding(survey_of(volume), "int16", Warned())
    np.testing.assert_allclose(coding.decode(coding.encode(volume)[0]), volume, atol=scale / 20_000)


def test_float32_is_stored_as_it_is_where_that_is_set():
    assert choose_coding(survey_of(bold()[..., 0]), "float32", Warned()) == FLOAT32


def test_what_does_not_fit_is_clipped_and_counted(tmp_path):
    run = np.zeros((7, 8, 9, 5), np.float32, order="F")
    run[0, 0, 0], run[1, 0, 0], run[2, 0, 0] = 1e9, -1e9, 100
    with Store(tmp_path / "store", run.shape, INT16) as store:
        for t in range(5):
            store.put(t, run[..., t])
        np.testing.assert_array_equal(store.volume(0)[:3, 0, 0], [8191.75, -8191.75, 100])
    assert store.clipped == 10


@pytest.mark.parametrize("coding", [INT16, FLOAT32], ids=["int16", "float32"])
class TestStore:
    @pytest.fixture
    def run(self, coding):
        return np.stack([coding.decode(coding.encode(bold()[..., t])[0]) for t in range(5)], axis=-1)

    @pytest.fixture
    def store(self, tmp_path, coding, run):
        with Store(tmp_path / "store", run.shape, coding) as store:
            for t in (3, 0, 4, 1, 2):
                store.put(t, run[..., t])
            yield store

    def test_gives_each_volume_back(self, store, run):
        for t, volume in enumerate(store.volumes()):
            np.testing.assert_array_equal(volume, run[..., t])
            assert volume.flags.f_contiguous
            assert volume.flags.writeable

    @pytest.mark.parametrize("order", "CF")
    def test_gives_the_series_of_a_mask_in_the_order_of_indexing(self, store, run, order):
        mask = np.asarray(np.random.default_rng(0).random((7, 8, 9)) < 0.3, order=order)
        series = store.series(mask)
        np.testing.assert_array_equal(series, run[mask])
        assert (series.dtype, series.flags.c_contiguous) == (np.float32, True)

    def test_gives_the_series_of_more_volumes_than_are_read_at_once(self, tmp_path, coding):
        run = np.round(bold(shape=(3, 4, 5, 70)))
        with Store(tmp_path / "long", run.shape, coding) as store:
            for t in range(70):
                store.put(t, run[..., t])
            mask = run[..., 0] > 900
            np.testing.assert_array_equal(store.series(mask), run[mask])

    def test_gives_an_empty_series_for_an_empty_mask(self, store):
        assert store.series(np.zeros((7, 8, 9), bool)).shape == (0, 5)

    @pytest.mark.parametrize("block_bytes", [1, 7 * 8 * 5 * 4 * 2, 2**20])
    def test_gives_the_whole_run_slab_by_slab(self, store, run, block_bytes, monkeypatch):
        monkeypatch.setattr("scandrop.processors.nifti._store._BLOCK_BYTES", block_bytes)
        slabs = list(store.blocks())
        for where, block in slabs:
            np.testing.assert_array_equal(block, run[:, :, where])
            assert block.nbytes <= max(block_bytes, 7 * 8 * 5 * 4)
        assert [k for where, _ in slabs for k in range(where.start, where.stop)] == list(range(9))

    def test_is_written_as_its_volumes_would_be(self, tmp_path, store, run, header, coding):
        with Writer(tmp_path / "stored.nii.gz", header, coding) as writer:
            writer.write_store(store)
        assert (tmp_path / "stored.nii.gz").read_bytes() == written(tmp_path, run, header, coding).read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_an_error_that_says_so(tmp_path):
    (tmp_path / "store").symlink_to("/dev/full")
    with Store(tmp_path / "store", (7, 8, 9, 5), FLOAT32) as store, pytest.raises(OSError, match="No space left"):
        store.put(0, bold()[..., 0])


@pytest.mark.parametrize("coding", [INT16, FLOAT32], ids=["int16", "float32"])
@pytest.mark.parametrize("name", ["functional.nii", "example4d.nii.gz", "example_nifti2.nii.gz"])
def test_a_written_run_has_the_input_s_grid_times_and_intensities_for_nibabel(tmp_path, name, coding):
    path = REAL_FILES[name]
    image, run = nibabel.load(path), run_of(path)
    header = replace(header_of(path), tr_s=1.25)
    out = nibabel.load(written(tmp_path, run, header, coding))
    assert type(out) is type(image)
    assert out.get_data_dtype() == coding.dtype
    np.testing.assert_allclose(out.get_fdata(), run, atol=coding.slope / 2 if coding == INT16 else 0)
    np.testing.assert_allclose(out.affine, image.affine, atol=1e-6)
    np.testing.assert_allclose(out.header.get_zooms(), (*image.header.get_zooms()[:3], 1.25), rtol=1e-6)
    assert out.header.get_xyzt_units() == ("mm", "sec")
    for form in ("get_qform", "get_sform"):
        (ours, our_code), (theirs, their_code) = (getattr(x.header, form)(coded=True) for x in (out, image))
        assert our_code == their_code
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_what_was_in_other_units_is_written_in_mm_and_seconds(tmp_path):
    metres = nifti_bytes(affine=np.diag([2e-3, 3e-3, 4e-3, 1]), qform_code=1, xyzt_units=1 | 16, pixdim4=800)
    path = saved(tmp_path, metres)
    out = nibabel.load(written(tmp_path, run_of(path), header_of(path)))
    np.testing.assert_allclose(out.header.get_zooms(), (2, 3, 4, 0.8), rtol=1e-6)
    np.testing.assert_allclose(out.get_qform(), np.diag([2, 3, 4, 1]), atol=1e-6)
    np.testing.assert_allclose(out.get_sform(), np.diag([2, 3, 4, 1]), atol=1e-6)


def test_an_orientation_that_could_not_be_used_is_not_written_again(tmp_path):
    path = saved(tmp_path, nifti_bytes(srow0=[0, 0, 0, 0], qform_code=1))
    out = nibabel.load(written(tmp_path, run_of(path), header_of(path)))
    assert (int(out.header["sform_code"]), int(out.header["qform_code"])) == (0, 1)
    assert not any(out.header[f"srow_{axis}"].any() for axis in "xyz")
    np.testing.assert_allclose(out.affine, header_of(path).affine, atol=1e-4)


def test_an_unknown_repetition_time_is_written_as_none(tmp_path):
    path = saved(tmp_path, nifti_bytes(pixdim4=2000))
    assert nibabel.load(written(tmp_path, run_of(path), header_of(path))).header.get_zooms()[3] == 0


def test_no_free_text_of_the_input_is_written(tmp_path):
    text = dict.fromkeys(("descrip", "db_name", "aux_file", "intent_name", "data_type"), CANARY)
    path = saved(tmp_path, nifti_bytes(**text))
    assert path.read_bytes().count(CANARY[:10]) == 5
    header = header_of(path)
    write_image(tmp_path / "map.nii.gz", run_of(path)[..., 0], header)
    for out in (written(tmp_path, run_of(path), header), tmp_path / "map.nii.gz"):
        assert CANARY[:5] not in gzip.decompress(out.read_bytes())


def test_the_same_run_gives_the_same_bytes_whatever_the_path_and_the_time(tmp_path, header, monkeypatch):
    (tmp_path / "other").mkdir()
    first = hashlib.sha256(written(tmp_path, bold(), header).read_bytes())
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    second = hashlib.sha256(written(tmp_path / "other", bold(), header).read_bytes())
    assert first.digest() == second.digest()


def test_a_volume_in_c_order_is_written_as_one_in_fortran_order(tmp_path, header):
    (tmp_path / "c").mkdir()
    c_ordered = np.ascontiguousarray(bold())
    assert written(tmp_path / "c", c_ordered, header).read_bytes() == written(tmp_path, bold(), header).read_bytes()


@pytest.mark.parametrize("kind", [np.float32, np.uint8, np.int16, bool])
def test_a_map_or_mask_is_a_3d_image_in_its_own_dtype(tmp_path, header, kind):
    image = (run_array()[..., 0] > 900) if kind is bool else run_array()[..., 0].astype(kind)
    write_image(tmp_path / "map.nii.gz", image, header)
    out = nibabel.load(tmp_path / "map.nii.gz")
    assert out.shape == (7, 8, 9)
    assert out.get_data_dtype() == (np.uint8 if kind is bool else kind)
    np.testing.assert_array_equal(np.asanyarray(out.dataobj), image)
    np.testing.assert_allclose(out.affine, header.affine, atol=1e-5)
    assert (float(out.header["cal_min"]), float(out.header["cal_max"])) == (image.min(), image.max())


def test_a_store_does_not_stay_resident(tmp_path):
    code = """
import resource, sys
from pathlib import Path
import numpy as np
from scandrop.processors.nifti._store import FLOAT32, Store
volume = np.ones((64, 64, 64), np.float32, order="F")
with Store(Path(sys.argv[1]), (64, 64, 64, 200), FLOAT32) as store:
    store.put(0, volume)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for t in range(200):
        store.put(t, volume)
    assert sum(float(block[0, 0, 0, 199]) for _, block in store.blocks()) > 0
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    made = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store")],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": "lambda_src"},
    )
    kilobytes = int(made.stdout) * (1 if sys.platform != "darwin" else 1 / 1024)
    assert kilobytes < 100_000  # of a run of 210 MB
