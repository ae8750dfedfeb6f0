"""The three implementations, each started once for all rules."""

import socket
from collections.abc import Iterator

import pytest
from implementations import Aws, in_memory, over_http
from moto import mock_aws

from tools.emulator import Emulator


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Aws:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def memory() -> Aws:
    return in_memory()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with Emulator(tmp_path_factory.mktemp("ministack"), _free_port()) as emulator:
        yield over_http(emulator.variables)


@pytest.fixture(scope="session")
def moto() -> Iterator[Aws]:
    with mock_aws():
        yield over_http({})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
