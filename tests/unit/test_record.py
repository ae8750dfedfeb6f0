"""The record lane end to end: a file in, the wanted fields, the list of refusals and the counts out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scandrop.errors import REJECTIONS, Rejected
from scandrop.processors import Result, Source
from scandrop.processors.record import Settings, process, sniff

PATIENT = {
    "patient_id": "A12345",
    "patient_name": "Ikerian A",
    "scan_date": "2025-01-01",
    "retina_thickness_microns": 275,
    "optic_disc_cup_ratio": 0.4,
    "diagnosis": "normal",
}
ROW = {"patient_id": "A12345", "patient_name": "Ikerian A"}
GOOD = json.dumps(PATIENT).encode()
DEEP = b'{"a":%b1%b}' % (b"[" * 100_000, b"]" * 100_000)


class Lane:
    """Runs the processor on bytes and reads back what it wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0

    def run(self, data: bytes, settings: Settings | None = None) -> Result:
        self._runs += 1
        source, work = self._folder / f"source{self._runs}", self._folder / f"work{self._runs}"
        source.write_bytes(data)
        work.mkdir()
        return process(Source(source, source.name), settings or Settings(), work)

    def rows(self, data: bytes, settings: Settings | None = None):
        return json.loads(self.run(data, settings).derivatives[0].path.read_bytes())

    def refusals(self, data: bytes, settings: Settings | None = None):
        listed = self.run(data, settings).derivatives[1].path.read_text(encoding="utf-8")
        return [json.loads(line) for line in listed.splitlines()]

    def code(self, data: bytes, settings: Settings | None = None):
        with pytest.raises(Rejected) as caught:
            self.run(data, settings)
        return caught.value.code, caught.value.facts


@pytest.fixture
def lane(tmp_path):
    return Lane(tmp_path)


def test_an_array_of_patients_becomes_exactly_the_array_of_the_wanted_fields(lane):
    second = {**PATIENT, "patient_id": "B6", "patient_name": "Zoë Ñ"}
    result = lane.run(json.dumps([PATIENT, second]).encode())
    patients, rejects = result.derivatives
    assert patients.path.read_bytes() == (
        b'[{"patient_id":"A12345","patient_name":"Ikerian A"},{"patient_id":"B6","patient_name":"Zo\xc3\xab \xc3\x91"}]'
    )
    assert rejects.path.read_bytes() == b""
    assert (patients.name, patients.content_type, patients.details) == (
        "patients.json",
        "application/json",
        {"records": 2},
    )
    assert (rejects.name, rejects.content_type, rejects.details) == (
        "rejects.jsonl",
        "application/x-ndjson",
        {"records": 0},
    )
    assert result.metadata == {"form": "array", "records": 2, "extracted": 2, "rejected": 0, "reasons": {}}


@pytest.mark.parametrize(
    ("data", "form", "count"),
    [
        (b"[]", "array", 0),
        (b" [ \n ] \n", "array", 0),
        (b"[%b]" % GOOD, "array", 1),
        (b"\xef\xbb\xbf\n[\n %b\n,\n%b ]\n\n" % (GOOD, GOOD), "array", 2),
        (GOOD, "object", 1),
        (json.dumps(PATIENT, indent=2).encode(), "object", 1),
        (b"\xef\xbb\xbf" + GOOD + b"\n", "object", 1),
        (b"%b\n%b" % (GOOD, GOOD), "lines", 2),
        (b"%b\r\n%b\r\n" % (GOOD, GOOD), "lines", 2),
        (b"\n\n%b\n\n  %b \n\n" % (GOOD, GOOD), "lines", 2),
    ],
)
def test_the_form_is_told_by_the_content(lane, data, form, count):
    result = lane.run(data)
    assert result.metadata["form"] == form
    assert json.loads(result.derivatives[0].path.read_bytes()) == [ROW] * count


@pytest.mark.parametrize(
    ("data", "code", "facts"),
    [
        (b"", "empty", {}),
        (b" \n\t ", "not_records", {}),
        (b"42", "not_records", {}),
        (b'"text"', "not_records", {}),
        (b"null", "not_records", {}),
        (b"patient_id,patient_name\nA,B\n", "not_records", {}),
        ("[]".encode("utf-16"), "not_records", {}),
        (b"\x89PNG\r\n\x1a\n", "not_records", {}),
        (b"[%b" % GOOD, "invalid_json", {"line": 1, "offset": 1 + len(GOOD)}),
        (b"[\n%b,\n]" % GOOD, "invalid_json", {"line": 3, "offset": len(GOOD) + 4}),
        (b"[,]", "invalid_json", {"line": 1, "offset": 1}),
        (b"[%b}" % GOOD, "invalid_json", {"line": 1, "offset": 1 + len(GOOD)}),
        (b"[%b]\n\nx" % GOOD, "invalid_json", {"line": 3, "offset": len(GOOD) + 4}),
        (b"[%b %b]" % (GOOD, GOOD), "invalid_json", {"line": 1, "offset": len(GOOD) + 2}),
        (b'[%b,\n{"a":}]' % GOOD, "invalid_json", {"line": 2, "offset": len(GOOD) + 8}),
        ('[{"ä": "ö", "b": x}]'.encode(), "invalid_json", {"line": 1, "offset": 19}),
        (b'{\n"a": 1,\n"b": }', "invalid_json", {"line": 3, "offset": 15}),
        (b"%b%b" % (GOOD, GOOD), "invalid_json", {"line": 1, "offset": len(GOOD)}),
        (b"[" * 1_000_000, "invalid_json", {"line": 1, "offset": 1}),
        (b'[{"a":' * 200_000, "record_too_large", {"line": 1, "max_bytes": 1048576}),
        (b"{" + b" " * 4_200_000, "record_too_large", {"line": 1, "max_bytes": 1048576}),
        (b'[{"a":"%b"}]' % (b"x" * 1_048_570), "record_too_large", {"line": 1, "max_bytes": 1048576}),
        (b'{"a": 1}', "no_valid_records", {"records": 1, "line": 1, "fault": "required at /patient_id"}),
        (b"[1, 2]", "no_valid_records", {"records": 2, "line": 1, "fault": "not_an_object"}),
        (b'{"a":"\xff"}', "no_valid_records", {"records": 1, "line": 1, "fault": "not_utf8"}),
        (b'{"a":NaN}', "no_valid_records", {"records": 1, "line": 1, "fault": "not_finite"}),
        (b'{\n"a": {"b": }\n}\n', "invalid_json", {"line": 2, "offset": 13}),
        (DEEP, "no_valid_records", {"records": 1, "line": 1, "fault": "too_deep"}),
    ],
)  # fmt: skip
def test_a_file_that_can_never_succeed_is_rejected_with_a_code_and_its_place(lane, data, code, facts):
    assert lane.code(data, Settings(max_record_bytes=2**20)) == (code, facts)


@pytest.mark.parametrize(
    ("record", "path", "reason"),
    [
        (b"5", "", "not_an_object"),
        (b"null", "", "not_an_object"),
        (b"[]", "", "not_an_object"),
        (b"{}", "/patient_id", "required"),
        (b'{"patient_id":"A"}', "/patient_name", "required"),
        (b'{"patient_id":7,"patient_name":"B"}', "/patient_id", "type"),
        (b'{"patient_id":null,"patient_name":"B"}', "/patient_id", "type"),
        (b'{"patient_id":"A","patient_name":"\xff"}', "", "not_utf8"),
        (b'{"patient_id":"A","patient_name":"B","x":"\xed\xa0\x80"}', "", "not_utf8"),
        (b'{"patient_id":"A","patient_name":"B","\xff":1}', "", "not_utf8"),
        (b'{"patient_id":"A","patient_name":"\\ud800"}', "", "lone_surrogate"),
        (b'{"patient_id":"A","patient_name":"B","x":"\\ud800"}', "", "lone_surrogate"),
        (b'{"patient_id":"A","patient_name":"B","x":NaN}', "", "not_finite"),
        (b'{"patient_id":"A","patient_name":"B","x":-Infinity}', "", "not_finite"),
        (b'{"patient_id":1e999,"patient_name":"B"}', "", "number_out_of_range"),
        (b'{"patient_id":%b,"patient_name":"B"}' % (b"9" * 5000), "", "number_out_of_range"),
        (b'{"patient_id":"A","patient_name":"B","x":%b%b}' % (b"[" * 500_000, b"]" * 500_000), "", "too_deep"),
    ],
)
@pytest.mark.parametrize("form", ["array", "lines"])
def test_one_bad_record_is_listed_by_place_and_reason_and_the_rest_goes_through(lane, form, record, path, reason):
    records = [GOOD, record, GOOD]
    data = b"[" + b",\n".join(records) + b"]" if form == "array" else b"\n".join(records)
    assert lane.refusals(data) == [{"record": 2, "line": 2, "path": path, "reason": reason}]
    assert lane.rows(data) == [ROW, ROW]
    assert lane.run(data).metadata == {
        "form": form,
        "records": 3,
        "extracted": 2,
        "rejected": 1,
        "reasons": {reason: 1},
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"patient_id":"A",', "invalid_json"),
        (b"%b%b" % (GOOD, GOOD), "invalid_json"),
        (b"%b," % GOOD, "invalid_json"),
        (b"%b,%b" % (GOOD, GOOD), "invalid_json"),
        (b"garbage", "invalid_json"),
        (b'{"a":"%b"}' % (b"x" * 4_200_000), "too_large"),
        (b"\x00", "invalid_json"),
    ],
)
def test_a_broken_line_is_listed_and_the_other_lines_go_through(lane, line, reason):
    data = b"\n".join([GOOD, b"", line, GOOD, b""])
    assert lane.refusals(data) == [{"record": 2, "line": 3, "path": "", "reason": reason}]
    assert lane.rows(data) == [ROW, ROW]


def test_a_record_that_is_spread_over_lines_is_no_line(lane):
    data = b'%b\n{"patient_id":"A",\n"patient_name":"B"}\n' % GOOD
    assert [entry["line"] for entry in lane.refusals(data)] == [2, 3]


@pytest.mark.parametrize(
    "first", [b"half a rec", b'{"a":', b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":"\\ud800"}', DEEP, b"5"]
)
def test_the_first_line_may_be_the_bad_one(lane, first):
    assert lane.rows(b"%b\n%b\n" % (first, GOOD)) == [ROW]


def test_of_a_name_that_stands_twice_the_last_counts(lane):
    data = b'{"patient_id":1,"patient_id":"A","patient_name":"B","patient_name":"C"}'
    assert lane.rows(data) == [{"patient_id": "A", "patient_name": "C"}]


def test_numbers_keep_every_digit(lane):
    settings = Settings(fields=["id", "x"], schema={"type": "object"})
    data = b'[{"id":123456789012345678901234567890,"x":0.1}]'
    assert lane.run(data, settings).derivatives[0].path.read_bytes() == data


def test_a_field_that_is_not_wanted_may_hold_a_number_beyond_any_range(lane):
    assert lane.rows(b'{"patient_id":"A12345","patient_name":"Ikerian A","x":1e999}') == [ROW]


def test_a_wanted_field_that_the_schema_does_not_require_is_left_out_where_it_is_missing(lane):
    settings = Settings(fields=["a", "b"], schema={"type": "object"})
    assert lane.rows(b'[{"a":1},{"b":null},{}]', settings) == [{"a": 1}, {"b": None}, {}]


def test_a_field_can_be_required_and_checked_without_being_wanted(lane):
    schema = {"type": "object", "required": ["a", "b"], "properties": {"b": {"type": "string"}, "c": {"minimum": 5}}}
    data = b'[{"a":1,"b":"x","c":5},{"a":2,"b":"x","c":4},{"a":3,"c":5}]'
    settings = Settings(fields=["a"], schema=schema)
    assert lane.rows(data, settings) == [{"a": 1}]
    assert [(each["path"], each["reason"]) for each in lane.refusals(data, settings)] == [
        ("/c", "minimum"),
        ("/b", "required"),
    ]


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07", "draft/2019-09", "draft/2020-12"])
def test_a_schema_may_be_of_any_draft_and_refer_to_itself(lane, draft):
    scheme = "https" if "/" in draft else "http"
    schema = {
        "$schema": f"{scheme}://json-schema.org/{draft}/schema#",
        "definitions": {"id": {"type": "string", "pattern": "^[A-Z][0-9]+$"}},
        "type": "object",
        "properties": {"patient_id": {"$ref": "#/definitions/id"}},
    }
    data = b'[{"patient_id":"A1"},{"patient_id":"1"}]'
    assert lane.rows(data, Settings(schema=schema)) == [{"patient_id": "A1"}]
    assert lane.refusals(data, Settings(schema=schema))[0]["reason"] == "pattern"


@pytest.mark.parametrize("form", ["array", "lines"])
@pytest.mark.parametrize("visits", [[], [{"patient_id": "nested", "n": 1}] * 3])
def test_a_few_bad_records_among_many_are_found_at_their_places(lane, form, visits):
    bad = {0, 1, 777, 4000, 4001, 4002, 9999}
    records = [
        json.dumps({"patient_id": number if number in bad else f"A{number}", "patient_name": "B", "visits": visits})
        for number in range(10_000)
    ]
    data = "[" + ",\n".join(records) + "]" if form == "array" else "\n".join(records)
    assert lane.refusals(data.encode()) == [
        {"record": number + 1, "line": number + 1, "path": "/patient_id", "reason": "type"} for number in sorted(bad)
    ]
    assert [row["patient_id"] for row in lane.rows(data.encode())] == [
        f"A{number}" for number in range(10_000) if number not in bad
    ]


def test_a_file_with_too_many_bad_records_is_rejected(lane):
    data = b"[%b,1,2,3]" % GOOD
    assert len(lane.refusals(data, Settings(max_rejects=3))) == 3
    assert lane.code(data, Settings(max_rejects=2)) == ("too_many_rejects", {"max_rejects": 2})


def test_the_same_file_gives_the_same_bytes_twice(lane):
    data = b"[%b,1,%b,{}]" % (GOOD, GOOD)
    first, second = lane.run(data), lane.run(data)
    assert first.metadata == second.metadata
    for one, other in zip(first.derivatives, second.derivatives, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


CANARY = "Canary-4711"


@pytest.mark.parametrize(
    "schema",
    [
        Settings().schema,
        {
            "type": "object",
            "required": ["patient_id"],
            "properties": {
                "patient_id": {"type": "string", "pattern": "^[A-Z][0-9]+$"},
                "visits": {"type": "array", "items": {"additionalProperties": {"type": "integer"}}},
            },
            "patternProperties": {"^Canary": {"const": 1}},
            "propertyNames": {"maxLength": 30},
            "additionalProperties": {"type": ["string", "number", "array"]},
        },
    ],
)
def test_no_value_and_no_name_from_the_data_is_written_but_the_wanted_fields(lane, schema):
    settings = Settings(schema=schema)
    bad = [
        {"patient_id": CANARY},
        {CANARY: CANARY},
        {CANARY * 3: CANARY},
        {"patient_id": "A1", CANARY: 1, "other": {"deep": CANARY}},
        {"patient_id": "A1", "visits": [{CANARY: CANARY}]},
        [CANARY],
        CANARY,
    ]
    lines = [json.dumps(record).encode() for record in bad]
    lines += [b'{"%b":NaN}' % CANARY.encode(), b'{"%b":"\xff"}' % CANARY.encode(), b'{"%b' % CANARY.encode()]
    result = lane.run(b"\n".join([GOOD, *lines]), settings)
    written = result.derivatives[1].path.read_text(encoding="utf-8")
    assert result.metadata["rejected"] == len(lines)
    told = written + repr(result.metadata) + repr([each.details for each in result.derivatives])
    assert "Canary" not in told
    assert "4711" not in told
    for data in (b"\n".join(lines[:-1]), b"[" + b",".join(lines) + b"]", lines[-1]):
        with pytest.raises(Rejected) as caught:
            lane.run(data, settings)
        assert "Canary" not in f"{caught.value} {caught.value.facts}"


def test_every_code_of_the_lane_has_a_sentence():
    codes = {"not_records", "invalid_json", "record_too_large", "no_valid_records", "too_many_rejects"}
    assert codes <= REJECTIONS.keys()


@pytest.mark.parametrize(
    "values",
    [
        {"fields": []},
        {"fields": "patient_id"},
        {"fields": ["a", "a"]},
        {"fields": ["a", ""]},
        {"fields": ["a", 1]},
        {"max_record_bytes": 1000},
        {"max_record_bytes": 2.0**22},
        {"max_rejects": -1},
        {"max_rejects": True},
        {"schema": []},
        {"schema": {"type": "word"}},
        {"schema": {"$schema": "https://example.com/unknown"}},
        {"schema": {"$ref": "#/$defs/missing"}},
        {"schema": {"$ref": "https://example.com/schema.json"}},
        {"schema": {"$ref": "file:///etc/hostname"}},
        {"schema": {"properties": {"a": {"pattern": "(?=look)ahead"}}}},
    ],
)
def test_settings_out_of_range_are_refused_with_a_sentence(values):
    with pytest.raises(ValueError, match=r"^(fields|schema|max_record_bytes|max_rejects) .*"):
        Settings(**values)


@pytest.mark.parametrize("head", [b"[{", b"[]", b"\xef\xbb\xbf [\n{", b'{"a"', b"{}", b' \n{ "a"'])
def test_json_is_known_by_its_first_bytes(head):
    assert sniff(head + b"...") == "JSON"


@pytest.mark.parametrize("head", [b"", b"[section]", b"{a}", b"\x89PNG", b"DICM", b"a,b\n", b"GIF89a", b"<html>"])
def test_other_first_bytes_are_not_taken_for_json(head):
    assert sniff(head) is None


def test_the_module_and_sniff_need_nothing_but_the_standard_library():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['msgspec', 'jsonschema_rs']));"
        "from scandrop.processors import record; assert record.sniff(b'[{}]') == 'JSON'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_a_file_much_larger_than_its_memory_passes(tmp_path):
    source, work = tmp_path / "big.json", tmp_path / "work"
    work.mkdir()
    block = b",".join([GOOD] * 5000)
    with source.open("wb") as file:
        file.write(b"[" + block)
        for _ in range(300):
            file.write(b"," + block)
        file.write(b"]")
    code = (
        "import re, sys; from pathlib import Path; from scandrop.processors import Source;"
        "from scandrop.processors.record import Settings, process;"
        "result = process(Source(Path(sys.argv[1]), ''), Settings(), Path(sys.argv[2]));"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text());"  # ru_maxrss counts the parent's
        "print(result.metadata['extracted'], peak[1])"
    )
    run = subprocess.run([sys.executable, "-c", code, source, work], check=True, capture_output=True, text=True)
    extracted, peak_kib = map(int, run.stdout.split())
    assert extracted == 301 * 5000
    assert source.stat().st_size > 200e6
    assert peak_kib < 100 * 1024
