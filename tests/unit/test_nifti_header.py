"""What a header says agrees with nibabel; what cannot be processed is refused before a voxel is read."""

import gzip
import os
import subprocess
import sys
import tracemalloc
from contextlib import suppress

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nifti_files import (
    AFFINE,
    LIMITS,
    NIBABEL_FILES,
    REAL_FILES,
    codes,
    header_of,
    nifti_bytes,
    patched,
    run_array,
    saved,
)

from scandrop.errors import Rejected
from scandrop.processors.nifti import _sniff
from scandrop.processors.nifti._header import read_header
from scandrop.processors.nifti._stream import survey
from scandrop.processors.nifti._warnings import Warned

FORMATS = ("NIfTI-1", "NIfTI-2")
OBLIQUE = nibabel.affines.from_matvec(
    nibabel.eulerangles.euler2mat(0.4, -0.3, 0.2) @ np.diag([2.0, 3.0, 4.0]), [-60.0, 70.0, -80.0]
)
FLIPPED = OBLIQUE @ np.diag([-1.0, 1, 1, 1])


def refusal(path, **limits):
    with pytest.raises(Rejected) as raised:
        read_header(path, Warned(), **LIMITS | limits)
    return raised.value.code


def read(folder, **fields):
    warned = Warned()
    return header_of(saved(folder, nifti_bytes(**fields)), warned), codes(warned)


@pytest.mark.parametrize("name", REAL_FILES)
def test_a_real_file_has_the_shape_dtype_and_affine_that_nibabel_reads(name):
    header, image = header_of(REAL_FILES[name]), nibabel.load(REAL_FILES[name])
    assert header.shape == (*image.shape, 1)[:4]
    assert header.dtype == image.get_data_dtype()
    np.testing.assert_allclose(header.affine, image.affine, atol=1e-6)
    np.testing.assert_allclose(header.voxel_mm, image.header.get_zooms()[:3], rtol=1e-6)


def test_the_real_run_has_its_repetition_time_and_its_kind():
    header = header_of(REAL_FILES["functional.nii"])
    assert (header.format, header.compressed, header.tr_s, header.is_run) == ("NIfTI-1", False, 2.0, True)


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize(("format_", "order"), [(f, o) for f in FORMATS for o in "<>"])
def test_every_real_dtype_is_known_in_both_versions_and_byte_orders(tmp_path, kind, format_, order):
    data = nifti_bytes(run_array().astype(kind), format=format_, order=order)
    header = header_of(saved(tmp_path, data))
    assert (header.format, header.dtype, header.shape) == (format_, np.dtype(order + kind), (7, 8, 9, 5))


@pytest.mark.parametrize("codes_", [(q, s) for q in (0, 1, 4) for s in (0, 1, 2)])
@pytest.mark.parametrize("affine", [OBLIQUE, FLIPPED], ids=["oblique", "flipped"])
@pytest.mark.parametrize("format_", FORMATS)
def test_sform_qform_or_neither_are_chosen_as_nibabel_chooses(tmp_path, codes_, affine, format_):
    data = nifti_bytes(affine=affine, format=format_)
    data = patched(data, format=format_, qform_code=codes_[0], sform_code=codes_[1], srow=OBLIQUE[:3] + 0.1)
    path = saved(tmp_path, data).rename(tmp_path / "run.nii")
    warned = Warned()
    header = header_of(path, warned)
    np.testing.assert_allclose(header.affine, nibabel.load(path).affine, atol=1e-5)
    assert ("orientation_unknown" in codes(warned)) == (codes_ == (0, 0))
    assert (header.geometry.qform_code, header.geometry.sform_code) == codes_


@pytest.mark.parametrize(("unit", "mm"), [(0, 1), (1, 1000), (2, 1), (3, 0.001)])
@pytest.mark.parametrize("sform_code", [0, 1])
def test_a_length_in_any_unit_becomes_millimetres(tmp_path, unit, mm, sform_code):
    header, warned = read(
        tmp_path,
        affine=np.diag([1 / mm] * 3 + [1]) @ FLIPPED,
        xyzt_units=unit | 8,
        sform_code=sform_code,
        qform_code=1,
    )
    np.testing.assert_allclose(header.affine, FLIPPED, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(header.voxel_mm, (2, 3, 4), rtol=1e-5)
    assert warned == []


@pytest.mark.parametrize(("unit", "value"), [(8, 0.8), (16, 800), (24, 800_000)])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_repetition_time_in_any_unit_becomes_seconds(tmp_path, unit, value, format_):
    header, warned = read(tmp_path, format=format_, xyzt_units=unit | 2, pixdim4=value)
    assert (header.tr_s, warned) == (0.8, [])


@pytest.mark.parametrize(
    ("unit", "value", "tr_s", "warnings"),
    [
        (0, 2.0, 2.0, ["tr_unit_missing"]),
        (8, 0.0, None, []),
        (8, -2.0, None, ["tr_unusable"]),
        (8, np.nan, None, ["tr_unusable"]),
        (8, np.inf, None, ["tr_unusable"]),
        (8, 2000.0, None, ["tr_unusable"]),
        (24, 2.0, None, ["tr_unusable"]),
        (32, 2.0, None, ["tr_unusable"]),
    ],
)
def test_a_repetition_time_that_cannot_be_is_told_and_not_used(tmp_path, unit, value, tr_s, warnings):
    header, warned = read(tmp_path, xyzt_units=unit | 2, pixdim4=value)
    assert (header.tr_s, warned) == (tr_s, warnings)


def test_an_image_of_one_volume_is_no_run_and_has_no_repetition_time(tmp_path):
    header, warned = read(tmp_path, array=run_array((7, 8, 9, 1)), pixdim4=2000)
    assert (header.shape, header.is_run, header.tr_s, warned) == ((7, 8, 9, 1), False, None, [])


def test_trailing_dimensions_of_one_say_nothing(tmp_path):
    header, _ = read(tmp_path, array=run_array((7, 8, 9, 5, 1, 1)))
    assert header.shape == (7, 8, 9, 5)


def test_a_single_slice_is_a_volume(tmp_path):
    assert read(tmp_path, array=run_array((7, 8)))[0].shape == (7, 8, 1, 1)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("slices", [8, 9])
def test_slice_times_are_those_of_nibabel(tmp_path, code, slices):
    data = nifti_bytes(
        run_array((7, 6, slices, 5)), dim_info=3 << 4, slice_code=code, slice_end=slices - 1, slice_duration=0.25
    )
    path = saved(tmp_path, data).rename(tmp_path / "run.nii")
    expected = nibabel.load(path).header.get_slice_times()
    np.testing.assert_allclose(header_of(path).slice_times_s, expected)


@pytest.mark.parametrize(
    "fields",
    [
        {"slice_code": 0},
        {"slice_code": 7},
        {"slice_end": 7},
        {"slice_start": 1},
        {"slice_duration": 0},
        {"slice_duration": np.nan},
        {"slice_duration": 0.4},
        {"dim_info": 1 << 4},
        {"pixdim4": 0},
    ],
)
def test_slice_times_that_are_not_whole_are_unknown(tmp_path, fields):
    whole = {"dim_info": 3 << 4, "slice_code": 1, "slice_end": 8, "slice_duration": 0.25}
    assert read(tmp_path, **whole)[0].slice_times_s is not None
    assert read(tmp_path, **whole | fields)[0].slice_times_s is None


@pytest.mark.parametrize(("bits", "axis"), [(0, None), (1, 0), (2, 1), (3, 2)])
def test_the_phase_axis_is_that_of_the_header(tmp_path, bits, axis):
    assert read(tmp_path, dim_info=bits << 2 | 1)[0].phase_axis == axis


@pytest.mark.parametrize(
    ("slope", "inter", "expected", "warnings"),
    [
        (2, -3, (2, -3), []),
        (0, 5, (1, 0), []),
        (np.nan, np.nan, (1, 0), []),
        (np.inf, 1, (1, 0), []),
        (2, np.nan, (2, 0), ["intercept_unusable"]),
    ],
)
def test_a_slope_of_none_scales_nothing(tmp_path, slope, inter, expected, warnings):
    header, warned = read(tmp_path, scl_slope=slope, scl_inter=inter)
    assert ((header.slope, header.inter), warned) == (expected, warnings)


@pytest.mark.parametrize("row", [[0, 0, 0, 5], [2, 0, 0, np.nan], [np.inf, 0, 0, 5], [3e38, 3e38, 0, 5]])
def test_a_singular_or_infinite_sform_gives_way_to_the_qform(tmp_path, row):
    header, warned = read(tmp_path, affine=FLIPPED, qform_code=1, srow0=row)
    np.testing.assert_allclose(header.affine, FLIPPED, atol=1e-4)
    assert warned == ["form_unusable"]
    assert (header.geometry.qform_code, header.geometry.sform_code) == (1, 0)


def test_without_any_usable_orientation_the_voxel_sizes_alone_are_used_and_this_is_told(tmp_path):
    header, warned = read(tmp_path, affine=FLIPPED, srow1=[0, 0, 0, 0], qform_code=3, quatern=[0.9, 0.9, 0.9])
    np.testing.assert_allclose(
        header.affine, [[-2, 0, 0, 6], [0, 3, 0, -10.5], [0, 0, 4, -16], [0, 0, 0, 1]], rtol=1e-5
    )
    assert warned == ["form_unusable", "form_unusable", "orientation_unknown"]


@pytest.mark.parametrize("size", [0, np.nan, np.inf])
def test_an_absurd_voxel_size_is_refused_where_nothing_else_tells_it(tmp_path, size):
    fields = {"affine": FLIPPED, "pixdim2": size, "qform_code": 1}
    assert read(tmp_path, **fields)[1] == ["form_unusable", "voxel_size_contradiction"]  # the sform tells it
    assert refusal(saved(tmp_path, nifti_bytes(sform_code=0, **fields))) == "nifti_no_voxel_size"


def test_a_negative_voxel_size_is_used_without_its_sign(tmp_path):
    header, warned = read(tmp_path, affine=FLIPPED, sform_code=0, qform_code=1, pixdim3=-4)
    np.testing.assert_allclose(header.affine, FLIPPED, atol=1e-4)
    assert warned == ["negative_voxel_size"]


def test_the_orientation_wins_over_voxel_sizes_that_contradict_it(tmp_path):
    header, warned = read(tmp_path, affine=FLIPPED, pixdim1=2.1)
    np.testing.assert_allclose(header.voxel_mm, (2, 3, 4), rtol=1e-6)
    assert warned == ["voxel_size_contradiction"]


def test_the_datatype_wins_over_a_bitpix_that_contradicts_it(tmp_path):
    header, warned = read(tmp_path, bitpix=32)
    assert (header.dtype, warned) == (np.dtype("<i2"), ["bitpix_contradiction"])


REFUSED = {
    "a pair's header": ({"magic": b"ni1\0"}, "nifti_pair"),
    "an unknown magic": ({"magic": b"n+9\0"}, "nifti_unreadable"),
    "no dimensions": ({"dim0": 0}, "nifti_unreadable"),
    "too many dimensions": ({"dim0": 8}, "nifti_unreadable"),
    "a negative size": ({"dim2": -8}, "nifti_dimensions"),
    "a size of zero": ({"dim4": 0}, "nifti_dimensions"),
    "a line of voxels": ({"dim0": 1}, "nifti_dimensions"),
    "a fifth dimension": ({"array": run_array((4, 5, 6, 2, 3))}, "nifti_dimensions"),
    "complex voxels": ({"datatype": 32, "bitpix": 64}, "nifti_datatype"),
    "colour voxels": ({"datatype": 128, "bitpix": 24}, "nifti_datatype"),
    "float128 voxels": ({"datatype": 1536, "bitpix": 128}, "nifti_datatype"),
    "single bits": ({"datatype": 1, "bitpix": 1}, "nifti_datatype"),
    "voxels of no kind": ({"datatype": 0}, "nifti_datatype"),
    "voxels within the header": ({"vox_offset": 348}, "nifti_offset"),
    "voxels from the start": ({"vox_offset": 0}, "nifti_offset"),
    "voxels before the file": ({"vox_offset": -352}, "nifti_offset"),
    "voxels nowhere": ({"vox_offset": np.nan}, "nifti_offset"),
    "voxels at an infinite place": ({"vox_offset": np.inf}, "nifti_offset"),
    "voxels within a byte": ({"vox_offset": 352.5}, "nifti_offset"),
    "voxels past the end": ({"vox_offset": 1e9}, "nifti_cut_off"),
    "more volumes than there are": ({"dim4": 6}, "nifti_cut_off"),
    "voxels of a kilometre": ({"affine": np.diag([1e6, 1e6, 1e6, 1])}, "nifti_voxel_size"),
    "voxels of a nanometre": ({"affine": np.diag([1e-6, 1e-6, 1e-6, 1])}, "nifti_voxel_size"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_processed_is_refused_by_its_header(tmp_path, case):
    fields, code = REFUSED[case]
    assert refusal(saved(tmp_path, nifti_bytes(**fields))) == code


@pytest.mark.parametrize("magic", [b"ni2\0\r\n\x1a\n"])
def test_the_header_of_a_nifti_2_pair_is_refused_with_what_to_do(tmp_path, magic):
    path = saved(tmp_path, nifti_bytes(format="NIfTI-2", magic=magic))
    with pytest.raises(Rejected, match=r"single \.nii or \.nii\.gz") as raised:
        header_of(path)
    assert raised.value.code == "nifti_pair"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "nifti_unreadable"),
        (b"n+1\0" * 200, "nifti_unreadable"),
        (bytes(2000), "nifti_unreadable"),
        (nifti_bytes()[:347], "nifti_unreadable"),
        (nifti_bytes()[:352], "nifti_cut_off"),
        (gzip.compress(nifti_bytes(), mtime=0)[:40], "nifti_damaged"),
        (b"\x1f\x8b" + bytes(100), "nifti_damaged"),
        (gzip.compress(b"", mtime=0), "nifti_unreadable"),
    ],
)
def test_a_file_without_a_whole_header_is_refused(tmp_path, content, code):
    assert refusal(saved(tmp_path, content)) == code


def test_connectivity_matrices_of_cifti_are_refused_by_their_dimensions():
    assert refusal(NIBABEL_FILES / "row_major.dconn.nii") == "nifti_dimensions"


def test_the_limits_are_checked_before_anything_is_read(tmp_path):
    path = saved(tmp_path, nifti_bytes())
    run_bytes = 352 + 7 * 8 * 9 * 5 * 2
    read_header(path, Warned(), max_run_bytes=run_bytes, max_volume_voxels=10 * 7 * 8 * 9)
    assert refusal(path, max_run_bytes=run_bytes - 1) == "nifti_run_too_large"
    assert refusal(path, max_volume_voxels=10 * 7 * 8 * 9 - 1) == "nifti_volume_too_large"


def test_an_image_may_have_ten_times_the_voxels_of_a_runs_volume(tmp_path):
    path = saved(tmp_path, nifti_bytes(np.zeros((7, 8, 9), np.int16)))
    read_header(path, Warned(), max_run_bytes=10**6, max_volume_voxels=7 * 8 * 9)
    assert refusal(path, max_volume_voxels=7 * 8 * 9 - 1) == "nifti_volume_too_large"


@pytest.mark.parametrize("compressed", [False, True])
def test_sixteen_gigabytes_declared_in_a_kilobyte_are_refused_without_asking_for_memory(tmp_path, compressed):
    data = nifti_bytes(np.zeros((7, 8, 9), np.int16), dim=[4, 1000, 1000, 1000, 8, 1, 1, 1])
    path = saved(tmp_path, data, compressed=compressed)
    tracemalloc.start()
    try:
        assert refusal(path) == "nifti_cut_off"
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_as_much_as_deflate_can_hold_is_not_refused(tmp_path):
    data = nifti_bytes(np.zeros((200, 200, 200), np.int16))
    path = saved(tmp_path, data, compressed=True)
    assert path.stat().st_size < len(data) / 900  # close to deflate's limit of 1032
    assert header_of(path).shape == (200, 200, 200, 1)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("order", "<>")
def test_sniffing_knows_both_versions_in_both_byte_orders_compressed_or_not(format_, order, compressed):
    data = nifti_bytes(format=format_, order=order)
    assert _sniff.sniff((gzip.compress(data) if compressed else data)[:4096]) == format_


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", b"{}", gzip.compress(b"n+1", mtime=0), bytes(4096), nifti_bytes()[:340]]
)
def test_sniffing_knows_nothing_else(content):
    assert _sniff.sniff(content) is None


def test_sniffing_a_gzip_bomb_inflates_no_more_than_a_header():
    bomb = gzip.compress(bytes(10_000_000))[:4096]
    tracemalloc.start()
    try:
        assert _sniff.sniff(bomb) is None
        assert tracemalloc.get_traced_memory()[1] < 2**18
    finally:
        tracemalloc.stop()


def test_sniffing_needs_nothing_but_the_standard_library():
    code = (
        "import sys, scandrop.processors.nifti._sniff as _; assert not {'numpy', 'isal', 'nibabel'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": "lambda_src"})


SIDECARS = {
    b'{"RepetitionTime": 2}',
    b'{"RepetitionTime": 2.0, "TaskName": "rest"}',
    b'\xef\xbb\xbf\n{ "TaskName" : "rest" }',
    b'{"Modality": "MR", "PatientName": "X^Y", "MagneticFieldStrength": 3}',
    b'{"SliceTiming": [0, 0.5, 1.0',
    b'{"global": {"const": {"a": [1, "}"]}}, "PhaseEncodingDirection": "j-"}',
    b'{"Note": "a \\"quoted\\" {brace", "FlipAngle": 90',
    b'{"EchoTime": 0.03, "note": "cut off in the middle \\',
}
RECORDS = {
    b"",
    b"{}",
    b'[{"RepetitionTime": 2}]',
    b'{"patient_id": "p1", "patient_name": "Ada"}',
    b'{"patient_id": "p1", "EchoTime": 0.03}',
    b'{"scan": {"RepetitionTime": 2}}',
    b'{"scans": [{"RepetitionTime": 2}]}',
    b'{"RepetitionTime": "often"}',
    b'{"PhaseEncodingDirection": "north"}',
    b'{"note": "\\"RepetitionTime\\": 2"}',
    b'{"note": "cut off \\"RepetitionTime\\": 2',
    b'{"fields": ["RepetitionTime", 2]}',
    b'{"repetitiontime": 2}',
    b'{"RepetitionTime": 2}\n{"RepetitionTime": 2}',
}


@pytest.mark.parametrize("head", sorted(SIDECARS))
def test_an_object_with_an_imaging_field_at_its_top_is_a_sidecar(head):
    assert _sniff.is_sidecar(head)


@pytest.mark.parametrize("head", sorted(RECORDS))
def test_what_a_patient_record_may_be_is_no_sidecar(head):
    assert not _sniff.is_sidecar(head)


@given(st.binary(max_size=300))
def test_telling_a_sidecar_never_breaks(content):
    assert _sniff.is_sidecar(b'{"a": ' + content) in (True, False)


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 543), st.integers(0, 255)), min_size=1, max_size=6),
    format_=st.sampled_from(FORMATS),
)
def test_whatever_stands_in_a_header_it_is_read_or_refused(tmp_path_factory, changes, format_):
    data = bytearray(nifti_bytes(run_array((4, 5, 6, 2)), format=format_))
    for place, value in changes:
        data[place] = value
    path = saved(tmp_path_factory.getbasetemp(), bytes(data))
    with suppress(Rejected):
        header = read_header(path, Warned(), max_run_bytes=10**6, max_volume_voxels=10**6)
        found = survey(path, header, 1, Warned())
        assert np.isfinite(header.affine).all()
        assert np.isfinite([found.minimum, found.maximum, *found.means]).all()


def test_the_affine_of_the_samples_is_not_symmetric():
    assert not np.allclose(AFFINE, AFFINE.T)  # else a transposed read would pass
