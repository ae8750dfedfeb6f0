"""Who may ask what a pseudonym stands for, what is written down of it, and what is answered."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from aws_stack import RAW, TABLE
from botocore.exceptions import ClientError
from cli_stack import KEY, deployed, refuse, scandrop
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RLELossless

from scandrop import ledger
from scandrop.pseudonyms import Pseudonyms
from scandrop_cli import reidentify as module

OURS, THEIRS = Pseudonyms(KEY.encode()), Pseudonyms(b"another environment's key, long enough")
AUDIT = "/scandrop-test/audit"
NAME, PATIENT, ACCESSION, STUDY, STUDY_ID = (
    "Canary^Zyxwvut",
    "MRN-4711-0815",
    "ACC20260117",
    "1.2.276.0.7230010.99",
    "17",
)
RAW_KEY = "ward 7/Canary_Zyxwvut_1937.dcm"
PERSONAL = ("Canary", "Zyxwvut", "4711", "ACC2026", "7230010")


def dicom(number=1, *, patient=PATIENT, pixels=b"\1\2" * 6, syntax=ExplicitVRLittleEndian, **more):
    """A CT slice of 1 row and 6 columns with what identifies its patient."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, f"{STUDY}.1.{number}"
    dataset = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
    values = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": f"{STUDY}.1.{number}",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": f"{STUDY}.1",
        "PatientID": patient,
        "PatientName": NAME,
        "AccessionNumber": ACCESSION,
        "StudyID": STUDY_ID,
        "Modality": "CT",
        **dict.fromkeys(("BitsAllocated", "BitsStored"), 16),
        **dict.fromkeys(("Rows", "SamplesPerPixel"), 1),
        "Columns": 6,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PhotometricInterpretation": "MONOCHROME2",
        **more,
    }
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if pixels is not None:
        dataset.PixelData = pixels
        dataset["PixelData"].VR = "OW"
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(module, "_BACK_DAYS", (2, 7))  # moto takes its time for each day
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        made.give_key()
        boto3.client("logs").create_log_group(logGroupName=AUDIT)
        yield made


def put(key, body):
    """A raw object; returns its version id."""
    return boto3.client("s3").put_object(Bucket=RAW, Key=key, Body=body)["VersionId"]


def remember(key, version_id, **metadata):
    """What the dicom lane tells the ledger of an object."""
    facts = ledger.indexed(key, "dicom", "succeeded", datetime.now(UTC) - timedelta(hours=1))
    told = {
        "patient_id": OURS.patient_id(PATIENT),
        "study_instance_uid": OURS.uid(STUDY),
        "series_instance_uid": OURS.uid(f"{STUDY}.1"),
        "sop_instance_uid": OURS.uid(f"{STUDY}.1.1"),
        **metadata,
    }
    item = {"object_key": key, "version_id": version_id, "lane": "dicom", "metadata": told, "size_bytes": 1, **facts}
    table = boto3.resource("dynamodb").Table(TABLE)
    table.put_item(Item={**item, "finished_at": facts["updated_at"]})
    table.put_item(Item={"object_key": key, "version_id": "#current", "current_version": version_id})


def audited():
    """The audit's records in the order in which they were written."""
    client = boto3.client("logs")
    streams = client.describe_log_streams(logGroupName=AUDIT)["logStreams"]
    return [
        json.loads(event["message"])
        for stream in streams
        for event in client.get_log_events(
            logGroupName=AUDIT, logStreamName=stream["logStreamName"], startFromHead=True
        )["events"]
    ]


def answer(*tokens):
    result = scandrop("reidentify", *tokens, "--json")
    assert result.exit_code == 0, result.output
    return {
        one["token"]: {match["kind"]: match["original"] for match in one["matches"]}
        for one in json.loads(result.stdout)
    }


@pytest.fixture
def scan(world):
    remember(RAW_KEY, put(RAW_KEY, dicom()))
    return world


@pytest.mark.parametrize(
    ("token", "originals"),
    [
        (OURS.patient_id(PATIENT), {"patient_id": PATIENT, "patient_name": NAME}),
        (OURS.uid(STUDY), {"study_instance_uid": STUDY}),
        (OURS.uid(f"{STUDY}.1"), {"series_instance_uid": f"{STUDY}.1"}),
        (OURS.uid(f"{STUDY}.1.1"), {"sop_instance_uid": f"{STUDY}.1.1"}),
    ],
)
@pytest.mark.usefixtures("scan")
def test_a_pseudonym_that_the_ledger_knows_is_answered_with_what_it_stands_for(token, originals, monkeypatch):
    monkeypatch.setattr(module._Search, "_in_raw_bucket", None)  # noqa: SLF001  # nothing is walked
    assert answer(token) == {token: originals}


@pytest.mark.parametrize(
    ("token", "originals"),
    [
        (OURS.identifier("AccessionNumber", ACCESSION, 16), {"accession_number": ACCESSION}),
        (OURS.identifier(f"StudyID of {OURS.patient_id(PATIENT)}", STUDY_ID, 16), {"study_id": STUDY_ID}),
    ],
)
@pytest.mark.usefixtures("scan")
def test_a_number_that_the_ledger_does_not_have_is_found_by_walking_which_is_said(token, originals):
    assert answer(token) == {token: originals}
    assert "so the headers of 1 raw objects are read" in scandrop("reidentify", token).stderr


@pytest.mark.usefixtures("world")
def test_where_the_ledger_knows_nothing_only_what_may_be_dicom_is_read(monkeypatch):
    for key, body in (("a.png", b"x"), ("b.dcm", b""), ("c.dcm", b"no dicom"), ("d", dicom(2)), (RAW_KEY, dicom())):
        put(key, body)
    read, fetch = [], module._Search._fetch  # noqa: SLF001
    monkeypatch.setattr(
        module._Search,  # noqa: SLF001
        "_fetch",
        lambda self, version, *rest: read.append(version[0]) or fetch(self, version, *rest),
    )
    token = OURS.uid(f"{STUDY}.1.1")
    assert answer(token) == {token: {"sop_instance_uid": f"{STUDY}.1.1"}}
    assert "a.png" not in read


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.usefixtures("world")
def test_of_a_large_object_the_header_suffices_where_it_can(syntax, monkeypatch):
    pixels = bytes(6_000_000)
    if syntax is RLELossless:
        from pydicom.encaps import encapsulate  # noqa: PLC0415

        pixels = encapsulate([pixels])
    put("large.dcm", dicom(pixels=pixels, syntax=syntax, Rows=1000, Columns=3000))
    monkeypatch.setattr(module, "_HEADER_BYTES", 10_000)
    token = OURS.identifier("AccessionNumber", ACCESSION, 16)
    assert answer(token) == {token: {"accession_number": ACCESSION}}


@pytest.fixture
def prod(world):
    """Keys are pseudonymous, and the ledger knows the object by one."""
    boto3.client("secretsmanager").delete_secret(
        SecretId="scandrop-test-pseudonym-key", ForceDeleteWithoutRecovery=True
    )
    world.give_key(pseudonymous_keys=True)
    put("ward 6/other.dcm", dicom(2, patient="someone else"))
    remember(OURS.object_key(RAW_KEY), put(RAW_KEY, dicom()))
    return world


@pytest.mark.usefixtures("prod")
def test_a_pseudonymous_key_is_answered_with_the_raw_one():
    token = OURS.object_key(RAW_KEY)
    assert answer(token) == {token: {"object_key": RAW_KEY}}


@pytest.mark.usefixtures("prod")
def test_where_keys_are_pseudonymous_the_raw_object_is_found_by_making_them_again():
    token = OURS.patient_id(PATIENT)
    result = scandrop("reidentify", token, "--json")
    (one,) = json.loads(result.stdout)
    assert [(match["original"], match["key"]) for match in one["matches"]] == [(PATIENT, RAW_KEY), (NAME, RAW_KEY)]


@pytest.mark.usefixtures("scan")
def test_the_version_that_the_ledger_means_is_read_and_not_the_newest():
    put(RAW_KEY, dicom(patient="someone else", PatientName="Someone^Else"))
    token = OURS.patient_id(PATIENT)
    assert answer(token)[token]["patient_name"] == NAME


@pytest.mark.usefixtures("scan")
def test_the_table_shows_token_kind_original_and_raw_key():
    token = OURS.uid(STUDY)
    lines = scandrop("reidentify", token).stdout.splitlines()
    assert lines[0].split() == ["token", "kind", "original", "raw", "key"]
    assert " ".join(lines[1].split()) == f"{token} study instance uid {STUDY} {RAW_KEY}"


@pytest.mark.parametrize("token", [OURS.uid("1.2.3"), OURS.patient_id("nobody"), OURS.object_key("a/nothing.dcm")])
@pytest.mark.usefixtures("scan")
def test_a_pseudonym_of_nothing_that_is_there_exits_with_one_and_is_audited(token):
    result = scandrop("reidentify", token)
    assert (result.exit_code, result.stdout) == (1, "")
    told = " ".join(result.stderr.split())
    assert f"No object in the raw bucket of test has {token}. What is looked for is a patient, an acc" in told
    assert [record.get("found") for record in audited()] == [None, False]


@pytest.mark.parametrize("token", [THEIRS.uid(STUDY), THEIRS.patient_id(PATIENT), THEIRS.object_key(RAW_KEY)])
@pytest.mark.usefixtures("scan")
def test_a_pseudonym_of_another_key_is_refused_and_audited(token):
    result = scandrop("reidentify", token)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no pseudonym of test: it is misspelt, or another environment's or key's." in result.stderr
    assert [(record["event"], record["token"]) for record in audited()] == [
        ("reidentification asked", token),
        ("reidentification refused", token),
    ]


@pytest.mark.parametrize("token", [STUDY, PATIENT, "", RAW_KEY])
@pytest.mark.usefixtures("scan")
def test_what_has_not_even_the_form_of_a_pseudonym_reaches_neither_key_nor_audit(token):
    refuse("secrets-manager")
    result = scandrop("reidentify", OURS.uid(STUDY), token)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no pseudonym: it has the form of none." in result.stderr
    boto3.DEFAULT_SESSION = None
    assert audited() == []


@pytest.mark.usefixtures("scan")
def test_the_audit_has_who_when_and_what_and_nothing_personal():
    token, before = OURS.patient_id(PATIENT), datetime.now(UTC) - timedelta(seconds=1)
    scandrop("reidentify", token)
    asked, answered = audited()
    assert (asked["event"], answered["event"]) == ("reidentification asked", "reidentification answered")
    assert asked["token"] == answered["token"] == token
    assert asked["question"] == answered["question"]
    assert asked["who"] == boto3.client("sts").get_caller_identity()["Arn"]
    assert before < datetime.fromisoformat(asked["at"]) <= datetime.fromisoformat(answered["at"]) < datetime.now(UTC)
    assert answered["found"] is True
    assert not [word for word in PERSONAL if word in json.dumps([asked, answered])]


@pytest.mark.usefixtures("scan")
def test_the_question_is_written_before_anything_is_read_and_the_answer_before_it_is_told(monkeypatch):
    seen = []
    for name in ("_in_ledger", "_fetch"):
        step = getattr(module._Search, name)  # noqa: SLF001

        def noted(self, *rest, step=step, name=name):
            seen.append((name, [record["event"].split()[1] for record in audited()]))
            return step(self, *rest)

        monkeypatch.setattr(module._Search, name, noted)  # noqa: SLF001
    monkeypatch.setattr(
        "scandrop_cli.terminal.print_json",
        lambda _: seen.append(("told", [record["event"].split()[1] for record in audited()])),
    )
    scandrop("reidentify", OURS.uid(STUDY), "--json")
    assert seen == [("_in_ledger", ["asked"]), ("_fetch", ["asked"]), ("told", ["asked", "answered"])]


@pytest.mark.parametrize("written", [0, 1])
def test_without_an_audit_record_nothing_is_told(scan, monkeypatch, written):
    """Whether the log cannot be written at all, or only its second record not."""
    environment, made = scan.environment, []
    write = type(environment.logs).put_log_events

    def put_log_events(self, **request):
        made.append(request)
        if len(made) > written:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutLogEvents")
        return write(self, **request)

    monkeypatch.setattr(type(environment), "logs", environment.logs, raising=False)
    monkeypatch.setattr(type(environment.logs), "put_log_events", put_log_events)
    result = scandrop("reidentify", OURS.patient_id(PATIENT))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The audit log /scandrop-test/audit cannot be written" in result.stderr
    assert not [word for word in PERSONAL if word in result.output]


def test_a_missing_audit_log_is_refused_too(scan):
    boto3.client("logs").delete_log_group(logGroupName=AUDIT)
    result = scandrop("reidentify", OURS.patient_id(PATIENT))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "The audit log /scandrop-test/audit is gone" in result.stderr
    assert result.stderr.endswith("\n  ./deploy.sh test\n")
    assert scan


@pytest.mark.usefixtures("scan")
def test_without_the_key_nothing_is_told_and_that_it_was_asked_is_audited():
    refuse("secrets-manager")
    result = scandrop("reidentify", OURS.patient_id(PATIENT))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "These credentials may not read the pseudonym key of test." in result.stderr
    boto3.DEFAULT_SESSION = None
    assert [record["event"] for record in audited()] == ["reidentification asked"]


@pytest.mark.usefixtures("world")
def test_an_object_that_is_gone_is_no_answer_and_no_error():
    remember(RAW_KEY, "0" * 32)
    result = scandrop("reidentify", OURS.patient_id(PATIENT))
    assert (result.exit_code, result.stdout) == (1, "")


@pytest.mark.usefixtures("world")
def test_an_object_that_was_pseudonymised_before_it_was_dropped_is_no_original():
    put("again.dcm", dicom(patient=OURS.patient_id(PATIENT), PatientName=OURS.patient_id(PATIENT)))
    assert scandrop("reidentify", OURS.patient_id(PATIENT)).exit_code == 1


@pytest.mark.parametrize("pseudonymous_keys", [False, True])
def test_what_the_lane_made_of_real_slices_is_one_study_each_and_leads_back(world, pseudonymous_keys):
    boto3.client("secretsmanager").delete_secret(
        SecretId="scandrop-test-pseudonym-key", ForceDeleteWithoutRecovery=True
    )
    world.give_key(pseudonymous_keys=pseudonymous_keys)
    for name in ("CT_small.dcm", "MR_small.dcm"):
        world.drop(f"ward 7/{name}", Path(get_testdata_file(name)).read_bytes(), "dicom")
    listed = json.loads(scandrop("study", "list", "--json").stdout)
    (ct,) = [study for study in listed if study["modalities"] == ["CT"]]
    assert (len(listed), ct["series"], ct["instances"]) == (2, 1, 1)
    (series,) = json.loads(scandrop("study", "show", ct["study"], "--json").stdout)["series"]
    raw = dcmread(get_testdata_file("CT_small.dcm"), stop_before_pixels=True)
    originals = {
        ct["study"]: {"study_instance_uid": raw.StudyInstanceUID},
        series["uid"]: {"series_instance_uid": raw.SeriesInstanceUID},
        series["instances"][0]["uid"]: {"sop_instance_uid": raw.SOPInstanceUID},
        ct["patient"]: {"patient_id": raw.PatientID, "patient_name": str(raw.PatientName)},
    }
    if pseudonymous_keys:
        originals[series["instances"][0]["key"]] = {"object_key": "ward 7/CT_small.dcm"}
    assert answer(*originals) == originals
