"""Whatever the records and wherever the chunks are cut, the record lane agrees with the standard library."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scandrop.errors import Rejected
from scandrop.processors import Source
from scandrop.processors.record import Settings, _reader, process
from scandrop.processors.record._text import find_elements, find_lines

# Text made of what a scanner could trip over.
AWKWARD = st.text(st.sampled_from('{}[],:"\\/ \n\tä😀\u2028') | st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | AWKWARD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(AWKWARD, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["patient_id", "patient_name", "id", "note"]) | AWKWARD
RECORDS = st.dictionaries(NAMES, AWKWARD | VALUES, max_size=6) | VALUES
PATIENTS = st.builds(
    lambda a, b, rest: {**rest, "patient_id": a, "patient_name": b}, AWKWARD, AWKWARD, st.dictionaries(NAMES, VALUES)
)
DOCUMENTS = st.lists(PATIENTS | RECORDS, max_size=12)

FIELDWISE = Settings()
CHECKED = Settings(
    schema={
        "type": "object",
        "required": ["patient_id"],
        "properties": {"patient_id": {"type": "string", "minLength": 2}, "note": {"type": ["string", "null"]}},
    }
)
WHOLE = Settings(schema={**Settings().schema, "maxProperties": 5})


def expected(value, rules):
    """What goes through of one record, or None, said once more without the package."""
    if not isinstance(value, dict):
        return None
    row = {name: value[name] for name in ("patient_id", "patient_name") if name in value}
    if rules is CHECKED:
        identified = isinstance(value.get("patient_id"), str) and len(value["patient_id"]) >= 2
        return row if identified and (value.get("note") is None or isinstance(value["note"], str)) else None
    if rules is WHOLE and len(value) > 5:
        return None
    return row if len(row) == 2 and all(isinstance(each, str) for each in row.values()) else None


@pytest.fixture
def run(tmp_path, monkeypatch):
    source, work = tmp_path / "source", tmp_path / "work"
    work.mkdir()

    def run(data, rules, chunk_bytes):
        monkeypatch.setattr(_reader, "CHUNK_BYTES", chunk_bytes)
        monkeypatch.setattr(_reader, "SCAN_BYTES", 1 + chunk_bytes // 4)
        source.write_bytes(data)
        result = process(Source(source, source.name), rules, work)
        rows = json.loads((work / "patients.json").read_bytes())
        refused = [json.loads(line) for line in (work / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]
        return result.metadata, rows, refused

    return run


anywhere = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(run, data, records, rules, chunk_bytes, lines):
    wanted = [expected(record, rules) for record in records]
    kept = [row for row in wanted if row is not None]
    if records and not kept:
        with pytest.raises(Rejected, match="No record is valid"):
            run(data, rules, chunk_bytes)
        return
    metadata, rows, refused = run(data, rules, chunk_bytes)
    assert rows == kept
    places = [number for number, row in enumerate(wanted) if row is None]
    assert [(entry["record"], entry["line"]) for entry in refused] == [(place + 1, lines[place]) for place in places]
    assert (metadata["records"], metadata["rejected"]) == (len(records), len(places))


@anywhere
@given(
    records=DOCUMENTS,
    rules=st.sampled_from([FIELDWISE, CHECKED, WHOLE]),
    chunk_bytes=st.integers(1, 80),
    between=st.sampled_from(["", "\n", " \r\n\t"]),
    ascii_only=st.booleans(),
)
def test_an_array_gives_the_same_however_it_is_cut(run, records, rules, chunk_bytes, between, ascii_only):
    texts = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    data = "[" + between + f",{between}".join(texts) + between + "]"
    newlines = between.count("\n")
    check(run, data.encode(), records, rules, chunk_bytes, [1 + newlines * (place + 1) for place in range(len(texts))])


@anywhere
@given(records=DOCUMENTS, chunk_bytes=st.integers(1, 80), indent=st.integers(0, 2))
def test_a_pretty_printed_array_gives_the_same(run, records, chunk_bytes, indent):
    data = json.dumps(records, indent=indent).encode()
    rows = [row for record in records if (row := expected(record, FIELDWISE)) is not None]
    if records and not rows:
        return
    assert run(data, FIELDWISE, chunk_bytes)[1] == rows


@anywhere
@given(
    records=st.lists(RECORDS, max_size=8).map(lambda rest: [{"patient_id": "AB", "patient_name": "C"}, *rest]),
    rules=st.sampled_from([FIELDWISE, CHECKED, WHOLE]),
    chunk_bytes=st.integers(1, 80),
    newline=st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
)
def test_lines_give_the_same_however_they_are_cut(run, records, rules, chunk_bytes, newline):
    data = newline.join(map(json.dumps, records)) + newline * (len(records) % 2)
    lines = [1 + newline.count("\n") * place for place in range(len(records))]
    check(run, data.encode(), records, rules, chunk_bytes, lines)


@anywhere
@given(records=st.lists(PATIENTS, min_size=1, max_size=4), data=st.data())
def test_an_array_that_breaks_off_or_is_damaged_never_passes_as_another(run, records, data):
    text = json.dumps(records, ensure_ascii=False)  # so that no half of a surrogate pair is cut off
    place = data.draw(st.integers(1, len(text) - 1))
    damaged = data.draw(
        st.sampled_from([text[:place], text[:place] + text[place + 1 :], text[:place] + "}" + text[place:]])
    )
    try:
        rows = run(damaged.encode(), FIELDWISE, 64)[1]
    except Rejected:
        return
    try:
        values = json.loads(damaged)
    except json.JSONDecodeError:
        pytest.fail("text that is not JSON went through")
    assert rows == [row for value in values if (row := expected(value, FIELDWISE)) is not None]


@anywhere
@given(
    junk=st.binary(max_size=200) | st.text('{}[],:"\\ab1 \n', max_size=60).map(str.encode),
    chunk_bytes=st.integers(1, 40),
)
def test_any_bytes_end_in_a_result_or_a_rejection(run, junk, chunk_bytes):
    for data in (junk, b"[" + junk, b'{"patient_id":"A","patient_name":"B"}\n' + junk):
        try:
            metadata, rows, refused = run(data, replace(FIELDWISE, max_rejects=1000), chunk_bytes)
        except Rejected:
            continue
        assert metadata["records"] == len(rows) + len(refused)


@given(values=st.lists(VALUES, max_size=8), limit=st.integers(0, 200))
def test_elements_are_found_up_to_any_limit(values, limit):
    texts = [json.dumps(value).encode() for value in values]
    text = b",".join(texts) + b"]"
    found = find_elements(text[:limit])
    whole = [text[start:stop] for start, stop in found.spans]
    assert whole == (texts or [b""])[: len(whole)]
    assert found.closed == (limit >= len(text))
    assert found.end == sum(len(each) + 1 for each in whole)


@given(st.lists(st.text(" \t\rab", max_size=5)))
def test_lines_are_found_without_the_whitespace_around_them(lines):
    text = "\n".join(lines).encode()
    assert [text[start:stop] for start, stop in find_lines(text)] == [
        line.strip(" \t\r").encode() for line in lines if line.strip(" \t\r")
    ]
