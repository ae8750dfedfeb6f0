"""What is typed wrong is refused in a sentence, before AWS is asked anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scandrop_cli.main import app


def refusal(*arguments):
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return " ".join(result.stderr.partition("Error: ")[2].split())


@pytest.mark.parametrize("key", ["", "k" * 1025, "ä" * 513, "\udcff.json"], ids=["empty", "long", "wide", "no text"])
@pytest.mark.parametrize(
    "verb",
    [
        ("show",),
        ("download",),
        ("wait", "a.json"),
        ("logs", "--key"),
        ("failures", "release", "a.json"),
        ("failures", "redrive", "--key"),
    ],
    ids=" ".join,
)
def test_what_is_no_key_is_refused(verb, key):
    folder = ("results",) if verb == ("download",) else ()
    said = refusal(*verb, key, *folder)
    assert said.endswith("is no key, which is 1 to 1,024 bytes of UTF-8.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("failures", "redrive"), "Say which: --key, --code or --lane, or --all."),
        (("failures", "release"), "Say which: one or more KEYs, or --code; --version goes with one KEY."),
        (("failures", "--json", "redrive", "--all"), "Put --json behind redrive."),
        (("gallery",), "Say --out DIR, --publish or both, or --unpublish alone."),
        (("logs", "--version", "v1"), "--version is of use with --key alone."),
        (("cost", "--by", "week"), "Invalid value for '--by': 'week' is not one of lane, day, prefix."),
        (("status", "--status", "bad"), "'bad' is not one of processing, failed, succeeded, rejected, superseded, "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_in_one_sentence_of_its_own(arguments, sentence):
    assert sentence in refusal(*arguments)
    assert "Invalid value: " not in refusal(*arguments)


@pytest.mark.parametrize(("verb", "said"), [("upload", "{PATH}..."), ("process", "{FILE}..."), ("wait", "[KEY]...")])
def test_the_help_says_that_several_may_be_named(verb, said):
    usage = CliRunner().invoke(app, (verb, "--help")).stdout.splitlines()[0]
    assert usage.endswith(f"[OPTIONS] {said}")


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
def test_where_nobody_reads_on_it_ends_without_a_word_and_with_a_code_of_its_own(tmp_path, more):
    command = Path(sys.executable).with_name("scandrop"), "samples", tmp_path, "--kind", "records", *more
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (result.returncode, "Error" in result.stderr) == (141, False)
