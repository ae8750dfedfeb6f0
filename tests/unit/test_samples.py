"""The sample drop: good where AWS makes of each sample what the package makes of it here, be it a rejection."""

import json

import cli_stack
import pytest
from cli_stack import deployed, outputs, put_state

from scandrop.processors import Source, nifti
from scandrop_cli.environment import Environment
from scandrop_cli.errors import NoKey
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
    monkeypatch.setattr(samples, "write_scans", lambda _: None)
    really_settle = samples.settle
    with deployed(tmp_path) as world:

        def drop(said, run, timeout_s=0):
            values = outputs(dict(world.environment.queue_urls)) | {"settings": said}
            put_state(world.stack, "test", {"test": values})

            def settle(environment, keys, **options):
                for key in keys:
                    lane = "record" if key.endswith(".json") else "image"
                    world.settle_newest(key, lane, SCANDROP_SETTINGS=json.dumps(run[lane]))
                return really_settle(environment, keys, **options)

            monkeypatch.setattr(samples, "settle", settle)
            return samples.drop(world.environment, "smoke", timeout_s)

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


@pytest.fixture
def pseudonymous(tmp_path, monkeypatch):
    """Drops into an environment whose keys are pseudonymous, for somebody who may not read the pseudonym key."""
    monkeypatch.setattr(samples, "PHOTOGRAPHS", ("astronaut.png",))
    monkeypatch.setattr(samples, "write_run", lambda _: None)
    monkeypatch.setattr(samples, "write_scans", lambda _: None)
    really_process = samples.process_files
    with deployed(tmp_path) as world:
        world.give_key(pseudonymous_keys=True)
        monkeypatch.setattr(Environment, "pseudonym_key", property(_denied))

        def process_files(files, *where):
            yield from really_process(files, *where)
            for file in files:
                world.settle_newest(file.key, "record" if file.key.endswith(".json") else "image", **world.environ)

        monkeypatch.setattr(samples, "process_files", process_files)
        yield world


def _denied(_):
    raise NoKey("These credentials may not read it.")


def test_a_drop_is_followed_without_the_pseudonym_key_where_keys_are_pseudonymous(pseudonymous, capsys):
    assert samples.drop(pseudonymous.environment, "smoke", timeout_s=0)
    shown = [line.split()[:3] for line in capsys.readouterr().out.splitlines() if line.startswith("smoke/")]
    assert sorted(shown) == [
        ["smoke/astronaut.png", "image", "succeeded"],
        ["smoke/patients.json", "record", "succeeded"],
        ["smoke/photo-without-suffix", "image", "succeeded"],
    ]


def test_a_pseudonymous_drop_that_no_lane_takes_is_bad(pseudonymous, monkeypatch, capsys):
    monkeypatch.setattr("cli_stack.Deployed.settle_newest", lambda *_, **__: None)
    assert not samples.drop(pseudonymous.environment, "smoke", timeout_s=0)
    assert capsys.readouterr().out.count("must be succeeded") == 3


def test_a_drop_that_is_not_settled_in_time_is_bad(drop, monkeypatch, capsys):
    monkeypatch.setattr("cli_stack.Deployed.settle_newest", lambda *_, **__: None)
    assert not drop(PLAIN, PLAIN)
    assert "No lane has claimed it yet;" in capsys.readouterr().out


def test_a_sample_whose_event_was_lost_is_dropped_again_and_the_others_are_not(drop, monkeypatch):
    puts, real = [], samples.put

    def put(environment, dropped):
        puts.append([sample.key for sample in dropped])
        return real(environment, dropped)

    def settled_but_for_a_lost_one(world, key, *arguments, **named):
        if len(puts) > 1 or key != "smoke/patients.json":
            really(world, key, *arguments, **named)

    really = cli_stack.Deployed.settle_newest
    monkeypatch.setattr("cli_stack.Deployed.settle_newest", settled_but_for_a_lost_one)
    monkeypatch.setattr(samples, "put", put)
    monkeypatch.setattr(samples, "_AGAIN_S", 0.0)
    assert drop(PLAIN, PLAIN, timeout_s=30)
    assert puts == [
        ["smoke/astronaut.png", "smoke/patients.json", "smoke/photo-without-suffix"],
        ["smoke/patients.json"],
    ]


def test_a_pseudonymous_sample_whose_event_was_lost_is_dropped_again(pseudonymous, monkeypatch, capsys):
    puts, real = [], samples.put
    really = cli_stack.Deployed.settle_newest

    def put(environment, dropped):
        versions = real(environment, dropped)
        puts.append(sorted(versions.values()))
        if len(puts) > 1:
            for key in puts[-1]:
                really(pseudonymous, key, "record", **pseudonymous.environ)
        return versions

    monkeypatch.setattr(
        "cli_stack.Deployed.settle_newest",
        lambda world, key, *lane, **environ: None if key.endswith(".json") else really(world, key, *lane, **environ),
    )
    monkeypatch.setattr(samples, "put", put)
    monkeypatch.setattr(samples, "_AGAIN_S", 0.0)
    assert samples.drop(pseudonymous.environment, "smoke", timeout_s=30)
    assert puts[1:] == [["smoke/patients.json"]]
    assert "smoke/patients.json" in capsys.readouterr().out
