"""Names and sidecars are read as BIDS has them; nothing a sidecar holds can break a run or name a person."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nifti_files import codes, header_of, nifti_bytes, run_array, saved

from scandrop.processors.nifti._bids import entities_of
from scandrop.processors.nifti._sidecar import acquisition, dataset_description, read_sidecar, write_json
from scandrop.processors.nifti._warnings import Warned

NAME = "sub-01_task-rest_bold.nii.gz"
WHOLE = {
    "RepetitionTime": 2.5,
    "EchoTime": 0.03,
    "FlipAngle": 77,
    "MagneticFieldStrength": 3,
    "TaskName": "Rest",
    "PhaseEncodingDirection": "j-",
    "SliceTiming": [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0],
}


@pytest.fixture
def acquired(tmp_path):
    """The acquisition of a run (7, 8, 9, 5) with a TR of 2.5 s in its header, and the warnings."""

    def merge(sidecar=None, name=NAME, **fields):
        warned = Warned()
        header = header_of(saved(tmp_path, nifti_bytes(**fields)), warned)
        raw = sidecar if sidecar is None or isinstance(sidecar, bytes) else json.dumps(sidecar).encode()
        return acquisition(header, read_sidecar(raw, warned), entities_of(name), warned), codes(warned)

    return merge


@pytest.mark.parametrize(
    ("name", "prefix", "suffix"),
    [
        ("sub-01_task-rest_bold.nii.gz", "sub-01_task-rest", "bold"),
        ("sub-01_ses-2_task-rest_acq-mb_dir-AP_run-01_echo-2_part-mag_bold.NII", None, "bold"),
        ("task-rest_sub-01_bold.nii", "sub-01_task-rest", "bold"),
        ("sub-01_task-rest_space-T1w_desc-preproc_bold.nii.gz", "sub-01_task-rest_space-T1w", "bold"),
        ("sub-01_T1w.nii.gz", "sub-01", "T1w"),
        ("desc-mean_bold.nii.gz", "bold", "bold"),
    ],
)
def test_a_bids_name_gives_its_entities_in_order_without_desc_as_prefix(name, prefix, suffix):
    entities = entities_of(name)
    assert entities.prefix == (prefix or name.removesuffix("_bold.NII"))
    assert entities.suffix == suffix


def test_entities_in_any_order_are_put_into_that_of_the_standard():
    shuffled = "desc-a_part-b_echo-1_run-2_dir-c_rec-d_ce-e_acq-f_task-g_ses-h_sub-i_space-j_bold.nii"
    order = ["sub", "ses", "task", "acq", "ce", "rec", "dir", "run", "echo", "part", "space", "desc"]
    assert list(entities_of(shuffled).values) == order


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("functional.nii", "functional"),
        ("my run (1).nii.gz", "my-run-1"),
        ("sub-01_sub-02_bold.nii", "sub-01_sub-02_bold"),
        ("sub-01_run-first_bold.nii", "sub-01_run-first_bold"),
        ("sub-01_who-ada_bold.nii", "sub-01_who-ada_bold"),
        ("sub-_bold.nii", "sub-_bold"),
        ("sub_bold.nii", "sub_bold"),
        ("../../etc/passwd.nii", "etc-passwd"),
        ("Größe\n\0.nii.gz", "Gr-e"),
        ("....nii.gz", "image"),
        (".nii", "image"),
        ("x" * 300 + ".nii", "x" * 100),
        ("sub-" + "x" * 300 + "_bold.nii", "sub-" + "x" * 96),
    ],
)
def test_a_name_that_is_not_bids_gives_a_safe_stem(name, prefix):
    assert (entities_of(name).prefix, entities_of(name).values) == (prefix, {})


@given(st.text(max_size=120))
def test_any_name_gives_a_prefix_that_is_safe_in_a_path(name):
    assert re.fullmatch(r"[0-9A-Za-z_+-]{1,100}", entities_of(name).prefix)


def test_a_sidecar_that_agrees_says_how_the_run_was_acquired(acquired):
    found, warned = acquired(WHOLE)
    assert (found.tr_s, found.phase_axis, found.task) == (2.5, 1, "Rest")
    assert found.slice_times_s == tuple(WHOLE["SliceTiming"])
    assert found.fields == WHOLE
    assert list(found.fields) == list(acquired(dict(reversed(WHOLE.items())))[0].fields)  # the same bytes are written
    assert warned == []


def test_without_a_sidecar_header_and_name_say_it(acquired):
    found, warned = acquired(dim_info=2 << 2 | 3 << 4, slice_code=1, slice_end=8, slice_duration=0.25)
    assert (found.tr_s, found.task, found.phase_axis, found.slice_times_s[1]) == (2.5, "rest", 1, 0.25)
    assert found.fields == {"TaskName": "rest", "RepetitionTime": 2.5, "SliceTiming": list(found.slice_times_s)}
    assert warned == []


def test_the_sidecar_wins_over_a_header_that_it_contradicts(acquired):
    found, warned = acquired({"RepetitionTime": 0.8, "PhaseEncodingDirection": "i"}, dim_info=2 << 2)
    assert (found.tr_s, found.fields["RepetitionTime"], found.phase_axis) == (0.8, 0.8, 0)
    assert warned == ["tr_contradiction", "phase_axis_contradiction"]


def test_rounding_is_no_contradiction(acquired):
    found, warned = acquired({"RepetitionTime": 2.5004})
    assert (found.tr_s, warned) == (2.5004, [])


def test_no_repetition_time_anywhere_is_told(acquired):
    found, warned = acquired(pixdim4=0)
    assert (found.tr_s, "RepetitionTime" in found.fields, warned) == (None, False, ["tr_unknown"])


def test_a_sidecar_mends_a_header_in_milliseconds_that_calls_them_seconds(acquired):
    found, warned = acquired({"RepetitionTime": 2}, pixdim4=2000)
    assert (found.tr_s, warned) == (2, ["tr_unusable"])


@pytest.mark.parametrize(
    "times", [[0.0] * 8, [0.0] * 10, [0.0] * 8 + [2.5], [0.0] * 8 + [99]], ids=["fewer", "more", "at the TR", "in ms"]
)
def test_slice_times_that_do_not_fit_the_run_are_told_and_not_used(acquired, times):
    found, warned = acquired({"SliceTiming": times})
    assert (found.slice_times_s, "SliceTiming" in found.fields, warned) == (None, False, ["slice_timing_unusable"])


def test_slice_times_from_the_far_end_are_turned_round(acquired):
    found, _ = acquired({**WHOLE, "SliceEncodingDirection": "k-"})
    assert found.slice_times_s == tuple(WHOLE["SliceTiming"][::-1])
    assert found.fields["SliceTiming"] == WHOLE["SliceTiming"][::-1]
    assert found.fields["SliceEncodingDirection"] == "k"


@pytest.mark.parametrize("times", [{}, {"SliceTiming": [0.1] * 4}], ids=["none", "too few"])
def test_a_direction_whose_slice_times_are_not_used_is_not_passed_on(acquired, times):
    found, _ = acquired({"RepetitionTime": 2.5, "SliceEncodingDirection": "k-", **times})
    assert found.fields == {"RepetitionTime": 2.5, "TaskName": "rest"}


def test_the_echo_times_of_several_echoes_are_passed_on(acquired):
    found, warned = acquired({**WHOLE, "EchoTime": [0.013, 0.03, 0.047]})
    assert (found.fields["EchoTime"], warned) == ([0.013, 0.03, 0.047], [])


def test_slice_times_are_counted_along_the_axis_of_the_slices(acquired):
    found, warned = acquired({"SliceTiming": [0.1] * 7, "SliceEncodingDirection": "i"})
    assert (len(found.slice_times_s), warned) == (7, [])


def test_an_image_has_no_repetition_time_between_volumes(acquired):
    found, warned = acquired({"RepetitionTime": 2.3, "EchoTime": 0.003}, "sub-01_T1w.nii", array=run_array()[..., 0])
    assert (found.tr_s, warned) == (None, [])
    assert found.fields == {"RepetitionTime": 2.3, "EchoTime": 0.003}


def test_a_bold_of_one_volume_is_told(acquired):
    assert acquired(array=run_array()[..., 0])[1] == ["single_volume"]


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{RepetitionTime: 2}",
    "cut off": b'{"RepetitionTime": 2',
    "an array": b'[{"RepetitionTime": 2}]',
    "a number": b"2",
    "null": b"null",
    "no text": b"\xff\xfe\xfd",
    "too deep": b'{"a":' * 200_000,
    "too deep and closed": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "an endless number": b'{"RepetitionTime": ' + b"9" * 10_000 + b"}",
    "too large": b'{"RepetitionTime": 2, "a": "' + b"x" * 2**20 + b'"}',
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_sidecar_that_cannot_be_read_is_told_and_not_used(acquired, case):
    found, warned = acquired(UNREADABLE[case])
    assert (found.tr_s, warned) == (2.5, ["sidecar_unreadable"])


@pytest.mark.parametrize(
    "fields",
    [
        {"RepetitionTime": "2"},
        {"RepetitionTime": 2000},
        {"RepetitionTime": 0},
        {"RepetitionTime": -2},
        {"RepetitionTime": True},
        {"RepetitionTime": None},
        {"RepetitionTime": [2]},
        {"RepetitionTime": float("nan")},
        {"RepetitionTime": float("inf")},
        {"RepetitionTime": 10**400},
        {"SliceTiming": "fast"},
        {"SliceTiming": []},
        {"SliceTiming": [[0.0]] * 9},
        {"SliceTiming": [None] * 9},
        {"SliceTiming": [float("nan")] * 9},
        {"SliceTiming": {"0": 1}},
        {"SliceTiming": [0] * 20_000},
        {"PhaseEncodingDirection": "AP"},
        {"PhaseEncodingDirection": ["j"]},
        {"TaskName": "<script>alert(1)</script>"},
        {"TaskName": "x" * 81},
        {"TaskName": 5},
        {"FlipAngle": {}},
    ],
)
def test_a_field_of_another_kind_or_out_of_range_is_told_and_not_used(acquired, fields):
    found, warned = acquired(fields)
    assert (found.tr_s, found.slice_times_s, found.phase_axis, found.task) == (2.5, None, None, "rest")
    assert found.fields == {"TaskName": "rest", "RepetitionTime": 2.5}
    assert warned == ["sidecar_field_unusable"]


@pytest.mark.parametrize(
    ("label", "said"), [("nback", "N Back"), ("facesnback", "faces n-back"), ("rest", "rest"), ("a+b", "A+B")]
)
def test_a_task_is_spelt_as_the_sidecar_has_it_where_the_name_has_the_same(acquired, label, said):
    found, warned = acquired({"TaskName": said}, f"sub-01_task-{label}_bold.nii")
    assert (found.task, found.fields["TaskName"], warned) == (said, said, [])


@pytest.mark.parametrize("said", ["Doe", "rest Doe", "PAT4711", "res"])
def test_a_task_that_the_name_does_not_have_could_be_a_person_and_goes_nowhere(acquired, said):
    found, warned = acquired({"TaskName": said})
    assert (found.task, found.fields["TaskName"], warned) == ("rest", "rest", ["task_not_of_name"])


@pytest.mark.parametrize("name", ["scan.nii", "sub-01_bold.nii", "7QK2M0RX9T4WZB3HV1AE.nii.gz"])
def test_where_the_name_has_no_task_none_goes_through(acquired, name):
    found, warned = acquired({"TaskName": "rest"}, name)
    assert (found.task, "TaskName" in found.fields, warned) == (None, False, ["task_not_of_name"])


def test_warnings_never_repeat_what_a_sidecar_says():
    warned = Warned()
    read_sidecar(b'{"TaskName": "<CANARY>", "CANARY": 1, "EchoTime": "CANARY"}', warned)
    assert len(warned) == 2
    assert not any("CANARY" in caution.sentence for caution in warned)


def test_nothing_personal_of_a_sidecar_is_written_again(tmp_path, acquired):
    personal = dict.fromkeys(
        (
            "PatientName",
            "PatientID",
            "InstitutionName",
            "AcquisitionDateTime",
            "DeviceSerialNumber",
            "SeriesDescription",
        ),
        "CANARY",
    )
    hidden = {"EchoTime": ["CANARY"], "SliceTiming": [0.0] * 8 + ["CANARY"], "global": {"RepetitionTime": "CANARY"}}
    found, _ = acquired({**WHOLE, **personal, **hidden})
    write_json(tmp_path / "out.json", found.fields)
    written = (tmp_path / "out.json").read_text()
    assert "CANARY" not in written
    assert set(json.loads(written)) == set(WHOLE) - set(hidden)


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3))
)
def test_whatever_a_field_holds_it_is_sound_or_left_out(value):
    names = ("RepetitionTime", "SliceTiming", "TaskName", "PhaseEncodingDirection")
    sound = read_sidecar(json.dumps(dict.fromkeys(names, value)).encode(), Warned())
    json.dumps(dict(sound), allow_nan=False)


def test_the_dataset_says_what_made_it():
    description = dataset_description()
    assert (description["DatasetType"], description["BIDSVersion"]) == ("derivative", "1.10.0")
    assert description["GeneratedBy"][0]["Name"] == "Scandrop"
    assert re.match(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", description["GeneratedBy"][0]["Version"])


def test_json_is_written_the_same_each_time_and_never_with_a_number_that_is_none(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [0.1]})
    assert (tmp_path / "a.json").read_text() == '{\n  "b": 1,\n  "a": [\n    0.1\n  ]\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
