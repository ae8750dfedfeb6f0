"""Fields that an environment wants pseudonymised: linked with the images of a patient, and nowhere in clear."""

import json

import pytest
from dicom_objects import OURS, ct, done, value
from hypothesis import given
from hypothesis import strategies as st

from scandrop.errors import Failed, Rejected
from scandrop.processors import Source
from scandrop.processors.record import Settings, process
from scandrop.processors.record._identifiers import Identifiers, NotAnIdentifierError
from scandrop.processors.record._rules import Rules

KEY = b"a key for the tests, long enough to be one"  # that of OURS
WHO = "PAT-88123"
ANY = {"type": "object"}  # checked field by field
WHOLE = {"type": "object", "minProperties": 1}  # checked record by record


@pytest.fixture
def lane(tmp_path):
    """Runs the processor on records and says what it wrote, by name, and its metadata."""

    def run(*records, form="array", key=KEY, **settings):
        source, work = tmp_path / "source", tmp_path / f"work{len(list(tmp_path.iterdir()))}"
        lines = [json.dumps(record, ensure_ascii=False) for record in records]
        source.write_text(f"[{','.join(lines)}]" if form == "array" else "\n".join(lines), encoding="utf-8")
        work.mkdir()
        result = process(
            Source(source, "a.json", pseudonym_key=key),
            Settings(**{"pseudonymised_fields": ["patient_id"], "schema": ANY, **settings}),
            work,
        )
        return {made.name: made.path.read_text(encoding="utf-8") for made in result.derivatives}, result.metadata

    return run


def ids(written):
    return [row["patient_id"] for row in json.loads(written["patients.json"])]


@pytest.mark.parametrize("form", ["array", "lines"])
@pytest.mark.parametrize("schema", [ANY, WHOLE, Settings().schema], ids=["fieldwise", "whole", "default"])
def test_a_record_and_an_image_of_one_patient_have_the_same_pseudonym(lane, form, schema):
    of_image = value(done(ct({0x00100020: WHO})), 0x00100020).decode()
    records = [{"patient_id": said, "patient_name": "Z"} for said in (WHO, f" {WHO}\r\n", WHO.lower())]
    written, metadata = lane(*records, form=form, schema=schema)
    assert ids(written)[:2] == [of_image] * 2
    assert ids(written)[2] not in {of_image, WHO.lower()}
    assert metadata["key_fingerprint"] == OURS.fingerprint


@pytest.mark.parametrize("schema", [ANY, WHOLE], ids=["fieldwise", "whole"])
def test_a_whole_number_has_the_pseudonym_of_its_digits_and_a_pseudonym_stays_itself(lane, schema):
    own = OURS.patient_id("4711")
    assert ids(lane({"patient_id": 4711}, {"patient_id": own}, schema=schema)[0]) == [own, own]
    assert ids(lane({"patient_id": 10**30}, schema=schema)[0]) == [OURS.patient_id("1" + 30 * "0")]


def test_an_accented_name_is_the_same_in_both_forms_of_unicode(lane):
    written, _ = lane({"patient_id": "Zo\u00eb"}, {"patient_id": "Zoe\u0308"})
    assert len(set(ids(written))) == 1


def test_what_says_nothing_or_is_not_there_stays_so(lane):
    written, metadata = lane({"patient_id": "", "patient_name": "A"}, {"patient_id": " \t"}, {"patient_name": "B"})
    assert json.loads(written["patients.json"]) == [
        {"patient_id": "", "patient_name": "A"},
        {"patient_id": ""},
        {"patient_name": "B"},
    ]
    assert metadata["rejected"] == 0


@pytest.mark.parametrize("faulty", [None, True, 4711.0, 0.5, ["CANARY"], {"CANARY": 1}], ids=repr)
@pytest.mark.parametrize("schema", [ANY, WHOLE], ids=["fieldwise", "whole"])
@pytest.mark.parametrize("form", ["array", "lines"])
def test_a_value_of_another_type_refuses_its_record_and_no_other(lane, faulty, schema, form):
    good = {"patient_id": WHO, "patient_name": "Z"}
    written, metadata = lane(good, {"patient_id": faulty}, good, schema=schema, form=form)
    (refused,) = map(json.loads, written["rejects.jsonl"].splitlines())
    assert (refused["record"], refused["path"], refused["reason"]) == (2, "/patient_id", "not_an_identifier")
    assert ids(written) == [OURS.patient_id(WHO)] * 2
    assert metadata["reasons"] == {"not_an_identifier": 1}
    assert "CANARY" not in str(written)


def test_the_schema_sees_the_original(lane):
    schema = {"type": "object", "properties": {"patient_id": {"pattern": "^PAT-[0-9]+$"}}}
    written, metadata = lane({"patient_id": WHO}, {"patient_id": "other"}, schema=schema)
    assert ids(written) == [OURS.patient_id(WHO)]
    assert metadata["reasons"] == {"pattern": 1}


def test_no_original_is_in_any_derivative_among_thousands_and_some_that_are_refused(lane):
    """In chunks that are taken whole, and in those that are settled one by one."""
    records = [{"patient_id": f"CANARY{number}", "patient_name": f"CANARY {number}"} for number in range(6000)]
    records[3000]["patient_name"] = ["CANARY"]
    written, metadata = lane(*records, {"patient_id": None}, pseudonymised_fields=["patient_id", "patient_name"])
    assert "CANARY" not in f"{written}{metadata}"
    assert ids(written)[5] == OURS.patient_id("CANARY5")
    assert (metadata["extracted"], metadata["reasons"]) == (5999, {"not_an_identifier": 2})


def test_a_record_that_is_judged_by_itself_is_pseudonymised_like_those_of_a_chunk():
    rules = Rules(["patient_id"], ANY, Identifiers(["patient_id"], OURS.patient_id))
    text = json.dumps({"patient_id": WHO}).encode()
    assert (1, rules.judge(text)) == rules.array(text)
    assert WHO.encode() not in rules.judge(text)


def test_fields_that_nobody_wants_pseudonymised_go_through_as_they_are_with_or_without_a_key(lane):
    for key in (KEY, None):
        written, metadata = lane({"patient_id": WHO}, key=key, pseudonymised_fields=[])
        assert ids(written) == [WHO]
        assert "key_fingerprint" not in metadata


def test_without_the_key_nothing_is_written(lane):
    with pytest.raises(Failed) as caught:
        lane({"patient_id": WHO}, key=None)
    assert caught.value.code == "no_pseudonym_key"


def test_a_file_whose_only_record_is_no_use_says_why_without_its_value(lane):
    with pytest.raises(Rejected) as caught:
        lane({"patient_id": ["CANARY"]})
    assert caught.value.facts["fault"] == "not_an_identifier at /patient_id"
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("fields", ["patient_id", ["other"], ["patient_id", "patient_id"], [""], [1], None])
def test_only_fields_that_go_through_can_be_pseudonymised(fields):
    with pytest.raises(ValueError, match=r"^pseudonymised_fields must be a list of different names"):
        Settings(pseudonymised_fields=fields)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_any_value_becomes_a_pseudonym_or_nothing_or_is_refused(given_value):
    try:
        stands_for_it = Identifiers(["id"], OURS.patient_id).replace("id", given_value)
    except NotAnIdentifierError:
        assert isinstance(given_value, bool | float | list) or given_value is None
    else:
        assert OURS.is_own_identifier(stands_for_it) or (stands_for_it, given_value.strip()) == ("", "")
