"""The three implementations, each started once for all rules."""

from collections.abc import Iterator

import pytest
from implementations import Aws, in_memory, over_http
from moto import mock_aws

from tools.emulator import Emulator, free_port


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Aws:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def memory() -> Aws:
    return in_memory()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with Emulator(tmp_path_factory.mktemp("ministack"), free_port()) as emulator:
        yield over_http(emulator.variables)


@pytest.fixture(scope="session")
def moto() -> Iterator[Aws]:
    with mock_aws():
        yield over_http({})
