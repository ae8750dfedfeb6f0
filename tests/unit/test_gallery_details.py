"""What an object's own page of the gallery is told, lane by lane."""

import json
from types import SimpleNamespace

import jsonschema_rs
import pytest
from pydicom._uid_dict import UID_dictionary

from scandrop.processors.dicom._warnings import WARNINGS as DICOM_WARNINGS
from scandrop.processors.nifti import Settings
from scandrop.processors.nifti._verdict import verdict
from scandrop_cli.gallery.details import details_of
from scandrop_cli.gallery.facts import label, said
from scandrop_cli.gallery.flags import FACE_WHY
from scandrop_cli.gallery.histograms import histogram_of, share_below
from scandrop_cli.gallery.reasons import count_said, reason_said

ENVIRONMENT = SimpleNamespace(name="test")
EVEN = {"lowest": -1000, "highest": 1000, "counts": [10] * 64}
TIMES = "\N{MULTIPLICATION SIGN}"


class Files:
    """Derivatives in memory; `linked` as a published gallery has them."""

    def __init__(self, *, linked=False, **bodies):
        self.bodies = {name.replace("__", "."): body for name, body in bodies.items()}
        self.linked = linked

    def derivative(self, name):
        return self.bodies.get(name)

    def link(self, name):
        return f"https://s3/{name}" if self.linked else None

    def copy(self, name):
        return f"files/{name}" if name in self.bodies else None


def manifest_of(files, **entry):
    derivatives = [{"name": name, "bytes": 12345, "sha256": "ab" * 32, **entry} for name in files.bodies]
    source = {"sha256": "cd" * 32, "sidecar": {"key": "a/run.json", "etag": "e7"}}
    return {"derivatives": derivatives, "source": source, "settings": {"quality": 85, "words": []}}


def details(lane, metadata, files=None, manifest=None, **item):
    item = {"object_key": "a/k", "version_id": "v1", "lane": lane, "metadata": metadata, **item}
    files = files or Files()
    return details_of(ENVIRONMENT, files, item, manifest or manifest_of(files))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("half_size_bytes", 55_143, ("Half size", "55 kB (55,143 bytes)")),
        ("size_bytes", 7, ("Size", "7 bytes")),
        ("spacing_mm", [0.661468, 0.5], ("Spacing", f"0.6615 {TIMES} 0.5 mm")),
        ("shape", [64, 64, 32, 150], ("Matrix", f"64 {TIMES} 64 {TIMES} 32 {TIMES} 150")),
        ("fd_mean", 0.0549672, ("FD mean", "0.05497 mm")),
        ("tsnr_before", 92.7829, ("tSNR before", "92.78")),
        ("tr_s", 2, ("Repetition time", "2 s")),
        ("web_reduction_percent", 91.4, ("Web reduction", "91.4 %")),
        ("study_instance_uid", "2.25.1", ("Study instance UID", "2.25.1")),
        ("sop_class", "1.2.840.10008.5.1.4.1.1.2", ("SOP class", "CT Image")),
        ("sop_class", "1.2.3", ("SOP class", "1.2.3")),
        ("patient_id", "PX7K", ("Patient ID, a pseudonym", "PX7K")),
        ("instance_number", 12, ("Instance", "12")),
        ("slice_thickness_mm", 1.25, ("Slice thickness", "1.25 mm")),
        ("recognisable", True, ("Face may be recognisable", "yes")),
        ("removed", ["exif", "gps"], ("Removed", "exif, gps")),
        ("window_center", -1234567.5, ("Window center", "-1,234,568")),
        ("received_at", "2026-11-20T09:00:00.123Z", ("Received", "2026-11-20 09:00:00 UTC")),
        ("sidecar", {"key": "a.json", "version_id": "v"}, ("Sidecar", "key a.json, version id v")),
    ],
)
def test_a_fact_is_said_in_words_and_with_its_unit(name, value, expected):
    assert (label(name), said(name, value)) == expected


def test_a_window_over_a_histogram_is_told_in_numbers_too():
    spread = histogram_of({"histogram": EVEN, "modality": "CT", "window_center": 250, "window_width": 500})
    assert spread["window"] == [0, 500]
    assert spread["says"] == (
        "Values from -1,000 to 1,000 HU, half of them below about -15.62. "
        "The window shows 0 to 500 HU: 25% of them; 50% lie below and 25% above."
    )


def test_a_window_that_is_wider_than_the_values_shows_all_of_them():
    spread = histogram_of({"histogram": EVEN, "window_center": 0, "window_width": 5000})
    assert spread["says"].endswith("The window shows -2,500 to 2,500: all of them.")


def test_a_window_that_is_the_range_of_the_values_is_told_and_not_drawn():
    spread = histogram_of({"histogram": EVEN, "window_center": 0, "window_width": 2001})
    assert spread["window"] is None
    assert spread["says"].endswith("The window shows -1,000 to 1,000: all of them.")


def test_an_image_s_window_is_what_it_shows_as_black_and_as_white():
    spread = histogram_of({"histogram": EVEN, "window": [-500, 500]})
    assert spread["window"] == [-500, 500]
    assert spread["says"].endswith("The window shows -500 to 500: 50% of them; 25% lie below and 25% above.")


@pytest.mark.parametrize("window", [[-1000, 1000], [-1024, 3071]])
def test_a_window_that_takes_nothing_from_an_image_is_not_told(window):
    spread = histogram_of({"histogram": EVEN, "window": window})
    assert spread["window"] is None
    assert "indow" not in spread["says"]


def test_a_histogram_without_a_window_says_nothing_of_one():
    spread = histogram_of({"histogram": EVEN, "modality": "MR", "window_center": None, "window_width": None})
    assert spread["window"] is None
    assert "indow" not in spread["says"]
    assert "HU" not in spread["says"]


@pytest.mark.parametrize("old", [{}, {"histogram": None}, {"histogram": {"lowest": 0, "highest": 1, "counts": []}}])
def test_a_record_from_before_there_were_histograms_has_none(old):
    assert histogram_of(old) is None


@pytest.mark.parametrize(("photometric", "inverted"), [("MONOCHROME1", True), ("MONOCHROME2", False), (None, False)])
def test_where_low_values_are_white_the_window_is_drawn_the_other_way(photometric, inverted):
    assert histogram_of({"histogram": EVEN, "photometric_interpretation": photometric})["inverted"] is inverted


@pytest.mark.parametrize(
    ("value", "share"), [(-5, 0), (0, 0), (1, 0.25), (2, 0.5), (3, 0.75), (4, 1), (9, 1), (0.5, 0.125)]
)
def test_the_share_below_a_value_is_taken_evenly_within_its_bin(value, share):
    assert share_below(value, 0, 4, [3, 3, 3, 3]) == share


def test_of_one_value_everywhere_all_or_nothing_lies_below():
    assert [share_below(value, 7, 7, [5, 0]) for value in (6, 7, 8)] == [0, 0, 1]


def test_a_dicom_page_begins_with_what_the_reader_needs_and_repeats_nothing():
    metadata = {"modality": "CT", "rows": 512, "columns": 1024, "frames": 3, "histogram": EVEN, "warnings": []}
    found = details("dicom", metadata | {"study_instance_uid": "2.25.9"}, Files(preview__png=b"p"))
    assert found["look"]["first"] == [[f"Columns {TIMES} rows", f"1,024 {TIMES} 512"], ["Modality", "CT"]]
    assert found["look"]["picture"]["url"] == "files/preview.png"
    assert found["metadata"] == [["Frames", "3"], ["Study instance UID", "2.25.9"]]
    assert found["study"] == "scandrop study show --env test 2.25.9"


@pytest.mark.parametrize(
    ("lane", "metadata", "says"),
    [
        ("image", {"pages": 3, "frames": 1}, "Page 1 of 3"),
        ("image", {"pages": 1, "frames": 8}, None),
        ("dicom", {"modality": "US", "frames": 9}, "Frame 5 of 9"),
        ("dicom", {"modality": "CT", "frames": 1}, None),
    ],
)
def test_of_several_pages_or_frames_it_is_told_which_one_is_shown(lane, metadata, says):
    assert details(lane, metadata, Files(preview__png=b"p"))["look"]["picture"]["says"] == says


def test_the_names_of_sop_classes_are_those_of_the_standard():
    known = {uid: said("sop_class", uid) for uid in UID_dictionary if said("sop_class", uid) != uid}
    assert len(known) > 150
    assert {uid: UID_dictionary[uid][0].replace(" Storage", "") for uid in known} == known


def test_an_image_is_shown_as_it_is_made_for_screens():
    files = Files(preview__png=b"p", web__webp=b"w")
    look = details("image", {}, files, manifest_of(files, width=800, height=600))["look"]
    assert look["picture"] == {"url": "files/web.webp", "width": 800, "height": 600, "says": None}


def test_a_run_has_its_verdict_and_its_report():
    files = Files(**{"report__html": b"<p>", "sub-1_qc__json": b"{}"})
    judged = {"verdict": "warn", "reasons": ["It moved; nothing passes."], "passed": ["It is 1."]}
    look = details("nifti", {"kind": "run", **judged}, files)["look"]
    assert (look["verdict"], look["report"]) == ("warn", "files/report.html")
    assert look["reasons"] == [[True, "It moved; nothing passes."], [False, "It is 1."]]


def test_what_passed_is_told_from_what_did_not_as_the_lane_words_it():
    values = {"fd_mean": 0.1, "kept_percent": 1.0, "tsnr": 1000.0, "size_t": 100, "dummy_trs": 0}
    judged = verdict(values, Settings(), is_connected=True)
    look = details("nifti", {"verdict": judged.status, **judged.said}, Files())["look"]
    assert [is_against for is_against, _ in look["reasons"]] == [True, False, False]
    assert "no outliers" in look["reasons"][0][1]


def test_a_run_s_numbers_that_its_report_defines_are_not_told_again():
    qc = json.dumps({"definitions": {"spikes_num": {"unit": "slices", "definition": "Spikes."}}}).encode()
    found = details("nifti", {"kind": "run", "spikes_num": 2, "regions": 9}, Files(**{"sub-1_qc__json": qc}))
    assert found["metadata"] == [["Kind", "run"], ["Regions", "9"]]


def test_a_metric_is_told_with_what_the_lane_says_that_it_means():
    qc = json.dumps({"definitions": {"p05": {"unit": "", "definition": "Percentile 5."}}}).encode()
    found = details("nifti", {"kind": "image", "p05": 12.0, "mask_ml": 76.842}, Files(**{"sub-1_qc__json": qc}))
    assert found["metadata"] == [["Kind", "image"], ["P05", "12", "Percentile 5."]]
    assert found["look"]["first"] == [["Mask", "76.84 ml"]]


def test_a_warning_is_told_with_the_facts_that_the_lane_wrote_down():
    qc = json.dumps({"warnings": [{"code": "constant_volumes", "sentence": "3 volumes are constant."}]}).encode()
    found = details("nifti", {"warnings": ["constant_volumes"]}, Files(**{"sub-1_qc__json": qc}))
    assert found["warnings"] == [["constant_volumes", "3 volumes are constant."]]


def test_a_warning_whose_facts_nobody_kept_is_told_without_them_and_an_unknown_one_by_its_code():
    found = details("dicom", {"warnings": ["dicom_odd_length", "of_another_version"]})
    (code, sentence), unknown = found["warnings"]
    assert code == "dicom_odd_length"
    assert sentence == "Some values have an odd length; they are padded."
    assert unknown == ["of_another_version", ""]


def test_rejects_are_counted_by_reason_and_the_first_two_hundred_listed():
    lines = [{"record": line, "line": line, "path": "/patient_id", "reason": "not_utf8"} for line in range(1, 301)]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    metadata = {"records": 400, "extracted": 100, "rejected": 300, "form": "lines", "reasons": {"not_utf8": 300}}
    look = details("record", metadata, Files(rejects__jsonl=body))["look"]
    assert len(look["rejects"]) == 200
    assert look["rejects"][-1] == [200, "/patient_id", "is not in UTF-8"]
    assert (look["rejected"], look["reasons"]) == (300, [["not in UTF-8", 300]])


@pytest.mark.parametrize("code", DICOM_WARNINGS)
def test_no_warning_has_a_hole_where_a_fact_would_be(code):
    ((_, sentence),) = details("dicom", {"warnings": [code]})["warnings"]
    assert not set("{}\N{HORIZONTAL ELLIPSIS}") & set(sentence)
    assert "the first of them" not in sentence


def test_every_reason_that_the_lane_gives_is_said_in_words():
    own = ("not_an_object", "number_out_of_range", "too_deep", "not_finite", "not_utf8", "lone_surrogate")
    assert [code for code in own if reason_said(code) == code.replace("_", " ")] == []
    assert reason_said("not_utf8") == "is not in UTF-8"
    assert reason_said("of_another_version") == count_said("of_another_version") == "of another version"


def test_a_count_of_records_is_said_as_a_person_would():
    assert [count_said(code) for code in ("invalid_json", "lone_surrogate", "not_an_object", "required")] == [
        "not readable as JSON",
        "with broken Unicode",
        "not a JSON object",
        "with a field missing",
    ]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "string"}, 1),
        ({"required": ["a"]}, {}),
        ({"enum": [1]}, 2),
        ({"const": 1}, 2),
        ({"pattern": "a"}, "b"),
        ({"maxLength": 1}, "ab"),
        ({"minLength": 1}, ""),
        ({"maximum": 1}, 2),
        ({"minimum": 1}, 0),
        ({"exclusiveMaximum": 1}, 1),
        ({"exclusiveMinimum": 1}, 1),
        ({"multipleOf": 2}, 1),
        ({"maxItems": 0}, [1]),
        ({"minItems": 1}, []),
        ({"uniqueItems": True}, [1, 1]),
        ({"contains": {"const": 1}}, [2]),
        ({"maxProperties": 0}, {"a": 1}),
        ({"minProperties": 1}, {}),
        ({"additionalProperties": False}, {"a": 1}),
        ({"unevaluatedProperties": False}, {"a": 1}),
        ({"unevaluatedItems": False}, [1]),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}),
        ({"not": {}}, 1),
        ({"anyOf": [{"const": 1}]}, 2),
        ({"oneOf": [{"const": 1}]}, 2),
        ({"oneOf": [{}, {}]}, 2),
        (False, 1),
    ],
)
def test_what_a_schema_refuses_is_said_in_words(rule, value):
    (error,) = jsonschema_rs.Draft202012Validator(rule).iter_errors(value)
    assert reason_said(error.kind.name).split()[0] in {"is", "has", "lacks", "fits", "does", "must"}
    assert count_said(error.kind.name).split()[0] in {"with", "without", "in", "of"}


def test_a_face_that_may_be_recognised_is_told_with_why():
    tiles = {name: rest for name, *rest in details("dicom", {"recognisable": True})["look"]["first"]}
    assert tiles["Face may be recognisable"] == ["yes", FACE_WHY]
    assert "another part of the body" in FACE_WHY


def test_rejects_that_are_too_many_to_be_read_are_counted_all_the_same():
    metadata = {"records": 9, "extracted": 1, "rejected": 8, "form": "lines", "reasons": {"type": 8}}
    look = details("record", metadata, Files())["look"]
    assert (look["rejects"], look["rejected"], look["reasons"]) == (
        [],
        8,
        [["with a value of another type", 8]],
    )


def test_a_file_whose_records_are_all_good_lists_no_rejects():
    metadata = {"records": 1, "extracted": 1, "rejected": 0, "form": "array", "reasons": {}}
    assert details("record", metadata, Files(rejects__jsonl=b""))["look"]["rejects"] == []


@pytest.mark.parametrize(("linked", "link"), [(False, None), (True, "https://s3/half.jpg")])
def test_a_derivative_has_a_link_only_where_the_gallery_is_published(linked, link):
    files = Files(linked=linked, half__jpg=b"h")
    found = details("image", {}, files, manifest_of(files, width=20, height=10))
    assert found["derivatives"] == [
        {
            "name": "half.jpg",
            "what": "smaller, with all of its depth",
            "sides": f"20 {TIMES} 10",
            "bytes": "12,345",
            "sha256": "ab" * 32,
            "link": link,
        }
    ]
    assert found["download"] == "scandrop download --env test a/k ."


def test_where_an_object_came_from_is_told_with_its_sidecar_and_the_settings_that_say_something():
    found = details("nifti", {}, etag="e1", received_at="2026-11-20T09:00:00.123Z", package_version="1.2.3")
    assert dict(found["provenance"]) == {
        "Version": "v1",
        "SHA-256": "cd" * 32,
        "Sidecar": "key a/run.json, etag e7",
        "ETag": "e1",
        "Received": "2026-11-20 09:00:00 UTC",
        "Package version": "1.2.3",
    }
    assert found["settings"] == [["quality", "85"]]


def test_what_it_took_is_told_by_phase_with_what_no_phase_has():
    phases = {"upload": 20, "download": 5, "process": 70}
    took = details(
        "image", {}, Files(web__webp=b"w"), phases_ms=phases, duration_ms=100, cost_usd=0.00000123, attempts=2
    )["took"]
    assert took["steps"] == [["download", 5], ["process", 70], ["upload", 20], ["commit and the rest", 5]]
    assert took["facts"] == [["Duration", "100 ms"], ["Attempts", "2"], ["Cost", "0.000001 USD"]]


def test_where_nothing_was_made_nothing_was_uploaded():
    took = details("nifti", {}, phases_ms={"upload": 20, "download": 5}, duration_ms=100)["took"]
    assert took["steps"] == [["download", 5], ["commit and the rest", 95]]


def test_an_object_of_which_nothing_was_made_has_a_page_all_the_same():
    item = {"object_key": "a/k", "version_id": "v1", "lane": "other", "status": "failed", "metadata": {}}
    found = details_of(ENVIRONMENT, Files(), item, None)
    assert found["look"] == {"first": [], "histogram": None}
    assert found["took"] == {"steps": [], "facts": []}
    assert {"download", "derivatives", "study", "warnings"}.isdisjoint(found)
