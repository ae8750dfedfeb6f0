"""The sample drop: good where AWS makes of each sample what the package makes of it here, be it a rejection."""

import json

import pytest
from cli_stack import deployed, outputs, put_state

from scandrop.processors import Source, nifti
from tools import samples

OWN = {
    "image": {"max_pixels": 100_000},
    "record": {"schema": {"required": ["visit"]}, "fields": ["visit"]},
    "other": {},
}
PLAIN = {"image": {}, "record": {}, "other": {}}


def test_the_run_is_one_that_the_nifti_lane_passes_with_its_sidecar(tmp_path):
    samples.write_run(tmp_path)
    (tmp_path / "work").mkdir()
    name = f"{samples.RUN}.nii.gz"
    sidecar = (tmp_path / f"{samples.RUN}.json").read_bytes()
    result = nifti.process(Source(tmp_path / name, name, sidecar), nifti.Settings(), tmp_path / "work")
    assert (result.metadata["verdict"], result.metadata["warnings"]) == ("pass", [])
    assert nifti.is_sidecar(sidecar)


@pytest.fixture
def drop(tmp_path, monkeypatch):
    """Drops a photograph and a page of records; the environment says one thing, the lanes may run with another."""
    monkeypatch.setattr(samples, "PHOTOGRAPHS", ("astronaut.png",))
    monkeypatch.setattr(samples, "write_run", lambda _: None)
    really_settle = samples.settle
    with deployed(tmp_path) as world:

        def drop(said, run):
            values = outputs(dict(world.environment.queue_urls)) | {"settings": said}
            put_state(world.stack, "test", {"test": values})

            def settle(environment, keys, **options):
                for key in keys:
                    lane = "record" if key.endswith(".json") else "image"
                    world.settle_newest(key, lane, SCANDROP_SETTINGS=json.dumps(run[lane]))
                return really_settle(environment, keys, **options)

            monkeypatch.setattr(samples, "settle", settle)
            return samples.drop(world.environment, "smoke", timeout_s=0)

        yield drop


def test_a_drop_is_good_where_all_samples_succeed(drop, capsys):
    assert drop(PLAIN, PLAIN)
    shown = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("smoke/")]
    assert [words[:3] for words in shown] == [
        ["smoke/astronaut.png", "image", "succeeded"],
        ["smoke/patients.json", "record", "succeeded"],
        ["smoke/photo-without-suffix", "image", "succeeded"],
    ]


def test_a_drop_is_good_where_the_environments_own_settings_reject_the_samples(drop, capsys):
    assert drop(OWN, OWN)
    shown = capsys.readouterr().out
    assert shown.count("rejected (") == 3
    assert shown.count("That is as it must be: the environment's settings reject it on this machine too.") == 3


def test_a_drop_is_bad_where_the_lanes_do_not_run_with_the_environments_settings(drop, capsys):
    assert not drop(OWN, PLAIN)
    assert "smoke/astronaut.png must be rejected" in capsys.readouterr().out
    assert not drop(PLAIN, OWN)
    assert "smoke/astronaut.png must be succeeded" in capsys.readouterr().out


def test_a_drop_that_is_not_settled_in_time_is_bad(drop, monkeypatch, capsys):
    monkeypatch.setattr("cli_stack.Deployed.settle_newest", lambda *_, **__: None)
    assert not drop(PLAIN, PLAIN)
    assert "No lane has taken it yet." in capsys.readouterr().out
