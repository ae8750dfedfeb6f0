"""That the fuzzing of `tests/fuzz` finds what it looks for: a lane that misbehaves on purpose is caught."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.__main__ import told
from tests.fuzz.campaign import Finding
from tests.fuzz.mutate import Recipe

ROOT = Path(__file__).parents[2]
MISDEEDS = {
    "crashes": ("raise ZeroDivisionError", "processor_crashed"),
    "runs out of memory": ("bytearray(1 << 40)", "out_of_memory"),
    "dies": ("os.abort()", "dies: signal 6"),
    "hangs": ("while True: pass", "signal 24"),
    "writes beside its folder": ("(work.parent / 'x').write_bytes(b'')", "opens for writing"),
    "leaves a file where temporary ones go": ("import numpy; numpy.ones(9).tofile('x')", "writes to cwd"),
    "reaches for the network": ("import socket; socket.create_connection(('127.0.0.1', 9), 1)", "socket.connect"),
    "tells a text of the input": ("raise Rejected('dicom_damaged', tag=CANARY, offset=0)", "tells a text of the input"),
    "logs a text of the input": ("os.write(2, CANARY.encode())", "the log tells a text"),
    "tells NaN": ("return Result([], {'x': float('nan')})", "raises: "),
    "writes NaN": ("return one(work, 'x.json', b'[NaN]')", "x.json is no JSON"),
    "names a path": ("(work / 'a').mkdir(); return one(work, 'a/b.txt', b'')", "names derivatives"),
    "names the manifest": ("return one(work, 'manifest.json', b'{}')", "names derivatives"),
    "behaves": ("return one(work, 'x.json', b'{}')", None),
}
SCRIPT = """
import json, os, sys
from scandrop import lanes
from scandrop.errors import Rejected
from scandrop.processors import Derivative, Result
from tests.fuzz import sandbox
from tests.fuzz.formats import CANARY, format_named

def one(work, name, data):
    (work / name).write_bytes(data)
    return Result([Derivative(name, work / name, "text/plain")], {})

sandbox.MOST_CPU_S = 1
form, found = format_named("BMP"), {}
for name, body in json.load(sys.stdin).items():
    exec(f"def process(source, settings, work):\\n    {body}")
    lanes.processor("image").process = process
    found[name] = sandbox.verdict_on(form, form.seeds[0]).findings
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=variables,
        input=json.dumps({name: body for name, (body, _) in MISDEEDS.items()}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(said.stdout)


@pytest.mark.parametrize("name", MISDEEDS)
def test_a_lane_that_misbehaves_is_found_out(found, name):
    expected = MISDEEDS[name][1]
    if expected is None:
        assert found[name] == []
    else:
        assert any(expected in finding for finding in found[name])


def test_the_command_that_a_finding_names_repeats_it_as_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = told("a seed", Finding("BIDS sidecar", 7, Recipe(0, ()), ["raises: ValueError"], b"{}"))
    assert "BIDS sidecar, input 7 of seed a seed:\n  raises: ValueError" in said
    assert [path.read_bytes() for path in Path("build/fuzz").iterdir()] == [b"{}"]
    python, *options = shlex.split(said.partition("repeat it: ")[2].partition("\n")[0])
    shell = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    again = subprocess.run([sys.executable, *options], cwd=ROOT, env=shell, capture_output=True, text=True, check=True)
    assert python == ".venv/bin/python"
    assert again.stdout.startswith("seed a seed\n")
    assert "| BIDS sidecar | 1 | 1 |" in again.stdout
