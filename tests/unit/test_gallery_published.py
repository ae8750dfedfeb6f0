"""A gallery that was published, and how it is taken away: by every version, since its links are to versions."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_stack import PROCESSED
from botocore.exceptions import ClientError
from cli_stack import deployed, scandrop

PATIENTS = b'[{"patient_id": "A1", "patient_name": "B", "age": 3}]'
PAGE = "_gallery/index.html"
SHARD = "_gallery/data/000.js"


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made


def published():
    """The version of the page that its link opens."""
    (link,) = scandrop("gallery", "--publish").stdout.split()
    (version,) = parse_qs(urlsplit(link).query)["versionId"]
    return version


def versions(world):
    listing = world.stack.s3.list_object_versions(Bucket=PROCESSED)
    entries = [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]
    return {(entry["Key"], entry["VersionId"]) for entry in entries}


def keys(world):
    return sorted(key for key, _ in versions(world))


def test_publishing_again_ends_the_former_link(world):
    world.drop("a.json", PATIENTS)
    former = published()
    newer = published()
    assert [version for key, version in versions(world) if key == PAGE] == [newer]
    with pytest.raises(ClientError, match="NoSuchVersion"):
        world.stack.s3.get_object(Bucket=PROCESSED, Key=PAGE, VersionId=former)
    assert keys(world).count(SHARD) == 1


def test_unpublished_no_version_of_a_gallery_is_left_and_all_else_stays(world):
    for key in ("a.json", "_gallery/a.json", "_gallery/data/000.js/a.json"):
        world.drop(key, PATIENTS)
    before = versions(world)
    published()
    world.stack.s3.delete_object(Bucket=PROCESSED, Key=PAGE)  # as by hand: a delete marker, and the link goes on
    result = scandrop("gallery", "--unpublish")
    assert result.exit_code == 0, result.stderr
    assert "deleted for good" in result.stderr
    assert versions(world) == before


def test_what_is_not_published_is_said_not_to_be(world):
    world.drop("a.json", PATIENTS)
    assert "No gallery is published." in scandrop("gallery", "--unpublish").stderr
    assert json.loads(scandrop("gallery", "--unpublish", "--json").stdout) == {"deleted": 0}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("also", [["--publish"], ["--out", "out"]])
def test_a_gallery_is_not_taken_away_and_made_at_once(also):
    result = scandrop("gallery", "--unpublish", *also)
    assert result.exit_code == 2
    assert "--unpublish alone" in result.stderr
