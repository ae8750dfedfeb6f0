"""`scandrop gallery`: what is in its files, and that it holds no more than it should."""

import base64
import gzip
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import boto3
import nibabel
import numpy as np
import pytest
from aws_stack import PROCESSED, TABLE
from cli_stack import deployed, scandrop
from PIL import Image

from scandrop.errors import REJECTIONS
from scandrop_cli.gallery import writing
from scandrop_cli.gallery.advice import BEFORE, advice, quoted
from scandrop_cli.gallery.flags import flags_of
from scandrop_cli.gallery.looking import entry_of
from scandrop_cli.gallery.thumbnails import LONGEST_PX, thumbnail

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B", "age": 3}]'
HOSTILE = 'a/<script>alert(1)</script>"><img onerror=x>\u202e\x1b[31m .json'


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made


def picture(mode="RGB", size=(640, 320)):
    body = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(body, "PNG")
    return body.getvalue()


def change(version, **fields):
    """Let the ledger say something else of a version of b.png."""
    boto3.resource("dynamodb").Table(TABLE).update_item(
        Key={"object_key": "b.png", "version_id": version},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
        ExpressionAttributeNames={f"#{name}": name for name in fields},
        ExpressionAttributeValues={f":{name}": value for name, value in fields.items()},
    )


def files(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def listing(page):
    return json.loads(re.search(r'<script type="application/json" id="listing">(.*?)</script>', page)[1])


def shard(script):
    """The objects of a shard, parsed as its script would."""
    return json.loads(json.loads(re.fullmatch(r"scandrop\.shard\(\d+, JSON\.parse\((.*)\)\);\n", script, re.DOTALL)[1]))


def made(*options):
    result = scandrop("gallery", "--out", "out", *options)
    assert result.exit_code == 0, result.stderr
    return listing(Path("out/index.html").read_text())


def entries(*options):
    return {entry["key"]: entry for entry in made(*options)["objects"]}


def test_every_object_has_a_card_with_its_lane_status_and_flags(world):
    world.drop("study/a.json", b'[{"patient_id": "A1", "patient_name": "B", "age": 3}, {"age": "old"}]')
    world.drop("study/b.png", picture(), "image")
    world.drop("study/c.png", b"no picture", "image")
    found = entries()
    assert {key: (one["lane"], one["status"]) for key, one in found.items()} == {
        "study/a.json": ("record", "succeeded"),
        "study/b.png": ("image", "succeeded"),
        "study/c.png": ("image", "rejected"),
    }
    assert found["study/a.json"]["flags"] == {"rejects": "1 of 2 records rejected"}
    assert found["study/b.png"]["bytes"] == len(picture())
    assert found["study/b.png"]["received"] <= found["study/b.png"]["finished"]


def test_what_was_rejected_has_its_reason_and_the_command_that_mends_it(world):
    world.drop("study/it's.png", b"no picture", "image")
    one = entries()["study/it's.png"]
    assert one["code"] == "unsupported"
    assert one["error"].startswith("The object is in no known format. Accepted are")
    assert one["first"] == "After you have saved it in a form that the lane takes, as FILE:"
    assert one["mend"] == "scandrop upload --force --prefix study --env test FILE"


def rejected(code, key="study/it's.png"):
    environment = SimpleNamespace(name="test", pseudonymous_keys=False)
    return advice(environment, {"object_key": key, "status": "rejected", "error": "No.", "error_code": code})


def test_what_comes_before_the_upload_is_known_of_every_rejection():
    assert set(BEFORE) == set(REJECTIONS)


def test_no_command_is_given_that_would_be_refused_as_the_first_was():
    assert rejected("empty") == ("No.", """scandrop upload --force --prefix study --env test 'it'"'"'s.png'""", None)
    assert rejected("nifti_cut_off").first == "After you have exported or mended the file:"
    assert rejected("too_large").first.startswith("After you have made the file smaller, or have raised the limit")
    assert rejected("misplaced").command.endswith(" FILE")
    assert rejected("processor_crashed") == ("No.", None, None)


@pytest.mark.parametrize("code", [code for code, before in BEFORE.items() if before == ""])
def test_only_what_never_arrived_is_uploaded_again_as_it_is(code):
    assert "Upload the file again." in REJECTIONS[code]


def test_a_picture_has_a_small_thumbnail_and_a_record_has_none(world):
    world.drop("b.png", picture(), "image")
    world.drop("a.json", PATIENTS)
    keys = [entry["key"] for entry in made()["objects"]]
    thumbnails = {
        key: one["thumbnail"] for key, one in zip(keys, shard(Path("out/data/000.js").read_text()), strict=True)
    }
    assert thumbnails["a.json"] is None
    assert thumbnails["b.png"].startswith("data:image/webp;base64,")
    assert len(thumbnails["b.png"]) < 20_000


def test_only_the_newest_version_of_a_key_is_shown(world):
    world.drop("a.png", b"no picture", "image")
    world.drop("a.png", picture(), "image")
    assert [(one["key"], one["status"]) for one in made()["objects"]] == [("a.png", "succeeded")]


def test_lane_status_and_since_narrow_what_is_shown(world):
    world.drop("a.json", PATIENTS)
    world.drop("b.png", picture(), "image")
    world.drop("c.png", b"no picture", "image")
    assert set(entries("--lane", "image")) == {"b.png", "c.png"}
    assert set(entries("--status", "rejected")) == {"c.png"}
    assert set(entries("--since", "0s")) == set()


def test_a_hostile_key_is_only_ever_data(world):
    world.drop(HOSTILE, PATIENTS)
    assert made()["objects"][0]["key"] == HOSTILE
    for path in (Path("out/index.html"), Path("out/data/000.js")):
        assert not [sign for sign in ("<script>alert", "<img", "\u202e", "\x1b") if sign in path.read_text()]


def test_on_disk_no_link_outlives_its_reader(world):
    world.drop("b.png", picture(), "image")
    made()
    assert not [path for path in files("out") if b"X-Amz-" in path.read_bytes()]


@pytest.mark.usefixtures("world")
def test_a_folder_with_something_else_in_it_is_left_alone():
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("all of it")
    result = scandrop("gallery", "--out", "out")
    assert result.exit_code == 2
    assert "something else than a gallery" in result.stderr
    assert [path.name for path in Path("out").iterdir()] == ["thesis.txt"]


@pytest.mark.usefixtures("world")
def test_a_folder_that_cannot_be_one_is_said_so():
    Path("out").write_text("a file")
    result = scandrop("gallery", "--out", "out")
    assert result.exit_code == 2
    assert "Nothing can be written to the folder out" in result.stderr


def test_a_key_may_be_the_folder_of_another(world):
    for key in ("b.png", "b.png/web.png", "b.png/web.webp"):
        world.drop(key, picture(), "image")
    assert set(entries()) == {"b.png", "b.png/web.png", "b.png/web.webp"}
    assert len(files("out/files")) == 3


def test_a_gallery_takes_the_place_of_a_former_one_whole(world):
    world.drop("a.json", PATIENTS)
    made()
    Path("out/data/009.js").write_text("stale")
    assert set(entries()) == {"a.json"}
    assert [path.name for path in Path("out/data").iterdir()] == ["000.js"]
    assert not list(Path("out").glob(".scandrop-*"))


def test_published_it_is_one_link_and_nothing_public(world):
    world.drop("b.png", picture(), "image")
    result = scandrop("gallery", "--publish", "--expires", "2h")
    assert result.exit_code == 0, result.stderr
    (link,) = result.stdout.split()
    query = parse_qs(urlsplit(link).query)
    assert urlsplit(link).path.endswith("/_gallery/index.html")
    assert query["X-Amz-Expires"] == ["7200"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "Whoever has this link may look, until" in result.stderr
    s3 = world.stack.s3
    for key, kind in (("index.html", "text/html"), ("data/000.js", "text/javascript")):
        head = s3.head_object(Bucket=PROCESSED, Key=f"_gallery/{key}")
        assert head["ContentType"].startswith(kind)
        grants = s3.get_object_acl(Bucket=PROCESSED, Key=f"_gallery/{key}")["Grants"]
        assert not [grant for grant in grants if "URI" in grant["Grantee"]]


def test_published_the_page_loads_its_shards_by_links_of_their_versions(world):
    world.drop("b.png", picture(), "image")
    scandrop("gallery", "--publish")
    page = world.stack.read("_gallery/index.html").decode()
    (shard_link,) = listing(page)["shards"]
    newest = world.stack.s3.head_object(Bucket=PROCESSED, Key="_gallery/data/000.js")["VersionId"]
    assert parse_qs(urlsplit(shard_link).query)["versionId"] == [newest]
    assert (
        f"{urlsplit(shard_link).scheme}://{urlsplit(shard_link).netloc}/" in re.search(r"script-src ([^;]*)", page)[1]
    )


def test_publishing_again_clears_away_the_shards_of_before_and_nothing_else(world):
    for key in ("a.json", "_gallery/a.json", "_gallery/data/a.json"):
        world.drop(key, PATIENTS)
    before = set(world.stack.processed())
    world.stack.s3.put_object(Bucket=PROCESSED, Key="_gallery/data/007.js", Body=b"stale")
    scandrop("gallery", "--publish")
    assert set(world.stack.processed()) == before | {"_gallery/data/000.js", "_gallery/index.html"}


def test_links_go_to_the_region_s_own_host_which_redirects_nobody(world):
    signer = replace(world.environment, region="eu-central-1").s3_signer
    link = signer.generate_presigned_url("get_object", Params={"Bucket": PROCESSED, "Key": "k"})
    assert urlsplit(link).netloc == f"{PROCESSED}.s3.eu-central-1.amazonaws.com"


def test_what_a_dead_function_took_is_stalled_and_its_log_is_the_command(world):
    version = world.drop("b.png", picture(), "image")
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="milliseconds")
    change(version, status="processing", updated_at=an_hour_ago, lease_until=an_hour_ago)
    (one,) = made()["objects"]
    assert one["status"] == "stalled"
    assert one["mend"] == "scandrop logs --key b.png --env test"


def test_a_sidecar_is_told_of_on_the_page_of_its_run_and_has_no_card(world):
    world.drop("a.json", PATIENTS)
    version = world.drop("b.png", picture(), "image")
    change(version, lane="nifti", metadata={"kind": "sidecar"})
    assert list(entries()) == ["a.json"]
    assert "1 object." in scandrop("gallery", "--out", "out").stderr


@pytest.mark.usefixtures("world")
def test_temporary_credentials_are_said_to_end_earlier(monkeypatch):
    assert "temporary" not in scandrop("gallery", "--publish").stderr
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a token")
    assert "Your credentials are temporary" in scandrop("gallery", "--publish").stderr


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("span", ["8d", "0s", "soon", "99999999999w"])
def test_links_hold_seven_days_at_most(span):
    result = scandrop("gallery", "--publish", "--expires", span)
    assert result.exit_code == 2
    assert "--expires" in result.stderr


@pytest.mark.usefixtures("world")
def test_it_says_where_to_when_nothing_is_said():
    result = scandrop("gallery")
    assert result.exit_code == 2
    assert "--out DIR, --publish or both" in result.stderr


def test_scripts_are_told_what_was_written(world):
    world.drop("a.json", PATIENTS)
    told = json.loads(scandrop("gallery", "--out", "out", "--publish", "--json").stdout)
    assert (told["objects"], told["page"]) == (1, "out/index.html")
    assert "_gallery/index.html" in told["link"]
    assert timedelta(hours=11) < datetime.fromisoformat(told["until"]) - datetime.now(UTC) < timedelta(hours=13)


def test_pseudonymous_keys_are_all_that_a_gallery_knows(world):
    world.give_key(pseudonymous_keys=True)
    world.drop("Jane Doe/scan.png", b"no picture", "image")
    (one,) = made()["objects"]
    assert one["mend"] == "scandrop upload --force --env test FILE"
    assert not [path for path in files("out") if b"Jane" in path.read_bytes() or "Jane" in str(path)]


def test_a_dead_letter_is_given_up_and_its_command_redrives_it(world):
    version = world.drop("b.png", picture(), "image")
    change(version, status="failed", error="It broke.", lease_until="2020-01-01", attempts=3)
    (one,) = made()["objects"]
    assert one["status"] == "given_up"
    assert one["error"].startswith("It broke. It was tried 3 times and is a dead letter now.")
    assert one["mend"] == "scandrop failures redrive --key b.png --env test"


@pytest.mark.parametrize(
    ("metadata", "flags"),
    [
        ({"verdict": "warn"}, {"warn": "quality: warn"}),
        ({"burned_in_risk": "possible", "recognisable": True}, {"maybe_text": None, "face": None}),
        ({"burned_in_risk": "stated"}, {"text": None}),
        ({"burned_in_risk": "none", "recognisable": False, "warnings": []}, {}),
        ({"nonfinite_pixels": 1200}, {"not_finite": "1,200 not finite"}),
        ({"non_finite": 3}, {"not_finite": "3 not finite"}),
        ({"rejected": 0, "records": 4}, {}),
        ({"rejected": 1, "records": 1}, {"rejects": "1 of 1 record rejected"}),
        ({"warnings": ["dicom_no_meta", "dicom_unsorted"]}, {"warnings": "2 warnings"}),
    ],
)
def test_flags_are_what_the_lanes_found(metadata, flags):
    found = flags_of(metadata)
    assert set(found) == set(flags)
    assert all(found[kind] == says for kind, says in flags.items() if says)


def test_the_search_knows_the_words_of_the_metadata():
    item = {"object_key": "k", "lane": "dicom", "status": "succeeded", "metadata": {"modality": "CT", "rows": 512}}
    assert entry_of(item)["words"] == "modality CT rows 512"


@pytest.mark.parametrize(
    ("word", "typed"),
    [("plain", "plain"), ("two words", "'two words'"), ("a\nb", "$'a\\x0ab'"), ("\x1b[201~'", "$'\\x1b[201~\\''")],
)
def test_a_pasted_command_is_one_command_whatever_the_key(word, typed):
    assert quoted(word) == typed


def test_a_key_that_looks_like_an_option_is_none():
    environment = SimpleNamespace(name="test", pseudonymous_keys=False)
    item = {"object_key": "-rf", "lane": "image", "status": "rejected", "error": "No.", "error_code": "empty"}
    assert advice(environment, item) == ("No.", "scandrop upload --force --env test -- -rf", None)


def test_a_shard_s_names_mean_nothing_to_javascript():
    class Place:
        origin = "'self'"

        def write(self, name, body, _):
            self.__dict__[name] = body.decode()
            return name

    place = Place()
    details = {"__proto__": {"polluted": True}, "</script>": "\u2028"}
    writing.write(place, {"environment": "x"}, [writing.Looked({"key": "k"}, None, details)])
    script = vars(place)["data/000.js"]
    assert shard(script)[0]["details"] == details
    assert "</script>" not in script
    assert script.startswith("scandrop.shard(0, JSON.parse(")  # as a literal, __proto__ would be the prototype


def drawn(url):
    """A thumbnail's picture."""
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


class Derived:
    """A source of one derivative."""

    def __init__(self, body):
        self.derivative = lambda _: body


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16"])
def test_a_thumbnail_fits_its_box_in_any_mode(mode):
    made = thumbnail(Derived(picture(mode)), {"derivatives": [{"name": "preview.png"}]})
    assert drawn(made).size == (LONGEST_PX, LONGEST_PX // 2)


@pytest.mark.parametrize("body", [None, b"", b"no picture", picture()[:100]])
def test_what_cannot_be_drawn_has_no_thumbnail(body):
    assert thumbnail(Derived(body), {"derivatives": [{"name": "preview.png"}]}) is None


def test_a_run_s_thumbnail_is_its_reference_volume():
    volume = np.zeros((7, 9, 20), np.float32)
    volume[2:5, 3:6, 5:16] = 100
    image = gzip.compress(nibabel.Nifti1Image(volume, np.diag([-3, 3, 3, 1])).to_bytes())
    made = thumbnail(Derived(image), {"derivatives": [{"name": "sub-01_desc-hmc_boldref.nii.gz"}]})
    assert drawn(made).size == (21, 9)  # three slices of seven by nine
    assert drawn(made).convert("L").getextrema()[1] > 200
