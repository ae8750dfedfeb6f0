"""Keys made to harm: each has derivatives of its own in the bucket, and none leads out of a folder on this machine."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scandrop import manifest
from scandrop_cli.folders import folder_of, inside
from scandrop_cli.gallery import places
from scandrop_cli.gallery.places import FOLDER

WORDS = (
    "a",
    "b",
    ".",
    "..",
    "",
    manifest.NAME,
    FOLDER,
    "data",
    "index.html",
    "<b>",
    "\x1b[31m",
    "\0",
    "%00",
    "%",
    "%2E",
    "~",
    "é" * 300,
)
LONG = "a" * 900
GALLERY = (f"{FOLDER}/index.html", f"{FOLDER}/data/000.js")
NAMES = ("web.webp", "deid.dcm", manifest.NAME)


def _shortened(key):
    return f"{key[: manifest.KEY_BYTES - 226]}~{hashlib.sha256(key.encode()).hexdigest()}"


def _renamed(key):
    return "/".join(folder_of(Path("out"), key).parts[1:])


keys = st.recursive(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("/".join),
    lambda inner: inner.map(_shortened) | inner.map(_renamed) | inner.map(lambda key: manifest.prefix_of(key)[:-1]),
    max_leaves=3,
).filter(lambda key: 0 < len(key.encode()) <= manifest.KEY_BYTES)


@given(keys, keys)
@example(LONG, manifest.prefix_of(LONG)[:-1])
def test_no_key_writes_where_another_does(one, other):
    written = [{manifest.prefix_of(key) + name for name in NAMES} for key in (one, other)]
    assert written[0].isdisjoint(written[1]) == (one != other)


@given(keys)
def test_no_key_can_be_named_after_the_prefix_of_another(key):
    prefix = manifest.prefix_of(key)
    assert manifest.prefix_of(prefix[:-1]) != prefix or prefix[:-1] == key


@given(keys)
@example(FOLDER)
@example(f"{FOLDER}/data")
def test_no_key_writes_or_clears_a_file_of_a_published_gallery(key):
    """What is written and cleared lies directly under the key's prefix, whatever it is called."""
    prefix = manifest.prefix_of(key)
    assert prefix not in {file.rpartition("/")[0] + "/" for file in GALLERY}
    assert not any(places.FILE.fullmatch(prefix + name) for name in (*NAMES, "index.html", "000.js"))


def test_the_files_of_a_published_gallery_are_known_as_such():
    assert all(map(places.FILE.fullmatch, GALLERY))


@given(keys)
def test_the_derivatives_of_no_key_leave_the_folder_that_was_named(tmp_path_factory, key):
    base = tmp_path_factory.getbasetemp() / "out"
    folder = folder_of(base, key)
    assert folder.resolve().is_relative_to(base.resolve())
    assert folder != base
    assert ".." not in folder.parts
    assert not any("\0" in part for part in folder.parts)


@given(keys, keys)
@example(".", "%2E")
@example("a//b", "a/%/b")
@example("\0", "%00")
def test_no_two_keys_share_a_folder_on_this_machine(one, other):
    assert (folder_of(Path("out"), one) == folder_of(Path("out"), other)) == (one == other)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x"])
def test_a_derivative_that_a_manifest_names_outside_its_folder_is_not_written(tmp_path, name):
    with pytest.raises(ValueError, match="would lie outside"):
        inside(tmp_path / "a", name)
