"""No test of this folder reaches a network: credentials are dummies and the region is fixed."""

import logging
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in the nifti lane: it is read when numpy is imported
os.environ.pop("COLUMNS", None)  # of whoever runs the tests, or of pytest's workers; standard output is a pipe here

import pytest
from hypothesis import settings

# Speed is measured in benchmarks, on machines that are less busy; a gate says the same of the same commit.
settings.register_profile("scandrop", deadline=None, derandomize=True)
settings.load_profile("scandrop")


@pytest.fixture(autouse=True)
def _dummy_aws(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "SCANDROP_PSEUDONYM_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "scandrop")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Scandrop")


@pytest.fixture(autouse=True)
def _fresh_log():
    """Powertools keeps one logger per service, bound to the standard output of whoever made it first."""
    logging.Logger.manager.loggerDict.pop("scandrop", None)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A deployed environment `test`, whose checkout is the working directory."""
    from cli_stack import deployed  # noqa: PLC0415  most tests of this folder need none of it

    monkeypatch.chdir(tmp_path)
    with deployed(tmp_path) as made:
        yield made
