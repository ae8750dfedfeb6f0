"""What the command line shows of the dicom lane's studies: grouped from the ledger by their pseudonyms."""

import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws_stack import PROCESSED, TABLE
from cli_stack import scandrop
from rich.console import Console

from scandrop import ledger
from scandrop_cli import study_tables
from scandrop_cli.studies import studies

HEAD, KNEE = "2.25.111111111111111111111111111111482019384756", "2.25.222222222222222222222222222222222019384756"
NOW = datetime.now(UTC)


def put(key, metadata, *, version="v1", current="v1", status="succeeded", lane="dicom", ago=timedelta(minutes=1)):
    """One object version as its lane writes it, and which version of its key is the current one."""
    facts = ledger.indexed(key, lane, status, NOW - ago)
    item = {"object_key": key, "version_id": version, "lane": lane, "metadata": metadata, "size_bytes": 500_000}
    table = boto3.resource("dynamodb").Table(TABLE)
    table.put_item(Item={**item, **facts, "finished_at": facts["updated_at"]})
    table.put_item(Item={"object_key": key, "version_id": "#current", "current_version": current, "sequencer": "1"})


def metadata(number, study=HEAD, series="2.25.31", **more):
    return {
        "study_instance_uid": study,
        "series_instance_uid": series,
        "sop_instance_uid": f"{series}.{number}",
        "patient_id": "7QK2M0RX9T4WZB3HV1AE",
        "modality": "CT",
        "body_part": "HEAD",
        "series_number": 2,
        "instance_number": number,
        "rows": 512,
        "columns": 384,
        "frames": 1,
        **more,
    }


@pytest.fixture
def archive(world):
    """Two studies of two patients: of one a series lacks instances 1, 4 and 6 to 7."""
    for number in (5, 2, 3, 8):
        put(f"a/{number}.dcm", metadata(number, recognisable=True))
    put("a/scout.dcm", metadata(1, series="2.25.30", series_number=1, modality="DX"))
    more = {"patient_id": "0" * 20, "burned_in_risk": "possible", "modality": "US", "body_part": None}
    put("b/1.dcm", metadata(1, KNEE, "2.25.32", **more), ago=timedelta(days=2))
    return world


def listed(*arguments):
    result = scandrop("study", "list", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def shown(uid, *arguments):
    result = scandrop("study", "show", uid, "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.usefixtures("archive")
def test_studies_are_listed_newest_first_with_what_they_are_made_of():
    head, knee = listed()
    newest = head.pop("newest")
    assert head == {
        "study": HEAD,
        "patient": "7QK2M0RX9T4WZB3HV1AE",
        "modalities": ["CT", "DX"],
        "series": 2,
        "instances": 5,
        "size_bytes": 2_500_000,
        "missing": 4,
        "recognisable": True,
        "burned_in_risk": "none",
    }
    assert (knee["study"], knee["burned_in_risk"], knee["recognisable"]) == (KNEE, "possible", False)
    assert newest > knee["newest"]


@pytest.mark.usefixtures("archive")
def test_the_list_can_be_of_one_patient_and_of_the_last_days():
    for patient in ("0" * 20, "0" * 12):
        assert [study["study"] for study in listed("--patient", patient)] == [KNEE]
    assert [study["study"] for study in listed("--since", "1d")] == [HEAD]


@pytest.mark.usefixtures("archive")
def test_a_study_shows_its_series_in_order_with_what_is_missing_and_the_keys():
    scout, head = shown(HEAD)["series"]
    assert (scout["modality"], scout["missing"]) == ("DX", [])
    assert head["missing"] == [[1, 1], [4, 4], [6, 7]]
    assert [(one["key"], one["number"]) for one in head["instances"]] == [
        ("a/2.dcm", 2),
        ("a/3.dcm", 3),
        ("a/5.dcm", 5),
        ("a/8.dcm", 8),
    ]


@pytest.mark.usefixtures("archive")
def test_the_tables_show_it_too():
    lines = scandrop("study", "list").stdout.splitlines()
    assert lines[0].split() == ["study", "patient", "modality", "series", "instances", "size", "age", "notes"]
    assert lines[1].split()[:2] == ["482019384756", "7QK2M0RX9T4W"]
    assert lines[1].endswith("face, 4 missing")
    text = scandrop("study", "show", "482019384756").stdout
    assert "5 in 2 series, 2.5 MB" in text
    assert "1, 4, 6-7" in text
    assert "a/2.dcm" not in text
    with_keys = scandrop("study", "show", "482019384756", "--keys").stdout
    assert ["a/2.dcm", "2", "2", "384", "x", "512", "500", "kB"] in [line.split() for line in with_keys.splitlines()]


@pytest.mark.parametrize("uid", [HEAD, HEAD[:9], "482019384756"])
@pytest.mark.usefixtures("archive")
def test_a_study_is_found_by_either_end_of_its_uid(uid):
    assert shown(uid)["study"] == HEAD


@pytest.mark.usefixtures("archive")
def test_an_end_that_several_studies_share_is_answered_with_all_of_them():
    result = scandrop("study", "show", "019384756")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "stands for 2 studies" in result.stderr
    assert HEAD in result.stderr
    assert KNEE in result.stderr


@pytest.mark.usefixtures("archive")
def test_a_study_that_is_not_there_exits_with_one_and_says_how_to_look():
    result = scandrop("study", "show", "9999")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1] == "  scandrop study list --env test"


@pytest.mark.usefixtures("world")
def test_an_empty_list_says_since_when():
    result = scandrop("study", "list", "--since", "2026-11-01")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No study was found since 2026-11-01 00:00 UTC.\n"
    assert listed() == []


@pytest.mark.usefixtures("world")
def test_only_what_succeeded_in_the_dicom_lane_and_is_current_counts():
    put("a/1.dcm", metadata(1))
    put("a/1.dcm", metadata(1), version="v2", current="v2")
    put("a/2.dcm", metadata(2), status="rejected")
    put("a/3.nii", metadata(3), lane="nifti")
    put("a/4.dcm", metadata(4), current="v9")
    (study,) = listed()
    assert (study["instances"], study["missing"]) == (1, 0)


@pytest.mark.usefixtures("world")
def test_an_instance_under_two_keys_counts_once_and_is_told():
    put("a/1.dcm", metadata(1))
    put("copy/1.dcm", metadata(1))
    (study,) = listed()
    assert study["instances"] == 1
    assert "1 twice" in scandrop("study", "list").stdout


def test_metadata_that_were_too_large_for_the_ledger_come_from_the_manifest(world):
    put("a/1.dcm", {"see": "manifest"})
    manifest = {"source": {"version_id": "v1"}, "metadata": metadata(1), "derivatives": []}
    world.stack.s3.put_object(Bucket=PROCESSED, Key="a/1.dcm/manifest.json", Body=json.dumps(manifest))
    assert [study["study"] for study in listed()] == [HEAD]


@pytest.mark.usefixtures("world")
def test_a_number_of_a_thousand_million_is_a_gap_and_not_a_list():
    put("a/1.dcm", metadata(1_000_000_007))
    assert shown(HEAD)["series"][0]["missing"] == [[1, 1_000_000_006]]


def test_the_order_in_which_instances_were_processed_does_not_matter(world):
    for place, number in enumerate((3, 7, 1, 6, 2, 5, 4)):
        put(f"{number}.dcm", metadata(number), ago=timedelta(minutes=900 * place))
    (study,) = studies(world.environment, NOW - timedelta(days=9))
    assert [one.number for one in study.instances] == [1, 2, 3, 4, 5, 6, 7]


def test_the_tables_of_studies_fit_eighty_columns(archive):
    every = studies(archive.environment, NOW - timedelta(days=9))
    console = Console(width=80, file=io.StringIO())
    console.print(study_tables.studies_table(every), study_tables.series_table(every[0].series))
    text = console.file.getvalue()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(part in text for part in ("482019384756", "2.5 MB", "HEAD"))
